// One test for each CPython issue about tasks, futures and scopes that docs/SEMANTICS.md names: what went wrong there, and must not here.
// (Those of gather, shield, timeouts at the deadline, and cancelling chains stand in loop_future.c and loop_task.c.)
#include "src/loop/loop_int.h"
#include "tests/support/loop_fixture.h"
#include <errno.h>
#include <retick/group.h>
#include <retick/stackless.h>

static void go(tick_task_fn *fn) {
    assert_int_equal(tick_loop_run(w->loop, fn, NULL), 0);
}

static int sleeps(void *arg) {
    return tick_sleep((intptr_t)arg);
}
static int sleeps_then_fails(void *arg) {
    TICK_TRY(tick_sleep((intptr_t)arg));
    return -EIO;
}

// --- gh-156054: a wake of the poller that fails must be told to who called from the other thread ---

static void nothing(void *arg) {
    (void)arg;
}
static void gh_156054_a_failed_wake_is_reported(void **state) {
    (void)state;
    w->wake_error = -EBADF;
    assert_int_equal(tick_call_soon_threadsafe(w->loop, nothing, NULL), -EBADF);
    w->wake_error = 0;
    assert_int_equal(tick_call_soon_threadsafe(w->loop, nothing, NULL), 0);
    assert_int_equal(tick_loop_close(w->loop), 0);
    assert_int_equal(tick_call_soon_threadsafe(w->loop, nothing, NULL), TICK_ECLOSED);
}

// --- bpo-37658: wait_for swallowed a cancellation that came as its future was done ---

static int waits_for(void *arg) {
    const int result = tick_wait_for(arg, 5);
    say(w, "%d", result == TICK_ECANCELED);
    return result;
}
static int bpo_37658(void *arg) {
    (void)arg;
    struct tick_future *future = tick_future_new();
    struct tick_task *task = tick_spawn(waits_for, future);
    tick_sleep(1);
    assert_int_equal(tick_future_set_result(future, 7), 0);
    assert_true(tick_task_cancel(task, NULL)); // it was woken, and has not run yet
    assert_int_equal(tick_join(task), TICK_ECANCELED);
    assert_true(tick_future_cancelled(tick_task_future(task)));
    intptr_t value = 0;
    assert_int_equal(tick_future_result(future, &value), 0); // and the result is not lost
    assert_int_equal(value, 7);
    tick_task_unref(task);
    tick_future_unref(future);
    return 0;
}
static void bpo_37658_wait_for_swallows_no_cancellation(void **state) {
    (void)state;
    go(bpo_37658);
}

// --- gh-156321: an error behind a cancelled shield was reported although somebody had asked for it ---

static int gh_156321(void *arg) {
    (void)arg;
    struct tick_task *inner = tick_spawn(sleeps_then_fails, (void *)2);
    struct tick_future *outer = tick_shield(tick_task_future(inner));
    tick_sleep(1);
    tick_future_cancel(outer, NULL);
    tick_future_unref(outer);
    assert_int_equal(tick_join(inner), -EIO);
    tick_task_unref(inner);
    return tick_sleep(1);
}
static void gh_156321_a_retrieved_error_behind_a_shield_is_not_reported(void **state) {
    (void)state;
    go(gh_156321);
    assert_int_equal(w->report_count, 0);
}

// --- gh-91887: a task that nobody kept could be collected while it ran ---

static bool finished;
static int finishes(void *arg) {
    TICK_TRY(tick_sleep((intptr_t)arg));
    finished = true;
    return 0;
}
static int gh_91887(void *arg) {
    (void)arg;
    finished = false;
    assert_int_equal(tick_go(finishes, (void *)2), 0);
    return tick_sleep(3);
}
static void gh_91887_the_loop_keeps_its_tasks(void **state) {
    (void)state;
    go(gh_91887);
    assert_true(finished);
}

// --- gh-95289: a task group left its parent's count of cancellations raised ---

static int gh_95289(void *arg) {
    (void)arg;
    struct tick_group group;
    struct tick_task *self = tick_task_current();
    assert_int_equal(tick_group_enter(&group), 0);
    assert_int_equal(tick_group_go(&group, sleeps_then_fails, (void *)1), 0);
    assert_int_equal(tick_group_exit(&group, tick_sleep(5)), TICK_EGROUP);
    assert_int_equal(tick_task_cancelling(self), 0);
    assert_int_equal(tick_sleep(1), 0); // nothing is left to come, either
    return 0;
}
static void gh_95289_a_group_restores_its_parents_count(void **state) {
    (void)state;
    go(gh_95289);
}

// --- gh-116720: a group within a group swallowed the outer one's cancellation ---

static int inner_group(void *arg) {
    (void)arg;
    struct tick_group group;
    TICK_TRY(tick_group_enter(&group));
    (void)tick_group_go(&group, sleeps_then_fails, (void *)1);
    int result = tick_group_exit(&group, tick_sleep(9));
    say(w, "inner%d,%d", result == TICK_EGROUP, tick_task_cancelling(tick_task_current()));
    result = tick_sleep(9); // the outer group's cancellation comes here
    say(w, "then%d", result == TICK_ECANCELED);
    return result;
}
static int gh_116720(void *arg) {
    (void)arg;
    struct tick_group group;
    assert_int_equal(tick_group_enter(&group), 0);
    assert_int_equal(tick_group_go(&group, sleeps_then_fails, (void *)1), 0); // fails in the same tick as the inner one's
    assert_int_equal(tick_group_go(&group, inner_group, NULL), 0);
    assert_int_equal(tick_group_exit(&group, 0), TICK_EGROUP);
    assert_int_equal(tick_caught()->count, 1); // the inner task was cancelled: that is no failure of its own
    return 0;
}
static void gh_116720_an_inner_group_leaves_the_outer_cancellation(void **state) {
    (void)state;
    go(gh_116720);
    assert_non_null(strstr(w->log, "inner1,1"));
    assert_non_null(strstr(w->log, "then1"));
}

// --- gh-155433: a group that was cancelled swallowed a timeout that came while it waited for its tasks ---

static int ends_slowly(void *arg) {
    (void)arg;
    (void)tick_sleep(100);
    return tick_sleep(10);
}
static int cancelled_group(void) {
    struct tick_group group;
    TICK_TRY(tick_group_enter(&group));
    TICK_TRY(tick_group_go(&group, ends_slowly, NULL));
    TICK_TRY(tick_sleep(1));
    tick_group_cancel(&group);
    return tick_group_exit(&group, tick_sleep(100));
}
static int gh_155433(void *arg) {
    (void)arg;
    assert_int_equal(tick_within(5, cancelled_group()), TICK_ETIMEDOUT);
    assert_int_equal(tick_time(), 11);
    assert_int_equal(tick_task_cancelling(tick_task_current()), 0);
    assert_int_equal(tick_within(50, cancelled_group()), 0); // in time: its own cancellation ends with it
    assert_int_equal(tick_task_cancelling(tick_task_current()), 0);
    return tick_sleep(1);
}
static void gh_155433_a_cancelled_group_leaves_a_timeout(void **state) {
    (void)state;
    go(gh_155433);
}

// --- gh-86296's kin: a timeout and a cancellation from outside in the same tick ---

static int cancelled_at_the_deadline(void *arg) {
    (void)arg;
    const int result = tick_within(5, tick_sleep(50));
    say(w, "%d", result == TICK_ECANCELED);
    return result;
}
static int same_tick(void *arg) {
    (void)arg;
    struct tick_task *task = tick_spawn(cancelled_at_the_deadline, NULL);
    tick_sleep(5);
    tick_task_cancel(task, NULL);
    assert_int_equal(tick_join(task), TICK_ECANCELED);
    tick_task_unref(task);
    return 0;
}
static void a_cancellation_from_outside_wins_over_a_deadline(void **state) {
    (void)state;
    go(same_tick);
}

// --- task groups otherwise ---

static int failing_body(void) {
    return tick_raise(tick_failure_new(TICK_EUSER, "body", "of the group"));
}
static int fails_with_text(void *arg) {
    const int number = (int)(intptr_t)arg;
    TICK_TRY(tick_sleep(number));
    return tick_raise(tick_failure_new(TICK_EUSER - number, "task", "number %d", number));
}
static int resists(void *arg) { // fails when it is cancelled
    (void)tick_sleep(50);
    return tick_raise(tick_failure_new(TICK_EUSER - 9, "task", "cancelled %s", (const char *)arg));
}
static int awaits_group(void *arg) { // passes on what it got
    (void)arg;
    struct tick_group group;
    TICK_TRY(tick_group_enter(&group));
    TICK_TRY(tick_group_go(&group, resists, (void *)"once"));
    TICK_TRY(tick_group_go(&group, fails_with_text, (void *)2));
    TICK_TRY(tick_sleep(0));
    return tick_group_exit(&group, failing_body());
}
static int failures_travel(void *arg) {
    (void)arg;
    struct tick_task *task = tick_spawn(awaits_group, NULL);
    assert_int_equal(tick_join(task), TICK_EGROUP);
    struct tick_failure *failure = tick_caught();
    assert_ptr_equal(failure, tick_future_failure(tick_task_future(task))); // the very same, on its way up
    assert_int_equal(failure->count, 2);                                    // the second task was cancelled
    assert_string_equal(failure->children[0]->text, "cancelled once");
    assert_int_equal(failure->children[0]->code, TICK_EUSER - 9);
    assert_string_equal(failure->children[1]->text, "of the group");
    assert_string_equal(failure->children[1]->name, "body");
    tick_task_unref(task);
    return 0;
}
static void a_groups_failures_come_as_children_in_their_order(void **state) {
    (void)state;
    go(failures_travel);
}

static int spawns_late(void *arg) {
    (void)arg;
    struct tick_group group;
    assert_int_equal(tick_group_enter(&group), 0);
    struct tick_task *task = tick_group_spawn_named(&group, "first", fails_with_text, (void *)1);
    assert_string_equal(tick_task_name(task), "first");
    assert_int_equal(tick_sleep(9), TICK_ECANCELED);     // the first failure cancels the body
    assert_null(tick_group_spawn(&group, sleeps, NULL)); // asyncio: RuntimeError, the group is shutting down
    assert_int_equal(tick_group_go(&group, sleeps, NULL), TICK_EINVALSTATE);
    assert_int_equal(tick_group_exit(&group, TICK_ECANCELED), TICK_EGROUP);
    tick_task_unref(task);
    assert_int_equal(tick_group_enter(&group), 0);
    assert_int_equal(tick_group_go(&group, sleeps, (void *)3), 0);
    assert_int_equal(tick_group_exit(&group, 4), 4);                         // what the body came to
    assert_int_equal(tick_group_go(&group, sleeps, NULL), TICK_EINVALSTATE); // it is over
    tick_group_cancel(&group);
    assert_int_equal(tick_sleep(0), 0);
    return 0;
}
static void nobody_joins_a_group_that_aborts_or_is_over(void **state) {
    (void)state;
    struct tick_group group;
    assert_int_equal(tick_group_enter(&group), TICK_EINVALSTATE); // outside of a task
    go(spawns_late);
}

static struct tick_next stackless(struct tick_task *task, void *arg, int error) {
    (void)task;
    struct tick_group group;
    assert_int_equal(tick_group_enter(&group), TICK_EINVALSTATE); // it could not wait in exit
    struct tick_condition *condition = tick_condition_new(NULL);
    assert_int_equal(tick_lock_acquire(tick_condition_lock(condition)), 0);
    assert_int_equal(tick_condition_wait(condition), TICK_EINVALSTATE);
    assert_true(tick_lock_is_locked(tick_condition_lock(condition)));
    tick_condition_free(condition);
    return error < 0 ? tick_next_return(error) : tick_next_await(arg);
}
static int adds(void *arg) {
    (void)arg;
    struct tick_group group;
    struct tick_future *never = tick_future_new();
    assert_int_equal(tick_group_enter(&group), 0);
    struct tick_task *task = tick_spawn_steps(stackless, never), *failing = tick_spawn(sleeps_then_fails, (void *)1);
    assert_int_equal(tick_group_add(&group, tick_task_current()), TICK_EINVALSTATE);
    assert_int_equal(tick_group_add(&group, task), 0);
    assert_int_equal(tick_group_add(&group, failing), 0);
    assert_int_equal(tick_group_exit(&group, 0), TICK_EGROUP); // the failing one cancels the other
    assert_true(tick_future_cancelled(tick_task_future(task)));
    assert_int_equal(tick_caught()->count, 1);
    tick_task_unref(task);
    tick_task_unref(failing);
    tick_future_unref(never);
    return 0;
}
static void a_group_takes_in_tasks_of_other_kinds(void **state) {
    (void)state;
    go(adds);
}

// --- eager tasks: gh-128550, gh-128588, gh-155418 ---

static struct tick_group eager_group;
static struct tick_future *never;

static int fails_at_once(void *arg) {
    (void)arg;
    return -EIO;
}
static int spawns_what_fails(void *arg) {
    (void)arg;
    struct tick_task *task = tick_group_spawn_eager(&eager_group, fails_at_once, NULL);
    assert_non_null(task);
    tick_task_unref(task);
    return tick_await(never);
}
static int cancels_its_group(void *arg) {
    tick_group_cancel(&eager_group);
    if (arg) // it may still end well
        return 3;
    return tick_await(never);
}
static int eager_in_group(void *arg) {
    tick_task_fn *fn = *(tick_task_fn **)arg;
    const bool cancels = fn == cancels_its_group;
    never = tick_future_new();
    assert_int_equal(tick_group_enter(&eager_group), 0);
    struct tick_task *task = tick_group_spawn_eager(&eager_group, fn, NULL);
    assert_non_null(task);
    assert_int_equal(tick_task_cancelling(tick_task_current()), cancels); // a failure is heard of an iteration later (gh-128588)
    if (cancels)
        assert_null(tick_group_spawn_eager(&eager_group, fails_at_once, NULL)); // it aborts: no body is begun
    assert_int_equal(tick_group_exit(&eager_group, 0), cancels ? 0 : TICK_EGROUP);
    assert_true(fn == fails_at_once || tick_future_cancelled(tick_task_future(task)));
    assert_int_equal(tick_task_cancelling(tick_task_current()), 0);
    assert_int_equal(tick_sleep(0), 0);
    if (!cancels) {
        assert_int_equal(tick_caught()->count, 1);
        assert_int_equal(tick_caught()->children[0]->code, -EIO);
    }
    tick_task_unref(task);
    tick_future_unref(never);
    return 0;
}
static void eager_tasks_that_end_their_group_are_waited_for(void **state) {
    (void)state;
    static tick_task_fn *const kinds[] = {fails_at_once, spawns_what_fails, cancels_its_group};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        assert_int_equal(tick_loop_run_until(w->loop,
                             tick_task_future(borrowed(tick_loop_spawn(w->loop, NULL, eager_in_group, (void *)(uintptr_t)&kinds[i])))),
            0);
}

// The same with tasks that are taken in when they have begun.
static int adds_to_an_aborting_group(void *arg) {
    never = tick_future_new();
    assert_int_equal(tick_group_enter(&eager_group), 0);
    struct tick_task *task = tick_spawn_eager(cancels_its_group, arg);
    assert_int_equal(tick_group_add(&eager_group, task), 0);
    assert_int_equal(tick_group_exit(&eager_group, 0), 0);
    assert_true(arg ? !tick_future_cancelled(tick_task_future(task)) : tick_future_cancelled(tick_task_future(task)));
    tick_task_unref(task);
    task = tick_spawn(sleeps, NULL);
    assert_int_equal(tick_group_add(&eager_group, task), TICK_EINVALSTATE); // it is over
    assert_int_equal(tick_join(task), 0);
    tick_task_unref(task);
    tick_future_unref(never);
    return 0;
}
static int adds_to_aborting_groups(void *arg) {
    (void)arg;
    TICK_TRY(adds_to_an_aborting_group(NULL));
    return adds_to_an_aborting_group(&never);
}
static void an_aborting_group_cancels_what_it_takes_in(void **state) {
    (void)state;
    go(adds_to_aborting_groups);
}

static int grouped(void *arg) {
    (void)arg;
    struct tick_group group;
    TICK_TRY(tick_group_enter(&group));
    TICK_TRY(tick_group_go(&group, sleeps, (void *)50));
    const int result = tick_group_exit(&group, 0);
    say(w, "%d", result == TICK_ECANCELED);
    return result;
}
static int cancels_a_parent(void *arg) {
    (void)arg;
    struct tick_task *task = tick_spawn(grouped, NULL);
    tick_sleep(1);
    assert_true(tick_task_is_waiting(task));
    assert_null(tick_task_awaited(task)); // the group's own wait
    tick_task_cancel(task, NULL);
    assert_int_equal(tick_join(task), TICK_ECANCELED);
    assert_int_equal(tick_task_count(w->loop), 1);
    tick_task_unref(task);
    return 0;
}
static void cancelling_the_parent_cancels_the_tasks(void **state) {
    (void)state;
    go(cancels_a_parent);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(gh_156054_a_failed_wake_is_reported),
        TEST(bpo_37658_wait_for_swallows_no_cancellation),
        TEST(gh_156321_a_retrieved_error_behind_a_shield_is_not_reported),
        TEST(gh_91887_the_loop_keeps_its_tasks),
        TEST(gh_95289_a_group_restores_its_parents_count),
        TEST(gh_116720_an_inner_group_leaves_the_outer_cancellation),
        TEST(gh_155433_a_cancelled_group_leaves_a_timeout),
        TEST(a_cancellation_from_outside_wins_over_a_deadline),
        TEST(a_groups_failures_come_as_children_in_their_order),
        TEST(nobody_joins_a_group_that_aborts_or_is_over),
        TEST(a_group_takes_in_tasks_of_other_kinds),
        TEST(eager_tasks_that_end_their_group_are_waited_for),
        TEST(an_aborting_group_cancels_what_it_takes_in),
        TEST(cancelling_the_parent_cancels_the_tasks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
