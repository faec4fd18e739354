// Opens a trace, or says in a sentence why it cannot.
#include "trace/reader.h"
#include "src/base/outside.h"
#include "trace/guard_int.h"
#include "trace/older.h"
#include "trace/schema_int.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[16] = "SQLite format 3";
#define BUSY_MOST 60000 // ms that another process may take to complete the file

static uint32_t big32(const unsigned char *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

// What can be told without SQLite: missing, a folder, empty, a text, another program's, cut short.
static int look(const char *path, struct tick_error *error) {
    struct stat about;
    unsigned char head[100] = {0};
    int code = 0, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); // a fifo does not keep it waiting
    if (fd < 0 && errno == ENOENT)
        return tick_error_set(error, -ENOENT, "%s does not exist: name a trace that retick wrote", path);
    if (fd < 0 || fstat(fd, &about) < 0) {
        code = tick_error_set(error, -errno, "%s cannot be read: %s; name a trace that can", path, strerror(errno));
        goto out;
    }
    if (S_ISDIR(about.st_mode)) {
        code = tick_error_set(error, -EISDIR, "%s is a folder: name a trace (.db)", path);
        goto out;
    }
    if (!S_ISREG(about.st_mode)) {
        code =
            tick_error_set(error, -EINVAL, "%s is no file but a %s: name a trace (.db)", path, S_ISFIFO(about.st_mode) ? "fifo" : "device");
        goto out;
    }
    if (about.st_size == 0) {
        code = tick_error_set(error, TICK_EFORMAT, "%s is empty: nothing was recorded into it; record the run again", path);
        goto out;
    }
    ssize_t got = pread(fd, head, sizeof head, 0);
    size_t compared = got > 0 ? (size_t)got < sizeof magic ? (size_t)got : sizeof magic : 0;
    if (memcmp(head, magic, compared) != 0) {
        code = tick_error_set(error, TICK_EFOREIGN, "%s is not a trace: it is no SQLite file; name one that retick wrote", path);
        goto out;
    }
    if (got < (ssize_t)sizeof head) {
        code = tick_error_set(error, TICK_EFORMAT, "%s is damaged: it ends within its head; record the run again", path);
        goto out;
    }
    if (big32(head + 68) != TICK__APPLICATION_ID)
        code = tick_error_set(
            error, TICK_EFOREIGN, "%s is not a trace: it is another program's SQLite database; name one that retick wrote", path);
out:
    if (fd >= 0)
        close(fd);
    return code;
}

bool tick_trace_is_own(int fd) {
    unsigned char head[100];
    return pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head && memcmp(head, magic, sizeof magic) == 0 &&
           big32(head + 68) == TICK__APPLICATION_ID;
}

static bool no_memory(const struct tick_trace *trace) {
    const int code = sqlite3_extended_errcode(trace->db);
    return code == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM;
}

int tick__trace_failed(const struct tick_trace *trace, struct tick_error *error) {
    if (no_memory(trace))
        return tick_error_set(error, -ENOMEM, "%s: out of memory", trace->path);
    if (trace->allowance && trace->allowance->spent)
        return tick__allowance_spent(trace->path, error);
    return tick__read_failed(trace->db, trace->path, error);
}

// SQLite has given it up: because there is no memory, or the file is shorter than its head says, or for what SQLite says.
static int damaged(const struct tick_trace *trace, struct tick_error *error) {
    unsigned char head[100] = {0};
    if (no_memory(trace))
        return tick__trace_failed(trace, error);
    struct stat about = {0};
    int fd = open(trace->path, O_RDONLY | O_CLOEXEC);
    bool read = fd >= 0 && pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head && fstat(fd, &about) == 0;
    if (fd >= 0)
        close(fd);
    int64_t page = head[16] << 8 | head[17], whole = (page == 1 ? 65536 : page) * big32(head + 28);
    if (read && whole > about.st_size)
        return tick_error_set(error, TICK_EFORMAT, "%s is cut short (%lld of %lld bytes): copy or record it again", trace->path,
            (long long)about.st_size, (long long)whole);
    return tick_error_set(error, TICK_EFORMAT, "%s is damaged (%s): record the run again", trace->path, sqlite3_errmsg(trace->db));
}

// Opens read-only. A journal that its writer's death left behind must be played back first, which needs a writing connection, once.
static int open_db(struct tick_trace *trace, struct tick_error *error) {
    for (int tries = 0; tries < 2; tries++) {
        if (sqlite3_open_v2(trace->path, &trace->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
            return no_memory(trace) ? tick__trace_failed(trace, error)
                                    : tick_error_set(error, -EIO, "%s cannot be opened: %s; copy it to a folder of your own", trace->path,
                                          sqlite3_errmsg(trace->db));
        sqlite3_extended_result_codes(trace->db, 1);
        tick__guard_bind(trace->db);
        sqlite3_busy_timeout(trace->db, BUSY_MOST);
        int code = sqlite3_exec(trace->db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
        if (code == SQLITE_OK)
            return 0;
        if (code == SQLITE_BUSY)
            return tick_error_set(error, -EBUSY, "%s is being written by another program for a long time: try again later", trace->path);
        bool hot = code == SQLITE_READONLY_ROLLBACK || code == SQLITE_READONLY_RECOVERY || code == SQLITE_CANTOPEN;
        if (!hot || tries)
            return hot ? tick_error_set(error, -EACCES,
                             "%s was cut off while being written and its journal cannot be played back here: copy both to a folder you may "
                             "write to",
                             trace->path)
                       : damaged(trace, error);
        sqlite3_close(trace->db);
        trace->db = NULL;
        sqlite3 *writing;
        if (sqlite3_open_v2(trace->path, &writing, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK) {
            tick__guard_bind(writing);
            sqlite3_exec(writing, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL); // the second try tells whether it helped
        }
        sqlite3_close(writing);
    }
    return -EIO;
}

static int number(const struct tick_trace *trace, const char *sql, int64_t *value, struct tick_error *error) {
    sqlite3_stmt *statement;
    *value = 0;
    if (sqlite3_prepare_v2(trace->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return damaged(trace, error);
    if (sqlite3_step(statement) == SQLITE_ROW)
        *value = sqlite3_column_int64(statement, 0);
    return sqlite3_finalize(statement) == SQLITE_OK ? 0 : damaged(trace, error);
}

static int known_version(struct tick_trace *trace, struct tick_error *error) {
    int64_t version;
    TICK_TRY(number(trace, "PRAGMA user_version", &version, error));
    if (version > TICK__SCHEMA_VERSION)
        return tick_error_set(error, TICK_EFORMAT,
            "%s was written by a newer retick (version %lld of the file, %d is known here): update retick", trace->path, (long long)version,
            TICK__SCHEMA_VERSION);
    trace->older = version < TICK__SCHEMA_VERSION;
    return 0;
}

static bool digits(const char *text, uint8_t digest[16]) {
    unsigned byte;
    for (int i = 0; i < 16; i++) {
        if (sscanf(text + 2 * i, "%2x", &byte) != 1)
            return false;
        digest[i] = (uint8_t)byte;
    }
    return true;
}

static int read_meta(struct tick_trace *trace, int *killed_by, struct tick_error *error) {
    const struct {
        const char *key;
        char *to;
        size_t size;
    } texts[] = {
        {"scenario", trace->scenario, sizeof trace->scenario},
        {"scenario_file", trace->scenario_file, sizeof trace->scenario_file},
        {"options", trace->options, sizeof trace->options},
        {"chooser", trace->chooser, sizeof trace->chooser},
        {"verdict", trace->verdict, sizeof trace->verdict},
        {"state", trace->state, sizeof trace->state},
        {"text", trace->text, sizeof trace->text},
    };
    sqlite3_stmt *statement = NULL;
    trace->derived = true; // or the file says that it is not
    if (sqlite3_prepare_v2(trace->db, "SELECT key, value FROM meta WHERE key NOT IN ('schedule', 'details')", -1, &statement, NULL) !=
        SQLITE_OK)
        return damaged(trace, error);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *key = (const char *)sqlite3_column_text(statement, 0), *value = (const char *)sqlite3_column_text(statement, 1);
        if ((!key || !value) && no_memory(trace))
            break;
        if (!key || !value)
            continue;
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
            if (strcmp(key, texts[i].key) == 0)
                snprintf(texts[i].to, texts[i].size, "%s", value);
        if (strcmp(key, "seed") == 0)
            trace->seed = (uint64_t)sqlite3_column_int64(statement, 1);
        else if (strcmp(key, "real") == 0)
            trace->real = sqlite3_column_int(statement, 1) != 0;
        else if (strcmp(key, "signal") == 0)
            *killed_by = sqlite3_column_int(statement, 1);
        else if (strcmp(key, "derived") == 0)
            trace->derived = sqlite3_column_int(statement, 1) != 0;
        else if (strcmp(key, "digest") == 0)
            trace->has_digest = digits(value, trace->digest);
        else if (strcmp(key, "redacted") == 0)
            trace->redacted = sqlite3_column_int(statement, 1) != 0;
        else if (strcmp(key, "contents") == 0)
            trace->has_contents = digits(value, trace->contents);
    }
    const bool lost = no_memory(trace);
    return sqlite3_finalize(statement) == SQLITE_OK && !lost ? 0 : damaged(trace, error);
}

// What the file itself says it lacks, behind what the note says already.
static int note_gaps(struct tick_trace *trace, struct tick_error *error) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(trace->db, "SELECT seq, lost, why FROM gap ORDER BY seq", -1, &statement, NULL) != SQLITE_OK)
        return damaged(trace, error);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const size_t used = strlen(trace->note);
        const long long lost = sqlite3_column_int64(statement, 1);
        const char *why = (const char *)sqlite3_column_text(statement, 2);
        char what[64] = "places are";
        if (lost)
            snprintf(what, sizeof what, "%lld event%s", lost, lost == 1 ? " is" : "s are");
        snprintf(trace->note + used, sizeof trace->note - used, "%s%s missing from event %lld on: %s", used ? "; " : "", what,
            (long long)sqlite3_column_int64(statement, 0), why ? why : "");
    }
    const bool lost = no_memory(trace);
    return sqlite3_finalize(statement) == SQLITE_OK && !lost ? 0 : damaged(trace, error);
}

static int fill_older(struct tick_trace *trace, struct tick_error *error) {
    bool derived;
    TICK_TRY(tick__older_fill(trace->db, trace->path, &derived, &trace->older, error));
    TICK_TRY(tick__older_views(trace->db, trace->path, error));
    trace->derived = trace->derived && !derived; // then tick_trace_complete makes it, beside the file
    return 0;
}

int tick_trace_open(const char *path, struct tick_trace *trace, struct tick_error *error) {
    *trace = (struct tick_trace){0};
    TICK_TRY(look(path, error));
    trace->path = tick__outside_alloc(strlen(path) + 1);
    if (!trace->path)
        return tick_error_set(error, -ENOMEM, "%s: out of memory", path);
    memcpy(trace->path, path, strlen(path) + 1);
    trace->statements = tick__outside_alloc(TICK__STORY_STATEMENTS * sizeof *trace->statements);
    trace->allowance = tick__outside_alloc(sizeof *trace->allowance);
    if (trace->statements)
        memset(trace->statements, 0, TICK__STORY_STATEMENTS * sizeof *trace->statements);
    if (!trace->statements || !trace->allowance) {
        tick_trace_close(trace);
        return tick_error_set(error, -ENOMEM, "%s: out of memory", path);
    }
    *trace->allowance = (struct tick__allowance){0};
    int killed_by = 0;
    int code = open_db(trace, error);
    if (code == 0)
        code = known_version(trace, error);
    if (code == 0) {
        tick__allow(trace->allowance, trace->db);
        tick__allow_only(trace->allowance, trace->db);
        code = tick__guard_check(trace->db, trace->path, trace->older, error);
    }
    if (code == 0)
        code = read_meta(trace, &killed_by, error);
    if (code == 0 && trace->older)
        code = fill_older(trace, error);
    int64_t events = 0;
    if (code == 0)
        code = number(trace, "SELECT max(seq) FROM events", &events, error);
    if (code == 0)
        code = number(trace, "SELECT ts FROM events ORDER BY seq DESC LIMIT 1", &trace->ended_at, error);
    trace->events = (uint64_t)events;
    if (code < 0) {
        tick_trace_close(trace);
        return code;
    }
    if (strcmp(trace->state, "recording") == 0)
        snprintf(trace->note, sizeof trace->note,
            "the recording was cut off after %llu events, or is still going on: `retick recover` adds what its ring still holds",
            (unsigned long long)trace->events);
    else if (strcmp(trace->state, "killed") == 0 && killed_by)
        snprintf(trace->note, sizeof trace->note, "the program was killed by signal %d (%s) after %llu events%s%.160s", killed_by,
            sigabbrev_np(killed_by) ? sigabbrev_np(killed_by) : "?", (unsigned long long)trace->events, *trace->text ? ": " : "",
            trace->text);
    else if (strcmp(trace->state, "killed") == 0)
        snprintf(
            trace->note, sizeof trace->note, "the program ended without a verdict after %llu events", (unsigned long long)trace->events);
    code = note_gaps(trace, error);
    if (code == 0 && trace->redacted) {
        const size_t used = strlen(trace->note);
        snprintf(trace->note + used, sizeof trace->note - used, "%stexts and payloads are their lengths and hashes", used ? "; " : "");
    }
    if (code == 0 && trace->older) {
        const size_t used = strlen(trace->note);
        snprintf(
            trace->note + used, sizeof trace->note - used, "%san earlier retick wrote it, so that something is not told", used ? "; " : "");
    }
    if (code < 0)
        tick_trace_close(trace);
    return code;
}

void tick_trace_close(struct tick_trace *trace) {
    for (int i = 0; trace->statements && i < TICK__STORY_STATEMENTS; i++)
        sqlite3_finalize(trace->statements[i]);
    tick__outside_free(trace->statements);
    sqlite3_close(trace->db);
    tick__outside_free(trace->allowance);
    tick__outside_free(trace->path);
    *trace = (struct tick_trace){0};
}

void tick_trace_ask_on(struct tick_trace *trace) {
    sqlite3_progress_handler(trace->db, 0, NULL, NULL);
}

int tick_trace_details(const struct tick_trace *trace, char **lines, struct tick_error *error) {
    sqlite3_stmt *statement = NULL;
    int code = 0;
    *lines = NULL;
    if (sqlite3_prepare_v2(trace->db, "SELECT value FROM meta WHERE key = 'details'", -1, &statement, NULL) != SQLITE_OK)
        return damaged(trace, error);
    if (sqlite3_step(statement) == SQLITE_ROW) {
        const char *value = (const char *)sqlite3_column_text(statement, 0);
        const size_t size = value ? strlen(value) + 1 : 0;
        *lines = size > 1 ? tick__outside_alloc(size) : NULL;
        if (*lines)
            memcpy(*lines, value, size);
        else if (size != 1)
            code = tick_error_set(error, -ENOMEM, "%s: out of memory", trace->path);
    }
    const bool lost = no_memory(trace);
    const int done = sqlite3_finalize(statement);
    if (code == 0 && (done != SQLITE_OK || lost))
        code = damaged(trace, error);
    if (code < 0) {
        tick__outside_free(*lines);
        *lines = NULL;
    }
    return code;
}

int tick_trace_said(const struct tick_trace *trace) {
    const char *end = strcmp(trace->verdict, "deadlock") == 0 ? strchr(trace->text, ':') : NULL;
    if (strcmp(trace->verdict, "limit") == 0 && (end = strstr(trace->text, " go on:")) != NULL)
        end += strlen(" go on");
    return (int)(end ? end - trace->text : (ptrdiff_t)strlen(trace->text));
}

static uint8_t choice_kind(const char *word) {
#define CHOICE_KIND(name, number, text, sound, rate, unit, manual, because) \
    if (strcmp(word, text) == 0) \
        return name;
    TICK_CHOICES(CHOICE_KIND)
    return 0;
}

int tick_trace_schedule(const struct tick_trace *trace, struct tick_schedule *schedule, struct tick_error *error) {
    sqlite3_stmt *statement;
    tick_schedule_init(schedule, trace->scenario);
    if (sqlite3_prepare_v2(trace->db, "SELECT kind, subject, ordinal, n, value, most, line FROM choices ORDER BY choice_id", -1, &statement,
            NULL) != SQLITE_OK)
        return damaged(trace, error);
    int code = 0;
    while (code == 0 && sqlite3_step(statement) == SQLITE_ROW) {
        const char *word = (const char *)sqlite3_column_text(statement, 0), *line = (const char *)sqlite3_column_text(statement, 6);
        const struct tick_deviation deviation = {
            .kind = choice_kind(word ? word : ""),
            .subject = (tick_id)sqlite3_column_int64(statement, 1),
            .ordinal = (uint64_t)sqlite3_column_int64(statement, 2),
            .n = (uint32_t)sqlite3_column_int64(statement, 3),
            .value = (uint32_t)sqlite3_column_int64(statement, 4),
            .most = sqlite3_column_int64(statement, 5),
        };
        if (!deviation.kind)
            code = tick_error_set(error, TICK_EFORMAT, "%s is damaged: it has a choice of an unknown kind '%s'; record the run again",
                trace->path, word ? word : "");
        else
            code = tick_schedule_add_as(schedule, &deviation, line ? line : "");
    }
    if (sqlite3_finalize(statement) != SQLITE_OK && code == 0)
        code = damaged(trace, error);
    if (code < 0)
        tick_schedule_fini(schedule);
    return code;
}

static enum tick_object_type object_type(const char *word) {
#define OBJECT_TYPE(name, number, text) \
    if (strcmp(word, text) == 0) \
        return name;
    TICK_OBJECTS(OBJECT_TYPE)
    return TICK_OBJECT_USER;
}

int tick_trace_names(const struct tick_trace *trace, struct tick_names **names, struct tick_error *error) {
    sqlite3_stmt *statement;
    *names = NULL;
    if (tick_names_new(names) < 0)
        return tick_error_set(error, -ENOMEM, "%s: out of memory", trace->path);
    const char *sql = "SELECT object_id, type, stable_id, parent_id, host_id, name, kth FROM objects WHERE type NOT IN ('message', "
                      "'string') ORDER BY object_id";
    int code = sqlite3_prepare_v2(trace->db, sql, -1, &statement, NULL) == SQLITE_OK ? 0 : damaged(trace, error);
    while (code == 0 && sqlite3_step(statement) == SQLITE_ROW) {
        const char *type = (const char *)sqlite3_column_text(statement, 1);
        const struct tick_object object = {
            .type = object_type(type ? type : ""),
            .id = (tick_id)sqlite3_column_int64(statement, 2),
            .parent = (uint32_t)sqlite3_column_int64(statement, 3),
            .host = (uint32_t)sqlite3_column_int64(statement, 4),
            .key = (const char *)sqlite3_column_text(statement, 5),
            .kth = (uint32_t)sqlite3_column_int64(statement, 6),
        };
        tick_names_tell(*names, (uint32_t)sqlite3_column_int64(statement, 0), &object);
    }
    if (code == 0 && sqlite3_finalize(statement) != SQLITE_OK)
        code = damaged(trace, error);
    if (code < 0) {
        tick_names_free(*names);
        *names = NULL;
    }
    return code;
}
