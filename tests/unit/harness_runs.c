// Runs: each way to end, the order of starts, and what is restored between runs.
#include "sim/native/harness_int.h"
#include "sim/native/heap_list.h"
#include "sim/native/malloc_family.h"
#include "tests/support/harness_fixture.h"
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// --- programs ---

static int listens(struct tick_sys *sys, int type) {
    const struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(7)};
    const int fd = sys->ops->socket(sys, AF_INET, type, 0);
    TICK_TRY(sys->ops->bind(sys, fd, (const struct sockaddr *)&in, sizeof in));
    TICK_TRY(type == SOCK_STREAM ? sys->ops->listen(sys, fd, 8) : 0);
    return fd;
}

static int await(struct tick_sys *sys, int fd, short events) {
    struct pollfd one = {.fd = fd, .events = events};
    return sys->ops->poll(sys, &one, 1, TICK_SEC(9));
}

// Takes a connection and a byte, and returns with all its fds.
static int returns_with_fds(void *arg) {
    (void)arg;
    struct tick_sys *sys = tick_sys_running();
    char byte;
    const int l = listens(sys, SOCK_STREAM);
    TICK_TRY(l);
    TICK_TRY(listens(sys, SOCK_DGRAM));
    TICK_TRY(await(sys, l, POLLIN));
    const int fd = sys->ops->accept(sys, l, NULL, NULL);
    TICK_TRY(await(sys, fd, POLLIN));
    return tick_check(sys->ops->recv(sys, fd, &byte, 1, 0) == 1, "a byte");
}

static int connects(struct tick_sys *sys, int type, int *fd) {
    struct sockaddr_storage to;
    socklen_t size;
    TICK_TRY(sys->ops->resolve(sys, "daemon", 7, &to, &size));
    *fd = sys->ops->socket(sys, AF_INET, type, 0);
    return sys->ops->connect(sys, *fd, (const struct sockaddr *)&to, size);
}

static int meets_who_returns(void *arg) {
    (void)arg;
    struct tick_sys *sys = tick_sys_running();
    char byte = 'x';
    int fd, again, udp, error;
    socklen_t size = sizeof error;
    TICK_TRY(tick_check(connects(sys, SOCK_STREAM, &fd) == -EINPROGRESS, "a connect"));
    TICK_TRY(await(sys, fd, POLLOUT));
    TICK_TRY(tick_check(sys->ops->send(sys, fd, &byte, 1, 0) == 1, "a send"));
    const int64_t began = tick_time();
    TICK_TRY(tick_check(await(sys, fd, POLLIN) == 1, "nobody heard of its end"));
    TICK_TRY(tick_check(sys->ops->recv(sys, fd, &byte, 1, 0) == 0, "its end is in order"));
    TICK_TRY(tick_check(tick_time() - began == TICK_MS(2), "and comes at once"));
    TICK_TRY(tick_check(connects(sys, SOCK_STREAM, &again) == -EINPROGRESS, "another connect"));
    TICK_TRY(await(sys, again, POLLOUT));
    TICK_TRY(sys->ops->getsockopt(sys, again, SOL_SOCKET, SO_ERROR, &error, &size));
    TICK_TRY(tick_check(error == ECONNREFUSED, "nobody listens any more"));
    TICK_TRY(connects(sys, SOCK_DGRAM, &udp));
    TICK_TRY(tick_check(sys->ops->send(sys, udp, &byte, 1, 0) == 1, "a datagram"));
    TICK_TRY(await(sys, udp, POLLIN));
    TICK_TRY(tick_check(sys->ops->recv(sys, udp, &byte, 1, 0) == -ECONNREFUSED, "to nobody"));
    TICK_TRY(sys->ops->close(sys, udp));
    TICK_TRY(sys->ops->close(sys, again));
    return sys->ops->close(sys, fd);
}

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
TICK_SCENARIO(has_a_daemon_that_returns, "") {
    tick_daemon(world, "daemon", returns_with_fds, NULL);
    tick_host_add(world, "client", meets_who_returns, NULL);
    tick_link_all(world, .latency = TICK_MS(1));
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
        {"has_a_daemon_that_returns", TICK_PASS, ""},
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
        assert_int_equal(tick_stacks_live(harness->natives.stacks), 0);
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

// A wait that nothing comes before does not leave its host; but the others have their turns, and the run its end.
static int ticks;

static int ticks_and_yields(void *arg) {
    (void)arg;
    for (;; ticks++) {
        TICK_TRY(tick_sleep(TICK_MS(1)));
        for (int i = 0; i < 3; i++)
            TICK_TRY(tick_sleep(0));
    }
}

static int counts_ticks(void *arg) {
    (void)arg;
    TICK_TRY(tick_check(tick_time() == 0 && ticks == 0, "%d ticks before the start", ticks));
    for (int i = 1; i <= 10; i++) {
        TICK_TRY(tick_sleep(TICK_US(2500)));
        const int due = i * 5 / 2 - (i % 2 == 0); // at one moment, whoever began to wait first is first
        TICK_TRY(tick_check(ticks == due, "%d ticks after %d times 2.5 ms", ticks, i));
    }
    return 0;
}

static int begins_at(void *arg) {
    return tick_check(tick_time() == (int64_t)(intptr_t)arg, "began at %d ns", (int)tick_time());
}

static int yields_and_ticks(void *arg) {
    for (int i = 0; i < 20; i++)
        TICK_TRY(tick_sleep(0));
    return ticks_for_ever(arg);
}

TICK_SCENARIO(ticking, "") {
    tick_daemon(world, "d", ticks_and_yields, NULL);
    tick_host_add(world, "a", counts_ticks, NULL);
}
TICK_SCENARIO(both_ready, "") {
    struct tick_host *a = tick_host_add(world, "a", sleeps, (void *)5000);
    tick_host_add(world, "b", sleeps, (void *)5000, .after = {a});
    tick_host_add(world, "c", begins_at, (void *)5000, .after = {a});
}
TICK_SCENARIO(last_returns, "") {
    struct tick_host *a = tick_host_add(world, "a", sleeps, (void *)5000);
    tick_host_add(world, "b", begins_at, (void *)5000, .after = {a});
    tick_daemon(world, "d", yields_and_ticks, NULL, .after = {a}); // it waits only after b has returned
}

static void nobody_runs_ahead(void **state) {
    (void)state;
    assert_string_equal(calm("ticking").text, "");
    assert_string_equal(calm("both_ready").text, "");
    assert_int_equal(calm("last_returns").ended_at, 5000);
}

static void nothing_runs_inside_a_run(void **state) {
    (void)state;
    assert_int_equal(tick_check(true, "outside of any run"), 0);
    assert_string_equal(tick_host_name(), "");
    assert_null(tick_host_local(&size, 4));
    assert_int_equal(tick_random("x", 5), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_are_told_apart),
        cmocka_unit_test(crash_on_full_heap),
        cmocka_unit_test(a_finding_says_where),
        cmocka_unit_test(hosts_start_in_order),
        cmocka_unit_test(statics_are_restored),
        cmocka_unit_test(nobody_runs_ahead),
        cmocka_unit_test(nothing_runs_inside_a_run),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
