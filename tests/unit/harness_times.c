// Every option and every call of the public API that takes a time, given the edges of what a time can be, in a simulated world and, what
// needs none, on the machine's own clock: each is refused, or means at once, or never. ./dev asan runs it under UBSan.
//
// A row is named after the field or parameter it is for; tests/tidy/times.py compares the names with the headers.
#include "src/base/sanitized.h"
#include "src/io/epoll_poller.h"
#include "src/loop/loop_int.h"
#include "src/os/linux.h"
#include "tests/support/harness_fixture.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>

#define WALL_START TICK_SEC(1577836800)

static const int64_t edges[] = {INT64_MIN, -1, 0, 1, TICK_NEVER - 1, TICK_NEVER};
enum { EDGES = sizeof edges / sizeof *edges };

struct trial {
    int64_t value;
    int64_t brief, patience; // what takes its time takes so long; who waits in vain gives up after so long
    bool came;
};

// What became of it: 's' it came, soon; 'n' it did not; or the run's verdict.
struct row {
    const char *name, *becomes; // one letter an edge
    int (*client)(struct trial *trial);
    void (*options)(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value);
    enum tick_choice_kind kind; // the choice that is answered with the most, if there is one
    bool real;                  // on the machine's own clock as well
};

// --- what clients do ---

static int nap(void *arg) {
    const struct trial *trial = arg;
    return tick_sleep(trial->brief);
}

// Whether the future is done within the patience; takes the reference.
static int comes(struct trial *trial, struct tick_future *future) {
    const int result = tick_within(trial->patience, tick_await(future));
    trial->came = result == 0;
    tick_future_unref(future);
    return 0;
}

static int sleeps(struct trial *trial) {
    trial->came = tick_within(trial->patience, tick_sleep(trial->value)) == 0;
    return 0;
}

static int sleeps_in_a_future(struct trial *trial) {
    return comes(trial, tick_sleep_future(trial->value));
}

static int has_time(struct trial *trial) {
    trial->came = tick_within(trial->value, tick_sleep(trial->brief)) == 0;
    return 0;
}

static int has_a_deadline(struct trial *trial) {
    struct tick_timeout scope;
    TICK_TRY(tick_timeout_enter(&scope, trial->value));
    trial->came = tick_timeout_exit(&scope, tick_sleep(trial->brief)) == 0;
    return 0;
}

static int has_another_deadline(struct trial *trial) {
    struct tick_timeout scope;
    TICK_TRY(tick_timeout_enter(&scope, TICK_NEVER - 7));
    TICK_TRY(tick_timeout_reschedule(&scope, trial->value));
    trial->came = tick_timeout_exit(&scope, tick_sleep(trial->brief)) == 0;
    return 0;
}

static void done(void *arg) {
    tick_future_set_result(arg, 0);
}

static int is_called(struct trial *trial, struct tick_handle *handle, struct tick_future *future) {
    if (!handle || !future)
        return -ENOMEM;
    const int result = comes(trial, tick_future_ref(future));
    tick_handle_cancel(handle);
    tick_handle_unref(handle);
    tick_future_unref(future);
    return result;
}

static int is_called_at(struct trial *trial) {
    struct tick_future *future = tick_future_new();
    return is_called(trial, tick_call_at(tick_loop_running(), trial->value, done, future), future);
}

static int is_called_later(struct trial *trial) {
    struct tick_future *future = tick_future_new();
    return is_called(trial, tick_call_later(tick_loop_running(), trial->value, done, future), future);
}

static int waits_for(struct trial *trial) {
    struct tick_task *task = tick_spawn(nap, trial);
    trial->came = tick_wait_for(tick_task_future(task), trial->value) == 0;
    tick_task_unref(task);
    return 0;
}

static int waits(struct trial *trial) {
    struct tick_task *task = tick_spawn(nap, trial);
    struct tick_future *future = tick_task_future(task);
    trial->came = tick_wait(&future, 1, trial->value, TICK_ALL_COMPLETED) == 1;
    TICK_TRY(tick_join(task));
    tick_task_unref(task);
    return 0;
}

static int takes_what_completes(struct trial *trial) {
    struct tick_task *task = tick_spawn(nap, trial);
    struct tick_future *future = tick_task_future(task), *next;
    struct tick_as_completed *each = tick_as_completed_new(&future, 1, trial->value);
    if (!each)
        return -ENOMEM;
    trial->came = tick_as_completed_next(each, &next) == 0;
    tick_as_completed_free(each);
    TICK_TRY(tick_join(task));
    tick_task_unref(task);
    return 0;
}

static int asks_once(void) {
    tick_stream *stream;
    char line[16];
    TICK_TRY(tick_connect("server:7", &stream));
    int result = (int)tick_stream_printf(stream, "ping\n");
    if (result >= 0)
        result = (int)tick_stream_read_line(stream, line, sizeof line);
    tick_stream_abort(stream);
    return result;
}

static int asks(struct trial *trial) {
    trial->came = tick_within(trial->patience, asks_once()) > 0;
    return 0;
}

static int asks_late(struct trial *trial) {
    TICK_TRY(tick_sleep(TICK_SEC(4)));
    return asks(trial);
}

static int asks_by_name(struct trial *trial) {
    tick_stream *stream;
    TICK_TRY(tick_sleep(TICK_MS(1)));
    trial->came = tick_within(trial->patience, tick_connect("alias:7", &stream)) == 0;
    if (trial->came)
        tick_stream_abort(stream);
    return 0;
}

// Connects, and asks when the network is cut: that the connection fails is what comes.
static int loses(struct trial *trial) {
    tick_stream *stream;
    char line[16];
    TICK_TRY(tick_connect("server:7", &stream));
    TICK_TRY(tick_sleep(TICK_SEC(2)));
    TICK_TRY((int)tick_stream_printf(stream, "ping\n"));
    trial->came = tick_within(trial->patience, (int)tick_stream_read_line(stream, line, sizeof line)) == -ETIMEDOUT;
    tick_stream_abort(stream);
    return 0;
}

static int rests(struct trial *trial) {
    TICK_TRY(tick_sleep(trial->patience));
    return 0;
}

static int rests_a_little(struct trial *trial) {
    TICK_TRY(tick_sleep(TICK_MS(1)));
    trial->came = true;
    return 0;
}

static int computes(struct trial *trial) {
    TICK_TRY(tick_sleep(TICK_MS(1)));
    tick_busy(trial->value);
    TICK_TRY(tick_sleep(0));
    trial->came = tick_time() < trial->patience;
    return 0;
}

static int writes(struct trial *trial) {
    struct tick_sys *sys = tick_sys_running();
    TICK_TRY(tick_sleep(TICK_MS(1)));
    const int fd = sys->ops->open(sys, "/file", O_CREAT | O_RDWR, 0600);
    TICK_TRY(fd);
    TICK_TRY((int)sys->ops->write(sys, fd, "bytes", 5));
    TICK_TRY(sys->ops->close(sys, fd));
    TICK_TRY(tick_sleep(TICK_MS(1)));
    trial->came = tick_time() < trial->patience;
    return 0;
}

static int64_t moved(int64_t time, int64_t by) {
    int64_t sum;
    return !__builtin_add_overflow(time, by, &sum) ? sum : by < 0 ? INT64_MIN : INT64_MAX;
}

static int reads_the_clock(struct trial *trial) {
    TICK_TRY(tick_sleep(TICK_MS(2)));
    trial->came = tick_wall() == moved(WALL_START + tick_time(), trial->value);
    return 0;
}

static int reads_a_fast_clock(struct trial *trial) {
    const int64_t before = tick_wall();
    TICK_TRY(tick_sleep(TICK_SEC(3000)));
    trial->came = trial->value < -1 ? tick_wall() < before : tick_wall() >= before; // a ppm more or less
    return 0;
}

// --- calls of the system ---

static int blocks(struct trial *trial) {
    struct tick_sys *sys = tick_sys_running();
    TICK_TRY(tick_sleep(TICK_MS(1)));
    TICK_TRY(sys->ops->sleep(sys, trial->value));
    trial->came = tick_time() < trial->patience;
    return 0;
}

static int polls(struct trial *trial) {
    struct tick_sys *sys = tick_sys_running();
    TICK_TRY(tick_sleep(TICK_MS(1)));
    TICK_TRY(sys->ops->poll(sys, NULL, 0, trial->value));
    trial->came = tick_time() < trial->patience;
    return 0;
}

static int selects(struct trial *trial) {
    struct tick_sys *sys = tick_sys_running();
    TICK_TRY(tick_sleep(TICK_MS(1)));
    TICK_TRY(sys->ops->select(sys, 0, NULL, NULL, NULL, trial->value));
    trial->came = tick_time() < trial->patience;
    return 0;
}

static int waits_for_events(struct trial *trial) {
    struct tick_sys *sys = tick_sys_running();
    struct tick_sys_event event;
    TICK_TRY(tick_sleep(TICK_MS(1)));
    const int fd = sys->ops->epoll_create(sys);
    TICK_TRY(fd);
    TICK_TRY(sys->ops->epoll_wait(sys, fd, &event, 1, trial->value, 0));
    trial->came = tick_time() < trial->patience;
    return sys->ops->close(sys, fd);
}

// --- what worlds are made of ---

static void latency(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client, (void)server;
    tick_link_all(world, .latency = value);
}
static void latency_between(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    tick_link_between(world, client, server, .latency = value);
}
static void jitter(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client, (void)server;
    tick_link_all(world, .latency = TICK_MS(1), .jitter = value);
}
static void bandwidth(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client, (void)server;
    tick_link_all(world, .bandwidth = value);
}
static void queue(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client, (void)server;
    tick_link_all(world, .bandwidth = 1000000, .queue = value);
}
static void timeout(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client;
    tick_link_all(world, .timeout = value);
    tick_fault_at(world, TICK_SEC(1), TICK_PARTITION, .side = {server});
}
static void limit(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client, (void)server;
    tick_limit(world, value, 0);
}
static void busy_limit(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client, (void)server;
    tick_busy_limit(world, value);
}
static void still_limit(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client, (void)server;
    tick_still_limit(world, value);
}
static void fault_at(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client;
    tick_fault_at(world, value, TICK_PARTITION, .side = {server});
}
static void fault_lasts(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client;
    tick_fault_at(world, 0, TICK_PARTITION, .side = {server}, .lasts = value);
}
static void pause_lasts(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client;
    tick_fault_at(world, 0, TICK_PAUSE, .side = {server}, .lasts = value);
}
static void crash_lasts(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client;
    tick_fault_at(world, 0, TICK_CRASH, .side = {server}, .lasts = value);
}
static void slowness(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client;
    tick_fault_at(world, 0, TICK_CLOG, .side = {server}, .slow = value);
}
static void jump(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)server;
    tick_fault_at(world, TICK_MS(1), TICK_CLOCK, .side = {client}, .jump = value);
}
static void range_from(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client;
    tick_faults(world, "range", .kinds = TICK_PARTITION, .from = value, .lasts = TICK_SEC(100), .among = {server});
}
static void range_until(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client;
    tick_faults(world, "range", .kinds = TICK_PARTITION, .until = value, .lasts = TICK_SEC(100), .among = {server});
}
static void range_every(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client;
    tick_faults(world, "range", .kinds = TICK_PARTITION, .every = value, .lasts = TICK_SEC(100), .among = {server});
}
static void range_lasts(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client;
    tick_faults(world, "range", .kinds = TICK_PARTITION, .lasts = value, .among = {server});
}
static void range_shortest(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client;
    tick_faults(world, "range", .kinds = TICK_PARTITION, .lasts = TICK_NEVER, .shortest = value, .among = {server});
}
static void range_crash(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client;
    tick_faults(world, "range", .kinds = TICK_CRASH, .lasts = value, .among = {server});
}
static void range_jump(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)server;
    tick_faults(world, "range", .kinds = TICK_CLOCK, .lasts = value, .among = {client});
}
static void range_slow(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client;
    tick_faults(world, "range", .kinds = TICK_CLOG, .slow = value, .lasts = TICK_SEC(100), .among = {server});
}
static void disk_late(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)server;
    tick_disk(world, client, .late = value);
}
static void name_latency(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client;
    tick_name(world, "alias", .hosts = {server}, .latency = value);
}
static void name_jitter(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client;
    tick_name(world, "alias", .hosts = {server}, .latency = 1, .jitter = value);
}
static void quiet(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client;
    tick_fault_at(world, 0, TICK_PARTITION, .side = {server});
    tick_quiet_after(world, value);
}
static bool is_late(void *arg) {
    (void)arg;
    return tick_time() >= TICK_MS(1);
}
static void must(struct tick_world *world, struct tick_host *client, struct tick_host *server, int64_t value) {
    (void)client, (void)server;
    tick_must_by(world, value, is_late, NULL, "a millisecond has passed");
}

// CALL: on the machine's own clock as well. CHOICE: with the one that is answered with the most.
#define CALL(name_, becomes_, client_) \
    { .name = name_, .becomes = becomes_, .client = client_, .real = true }
#define WORLD(name_, becomes_, client_, options_) \
    { .name = name_, .becomes = becomes_, .client = client_, .options = options_ }
#define CHOICE(name_, becomes_, client_, options_, kind_) \
    { .name = name_, .becomes = becomes_, .client = client_, .options = options_, .kind = kind_ }
static const struct row rows[] = {
    CALL("tick_sleep_at.ns", "ssssnn", sleeps),
    CALL("tick_sleep_future_at.ns", "ssssnn", sleeps_in_a_future),
    CALL("tick_time_after.ns", "nnnnss", has_time),
    CALL("tick_timeout_enter.deadline", "nnnnss", has_a_deadline),
    CALL("tick_timeout_reschedule.deadline", "nnnnss", has_another_deadline),
    CALL("tick_call_at.when", "ssssnn", is_called_at),
    CALL("tick_call_later.delay", "ssssnn", is_called_later),
    CALL("tick_wait_for_at.timeout", "nnnnss", waits_for),
    CALL("tick_wait.timeout", "nnnnss", waits),
    CALL("tick_as_completed_new.timeout", "nnnnss", takes_what_completes),
    WORLD("tick_link_options.latency", "rrssnn", asks, latency),
    WORLD("tick_link_options.latency of a message, later", "rrssnn", asks_late, latency),
    WORLD("tick_link_options.latency of a pair", "rrssnn", asks, latency_between),
    WORLD("tick_link_options.jitter", "rrssss", asks, jitter),
    CHOICE("tick_link_options.jitter at its most", "rrssnn", asks, jitter, TICK_CHOICE_DELIVERY),
    WORLD("tick_link_options.bandwidth", "rrsnss", asks, bandwidth),
    WORLD("tick_link_options.queue", "rrssrr", asks, queue),
    WORLD("tick_link_options.timeout", "rrnsnn", loses, timeout),
    WORLD("tick_host_options.start", "ssssnn", rests, NULL),
    WORLD("tick_host_options.clock", "ssssss", reads_the_clock, NULL),
    WORLD("tick_host_options.clock that drifts", "ssssss", reads_a_fast_clock, NULL),
    WORLD("tick_limit.time", "ssslss", rests_a_little, limit),
    WORLD("tick_busy_limit.ns", "rrssss", rests_a_little, busy_limit),
    WORLD("tick_still_limit.ns", "rrssss", rests_a_little, still_limit),
    WORLD("tick_busy.ns", "ssssdd", computes, NULL),
    WORLD("tick_fault_at_at.at", "rrnnss", asks_late, fault_at),
    WORLD("tick_fault.lasts", "rrnsnn", asks, fault_lasts),
    WORLD("tick_fault.lasts of a pause", "rrnsnn", asks, pause_lasts),
    WORLD("tick_fault.lasts of a crash", "rrnsnn", asks, crash_lasts),
    WORLD("tick_fault.slow", "rrssnn", asks, slowness),
    WORLD("tick_fault.jump", "ssrsss", reads_the_clock, jump),
    CHOICE("tick_fault_range.from", "rrnnss", asks_late, range_from, TICK_CHOICE_FAULT_PARTITION),
    CHOICE("tick_fault_range.until", "rrnsss", asks_late, range_until, TICK_CHOICE_FAULT_PARTITION),
    CHOICE("tick_fault_range.every", "rrnnss", asks_late, range_every, TICK_CHOICE_FAULT_PARTITION),
    CHOICE("tick_fault_range.lasts", "rrssnn", asks_late, range_lasts, TICK_CHOICE_FAULT_PARTITION),
    CHOICE("tick_fault_range.shortest", "rrnnnn", asks_late, range_shortest, TICK_CHOICE_FAULT_PARTITION),
    CHOICE("tick_fault_range.lasts of a crash", "rrssnn", asks_late, range_crash, TICK_CHOICE_FAULT_CRASH),
    CHOICE("tick_fault_range.lasts as a jump", "rrnnnn", rests, range_jump, TICK_CHOICE_FAULT_CLOCK),
    CHOICE("tick_fault_range.slow", "rrssnn", asks_late, range_slow, TICK_CHOICE_FAULT_CLOG),
    WORLD("tick_disk.late", "rrssss", writes, disk_late),
    CHOICE("tick_disk.late at its most", "rrssdd", writes, disk_late, TICK_CHOICE_DISK_LATE),
    WORLD("tick_name.latency", "rrssdd", asks_by_name, name_latency),
    WORLD("tick_name.jitter", "rrssss", asks_by_name, name_jitter),
    CHOICE("tick_name.jitter at its most", "rrssdd", asks_by_name, name_jitter, TICK_CHOICE_RESOLVE_LATE),
    WORLD("tick_quiet_after.at", "rrssnn", asks, quiet),
    WORLD("tick_must_by_at.by", "ppppss", rests_a_little, must),
    WORLD("tick_sys_ops.sleep.ns", "ssssdd", blocks, NULL),
    WORLD("tick_sys_ops.poll.timeout", "ddssdd", polls, NULL),
    WORLD("tick_sys_ops.select.timeout", "ddssdd", selects, NULL),
    WORLD("tick_sys_ops.epoll_wait.timeout", "ddssdd", waits_for_events, NULL),
};
enum { ROWS = sizeof rows / sizeof *rows };

// --- in a simulated world ---

TICK_KEEP static const struct row *row = NULL;
TICK_KEEP static struct trial trial = {0};

static int serve_one(tick_stream *stream, void *arg) {
    (void)arg;
    char line[16];
    while (tick_stream_read_line(stream, line, sizeof line) > 0)
        TICK_TRY((int)tick_stream_printf(stream, "pong\n"));
    return 0;
}

static int serve(void *arg) {
    return tick_serve(":7", serve_one, arg);
}

static int client(void *arg) {
    (void)arg;
    return row->client(&trial);
}

static int starts(void *arg) {
    (void)arg;
    trial.came |= row->client == rests;
    return tick_sleep(TICK_NEVER);
}

TICK_SCENARIO(swept, "one option at one edge") {
    const bool of_start = !strcmp(row->name, "tick_host_options.start"), of_clock = !strcmp(row->name, "tick_host_options.clock");
    const bool of_drift = !strcmp(row->name, "tick_host_options.clock that drifts");
    const int32_t drift = trial.value < INT32_MIN ? INT32_MIN : trial.value > INT32_MAX ? INT32_MAX : (int32_t)trial.value;
    struct tick_host *server = tick_daemon(world, "server", serve, NULL);
    struct tick_host *host =
        tick_host_add(world, "client", client, NULL, .clock = of_clock || of_drift ? trial.value : 0, .drift = of_drift ? drift : 0);
    if (of_start)
        tick_daemon(world, "late", starts, NULL, .start = trial.value);
    if (row->options)
        row->options(world, host, server, trial.value);
}

static uint32_t the_most(
    struct tick_chooser *self, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)self, (void)subject, (void)ordinal, (void)most;
    return kind == row->kind ? n - 1 : 0;
}

static char letter(const struct tick_outcome *outcome) {
    switch (outcome->verdict) {
    case TICK_PASS:
        return trial.came ? 's' : 'n';
    case TICK_BAD_SCENARIO:
        return 'r';
    case TICK_DEADLOCKED:
        return 'd';
    case TICK_LIMIT_PASSED:
        return 'l';
    case TICK_NO_PROGRESS:
        return 'p';
    default:
        return '?';
    }
}

static void a_world_takes_every_edge(void **state) {
    (void)state;
    static const struct tick_chooser_ops ops = {"most", the_most};
    int wrong = 0;
    for (row = rows; row < rows + ROWS; row++) {
        struct tick_chooser chooser = {.ops = &ops, .calm = row->kind ? 0 : tick_calm.calm};
        for (int i = 0; i < EDGES; i++) {
            trial = (struct trial){.value = edges[i], .brief = TICK_SEC(1), .patience = TICK_SEC(5)};
            const struct tick_outcome outcome = run_poisoned("swept", row->kind ? &chooser : &tick_calm, NULL, 0);
            if (letter(&outcome) == row->becomes[i])
                continue;
            print_error("%s = %lld: '%c' (%s at %lld: %s), not '%c'\n", row->name, (long long)edges[i], letter(&outcome),
                tick_verdict_word(outcome.verdict), (long long)outcome.ended_at, outcome.text, row->becomes[i]);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

// --- on the machine's own clock ---

// All are made before the first is looked at again, on however slow a machine.
#define REAL_PATIENCE TICK_SEC(TICK__SANITIZED ? 10 : 3)

static struct trial trials[ROWS][EDGES];

static int real_client(void *arg) {
    const size_t number = (size_t)(intptr_t)arg;
    return rows[number / EDGES].client(&trials[number / EDGES][number % EDGES]);
}

static int all_at_once(void *arg) {
    (void)arg;
    struct tick_group group;
    TICK_TRY(tick_group_enter(&group));
    for (size_t i = 0; i < ROWS; i++)
        for (size_t k = 0; rows[i].real && k < EDGES; k++) {
            trials[i][k] = (struct trial){.value = edges[k], .brief = TICK_MS(50), .patience = REAL_PATIENCE};
            TICK_TRY(tick_group_go(&group, real_client, (void *)(intptr_t)(i * EDGES + k)));
        }
    return tick_group_exit(&group, 0);
}

static void the_real_clock_takes_every_edge(void **state) {
    (void)state;
    assert_int_equal(tick_run(all_at_once, NULL), 0);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t k = 0; rows[i].real && k < EDGES; k++)
            if (trials[i][k].came != (rows[i].becomes[k] == 's'))
                fail_msg("%s = %lld: %s", rows[i].name, (long long)edges[k], trials[i][k].came ? "came" : "did not come");
}

// "tick_loop_options.probe_start": the probe's time is the clock's, moved by it.
static void a_probe_starts_at_every_edge(void **state) {
    (void)state;
    for (int i = 0; i < EDGES; i++) {
        struct hash_probe hash;
        struct tick_probe *probe = hash_probe_init(&hash);
        struct tick_linux linux_calls;
        struct tick_sys *sys = tick_linux_sys(&linux_calls);
        struct tick_io *io;
        struct tick_loop *loop;
        assert_int_equal(tick_linux_init(&linux_calls), 0);
        assert_int_equal(tick_epoll_new(sys, probe, &io), 0);
        const struct tick_loop_options options = {.sys = sys, .poller = &io->poller, .probe = probe, .probe_start = edges[i], .id = 7};
        assert_int_equal(tick_loop_new(&options, &loop), 0);
        struct trial nap_only = {.brief = TICK_MS(1)};
        assert_int_equal(tick_loop_run(loop, nap, &nap_only), 0);
        assert_true(probe->now == tick__ahead(loop->now, edges[i]));
        tick_loop_free(loop);
        tick_epoll_free(io);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_probe_starts_at_every_edge),
        cmocka_unit_test(a_world_takes_every_edge),
        cmocka_unit_test(the_real_clock_takes_every_edge),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
