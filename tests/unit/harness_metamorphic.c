// A run is a function of its schedule: whatever ran before, on poisoned memory, from its deviations read back; and with one deviation taken
// away, the others keep their values. For every kind of choice there is.
// torture: 4
#include "src/base/keep.h"
#include "src/base/sanitized.h"
#include "src/loop/loop_int.h"
#include "tests/support/harness_fixture.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- programs that leave things behind ---

static void *volatile lost;

static int leaks_memory(void *arg) {
    (void)arg;
    lost = malloc(48);
    return lost ? 0 : -12;
}
TICK_SCENARIO(leaks, "") {
    tick_host_add(world, "a", leaks_memory, NULL);
}
static int fails_a_check(void *arg) {
    (void)arg;
    TICK_TRY(tick_sleep(TICK_MS(3)));
    return tick_check(1 + 1 == 3, "sums are off by %d", 1);
}
TICK_SCENARIO(fails, "") {
    tick_host_add(world, "a", fails_a_check, NULL);
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
        TICK_TRY((int)tick_stream_printf(stream, "line "));
        TICK_TRY((int)tick_stream_printf(stream, "%d\n", i + (int)tick_random("more", 3))); // behind what is unacknowledged: may be short
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

// The rest: names, datagrams, signals, disks, jobs, refusals and resets; and cancellations and callbacks out of their turn.
static int job(void *arg) {
    (void)arg;
    return 1;
}

static int hears(void *arg) {
    struct tick_sys *sys = tick_sys_running();
    const struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(9)};
    char bytes[16];
    (void)arg;
    int fd = sys->ops->socket(sys, AF_INET, SOCK_DGRAM, 0);
    TICK_TRY(fd);
    TICK_TRY(sys->ops->bind(sys, fd, (const struct sockaddr *)&in, sizeof in));
    for (int i = 0; i < 100; i++) {
        tick_log("heard %zd", sys->ops->recv(sys, fd, bytes, sizeof bytes, 0));
        TICK_TRY(tick_sleep(TICK_MS(1)));
    }
    return sys->ops->close(sys, fd);
}

static int hears_and_serves(void *arg) {
    TICK_TRY(tick_go(hears, NULL));
    return tick_serve(":7", echo, arg);
}

static void tries_disk(struct tick_sys *sys, int i) {
    char bytes[1200] = {0};
    int fd = sys->ops->open(sys, "/file", O_RDWR | O_CREAT | O_APPEND, 0644);
    ssize_t written = fd < 0 ? fd : sys->ops->write(sys, fd, bytes, sizeof bytes);
    int synced = i % 2 && fd >= 0 ? sys->ops->fsync(sys, fd) : 1;
    tick_log("%d %zd %d", fd, written, synced);
    if (fd >= 0)
        (void)!sys->ops->close(sys, fd);
}

static int tries_everything(void *arg) {
    struct tick_sys *sys = tick_sys_running();
    const struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0x0a000001)};
    (void)arg;
    int udp = sys->ops->socket(sys, AF_INET, SOCK_DGRAM, 0), result = udp;
    for (int i = 0; i < 4 && result != TICK_ECANCELED; i++) {
        tick_stream *stream = NULL;
        char line[40] = "";
        result = tick_within(TICK_MS(40), tick_connect("db:7", &stream));
        if (result == 0)
            result = (int)tick_stream_printf(stream, "line %d\n", i + (int)tick_random("more", 3));
        if (result >= 0)
            result = tick_within(TICK_MS(40), (int)tick_stream_read_line(stream, line, sizeof line));
        tick_stream_close(stream);
        struct pollfd none = {.fd = -1};
        tick_log("%d %s %zd %d", result, line, sys->ops->sendto(sys, udp, line, 3, 0, (const struct sockaddr *)&in, sizeof in),
            sys->ops->poll(sys, &none, 1, TICK_MS(1)));
        tries_disk(sys, i);
        if (result != TICK_ECANCELED)
            result = tick_to_thread(job, NULL);
        if (result != TICK_ECANCELED)
            result = tick_sleep(TICK_MS(3));
    }
    (void)!sys->ops->close(sys, udp);
    return result == TICK_ECANCELED ? result : 0;
}

TICK_SCENARIO(everything_odd, "") {
    struct tick_host *server = tick_daemon(world, "server", hears_and_serves, NULL);
    struct tick_host *a = tick_host_add(world, "a", tries_everything, NULL, .handlers = true);
    struct tick_host *b = tick_host_add(world, "b", tries_everything, NULL, .handlers = true);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(8), .refuse = true, .reset = true, .loss = true, .duplicate = true,
        .reorder = true, .corrupt = true);
    tick_name(world, "db", .hosts = {server}, .wrong = {a}, .fails = true, .jitter = TICK_MS(30));
    tick_disk(world, NULL, .errors = true, .shorts = true, .syncs = true, .late = TICK_MS(4));
    tick_faults(
        world, "crashes", .kinds = TICK_CRASH, .until = TICK_MS(60), .every = TICK_MS(3), .lasts = TICK_MS(20), .most = 3, .among = {a, b});
    tick_allow_unhandled(world);
}

// In that one rare kinds are frequent, and relaxed ones are on.
static const struct tick_rates *rates_of(const char *name) {
    static struct tick_rates rates;
    if (strcmp(name, "everything_odd"))
        return NULL;
    tick_rates_default(&rates);
    for (uint32_t kind = 1; kind < TICK_CHOICE_KINDS; kind++)
        if (rates.of[kind] < 2000)
            rates.of[kind] = 2000;
    rates.of[TICK_CHOICE_CANCEL] = rates.of[TICK_CHOICE_DISPLACE] = 400;
    return &rates;
}

static uint64_t hash_of(const char *name, uint64_t seed, uint8_t poison) {
    struct hash_probe probe;
    struct tick_random_chooser chooser;
    tick_random_init(&chooser, seed, rates_of(name));
    run_poisoned(name, &chooser.chooser, hash_probe_init(&probe), poison);
    return probe.hash;
}

// A run takes some fifty times as long under TSan.
#define PARTLY(seeds) ((seeds) / (TICK__TSAN ? 4 : 1))

static void depends_on_nothing_before_it(const char *name) {
    uint64_t first[20];
    size_t different = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        first[seed] = hash_of(name, seed, 0);
        different += seed && first[seed] != first[0];
    }
    assert_true(different > 10);
    for (uint64_t seed = 20; seed < PARTLY(1000); seed++)
        hash_of(seed % 3 ? name : seed % 2 ? "fails" : "leaks", seed, (uint8_t)seed);
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
        run_poisoned(name, tick_replay_chooser(replay), hash_probe_init(&probe), 0);
        assert_int_equal(probe.hash, hash);
        for (size_t i = 0; i < count; i++)
            assert_true(tick_replay_met(replay, i));
    }
    tick_replay_free(replay);
}

// Who is asked, and what is answered, does not depend on whether somebody records it.
static void does_not_mind_being_watched(const char *name) {
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct tick_deviation watched[4096];
        struct tick_random_chooser chooser;
        size_t before, count;
        hash_of(name, seed, 0);
        const struct tick_deviation *drawn = tick_harness_deviations(harness, &before);
        assert_true(before <= 4096);
        if (before)
            memcpy(watched, drawn, before * sizeof *drawn);
        tick_random_init(&chooser, seed, rates_of(name));
        run_poisoned(name, &chooser.chooser, NULL, 0);
        drawn = tick_harness_deviations(harness, &count);
        for (size_t i = 0; i < count || i < before; i++)
            if (i >= count || i >= before || drawn[i].kind != watched[i].kind || drawn[i].subject != watched[i].subject ||
                drawn[i].ordinal != watched[i].ordinal || drawn[i].value != watched[i].value)
                fail_msg("%s: seed %d: deviation %zu is %d of %llx @%llu =%u when watched, else %d of %llx @%llu =%u", name, (int)seed, i,
                    watched[i].kind, (long long)watched[i].subject, (long long)watched[i].ordinal, watched[i].value, drawn[i].kind,
                    (long long)drawn[i].subject, (long long)drawn[i].ordinal, drawn[i].value);
    }
}

TICK_KEEP static size_t left_out_of[TICK_CHOICE_KINDS] = {0}; // by what was taken away

// The metamorphic rule of docs/IDENTITY.md: with one deviation taken away, every other address that is still met has its old value.
static void other_deviations_keep_their_values(const char *name) {
    struct tick_replay_chooser *replay;
    assert_int_equal(tick_replay_new(NULL, 0, &replay), 0);
    size_t others = 0, met = 0;
    for (uint64_t seed = 0; seed < PARTLY(60); seed++) {
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
            left_out_of[drawn[left_out].kind]++;
            assert_int_equal(tick_replay_set(replay, without, kept), 0);
            run_poisoned(name, tick_replay_chooser(replay), NULL, 0);
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

#define ALIKE 3
static const char *const alike[ALIKE] = {"everything", "everything_faulty", "everything_odd"};

static void a_run_depends_on_nothing_before_it(void **state) {
    (void)state;
    for (size_t i = 0; i < ALIKE; i++)
        depends_on_nothing_before_it(alike[i]);
}

// A chooser says which kinds it is calm about, and is not asked about them: the run is the same when it is.
static void questions_that_are_not_put_change_nothing(void **state) {
    (void)state;
    uint64_t fewer = 0;
    for (size_t i = 0; i < ALIKE; i++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            struct hash_probe probe;
            struct tick_random_chooser chooser;
            tick_random_init(&chooser, seed, NULL);
            struct tick_outcome outcome = run_poisoned(alike[i], &chooser.chooser, hash_probe_init(&probe), 0);
            const uint64_t hash = probe.hash, asked = outcome.choices;
            chooser.chooser.calm = 0;
            outcome = run_poisoned(alike[i], &chooser.chooser, hash_probe_init(&probe), 0);
            assert_int_equal(probe.hash, hash);
            assert_true(outcome.choices >= asked);
            fewer += outcome.choices - asked;
        }
    assert_true(fewer > 0);
}

static void a_run_replays_from_its_deviations(void **state) {
    (void)state;
    for (size_t i = 0; i < ALIKE; i++)
        replays_from_its_deviations(alike[i]);
}

static void a_run_does_not_mind_being_watched(void **state) {
    (void)state;
    for (size_t i = 0; i < ALIKE; i++)
        does_not_mind_being_watched(alike[i]);
}

static void values_do_not_depend_on_other_deviations(void **state) {
    (void)state;
    for (size_t i = 0; i < ALIKE; i++)
        other_deviations_keep_their_values(alike[i]);
}

// A kind that is added is drawn in one of the scenarios above, or the tests here say nothing of it.
static void every_kind_takes_part(void **state) {
    (void)state;
#define KIND(name, number, word, sound, rate, unit, manual, because) \
    if (!left_out_of[number] && !(TICK_CHOICES_OF_THREADS >> (number) & 1)) \
        fail_msg("%s is never drawn: extend a scenario of this file", word);
    TICK_CHOICES(KIND)
#undef KIND
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_depends_on_nothing_before_it),
        cmocka_unit_test(questions_that_are_not_put_change_nothing),
        cmocka_unit_test(a_run_replays_from_its_deviations),
        cmocka_unit_test(a_run_does_not_mind_being_watched),
        cmocka_unit_test(values_do_not_depend_on_other_deviations),
        cmocka_unit_test(every_kind_takes_part),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
