// Where compiled scenarios are kept: $XDG_CACHE_HOME/retick, else ~/.cache/retick; where that cannot be written, a private folder in
// $TMPDIR.
#ifndef RETICK_CLI_CACHE_H
#define RETICK_CLI_CACHE_H

#include <retick/error.h>
#include <stddef.h>

// The folder, made if need be: 0, or a negated errno with details.
int tick__cache_folder(char *folder, size_t size, struct tick_error *error);

// A key of what a compilation depends on; parts are kept apart, so that "ab","c" differs from "a","bc".
struct tick__cache_key;
int tick__cache_key_new(struct tick__cache_key **key);
void tick__cache_key_add(struct tick__cache_key *key, const void *bytes, size_t count);
void tick__cache_key_finish(struct tick__cache_key *key, char hex[33]); // frees

#endif
