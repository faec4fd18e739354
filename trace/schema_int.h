// The file's tables, in the order they are made; docs/TRACE.md tells what they mean. schema.c is the one place they are written down.
#ifndef RETICK_SCHEMA_INT_H
#define RETICK_SCHEMA_INT_H

#include <stdbool.h>

#define TICK__APPLICATION_ID 0x7469636b // "tick"
#define TICK__SCHEMA_VERSION 2 // 1: may lack tables, columns and views that came later (older.h)

extern const char *const tick__schema_tables[]; // written as the run goes, and never again; NULL-terminated
// What deriving fills (derive.c): tables of its own, and columns of those whose rows are written as the run goes (`filled`).
struct tick__schema_table {
    const char *name, *columns; // with what closes them
    bool filled;
};
extern const struct tick__schema_table tick__schema_derived[]; // ends with a NULL name
// What earlier versions had not: a file may lack it. Filled as the run goes.
extern const struct tick__schema_table tick__schema_later[]; // ends with a NULL name
extern const char *const tick__schema_indexes[];               // made when all rows are there; NULL-terminated
struct tick__schema_view {
    const char *name, *select;
};
extern const struct tick__schema_view tick__schema_views[]; // made with the tables: they are empty until there is something to show

#endif
