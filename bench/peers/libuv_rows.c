// libuv's rows. A call_soon is the cheapest thing that runs a callback in the next iteration: an idle handle that stops itself.
#include "bench/peers/peer.h"
#include <uv.h>

enum { BATCH = 1000 };
static uv_loop_t loop;
static long count, pieces;

static void soon(uv_idle_t *idle) {
    uv_idle_stop(idle);
}

static uv_idle_t links[2];
static void chain(uv_idle_t *idle) {
    uv_idle_stop(idle);
    if (++count < pieces)
        uv_idle_start(&links[idle == &links[0]], chain);
}

static uv_timer_t *timers;
static void fired(uv_timer_t *timer) {
    (void)timer;
}
static void arm(long i, uint32_t us) {
    uv_timer_start(&timers[i], fired, us / 1000, 0);
}
static void cancel(long i) {
    uv_timer_stop(&timers[i]);
}
static void fire(void) {
    uv_run(&loop, UV_RUN_NOWAIT);
}

static void rung(uv_async_t *async) {
    (void)async;
}

int main(void) {
    uv_loop_init(&loop);
    pieces = 5000000;
    uv_idle_t *idles = calloc(BATCH, sizeof *idles);
    for (int i = 0; i < BATCH; i++)
        uv_idle_init(&loop, &idles[i]);
    begin();
    for (long round = 0; round < pieces / BATCH; round++) {
        for (int i = 0; i < BATCH; i++)
            uv_idle_start(&idles[i], soon);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    end("call_soon", (double)pieces);
    pieces = 500000;
    uv_idle_init(&loop, &links[0]);
    uv_idle_init(&loop, &links[1]);
    uv_idle_start(&links[0], chain);
    begin();
    uv_run(&loop, UV_RUN_DEFAULT);
    end("chain", (double)pieces);
    pieces = 1000000;
    timers = calloc((size_t)pieces, sizeof *timers);
    for (long i = 0; i < pieces; i++)
        uv_timer_init(&loop, &timers[i]);
    uv_update_time(&loop);
    peer_timers(&(struct peer_timers){arm, cancel, fire}, pieces);
    printf("idle_timer %zu\n", sizeof(uv_timer_t));
    pieces = 200000;
    uv_async_t async;
    uv_async_init(&loop, &async, rung);
    begin();
    for (long i = 0; i < pieces; i++) {
        uv_async_send(&async);
        uv_run(&loop, UV_RUN_ONCE);
    }
    end("wake_asleep", (double)pieces);
    return 0;
}
