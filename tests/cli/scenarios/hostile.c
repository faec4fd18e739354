// Names and texts that would take over a terminal, or add lines to a file, if they came through as they are: everywhere that a program can
// put one.
#include <retick.h>
#include <string.h>

#define EVIL \
    "\033]0;owned\a\033[31mred\nuser app/other @1 =7 #\r\t\x7f\xc2\x9b" \
    "1m\xe2\x80\xaegnp\xe2\x81\xa6\xff\xc0\xaf\xed\xa0\x80"

static int serve(tick_stream *stream, void *unused) {
    char line[128];
    (void)unused;
    while (tick_stream_read_line(stream, line, sizeof line) > 0)
        TICK_TRY((int)tick_stream_printf(stream, "re %s\n", line));
    return 0;
}

static int server(void *unused) {
    return tick_serve(":7", serve, unused);
}

static int child(void *unused) {
    (void)unused;
    return tick_sleep(TICK_MS(1));
}

static int app(void *unused) {
    tick_stream *stream;
    char line[128];
    TICK_TRY(tick_connect("server:7", &stream));
    TICK_TRY((int)tick_stream_printf(stream, "%s\n", "\033[2J" EVIL));
    TICK_TRY((int)tick_stream_read_line(stream, line, sizeof line));
    struct tick_task *task = tick_spawn_named(EVIL, child, unused);
    TICK_TRY(tick_join(task));
    tick_task_unref(task);
    const uint32_t picked = tick_random("pick" EVIL, 10), other = tick_random("other", 10);
    tick_mark("mark" EVIL);
    tick_log("log %u %s", other, EVIL);
    return tick_check(picked < 5, "picked %u %s", picked, EVIL);
}

TICK_SCENARIO(hostile, "summary " EVIL) {
    tick_daemon(world, "server", server, NULL);
    tick_host_add(world, "app", app, NULL);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(9));
}

static int waits(void *unused) {
    struct tick_lock *lock = tick_lock_new();
    (void)unused;
    TICK_TRY(tick_lock_acquire(lock));
    return tick_lock_acquire(lock);
}

static int stuck(void *unused) {
    struct tick_task *task = tick_spawn_named(EVIL, waits, unused);
    return tick_join(task);
}

TICK_SCENARIO(hostile_deadlock, "a deadlock of one " EVIL) {
    tick_host_add(world, "app", stuck, NULL);
}

static int leaks(void *unused) {
    tick_spawn_named(EVIL, child, unused);
    return 0;
}

TICK_SCENARIO(hostile_leak, "a task that is left over " EVIL) {
    tick_host_add(world, "app", leaks, NULL);
}

static int fails(void *unused) {
    (void)unused;
    return tick_raise(tick_failure_new(TICK_EUSER - 1, "name " EVIL, "failed " EVIL));
}

TICK_SCENARIO(hostile_error, "an error nobody sees " EVIL) {
    tick_host_add(world, "app", fails, NULL);
}
