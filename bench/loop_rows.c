// The rows of bench/loop.sh for retick: one line a row, "<row> <ns of process CPU time a piece>". The loop stands on the real kernel: epoll,
// the monotonic clock, and a poll at least every TICK_POLL_BUDGET handles.
//
//     loop_rows [row] [pieces]       one row alone, and how many pieces (callgrind counts the instructions of that)
//
// links: tick_io tick_os
#include "src/io/epoll_poller.h"
#include "src/os/linux.h"
#include <pthread.h>
#include <retick/loop.h>
#include <retick/stackless.h>
#include <retick/sync.h>
#include <retick/time.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 1000 };

static struct tick_linux os;
static struct tick_io *io;
static struct tick_loop *loop;
static long pieces;

static void must(int result) {
    if (result < 0) {
        fprintf(stderr, "loop_rows: %s\n", tick_error_text(result));
        exit(1);
    }
}

static double cpu_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double began;
static void begin(void) {
    began = cpu_ns();
}
static void end(const char *row, double count) {
    printf("%s %.2f\n", row, (cpu_ns() - began) / count);
}

static void run(tick_task_fn *fn, void *arg) {
    must(tick_loop_run(loop, fn, arg));
}

// --- callbacks ---

static void nothing(void *arg) {
    (void)arg;
}

static void stop(void *arg) {
    tick_loop_stop(arg);
}

static void soon_batch(void) {
    begin();
    for (long round = 0; round < pieces / BATCH; round++) {
        for (int i = 0; i < BATCH; i++)
            must(tick_call_soon(loop, nothing, NULL));
        tick_loop_stop(loop);
        must(tick_loop_run_forever(loop));
    }
    end("call_soon", (double)pieces);
}

static void chain(void *arg) {
    long *left = arg;
    if (--*left > 0)
        must(tick_call_soon(loop, chain, arg));
    else
        tick_loop_stop(loop);
}

static void soon_chain(void) {
    long left = pieces;
    must(tick_call_soon(loop, chain, &left));
    begin();
    must(tick_loop_run_forever(loop));
    end("chain", (double)pieces);
}

// --- tasks ---

static int yields(void *arg) {
    for (long i = 0; i < (long)(intptr_t)arg; i++)
        must(tick_sleep(0));
    return 0;
}

static int thousand_yield(void *arg) {
    struct tick_task *tasks[BATCH];
    for (int i = 0; i < BATCH; i++)
        tasks[i] = tick_spawn(yields, arg);
    must(tick_sleep(0));
    begin();
    for (int i = 0; i < BATCH; i++) {
        must(tick_join(tasks[i]));
        tick_task_unref(tasks[i]);
    }
    end("yield", (double)(intptr_t)arg * BATCH);
    return 0;
}

static void yield_1000(void) {
    run(thousand_yield, (void *)(intptr_t)(pieces / BATCH));
}

static struct tick_next step_yields(struct tick_task *task, void *arg, int error) {
    long *left = arg;
    (void)task;
    (void)error;
    return --*left > 0 ? tick_next_yield() : tick_next_return(0);
}

static int thousand_step(void *arg) {
    static long left[BATCH];
    struct tick_task *tasks[BATCH];
    for (int i = 0; i < BATCH; i++) {
        left[i] = (long)(intptr_t)arg;
        tasks[i] = tick_spawn_steps(step_yields, &left[i]);
    }
    begin();
    for (int i = 0; i < BATCH; i++) {
        must(tick_join(tasks[i]));
        tick_task_unref(tasks[i]);
    }
    end("yield_stackless", (double)(intptr_t)arg * BATCH);
    return 0;
}

static void stackless_1000(void) {
    run(thousand_step, (void *)(intptr_t)(pieces / BATCH));
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
    begin();
    for (intptr_t i = 0; i < (intptr_t)arg; i++) {
        must(tick_future_set_result(ping, 0));
        must(tick_await(pong));
        tick_future_unref(pong);
        pong = tick_future_new();
    }
    end("future", 2.0 * (double)(intptr_t)arg);
    tick_future_unref(ping);
    tick_future_unref(pong);
    return 0;
}

static void future_wake(void) {
    run(pinger, (void *)(intptr_t)(pieces / 2));
}

static struct tick_queue *there, *back;

static int echoes(void *arg) {
    void *item;
    for (intptr_t i = 0; i < (intptr_t)arg; i++) {
        must(tick_queue_get(there, &item));
        must(tick_queue_put(back, item));
    }
    return 0;
}

static int talks(void *arg) {
    void *item = &item;
    there = tick_queue_new(1);
    back = tick_queue_new(1);
    must(tick_go(echoes, arg));
    begin();
    for (intptr_t i = 0; i < (intptr_t)arg; i++) {
        must(tick_queue_put(there, item));
        must(tick_queue_get(back, &item));
    }
    end("channel", 2.0 * (double)(intptr_t)arg);
    tick_queue_free(there);
    tick_queue_free(back);
    return 0;
}

static void channel(void) {
    run(talks, (void *)(intptr_t)(pieces / 2));
}

static int returns(void *arg) {
    (void)arg;
    return 1;
}

static int spawns(void *arg) {
    begin();
    for (intptr_t i = 0; i < (intptr_t)arg; i++) {
        struct tick_task *task = tick_spawn(returns, NULL);
        must(tick_join(task));
        tick_task_unref(task);
    }
    end("spawn", (double)(intptr_t)arg);
    return 0;
}

static void spawn_await(void) {
    run(spawns, (void *)(intptr_t)pieces);
}

// --- timers ---

static uint64_t drawn = 88172645463325252u;
static uint64_t draw(void) {
    drawn ^= drawn << 13;
    drawn ^= drawn >> 7;
    return drawn ^= drawn << 17;
}

static long fired;
static void fires(void *arg) {
    if (++fired == (long)(intptr_t)arg)
        tick_loop_stop(loop);
}

// Deadlines spread over a second; cancelling and re-arming in random order; firing once all are due.
static void timers(void) {
    const long n = pieces;
    struct tick_handle **handles = malloc((size_t)n * sizeof *handles);
    uint32_t *order = malloc((size_t)n * sizeof *order), *delay = malloc((size_t)n * sizeof *delay);
    for (long i = 0; i < n; i++) {
        order[i] = (uint32_t)i;
        delay[i] = (uint32_t)(1000 + draw() % 999000) * 1000u;
    }
    for (long i = n - 1; i > 0; i--) {
        const long j = (long)(draw() % (uint64_t)(i + 1));
        const uint32_t swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
    }
    const int64_t second = TICK_SEC(1);
    for (int warm = 1; warm >= 0; warm--) {
        int64_t now = tick_loop_time(loop) + 10 * second;
        begin();
        for (long i = 0; i < n; i++)
            handles[i] = tick_call_at(loop, now + delay[i], nothing, NULL);
        if (!warm)
            end("timer_arm", (double)n);
        begin();
        for (long i = 0; i < n; i++) {
            tick_handle_cancel(handles[order[i]]);
            tick_handle_unref(handles[order[i]]);
        }
        if (!warm)
            end("timer_cancel", (double)n);
        for (long i = 0; i < n; i++)
            handles[i] = tick_call_at(loop, now + delay[i], nothing, NULL);
        begin();
        for (int round = 0; round < 3; round++) // so that what a loop puts off (retick's sweep of the cancelled) is in it
            for (long i = 0; i < n; i++) {
                struct tick_handle **handle = &handles[order[i]];
                tick_handle_cancel(*handle);
                tick_handle_unref(*handle);
                *handle = tick_call_at(loop, now + delay[i], nothing, NULL);
            }
        if (!warm)
            end("timer_rearm", 3 * (double)n);
        for (long i = 0; i < n; i++) {
            tick_handle_cancel(handles[i]);
            tick_handle_unref(handles[i]);
        }
        now = tick_loop_time(loop);
        for (long i = 0; i < n; i++)
            tick_handle_unref(tick_call_at(loop, now + delay[i], fires, (void *)(intptr_t)n));
        nanosleep(&(struct timespec){1, 10000000}, NULL);
        fired = 0;
        begin();
        must(tick_loop_run_forever(loop));
        if (!warm)
            end("timer_fire", (double)n);
    }
    free(handles);
    free(order);
    free(delay);
}

// --- virtual time ---

static int64_t virtual;
static int64_t virtual_now(struct tick_sys *sys) {
    (void)sys;
    return virtual;
}
static int virtual_wait(struct tick_poller *poller, int64_t timeout, tick_id timer) {
    (void)poller;
    (void)timer;
    if (timeout > 0)
        virtual += timeout;
    return timeout < 0 ? TICK_EDEADLOCK : 0;
}

static int sleeps(void *arg) {
    uint32_t mine = (uint32_t)(uintptr_t)arg;
    for (long i = 0; i < pieces / BATCH; i++) {
        mine = mine * 1664525u + 1013904223u;
        must(tick_sleep(1 + (mine >> 12)));
    }
    return 0;
}

static int thousand_sleep(void *arg) {
    struct tick_task *tasks[BATCH];
    for (intptr_t i = 0; i < BATCH; i++)
        tasks[i] = tick_spawn(sleeps, (void *)(i * 7919));
    must(tick_sleep(0));
    begin();
    for (int i = 0; i < BATCH; i++) {
        must(tick_join(tasks[i]));
        tick_task_unref(tasks[i]);
    }
    end("virtual_sleep", (double)pieces);
    return (int)(intptr_t)arg;
}

static void virtual_sleep(void) {
    static const struct tick_sys_ops sys_ops = {.name = "virtual", .now = virtual_now};
    static const struct tick_poller_ops poller_ops = {virtual_wait, NULL};
    struct tick_sys sys = {.ops = &sys_ops};
    struct tick_poller poller = {&poller_ops};
    struct tick_loop *real = loop;
    must(tick_loop_new(&(struct tick_loop_options){.sys = &sys, .poller = &poller, .poll_budget = TICK_POLL_BUDGET}, &loop));
    run(thousand_sleep, NULL);
    tick_loop_free(loop);
    loop = real;
}

// --- from another thread ---

static long woken;
static void counted(void *arg) {
    (void)arg;
    if (++woken == pieces)
        tick_loop_stop(loop);
}

static void *calls(void *arg) {
    for (long i = 0; i < pieces; i++)
        must(tick_call_soon_threadsafe(loop, counted, arg));
    return NULL;
}

static void on_processor(size_t number) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(number, &set);
    sched_setaffinity(0, sizeof set, &set); // where there is no such processor, or it is not ours: anywhere
}

static sem_t may_call, has_called;
static size_t calls_on; // a processor
static void *calls_in_batches(void *arg) {
    on_processor(calls_on);
    for (long round = 0; round < pieces / BATCH; round++) {
        sem_wait(&may_call);
        for (int i = 0; i < BATCH; i++)
            must(tick_call_soon_threadsafe(loop, counted, arg));
        sem_post(&has_called);
    }
    return NULL;
}

static void lets_call(void *arg) {
    sem_post(&may_call);
    sem_wait(&has_called);
    if (woken + BATCH < pieces)
        must(tick_call_soon(loop, lets_call, arg));
}

// Calls that find the loop awake, and need not ring: one of its callbacks lets the thread make a thousand, and waits for them. What the two
// threads take to wait for each other is in it.
static void wake_awake(const char *row, size_t processor) {
    pthread_t thread;
    on_processor(0);
    calls_on = processor;
    woken = 0;
    sem_init(&may_call, 0, 0);
    sem_init(&has_called, 0, 0);
    must(-pthread_create(&thread, NULL, calls_in_batches, NULL));
    must(tick_call_soon(loop, lets_call, NULL));
    begin();
    must(tick_loop_run_forever(loop));
    end(row, (double)pieces);
    pthread_join(thread, NULL);
}

// Both threads on one processor: what the calls themselves take.
static void wake_beside(void) {
    wake_awake("wake_awake", 0);
}

// On two: each call's memory wanders from one cache to the other and back.
static void wake_across(void) {
    wake_awake("wake_across", 1);
}

// A million calls before the loop looks: each takes memory that nobody had before.
static void wake_backlog(void) {
    pthread_t thread;
    woken = 0;
    begin();
    must(-pthread_create(&thread, NULL, calls, NULL));
    pthread_join(thread, NULL);
    must(tick_loop_run_forever(loop));
    end("wake_backlog", (double)pieces);
}

// Each call rings, and the loop comes out of its poll for it.
static void wake_asleep(void) {
    begin();
    for (long i = 0; i < pieces; i++) {
        must(tick_call_soon_threadsafe(loop, stop, loop));
        must(tick_loop_run_forever(loop));
    }
    end("wake_asleep", (double)pieces);
}

// --- memory ---

static double resident(void) {
    long size = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld %ld", &size, &pages) != 2)
        exit(1);
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static struct tick_future *never;
static int idles(void *arg) {
    (void)arg;
    return tick_await(never);
}

static struct tick_next step_idles(struct tick_task *task, void *arg, int error) {
    (void)task;
    (void)arg;
    return error < 0 || tick_future_done(never) ? tick_next_return(error) : tick_next_await(never);
}

static int idle_tasks(void *arg) {
    never = tick_future_new();
    double before = resident();
    for (long i = 0; i < pieces; i++)
        tick_task_unref(arg ? tick_spawn_steps(step_idles, NULL) : tick_spawn(idles, NULL));
    must(tick_sleep(0));
    must(tick_sleep(0));
    printf("%s %.0f\n", arg ? "idle_stackless" : "idle_task", (resident() - before) / (double)pieces);
    must(tick_future_set_result(never, 0));
    tick_future_unref(never);
    return 0;
}

static void idle_task(void) {
    run(idle_tasks, NULL);
}

static void idle_stackless(void) {
    run(idle_tasks, &never);
}

static void idle_timer(void) {
    const double before = resident();
    for (long i = 0; i < pieces; i++)
        tick_handle_unref(tick_call_later(loop, TICK_SEC(100) + (int64_t)(draw() % 1000000000), nothing, NULL));
    printf("idle_timer %.0f\n", (resident() - before) / (double)pieces);
}

static const struct {
    const char *name;
    void (*run)(void);
    long pieces;
} rows[] = {
    {"call_soon", soon_batch, 5000000},
    {"chain", soon_chain, 5000000},
    {"yield", yield_1000, 5000000},
    {"yield_stackless", stackless_1000, 5000000},
    {"future", future_wake, 2000000},
    {"channel", channel, 2000000},
    {"spawn", spawn_await, 2000000},
    {"timers", timers, 1000000},
    {"virtual_sleep", virtual_sleep, 1000000},
    {"wake_awake", wake_beside, 1000000},
    {"wake_across", wake_across, 1000000},
    {"wake_backlog", wake_backlog, 1000000},
    {"wake_asleep", wake_asleep, 200000},
    {"idle_task", idle_task, 100000},
    {"idle_stackless", idle_stackless, 100000},
    {"idle_timer", idle_timer, 1000000},
};

// One row, on a loop of its own.
static void measure(size_t row, long count) {
    pieces = count;
    must(tick_linux_init(&os));
    must(tick_epoll_new(tick_linux_sys(&os), NULL, &io));
    must(tick_loop_new(
        &(struct tick_loop_options){.sys = tick_linux_sys(&os), .poller = &io->poller, .poll_budget = TICK_POLL_BUDGET}, &loop));
    rows[row].run();
    fflush(stdout);
    tick_loop_free(loop);
    tick_epoll_free(io);
}

// All rows, each in a process of its own: memory that one gave back would hide what the next one takes.
static int measure_all(void) {
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int status = -1;
        const pid_t pid = fork();
        if (pid == 0) {
            measure(i, rows[i].pieces);
            _exit(0);
        }
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
            return 1;
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 1)
        return measure_all();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!strcmp(argv[1], rows[i].name))
            measure(i, argc > 2 ? atol(argv[2]) : rows[i].pieces);
    return 0;
}
