// Open addressing; what is taken out leaves no mark: the rows behind it move up.
#include "trace/open_table.h"
#include "src/base/outside.h"
#include <string.h>

static uint64_t key_at(const struct tick__open_table *table, size_t at) {
    uint64_t key;
    memcpy(&key, table->rows + at * table->row, sizeof key);
    return key;
}

static size_t home_of(const struct tick__open_table *table, uint64_t key) {
    return (size_t)((key ^ key >> 32) * 0x9e3779b97f4a7c15u >> 32) & (table->room - 1); // keys are two numbers, high and low
}

static size_t place_of(const struct tick__open_table *table, uint64_t key) {
    size_t at = home_of(table, key);
    for (uint64_t there; (there = key_at(table, at)) && there != key;)
        at = (at + 1) & (table->room - 1);
    return at;
}

void *tick__open_find(const struct tick__open_table *table, uint64_t key) {
    if (!table->count)
        return NULL;
    size_t at = place_of(table, key);
    return key_at(table, at) ? table->rows + at * table->row : NULL;
}

void *tick__open_add(struct tick__open_table *table, uint64_t key) {
    if (2 * table->count >= table->room) {
        struct tick__open_table grown = {.row = table->row, .room = table->room ? 2 * table->room : 256, .count = table->count};
        grown.rows = tick__outside_alloc(grown.room * grown.row);
        if (!grown.rows)
            return NULL;
        memset(grown.rows, 0, grown.room * grown.row);
        for (size_t i = 0; i < table->room; i++)
            if (key_at(table, i))
                memcpy(grown.rows + place_of(&grown, key_at(table, i)) * grown.row, table->rows + i * table->row, table->row);
        tick__outside_free(table->rows);
        *table = grown;
    }
    unsigned char *row = table->rows + place_of(table, key) * table->row;
    uint64_t there;
    memcpy(&there, row, sizeof there);
    if (!there) {
        memcpy(row, &key, sizeof key);
        table->count++;
    }
    return row;
}

void tick__open_drop(struct tick__open_table *table, uint64_t key) {
    if (!tick__open_find(table, key))
        return;
    size_t hole = place_of(table, key);
    for (size_t at = (hole + 1) & (table->room - 1); key_at(table, at); at = (at + 1) & (table->room - 1)) {
        size_t home = home_of(table, key_at(table, at));
        if (((at - home) & (table->room - 1)) < ((at - hole) & (table->room - 1)))
            continue; // it lies between its home and here: the hole is not on its way
        memcpy(table->rows + hole * table->row, table->rows + at * table->row, table->row);
        hole = at;
    }
    memset(table->rows + hole * table->row, 0, table->row);
    table->count--;
}

void *tick__open_next(const struct tick__open_table *table, const void *row) {
    size_t at = row ? (size_t)((const unsigned char *)row - table->rows) / table->row + 1 : 0;
    while (at < table->room && !key_at(table, at))
        at++;
    return at < table->room ? table->rows + at * table->row : NULL;
}

void tick__open_fini(struct tick__open_table *table) {
    tick__outside_free(table->rows);
    *table = (struct tick__open_table){.row = table->row};
}
