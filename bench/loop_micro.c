// What the loop's basic operations cost, in ns each: the median of the rounds, the least and the most beside it.
//
//     loop_micro [rounds]        default 15
//
// The poller does nothing and is asked every iteration; the clock is clock_gettime. Every round takes all cases in turn, so that a slow
// moment of the machine hits them alike. Stacks come from one pool for all rounds.
//
// links: tick_loop
#include "src/coro/coro.h"
#include <retick/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS_MOST = 101, BATCH = 1000 };

static int64_t now(struct tick_sys *sys) {
    (void)sys;
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int wait_nothing(struct tick_poller *poller, int64_t timeout, tick_id timer) {
    (void)poller;
    (void)timer;
    return timeout < 0 ? TICK_EDEADLOCK : 0;
}

static int wake_nothing(struct tick_poller *poller) {
    (void)poller;
    return 0;
}

static const struct tick_sys_ops sys_ops = {.name = "bench", .now = now};
static const struct tick_poller_ops poller_ops = {wait_nothing, wake_nothing};
static struct tick_sys clock_only = {.ops = &sys_ops};
static struct tick_poller poller = {&poller_ops};
static struct tick_stacks *stacks;
static struct tick_loop *loop;

static void must(int result) {
    if (result < 0 && result != TICK_EDEADLOCK) {
        fprintf(stderr, "loop_micro: %s\n", tick_error_text(result));
        exit(1);
    }
}

static void open_loop(void) {
    must(tick_loop_new(
        &(struct tick_loop_options){.sys = &clock_only, .poller = &poller, .stacks = stacks, .poll_budget = TICK_POLL_BUDGET}, &loop));
}

// Each case runs on the loop that is open, and returns how many operations it did.

static void nothing(void *arg) {
    (void)arg;
}

static long soon_batch(void) {
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < BATCH; i++)
            must(tick_call_soon(loop, nothing, NULL));
        must(tick_loop_run_forever(loop));
    }
    return 100L * BATCH;
}

static void chain(void *arg) {
    long *left = arg;
    if (--*left > 0)
        must(tick_call_soon(loop, chain, arg));
}

static long soon_chain(void) {
    long left = 100000;
    must(tick_call_soon(loop, chain, &left));
    must(tick_loop_run_forever(loop));
    return 100000;
}

static long timers_fire(void) {
    const int64_t start = now(NULL);
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < BATCH; i++)
            tick_handle_unref(tick_call_at(loop, start - i * 7919 % BATCH, nothing, NULL));
        must(tick_loop_run_forever(loop));
    }
    return 50L * BATCH;
}

static long timers_cancel(void) {
    static struct tick_handle *handles[BATCH];
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < BATCH; i++)
            handles[i] = tick_call_at(loop, INT64_MAX / 2 - i * 7919 % BATCH, nothing, NULL);
        for (int i = 0; i < BATCH; i++) {
            tick_handle_cancel(handles[i]);
            tick_handle_unref(handles[i]);
        }
    }
    return 50L * BATCH;
}

static int yielder(void *arg) {
    for (intptr_t i = 0; i < (intptr_t)arg; i++)
        must(tick_sleep(0));
    return 0;
}

static long yield_1(void) {
    must(tick_loop_run(loop, yielder, (void *)100000));
    return 100000;
}

static int thousand_yielders(void *arg) {
    for (int i = 0; i < BATCH; i++)
        if (tick_go(yielder, arg) < 0)
            return -1;
    return yielder((void *)((intptr_t)arg + 2));
}

static long yield_1000(void) {
    must(tick_loop_run(loop, thousand_yielders, (void *)100));
    return 100L * BATCH;
}

static struct tick_future *ping, *pong;

static int ponger(void *arg) {
    for (intptr_t i = 0; i < (intptr_t)arg; i++) {
        must(tick_await(ping));
        tick_future_unref(ping);
        ping = tick_future_new();
        must(tick_future_set_result(pong, 0));
    }
    return 0;
}

static int pinger(void *arg) {
    ping = tick_future_new();
    pong = tick_future_new();
    must(tick_go(ponger, arg));
    for (intptr_t i = 0; i < (intptr_t)arg; i++) {
        must(tick_future_set_result(ping, 0));
        must(tick_await(pong));
        tick_future_unref(pong);
        pong = tick_future_new();
    }
    tick_future_unref(ping);
    tick_future_unref(pong);
    return 0;
}

static long ping_pong(void) {
    must(tick_loop_run(loop, pinger, (void *)50000));
    return 50000;
}

static int returns(void *arg) {
    (void)arg;
    return 1;
}

static int joiner(void *arg) {
    for (intptr_t i = 0; i < (intptr_t)arg; i++) {
        struct tick_task *task = tick_spawn(returns, NULL);
        must(tick_join(task));
        tick_task_unref(task);
    }
    return 0;
}

static long spawn_join(void) {
    must(tick_loop_run(loop, joiner, (void *)50000));
    return 50000;
}

static long new_free(void) {
    struct tick_loop *outer = loop;
    for (int i = 0; i < 20000; i++) {
        open_loop();
        tick_loop_free(loop);
    }
    loop = outer;
    return 20000;
}

static int ten_children(void *arg) {
    struct tick_task *tasks[10];
    for (int i = 0; i < 10; i++)
        tasks[i] = tick_spawn(returns, arg);
    for (int i = 0; i < 10; i++) {
        must(tick_join(tasks[i]));
        tick_task_unref(tasks[i]);
    }
    return 0;
}

static long small_world(void) {
    struct tick_loop *outer = loop;
    for (int i = 0; i < 5000; i++) {
        open_loop();
        must(tick_loop_run(loop, ten_children, NULL));
        tick_loop_free(loop);
    }
    loop = outer;
    return 5000;
}

static const struct {
    const char *name;
    long (*run)(void);
} cases[] = {
    {"call_soon, batch of 1,000", soon_batch},
    {"call_soon, chain", soon_chain},
    {"timer armed and fired, of 1,000", timers_fire},
    {"timer armed and cancelled, of 1,000", timers_cancel},
    {"yield, 1 task", yield_1},
    {"yield, 1,000 tasks", yield_1000},
    {"future ping-pong, there and back", ping_pong},
    {"spawn and join", spawn_join},
    {"loop new and free", new_free},
    {"loop with 10 tasks, new to free", small_world},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    static double taken[CASES][ROUNDS_MOST];
    int rounds = argc > 1 ? atoi(argv[1]) : 15;
    if (rounds < 1 || rounds > ROUNDS_MOST) {
        fprintf(stderr, "usage: loop_micro [1..%d]\n", ROUNDS_MOST);
        return 2;
    }
    must(tick_stacks_new(&(struct tick_stacks_options){0}, &stacks));
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < CASES; i++) {
            open_loop();
            const int64_t start = now(NULL);
            const long count = cases[i].run();
            taken[i][round] = (double)(now(NULL) - start) / (double)count;
            tick_loop_free(loop);
        }
    tick_stacks_free(stacks);
    printf("%-40s %9s %9s %9s   (ns each, %d rounds)\n", "", "median", "least", "most", rounds);
    for (int i = 0; i < CASES; i++) {
        qsort(taken[i], (size_t)rounds, sizeof(double), by_value);
        printf("%-40s %9.1f %9.1f %9.1f\n", cases[i].name, taken[i][rounds / 2], taken[i][0], taken[i][rounds - 1]);
    }
    return 0;
}
