// Tasks: starting, waiting, ending, and every edge of Task.cancel.
#include "src/loop/loop_int.h"
#include "tests/support/loop_fixture.h"
#include <errno.h>

static int run(tick_task_fn *fn, void *arg) {
    return tick_loop_run(w->loop, fn, arg);
}

static int sleeper(void *arg) {
    int result = tick_sleep((int64_t)(intptr_t)arg);
    say(w, "slept %d", result == TICK_ECANCELED ? -1 : result);
    return result;
}
static int return_arg(void *arg) {
    return (int)(intptr_t)arg;
}

// --- waiting ---

static int names_and_counts(void *arg) {
    (void)arg;
    assert_string_equal(tick_task_name(tick_task_current()), "main");
    struct tick_task *a = BORROWED_SPAWN(return_arg, NULL);
    struct tick_task *b = BORROWED_SPAWN_NAMED("bee", return_arg, NULL);
    struct tick_task *c = BORROWED_SPAWN(return_arg, (void *)5);
    assert_string_equal(tick_task_name(a), "Task-1");
    assert_string_equal(tick_task_name(b), "bee");
    assert_string_equal(tick_task_name(c), "Task-2");
    assert_int_equal(tick_task_count(w->loop), 4);
    assert_ptr_equal(w->loop->tasks->next, a); // all_tasks: in the order of their creation
    assert_int_equal(tick_join(c), 5);
    assert_int_equal(tick_task_count(w->loop), 1);
    return 3;
}
static void names_counts_and_results(void **state) {
    (void)state;
    assert_null(tick_task_current());
    assert_null(BORROWED_SPAWN(return_arg, NULL));
    assert_int_equal(tick_sleep(1), TICK_EINVALSTATE);
    assert_int_equal(run(names_and_counts, NULL), 3);
    assert_true(tick_loop_is_closed(w->loop));
}

static void no_task_here(void *arg) {
    assert_null(tick_task_current());
    assert_int_equal(tick_await(arg), TICK_EINVALSTATE);
    assert_int_equal(tick_future_set_result(arg, 4), 0);
}
static int waits_for_callback(void *arg) {
    (void)arg;
    struct tick_future *future = tick_future_new();
    assert_int_equal(tick_call_soon(w->loop, no_task_here, future), 0);
    assert_int_equal(tick_await(future), 0);
    uint64_t before = tick_loop_iterations(w->loop);
    assert_int_equal(tick_await(future), 0); // a done one does not yield
    assert_int_equal(tick_loop_iterations(w->loop), before);
    tick_future_unref(future);
    assert_int_equal(tick_sleep(0), 0);
    assert_int_equal(tick_sleep(-5), 0);
    assert_int_equal(tick_loop_iterations(w->loop), before + 2);
    assert_int_equal(tick_await(tick_task_future(tick_task_current())), TICK_ESELF);
    return 0;
}
static void a_plain_callback_has_no_task(void **state) {
    (void)state;
    assert_int_equal(run(waits_for_callback, NULL), 0);
}

static int awaits_foreign(void *arg) {
    return tick_await(arg);
}
static void another_loops_future_is_an_error(void **state) {
    (void)state;
    struct world *other = world_new();
    struct tick_future *future = tick_future_new_at(other->loop, NULL);
    assert_non_null(future);
    assert_int_equal(run(awaits_foreign, future), TICK_EINVALSTATE);
    tick_future_unref(future);
    world_free(other);
}

// --- ending ---

static int spawns_failing(void *arg) {
    (void)arg;
    BORROWED_SPAWN(return_arg, (void *)(intptr_t)-EIO);
    struct tick_task *asked = tick_spawn(return_arg, (void *)(intptr_t)-EPIPE);
    struct tick_task *cancelled = tick_spawn(return_arg, (void *)(intptr_t)-EACCES);
    assert_int_equal(tick_sleep(1), 0);
    assert_int_equal(tick_future_failure(tick_task_future(asked))->code, -EPIPE);
    assert_false(tick_task_cancel(cancelled, NULL)); // who cancels has asked
    tick_task_unref(asked);
    tick_task_unref(cancelled);
    assert_int_equal(tick_future_set_result(tick_task_future(tick_task_current()), 1), TICK_EINVALSTATE);
    return 0;
}
static void a_failure_nobody_asked_for_is_reported_once(void **state) {
    (void)state;
    assert_int_equal(run(spawns_failing, NULL), 0);
    assert_string_equal(w->reports, "Task exception was never retrieved EIO;");
}

static int order[3], order_count;
static void owned_fn(struct tick__task_owned *owned) {
    (void)owned;
    assert_non_null(tick_task_current());
    assert_false(tick_future_done(tick_task_future(tick_task_current())));
    order[order_count++] = 1;
}
static int owns(void *arg) {
    struct tick__task_owned *owned = arg;
    owned->fn = owned_fn;
    tick__task_at_end(tick_task_current(), owned);
    return 2;
}
static int what_it_owns(void *arg) {
    (void)arg;
    struct tick__task_owned owned = {0}, moved = {.fn = owned_fn};
    order_count = 0;
    assert_int_equal(tick_join(BORROWED_SPAWN(owns, &owned)), 2);
    assert_int_equal(order_count, 1);
    assert_null(owned.next);
    struct tick_task *never = BORROWED_SPAWN(return_arg, NULL); // cancelled before it starts: what was moved to it ends all the same
    tick__task_at_end(never, &moved);
    tick_task_cancel(never, NULL);
    assert_int_equal(tick_join(never), TICK_ECANCELED);
    assert_int_equal(order_count, 2);
    return 0;
}
static void what_a_task_owns_ends_before_it(void **state) {
    (void)state;
    assert_int_equal(run(what_it_owns, NULL), 0);
}

static int stubborn(void *arg) {
    (void)arg;
    int result = tick_sleep(1000);
    assert_int_equal(result, TICK_ECANCELED);
    assert_int_equal(tick_sleep(5), 0);
    say(w, "cleaned");
    return -EBUSY;
}
static int leaves_tasks(void *arg) {
    (void)arg;
    BORROWED_SPAWN(stubborn, NULL);
    BORROWED_SPAWN(sleeper, (void *)1000);
    tick_sleep(1);
    return 1;
}
static void run_cancels_and_awaits_what_is_left(void **state) {
    (void)state;
    assert_int_equal(run(leaves_tasks, NULL), 1);
    assert_int_equal(w->now, 6);
    assert_string_equal(w->reports, "unhandled exception during asyncio.run() shutdown EBUSY;");
    assert_non_null(strstr(w->log, "slept -1"));
    assert_int_equal(tick_task_count(w->loop), 0);
}

static int holds_things(void *arg) {
    (void)arg;
    struct tick_future *failed = tick_future_new(), *children[2] = {tick_future_new(), failed};
    assert_int_equal(tick_future_set_failure(failed, tick_failure_new(-EIO, "disk", "sector %d", 3)), 0);
    struct tick_future *gather = tick_gather(children, 2, true);
    tick_shield(children[0]);
    tick_future_cancel(tick_future_new(), "a message");
    return tick_await(gather);
}
static void freeing_a_loop_frees_what_unfinished_tasks_held(void **state) {
    (void)state;
    assert_int_equal(run(holds_things, NULL), TICK_EDEADLOCK);
    assert_int_equal(tick_task_count(w->loop), 1);
    tick_loop_free(w->loop);
    assert_string_equal(w->reports, "Task was destroyed but it is pending!;");
    w->loop = NULL;
}

// --- cancelling ---

static int before_start(void *arg) {
    (void)arg;
    struct tick_task *task = BORROWED_SPAWN(sleeper, (void *)1);
    assert_true(tick_task_cancel(task, NULL));
    assert_false(tick_future_cancelled(tick_task_future(task)));
    assert_int_equal(tick_join(task), TICK_ECANCELED);
    assert_string_equal(w->log, "");
    return 0;
}
static void cancelled_before_its_start_the_body_never_runs(void **state) {
    (void)state;
    assert_int_equal(run(before_start, NULL), 0);
}

static struct tick_future *shared;
static int awaits_shared(void *arg) {
    (void)arg;
    int result = tick_await(shared);
    assert_int_equal(result, TICK_ECANCELED);
    assert_int_equal(tick_task_cancelling(tick_task_current()), 1);
    return result;
}
static int done_already(void *arg) {
    (void)arg;
    shared = tick_future_new();
    struct tick_task *task = tick_spawn(awaits_shared, NULL);
    tick_sleep(0);
    assert_int_equal(tick_future_set_result(shared, 9), 0);
    assert_true(tick_task_cancel(task, NULL));
    assert_int_equal(tick_join(task), TICK_ECANCELED);
    intptr_t value = 0;
    assert_int_equal(tick_future_result(shared, &value), 0); // the result stays in the future
    assert_int_equal(value, 9);
    tick_task_unref(task);
    tick_future_unref(shared);
    return 0;
}
static void cancel_comes_before_a_result_that_was_not_seen(void **state) {
    (void)state;
    assert_int_equal(run(done_already, NULL), 0);
}

static int cancels_itself(void *arg) {
    tick_task_cancel(tick_task_current(), NULL);
    return (int)(intptr_t)arg;
}
static int self_cancel(void *arg) {
    (void)arg;
    assert_int_equal(tick_join(BORROWED_SPAWN(cancels_itself, (void *)4)), TICK_ECANCELED);
    assert_int_equal(tick_join(BORROWED_SPAWN(cancels_itself, (void *)(intptr_t)-EIO)), -EIO);
    return 0;
}
static void self_cancel_then_return_or_raise(void **state) {
    (void)state;
    assert_int_equal(run(self_cancel, NULL), 0);
}

static int counts_deliveries(void *arg) {
    int *deliveries = arg;
    while (tick_sleep(10) == TICK_ECANCELED)
        ++*deliveries;
    assert_int_equal(tick_task_cancelling(tick_task_current()), 2);
    assert_int_equal(tick_task_uncancel(tick_task_current()), 1);
    assert_int_equal(tick_task_uncancel(tick_task_current()), 0);
    assert_int_equal(tick_task_uncancel(tick_task_current()), 0);
    return 6;
}
static int cancels_twice(void *arg) {
    (void)arg;
    int deliveries = 0;
    struct tick_task *task = BORROWED_SPAWN(counts_deliveries, &deliveries);
    tick_sleep(1);
    assert_true(tick_task_cancel(task, "first"));
    assert_true(tick_task_cancel(task, "second"));
    assert_int_equal(tick_join(task), 6); // swallowed: a normal result
    assert_int_equal(deliveries, 1);
    struct tick_task *other = tick_spawn(sleeper, (void *)10);
    tick_sleep(1);
    tick_task_cancel(other, "first");
    tick_task_cancel(other, "second");
    assert_int_equal(tick_join(other), TICK_ECANCELED);
    assert_string_equal(tick_future_cancel_message(tick_task_future(other)), "first");
    tick_task_unref(other);
    return 0;
}
static void two_cancels_are_one_delivery_with_the_first_message(void **state) {
    (void)state;
    assert_int_equal(run(cancels_twice, NULL), 0);
}

static int uncancels_itself(void *arg) {
    (void)arg;
    tick_task_cancel(tick_task_current(), NULL);
    assert_int_equal(tick_task_uncancel(tick_task_current()), 0);
    return tick_sleep(1); // 3.13: at 0 the pending flag clears
}
static void uncancel_to_zero_clears_the_flag(void **state) {
    (void)state;
    assert_int_equal(run(uncancels_itself, NULL), 0);
}

enum { DEEP = 100000 };
static int chain(void *arg) {
    intptr_t depth = (intptr_t)arg;
    if (depth == 0)
        return tick_sleep(1000);
    return tick_join(BORROWED_SPAWN(chain, (void *)(depth - 1)));
}
static int gh_80637_deep(void *arg) {
    (void)arg;
    struct tick_task *task = tick_spawn(chain, (void *)(intptr_t)1000);
    while (tick_time() < 500)
        tick_sleep(500);
    assert_int_equal(tick_task_count(w->loop), 1002);
    uint64_t before = tick_loop_iterations(w->loop);
    tick_task_cancel(task, NULL);
    assert_int_equal(tick_join(task), TICK_ECANCELED);
    assert_int_equal(tick_loop_iterations(w->loop) - before, 1002); // each awaiting parent one iteration later
    tick_task_unref(task);
    return 0;
}
static void gh_80637_a_chain_of_tasks(void **state) {
    (void)state;
    assert_int_equal(run(gh_80637_deep, NULL), 0);
}

// The walk itself, 100,000 deep, without as many stacks: gathers of gathers.
static int very_deep(void *arg) {
    (void)arg;
    struct tick_future *bottom = tick_future_new(), *top = bottom;
    for (int i = 0; i < DEEP; i++) {
        struct tick_future *outer = tick_gather(&top, 1, false);
        assert_non_null(outer);
        tick_future_unref(top);
        top = outer;
    }
    assert_true(tick_future_cancel(top, NULL));
    assert_int_equal(tick_await(top), TICK_ECANCELED);
    tick_future_unref(top);
    return 0;
}
static void gh_80637_a_chain_100000_deep(void **state) {
    (void)state;
    assert_int_equal(run(very_deep, NULL), 0);
}

static struct tick_task *ring[3];
static int awaits_next(void *arg) {
    intptr_t i = (intptr_t)arg;
    int result = tick_join(ring[(i + 1) % 3]);
    say(w, "ring%d", (int)i);
    return result;
}
static int gh_80637_ring(void *arg) {
    (void)arg;
    for (intptr_t i = 0; i < 3; i++)
        ring[i] = tick_spawn(awaits_next, (void *)i);
    tick_sleep(1);
    assert_true(tick_task_cancel(ring[0], NULL));
    assert_true(tick_task_cancel(ring[0], NULL));
    tick_sleep(1);
    for (int i = 0; i < 3; i++) {
        assert_true(tick_future_cancelled(tick_task_future(ring[i])));
        tick_task_unref(ring[i]);
    }
    return 0;
}
static void gh_80637_a_cycle_of_tasks(void **state) {
    (void)state;
    assert_int_equal(run(gh_80637_ring, NULL), 0);
    assert_string_equal(w->log, "5:ring2 6:ring1 7:ring0 ");
}

static int gather_of_me(void *arg) {
    (void)arg;
    struct tick_future *children[2] = {tick_task_future(ring[0]), shared};
    struct tick_future *gather = tick_gather(children, 2, true);
    int result = tick_await(gather);
    tick_future_unref(gather);
    return result;
}
static int ring_through_a_gather(void *arg) {
    (void)arg;
    shared = tick_future_new();
    ring[1] = NULL;
    ring[0] = tick_spawn(awaits_next, NULL);
    ring[1] = tick_spawn(gather_of_me, NULL);
    assert_true(shared && ring[0] && ring[1]);
    tick_sleep(1);
    assert_true(tick_task_cancel(ring[0], NULL));
    assert_true(tick_future_cancelled(shared));
    tick_sleep(1);
    for (int i = 0; i < 2; i++) {
        assert_true(tick_future_cancelled(tick_task_future(ring[i])));
        tick_task_unref(ring[i]);
    }
    tick_future_unref(shared);
    return 0;
}
static void a_cycle_through_a_gather(void **state) {
    (void)state;
    assert_int_equal(run(ring_through_a_gather, NULL), 0);
}

// A task that awaits itself within a gather, beside a neighbour that waits for something else and is woken by that alone.
static struct tick_future *elsewhere;
static int ends_of_the_neighbour;
static int waits_elsewhere(void *arg) {
    (void)arg;
    const int result = tick_await(elsewhere);
    ends_of_the_neighbour++;
    (void)tick_sleep(0);
    return result;
}
static int gathers_itself(void *arg) {
    (void)arg;
    struct tick_task *neighbour = tick_spawn(waits_elsewhere, NULL);
    struct tick_future *children[] = {tick_task_future(tick_task_current()), tick_task_future(neighbour)};
    struct tick_future *all = tick_gather(children, 2, false);
    const int result = tick_await(all);
    tick_future_unref(all);
    tick_task_unref(neighbour);
    return result;
}
static int cancels_the_circle(void *arg) {
    (void)arg;
    elsewhere = tick_future_new();
    ends_of_the_neighbour = 0;
    tick_loop_set_debug(NULL, true); // counts what is ready
    struct tick_task *circle = tick_spawn(gathers_itself, NULL);
    for (int i = 0; i < 3; i++)
        tick_sleep(0);
    const uint64_t queued = w->loop->queued;
    assert_true(tick_task_cancel(circle, NULL));
    assert_int_equal(w->loop->queued - queued, 2); // itself and the neighbour, each once
    assert_int_equal(tick_join(circle), TICK_ECANCELED);
    tick_sleep(1);
    assert_int_equal(ends_of_the_neighbour, 1);
    tick_task_unref(circle);
    tick_future_unref(elsewhere);
    return 0;
}
static void a_cycle_in_a_gather_leaves_its_neighbour(void **state) {
    (void)state;
    assert_int_equal(run(cancels_the_circle, NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(names_counts_and_results),
        TEST(a_plain_callback_has_no_task),
        TEST(another_loops_future_is_an_error),
        TEST(a_failure_nobody_asked_for_is_reported_once),
        TEST(what_a_task_owns_ends_before_it),
        TEST(run_cancels_and_awaits_what_is_left),
        TEST(freeing_a_loop_frees_what_unfinished_tasks_held),
        TEST(cancelled_before_its_start_the_body_never_runs),
        TEST(cancel_comes_before_a_result_that_was_not_seen),
        TEST(self_cancel_then_return_or_raise),
        TEST(two_cancels_are_one_delivery_with_the_first_message),
        TEST(uncancel_to_zero_clears_the_flag),
        TEST(gh_80637_a_chain_of_tasks),
        TEST(gh_80637_a_chain_100000_deep),
        TEST(gh_80637_a_cycle_of_tasks),
        TEST(a_cycle_through_a_gather),
        TEST(a_cycle_in_a_gather_leaves_its_neighbour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
