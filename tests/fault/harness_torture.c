// Simulated worlds out of memory: building them, running them, and taking the image of their statics, with each allocation failing in
// turn: the harness's, and the programs' own. A run ends with a verdict or with -ENOMEM, nothing leaks, and the next run of the same
// harness is what it always was.
// links: tick_harness tick_choice
// wraps: tick__outside_alloc tick__outside_realloc tick__outside_free tick_coro_new
// timeout: 300
#include "sim/choice/choosers.h"
#include "sim/native/run.h"
#include "src/base/keep.h"
#include "src/loop/loop_int.h"
#include "tests/support/hash_probe.h"
#include "tests/support/torture.h"
#include <retick.h>
#include <retick/executor.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

// --- a world with some of everything ---

static int served;

static int echo(tick_stream *stream, void *arg) {
    char line[800];
    int *count = tick_host_local(arg, sizeof *count);
    if (!count)
        return -ENOMEM;
    while (tick_stream_read_line(stream, line, sizeof line) > 0) {
        ++*count;
        served++;
        TICK_TRY((int)tick_stream_printf(stream, "%s\n", line));
    }
    return 0;
}

static int server(void *arg) {
    return tick_serve(":7", echo, arg);
}

static int job(void *arg) {
    return (int)(intptr_t)arg;
}

static int talk(void *arg) {
    tick_stream *stream;
    char line[800];
    TICK_TRY(tick_connect("server:7", &stream));
    memset(line, 'x', sizeof line);
    line[700] = '\0';
    for (int i = 0; i < 3; i++) {
        TICK_TRY((int)tick_stream_printf(stream, "%s\n", line));
        int length = tick_within(TICK_SEC(2), (int)tick_stream_read_line(stream, line, sizeof line));
        if (length <= 0)
            return length ? length : TICK_ECLOSED;
        TICK_TRY(tick_sleep(TICK_MS(10) + tick_random("pause", 3)));
    }
    tick_log("%s has talked", tick_host_name());
    return tick_to_thread(job, arg);
}

static int client(void *arg) {
    struct tick_group group;
    TICK_TRY(tick_group_enter(&group));
    int result = tick_group_go(&group, talk, arg);
    if (result == 0)
        result = tick_group_go(&group, talk, arg);
    result = tick_group_exit(&group, result);
    tick_mark("over");
    return result == TICK_EGROUP ? 0 : result; // faults may have cut a talk short
}

static bool sane(void *arg) {
    return *(int *)arg < 1000;
}

static int asked_at_end(void *arg) {
    return tick_check(*(int *)arg >= 0, "served");
}

TICK_SCENARIO(everything, "") {
    struct tick_host *at = tick_daemon(world, "server", server, &served), *clients[5];
    for (int i = 0; i < 5; i++) {
        static const char *const names[] = {"a", "b", "c", "d", "e"};
        clients[i] = tick_host_add(world, names[i], client, NULL, .start = TICK_MS(i));
    }
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(9), .loss = true);
    tick_link_between(world, at, clients[0], .latency = TICK_MS(2), .reset = true, .refuse = true);
    tick_disk(world, NULL, .errors = true, .shorts = true);
    tick_fault_at(world, TICK_MS(20), TICK_PARTITION, .side = {clients[1]}, .lasts = TICK_MS(30));
    tick_fault_at(world, TICK_MS(25), TICK_CRASH, .side = {clients[2]}, .lasts = TICK_MS(5));
    tick_fault_at(world, TICK_MS(25), TICK_STOP, .side = {clients[3]}, .lasts = TICK_MS(5));
    tick_faults(
        world, "storm", .kinds = TICK_PARTITION | TICK_CRASH | TICK_PAUSE | TICK_CLOCK, .until = TICK_MS(100), .lasts = TICK_MS(20));
    tick_quiet_after(world, TICK_SEC(1));
    tick_allow_unhandled(world);
    tick_invariant(world, sane, &served, "few are served");
    tick_at_end(world, asked_at_end, &served);
}

// --- running ---

static int run_in(struct tick_harness *harness, struct tick_chooser *chooser, struct hash_probe *probe, struct tick_outcome *outcome) {
    const struct tick_run run = {
        .scenario = tick_scenario_find("everything"), .chooser = chooser, .probe = probe ? hash_probe_init(probe) : NULL};
    return tick_harness_run(harness, &run, outcome);
}

TICK_KEEP static uint64_t reference = 0;

static uint64_t calm(struct tick_harness *harness) {
    struct hash_probe probe;
    struct tick_outcome outcome;
    assert_int_equal(run_in(harness, &tick_calm, &probe, &outcome), 0);
    if (outcome.verdict != TICK_PASS)
        fail_msg("%s: %s", tick_verdict_word(outcome.verdict), outcome.text);
    return probe.hash;
}

static int take_reference(void **state) {
    struct tick_harness *harness;
    (void)state;
    torture_begin(-1, false);
    assert_int_equal(tick_harness_new(&harness), 0);
    reference = calm(harness);
    tick_harness_free(harness);
    torture_end();
    return 0;
}

struct way {
    uint64_t seed; // 0: calm
    bool probed;
};

static int whole_run(void *arg) {
    const struct way *way = arg;
    struct tick_harness *harness;
    struct tick_random_chooser random;
    struct hash_probe probe;
    struct tick_outcome outcome = {0};
    int result = tick_harness_new(&harness);
    if (result < 0)
        return result;
    tick_random_init(&random, way->seed, NULL);
    result = run_in(harness, way->seed ? &random.chooser : &tick_calm, way->probed ? &probe : NULL, &outcome);
    if (result == 0 && outcome.verdict == TICK_CRASHED)
        result = -EFAULT;
    if (result == 0 && outcome.verdict == TICK_BAD_SCENARIO)
        fail_msg("want of memory was put down to the scenario: %s", outcome.text);
    // The same harness, with memory again.
    const long refused = torture.refused;
    torture.left = -1;
    torture.for_good = false;
    if (calm(harness) != reference)
        fail_msg("another run after one without memory (%ld refused)", refused);
    tick_harness_free(harness);
    torture.live = 0; // the hosts' memory was dropped whole
    return result;
}

static void calm_worlds(void **state) {
    (void)state;
    struct way way = {.seed = 0, .probed = false};
    assert_true(torture_some("calm", whole_run, &way, 200, 5) > 200);
    way.probed = true;
    assert_true(torture_some("calm, probed", whole_run, &way, 200, 11) > 200);
}

static void stormy_worlds(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct way way = {.seed = seed, .probed = true};
        assert_true(torture_some("stormy", whole_run, &way, 50, 11) > 100);
    }
}

// Before any other test: the first run of a process takes an image of the statics: in a process of its own for each allocation.
static void first_runs(void **state) {
    (void)state;
    for (int n = 0; n < 40; n += getenv("RETICK_TORTURE_STRIDE") ? 13 : 1) {
        const pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            struct tick_harness *harness = NULL;
            struct tick_outcome outcome;
            torture_begin(n, false);
            int result = tick_harness_new(&harness);
            if (result == 0)
                result = run_in(harness, &tick_calm, NULL, &outcome);
            torture_end();
            bool good = result == 0 || result == -ENOMEM;
            tick_harness_free(harness);
            if (good && tick_harness_new(&harness) == 0)
                good = calm(harness) == calm(harness);
            _exit(good ? 0 : 1);
        }
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (status)
            fail_msg("with allocation %d failing: status %x", n, status);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calm_worlds),
        cmocka_unit_test(stormy_worlds),
    };
    const struct CMUnitTest first[] = {cmocka_unit_test(first_runs)};
    return cmocka_run_group_tests(first, NULL, NULL) + cmocka_run_group_tests(tests, take_reference, NULL);
}
