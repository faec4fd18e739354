// Overflows: what each kind of guard makes of one, and what a guard costs.
#include "src/coro/coro.h"
#include "src/coro/coro_int.h"
#include "tests/support/emulated.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct tick_coro *home, *runner;
static struct tick_stacks *stacks;

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

static void nothing(void *arg) {
    (void)arg;
}

static struct tick_stacks *pool(enum tick__guard first, uint32_t bound) {
    struct tick_stacks *made = NULL;
    struct tick_stacks_options options = {.size = 128 << 10, .most = 1000}; // room for sanitizers' frames
    assert_int_equal(tick__stacks_new(&options, first, bound, &made), 0);
    return made;
}

// Writes all of the stack down to `lowest`.
__attribute__((noinline)) static int dig(uintptr_t lowest) {
    volatile unsigned char block[128];
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = 0xee;
    if ((uintptr_t)__builtin_frame_address(0) < lowest)
        return block[5];
    return dig(lowest) + block[7];
}

static void dig_too_deep(void *arg) {
    (void)arg;
    dig((uintptr_t)runner->low - 8192);
    tick_coro_switch(runner, home);
    tick_coro_exit(runner, home);
}

// Digs beyond its end only so far that the words below it are overwritten.
static void dig_a_little(void *arg) {
    dig((uintptr_t)runner->low - (uintptr_t)arg);
    tick_coro_switch(runner, home);
    tick_coro_exit(runner, home);
}

static void on_fault(int signal_number, siginfo_t *info, void *context) {
    (void)signal_number, (void)context;
    _exit(tick_coro_in_guard(runner, info->si_addr) ? 42 : 43);
}

struct outcome {
    int status;
    char said[2000];
};

// Runs it in a child; a fault is told by the exit code.
static struct outcome in_a_child(void (*fn)(void)) {
    struct outcome outcome = {0};
    int ends[2];
    size_t length = 0;
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        static char alternate[64 << 10];
        stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
        struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
        dup2(ends[1], 2);
        signal(SIGABRT, SIG_DFL);
        if (sigaltstack(&stack, NULL) || sigaction(SIGSEGV, &action, NULL) || sigaction(SIGBUS, &action, NULL))
            _exit(1);
        fn();
        _exit(0);
    }
    close(ends[1]);
    for (ssize_t got; (got = read(ends[0], outcome.said + length, sizeof outcome.said - 1 - length)) > 0;)
        length += (size_t)got;
    close(ends[0]);
    assert_int_equal(waitpid(child, &outcome.status, 0), child);
    return outcome;
}

static enum tick__guard kind_wanted;

static void overflow(void) {
    stacks = pool(kind_wanted, 100);
    tick_coro_new(stacks, nothing, NULL); // one below, that must not be hit
    runner = tick_coro_new(stacks, dig_too_deep, NULL);
    enum tick__guard got = tick__coro_guard(runner);
    if (got != kind_wanted &&
        (kind_wanted != TICK__GUARD_MADVISE || got != TICK__GUARD_MPROTECT)) // no lightweight guards on an older kernel
        _exit(2);
    tick_coro_switch(home, runner);
}

static void an_overflow_is_a_fault_in_the_guard(void **state) {
    (void)state;
    for (kind_wanted = TICK__GUARD_MADVISE; kind_wanted <= TICK__GUARD_MPROTECT; kind_wanted++) {
        struct outcome outcome = in_a_child(overflow);
        assert_true(WIFEXITED(outcome.status));
        assert_int_equal(WEXITSTATUS(outcome.status), 42);
    }
}

static void the_guard_ends_where_the_stack_begins(void **state) {
    (void)state;
    stacks = pool(TICK__GUARD_MADVISE, 100);
    tick_coro_new(stacks, nothing, NULL);
    struct tick_coro *coro = tick_coro_new(stacks, nothing, NULL);
    const char *low = coro->low;
    assert_false(tick_coro_in_guard(coro, low));
    assert_true(tick_coro_in_guard(coro, low - 1));
    assert_true(tick_coro_in_guard(coro, low - TICK__GUARD_SIZE));
    assert_false(tick_coro_in_guard(coro, low - TICK__GUARD_SIZE - 1));
    assert_false(tick_coro_in_guard(coro, NULL));
    assert_false(tick_coro_in_guard(coro, coro));
    assert_false(tick_coro_in_guard(coro, (const void *)UINTPTR_MAX));
    assert_false(tick_coro_in_guard(home, low - 1));
    tick_stacks_free(stacks);
}

// Guards by mprotect are bounded; those beyond have the canary, and a reset changes nothing of who has what.
static void beyond_the_bound_are_canaries(void **state) {
    (void)state;
    stacks = pool(TICK__GUARD_MPROTECT, 3);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++) {
            struct tick_coro *coro = tick_coro_new(stacks, nothing, NULL);
            assert_int_equal(tick__coro_guard(coro), i < 3 ? TICK__GUARD_MPROTECT : TICK__GUARD_CANARY);
            assert_true((coro->canary != NULL) == (i >= 3));
        }
        tick_stacks_reset(stacks);
    }
    tick_stacks_free(stacks);
}

// How the coroutine of a child ends: the pool is made there too, as TSan distrusts fibers made before a fork.
static void (*misdeed)(void *);

static void a_canary_coroutine(void) {
    stacks = pool(TICK__GUARD_CANARY, 0);
    tick_coro_new(stacks, nothing, NULL);
    runner = tick_coro_new(stacks, misdeed, (void *)(uintptr_t)300);
    assert_int_equal(tick__coro_guard(runner), TICK__GUARD_CANARY);
}

static void running(void) {
    a_canary_coroutine();
    tick_coro_switch(home, runner);
}

static void freeing(void) {
    a_canary_coroutine();
    ((volatile char *)runner->low)[-8] = 1;
    tick_coro_free(runner);
}

static void resetting(void) {
    a_canary_coroutine();
    ((volatile char *)runner->low)[-8 * (int)TICK__CANARY_WORDS] = 1;
    tick_stacks_reset(stacks);
}

static void dig_and_end(void *arg) {
    dig((uintptr_t)runner->low - (uintptr_t)arg);
    tick_coro_exit(runner, home);
}

static void an_overflow_onto_the_canary_aborts(void **state) {
    (void)state;
    static const struct {
        void (*misdeed)(void *), (*in_child)(void);
    } ways[] = {{dig_a_little, running}, {dig_and_end, running}, {nothing, freeing}, {nothing, resetting}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        misdeed = ways[i].misdeed;
        struct outcome outcome = in_a_child(ways[i].in_child);
        assert_true(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGABRT);
        assert_non_null(strstr(outcome.said, "stack overflow"));
    }
}

// Down to the last word is no overflow.
static void fill_it(void *arg) {
    (void)arg;
    char *here = __builtin_frame_address(0);
    for (volatile char *at = runner->low; at < here - 4096; at += 8)
        *at = 0x77;
    tick_coro_switch(runner, home);
    tick_coro_exit(runner, home);
}

static void a_full_stack_is_no_overflow(void **state) {
    (void)state;
    for (int kind = TICK__GUARD_MADVISE; kind <= TICK__GUARD_CANARY; kind++) {
        stacks = pool((enum tick__guard)kind, 100);
        runner = tick_coro_new(stacks, fill_it, NULL);
        tick_coro_switch(home, runner);
        tick_coro_switch(home, runner);
        tick_coro_free(runner);
        tick_stacks_free(stacks);
    }
}

// The zero page, mapped by a look, is nobody's: smaps does not count it as anonymous.
static unsigned long anonymous_kilobytes_around(const void *address) {
    FILE *file = fopen("/proc/self/smaps", "r");
    assert_non_null(file);
    char line[300];
    unsigned long start, end, kilobytes, found = 0;
    bool inside = false;
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
            inside = start <= (uintptr_t)address && (uintptr_t)address < end;
        else if (inside && sscanf(line, "Anonymous: %lu kB", &kilobytes) == 1)
            found = kilobytes;
    }
    fclose(file);
    return found;
}

// Some kernels have none (guests of others that want it so): a look is a page there.
static bool there_is_a_zero_page(void) {
    const size_t size = 1 << 20;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    madvise(memory, size, MADV_NOHUGEPAGE);
    const unsigned long before = anonymous_kilobytes_around(memory);
    (void)*(volatile char *)(memory + size / 2);
    const bool is_nobodys = anonymous_kilobytes_around(memory) == before;
    munmap(memory, size);
    return is_nobodys;
}

static void a_canary_costs_no_page(void **state) {
    (void)state;
    if (emulated() || !there_is_a_zero_page())
        skip();
    stacks = pool(TICK__GUARD_CANARY, 0);
    tick_coro_new(stacks, nothing, NULL);
    runner = tick_coro_new(stacks, nothing, NULL);
    unsigned long before = anonymous_kilobytes_around(runner->low);
    assert_true(before > 0);
    tick_coro_free(runner); // looks at its canary
    assert_int_equal(anonymous_kilobytes_around(runner->low), before);
    ((volatile char *)runner->low)[0] = 1; // as a page in use would
    assert_int_equal(anonymous_kilobytes_around(runner->low), before + (unsigned long)sysconf(_SC_PAGESIZE) / 1024);
    tick_stacks_free(stacks);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_overflow_is_a_fault_in_the_guard, setup, teardown),
        cmocka_unit_test_setup_teardown(the_guard_ends_where_the_stack_begins, setup, teardown),
        cmocka_unit_test_setup_teardown(beyond_the_bound_are_canaries, setup, teardown),
        cmocka_unit_test_setup_teardown(an_overflow_onto_the_canary_aborts, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_stack_is_no_overflow, setup, teardown),
        cmocka_unit_test_setup_teardown(a_canary_costs_no_page, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
