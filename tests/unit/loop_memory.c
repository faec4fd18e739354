// Out of memory: each allocation of a scenario of everything fails in turn. Every call says so, nothing is lost and nothing hangs.
#include "src/base/alloc.h"
#include "src/loop/loop_int.h"
#include "tests/support/loop_world.h"
#include <errno.h>
#include <retick/group.h>
#include <retick/wait.h>

struct failing {
    struct tick_allocator allocator;
    long left;    // allocations that succeed before one fails
    bool forever; // so do all after it
    long failed, live;
};

static void *failing_alloc(struct tick_allocator *allocator, size_t size) {
    struct failing *self = (struct failing *)allocator;
    if (self->left == 0 || (self->forever && self->failed)) {
        self->failed++;
        self->left = -1;
        return NULL;
    }
    if (self->left > 0)
        self->left--;
    self->live++;
    return malloc(size);
}

static void failing_free(struct tick_allocator *allocator, void *memory) {
    ((struct failing *)allocator)->live--;
    free(memory);
}

static struct world *w;

static void may_fail(int result) {
    assert_true(result == 0 || result == -ENOMEM);
}

static int child(void *arg) {
    return tick_sleep((intptr_t)arg);
}
static int fails(void *arg) {
    (void)arg;
    return -EIO;
}
static int getter(void *arg) {
    void *item;
    return tick_queue_get(arg, &item);
}
static void called(void *arg) {
    ++*(int *)arg;
}
static void done(struct tick_future *future, void *arg) {
    (void)future;
    ++*(int *)arg;
}

static void futures(int *count) {
    struct tick_future *future = tick_future_new(), *other = tick_future_new();
    if (future && other) {
        struct tick_future *children[2] = {future, other};
        struct tick_future *shield = tick_shield(future);
        struct tick_future *gather = tick_gather(children, 2, false);
        may_fail(tick_future_on_done(future, done, count));
        struct tick_failure *failure = tick_failure_new(-EIO, "disk", "sector %d", 5);
        if (failure)
            (void)tick_future_set_failure(future, failure);
        else
            (void)tick_future_set_error(future, -EIO);
        int code = tick_future_failure(future)->code;
        assert_true(code == -EIO || (!failure && code == -ENOMEM));
        tick_future_cancel(other, "a message");
        if (shield)
            assert_int_equal(tick_await(shield), -EIO);
        if (gather)
            assert_int_equal(tick_await(gather), -EIO);
        tick_future_unref(shield);
        tick_future_unref(gather);
    }
    tick_future_unref(future);
    tick_future_unref(other);
}

static void tasks(void) {
    struct tick_task *sleeper = BORROWED_SPAWN(child, (void *)5), *named;
    if (sleeper) {
        tick_task_ref(sleeper);
        int result = tick_wait_for(tick_task_future(sleeper), 2);
        assert_true(result == TICK_ETIMEDOUT || result == -ENOMEM);
        result = tick_wait_for(tick_task_future(sleeper), 0);
        assert_true(result == TICK_ETIMEDOUT || result == TICK_ECANCELED || result == -ENOMEM);
        tick_task_unref(sleeper);
    }
    BORROWED_SPAWN(fails, NULL);
    named = BORROWED_SPAWN_NAMED("named", child, (void *)1);
    if (named) {
        tick_task_ref(named);
        tick_sleep(0);
        tick_task_cancel(named, "stop");
        int result = tick_join(named);
        assert_true(result == TICK_ECANCELED || result == -ENOMEM);
        tick_task_unref(named);
    }
}

static int locker(void *arg) {
    TICK_TRY(tick_lock_acquire(arg));
    return tick_lock_release(arg);
}
static int notified(void *arg) {
    TICK_TRY(tick_lock_acquire(tick_condition_lock(arg)));
    const int result = tick_condition_wait(arg);
    (void)tick_lock_release(tick_condition_lock(arg));
    return result;
}
static int meets(void *arg) {
    return tick_barrier_wait(arg);
}
static int by_address(const void *a, const void *b) {
    return a < b ? -1 : a > b;
}

static void primitives(void) {
    struct tick_lock *lock = tick_lock_new();
    struct tick_condition *condition = tick_condition_new(NULL);
    struct tick_semaphore *semaphore = tick_semaphore_bounded_new(1);
    struct tick_barrier *barrier = tick_barrier_new(2);
    struct tick_queue *order = tick_queue_priority_new(0, by_address);
    if (lock && tick_lock_acquire(lock) == 0) {
        struct tick_task *task = tick_spawn(locker, lock);
        tick_sleep(0);
        assert_int_equal(tick_lock_release(lock), 0);
        if (task)
            may_fail(tick_join(task));
        tick_task_unref(task);
        assert_false(tick_lock_is_locked(lock));
    }
    if (condition) {
        struct tick_task *task = tick_spawn(notified, condition);
        tick_sleep(0);
        assert_int_equal(tick_lock_acquire(tick_condition_lock(condition)), 0);
        assert_int_equal(tick_condition_notify_all(condition), 0);
        assert_int_equal(tick_lock_release(tick_condition_lock(condition)), 0);
        if (task)
            may_fail(tick_join(task));
        tick_task_unref(task);
    }
    if (semaphore) {
        assert_int_equal(tick_semaphore_acquire(semaphore), 0);
        const int result = tick_within(1, tick_semaphore_acquire(semaphore));
        assert_true(result == TICK_ETIMEDOUT || result == -ENOMEM);
        assert_int_equal(tick_semaphore_release(semaphore), 0);
    }
    if (barrier) {
        struct tick_task *task = tick_spawn(meets, barrier);
        int result = tick_within(1, tick_barrier_wait(barrier));
        assert_true(result == 0 || result == 1 || result == TICK_ETIMEDOUT || result == -ENOMEM);
        if (task)
            tick_task_cancel(task, NULL);
        if (task)
            (void)tick_join(task);
        tick_task_unref(task);
    }
    for (intptr_t i = 0; order && i < 20; i++)
        may_fail(tick_queue_try_put(order, (void *)i));
    if (order)
        tick_queue_shutdown_now(order, NULL, NULL);
    tick_queue_free(order);
    tick_barrier_free(barrier);
    tick_semaphore_free(semaphore);
    tick_condition_free(condition);
    tick_lock_free(lock);
}

static int fails_in_words(void *arg) {
    (void)arg;
    return tick_raise(tick_failure_new(-EIO, "disk", "sector %d", 7));
}

static void groups(void) {
    struct tick_group group;
    assert_int_equal(tick_group_enter(&group), 0);
    int result = tick_group_go(&group, child, (void *)1);
    may_fail(result);
    const bool failed = result < 0;
    result = tick_group_exit(&group, 0);
    assert_true(result == 0 || result == TICK_EGROUP || failed);
    assert_int_equal(tick_group_enter(&group), 0);
    for (int i = 0; i < 2; i++)
        (void)tick_group_go(&group, fails_in_words, NULL);
    result = tick_group_exit(&group, -EPIPE);
    assert_int_equal(result, TICK_EGROUP);
    for (uint32_t i = 0; tick_caught() && i < tick_caught()->count; i++) // without memory for the group, its code remains
        assert_non_null(tick_caught()->children[i]);
}

static void several(void) {
    struct tick_future *futures[3];
    struct tick_task *tasks[3];
    size_t count = 0;
    for (intptr_t i = 1; i <= 3; i++) {
        struct tick_task *task = tick_spawn(child, (void *)i);
        if (!task)
            continue;
        tasks[count] = task;
        futures[count++] = tick_task_future(task);
    }
    if (count > 0) {
        int result = tick_wait(futures, count, 1, TICK_ALL_COMPLETED);
        assert_true(result >= 0 || result == -ENOMEM);
        struct tick_future *next;
        struct tick_as_completed *each = tick_as_completed_new(futures, count, 50);
        while (each && (result = tick_as_completed_next(each, &next)) == 0)
            (void)tick_future_result(next, NULL);
        assert_true(!each || result == TICK_EEMPTY);
        tick_as_completed_free(each);
    }
    for (size_t i = 0; i < count; i++) {
        (void)tick_join(tasks[i]);
        tick_task_unref(tasks[i]);
    }
}

static int everything(void *arg) {
    int *count = arg;
    struct tick_handle *timer = tick_call_later(w->loop, 1, called, count);
    tick_handle_unref(tick_call_soon_handle(w->loop, called, count));
    may_fail(tick_call_soon_threadsafe(w->loop, called, count));
    futures(count);
    tasks();
    primitives();
    groups();
    several();
    struct tick_queue *queue = tick_queue_new(0);
    struct tick_event_flag *event = tick_event_new();
    struct tick_task *task = queue ? BORROWED_SPAWN(getter, queue) : NULL;
    tick_task_ref(task ? task : tick_task_current());
    tick_sleep(0);
    if (queue && tick_queue_try_put(queue, NULL) < 0 && task)
        tick_task_cancel(task, NULL);
    if (event)
        (void)tick_within(1, tick_event_wait(event));
    if (task)
        (void)tick_join(task);
    tick_task_unref(task ? task : tick_task_current());
    tick_event_free(event);
    tick_queue_free(queue);
    if (timer)
        tick_handle_cancel(timer);
    tick_handle_unref(timer);
    BORROWED_SPAWN(child, (void *)100); // left for the end of the run
    return 0;
}

// Returns how often an allocation failed.
static long torture(long left, bool forever) {
    struct failing failing = {{failing_alloc, failing_free}, left, forever, 0, 0};
    int count = 0;
    tick__set_allocator(&failing.allocator);
    w = world_bare();
    struct tick_loop_options options = world_options(w);
    options.probe = &w->probe;
    int result = tick_loop_new(&options, &w->loop);
    if (result == 0) {
        tick_loop_set_exception_handler(w->loop, world_report, w);
        result = tick_loop_run(w->loop, everything, &count);
        tick_loop_free(w->loop);
        assert_true(result == 0 || result == -ENOMEM);
    } else {
        assert_int_equal(result, -ENOMEM);
    }
    free(w);
    tick__set_allocator(NULL);
    assert_int_equal(failing.live, 0);
    return failing.failed;
}

static void each_allocation_fails_in_turn(void **state) {
    (void)state;
    long n = 0;
    while (torture(n, false) > 0)
        n++;
    assert_true(n > 15);
}

static void memory_ends_for_good(void **state) {
    (void)state;
    for (long n = 0; torture(n, true) > 0; n++)
        ;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_allocation_fails_in_turn), cmocka_unit_test(memory_ends_for_good)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
