// Tasks: a coroutine that is a future. Its steps are one embedded handle; making a step ready allocates nothing.
//
// A task that is suspended stands in exactly one place: in the callbacks of the future it awaits, or in the ready queue.
#include "src/base/alloc.h"
#include "src/coro/coro.h"
#include "src/loop/loop_int.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static void task_drop(struct tick_future *future) {
    struct tick_task *task = (struct tick_task *)future;
    if (TICK__RARE(task->name != NULL))
        tick__block_free(task->name);
    tick__pool_give(&future->loop->task_pool, task, future->loop->task_size);
}

const struct tick_future_ops tick__task_ops = {
    .type = TICK_OBJECT_TASK,
    .drop = task_drop,
    .unread = "Task exception was never retrieved",
};

// --- making ---

// Who a new task is: what made it, its key and the count of that.
struct birth {
    tick_id parent, id;
    uint32_t parent_object, kth;
    const char *key;
};

// How it starts, beside as usual: bits.
enum { STACKLESS = 1, EAGER = 2 };

static char *name_copy(struct tick_loop *loop, const char *name) {
    size_t size = strlen(name) + 1;
    char *copy = tick__block_alloc(loop, size);
    if (copy)
        memcpy(copy, name, size);
    return copy;
}

#define CLEAR(task, from, to) memset(&(task)->from, 0, offsetof(struct tick_task, to) - offsetof(struct tick_task, from))

// In pieces, of which gcc makes stores: of the whole it makes `rep stos`, which takes as long as all else here.
static inline void init(struct tick_loop *loop, struct tick_task *task, tick_task_fn *fn, void *arg, const struct tick_loc *loc) {
    task->future = (struct tick_future){.ops = &tick__task_ops, .loop = loop, .refs = 1};
    CLEAR(task, loc, caught);
    CLEAR(task, caught, number);
    CLEAR(task, number, step);
    task->step.place = 0;
    task->step.bits = TICK__ONWARD & ~TICK__IS_ONWARD;
    task->step.frame = (struct tick__cancel_frame){0};
    task->step.loop = loop;
    task->fn.body = fn;
    task->arg = arg;
    task->loc = loc;
}

static inline void enlist(struct tick_loop *loop, struct tick_task *task) {
    task->back = loop->tasks_end;
    *loop->tasks_end = task;
    loop->tasks_end = &task->next;
    loop->task_count++;
}

static struct tick_task *create(struct tick_loop *loop, const struct birth *birth, const char *name, tick_task_fn *fn, void *arg,
    const struct tick_loc *loc, unsigned how) {
    struct tick_task *task = loop->closed ? NULL : tick__pool_take(&loop->task_pool, loop->task_size);
    if (!task)
        return NULL;
    init(loop, task, fn, arg, loc);
    if (loop->observed)
        memset((char *)task + TICK__TASK_PLAIN, 0, sizeof *task - TICK__TASK_PLAIN);
    if (name) {
        task->name = name_copy(loop, name);
        if (!task->name) {
            tick__pool_give(&loop->task_pool, task, loop->task_size);
            return NULL;
        }
    } else {
        task->number = ++loop->task_number;
    }
    if (TICK__RARE(loop->contexts))
        task->context = tick__context_copy(loop);
    enlist(loop, task);
    uint32_t created = 0;
    if (loop->observed) {
        task->maker.id = birth->id;
        task->parent = birth->parent;
        task->kth = birth->kth;
        task->future.object = tick__tell(loop, birth->parent_object, TICK_OBJECT_TASK, birth->id, birth->key, birth->kth, loc);
        task->maker.object = task->future.object;
        created = tick_emit(loop->probe, TICK_EV_TASK_CREATE, task->future.object, tick__here(loop), 0, loc);
    }
    if (how & STACKLESS) {
        task->fn.step = (tick_step_fn *)(void (*)(void))fn;
        task->stackless = true;
    }
    if (!(how & EAGER))
        tick__task_ready(task, created);
    else if (loop->observed)
        task->step.cause = created;
    return task;
}

static struct tick_task *make(struct tick_loop *loop, struct tick_maker *parent, const char *name, tick_task_fn *fn, void *arg,
    const struct tick_loc *loc, unsigned how) {
    struct birth birth = {0};
    if (loop->observed && !loop->closed) {
        birth.key = name ? name : loc->name;
        const uint64_t hash = tick_id_text(birth.key);
        if (tick_counts_next(&parent->named, hash, &birth.kth) < 0)
            return NULL;
        birth.id = tick_id_mix(tick_id_mix(parent->id, hash), birth.kth); // tick_id_task, with the hash taken once
        birth.parent = parent->id;
        birth.parent_object = parent->object;
    }
    return create(loop, &birth, name, fn, arg, loc, how);
}

struct tick_task *tick__task_new(
    struct tick_loop *loop, struct tick_maker *parent, const char *name, tick_task_fn *fn, void *arg, const struct tick_loc *loc) {
    return make(loop, parent, name, fn, arg, loc, 0);
}

struct tick_task *tick__spawn_as(struct tick_loop *loop, tick_id parent_id, uint32_t parent_object, const char *key, tick_task_fn *fn,
    void *arg, const struct tick_loc *loc) {
    const struct birth birth = {
        .parent = parent_id,
        .id = loop->observed ? tick_id_task(parent_id, key, 1) : 0,
        .parent_object = parent_object,
        .kth = 1,
        .key = key,
    };
    return create(loop, &birth, NULL, fn, arg, loc, 0);
}

static __attribute__((noinline)) struct tick_task *spawn(
    tick_task_fn *fn, void *arg, const char *name, const struct tick_loc *loc, unsigned how) {
    struct tick_loop *loop = tick__loop_running;
    struct tick_task *task = loop ? make(loop, loop->maker, name, fn, arg, loc, how) : NULL;
    if (!task)
        return NULL;
    tick__future_ref(&task->future);
    if (how & EAGER)
        tick__task_at_once(task);
    return task;
}

struct tick_task *tick_spawn_at(tick_task_fn *fn, void *arg, const char *name, const struct tick_loc *loc) {
    struct tick_loop *loop = tick__loop_running;
    if (TICK__RARE(!loop || name || !loop->task_pool.free || !tick__ready_quickly(loop)))
        return spawn(fn, arg, name, loc, 0);
    struct tick_task *task = tick__pool_reuse(&loop->task_pool, TICK__TASK_PLAIN);
    init(loop, task, fn, arg, loc);
    task->future.refs = 2;
    task->number = ++loop->task_number;
    enlist(loop, task);
    tick__ready_list(loop, &task->step);
    return task;
}

struct tick_task *tick_spawn_eager_at(tick_task_fn *fn, void *arg, const char *name, const struct tick_loc *loc) {
    return spawn(fn, arg, name, loc, EAGER);
}

struct tick_task *tick_spawn_steps_at(tick_step_fn *fn, void *arg, const char *name, const struct tick_loc *loc) {
    return spawn((tick_task_fn *)(void (*)(void))fn, arg, name, loc, STACKLESS);
}

struct tick_task *tick_spawn_steps_eager_at(tick_step_fn *fn, void *arg, const char *name, const struct tick_loc *loc) {
    return spawn((tick_task_fn *)(void (*)(void))fn, arg, name, loc, STACKLESS | EAGER);
}

struct tick_task *tick_loop_spawn_at(struct tick_loop *loop, tick_task_fn *fn, void *arg, const char *name, const struct tick_loc *loc) {
    loop = tick__loop_meant(loop);
    struct tick_task *task = loop ? tick__task_new(loop, loop->maker, name, fn, arg, loc) : NULL;
    return task ? tick_task_ref(task) : NULL;
}

int tick_go_at(tick_task_fn *fn, void *arg, const char *name, const struct tick_loc *loc) {
    struct tick_loop *loop = tick__loop_running;
    return loop && tick__task_new(loop, loop->maker, name, fn, arg, loc) ? 0 : -ENOMEM;
}

void tick__task_message(struct tick_task *task, const char *message) {
    if (!message && !task->message)
        return;
    char *copy = tick__strdup(message);
    tick__free(task->message);
    task->message = copy;
}

void tick__task_catch(struct tick_task *task, struct tick_failure *failure) {
    if (failure)
        tick_failure_ref(failure);
    tick_failure_unref(task->caught);
    task->caught = failure;
}

int tick__task_outcome(struct tick_task *task, struct tick_future *future) {
    if (TICK__RARE(future->state == TICK__FAILED))
        tick__task_catch(task, future->is.failure);
    return tick__future_code(future);
}

void tick__task_abandon(struct tick_task *task) {
    if (task->coro)
        tick_coro_free(task->coro);
    task->coro = NULL;
    if (task->future.loop->observed)
        tick__maker_fini(&task->maker);
    tick__free(task->message);
    task->message = NULL;
    tick__task_catch(task, NULL);
}

// --- waiting ---

static __attribute__((noinline)) int await_slowly(struct tick_task *task, struct tick_future *future, const struct tick_loc *loc) {
    if (!task)
        return TICK_EINVALSTATE;
    if (future->state != TICK__PENDING)
        return tick__task_outcome(task, future);
    struct tick_loop *loop = task->step.loop;
    if (future == &task->future || future->loop != loop) { // asyncio throws these one iteration later
        const int error = future == &task->future ? TICK_ESELF : TICK_EINVALSTATE;
        const int result = tick__task_yield(task, NULL);
        return result < 0 ? result : error;
    }
    if (loop->probe)
        tick__emit(loop, TICK_EV_FUTURE_AWAIT, future->object, tick__here(loop), 0, loc);
    task->waits_at = loc;
    return tick__await(task, future);
}

int tick__await_at(struct tick_future *future, const struct tick_loc *loc) {
    struct tick_task *task = tick__task_running();
    if (TICK__RARE(
            !task || future->state != TICK__PENDING || future->loop != task->step.loop || future->loop->special || future == &task->future))
        return await_slowly(task, future, loc);
    task->waits_at = loc;
    return tick__await(task, future);
}

int tick__join_at(struct tick_task *task, const struct tick_loc *loc) {
    struct tick_future *future = tick__future_ref(&task->future);
    int result = tick__await_at(future, loc);
    if (result == 0)
        result = (int)future->is.value;
    tick__future_unref(future);
    return result;
}

TICK__LANDING(tick_await_at, tick__await_at)
TICK__LANDING(tick_join_at, tick__join_at)

// --- asking ---

struct tick_task *tick_task_ref(struct tick_task *task) {
    tick_future_ref(&task->future);
    return task;
}

void tick_task_unref(struct tick_task *task) {
    if (!task)
        return;
    struct tick_future *future = &task->future;
    if (TICK__LIKELY(future->refs == 1 && tick__future_light(future) && !task->name))
        tick__pool_give(&future->loop->task_pool, task, future->loop->task_size);
    else
        tick_future_unref(future);
}

const char *tick_task_name(const struct tick_task *task) {
    if (task->name)
        return task->name;
    char label[16]; // written on demand: most tasks are never asked
    snprintf(label, sizeof label, "Task-%u", task->number);
    struct tick_task *named = (struct tick_task *)(uintptr_t)task;
    named->name = name_copy(task->future.loop, label);
    return task->name ? task->name : "Task";
}

void tick__task_called(const struct tick_task *task, char *text, size_t size) {
    // One that was given no name has a number, and may have been named by that when somebody asked.
    const char *key = !task->number && task->name ? task->name : task->loc ? task->loc->name : "task";
    const uint32_t kth = task->future.loop->observed ? task->kth : 1;
    if (kth > 1)
        snprintf(text, size, "%s#%u", key, (unsigned)kth);
    else
        snprintf(text, size, "%s", key);
}

struct tick_task *tick_task_current(void) {
    return tick__task_running();
}

bool tick_task_is_waiting(const struct tick_task *task) {
    return task->waiter != NULL;
}

struct tick_future *tick_task_awaited(const struct tick_task *task) {
    return task->waiter && !task->waiter->hidden ? task->waiter : NULL;
}

int tick_raise(struct tick_failure *failure) {
    struct tick_task *task = tick__task_running();
    const int code = !failure ? -ENOMEM : failure->code < 0 ? failure->code : -EINVAL;
    if (task)
        tick__task_catch(task, failure);
    tick_failure_unref(failure);
    return code;
}

struct tick_failure *tick_caught(void) {
    struct tick_task *task = tick__task_running();
    return task ? task->caught : NULL;
}

size_t tick_task_count(const struct tick_loop *loop) {
    loop = tick__loop_meant(loop);
    return loop ? loop->task_count : 0;
}

size_t tick_task_all(const struct tick_loop *loop, struct tick_task **tasks, size_t most) {
    size_t count = 0;
    loop = tick__loop_meant(loop);
    for (struct tick_task *task = loop ? loop->tasks : NULL; task; task = task->next, count++)
        if (count < most)
            tasks[count] = task;
    return count;
}
