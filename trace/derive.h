// What follows from the events: steps, waits, holds, the timeline, cycles of waits, the ends of tasks, futures and messages, and indexes.
#ifndef RETICK_DERIVE_H
#define RETICK_DERIVE_H

#include "trace/reader.h"

// Of a trace with more events this is left to the first who reads it.
#define TICK__DERIVE_AT_ONCE 100000

// Derives, in a transaction of the caller's, and may be done again. aside: into temporary tables and views of the same names, which the
// connection then sees instead of the file's; without indexes on the file's own tables.
int tick__derive(sqlite3 *db, const char *path, bool aside, tick_derive_progress *progress, void *ctx, struct tick_error *error);

// SQLite's error on a connection that writes to a trace, as ours; of `stored` events a message says that they are safe.
int tick__write_failed(sqlite3 *db, const char *path, uint64_t stored, struct tick_error *error);

#endif
