// The pool: in which order stacks are handed out and where they lie, its bounds, what it costs, and that a warm one asks nothing of the
// kernel.
// torture: 4
#include "src/coro/coro.h"
#include "src/coro/coro_int.h"
#include "tests/support/emulated.h"
#include "tests/support/scarce.h"
#include <errno.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif

#include <cmocka.h>

#ifndef RUNNING_ON_VALGRIND
#define RUNNING_ON_VALGRIND 0
#endif

// Free in a process of the usual layout, and where the sanitizers leave a program's memory; an emulator has that for itself.
#define BASE ((void *)(emulated() ? 0x300000000000 : 0x7ea000000000))

static struct tick_coro *home;

static int setup(void **state) {
    (void)state;
    home = tick_coro_thread_new();
    return home ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    tick_coro_thread_free(home);
    return 0;
}

static struct tick_stacks *pool(struct tick_stacks_options options) {
    struct tick_stacks *stacks = NULL;
    assert_int_equal(tick_stacks_new(&options, &stacks), 0);
    return stacks;
}

static void nothing(void *arg) {
    (void)arg;
}

static void addresses(struct tick_stacks *stacks, struct tick_coro **coros, int count) {
    for (int i = 0; i < count; i++) {
        coros[i] = tick_coro_new(stacks, nothing, NULL);
        assert_non_null(coros[i]);
    }
}

static void the_last_freed_is_the_first_reused(void **state) {
    (void)state;
    struct tick_stacks *stacks = pool((struct tick_stacks_options){0});
    struct tick_coro *coros[4];
    addresses(stacks, coros, 4);
    for (int i = 1; i < 4; i++)
        assert_true(coros[i] > coros[i - 1]);
    tick_coro_free(coros[1]);
    tick_coro_free(coros[3]);
    tick_coro_free(coros[0]);
    assert_int_equal(tick_stacks_live(stacks), 1);
    assert_ptr_equal(tick_coro_new(stacks, nothing, NULL), coros[0]);
    assert_ptr_equal(tick_coro_new(stacks, nothing, NULL), coros[3]);
    assert_ptr_equal(tick_coro_new(stacks, nothing, NULL), coros[1]);
    assert_true(tick_coro_new(stacks, nothing, NULL) > coros[3]);
    tick_stacks_free(stacks);
}

// Whatever happened before, and however often: what follows a reset has the addresses of a new pool.
static void a_reset_pool_is_a_new_pool(void **state) {
    (void)state;
    enum { COUNT = 200 };
    static struct tick_coro *fresh[COUNT], *again[COUNT];
    struct tick_stacks *stacks = pool((struct tick_stacks_options){.most = 1000});
    addresses(stacks, fresh, COUNT);
    tick_stacks_reset(stacks);
    for (unsigned round = 0; round < 20; round++) {
        unsigned random = round * 2654435761u + 1, live = 0, count = round * 25;
        for (unsigned i = 0; i < count; i++) {
            random = random * 1664525 + 1013904223;
            if (live && random >> 30 == 0) {
                tick_coro_free(again[--live]);
            } else if (live < COUNT) {
                again[live] = tick_coro_new(stacks, nothing, NULL);
                assert_non_null(again[live++]);
            }
        }
        assert_int_equal(tick_stacks_live(stacks), live);
        tick_stacks_reset(stacks);
        assert_int_equal(tick_stacks_live(stacks), 0);
        addresses(stacks, again, COUNT);
        assert_memory_equal(again, fresh, sizeof fresh);
        tick_stacks_reset(stacks);
    }
    tick_stacks_free(stacks);
}

static void the_hot_ends_of_neighbours_differ_in_the_cache(void **state) {
    (void)state;
    struct tick_stacks *stacks = pool((struct tick_stacks_options){0});
    struct tick_coro *coros[32];
    bool used[64] = {false};
    addresses(stacks, coros, 32);
    for (int i = 0; i < 32; i++) {
        unsigned line = (unsigned)((uintptr_t)coros[i] / 64 % 64);
        assert_int_equal((uintptr_t)coros[i] % 64, 0);
        assert_false(used[line]);
        used[line] = true;
    }
    tick_stacks_free(stacks);
}

static struct tick_coro *runner;

static void use_it_all(void *arg) {
    size_t size = (size_t)(uintptr_t)arg;
    volatile char *low = runner->low;
    *low = 1;
    assert_true((size_t)((char *)runner - runner->low) >= size);
    tick_coro_exit(runner, home);
}

static void sizes_are_rounded_up_and_usable(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 4096, 16384, 65536, 100000, 1 << 20};
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct tick_stacks *stacks = pool((struct tick_stacks_options){.size = sizes[i], .most = 10});
        runner = tick_coro_new(stacks, use_it_all, (void *)(uintptr_t)sizes[i]);
        assert_int_equal((uintptr_t)runner->low % page, 0);
        if (sizes[i] >= 65536 || !TICK__SANITIZED) // 4 KiB are not enough for an instrumented program
            tick_coro_switch(home, runner);
        tick_stacks_free(stacks);
    }
}

static void no_more_than_the_most(void **state) {
    (void)state;
    static const size_t bounds[] = {1, 63, 64, 65, 200};
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        struct tick_stacks *stacks = pool((struct tick_stacks_options){.most = bounds[i]});
        struct tick_coro *last = NULL;
        for (size_t k = 0; k < bounds[i]; k++) {
            last = tick_coro_new(stacks, nothing, NULL);
            assert_non_null(last);
        }
        assert_null(tick_coro_new(stacks, nothing, NULL));
        assert_int_equal(tick_stacks_live(stacks), bounds[i]);
        tick_coro_free(last);
        assert_ptr_equal(tick_coro_new(stacks, nothing, NULL), last);
        assert_null(tick_coro_new(stacks, nothing, NULL));
        tick_stacks_free(stacks);
    }
    tick_stacks_free(NULL);
}

static void wrong_options_are_errors(void **state) {
    (void)state;
    struct tick_stacks *stacks = NULL;
    struct tick_stacks_options huge = {.size = SIZE_MAX}, many = {.most = SIZE_MAX}, both = {.size = (size_t)1 << 40, .most = 1u << 30};
    assert_int_equal(tick_stacks_new(&huge, &stacks), -EINVAL);
    assert_int_equal(tick_stacks_new(&many, &stacks), -EINVAL);
    assert_int_equal(tick_stacks_new(&both, &stacks), -ENOMEM);
    struct tick_stacks_options odd = {.base = (void *)1, .most = 1};
    assert_int_equal(tick_stacks_new(&odd, &stacks), -EINVAL);
    assert_null(stacks);
}

static void scarce_address_space(void **state) {
    (void)state;
    if (TICK__SANITIZED || RUNNING_ON_VALGRIND || emulated())
        skip(); // these need more themselves, or know no limit
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit limit = {(rlim_t)1 << 30, (rlim_t)1 << 30};
        struct tick_stacks *stacks = NULL;
        struct tick_stacks_options many = {.most = 100000};
        if (setrlimit(RLIMIT_AS, &limit))
            _exit(1);
        if (tick_stacks_new(&many, &stacks) != -ENOMEM || stacks) // asked for: all or nothing
            _exit(2);
        if (tick_stacks_new(NULL, &stacks)) // the default: what there is
            _exit(3);
        for (int i = 0; i < 1024; i++)
            if (!tick_coro_new(stacks, nothing, NULL))
                _exit(4);
        tick_stacks_free(stacks);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void out_of_memory_while_growing(void **state) {
    (void)state;
    if (TICK__SANITIZED || RUNNING_ON_VALGRIND || emulated())
        skip();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct tick_stacks *stacks = NULL;
        struct rlimit limit = {(rlim_t)64 << 20, (rlim_t)64 << 20};
        int count = 0;
        if (tick_stacks_new(NULL, &stacks) || setrlimit(RLIMIT_DATA, &limit))
            _exit(1);
        while (tick_coro_new(stacks, nothing, NULL))
            count++;
        size_t live = tick_stacks_live(stacks);
        if (count < 64 || count > 1000 || live != (size_t)count)
            _exit(2);
        tick_stacks_reset(stacks); // and what there is still serves
        for (int i = 0; i < count; i++)
            if (!tick_coro_new(stacks, nothing, NULL))
                _exit(3);
        if (tick_coro_new(stacks, nothing, NULL))
            _exit(4);
        tick_stacks_free(stacks);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

// --- a fixed base

static void a_taken_base_is_an_error(void **state) {
    (void)state;
    if (RUNNING_ON_VALGRIND)
        skip(); // its programs live below 2^47 / 4
    struct tick_stacks *first, *second = NULL;
    struct tick_stacks_options options = {.base = BASE, .most = 100};
    assert_int_equal(tick_stacks_new(&options, &first), 0);
    assert_int_equal(tick_stacks_new(&options, &second), -EEXIST);
    assert_null(second);
    struct tick_coro *coro = tick_coro_new(first, nothing, NULL);
    assert_true((char *)coro > (char *)BASE && (char *)coro < (char *)BASE + (1 << 20));
    tick_stacks_free(first);
    assert_int_equal(tick_stacks_new(&options, &second), 0); // it is given back
    tick_stacks_free(second);
}

static void say_local(void *arg) {
    printf("%p %p\n", arg, __builtin_frame_address(0)); // a local's address might be on ASan's fake stack
    tick_coro_exit(runner, home);
}

// In a process of its own: prints where coroutines and their locals lie.
static int print_addresses(void) {
    struct tick_stacks *stacks;
    struct tick_stacks_options options = {.base = BASE, .most = 1000};
    home = tick_coro_thread_new();
    if (tick_stacks_new(&options, &stacks))
        return 1;
    for (int i = 0; i < 200; i++) {
        runner = tick_coro_new(stacks, say_local, (void *)(uintptr_t)i);
        printf("%p ", (void *)runner);
        tick_coro_switch(home, runner);
        if (i % 3 == 0)
            tick_coro_free(runner);
    }
    tick_stacks_free(stacks);
    tick_coro_thread_free(home);
    return 0;
}

static void a_fixed_base_gives_the_same_addresses_in_each_process(void **state) {
    (void)state;
    if (RUNNING_ON_VALGRIND)
        skip();
    static char said[2][20000];
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    assert_true(length > 0);
    path[length] = 0;
    for (int i = 0; i < 2; i++) {
        int ends[2];
        size_t size = 0;
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            dup2(ends[1], 1);
            if (i == 1)
                setenv("A_LONGER_ENVIRONMENT", "moves the first stack", 1);
            emulated_exec(path, "addresses");
            _exit(127);
        }
        close(ends[1]);
        for (ssize_t got; (got = read(ends[0], said[i] + size, sizeof said[i] - 1 - size)) > 0;)
            size += (size_t)got;
        close(ends[0]);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    assert_true(strlen(said[0]) > 1000);
    assert_string_equal(said[0], said[1]);
}

// --- poison

static uint8_t seen[2048];

static void look_below(void *arg) {
    (void)arg;
    for (size_t i = 0; i < sizeof seen; i++) // far below all frames, within 16 KiB of the top
        seen[i] = ((volatile uint8_t *)runner)[-16000 + (ptrdiff_t)i];
    tick_coro_exit(runner, home);
}

static void scribble(void *arg) {
    (void)arg;
    for (size_t i = 0; i < sizeof seen; i++)
        ((volatile uint8_t *)runner)[-16000 + (ptrdiff_t)i] = 0x33;
    tick_coro_exit(runner, home);
}

static void run(struct tick_stacks *stacks, void (*fn)(void *)) {
    runner = tick_coro_new(stacks, fn, NULL);
    tick_coro_switch(home, runner);
    tick_coro_free(runner);
}

static void all_seen(uint8_t byte) {
    for (size_t i = 0; i < sizeof seen; i++)
        assert_int_equal(seen[i], byte);
}

static void poison_fills_what_was_never_written(void **state) {
    (void)state;
    struct tick_stacks *stacks = pool((struct tick_stacks_options){.poison = 0xcb, .most = 10});
    run(stacks, look_below);
    all_seen(0xcb);
    run(stacks, scribble);
    run(stacks, look_below); // the stack is the same, and is filled again
    all_seen(0xcb);
    tick_stacks_set_poison(stacks, 0x5d);
    run(stacks, look_below);
    all_seen(0x5d);
    tick_stacks_reset(stacks);
    tick_stacks_set_poison(stacks, 0);
    if (!RUNNING_ON_VALGRIND) { // which rightly complains
        run(stacks, look_below);
        all_seen(0x5d);
    }
    tick_stacks_free(stacks);
    stacks = pool((struct tick_stacks_options){.size = 4096, .poison = 0xcb}); // smaller than what is filled
    assert_non_null(tick_coro_new(stacks, nothing, NULL));
    tick_stacks_free(stacks);
}

// --- a dropped stack

static void leave_a_mess(void *arg) {
    (void)arg;
    char block[3000]; // its red zones stay behind
    memset(block, 1, sizeof block);
    __asm__ volatile("" : : "r"(block) : "memory");
    for (;;)
        tick_coro_switch(runner, home);
}

static void walk_over_it(void *arg) {
    (void)arg;
    volatile char *at = (char *)runner - 12000;
    for (int i = 0; i < 8000; i++)
        at[i] = 2;
    tick_coro_exit(runner, home);
}

static void a_dropped_stack_is_as_good_as_new(void **state) {
    (void)state;
    struct tick_stacks *stacks = pool((struct tick_stacks_options){0});
    for (int round = 0; round < 6; round++) {
        struct tick_coro *before = runner = tick_coro_new(stacks, leave_a_mess, NULL);
        tick_coro_switch(home, runner);
        if (round % 2)
            tick_coro_free(runner);
        else
            tick_stacks_reset(stacks);
        runner = tick_coro_new(stacks, walk_over_it, NULL);
        assert_ptr_equal(runner, before);
        tick_coro_switch(home, runner);
        tick_coro_free(runner);
    }
    tick_stacks_free(stacks);
}

#if TICK__ASAN
#include <sanitizer/lsan_interface.h>

static void hold_a_block(void *arg) {
    (void)arg;
    char *block = malloc(1000); // not volatile: that would go to the fake stack, which is not looked at
    tick_coro_switch(runner, home);
    free(block);
    tick_coro_exit(runner, home);
}

// The leak finder must look at the stacks: their memory is nobody's thread.
static void a_block_that_only_a_coroutine_knows_is_no_leak(void **state) {
    (void)state;
    struct tick_stacks *stacks = pool((struct tick_stacks_options){0});
    runner = tick_coro_new(stacks, hold_a_block, NULL);
    tick_coro_switch(home, runner);
    assert_int_equal(__lsan_do_recoverable_leak_check(), 0);
    tick_coro_switch(home, runner);
    tick_stacks_free(stacks);
}
#endif

// --- many

static size_t resident_pages(void) {
    size_t total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%zu %zu", &total, &resident), 2);
    fclose(file);
    return resident;
}

static size_t turns;

static void count_turns(void *arg) {
    struct tick_coro **self = arg;
    for (;;) {
        turns++;
        tick_coro_switch(*self, home);
    }
}

static void a_hundred_thousand_live(void **state) {
    (void)state;
    size_t count = RUNNING_ON_VALGRIND ? 1000 : 100000, most_pages;
#if TICK__TSAN
    count = 5000; // it has threads enough for 8,000
#elif TICK__SANITIZED
    count = 20000; // pages are not counted there
#endif
    count = (size_t)scarce_rounds((int)count);
#ifdef TICK_CORO_UCONTEXT
    most_pages = count + count / 20; // its contexts take 1 KiB each: with some colours that leaves the page
#else
    most_pages = count + count / 100;
#endif
    struct tick_coro **coros = calloc(count, sizeof *coros);
    assert_non_null(coros);
    struct tick_stacks *stacks = pool((struct tick_stacks_options){.most = emulated() ? count : 0});
    turns = 0;
    size_t before = resident_pages();
    for (size_t i = 0; i < count; i++) {
        coros[i] = tick_coro_new(stacks, count_turns, &coros[i]);
        assert_non_null(coros[i]);
    }
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < count; i++)
            tick_coro_switch(home, coros[i]);
    assert_int_equal(turns, 2 * count);
    assert_int_equal(tick_stacks_live(stacks), count);
    size_t pages = resident_pages() - before;
    if (!TICK__SANITIZED && !RUNNING_ON_VALGRIND) {
        print_message("%.3f resident pages a coroutine\n", (double)pages / (double)count);
        assert_true(pages < most_pages);
    }
    for (size_t i = 0; i < count; i += 2)
        tick_coro_free(coros[i]);
    assert_int_equal(tick_stacks_live(stacks), count / 2);
    tick_stacks_reset(stacks);
    struct tick_coro *lowest = coros[0];
    assert_ptr_equal(tick_coro_new(stacks, nothing, NULL), lowest);
    tick_stacks_free(stacks);
    free(coros);
}

// --- no system call

static void end_at_once(void *arg) {
    (void)arg;
    tick_coro_exit(runner, home);
}

static void a_warm_pool_asks_nothing_of_the_kernel(void **state) {
    (void)state;
#ifdef TICK_CORO_UCONTEXT
    skip(); // swapcontext is a system call
#endif
    if (TICK__SANITIZED || RUNNING_ON_VALGRIND)
        skip();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct tick_stacks *stacks;
        if (tick_stacks_new(NULL, &stacks))
            _exit(1);
        for (int i = 0; i < 300; i++)
            if (!tick_coro_new(stacks, nothing, NULL))
                _exit(2);
        tick_stacks_reset(stacks);
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0)) // SIGKILL for all but read, write, exit
            _exit(77);
        for (int round = 0; round < 10; round++) {
            for (int i = 0; i < 300; i++) {
                runner = tick_coro_new(stacks, end_at_once, NULL);
                tick_coro_switch(home, runner);
                if (i % 4)
                    tick_coro_free(runner);
            }
            tick_stacks_reset(stacks);
        }
        syscall(SYS_exit, 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip();
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "addresses") == 0)
        return print_addresses();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_last_freed_is_the_first_reused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reset_pool_is_a_new_pool, setup, teardown),
        cmocka_unit_test_setup_teardown(the_hot_ends_of_neighbours_differ_in_the_cache, setup, teardown),
        cmocka_unit_test_setup_teardown(sizes_are_rounded_up_and_usable, setup, teardown),
        cmocka_unit_test_setup_teardown(no_more_than_the_most, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_options_are_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(scarce_address_space, setup, teardown),
        cmocka_unit_test_setup_teardown(out_of_memory_while_growing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_taken_base_is_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(a_fixed_base_gives_the_same_addresses_in_each_process, setup, teardown),
        cmocka_unit_test_setup_teardown(poison_fills_what_was_never_written, setup, teardown),
        cmocka_unit_test_setup_teardown(a_dropped_stack_is_as_good_as_new, setup, teardown),
#if TICK__ASAN
        cmocka_unit_test_setup_teardown(a_block_that_only_a_coroutine_knows_is_no_leak, setup, teardown),
#endif
        cmocka_unit_test_setup_teardown(a_hundred_thousand_live, setup, teardown),
        cmocka_unit_test_setup_teardown(a_warm_pool_asks_nothing_of_the_kernel, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
