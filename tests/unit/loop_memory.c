// Out of memory: each allocation of a scenario of everything fails in turn. Every call says so, nothing is lost and nothing hangs.
#include "src/base/alloc.h"
#include "src/loop/loop_int.h"
#include "tests/support/loop_world.h"
#include <errno.h>

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

static int everything(void *arg) {
    int *count = arg;
    struct tick_handle *timer = tick_call_later(w->loop, 1, called, count);
    tick_handle_unref(tick_call_soon_handle(w->loop, called, count));
    may_fail(tick_call_soon_threadsafe(w->loop, called, count));
    futures(count);
    tasks();
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
