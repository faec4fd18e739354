// The iteration: call_soon, timers, polls, stop, run, close, reports.
#include "src/loop/loop_int.h"
#include "tests/support/loop_fixture.h"
#include <errno.h>
#include <retick/executor.h>

static struct world *w; // the test's world

static void say_a(void *arg) {
    (void)arg;
    say(w, "a");
}
static void say_b(void *arg) {
    (void)arg;
    say(w, "b");
}
static void say_number(void *arg) {
    say(w, "%d", (int)(intptr_t)arg);
}
static void stop(void *arg) {
    (void)arg;
    say(w, "stop");
    tick_loop_stop(w->loop);
}
static void again(void *arg) {
    say(w, "again");
    assert_int_equal(tick_call_soon(w->loop, arg ? again : say_a, NULL), 0);
}

static void soon_is_fifo_and_the_snapshot_is_closed(void **state) {
    (void)state;
    assert_int_equal(tick_call_soon(w->loop, again, (void *)1), 0);
    assert_int_equal(tick_call_soon(w->loop, say_b, NULL), 0);
    assert_int_equal(tick_loop_run_forever(w->loop), TICK_EDEADLOCK);
    assert_string_equal(w->log, "1:again 1:b 2:again 3:a ");
    assert_int_equal(tick_loop_iterations(w->loop), 4);
    assert_int_equal(w->polls, 4);
}

static void cancel_skips_a_handle_in_the_snapshot(void **state) {
    (void)state;
    struct tick_handle *a = tick_call_soon_handle(w->loop, say_a, NULL);
    assert_int_equal(tick_call_soon(w->loop, say_b, NULL), 0);
    assert_false(tick_handle_cancelled(a));
    tick_handle_cancel(a);
    tick_handle_cancel(a);
    assert_true(tick_handle_cancelled(a));
    assert_int_equal(tick_loop_run_forever(w->loop), TICK_EDEADLOCK);
    assert_string_equal(w->log, "1:b ");
    tick_handle_unref(a);
    tick_handle_unref(NULL);
}

static void equal_deadlines_fire_as_armed_and_never_early(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++)
        tick_handle_unref(tick_call_later(w->loop, i % 2 ? 10 : 5, say_number, (void *)(intptr_t)i));
    tick_handle_unref(tick_call_at(w->loop, -3, say_a, NULL));
    tick_handle_unref(tick_call_later(w->loop, -7, say_b, NULL));
    assert_int_equal(tick_loop_run_forever(w->loop), TICK_EDEADLOCK);
    assert_string_equal(w->log, "1:a 1:b 2:0 2:2 2:4 2:6 2:8 2:10 2:12 2:14 2:16 2:18 3:1 3:3 3:5 3:7 3:9 3:11 3:13 3:15 3:17 3:19 ");
    assert_int_equal(w->now, 10);
}

static void a_timer_at_the_end_of_time_is_no_deadline(void **state) {
    (void)state;
    struct tick_handle *handle = tick_call_later(w->loop, INT64_MAX, say_a, NULL);
    assert_int_equal(tick_loop_run_forever(w->loop), TICK_EDEADLOCK);
    assert_int_equal(w->timeout, -1);
    tick_handle_cancel(handle);
    tick_handle_unref(handle);
}

static uint64_t draw(uint64_t *state) {
    return *state = *state * 6364136223846793005u + 1442695040888963407u;
}

static int64_t fired_at;
static void in_order(void *arg) {
    int64_t when = (int64_t)(intptr_t)arg;
    assert_true(when >= fired_at);
    assert_true(when <= w->now);
    fired_at = when;
}

static void many_timers_with_many_cancelled(void **state) {
    (void)state;
    enum { COUNT = 5000 };
    static struct tick_handle *handles[COUNT];
    uint64_t seed = 1;
    fired_at = 0;
    for (int i = 0; i < COUNT; i++) {
        int64_t when = (int64_t)(draw(&seed) >> 40);
        handles[i] = tick_call_at(w->loop, when, in_order, (void *)(intptr_t)when);
    }
    for (int i = 0; i < COUNT; i++) {
        if (draw(&seed) >> 63)
            tick_handle_cancel(handles[i]);
        tick_handle_unref(handles[i]);
    }
    assert_int_equal(tick_loop_run_forever(w->loop), TICK_EDEADLOCK);
    assert_int_equal(w->loop->timers.count, 0);
    assert_true(fired_at > 0);
}

static void mass_cancellation_keeps_nothing(void **state) {
    (void)state;
    for (int i = 0; i < 100000; i++) {
        struct tick_handle *handle = tick_call_later(w->loop, 1000 + i, say_a, NULL);
        tick_handle_cancel(handle);
        tick_handle_unref(handle);
    }
    assert_int_equal(w->loop->timers.count, 0);
    assert_true(w->loop->timers.room <= 16);
    assert_null(*(void **)w->loop->handle_pool.chunks); // one chunk did for all
}

static int in_turn;
static void comes_in_turn(void *arg) {
    assert_int_equal((intptr_t)arg, in_turn++);
    tick_loop_set_debug(w->loop, in_turn % 7 < 3);
    if (in_turn <= 1000)
        assert_int_equal(tick_call_soon(w->loop, comes_in_turn, (void *)((intptr_t)arg + 200)), 0);
}

// In the middle of a snapshot it becomes one that looks closely, and an ordinary one again: what is queued keeps its order and its memory.
static void calls_keep_their_order_whatever_the_loop_looks_at(void **state) {
    (void)state;
    in_turn = 0;
    for (intptr_t i = 0; i < 200; i++)
        assert_int_equal(tick_call_soon(w->loop, comes_in_turn, (void *)i), 0);
    assert_int_equal(tick_loop_run_forever(w->loop), TICK_EDEADLOCK);
    assert_int_equal(in_turn, 1200);
    size_t chunks = 0; // of 64 calls, linked by their second word
    for (void **chunk = (void **)w->loop->calls.chunks; chunk; chunk = chunk[1])
        chunks++;
    assert_in_range(chunks, 4, 6);
}

static void cancel_handle(void *arg) {
    tick_handle_cancel(arg);
}

static void a_fired_timer_can_still_be_cancelled(void **state) {
    (void)state;
    // the first of two timers due at once cancels the second
    struct tick_handle *second = tick_call_at(w->loop, 3, say_b, NULL);
    struct tick_handle *first = tick_call_at(w->loop, 2, cancel_handle, second);
    w->now = 4;
    tick_handle_unref(tick_call_at(w->loop, 4, stop, NULL));
    assert_int_equal(tick_loop_run_forever(w->loop), 0);
    assert_string_equal(w->log, "1:stop ");
    tick_handle_unref(first);
    tick_handle_unref(second);
}

static void stop_finishes_its_snapshot(void **state) {
    (void)state;
    assert_int_equal(tick_call_soon(w->loop, stop, NULL), 0);
    assert_int_equal(tick_call_soon(w->loop, again, NULL), 0);
    assert_int_equal(tick_loop_run_forever(w->loop), 0);
    assert_string_equal(w->log, "1:stop 1:again ");
    assert_int_equal(tick_call_soon(w->loop, stop, NULL), 0);
    assert_int_equal(tick_loop_run_forever(w->loop), 0);
    assert_string_equal(w->log, "1:stop 1:again 2:a 2:stop ");
}

static void stop_before_run_is_one_iteration_without_waiting(void **state) {
    (void)state;
    tick_handle_unref(tick_call_later(w->loop, 100, say_b, NULL));
    tick_loop_stop(w->loop);
    assert_int_equal(tick_loop_run_forever(w->loop), 0);
    assert_int_equal(w->polls, 1);
    assert_int_equal(w->timeout, 0);
    assert_int_equal(w->now, 0);
}

static void run_until_gives_the_result_or_says_why_not(void **state) {
    (void)state;
    struct tick_future *future = tick_future_new_at(w->loop, NULL);
    assert_non_null(future);
    assert_int_equal(tick_call_soon(w->loop, stop, NULL), 0);
    assert_int_equal(tick_loop_run_until(w->loop, future), TICK_ESTOPPED);
    assert_int_equal(tick_loop_run_until(w->loop, future), TICK_EDEADLOCK);
    assert_int_equal(tick_future_set_error(future, -EIO), 0);
    assert_int_equal(tick_loop_run_until(w->loop, future), -EIO);
    tick_future_unref(future);
    assert_int_equal(w->report_count, 0);
}

static int nested_result, second_result, closed_while_running;
static void nest(void *arg) {
    nested_result = tick_loop_run_forever(w->loop);
    second_result = tick_loop_run_forever(arg);
    closed_while_running = tick_loop_close(w->loop);
    assert_ptr_equal(tick_loop_running(), w->loop);
    tick_loop_stop(w->loop);
}

static void a_loop_in_a_loop_is_an_error(void **state) {
    (void)state;
    struct world *other = world_new();
    assert_int_equal(tick_call_soon(w->loop, nest, other->loop), 0);
    assert_int_equal(tick_loop_run_forever(w->loop), 0);
    assert_int_equal(nested_result, TICK_ENESTED);
    assert_int_equal(second_result, TICK_ENESTED);
    assert_int_equal(closed_while_running, TICK_EINVALSTATE);
    assert_null(tick_loop_running());
    world_free(other);
}

static int nothing(void *arg) {
    (void)arg;
    return 0;
}

static void closed_says_so_everywhere(void **state) {
    (void)state;
    struct tick_future *future = tick_future_new_at(w->loop, NULL);
    assert_int_equal(tick_future_on_done(future, NULL, NULL), 0);
    assert_int_equal(tick_call_soon(w->loop, say_a, NULL), 0);
    struct tick_handle *timer = tick_call_later(w->loop, 1, say_a, NULL);
    assert_int_equal(tick_call_soon_threadsafe(w->loop, say_a, NULL), 0);
    assert_int_equal(tick_loop_close(w->loop), 0);
    assert_int_equal(tick_loop_close(w->loop), 0);
    assert_true(tick_loop_is_closed(w->loop));
    assert_int_equal(tick_call_soon(w->loop, say_a, NULL), TICK_ECLOSED);
    assert_null(tick_call_soon_handle(w->loop, say_a, NULL));
    assert_null(tick_call_later(w->loop, 1, say_a, NULL));
    assert_int_equal(tick_call_soon_threadsafe(w->loop, say_a, NULL), TICK_ECLOSED);
    assert_int_equal(tick_loop_run_forever(w->loop), TICK_ECLOSED);
    assert_int_equal(tick_loop_run_until(w->loop, future), TICK_ECLOSED);
    assert_int_equal(tick_loop_run(w->loop, nothing, NULL), TICK_ECLOSED);
    assert_int_equal(tick_future_set_result(future, 1), 0); // its callbacks go nowhere
    tick_handle_cancel(timer);
    tick_handle_unref(timer);
    tick_future_unref(future);
    assert_string_equal(w->log, "");
}

static void a_budget_skips_polls_while_there_is_work(void **state) {
    (void)state;
    struct world *other = world_bare();
    struct tick_loop_options options = world_options(other);
    options.poll_budget = 10;
    world_open(other, &options);
    struct world *saved = w;
    w = other;
    assert_int_equal(tick_call_soon(w->loop, again, (void *)1), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(tick_call_soon(w->loop, again, NULL), 0);
    assert_int_equal(tick_loop_run_forever(w->loop), TICK_EDEADLOCK);
    assert_string_equal(w->log, "1:again 1:again 1:again 1:again 2:again 2:a 2:a 2:a 3:a ");
    assert_int_equal(w->polls, 1); // the last, idle one; 9 handles ran before
    world_free(other);
    w = saved;
}

static void an_error_of_the_poller_ends_the_run(void **state) {
    (void)state;
    assert_int_equal(tick_loop_run_forever(w->loop), TICK_EDEADLOCK);
    assert_null(tick_loop_running());
    assert_int_equal(tick_call_soon(w->loop, stop, NULL), 0);
    assert_int_equal(tick_loop_run_forever(w->loop), 0);
}

static void reports_go_to_the_handler_or_to_stderr(void **state) {
    (void)state;
    const struct tick_report report = {.message = "Exception in callback"};
    tick_loop_report(w->loop, &report);
    assert_string_equal(w->reports, "Exception in callback;");
    FILE *saved = stderr, *memory;
    char *text = NULL;
    size_t size;
    memory = open_memstream(&text, &size);
    stderr = memory;
    w->handler_result = -1; // a failing handler: the default one speaks
    tick_loop_report(w->loop, &report);
    tick_loop_set_exception_handler(w->loop, NULL, NULL);
    struct tick_failure *failure = tick_failure_new(-EIO, "disk", "sector %d", 7);
    tick_loop_report(w->loop, &(struct tick_report){.message = "Future exception was never retrieved", .failure = failure});
    fclose(memory);
    stderr = saved;
    assert_string_equal(text, "Unhandled error in exception handler\nException in callback\n"
                              "Future exception was never retrieved\nfailure: disk (EIO): sector 7\n");
    free(text);
    tick_failure_unref(failure);
    tick_failure_unref(NULL);
}

static void threadsafe_keeps_one_order(void **state) {
    (void)state;
    assert_int_equal(tick_call_soon_threadsafe(w->loop, say_number, (void *)1), 0);
    assert_int_equal(tick_call_soon_threadsafe(w->loop, say_number, (void *)2), 0);
    assert_int_equal(tick_call_soon(w->loop, say_number, (void *)3), 0);
    assert_int_equal(tick_call_soon_threadsafe(w->loop, say_number, (void *)4), 0);
    assert_int_equal(tick_call_soon(w->loop, say_number, (void *)5), 0);
    w->wake_error = -EIO; // gh-156054: a failed wake is told, and the call stays queued
    assert_int_equal(tick_call_soon_threadsafe(w->loop, say_number, (void *)6), -EIO);
    assert_int_equal(w->wakes, 3); // the second found the first one's wake under way
    assert_int_equal(tick_loop_run_forever(w->loop), TICK_EDEADLOCK);
    assert_string_equal(w->log, "1:1 1:2 1:3 1:4 1:5 1:6 ");
}

static int owned_ran;
static void owned_fn(struct tick__task_owned *owned) {
    assert_null(owned->next);
    owned_ran = owned_ran * 10 + (owned->back == NULL);
}

static void what_a_loop_owns_ends_with_it(void **state) {
    (void)state;
    struct tick__task_owned a = {.fn = owned_fn}, b = {.fn = owned_fn}, c = {.fn = owned_fn};
    owned_ran = 0;
    tick__loop_at_close(w->loop, &a);
    tick__loop_at_close(w->loop, &b);
    tick__loop_at_close(w->loop, &c);
    tick__owned_remove(&b);
    tick__owned_remove(&b);
    assert_int_equal(tick_loop_close(w->loop), 0);
    assert_int_equal(owned_ran, 11);
}

// --- NULL stands for the running loop ---

static int iterations_heard;
static void hears(void *arg) {
    iterations_heard += *(int *)arg;
}
static int without_naming_a_loop(void *arg) {
    (void)arg;
    static int one = 1;
    struct tick_task *tasks[2];
    assert_int_equal(tick_loop_time(NULL), tick_loop_time(w->loop));
    assert_int_equal(tick_loop_iterations(NULL), tick_loop_iterations(w->loop));
    assert_false(tick_loop_is_closed(NULL));
    tick_loop_set_debug(NULL, true);
    assert_true(tick_loop_get_debug(NULL));
    assert_int_equal(tick_call_soon(NULL, hears, &one), 0); // the slow way
    tick_loop_set_debug(NULL, false);
    assert_int_equal(tick_call_soon(NULL, hears, &one), 0);
    assert_int_equal(tick_call_soon_threadsafe(NULL, hears, &one), 0);
    tick_handle_unref(tick_call_soon_handle(NULL, hears, &one));
    tick_handle_unref(tick_call_later(NULL, 2, hears, &one));
    tick_handle_unref(tick_call_at(NULL, tick_time() + 1, hears, &one));
    struct tick_task *task = tick_loop_spawn(NULL, "other", nothing, NULL);
    assert_int_equal(tick_task_count(NULL), 2);
    assert_int_equal(tick_task_all(NULL, tasks, 2), 2);
    assert_ptr_equal(tasks[1], task);
    assert_int_equal(tick_join(task), 0);
    tick_task_unref(task);
    tick_loop_report(NULL, &(struct tick_report){.message = "heard"});
    assert_int_equal(tick_loop_run_forever(NULL), TICK_ENESTED);
    assert_int_equal(tick_loop_run(NULL, without_naming_a_loop, NULL), TICK_ENESTED);
    assert_int_equal(tick_loop_close(NULL), TICK_EINVALSTATE);
    assert_int_equal(tick_sleep(3), 0);
    assert_int_equal(iterations_heard, 6);
    tick_loop_set_exception_handler(NULL, NULL, NULL);
    tick_loop_stop(NULL);
    return tick_sleep(0);
}
static void null_is_the_running_loop(void **state) {
    (void)state;
    iterations_heard = 0;
    assert_int_equal(tick_loop_run(w->loop, without_naming_a_loop, NULL), TICK_ESTOPPED);
    assert_string_equal(w->reports, "heard;");
}

static void null_without_a_running_loop_is_nothing(void **state) {
    (void)state;
    struct tick_future *future = NULL;
    assert_int_equal(tick_loop_time(NULL), 0);
    assert_int_equal(tick_loop_iterations(NULL), 0);
    assert_false(tick_loop_is_closed(NULL));
    tick_loop_set_debug(NULL, true);
    assert_false(tick_loop_get_debug(NULL));
    assert_int_equal(tick_call_soon(NULL, hears, NULL), TICK_EINVALSTATE);
    assert_int_equal(tick_call_soon_threadsafe(NULL, hears, NULL), TICK_EINVALSTATE);
    assert_null(tick_call_soon_handle(NULL, hears, NULL));
    assert_null(tick_call_later(NULL, 2, hears, NULL));
    assert_null(tick_call_at(NULL, 2, hears, NULL));
    assert_null(tick_loop_spawn(NULL, "other", nothing, NULL));
    assert_null(tick_future_new());
    assert_int_equal(tick_run_in_executor(NULL, nothing, NULL, &future), TICK_EINVALSTATE);
    assert_int_equal(tick_task_count(NULL), 0);
    assert_int_equal(tick_task_all(NULL, NULL, 0), 0);
    assert_int_equal(tick_loop_run_forever(NULL), TICK_EINVALSTATE);
    assert_int_equal(tick_loop_run(NULL, nothing, NULL), TICK_EINVALSTATE);
    assert_int_equal(tick_loop_close(NULL), TICK_EINVALSTATE);
    tick_loop_set_exception_handler(NULL, NULL, NULL);
    tick_loop_stop(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(soon_is_fifo_and_the_snapshot_is_closed),
        TEST(cancel_skips_a_handle_in_the_snapshot),
        TEST(equal_deadlines_fire_as_armed_and_never_early),
        TEST(a_timer_at_the_end_of_time_is_no_deadline),
        TEST(many_timers_with_many_cancelled),
        TEST(mass_cancellation_keeps_nothing),
        TEST(calls_keep_their_order_whatever_the_loop_looks_at),
        TEST(a_fired_timer_can_still_be_cancelled),
        TEST(stop_finishes_its_snapshot),
        TEST(stop_before_run_is_one_iteration_without_waiting),
        TEST(run_until_gives_the_result_or_says_why_not),
        TEST(a_loop_in_a_loop_is_an_error),
        TEST(closed_says_so_everywhere),
        TEST(a_budget_skips_polls_while_there_is_work),
        TEST(an_error_of_the_poller_ends_the_run),
        TEST(reports_go_to_the_handler_or_to_stderr),
        TEST(threadsafe_keeps_one_order),
        TEST(what_a_loop_owns_ends_with_it),
        TEST(null_is_the_running_loop),
        TEST(null_without_a_running_loop_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
