// Where compiled scenarios are kept: $XDG_CACHE_HOME/retick, else ~/.cache/retick; where that cannot be written, or others can write, a
// private folder in $TMPDIR. What lies there is loaded as code, so that it is used only if nobody but the user (and root) can have put it
// there, and only if it is whole: each file ends with a checksum of all before it and of its own name.
#ifndef RETICK_CLI_CACHE_H
#define RETICK_CLI_CACHE_H

#include <retick/error.h>
#include <stdbool.h>
#include <stddef.h>

// Where short-lived files go, the compiler's as well: $TMPDIR, else /tmp.
const char *tick__temporary_folder(void);

// The folder, made if need be: 0, or a negated errno with details.
int tick__cache_folder(char *folder, size_t size, struct tick_error *error);

// A key of what a compilation depends on; parts are kept apart, so that "ab","c" differs from "a","bc".
struct tick__cache_key;
int tick__cache_key_new(struct tick__cache_key **key);
void tick__cache_key_add(struct tick__cache_key *key, const void *bytes, size_t count);
void tick__cache_key_finish(struct tick__cache_key *key, char hex[33]); // frees

#define TICK__CACHE_OBJECT ".so"
#define TICK__CACHE_KNOWN ".known" // what an object was made from (compile_known.h)

// Whether folder/name is there and may be loaded; then it counts as used just now.
bool tick__cache_has(const char *folder, const char *name);
// The same, with what is in it: malloc'd, NUL-terminated.
bool tick__cache_read(const char *folder, const char *name, char **text);
// Takes a file of the folder into the cache under its name: adds the checksum, renames it. 0 or a negated errno; then the file is gone.
int tick__cache_put(const char *folder, const char *temporary, const char *name);
// Removes what was not used for a month, the oldest until the rest is below 256 MiB, and what a killed compiler left; never `name`.
void tick__cache_prune(const char *folder, const char *name);

#endif
