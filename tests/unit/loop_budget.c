// The budget of polls: iterations that need none because work is ready, and what ends them all the same.
#include "tests/support/loop_world.h"

enum { BUDGET = 61 };

static struct world *w;

static int set_up(void **state) {
    (void)state;
    w = world_bare();
    struct tick_loop_options options = world_options(w);
    options.poll_budget = BUDGET;
    world_open(w, &options);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    world_free(w);
    return 0;
}

// --- how many run between two polls ---

// Handles follow each other without an end. Of those before each poll: how long each takes, and how many there are.
struct span {
    int64_t takes;
    int handles;
};
static const struct span *span;
static int ran;

static void works(void *arg) {
    ran++;
    w->now += span->takes;
    assert_true(ran <= 61);
    if (span->handles > 0)
        assert_int_equal(tick_call_soon(w->loop, works, arg), 0);
    else
        tick_loop_stop(w->loop);
}

static void polled(struct world *world) {
    (void)world;
    assert_int_equal(ran, span->handles);
    span++;
    ran = 0;
}

static void spans(const struct span *all) {
    span = all;
    ran = 0;
    assert_int_equal(tick_call_soon(w->loop, works, NULL), 0);
    assert_int_equal(tick_loop_run_forever(w->loop), 0);
    assert_int_equal(span->handles, 0);
}

static void the_budget_adapts_to_what_steps_take(void **state) {
    (void)state;
    const int64_t ms = TICK_MS(1);
    w->io = polled;
    w->now = TICK_SEC(1000); // that a clock began long ago says nothing about steps
    spans((const struct span[]){{0, 61}, {0, 61}, {0, 0}});
    w->now += TICK_SEC(1000); // nor does what was between two runs; one handle ran since the last poll
    spans((const struct span[]){{0, 60}, {0, 61}, {0, 0}});
    spans((const struct span[]){
        {2 * ms, 60},
        {2 * ms, 30},
        {2 * ms, 15},
        {2 * ms, 7},
        {2 * ms, 3}, // too long: half as many
        {2 * ms, 1},
        {ms, 1},
        {ms / 4, 1}, // one at least; and neither too long nor short enough
        {0, 1},
        {0, 2},
        {0, 4},
        {0, 8},
        {0, 16},
        {0, 32},
        {0, 61}, // short: soon as many as ever
        {ms / 61, 61},
        {ms / 60, 61},
        {ms / 61, 30},
        {ms / 130, 30},
        {0, 61},
        {0, 0},
    });
}

// --- what does not wait for the budget's end ---

static int calls;
static void goes_on(void *arg) {
    (void)arg;
    calls++;
    assert_true(calls <= BUDGET);
    assert_int_equal(tick_call_soon(w->loop, goes_on, NULL), 0);
    if (calls == 3)
        tick_loop_stop(w->loop);
}

static void a_stop_ends_the_run_after_its_iteration(void **state) {
    (void)state;
    calls = 0;
    assert_int_equal(tick_call_soon(w->loop, goes_on, NULL), 0);
    assert_int_equal(tick_loop_run_forever(w->loop), 0);
    assert_int_equal(calls, 3);
}

static int called_at; // how many calls had been made when the timer fired
static void fires(void *arg) {
    (void)arg;
    called_at = calls;
    tick_loop_stop(w->loop);
}

static void arms_a_timer_that_is_due(void *arg) {
    (void)arg;
    if (++calls == 5)
        tick_handle_unref(tick_call_at(w->loop, w->now, fires, NULL));
    assert_true(calls <= BUDGET);
    if (called_at == 0)
        assert_int_equal(tick_call_soon(w->loop, arms_a_timer_that_is_due, NULL), 0);
}

static void a_due_timer_is_of_the_next_iteration(void **state) {
    (void)state;
    calls = called_at = 0;
    assert_int_equal(tick_call_soon(w->loop, arms_a_timer_that_is_due, NULL), 0);
    assert_int_equal(tick_loop_run_forever(w->loop), 0);
    assert_int_equal(called_at, 6); // behind the callback that was ready before it
}

static int says(void *arg) {
    say(w, "%s", (const char *)arg);
    TICK_TRY(tick_sleep(0));
    say(w, "%s", (const char *)arg);
    return 0;
}

// Others are ready to run when the eager one suspends: it is the starter that goes on.
static int starts_eagerly(void *arg) {
    (void)arg;
    struct tick_task *other = tick_spawn(says, "other");
    TICK_TRY(tick_sleep(0));
    struct tick_task *eager = tick_spawn_eager(says, "eager");
    say(w, "starter");
    TICK_TRY(tick_join(eager));
    TICK_TRY(tick_join(other));
    tick_task_unref(eager);
    tick_task_unref(other);
    return 0;
}

static void an_eager_start_comes_back(void **state) {
    (void)state;
    assert_int_equal(tick_loop_run(w->loop, starts_eagerly, NULL), 0);
    assert_string_equal(w->log, "2:other 2:eager 2:starter 3:other 3:eager ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_budget_adapts_to_what_steps_take, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stop_ends_the_run_after_its_iteration, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_due_timer_is_of_the_next_iteration, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_eager_start_comes_back, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
