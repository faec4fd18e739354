// Pieces of paths, shared between writing (names.c) and reading (path.c) them.
#ifndef RETICK_PATH_INT_H
#define RETICK_PATH_INT_H

#include "sim/choice/names.h"
#include <retick/id.h>
#include <stddef.h>
#include <stdint.h>

#define TICK__PATH_MOST 2000 // bytes of a path that is read; what is longer is written by its id

// Text that goes on counting when the room is used up, as snprintf does.
struct tick__text {
    char *text;
    size_t size, length;
};
void tick__text_add(struct tick__text *to, const char *bytes, size_t count);
void tick__text_format(struct tick__text *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tick__text_name(struct tick__text *to, const char *name); // escaped

// Paths that name nothing known: "id:" and 16 hex digits.
void tick__text_id(struct tick__text *to, tick_id id);

// What the probe is told next is numbered from there on. For tests, which do not tell four billion objects.
void tick__names_count_from(struct tick_names *names, uint32_t count);

const char *tick__object_word(uint32_t sort); // of a type or sort; NULL: there is none

#endif
