// What a switch costs, beside swapcontext in the same run, and what a coroutine from a warm pool costs.
//
//     coro_switch [repeats]        default 9
//
// Coroutines stand in a ring, each switching to the next. Every repeat takes all cases in turn, so that a slow moment of the machine hits
// them alike. Prints the median, the least and the most of the repeats, in ns. All of a ring switch at one place in the code, which
// flatters the prediction of returns; the case "to and fro" is a loop's: one place goes to a task, another comes back.
//
// links: tick_coro
#include "src/coro/coro.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>

enum { REPEATS_MOST = 101, RING_MOST = 100000 };

static double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static _Noreturn void fail(const char *what) {
    fprintf(stderr, "coro_switch: %s\n", what);
    exit(1);
}

static long left; // switches to go

// --- the library's

static struct tick_stacks *stacks;
static struct tick_coro *home, *ring[RING_MOST];
static long ring_size;

static void around(void *arg) {
    long i = (long)(intptr_t)arg, next = i + 1 == ring_size ? 0 : i + 1;
    for (;;) {
        if (--left <= 0)
            tick_coro_switch(ring[i], home);
        tick_coro_switch(ring[i], ring[next]);
    }
}

static double ours(long size, long switches) {
    ring_size = size;
    for (long i = 0; i < size; i++) {
        ring[i] = tick_coro_new(stacks, around, (void *)(intptr_t)i);
        if (!ring[i])
            fail("no stack");
    }
    left = size; // once around to touch everything
    tick_coro_switch(home, ring[0]);
    left = switches;
    double start = now_ns();
    tick_coro_switch(home, ring[size - 1]);
    double took = now_ns() - start;
    tick_stacks_reset(stacks);
    return took / (double)switches;
}

static void back(void *arg) {
    (void)arg;
    for (;;)
        tick_coro_switch(ring[0], home);
}

static double to_and_fro(long unused, long switches) {
    (void)unused;
    ring[0] = tick_coro_new(stacks, back, NULL);
    if (!ring[0])
        fail("no stack");
    double start = now_ns();
    for (long i = 0; i < switches / 2; i++)
        tick_coro_switch(home, ring[0]);
    double took = now_ns() - start;
    tick_coro_free(ring[0]);
    return took / (double)switches;
}

static void once(void *arg) {
    tick_coro_exit(arg, home);
}

static double new_and_free(long unused, long count) {
    (void)unused;
    double start = now_ns();
    for (long i = 0; i < count; i++)
        tick_coro_free(tick_coro_new(stacks, once, NULL));
    return (now_ns() - start) / (double)count;
}

static struct tick_coro *running;

static void run_once(void *arg) {
    (void)arg;
    tick_coro_exit(running, home);
}

static double new_run_free(long unused, long count) {
    (void)unused;
    double start = now_ns();
    for (long i = 0; i < count; i++) {
        running = tick_coro_new(stacks, run_once, NULL);
        tick_coro_switch(home, running);
        tick_coro_free(running);
    }
    return (now_ns() - start) / (double)count;
}

static double reset(long size, long rounds) {
    double took = 0;
    for (long round = 0; round < rounds; round++) {
        for (long i = 0; i < size; i++)
            if (!tick_coro_new(stacks, once, NULL))
                fail("no stack");
        double start = now_ns();
        tick_stacks_reset(stacks);
        took += now_ns() - start;
    }
    return took / (double)rounds;
}

// --- libc's

static ucontext_t u_home, *u_ring;
static char *u_stacks;
static const size_t u_stack = (size_t)84 << 10; // the distance of the library's stacks

static void u_around(int i) {
    long next = i + 1 == ring_size ? 0 : i + 1;
    for (;;) {
        if (--left <= 0)
            swapcontext(&u_ring[i], &u_home);
        swapcontext(&u_ring[i], &u_ring[next]);
    }
}

static double libcs(long size, long switches) {
    ring_size = size;
    for (long i = 0; i < size; i++) {
        getcontext(&u_ring[i]);
        u_ring[i].uc_stack.ss_sp = u_stacks + (size_t)i * u_stack;
        u_ring[i].uc_stack.ss_size = u_stack;
        u_ring[i].uc_link = NULL;
        makecontext(&u_ring[i], (void (*)(void))u_around, 1, (int)i);
    }
    left = size;
    swapcontext(&u_home, &u_ring[0]);
    left = switches;
    double start = now_ns();
    swapcontext(&u_home, &u_ring[size - 1]);
    return (now_ns() - start) / (double)switches;
}

// ---

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    static const struct {
        const char *what;
        double (*measure)(long size, long count);
        long size, count;
    } cases[] = {
        {"switch, to and fro", to_and_fro, 1, 20000000},
        {"switch", ours, 2, 20000000},
        {"switch", ours, 1000, 10000000},
        {"switch", ours, 100000, 2000000},
        {"swapcontext", libcs, 2, 1000000},
        {"swapcontext", libcs, 1000, 1000000},
        {"swapcontext", libcs, 100000, 500000},
        {"new+free, warm pool", new_and_free, 1, 5000000},
        {"new+run+exit+free, warm pool", new_run_free, 1, 5000000},
        {"reset of so many live, all in all", reset, 1000, 1000},
        {"reset of so many live, all in all", reset, 100000, 3},
    };
    enum { CASES = sizeof cases / sizeof *cases };
    static double results[CASES][REPEATS_MOST];
    int repeats = argc > 1 ? atoi(argv[1]) : 9;
    if (repeats < 1 || repeats > REPEATS_MOST)
        fail("repeats: 1 to 101");
    if (tick_stacks_new(NULL, &stacks) < 0)
        fail("no pool");
    home = tick_coro_thread_new();
    u_ring = calloc(RING_MOST, sizeof *u_ring);
    u_stacks = mmap(NULL, RING_MOST * u_stack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (!home || !u_ring || u_stacks == MAP_FAILED)
        fail("out of memory");
    madvise(u_stacks, RING_MOST * u_stack, MADV_NOHUGEPAGE); // as the library does
    for (int r = 0; r < repeats; r++)
        for (int c = 0; c < CASES; c++)
            results[c][r] = cases[c].measure(cases[c].size, cases[c].count);
    printf("%-36s %10s %10s %10s %10s\n", "ns", "coroutines", "median", "least", "most");
    for (int c = 0; c < CASES; c++) {
        qsort(results[c], (size_t)repeats, sizeof(double), compare);
        printf("%-36s %10ld %10.2f %10.2f %10.2f\n", cases[c].what, cases[c].size, results[c][repeats / 2], results[c][0],
            results[c][repeats - 1]);
    }
    tick_coro_thread_free(home);
    tick_stacks_free(stacks);
    free(u_ring);
    return 0;
}
