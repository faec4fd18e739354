// Each table and view as a file of CSV in a folder.
#include "trace/schema_int.h"
#include "viewer/export/csv_rows.h"
#include "viewer/export/export.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int export_table(const struct tick_trace *trace, int folder, const char *table, struct tick_error *error) {
    char file[64], sql[96];
    bool is_later = false; // a file of an earlier version may not have it
    for (const struct tick__schema_table *later = tick__schema_later; later->name; later++)
        is_later = is_later || strcmp(later->name, table) == 0;
    if (is_later && sqlite3_table_column_metadata(trace->db, NULL, table, NULL, NULL, NULL, NULL, NULL, NULL) != SQLITE_OK)
        return 0;
    snprintf(file, sizeof file, "%s.csv", table);
    snprintf(sql, sizeof sql, "SELECT * FROM %s", table);
    const int fd = openat(folder, file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!out) {
        const int code = -errno;
        if (fd >= 0)
            close(fd);
        return code;
    }
    const struct tick_trace_rows rows = tick_csv_rows(out);
    int code = tick_trace_query_rows(trace, sql, &rows, error);
    errno = 0;
    const bool bad = fflush(out) != 0 || ferror(out);
    const int failure = errno ? -errno : -EIO;
    if ((fclose(out) != 0 || bad) && code >= 0)
        code = failure;
    if (code < 0)
        unlinkat(folder, file, 0);
    return code < 0 ? code : 0;
}

// The names of tables and views, one by one: i counts from 0; NULL: there are no more.
static const char *table_name(size_t i) {
    static const char *const written[] = {
        "meta", "kinds", "strings", "hosts", "locations", "objects", "resources", "events", "tmark", "gap", "checkpoints", "story"};
    if (i < sizeof written / sizeof *written)
        return written[i];
    i -= sizeof written / sizeof *written;
    for (const struct tick__schema_table *table = tick__schema_derived; table->name; table++)
        if (i-- == 0)
            return table->name;
    for (const struct tick__schema_table *table = tick__schema_later; table->name; table++)
        if (i-- == 0)
            return table->name;
    for (const struct tick__schema_view *view = tick__schema_views; view->name; view++)
        if (i-- == 0)
            return view->name;
    return NULL;
}

int tick_export_tables(const struct tick_trace *trace, int folder, size_t *made, struct tick_error *error) {
    int code = 0;
    *error = (struct tick_error){0};
    for (*made = 0; table_name(*made); ++*made)
        if ((code = export_table(trace, folder, table_name(*made), error)) < 0)
            break;
    return code;
}

void tick_export_tables_remove(int folder, size_t made) {
    for (size_t i = 0; i < made && table_name(i); i++) {
        char file[64];
        snprintf(file, sizeof file, "%s.csv", table_name(i));
        unlinkat(folder, file, 0);
    }
}
