// Names and datagrams that go wrong where a scenario lets them: a seed finds it, a replay of what it drew finds it again, and the calm run
// never does. And what a host's own waits (poll, select, sleep, a late look-up) do to it.
// torture: 4
#include "src/base/sanitized.h"
#include "tests/support/harness_fixture.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

static void passes(const char *name) {
    struct tick_outcome outcome = run_with(name, &tick_calm);
    if (outcome.verdict != TICK_PASS)
        fail_msg("%s: %s: %s", name, tick_verdict_word(outcome.verdict), outcome.text);
}

#define SEEDS (TICK__TSAN ? 120 : 400) // a run takes some fifty times as long there

// Some seeds meet the check, by a deviation of that kind, and do so again when only their deviations are read back.
static void is_found(const char *name, enum tick_choice_kind kind) {
    struct tick_replay_chooser *replay;
    size_t found = 0;
    passes(name);
    assert_int_equal(tick_replay_new(NULL, 0, &replay), 0);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct tick_random_chooser chooser;
        tick_random_init(&chooser, seed, NULL);
        struct tick_outcome outcome = run_with(name, &chooser.chooser);
        if (outcome.verdict == TICK_PASS)
            continue;
        uint64_t before = run_hash;
        size_t count, of_kind = 0;
        const struct tick_deviation *drawn = tick_harness_deviations(harness, &count);
        for (size_t i = 0; i < count; i++)
            of_kind += drawn[i].kind == kind;
        if (outcome.verdict != TICK_CHECK_FAILED || !of_kind)
            fail_msg("%s: seed %d: %s: %s", name, (int)seed, tick_verdict_word(outcome.verdict), outcome.text);
        assert_int_equal(tick_replay_set(replay, drawn, count), 0);
        struct tick_outcome again = run_with(name, tick_replay_chooser(replay));
        assert_string_equal(again.text, outcome.text);
        assert_int_equal(run_hash, before);
        found++;
    }
    tick_replay_free(replay);
    if (!found || found == SEEDS)
        fail_msg("%s: found by %zu of %d seeds", name, found, SEEDS);
}

// --- datagrams ---

#define SENT 12

static void far_address(struct sockaddr_in *in) {
    *in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0x0a000001)};
}

// What has come so far, a letter each.
static char come[64];

// Told by poll, and then finds a datagram: else it was dropped after it was reported.
static int hears(void *arg) {
    (void)arg;
    struct tick_sys *sys = tick_sys_running();
    struct sockaddr_in in;
    far_address(&in);
    int fd = sys->ops->socket(sys, AF_INET, SOCK_DGRAM, 0);
    TICK_TRY(fd);
    TICK_TRY(sys->ops->bind(sys, fd, (struct sockaddr *)&in, sizeof in));
    for (;;) {
        char letter;
        ssize_t n = sys->ops->recv(sys, fd, &letter, 1, 0);
        if (n == 1) {
            size_t length = strlen(come);
            if (length < sizeof come - 1)
                come[length] = letter;
            continue;
        }
        struct pollfd one = {.fd = fd, .events = POLLIN};
        TICK_TRY(sys->ops->poll(sys, &one, 1, -1));
        n = sys->ops->recv(sys, fd, &letter, 1, MSG_PEEK);
        if (n == 1)
            continue;
        strcpy(come, "none");
    }
}

static int says(void *arg) {
    (void)arg;
    struct tick_sys *sys = tick_sys_running();
    struct sockaddr_in in;
    far_address(&in);
    int fd = sys->ops->socket(sys, AF_INET, SOCK_DGRAM, 0);
    TICK_TRY(fd);
    for (char letter = 'a'; letter < 'a' + SENT; letter++) {
        TICK_TRY((int)sys->ops->sendto(sys, fd, &letter, 1, 0, (struct sockaddr *)&in, sizeof in));
        TICK_TRY(tick_sleep(TICK_US(100)));
    }
    TICK_TRY(tick_sleep(TICK_SEC(2)));
    TICK_TRY(sys->ops->close(sys, fd));
    return 0;
}

static int all_came_in_order(void *arg) {
    (void)arg;
    return tick_check(!strcmp(come, "abcdefghijkl"), "%s", come);
}

static void two(struct tick_world *world) {
    tick_daemon(world, "hears", hears, NULL);
    tick_host_add(world, "says", says, NULL, .start = TICK_MS(1));
    tick_at_end(world, all_came_in_order, NULL);
}
TICK_SCENARIO(datagrams, "") {
    two(world);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(5));
}
TICK_SCENARIO(datagrams_lost, "") {
    two(world);
    tick_link_all(world, .latency = TICK_MS(1), .loss = true);
}
TICK_SCENARIO(datagrams_doubled, "") {
    two(world);
    tick_link_all(world, .latency = TICK_MS(1), .duplicate = true);
}
TICK_SCENARIO(datagrams_overtaken, "") {
    two(world);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(5), .reorder = true);
}
TICK_SCENARIO(datagrams_corrupt, "") {
    two(world);
    tick_link_all(world, .latency = TICK_MS(1), .corrupt = true);
}
TICK_SCENARIO(datagrams_quiet, "") {
    two(world);
    tick_link_all(world, .latency = TICK_MS(1), .loss = true, .duplicate = true, .corrupt = true);
    tick_quiet_after(world, 0);
}

// Whatever the seed.
static void never_fails(const char *name) {
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct tick_random_chooser chooser;
        tick_random_init(&chooser, seed, NULL);
        struct tick_outcome outcome = run_with(name, &chooser.chooser);
        if (outcome.verdict != TICK_PASS)
            fail_msg("%s: seed %d: %s: %s", name, (int)seed, tick_verdict_word(outcome.verdict), outcome.text);
    }
}

static void datagrams_go_wrong_where_a_link_says_so(void **state) {
    (void)state;
    never_fails("datagrams");
    never_fails("datagrams_quiet");
    is_found("datagrams_lost", TICK_CHOICE_LOSS);
    is_found("datagrams_doubled", TICK_CHOICE_DUPLICATE);
    is_found("datagrams_overtaken", TICK_CHOICE_REORDER);
    is_found("datagrams_corrupt", TICK_CHOICE_AGAIN);
}

// --- names ---

static int greets(tick_stream *stream, void *arg) {
    (void)arg;
    return (int)tick_stream_printf(stream, "%s\n", tick_host_name());
}

static int serves(void *arg) {
    return tick_serve(":7", greets, arg);
}

// Five times: who answers for the name, and after how long.
static int asks(void *arg) {
    for (int i = 0; i < 5; i++) {
        tick_stream *stream;
        char line[20];
        int64_t began = tick_loop_time(NULL);
        int result = tick_connect("db:7", &stream);
        TICK_TRY(tick_check(result == 0, "connect: %s", tick_error_name(result)));
        TICK_TRY((int)tick_stream_read_line(stream, line, sizeof line));
        TICK_TRY(tick_check(!strcmp(line, arg), "%s answers", line));
        TICK_TRY(tick_check(tick_loop_time(NULL) - began < TICK_MS(700), "it took long"));
        tick_stream_close(stream);
    }
    return 0;
}

static struct tick_host *servers[3];

static void three(struct tick_world *world) {
    servers[0] = tick_daemon(world, "new", serves, NULL);
    servers[1] = tick_daemon(world, "old", serves, NULL);
    servers[2] = tick_daemon(world, "none", serves, NULL);
    tick_fault_at(world, TICK_US(1), TICK_CRASH, .side = {servers[2]});
    tick_host_add(world, "asks", asks, "new", .start = TICK_MS(1));
    tick_link_all(world, .latency = TICK_MS(1), .timeout = TICK_MS(50));
}
TICK_SCENARIO(names, "") { // nobody said that anything may be wrong
    three(world);
    tick_name(world, "db", .hosts = {servers[0]}, .latency = TICK_MS(1));
}
TICK_SCENARIO(names_wrong, "") {
    three(world);
    tick_name(world, "db", .hosts = {servers[0]}, .wrong = {servers[1]});
}
TICK_SCENARIO(names_failing, "") {
    three(world);
    tick_name(world, "db", .hosts = {servers[0]}, .fails = true);
}
TICK_SCENARIO(names_late, "") {
    three(world);
    tick_name(world, "db", .hosts = {servers[0]}, .latency = TICK_MS(3), .jitter = TICK_SEC(1));
}
TICK_SCENARIO(names_quiet, "") {
    three(world);
    tick_name(world, "db", .hosts = {servers[0]}, .wrong = {servers[1]}, .fails = true);
    tick_quiet_after(world, 0);
}

static int asks_once(void *arg) {
    tick_stream *stream;
    char line[20];
    int result = tick_connect(*(char *)arg == '!' ? (char *)arg + 1 : arg, &stream);
    if (*(char *)arg == '!')
        return tick_check(result == -ENOENT, "%d", result);
    TICK_TRY(result);
    TICK_TRY((int)tick_stream_read_line(stream, line, sizeof line));
    return tick_check(!strcmp(line, "old"), "%s answers", line);
}
TICK_SCENARIO(names_several, "") { // the first is down: the next is tried, over both families
    servers[0] = tick_daemon(world, "down", serves, NULL);
    servers[1] = tick_daemon(world, "old", serves, NULL);
    tick_fault_at(world, TICK_US(1), TICK_CRASH, .side = {servers[0]});
    tick_host_add(world, "a", asks_once, "db:7", .start = TICK_MS(1));
    tick_host_add(world, "b", asks_once, "down:7", .start = TICK_MS(1));
    tick_host_add(world, "c", asks_once, "!gone:7", .start = TICK_MS(1));
    tick_link_all(world, .latency = TICK_MS(1), .timeout = TICK_SEC(1));
    tick_name(world, "db", .hosts = {servers[0], servers[1]}, .six = true);
    tick_name(world, "down", .hosts = {servers[1]}); // a host's own name, too
    tick_name(world, "gone", .error = -ENOENT);
}

static int fails_with(void *arg) {
    tick_stream *stream;
    int result = tick_connect("db:7", &stream);
    return tick_check(result == (int)(intptr_t)arg, "%d", result);
}
TICK_SCENARIO(names_broken, "") {
    tick_host_add(world, "a", fails_with, (void *)(intptr_t)-EIO);
    tick_name(world, "db", .error = -EIO);
}
TICK_SCENARIO(names_bad, "") {
    tick_host_add(world, "a", fails_with, NULL);
    tick_name(world, "db", .latency = -1);
}

static void names_go_wrong_where_a_scenario_says_so(void **state) {
    (void)state;
    never_fails("names_quiet");
    passes("names");
    passes("names_several");
    passes("names_broken");
    is_found("names_wrong", TICK_CHOICE_RESOLVE_WRONG);
    is_found("names_failing", TICK_CHOICE_RESOLVE_FAIL);
    is_found("names_late", TICK_CHOICE_RESOLVE_LATE);
    struct tick_outcome outcome = run_with("names_bad", &tick_calm);
    assert_int_equal(outcome.verdict, TICK_BAD_SCENARIO);
}

// --- a host's own waits hold up its loop, and nobody else's ---

static int64_t ticked;

static int ticks(void *arg) { // a millisecond each
    (void)arg;
    for (;;) {
        TICK_TRY(tick_sleep(TICK_MS(1)));
        ticked++;
    }
}

// The other task of this host stands still, the other host does not; and time passes as asked for.
static int waits_by_itself(void *arg) {
    struct tick_sys *sys = tick_sys_running();
    int64_t *mine = &ticked, before;
    struct tick_task *other = tick_spawn(ticks, NULL);
    int fds[2];
    TICK_TRY(tick_sleep(TICK_MS(5)));
    TICK_TRY(sys->ops->pipe(sys, fds));
    before = *mine;
    int64_t began = tick_loop_time(NULL), expected = TICK_MS(20);
    struct pollfd one = {.fd = fds[0], .events = POLLIN};
    struct sockaddr_storage found[2];
    fd_set reads;
    FD_ZERO(&reads);
    FD_SET(fds[0], &reads);
    switch (*(const char *)arg) {
    case 'p':
        TICK_TRY(tick_check(sys->ops->poll(sys, &one, 1, TICK_MS(20)) == 0, "poll"));
        break;
    case 's':
        TICK_TRY(tick_check(sys->ops->select(sys, fds[0] + 1, &reads, NULL, NULL, TICK_MS(20)) == 0, "select"));
        TICK_TRY(tick_check(!FD_ISSET(fds[0], &reads), "select says that there is something"));
        break;
    case 'z':
        TICK_TRY(sys->ops->sleep(sys, TICK_MS(20)));
        break;
    case 'n':
        TICK_TRY(tick_check(sys->ops->resolve_all(sys, "db", 7, found, 2) == 1, "resolve"));
        break;
    default: // it is woken
        TICK_TRY((int)sys->ops->write(sys, fds[1], "x", 1));
        TICK_TRY(tick_check(sys->ops->poll(sys, &one, 1, -1) == 1 && one.revents == POLLIN, "poll"));
        expected = 0;
    }
    int64_t took = tick_loop_time(NULL) - began;
    TICK_TRY(tick_check(took == expected, "it took %lld", (long long)took));
    TICK_TRY(tick_check(*mine - before == 0, "the other task went on"));
    TICK_TRY(sys->ops->close(sys, fds[0]));
    TICK_TRY(sys->ops->close(sys, fds[1]));
    tick_task_cancel(other, NULL);
    (void)!tick_join(other);
    return 0;
}

static int64_t elsewhere;

static int ticks_elsewhere(void *arg) {
    (void)arg;
    for (; elsewhere < 25; elsewhere++)
        TICK_TRY(tick_sleep(TICK_MS(1)));
    return 0;
}
static void waiting(struct tick_world *world, const char *how) {
    struct tick_host *waits = tick_host_add(world, "waits", waits_by_itself, (void *)how);
    tick_host_add(world, "other", ticks_elsewhere, NULL);
    tick_name(world, "db", .hosts = {waits}, .latency = TICK_MS(20));
}
TICK_SCENARIO(polls, "") {
    waiting(world, "p");
}
TICK_SCENARIO(selects, "") {
    waiting(world, "s");
}
TICK_SCENARIO(sleeps_itself, "") {
    waiting(world, "z");
}
TICK_SCENARIO(looks_up, "") {
    waiting(world, "n");
}
TICK_SCENARIO(polls_and_is_woken, "") {
    waiting(world, "w");
}

// A fault meets a host in such a wait: a pause makes it late, a stop interrupts it, a crash ends it.
static int lives, interrupted;

static int sleeps_long(void *arg) {
    struct tick_sys *sys = tick_sys_running();
    lives++;
    int64_t began = tick_loop_time(NULL);
    struct pollfd none = {.fd = -1};
    fd_set nothing;
    FD_ZERO(&nothing);
    int result = *(const char *)arg == 'z'   ? sys->ops->sleep(sys, TICK_MS(20))
                 : *(const char *)arg == 'p' ? sys->ops->poll(sys, &none, 1, TICK_MS(20))
                                             : sys->ops->select(sys, 0, &nothing, NULL, NULL, TICK_MS(20));
    if (result == -EINTR) {
        interrupted++;
        return 0;
    }
    TICK_TRY(result);
    int64_t took = tick_loop_time(NULL) - began;
    return tick_check(took == TICK_MS(20) || (lives == 1 && took == TICK_MS(50)), "it took %lld", (long long)took);
}
TICK_SCENARIO(paused_in_a_wait, "") {
    struct tick_host *host = tick_host_add(world, "a", sleeps_long, "z");
    tick_fault_at(world, TICK_MS(5), TICK_PAUSE, .side = {host}, .lasts = TICK_MS(45));
}
TICK_SCENARIO(crashed_in_a_wait, "") {
    struct tick_host *host = tick_host_add(world, "a", sleeps_long, "p");
    tick_fault_at(world, TICK_MS(5), TICK_CRASH, .side = {host}, .lasts = TICK_MS(5));
}
TICK_SCENARIO(stopped_in_sleep, "") {
    struct tick_host *host = tick_host_add(world, "a", sleeps_long, "z");
    tick_fault_at(world, TICK_MS(5), TICK_STOP, .side = {host});
}
TICK_SCENARIO(stopped_in_poll, "") {
    struct tick_host *host = tick_host_add(world, "a", sleeps_long, "p");
    tick_fault_at(world, TICK_MS(5), TICK_STOP, .side = {host});
}
TICK_SCENARIO(stopped_in_select, "") {
    struct tick_host *host = tick_host_add(world, "a", sleeps_long, "s");
    tick_fault_at(world, TICK_MS(5), TICK_STOP, .side = {host});
}

static void a_host_waits_by_itself(void **state) {
    (void)state;
    static const char *const all[] = {"polls", "selects", "sleeps_itself", "looks_up", "polls_and_is_woken"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        passes(all[i]);
    passes("paused_in_a_wait");
    passes("crashed_in_a_wait");
    assert_int_equal(lives, 2);
    static const char *const stopped[] = {"stopped_in_sleep", "stopped_in_poll", "stopped_in_select"};
    for (size_t i = 0; i < 3; i++) {
        passes(stopped[i]);
        assert_int_equal(interrupted, 1);
    }
}

// --- signals ---

// Each wait that may block is cut short by some seeds, where the host has handlers, and by none where it has not.
static int is_interrupted(void *arg) {
    struct tick_sys *sys = tick_sys_running();
    struct pollfd none = {.fd = -1};
    fd_set nothing;
    FD_ZERO(&nothing);
    bool found = false;
    for (int i = 0; i < 4; i++) {
        int result = *(const char *)arg == 'z'   ? sys->ops->sleep(sys, TICK_MS(1))
                     : *(const char *)arg == 'p' ? sys->ops->poll(sys, &none, 1, TICK_MS(1))
                                                 : sys->ops->select(sys, 0, &nothing, NULL, NULL, TICK_MS(1));
        found |= result == -EINTR;
        TICK_TRY(sys->ops->poll(sys, &none, 1, 0)); // waits for nothing
    }
    return tick_check(!found, "interrupted");
}
TICK_SCENARIO(signals_in_sleep, "") {
    tick_host_add(world, "a", is_interrupted, "z", .handlers = true);
}
TICK_SCENARIO(signals_in_poll, "") {
    tick_host_add(world, "a", is_interrupted, "p", .handlers = true);
}
TICK_SCENARIO(signals_in_select, "") {
    tick_host_add(world, "a", is_interrupted, "s", .handlers = true);
}
TICK_SCENARIO(no_signals, "") {
    tick_host_add(world, "a", is_interrupted, "z");
    tick_host_add(world, "b", is_interrupted, "p");
    tick_host_add(world, "c", is_interrupted, "s");
}
// The loop's own waits are interrupted, too, and nobody notices: sleeps are as long as they should be.
static int sleeps_on(void *arg) {
    (void)arg;
    for (int i = 0; i < 20; i++) {
        int64_t began = tick_loop_time(NULL);
        TICK_TRY(tick_sleep(TICK_MS(1)));
        TICK_TRY(tick_check(tick_loop_time(NULL) - began >= TICK_MS(1), "it woke too early"));
    }
    return 0;
}
TICK_SCENARIO(signals_in_the_loop, "") {
    tick_host_add(world, "a", sleeps_on, NULL, .handlers = true);
}

static void signals_interrupt_where_there_are_handlers(void **state) {
    (void)state;
    is_found("signals_in_sleep", TICK_CHOICE_INTERRUPT);
    is_found("signals_in_poll", TICK_CHOICE_INTERRUPT);
    is_found("signals_in_select", TICK_CHOICE_INTERRUPT);
    never_fails("no_signals");
    never_fails("signals_in_the_loop");
}

// --- SIGPIPE ---

static int writes_to_nobody(void *arg) {
    struct tick_sys *sys = tick_sys_running();
    const char *how = arg;
    struct iovec part = {"x", 1};
    int fds[2];
    TICK_TRY(*how == 'p' ? sys->ops->pipe(sys, fds) : sys->ops->socketpair(sys, AF_UNIX, *how == 'd' ? SOCK_DGRAM : SOCK_STREAM, 0, fds));
    TICK_TRY(*how == 'd' ? sys->ops->shutdown(sys, fds[1], SHUT_WR) : sys->ops->close(sys, fds[0]));
    const ssize_t n = how[1] == 'v'   ? sys->ops->writev(sys, fds[1], &part, 1)
                      : how[1] == 's' ? sys->ops->send(sys, fds[1], "x", 1, 0)
                                      : sys->ops->write(sys, fds[1], "x", 1);
    if (*how == 'd')
        TICK_TRY(sys->ops->close(sys, fds[0]));
    TICK_TRY(sys->ops->close(sys, fds[1]));
    return tick_check(n == -EPIPE, "%zd", n);
}
TICK_SCENARIO(pipe_written, "") {
    tick_host_add(world, "a", writes_to_nobody, "p");
}
TICK_SCENARIO(pipe_written_in_parts, "") {
    tick_host_add(world, "a", writes_to_nobody, "pv");
}
TICK_SCENARIO(stream_written, "") {
    tick_host_add(world, "a", writes_to_nobody, "s");
}
TICK_SCENARIO(nobody_dies, "") {
    tick_host_add(world, "ignores", writes_to_nobody, "p", .ignores_sigpipe = true);
    tick_host_add(world, "handles", writes_to_nobody, "sv", .handlers = true);
    tick_host_add(world, "sends", writes_to_nobody, "ss");
    tick_host_add(world, "datagrams", writes_to_nobody, "d");
}

static void a_write_that_nobody_reads_kills(void **state) {
    (void)state;
    static const char *const all[] = {"pipe_written", "pipe_written_in_parts", "stream_written"};
    for (size_t i = 0; i < 3; i++) {
        struct tick_outcome outcome = run_with(all[i], &tick_calm);
        assert_int_equal(outcome.verdict, TICK_CRASHED);
        assert_non_null(strstr(outcome.text, "SIGPIPE"));
    }
    passes("nobody_dies");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(datagrams_go_wrong_where_a_link_says_so),
        cmocka_unit_test(names_go_wrong_where_a_scenario_says_so),
        cmocka_unit_test(a_host_waits_by_itself),
        cmocka_unit_test(signals_interrupt_where_there_are_handlers),
        cmocka_unit_test(a_write_that_nobody_reads_kills),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
