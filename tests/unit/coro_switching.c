// Switching: who runs, what survives a switch, where a coroutine begins and ends.
#include "src/base/alloc.h"
#include "src/coro/coro.h"
#include "src/coro/switch_int.h"
#include <execinfo.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct tick_stacks *stacks;
static struct tick_coro *home;

static int setup(void **state) {
    (void)state;
    home = tick_coro_thread_new();
    return home ? tick_stacks_new(NULL, &stacks) : -1;
}

static int teardown(void **state) {
    (void)state;
    tick_stacks_free(stacks);
    tick_coro_thread_free(home);
    return 0;
}

struct worker {
    struct tick_coro *coro;
    int number, steps;
    bool ended;
};

enum { MANY = 500, STEPS = 3 };
static struct worker workers[MANY];
static int sequence[MANY * (STEPS + 1)], sequence_length;

static void work(void *arg) {
    struct worker *worker = arg;
    volatile int mine[8]; // locals that a mixed-up stack would lose
    for (int i = 0; i < 8; i++)
        mine[i] = worker->number * 8 + i;
    for (int step = 0; step < STEPS; step++) {
        sequence[sequence_length++] = worker->number;
        worker->steps++;
        tick_coro_switch(worker->coro, home);
    }
    for (int i = 0; i < 8; i++)
        assert_int_equal(mine[i], worker->number * 8 + i);
    sequence[sequence_length++] = worker->number;
    worker->ended = true;
    tick_coro_exit(worker->coro, home);
}

static void many_take_turns(void **state) {
    (void)state;
    memset(workers, 0, sizeof workers);
    sequence_length = 0;
    for (int i = 0; i < MANY; i++) {
        workers[i].number = i;
        workers[i].coro = tick_coro_new(stacks, work, &workers[i]);
        assert_non_null(workers[i].coro);
    }
    for (int round = 0; round <= STEPS; round++)
        for (int i = 0; i < MANY; i++)
            tick_coro_switch(home, workers[i].coro);
    assert_int_equal(sequence_length, MANY * (STEPS + 1));
    for (int i = 0; i < sequence_length; i++)
        assert_int_equal(sequence[i], i % MANY);
    assert_int_equal(tick_stacks_live(stacks), MANY);
    for (int i = 0; i < MANY; i++) {
        assert_true(workers[i].ended);
        assert_int_equal(workers[i].steps, STEPS);
        tick_coro_free(workers[i].coro);
    }
    assert_int_equal(tick_stacks_live(stacks), 0);
}

// Each one starts the next and ends, and the next frees it: nobody but the runner is ever needed.
static int relay_left;
static struct tick_coro *relay_last;

static void relay(void *arg) {
    struct tick_coro **self = arg;
    struct tick_coro *mine = *self;
    if (relay_last)
        tick_coro_free(relay_last);
    relay_last = mine;
    if (--relay_left == 0)
        tick_coro_exit(mine, home);
    struct tick_coro *next = tick_coro_new(stacks, relay, self);
    assert_non_null(next);
    *self = next;
    tick_coro_exit(mine, next);
}

static void an_ended_one_is_freed_by_the_next(void **state) {
    (void)state;
    struct tick_coro *runner = tick_coro_new(stacks, relay, &runner);
    relay_left = 1000;
    relay_last = NULL;
    tick_coro_switch(home, runner);
    assert_int_equal(relay_left, 0);
    assert_int_equal(tick_stacks_live(stacks), 1);
    tick_coro_free(relay_last);
    assert_int_equal(tick_stacks_live(stacks), 0);
}

// --- what survives

static struct tick_coro *first, *second;

#if (defined(__x86_64__) || defined(__aarch64__))
#define HAVE_PROBE 1
// Gives every register that a callee preserves a value made of `seed`, switches, and returns how many came back changed.
int probe_registers(struct tick_coro *from, struct tick_coro *to, uint64_t seed);
#if defined(__x86_64__)
__asm__(".pushsection .text\n"
        ".globl probe_registers\n"
        ".type probe_registers, @function\n"
        "probe_registers:\n"
        "    push %rbp\n push %rbx\n push %r12\n push %r13\n push %r14\n push %r15\n push %rdx\n"
        "    lea 1(%rdx), %rbp\n lea 2(%rdx), %rbx\n lea 3(%rdx), %r12\n"
        "    lea 4(%rdx), %r13\n lea 5(%rdx), %r14\n lea 6(%rdx), %r15\n"
        "    call tick_coro_switch\n"
        "    mov (%rsp), %rdx\n xor %eax, %eax\n xor %ecx, %ecx\n"
        "    sub %rdx, %rbp\n cmp $1, %rbp\n setne %cl\n add %ecx, %eax\n"
        "    sub %rdx, %rbx\n cmp $2, %rbx\n setne %cl\n add %ecx, %eax\n"
        "    sub %rdx, %r12\n cmp $3, %r12\n setne %cl\n add %ecx, %eax\n"
        "    sub %rdx, %r13\n cmp $4, %r13\n setne %cl\n add %ecx, %eax\n"
        "    sub %rdx, %r14\n cmp $5, %r14\n setne %cl\n add %ecx, %eax\n"
        "    sub %rdx, %r15\n cmp $6, %r15\n setne %cl\n add %ecx, %eax\n"
        "    pop %rdx\n pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbx\n pop %rbp\n"
        "    ret\n"
        ".size probe_registers, . - probe_registers\n"
        ".popsection\n");
#else
__asm__(".pushsection .text\n"
        ".globl probe_registers\n"
        ".type probe_registers, %function\n"
        "probe_registers:\n"
        "    stp x29, x30, [sp, #-176]!\n"
        "    stp x19, x20, [sp, #16]\n stp x21, x22, [sp, #32]\n stp x23, x24, [sp, #48]\n stp x25, x26, [sp, #64]\n"
        "    stp x27, x28, [sp, #80]\n stp d8, d9, [sp, #96]\n stp d10, d11, [sp, #112]\n stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n str x2, [sp, #160]\n"
        ".irp n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29\n"
        "    add x\\n, x2, #\\n\n"
        ".endr\n"
        ".irp n, 8, 9, 10, 11, 12, 13, 14, 15\n"
        "    add x9, x2, #\\n\n fmov d\\n, x9\n"
        ".endr\n"
        "    bl tick_coro_switch\n"
        "    ldr x2, [sp, #160]\n mov x0, #0\n"
        ".irp n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29\n"
        "    sub x9, x\\n, x2\n cmp x9, #\\n\n cinc x0, x0, ne\n"
        ".endr\n"
        ".irp n, 8, 9, 10, 11, 12, 13, 14, 15\n"
        "    fmov x9, d\\n\n sub x9, x9, x2\n cmp x9, #\\n\n cinc x0, x0, ne\n"
        ".endr\n"
        "    ldp x19, x20, [sp, #16]\n ldp x21, x22, [sp, #32]\n ldp x23, x24, [sp, #48]\n ldp x25, x26, [sp, #64]\n"
        "    ldp x27, x28, [sp, #80]\n ldp d8, d9, [sp, #96]\n ldp d10, d11, [sp, #112]\n ldp d12, d13, [sp, #128]\n"
        "    ldp d14, d15, [sp, #144]\n ldp x29, x30, [sp], #176\n"
        "    ret\n"
        ".size probe_registers, . - probe_registers\n"
        ".popsection\n");
#endif
#endif

#ifdef HAVE_PROBE
static int changed;

static void probe(void *arg) {
    struct tick_coro **self = arg, *to = self == &first ? second : home;
    for (uint64_t seed = 1;; seed++)
        changed += probe_registers(*self, to, seed * 0x0123456789abcdefu * (self == &first ? 3 : 5));
}
#endif

static void registers_survive(void **state) {
    (void)state;
#ifdef HAVE_PROBE
    changed = 0;
    first = tick_coro_new(stacks, probe, &first);
    second = tick_coro_new(stacks, probe, &second);
    for (uint64_t seed = 0; seed < 1000; seed++)
        changed += probe_registers(home, first, seed * 0xfedcba9876543211u);
    assert_int_equal(changed, 0);
    tick_coro_free(first);
    tick_coro_free(second);
#else
    skip();
#endif
}

// The rounding of the unit that computes double, and on x86-64 that of the one that computes long double: 0 nearest, 1 down, 2 up, 3 to
// zero, each 5-fold so that one number tells both.
#if defined(__x86_64__)
static void set_rounding(unsigned mode) {
    uint32_t mxcsr;
    uint16_t control;
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    __asm__ volatile("fnstcw %0" : "=m"(control));
    mxcsr = (mxcsr & ~0x6000u) | mode << 13;
    control = (uint16_t)((control & ~0xc00u) | mode << 10);
    __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
    __asm__ volatile("fldcw %0" : : "m"(control));
}
static unsigned rounding(void) {
    uint32_t mxcsr;
    uint16_t control;
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    __asm__ volatile("fnstcw %0" : "=m"(control));
    return (mxcsr >> 13 & 3) + 4 * (control >> 10 & 3);
}
#elif defined(__aarch64__)
static void set_rounding(unsigned mode) {
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    fpcr = (fpcr & ~((uint64_t)3 << 22)) | (uint64_t)mode << 22;
    __asm__ volatile("msr fpcr, %0" : : "r"(fpcr));
}
static unsigned rounding(void) {
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    return 5 * (fpcr >> 22 & 3);
}
#else
static void set_rounding(unsigned mode) {
    (void)mode;
}
static unsigned rounding(void) {
    return 0;
}
#endif

static unsigned rounding_found[8];
static int rounding_count;

// The switch out of line, and the one that src/loop has inline.
static __attribute__((noinline)) void switch_inline(struct tick_coro *from, struct tick_coro *to) {
    tick__coro_switch(from, to);
}
static void (*const switches[])(struct tick_coro *from, struct tick_coro *to) = {tick_coro_switch, switch_inline};
static void (*switch_to)(struct tick_coro *from, struct tick_coro *to);

static void round_otherwise(void *arg) {
    unsigned mode = *(const unsigned *)arg;
    struct tick_coro *self = mode == 1 ? first : second;
    rounding_found[rounding_count++] = rounding(); // the creator's
    set_rounding(mode);
    switch_to(self, home);
    rounding_found[rounding_count++] = rounding(); // its own
    tick_coro_exit(self, home);
}

static void rounding_stays(unsigned unit) {
    static const unsigned down = 1, up = 2;
    rounding_count = 0;
    first = tick_coro_new(stacks, round_otherwise, (void *)(uintptr_t)&down);
    set_rounding(3);
    second = tick_coro_new(stacks, round_otherwise, (void *)(uintptr_t)&up);
    set_rounding(0);
    for (int i = 0; i < 2; i++) {
        switch_to(home, first);
        assert_int_equal(rounding(), 0);
        switch_to(home, second);
        assert_int_equal(rounding(), 0);
    }
    assert_int_equal(rounding_found[0], 0 * unit);
    assert_int_equal(rounding_found[1], 3 * unit);
    assert_int_equal(rounding_found[2], 1 * unit);
    assert_int_equal(rounding_found[3], 2 * unit);
    tick_coro_free(first);
    tick_coro_free(second);
}

static void the_floating_point_control_is_each_ones_own(void **state) {
    (void)state;
    set_rounding(1);
    const unsigned unit = rounding(); // 0 where it cannot be set here
    set_rounding(0);
    if (!unit)
        skip();
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
        switch_to = switches[i];
        rounding_stays(unit);
    }
}

// --- the stack

static uintptr_t frame;
static char text[200];

static void look_at_the_frame(void *arg) {
    (void)arg;
    frame = (uintptr_t)__builtin_frame_address(0);
    _Alignas(32) volatile double numbers[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    snprintf(text, sizeof text, "%.3f %.17g %Lf", numbers[2], 0.1, (long double)numbers[7]);
    tick_coro_exit(first, home);
}

static void the_stack_is_aligned(void **state) {
    (void)state;
    first = tick_coro_new(stacks, look_at_the_frame, NULL);
    tick_coro_switch(home, first);
    assert_int_equal(frame % 16, 0);
    assert_true(frame < (uintptr_t)first && frame > (uintptr_t)first->low);
    assert_string_equal(text, "3.000 0.10000000000000001 8.000000");
    tick_coro_free(first);
}

static int depths[2];

__attribute__((noinline)) static int descend(int levels) {
    void *frames[64];
    volatile int depth = levels ? descend(levels - 1) : backtrace(frames, 64);
    return depth;
}

static void measure_backtrace(void *arg) {
    (void)arg;
    depths[0] = descend(2);
    depths[1] = descend(7);
    tick_coro_exit(first, home);
}

static void a_backtrace_ends_at_the_entry(void **state) {
    (void)state;
    int here = descend(2); // also loads the unwinder, outside of the small stack
    if (here < 4)
        skip(); // no unwinder here
    first = tick_coro_new(stacks, measure_backtrace, NULL);
    tick_coro_switch(home, first);
    assert_int_equal(depths[1], depths[0] + 5);
    assert_in_range(depths[0], 4, 8); // three of descend, measure_backtrace, the entry; no creator behind it
    tick_coro_free(first);
}

// --- foreign stacks

// A host's stack is a coroutine; the loop on it makes an object of its own for that stack. A task of that loop may switch away as the
// host, from the task's stack, and comes back there.
static struct tick_coro *host, *loop, *task;
static char events[64];

static void note(char event) {
    size_t length = strlen(events);
    events[length] = event;
    events[length + 1] = 0;
}

static void task_body(void *arg) {
    (void)arg;
    note('t');
    tick_coro_switch(task, loop);
    note('u');
    tick_coro_switch(host, home);
    note('v');
    tick_coro_exit(task, loop);
}

static void host_body(void *arg) {
    (void)arg;
    loop = tick_coro_thread_new();
    assert_non_null(loop);
    task = tick_coro_new(stacks, task_body, NULL);
    note('a');
    tick_coro_switch(loop, task);
    note('b');
    tick_coro_switch(loop, task);
    note('c');
    tick_coro_free(task);
    tick_coro_thread_free(loop);
    tick_coro_switch(host, home);
    note('d');
    tick_coro_exit(host, home);
}

static void a_foreign_stack_may_be_left_from_another_one(void **state) {
    (void)state;
    events[0] = 0;
    host = tick_coro_new(stacks, host_body, NULL);
    tick_coro_switch(home, host);
    note('1');
    tick_coro_switch(home, host);
    note('2');
    tick_coro_switch(home, host);
    assert_string_equal(events, "atbu1vc2d");
    tick_coro_free(host);
    assert_int_equal(tick_coro_in_guard(home, home), 0);
}

static void *refuse(struct tick_allocator *self, size_t size) {
    (void)self, (void)size;
    return NULL;
}

static void out_of_memory_for_a_thread(void **state) {
    (void)state;
    struct tick_allocator none = {refuse, NULL};
    tick__set_allocator(&none);
    struct tick_coro *coro = tick_coro_thread_new();
    tick__set_allocator(NULL);
    assert_null(coro);
    tick_coro_thread_free(NULL);
}

// --- misuse

static void return_from_it(void *arg) {
    (void)arg;
}

static void returning(void) {
    struct tick_coro *coro = tick_coro_new(stacks, return_from_it, NULL);
    tick_coro_switch(home, coro);
}

static void freeing_twice(void) {
    struct tick_coro *coro = tick_coro_new(stacks, return_from_it, NULL);
    tick_coro_free(coro);
    tick_coro_free(coro);
}

static void freeing_a_thread(void) {
    tick_coro_free(home);
}

static void aborts(void (*misuse)(void), const char *words) {
    int ends[2];
    char said[1000] = "";
    size_t length = 0;
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], 2);
        misuse();
        _exit(0);
    }
    close(ends[1]);
    for (ssize_t got; (got = read(ends[0], said + length, sizeof said - 1 - length)) > 0;)
        length += (size_t)got;
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_non_null(strstr(said, words));
}

static void misuse_aborts(void **state) {
    (void)state;
    aborts(returning, "a coroutine ends with tick_coro_exit");
    aborts(freeing_twice, "assertion failed");
    aborts(freeing_a_thread, "assertion failed");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(many_take_turns, setup, teardown),
        cmocka_unit_test_setup_teardown(an_ended_one_is_freed_by_the_next, setup, teardown),
        cmocka_unit_test_setup_teardown(registers_survive, setup, teardown),
        cmocka_unit_test_setup_teardown(the_floating_point_control_is_each_ones_own, setup, teardown),
        cmocka_unit_test_setup_teardown(the_stack_is_aligned, setup, teardown),
        cmocka_unit_test_setup_teardown(a_backtrace_ends_at_the_entry, setup, teardown),
        cmocka_unit_test_setup_teardown(a_foreign_stack_may_be_left_from_another_one, setup, teardown),
        cmocka_unit_test_setup_teardown(out_of_memory_for_a_thread, setup, teardown),
        cmocka_unit_test_setup_teardown(misuse_aborts, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
