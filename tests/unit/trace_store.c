// Recorder and store: what is told comes back out of the file, the digest is a function of the events, and errors are told in words.
#include "src/base/sanitized.h"
#include "tests/support/emulated.h"
#include "tests/support/stored.h"
#include "tests/unit/trace_story.h"
#include "trace/recorder_int.h"
#include "trace/writer.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
// last: it wants the four above
#include <cmocka.h>

static const struct tick_trace_meta meta = {.scenario = "lost_update",
    .scenario_file = "scenarios/lost_update.c",
    .chooser = "random",
    .seed = 6,
    .schedule = "retick schedule 2\n"};

static void a_story_comes_back(void **state) {
    (void)state;
    struct tick_recorder *recorder;
    struct tick_trace trace;
    struct tick_error error = {0};
    assert_int_equal(tick_recorder_new(&recorder), 0);
    story_record(recorder, 1);
    if (tick_trace_store(recorder, in_folder("a.db"), &meta, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(tick_trace_open(in_folder("a.db"), &trace, &error), 0);
    assert_string_equal(trace.scenario, "lost_update");
    assert_string_equal(trace.verdict, "check");
    assert_string_equal(trace.text, "an increment was lost: 1");
    assert_string_equal(trace.state, "closed");
    assert_string_equal(trace.note, "");
    assert_int_equal(trace.seed, 6);
    assert_true(trace.has_digest);
    uint8_t digest[16];
    tick_recorder_digest(recorder, digest);
    assert_memory_equal(trace.digest, digest, 16);
    assert_int_equal(trace.events, tick_recorder_events(recorder));
    assert_int_equal(number(&trace, "SELECT count(*) FROM events"), trace.events);
    assert_int_equal(number(&trace, "SELECT count(*) FROM hosts"), 4);
    assert_int_equal(number(&trace, "SELECT count(*) FROM tasks"), 7);
    assert_int_equal(number(&trace, "SELECT count(*) FROM messages WHERE fate = 'received' AND recv_seq > send_seq"), 10);
    assert_int_equal(number(&trace, "SELECT count(*) FROM messages WHERE src_host_id = dst_host_id OR dst_host_id IS NULL"), 0);
    assert_int_equal(
        number(&trace, "SELECT count(*) FROM objects WHERE stable_id = 0 OR type <> 'message' AND type <> 'string' AND path IS NULL"), 0);
    assert_text(&trace, "SELECT path FROM objects WHERE type = 'task' AND name = 'serve' LIMIT 1", "alice→server/serve");
    assert_text(&trace, "SELECT line FROM choices", "delivery alice→server @2 +30ms");
    assert_int_equal(number(&trace, "SELECT sound FROM choices"), 1);
    assert_int_equal(number(&trace, "SELECT e.kind FROM choices c JOIN events e USING (seq)"), TICK_EV_CHOICE);
    assert_int_equal(number(&trace, "SELECT e.subject_id = c.subject_id FROM choices c JOIN events e USING (seq)"), 1);
    assert_text(&trace, "SELECT CAST(payload AS TEXT) FROM messages ORDER BY message_id LIMIT 1", "g\n");
    assert_text(&trace, "SELECT file FROM locations WHERE line = 33", "scenarios/lost_update.c");
    assert_int_equal(number(&trace, "SELECT kind FROM events ORDER BY seq DESC"), TICK_EV_VERDICT);
    assert_int_equal(
        number(&trace, "SELECT c.kind FROM events v JOIN events c ON c.seq = v.cause_seq WHERE v.kind = 34"), TICK_EV_EXCEPTION);
    assert_int_equal(number(&trace, "SELECT count(*) FROM steps WHERE end_seq IS NULL OR outcome IS NULL"), 0);
    assert_int_equal(number(&trace, "SELECT count(*) FROM tasks WHERE created_seq IS NULL"), 0);
    assert_text(&trace, "SELECT outcome FROM tasks JOIN objects ON object_id = task_id WHERE path = 'auditor/main'", "failed");
    assert_text(&trace, "PRAGMA integrity_check", "ok");
    struct tick_schedule schedule;
    assert_int_equal(tick_trace_schedule(&trace, &schedule, &error), 0);
    assert_int_equal(schedule.count, 1);
    assert_int_equal(schedule.deviations[0].value, 7);
    assert_int_equal(schedule.deviations[0].most, TICK_MS(49));
    tick_schedule_fini(&schedule);
    struct tick_names *names;
    char path[64];
    assert_int_equal(tick_trace_names(&trace, &names, &error), 0);
    tick_names_path(names, tick_id_task(tick_id_host("bob"), "main", 1), path, sizeof path);
    assert_string_equal(path, "bob/main");
    tick_names_free(names);
    tick_trace_close(&trace);
    tick_recorder_free(recorder);
}

static void every_view_can_be_read(void **state) {
    (void)state;
    struct tick_recorder *recorder;
    struct tick_trace trace;
    struct tick_error error = {0};
    static const char *const views[] = {"track", "slice", "flow", "task_history", "waits_for", "deadlocks", "timeline"};
    assert_int_equal(tick_recorder_new(&recorder), 0);
    story_record(recorder, 0);
    assert_int_equal(tick_trace_store(recorder, in_folder("v.db"), &meta, &error), 0);
    assert_int_equal(tick_trace_open(in_folder("v.db"), &trace, &error), 0);
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", views[i]);
        int64_t rows = number(&trace, sql);
        if (strcmp(views[i], "waits_for") != 0 && strcmp(views[i], "deadlocks") != 0 && rows == 0)
            fail_msg("%s is empty", views[i]);
    }
    tick_trace_close(&trace);
    tick_recorder_free(recorder);
}

// Two tasks, each holding the lock that the other wants.
static void a_cycle_of_waits_is_found(void **state) {
    (void)state;
    struct tick_recorder *recorder;
    struct tick_trace trace;
    struct tick_error error = {0};
    assert_int_equal(tick_recorder_new(&recorder), 0);
    struct tick_probe *probe = tick_recorder_probe(recorder);
    uint32_t host = story_host(probe, "h"), lock[2];
    struct story_task task[2];
    for (uint32_t i = 0; i < 2; i++) {
        task[i] = story_task(probe, host, tick_id_host("h"), host, "t", i + 1);
        const struct tick_object object = {
            .type = TICK_OBJECT_LOCK, .id = 100 + i, .parent = task[i].object, .host = host, .key = "lock", .kth = i + 1};
        lock[i] = probe->ops->object(probe, &object);
        story_step(probe, &task[i]);
        tick_emit(probe, TICK_EV_HOLD, lock[i], 0, 0, NULL);
        story_end(probe, &task[i], TICK_STEP_SUSPENDED);
    }
    for (int i = 0; i < 2; i++) {
        story_step(probe, &task[i]);
        tick_emit(probe, TICK_EV_WAIT_BEGIN, lock[1 - i], probe->here, 0, NULL);
        story_end(probe, &task[i], TICK_STEP_SUSPENDED);
    }
    tick_recorder_end(recorder, "deadlock", "nothing can ever run again");
    assert_int_equal(tick_trace_store(recorder, in_folder("d.db"), &meta, &error), 0);
    assert_int_equal(tick_trace_open(in_folder("d.db"), &trace, &error), 0);
    assert_int_equal(number(&trace, "SELECT count(*) FROM waits_for WHERE owner_task_id IS NOT NULL"), 2);
    assert_int_equal(number(&trace, "SELECT count(*) FROM deadlocks WHERE length = 2"), 2);
    tick_trace_close(&trace);
    tick_recorder_free(recorder);
}

static void digest_is_of_the_run(void **state) {
    (void)state;
    struct tick_recorder *recorder, *other;
    uint8_t calm[16], late[16], again[16], fresh[16];
    assert_int_equal(tick_recorder_new(&recorder), 0);
    story_record(recorder, 0);
    tick_recorder_digest(recorder, calm);
    for (int i = 0; i < 300; i++) { // over many resets, nothing of the run before stays
        tick_recorder_reset(recorder);
        story_record(recorder, 1);
        tick_recorder_digest(recorder, i ? again : late);
        if (i)
            assert_memory_equal(again, late, 16);
    }
    assert_memory_not_equal(calm, late, 16);
    assert_int_equal(tick_recorder_new(&other), 0);
    story_record(other, 0);
    tick_recorder_digest(other, fresh);
    assert_memory_equal(fresh, calm, 16);
    tick_recorder_free(other);
    tick_recorder_free(recorder);
}

// Each field of an event, the deviations and the verdict change the digest; locations do not.
static void digest_covers(void **state) {
    (void)state;
    uint8_t digests[12][16];
    struct tick_recorder *recorder;
    assert_int_equal(tick_recorder_new(&recorder), 0);
    struct tick_probe *probe = tick_recorder_probe(recorder);
    for (int i = 0; i < 12; i++) {
        tick_recorder_reset(recorder);
        struct tick_event event = {.ts = 1, .arg = 2, .host = 3, .task = 4, .subject = 5, .cause = 6, .kind = TICK_EV_LOG};
        event.ts += i == 1;
        event.arg += i == 2;
        event.host += i == 3;
        event.task += i == 4;
        event.subject += i == 5;
        event.cause += i == 6;
        event.kind = i == 7 ? TICK_EV_MARK : TICK_EV_LOG;
        event.loc = i == 11 ? &story_check : NULL;
        probe->ops->event(probe, &event);
        struct tick_deviation deviation = {.kind = TICK_CHOICE_USER, .subject = 1, .ordinal = 1, .value = 1, .n = 2};
        deviation.subject += i == 8;
        deviation.ordinal += i == 9;
        probe->ops->choice(probe, &deviation);
        tick_recorder_end(recorder, i == 10 ? "check" : "pass", "text");
        tick_recorder_digest(recorder, digests[i]);
    }
    for (int i = 1; i < 11; i++)
        assert_memory_not_equal(digests[0], digests[i], 16);
    assert_memory_equal(digests[0], digests[11], 16);
    tick_recorder_free(recorder);
}

// Past chunks, time bases and checkpoints; long texts and keys at any offset of a chunk.
static void a_long_run_is_whole(void **state) {
    (void)state;
    struct tick_recorder *recorder;
    struct tick_trace trace;
    struct tick_error error = {0};
    char text[3000], key[400];
    memset(text, 'x', sizeof text);
    memset(key, 'k', sizeof key);
    text[sizeof text - 1] = key[sizeof key - 1] = 0;
    assert_int_equal(tick_recorder_new(&recorder), 0);
    struct tick_probe *probe = tick_recorder_probe(recorder);
    uint32_t host = story_host(probe, "h");
    uint32_t texts = 0, objects = 1;
    for (uint32_t i = 2; i <= 100000; i++) {
        probe->now = i % 1000 == 0 ? (int64_t)i * 5000000000 : probe->now + 1;
        if (i % 777 == 0) {
            text[i % 2900 + 50] = 0;
            assert_int_equal(probe->ops->text(probe, text), ++objects);
            text[i % 2900 + 50] = 'x';
            texts++;
        }
        if (i % 501 == 0) {
            const struct tick_object object = {.type = TICK_OBJECT_TIMER, .id = i, .parent = host, .host = host, .key = key, .kth = i};
            assert_int_equal(probe->ops->object(probe, &object), ++objects);
        }
        assert_int_equal(tick_emit(probe, TICK_EV_LOG, objects, i - 1, i, NULL), i);
    }
    tick_recorder_end(recorder, "pass", NULL);
    assert_int_equal(tick_trace_store(recorder, in_folder("long.db"), &meta, &error), 0);
    assert_int_equal(tick_trace_open(in_folder("long.db"), &trace, &error), 0);
    assert_int_equal(trace.events, 100001);
    assert_int_equal(number(&trace, "SELECT count(*) FROM strings"), texts + 1);
    assert_int_equal(number(&trace, "SELECT max(length(value)) FROM strings"), TICK__TEXT_MOST);
    assert_int_equal(
        number(&trace, "SELECT count(*) FROM events WHERE kind = 31 AND (arg <> seq OR coalesce(cause_seq, 0) <> seq - 1)"), 0);
    assert_int_equal(number(&trace, "SELECT ts FROM events WHERE seq = 99000"), INT64_C(99000) * 5000000000);
    assert_int_equal(number(&trace, "SELECT ts FROM events WHERE seq = 99001"), INT64_C(99000) * 5000000000 + 1);
    assert_int_equal(number(&trace, "SELECT count(*) FROM checkpoints"), 100001 / 4096);
    assert_int_equal(number(&trace, "SELECT count(*) FROM checkpoints WHERE seq % 4096 <> 0 OR length(digest) <> 16"), 0);
    assert_int_equal(number(&trace, "SELECT count(DISTINCT digest) FROM checkpoints"), 100001 / 4096);
    assert_int_equal(number(&trace, "SELECT count(*) FROM tmark t JOIN events e ON e.seq = t.seq AND e.ts = t.ts"), 100001 / 4096);
    tick_trace_close(&trace);
    tick_recorder_free(recorder);
}

static void places_are_told_by_content(void **state) {
    (void)state;
    static const struct tick_loc twin = {"audit", "scenarios/lost_update.c", 33, "seen == 2"};
    static struct tick_loc many[700];
    struct tick_recorder *recorder;
    struct tick_trace trace;
    struct tick_error error = {0};
    assert_int_equal(tick_recorder_new(&recorder), 0);
    for (int run = 0; run < 2; run++) {
        tick_recorder_reset(recorder);
        struct tick_probe *probe = tick_recorder_probe(recorder);
        tick_emit(probe, TICK_EV_MARK, 0, 0, 0, &story_check);
        tick_emit(probe, TICK_EV_MARK, 0, 0, 0, &twin);
        for (int i = 0; i < 700; i++) {
            many[i] = (struct tick_loc){"f", "g.c", i, NULL};
            tick_emit(probe, TICK_EV_MARK, 0, 0, i, &many[i]);
        }
        tick_emit(probe, TICK_EV_MARK, 0, 0, 0, &story_check);
    }
    tick_recorder_end(recorder, "pass", NULL);
    assert_int_equal(tick_trace_store(recorder, in_folder("p.db"), &meta, &error), 0);
    assert_int_equal(tick_trace_open(in_folder("p.db"), &trace, &error), 0);
    assert_int_equal(number(&trace, "SELECT count(*) FROM locations"), 701);
    assert_int_equal(number(&trace, "SELECT count(*) FROM events WHERE loc_id = 1"), 3);
    assert_int_equal(number(&trace, "SELECT count(*) FROM events JOIN locations USING (loc_id) WHERE file = 'g.c' AND line = arg"), 700);
    tick_trace_close(&trace);
    tick_recorder_free(recorder);
}

// A verdict's cause: the exception; else the step in whose midst the run ended; else the step that failed; none for what nobody did.
static void a_verdict_has_a_cause(void **state) {
    (void)state;
    static const struct {
        const char *verdict;
        int cut, fails, raises;
        int64_t kind; // of the cause, 0: none
    } cases[] = {{"check", 1, 0, 0, TICK_EV_STEP_BEGIN}, {"check", 0, 1, 1, TICK_EV_EXCEPTION}, {"failed", 0, 1, 0, TICK_EV_STEP_END},
        {"crash", 1, 0, 0, TICK_EV_STEP_BEGIN}, {"deadlock", 0, 1, 0, 0}, {"pass", 0, 0, 0, 0}};
    struct tick_recorder *recorder;
    assert_int_equal(tick_recorder_new(&recorder), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tick_recorder_reset(recorder);
        struct tick_probe *probe = tick_recorder_probe(recorder);
        uint32_t host = story_host(probe, "h");
        struct story_task task = story_task(probe, host, tick_id_host("h"), host, "main", 1);
        story_step(probe, &task);
        if (cases[i].raises)
            tick_emit(probe, TICK_EV_EXCEPTION, probe->ops->text(probe, "oh"), probe->here, 0, NULL);
        if (cases[i].cut)
            probe->task = probe->here = 0;
        else
            story_end(probe, &task, cases[i].fails ? TICK_STEP_FAILED : TICK_STEP_RETURNED);
        tick_recorder_end(recorder, cases[i].verdict, "so");
        struct tick_trace trace;
        struct tick_error error;
        assert_int_equal(tick_trace_store(recorder, in_folder("c.db"), &meta, &error), 0);
        assert_int_equal(tick_trace_open(in_folder("c.db"), &trace, &error), 0);
        assert_int_equal(
            number(&trace, "SELECT coalesce(max(c.kind), 0) FROM events v JOIN events c ON c.seq = v.cause_seq WHERE v.kind = 34"),
            cases[i].kind);
        tick_trace_close(&trace);
    }
    tick_recorder_free(recorder);
}

static void names_come_when_asked(void **state) {
    (void)state;
    struct tick_recorder *recorder;
    char path[64];
    assert_int_equal(tick_recorder_new(&recorder), 0);
    for (int run = 0; run < 3; run++) {
        tick_recorder_reset(recorder);
        story_record(recorder, run % 2);
        struct tick_names *names = tick_recorder_names(recorder);
        assert_non_null(names);
        tick_names_path(names, tick_id_host("alice"), path, sizeof path);
        assert_string_equal(path, "alice");
    }
    tick_recorder_free(recorder);
}

// Returns the code and its sentence of storing a story at path.
static int store_at(const char *path, struct tick_error *error) {
    struct tick_recorder *recorder;
    assert_int_equal(tick_recorder_new(&recorder), 0);
    story_record(recorder, 1);
    int code = tick_trace_store(recorder, path, &meta, error);
    tick_recorder_free(recorder);
    return code;
}

static size_t files_in_folder(void) {
    char command[128];
    size_t count = 0;
    snprintf(command, sizeof command, "ls -A %s | wc -l", folder);
    FILE *pipe = popen(command, "r");
    assert_int_equal(fscanf(pipe, "%zu", &count), 1);
    pclose(pipe);
    return count;
}

static void an_unwritable_place_is_told(void **state) {
    (void)state;
    struct tick_error error = {0};
    assert_int_equal(store_at("/nowhere/at/all/a.db", &error), -EACCES);
    assert_non_null(strstr(error.text, "/nowhere/at/all/a.db"));
    assert_non_null(strstr(error.text, "may write"));
    assert_int_equal(store_at(folder, &error), -EISDIR);
    if (geteuid() == 0 && setegid(65534) == 0 && seteuid(65534) == 0) { // root may write anywhere
        assert_int_equal(store_at("/usr/a.db", &error), -EACCES);
        assert_int_equal(seteuid(0), 0);
        assert_int_equal(setegid(0), 0);
    }
}

static void a_full_disk_leaves_nothing(void **state) {
    (void)state;
    struct tick_error error = {0};
    struct rlimit old, small = {.rlim_cur = 100000, .rlim_max = RLIM_INFINITY};
    assert_int_equal(store_at(in_folder("old.db"), &error), 0);
    size_t before = files_in_folder();
    struct stat was, is;
    assert_int_equal(stat(in_folder("old.db"), &was), 0);
    getrlimit(RLIMIT_FSIZE, &old);
    small.rlim_max = old.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int code = store_at(in_folder("old.db"), &error);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(code, -ENOSPC);
    assert_non_null(strstr(error.text, "disk full: 0 events were stored before"));
    assert_int_equal(files_in_folder(), before);
    assert_int_equal(stat(in_folder("old.db"), &is), 0);
    assert_int_equal(was.st_ino, is.st_ino);
}

// Without memory the recorder still counts and digests, and the file says what is missing.
static void out_of_memory_is_a_gap(void **state) {
    (void)state;
#if TICK__ASAN
    skip(); // the sanitizer's own memory is beyond any limit
#endif
    const char *preloaded = getenv("LD_PRELOAD");
    if (preloaded && strstr(preloaded, "vgpreload"))
        skip(); // valgrind itself would be out of memory
    if (emulated())
        skip(); // there are no limits
    const char *path = in_folder("oom.db");
    pid_t child = fork();
    if (child == 0) {
        struct tick_recorder *recorder, *whole;
        uint8_t digest[16], expected[16];
        if (tick_recorder_new(&recorder) < 0 || tick_recorder_new(&whole) < 0)
            _exit(1);
        struct rlimit limit = {.rlim_cur = 1, .rlim_max = RLIM_INFINITY};
        for (int i = 0; i < 2; i++) {
            struct tick_probe *probe = tick_recorder_probe(i ? recorder : whole);
            if (i && setrlimit(RLIMIT_AS, &limit) < 0)
                _exit(2);
            for (uint32_t k = 1; k <= 100000; k++)
                if (tick_emit(probe, TICK_EV_LOG, 0, 0, k, NULL) != k)
                    _exit(3);
            tick_recorder_end(i ? recorder : whole, "pass", "fine");
        }
        limit.rlim_cur = RLIM_INFINITY;
        setrlimit(RLIMIT_AS, &limit);
        tick_recorder_digest(recorder, digest);
        tick_recorder_digest(whole, expected);
        if (memcmp(digest, expected, 16) != 0 || tick_recorder_events(recorder) != 100001)
            _exit(4);
        struct tick_error error;
        _exit(tick_trace_store(recorder, path, &meta, &error) == 0 ? 0 : 5);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    struct tick_trace trace;
    struct tick_error error;
    assert_int_equal(tick_trace_open(path, &trace, &error), 0);
    assert_string_equal(trace.verdict, "pass");
    assert_int_equal(number(&trace, "SELECT lost FROM gap") + (int64_t)trace.events, 100001);
    assert_true(trace.events < 100001);
    tick_trace_close(&trace);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_story_comes_back),
        cmocka_unit_test(every_view_can_be_read),
        cmocka_unit_test(a_cycle_of_waits_is_found),
        cmocka_unit_test(digest_is_of_the_run),
        cmocka_unit_test(digest_covers),
        cmocka_unit_test(a_long_run_is_whole),
        cmocka_unit_test(places_are_told_by_content),
        cmocka_unit_test(a_verdict_has_a_cause),
        cmocka_unit_test(names_come_when_asked),
        cmocka_unit_test(an_unwritable_place_is_told),
        cmocka_unit_test(a_full_disk_leaves_nothing),
        cmocka_unit_test(out_of_memory_is_a_gap),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
