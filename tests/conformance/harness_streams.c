// Streams and servers: one suite, run by a task over the real kernel and over the simulated one.
#include "sim/choice/choosers.h"
#include "sim/native/run.h"
#include "src/base/keep.h"
#include "src/io/epoll_poller.h"
#include "src/os/linux.h"
#include <errno.h>
#include <retick.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// A failed check must not leave a task's stack by longjmp: it becomes the program's result.
#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            return TICK_EFAILED; \
        } \
    } while (0)

// A server, NULL when there is none to be had. The caller stops it.
static tick_server *served(const char *address, tick_serve_fn *serve, void *arg) {
    tick_server *server;
    return tick_server_open(address, serve, arg, &server) < 0 ? NULL : server;
}

// Ends it with its connections.
static int stopped(tick_server *server) {
    tick_server_cancel(server);
    const int result = tick_server_wait(server);
    tick_server_free(server);
    return result;
}

// --- programs ---

static int echo(tick_stream *stream, void *arg) {
    (void)arg;
    char bytes[100];
    ssize_t count;
    while ((count = tick_stream_read(stream, bytes, sizeof bytes)) > 0)
        TICK_TRY((int)tick_stream_write(stream, bytes, (size_t)count));
    return (int)count;
}

static int lines_and_ends(void *arg) {
    (void)arg;
    tick_stream *stream;
    char line[20];
    tick_server *server = served(":5001", echo, NULL);
    TICK_TRY(tick_connect("127.0.0.1:5001", &stream));
    CHECK(tick_stream_printf(stream, "one\ntwo\r\n\nlast") == 14);
    CHECK(tick_stream_write_eof(stream) == 0);
    CHECK(tick_stream_write(stream, "x", 1) == TICK_EINVALSTATE);
    CHECK(tick_stream_read_line(stream, line, sizeof line) == 4 && !strcmp(line, "one"));
    CHECK(tick_stream_read_line(stream, line, sizeof line) == 4 && !strcmp(line, "two"));
    CHECK(tick_stream_read_line(stream, line, sizeof line) == 1 && !strcmp(line, ""));
    CHECK(tick_stream_read_line(stream, line, 4) == TICK_ELIMIT); // it stays
    CHECK(tick_stream_read_line(stream, line, 5) == 5 && !strcmp(line, "last"));
    CHECK(tick_stream_read_line(stream, line, sizeof line) == 0);
    CHECK(tick_stream_at_eof(stream));
    CHECK(tick_stream_read(stream, line, sizeof line) == 0);
    tick_stream_close(stream);
    return stopped(server);
}

static int exact_counts(void *arg) {
    (void)arg;
    tick_stream *stream;
    char bytes[20];
    tick_server *server = served(":5002", echo, NULL);
    TICK_TRY(tick_connect("127.0.0.1:5002", &stream));
    CHECK(tick_stream_write(stream, "abcdefgh", 8) == 8);
    CHECK(tick_stream_read_exactly(stream, bytes, 3) == 3 && !memcmp(bytes, "abc", 3));
    CHECK(tick_stream_read_exactly(stream, bytes, 0) == 0);
    CHECK(tick_stream_write_eof(stream) == 0);
    CHECK(tick_stream_read_exactly(stream, bytes, 6) == TICK_ECLOSED); // what came stays
    CHECK(tick_stream_read_exactly(stream, bytes, 5) == 5 && !memcmp(bytes, "defgh", 5));
    return stopped(server); // the stream is this task's, and is closed with it
}

#define MUCH ((size_t)3 << 20)

static int sends_much(void *arg) {
    tick_stream *stream = arg;
    unsigned char *bytes = malloc(MUCH);
    CHECK(bytes);
    for (size_t i = 0; i < MUCH; i++)
        bytes[i] = (unsigned char)(i % 251);
    ssize_t sent = tick_stream_write(stream, bytes, MUCH);
    free(bytes);
    CHECK(sent == (ssize_t)MUCH);
    CHECK(tick_stream_drain(stream) == 0);
    return tick_stream_write_eof(stream);
}

static int much_in_both_directions(void *arg) {
    (void)arg;
    tick_stream *stream;
    unsigned char bytes[1000];
    size_t received = 0;
    ssize_t count;
    tick_server *server = served(":5003", echo, NULL);
    TICK_TRY(tick_connect("127.0.0.1:5003", &stream));
    struct tick_task *sender = tick_spawn(sends_much, stream);
    while ((count = tick_stream_read(stream, bytes, sizeof bytes)) > 0) {
        for (ssize_t i = 0; i < count; i++)
            CHECK(bytes[i] == (received + (size_t)i) % 251);
        received += (size_t)count;
    }
    CHECK(count == 0);
    CHECK(received == MUCH);
    CHECK(tick_join(sender) == 0);
    tick_task_unref(sender);
    return stopped(server);
}

static int says_nothing(tick_stream *stream, void *arg) {
    (void)arg;
    char byte;
    return (int)tick_stream_read(stream, &byte, 1);
}

static int deadlines_and_cancellation(void *arg) {
    (void)arg;
    tick_stream *stream;
    char line[20];
    tick_server *server = served(":5004", echo, NULL);
    TICK_TRY(tick_connect("127.0.0.1:5004", &stream));
    int64_t before = tick_time();
    CHECK(tick_within(TICK_MS(5), (int)tick_stream_read_line(stream, line, sizeof line)) == TICK_ETIMEDOUT);
    CHECK(tick_time() - before >= TICK_MS(5));
    CHECK(tick_stream_printf(stream, "half") == 4);
    CHECK(tick_within(TICK_MS(5), (int)tick_stream_read_line(stream, line, sizeof line)) == TICK_ETIMEDOUT);
    CHECK(tick_stream_printf(stream, " a line\n") == 8);
    CHECK(tick_stream_read_line(stream, line, sizeof line) == 12 && !strcmp(line, "half a line")); // nothing was lost
    CHECK(tick_stream_printf(stream, "half") == 4);
    CHECK(tick_within(TICK_MS(5), (int)tick_stream_read_line(stream, line, sizeof line)) == TICK_ETIMEDOUT);
    CHECK(tick_stream_read_exactly(stream, line, 4) == 4 && !memcmp(line, "half", 4)); // the buffer begins anew
    CHECK(tick_stream_printf(stream, "the rest\n") == 9);
    CHECK(tick_stream_read_line(stream, line, sizeof line) == 9 && !strcmp(line, "the rest"));
    return stopped(server);
}

struct two {
    tick_stream *stream;
    int result;
};

static int reads_too(void *arg) {
    struct two *two = arg;
    char byte;
    two->result = (int)tick_stream_read(two->stream, &byte, 1);
    return 0;
}

static int one_reader_at_a_time(void *arg) {
    (void)arg;
    tick_stream *stream;
    char byte;
    tick_server *server = served(":5005", says_nothing, NULL);
    TICK_TRY(tick_connect("127.0.0.1:5005", &stream));
    struct two two = {stream, 1};
    struct tick_task *other = tick_spawn(reads_too, &two);
    TICK_TRY(tick_sleep(0));
    CHECK(tick_stream_read(stream, &byte, 1) == TICK_EINVALSTATE);
    tick_stream_close(stream); // under the other's feet
    CHECK(tick_join(other) == 0);
    CHECK(two.result == TICK_ECLOSED);
    tick_task_unref(other);
    return stopped(server);
}

static int waits_for_a_line(void *arg) {
    struct two *two = arg;
    char line[20];
    two->result = (int)tick_stream_read_line(two->stream, line, sizeof line);
    return strcmp(line, "half a line") ? TICK_EFAILED : 0;
}

static int nobody_takes_what_a_reader_counts_on(void *arg) {
    (void)arg;
    tick_stream *stream;
    char bytes[4];
    tick_server *server = served(":5013", echo, NULL);
    TICK_TRY(tick_connect("127.0.0.1:5013", &stream));
    struct two two = {stream, 0};
    struct tick_task *other = tick_spawn(waits_for_a_line, &two);
    CHECK(tick_stream_printf(stream, "half") == 4);
    TICK_TRY(tick_sleep(TICK_MS(200)));
    CHECK(tick_stream_read(stream, bytes, 4) == TICK_EINVALSTATE);
    CHECK(tick_stream_read_exactly(stream, bytes, 4) == TICK_EINVALSTATE);
    CHECK(tick_stream_read_line(stream, bytes, 4) == TICK_EINVALSTATE);
    CHECK(tick_stream_printf(stream, " a line\n") == 8);
    CHECK(tick_join(other) == 0);
    CHECK(two.result == 12);
    tick_task_unref(other);
    return stopped(server);
}

static int refusals(void *arg) {
    (void)arg;
    tick_stream *stream;
    CHECK(tick_connect("127.0.0.1:5006", &stream) == -ECONNREFUSED);
    CHECK(tick_connect("no-such-host.invalid:1", &stream) == -ENOENT);
    CHECK(tick_connect("127.0.0.1", &stream) == -EINVAL);
    CHECK(tick_connect("127.0.0.1:99999", &stream) == -EINVAL);
    CHECK(tick_connect("127.0.0.1:12x", &stream) == -EINVAL);
    tick_server *server = served(":5007", echo, NULL);
    CHECK(tick_serve(":5007", echo, NULL) == -EADDRINUSE);
    return stopped(server);
}

static int hangs_up(tick_stream *stream, void *arg) {
    (void)arg;
    char byte;
    TICK_TRY((int)tick_stream_read_exactly(stream, &byte, 1));
    tick_stream_abort(stream);
    return 0;
}

static int resets(void *arg) {
    (void)arg;
    tick_stream *stream;
    char byte;
    tick_server *server = served(":5008", hangs_up, NULL);
    TICK_TRY(tick_connect("127.0.0.1:5008", &stream));
    CHECK(tick_stream_write(stream, "x", 1) == 1);
    CHECK(tick_stream_read(stream, &byte, 1) == -ECONNRESET);
    ssize_t second = tick_stream_write(stream, "y", 1);
    CHECK(second == -EPIPE || second == -ECONNRESET);
    return stopped(server);
}

static int counts_itself(tick_stream *stream, void *arg) {
    int *served_count = arg;
    char byte;
    ++*served_count;
    int result = (int)tick_stream_read(stream, &byte, 1);
    --*served_count;
    return result;
}

static int stopping_a_server_ends_its_connections(void *arg) {
    (void)arg;
    tick_stream *streams[5];
    char byte;
    int count = 0;
    tick_server *server = served(":5009", counts_itself, &count);
    for (int i = 0; i < 5; i++)
        TICK_TRY(tick_connect("127.0.0.1:5009", &streams[i]));
    while (count < 5)
        TICK_TRY(tick_sleep(TICK_MS(1)));
    CHECK(stopped(server) == 0);
    CHECK(count == 0);
    for (int i = 0; i < 5; i++)
        CHECK(tick_stream_read(streams[i], &byte, 1) == 0);
    tick_stream *late;
    CHECK(tick_connect("127.0.0.1:5009", &late) == -ECONNREFUSED);
    return 0;
}

// Answers when it is told to, and counts.
static struct tick_event_flag *told;
static int answers_late(tick_stream *stream, void *arg) {
    int *answered = arg;
    TICK_TRY(tick_event_wait(told));
    TICK_TRY((int)tick_stream_printf(stream, "done\n"));
    ++*answered;
    return 0;
}

static int waits_for(void *server) {
    return tick_server_wait((tick_server *)server);
}

static int a_closed_server_leaves_its_connections(void *arg) {
    (void)arg;
    tick_stream *one, *two, *late;
    char line[10];
    int answered = 0;
    told = tick_event_new();
    tick_server *server = served(":5013", answers_late, &answered);
    TICK_TRY(tick_connect("127.0.0.1:5013", &one));
    TICK_TRY(tick_connect("127.0.0.1:5013", &two));
    TICK_TRY(tick_sleep(TICK_MS(5)));
    struct tick_task *waiting = tick_spawn(waits_for, server);
    TICK_TRY(tick_sleep(0));
    tick_server_close(server);
    tick_server_close(server); // nothing more
    CHECK(tick_connect("127.0.0.1:5013", &late) == -ECONNREFUSED);
    tick_server *next = served(":5013", answers_late, &answered); // its address is free
    CHECK(next != NULL);
    CHECK(stopped(next) == 0);
    CHECK(!tick_future_done(tick_task_future(waiting)));
    CHECK(tick_within(TICK_MS(1), tick_server_wait(server)) == TICK_ETIMEDOUT);
    tick_event_set(told);
    CHECK(tick_stream_read_line(one, line, sizeof line) == 5 && !strcmp(line, "done"));
    CHECK(tick_stream_read_line(two, line, sizeof line) == 5 && !strcmp(line, "done"));
    CHECK(tick_join(waiting) == 0 && answered == 2);
    CHECK(tick_server_wait(server) == 0); // all is over
    tick_task_unref(waiting);
    tick_server_free(server);
    tick_event_free(told);
    return 0;
}

static int serves_here(void *arg) {
    return tick_serve(":5014", answers_late, arg);
}

// And so does one that serves in a task, when that is cancelled.
static int a_cancelled_server_leaves_its_connections(void *arg) {
    (void)arg;
    tick_stream *stream;
    char line[10];
    int answered = 0;
    told = tick_event_new();
    struct tick_task *server = tick_spawn(serves_here, &answered);
    TICK_TRY(tick_sleep(0));
    TICK_TRY(tick_connect("127.0.0.1:5014", &stream));
    TICK_TRY(tick_sleep(TICK_MS(5)));
    tick_task_cancel(server, NULL);
    CHECK(tick_join(server) == TICK_ECANCELED);
    tick_task_unref(server);
    CHECK(tick_connect("127.0.0.1:5014", &(tick_stream *){NULL}) == -ECONNREFUSED);
    CHECK(answered == 0);
    tick_event_set(told);
    CHECK(tick_stream_read_line(stream, line, sizeof line) == 5 && !strcmp(line, "done"));
    CHECK(answered == 1);
    TICK_TRY(tick_sleep(0));
    TICK_TRY(tick_sleep(0));
    tick_event_free(told);
    return 0;
}

static int opens_one(void *arg) {
    return tick_connect("127.0.0.1:5010", (tick_stream **)arg);
}

static int opens_and_moves(void *arg) {
    TICK_TRY(opens_one(arg));
    tick_stream_move(*(tick_stream **)arg, NULL);
    return 0;
}

static int streams_end_with_their_task(void *arg) {
    (void)arg;
    tick_stream *stream;
    int count = 0;
    tick_server *server = served(":5010", counts_itself, &count);
    struct tick_task *task = tick_spawn(opens_one, &stream);
    CHECK(tick_join(task) == 0);
    tick_task_unref(task);
    TICK_TRY(tick_sleep(TICK_MS(5)));
    CHECK(count == 0); // the server saw its end
    task = tick_spawn(opens_and_moves, &stream);
    CHECK(tick_join(task) == 0);
    tick_task_unref(task);
    TICK_TRY(tick_sleep(TICK_MS(5)));
    CHECK(count == 1);
    tick_stream_close(stream);
    tick_stream_close(NULL);
    TICK_TRY(tick_sleep(TICK_MS(5)));
    CHECK(count == 0);
    return stopped(server);
}

static int fails(tick_stream *stream, void *arg) {
    (void)stream;
    return *(int *)arg;
}

struct reports {
    int count, code;
};

static int noted(struct tick_loop *loop, const struct tick_report *report, void *arg) {
    (void)loop;
    struct reports *reports = arg;
    reports->count++;
    reports->code = report->failure ? report->failure->code : 0;
    return 0;
}

static int failures_of_handlers_are_reported(void *arg) {
    (void)arg;
    tick_stream *stream;
    char byte;
    int code = -EPROTO;
    struct reports reports = {0};
    tick_loop_set_exception_handler(tick_loop_running(), noted, &reports);
    tick_server *server = served(":5011", fails, &code);
    TICK_TRY(tick_connect("127.0.0.1:5011", &stream));
    CHECK(tick_stream_read(stream, &byte, 1) == 0);
    CHECK(reports.count == 1 && reports.code == -EPROTO);
    code = -ECONNRESET; // a client's going away is nothing to report
    TICK_TRY(tick_connect("127.0.0.1:5011", &stream));
    CHECK(tick_stream_read(stream, &byte, 1) == 0);
    CHECK(reports.count == 1);
    tick_loop_set_exception_handler(tick_loop_running(), NULL, NULL);
    return stopped(server);
}

static int cancelled_connects(void *arg) {
    (void)arg;
    tick_stream *stream;
    tick_server *server = served(":5012", echo, NULL);
    CHECK(tick_within(0, tick_connect("127.0.0.1:5012", &stream)) == TICK_ETIMEDOUT);
    TICK_TRY(tick_sleep(TICK_MS(2)));
    TICK_TRY(tick_connect("127.0.0.1:5012", &stream));
    return stopped(server);
}

static const struct {
    const char *name;
    tick_task_fn *program;
} programs[] = {
#define PROGRAM(name) \
    { #name, name }
    PROGRAM(lines_and_ends),
    PROGRAM(exact_counts),
    PROGRAM(much_in_both_directions),
    PROGRAM(deadlines_and_cancellation),
    PROGRAM(one_reader_at_a_time),
    PROGRAM(nobody_takes_what_a_reader_counts_on),
    PROGRAM(refusals),
    PROGRAM(resets),
    PROGRAM(stopping_a_server_ends_its_connections),
    PROGRAM(a_closed_server_leaves_its_connections),
    PROGRAM(a_cancelled_server_leaves_its_connections),
    PROGRAM(streams_end_with_their_task),
    PROGRAM(failures_of_handlers_are_reported),
    PROGRAM(cancelled_connects),
};
#define PROGRAMS (sizeof programs / sizeof *programs)

// --- the two worlds ---

static void over_the_real_kernel(void **state) {
    (void)state;
    for (size_t i = 0; i < PROGRAMS; i++) {
        struct tick_linux system;
        struct tick_io *io;
        struct tick_loop *loop;
        assert_int_equal(tick_linux_init(&system), 0);
        assert_int_equal(tick_epoll_new(tick_linux_sys(&system), NULL, &io), 0);
        const struct tick_loop_options options = {.sys = tick_linux_sys(&system), .poller = &io->poller};
        assert_int_equal(tick_loop_new(&options, &loop), 0);
        int result = tick_loop_run(loop, programs[i].program, NULL);
        tick_loop_free(loop);
        tick_epoll_free(io);
        if (result != 0)
            fail_msg("%s: %s", programs[i].name, tick_error_name(result));
    }
}

TICK_KEEP static size_t chosen = 0;

TICK_SCENARIO(streams, "") {
    tick_host_add(world, "a", programs[chosen].program, NULL);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(10));
}

static void over_the_simulated_kernel(void **state) {
    (void)state;
    struct tick_harness *harness;
    assert_int_equal(tick_harness_new(&harness), 0);
    for (chosen = 0; chosen < PROGRAMS; chosen++) {
        for (uint64_t seed = 0; seed < 40; seed++) { // 0: calm
            struct tick_random_chooser chooser;
            tick_random_init(&chooser, seed, NULL);
            const struct tick_run run = {
                .scenario = tick_scenario_find("streams"), .chooser = seed ? &chooser.chooser : &tick_calm, .poison = (uint8_t)(seed * 5)};
            struct tick_outcome outcome;
            assert_int_equal(tick_harness_run(harness, &run, &outcome), 0);
            if (outcome.verdict != TICK_PASS)
                fail_msg("%s, seed %d: %s: %s", programs[chosen].name, (int)seed, tick_verdict_word(outcome.verdict), outcome.text);
        }
    }
    tick_harness_free(harness);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(over_the_real_kernel),
        cmocka_unit_test(over_the_simulated_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
