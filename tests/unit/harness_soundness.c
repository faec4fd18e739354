// What choices never do to a program, whatever the seed: no timer out of order, no byte out of order, nothing that was synced lost, and no
// question at all where a scenario does not allow what it is about. docs/TESTING.md lists which test stands for which kind.
#include "src/base/keep.h"
#include "src/loop/loop_int.h"
#include "tests/support/harness_fixture.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TICK_KEEP static uint64_t asked[TICK_CHOICE_KINDS] = {0}, deviated[TICK_CHOICE_KINDS] = {0};

// A random chooser that counts.
struct counting {
    struct tick_chooser chooser;
    struct tick_random_chooser random;
};

static uint32_t count_and_choose(
    struct tick_chooser *self, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    struct counting *c = (struct counting *)self;
    asked[kind]++;
    uint32_t value = c->random.chooser.ops->choose(&c->random.chooser, kind, subject, ordinal, n, most);
    assert_true(value == 0 || value < n);
    deviated[kind] += value != 0;
    return value;
}

// Runs a scenario with that many seeds, in which every sound kind deviates often: all pass.
static void holds(const char *name, uint64_t seeds) {
    static const struct tick_chooser_ops ops = {"counting", count_and_choose};
    struct tick_rates rates;
    memset(asked, 0, sizeof asked);
    memset(deviated, 0, sizeof deviated);
    tick_rates_default(&rates);
    for (uint32_t kind = 1; kind < TICK_CHOICE_KINDS; kind++)
        if (rates.of[kind] && rates.of[kind] < 4000)
            rates.of[kind] = 4000;
    for (uint64_t seed = 0; seed < seeds; seed++) {
        struct counting chooser = {.chooser.ops = &ops};
        struct tick_outcome outcome;
        tick_random_init(&chooser.random, seed, &rates);
        const struct tick_run run = {.scenario = tick_scenario_find(name), .chooser = &chooser.chooser};
        assert_non_null(run.scenario);
        assert_int_equal(tick_harness_run(harness, &run, &outcome), 0);
        if (outcome.verdict != TICK_PASS)
            fail_msg("%s: seed %d: %s: %s", name, (int)seed, tick_verdict_word(outcome.verdict), outcome.text);
    }
}

static void took_part(const enum tick_choice_kind *kinds, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!deviated[kinds[i]])
            fail_msg("kind %d never deviated", (int)kinds[i]);
}
#define TOOK_PART(...) \
    took_part((const enum tick_choice_kind[]){__VA_ARGS__}, \
        sizeof((const enum tick_choice_kind[]){__VA_ARGS__}) / sizeof(enum tick_choice_kind))

// --- time ---

#define TIMERS 40

struct timer {
    int64_t deadline;
    int armed; // before so many others
};
static struct timer timers[TIMERS];
static int fired, last_fired;

static void fires(void *arg) {
    const struct timer *timer = arg, *last = &timers[last_fired];
    const int64_t now = tick_loop_time(NULL);
    (void)tick_check(now >= timer->deadline, "a timer fires before its time");
    (void)tick_check(!fired || timer->deadline > last->deadline || (timer->deadline == last->deadline && timer->armed > last->armed),
        "a timer overtakes another");
    last_fired = (int)(timer - timers);
    fired++;
}

// Other tasks keep the loop busy, and time stands still within a step.
static int steps(void *arg) {
    (void)arg;
    for (int i = 0; i < 30; i++) {
        const int64_t before = tick_loop_time(NULL), wall = tick_wall();
        TICK_TRY(tick_check(tick_loop_time(NULL) == before && tick_wall() == wall, "time passes within a step"));
        TICK_TRY(tick_sleep(i % 3 ? TICK_MS(1) : 0));
        TICK_TRY(tick_check(tick_loop_time(NULL) >= before, "time goes back"));
    }
    return 0;
}

static int arms_timers(void *arg) {
    (void)arg;
    struct tick_task *task = tick_spawn(steps, NULL);
    for (int i = 0; i < TIMERS; i++) {
        timers[i] = (struct timer){tick_loop_time(NULL) + TICK_MS((i * 7) % 11) / 2, i};
        tick_handle_unref(tick_call_at(tick__loop_running, timers[i].deadline, fires, &timers[i]));
        if (i % 10 == 9)
            TICK_TRY(tick_sleep(TICK_MS(1)));
    }
    TICK_TRY(tick_join(task));
    TICK_TRY(tick_sleep(TICK_MS(20)));
    return tick_check(fired == TIMERS, "%d timers fired", fired);
}
TICK_SCENARIO(timers_in_order, "") {
    tick_host_add(world, "a", arms_timers, NULL);
}

static void timers_keep_their_order(void **state) {
    (void)state;
    holds("timers_in_order", 300);
    TOOK_PART(TICK_CHOICE_POLL_LATE, TICK_CHOICE_STEP_COST);
}

// --- numbers of the program's own ---

static int draws(void *arg) {
    (void)arg;
    for (uint32_t n = 0; n < 40; n++) {
        uint32_t value = tick_random("number", n);
        TICK_TRY(tick_check(value < n || (!value && !n), "%u of %u", value, n));
    }
    return 0;
}
TICK_SCENARIO(numbers, "") {
    tick_host_add(world, "a", draws, NULL);
}

static void numbers_are_below_their_bound(void **state) {
    (void)state;
    holds("numbers", 200);
    TOOK_PART(TICK_CHOICE_USER);
}

// --- the network ---

#define LINES 60

static int got;

// Line after line of what was sent, in order and each once, up to where it breaks.
static int takes(tick_stream *stream, void *arg) {
    (void)arg;
    char line[40];
    ssize_t length;
    for (int next = 0; (length = tick_stream_read_line(stream, line, sizeof line)) > 0; next++) {
        TICK_TRY(tick_check(atoi(line) == next, "line %s, not %d", line, next));
        got = next + 1;
    }
    return 0;
}
static int takes_all(void *arg) {
    return tick_serve(":7", takes, arg);
}

static int sends(void *arg) {
    const bool allowed = arg != NULL;
    tick_stream *stream;
    int result = tick_connect("server:7", &stream);
    if (result < 0)
        return tick_check(allowed && result == -ECONNREFUSED, "connect: %s", tick_error_name(result));
    for (int i = 0; i < LINES && result >= 0; i++) {
        result = (int)tick_stream_printf(stream, "%d\n", i);
        if (result >= 0 && i % 8 == 0)
            TICK_TRY(tick_sleep(TICK_MS(1)));
    }
    if (result >= 0)
        result = tick_stream_write_eof(stream);
    char line[8];
    if (result >= 0)
        result = (int)tick_stream_read_line(stream, line, sizeof line);
    if (result < 0)
        return tick_check(allowed && (result == -ECONNRESET || result == -EPIPE), "%s", tick_error_name(result));
    return tick_check(got == LINES, "%d lines came", got);
}
static int leave_is_given;
TICK_SCENARIO(lines_over_a_good_link, "") {
    tick_daemon(world, "server", takes_all, NULL);
    tick_host_add(world, "client", sends, NULL);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(10));
}
TICK_SCENARIO(lines_over_a_bad_link, "") {
    tick_daemon(world, "server", takes_all, NULL);
    tick_host_add(world, "client", sends, &leave_is_given);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(10), .refuse = true, .reset = true, .loss = true, .duplicate = true,
        .reorder = true, .corrupt = true); // of which a stream knows the first three
}

static void streams_break_off_and_nothing_else(void **state) {
    (void)state;
    holds("lines_over_a_good_link", 300);
    TOOK_PART(TICK_CHOICE_DELIVERY, TICK_CHOICE_SHORT_SEND, TICK_CHOICE_SHORT_RECV, TICK_CHOICE_READY_HOLD, TICK_CHOICE_HOST_LATE);
    assert_int_equal(asked[TICK_CHOICE_FAULT_REFUSE] + asked[TICK_CHOICE_FAULT_RESET] + asked[TICK_CHOICE_LOSS], 0);
    holds("lines_over_a_bad_link", 300);
    TOOK_PART(TICK_CHOICE_FAULT_REFUSE, TICK_CHOICE_FAULT_RESET, TICK_CHOICE_LOSS);
    assert_int_equal(asked[TICK_CHOICE_DUPLICATE] + asked[TICK_CHOICE_REORDER] + asked[TICK_CHOICE_AGAIN], 0);
}

// --- disks ---

static bool is_whole(const char *bytes, ssize_t size, char letter) {
    for (ssize_t i = 0; i < size; i++)
        if (bytes[i] != letter)
            return false;
    return true;
}

// One byte after the other, whatever errors and short writes say.
static int write_all(struct tick_sys *sys, int fd, char letter, int64_t at, int64_t count) {
    char bytes[512];
    memset(bytes, letter, sizeof bytes);
    for (int tries = 0; count && tries < 200; tries++) {
        size_t asked_for = count < 512 ? (size_t)count : 512;
        ssize_t n = sys->ops->pwrite(sys, fd, bytes, asked_for, at);
        if (n == -EIO)
            continue;
        TICK_TRY((int)n);
        TICK_TRY(tick_check(n > 0 && (size_t)n <= asked_for, "a write takes %zd of %zu", n, asked_for));
        at += n;
        count -= n;
    }
    return count ? -EIO : 0;
}

static int open_file(struct tick_sys *sys, const char *path, int flags) {
    int fd = -EIO;
    for (int tries = 0; fd == -EIO && tries < 200; tries++)
        fd = sys->ops->open(sys, path, flags, 0644);
    return fd;
}

#define SIZE 2000
static bool synced;

// Its first life writes a file of 'a', syncs it and its name, writes 'b' over the half of it, and crashes. A sync that fails has said so.
static int keeps_a_file(void *arg) {
    struct tick_sys *sys = tick_sys_running();
    char bytes[SIZE + 1];
    (void)arg;
    if (tick_host_lives()) {
        int fd = open_file(sys, "/file", O_RDONLY);
        TICK_TRY(tick_check(fd >= 0 || !synced, "a file that was synced is gone"));
        if (fd < 0)
            return 0;
        ssize_t n = -EIO;
        while (n == -EIO)
            n = sys->ops->pread(sys, fd, bytes, sizeof bytes, 0);
        TICK_TRY((int)n);
        TICK_TRY(
            tick_check(!synced || (n == SIZE && is_whole(bytes + SIZE / 2, SIZE / 2, 'a')), "%zd bytes, and what was synced is lost", n));
        for (ssize_t i = 0; synced && i < SIZE / 2; i++)
            TICK_TRY(tick_check(bytes[i] == 'a' || (bytes[i] == 'b' && (!i || bytes[i - 1] == 'b')), "byte %zd is nobody's", i));
        return sys->ops->close(sys, fd);
    }
    int fd = open_file(sys, "/file", O_RDWR | O_CREAT), root = open_file(sys, "/", O_RDONLY | O_DIRECTORY);
    if (fd < 0 || root < 0 || write_all(sys, fd, 'a', 0, SIZE) < 0)
        return tick_sleep(TICK_SEC(9));
    int first = sys->ops->fsync(sys, fd), second = sys->ops->fsync(sys, root);
    TICK_TRY(tick_check((!first || first == -EIO) && (!second || second == -EIO), "fsync: %d %d", first, second));
    synced = !first && !second;
    (void)!write_all(sys, fd, 'b', 0, SIZE / 2);
    return tick_sleep(TICK_SEC(9));
}
TICK_SCENARIO(files_on_a_bad_disk, "") {
    struct tick_host *host = tick_host_add(world, "a", keeps_a_file, NULL);
    tick_disk(world, NULL, .errors = true, .shorts = true, .syncs = true, .late = TICK_MS(1));
    tick_fault_at(world, TICK_SEC(8), TICK_CRASH, .side = {host}, .lasts = TICK_MS(1));
}
TICK_SCENARIO(files_on_a_good_disk, "") {
    struct tick_host *host = tick_host_add(world, "a", keeps_a_file, NULL);
    tick_fault_at(world, TICK_SEC(8), TICK_CRASH, .side = {host}, .lasts = TICK_MS(1));
}

static void what_was_synced_is_there(void **state) {
    (void)state;
    holds("files_on_a_bad_disk", 400);
    TOOK_PART(TICK_CHOICE_DISK_KEPT, TICK_CHOICE_DISK_ERROR, TICK_CHOICE_DISK_SHORT, TICK_CHOICE_DISK_SYNC, TICK_CHOICE_DISK_LATE);
    holds("files_on_a_good_disk", 100);
    TOOK_PART(TICK_CHOICE_DISK_KEPT);
    assert_int_equal(
        asked[TICK_CHOICE_DISK_ERROR] + asked[TICK_CHOICE_DISK_SHORT] + asked[TICK_CHOICE_DISK_SYNC] + asked[TICK_CHOICE_DISK_LATE], 0);
}

// --- leave ---

// A program of everything, in a world that allows nothing: only what timing and the manual pages allow is asked about.
static int does_everything(void *arg) {
    struct tick_sys *sys = tick_sys_running();
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0x0a000001)};
    char bytes[100] = {0};
    struct sockaddr_storage found[2];
    TICK_TRY(sends(arg));
    int udp = sys->ops->socket(sys, AF_INET, SOCK_DGRAM, 0), fd = sys->ops->open(sys, "/file", O_RDWR | O_CREAT, 0644);
    TICK_TRY(udp);
    TICK_TRY(fd);
    for (int i = 0; i < 20; i++) {
        TICK_TRY((int)sys->ops->sendto(sys, udp, bytes, 10, 0, (struct sockaddr *)&in, sizeof in));
        TICK_TRY(tick_check(sys->ops->pwrite(sys, fd, bytes, sizeof bytes, 0) == sizeof bytes, "a short write"));
        TICK_TRY(sys->ops->fsync(sys, fd));
        TICK_TRY(tick_check(sys->ops->resolve_all(sys, "server", 7, found, 2) == 1, "no answer"));
        TICK_TRY(sys->ops->sleep(sys, TICK_MS(1)));
    }
    TICK_TRY(sys->ops->close(sys, udp));
    return sys->ops->close(sys, fd);
}
TICK_SCENARIO(no_leave, "") {
    tick_daemon(world, "server", takes_all, NULL);
    tick_host_add(world, "client", does_everything, NULL);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(10));
}

static void without_leave_nothing_goes_wrong(void **state) {
    (void)state;
    static const enum tick_choice_kind allowed[] = {TICK_CHOICE_HOST_LATE, TICK_CHOICE_POLL_LATE, TICK_CHOICE_READY_HOLD,
        TICK_CHOICE_DELIVERY, TICK_CHOICE_SHORT_SEND, TICK_CHOICE_SHORT_RECV, TICK_CHOICE_STEP_COST, TICK_CHOICE_DISPLACE,
        TICK_CHOICE_CANCEL};
    holds("no_leave", 100);
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        asked[allowed[i]] = 0;
    for (uint32_t kind = 1; kind < TICK_CHOICE_KINDS; kind++)
        if (asked[kind])
            fail_msg("kind %u was asked for", kind);
    assert_int_equal(deviated[TICK_CHOICE_DISPLACE] + deviated[TICK_CHOICE_CANCEL], 0); // relaxed ones are off of themselves
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_keep_their_order),
        cmocka_unit_test(numbers_are_below_their_bound),
        cmocka_unit_test(streams_break_off_and_nothing_else),
        cmocka_unit_test(what_was_synced_is_there),
        cmocka_unit_test(without_leave_nothing_goes_wrong),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
