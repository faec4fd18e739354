// Faults: what each does to the hosts and the network, when it ends, and that what must come true is waited for.
// torture: 4
#include "src/loop/loop_int.h"
#include "tests/support/harness_fixture.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>

static void passes(const char *name, int64_t ends_at) {
    struct tick_outcome outcome = calm(name);
    if (outcome.verdict != TICK_PASS || (ends_at && outcome.ended_at != ends_at))
        fail_msg("%s: %s at %lld: %s", name, tick_verdict_word(outcome.verdict), (long long)outcome.ended_at, outcome.text);
}

// --- the network ---

static int echo(tick_stream *stream, void *arg) {
    (void)arg;
    char line[40];
    ssize_t length;
    while ((length = tick_stream_read_line(stream, line, sizeof line)) > 0)
        TICK_TRY((int)tick_stream_printf(stream, "%s\n", line));
    return (int)length;
}

static int server(void *arg) {
    return tick_serve(":7", echo, arg);
}

// Asks twice, half a second apart: the second answer comes `arg` ns after the question.
static int asks(void *arg) {
    char line[40];
    tick_stream *stream;
    TICK_TRY(tick_connect("server:7", &stream));
    for (int i = 0; i < 2; i++) {
        int64_t began = tick_loop_time(NULL);
        TICK_TRY((int)tick_stream_printf(stream, "line\n"));
        TICK_TRY((int)tick_stream_read_line(stream, line, sizeof line));
        int64_t took = tick_loop_time(NULL) - began, expected = i ? (intptr_t)arg : TICK_MS(2);
        TICK_TRY(tick_check(took == expected, "answer %d took %lld, not %lld", i, (long long)took, (long long)expected));
        TICK_TRY(tick_sleep(TICK_MS(500)));
    }
    return 0;
}

static struct tick_host *two(struct tick_world *world, tick_task_fn *client, int64_t arg) {
    struct tick_host *host = tick_daemon(world, "server", server, NULL);
    tick_host_add(world, "client", client, (void *)(intptr_t)arg);
    tick_link_all(world, .latency = TICK_MS(1), .timeout = TICK_SEC(5));
    return host;
}

// Sent at 504 ms; repeated after 200 ms, then 400 ms.
TICK_SCENARIO(cut_off, "") {
    tick_fault_at(world, TICK_MS(400), TICK_PARTITION, .side = {two(world, asks, TICK_MS(602))}, .lasts = TICK_MS(400));
}
TICK_SCENARIO(cut_off_one_way, "") { // the answer is repeated, not the question
    tick_fault_at(world, TICK_MS(400), TICK_ONE_WAY, .side = {two(world, asks, TICK_MS(202))}, .lasts = TICK_MS(200));
}
TICK_SCENARIO(clogged, "") {
    tick_fault_at(world, TICK_MS(400), TICK_CLOG, .side = {two(world, asks, TICK_MS(62))}, .slow = TICK_MS(30));
}
TICK_SCENARIO(cut_off_from_others, "") {
    struct tick_host *host = two(world, asks, TICK_MS(2)), *other = tick_host_add(world, "other", server, NULL);
    tick_real_host(world, other);
    tick_fault_at(world, 0, TICK_PARTITION, .side = {host}, .other = {other});
    tick_fault_at(world, TICK_SEC(1), TICK_CRASH, .side = {other});
}
static int fails_with_timeout(void *arg) {
    (void)arg;
    char line[40];
    tick_stream *stream;
    TICK_TRY(tick_connect("server:7", &stream));
    TICK_TRY(tick_sleep(TICK_MS(500)));
    TICK_TRY((int)tick_stream_printf(stream, "line\n"));
    int64_t began = tick_loop_time(NULL);
    int result = (int)tick_stream_read_line(stream, line, sizeof line);
    TICK_TRY(tick_check(result == -ETIMEDOUT, "%d", result));
    return tick_check(tick_loop_time(NULL) - began == TICK_SEC(5), "%lld", (long long)(tick_loop_time(NULL) - began));
}

TICK_SCENARIO(cut_off_for_good, "") {
    tick_fault_at(world, TICK_MS(400), TICK_PARTITION, .side = {two(world, fails_with_timeout, 0)});
}
TICK_SCENARIO(unheard_for_good, "") { // what is sent arrives, but no acknowledgement comes back
    tick_fault_at(world, TICK_MS(400), TICK_ONE_WAY, .side = {two(world, fails_with_timeout, 0)});
}

static void networks(void **state) {
    (void)state;
    passes("cut_off", 0);
    passes("cut_off_one_way", 0);
    passes("clogged", 0);
    passes("cut_off_from_others", 0);
    passes("cut_off_for_good", 0);
    passes("unheard_for_good", 0);
}

static int measures(void *arg) {
    (void)arg;
    char line[40];
    tick_stream *stream;
    TICK_TRY(tick_connect("server:7", &stream));
    TICK_TRY(tick_sleep(TICK_MS(500)));
    int64_t began = tick_loop_time(NULL);
    TICK_TRY((int)tick_stream_printf(stream, "line\n"));
    TICK_TRY((int)tick_stream_read_line(stream, line, sizeof line));
    return tick_check(tick_loop_time(NULL) - began == TICK_MS(22), "%lld", (long long)(tick_loop_time(NULL) - began));
}
TICK_SCENARIO(narrow_link, "") {
    two(world, measures, 0);
    tick_link_all(world, .latency = TICK_MS(1), .bandwidth = 7100); // 5 bytes and 66 of headers: 10 ms each way
}

static void bandwidth_takes_time(void **state) {
    (void)state;
    passes("narrow_link", 0);
}

// An idle connection with SO_KEEPALIVE: probes every two seconds, then each second, and the third without an answer is the last. The
// latest segment was there at 3 ms, so that the probe at 6 s is the first to be lost.
static int keeps_alive(void *arg) {
    struct tick_sys *sys_ = tick__loop_running->sys;
    const int on = 1, idle = 2, interval = 1, count = 3;
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(7), .sin_addr.s_addr = htonl(0x0a000001)};
    struct pollfd one = {.events = POLLIN};
    TICK_TRY(one.fd = sys_->ops->socket(sys_, AF_INET, SOCK_STREAM, 0));
    TICK_TRY(sys_->ops->setsockopt(sys_, one.fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on));
    TICK_TRY(sys_->ops->setsockopt(sys_, one.fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle));
    TICK_TRY(sys_->ops->setsockopt(sys_, one.fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval));
    TICK_TRY(sys_->ops->setsockopt(sys_, one.fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count));
    int result = sys_->ops->connect(sys_, one.fd, (struct sockaddr *)&in, sizeof in);
    TICK_TRY(tick_check(result == -EINPROGRESS, "%d", result));
    int ready = sys_->ops->poll(sys_, &one, 1, TICK_SEC(30)), error = 0;
    socklen_t size = sizeof error;
    TICK_TRY(sys_->ops->getsockopt(sys_, one.fd, SOL_SOCKET, SO_ERROR, &error, &size));
    TICK_TRY(sys_->ops->close(sys_, one.fd));
    if (!arg)
        return tick_check(ready == 0 && error == 0, "%d", error);
    TICK_TRY(tick_check(ready == 1 && error == ETIMEDOUT, "%d", error));
    const int64_t now = tick_loop_time(NULL);
    return tick_check(now == TICK_SEC(9) + TICK_MS((intptr_t)arg), "%lld", (long long)now);
}
TICK_SCENARIO(cut_off_while_idle, "") {
    tick_fault_at(world, TICK_SEC(5), TICK_PARTITION, .side = {two(world, keeps_alive, 3)});
}
TICK_SCENARIO(cut_off_one_way_while_idle, "") {
    tick_fault_at(world, TICK_SEC(5), TICK_ONE_WAY, .side = {two(world, keeps_alive, 3)});
}
TICK_SCENARIO(cut_off_between_probes, "") {
    tick_fault_at(world, TICK_SEC(5), TICK_PARTITION, .side = {two(world, keeps_alive, 0)}, .lasts = TICK_MS(900));
}
TICK_SCENARIO(cut_off_for_two_probes, "") {
    tick_fault_at(world, TICK_SEC(5), TICK_PARTITION, .side = {two(world, keeps_alive, 0)}, .lasts = TICK_MS(2500));
}
TICK_SCENARIO(crashed_while_idle, "") {
    tick_fault_at(world, TICK_SEC(5), TICK_CRASH, .side = {two(world, keeps_alive, 3)});
}

static void idle_connections_are_probed(void **state) {
    (void)state;
    passes("cut_off_while_idle", 0);
    passes("cut_off_one_way_while_idle", 0);
    passes("cut_off_between_probes", 0);
    passes("cut_off_for_two_probes", 0);
    passes("crashed_while_idle", 0);
}

// Whatever the network does, a stream's bytes come in order, each once, and all of them if it ends well.
static int received, complete;

static int takes_in_order(tick_stream *stream, void *arg) {
    (void)arg;
    char line[40];
    ssize_t length;
    for (int next = 0; (length = tick_stream_read_line(stream, line, sizeof line)) > 0; next++) {
        TICK_TRY(tick_check(atoi(line) == next, "line %s, not %d", line, next));
        received++;
    }
    TICK_TRY((int)length);
    complete++;
    return (int)tick_stream_printf(stream, "done\n");
}

static int takes(void *arg) {
    return tick_serve(":7", takes_in_order, arg);
}

static int sends_in_order(void *arg) {
    (void)arg;
    char line[40];
    tick_stream *stream;
    if (tick_connect("server:7", &stream) < 0)
        return 0;
    for (int i = 0; i < 400; i++) {
        if (tick_stream_printf(stream, "%d\n", i) < 0)
            return 0;
        if (i % 10 == 0)
            TICK_TRY(tick_sleep(TICK_MS(5)));
    }
    if (tick_stream_write_eof(stream) < 0 || tick_stream_read_line(stream, line, sizeof line) < 0)
        return 0;
    return tick_check(complete == 1 && received == 400, "%d lines", received);
}

TICK_SCENARIO(order_is_kept, "") {
    tick_daemon(world, "server", takes, NULL);
    tick_host_add(world, "client", sends_in_order, NULL);
    tick_link_all(
        world, .latency = TICK_MS(1), .jitter = TICK_MS(10), .loss = true, .bandwidth = 20000, .queue = 2000, .timeout = TICK_SEC(4));
    tick_faults(world, "network", .kinds = TICK_PARTITION | TICK_ONE_WAY | TICK_CLOG, .until = TICK_MS(400), .every = TICK_MS(4),
        .lasts = TICK_SEC(10), .most = 8);
}

static void streams_stay_in_order(void **state) {
    (void)state;
    size_t whole = 0, broken = 0;
    for (uint64_t seed = 0; seed < 600; seed++) {
        struct tick_random_chooser chooser;
        struct tick_outcome outcome;
        tick_random_init(&chooser, seed, NULL);
        const struct tick_run run = {.scenario = tick_scenario_find("order_is_kept"), .chooser = &chooser.chooser};
        assert_int_equal(tick_harness_run(harness, &run, &outcome), 0);
        if (outcome.verdict != TICK_PASS)
            fail_msg("seed %d: %s: %s", (int)seed, tick_verdict_word(outcome.verdict), outcome.text);
        whole += complete;
        broken += !complete;
    }
    assert_true(whole > 100 && broken > 5);
}

// --- hosts ---

static int notices(void *arg) { // the first connection breaks; another one meets the next life
    (void)arg;
    char line[40];
    tick_stream *stream;
    TICK_TRY(tick_connect("server:7", &stream));
    TICK_TRY(tick_sleep(TICK_MS(500)));
    TICK_TRY((int)tick_stream_printf(stream, "line\n"));
    int result = (int)tick_stream_read_line(stream, line, sizeof line);
    TICK_TRY(tick_check(result == -ECONNRESET, "%d", result));
    tick_stream_close(stream);
    TICK_TRY(tick_connect("server:7", &stream));
    TICK_TRY((int)tick_stream_printf(stream, "line\n"));
    return tick_check((int)tick_stream_read_line(stream, line, sizeof line) > 0, "no answer");
}
TICK_SCENARIO(crashed_and_back, "") { // a reset answers what is sent to the old connection
    tick_fault_at(world, TICK_MS(100), TICK_CRASH, .side = {two(world, notices, 0)}, .lasts = TICK_MS(300));
}
TICK_SCENARIO(crashed_and_late, "") { // ... also when it was sent while the host was down
    tick_fault_at(world, TICK_MS(100), TICK_CRASH, .side = {two(world, notices, 0)}, .lasts = TICK_MS(700));
}

static int closed(void *arg) {
    (void)arg;
    char line[40];
    tick_stream *stream;
    TICK_TRY(tick_connect("server:7", &stream));
    int result = (int)tick_stream_read_line(stream, line, sizeof line);
    TICK_TRY(tick_check(result == 0 && tick_loop_time(NULL) >= TICK_MS(100) && tick_loop_time(NULL) < TICK_MS(110), "%d at %lld", result,
        (long long)tick_loop_time(NULL)));
    return 0;
}
TICK_SCENARIO(stopped, "") {
    tick_fault_at(world, TICK_MS(100), TICK_STOP, .side = {two(world, closed, 0)});
}

static int sleeps(void *arg) {
    int64_t began = tick_loop_time(NULL);
    TICK_TRY(tick_sleep(TICK_MS(10)));
    return tick_check(tick_loop_time(NULL) - began == (intptr_t)arg, "%lld", (long long)(tick_loop_time(NULL) - began));
}
TICK_SCENARIO(paused, "") {
    tick_fault_at(
        world, TICK_MS(5), TICK_PAUSE, .side = {tick_host_add(world, "a", sleeps, (void *)(intptr_t)TICK_MS(55))}, .lasts = TICK_MS(50));
}
TICK_SCENARIO(paused_in_vain, "") {
    tick_fault_at(
        world, TICK_MS(2), TICK_PAUSE, .side = {tick_host_add(world, "a", sleeps, (void *)(intptr_t)TICK_MS(10))}, .lasts = TICK_MS(5));
}

static char order[64];

static int signs_lives(void *arg) {
    (void)arg;
    size_t length = strlen(order);
    snprintf(order + length, sizeof order - length, "%u", tick_host_lives());
    return tick_sleep(TICK_MS(10));
}
TICK_SCENARIO(three_lives, "") {
    struct tick_host *a = tick_host_add(world, "a", signs_lives, NULL);
    tick_fault_at(world, TICK_MS(5), TICK_CRASH, .side = {a}, .lasts = TICK_MS(1));
    tick_fault_at(world, TICK_MS(12), TICK_STOP, .side = {a}, .lasts = TICK_MS(1));
    tick_fault_at(world, TICK_MS(50), TICK_CRASH, .side = {a}, .lasts = TICK_MS(1)); // it has returned
}
TICK_SCENARIO(crashed_for_good, "") {
    struct tick_host *a = tick_host_add(world, "a", signs_lives, NULL);
    tick_host_add(world, "b", signs_lives, NULL, .after = {a});
    tick_fault_at(world, TICK_MS(5), TICK_CRASH, .side = {a});
}

static void hosts(void **state) {
    (void)state;
    passes("crashed_and_back", 0);
    passes("crashed_and_late", 0);
    passes("stopped", 0);
    passes("paused", TICK_MS(55));
    passes("paused_in_vain", TICK_MS(10));
    passes("three_lives", TICK_MS(23));
    assert_string_equal(order, "012");
    passes("crashed_for_good", TICK_MS(15));
    assert_string_equal(order, "00");
}

static int reads_clocks(void *arg) {
    (void)arg;
    int64_t wall = tick_wall(), now = tick_loop_time(NULL);
    TICK_TRY(tick_sleep(TICK_SEC(1)));
    int64_t passed = tick_wall() - wall;
    TICK_TRY(tick_check(tick_loop_time(NULL) - now == TICK_SEC(1), "the monotonic clock is off"));
    return tick_check(passed == TICK_SEC(1) + TICK_US(100) - TICK_SEC(3), "%lld", (long long)passed);
}
TICK_SCENARIO(clocks, "") {
    struct tick_host *a = tick_host_add(world, "a", reads_clocks, NULL, .drift = 100, .clock = TICK_SEC(60));
    tick_fault_at(world, TICK_MS(5), TICK_CLOCK, .side = {a}, .jump = TICK_SEC(-3));
}

// TFD_TIMER_CANCEL_ON_SET tells of a jump, not of a drift, whatever else asks for the time meanwhile.
static int hears_of_a_jump(void *arg) {
    (void)arg;
    struct tick_sys *calls = tick_sys_running();
    uint64_t ticks;
    int64_t wall;
    const int fd = calls->ops->timerfd(calls, CLOCK_REALTIME);
    TICK_TRY(calls->ops->timerfd_settime(
        calls, fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, tick_wall() + TICK_SEC(60), 0, NULL, NULL));
    for (int i = 0; i < 4; i++) {
        TICK_TRY(tick_sleep(TICK_MS(1)));
        TICK_TRY(calls->ops->clock(calls, CLOCK_REALTIME, &wall));
        TICK_TRY(tick_check(calls->ops->read(calls, fd, &ticks, sizeof ticks) == -EAGAIN, "it was only drift"));
    }
    TICK_TRY(tick_sleep(TICK_MS(2)));
    TICK_TRY(tick_check(calls->ops->read(calls, fd, &ticks, sizeof ticks) == -ECANCELED, "it jumped"));
    return calls->ops->close(calls, fd);
}
TICK_SCENARIO(cancelled_timer, "") {
    struct tick_host *a = tick_host_add(world, "a", hears_of_a_jump, NULL, .drift = 100, .clock = TICK_SEC(60));
    tick_fault_at(world, TICK_MS(5), TICK_CLOCK, .side = {a}, .jump = TICK_SEC(-3));
}

static void clocks_go_wrong(void **state) {
    (void)state;
    passes("clocks", TICK_SEC(1));
    passes("cancelled_timer", TICK_MS(6));
}

// --- disks ---

static struct tick_sys *sys;

// Appends to a log: a synced line and one that is not. The next life finds the first.
static int writes(void *arg) {
    const bool synced = arg != NULL;
    sys = tick__loop_running->sys;
    int fd = sys->ops->open(sys, "/log", O_RDWR | O_CREAT, 0644);
    TICK_TRY(fd);
    char line[16] = "";
    ssize_t length = sys->ops->pread(sys, fd, line, sizeof line - 1, 0);
    TICK_TRY((int)length);
    if (tick_host_lives())
        TICK_TRY(tick_check(!strcmp(line, synced ? "one\n" : ""), "the log says: %s", line));
    TICK_TRY((int)sys->ops->pwrite(sys, fd, "one\n", 4, 0));
    if (synced) { // the name, too
        int root = sys->ops->open(sys, "/", O_RDONLY | O_DIRECTORY, 0);
        TICK_TRY(root);
        TICK_TRY(sys->ops->fsync(sys, fd));
        TICK_TRY(sys->ops->fsync(sys, root));
        TICK_TRY(sys->ops->close(sys, root));
    }
    TICK_TRY((int)sys->ops->pwrite(sys, fd, "two\n", 4, 4));
    TICK_TRY(tick_sleep(TICK_MS(10)));
    return sys->ops->close(sys, fd);
}
TICK_SCENARIO(unsynced_is_lost, "") {
    struct tick_host *a = tick_host_add(world, "a", writes, NULL);
    tick_fault_at(world, TICK_MS(5), TICK_CRASH, .side = {a}, .lasts = TICK_MS(1));
}
static int yes;
TICK_SCENARIO(synced_is_kept, "") {
    struct tick_host *a = tick_host_add(world, "a", writes, &yes);
    tick_fault_at(world, TICK_MS(5), TICK_CRASH, .side = {a}, .lasts = TICK_MS(1));
}

static int meets_bad_disk(void *arg) {
    (void)arg;
    sys = tick__loop_running->sys;
    size_t errors = 0, shorts = 0, failed = 0, late = 0;
    char bytes[100] = {0};
    for (int i = 0; i < 100; i++) {
        int fd = sys->ops->open(sys, "/file", O_RDWR | O_CREAT, 0644);
        if (fd == -EIO)
            errors++;
        if (fd < 0)
            continue;
        ssize_t count = sys->ops->pwrite(sys, fd, bytes, sizeof bytes, 0);
        errors += count == -EIO;
        shorts += count > 0 && count < 100;
        failed += sys->ops->fsync(sys, fd) == -EIO;
        TICK_TRY(sys->ops->close(sys, fd));
        int64_t began = tick_loop_time(NULL);
        TICK_TRY(tick_sleep(0));
        TICK_TRY(tick_sleep(0));
        late += tick_loop_time(NULL) > began;
    }
    if (errors)
        tick_mark("errors");
    if (shorts)
        tick_mark("shorts");
    if (failed)
        tick_mark("failed");
    if (late)
        tick_mark("late");
    return 0;
}
TICK_SCENARIO(bad_disk, "") {
    tick_host_add(world, "a", meets_bad_disk, NULL);
    tick_disk(world, NULL, .errors = true, .shorts = true, .syncs = true, .late = TICK_MS(5));
}
TICK_SCENARIO(good_disk, "") {
    tick_host_add(world, "a", meets_bad_disk, NULL);
}

static size_t marks_of(const char *name) {
    size_t marks = 0;
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct tick_random_chooser chooser;
        struct tick_outcome outcome;
        const char *const *names;
        tick_random_init(&chooser, seed, NULL);
        const struct tick_run run = {.scenario = tick_scenario_find(name), .chooser = &chooser.chooser};
        assert_int_equal(tick_harness_run(harness, &run, &outcome), 0);
        assert_int_equal(outcome.verdict, TICK_PASS);
        size_t count = tick_harness_marks(harness, &names);
        for (size_t i = 0; i < count; i++)
            marks |= names[i][0] == 'e' ? 1u : names[i][0] == 's' ? 2u : names[i][0] == 'f' ? 4u : strcmp(name, "good_disk") ? 8u : 0;
    }
    return marks;
}

static void disks(void **state) {
    (void)state;
    passes("unsynced_is_lost", 0);
    passes("synced_is_kept", 0);
    assert_int_equal(marks_of("bad_disk"), 15);
    assert_int_equal(marks_of("good_disk"), 0);
}

// --- ranges, progress, unhandled errors ---

static int ticks(void *arg) {
    (void)arg;
    for (int i = 0; i < 200; i++)
        TICK_TRY(tick_sleep(TICK_MS(10)));
    return 0;
}
TICK_SCENARIO(ranges, "") {
    tick_host_add(world, "a", ticks, NULL);
    tick_daemon(world, "b", server, NULL);
    tick_faults(world, "storm", .kinds = TICK_PARTITION | TICK_ONE_WAY | TICK_CLOG | TICK_CRASH | TICK_STOP | TICK_PAUSE | TICK_CLOCK,
        .from = TICK_MS(100), .until = TICK_SEC(1), .every = TICK_MS(50), .lasts = TICK_MS(70), .most = 3);
    tick_quiet_after(world, TICK_MS(900));
}

static void ranges_keep_their_bounds(void **state) {
    (void)state;
    size_t all = 0, of_kind[TICK_CHOICE_KINDS] = {0};
    int64_t shortest = TICK_NEVER;
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct tick_random_chooser chooser;
        struct tick_outcome outcome;
        tick_random_init(&chooser, seed, NULL);
        const struct tick_run run = {.scenario = tick_scenario_find("ranges"), .chooser = &chooser.chooser};
        assert_int_equal(tick_harness_run(harness, &run, &outcome), 0);
        assert_int_equal(outcome.verdict, TICK_PASS);
        size_t count, faults = 0;
        const struct tick_deviation *drawn = tick_harness_deviations(harness, &count);
        uint64_t partition_at = 0;
        for (size_t i = 0; i < count; i++) {
            if (drawn[i].kind < TICK_CHOICE_FAULT_PARTITION || drawn[i].kind > TICK_CHOICE_FAULT_CLOCK)
                continue;
            assert_true(drawn[i].ordinal >= 100 && drawn[i].ordinal < 900 && drawn[i].ordinal % 50 == 0);
            const int64_t lasts = tick_scale_delay(drawn[i].value, drawn[i].n, drawn[i].most);
            const bool restarts = drawn[i].kind == TICK_CHOICE_FAULT_CRASH || drawn[i].kind == TICK_CHOICE_FAULT_STOP;
            const bool stalls = drawn[i].kind == TICK_CHOICE_FAULT_PAUSE || drawn[i].kind == TICK_CHOICE_FAULT_CLOCK;
            assert_true(lasts <= TICK_MS(70) && lasts >= (restarts ? TICK_MS(70) : stalls ? TICK_MS(1) : TICK_MS(10)));
            shortest = lasts < shortest ? lasts : shortest;
            of_kind[drawn[i].kind]++;
            bool same = drawn[i].kind == TICK_CHOICE_FAULT_PARTITION && drawn[i].ordinal == partition_at;
            faults += !same; // two hosts of one partition
            if (drawn[i].kind == TICK_CHOICE_FAULT_PARTITION)
                partition_at = drawn[i].ordinal;
        }
        assert_true(faults <= 3);
        all += faults;
    }
    assert_true(all > 100);
    assert_int_equal(shortest, TICK_MS(1));
    for (unsigned kind = TICK_CHOICE_FAULT_PARTITION; kind <= TICK_CHOICE_FAULT_CLOCK; kind++)
        assert_true(of_kind[kind] > 0);
}

TICK_SCENARIO(ranges_of_long_faults, "") {
    tick_host_add(world, "a", ticks, NULL);
    tick_daemon(world, "b", server, NULL);
    tick_faults(world, "storm", .kinds = TICK_PARTITION | TICK_CRASH | TICK_PAUSE, .until = TICK_SEC(1), .lasts = TICK_MS(700),
        .shortest = TICK_MS(200));
}
TICK_SCENARIO(ranges_of_no_length, "") {
    tick_host_add(world, "a", ticks, NULL);
    tick_faults(world, "storm", .kinds = TICK_CRASH, .lasts = TICK_MS(7), .shortest = TICK_MS(8));
}

// Of 300 and 700 ms each.
static void no_fault_is_shorter_than_the_range_says(void **state) {
    (void)state;
    size_t all = 0, least = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct tick_random_chooser chooser;
        struct tick_outcome outcome;
        tick_random_init(&chooser, seed, NULL);
        const struct tick_run run = {.scenario = tick_scenario_find("ranges_of_long_faults"), .chooser = &chooser.chooser};
        assert_int_equal(tick_harness_run(harness, &run, &outcome), 0);
        size_t count;
        const struct tick_deviation *drawn = tick_harness_deviations(harness, &count);
        for (size_t i = 0; i < count; i++) {
            if (drawn[i].kind < TICK_CHOICE_FAULT_PARTITION || drawn[i].kind > TICK_CHOICE_FAULT_CLOCK)
                continue;
            assert_int_equal(tick_scale_delay(drawn[i].value, drawn[i].n, drawn[i].most), TICK_MS(drawn[i].value == 1 ? 300 : 700));
            least += drawn[i].value == 1;
            all++;
        }
    }
    assert_true(least > 10 && all > least + 10);
    assert_int_equal(calm("ranges_of_no_length").verdict, TICK_BAD_SCENARIO);
}

static bool is_late(void *arg) {
    return *(int *)arg > 0;
}
static int done;
static int gets_done(void *arg) {
    TICK_TRY(tick_sleep(TICK_MS(50)));
    done = 1;
    return tick_sleep((intptr_t)arg);
}
TICK_SCENARIO(comes, "") {
    tick_host_add(world, "a", gets_done, NULL);
    tick_must_by(world, TICK_MS(60), is_late, &done, "it is done");
}
TICK_SCENARIO(comes_late, "") {
    tick_host_add(world, "a", gets_done, NULL);
    tick_must_by(world, TICK_MS(40), is_late, &done, "it is done");
}
static int nothing;
TICK_SCENARIO(never_comes, "") {
    tick_host_add(world, "a", gets_done, NULL);
    tick_must_by(world, TICK_SEC(9), is_late, &nothing, "it is done");
}

static int fails(void *arg) {
    (void)arg;
    return -EBADMSG;
}
static int leaves_an_error(void *arg) {
    (void)arg;
    TICK_TRY(tick_go(fails, NULL));
    return tick_sleep(TICK_MS(1));
}
TICK_SCENARIO(unhandled, "") {
    tick_host_add(world, "a", leaves_an_error, NULL);
}
TICK_SCENARIO(unhandled_allowed, "") {
    tick_host_add(world, "a", leaves_an_error, NULL);
    tick_allow_unhandled(world);
}
TICK_SCENARIO(nobody_struck, "") {
    tick_host_add(world, "a", ticks, NULL);
    tick_fault_at(world, 0, TICK_CRASH, .lasts = 1);
}
TICK_SCENARIO(two_kinds, "") {
    struct tick_host *a = tick_host_add(world, "a", ticks, NULL);
    tick_fault_at(world, 0, TICK_CRASH | TICK_STOP, .side = {a});
}
TICK_SCENARIO(one_name, "") {
    tick_host_add(world, "a", ticks, NULL);
    tick_faults(world, "x", .kinds = TICK_CLOCK);
    tick_faults(world, "x", .kinds = TICK_CLOCK);
}

static void verdicts(void **state) {
    (void)state;
    static const struct {
        const char *scenario;
        enum tick_verdict verdict;
        const char *text;
    } rows[] = {
        {"comes", TICK_PASS, ""},
        {"comes_late", TICK_NO_PROGRESS, "did not come true: it is done"},
        {"never_comes", TICK_NO_PROGRESS, "did not come true: it is done"},
        {"unhandled", TICK_UNHANDLED, "a: Task exception was never retrieved, fails: EBADMSG: "},
        {"unhandled_allowed", TICK_PASS, ""},
        {"nobody_struck", TICK_BAD_SCENARIO, "a fault needs hosts"},
        {"two_kinds", TICK_BAD_SCENARIO, "a fault needs one kind"},
        {"one_name", TICK_BAD_SCENARIO, "two ranges of faults have one name"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tick_outcome outcome = calm(rows[i].scenario);
        if (outcome.verdict != rows[i].verdict || strncmp(outcome.text, rows[i].text, strlen(rows[i].text)) != 0)
            fail_msg("%s: %s: %s", rows[i].scenario, tick_verdict_word(outcome.verdict), outcome.text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks),
        cmocka_unit_test(bandwidth_takes_time),
        cmocka_unit_test(idle_connections_are_probed),
        cmocka_unit_test(streams_stay_in_order),
        cmocka_unit_test(hosts),
        cmocka_unit_test(clocks_go_wrong),
        cmocka_unit_test(disks),
        cmocka_unit_test(ranges_keep_their_bounds),
        cmocka_unit_test(no_fault_is_shorter_than_the_range_says),
        cmocka_unit_test(verdicts),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
