// Schedulers: last in, first out, in the iterations that any scheduler has; displacing above it.
#include "tests/support/loop_world.h"

static struct world *w;
static struct tick_lifo lifo;

static uint32_t first_is_held(struct world *world, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n) {
    (void)subject, (void)ordinal, (void)n;
    static int asked;
    (void)world;
    return kind == TICK_CHOICE_DISPLACE && asked++ == 0 ? 1 : 0;
}

static uint32_t budget; // of handles between two polls; 0: as always
static void open_world(bool asks) {
    w = world_bare();
    if (asks) {
        w->choose = first_is_held;
        w->sys_ops.choose = world_choose;
    }
    struct tick_loop_options options = world_options(w);
    tick_lifo_init(&lifo);
    options.scheduler = &lifo.scheduler;
    options.poll_budget = budget;
    world_open(w, &options);
}

static void number(void *arg) {
    say(w, "%d", (int)(intptr_t)arg);
}

static void posts(void *arg) {
    say(w, "posts");
    for (intptr_t i = 4; i < 6; i++)
        assert_int_equal(tick_call_soon(w->loop, number, (void *)i), 0);
    (void)arg;
}

static void newest_first_within_a_snapshot(void **state) {
    (void)state;
    open_world(false);
    assert_int_equal(tick_call_soon(w->loop, number, (void *)1), 0);
    struct tick_handle *cancelled = tick_call_soon_handle(w->loop, number, (void *)2);
    assert_int_equal(tick_call_soon(w->loop, posts, NULL), 0);
    tick_handle_cancel(cancelled);
    tick_handle_unref(cancelled);
    assert_int_equal(tick_loop_run_forever(w->loop), TICK_EDEADLOCK);
    assert_string_equal(w->log, "1:posts 1:1 2:5 2:4 ");
    world_free(w);
}

static void posts_thrice(void *arg) {
    const intptr_t left = (intptr_t)arg;
    number(arg);
    if (left > 0)
        assert_int_equal(tick_call_soon(w->loop, posts_thrice, (void *)(left - 1)), 0);
    else
        tick_loop_stop(w->loop);
}

// Iterations without a poll between them, and a second run that begins in the middle of a budget.
static void iterations_without_polls(void **state) {
    (void)state;
    budget = 61;
    open_world(false);
    budget = 0;
    for (int run = 0; run < 2; run++) {
        assert_int_equal(tick_call_soon(w->loop, number, (void *)7), 0);
        assert_int_equal(tick_call_soon(w->loop, posts_thrice, (void *)3), 0);
        assert_int_equal(tick_loop_run_forever(w->loop), 0);
    }
    assert_string_equal(w->log, "1:3 1:7 2:2 3:1 4:0 5:3 5:7 6:2 7:1 8:0 ");
    world_free(w);
}

static void displaced_above_it(void **state) {
    (void)state;
    open_world(true);
    for (intptr_t i = 1; i < 4; i++)
        assert_int_equal(tick_call_soon(w->loop, number, (void *)i), 0);
    assert_int_equal(tick_loop_run_forever(w->loop), TICK_EDEADLOCK);
    assert_string_equal(w->log, "1:2 1:3 1:1 ");
    world_free(w);
}

static int child(void *arg) {
    number(arg);
    assert_int_equal(tick_sleep(0), 0);
    number(arg);
    return 0;
}

static int three(void *arg) {
    (void)arg;
    for (intptr_t i = 1; i < 4; i++)
        assert_int_equal(tick_go(child, (void *)i), 0);
    assert_int_equal(tick_sleep(0), 0);
    assert_int_equal(tick_sleep(0), 0);
    assert_int_equal(tick_sleep(0), 0);
    return 0;
}

static void tasks_too(void **state) {
    (void)state;
    open_world(false);
    assert_int_equal(tick_loop_run(w->loop, three, NULL), 0);
    assert_string_equal(w->log, "2:3 2:2 2:1 3:1 3:2 3:3 ");
    world_free(w);
}

static void queued_at_the_end(void **state) {
    (void)state;
    open_world(false);
    for (intptr_t i = 1; i < 4; i++)
        assert_int_equal(tick_call_soon(w->loop, number, (void *)i), 0);
    world_free(w); // dropped unrun
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newest_first_within_a_snapshot),
        cmocka_unit_test(iterations_without_polls),
        cmocka_unit_test(displaced_above_it),
        cmocka_unit_test(tasks_too),
        cmocka_unit_test(queued_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
