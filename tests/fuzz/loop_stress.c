// Random re-entrant programs: tasks, callbacks and done callbacks that make, complete, cancel, drop and wait for whatever there is, within
// each other. Nothing may be used after it is gone (which AddressSanitizer sees), and each program ends: a loop that has nothing left to
// wait for says so. RETICK_PROGRAMS=100000 runs as many; RETICK_SEED with RETICK_PROGRAMS=1 repeats one.
// links: tick_loop
#include "tests/support/loop_world.h"
#include <retick/context.h>
#include <retick/group.h>
#include <retick/queue.h>
#include <retick/wait.h>

enum { FUTURES = 24, HANDLES = 12, TASKS = 12, DEEPEST = 6, NS = 1000000 };

static struct world *w;
static uint64_t state_of_chance;
static int left; // how much is still to be done
static int depth;
static struct tick_future *futures[FUTURES];
static struct tick_handle *handles[HANDLES];
static struct tick_task *tasks[TASKS];
static struct tick_queue *queue;
static struct tick_event_flag *event;
static struct tick_lock *lock;
static struct tick_condition *condition;
static struct tick_semaphore *semaphore;
static const struct tick_context_var variable = {.name = "variable"};

static unsigned draw(unsigned n) {
    state_of_chance ^= state_of_chance << 13;
    state_of_chance ^= state_of_chance >> 7;
    state_of_chance ^= state_of_chance << 17;
    return (unsigned)((state_of_chance >> 11) % n);
}

static void act(void);
static int body(void *arg);

// --- what there is: each with a reference for the caller, or NULL ---

static struct tick_future *some_future(void) {
    struct tick_future *future = futures[draw(FUTURES)];
    return future ? tick_future_ref(future) : NULL;
}
static struct tick_future *something(void) {
    if (draw(3))
        return some_future();
    struct tick_task *task = tasks[draw(TASKS)];
    return task ? tick_future_ref(tick_task_future(task)) : NULL;
}
static size_t several(struct tick_future *out[4]) { // one of them twice, perhaps
    size_t count = 0;
    for (unsigned i = draw(5); i > 0; i--)
        if (count < 4 && (out[count] = something()) != NULL)
            count++;
    if (count && count < 4 && draw(2)) {
        out[count] = tick_future_ref(out[0]);
        count++;
    }
    return count;
}
static void release(struct tick_future **each, size_t count) {
    while (count > 0)
        tick_future_unref(each[--count]);
}

// What stood there is dropped only when the other stands in its place: dropping may act.
static void keep_future(struct tick_future *future) {
    struct tick_future **at = &futures[draw(FUTURES)], *old = *at;
    *at = future;
    tick_future_unref(old);
}
static void keep_handle(struct tick_handle *handle) {
    struct tick_handle **at = &handles[draw(HANDLES)], *old = *at;
    *at = handle;
    tick_handle_unref(old);
}
static void keep_task(struct tick_task *task) {
    struct tick_task **at = &tasks[draw(TASKS)], *old = *at;
    *at = task;
    tick_task_unref(old);
}

// --- what is called ---

static void called(void *arg) {
    (void)arg;
    for (int i = 0; i < 2 && left > 0; i++)
        act();
}
static void done(struct tick_future *future, void *arg) {
    (void)future, (void)arg;
    if (left > 0)
        act();
}
static struct tick_next step(struct tick_task *task, void *arg, int error) {
    (void)task, (void)arg;
    if (left > 0)
        act();
    switch (draw(4)) {
    case 0:
        return tick_next_yield();
    case 1: {
        struct tick_future *future = futures[draw(FUTURES)];
        if (future)
            return tick_next_await(future);
    } // fallthrough
    default:
        return tick_next_return(error < 0 ? error : draw(3) ? 1 : -EIO);
    }
}

// --- acts that do not wait ---

static void on_future(unsigned which) {
    struct tick_future *future = which < 2 ? some_future() : something();
    if (!future)
        return;
    void *arg = &futures[draw(3)];
    switch (which) {
    case 0:
        (void)tick_future_set_result(future, 1);
        break;
    case 1:
        (void)tick_future_set_error(future, -EBADF);
        break;
    case 2:
        tick_future_cancel(future, draw(2) ? "why" : NULL);
        break;
    case 3:
        keep_future(tick_shield(future));
        break;
    case 4:
        (void)!tick_future_on_done(future, done, arg);
        break;
    case 5:
        tick_future_off_done(future, done, arg);
        break;
    default:
        (void)tick_future_failure(future);
    }
    tick_future_unref(future);
}
static void gathers(void) {
    struct tick_future *children[4];
    const size_t count = several(children);
    keep_future(tick_gather(children, count, draw(2)));
    release(children, count);
}
static void calls(unsigned which) {
    switch (which) {
    case 0:
        keep_handle(tick_call_soon_handle(NULL, called, NULL));
        break;
    case 1:
        keep_handle(tick_call_later(NULL, draw(3) ? draw(2 * NS) : 0, called, NULL));
        break;
    case 2: {
        struct tick_handle *handle = handles[draw(HANDLES)];
        if (handle)
            tick_handle_cancel(handle);
        break;
    }
    case 3:
        (void)!tick_call_soon(NULL, called, NULL);
        break;
    case 4:
        (void)!tick_call_soon_threadsafe(NULL, called, NULL);
        break;
    default: // many timers, near and far
        for (int i = 0; i < 70 && draw(4) == 0; i++) {
            struct tick_handle *handle = tick_call_later(NULL, (int64_t)draw(3 * NS) * (draw(9) ? 1 : 100000), called, NULL);
            if (draw(2))
                tick_handle_cancel(handle);
            tick_handle_unref(handle);
        }
    }
}
static void spawns(unsigned which) {
    keep_task(which == 0   ? tick_spawn(body, NULL)
              : which == 1 ? tick_spawn_eager(body, NULL)
              : draw(2)    ? tick_spawn_steps(step, NULL)
                           : tick_spawn_steps_eager(step, NULL));
}
static void synchronises(unsigned which) {
    void *item;
    switch (which) {
    case 0:
        (void)!tick_queue_try_put(queue, &item);
        break;
    case 1:
        (void)!tick_queue_try_get(queue, &item);
        break;
    case 2:
        if (draw(2))
            tick_event_set(event);
        else
            tick_event_clear(event);
        break;
    default:
        (void)!tick_semaphore_release(semaphore);
    }
}
static void seldom(unsigned which) {
    if (which == 0 && draw(6) == 0)
        (void)!tick_context_set(&variable, &futures[draw(9)], NULL);
    else if (which == 1 && draw(20) == 0)
        tick_loop_set_debug(NULL, draw(2));
    else if (which == 2 && tasks[draw(TASKS)])
        keep_task(NULL);
    else if (which == 3)
        keep_future(NULL);
}

static void act(void) {
    if (left-- <= 0 || depth > DEEPEST)
        return;
    depth++;
    const unsigned which = draw(30);
    if (which < 4)
        keep_future(tick_future_new());
    else if (which < 11)
        on_future(which - 4);
    else if (which < 13)
        gathers();
    else if (which < 19)
        calls(which - 13);
    else if (which < 22)
        spawns(which - 19);
    else if (which < 26)
        synchronises(which - 22);
    else
        seldom(which - 26);
    depth--;
}

// --- and those that do ---

static int waits_for_several(unsigned which) {
    struct tick_future *each[4], *next;
    const size_t count = several(each);
    int result = 0;
    if (which == 0 && count) {
        result = tick_wait(each, count, draw(NS), (enum tick_wait_until)draw(3));
        release(each, count);
        return result;
    }
    struct tick_as_completed *order = tick_as_completed_new(each, count, draw(2) ? draw(NS) : TICK_NEVER);
    release(each, count);
    for (unsigned i = draw(5); i > 0 && result == 0; i--)
        result = tick_as_completed_next(order, &next);
    tick_as_completed_free(order);
    return result == TICK_EEMPTY ? 0 : result;
}
static int runs_a_group(void) {
    struct tick_group group;
    TICK_TRY(tick_group_enter(&group));
    for (unsigned i = draw(4); i > 0; i--) {
        if (draw(3)) {
            (void)!tick_group_go(&group, body, NULL);
        } else {
            tick_task_unref(tick_group_spawn_eager(&group, body, NULL));
        }
    }
    if (draw(4) == 0)
        tick_group_cancel(&group);
    return tick_group_exit(&group, draw(4) ? 0 : -EPIPE);
}
static int reschedules(void) {
    struct tick_timeout scope;
    TICK_TRY(tick_timeout_enter(&scope, tick_time() + draw(NS / 2)));
    int result = tick_sleep(draw(NS / 2));
    (void)!tick_timeout_reschedule(&scope, draw(2) ? TICK_NEVER : tick_time() + draw(NS / 3));
    if (result == 0)
        result = tick_sleep(draw(NS / 2));
    return tick_timeout_exit(&scope, result);
}
static int holds_a_lock(void) {
    TICK_TRY(tick_within(NS, tick_lock_acquire(lock)));
    const int result = draw(2) ? tick_sleep(0) : tick_within(draw(NS), tick_condition_wait(condition));
    if (draw(2))
        (void)!tick_condition_notify(condition, 1);
    (void)!tick_lock_release(lock);
    return result;
}
static int awaits(unsigned which) {
    struct tick_future *future = something();
    if (!future)
        return 0;
    const int result = which == 0 ? tick_await(future) : tick_wait_for(future, draw(2) ? 0 : draw(NS / 2));
    tick_future_unref(future);
    return result;
}
static int waits(void) {
    void *item = NULL;
    switch (draw(12)) {
    case 0:
        return tick_sleep(draw(3) ? 0 : draw(NS));
    case 1:
    case 2:
        return awaits(0);
    case 3:
        return awaits(1);
    case 4:
        return waits_for_several(0);
    case 5:
        return waits_for_several(1);
    case 6:
        return runs_a_group();
    case 7:
        return tick_within(draw(NS), tick_queue_get(queue, &item));
    case 8:
        return tick_within(draw(NS), tick_queue_put(queue, &item));
    case 9:
        return tick_within(draw(NS), draw(2) ? tick_event_wait(event) : tick_semaphore_acquire(semaphore));
    case 10:
        return holds_a_lock();
    default:
        return reschedules();
    }
}

static int body(void *arg) {
    (void)arg;
    int result = 0;
    for (unsigned n = draw(6); n > 0 && left > 0; n--) {
        const int outer = depth;
        depth = 0;
        act();
        depth = outer;
        result = waits();
        if (result == TICK_ECANCELED && draw(2))
            return result;
    }
    return draw(5) ? 0 : result < 0 ? result : -EDOM;
}

static int program(void *arg) {
    (void)arg;
    queue = tick_queue_new(2);
    event = tick_event_new();
    lock = tick_lock_new();
    condition = tick_condition_new(lock);
    semaphore = tick_semaphore_new(1);
    for (int i = 0; i < 30 && left > 0; i++) {
        act();
        if (draw(3) == 0)
            (void)tick_sleep(0);
    }
    (void)tick_sleep(draw(3 * NS));
    left = 0;
    tick_event_set(event);
    return 0;
}

// TICK_EDEADLOCK: nothing is left to wait for, of tasks that swallowed their cancellation at the end and wait again for what nobody
// completes, as asyncio.run would for ever. Any other error would be a fault.
static void run(uint64_t seed) {
    state_of_chance = seed * 0x9e3779b97f4a7c15u | 1;
    for (int i = 0; i < 5; i++)
        draw(2);
    left = 50 + (int)draw(600);
    depth = 0;
    w = world_new();
    const int result = tick_loop_run(w->loop, program, NULL);
    if (result != 0 && result != TICK_EDEADLOCK && result != TICK_ECANCELED)
        fail_msg("program %llu: %s", (unsigned long long)seed, tick_error_name(result));
    memset(futures, 0, sizeof futures); // they went with their loop
    memset(handles, 0, sizeof handles);
    memset(tasks, 0, sizeof tasks);
    world_free(w);
    tick_queue_free(queue);
    tick_event_free(event);
    tick_condition_free(condition);
    tick_lock_free(lock);
    tick_semaphore_free(semaphore);
}

static void random_programs_end(void **state) {
    (void)state;
    const char *seed = getenv("RETICK_SEED"), *count = getenv("RETICK_PROGRAMS");
    const uint64_t first = seed ? strtoull(seed, NULL, 10) : 1, programs = count ? strtoull(count, NULL, 10) : 3000;
    for (uint64_t each = first; each < first + programs; each++)
        run(each);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_programs_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
