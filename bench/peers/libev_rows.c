// libev's rows. A call_soon is an event fed to a watcher.
#include "bench/peers/peer.h"
#include <ev.h>

enum { BATCH = 1000 };
static struct ev_loop *loop;
static long count, pieces;

static void soon(struct ev_loop *l, ev_prepare *watcher, int events) {
    (void)l, (void)watcher, (void)events;
}

static void chain(struct ev_loop *l, ev_idle *idle, int events) {
    (void)events;
    if (++count == pieces)
        ev_idle_stop(l, idle);
}

static ev_timer *timers;
static void fired(struct ev_loop *l, ev_timer *timer, int events) {
    (void)l, (void)timer, (void)events;
}
static void arm(long i, uint32_t us) {
    ev_timer_set(&timers[i], us * 1e-6, 0.);
    ev_timer_start(loop, &timers[i]);
}
static void cancel(long i) {
    ev_timer_stop(loop, &timers[i]);
}
static void fire(void) {
    ev_run(loop, EVRUN_NOWAIT);
}

static void rung(struct ev_loop *l, ev_async *async, int events) {
    (void)l, (void)async, (void)events;
}

int main(void) {
    loop = ev_loop_new(EVBACKEND_EPOLL);
    pieces = 5000000;
    ev_prepare *watchers = calloc(BATCH, sizeof *watchers);
    for (int i = 0; i < BATCH; i++)
        ev_init(&watchers[i], soon);
    begin();
    for (long round = 0; round < pieces / BATCH; round++) {
        for (int i = 0; i < BATCH; i++)
            ev_feed_event(loop, &watchers[i], EV_CUSTOM);
        ev_run(loop, EVRUN_NOWAIT);
    }
    end("call_soon", (double)pieces);
    pieces = 500000;
    ev_idle idle;
    ev_idle_init(&idle, chain);
    ev_idle_start(loop, &idle);
    begin();
    ev_run(loop, 0);
    end("chain", (double)pieces);
    pieces = 1000000;
    timers = calloc((size_t)pieces, sizeof *timers);
    for (long i = 0; i < pieces; i++)
        ev_init(&timers[i], fired);
    ev_now_update(loop);
    peer_timers(&(struct peer_timers){arm, cancel, fire}, pieces);
    printf("idle_timer %zu\n", sizeof(ev_timer) + 16 + 8);
    pieces = 200000;
    ev_async async;
    ev_async_init(&async, rung);
    ev_async_start(loop, &async);
    begin();
    for (long i = 0; i < pieces; i++) {
        ev_async_send(loop, &async);
        ev_run(loop, EVRUN_ONCE);
    }
    end("wake_asleep", (double)pieces);
    return 0;
}
