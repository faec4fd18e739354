// Why a program's main ended with an error: what it caught is gone with its task, so it is put in words before.
#ifndef RETICK_MAIN_END_H
#define RETICK_MAIN_END_H

#include <retick/id.h>
#include <stddef.h>

struct tick_trouble;

struct main_end {
    int code;                   // 0: it has not ended, or well
    const struct tick_loc *loc; // where what it failed with was made; NULL: not known
    char text[360];             // that in words, or ""
};

// In main's task, when its body has ended with the code.
void tick__main_ended(struct main_end *end, int code);
// "app's main returned ...", for a main that came to the error `code`. Returns the place to tell with it; NULL: none is known.
const struct tick_loc *tick__main_words(
    const struct main_end *end, const struct tick_trouble *trouble, const char *host, int code, char *text, size_t size);

#endif
