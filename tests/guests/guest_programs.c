// Unmodified programs (tests/guests/programs) on the simulated kernel: what they print, how they end, and that each start is the same run.
// links: tick_choice
// wraps: nothing_at_all
#include "tests/support/guest_start.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct tick_guest_control *control;

static char *program(const char *name) {
    static char path[4200];
    char self[4000];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(length > 0);
    self[length] = 0;
    *strrchr(self, '/') = 0;
    snprintf(path, sizeof path, "%s/%s", self, name);
    return path;
}

static int run(const char *name) {
    char *argv[] = {program("guest_cases"), (char *)(uintptr_t)name, NULL};
    return guest_start(control, argv, 60);
}

static void prints(int fd, const char *expected) {
    char text[4000];
    guest_output_text(control, fd, text, sizeof text);
    assert_string_equal(text, expected);
}

static void passes(const char *name, const char *expected) {
    const int status = run(name);
    if (status != 0)
        print_error("%s: status %x, %s %s\n", name, (unsigned)status, control->outcome.text, control->outcome.waits);
    assert_int_equal(status, 0);
    assert_int_equal(control->outcome.end, TICK_GUEST_EXITED);
    prints(1, expected);
}

static int set_up(void **state) {
    (void)state;
    control = guest_control_new();
    return control ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    guest_control_free(control);
    return 0;
}

static void what_they_print(void **state) {
    (void)state;
    passes("echo", "hello 0\nhello 1\nhello 2\n3 connections\n");
    passes("numbers", "3 4 5\n4 6\n50 60\n3 abc\n-1 1 0\n3\n");
    passes("times", "3600000\n0 1 8 1 3605000\n0 3605500\n-1 1 3608500\n");
    passes("names", "app\nlocalhost: ::1 80 127.0.0.1 80\n127.0.0.1: 127.0.0.1 80\napp: 10.0.0.1 80\nnobody.example: unknown\n127.0.0.1\n");
    passes("child_before", "out of a child\nmine 5\n1 kept\n");
    passes("spins", "clock\npoll\n");
    passes("behind", "16 1000\n16 1000\n16 1000\n100 0\n");
    passes("raises", "2 1\n");
    passes("stream", "by stdio 4\n1\n");
    passes("passes", "1 1 7 8 1 1\n");
    passes("ends", "a word\nlast words\n");
}

static void how_they_end(void **state) {
    (void)state;
    assert_int_equal(run("output"), 3 << 8);
    assert_int_equal(control->outcome.end, TICK_GUEST_EXITED);
    assert_int_equal(control->outcome.code, 3);
    assert_int_equal(control->outcome.ended_at, 1000000000);
    prints(1, "one\nthree\nfour\nthe end\n");
    prints(2, "two\n");
    run("deadlock");
    assert_int_equal(control->outcome.end, TICK_GUEST_DEADLOCKED);
    assert_int_equal(control->outcome.ended_at, 2000000000);
    assert_memory_equal(control->outcome.waits, "main waits for fd 3, a pipe, in deadlock+0x", 43);
    static const char unsupported[] = "fork: not supported yet: it started a child process after the world began";
    run("child_too_late");
    assert_int_equal(control->outcome.end, TICK_GUEST_UNSUPPORTED);
    assert_memory_equal(control->outcome.text, unsupported, sizeof unsupported - 1);
    assert_non_null(strstr(control->outcome.text, ", in child_too_late+0x")); // from where
    const int status = run("sigpipe");
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
    control->request.most_calls = 20;
    run("times");
    assert_int_equal(control->outcome.end, TICK_GUEST_EXITED);
    run("echo");
    assert_int_equal(control->outcome.end, TICK_GUEST_BUSY);
    control->request.most_calls = 0;
    control->request.most_time = 60000000000;
    run("times");
    assert_int_equal(control->outcome.end, TICK_GUEST_LATE);
    control->request.most_time = 0;
}

static void lines_have_their_times(void **state) {
    (void)state;
    run("output");
    static const struct {
        int fd;
        int64_t at;
        const char *text;
    } expected[] = {{2, 0, "two"}, {1, 0, "one"}, {1, 0, ""}, {1, 0, "three"}, {1, 1000000000, "four"}, {1, 1000000000, "the end"}};
    uint32_t at = 0;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const struct tick_guest_line *line = guest_line(control, &at);
        assert_non_null(line);
        assert_int_equal(line->fd, expected[i].fd);
        assert_int_equal(line->at, expected[i].at);
        assert_int_equal(line->size, strlen(expected[i].text));
        assert_memory_equal(line->text, expected[i].text, line->size);
    }
    assert_null(guest_line(control, &at));
}

// A delay of the network that the seed chooses, so that there is something to choose.
static void each_start_is_the_same_run(void **state) {
    (void)state;
    static const char *const names[] = {"echo", "times", "randoms", "numbers", "passes"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        uint64_t first[2];
        char text[2][4000];
        for (int again = 0; again < 4; again++) {
            guest_ask_seed(control, 7);
            assert_int_equal(run(names[i]), 0);
            guest_output_text(control, 1, text[again > 0], sizeof text[0]);
            if (!again)
                memcpy(first, control->outcome.digest, sizeof first);
            assert_memory_equal(first, control->outcome.digest, sizeof first);
            assert_string_equal(text[0], text[again > 0]);
        }
        assert_true(i > 1 || (first[0] && first[1])); // the others never wait: the run does not begin
    }
}

static void a_digest_knows_bytes_and_times(void **state) {
    (void)state;
    uint64_t first[2];
    run("times");
    memcpy(first, control->outcome.digest, sizeof first);
    run("echo");
    assert_memory_not_equal(first, control->outcome.digest, sizeof first);
    control->request.digest = false;
    run("echo");
    assert_true(!control->outcome.digest[0] && !control->outcome.digest[1] && control->outcome.calls > 20);
    control->request.digest = true;
}

// A schedule of what a seed drew gives the run that the seed gave.
static void deviations_are_replayed(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed < 40; seed++) {
        guest_ask_seed(control, seed);
        assert_int_equal(run("echo"), 0);
        const uint32_t drawn = control->deviation_count;
        if (!drawn)
            continue;
        const uint64_t digest[2] = {control->outcome.digest[0], control->outcome.digest[1]};
        memcpy(control->schedule, control->deviations, drawn * sizeof *control->schedule);
        control->request.chooser = TICK_GUEST_REPLAY;
        control->request.scheduled = drawn;
        assert_int_equal(run("echo"), 0);
        assert_int_equal(control->deviation_count, drawn);
        assert_memory_equal(digest, control->outcome.digest, sizeof digest);
        for (uint32_t i = 0; i < drawn; i++)
            assert_int_equal(control->met[i], 1);
        control->request.chooser = TICK_GUEST_CALM;
        return;
    }
    fail_msg("no seed drew anything");
}

static void an_hour_takes_no_time(void **state) {
    (void)state;
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    passes("times", "3600000\n0 1 8 1 3605000\n0 3605500\n-1 1 3608500\n");
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(after.tv_sec - before.tv_sec < 30); // of a machine that is busy; alone it is some milliseconds
}

// What differs in one byte, or in one time, has another digest.
static void a_digest_is_of_everything(void **state) {
    (void)state;
    static const char *const names[] = {"says_a", "says_b", "waits_1", "waits_2"};
    uint64_t digests[4][2];
    for (int i = 0; i < 4; i++) {
        passes(names[i], "said\n");
        memcpy(digests[i], control->outcome.digest, sizeof digests[i]);
        for (int j = 0; j < i; j++)
            assert_memory_not_equal(digests[i], digests[j], sizeof digests[i]);
    }
}

static const char asyncio[] = "import asyncio, time\n"
                              "async def serve(r, w):\n"
                              "    while (line := await r.readline()):\n"
                              "        await asyncio.sleep(1)\n"
                              "        w.write(line.upper())\n"
                              "    w.close()\n"
                              "async def ask(port, n):\n"
                              "    r, w = await asyncio.open_connection('127.0.0.1', port)\n"
                              "    for i in range(3):\n"
                              "        w.write(b'%d %d\\n' % (n, i))\n"
                              "        await r.readline()\n"
                              "    w.close()\n"
                              "    return n\n"
                              "async def main():\n"
                              "    s = await asyncio.start_server(serve, '127.0.0.1', 0)\n"
                              "    port = s.sockets[0].getsockname()[1]\n"
                              "    t = time.monotonic()\n"
                              "    print(await asyncio.gather(*(ask(port, n) for n in range(4))), round(time.monotonic() - t))\n"
                              "    await asyncio.sleep(3600)\n"
                              "    print(await asyncio.to_thread(lambda: 'a thread'), round(time.monotonic() - t))\n"
                              "asyncio.run(main())\n";

// CPython's asyncio as it is: streams, a thread, and an hour; twenty starts are one run.
static void asyncio_runs(void **state) {
    (void)state;
    if (access("/usr/bin/python3", X_OK) < 0)
        skip();
    // -I: else it lists this folder for modules, where others may be linking tests.
    char *argv[] = {(char[]){"/usr/bin/python3"}, (char[]){"-I"}, (char[]){"-c"}, (char *)(uintptr_t)asyncio, NULL};
    uint64_t first[2];
    guest_ask_seed(control, 3);
    control->settings.latency = 1000000;
    control->settings.jitter = 30000000;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(guest_start(control, argv, 60), 0);
        if (!i)
            memcpy(first, control->outcome.digest, sizeof first);
        assert_memory_equal(first, control->outcome.digest, sizeof first);
    }
    assert_true(control->deviation_count > 3);
    control->settings.latency = control->settings.jitter = 0;
    control->request.chooser = TICK_GUEST_CALM;
    assert_int_equal(guest_start(control, argv, 60), 0);
    prints(1, "[0, 1, 2, 3] 3\na thread 3603\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_they_print),
        cmocka_unit_test(how_they_end),
        cmocka_unit_test(lines_have_their_times),
        cmocka_unit_test(each_start_is_the_same_run),
        cmocka_unit_test(a_digest_knows_bytes_and_times),
        cmocka_unit_test(deviations_are_replayed),
        cmocka_unit_test(an_hour_takes_no_time),
        cmocka_unit_test(a_digest_is_of_everything),
        cmocka_unit_test(asyncio_runs),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
