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
