// Sudden death: the recorded program, its writer, or both are killed at any moment; the file opens, is whole, and lacks nothing that was
// published.
#include "src/base/sanitized.h"
#include "tests/support/stored.h"
#include "tests/unit/trace_story.h"
#include "trace/recorder.h"
#include "trace/ring_int.h"
#include "trace/writer.h"
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
// last: it wants the four above
#include <cmocka.h>

#define RING ((size_t)1 << 20)
#define ROUNDS (TICK__SANITIZED ? 4u : 10u)

struct page { // shared with the recorded program
    _Atomic uint32_t told, objects;
    _Atomic int32_t writer, program;
    _Atomic bool ended;
};
static struct page *page;
static char path[128];
static const struct tick_trace_meta meta = {.scenario = "kill", .scenario_file = "kill.c", .chooser = "calm"};

static int set_up(void **state) {
    (void)state;
    if (folder_make(folder, sizeof folder) < 0)
        return -1;
    snprintf(path, sizeof path, "%s/run.db", folder);
    page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1); // a dead writer's program comes to us
    return page == MAP_FAILED ? -1 : 0;
}

static int tear_down(void **state) {
    (void)state;
    munmap(page, sizeof *page);
    return folder_remove(folder);
}

static void pause_us(long us) {
    nanosleep(&(struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000}, NULL);
}

// The recorded program: tells events at full speed, and objects among them, until it has told `most`.
static _Noreturn void program(struct tick_ring *ring, uint32_t most) {
    struct tick_recorder *recorder;
    atomic_store(&page->program, getpid());
    if (tick_recorder_new_ring(ring, &recorder) < 0)
        _exit(9);
    struct tick_probe *probe = tick_recorder_probe(recorder);
    uint32_t objects = 0;
    for (uint32_t seq = 1; seq <= most; seq++) {
        probe->now = (int64_t)seq * 100;
        if (seq % 64 == 1) {
            const struct tick_object object = {.type = TICK_OBJECT_TIMER, .id = seq, .key = "timer", .kth = seq};
            objects = probe->ops->object(probe, &object);
            atomic_store(&page->objects, objects);
        }
        tick_emit(probe, TICK_EV_TIMER_FIRE, objects, seq - 1, seq, NULL);
        atomic_store_explicit(&page->told, seq, memory_order_release);
    }
    tick_recorder_end(recorder, "pass", "all told");
    atomic_store(&page->told, most + 1);
    atomic_store(&page->ended, true);
    tick_recorder_free(recorder);
    _exit(0);
}

// Opens the file and checks that it is a whole prefix of what was told. Returns its number of events.
static int64_t check_file(struct tick_trace *trace) {
    struct tick_error error = {0};
    if (tick_trace_open(path, trace, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(number(trace, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), 0);
    int64_t events = number(trace, "SELECT count(*) FROM events");
    assert_int_equal(number(trace, "SELECT coalesce(max(seq), 0) FROM events"), events);
    assert_int_equal(
        number(
            trace, "SELECT count(*) FROM events WHERE kind = 12 AND (arg <> seq OR ts <> seq * 100 OR coalesce(cause_seq, 0) <> seq - 1)"),
        0);
    assert_int_equal(
        number(trace, "SELECT count(*) FROM events e LEFT JOIN objects o ON o.object_id = e.subject_id WHERE o.object_id IS NULL"), 0);
    assert_int_equal(trace->events, events);
    return events;
}

static void remove_files(void) {
    char command[256];
    snprintf(command, sizeof command, "rm -f %s*", path);
    assert_int_equal(system(command), 0);
    memset(page, 0, sizeof *page);
}

// The same pauses in every run of the test, spread over `most`.
static long nth_pause(unsigned n, long most) {
    return (long)(tick_id_mix(42, n) % (uint64_t)most);
}

static pid_t killer_of(_Atomic int32_t *victim, long us) {
    pid_t pid = fork();
    if (pid == 0) {
        while (!atomic_load(victim))
            sched_yield();
        pause_us(us);
        kill(atomic_load(victim), SIGKILL);
        _exit(0);
    }
    return pid;
}

static void the_program_dies(void **state) {
    (void)state;
    for (unsigned round = 0; round < 3 * ROUNDS; round++) {
        struct tick_ring *ring;
        struct tick_trace trace;
        struct tick_error error = {0};
        int status;
        remove_files();
        assert_int_equal(tick_ring_create(path, RING, &ring, &error), 0);
        pid_t pid = fork();
        if (pid == 0)
            program(ring, UINT32_MAX - 1);
        pid_t killer = killer_of(&page->program, nth_pause(round, 40000));
        if (tick_trace_drain(ring, pid, path, &meta, &status, &error) < 0)
            fail_msg("%s", error.text);
        waitpid(killer, NULL, 0);
        assert_true(WIFSIGNALED(status));
        tick_ring_unlink(ring);
        tick_ring_close(ring);
        int64_t events = check_file(&trace);
        assert_string_equal(trace.state, "killed");
        assert_non_null(strstr(trace.note, "KILL"));
        assert_int_equal(number(&trace, "SELECT value FROM meta WHERE key = 'signal'"), SIGKILL);
        assert_true(events >= atomic_load(&page->told)); // one more may have been published than was said
        assert_true(events <= (int64_t)atomic_load(&page->told) + 1);
        assert_true(number(&trace, "SELECT count(*) FROM objects") >= atomic_load(&page->objects));
        tick_trace_close(&trace);
    }
}

// The writer and its program, in a process that can be killed.
static pid_t writer(uint32_t most) {
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    struct tick_ring *ring;
    struct tick_error error;
    int status;
    if (tick_ring_create(path, RING, &ring, &error) < 0)
        _exit(9);
    pid_t child = fork();
    if (child == 0)
        program(ring, most);
    atomic_store(&page->writer, getpid());
    _exit(tick_trace_drain(ring, child, path, &meta, &status, &error) == 0 ? 0 : 8);
}

static void wait_for_all(void) {
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        ;
}

// Adds the rest and checks that nothing is missing but what the recorder counted as lost.
static void recover(bool both) {
    struct tick_trace trace;
    struct tick_error error = {0};
    uint64_t added;
    int64_t before = 0;
    if (access(path, F_OK) == 0 && tick_trace_open(path, &trace, &error) == 0) { // else it died before there were tables
        before = trace.events;
        if (strcmp(trace.state, "recording") == 0)
            assert_non_null(strstr(trace.note, "cut off"));
        tick_trace_close(&trace);
        before = check_file(&trace);
        tick_trace_close(&trace);
    }
    if (tick_trace_recover(path, &added, &error) < 0)
        fail_msg("%s", error.text);
    int64_t events = check_file(&trace);
    assert_int_equal(events, before + (int64_t)added);
    int64_t lost = number(&trace, "SELECT coalesce(sum(lost), 0) FROM gap"), told = atomic_load(&page->told);
    if (!both)
        assert_int_equal(events + lost, told);
    else if (lost == 0) // a recorder that is losing says how much now and then; killed, it said less than it lost
        assert_true(events >= told - 1024 - (int64_t)(RING / 32) || events + 1 >= told);
    assert_string_equal(trace.state, atomic_load(&page->ended) && lost == 0 ? "closed" : "killed");
    tick_trace_close(&trace);
    assert_int_equal(tick_trace_recover(path, &added, &error), -ENOENT); // the ring is gone
}

static void the_writer_dies(void **state) {
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        remove_files();
        writer(400000);
        pid_t killer = killer_of(&page->writer, nth_pause(round, 60000));
        (void)killer;
        wait_for_all();
        if (atomic_load(&page->ended)) {
            struct tick_trace trace;
            struct tick_error error;
            if (tick_trace_open(path, &trace, &error) == 0) { // it may have been done before it was to be killed
                bool closed = strcmp(trace.state, "closed") == 0;
                tick_trace_close(&trace);
                if (closed)
                    continue;
            }
        }
        recover(false);
    }
}

static void both_die(void **state) {
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        remove_files();
        writer(UINT32_MAX - 1);
        long when = 1000 + nth_pause(round, 40000);
        killer_of(&page->program, when);
        killer_of(&page->writer, when);
        wait_for_all();
        struct tick_trace trace;
        struct tick_error error;
        if (tick_trace_open(path, &trace, &error) == 0) {
            bool done = strcmp(trace.state, "recording") != 0; // the writer had the time to note the program's death
            tick_trace_close(&trace);
            if (done)
                continue;
        }
        recover(true);
    }
}

// Nothing of a run is different for having gone through a ring.
static void ring_and_memory_tell_the_same(void **state) {
    (void)state;
    struct tick_recorder *recorder;
    struct tick_ring *ring;
    struct tick_trace trace;
    struct tick_error error = {0};
    uint8_t digest[16];
    int status;
    remove_files();
    assert_int_equal(tick_recorder_new(&recorder), 0);
    story_record(recorder, 1);
    tick_recorder_digest(recorder, digest);
    char stored[160], *report;
    snprintf(stored, sizeof stored, "%s-stored", path);
    assert_int_equal(tick_trace_store(recorder, stored, &meta, &error), 0);
    tick_recorder_free(recorder);
    assert_int_equal(tick_ring_create(path, RING, &ring, &error), 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (tick_recorder_new_ring(ring, &recorder) < 0)
            _exit(1);
        story_record(recorder, 1);
        _exit(0);
    }
    assert_int_equal(tick_trace_drain(ring, pid, path, &meta, &status, &error), 0);
    tick_ring_unlink(ring);
    tick_ring_close(ring);
    assert_int_equal(tick_trace_open(path, &trace, &error), 0);
    assert_string_equal(trace.state, "closed");
    assert_memory_equal(trace.digest, digest, 16);
    char sql[512];
    static const char *const tables[] = {"events", "objects", "strings", "locations", "choices", "messages", "tasks", "steps"};
    snprintf(sql, sizeof sql, "ATTACH '%s' AS other", stored);
    sqlite3_limit(trace.db, SQLITE_LIMIT_ATTACHED, 1); // a reader has none
    assert_int_equal(sqlite3_exec(trace.db, sql, NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        const char *table = tables[i];
        snprintf(sql, sizeof sql,
            "SELECT (SELECT count(*) FROM (SELECT * FROM main.%s EXCEPT SELECT * FROM other.%s)) +"
            " (SELECT count(*) FROM (SELECT * FROM other.%s EXCEPT SELECT * FROM main.%s))",
            table, table, table, table);
        if (number(&trace, sql) != 0)
            fail_msg("%s differs", tables[i]);
    }
    struct tick_trace other;
    assert_int_equal(tick_trace_open(stored, &other, &error), 0);
    assert_int_equal(tick_trace_diff(&trace, &other, &report, &error), 0);
    tick_trace_close(&other);
    tick_trace_close(&trace);
}

// The writer's disk fills up: the program is not held up, and the error says how much is safe.
static void the_disk_fills_up(void **state) {
    (void)state;
    remove_files();
    pid_t pid = fork();
    if (pid == 0) {
        struct tick_ring *ring;
        struct tick_error error = {0};
        int status;
        if (tick_ring_create(path, RING, &ring, &error) < 0)
            _exit(1);
        pid_t child = fork();
        if (child == 0)
            program(ring, 300000);
        signal(SIGXFSZ, SIG_IGN);
        const struct rlimit limit = {.rlim_cur = 3000000, .rlim_max = 3000000};
        setrlimit(RLIMIT_FSIZE, &limit);
        int code = tick_trace_drain(ring, child, path, &meta, &status, &error);
        unsigned long long stored = 0;
        const char *said = strstr(error.text, "disk full: ");
        bool good =
            code == -ENOSPC && said && sscanf(said, "disk full: %llu", &stored) == 1 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
        atomic_store(&page->objects, (uint32_t)stored);
        _exit(good ? 0 : 2);
    }
    int status;
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(atomic_load(&page->told), 300001);
    struct tick_trace trace;
    assert_int_equal(check_file(&trace), atomic_load(&page->objects));
    assert_true(trace.events < 300001);
    assert_string_equal(trace.state, "recording");
    tick_trace_close(&trace);
}

// There is no file yet, or nothing in it: all that there is comes from the ring.
static void recovers_from_the_ring(void) {
    struct tick_trace trace;
    struct tick_error error = {0};
    uint64_t events;
    if (tick_trace_recover(path, &events, &error) < 0)
        fail_msg("%s", error.text);
    assert_true(events > 0);
    assert_int_equal(tick_trace_open(path, &trace, &error), 0);
    assert_int_equal(trace.events, events);
    tick_trace_close(&trace);
}

// What a killed writer leaves behind holds the ring for a moment longer.
static void the_last_of_a_recording_are_waited_for(void **state) {
    (void)state;
    struct tick_error error = {0};
    int told[2];
    remove_files();
    assert_int_equal(pipe(told), 0);
    pid_t writer = fork();
    if (writer == 0) {
        struct tick_ring *ring;
        struct tick_recorder *recorder;
        if (tick_ring_create(path, RING, &ring, &error) < 0 || tick_recorder_new_ring(ring, &recorder) < 0)
            _exit(9);
        pid_t last = fork();
        if (last == 0) {
            close(told[1]);
            pause_us(300000);
            _exit(0);
        }
        story_record(recorder, 0);
        raise(SIGKILL);
    }
    close(told[1]);
    char nothing;
    assert_int_equal(read(told[0], &nothing, 1), 0); // the writer is dead (a zombie), its child is not
    close(told[0]);
    recovers_from_the_ring();
    while (waitpid(-1, NULL, 0) > 0)
        ;
}

// The writer was killed when it had made the tables, and nothing stood in them.
static void tables_without_a_word_are_begun_again(void **state) {
    (void)state;
    struct tick_error error = {0};
    struct tick_ring *ring;
    struct tick_recorder *recorder;
    remove_files();
    assert_int_equal(tick_recorder_new(&recorder), 0);
    story_record(recorder, 0);
    assert_int_equal(tick_trace_store(recorder, path, &meta, &error), 0);
    tick_recorder_free(recorder);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM meta; DELETE FROM events", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(tick_ring_create(path, RING, &ring, &error), 0);
    assert_int_equal(tick_recorder_new_ring(ring, &recorder), 0);
    story_record(recorder, 0);
    tick_recorder_free(recorder);
    tick_ring_close(ring);
    recovers_from_the_ring();
}

static void a_ring_that_was_never_finished(void **state) {
    (void)state;
    struct tick_error error = {0};
    uint64_t events;
    char name[160];
    remove_files();
    snprintf(name, sizeof name, "%s-ring", path);
    for (off_t size = 0; size <= 1 << 20; size += 1 << 20) {
        FILE *file = fopen(name, "w");
        assert_int_equal(ftruncate(fileno(file), size), 0);
        fclose(file);
        assert_int_equal(tick_trace_recover(path, &events, &error), -EALREADY);
        assert_non_null(strstr(error.text, "nothing to recover"));
    }
}

static void rings_are_checked(void **state) {
    (void)state;
    struct tick_ring *ring;
    struct tick_error error = {0};
    uint64_t events;
    remove_files();
    assert_int_equal(tick_ring_create(path, 1000, &ring, &error), -EINVAL);
    assert_int_equal(tick_ring_create("", RING, &ring, &error), -EINVAL);
    assert_int_equal(tick_ring_create("/nowhere/x.db", RING, &ring, &error), -ENOENT);
    assert_non_null(strstr(error.text, "may write"));
    assert_int_equal(tick_ring_open(path, &ring, &error), -ENOENT);
    char name[160];
    snprintf(name, sizeof name, "%s-ring", path);
    FILE *file = fopen(name, "w");
    fputs("not a ring at all, but long enough to hold a head of one, were it repeated often: ", file);
    for (int i = 0; i < 100; i++)
        fputs("not a ring at all ", file);
    fclose(file);
    assert_int_equal(tick_ring_open(path, &ring, &error), TICK_EFOREIGN);
    assert_int_equal(tick_trace_recover(path, &events, &error), TICK_EFOREIGN);
    // another recording's ring
    struct tick_recorder *recorder;
    remove_files();
    assert_int_equal(tick_recorder_new(&recorder), 0);
    story_record(recorder, 0);
    assert_int_equal(tick_trace_store(recorder, path, &meta, &error), 0);
    tick_recorder_free(recorder);
    assert_int_equal(tick_ring_create(path, RING, &ring, &error), 0);
    // one at a time
    struct tick_ring *second;
    assert_int_equal(tick_ring_create(path, RING, &second, &error), -EBUSY);
    assert_non_null(strstr(error.text, "another retick records to this trace"));
    assert_int_equal(tick_trace_recover(path, &events, &error), -EBUSY);
    tick_ring_close(ring);
    // what stands there ended before it was stored: a ring beside it is left over
    assert_int_equal(tick_trace_recover(path, &events, &error), -EALREADY);
    assert_non_null(strstr(error.text, "nothing to recover"));
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE meta SET value = 'recording' WHERE key = 'state'", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(tick_trace_recover(path, &events, &error), -EINVAL);
    assert_non_null(strstr(error.text, "another recording's"));
}

// Whoever writes is woken by the program's end, and else looks now and then.
static void who_tells_nothing_is_let_be(void **state) {
    (void)state;
    struct tick_ring *ring;
    struct tick_error error;
    struct timespec begun, over;
    struct rusage before, after;
    int status;
    remove_files();
    assert_int_equal(tick_ring_create(path, RING, &ring, &error), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        usleep(200000);
        _exit(7);
    }
    getrusage(RUSAGE_SELF, &before);
    clock_gettime(CLOCK_MONOTONIC, &begun);
    assert_int_equal(tick_trace_drain(ring, pid, path, &meta, &status, &error), 0);
    clock_gettime(CLOCK_MONOTONIC, &over);
    getrusage(RUSAGE_SELF, &after);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    const long ms = (over.tv_sec - begun.tv_sec) * 1000 + (over.tv_nsec - begun.tv_nsec) / 1000000;
    assert_in_range(after.ru_nvcsw - before.ru_nvcsw, 0, 20 + ms / 5);
    tick_ring_unlink(ring);
    tick_ring_close(ring);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ring_and_memory_tell_the_same),
        cmocka_unit_test(the_last_of_a_recording_are_waited_for),
        cmocka_unit_test(tables_without_a_word_are_begun_again),
        cmocka_unit_test(a_ring_that_was_never_finished),
        cmocka_unit_test(rings_are_checked),
        cmocka_unit_test(the_disk_fills_up),
        cmocka_unit_test(who_tells_nothing_is_let_be),
        cmocka_unit_test(the_program_dies),
        cmocka_unit_test(the_writer_dies),
        cmocka_unit_test(both_die),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
