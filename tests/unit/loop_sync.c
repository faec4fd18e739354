// Event and Queue.
#include "src/loop/loop_int.h"
#include "tests/support/loop_fixture.h"

static void go(tick_task_fn *fn) {
    assert_int_equal(tick_loop_run(w->loop, fn, NULL), 0);
}

static int awaits_event(void *arg) {
    return tick_event_wait(arg);
}
static int sets_and_clears(void *arg) {
    (void)arg;
    struct tick_event_flag *event = tick_event_new();
    struct tick_task *a = tick_spawn(awaits_event, event), *b = tick_spawn(awaits_event, event), *c = tick_spawn(awaits_event, event);
    tick_sleep(1);
    tick_task_cancel(c, NULL);
    tick_event_set(event);
    tick_event_set(event);
    assert_true(tick_event_is_set(event));
    assert_int_equal(tick_event_wait(event), 0); // does not yield
    tick_event_clear(event);
    struct tick_task *late = tick_spawn(awaits_event, event);
    assert_int_equal(tick_join(a), 0);
    assert_int_equal(tick_join(b), 0);
    assert_int_equal(tick_join(c), TICK_ECANCELED);
    assert_false(tick_future_done(tick_task_future(late)));
    assert_int_equal(tick_within(5, tick_event_wait(event)), TICK_ETIMEDOUT);
    tick_event_set(event);
    assert_int_equal(tick_join(late), 0);
    tick_task_unref(a);
    tick_task_unref(b);
    tick_task_unref(c);
    tick_task_unref(late);
    tick_event_free(event);
    return 0;
}
static void set_wakes_all_even_if_cleared_at_once(void **state) {
    (void)state;
    struct tick_event_flag *event = tick_event_new();
    assert_int_equal(tick_event_wait(event), TICK_EINVALSTATE);
    tick_event_free(event);
    go(sets_and_clears);
}

static int getter(void *arg) {
    void *item = NULL;
    int result = tick_queue_get(arg, &item);
    if (result == 0)
        say(w, "got%d", (int)(intptr_t)item);
    return result;
}
static int putter(void *arg) {
    static intptr_t number;
    int result = tick_queue_put(arg, (void *)++number);
    say(w, "put");
    return result;
}

static int bounds(void *arg) {
    (void)arg;
    struct tick_queue *queue = tick_queue_new(2);
    void *item = NULL;
    assert_int_equal(tick_queue_try_get(queue, &item), TICK_EEMPTY);
    assert_int_equal(tick_queue_task_done(queue), TICK_EINVALSTATE);
    assert_int_equal(tick_queue_join(queue), 0);
    for (intptr_t i = 1; i <= 2; i++)
        assert_int_equal(tick_queue_try_put(queue, (void *)i), 0);
    assert_int_equal(tick_queue_try_put(queue, NULL), TICK_EFULL);
    assert_int_equal(tick_within(2, tick_queue_put(queue, NULL)), TICK_ETIMEDOUT);
    assert_int_equal(tick_queue_size(queue), 2);
    assert_int_equal(tick_within(2, tick_queue_join(queue)), TICK_ETIMEDOUT);
    for (intptr_t i = 1; i <= 2; i++) {
        assert_int_equal(tick_queue_get(queue, &item), 0);
        assert_int_equal((intptr_t)item, i);
        assert_int_equal(tick_queue_task_done(queue), 0);
    }
    assert_int_equal(tick_queue_join(queue), 0);
    assert_int_equal(tick_within(2, tick_queue_get(queue, &item)), TICK_ETIMEDOUT);
    tick_queue_free(queue);
    queue = tick_queue_new(0);
    for (intptr_t i = 0; i < 1000; i++) {
        assert_int_equal(tick_queue_try_put(queue, (void *)i), 0);
        if (i % 3 == 0)
            assert_int_equal(tick_queue_try_get(queue, &item), 0);
    }
    assert_int_equal((intptr_t)item, 333);
    for (intptr_t i = 334; i < 1000; i++) {
        assert_int_equal(tick_queue_try_get(queue, &item), 0);
        assert_int_equal((intptr_t)item, i);
    }
    tick_queue_free(queue);
    tick_queue_free(NULL);
    return 0;
}
static void a_queue_has_bounds_and_counts(void **state) {
    (void)state;
    struct tick_queue *queue = tick_queue_new(1);
    void *item;
    assert_int_equal(tick_queue_get(queue, &item), TICK_EINVALSTATE);
    tick_queue_free(queue);
    go(bounds);
}

static int bpo_23812(void *arg) {
    (void)arg;
    struct tick_queue *queue = tick_queue_new(1);
    struct tick_task *a = tick_spawn(getter, queue), *b = tick_spawn(getter, queue);
    tick_sleep(1);
    assert_int_equal(tick_queue_try_put(queue, (void *)4), 0); // wakes a
    tick_task_cancel(a, NULL);                                 // who is cancelled before it could take: b gets the wake
    assert_int_equal(tick_join(a), TICK_ECANCELED);
    assert_int_equal(tick_join(b), 0);
    assert_int_equal(tick_queue_try_put(queue, (void *)5), 0);
    struct tick_task *p = tick_spawn(putter, queue), *q = tick_spawn(putter, queue);
    tick_sleep(1);
    void *item;
    assert_int_equal(tick_queue_try_get(queue, &item), 0);
    tick_task_cancel(p, NULL);
    assert_int_equal(tick_join(p), TICK_ECANCELED);
    assert_int_equal(tick_join(q), 0);
    assert_int_equal(tick_queue_size(queue), 1);
    tick_task_unref(a);
    tick_task_unref(b);
    tick_task_unref(p);
    tick_task_unref(q);
    tick_queue_free(queue);
    return 0;
}
static void bpo_23812_a_cancelled_getter_hands_its_wake_on(void **state) {
    (void)state;
    go(bpo_23812);
}

static int gh_83055(void *arg) {
    (void)arg;
    struct tick_queue *queue = tick_queue_new(1);
    void *item = NULL;
    assert_int_equal(tick_queue_try_put(queue, (void *)100), 0);
    struct tick_task *waiting = tick_spawn(putter, queue);
    tick_sleep(1);
    assert_int_equal(tick_queue_try_get(queue, &item), 0);
    assert_int_equal(tick_queue_put(queue, (void *)200), 0); // a newcomer overtakes the putter that was woken
    tick_sleep(1);
    assert_false(tick_future_done(tick_task_future(waiting)));
    assert_int_equal(tick_queue_try_get(queue, &item), 0);
    assert_int_equal((intptr_t)item, 200);
    assert_int_equal(tick_join(waiting), 0);
    tick_task_unref(waiting);
    tick_queue_free(queue);
    return 0;
}
static void gh_83055_a_newcomer_may_overtake_a_putter(void **state) {
    (void)state;
    go(gh_83055);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(set_wakes_all_even_if_cleared_at_once),
        TEST(a_queue_has_bounds_and_counts),
        TEST(bpo_23812_a_cancelled_getter_hands_its_wake_on),
        TEST(gh_83055_a_newcomer_may_overtake_a_putter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
