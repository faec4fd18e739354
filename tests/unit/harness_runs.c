// Runs: each way to end, the order of starts, what is restored between runs, and that nothing of one run shows in another.
#include "sim/choice/choosers.h"
#include "sim/harness/harness_int.h"
#include "sim/harness/heap_list.h"
#include "sim/harness/malloc_family.h"
#include "sim/harness/run.h"
#include "src/base/keep.h"
#include "tests/support/hash_probe.h"
#include <retick.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

// --- programs ---

static int returns_at_once(void *arg) {
    return (int)(intptr_t)arg;
}

static int sleeps(void *arg) {
    TICK_TRY(tick_sleep((int64_t)(intptr_t)arg));
    return tick_check(true, "never");
}

static int waits_for_ever(void *arg) {
    (void)arg;
    struct tick_future *future = tick_future_new();
    return tick_await(future);
}

static int spins(void *arg) {
    (void)arg;
    for (;;)
        TICK_TRY(tick_sleep(0));
}

static int ticks_for_ever(void *arg) {
    (void)arg;
    for (;;)
        TICK_TRY(tick_sleep(TICK_SEC(1)));
}

static int leaves_a_task(void *arg) {
    (void)arg;
    return tick_go(ticks_for_ever, NULL);
}

static void *volatile lost;

static int leaves_memory(void *arg) {
    (void)arg;
    lost = malloc(48);
    return lost ? 0 : -12;
}

static int fails_a_check(void *arg) {
    (void)arg;
    TICK_TRY(tick_sleep(TICK_MS(3)));
    return tick_check(1 + 1 == 3, "sums are off by %d", 1);
}

static int calls_exit(void *arg) {
    (void)arg;
    exit(9);
}

// --- scenarios ---

TICK_SCENARIO(passes, "") {
    tick_host_add(world, "a", sleeps, (void *)5000);
}
TICK_SCENARIO(fails, "") {
    tick_host_add(world, "a", returns_at_once, (void *)-2);
}
TICK_SCENARIO(deadlocks, "") {
    tick_host_add(world, "a", waits_for_ever, NULL);
    tick_host_add(world, "b", sleeps, (void *)5000);
}
TICK_SCENARIO(livelocks, "") {
    tick_host_add(world, "a", spins, NULL);
}
TICK_SCENARIO(never_ends, "") {
    tick_host_add(world, "a", ticks_for_ever, NULL);
    tick_limit(world, TICK_SEC(20), 0);
}
TICK_SCENARIO(iterates_too_often, "") {
    tick_host_add(world, "a", ticks_for_ever, NULL);
    tick_limit(world, 0, 100);
}
TICK_SCENARIO(leaks_a_task, "") {
    tick_host_add(world, "a", leaves_a_task, NULL);
}
TICK_SCENARIO(leaks_memory, "") {
    tick_host_add(world, "a", leaves_memory, NULL);
}
TICK_SCENARIO(checks, "") {
    tick_host_add(world, "a", fails_a_check, NULL);
    tick_host_add(world, "b", sleeps, (void *)(intptr_t)TICK_SEC(1));
}
static int eats_memory(void *arg) {
    (void)arg;
    for (size_t i = 0; i < 1 << 20; i++) {
        volatile char *last = malloc((size_t)1 << 20);
        *last = 1;
    }
    return 0;
}

TICK_SCENARIO(eats, "") {
    tick_host_add(world, "a", eats_memory, NULL);
}
TICK_SCENARIO(exits, "") {
    tick_host_add(world, "a", calls_exit, NULL);
}
TICK_SCENARIO(has_no_hosts, "") {
    (void)world;
}
TICK_SCENARIO(has_only_daemons, "") {
    tick_daemon(world, "a", ticks_for_ever, NULL);
}
TICK_SCENARIO(names_twice, "") {
    tick_host_add(world, "a", returns_at_once, NULL);
    tick_host_add(world, "a", returns_at_once, NULL);
}
TICK_SCENARIO(links_nobody, "") {
    tick_host_add(world, "a", returns_at_once, NULL);
    tick_link_between(world, NULL, NULL, .latency = 1);
}

static bool is_small(void *arg) {
    return *(int *)arg < 3;
}

static int grows(void *arg) {
    for (int i = 0; i < 5; i++) {
        ++*(int *)arg;
        TICK_TRY(tick_sleep(TICK_MS(1)));
    }
    return 0;
}

static int size;

TICK_SCENARIO(breaks_an_invariant, "") {
    tick_host_add(world, "a", grows, &size);
    tick_invariant(world, is_small, &size, "it grew");
}

static int is_five(void *arg) {
    return tick_check(*(int *)arg == 5, "it is %d", *(int *)arg);
}

static int is_six(void *arg) {
    return tick_check(*(int *)arg == 6, "it is %d", *(int *)arg);
}

TICK_SCENARIO(checks_at_the_end, "") {
    tick_host_add(world, "a", grows, &size);
    tick_at_end(world, is_five, &size);
    tick_at_end(world, is_six, &size);
}

// --- running ---

TICK_KEEP static struct tick_harness *harness = NULL;

static struct tick_outcome run_with(const char *name, struct tick_chooser *chooser, struct tick_probe *probe, uint8_t poison) {
    struct tick_outcome outcome;
    const struct tick_run run = {.scenario = tick_scenario_find(name), .chooser = chooser, .probe = probe, .poison = poison};
    assert_non_null(run.scenario);
    assert_int_equal(tick_harness_run(harness, &run, &outcome), 0);
    return outcome;
}

static struct tick_outcome calm(const char *name) {
    return run_with(name, &tick_calm, NULL, 0);
}

// Not under valgrind, whose malloc knows of no hosts.
static bool hosts_memory_is_counted(void) {
#ifdef RETICK_HEAP_LISTS
    return true;
#else
    return tick_malloc_family_linked();
#endif
}

static void ends_are_told_apart(void **state) {
    (void)state;
    static const struct {
        const char *scenario;
        enum tick_verdict verdict;
        const char *text;
    } rows[] = {
        {"passes", TICK_PASS, ""},
        {"fails", TICK_HOST_FAILED, "a's main returned ENOENT: No such file or directory"},
        {"deadlocks", TICK_DEADLOCKED, "nothing can ever run again: a/main waits"},
        {"livelocks", TICK_LIVELOCKED, "more than 100000 loop iterations at one instant"},
        {"never_ends", TICK_LIMIT_PASSED, "the limit of virtual time was passed"},
        {"iterates_too_often", TICK_LIMIT_PASSED, "the limit of loop iterations was passed"},
        {"leaks_a_task", TICK_LEAKED, "a returned while 1 of its tasks was unfinished: "},
        {"leaks_memory", TICK_LEAKED, "a did not free 1 block of memory, 48 bytes"},
        {"checks", TICK_CHECK_FAILED, "sums are off by 1"},
        {"exits", TICK_EXITED, "a called exit(9)"},
        {"has_no_hosts", TICK_BAD_SCENARIO, "the scenario has no hosts"},
        {"has_only_daemons", TICK_BAD_SCENARIO, "the scenario has only daemons"},
        {"names_twice", TICK_BAD_SCENARIO, "two hosts are named \"a\""},
        {"links_nobody", TICK_BAD_SCENARIO, "a link needs two hosts"},
        {"breaks_an_invariant", TICK_INVARIANT_BROKEN, "it grew"},
        {"checks_at_the_end", TICK_CHECK_FAILED, "it is 5"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].verdict == TICK_LEAKED && strstr(rows[i].scenario, "memory") && !hosts_memory_is_counted())
            continue;
        struct tick_outcome outcome = calm(rows[i].scenario);
        if (outcome.verdict != rows[i].verdict || strncmp(outcome.text, rows[i].text, strlen(rows[i].text)) != 0)
            fail_msg("%s: %s: %s", rows[i].scenario, tick_verdict_word(outcome.verdict), outcome.text);
        assert_int_equal(tick_stacks_live(harness->world.stacks), 0);
        outcome = calm("passes"); // whatever went before
        assert_int_equal(outcome.verdict, TICK_PASS);
        assert_int_equal(outcome.ended_at, 5000);
        assert_int_equal(outcome.checks, 1);
    }
}

// By the system call: exit and its kin are the running host's.
static void on_crash(int signal) {
    struct tick_outcome outcome;
    bool told = tick_harness_crashed(signal, NULL, &outcome);
    syscall(SYS_exit_group, told && outcome.verdict == TICK_OUT_OF_MEMORY && strstr(outcome.text, "a used up its") ? 7 : 1);
}

static void crash_on_full_heap(void **state) {
    (void)state;
    if (!tick_malloc_family_linked())
        skip();
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGSEGV, on_crash);
        calm("eats");
        syscall(SYS_exit_group, 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 7);
}

static void a_finding_says_where(void **state) {
    (void)state;
    struct tick_outcome outcome = calm("checks");
    assert_string_equal(outcome.host, "a");
    assert_string_equal(outcome.task, "main");
    assert_non_null(strstr(outcome.file, "harness_runs.c"));
    assert_int_equal(outcome.ended_at, TICK_MS(3)); // at once: b sleeps on
}

// --- order of starts ---

static char order[64];

static int signs(void *arg) {
    strcat(order, arg);
    return 0;
}

static int signs_and_stays(void *arg) {
    strcat(order, arg);
    return ticks_for_ever(NULL);
}

TICK_SCENARIO(starts, "") {
    struct tick_host *one = tick_host_add(world, "one", signs, "1", .start = TICK_MS(2));
    struct tick_host *two = tick_host_add(world, "two", signs, "2");
    tick_host_add(world, "three", signs, "3", .after = {one, two});
    tick_host_add(world, "four", signs, "4", .after = {two}, .start = TICK_MS(1));
    tick_daemon(world, "five", signs_and_stays, "5");
}

static void hosts_start_in_order(void **state) {
    (void)state;
    struct tick_outcome outcome = calm("starts");
    assert_int_equal(outcome.verdict, TICK_PASS);
    assert_string_equal(order, "52413");
    assert_int_equal(outcome.ended_at, TICK_MS(2));
}

// --- statics, host-local memory ---

static int count_of_runs = 40;
static _Thread_local int per_thread = 7;

static int counts(void *arg) {
    (void)arg;
    static int inside;
    count_of_runs++, per_thread++, inside++;
    int *mine = tick_host_local(&count_of_runs, sizeof *mine);
    int *again = tick_host_local(&count_of_runs, sizeof *again);
    ++*mine;
    return tick_check(
        count_of_runs + per_thread + inside == 41 + 8 + 1 && *again == 1, "%d %d %d %d", count_of_runs, per_thread, inside, *again);
}

TICK_SCENARIO(counting, "") {
    tick_host_add(world, "a", counts, NULL);
}

static void statics_are_restored(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_string_equal(calm("counting").text, "");
}

// --- one program of everything, for comparing runs ---

static int echo(tick_stream *stream, void *arg) {
    (void)arg;
    char line[40];
    while (tick_stream_read_line(stream, line, sizeof line) > 0)
        TICK_TRY((int)tick_stream_printf(stream, "%s\n", line));
    return 0;
}

static int echoes(void *arg) {
    return tick_serve(":7", echo, arg);
}

static int talks(void *arg) {
    (void)arg;
    char line[40];
    tick_stream *stream;
    char *kept = malloc(100);
    TICK_TRY(tick_connect("server:7", &stream));
    for (int i = 0; i < 5; i++) {
        TICK_TRY((int)tick_stream_printf(stream, "line %d\n", i + (int)tick_random("more", 3)));
        int length = tick_within(TICK_MS(10), (int)tick_stream_read_line(stream, line, sizeof line));
        if (length < 0)
            break;
        tick_log("%s %d", tick_host_name(), length);
    }
    free(kept);
    return 0;
}

TICK_SCENARIO(everything, "") {
    tick_daemon(world, "server", echoes, NULL);
    tick_host_add(world, "a", talks, NULL);
    tick_host_add(world, "b", talks, NULL);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(20));
}

// The same among faults of every kind, which it has to live with.
static int talks_anyway(void *arg) {
    (void)arg;
    for (int i = 0; i < 8; i++) {
        tick_stream *stream = NULL;
        char line[40];
        int result = tick_within(TICK_MS(40), tick_connect("server:7", &stream));
        if (result == 0)
            result = (int)tick_stream_printf(stream, "line %d\n", i);
        if (result >= 0)
            result = tick_within(TICK_MS(40), (int)tick_stream_read_line(stream, line, sizeof line));
        tick_log("%s %d %d", tick_host_name(), (int)tick_host_lives(), result);
        tick_stream_close(stream);
        if (result == TICK_ECANCELED)
            return result;
        TICK_TRY(tick_sleep(TICK_MS(5)));
    }
    return 0;
}

TICK_SCENARIO(everything_faulty, "") {
    tick_daemon(world, "server", echoes, NULL);
    tick_host_add(world, "a", talks_anyway, NULL, .drift = 50);
    tick_host_add(world, "b", talks_anyway, NULL, .clock = TICK_MS(-7));
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(20), .loss = true, .bandwidth = 100000, .queue = 3000);
    tick_faults(world, "storm", .kinds = TICK_PARTITION | TICK_ONE_WAY | TICK_CLOG | TICK_CRASH | TICK_STOP | TICK_PAUSE | TICK_CLOCK,
        .until = TICK_MS(400), .every = TICK_MS(5), .lasts = TICK_MS(200), .most = 6);
    tick_quiet_after(world, TICK_SEC(1));
}

static uint64_t hash_of(const char *name, uint64_t seed, uint8_t poison) {
    struct hash_probe probe;
    struct tick_random_chooser chooser;
    tick_random_init(&chooser, seed, NULL);
    run_with(name, &chooser.chooser, hash_probe_init(&probe), poison);
    return probe.hash;
}

static void depends_on_nothing_before_it(const char *name) {
    uint64_t first[20];
    size_t different = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        first[seed] = hash_of(name, seed, 0);
        different += seed && first[seed] != first[0];
    }
    assert_true(different > 10);
    for (uint64_t seed = 20; seed < 1000; seed++)
        hash_of(seed % 3 ? name : seed % 2 ? "checks" : "leaks_memory", seed, (uint8_t)seed);
    for (uint64_t seed = 20; seed-- > 0;) {
        assert_int_equal(hash_of(name, seed, 0), first[seed]);
        assert_int_equal(hash_of(name, seed, 0xa5), first[seed]);
    }
    struct tick_harness *other = harness;
    assert_int_equal(tick_harness_new(&harness), 0); // a second one, at other addresses
    for (uint64_t seed = 0; seed < 20; seed++)
        assert_int_equal(hash_of(name, seed, 0), first[seed]);
    tick_harness_free(harness);
    harness = other;
}

static void replays_from_its_deviations(const char *name) {
    struct tick_replay_chooser *replay;
    assert_int_equal(tick_replay_new(NULL, 0, &replay), 0);
    for (uint64_t seed = 0; seed < 50; seed++) {
        uint64_t hash = hash_of(name, seed, 0);
        size_t count;
        const struct tick_deviation *drawn = tick_harness_deviations(harness, &count);
        assert_int_equal(tick_replay_set(replay, drawn, count), 0);
        struct hash_probe probe;
        run_with(name, tick_replay_chooser(replay), hash_probe_init(&probe), 0);
        assert_int_equal(probe.hash, hash);
        for (size_t i = 0; i < count; i++)
            assert_true(tick_replay_met(replay, i));
    }
    tick_replay_free(replay);
}

// The metamorphic rule of docs/IDENTITY.md: with one deviation taken away, every other address that is still met has its old value.
static void other_deviations_keep_their_values(const char *name) {
    struct tick_replay_chooser *replay;
    assert_int_equal(tick_replay_new(NULL, 0, &replay), 0);
    size_t others = 0, met = 0;
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct tick_deviation drawn[256], without[256];
        size_t count;
        hash_of(name, seed, 0);
        const struct tick_deviation *all = tick_harness_deviations(harness, &count);
        if (!count || count > 256)
            continue;
        memcpy(drawn, all, count * sizeof *drawn);
        for (size_t left_out = 0; left_out < count; left_out++) {
            size_t kept = 0;
            for (size_t i = 0; i < count; i++) {
                if (i != left_out)
                    without[kept++] = drawn[i];
            }
            assert_int_equal(tick_replay_set(replay, without, kept), 0);
            run_with(name, tick_replay_chooser(replay), NULL, 0);
            size_t now;
            const struct tick_deviation *drawn_now = tick_harness_deviations(harness, &now);
            others += kept;
            met += now;
            for (size_t i = 0; i < now; i++) {
                bool known = false;
                for (size_t k = 0; k < kept && !known; k++)
                    known = without[k].kind == drawn_now[i].kind && without[k].subject == drawn_now[i].subject &&
                            without[k].ordinal == drawn_now[i].ordinal && without[k].value == drawn_now[i].value;
                assert_true(known);
            }
        }
    }
    tick_replay_free(replay);
    printf("%s: schedule stability: %zu of %zu deviations are still met when another is taken away (%.1f%%)\n", name, met, others,
        100.0 * (double)met / (double)others);
    assert_true(others > 500);
    assert_true(met * 10 > others * 6);
}

static const char *const alike[] = {"everything", "everything_faulty"};

static void a_run_depends_on_nothing_before_it(void **state) {
    (void)state;
    for (size_t i = 0; i < 2; i++)
        depends_on_nothing_before_it(alike[i]);
}

// A chooser says which kinds it is calm about, and is not asked about them: the run is the same when it is.
static void questions_that_are_not_put_change_nothing(void **state) {
    (void)state;
    uint64_t fewer = 0;
    for (size_t i = 0; i < 2; i++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            struct hash_probe probe;
            struct tick_random_chooser chooser;
            tick_random_init(&chooser, seed, NULL);
            struct tick_outcome outcome = run_with(alike[i], &chooser.chooser, hash_probe_init(&probe), 0);
            const uint64_t hash = probe.hash, asked = outcome.choices;
            chooser.chooser.calm = 0;
            outcome = run_with(alike[i], &chooser.chooser, hash_probe_init(&probe), 0);
            assert_int_equal(probe.hash, hash);
            assert_true(outcome.choices >= asked);
            fewer += outcome.choices - asked;
        }
    assert_true(fewer > 0);
}

static void a_run_replays_from_its_deviations(void **state) {
    (void)state;
    for (size_t i = 0; i < 2; i++)
        replays_from_its_deviations(alike[i]);
}

static void values_do_not_depend_on_other_deviations(void **state) {
    (void)state;
    for (size_t i = 0; i < 2; i++)
        other_deviations_keep_their_values(alike[i]);
}

// Each kind of the world's choices is drawn somewhere, or the tests above say nothing of it.
static void every_kind_is_drawn(void **state) {
    (void)state;
    size_t of[TICK_CHOICE_KINDS] = {0};
    for (uint64_t seed = 0; seed < 1000; seed++) {
        size_t count;
        hash_of("everything_faulty", seed, 0);
        const struct tick_deviation *drawn = tick_harness_deviations(harness, &count);
        for (size_t i = 0; i < count; i++)
            of[drawn[i].kind]++;
    }
    for (unsigned kind = TICK_CHOICE_LOSS; kind <= TICK_CHOICE_FAULT_CLOCK; kind++)
        if (!of[kind])
            fail_msg("kind %u was never drawn", kind);
}

static void nothing_runs_inside_a_run(void **state) {
    (void)state;
    assert_int_equal(tick_check(true, "outside of any run"), 0);
    assert_string_equal(tick_host_name(), "");
    assert_null(tick_host_local(&size, 4));
    assert_int_equal(tick_random("x", 5), 0);
}

static int set_up(void **state) {
    (void)state;
    return tick_harness_new(&harness);
}

static int tear_down(void **state) {
    (void)state;
    tick_harness_free(harness);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_are_told_apart),
        cmocka_unit_test(crash_on_full_heap),
        cmocka_unit_test(a_finding_says_where),
        cmocka_unit_test(hosts_start_in_order),
        cmocka_unit_test(statics_are_restored),
        cmocka_unit_test(a_run_depends_on_nothing_before_it),
        cmocka_unit_test(questions_that_are_not_put_change_nothing),
        cmocka_unit_test(a_run_replays_from_its_deviations),
        cmocka_unit_test(values_do_not_depend_on_other_deviations),
        cmocka_unit_test(every_kind_is_drawn),
        cmocka_unit_test(nothing_runs_inside_a_run),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
