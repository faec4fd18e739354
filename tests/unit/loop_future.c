// Futures, and what is made of them: gather, shield, wait_for, timeout scopes.
#include "src/base/alloc.h"
#include "src/loop/loop_int.h"
#include "tests/support/loop_fixture.h"
#include <errno.h>

static void go(tick_task_fn *fn) {
    assert_int_equal(tick_loop_run(w->loop, fn, NULL), 0);
}
static struct tick_future *future_new(void) {
    struct tick_future *future = tick_future_new_at(w->loop, TICK_HERE("test"));
    assert_non_null(future);
    return future;
}
static void say_done(struct tick_future *future, void *arg) {
    (void)future;
    say(w, "%s", (const char *)arg);
}
static void drain(void) {
    assert_int_equal(tick_loop_run_forever(w->loop), TICK_EDEADLOCK);
}

static void done_once(void **state) {
    (void)state;
    struct tick_future *future = future_new();
    intptr_t value = 0;
    assert_false(tick_future_done(future));
    assert_int_equal(tick_future_result(future, &value), TICK_EINVALSTATE);
    assert_null(tick_future_failure(future));
    assert_int_equal(tick_future_set_result(future, 5), 0);
    assert_int_equal(tick_future_set_result(future, 6), TICK_EINVALSTATE);
    assert_int_equal(tick_future_set_error(future, -EIO), TICK_EINVALSTATE);
    assert_int_equal(tick_future_set_failure(future, tick_failure_new(-EIO, "x", NULL)), TICK_EINVALSTATE);
    assert_false(tick_future_cancel(future, NULL));
    assert_true(tick_future_done(future));
    assert_int_equal(tick_future_result(future, &value), 0);
    assert_int_equal(value, 5);
    tick_future_unref(future);
    future = future_new();
    assert_true(tick_future_cancel(future, "why"));
    assert_true(tick_future_cancelled(future));
    assert_string_equal(tick_future_cancel_message(future), "why");
    assert_int_equal(tick_future_result(future, NULL), TICK_ECANCELED);
    assert_null(tick_future_failure(future));
    tick_future_unref(future);
    tick_future_unref(NULL);
}

static void no_failure_reads_as_a_success(void **state) {
    (void)state;
    struct tick_future *future = future_new();
    assert_int_equal(tick_future_set_error(future, 0), -EINVAL);
    assert_int_equal(tick_future_set_error(future, 7), -EINVAL);
    assert_int_equal(tick_future_set_failure(future, tick_failure_new(0, "none", NULL)), -EINVAL);
    assert_false(tick_future_done(future));
    assert_int_equal(tick_raise(tick_failure_new(3, "none", NULL)), -EINVAL);
    assert_int_equal(tick_future_set_failure(future, NULL), 0); // there was no memory for one
    assert_int_equal(tick_future_result(future, NULL), -ENOMEM);
    assert_int_equal(tick_future_failure(future)->code, -ENOMEM);
    tick_future_unref(future);
}

static struct tick_failure *in_a_group(struct tick_failure *child, const char *name) {
    struct tick_failure *group = tick_failure_new_at(NULL, TICK_EGROUP, name, NULL);
    group->children = tick__alloc(2 * sizeof(struct tick_failure *));
    group->children[group->count++] = child;
    group->children[group->count++] = tick__failure_plain(-EIO);
    return group;
}
static void failures_are_put_in_words(void **state) {
    (void)state;
    char text[400];
    struct tick_failure *failure = tick_failure_new(TICK_EUSER - 4, "disk", "sector %d", 9);
    const int line = __LINE__ - 1;
    tick__failure_words(failure, text, sizeof text);
    assert_string_equal(text, "disk (TICK_EUSER - 4): sector 9");
    assert_int_equal(tick__failure_place(failure)->line, line);
    struct tick_failure *group = in_a_group(failure, "writes");
    tick__failure_words(group, text, sizeof text);
    assert_string_equal(text, "writes (TICK_EGROUP): tasks of the group failed [disk (TICK_EUSER - 4): sector 9; EIO: Input/output error]");
    assert_int_equal(tick__failure_place(group)->line, line);
    tick__failure_words(group, text, 20);
    assert_string_equal(text, "writes (TICK_EGROUP");
    for (int i = 0; i < 30; i++) // no recursion without end
        group = in_a_group(group, "g");
    tick__failure_words(group, text, sizeof text);
    assert_memory_equal(text, "g (TICK_EGROUP): ", 17);
    assert_null(tick__failure_place(group));
    tick_failure_unref(group);
    group = tick__failure_plain(TICK_EDEADLOCK);
    assert_null(tick__failure_place(group));
    tick_failure_unref(group);
}

static void callbacks_run_later_in_order_and_can_be_removed(void **state) {
    (void)state;
    struct tick_future *future = future_new();
    char a[] = "a", b[] = "b", c[] = "c";
    assert_int_equal(tick_future_on_done(future, say_done, a), 0);
    assert_int_equal(tick_future_on_done(future, say_done, b), 0);
    assert_int_equal(tick_future_on_done(future, say_done, a), 0);
    assert_int_equal(tick_future_on_done(future, say_done, c), 0);
    assert_int_equal(tick_future_on_done(future, say_done, a), 0);
    assert_int_equal(tick_future_off_done(future, say_done, a), 3);
    assert_int_equal(tick_future_off_done(future, say_done, a), 0);
    assert_int_equal(tick_future_on_done(future, say_done, a), 0);
    assert_int_equal(tick_future_set_result(future, 0), 0);
    assert_int_equal(tick_future_on_done(future, say_done, c), 0); // already done: still through call_soon
    assert_int_equal(tick_future_off_done(future, say_done, c), 0);
    tick_future_unref(future); // the callbacks hold it
    assert_string_equal(w->log, "");
    drain();
    assert_string_equal(w->log, "1:b 1:c 1:a 1:c ");
}

static void a_failure_is_reported_at_the_last_unref_unless_asked(void **state) {
    (void)state;
    struct tick_future *future = future_new();
    struct tick_failure *failure = tick_failure_new(-EIO, "disk", "sector %d", 9);
    assert_int_equal(tick_future_set_failure(future, tick_failure_ref(failure)), 0);
    tick_future_ref(future);
    tick_future_unref(future);
    assert_int_equal(w->report_count, 0);
    tick_future_unref(future);
    assert_string_equal(w->reports, "Future exception was never retrieved EIO;");
    future = future_new();
    assert_int_equal(tick_future_set_failure(future, failure), 0);
    assert_int_equal(tick_future_result(future, NULL), -EIO);
    assert_string_equal(tick_future_failure(future)->text, "sector 9");
    tick_future_unref(future);
    future = future_new();
    assert_int_equal(tick_future_set_error(future, -EPIPE), 0);
    assert_string_equal(tick_future_failure(future)->name, "EPIPE");
    tick_future_unref(future);
    future = future_new();
    assert_int_equal(tick_future_set_error(future, -EPIPE), 0);
    tick_future_unref(future);
    assert_int_equal(w->report_count, 2);
}

static bool refuse(struct tick_future *future, const char *message) {
    (void)future;
    say(w, "asked %s", message);
    return false;
}
static void an_embedded_future_decides_on_its_cancellation(void **state) {
    (void)state;
    static const struct tick_future_ops ops = {.type = TICK_OBJECT_OP, .cancel = refuse};
    struct tick_future future;
    tick__future_init(&future, w->loop, &ops, NULL);
    assert_false(tick_future_cancel(&future, "please"));
    assert_false(tick_future_done(&future));
    tick__future_finish(&future, -EIO, 0, 0);
    tick__future_finish(&future, 0, 3, 0);
    assert_int_equal(tick_future_result(&future, NULL), -EIO);
    tick__future_fini(&future);
    assert_string_equal(w->log, "0:asked please ");
}

// --- gather ---

static void gather_edges(void **state) {
    (void)state;
    w->loop->running = true; // gather belongs to the running loop
    tick__loop_running = w->loop;
    struct tick_future *none = tick_gather(NULL, 0, false);
    assert_true(tick_future_done(none));
    tick_future_unref(none);
    // all done before: done at once
    struct tick_future *children[3] = {future_new(), future_new(), NULL};
    children[2] = children[0];
    assert_int_equal(tick_future_set_result(children[0], 1), 0);
    assert_int_equal(tick_future_set_result(children[1], 2), 0);
    struct tick_future *all = tick_gather(children, 3, false);
    assert_true(tick_future_done(all));
    assert_int_equal(tick_future_result(all, NULL), 0);
    tick_future_unref(all);
    tick_future_unref(children[0]);
    tick_future_unref(children[1]);
    // the first error goes out; the other is consumed
    children[0] = future_new();
    children[1] = future_new();
    all = tick_gather(children, 2, false);
    assert_int_equal(tick_future_set_error(children[0], -EIO), 0);
    assert_int_equal(tick_future_set_error(children[1], -EPIPE), 0);
    w->loop->running = false;
    tick__loop_running = NULL;
    drain();
    assert_int_equal(tick_future_result(all, NULL), -EIO);
    tick_future_unref(all);
    tick_future_unref(children[0]);
    tick_future_unref(children[1]);
    assert_int_equal(w->report_count, 0);
}

static int bpo_32684(void *arg) {
    (void)arg;
    struct tick_future *children[2] = {future_new(), future_new()};
    assert_int_equal(tick_future_set_result(children[0], 1), 0);
    struct tick_future *all = tick_gather(children, 2, true);
    assert_true(tick_future_cancel(all, NULL));
    assert_false(tick_future_done(all));
    assert_int_equal(tick_await(all), TICK_ECANCELED); // although errors shall be returned
    assert_false(tick_future_cancelled(all));
    assert_true(tick_future_cancelled(children[1]));
    assert_false(tick_future_cancel(all, NULL));
    tick_future_unref(all);
    tick_future_unref(children[0]);
    tick_future_unref(children[1]);
    return 0;
}
static void bpo_32684_cancelled_gather_is_cancelled(void **state) {
    (void)state;
    go(bpo_32684);
}

static void an_unread_gather_is_reported(void **state) {
    (void)state;
    tick__loop_running = w->loop;
    struct tick_future *child = future_new();
    struct tick_future *all = tick_gather(&child, 1, false);
    tick__loop_running = NULL;
    tick_future_cancel(child, NULL);
    drain();
    tick_future_unref(child);
    tick_future_unref(all);
    assert_string_equal(w->reports, "_GatheringFuture exception was never retrieved TICK_ECANCELED;");
}

// --- shield ---

static int shields(void *arg) {
    (void)arg;
    struct tick_future *inner = future_new();
    struct tick_future *outer = tick_shield(inner);
    assert_true(tick_future_cancel(outer, NULL));
    tick_sleep(0);
    assert_false(tick_future_done(inner)); // the outer's cancellation stops at itself
    tick_future_unref(outer);
    outer = tick_shield(inner);
    assert_true(tick_future_cancel(inner, "in"));
    assert_int_equal(tick_await(outer), TICK_ECANCELED);
    assert_string_equal(tick_future_cancel_message(outer), "in");
    struct tick_future *same = tick_shield(inner);
    assert_ptr_equal(same, inner);
    tick_future_unref(same);
    tick_future_unref(outer);
    tick_future_unref(inner);
    inner = future_new();
    outer = tick_shield(inner);
    assert_int_equal(tick_future_set_error(inner, -EIO), 0);
    assert_int_equal(tick_await(outer), -EIO);
    tick_future_unref(inner);
    tick_future_unref(outer);
    assert_int_equal(w->report_count, 0);
    return 0;
}
static void shield_goes_one_way(void **state) {
    (void)state;
    go(shields);
}

static int late_error(void *arg) {
    (void)arg;
    struct tick_future *inner = future_new();
    struct tick_future *outer = tick_shield(inner);
    tick_future_cancel(outer, NULL);
    assert_int_equal(tick_future_set_error(inner, -EIO), 0); // in the same iteration
    tick_sleep(0);
    tick_sleep(0);
    tick_future_unref(outer);
    assert_int_equal(w->report_count, 0);
    tick_future_unref(inner);
    assert_int_equal(w->report_count, 1);
    inner = future_new();
    outer = tick_shield(inner);
    tick_future_cancel(outer, NULL);
    tick_sleep(0);
    assert_int_equal(tick_future_set_error(inner, -EIO), 0); // later
    tick_future_unref(outer);
    tick_future_unref(inner);
    assert_int_equal(w->report_count, 2);
    return 0;
}
static void gh_86802_a_late_error_is_reported_once(void **state) {
    (void)state;
    go(late_error);
}

// --- wait_for and scopes ---

static int sleep_then(void *arg) {
    int result = tick_sleep(10);
    return result == TICK_ECANCELED && arg ? (int)(intptr_t)arg : result;
}
static int waits_for(void *arg) {
    (void)arg;
    struct tick_task *task = tick_spawn(sleep_then, NULL);
    assert_int_equal(tick_wait_for(tick_task_future(task), 5), TICK_ETIMEDOUT);
    assert_true(tick_future_cancelled(tick_task_future(task)));
    assert_int_equal(tick_wait_for(tick_task_future(task), 0), TICK_ECANCELED); // done: its outcome
    tick_task_unref(task);
    // timeout <= 0 cancels and waits for the end, which wins
    task = tick_spawn(sleep_then, (void *)7);
    tick_sleep(0);
    assert_int_equal(tick_wait_for(tick_task_future(task), 0), 0);
    tick_task_unref(task);
    task = tick_spawn(sleep_then, (void *)(intptr_t)-EIO);
    tick_sleep(0);
    assert_int_equal(tick_wait_for(tick_task_future(task), -1), -EIO);
    tick_task_unref(task);
    assert_int_equal(tick_wait_for(tick_task_future(BORROWED_SPAWN(sleep_then, NULL)), INT64_MAX), 0);
    return 0;
}
static void wait_for_waits_for_the_inner_cleanup(void **state) {
    (void)state;
    go(waits_for);
    assert_int_equal(w->loop->timers.count, 0);
}

static struct tick_future *late;
static void set_late(void *arg) {
    (void)arg;
    assert_int_equal(tick_future_set_result(late, 8), 0);
}
static int deadline_first(void *arg) {
    (void)arg;
    late = future_new();
    // done in the iteration in which the deadline fires, before the caller resumes
    tick_handle_unref(tick_call_later(w->loop, 5, set_late, NULL));
    assert_int_equal(tick_wait_for(late, 5), TICK_ETIMEDOUT);
    intptr_t value = 0;
    assert_int_equal(tick_future_result(late, &value), 0); // not lost: gh-86296, bpo-37658
    assert_int_equal(value, 8);
    tick_future_unref(late);
    return 0;
}
static void gh_86296_a_result_at_the_deadline_stays(void **state) {
    (void)state;
    go(deadline_first);
}

static int swallows_pending(void *arg) {
    int64_t delay = (intptr_t)arg;
    tick_task_cancel(tick_task_current(), NULL);
    return tick_within(delay, tick_sleep(10));
}
static int gh_134471(void *arg) {
    (void)arg;
    assert_int_equal(tick_join(BORROWED_SPAWN(swallows_pending, (void *)0)), TICK_ECANCELED);
    assert_int_equal(tick_join(BORROWED_SPAWN(swallows_pending, (void *)1)), TICK_ECANCELED);
    return 0;
}
static void gh_134471_a_scope_leaves_a_cancellation_from_before(void **state) {
    (void)state;
    go(gh_134471);
}

static void cancel_task(void *arg) {
    tick_task_cancel(arg, NULL);
}
static int outside_wins(void *arg) {
    (void)arg;
    tick_handle_unref(tick_call_later(w->loop, 5, cancel_task, tick_task_current()));
    assert_int_equal(tick_within(5, tick_sleep(10)), TICK_ECANCELED); // both in one tick
    assert_int_equal(tick_task_cancelling(tick_task_current()), 1);
    assert_int_equal(tick_within(5, tick_sleep(10)), TICK_ETIMEDOUT); // what is past does not count: gh-102780
    assert_int_equal(tick_task_uncancel(tick_task_current()), 0);
    assert_int_equal(tick_task_cancelling(tick_task_current()), 0);
    return 0;
}
static void an_outside_cancel_in_the_same_tick_wins(void **state) {
    (void)state;
    go(outside_wins);
}

static int scope_life(void *arg) {
    (void)arg;
    struct tick_timeout outer, inner;
    assert_int_equal(tick_timeout_enter(&outer, tick_time() + 5), 0);
    assert_int_equal(tick_timeout_enter(&inner, tick_time() + 5), 0);
    int result = tick_timeout_exit(&inner, tick_sleep(100));
    assert_int_equal(result, TICK_ECANCELED); // both fired: the outer one's is open yet
    assert_int_equal(tick_timeout_exit(&outer, result), TICK_ETIMEDOUT);
    assert_true(tick_timeout_expired(&inner) && tick_timeout_expired(&outer));
    assert_int_equal(tick_timeout_enter(&outer, INT64_MAX), 0);
    assert_int_equal(tick_timeout_reschedule(&outer, tick_time() + 50), 0);
    assert_int_equal(tick_timeout_reschedule(&outer, tick_time() + 2), 0);
    assert_int_equal(tick_sleep(1), 0);
    assert_false(tick_timeout_expired(&outer));
    assert_int_equal(tick_timeout_exit(&outer, tick_sleep(5)), TICK_ETIMEDOUT);
    assert_int_equal(tick_timeout_reschedule(&outer, 1), TICK_EINVALSTATE);
    // fires, and the body ends well all the same: nothing is left to deliver
    assert_int_equal(tick_timeout_enter(&outer, tick_time() + 1), 0);
    w->now += 1;
    assert_int_equal(tick_sleep(0), 0); // this step stood in the queue before the timer
    assert_int_equal(tick_sleep(0), TICK_ECANCELED);
    assert_int_equal(tick_timeout_exit(&outer, 4), 4);
    assert_int_equal(tick_sleep(1), 0);
    assert_int_equal(w->loop->timers.count, 0);
    return 0;
}
static void scopes_nest_and_reschedule(void **state) {
    (void)state;
    struct tick_timeout scope;
    assert_int_equal(tick_timeout_enter(&scope, 5), TICK_EINVALSTATE);
    go(scope_life);
}

static int goes_by_return(void) {
    return tick_within(5, __extension__({
        TICK_TRY(-EIO);
        tick_sleep(1);
    }));
}
static int goes_by_break(void) {
    int result = 0;
    for (int i = 0; i < 3; i++)
        result = tick_within(5, __extension__({
            if (i == 1)
                break;
            tick_sleep(1);
        }));
    return result;
}
static int goes_by_goto(void) {
    const int result = tick_within(5, __extension__({
        if (goes_by_return() < 0) // a scope within this one
            goto out;
        tick_sleep(1);
    }));
    return result;
out:
    return 4;
}
static int takes_its_time_along(void) { // the deadline has passed, and nobody asks any more
    return tick_within(5, __extension__({
        TICK_TRY(tick_sleep(9));
        0;
    }));
}
static int leaves_scopes(void *arg) {
    static const struct {
        int (*goes)(void);
        int result;
    } rows[] = {{goes_by_return, -EIO}, {goes_by_break, 0}, {goes_by_goto, 4}, {takes_its_time_along, TICK_ECANCELED}};
    (void)arg;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(rows[i].goes(), rows[i].result);
        assert_null(tick_task_current()->scope);
        assert_int_equal(w->loop->timers.count, 0);
        assert_int_equal(tick_task_cancelling(tick_task_current()), 0);
        assert_int_equal(tick_sleep(20), 0);
    }
    struct tick_timeout scope;
    assert_int_equal(tick_timeout_enter(&scope, tick_time() + 5), 0);
    assert_int_equal(tick_timeout_exit(&scope, 3), 3);
    assert_int_equal(tick_timeout_exit(&scope, 4), 4); // it was left already
    return 0;
}
static void a_scope_is_left_on_every_way_out(void **state) {
    (void)state;
    go(leaves_scopes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(done_once),
        TEST(no_failure_reads_as_a_success),
        TEST(failures_are_put_in_words),
        TEST(callbacks_run_later_in_order_and_can_be_removed),
        TEST(a_failure_is_reported_at_the_last_unref_unless_asked),
        TEST(an_embedded_future_decides_on_its_cancellation),
        TEST(gather_edges),
        TEST(bpo_32684_cancelled_gather_is_cancelled),
        TEST(an_unread_gather_is_reported),
        TEST(shield_goes_one_way),
        TEST(gh_86802_a_late_error_is_reported_once),
        TEST(wait_for_waits_for_the_inner_cleanup),
        TEST(gh_86296_a_result_at_the_deadline_stays),
        TEST(gh_134471_a_scope_leaves_a_cancellation_from_before),
        TEST(an_outside_cancel_in_the_same_tick_wins),
        TEST(scopes_nest_and_reschedule),
        TEST(a_scope_is_left_on_every_way_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
