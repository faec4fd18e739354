// The writer beside a running program: drains its ring into the file, so that neither's sudden death loses what was published.
//
// Rows and the position they reach are one transaction; the ring's tail moves only after its commit. Hence at every moment the ring holds
// all that the file does not, and `recover` can go on from the file's own position.
#include "trace/reader.h"
#include "trace/ring_int.h"
#include "trace/sink_int.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMIT_EVERY 50000000 // ns
#define LOOK_LEAST 500000     // ns between two looks at the ring
#define LOOK_MOST 10000000    // in less time than that no program fills it

// How long it is since the program began, for commits only: nothing of it is stored.
static int64_t host_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int take(struct tick__sink *sink, struct tick_ring *ring, uint64_t upto) {
    TICK_TRY(tick__sink_exec(sink, "BEGIN IMMEDIATE"));
    TICK_TRY(tick__sink_take(sink, &ring->records, upto));
    TICK_TRY(tick__sink_meta_number(sink, "ring_position", (int64_t)sink->taken.position));
    TICK_TRY(tick__sink_meta_number(sink, "ring_base", sink->taken.base));
    TICK_TRY(tick__sink_meta_number(sink, "ring_seq", sink->taken.seq));
    TICK_TRY(tick__sink_meta_number(sink, "ring_objects", sink->taken.objects));
    TICK_TRY(tick__sink_commit(sink));
    atomic_store_explicit(&ring->file->tail, upto, memory_order_release);
    return 0;
}

static int finish(struct tick__sink *sink, struct tick_ring *ring, const int *status, const struct tick_trace_meta *meta) {
    sink->lost = sink->lost ? sink->lost : atomic_load(&ring->file->lost);
    sink->why_lost = "the writer had died and the ring was full"; // or numbers ran out, of which there is a row
    TICK_TRY(tick__sink_exec(sink, "BEGIN IMMEDIATE"));
    if (status && WIFSIGNALED(*status))
        TICK_TRY(tick__sink_meta_number(sink, "signal", WTERMSIG(*status)));
    if (status && WIFEXITED(*status))
        TICK_TRY(tick__sink_meta_number(sink, "exit", WEXITSTATUS(*status)));
    if (meta && meta->last_place && *meta->last_place)
        TICK_TRY(tick__sink_meta_text(sink, "place", meta->last_place));
    if (meta && meta->last_details && *meta->last_details)
        TICK_TRY(tick__sink_meta_text(sink, "details", meta->last_details));
    if (!sink->ended && meta && meta->last_verdict && *meta->last_verdict) {
        TICK_TRY(tick__sink_meta_text(sink, "verdict", meta->last_verdict));
        TICK_TRY(tick__sink_meta_text(sink, "text", meta->last_text));
    }
    TICK_TRY(tick__sink_end(sink, sink->ended ? "closed" : "killed"));
    TICK_TRY(tick__sink_exec(sink, "DELETE FROM meta WHERE key LIKE 'ring\\_%' ESCAPE '\\'"));
    TICK_TRY(tick__sink_exec(sink, "COMMIT"));
    return tick__sink_exec(sink, "PRAGMA journal_mode=DELETE");
}

static int begin(
    struct tick__sink *sink, struct tick_ring *ring, const char *path, const struct tick_trace_meta *meta, struct tick_error *error) {
    char journal[4096 + 16];
    snprintf(journal, sizeof journal, "%s-journal", path);
    if ((unlink(path) < 0 && errno != ENOENT) || (unlink(journal) < 0 && errno != ENOENT))
        return tick_error_set(error, -errno, "%s cannot be replaced: %s; name another place with -o", path, strerror(errno));
    int code = tick__sink_open(sink, path, path, true, false, error);
    if (code == 0)
        code = tick__sink_exec(sink, "BEGIN");
    if (code == 0)
        code = tick__sink_meta(sink, meta);
    if (code == 0)
        code = tick__sink_meta_number(sink, "ring_id", (int64_t)ring->file->id);
    if (code == 0)
        code = tick__sink_commit(sink);
    if (code < 0) { // a file without its first lines tells nobody what it is
        tick__sink_close(sink);
        unlink(path);
        unlink(journal);
    }
    return code;
}

static bool gone(pid_t pid, int *status) {
    pid_t got;
    do
        got = waitpid(pid, status, WNOHANG);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        *status = 0; // somebody else waited for it
    return got != 0;
}

// Until there may be something to do: the process's end, which is noticed at once, or more to take. Who tells nothing is looked at more and
// more seldom.
static void wait_a_little(int process, int64_t *patience, bool idle) {
    *patience = idle && *patience < LOOK_MOST ? 2 * *patience : idle ? LOOK_MOST : LOOK_LEAST;
    struct pollfd end = {.fd = process, .events = POLLIN};
    (void)ppoll(&end, 1, &(struct timespec){.tv_nsec = *patience}, NULL);
}

int tick_trace_drain(
    struct tick_ring *ring, pid_t pid, const char *path, const struct tick_trace_meta *meta, int *status, struct tick_error *error) {
    struct tick__sink sink = {0};
    *status = 0;
    atomic_store(&ring->file->drainer, (int32_t)getpid());
    int code = begin(&sink, ring, path, meta, error);
    uint64_t tail = 0;
    int64_t committed = host_now(), patience = LOOK_LEAST;
    uint64_t before = 0;
    const int process = pidfd_open(pid, 0); // -1 where there is none: then its end is looked for as seldom as the rest
    for (;;) {
        bool last = gone(pid, status); // before head is read: then nothing can follow
        uint64_t head = atomic_load_explicit(&ring->file->head, memory_order_acquire);
        bool due = head - tail >= ring->file->slots / 4 || host_now() - committed >= COMMIT_EVERY || last;
        if (head != tail && due) {
            if (code == 0)
                code = take(&sink, ring, head);
            if (code < 0) // the program must not hang on our trouble: what it tells is let go
                atomic_store_explicit(&ring->file->tail, head, memory_order_release);
            tail = head;
            committed = host_now();
            if (meta->progress && code == 0)
                meta->progress(meta->progress_ctx, sink.stored);
        }
        if (last)
            break;
        if (!due)
            wait_a_little(process, &patience, head == before);
        before = head;
    }
    if (process >= 0)
        close(process);
    if (code == 0)
        code = finish(&sink, ring, status, meta);
    tick__sink_close(&sink);
    return code;
}

static int64_t meta_number(struct tick__sink *sink, const char *key) {
    sqlite3_stmt *statement;
    int64_t value = -1;
    if (sqlite3_prepare_v2(sink->db, "SELECT value FROM meta WHERE key = ?", -1, &statement, NULL) != SQLITE_OK)
        return -1;
    sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
    if (sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

// Where the file stands in the ring's stream. False: it does not belong to this ring.
static bool resume(struct tick__sink *sink, const struct tick_ring *ring) {
    if (meta_number(sink, "ring_id") != (int64_t)ring->file->id)
        return false;
    int64_t position = meta_number(sink, "ring_position");
    if (position > 0)
        sink->taken = (struct tick__cursor){
            .position = (uint64_t)position,
            .base = meta_number(sink, "ring_base"),
            .seq = (uint32_t)meta_number(sink, "ring_seq"),
            .objects = (uint32_t)meta_number(sink, "ring_objects"),
        };
    sink->real = meta_number(sink, "real") > 0;
    sink->stored = sink->taken.seq;
    return true;
}

int tick_trace_recover(const char *path, uint64_t *events, struct tick_error *error) {
    struct tick_ring *ring = NULL;
    struct tick__sink sink = {0};
    struct tick_trace trace;
    struct stat about;
    *events = 0;
    int code = tick_ring_open(path, &ring, error);
    if (code == -ENOENT)
        return tick_error_set(error, code, "%s-ring is missing: there is nothing to recover", path);
    if (code < 0)
        return code;
    bool ended = false;
    // The writer may have died before it had made the tables, or before it had said in them what it records.
    bool fresh = stat(path, &about) < 0 || about.st_size == 0;
    if (!fresh) {
        code = tick_trace_open(path, &trace, error); // says what is wrong with a file that is none of ours
        if (code < 0)
            goto out;
        fresh = !trace.state[0] && trace.events == 0;
        if (fresh)
            tick_trace_close(&trace);
    }
    if (fresh) {
        const struct tick_trace_meta unknown = {0};
        code = begin(&sink, ring, path, &unknown, error);
    } else {
        code = tick_trace_names(&trace, &sink.names, error);
        struct tick_names *names = sink.names;
        ended = strcmp(trace.state, "recording") != 0;
        tick_trace_close(&trace);
        if (code == 0)
            code = tick__sink_open(&sink, path, path, false, false, error);
        if (sink.names && names)
            tick_names_free(sink.names);
        sink.names = names;
    }
    if (code < 0)
        goto out;
    if (!resume(&sink, ring)) {
        // Ended: the writer died between its last commit and the ring's removal, or the ring is another's; nothing is lost either way.
        code = ended ? tick_error_set(error, -EALREADY, "%s is complete: there is nothing to recover (%s-ring is left over)", path, path)
                     : tick_error_set(error, -EINVAL,
                           "%s-ring is another recording's: it recovers nothing of %s; put it beside its own trace", path, path);
        goto out;
    }
    uint64_t before = sink.taken.seq, head = atomic_load(&ring->file->head);
    if (head - sink.taken.position > ring->file->slots) {
        code = tick_error_set(error, TICK_EFORMAT,
            "%s-ring is damaged: its counters do not fit %s, which holds all that is left: move the ring away", path, path);
        goto out;
    }
    code = take(&sink, ring, head);
    if (code == 0)
        code = finish(&sink, ring, NULL, NULL);
    if (code == 0) {
        *events = sink.taken.seq - before;
        tick_ring_unlink(ring);
    }
out:
    tick__sink_close(&sink);
    tick_ring_close(ring);
    return code;
}
