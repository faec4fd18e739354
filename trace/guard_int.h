// What a trace may do to whoever reads it: nothing. A file that came from elsewhere may lie: be made of views that never end, of columns
// that are computed, of numbers that were never counted. Every connection to a file that is there already is bound before its first use.
#ifndef RETICK_GUARD_INT_H
#define RETICK_GUARD_INT_H

#include <retick/error.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

// Nothing of the file's own runs (triggers, functions that do something), and no value or statement is larger than a trace needs.
void tick__guard_bind(sqlite3 *db);
// Whether what schema.c makes is there: tables that are tables, with their columns, none of them computed, and numbers that the file has
// room for. TICK_EFORMAT with *error in words, or -ENOMEM.
// An older file may lack what came later.
int tick__guard_check(sqlite3 *db, const char *path, bool older, struct tick_error *error);
// Takes the next name of a list of columns with their types, as schema_int.h has them; false: there is none left.
bool tick__guard_column(const char **at, char *name, size_t size);

// Steps of SQLite's machine that may be taken: far more than what n log n makes of the file's bytes.
struct tick__allowance {
    uint64_t left;
    bool spent;
};
void tick__allow(struct tick__allowance *allowance, sqlite3 *db);
#define TICK__ALLOW_EACH 100000 // steps between two looks at it
// One look; false: there is nothing left.
bool tick__allowed(struct tick__allowance *allowance);
// Has the connection look, from now on. The allowance must live as long as it, or until the next handler.
void tick__allow_only(struct tick__allowance *allowance, sqlite3 *db);
int tick__allowance_spent(const char *path, struct tick_error *error); // says so

// What SQLite's last error comes to where the file itself is only read: -ENOMEM, -ENOSPC (of temporary files), or TICK_EFORMAT.
int tick__read_failed(sqlite3 *db, const char *path, struct tick_error *error);

#endif
