#include "trace/explain/task_named.h"
#include "trace/explain/said.h"
#include "trace/story.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MOST 4 // of several tasks

struct found {
    char *path;
    char several[400];
    size_t count;
    bool no_memory;
};

static void take(struct found *found, const char *path) {
    struct tick__said said = {.text = found->several, .size = sizeof found->several, .used = strlen(found->several)};
    if (found->path && strcmp(found->path, path) == 0)
        return;
    if (found->count < SHOWN_MOST)
        tick__say_to(&said, "%s%s", found->count ? ", " : "", path);
    if (!found->count++)
        found->path = strdup(path);
    found->no_memory |= !found->path;
}

// Tasks whose paths an SQL condition on `o.path` and ?1 picks.
static int ask(const struct tick_trace *trace, const char *condition, const char *name, struct found *found, struct tick_error *error) {
    char sql[400];
    sqlite3_stmt *row;
    snprintf(sql, sizeof sql,
        "SELECT o.path FROM tasks t JOIN objects o ON o.object_id = t.task_id WHERE o.path IS NOT NULL AND %s ORDER BY t.task_id",
        condition);
    TICK_TRY(tick__prepare(trace, sql, &row, error));
    sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
    while (sqlite3_step(row) == SQLITE_ROW) {
        const char *path = (const char *)sqlite3_column_text(row, 0);
        if (path)
            take(found, path);
    }
    return sqlite3_finalize(row) == SQLITE_OK ? 0 : tick__trace_failed(trace, error);
}

// Those that stories call so.
static int ask_said(const struct tick_trace *trace, const char *name, struct found *found, struct tick_error *error) {
    struct tick__tale tale;
    sqlite3_stmt *row;
    TICK_TRY(tick__tale_open(trace, &tale, error));
    int code = tick__prepare(
        trace, "SELECT t.task_id, o.path FROM tasks t JOIN objects o ON o.object_id = t.task_id ORDER BY t.task_id", &row, error);
    while (code == 0 && sqlite3_step(row) == SQLITE_ROW) {
        char said[256] = "";
        const char *path = (const char *)sqlite3_column_text(row, 1);
        tick__said_task(&tale, (uint32_t)sqlite3_column_int64(row, 0), &TICK__SAID(said));
        if (path && strcmp(said, name) == 0)
            take(found, path);
    }
    if (code == 0 && sqlite3_finalize(row) != SQLITE_OK)
        code = tick__trace_failed(trace, error);
    if (code == 0)
        code = tick__tale_trouble(&tale, error);
    tick__tale_fini(&tale);
    return code;
}

int tick__task_named(const struct tick_trace *trace, const char *name, char **path, struct tick_error *error) {
    static const char *const conditions[] = {
        "o.path IN (?1, ?1 || '/main')",
        "substr(o.path, -length(?1) - 1) = '/' || ?1",
        "?1 LIKE 'main/%' AND substr(o.path, -length(?1) + 4) = substr(?1, 5)", // of a main's children the path leaves main out
        "t.task_id = CAST(iif(?1 LIKE 'task-%', substr(?1, 6), ?1) AS INTEGER)",
    };
    struct found found = {0};
    int code = 0;
    *path = NULL;
    for (size_t i = 0; code == 0 && !found.count && i < sizeof conditions / sizeof *conditions; i++)
        code = ask(trace, conditions[i], name, &found, error);
    if (code == 0 && !found.count)
        code = ask_said(trace, name, &found, error);
    if (code == 0 && found.no_memory)
        code = tick_error_set(error, -ENOMEM, "out of memory");
    else if (code == 0 && !found.count)
        code = tick_error_set(error, -EINVAL, "%s has no task '%s': the query tasks lists them", trace->path, name);
    else if (code == 0 && found.count > 1)
        code = tick_error_set(error, -EINVAL, "'%s' may be any of %zu tasks: %s%s. Ask for one of them", name, found.count, found.several,
            found.count > SHOWN_MOST ? ", ..." : "");
    if (code < 0) {
        free(found.path);
        return code;
    }
    *path = found.path;
    return 0;
}
