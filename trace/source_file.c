#include "trace/source_file.h"
#include "trace/derive.h"
#include "trace/guard_int.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define FILE_MOST (4 << 20) // bytes
#define LINE_MOST 1000

static bool is_source(const char *path) {
    static const char *const endings[] = {".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".py", ".rs", ".go", ".js", ".mjs", ".ts",
        ".java", ".rb", ".zig", ".d", ".nim", ".swift", ".cs", ".ml", ".hs"};
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (strcmp(dot, endings[i]) == 0)
            return true;
    return false;
}

char *tick_source_read(const char *path, size_t *size, int64_t *changed) {
    struct stat about;
    char *text = NULL;
    const int fd = is_source(path) ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
    if (fd < 0)
        return NULL;
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_size <= FILE_MOST)
        text = malloc((size_t)about.st_size + 1);
    const ssize_t got = text ? pread(fd, text, (size_t)about.st_size, 0) : -1;
    close(fd);
    if (got < 0 || memchr(text, 0, (size_t)got)) {
        free(text);
        return NULL;
    }
    text[got] = '\0';
    *size = (size_t)got;
    *changed = (int64_t)about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec;
    return text;
}

// --- into a trace ---

struct keeping {
    sqlite3 *db;
    const char *path;
    sqlite3_stmt *places, *file, *line;
    struct tick_error *error;
    char *name, *text; // the file that is at hand; text NULL: it is not
    const char *at;    // its line `number`
    int number;
    int kept; // up to which line it is written down
};

static int failed(const struct keeping *keeping) {
    return tick__write_failed(keeping->db, keeping->path, 0, keeping->error);
}

static int put(const struct keeping *keeping, sqlite3_stmt *row) {
    const int code = sqlite3_step(row) == SQLITE_DONE ? 0 : failed(keeping);
    sqlite3_reset(row);
    return code;
}

static int open_file(struct keeping *keeping, const char *name) {
    size_t size;
    int64_t changed;
    free(keeping->name);
    free(keeping->text);
    keeping->name = strdup(name);
    keeping->at = keeping->text = keeping->name ? tick_source_read(name, &size, &changed) : NULL;
    keeping->number = 1;
    keeping->kept = 0;
    if (!keeping->name)
        return tick_error_set(keeping->error, -ENOMEM, "%s: out of memory", keeping->path);
    if (!keeping->text)
        return 0;
    sqlite3_bind_text(keeping->file, 1, keeping->name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(keeping->file, 2, (int64_t)size);
    sqlite3_bind_int64(keeping->file, 3, (int64_t)XXH3_64bits(keeping->text, size));
    return put(keeping, keeping->file);
}

// Places come in the order of their lines, so that the text is gone through once.
static int keep_around(struct keeping *keeping, int line) {
    int code = 0;
    while (code == 0 && keeping->at && *keeping->at && keeping->number <= line + TICK_SOURCE_AROUND) {
        const char *end = strchrnul(keeping->at, '\n');
        const size_t length = (size_t)(end - keeping->at);
        if (keeping->number >= line - TICK_SOURCE_AROUND && keeping->number > keeping->kept) {
            sqlite3_bind_text(keeping->line, 1, keeping->name, -1, SQLITE_STATIC);
            sqlite3_bind_int(keeping->line, 2, keeping->number);
            sqlite3_bind_text(keeping->line, 3, keeping->at, (int)(length < LINE_MOST ? length : LINE_MOST), SQLITE_STATIC);
            code = put(keeping, keeping->line);
            keeping->kept = keeping->number;
        }
        keeping->at = *end ? end + 1 : end;
        keeping->number++;
    }
    return code;
}

static int each_place(struct keeping *keeping) {
    int code = 0, step;
    while (code == 0 && (step = sqlite3_step(keeping->places)) == SQLITE_ROW) {
        const char *file = (const char *)sqlite3_column_text(keeping->places, 0);
        if (!file)
            continue;
        if (!keeping->name || strcmp(file, keeping->name) != 0)
            code = open_file(keeping, file);
        if (code == 0)
            code = keep_around(keeping, sqlite3_column_int(keeping->places, 1));
    }
    return code == 0 && step != SQLITE_DONE ? failed(keeping) : code;
}

static int keep_all(struct keeping *keeping) {
    static const char places[] = "SELECT DISTINCT file, line FROM locations WHERE line > 0 AND NOT EXISTS (SELECT 1 FROM sources)"
                                 " ORDER BY file, line",
                      file[] = "INSERT INTO sources VALUES(?, ?, ?)", line[] = "INSERT INTO source_lines VALUES(?, ?, ?)";
    if (sqlite3_open_v2(keeping->path, &keeping->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return failed(keeping);
    tick__guard_bind(keeping->db);
    sqlite3_busy_timeout(keeping->db, 5000);
    if (sqlite3_exec(keeping->db, "PRAGMA synchronous=OFF; BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(keeping->db, places, -1, &keeping->places, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(keeping->db, file, -1, &keeping->file, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(keeping->db, line, -1, &keeping->line, NULL) != SQLITE_OK)
        return failed(keeping);
    const int code = each_place(keeping);
    sqlite3_reset(keeping->places);
    if (code == 0 && sqlite3_exec(keeping->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        return failed(keeping);
    return code;
}

int tick_trace_keep_sources(const char *path, struct tick_error *error) {
    struct keeping keeping = {.path = path, .error = error};
    const int code = keep_all(&keeping);
    sqlite3_finalize(keeping.places);
    sqlite3_finalize(keeping.file);
    sqlite3_finalize(keeping.line);
    sqlite3_close(keeping.db); // what was begun and not committed is taken back
    free(keeping.name);
    free(keeping.text);
    return code;
}
