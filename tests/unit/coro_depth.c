// How deep libc goes on a coroutine's stack: paints one, runs a job on it, and looks how far the paint is gone. The default size must
// hold each twice.
#include "src/coro/coro.h"
#include "src/coro/coro_int.h"
#include <float.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif
#endif

#include <cmocka.h>

#ifndef VALGRIND_MAKE_MEM_DEFINED
#define VALGRIND_MAKE_MEM_DEFINED(start, size) ((void)0)
#endif

static struct tick_coro *home, *runner;

enum { PAINT = 0xa7, ROOM = 512 << 10 };

static void print_numbers(void) {
    FILE *sink = fopen("/dev/null", "w");
    assert_non_null(sink);
    fprintf(sink, "%.17g %f %.1000f %Lf %La %5000.3f\n", 0.1, DBL_MAX, DBL_MIN, LDBL_MAX, LDBL_MIN, 1.0);
    fclose(sink);
}

static void print_strings(void) {
    static char text[20000], out[30000];
    memset(text, 'x', sizeof text - 1);
    assert_int_equal(snprintf(out, sizeof out, "%s %-9000s %d", text, "short", 7), sizeof text - 1 + 1 + 9000 + 2);
}

static void print_unbuffered(void) {
    fprintf(stderr, "%s", ""); // a buffer on the stack
    dprintf(STDERR_FILENO, "%s", "");
}

static void parse_numbers(void) {
    char digits[800];
    memset(digits, '7', sizeof digits - 1);
    digits[sizeof digits - 1] = 0;
    digits[1] = '.';
    assert_true(strtod(digits, NULL) > 7.7);
    assert_true(strtold(digits, NULL) > 7.7L);
}

static void tell_the_time(void) {
    char text[100];
    time_t then = 1000000000;
    struct tm parts;
    localtime_r(&then, &parts);
    assert_true(strftime(text, sizeof text, "%c %Z %A", &parts) > 0);
}

static int compare(const void *a, const void *b) {
    return *(const int *)a - *(const int *)b;
}

static void sort(void) {
    static int numbers[200];
    for (int i = 0; i < 200; i++)
        numbers[i] = i * 7919 % 200;
    qsort(numbers, 200, sizeof *numbers, compare);
    assert_int_equal(numbers[199], 199);
}

static void resolve(const char *name) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    if (getaddrinfo(name, "80", &hints, &list) == 0)
        freeaddrinfo(list);
}

static void resolve_localhost(void) {
    resolve("localhost");
}

static void resolve_unknown(void) {
    resolve("no-such-host-for-retick.invalid");
}

static void resolve_number(void) {
    resolve("127.0.0.1");
}

static void name_an_address(void) {
    struct sockaddr_storage address = {.ss_family = AF_INET};
    char host[1025], service[32];
    getnameinfo((struct sockaddr *)&address, sizeof(struct sockaddr_storage), host, sizeof host, service, sizeof service, NI_NUMERICSERV);
}

// Beneath the frames of paint_and_run, which are part of what is measured, less a margin for this one's own callee.
#if defined(__clang__)
__attribute__((noinline, no_sanitize("address", "thread")))
#else
__attribute__((noinline, no_sanitize_address, no_sanitize_thread))
#endif
static void
paint(char *low, char *high) {
    for (volatile char *at = low; at < (volatile char *)high; at++)
        *at = (char)PAINT;
}

static void paint_and_run(void *arg) {
    void (*job)(void) = *(void (**)(void))arg;
    paint(runner->low, (char *)__builtin_frame_address(0) - 1024);
    job();
    tick_coro_exit(runner, home);
}

#if defined(__clang__)
__attribute__((no_sanitize("address", "thread")))
#else
__attribute__((no_sanitize_address, no_sanitize_thread))
#endif
static size_t
depth_of(void (*job)(void)) {
    struct tick_stacks *stacks;
    struct tick_stacks_options options = {.size = ROOM, .most = 1};
    assert_int_equal(tick_stacks_new(&options, &stacks), 0);
    runner = tick_coro_new(stacks, paint_and_run, &job);
    tick_coro_switch(home, runner);
    VALGRIND_MAKE_MEM_DEFINED(runner->low, (size_t)((char *)runner - runner->low)); // frames that are gone
    const volatile unsigned char *at = (const volatile unsigned char *)runner->low;
    assert_int_equal(*at, PAINT);
    while (*at == PAINT)
        at++;
    size_t depth = (size_t)((const volatile unsigned char *)runner - at);
    tick_stacks_free(stacks);
    return depth;
}

static void idle(void) {}

static void libc_fits_twice(void **state) {
    (void)state;
    static const struct {
        const char *what;
        void (*job)(void);
    } jobs[] = {
        {"nothing", idle},
        {"resolve an unknown name", resolve_unknown}, // first: loads what libc loads for names
        {"resolve localhost", resolve_localhost},
        {"resolve a number", resolve_number},
        {"name an address", name_an_address},
        {"print numbers", print_numbers},
        {"print long strings", print_strings},
        {"print unbuffered", print_unbuffered},
        {"parse long numbers", parse_numbers},
        {"local time", tell_the_time},
        {"sort", sort},
    };
    size_t size;
    struct tick_stacks *stacks;
    home = tick_coro_thread_new();
    assert_non_null(home);
    assert_int_equal(tick_stacks_new(NULL, &stacks), 0);
    struct tick_coro *coro = tick_coro_new(stacks, paint_and_run, NULL);
    size = (size_t)((char *)coro - coro->low);
    assert_true(size >= TICK_STACK_SIZE);
    tick_stacks_free(stacks);
    print_message("%-28s %7zu bytes\n", "default stack", size);
    size_t least = depth_of(jobs[0].job); // the way there, which counts once
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
        size_t depth = depth_of(jobs[i].job);
        print_message("%-28s %7zu\n", jobs[i].what, depth);
        assert_true(2 * depth <= size + least);
    }
    tick_coro_thread_free(home);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(libc_fits_twice)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
