// Traces of earlier versions: what they have not got is made beside them, in temporary tables and views of the connection that reads them.
#ifndef RETICK_OLDER_H
#define RETICK_OLDER_H

#include <retick/error.h>
#include <sqlite3.h>
#include <stdbool.h>

// Tables and columns that this version knows and the file has not, with NULL for what was not told; a table that was there is copied with
// its rows. Not those that every trace has had from the first on: they are missing from a damaged file. *derived: whether what the first
// reading makes was among them, so that it has to be made anew. *older: whether anything was.
int tick__older_fill(sqlite3 *db, const char *path, bool *derived, bool *older, struct tick_error *error);
// Views alone, which a trace of any age may lack.
int tick__older_views(sqlite3 *db, const char *path, struct tick_error *error);

#endif
