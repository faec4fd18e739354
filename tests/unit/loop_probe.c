// What a loop tells its probe, the identities of what it makes, and the choices that it asks for.
#include "src/loop/loop_int.h"
#include "tests/support/loop_world.h"
#include <errno.h>

static struct world *w;

static int set_up(void **state) {
    (void)state;
    w = world_probed();
    return 0;
}
static int tear_down(void **state) {
    (void)state;
    assert_true(w->events < WORLD_EVENTS && w->objects < WORLD_EVENTS);
    assert_null(w->sys.maker);
    assert_int_equal(w->probe.task, 0);
    assert_int_equal(w->probe.here, 0);
    world_free(w);
    return 0;
}

// The n-th event (from 1) of a kind about a subject (0: any); fails if there is none.
static uint32_t find(enum tick_event_kind kind, uint32_t subject, int n) {
    for (uint32_t seq = 1; seq <= w->events; seq++)
        if (w->event[seq].kind == kind && (!subject || w->event[seq].subject == subject) && --n == 0)
            return seq;
    fail_msg("no such event: kind %d of %u", kind, subject);
    return 0;
}
static int count(enum tick_event_kind kind) {
    int n = 0;
    for (uint32_t seq = 1; seq <= w->events; seq++)
        n += w->event[seq].kind == kind;
    return n;
}
static uint32_t object_of(const char *key, uint32_t kth) {
    for (uint32_t i = 1; i <= w->objects; i++)
        if (strcmp(w->key[i], key) == 0 && w->object[i].kth == kth)
            return i;
    fail_msg("no object %s", key);
    return 0;
}

static int child(void *arg) {
    return tick_sleep((intptr_t)arg);
}
static int parent(void *arg) {
    (void)arg;
    struct tick_task *task = BORROWED_SPAWN(child, (void *)5);
    return tick_join(task);
}

static void every_wake_has_its_cause(void **state) {
    (void)state;
    assert_int_equal(tick_loop_run(w->loop, parent, NULL), 0);
    uint32_t main_task = object_of("main", 1), task = object_of("child", 1), timer = object_of("sleep", 1);
    uint32_t create = find(TICK_EV_TASK_CREATE, task, 1), ready = find(TICK_EV_TASK_READY, task, 1),
             begin = find(TICK_EV_STEP_BEGIN, task, 1);
    uint32_t own = find(TICK_EV_STEP_BEGIN, main_task, 1);
    assert_int_equal(w->event[create].cause, own);
    assert_int_equal(w->event[create].task, main_task);
    assert_int_equal(w->event[ready].cause, create);
    assert_int_equal(w->event[begin].cause, ready);
    assert_int_equal(w->event[find(TICK_EV_STEP_END, task, 1)].arg, TICK_STEP_SUSPENDED);
    assert_int_equal(w->event[find(TICK_EV_STEP_END, task, 2)].arg, TICK_STEP_RETURNED);
    uint32_t arm = find(TICK_EV_TIMER_ARM, timer, 1), fire = find(TICK_EV_TIMER_FIRE, timer, 1);
    assert_int_equal(w->event[arm].cause, begin);
    assert_int_equal(w->event[arm].arg, 5);
    assert_int_equal(w->event[fire].cause, arm);
    assert_int_equal(w->event[fire].ts, 5);
    assert_int_equal(w->event[find(TICK_EV_TASK_READY, task, 2)].cause, fire);
    uint32_t await = find(TICK_EV_FUTURE_AWAIT, task, 1);
    assert_int_equal(w->event[await].task, main_task);
    assert_string_equal(w->event[await].loc->name, "task");
    uint32_t done = find(TICK_EV_FUTURE_DONE, task, 1);
    assert_int_equal(w->event[done].cause, find(TICK_EV_STEP_BEGIN, task, 2));
    assert_int_equal(w->event[done].arg, TICK_DONE_RESULT);
    assert_int_equal(w->event[find(TICK_EV_TASK_READY, main_task, 2)].cause, done);
    // identities
    tick_id id = tick_id_task(7, "main", 1);
    assert_true(w->object[main_task].id == id);
    assert_int_equal(w->object[main_task].parent, 1);
    assert_true(w->object[task].id == tick_id_task(id, "child", 1));
    assert_int_equal(w->object[task].parent, main_task);
    assert_true(w->object[timer].id == tick_id_mix(tick_id_mix(w->object[task].id, TICK_SORT_SLEEP), 1));
    assert_int_equal(w->object[timer].type, TICK_OBJECT_TIMER);
}

static int cancelled_chain(void *arg) {
    (void)arg;
    struct tick_task *task = tick_spawn(parent, NULL);
    tick_sleep(1);
    tick_task_cancel(task, NULL);
    assert_int_equal(tick_join(task), TICK_ECANCELED);
    tick_task_unref(task);
    return 0;
}
static void a_cancellation_is_followed_down(void **state) {
    (void)state;
    assert_int_equal(tick_loop_run(w->loop, cancelled_chain, NULL), 0);
    uint32_t outer = object_of("parent", 1), inner = object_of("child", 1);
    uint32_t first = find(TICK_EV_TASK_CANCEL, outer, 1), second = find(TICK_EV_TASK_CANCEL, inner, 1);
    assert_int_equal(w->event[first].cause, find(TICK_EV_STEP_BEGIN, object_of("main", 1), 2));
    assert_int_equal(w->event[second].cause, first);
    assert_int_equal(w->event[find(TICK_EV_TASK_READY, inner, 2)].cause, second);
    assert_int_equal(w->event[find(TICK_EV_FUTURE_DONE, inner, 1)].arg, TICK_DONE_CANCELLED);
    assert_int_equal(count(TICK_EV_TIMER_CANCEL), 1);
}

static void callback_ends(void *arg) {
    (void)arg;
}
static void callback_makes(void *arg) {
    (void)arg;
    assert_int_equal(w->sys.maker->id, w->object[w->sys.maker->object].id);
    assert_int_equal(w->probe.task, 0);
    assert_int_equal(tick_call_soon(w->loop, callback_ends, NULL), 0);
    struct tick_future *future = tick_future_new();
    assert_int_equal(tick_future_set_error(future, -EIO), 0);
    tick_future_unref(future);
    assert_non_null(BORROWED_SPAWN(child, NULL));
}
static void callbacks_are_makers(void **state) {
    (void)state;
    assert_int_equal(tick_call_soon(w->loop, callback_makes, NULL), 0);
    tick_handle_unref(tick_call_later(w->loop, 3, callback_ends, NULL));
    assert_int_equal(tick_loop_run_forever(w->loop), TICK_EDEADLOCK);
    uint32_t ready = find(TICK_EV_CALLBACK_READY, 0, 1), run = find(TICK_EV_CALLBACK_RUN, 0, 1);
    uint32_t first = w->event[ready].subject;
    assert_int_equal(w->event[ready].cause, 0);
    assert_int_equal(w->event[run].cause, ready);
    uint32_t second = w->event[find(TICK_EV_CALLBACK_READY, 0, 2)].subject;
    assert_int_equal(w->event[find(TICK_EV_CALLBACK_READY, second, 1)].cause, run);
    assert_int_equal(w->object[second].parent, first);
    uint32_t exception = find(TICK_EV_EXCEPTION, 0, 1);
    assert_int_equal(w->event[exception].cause, run);
    assert_string_equal(w->text, "Future exception was never retrieved\nfailure: EIO: Input/output error");
    uint32_t timer = object_of("timer", 1);
    assert_int_equal(w->event[find(TICK_EV_CALLBACK_RUN, timer, 1)].cause, find(TICK_EV_TIMER_FIRE, timer, 1));
}

static int waits(void *arg) {
    return tick_event_wait(arg);
}
static int resources(void *arg) {
    (void)arg;
    struct tick_event_flag *event = tick_event_new();
    assert_non_null(event);
    struct tick_task *task = BORROWED_SPAWN(waits, event);
    tick_sleep(0);
    tick_event_set(event);
    tick_event_set(event); // it is
    assert_int_equal(tick_join(task), 0);
    assert_int_equal(tick_event_wait(event), 0);
    tick_event_clear(event);
    tick_event_clear(event);
    tick_event_free(event);
    return 0;
}
static void waits_name_their_resource(void **state) {
    (void)state;
    assert_int_equal(tick_loop_run(w->loop, resources, NULL), 0);
    uint32_t begin = find(TICK_EV_WAIT_BEGIN, 0, 1), end = find(TICK_EV_WAIT_END, 0, 1), task = object_of("waits", 1);
    assert_int_equal(w->event[begin].task, task);
    assert_int_equal(w->object[w->event[begin].subject].type, TICK_OBJECT_EVENT);
    assert_int_equal(w->event[end].subject, w->event[begin].subject);
    const uint32_t set = find(TICK_EV_SET, w->event[begin].subject, 1);
    assert_int_equal(w->event[set].cause, find(TICK_EV_STEP_BEGIN, object_of("main", 1), 2));
    assert_int_equal(w->event[find(TICK_EV_TASK_READY, task, 2)].cause, set);
    assert_int_equal(w->event[end].arg, 0);
    assert_int_equal(count(TICK_EV_SET), 1);
    assert_int_equal(count(TICK_EV_CLEAR), 1);
    // who comes later need not wait, for it was set then
    end = find(TICK_EV_WAIT_END, 0, 2);
    assert_int_equal(w->event[end].arg, 1);
    assert_int_equal(w->event[end].cause, set);
}

static int take_one(void *arg) {
    void *item;
    TICK_TRY(tick_queue_get(arg, &item));
    return (int)(intptr_t)item;
}
static int by_value(const void *a, const void *b) {
    return (a > b) - (a < b);
}
static struct tick_queue *early;
static int queues(void *arg) {
    (void)arg;
    struct tick_queue *fifo = tick_queue_new(1), *lifo = tick_queue_lifo_new(0), *least = tick_queue_priority_new(0, by_value);
    void *item;
    struct tick_task *task = BORROWED_SPAWN(take_one, fifo);
    tick_sleep(0);
    assert_int_equal(tick_queue_put(fifo, (void *)7), 0); // it waits for this one
    assert_int_equal(tick_join(task), 7);
    for (intptr_t i = 3; i > 0; i--) {
        assert_int_equal(tick_queue_put(lifo, (void *)i), 0);
        assert_int_equal(tick_queue_put(least, (void *)(i & 1)), 0);
    }
    assert_int_equal(tick_queue_try_get(early, &item), 0);
    assert_int_equal(tick_queue_put(early, (void *)9), 0);
    while (tick_queue_size(lifo) > 0)
        assert_true(tick_queue_get(lifo, &item) == 0 && tick_queue_get(least, &item) == 0);
    assert_int_equal(tick_queue_get(early, &item), 0);
    assert_ptr_equal(item, (void *)9);
    tick_queue_free(fifo);
    tick_queue_free(lifo);
    tick_queue_free(least);
    return 0;
}
// The n-th take of the n-th queue that was told came of the m-th put into it.
static void check_take(uint32_t queue, int take, int put) {
    const uint32_t seq = find(TICK_EV_TAKE, queue, take);
    assert_int_equal(w->event[seq].cause, put ? find(TICK_EV_PUT, queue, put) : 0);
}
static void a_take_comes_of_the_put_of_that_item(void **state) {
    (void)state;
    early = tick_queue_new(0); // before any loop runs
    assert_int_equal(tick_queue_try_put(early, (void *)8), 0);
    assert_int_equal(tick_loop_run(w->loop, queues, NULL), 0);
    uint32_t told[4], found = 0;
    for (uint32_t i = 1; i <= w->objects && found < 4; i++)
        if (w->object[i].type == TICK_OBJECT_QUEUE)
            told[found++] = i;
    assert_int_equal(found, 4);
    const uint32_t put = find(TICK_EV_PUT, told[0], 1);
    assert_int_equal(w->event[put].cause, find(TICK_EV_STEP_BEGIN, object_of("main", 1), 2));
    assert_int_equal(w->event[put].arg, 1);
    assert_int_equal(w->event[find(TICK_EV_TASK_READY, object_of("take_one", 1), 2)].cause, put);
    check_take(told[0], 1, 1);
    assert_int_equal(w->event[find(TICK_EV_TAKE, told[0], 1)].arg, 0);
    for (int i = 1; i <= 3; i++)
        check_take(told[1], i, 4 - i);
    check_take(told[2], 1, 2); // 1, 0, 1: the least, and of two alike the first
    check_take(told[2], 2, 1);
    check_take(told[2], 3, 3);
    check_take(told[3], 1, 0); // nobody heard of it
    check_take(told[3], 2, 1);
    tick_queue_free(early);
}

static bool woken;
static bool is_woken(void *arg) {
    (void)arg;
    return woken;
}
static int waits_for_it(void *arg) {
    TICK_TRY(tick_lock_acquire(tick_condition_lock(arg)));
    TICK_TRY(tick_condition_wait_for(arg, is_woken, NULL));
    return tick_lock_release(tick_condition_lock(arg));
}
static int conditions(void *arg) {
    (void)arg;
    struct tick_condition *condition = tick_condition_new(NULL);
    struct tick_task *task = BORROWED_SPAWN(waits_for_it, condition);
    tick_sleep(0);
    assert_int_equal(tick_lock_acquire(tick_condition_lock(condition)), 0);
    woken = true;
    assert_int_equal(tick_condition_notify(condition, 1), 0);
    assert_int_equal(tick_lock_release(tick_condition_lock(condition)), 0);
    assert_int_equal(tick_join(task), 0);
    tick_condition_free(condition);
    return 0;
}
static void who_is_woken_says_by_what(void **state) {
    (void)state;
    woken = false;
    assert_int_equal(tick_loop_run(w->loop, conditions, NULL), 0);
    const uint32_t notify = find(TICK_EV_NOTIFY, 0, 1), task = object_of("waits_for_it", 1), release = find(TICK_EV_RELEASE, 0, 2);
    assert_int_equal(w->event[find(TICK_EV_TASK_READY, task, 2)].cause, notify);
    assert_int_equal(w->event[find(TICK_EV_HOLD, 0, 3)].task, task); // it waited, and woke by, the lock again
    assert_int_equal(w->event[find(TICK_EV_HOLD, 0, 3)].cause, release);
}

static int counts_keys(void *arg) {
    (void)arg;
    static const struct tick_loc here = {"f", "f.c", 1, "child"}; // it outlives the task, which may be told of later
    for (int i = 0; i < 3; i++) {
        BORROWED_SPAWN(child, NULL);
        BORROWED_SPAWN_NAMED("other", child, NULL);
        BORROWED_SPAWN_NAMED("third", child, NULL);
    }
    tick__spawn_as(w->loop, 99, 1, "serve", child, NULL, &here);
    return 0;
}
static void tasks_are_counted_by_key(void **state) {
    (void)state;
    assert_int_equal(tick_loop_run(w->loop, counts_keys, NULL), 0);
    tick_id id = tick_id_task(7, "main", 1);
    const char *keys[] = {"child", "other", "third"};
    for (size_t k = 0; k < 3; k++)
        for (uint32_t kth = 1; kth <= 3; kth++)
            assert_true(w->object[object_of(keys[k], kth)].id == tick_id_task(id, keys[k], kth));
    assert_true(w->object[object_of("serve", 1)].id == tick_id_task(99, "serve", 1));
    assert_int_equal(w->object[object_of("serve", 1)].parent, 1);
}

// --- choices: without a probe ---

static tick_id chosen;
static uint64_t chosen_ordinal;
static uint32_t value, asked;
static enum tick_choice_kind chosen_kind;
static uint32_t choose_one(struct world *world, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n) {
    (void)world;
    assert_int_equal(n, kind == TICK_CHOICE_DISPLACE ? 4 : kind == TICK_CHOICE_STEP_COST ? tick_scale_count(TICK_MS(100)) : 2);
    asked++;
    return kind == chosen_kind && subject == chosen && ordinal == chosen_ordinal ? value : 0;
}
static struct world *world_choosing(void) {
    struct world *world = world_bare();
    world->sys_ops.choose = world_choose;
    world->choose = choose_one;
    struct tick_loop_options options = world_options(world);
    world_open(world, &options);
    return world;
}
static int say_me(void *arg) {
    say(w, "%s", (const char *)arg);
    if (tick_sleep(0) == TICK_ECANCELED) {
        say(w, "%s!", (const char *)arg);
        return TICK_ECANCELED;
    }
    say(w, "%s", (const char *)arg);
    return tick_sleep(5);
}
static int four(void *arg) {
    (void)arg;
    static char names[4][2] = {"a", "b", "c", "d"};
    for (int i = 0; i < 4; i++)
        BORROWED_SPAWN_NAMED(names[i], say_me, names[i]);
    return tick_sleep(20);
}
static void expect(enum tick_choice_kind kind, const char *name, uint64_t ordinal, uint32_t answer, const char *log) {
    struct world *saved = w;
    w = world_choosing();
    chosen_kind = kind;
    chosen = tick_id_task(tick_id_task(7, "main", 1), name, 1);
    chosen_ordinal = ordinal;
    value = answer;
    assert_int_equal(tick_loop_run(w->loop, four, NULL), 0);
    assert_string_equal(w->log, log);
    assert_true(asked > 0);
    assert_null(w->sys.maker);
    world_free(w);
    w = saved;
}
static void displaced_within_the_snapshot(void **state) {
    (void)state;
    expect(TICK_CHOICE_DISPLACE, "a", 1, 0, "2:a 2:b 2:c 2:d 3:a 3:b 3:c 3:d ");
    expect(TICK_CHOICE_DISPLACE, "a", 1, 1, "2:b 2:a 2:c 2:d 3:b 3:a 3:c 3:d ");
    expect(TICK_CHOICE_DISPLACE, "b", 2, 2, "2:a 2:b 2:c 2:d 3:a 3:c 3:d 3:b ");
    expect(TICK_CHOICE_DISPLACE, "c", 1, 3, "2:a 2:b 2:d 2:c 3:a 3:b 3:d 3:c ");
    expect(TICK_CHOICE_DISPLACE, "d", 1, 3, "2:a 2:b 2:c 2:d 3:a 3:b 3:c 3:d ");
}
static void cancelled_at_a_suspension(void **state) {
    (void)state;
    expect(TICK_CHOICE_CANCEL, "b", 1, 1, "2:a 2:b 2:c 2:d 3:a 3:b! 3:c 3:d ");
    expect(TICK_CHOICE_CANCEL, "b", 2, 1, "2:a 2:b 2:c 2:d 3:a 3:b 3:c 3:d ");
}

static void note_timer(struct world *world) {
    if (world->timeout > 0)
        chosen = world->timer;
    else if (world->timeout < 0)
        tick_loop_stop(world->loop);
}
static void the_poll_knows_the_timer_that_bounds_it(void **state) {
    (void)state;
    w->io = note_timer;
    tick_handle_unref(tick_call_later(w->loop, 9, callback_ends, NULL));
    assert_int_equal(tick_loop_run_forever(w->loop), 0);
    assert_int_equal(w->now, 9);
    assert_true(chosen == tick_id_mix(tick_id_mix(7, TICK_OBJECT_TIMER), 1));
    assert_int_equal(w->timer, 0);
}

static void seven_later(struct world *world) {
    if (world->polls == 1)
        world->now += 7;
    else
        tick_loop_stop(world->loop);
}
static void time_goes_on_without_timers(void **state) {
    (void)state;
    w->io = seven_later;
    assert_int_equal(tick_call_soon(w->loop, callback_ends, NULL), 0);
    assert_int_equal(tick_loop_run_forever(w->loop), 0);
    assert_int_equal(w->event[find(TICK_EV_CALLBACK_READY, 0, 1)].ts, 0);
    assert_int_equal(w->event[find(TICK_EV_CALLBACK_RUN, 0, 1)].ts, 7);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_wake_has_its_cause),
        TEST(a_cancellation_is_followed_down),
        TEST(callbacks_are_makers),
        TEST(waits_name_their_resource),
        TEST(a_take_comes_of_the_put_of_that_item),
        TEST(who_is_woken_says_by_what),
        TEST(tasks_are_counted_by_key),
        TEST(displaced_within_the_snapshot),
        TEST(cancelled_at_a_suspension),
        TEST(the_poll_knows_the_timer_that_bounds_it),
        TEST(time_goes_on_without_timers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
