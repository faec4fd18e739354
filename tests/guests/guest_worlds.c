// Worlds of programs in C in this process, and unmodified ones in processes of their own: who speaks with whom, how runs begin, and that
// all is the same again each time.
//
// links: tick_harness tick_keeper tick_choice
// wraps: tick__none
#include "sim/native/scenario_target.h"
#include "sim/world/runner.h"
#include "src/base/keep.h"
#include "tests/support/folder.h"
#include "tests/support/hash_probe.h"
#include "tests/support/programs.h"
#include <errno.h>
#include <retick.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEEDS 40

// --- scenarios ---

static const char *command(const char *arguments) {
    return program("world_peer", arguments);
}

static int echo(struct tick_stream *stream, void *unused) {
    (void)unused;
    char bytes[100];
    ssize_t got;
    while ((got = tick_stream_read(stream, bytes, sizeof bytes)) > 0)
        TICK_TRY((int)tick_stream_write(stream, bytes, (size_t)got));
    return 0; // a client may be gone
}

static int echo_server(void *unused) {
    (void)unused;
    return tick_serve(":7000", echo, NULL);
}

static int ask(void *address) {
    tick_stream *stream;
    char line[100];
    TICK_TRY(tick_connect(address, &stream));
    for (int i = 0; i < 3; i++) {
        TICK_TRY((int)tick_stream_printf(stream, "question %d\n", i));
        TICK_TRY((int)tick_stream_read_line(stream, line, sizeof line));
        TICK_TRY(tick_check(line[9] == '0' + i, "an answer to another question: %s", line));
    }
    tick_stream_close(stream);
    return 0;
}

static int is_refused(void *address) {
    tick_stream *stream;
    const int error = tick_connect(address, &stream);
    return tick_check(error == -ECONNREFUSED, "the connection was not refused: %d", error);
}

static int ticks(void *unused) {
    (void)unused;
    for (;;)
        TICK_TRY(tick_sleep(TICK_SEC(1)));
}

static void network(struct tick_world *world) {
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(5));
}

TICK_SCENARIO(guest_asks, "a C server, and a program that asks it") {
    tick_daemon(world, "server", echo_server, NULL);
    tick_program(world, "app", command("connect:server:7000 print:connected say:3"));
    network(world);
}

TICK_SCENARIO(guest_answers, "a program as a server, and two clients in C") {
    tick_program(world, "app", command("listen:8000 serve:9"), .daemon = true);
    tick_host_add(world, "first", ask, "app:8000");
    tick_host_add(world, "second", ask, "app:8000");
    network(world);
}

TICK_SCENARIO(guests_talk, "two programs, and one in C") {
    tick_program(world, "server", command("listen:8000 serve:9"), .daemon = true);
    tick_program(world, "client", command("connect:server:8000 say:4"));
    tick_host_add(world, "native", ask, "server:8000");
    network(world);
}

TICK_SCENARIO(guest_comes_late, "a program that begins when another host has ended, and one after a time") {
    tick_daemon(world, "server", echo_server, NULL);
    struct tick_host *first = tick_host_add(world, "first", ask, "server:7000");
    tick_program(world, "then", command("connect:server:7000 say:2"), .after = {first});
    tick_program(world, "later", command("connect:server:7000 say:2"), .start = TICK_MS(700));
    network(world);
}

TICK_SCENARIO(guest_crashes, "a server whose machine loses power, and is started again") {
    struct tick_host *app = tick_program(world, "app", command("listen:8000 serve:9"), .daemon = true);
    tick_host_add(world, "first", ask, "app:8000");
    tick_host_add(world, "second", ask, "app:8000", .start = TICK_SEC(2));
    tick_fault_at(world, TICK_SEC(1), TICK_CRASH, .side = {app}, .lasts = TICK_MS(100));
    network(world);
}

TICK_SCENARIO(guest_stops, "a server that is told to stop, and started again") {
    struct tick_host *app = tick_program(world, "app", command("listen:8000 serve:9"), .daemon = true);
    tick_host_add(world, "first", ask, "app:8000");
    tick_host_add(world, "second", ask, "app:8000", .start = TICK_SEC(2));
    tick_host_add(world, "between", is_refused, "app:8000", .start = TICK_MS(1050));
    tick_fault_at(world, TICK_SEC(1), TICK_STOP, .side = {app}, .lasts = TICK_MS(100));
    network(world);
}

// How those that begin in the midst of a run do so, and a file in which each process of the one that begins late leaves a byte.
TICK_KEEP static const char *by;
TICK_KEEP static char starts[80];

static const char *late_command(const char *arguments) {
    char all[300];
    snprintf(all, sizeof all, "started:%s %s", starts, arguments);
    return command(all);
}

TICK_SCENARIO(guests_begin_again, "programs that begin late, and ones that are started again, each with what it knows of the time") {
    tick_daemon(world, "server", echo_server, NULL);
    struct tick_host *first = tick_host_add(world, "first", ask, "server:7000");
    tick_program(world, "then", late_command("now connect:server:7000 now say:2"), .after = {first}, .by = by);
    tick_program(world, "later", command("connect:server:7000 now say:2"), .start = TICK_MS(700), .by = by);
    struct tick_host *app = tick_program(world, "app", command("now listen:8000 serve:9"), .daemon = true, .by = by);
    tick_host_add(world, "second", ask, "app:8000", .start = TICK_SEC(2));
    tick_host_add(world, "third", ask, "app:8000", .start = TICK_SEC(5));
    tick_fault_at(world, TICK_SEC(1), TICK_CRASH, .side = {app}, .lasts = TICK_MS(100));
    tick_fault_at(world, TICK_SEC(3), TICK_STOP, .side = {app}, .lasts = TICK_MS(100));
    network(world);
}
TICK_SCENARIO(guests_begin_late, "the one that begins when others have ended, alone") {
    struct tick_host *first = tick_program(world, "first", command("sleep:5"));
    tick_program(world, "then", late_command("now sleep:1"), .after = {first}, .by = by);
}
TICK_SCENARIO(guest_cannot_be_held, "a program that speaks, and then starts a child, before it needs the world") {
    struct tick_host *first = tick_program(world, "first", command("sleep:5"));
    tick_program(world, "then", late_command("print:here child now sleep:1"), .after = {first}, .by = by);
}
TICK_SCENARIO(guest_knows_the_time, "what the clock says to a program that begins late") {
    tick_program(world, "app", command("now sleep:1"), .start = TICK_MS(700), .match = "^now 1577836800\\.700000000$", .by = by);
}
TICK_SCENARIO(guest_ends_at_once, "a program that begins late, and is over before it ever waited") {
    tick_program(world, "app", command("print:here exit:4"), .start = TICK_MS(700), .by = by);
}
TICK_SCENARIO(guest_finds_its_file, "a program that looks for its file as it starts, and writes one, is started again") {
    char arguments[300];
    snprintf(arguments, sizeof arguments, "kept:%s.kept listen:8000 keep:%s.kept serve:9", starts, starts);
    struct tick_host *app = tick_program(world, "app", command(arguments), .daemon = true, .match = "^kept$", .by = by);
    tick_host_add(world, "first", ask, "app:8000");
    tick_program(world, "later", command("sleep:3000"));
    tick_fault_at(world, TICK_SEC(1), TICK_CRASH, .side = {app}, .lasts = TICK_MS(100));
    network(world);
}
TICK_SCENARIO(guest_is_locked, "a program that can never go on, while another one does") {
    tick_program(world, "app", command("sleep:10 locked"));
    tick_daemon(world, "clock", ticks, NULL);
}

TICK_SCENARIO(guest_pauses, "a program that stands still for a while") {
    struct tick_host *app = tick_program(world, "app", command("sleep:100 alarm:100"));
    tick_fault_at(world, TICK_MS(50), TICK_PAUSE, .side = {app}, .lasts = TICK_MS(400));
}

TICK_SCENARIO(guest_fails, "an exit status that is not 0") {
    tick_program(world, "app", command("sleep:10 exit:3"));
}
TICK_SCENARIO(guest_faults, "a program that a signal ends") {
    tick_daemon(world, "server", echo_server, NULL);
    tick_program(world, "app", command("connect:server:7000 say:1 fault"));
    network(world);
}
TICK_SCENARIO(guest_may_fail, "one that is right") {
    tick_program(world, "app", command("sleep:10 exit:3"), .status = 3);
}
TICK_SCENARIO(guest_should_fail, "one that is not") {
    tick_program(world, "app", command("sleep:10"), .status = 3);
}
TICK_SCENARIO(guest_says, "a line that is not to be said, by a server that never ends") {
    tick_program(world, "app", command("listen:8000 print:refused serve:9"), .daemon = true, .match = "ref.sed");
    tick_host_add(world, "first", ask, "app:8000");
    network(world);
}
TICK_SCENARIO(guest_says_and_ends, "by a program that ends as it should") {
    tick_program(world, "app", command("sleep:10 print:refused"), .match = "ref.sed");
}
TICK_SCENARIO(guest_says_and_crashes, "by one whose machine loses power for good") {
    struct tick_host *app = tick_program(world, "app", command("print:refused listen:8000 serve:9"), .daemon = true, .match = "ref.sed");
    tick_host_add(world, "first", ask, "app:8000");
    tick_fault_at(world, TICK_SEC(1), TICK_CRASH, .side = {app});
    tick_program(world, "later", command("sleep:2000"));
    network(world);
}
TICK_SCENARIO(guest_says_other, "and one that says something else") {
    tick_program(world, "app", command("sleep:10 print:accepted"), .match = "ref.sed");
}
TICK_SCENARIO(guest_unmatched, "no expression") {
    tick_program(world, "app", command("sleep:10"), .match = "(");
}
TICK_SCENARIO(guest_never_waits, "a program that is over before it ever waited") {
    tick_program(world, "app", command("print:done exit:4"));
}
TICK_SCENARIO(guest_hangs, "a program that waits for what nobody sends") {
    tick_daemon(world, "server", echo_server, NULL);
    tick_program(world, "app", command("connect:server:7000 hang"));
    network(world);
}
TICK_SCENARIO(guest_is_partitioned, "a partition that no timeout ends") {
    tick_daemon(world, "server", echo_server, NULL);
    struct tick_host *app = tick_program(world, "app", command("connect:server:7000 sleep:100 say:1"));
    network(world);
    tick_fault_at(world, TICK_MS(50), TICK_PARTITION, .side = {app});
    tick_limit(world, TICK_SEC(5), 0);
}

static bool no_guest_says_it_for_so_long(void *unused) {
    (void)unused;
    return false;
}
TICK_SCENARIO(guest_breaks, "an invariant that is broken at the first world point") {
    tick_program(world, "app", command("sleep:10"));
    tick_invariant(world, no_guest_says_it_for_so_long, NULL, "nothing happens");
}

TICK_SCENARIO(guest_quotes, "words in quotes") {
    char peer[5000];
    snprintf(peer, sizeof peer, "%s/world_peer", programs_folder);
    const char *const argv[] = {peer, "print:a b", NULL};
    tick_program(world, "one", NULL, .argv = argv);
    tick_program(world, "two", command("'print:a  b' \"print:\\\"\" print:\\'"), .environment = (const char *const[]){"A=b", NULL});
}
TICK_SCENARIO(guest_unquoted, "a quote without an end") {
    tick_program(world, "app", "python3 'app.py");
}
TICK_SCENARIO(guest_missing, "no such program") {
    tick_program(world, "app", "/nowhere/at/all");
}
TICK_SCENARIO(guest_misplaced, "no such place") {
    tick_program(world, "app", command("sleep:1"), .snapshot = "sometime");
}
TICK_SCENARIO(guest_elsewhere, "a folder that there is not") {
    tick_program(world, "app", command("sleep:1"), .folder = "/nowhere/at/all");
}

// --- runs ---

struct seen {
    struct tick_outcome outcome;
    uint64_t hash;
    size_t count;
    struct tick_deviation deviations[1000];
};

static struct tick_runner *runner_of(const char *name) {
    struct tick_runner *runner;
    const struct tick_scenario *scenario = tick_scenario_find(name);
    assert_non_null(scenario);
    TICK_KEEP static struct tick_target target;
    target = tick_scenario_target(scenario);
    assert_int_equal(target.open(&target, &runner), 0);
    return runner;
}

static void run(struct tick_runner *runner, const struct tick_answers *answers, bool observed, struct seen *seen) {
    TICK_KEEP static struct hash_probe probe;
    const struct tick_request request = {.answers = answers, .probe = observed ? hash_probe_init(&probe) : NULL};
    assert_int_equal(runner->ops->run(runner, &request, &seen->outcome), 0);
    seen->hash = observed ? probe.hash : 0;
    const struct tick_deviation *all = runner->ops->deviations(runner, &seen->count);
    assert_true(seen->count <= sizeof seen->deviations / sizeof *seen->deviations);
    memcpy(seen->deviations, all, seen->count * sizeof *all);
}

static struct tick_outcome calm(const char *name) {
    struct tick_runner *runner = runner_of(name);
    struct seen seen;
    run(runner, &(struct tick_answers){.way = TICK_ANSWERS_LISTED}, false, &seen);
    runner->ops->free(runner);
    return seen.outcome;
}

static void assert_same(const struct seen *a, const struct seen *b) {
    assert_string_equal(a->outcome.text, b->outcome.text);
    assert_int_equal(a->outcome.verdict, b->outcome.verdict);
    assert_int_equal(a->outcome.ended_at, b->outcome.ended_at);
    assert_int_equal(a->outcome.iterations, b->outcome.iterations);
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const struct tick_deviation *one = &a->deviations[i], *other = &b->deviations[i];
        assert_true(one->kind == other->kind && one->subject == other->subject && one->ordinal == other->ordinal);
        assert_true(one->value == other->value && one->n == other->n && one->most == other->most);
    }
}

// Each seed in one process after the other, and in the other direction; then by its deviations, in a fresh world each, observed.
static void is_the_same_again(const char *name, int fresh) {
    TICK_KEEP static struct seen there[SEEDS], back, replayed, first;
    struct tick_runner *runner = runner_of(name);
    struct tick_answers answers;
    bool some = false;
    for (int seed = 0; seed < SEEDS; seed++) {
        tick_answers_seed(&answers, (uint64_t)seed, NULL);
        run(runner, &answers, false, &there[seed]);
        some = some || there[seed].count;
    }
    assert_true(some);
    for (int seed = SEEDS; seed-- > 0;) {
        tick_answers_seed(&answers, (uint64_t)seed, NULL);
        run(runner, &answers, false, &back);
        assert_same(&there[seed], &back);
    }
    for (int seed = 0; seed < SEEDS; seed++) {
        const struct tick_answers listed = {
            .way = TICK_ANSWERS_LISTED, .count = (uint32_t)there[seed].count, .deviations = there[seed].deviations};
        run(runner, &listed, true, &replayed);
        assert_int_equal(there[seed].outcome.ended_at, replayed.outcome.ended_at);
        assert_string_equal(there[seed].outcome.text, replayed.outcome.text);
        assert_int_equal(there[seed].count, replayed.count);
        if (seed >= fresh)
            continue;
        struct tick_runner *other = runner_of(name);
        run(other, &listed, true, &first);
        other->ops->free(other);
        assert_same(&replayed, &first);
        assert_int_equal(replayed.hash, first.hash);
    }
    runner->ops->free(runner);
}

// Answers that end at an event: at the first, all are drawn; at the last, all are listed.
static void ends_at_an_event(const char *name) {
    TICK_KEEP static struct seen drawn, other;
    struct tick_runner *runner = runner_of(name);
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct tick_answers answers = {0};
        tick_answers_seed(&answers, seed, NULL);
        run(runner, &answers, true, &drawn);
        answers.way = TICK_ANSWERS_ONWARD;
        run(runner, &answers, true, &other);
        assert_int_equal(drawn.hash, other.hash);
        assert_same(&drawn, &other);
        tick_answers_seed(&answers, seed + 1000, NULL);
        answers.way = TICK_ANSWERS_ONWARD;
        answers.upto = UINT32_MAX;
        answers.count = (uint32_t)drawn.count;
        answers.deviations = drawn.deviations;
        run(runner, &answers, true, &other);
        assert_int_equal(drawn.hash, other.hash);
    }
    runner->ops->free(runner);
}

// --- tests ---

static void a_program_asks_a_host(void **state) {
    (void)state;
    const struct tick_outcome outcome = calm("guest_asks");
    assert_string_equal(outcome.text, "");
    assert_int_equal(outcome.verdict, TICK_PASS);
    assert_int_equal(outcome.ended_at, TICK_MS(8)); // three ways there and back, and the handshake
    is_the_same_again("guest_asks", 5);
}

// --- programs that begin in the midst of a run ---

static void begins_alike(const char *name) {
    static const char *const ways[] = {NULL, "fork", "start"};
    TICK_KEEP static struct seen seen[3];
    struct tick_runner *runners[3];
    for (size_t way = 0; way < 3; way++) {
        by = ways[way];
        runners[way] = runner_of(name);
    }
    for (uint64_t seed = 0; seed < 10; seed++) {
        for (size_t way = 0; way < 3; way++) {
            struct tick_answers answers;
            tick_answers_seed(&answers, seed, NULL);
            by = ways[way];
            run(runners[way], &answers, true, &seen[way]);
            assert_same(&seen[0], &seen[way]);
            assert_int_equal(seen[0].hash, seen[way].hash);
        }
    }
    for (size_t way = 0; way < 3; way++)
        runners[way]->ops->free(runners[way]);
    by = NULL;
}

static void those_that_begin_late_do_so_alike(void **state) {
    (void)state;
    begins_alike("guests_begin_again");
    begins_alike("guests_begin_late");
    begins_alike("guest_cannot_be_held");
    begins_alike("guest_ends_at_once");
    is_the_same_again("guests_begin_again", 3);
}

static size_t processes_of(const char *name, const char *way) {
    struct stat about;
    TICK_KEEP static struct seen seen;
    struct tick_runner *runner;
    by = way;
    (void)unlink(starts);
    runner = runner_of(name);
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct tick_answers answers;
        tick_answers_seed(&answers, seed, NULL);
        run(runner, &answers, seed % 3 == 0, &seen);
        assert_int_equal(seen.outcome.verdict, TICK_PASS);
    }
    runner->ops->free(runner);
    by = NULL;
    assert_int_equal(stat(starts, &about), 0);
    return (size_t)about.st_size;
}

static void they_are_held_from_run_to_run(void **state) {
    (void)state;
    assert_int_equal(processes_of("guests_begin_late", NULL), 1);
    assert_int_equal(processes_of("guests_begin_late", "fork"), 1);
    assert_int_equal(processes_of("guests_begin_late", "start"), 10);
    assert_int_equal(processes_of("guest_cannot_be_held", NULL), 11); // and one that showed that
}

static void they_know_the_time(void **state) {
    (void)state;
    struct tick_runner *runner = runner_of("guest_knows_the_time");
    struct seen seen;
    for (int times = 0; times < 3; times++) {
        run(runner, &(struct tick_answers){.way = TICK_ANSWERS_LISTED}, false, &seen);
        assert_int_equal(seen.outcome.verdict, TICK_CHECK_FAILED);
    }
    runner->ops->free(runner);
}

static void they_find_their_files(void **state) {
    (void)state;
    const struct tick_outcome outcome = calm("guest_finds_its_file");
    assert_int_equal(outcome.verdict, TICK_CHECK_FAILED);
    assert_non_null(strstr(outcome.text, "finds line 1 of stdout, at 1.1 s"));
    begins_alike("guest_finds_its_file");
}

static void who_waits_for_itself_is_found(void **state) {
    (void)state;
    const struct tick_outcome outcome = calm("guest_is_locked");
    assert_int_equal(outcome.verdict, TICK_DEADLOCKED);
    assert_non_null(strstr(outcome.text, "app/main waits for a mutex"));
    assert_true(outcome.ended_at < TICK_SEC(500)); // and not for want of progress alone
}

static void a_program_answers_hosts(void **state) {
    (void)state;
    assert_int_equal(calm("guest_answers").verdict, TICK_PASS);
    is_the_same_again("guest_answers", 5);
}

static void answers_end_at_an_event(void **state) {
    (void)state;
    ends_at_an_event("guest_asks");
    ends_at_an_event("guest_answers");
}

static void programs_and_hosts_talk(void **state) {
    (void)state;
    assert_string_equal(calm("guests_talk").text, "");
    is_the_same_again("guests_talk", 3);
}

static void a_program_begins_late(void **state) {
    (void)state;
    const struct tick_outcome outcome = calm("guest_comes_late");
    assert_string_equal(outcome.text, "");
    assert_int_equal(outcome.ended_at, TICK_MS(706));
}

static void a_program_lives_again(void **state) {
    (void)state;
    const struct tick_outcome outcome = calm("guest_crashes");
    assert_string_equal(outcome.text, "");
    assert_int_equal(outcome.verdict, TICK_PASS);
    assert_int_equal(outcome.ended_at, TICK_MS(2008));
}

static void a_program_is_told_to_stop(void **state) {
    (void)state;
    const struct tick_outcome outcome = calm("guest_stops");
    assert_string_equal(outcome.text, "");
    assert_int_equal(outcome.ended_at, TICK_MS(2008));
}

static void a_program_stands_still(void **state) {
    (void)state;
    assert_int_equal(calm("guest_pauses").ended_at, TICK_MS(550));
}

static void statuses_are_findings(void **state) {
    (void)state;
    const struct tick_outcome failed = calm("guest_fails"), early = calm("guest_never_waits"), passed = calm("guest_should_fail");
    assert_int_equal(failed.verdict, TICK_HOST_FAILED);
    assert_string_equal(failed.text, "exit status 3");
    assert_string_equal(failed.host, "app");
    assert_int_equal(failed.ended_at, TICK_MS(10));
    assert_int_equal(calm("guest_may_fail").verdict, TICK_PASS);
    assert_string_equal(passed.text, "exit status 0 in place of 3");
    assert_string_equal(early.text, "exit status 4");
}

static void lines_are_findings(void **state) {
    static const char *const said[] = {"guest_says", "guest_says_and_ends", "guest_says_and_crashes"};
    (void)state;
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        const struct tick_outcome outcome = calm(said[i]);
        assert_int_equal(outcome.verdict, TICK_CHECK_FAILED);
        if (!strstr(outcome.text, "'ref.sed' finds line 1 of stdout"))
            fail_msg("%s: %s", said[i], outcome.text);
        assert_string_equal(outcome.host, "app");
    }
    assert_int_equal(calm("guest_says_other").verdict, TICK_PASS);
}

// Its process is gone then, and there is another one for the next run.
static void a_program_that_died_is_replaced(void **state) {
    (void)state;
    TICK_KEEP static struct seen seen, again;
    struct tick_runner *runner = runner_of("guest_faults");
    const struct tick_answers calm_answers = {.way = TICK_ANSWERS_LISTED};
    run(runner, &calm_answers, true, &seen);
    assert_int_equal(seen.outcome.verdict, TICK_CRASHED);
    assert_int_equal(seen.outcome.code, SIGILL);
    assert_string_equal(seen.outcome.text, "killed by SIGILL");
    assert_int_equal(seen.outcome.ended_at, TICK_MS(4));
    for (int i = 0; i < 3; i++) {
        run(runner, &calm_answers, true, &again);
        assert_same(&seen, &again);
        assert_int_equal(seen.hash, again.hash);
    }
    runner->ops->free(runner);
}

static void deadlocks_are_told(void **state) {
    (void)state;
    const struct tick_outcome outcome = calm("guest_hangs");
    assert_int_equal(outcome.verdict, TICK_DEADLOCKED);
    if (!strstr(outcome.text, "app/main waits for fd 3, a TCP socket"))
        fail_msg("%s", outcome.text);
}

static void limits_hold(void **state) {
    (void)state;
    assert_int_equal(calm("guest_is_partitioned").verdict, TICK_LIMIT_PASSED);
    assert_int_equal(calm("guest_breaks").verdict, TICK_INVARIANT_BROKEN);
}

static void bad_words_are_told(void **state) {
    static const struct {
        const char *name, *text;
    } bad[] = {
        {"guest_unquoted", "program \"app\": a quote in its command has no end"},
        {"guest_missing", "program \"app\": /nowhere/at/all: no such file"},
        {"guest_unmatched", "program \"app\": its match is no extended regular expression (man 7 regex)"},
        {"guest_misplaced", "program \"app\": its snapshot is written wait:N, accept:N, connect:N, after:TEXT or call"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct tick_outcome outcome = calm(bad[i].name);
        assert_int_equal(outcome.verdict, TICK_BAD_SCENARIO);
        assert_string_equal(outcome.text, bad[i].text);
    }
    const struct tick_outcome outcome = calm("guest_elsewhere");
    assert_int_equal(outcome.verdict, TICK_BAD_SCENARIO);
    if (!strstr(outcome.text, "No such file or directory"))
        fail_msg("%s", outcome.text);
    assert_int_equal(calm("guest_quotes").verdict, TICK_PASS);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_asks_a_host),
        cmocka_unit_test(a_program_answers_hosts),
        cmocka_unit_test(answers_end_at_an_event),
        cmocka_unit_test(programs_and_hosts_talk),
        cmocka_unit_test(a_program_begins_late),
        cmocka_unit_test(those_that_begin_late_do_so_alike),
        cmocka_unit_test(they_are_held_from_run_to_run),
        cmocka_unit_test(they_know_the_time),
        cmocka_unit_test(they_find_their_files),
        cmocka_unit_test(who_waits_for_itself_is_found),
        cmocka_unit_test(a_program_lives_again),
        cmocka_unit_test(a_program_is_told_to_stop),
        cmocka_unit_test(a_program_stands_still),
        cmocka_unit_test(statuses_are_findings),
        cmocka_unit_test(lines_are_findings),
        cmocka_unit_test(a_program_that_died_is_replaced),
        cmocka_unit_test(deadlocks_are_told),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(bad_words_are_told),
    };
    char folder[60];
    (void)argc;
    programs_are_beside(argv[0]);
    if (folder_make(folder, sizeof folder) < 0)
        return 1;
    snprintf(starts, sizeof starts, "%s/starts", folder);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
