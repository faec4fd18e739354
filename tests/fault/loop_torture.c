// The loop out of memory: each of its calls, with each of its allocations failing in turn; plain, in debug mode, and with a probe and a
// chooser. Whatever a call could not do it says, and what was made before ends as it should.
// wraps: tick__outside_alloc tick__outside_realloc tick__outside_free tick_coro_new
// timeout: 300
#include "src/loop/loop_int.h"
#include "tests/support/loop_world.h"
#include "tests/support/torture.h"
#include <retick/context.h>
#include <retick/executor.h>
#include <retick/group.h>
#include <retick/stackless.h>
#include <retick/wait.h>

static struct world *w;
static int calls;

#define OR_NOMEM(pointer) \
    do { \
        if (!(pointer)) { \
            result = -ENOMEM; \
            goto out; \
        } \
    } while (0)
#define OR_OUT(call) \
    do { \
        result = (call); \
        if (result < 0) \
            goto out; \
        result = 0; \
    } while (0)

static void called(void *arg) {
    (void)arg;
    calls++;
}
static void done(struct tick_future *future, void *arg) {
    (void)future;
    (void)arg;
    calls++;
}
static int sleeps(void *arg) {
    return tick_sleep((intptr_t)arg);
}
static int fails(void *arg) {
    (void)arg;
    TICK_TRY(tick_sleep(1));
    return tick_raise(tick_failure_new(-EIO, "disk", "sector %d", 7));
}
static int returns(void *arg) {
    return (int)(intptr_t)arg;
}
// Yields, sleeps, and is over.
struct stepper {
    int at;
    struct tick_future *sleep;
};
static struct tick_next steps(struct tick_task *task, void *arg, int error) {
    struct stepper *self = arg;
    (void)task;
    if (error == 0 && self->at++ == 0)
        return tick_next_yield();
    if (error == 0 && self->at == 2) {
        self->sleep = tick_sleep_future(3);
        return tick_next_await(self->sleep); // if there is none, the next step has -ENOMEM
    }
    tick_future_unref(self->sleep);
    self->sleep = NULL;
    return tick_next_return(error);
}

// --- bodies: each is the main task of a run ---

static int callbacks(void *arg) {
    (void)arg;
    int result = 0;
    struct tick_handle *soon = tick_call_soon_handle(w->loop, called, NULL), *later = NULL, *at = NULL;
    OR_NOMEM(soon);
    OR_OUT(tick_call_soon(w->loop, called, NULL));
    OR_OUT(tick_call_soon_threadsafe(w->loop, called, NULL));
    OR_NOMEM(later = tick_call_later(w->loop, 5, called, NULL));
    OR_NOMEM(at = tick_call_at(w->loop, tick_time() + 7, called, NULL));
    tick_handle_cancel(later);
    OR_OUT(tick_sleep(10));
    assert_int_equal(calls, 4);
out:
    tick_handle_unref(soon);
    tick_handle_unref(later);
    tick_handle_unref(at);
    return result;
}

// Enough for the far ones and their slots.
static int timers(void *arg) {
    enum { MANY = 300 };
    struct tick_handle *timer[MANY] = {NULL};
    int result = 0;
    (void)arg;
    for (int i = 0; i < MANY; i++)
        OR_NOMEM(timer[i] = tick_call_later(w->loop, TICK_MS(1) * (1 + i * i % 1000), called, NULL));
    for (int i = 0; i < MANY; i += 3)
        tick_handle_cancel(timer[i]);
    OR_OUT(tick_sleep(TICK_SEC(2)));
    assert_int_equal(calls, MANY - MANY / 3);
out:
    for (int i = 0; i < MANY; i++)
        tick_handle_unref(timer[i]);
    return result;
}

static int futures(void *arg) {
    int result = 0;
    struct tick_future *set = tick_future_new(), *failed = NULL, *cancelled = NULL, *plain = NULL;
    (void)arg;
    OR_NOMEM(set);
    for (int i = 0; i < 3; i++)
        OR_OUT(tick_future_on_done(set, done, &calls));
    OR_OUT(tick_future_on_done(set, done, NULL));
    assert_int_equal(tick_future_off_done(set, done, &calls), 3);
    OR_OUT(tick_future_set_result(set, 5));
    OR_OUT(tick_future_on_done(set, done, NULL));
    OR_NOMEM(failed = tick_future_new());
    struct tick_failure *failure = tick_failure_new(-EIO, "disk", "sector %d", 5);
    OR_NOMEM(failure);
    OR_OUT(tick_future_set_failure(failed, failure));
    const int code = tick_await(failed);
    assert_int_equal(code, -EIO);
    assert_ptr_equal(tick_caught(), failure);
    OR_NOMEM(cancelled = tick_future_new());
    assert_true(tick_future_cancel(cancelled, "a message"));
    assert_int_equal(tick_await(cancelled), TICK_ECANCELED);
    OR_NOMEM(plain = tick_future_new());
    OR_OUT(tick_future_set_error(plain, -EPIPE));
    OR_NOMEM(tick_future_failure(plain));
    OR_OUT(tick_sleep(0));
out:
    tick_future_unref(set);
    tick_future_unref(failed);
    tick_future_unref(cancelled);
    tick_future_unref(plain);
    return result;
}

static int unread(void *arg) {
    struct tick_future *future = tick_future_new();
    (void)arg;
    if (!future)
        return -ENOMEM;
    (void)tick_future_set_error(future, -EIO); // reported, with the failure or without
    tick_future_unref(future);
    assert_int_equal(w->report_count, 1);
    return 0;
}

static int tree(void *arg) {
    const intptr_t depth = (intptr_t)arg;
    int result = 0;
    struct tick_task *child[3] = {NULL};
    for (int i = 0; depth > 0 && i < 3; i++)
        OR_NOMEM(child[i] = i == 2 ? tick_spawn_named("third", tree, (void *)(depth - 1)) : tick_spawn(tree, (void *)(depth - 1)));
out:
    for (int i = 0; i < 3; i++) {
        const int joined = child[i] ? tick_join(child[i]) : 0;
        if (result == 0)
            result = joined;
        tick_task_unref(child[i]);
    }
    return result;
}

static int tasks(void *arg) {
    int result = 0;
    struct stepper stepper[2] = {{0}};
    struct tick_task *task[7] = {NULL};
    (void)arg;
    OR_NOMEM(task[0] = tick_spawn(sleeps, (void *)1));
    OR_NOMEM(task[1] = tick_spawn_named("named", sleeps, (void *)2));
    OR_NOMEM(task[2] = tick_spawn_eager(sleeps, (void *)0));
    OR_NOMEM(task[3] = tick_spawn_eager(returns, (void *)3));
    OR_NOMEM(task[4] = tick_spawn_steps(steps, &stepper[0]));
    OR_NOMEM(task[5] = tick_spawn_steps_eager(steps, &stepper[1]));
    OR_NOMEM(task[6] = tick_loop_spawn(w->loop, "late", sleeps, (void *)100));
    OR_OUT(tick_go(sleeps, (void *)2));
    assert_int_equal(strncmp(tick_task_name(task[0]), "Task", 4), 0);
    OR_OUT(tick_sleep(0));
    if (tick_task_cancel(task[6], "enough")) { // else it is over already, without memory for its sleep
        assert_true(tick_task_cancel(task[6], "of it"));
        OR_OUT(tick_task_uncancel(task[6]));
    }
    const int ended = tick_join(task[6]);
    assert_true(ended == TICK_ECANCELED || ended == -ENOMEM);
out:
    for (int i = 0; i < 7; i++) {
        const int joined = task[i] ? tick_join(task[i]) : 0;
        if (result == 0 && i < 6 && joined < 0)
            result = joined;
        tick_task_unref(task[i]);
    }
    return result;
}

static int within_50(void) {
    return tick_within(50, tick_sleep(100));
}

static int scopes(void *arg) {
    struct tick_timeout scope;
    (void)arg;
    int result = tick_within(5, within_50());
    if (result != TICK_ETIMEDOUT)
        return result;
    TICK_TRY(tick_timeout_enter(&scope, tick_time() + 5));
    result = tick_timeout_reschedule(&scope, tick_time() + 50);
    if (result == 0)
        result = tick_sleep(10);
    result = tick_timeout_exit(&scope, result);
    return result == TICK_ETIMEDOUT ? -ENOMEM : result;
}

// Two sleepers and one that fails; NULL where it could not be made.
static size_t three(struct tick_task *task[3], struct tick_future *future[3]) {
    size_t count = 0;
    for (intptr_t i = 0; i < 3; i++) {
        task[count] = i == 2 ? tick_spawn(fails, NULL) : tick_spawn(sleeps, (void *)(2 + i));
        if (task[count]) {
            future[count] = tick_task_future(task[count]);
            count++;
        }
    }
    return count;
}

static void all_end(struct tick_task **task, size_t count) {
    for (size_t i = 0; i < count; i++) {
        (void)tick_join(task[i]);
        tick_task_unref(task[i]);
    }
}

static int fine(int result) {
    return result == -EIO || result == TICK_ETIMEDOUT ? 0 : result;
}

static int gathers(void *arg) {
    struct tick_task *task[3];
    struct tick_future *future[3], *inner = NULL, *outer = NULL, *shield = NULL;
    const size_t count = three(task, future);
    int result = count < 3 ? -ENOMEM : 0;
    (void)arg;
    if (result < 0)
        goto out;
    OR_NOMEM(inner = tick_gather(future, 3, false));
    OR_NOMEM(outer = tick_gather(&inner, 1, true));
    OR_NOMEM(shield = tick_shield(outer));
    result = fine(tick_within(1, tick_await(shield)));
    if (result == 0)
        result = fine(tick_await(outer));
out:
    tick_future_unref(shield);
    tick_future_unref(outer);
    if (inner && !outer)
        tick_future_cancel(inner, NULL);
    tick_future_unref(inner);
    all_end(task, count);
    return result;
}

static int waits(void *arg) {
    struct tick_task *task[3];
    struct tick_future *future[3], *next;
    struct tick_as_completed *each = NULL;
    const size_t count = three(task, future);
    int result = count < 3 ? -ENOMEM : 0;
    (void)arg;
    if (result < 0)
        goto out;
    OR_OUT(tick_wait(future, 3, TICK_NEVER, TICK_FIRST_EXCEPTION));
    result = fine(tick_wait_for(future[1], 1));
    if (result == TICK_ECANCELED)
        result = 0;
    if (result < 0)
        goto out;
    OR_NOMEM(each = tick_as_completed_new(future, 3, 50));
    while ((result = tick_as_completed_next(each, &next)) == 0)
        (void)tick_future_result(next, NULL);
    result = result == TICK_EEMPTY ? 0 : fine(result);
out:
    tick_as_completed_free(each);
    all_end(task, count);
    return result;
}

static int groups(void *arg) {
    struct tick_group group;
    struct stepper stepper = {0};
    (void)arg;
    TICK_TRY(tick_group_enter(&group));
    int result = tick_group_go(&group, sleeps, (void *)1);
    struct tick_task *steady = result < 0 ? NULL : tick_spawn_steps(steps, &stepper);
    if (steady)
        result = tick_group_add(&group, steady);
    else
        result = -ENOMEM;
    result = tick_group_exit(&group, result);
    if (steady)
        (void)tick_join(steady); // it may have stayed outside
    tick_task_unref(steady);
    if (result < 0)
        return result == TICK_EGROUP ? -ENOMEM : result;
    TICK_TRY(tick_group_enter(&group));
    for (int i = 0; i < 3 && result == 0; i++)
        result = tick_group_go(&group, fails, NULL);
    result = tick_group_exit(&group, result);
    if (result != TICK_EGROUP)
        return result < 0 ? result : -EINVAL;
    for (uint32_t i = 0; tick_caught() && i < tick_caught()->count; i++)
        assert_non_null(tick_caught()->children[i]);
    return 0;
}

static int locker(void *arg) {
    TICK_TRY(tick_lock_acquire(arg));
    const int result = tick_sleep(1);
    TICK_TRY(tick_lock_release(arg));
    return result;
}
static int notified(void *arg) {
    TICK_TRY(tick_lock_acquire(tick_condition_lock(arg)));
    const int result = tick_within(50, tick_condition_wait(arg));
    TICK_TRY(tick_lock_release(tick_condition_lock(arg)));
    return result;
}
static int told(void *arg) {
    return tick_event_wait(arg);
}
static int permitted(void *arg) {
    TICK_TRY(tick_semaphore_acquire(arg));
    const int result = tick_sleep(1);
    TICK_TRY(tick_semaphore_release(arg));
    return result;
}
static int meets(void *arg) {
    const int result = tick_within(50, tick_barrier_wait(arg));
    return result > 0 ? 0 : result;
}

// Some of each run beside the main task, and all come to their end.
static int crowd(tick_task_fn *fn, void *thing) {
    struct tick_task *task[3] = {NULL};
    int result = 0;
    for (int i = 0; i < 3; i++)
        OR_NOMEM(task[i] = tick_spawn(fn, thing));
    OR_OUT(tick_sleep(1));
out:
    if (fn == told)
        tick_event_set(thing);
    if (fn == notified && tick_lock_acquire(tick_condition_lock(thing)) == 0) {
        (void)tick_condition_notify_all(thing);
        (void)tick_lock_release(tick_condition_lock(thing));
    }
    for (int i = 0; i < 3; i++) {
        const int joined = task[i] ? tick_join(task[i]) : 0;
        if (result == 0)
            result = joined == TICK_ETIMEDOUT || joined == TICK_EBROKEN ? -ENOMEM : joined;
        tick_task_unref(task[i]);
    }
    return result;
}

static int sync(void *arg) {
    int result = 0;
    struct tick_lock *lock = tick_lock_new();
    struct tick_event_flag *event = NULL;
    struct tick_condition *condition = NULL;
    struct tick_semaphore *semaphore = NULL;
    struct tick_barrier *barrier = NULL;
    (void)arg;
    OR_NOMEM(lock);
    OR_OUT(crowd(locker, lock));
    assert_false(tick_lock_is_locked(lock));
    OR_NOMEM(event = tick_event_new());
    OR_OUT(crowd(told, event));
    OR_NOMEM(condition = tick_condition_new(NULL));
    OR_OUT(crowd(notified, condition));
    OR_NOMEM(semaphore = tick_semaphore_bounded_new(2));
    OR_OUT(crowd(permitted, semaphore));
    OR_NOMEM(barrier = tick_barrier_new(3));
    OR_OUT(crowd(meets, barrier));
out:
    tick_barrier_free(barrier);
    tick_semaphore_free(semaphore);
    tick_condition_free(condition);
    tick_event_free(event);
    tick_lock_free(lock);
    return result;
}

static int by_address(const void *a, const void *b) {
    return a < b ? -1 : a > b;
}

static int feeds(void *arg) {
    for (intptr_t i = 0; i < 20; i++)
        TICK_TRY(tick_queue_put(arg, (void *)i));
    return 0;
}

static int queue_of(struct tick_queue *queue) {
    void *item;
    if (!queue)
        return -ENOMEM;
    struct tick_task *feeder = tick_spawn(feeds, queue);
    int result = feeder ? 0 : -ENOMEM;
    for (int i = 0; i < 20 && result == 0; i++) {
        result = tick_within(50, tick_queue_get(queue, &item));
        if (result == 0)
            result = tick_queue_task_done(queue);
    }
    if (result == 0)
        result = tick_queue_join(queue);
    tick_queue_shutdown_now(queue, NULL, NULL);
    const int fed = feeder ? tick_join(feeder) : 0;
    tick_task_unref(feeder);
    tick_queue_free(queue);
    return result < 0 ? (fed == -ENOMEM ? fed : result) : fed;
}

static int queues(void *arg) {
    (void)arg;
    TICK_TRY(queue_of(tick_queue_new(2)));
    TICK_TRY(queue_of(tick_queue_lifo_new(0)));
    return queue_of(tick_queue_priority_new(0, by_address));
}

static int jobs(void *arg) {
    struct tick_future *job[3] = {NULL};
    int result = 0;
    for (intptr_t i = 0; i < 3; i++)
        OR_OUT(tick_run_in_executor(NULL, returns, (void *)i, &job[i]));
    assert_true(tick_future_cancel(job[1], NULL));
    OR_OUT(tick_await(job[2]));
    OR_OUT(tick_to_thread(returns, arg));
out:
    for (int i = 0; i < 3; i++)
        tick_future_unref(job[i]);
    const int ended = tick_executor_shutdown();
    return result < 0 ? result : ended;
}

static const struct tick_context_var var = {"var", NULL}, other = {"other", NULL};

static int inherits(void *arg) {
    TICK_TRY(tick_context_set(&other, arg, NULL));
    assert_ptr_equal(tick_context_get(&var), arg);
    return tick_sleep(1);
}

static int contexts(void *arg) {
    struct tick_context_token token;
    (void)arg;
    TICK_TRY(tick_context_set(&var, &calls, &token));
    TICK_TRY(tick_go(inherits, &calls));
    TICK_TRY(tick_call_soon(w->loop, called, NULL));
    struct tick_handle *timer = tick_call_later(w->loop, 1, called, NULL);
    tick_handle_unref(timer);
    TICK_TRY(tick_sleep(2));
    TICK_TRY(tick_context_reset(&token));
    assert_null(tick_context_get(&var));
    return timer ? 0 : -ENOMEM;
}

// Left to the end of the run, which cancels it.
static int leaves(void *arg) {
    (void)arg;
    for (int i = 0; i < 5; i++)
        TICK_TRY(tick_go(sleeps, (void *)(intptr_t)TICK_SEC(100)));
    return tick_sleep(1);
}

static const struct {
    const char *name;
    tick_task_fn *fn;
    intptr_t arg;
} bodies[] = {
    {"callbacks", callbacks, 0},
    {"timers", timers, 0},
    {"futures", futures, 0},
    {"unread", unread, 0},
    {"tree", tree, 3},
    {"tasks", tasks, 0},
    {"scopes", scopes, 0},
    {"gathers", gathers, 0},
    {"waits", waits, 0},
    {"groups", groups, 0},
    {"sync", sync, 0},
    {"queues", queues, 0},
    {"jobs", jobs, 0},
    {"contexts", contexts, 0},
    {"leaves", leaves, 0},
};

// --- the runs ---

enum { DEBUG = 1, OBSERVED = 2 };
static unsigned how;

static uint32_t ever(struct world *world, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n) {
    (void)world;
    (void)subject;
    (void)ordinal;
    return kind == TICK_CHOICE_JOB_TIME && n > 2 ? 2 : 0;
}

static int run(void *arg) {
    const size_t which = (size_t)(intptr_t)arg;
    tick__loop_running = NULL; // should an assertion have jumped out of the last run
    w = world_bare();
    calls = 0;
    struct tick_loop_options options = world_options(w);
    if (how & OBSERVED) {
        options.probe = &w->probe;
        w->choose = ever;
        w->sys_ops.choose = world_choose;
    }
    int result = tick_loop_new(&options, &w->loop);
    if (result == 0) {
        tick_loop_set_exception_handler(w->loop, world_report, w);
        tick_loop_set_debug(w->loop, how & DEBUG);
        result = tick_loop_run(w->loop, bodies[which].fn, (void *)bodies[which].arg);
    }
    world_free(w);
    return result;
}

static void in_each_body(unsigned way) {
    how = way;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        assert_true(torture_each(bodies[i].name, run, (void *)(intptr_t)i) > 3);
}

static void plain(void **state) {
    (void)state;
    in_each_body(0);
}

static void observed(void **state) {
    (void)state;
    in_each_body(OBSERVED);
}

static void in_debug_mode(void **state) {
    (void)state;
    in_each_body(DEBUG);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(plain), cmocka_unit_test(observed), cmocka_unit_test(in_debug_mode)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
