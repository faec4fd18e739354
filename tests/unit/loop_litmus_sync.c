// One test for each CPython issue about locks, conditions, semaphores that docs/SEMANTICS.md names, then what else barriers, queues, wait
// and as_completed promise. (Those of queues stand in loop_sync.c.)
#include "src/loop/loop_int.h"
#include "tests/support/loop_world.h"
#include <errno.h>
#include <retick/wait.h>

static struct world *w;
static struct tick_lock *lock;
static struct tick_condition *condition;
static struct tick_semaphore *semaphore;
static struct tick_barrier *barrier;
static struct tick_queue *queue;

static int set_up(void **state) {
    (void)state;
    w = world_new();
    lock = tick_lock_new();
    condition = tick_condition_new(NULL);
    semaphore = tick_semaphore_new(1);
    barrier = tick_barrier_new(3);
    queue = tick_queue_new(2);
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    world_free(w);
    tick_lock_free(lock);
    tick_condition_free(condition);
    tick_semaphore_free(semaphore);
    tick_barrier_free(barrier);
    tick_queue_free(queue);
    return 0;
}
static void go(tick_task_fn *fn) {
    assert_int_equal(tick_loop_run(w->loop, fn, NULL), 0);
}

// --- locks ---

static int locks(void *arg) {
    const int result = tick_lock_acquire(lock);
    if (result == 0)
        say(w, "%s", (const char *)arg);
    return result;
}

static int bpo_27585(void *arg) {
    (void)arg;
    assert_int_equal(tick_lock_acquire(lock), 0);
    struct tick_task *a = tick_spawn(locks, (void *)"a"), *b = tick_spawn(locks, (void *)"b");
    tick_sleep(1);
    assert_int_equal(tick_lock_release(lock), 0); // wakes a
    tick_task_cancel(a, NULL);                    // who never sees it: b must
    assert_int_equal(tick_join(a), TICK_ECANCELED);
    assert_int_equal(tick_join(b), 0);
    assert_true(tick_lock_is_locked(lock));
    tick_task_unref(a);
    tick_task_unref(b);
    return 0;
}
static void bpo_27585_a_cancelled_waiter_passes_the_lock_on(void **state) {
    (void)state;
    go(bpo_27585);
}

static int bpo_32734(void *arg) {
    (void)arg;
    assert_int_equal(tick_lock_acquire(lock), 0);
    struct tick_task *a = tick_spawn(locks, (void *)"a");
    tick_sleep(1);
    tick_task_cancel(a, NULL); // still waiting: the lock is not free
    assert_int_equal(tick_join(a), TICK_ECANCELED);
    struct tick_task *b = tick_spawn(locks, (void *)"b");
    tick_sleep(1);
    assert_int_equal(tick_lock_release(lock), 0);
    struct tick_task *c = tick_spawn(locks, (void *)"c"); // comes between release and wake: must not be first
    assert_int_equal(tick_join(b), 0);
    assert_false(tick_future_done(tick_task_future(c)));
    assert_int_equal(tick_lock_release(lock), 0);
    assert_int_equal(tick_join(c), 0);
    assert_int_equal(tick_lock_release(lock), 0);
    assert_int_equal(tick_lock_release(lock), TICK_EINVALSTATE);
    tick_task_unref(a);
    tick_task_unref(b);
    tick_task_unref(c);
    return 0;
}
static void bpo_32734_cancelling_a_waiter_leaves_no_hole(void **state) {
    (void)state;
    assert_int_equal(tick_lock_acquire(lock), 0); // a free lock needs no task
    assert_int_equal(tick_lock_acquire(lock), TICK_EINVALSTATE);
    assert_int_equal(tick_lock_release(lock), 0);
    go(bpo_32734);
}

// --- conditions ---

static int waits(void *arg) {
    struct tick_lock *own = tick_condition_lock(condition);
    TICK_TRY(tick_lock_acquire(own));
    const int result = tick_condition_wait(condition);
    assert_true(tick_lock_is_locked(own)); // whatever came of it
    say(w, "%s%d", (const char *)arg, result == 0);
    (void)tick_lock_release(own);
    return result;
}

static int bpo_22970(void *arg) {
    (void)arg;
    struct tick_lock *own = tick_condition_lock(condition);
    struct tick_task *a = tick_spawn(waits, (void *)"a");
    tick_sleep(1);
    assert_int_equal(tick_lock_acquire(own), 0);
    tick_task_cancel(a, NULL);
    tick_sleep(1);
    assert_false(tick_future_done(tick_task_future(a))); // it waits for the lock
    assert_int_equal(tick_lock_release(own), 0);
    assert_int_equal(tick_join(a), TICK_ECANCELED);
    assert_false(tick_lock_is_locked(own));
    tick_task_unref(a);
    return 0;
}
static void bpo_22970_a_cancelled_wait_has_the_lock_again(void **state) {
    (void)state;
    assert_int_equal(tick_condition_notify_all(condition), TICK_EINVALSTATE);
    go(bpo_22970);
}

static int bpo_32841(void *arg) {
    (void)arg;
    struct tick_lock *own = tick_condition_lock(condition);
    struct tick_task *a = tick_spawn(waits, (void *)"a");
    tick_sleep(1);
    assert_int_equal(tick_lock_acquire(own), 0);
    assert_int_equal(tick_condition_notify(condition, 1), 0);
    tick_sleep(1); // notified, and waiting for the lock:
    for (int i = 0; i < 3; i++) {
        tick_task_cancel(a, NULL); // as often as one likes
        tick_sleep(1);
        assert_false(tick_future_done(tick_task_future(a)));
    }
    assert_int_equal(tick_lock_release(own), 0);
    assert_int_equal(tick_join(a), TICK_ECANCELED); // and it is not swallowed
    tick_task_unref(a);
    return 0;
}
static void bpo_32841_a_wait_takes_its_lock_as_often_as_it_is_cancelled(void **state) {
    (void)state;
    go(bpo_32841);
}

static int gh_112202(void *arg) {
    (void)arg;
    struct tick_lock *own = tick_condition_lock(condition);
    struct tick_task *a = tick_spawn(waits, (void *)"a"), *b = tick_spawn(waits, (void *)"b");
    tick_sleep(1);
    assert_int_equal(tick_lock_acquire(own), 0);
    assert_int_equal(tick_condition_notify(condition, 1), 0); // a's
    assert_int_equal(tick_lock_release(own), 0);
    tick_task_cancel(a, NULL);
    assert_int_equal(tick_join(a), TICK_ECANCELED);
    assert_int_equal(tick_join(b), 0);
    tick_task_unref(a);
    tick_task_unref(b);
    return 0;
}
static void gh_112202_a_notification_of_a_cancelled_waiter_goes_on(void **state) {
    (void)state;
    go(gh_112202);
}

static bool there(void *arg) {
    return *(int *)arg > 1;
}
static int counted;
static int waits_for_two(void *arg) {
    (void)arg;
    struct tick_lock *own = tick_condition_lock(condition);
    TICK_TRY(tick_lock_acquire(own));
    const int result = tick_condition_wait_for(condition, there, &counted);
    (void)tick_lock_release(own);
    return result < 0 ? result : counted;
}
static int predicate(void *arg) {
    (void)arg;
    counted = 0;
    struct tick_task *a = tick_spawn(waits_for_two, NULL);
    for (int i = 0; i < 2; i++) {
        tick_sleep(1);
        assert_false(tick_future_done(tick_task_future(a)));
        assert_int_equal(tick_lock_acquire(tick_condition_lock(condition)), 0);
        counted++;
        assert_int_equal(tick_condition_notify_all(condition), 0);
        assert_int_equal(tick_lock_release(tick_condition_lock(condition)), 0);
    }
    assert_int_equal(tick_join(a), 2);
    tick_task_unref(a);
    return 0;
}
static void a_wait_can_be_for_something_to_hold(void **state) {
    (void)state;
    go(predicate);
}

// --- semaphores ---

static int permits(void *arg) {
    const int result = tick_semaphore_acquire(semaphore);
    if (result == 0)
        say(w, "%s", (const char *)arg);
    return result;
}
static int gh_90155(void *arg) {
    (void)arg;
    assert_int_equal(tick_semaphore_acquire(semaphore), 0);
    struct tick_task *a = tick_spawn(permits, (void *)"a"), *b = tick_spawn(permits, (void *)"b");
    tick_sleep(1);
    assert_int_equal(tick_semaphore_release(semaphore), 0);
    assert_true(tick_semaphore_is_locked(semaphore)); // the permit is a's already, though it has not run
    assert_int_equal(tick_semaphore_value(semaphore), 0);
    assert_int_equal(tick_within(0, tick_semaphore_acquire(semaphore)), TICK_ETIMEDOUT); // a newcomer stands behind
    tick_task_cancel(b, NULL);
    assert_int_equal(tick_join(a), 0);
    assert_int_equal(tick_join(b), TICK_ECANCELED);
    assert_int_equal(tick_semaphore_release(semaphore), 0);
    assert_int_equal(tick_semaphore_value(semaphore), 1);
    struct tick_task *c = tick_spawn(permits, (void *)"c"), *d = tick_spawn(permits, (void *)"d");
    tick_sleep(1); // c has it
    assert_int_equal(tick_semaphore_release(semaphore), 0);
    tick_task_cancel(d, NULL); // woken with a permit, and cancelled: it comes back
    assert_int_equal(tick_join(d), TICK_ECANCELED);
    assert_int_equal(tick_semaphore_value(semaphore), 1);
    tick_task_unref(a);
    tick_task_unref(b);
    tick_task_unref(c);
    tick_task_unref(d);
    return 0;
}
static void gh_90155_a_semaphore_is_first_come_first_served(void **state) {
    (void)state;
    struct tick_semaphore *bounded = tick_semaphore_bounded_new(2);
    assert_int_equal(tick_semaphore_release(bounded), TICK_EINVALSTATE);
    assert_int_equal(tick_semaphore_acquire(bounded), 0);
    assert_int_equal(tick_semaphore_release(bounded), 0);
    assert_int_equal(tick_semaphore_release(bounded), TICK_EINVALSTATE);
    tick_semaphore_free(bounded);
    go(gh_90155);
}

// --- barriers ---

static int meets(void *arg) {
    const int result = tick_barrier_wait(barrier);
    say(w, "%s%d", (const char *)arg, result);
    return result;
}
static int barriers(void *arg) {
    (void)arg;
    for (int round = 0; round < 2; round++) { // a barrier can be used again
        struct tick_task *a = tick_spawn(meets, (void *)"a"), *b = tick_spawn(meets, (void *)"b");
        tick_sleep(1);
        assert_int_equal(tick_barrier_waiting(barrier), 2);
        assert_int_equal(tick_barrier_wait(barrier), 2);
        assert_int_equal(tick_join(a), 0);
        assert_int_equal(tick_join(b), 1);
        tick_task_unref(a);
        tick_task_unref(b);
    }
    struct tick_task *c = tick_spawn(meets, (void *)"c");
    tick_sleep(1);
    assert_int_equal(tick_barrier_reset(barrier), 0);
    assert_int_equal(tick_join(c), TICK_EBROKEN);
    assert_false(tick_barrier_is_broken(barrier));
    struct tick_task *d = tick_spawn(meets, (void *)"d");
    tick_sleep(1);
    assert_int_equal(tick_barrier_abort(barrier), 0);
    assert_int_equal(tick_join(d), TICK_EBROKEN);
    assert_true(tick_barrier_is_broken(barrier));
    assert_int_equal(tick_barrier_wait(barrier), TICK_EBROKEN);
    assert_int_equal(tick_barrier_reset(barrier), 0);
    struct tick_task *e = tick_spawn(meets, (void *)"e");
    tick_sleep(1);
    tick_task_cancel(e, NULL);
    assert_int_equal(tick_join(e), TICK_ECANCELED);
    assert_int_equal(tick_barrier_waiting(barrier), 0);
    tick_task_unref(c);
    tick_task_unref(d);
    tick_task_unref(e);
    return 0;
}
static void a_barrier_fills_drains_breaks_and_is_reset(void **state) {
    (void)state;
    assert_int_equal(tick_barrier_parties(barrier), 3);
    go(barriers);
}

// --- queues ---

static int by_text(const void *a, const void *b) {
    return *(const char *)a - *(const char *)b; // by the first letter
}
static void queues_have_an_order(void **state) {
    (void)state;
    static const char *const in[] = {"d1", "b1", "c1", "b2", "a1", "d2", "b3", "a2", "c2"};
    static const char by_priority[] = "a1a2b1b2b3c1c2d1d2";
    struct tick_queue *priority = tick_queue_priority_new(0, by_text), *lifo = tick_queue_lifo_new(9);
    char out[32] = "";
    void *item;
    for (size_t i = 0; i < 9; i++) {
        assert_int_equal(tick_queue_try_put(priority, (void *)(uintptr_t)in[i]), 0);
        assert_int_equal(tick_queue_try_put(lifo, (void *)(uintptr_t)in[i]), 0);
    }
    assert_int_equal(tick_queue_try_put(lifo, NULL), TICK_EFULL);
    for (size_t i = 9; i-- > 0;) {
        assert_int_equal(tick_queue_try_get(lifo, &item), 0);
        assert_string_equal(item, in[i]);
        assert_int_equal(tick_queue_try_get(priority, &item), 0);
        strcat(out, item);
    }
    assert_string_equal(out, by_priority);
    tick_queue_free(priority);
    tick_queue_free(lifo);
}

static int gets(void *arg) {
    (void)arg;
    void *item = NULL;
    TICK_TRY(tick_queue_get(queue, &item));
    return (int)(intptr_t)item;
}
static int puts_item(void *arg) {
    return tick_queue_put(queue, arg);
}
static int joins(void *arg) {
    (void)arg;
    return tick_queue_join(queue);
}
static void count_drop(void *item, void *arg) {
    (void)item;
    ++*(int *)arg;
}
static int shuts_down(void *arg) {
    (void)arg;
    struct tick_task *getter = tick_spawn(gets, NULL);
    tick_sleep(1);
    tick_queue_shutdown(queue);
    assert_int_equal(tick_join(getter), TICK_ECLOSED);
    tick_task_unref(getter);
    tick_queue_free(queue);
    queue = tick_queue_new(2);
    for (intptr_t i = 1; i <= 2; i++)
        assert_int_equal(tick_queue_try_put(queue, (void *)i), 0);
    struct tick_task *putter = tick_spawn(puts_item, (void *)3), *joiner = tick_spawn(joins, NULL);
    tick_sleep(1);
    tick_queue_shutdown(queue);
    assert_int_equal(tick_join(putter), TICK_ECLOSED);
    assert_int_equal(tick_queue_try_put(queue, NULL), TICK_ECLOSED);
    assert_int_equal(gets(NULL), 1); // what is left can be had
    assert_int_equal(tick_queue_task_done(queue), 0);
    tick_sleep(1);
    assert_false(tick_future_done(tick_task_future(joiner)));
    int dropped = 0;
    tick_queue_shutdown_now(queue, count_drop, &dropped); // the other one is dropped, and join has nothing to wait for
    assert_int_equal(dropped, 1);
    assert_int_equal(tick_join(joiner), 0);
    assert_int_equal(gets(NULL), TICK_ECLOSED);
    tick_task_unref(putter);
    tick_task_unref(joiner);
    return 0;
}
static void a_queue_that_is_shut_down_drains(void **state) {
    (void)state;
    go(shuts_down);
}

// --- wait and as_completed ---

static int sleeps(void *arg) {
    TICK_TRY(tick_sleep((intptr_t)arg));
    return (int)(intptr_t)arg == 7 ? -EIO : (int)(intptr_t)arg;
}
static int waits_for_some(void *arg) {
    (void)arg;
    struct tick_task *tasks[4];
    struct tick_future *futures[5];
    for (intptr_t i = 0; i < 4; i++) {
        tasks[i] = tick_spawn(sleeps, (void *)(3 + 2 * i)); // 3, 5, 7 (fails), 9
        futures[i] = tick_task_future(tasks[i]);
    }
    futures[4] = futures[0]; // named twice
    assert_int_equal(tick_wait(NULL, 0, 5, TICK_ALL_COMPLETED), -EINVAL);
    assert_int_equal(tick_wait(futures, 4, 1, TICK_ALL_COMPLETED), 0); // the timeout is no error, and cancels nothing
    assert_int_equal(tick_time(), 1);
    assert_int_equal(tick_wait(futures, 5, TICK_NEVER, TICK_FIRST_COMPLETED), 2);
    assert_int_equal(tick_time(), 3);
    assert_int_equal(tick_wait(futures, 4, TICK_NEVER, TICK_FIRST_EXCEPTION), 3);
    assert_int_equal(tick_time(), 7);
    assert_int_equal(tick_within(1, tick_wait(futures, 4, TICK_NEVER, TICK_ALL_COMPLETED)), TICK_ETIMEDOUT);
    assert_int_equal(tick_wait(futures, 4, TICK_NEVER, TICK_ALL_COMPLETED), 4);
    assert_int_equal(tick_time(), 9);
    assert_int_equal(tick_wait(futures, 4, 0, TICK_ALL_COMPLETED), 4); // all done before: one hop
    for (int i = 0; i < 4; i++)
        tick_task_unref(tasks[i]);
    return 0;
}
static void wait_cancels_nothing(void **state) {
    (void)state;
    go(waits_for_some);
    assert_int_equal(w->report_count, 0);
}

static int one_by_one(void *arg) {
    (void)arg;
    static const intptr_t naps[] = {5, 1, 3, 30};
    struct tick_task *tasks[4];
    struct tick_future *futures[5], *next;
    for (int i = 0; i < 4; i++) {
        tasks[i] = tick_spawn(sleeps, (void *)naps[i]);
        futures[i] = tick_task_future(tasks[i]);
    }
    futures[4] = futures[1];
    struct tick_as_completed *each = tick_as_completed_new(futures, 5, 10);
    static const int order[] = {1, 2, 0};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(tick_as_completed_next(each, &next), 0);
        assert_ptr_equal(next, futures[order[i]]);
    }
    assert_int_equal(tick_within(1, tick_as_completed_next(each, &next)), TICK_ETIMEDOUT); // this scope's
    assert_int_equal(tick_as_completed_next(each, &next), TICK_ETIMEDOUT);                 // its own
    assert_int_equal(tick_time(), 10);
    assert_int_equal(tick_as_completed_next(each, &next), TICK_EEMPTY);
    tick_as_completed_free(each);
    each = tick_as_completed_new(futures, 4, TICK_NEVER);
    assert_int_equal(tick_as_completed_next(each, &next), 0); // those done before, in the order given
    assert_ptr_equal(next, futures[0]);
    tick_as_completed_free(each); // in the midst of it
    each = tick_as_completed_new(NULL, 0, 5);
    assert_int_equal(tick_as_completed_next(each, &next), TICK_EEMPTY);
    tick_as_completed_free(each);
    for (int i = 0; i < 4; i++)
        tick_task_unref(tasks[i]);
    return 0;
}
static void as_completed_gives_them_in_the_order_of_their_ends(void **state) {
    (void)state;
    assert_null(tick_as_completed_new(NULL, 0, 5)); // no loop runs
    tick_as_completed_free(NULL);
    go(one_by_one);
}

// --- what the probe is told ---

static int holds_once(void *arg) {
    (void)arg;
    struct tick_lock *told = tick_lock_new();
    assert_int_equal(tick_lock_acquire(told), 0);
    assert_int_equal(tick_within(1, tick_lock_acquire(told)), TICK_ETIMEDOUT);
    assert_int_equal(tick_lock_release(told), 0);
    assert_int_equal(tick_lock_acquire(told), 0);
    tick_lock_free(told);
    return 0;
}
static void a_lock_tells_who_holds_it(void **state) {
    (void)state;
    struct world *heard = world_probed();
    assert_int_equal(tick_loop_run(heard->loop, holds_once, NULL), 0);
    char kinds[256] = "";
    uint32_t object = 0, released = 0;
    for (uint32_t i = 1; i <= heard->events; i++) {
        const struct tick_event *event = &heard->event[i];
        if (event->kind < TICK_EV_HOLD || event->kind > TICK_EV_WAIT_END)
            continue;
        assert_true(event->task > 0);
        object = object ? object : event->subject;
        assert_int_equal(event->subject, object);
        static const char *const names[] = {"hold ", "release ", "begin ", "end "};
        strcat(kinds, names[event->kind - TICK_EV_HOLD]);
        if (event->kind == TICK_EV_RELEASE)
            released = i;
        else if (event->kind == TICK_EV_HOLD)
            assert_int_equal(event->cause, released);
    }
    assert_string_equal(kinds, "hold begin end release hold ");
    assert_int_equal(heard->object[object].type, TICK_OBJECT_LOCK);
    world_free(heard);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(bpo_27585_a_cancelled_waiter_passes_the_lock_on),
        TEST(bpo_32734_cancelling_a_waiter_leaves_no_hole),
        TEST(bpo_22970_a_cancelled_wait_has_the_lock_again),
        TEST(bpo_32841_a_wait_takes_its_lock_as_often_as_it_is_cancelled),
        TEST(gh_112202_a_notification_of_a_cancelled_waiter_goes_on),
        TEST(a_wait_can_be_for_something_to_hold),
        TEST(gh_90155_a_semaphore_is_first_come_first_served),
        TEST(a_barrier_fills_drains_breaks_and_is_reset),
        TEST(queues_have_an_order),
        TEST(a_queue_that_is_shut_down_drains),
        TEST(wait_cancels_nothing),
        TEST(as_completed_gives_them_in_the_order_of_their_ends),
        TEST(a_lock_tells_who_holds_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
