// Stackless tasks and eager starts: the same steps, scopes and cancellations as any task's.
// links: tick_loop
#include <retick/stackless.h>

#include "tests/support/loop_fixture.h"
#include <errno.h>

static struct tick_future *future;

static void go(tick_task_fn *fn) {
    assert_int_equal(tick_loop_run(w->loop, fn, NULL), 0);
    assert_int_equal(w->report_count, 0);
}

// --- steps ---

struct counts {
    int step, seen[8];
    struct tick_future *sleep;
    struct tick_timeout scope;
};

static struct tick_next walks(struct tick_task *task, void *arg, int error) {
    struct counts *c = arg;
    assert_ptr_equal(task, tick_task_current());
    c->seen[c->step] = error;
    say(w, "s%d", c->step);
    switch (c->step++) {
    case 0:
        assert_int_equal(tick_await(future), TICK_EINVALSTATE); // waiting is for stacks
        assert_int_equal(tick_sleep(5), TICK_EINVALSTATE);
        assert_int_equal(tick_sleep(0), TICK_EINVALSTATE);
        return tick_next_yield();
    case 1:
        return tick_next_await(future);
    case 2:
        return tick_next_await(future); // done: no iteration passes
    case 3:
        return tick_next_await(tick_task_future(task));
    case 4:
        c->sleep = tick_sleep_future(7);
        return tick_next_await(c->sleep);
    default:
        tick_future_unref(c->sleep);
        return tick_next_return(12);
    }
}

static struct tick_next unmade(struct tick_task *task, void *arg, int error) {
    (void)task;
    return (*(int *)arg)++ ? tick_next_return(error) : tick_next_await(NULL);
}

static int awaits_nothing(void *arg) {
    int count = 0;
    (void)arg;
    struct tick_task *task = tick_spawn_steps(unmade, &count);
    assert_int_equal(tick_join(task), -ENOMEM);
    assert_int_equal(count, 2);
    tick_task_unref(task);
    return 0;
}
static void what_could_not_be_made_is_told_in_the_next_step(void **state) {
    (void)state;
    go(awaits_nothing);
}

static int steps(void *arg) {
    (void)arg;
    struct counts c = {0};
    future = tick_future_new();
    struct tick_task *task = tick_spawn_steps(walks, &c);
    assert_int_equal(tick_sleep(0), 0);
    assert_int_equal(tick_sleep(0), 0);
    assert_int_equal(tick_sleep(0), 0);
    assert_true(tick_task_is_waiting(task));
    assert_int_equal(tick_future_set_error(future, -EIO), 0);
    assert_int_equal(tick_join(task), 12);
    assert_string_equal(w->log, "2:s0 3:s1 5:s2 5:s3 5:s4 7:s5 ");
    assert_int_equal(w->now, 7);
    const int seen[6] = {0, 0, -EIO, -EIO, TICK_ESELF, 0};
    assert_memory_equal(c.seen, seen, sizeof seen);
    tick_task_unref(task);
    tick_future_unref(future);
    return 0;
}
static void a_step_follows_what_the_last_one_asked_for(void **state) {
    (void)state;
    go(steps);
}

static struct tick_next waits(struct tick_task *task, void *arg, int error) {
    struct counts *c = arg;
    (void)task;
    if (c->step++ == 0)
        return tick_next_await(future);
    return tick_next_return(error);
}

static struct tick_next swallows(struct tick_task *task, void *arg, int error) {
    struct counts *c = arg;
    (void)task;
    (void)error;
    return c->step++ == 0 ? tick_next_await(future) : tick_next_return(4);
}

static int cancelled(void *arg) {
    (void)arg;
    struct counts c[4] = {0};
    future = tick_future_new();
    struct tick_task *waiting = tick_spawn_steps(waits, &c[0]);
    assert_int_equal(tick_sleep(0), 0);
    assert_true(tick_task_cancel(waiting, "enough"));
    assert_true(tick_future_cancelled(future));
    assert_int_equal(tick_join(waiting), TICK_ECANCELED);
    assert_string_equal(tick_future_cancel_message(tick_task_future(waiting)), "enough");
    tick_future_unref(future);
    future = tick_future_new();
    struct tick_task *fresh = tick_spawn_steps_named("fresh", waits, &c[1]); // never begins
    assert_true(tick_task_cancel(fresh, NULL));
    assert_int_equal(tick_join(fresh), TICK_ECANCELED);
    assert_int_equal(c[1].step, 0);
    assert_string_equal(tick_task_name(fresh), "fresh");
    struct tick_task *stubborn = tick_spawn_steps(swallows, &c[2]);
    assert_int_equal(tick_sleep(0), 0);
    assert_true(tick_task_cancel(stubborn, NULL));
    assert_int_equal(tick_join(stubborn), 4);
    tick_future_unref(future);
    future = tick_sleep_future(1000);
    struct tick_task *asleep = tick_spawn_steps(waits, &c[3]);
    assert_int_equal(tick_sleep(1), 0);
    assert_int_equal(w->loop->timers.count, 1);
    assert_true(tick_task_cancel(asleep, NULL));
    assert_int_equal(w->loop->timers.count, 0);
    assert_int_equal(tick_join(asleep), TICK_ECANCELED);
    tick_future_unref(future);
    tick_task_unref(waiting);
    tick_task_unref(fresh);
    tick_task_unref(stubborn);
    tick_task_unref(asleep);
    return 0;
}
static void cancellation_is_alike(void **state) {
    (void)state;
    go(cancelled);
}

static struct tick_next in_scope(struct tick_task *task, void *arg, int error) {
    struct counts *c = arg;
    (void)task;
    if (c->step++ == 0) {
        assert_int_equal(tick_timeout_enter(&c->scope, tick_time() + 5), 0);
        return tick_next_await(future);
    }
    return tick_next_return(tick_timeout_exit(&c->scope, error));
}

static int scoped(void *arg) {
    (void)arg;
    struct counts c = {0};
    future = tick_future_new();
    struct tick_task *task = tick_spawn_steps(in_scope, &c);
    assert_int_equal(tick_join(task), TICK_ETIMEDOUT);
    assert_int_equal(w->now, 5);
    tick_task_unref(task);
    tick_future_unref(future);
    return 0;
}
static void scopes_are_alike(void **state) {
    (void)state;
    go(scoped);
}

// --- eager starts ---

static struct tick_task *outer;

static int at_once(void *arg) {
    assert_true(tick_task_current() != outer);
    say(w, "in");
    if (arg)
        return 3;
    int result = tick_await(future);
    say(w, "on");
    return result;
}

static int nests(void *arg) {
    (void)arg;
    struct tick_task *me = tick_task_current();
    struct tick_task *inner = tick_spawn_eager(at_once, NULL);
    assert_ptr_equal(tick_task_current(), me);
    assert_false(tick_future_done(tick_task_future(inner)));
    int result = tick_join(inner);
    tick_task_unref(inner);
    return result;
}

static struct tick_next step_nests(struct tick_task *task, void *arg, int error) {
    struct tick_task **inner = arg;
    if (*inner) {
        tick_task_unref(*inner);
        return tick_next_return(error);
    }
    *inner = tick_spawn_eager(nests, NULL);
    assert_ptr_equal(tick_task_current(), task);
    return tick_next_await(tick_task_future(*inner));
}

static int eager(void *arg) {
    (void)arg;
    struct tick_task *inner = NULL;
    outer = tick_task_current();
    future = tick_future_new();
    struct tick_task *done = tick_spawn_eager(at_once, &inner);
    assert_ptr_equal(tick_task_current(), outer);
    assert_true(tick_future_done(tick_task_future(done)));
    assert_int_equal(tick_join(done), 3);
    struct tick_task *deep = tick_spawn_steps_eager(step_nests, &inner);
    assert_ptr_equal(tick_task_current(), outer);
    assert_int_equal(tick_task_count(w->loop), 4);
    say(w, "set");
    assert_int_equal(tick_future_set_result(future, 0), 0);
    assert_int_equal(tick_join(deep), 0);
    assert_string_equal(w->log, "1:in 1:in 1:set 2:on ");
    tick_task_unref(done);
    tick_task_unref(deep);
    tick_future_unref(future);
    return 0;
}
static void an_eager_start_runs_within_its_maker(void **state) {
    (void)state;
    go(eager);
}

static void from_callback(void *arg) {
    struct tick_task *task = tick_spawn_eager(at_once, NULL);
    assert_null(tick_task_current());
    tick_task_unref(task);
    (void)arg;
    assert_int_equal(tick_future_set_result(future, 0), 0);
}

static int from_outside(void *arg) {
    (void)arg;
    future = tick_future_new();
    assert_int_equal(tick_call_soon(w->loop, from_callback, NULL), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(tick_sleep(0), 0);
    assert_string_equal(w->log, "2:in 3:on ");
    tick_future_unref(future);
    return 0;
}
static void an_eager_start_in_a_callback(void **state) {
    (void)state;
    go(from_outside);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_step_follows_what_the_last_one_asked_for),
        TEST(what_could_not_be_made_is_told_in_the_next_step),
        TEST(cancellation_is_alike),
        TEST(scopes_are_alike),
        TEST(an_eager_start_runs_within_its_maker),
        TEST(an_eager_start_in_a_callback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
