// Futures: asyncio.Future. A result, a failure or a cancellation that comes once, and who is called then.
#include "src/base/alloc.h"
#include "src/loop/loop_int.h"
#include <errno.h>
#include <string.h>

static void future_drop(struct tick_future *future) {
    tick__pool_give(&future->loop->future_pool, future, sizeof *future);
}

static const struct tick_future_ops future_ops = {.type = TICK_OBJECT_FUTURE, .drop = future_drop};
const struct tick_future_ops tick__hidden_ops = {.type = TICK_OBJECT_FUTURE}, tick__waiter_ops = {.type = TICK_OBJECT_FUTURE};

// --- making and ending ---

void tick__future_init(struct tick_future *future, struct tick_loop *loop, const struct tick_future_ops *ops, const struct tick_loc *loc) {
    if (!loop)
        loop = tick__loop_running;
    *future = (struct tick_future){.ops = ops, .loop = loop, .refs = 1};
    if (TICK__RARE(loop->probe != NULL)) { // nobody else ever learns what a future is called
        tick__identify(loop, ops->type, NULL, loc, &future->object);
        tick__emit(loop, TICK_EV_FUTURE_CREATE, future->object, tick__here(loop), 0, loc);
    }
}

static __attribute__((noinline)) struct tick_future *new_slowly(struct tick_loop *loop, const struct tick_loc *loc) {
    struct tick_future *future = loop ? tick__pool_take(&loop->future_pool, sizeof *future) : NULL;
    if (future) {
        tick__future_init(future, loop, &future_ops, loc);
        future->is.made = loc;
    }
    return future;
}

struct tick_future *tick_future_new_at(struct tick_loop *loop, const struct tick_loc *loc) {
    loop = tick__loop_meant(loop);
    if (TICK__RARE(!loop || loop->special || !loop->future_pool.free))
        return new_slowly(loop, loc);
    struct tick_future *future = tick__pool_reuse(&loop->future_pool, sizeof *future);
    *future = (struct tick_future){.ops = &future_ops, .loop = loop, .is.made = loc, .refs = 1};
    return future;
}

static void count_left(const void *element, void *arg) {
    const struct tick_future *future = element;
    struct tick__futures_left *left = arg;
    if (future->ops != &future_ops)
        return; // it was given back
    if (future->state != TICK__PENDING)
        left->done++;
    else if (!left->pending++)
        left->made = future->is.made;
}

void tick__futures_left(const struct tick_loop *loop, struct tick__futures_left *left) {
    *left = (struct tick__futures_left){0};
    tick__pool_each(&loop->future_pool, sizeof(struct tick_future), count_left, left);
}

static void residue_add(struct tick_future *future) {
    struct tick_loop *loop = future->loop;
    future->residue_next = loop->residue;
    future->residue_back = &loop->residue;
    if (future->residue_next)
        future->residue_next->residue_back = &future->residue_next;
    loop->residue = future;
}

static void residue_remove(struct tick_future *future) {
    if (!future->residue_back)
        return;
    *future->residue_back = future->residue_next;
    if (future->residue_next)
        future->residue_next->residue_back = future->residue_back;
    future->residue_back = NULL;
}

void tick__future_release(struct tick_future *future) {
    if (future->unread) {
        future->unread = 0;
        tick__report_unread(future);
    }
    if (future->state == TICK__PENDING) { // what still listens will never be called; a task's step is not ours to drop
        for (struct tick_handle *handle = future->first, *next; handle; handle = next) {
            next = handle->next;
            if (handle->kind == TICK__DONE)
                tick_handle_unref(handle);
        }
        future->first = future->last = NULL;
    } else {
        residue_remove(future);
        if (future->state == TICK__FAILED)
            tick_failure_unref(future->is.failure);
        else if (future->state == TICK__CANCELLED)
            tick__free(future->is.message);
    }
    future->is.failure = NULL;
}

struct tick_future *tick_future_ref(struct tick_future *future) {
    future->refs++;
    return future;
}

static __attribute__((noinline)) void end(struct tick_future *future) {
    if (!future->ops->drop)
        return;
    if (!tick__future_light(future)) {
        future->refs = 1; // a report may ref and unref it
        tick__future_fini(future);
    }
    future->ops->drop(future);
}

void tick_future_unref(struct tick_future *future) {
    if (!future || --future->refs > 0)
        return;
    if (TICK__LIKELY(future->ops == &future_ops && tick__future_light(future)))
        tick__pool_give(&future->loop->future_pool, future, sizeof *future);
    else
        end(future);
}

// --- asking ---

bool tick_future_done(const struct tick_future *future) {
    return future->state != TICK__PENDING;
}

bool tick_future_cancelled(const struct tick_future *future) {
    return future->state == TICK__CANCELLED;
}

int tick__future_code(struct tick_future *future) {
    switch (future->state) {
    case TICK__RESULT:
        return 0;
    case TICK__FAILED:
        future->unread = 0;
        return future->code;
    case TICK__CANCELLED:
        return TICK_ECANCELED;
    default:
        return TICK_EINVALSTATE;
    }
}

int tick_future_result(struct tick_future *future, intptr_t *value) {
    int code = tick__future_code(future);
    if (code == 0 && value)
        *value = future->is.value;
    return code;
}

struct tick_failure *tick_future_failure(struct tick_future *future) {
    if (future->state != TICK__FAILED)
        return NULL;
    future->unread = 0;
    if (!future->is.failure) {
        future->is.failure = tick__failure_plain(future->code);
        residue_add(future);
    }
    return future->is.failure;
}

const char *tick_future_cancel_message(const struct tick_future *future) {
    return future->state == TICK__CANCELLED ? future->is.message : NULL;
}

// --- completing ---

static __attribute__((noinline)) void call_done(struct tick_future *future, struct tick_handle *handle) {
    struct tick_loop *loop = future->loop;
    handle->of.future = tick_future_ref(future);
    if (loop->probe) {
        handle->cause = future->done_seq;
        if (!handle->hidden)
            handle->cause = tick__emit(loop, TICK_EV_CALLBACK_READY, handle->object, future->done_seq, 0, NULL);
    }
    tick__ready_push(loop, handle);
}

static __attribute__((noinline)) void call_all(struct tick_future *future, struct tick_handle *handle) {
    for (struct tick_handle *next; handle; handle = next) {
        next = handle->next;
        if (handle->kind == TICK__STEP)
            tick__task_ready(tick__task_of_step(handle), future->done_seq);
        else
            call_done(future, handle);
    }
}

static __attribute__((noinline)) void complete_slowly(
    struct tick_future *future, struct tick_handle *handle, enum tick_future_outcome outcome, uint32_t cause) {
    struct tick_loop *loop = future->loop;
    if (loop->probe) {
        if (!cause)
            cause = loop->probe->here;
        if (!future->hidden)
            cause = tick__emit(loop, TICK_EV_FUTURE_DONE, future->object, cause, outcome, NULL);
        future->done_seq = cause;
    }
    call_all(future, handle);
}

// Calls all who listened, through call_soon, in the order in which they came. Mostly that is one task, or nobody.
static inline void complete(struct tick_future *future, struct tick_handle *handle, enum tick_future_outcome outcome, uint32_t cause) {
    struct tick_loop *loop = future->loop;
    if (TICK__RARE(!tick__ready_quickly(loop))) {
        complete_slowly(future, handle, outcome, cause);
    } else if (handle) {
        if (TICK__LIKELY(handle->bits == TICK__ONWARD && !handle->next))
            tick__ready_list(loop, handle);
        else
            call_all(future, handle);
    }
}

void tick__future_cancelled(struct tick_future *future, const char *message, uint32_t cause) {
    struct tick_handle *handle = future->first;
    future->state = TICK__CANCELLED;
    future->is.message = tick__strdup(message); // lost when out of memory: cancelling must not fail
    future->residue_back = NULL;
    if (future->is.message)
        residue_add(future);
    complete(future, handle, TICK_DONE_CANCELLED, cause);
}

void tick__future_failed(struct tick_future *future, struct tick_failure *failure, int code, uint32_t cause) {
    struct tick_handle *handle = future->first;
    future->state = TICK__FAILED;
    future->is.failure = failure;
    future->residue_back = NULL;
    if (failure)
        residue_add(future);
    future->code = code;
    future->unread = 1;
    complete(future, handle, TICK_DONE_FAILURE, cause);
}

void tick__future_fail_as(struct tick_future *future, struct tick_future *other) {
    other->unread = 0;
    struct tick_failure *failure = other->is.failure ? tick_failure_ref(other->is.failure) : NULL;
    tick__future_failed(future, failure, other->code, 0);
}

void tick__future_succeeded(struct tick_future *future, intptr_t value, uint32_t cause) {
    future->state = TICK__RESULT;
    future->is.value = value;
    complete(future, future->first, TICK_DONE_RESULT, cause);
}

void tick__future_finish(struct tick_future *future, int code, intptr_t value, uint32_t cause) {
    if (future->state != TICK__PENDING)
        return;
    if (code >= 0)
        tick__future_succeeded(future, value, cause);
    else if (code == TICK_ECANCELED)
        tick__future_cancelled(future, NULL, cause);
    else
        tick__future_failed(future, NULL, code, cause);
}

// A task's outcome is its body's alone.
static bool settable(const struct tick_future *future) {
    return future->state == TICK__PENDING && future->ops != &tick__task_ops;
}

int tick_future_set_result(struct tick_future *future, intptr_t value) {
    if (!settable(future))
        return TICK_EINVALSTATE;
    tick__future_succeeded(future, value, 0);
    return 0;
}

int tick_future_set_failure(struct tick_future *future, struct tick_failure *failure) {
    if (!settable(future)) {
        tick_failure_unref(failure);
        return TICK_EINVALSTATE;
    }
    if (failure && failure->code >= 0) { // it would read as a success
        tick_failure_unref(failure);
        return -EINVAL;
    }
    tick__future_failed(future, failure, failure ? failure->code : -ENOMEM, 0); // there was no memory to make one
    return 0;
}

int tick_future_set_error(struct tick_future *future, int code) {
    if (!settable(future))
        return TICK_EINVALSTATE;
    if (code >= 0)
        return -EINVAL;
    tick__future_failed(future, NULL, code, 0);
    return 0;
}

// --- listening ---

// Appends a handle to those who are called when it is done; calls it at once (through call_soon) if it is.
void tick__future_attach(struct tick_future *future, struct tick_handle *handle) {
    if (future->state == TICK__PENDING)
        tick__future_listen(future, handle);
    else if (handle->kind == TICK__STEP)
        tick__task_ready(tick__task_of_step(handle), future->done_seq);
    else
        call_done(future, handle);
}

static void unlink_at(struct tick_future *future, struct tick_handle **at, struct tick_handle *before) {
    struct tick_handle *handle = *at;
    *at = handle->next;
    if (future->last == handle)
        future->last = before;
}

void tick__future_detach(struct tick_future *future, struct tick_handle *handle) {
    struct tick_handle *before = NULL;
    if (future->state != TICK__PENDING)
        return;
    for (struct tick_handle **at = &future->first; *at; before = *at, at = &(*at)->next)
        if (*at == handle) {
            unlink_at(future, at, before);
            return;
        }
}

struct tick_handle *tick__listener_new(struct tick_loop *loop, tick_done_fn *fn, void *arg, bool hidden) {
    struct tick_handle *handle = tick__handle_new(loop, TICK__DONE, hidden);
    if (!handle)
        return NULL;
    handle->fn.done = fn;
    handle->arg = arg;
    if (loop->observed) {
        if (hidden)
            handle->id = tick_maker_next(loop->maker, TICK_OBJECT_HANDLE, NULL);
        else
            handle->id = tick__identify(loop, TICK_OBJECT_HANDLE, NULL, NULL, &handle->object);
    }
    return handle;
}

int tick_future_on_done(struct tick_future *future, tick_done_fn *fn, void *arg) {
    if (TICK__RARE(future->loop->contexts))
        TICK_TRY(tick__context_wrap_done(future->loop, &fn, &arg));
    struct tick_handle *handle = tick__listener_new(future->loop, fn, arg, false);
    if (!handle)
        return -ENOMEM;
    tick__future_attach(future, handle);
    return 0;
}

int tick_future_off_done(struct tick_future *future, tick_done_fn *fn, void *arg) {
    int removed = 0;
    struct tick_handle *before = NULL;
    if (future->state != TICK__PENDING) // all of them are on their way
        return 0;
    for (struct tick_handle **at = &future->first; *at;) {
        struct tick_handle *handle = *at;
        if (handle->kind == TICK__DONE && tick__context_is_done(handle, fn, arg)) {
            tick__context_drop(handle);
            unlink_at(future, at, before);
            tick_handle_unref(handle);
            removed++;
        } else {
            before = handle;
            at = &handle->next;
        }
    }
    return removed;
}
