// Where deviations and data bear on what follows: a scenario for each way, failing in the calm run or under a schedule that the test has.
#include <retick.h>
#include <string.h>

// --- a read that takes in two messages, and lines that were read ahead ---

static int two_lines(tick_stream *client, void *arg) {
    char first[16], second[16];
    (void)arg;
    TICK_TRY(tick_sleep(TICK_MS(20)));
    TICK_TRY((int)tick_stream_read_line(client, first, sizeof first));
    TICK_TRY(tick_sleep(TICK_MS(20)));
    TICK_TRY((int)tick_stream_read_line(client, second, sizeof second));
    tick_log("%s and %s", first, second);
    return (int)tick_stream_printf(client, "%s\n", second);
}

static int ahead_server(void *arg) {
    return tick_serve(":7", two_lines, arg);
}

static int ahead_client(void *arg) {
    tick_stream *server;
    char line[16];
    (void)arg;
    TICK_TRY(tick_connect("server:7", &server));
    TICK_TRY((int)tick_stream_printf(server, "one\n"));
    TICK_TRY((int)tick_stream_printf(server, "two\n"));
    TICK_TRY((int)tick_stream_read_line(server, line, sizeof line));
    return tick_check(!strcmp(line, "one"), "%s", line);
}

// Both lines are there when the first is read: that read takes in both, the second one gets what was read ahead.
TICK_SCENARIO(ahead, "a line that was read ahead") {
    tick_daemon(world, "server", ahead_server, NULL);
    tick_host_add(world, "client", ahead_client, NULL);
    tick_link_all(world, .latency = TICK_MS(1));
}

// --- messages behind a late one ---

static int count(tick_stream *client, void *arg) {
    (void)arg;
    for (int i = 0; i < 3; i++) {
        TICK_TRY((int)tick_stream_printf(client, "%d\n", i));
        TICK_TRY(tick_sleep(TICK_MS(2)));
    }
    return 0;
}

static int counting_server(void *arg) {
    return tick_serve(":7", count, arg);
}

static int counting_client(void *arg) {
    tick_stream *server;
    char line[16];
    (void)arg;
    TICK_TRY(tick_connect("server:7", &server));
    for (int i = 0; i < 3; i++) {
        TICK_TRY((int)tick_stream_read_line(server, line, sizeof line));
        TICK_TRY(tick_check(i != 1 || tick_time() < TICK_MS(20), "line 1 is late"));
    }
    return 0;
}

TICK_SCENARIO(behind, "a line behind a late one") {
    tick_daemon(world, "server", counting_server, NULL);
    tick_host_add(world, "client", counting_client, NULL);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(30), .loss = true);
}

// --- what faults lose, slow and hold up ---

static int say_ok(tick_stream *client, void *arg) {
    char line[16];
    (void)arg;
    while (tick_stream_read_line(client, line, sizeof line) > 0)
        TICK_TRY((int)tick_stream_printf(client, "ok\n"));
    return 0;
}

static int ok_server(void *arg) {
    return tick_serve(":7", say_ok, arg);
}

// Asks at 10, 20 and 30 ms; an answer must come within 15 ms.
static int impatient_client(void *arg) {
    tick_stream *server;
    char line[16];
    (void)arg;
    TICK_TRY(tick_connect("server:7", &server));
    for (int i = 1; i <= 3; i++) {
        TICK_TRY(tick_sleep(TICK_MS(10) * i - tick_time()));
        TICK_TRY((int)tick_stream_printf(server, "%d\n", i));
        TICK_TRY((int)tick_stream_read_line(server, line, sizeof line));
        TICK_TRY(tick_check(tick_time() < TICK_MS(10) * i + TICK_MS(15), "answer %d is late", i));
    }
    return 0;
}

static void ok_world(struct tick_world *world, unsigned kinds) {
    tick_daemon(world, "server", ok_server, NULL);
    tick_host_add(world, "client", impatient_client, NULL);
    tick_link_all(world, .latency = TICK_MS(1));
    tick_faults(world, "weather", .kinds = kinds, .until = TICK_MS(40), .every = TICK_MS(1), .shortest = TICK_MS(5), .lasts = TICK_SEC(1),
        .slow = TICK_MS(20));
}

TICK_SCENARIO(cut, "a question that a partition loses") {
    ok_world(world, TICK_PARTITION);
}

TICK_SCENARIO(clogged, "a question that a clogged link slows") {
    ok_world(world, TICK_CLOG);
}

TICK_SCENARIO(paused, "a server that stands still") {
    ok_world(world, TICK_PAUSE);
}

TICK_SCENARIO(crashed, "a server that loses power, and what was asked it meanwhile") {
    ok_world(world, TICK_CRASH);
}

static int stopped_main(void *arg) {
    (void)arg;
    const int result = tick_sleep(TICK_MS(100));
    return tick_check(result != TICK_ECANCELED, "it was told to stop");
}

TICK_SCENARIO(stopped, "a program that is told to stop") {
    tick_host_add(world, "client", stopped_main, NULL);
    tick_faults(world, "weather", .kinds = TICK_STOP, .until = TICK_MS(40), .every = TICK_MS(1));
}

static int watch_the_clock(void *arg) {
    int64_t before = tick_wall();
    (void)arg;
    for (int i = 0; i < 5; i++) {
        TICK_TRY(tick_sleep(TICK_MS(10)));
        const int64_t now = tick_wall();
        TICK_TRY(tick_check(now - before < TICK_MS(100), "the clock has jumped"));
        before = now;
    }
    return 0;
}

TICK_SCENARIO(jumped, "a clock that jumps") {
    tick_host_add(world, "client", watch_the_clock, NULL);
    tick_faults(world, "weather", .kinds = TICK_CLOCK, .until = TICK_MS(40), .every = TICK_MS(1));
}

// --- a write that comes of an old read ---

static int balance = 0;

static int deposit(void *wait) {
    tick_shared_read("the balance of %s", "the firm");
    const int seen = balance;
    TICK_TRY(tick_sleep(*(int64_t *)wait));
    balance = seen + 1;
    tick_shared_write("the balance of %s", "the firm");
    return 0;
}

static int bank(void *arg) {
    int64_t slow = TICK_MS(30), fast = TICK_MS(10);
    (void)arg;
    struct tick_task *alice = tick_spawn_named("alice", deposit, &slow), *bob = tick_spawn_named("bob", deposit, &fast);
    TICK_TRY(tick_join(alice));
    TICK_TRY(tick_join(bob));
    tick_shared_read("the balance of %s", "the firm");
    return tick_check(balance == 2, "two deposits, and the balance is %d", balance);
}

TICK_SCENARIO(stale, "two deposits at a time") {
    balance = 0;
    tick_host_add(world, "bank", bank, NULL);
}
