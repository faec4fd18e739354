// links: tick_trace
// What recording costs: an event and an object told to a recorder in memory and through a ring, with the digest; a run as a campaign
// records it; and rows a second into SQLite, by the writer and, beside it, by a plain prepared INSERT.
//
//   bench_trace_sink [millions of events, default 4] [folder for the files, default /tmp]
#include "trace/reader.h"
#include "trace/recorder_int.h"
#include "trace/sink_int.h"
#include "trace/writer.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void check(int code, const struct tick_error *error) {
    if (code >= 0)
        return;
    fprintf(stderr, "%s\n", error->text);
    exit(1);
}

static const struct tick_loc place = {"step", "bench.c", 7, "await"};

// A stream with the shape of a run's: four events a step, times that move, subjects and causes near by.
static void tell(struct tick_probe *probe, uint32_t events) {
    static const enum tick_event_kind kinds[4] = {TICK_EV_TASK_READY, TICK_EV_STEP_BEGIN, TICK_EV_MSG_SEND, TICK_EV_STEP_END};
    uint32_t seq = 0;
    for (uint32_t i = 0; i < events; i++) {
        probe->now += (i & 7) == 0 ? 1709 : 0;
        probe->host = 1 + (i >> 4 & 7);
        probe->task = 9 + (i >> 2 & 1023);
        seq = tick_emit(
            probe, kinds[i & 3], i & 3 ? probe->task : 9 + (i >> 3 & 4095), seq, i & 2 ? 0 : (int64_t)(i & 0xffff), i & 3 ? NULL : &place);
    }
}

static void tell_objects(struct tick_probe *probe, uint32_t count, const char *key) {
    for (uint32_t i = 1; i <= count; i++) {
        const struct tick_object object = {.type = key ? TICK_OBJECT_TASK : TICK_OBJECT_FUTURE,
            .id = i * 0x9e3779b97f4a7c15u,
            .parent = 1,
            .host = 1,
            .key = key,
            .kth = i};
        probe->ops->object(probe, &object);
    }
}

static void measure_recorder(struct tick_recorder *recorder, uint32_t events) {
    struct tick_probe *probe = tick_recorder_probe(recorder);
    for (int round = 0; round < 3; round++) { // the first one meets fresh pages
        tick_recorder_reset(recorder);
        double start = now(CLOCK_THREAD_CPUTIME_ID);
        tell(probe, events);
        tick_recorder_end(recorder, "pass", NULL);
        double took = now(CLOCK_THREAD_CPUTIME_ID) - start;
        printf("memory, event and digest, %s        %7.2f ns\n", round ? "warm " : "fresh", took / events * 1e9);
    }
    tick_recorder_reset(recorder);
    double start = now(CLOCK_THREAD_CPUTIME_ID);
    tell_objects(probe, 200000, NULL);
    printf("memory, object without key                  %7.2f ns\n", (now(CLOCK_THREAD_CPUTIME_ID) - start) / 200000 * 1e9);
    start = now(CLOCK_THREAD_CPUTIME_ID);
    tell_objects(probe, 200000, "increment");
    printf("memory, object with key                     %7.2f ns\n", (now(CLOCK_THREAD_CPUTIME_ID) - start) / 200000 * 1e9);
    start = now(CLOCK_THREAD_CPUTIME_ID);
    for (int run = 0; run < 20000; run++) {
        tick_recorder_reset(recorder);
        tell_objects(probe, 60, "increment");
        tell(probe, 400);
        tick_recorder_end(recorder, "pass", NULL);
    }
    printf("memory, a run of 400 events and 60 objects  %7.2f us\n", (now(CLOCK_THREAD_CPUTIME_ID) - start) / 20000 * 1e6);
}

static void measure_writer(struct tick_recorder *recorder, const char *path, uint32_t events) {
    struct tick_error error = {0};
    struct tick__sink sink;
    uint64_t upto;
    const struct tick_trace_meta meta = {.scenario = "bench"};
    unlink(path);
    check(tick__sink_open(&sink, path, path, true, false, &error), &error);
    struct tick__records records = tick__recorder_records(recorder, &upto);
    double start = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    for (uint64_t at = 0; at < upto;) { // commits of the size that a quarter of a 4 MiB ring gives
        at = at + 32768 < upto ? at + 32768 : upto;
        check(tick__sink_exec(&sink, "BEGIN IMMEDIATE"), &error);
        check(tick__sink_take(&sink, &records, at), &error);
        check(tick__sink_commit(&sink), &error);
    }
    double took = now(CLOCK_MONOTONIC) - start, used = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    printf(
        "writer, rows from records, with journal     %7.2f M rows/s  (%.0f ns of CPU a row)\n", events / took / 1e6, used / events * 1e9);
    tick__sink_close(&sink);
    start = now(CLOCK_MONOTONIC);
    check(tick_trace_store(recorder, path, &meta, &error), &error);
    took = now(CLOCK_MONOTONIC) - start;
    printf("store, what is left to the first reader left  %5.2f M rows/s\n", events / took / 1e6);
    struct tick_trace trace;
    check(tick_trace_open(path, &trace, &error), &error);
    check(tick_trace_complete(&trace, NULL, NULL, &error), &error);
    tick_trace_close(&trace);
    took = now(CLOCK_MONOTONIC) - start;
    struct stat about;
    stat(path, &about);
    printf("store, with indexes and derived tables      %7.2f M rows/s  (%.1f bytes a row)\n", events / took / 1e6,
        (double)about.st_size / events);
}

// The peer: what everybody writes first.
static void measure_insert(struct tick_recorder *recorder, const char *path, uint32_t events) {
    sqlite3 *db;
    sqlite3_stmt *insert;
    uint64_t upto;
    struct tick__records records = tick__recorder_records(recorder, &upto);
    unlink(path);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
        sqlite3_exec(db,
            "PRAGMA page_size=16384;PRAGMA synchronous=OFF;PRAGMA journal_mode=PERSIST;CREATE TABLE events(seq INTEGER PRIMARY KEY, ts "
            "INTEGER,"
            " kind INTEGER, host_id INTEGER, task_id INTEGER, subject_id INTEGER, cause_seq INTEGER, loc_id INTEGER, arg INTEGER)",
            NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, "INSERT INTO events VALUES(NULL,?,?,?,?,?,?,?,?)", -1, &insert, NULL) != SQLITE_OK) {
        fprintf(stderr, "%s\n", sqlite3_errmsg(db));
        exit(1);
    }
    double start = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    int64_t base = 0;
    uint32_t row = 0;
    sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
    for (uint64_t at = 0; at < upto; at += tick__record_slots(tick__record_at(&records, at))) {
        const struct tick__slot *slot = tick__record_at(&records, at);
        if (slot->tag == TICK__REC_TIME)
            base = slot->arg;
        if (slot->tag >= TICK__REC_PAD)
            continue;
        const uint32_t ids[6] = {slot->tag, slot->host, slot->task, slot->subject, slot->cause, slot->loc};
        sqlite3_bind_int64(insert, 1, base + slot->after);
        for (int i = 0; i < 6; i++)
            if (ids[i])
                sqlite3_bind_int64(insert, i + 2, ids[i]);
            else
                sqlite3_bind_null(insert, i + 2);
        sqlite3_bind_int64(insert, 8, slot->arg);
        if (sqlite3_step(insert) != SQLITE_DONE)
            exit(1);
        sqlite3_reset(insert);
        if (++row % 32768 == 0)
            sqlite3_exec(db, "COMMIT;BEGIN", NULL, NULL, NULL);
    }
    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    double took = now(CLOCK_MONOTONIC) - start, used = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    printf(
        "peer: prepared INSERT, same rows            %7.2f M rows/s  (%.0f ns of CPU a row)\n", events / took / 1e6, used / events * 1e9);
    sqlite3_finalize(insert);
    sqlite3_close(db);
}

// Both processes at once: how fast the program can go when it is faster than its writer.
static void measure_ring(const char *path, uint32_t events) {
    struct tick_ring *ring;
    struct tick_error error = {0};
    const struct tick_trace_meta meta = {.scenario = "bench"};
    int status;
    check(tick_ring_create(path, (size_t)4 << 20, &ring, &error), &error);
    double start = now(CLOCK_MONOTONIC);
    pid_t pid = fork();
    if (pid == 0) {
        struct tick_recorder *recorder;
        if (tick_recorder_new_ring(ring, &recorder) < 0)
            _exit(1);
        double cpu = now(CLOCK_THREAD_CPUTIME_ID);
        tell(tick_recorder_probe(recorder), 65536); // fits: nothing waits
        cpu = now(CLOCK_THREAD_CPUTIME_ID) - cpu;
        printf("ring, event and digest, no waiting          %7.2f ns\n", cpu / 65536 * 1e9);
        fflush(stdout);
        tell(tick_recorder_probe(recorder), events - 65536);
        tick_recorder_end(recorder, "pass", NULL);
        _exit(0);
    }
    check(tick_trace_drain(ring, pid, path, &meta, &status, &error), &error);
    double took = now(CLOCK_MONOTONIC) - start;
    printf("ring to closed file, end to end             %7.2f M rows/s\n", events / took / 1e6);
    tick_ring_unlink(ring);
    tick_ring_close(ring);
}

int main(int argc, char **argv) {
    uint32_t events = (uint32_t)((argc > 1 ? atof(argv[1]) : 4) * 1e6);
    char path[512];
    snprintf(path, sizeof path, "%s/retick-bench-%d.db", argc > 2 ? argv[2] : "/tmp", (int)getpid());
    struct tick_recorder *recorder;
    struct tick_error error = {.text = "out of memory"};
    check(tick_recorder_new(&recorder), &error);
    measure_recorder(recorder, events);
    tick_recorder_reset(recorder);
    tell(tick_recorder_probe(recorder), events - 1);
    tick_recorder_end(recorder, "pass", NULL);
    fflush(stdout);
    for (int round = 0; round < 3; round++) {
        measure_writer(recorder, path, events);
        measure_insert(recorder, path, events);
    }
    fflush(stdout);
    measure_ring(path, events);
    tick_recorder_free(recorder);
    unlink(path);
    snprintf(path + strlen(path), sizeof path - strlen(path), "-journal");
    unlink(path);
    return 0;
}
