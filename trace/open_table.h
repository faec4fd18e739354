// A hash table of what is open at the moment: rows by a 64-bit key, which are taken out again, so that the table is as large as the most
// that was open at once and not as the run.
#ifndef RETICK_OPEN_TABLE_H
#define RETICK_OPEN_TABLE_H

#include <stddef.h>
#include <stdint.h>

// Rows are structs that begin with the key, a uint64_t that is not 0. They move whenever one is added or taken out.
struct tick__open_table {
    unsigned char *rows;
    size_t row, room, count; // row: bytes of one, set by the caller; the rest is zero at first
};
// NULL: there is none.
void *tick__open_find(const struct tick__open_table *table, uint64_t key);
// The key's row; a new one is zeroed but for its key. NULL: out of memory.
void *tick__open_add(struct tick__open_table *table, uint64_t key);
void tick__open_drop(struct tick__open_table *table, uint64_t key);
// All rows, in no order that means anything: after `row`, NULL for the first; NULL at the end.
void *tick__open_next(const struct tick__open_table *table, const void *row);
void tick__open_fini(struct tick__open_table *table);

#endif
