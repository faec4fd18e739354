// Handles: asyncio.Handle. What waits in the ready queue, and how it runs.
#include "src/loop/timer_int.h"
#include <errno.h>

struct tick_handle *tick_handle_ref(struct tick_handle *handle) {
    handle->refs++;
    return handle;
}

void tick_handle_unref(struct tick_handle *handle) {
    const uint32_t bits = handle ? handle->bits : TICK__IS_EMBEDDED;
    if (bits & TICK__IS_EMBEDDED)
        return;
    handle->bits = bits - 1;
    if ((bits & TICK__REFS) > 1)
        return;
    if (handle->place >= TICK__FAR_TOLD) // an entry knows it, and whoever comes by there frees it
        TICK__POISON(&handle->fn, sizeof handle->fn + sizeof handle->arg);
    else if (!(bits & TICK__IS_FOREIGN))
        tick__pool_give(&handle->loop->handle_pool, handle, handle->loop->handle_size);
    else if (handle->kind == TICK__TIMER)
        tick__store_give(handle);
    else
        tick__foreign_give(handle);
}

bool tick_handle_cancelled(const struct tick_handle *handle) {
    return handle->cancelled;
}

static __attribute__((noinline)) void cancel_slowly(struct tick_handle *handle) {
    handle->cancelled = 1;
    if (TICK__RARE(handle->loop->contexts))
        tick__context_drop(handle);
    handle->fn.call = NULL;
    handle->arg = NULL;
    if (handle->place && !handle->held) {
        if (handle->loop->probe)
            tick_emit(handle->loop->probe, TICK_EV_TIMER_CANCEL, handle->object, tick__here(handle->loop), handle->of.when, NULL);
        tick__timer_remove(handle);
    }
}

void tick_handle_cancel(struct tick_handle *handle) {
    const uint32_t bits = handle->bits;
    if (bits & TICK__IS_CANCELLED)
        return;
    if (handle->place != TICK__FAR) {
        cancel_slowly(handle);
        return;
    }
    handle->bits = bits + TICK__IS_CANCELLED - 1; // its entry stays until somebody comes by
    if (TICK__RARE(tick__stale_is_counted(handle->number)))
        handle->loop->timers.stale += TICK__STALE_EACH;
}

void tick__handle_drop(struct tick_handle *handle) {
    if (handle->kind == TICK__STEP)
        return;
    struct tick_future *future = handle->kind == TICK__DONE ? handle->of.future : NULL;
    tick_handle_unref(handle);
    tick_future_unref(future);
}

// The queue's reference ends before the call: a gather frees its own handles in it.
static inline void call(struct tick_loop *loop, struct tick_handle *handle) {
    void *arg = handle->arg;
    tick_callback_fn *fn = handle->fn.call;
    switch (handle->kind) {
    case TICK__DONE: {
        struct tick_future *future = handle->of.future;
        tick_done_fn *done = handle->fn.done;
        tick__handle_unref(handle);
        done(future, arg);
        tick__future_unref(future);
        return;
    }
    case TICK__TIMER:
        if (handle->of.fired.ahead)
            tick__store_prefetch(handle->loop->timers.store, handle->of.fired.ahead);
        tick__handle_unref(handle);
        break;
    default:
        if (handle->bits == TICK__FOREIGN_CALL)
            tick__foreign_give(handle);
        else if (handle->onward)
            tick__calls_give(&loop->calls, handle);
        else
            tick__handle_unref(handle);
    }
    fn(arg);
}

void tick__acting_begin(struct tick_loop *loop, struct tick_maker *maker, struct tick__acting *outer) {
    struct tick_probe *probe = loop->probe;
    outer->maker = loop->maker;
    outer->sys_maker = loop->sys->maker;
    loop->maker = maker;
    loop->sys->maker = maker;
    if (probe) {
        outer->task = probe->task;
        outer->here = probe->here;
    }
}

void tick__acting_end(struct tick_loop *loop, const struct tick__acting *outer) {
    struct tick_probe *probe = loop->probe;
    loop->maker = outer->maker;
    loop->sys->maker = outer->sys_maker;
    if (probe) {
        probe->task = outer->task;
        probe->here = outer->here;
    }
}

// With identities and events: the callback makes objects of its own.
static void call_observed(struct tick_loop *loop, struct tick_handle *handle) {
    struct tick_probe *probe = loop->probe;
    struct tick_maker maker = {.id = handle->id, .object = handle->object};
    struct tick__acting outer;
    tick__acting_begin(loop, &maker, &outer);
    if (probe) {
        probe->task = 0;
        probe->here = handle->cause;
        if (!handle->hidden)
            probe->here = probe->acted = tick_emit(probe, TICK_EV_CALLBACK_RUN, handle->object, handle->cause, 0, NULL);
    }
    call(loop, handle);
    tick__acting_end(loop, &outer);
    tick__maker_fini(&maker);
}

static __attribute__((noinline)) void call_specially(struct tick_loop *loop, struct tick_handle *handle) {
    if (loop->contexts)
        tick__context_enter(loop, handle);
    if (loop->debug)
        loop->began = loop->sys->ops->now(loop->sys);
    if (loop->observed)
        call_observed(loop, handle);
    else
        call(loop, handle);
    if (loop->debug)
        tick__report_slow(loop, NULL);
    if (loop->contexts) // by now, perhaps
        tick__context_leave(loop);
}

void tick__handle_run(struct tick_loop *loop, struct tick_handle *handle) {
    if (handle->kind == TICK__STEP)
        tick__task_step(loop, tick__task_of_step(handle));
    else if (TICK__RARE(handle->cancelled))
        tick__handle_drop(handle);
    else if (TICK__RARE(loop->special))
        call_specially(loop, handle);
    else
        call(loop, handle);
}

static __attribute__((cold, noinline)) void identify(struct tick_loop *loop, struct tick_handle *handle) {
    if (handle->hidden) {
        handle->id = tick_maker_next(loop->maker, TICK_OBJECT_HANDLE, NULL);
        handle->cause = tick__here(loop);
    } else {
        handle->id = tick__identify(loop, TICK_OBJECT_HANDLE, NULL, NULL, &handle->object);
        handle->cause = tick__emit(loop, TICK_EV_CALLBACK_READY, handle->object, tick__here(loop), 0, NULL);
    }
}

static inline struct tick_handle *soon(struct tick_loop *loop, tick_callback_fn *fn, void *arg, bool hidden) {
    struct tick_handle *handle = tick__handle_new(loop, TICK__CALL, hidden);
    if (TICK__RARE(!handle))
        return NULL;
    handle->fn.call = fn;
    handle->arg = arg;
    if (TICK__RARE(loop->observed))
        identify(loop, handle);
    tick__ready_push(loop, handle);
    return handle;
}

struct tick_handle *tick__call_soon(struct tick_loop *loop, tick_callback_fn *fn, void *arg, bool hidden) {
    return soon(loop, fn, arg, hidden);
}

int tick__loop_refuses(struct tick_loop *loop, tick_callback_fn **fn, void **arg) {
    if (loop->closed)
        return TICK_ECLOSED;
    if (loop->debug && loop->running && tick__loop_running != loop)
        return TICK_EWRONGTHREAD;
    return tick__context_wrap(loop, fn, arg);
}

struct tick_handle *tick_call_soon_handle(struct tick_loop *loop, tick_callback_fn *fn, void *arg) {
    loop = tick__loop_meant(loop);
    if (TICK__RARE(!loop))
        return NULL;
    if (TICK__RARE(loop->careful) && tick__loop_refuses(loop, &fn, &arg) < 0)
        return NULL;
    struct tick_handle *handle = soon(loop, fn, arg, false);
    return handle ? tick_handle_ref(handle) : NULL;
}

static inline struct tick_handle *call_take(struct tick__calls *calls, tick_callback_fn *fn, void *arg) {
    struct tick_handle *handle = (struct tick_handle *)(void *)calls->at;
    calls->at += TICK__CALL_SIZE;
    TICK__UNPOISON(handle, TICK__CALL_SIZE);
    handle->fn.call = fn;
    handle->arg = arg;
    return handle;
}

static __attribute__((noinline)) int soon_slowly(struct tick_loop *loop, tick_callback_fn *fn, void *arg) {
    loop = tick__loop_meant(loop);
    if (!loop)
        return TICK_EINVALSTATE;
    if (loop->careful) {
        const int error = tick__loop_refuses(loop, &fn, &arg);
        if (error < 0)
            return error;
    }
    if (loop->special)
        return soon(loop, fn, arg, false) ? 0 : -ENOMEM;
    if (loop->calls.at == loop->calls.end && !tick__calls_extend(&loop->calls))
        return -ENOMEM;
    tick__ready_push(loop, call_take(&loop->calls, fn, arg));
    return 0;
}

int tick_call_soon(struct tick_loop *loop, tick_callback_fn *fn, void *arg) {
    if (TICK__RARE(!loop || tick__inbox_any(loop) || loop->calls.at == loop->calls.end))
        return soon_slowly(loop, fn, arg);
    tick__ready_list(loop, call_take(&loop->calls, fn, arg));
    return 0;
}
