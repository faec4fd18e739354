// Tasks, callbacks and handlers that need more stack than there is, each in its way, beside tasks whose stacks must stay as they are.
#include <alloca.h>
#include <retick.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

enum { MINE = 40000, HUGE_FRAME = 250000 };

static int bystander(void *arg) {
    (void)arg;
    volatile uint8_t mine[MINE];
    for (int i = 0; i < MINE; i++)
        mine[i] = 7;
    tick_sleep(TICK_MS(5));
    for (int i = 0; i < MINE; i++)
        if (mine[i] != 7)
            return tick_check(0, "byte %d of another task's array was written over", i);
    return 0;
}

// A buffer of which a part is used: what is written lies beyond the guard.
__attribute__((noinline)) static int frame(int n) {
    volatile char big[HUGE_FRAME];
    memset((char *)big, n, 20000);
    return big[n];
}
__attribute__((noinline)) static int space(int n) {
    volatile char *big = alloca((size_t)n * HUGE_FRAME);
    memset((char *)big, n, 20000);
    return big[n];
}
__attribute__((noinline)) static int array(int n) {
    volatile char big[n * HUGE_FRAME];
    memset((char *)big, n, 20000);
    return big[n];
}
__attribute__((noinline)) static int recur(int n) {
    volatile char some[100];
    some[0] = (char)n;
    return n > 100000000 ? 0 : recur(n + 1) + some[0];
}
static void on_signal(int number) {
    frame(number > 0);
}
static int handled(int n) { // on the task's stack
    signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    return n;
}
__attribute__((noinline)) static int deep(int n) {
    volatile char big[600000];
    memset((char *)big, n, 20000);
    return big[n];
}
static void on_signal_aside(int number) {
    deep(number > 0);
}
static int aside(int n) { // on the alternate stack
    const struct sigaction action = {.sa_handler = on_signal_aside, .sa_flags = SA_ONSTACK};
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    return n;
}

typedef int way_fn(int n);
static way_fn *const ways[] = {frame, space, array, recur, handled, aside};

static void callback(void *arg) {
    ways[(intptr_t)arg](1);
}
static int task(void *arg) {
    TICK_TRY(tick_sleep(TICK_MS(1)));
    return ways[(intptr_t)arg](1) > 5;
}
static int tasks(void *arg) {
    struct tick_task *all[6];
    for (int i = 0; i < 6; i++)
        all[i] = i == 3 ? tick_spawn_named("victim", task, arg) : tick_spawn(bystander, NULL);
    for (int i = 0; i < 6; i++) {
        TICK_TRY(tick_join(all[i]));
        tick_task_unref(all[i]);
    }
    return 0;
}
static int callbacks(void *arg) {
    TICK_TRY(tick_call_soon(tick_loop_running(), callback, arg));
    return tick_sleep(TICK_MS(3));
}

#define WAY(name, number) \
    TICK_SCENARIO(name, "a task needs too much") { \
        tick_host_add(world, "a", tasks, (void *)number); \
    } \
    TICK_SCENARIO(name##_called, "a callback needs too much") { \
        tick_host_add(world, "a", callbacks, (void *)number); \
    }
WAY(frames, 0)
WAY(spaces, 1)
WAY(arrays, 2)
WAY(recursion, 3)
WAY(handlers, 4)
WAY(handlers_aside, 5)

// Only where it draws so.
static int sometimes(void *arg) {
    return tick_random("depth", 5) == 3 ? tasks(arg) : 0;
}
TICK_SCENARIO(rarely, "some schedules need too much") {
    tick_host_add(world, "a", sometimes, NULL);
}
