// Streams and servers out of memory: each allocation fails in turn, then all from the n-th on. Whatever happens is an error code, and
// nothing leaks.
#include "src/base/alloc.h"
#include "src/io/epoll_poller.h"
#include "src/os/linux.h"
#include <errno.h>
#include <retick.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct failing {
    struct tick_allocator base; // first
    size_t requests, fail_at;
    bool for_good;
    size_t live;
};

static void *fail_alloc(struct tick_allocator *self, size_t size) {
    struct failing *f = (struct failing *)self;
    size_t request = f->requests++;
    if (request == f->fail_at || (f->for_good && request > f->fail_at))
        return NULL;
    f->live++;
    return malloc(size);
}

static void fail_free(struct tick_allocator *self, void *memory) {
    struct failing *f = (struct failing *)self;
    f->live--;
    free(memory);
}

static int echo(tick_stream *stream, void *arg) {
    char line[700];
    (void)arg;
    while (tick_stream_read_line(stream, line, sizeof line) > 0)
        TICK_TRY((int)tick_stream_printf(stream, "%s\n", line));
    return 0;
}

// In a context of its own, which callbacks that are registered here would need memory to keep.
static const struct tick_context_var var = {.name = "var"};
static int serving(void *arg) {
    TICK_TRY(tick_context_set(&var, arg, NULL));
    return tick_serve("127.0.0.1:5050", echo, arg);
}

static int asks(void *arg) {
    tick_stream *stream;
    char line[700];
    (void)arg;
    TICK_TRY(tick_connect("127.0.0.1:5050", &stream));
    memset(line, 'x', 600);
    line[600] = '\0';
    TICK_TRY((int)tick_stream_printf(stream, "one\n%s\n", line)); // longer than the first buffers
    for (int i = 0; i < 2; i++) {
        int length = tick_within(TICK_MS(200), (int)tick_stream_read_line(stream, line, sizeof line));
        if (length <= 0)
            return length ? length : TICK_ECLOSED;
    }
    return 0;
}

static int everything(void *arg) {
    (void)arg;
    struct tick_task *server = tick_spawn(serving, NULL);
    if (!server)
        return -ENOMEM;
    int result = tick_sleep(0);
    if (result == 0)
        result = asks(NULL);
    tick_task_cancel(server, NULL);
    int ended = tick_join(server);
    tick_task_unref(server);
    return result < 0 ? result : ended == TICK_ECANCELED ? 0 : ended;
}

// A server that ends while a connection's task waits for its client.
static int stops_in_the_middle(void *arg) {
    tick_server *server;
    tick_stream *stream;
    char byte;
    TICK_TRY(tick_context_set(&var, arg, NULL));
    TICK_TRY(tick_server_open("127.0.0.1:5051", echo, NULL, &server));
    int result = tick_connect("127.0.0.1:5051", &stream);
    const bool connected = result == 0;
    if (connected)
        result = (int)tick_stream_printf(stream, "one\n");
    if (result > 0)
        result = (int)tick_within(TICK_MS(200), (int)tick_stream_read(stream, &byte, 1));
    tick_server_cancel(server);
    const int ended = tick_server_wait(server);
    tick_server_free(server);
    if (connected)
        tick_stream_close(stream);
    return result < 0 ? result : ended;
}

// So many connections at once that their tasks need more memory than the loop has put by: one that gets no task is lost, and nobody waits
// for it, nor is it cancelled.
#define MANY 24
static bool stuck;
static int stops_with_many(void *arg) {
    tick_server *server;
    tick_stream *streams[MANY];
    int count = 0, result = 0;
    (void)arg;
    TICK_TRY(tick_server_open("127.0.0.1:5052", echo, NULL, &server));
    for (int i = 0; i < MANY; i++) {
        char byte;
        const int connected = tick_connect("127.0.0.1:5052", &streams[count]);
        int heard = connected;
        if (connected == 0 && (heard = (int)tick_stream_printf(streams[count], "one\n")) > 0)
            heard = (int)tick_within(TICK_MS(200), (int)tick_stream_read(streams[count], &byte, 1));
        count += connected == 0;
        if (heard <= 0 && result == 0)
            result = heard ? heard : TICK_ECLOSED;
    }
    tick_server_cancel(server);
    const int ended = tick_within(TICK_SEC(10), tick_server_wait(server));
    stuck |= ended == TICK_ETIMEDOUT;
    tick_server_free(server);
    while (count > 0)
        tick_stream_close(streams[--count]);
    return result < 0 ? result : ended;
}

static int quiet(struct tick_loop *loop, const struct tick_report *report, void *arg) {
    (void)loop;
    (void)report;
    (void)arg;
    return 0;
}

// Runs it all; the first error on the way.
static int run(tick_task_fn *body) {
    struct tick_linux system;
    struct tick_io *io = NULL;
    struct tick_loop *loop = NULL;
    int result = tick_linux_init(&system);
    if (result == 0)
        result = tick_epoll_new(tick_linux_sys(&system), NULL, &io);
    if (result == 0)
        result = tick_loop_new(&(struct tick_loop_options){.sys = tick_linux_sys(&system), .poller = &io->poller}, &loop);
    if (result == 0) {
        tick_loop_set_exception_handler(loop, quiet, NULL);
        result = tick_loop_run(loop, body, NULL);
    }
    if (loop)
        tick_loop_free(loop);
    tick_epoll_free(io);
    return result;
}

static void fails_in_turn(tick_task_fn *body, bool for_good) {
    struct failing f = {.base = {fail_alloc, fail_free}, .fail_at = SIZE_MAX, .for_good = for_good};
    tick__set_allocator(&f.base);
    int result = run(body);
    size_t needed = f.requests, failures = 0;
    assert_int_equal(result, 0);
    assert_int_equal(f.live, 0);
    assert_true(needed > 10);
    for (size_t n = 0; n < needed; n++) {
        f = (struct failing){.base = f.base, .fail_at = n, .for_good = for_good};
        result = run(body);
        failures += result < 0;
        if (stuck)
            fail_msg("with request %zu of %zu failed, the server is waited for in vain", n, needed);
        if (f.live)
            fail_msg("with request %zu of %zu failed, %zu blocks are left over (%s)", n, needed, f.live, tick_error_name(result));
    }
    tick__set_allocator(NULL);
    printf("%zu requests, %zu of their failures were noticed\n", needed, failures);
    assert_true(failures * 2 > needed);
}

static void each_allocation_fails_once(void **state) {
    (void)state;
    fails_in_turn(everything, false);
    fails_in_turn(stops_in_the_middle, false);
    fails_in_turn(stops_with_many, false);
}

static void memory_runs_out(void **state) {
    (void)state;
    fails_in_turn(everything, true);
    fails_in_turn(stops_in_the_middle, true);
    fails_in_turn(stops_with_many, true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_fails_once),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
