// The last address that could not be had, kept so that a finding can name it: a bare ENOENT tells nobody which name was wrong.
#ifndef RETICK_TROUBLE_H
#define RETICK_TROUBLE_H

#include <retick/id.h>
#include <stddef.h>

struct tick_io;

struct tick_trouble {
    char address[96]; // as the program wrote it, cut off
    const struct tick_loc *loc;
    int code; // 0: none
};

// Remembers that the address failed with the code, and returns the code. A cancellation is no trouble.
int tick__trouble(struct tick_io *io, const char *address, const struct tick_loc *loc, int code);
// Writes what is wrong with the address, in words, if the code is that of the latest trouble. Returns where the program asked for the
// address; NULL, with nothing written, if the code has another origin.
const struct tick_loc *tick__trouble_words(const struct tick_trouble *trouble, int code, char *text, size_t size);

#endif
