// The first reading of a large trace: made once, by whoever comes first; killed or given up in the midst of it, the file is as it was;
// where it cannot be written, each reader has it for itself.
#include "src/base/sanitized.h"
#include "tests/support/stored.h"
#include "tests/unit/trace_story.h"
#include "trace/derive.h"
#include "trace/query.h"
#include "trace/recorder.h"
#include "trace/writer.h"
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
// last: it wants the four above
#include <cmocka.h>

#define TASKS 20000u // each of more than five events
static char path[128];
static const struct tick_trace_meta meta = {.scenario = "large", .chooser = "calm"};

static int set_up(void **state) {
    (void)state;
    if (folder_make(folder, sizeof folder) < 0 || chmod(folder, 0755) < 0)
        return -1;
    snprintf(path, sizeof path, "%s/run.db", folder);
    return 0;
}

// A run in which each task holds a lock, awaits main and runs twice; stored anew.
static void store_large(void) {
    struct tick_recorder *recorder;
    struct tick_error error = {0};
    assert_int_equal(tick_recorder_new(&recorder), 0);
    struct tick_probe *probe = tick_recorder_probe(recorder);
    uint32_t host = story_host(probe, "h");
    struct story_task main_task = story_task(probe, host, tick_id_host("h"), host, "main", 1);
    for (uint32_t i = 0; i < TASKS; i++) {
        struct story_task task = story_task(probe, host, main_task.id, main_task.object, "worker", i + 1);
        story_step(probe, &task);
        tick_emit(probe, TICK_EV_HOLD, host, 0, 0, NULL);
        tick_emit(probe, TICK_EV_FUTURE_AWAIT, main_task.object, 0, 0, NULL);
        story_end(probe, &task, TICK_STEP_SUSPENDED);
        story_step(probe, &task);
        story_end(probe, &task, TICK_STEP_RETURNED);
        probe->now += 1000;
    }
    tick_recorder_end(recorder, "pass", NULL);
    assert_true(tick_recorder_events(recorder) > TICK__DERIVE_AT_ONCE);
    if (tick_trace_store(recorder, path, &meta, &error) < 0)
        fail_msg("%s", error.text);
    tick_recorder_free(recorder);
}

// Whether everything that is derived is there, as this connection sees it. No assertion: children ask, too.
static bool whole(const struct tick_trace *trace) {
    return trace->derived && number(trace, "SELECT count(*) FROM steps") == 2 * TASKS &&
           number(trace, "SELECT count(*) FROM waits WHERE end_seq IS NULL") == TASKS &&
           number(trace, "SELECT count(*) FROM holds") == TASKS &&
           number(trace, "SELECT sum(steps) FROM timeline WHERE level = 1") == 2 * TASKS &&
           number(trace, "SELECT count(*) FROM tasks WHERE outcome = 'returned' AND created_seq < done_seq") == TASKS &&
           number(trace, "SELECT count(*) FROM slice") == 4 * TASKS;
}

static void open_it(struct tick_trace *trace) {
    struct tick_error error = {0};
    if (tick_trace_open(path, trace, &error) < 0)
        fail_msg("%s", error.text);
}

static void as_it_was(void) {
    struct tick_trace trace;
    open_it(&trace);
    assert_false(trace.derived);
    assert_int_equal(number(&trace, "SELECT count(*) FROM steps"), 0);
    assert_int_equal(number(&trace, "SELECT count(*) FROM sqlite_schema WHERE name = 'events_task'"), 0);
    assert_int_equal(number(&trace, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), 0);
    tick_trace_close(&trace);
}

static void whoever_comes_first_makes_it(void **state) {
    (void)state;
    struct tick_trace trace;
    struct tick_error error = {0};
    store_large();
    as_it_was();
    open_it(&trace);
    assert_int_equal(tick_trace_complete(&trace, NULL, NULL, &error), 0);
    assert_true(whole(&trace) && !trace.aside);
    tick_trace_close(&trace);
    open_it(&trace);
    assert_true(whole(&trace));
    assert_int_equal(number(&trace, "SELECT count(*) FROM sqlite_schema WHERE name = 'events_task'"), 1);
    assert_int_equal(number(&trace, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), 0);
    tick_trace_close(&trace);
}

static bool count_down(void *ctx, unsigned percent) {
    int *left = ctx;
    assert_true(percent <= 100);
    return (*left)-- > 0;
}

static bool die(void *ctx, unsigned percent) {
    int *left = ctx;
    (void)percent;
    if ((*left)-- <= 0)
        raise(SIGKILL);
    return true;
}

static void given_up_it_leaves_nothing(void **state) {
    (void)state;
    struct tick_error error = {0};
    store_large();
    for (int left = 0;; left += TICK__SANITIZED ? 21 : 7) {
        struct tick_trace trace;
        int after = left;
        open_it(&trace);
        int code = tick_trace_complete(&trace, count_down, &after, &error);
        assert_int_equal(trace.derived, code == 0);
        if (code == 0) {
            assert_true(left > 3 && whole(&trace)); // it was asked now and then
            tick_trace_close(&trace);
            return;
        }
        assert_int_equal(code, TICK_ECANCELED);
        tick_trace_close(&trace);
        as_it_was();
    }
}

static void killed_it_leaves_the_file_whole(void **state) {
    (void)state;
    store_large();
    int killed = 0;
    for (int left = 0;; left += TICK__SANITIZED ? 33 : 11) {
        int status;
        pid_t pid = fork();
        if (pid == 0) {
            struct tick_trace trace;
            struct tick_error error = {0};
            int after = left;
            _exit(tick_trace_open(path, &trace, &error) < 0 || tick_trace_complete(&trace, die, &after, &error) < 0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (WIFEXITED(status)) {
            assert_int_equal(WEXITSTATUS(status), 0);
            break;
        }
        killed++;
        as_it_was();
    }
    assert_true(killed > 1);
    struct tick_trace trace;
    open_it(&trace);
    assert_true(whole(&trace));
    tick_trace_close(&trace);
}

static void several_at_once_make_it_once(void **state) {
    (void)state;
    pid_t pids[4];
    store_large();
    for (int i = 0; i < 4; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            struct tick_trace trace;
            struct tick_error error = {0};
            if (tick_trace_open(path, &trace, &error) < 0)
                _exit(1);
            if (tick_trace_complete(&trace, NULL, NULL, &error) < 0)
                _exit(2);
            const bool good = whole(&trace) && !trace.aside;
            tick_trace_close(&trace); // or valgrind counts what it holds as lost
            _exit(good ? 0 : 3);
        }
    }
    for (int i = 0; i < 4; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
}

// In a process of its own, which may not write to the file, or not more than is there.
static void aside(bool full) {
    int status;
    store_large();
    chmod(path, 0444);
    chmod(folder, full ? 0755 : 0555);
    pid_t pid = fork();
    if (pid == 0) {
        struct tick_trace trace;
        struct tick_error error = {0};
        struct stat about;
        if (stat(path, &about) < 0)
            _exit(9);
        const struct rlimit most = {(rlim_t)about.st_size + 4096, (rlim_t)about.st_size + 4096};
        signal(SIGXFSZ, SIG_IGN);
        if (full && (chmod(path, 0644) < 0 || setrlimit(RLIMIT_FSIZE, &most) < 0))
            _exit(8);
        if (!full && getuid() == 0 && setuid(65534) < 0)
            _exit(7);
        if (tick_trace_open(path, &trace, &error) < 0)
            _exit(1);
        if (tick_trace_complete(&trace, NULL, NULL, &error) < 0)
            _exit(2);
        if (!whole(&trace) || !trace.aside)
            _exit(3);
        char *sql;
        FILE *nowhere = fopen("/dev/null", "w");
        for (const struct tick_trace_named *named = tick_trace_named_queries; named->name; named++) {
            if (tick_trace_named_query(named->name, named->arg ? "1" : NULL, &sql, &error) < 0 ||
                tick_trace_query(&trace, sql, nowhere, &error) < 0)
                _exit(4);
            free(sql);
        }
        fclose(nowhere);
        tick_trace_close(&trace);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    chmod(folder, 0755);
    assert_int_equal(status, 0);
    as_it_was();
}

static void what_cannot_be_written_is_read_all_the_same(void **state) {
    (void)state;
    aside(false);
}

static void on_a_full_disk_too(void **state) {
    (void)state;
    aside(true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_comes_first_makes_it),
        cmocka_unit_test(given_up_it_leaves_nothing),
        cmocka_unit_test(killed_it_leaves_the_file_whole),
        cmocka_unit_test(several_at_once_make_it_once),
        cmocka_unit_test(what_cannot_be_written_is_read_all_the_same),
        cmocka_unit_test(on_a_full_disk_too),
    };
    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
