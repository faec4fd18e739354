// Switches: between the world's stack and those of the programs whose turn it is.
//
// What switches to a host and what it switches back to is one function, with the switch inline (sim/world/turns_int.h tells why).
#include "sim/native/fetch.h"
#include "sim/world/turns_int.h"
#include "src/coro/switch_int.h"
#include "src/loop/loop_int.h"

static void arrive(struct natives *n, struct native *native) {
    struct tick_host *host = &native->host;
    n->stage.host = host->name;
    n->stage.host_id = host->id;
    n->stage.host_object = host->object;
    n->stage.sys = &native->sys;
    n->stage.locals = &native->locals;
    n->stage.lives = host->lives;
    tick__loop_running = native->running;
    tick__turns_arrive(&n->world, host);
    tick_heap_use(native->heap);
    tick__fetch_more(n);
}

void tick__native_leave(struct native *native) {
    struct tick_host *host = &native->host;
    struct natives *n = tick__natives(host->world);
    tick_heap_use(NULL);
    native->running = tick__loop_running;
    tick__loop_running = NULL;
    tick__turns_leave(&n->world, host);
    n->stage.host = NULL;
    n->stage.host_object = 0;
    n->stage.sys = NULL;
    n->stage.locals = NULL;
    n->stage.lives = 0;
}

// Returns when the host has switched out, or has returned, or the run has ended.
static inline __attribute__((always_inline)) void take_turn(struct natives *n, struct native *native) {
    struct tick_coro *stack = native->stack;
    native->stack = NULL;
    do {
        if (!stack) {
            n->driving = true;
            stack = tick__loop_drive(native->loop);
            n->driving = false;
            if (!stack)
                return;
        }
        tick__coro_switch(n->coro, stack);
        stack = NULL; // its loop is to be driven, unless it was switched out
    } while (native->host.state == HOST_RUNNING && !n->world.ended);
}

static inline __attribute__((always_inline)) void run_ready(struct tick_world *w) {
    struct natives *n = tick__natives(w);
    while (w->ready && !w->ended) {
        struct tick_host *host = tick__turns_next(w);
        if (__builtin_expect(host->elsewhere, 0)) {
            host->tenant->turn(host);
            continue;
        }
        struct native *native = tick__native(host);
        arrive(n, native);
        take_turn(n, native);
        tick__native_leave(native);
        if (native->host.state == HOST_DONE) {
            tick_coro_free(native->coro);
            native->coro = NULL;
            tick__host_over(&native->host);
        }
    }
}

static __attribute__((noinline)) void run_started(struct tick_world *w) {
    run_ready(w);
}

static inline __attribute__((always_inline)) void look_ahead(struct tick_world *w) {
    tick__fetch_begin(tick__natives(w));
}

void tick__natives_turns(void *natives) {
    struct natives *n = natives;
    tick__turns_go(&n->world, run_ready, run_started, look_ahead);
    tick_coro_exit(n->coro, n->home);
}
