// Addresses in words: where a program crashed, as function and line.
#ifndef RETICK_CLI_PLACE_H
#define RETICK_CLI_PLACE_H

#include <stddef.h>
#include <stdint.h>

// The function and file:line of an offset in an object with debug information, by addr2line, inlined calls resolved; "" what it cannot say.
// section: of a relocatable object; NULL: the offset is an address of the whole object.
void tick__place_of(
    const char *object, const char *section, uint64_t offset, char *function, size_t function_size, char *place, size_t place_size);

// Replaces each "<module>+0x12ab" of `text` that lies in `object` ("": this program) by "function (file:line)", and cuts off the frames of retick
// itself that follow ("a in f < g < retick+0x..."). *place receives the first's file:line, "" if there is none. One behind the word "at" is no
// frame, but a place that is told along: "file:line" alone.
void tick__place_words(const char *text, const char *object, char *words, size_t size, char *place, size_t place_size);

#endif
