// Three ways to go on and on at one instant: by a loop that polls by itself, by yielding, and by callbacks.
#include <retick.h>
#include <sys/epoll.h>

static int polls(struct tick_sys *sys, int epoll) {
    struct tick_sys_event out;
    return sys->ops->epoll_wait(sys, epoll, &out, 1, TICK_MS(100), 0); // here it polls
}
static int polls_by_itself(void *unused) {
    struct tick_sys *sys = tick_sys_running();
    struct tick_sys_event event = {.events = EPOLLOUT};
    int pair[2], epoll = sys->ops->epoll_create(sys);
    (void)unused;
    TICK_TRY(sys->ops->socketpair(sys, AF_UNIX, SOCK_STREAM, 0, pair));
    TICK_TRY(sys->ops->epoll_ctl(sys, epoll, EPOLL_CTL_ADD, pair[0], &event));
    for (;;)
        TICK_TRY(polls(sys, epoll));
}
static int yields(void *unused) {
    (void)unused;
    for (;;)
        TICK_TRY(tick_sleep(0)); // here it yields
}
static int spawns_one_that_yields(void *unused) {
    struct tick_task *task = tick_spawn_named("worker", yields, unused);
    int result = tick_join(task);
    tick_task_unref(task);
    return result;
}
static void calls_again(void *unused) {
    (void)!tick_call_soon(NULL, calls_again, unused);
}
static int begins_to_call(void *unused) {
    calls_again(unused);
    return tick_sleep(TICK_SEC(1));
}
TICK_SCENARIO(polling, "") {
    tick_host_add(world, "a", polls_by_itself, NULL);
}
TICK_SCENARIO(yielding, "") {
    tick_host_add(world, "a", spawns_one_that_yields, NULL);
}
TICK_SCENARIO(calling, "") {
    tick_host_add(world, "a", begins_to_call, NULL);
}
