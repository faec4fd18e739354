// What tests of traces share: the folder that a test program stores its traces in, and questions to what was stored.
#ifndef RETICK_TEST_STORED_H
#define RETICK_TEST_STORED_H

#include "tests/support/folder.h"
#include "trace/reader.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
// last: it wants those above
#include <cmocka.h>

static char folder[64];

// The file's path, good until the fourth one after it.
static inline const char *in_folder(const char *name) {
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline int make_folder(void **state) {
    (void)state;
    return folder_make(folder, sizeof folder);
}

static inline int remove_folder(void **state) {
    (void)state;
    return folder_remove(folder);
}

// The first column of the first row, as a number.
static inline int64_t number(const struct tick_trace *trace, const char *sql) {
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(trace->db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

static inline void assert_text(const struct tick_trace *trace, const char *sql, const char *expected) {
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(trace->db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(statement, 0), expected);
    sqlite3_finalize(statement);
}

#endif
