// Context variables: who sees what was set, tokens, and callbacks that keep the context that they were registered in.
#include "src/base/alloc.h"
#include "tests/support/loop_world.h"
#include <errno.h>
#include <retick/context.h>

static struct world *w;
static struct tick_context_var who = {"who", "nobody"}, other = {"other", NULL};

static const char *get(void) {
    return tick_context_get(&who);
}
static int set(const char *value) {
    return tick_context_set(&who, (void *)(uintptr_t)value, NULL);
}

static int child(void *arg) {
    say(w, "%s sees %s", (char *)arg, get());
    TICK_TRY(set(arg));
    TICK_TRY(tick_sleep(0));
    say(w, "%s is %s", (char *)arg, get());
    return 0;
}

static int tasks_copy(void *arg) {
    (void)arg;
    struct tick_task *a = tick_spawn(child, "a");
    TICK_TRY(set("main"));
    struct tick_task *b = tick_spawn(child, "b"), *c = tick_spawn_eager(child, "c");
    TICK_TRY(set("later"));
    TICK_TRY(tick_join(a));
    TICK_TRY(tick_join(b));
    TICK_TRY(tick_join(c));
    say(w, "main is %s", get());
    tick_task_unref(a);
    tick_task_unref(b);
    tick_task_unref(c);
    return 0;
}

static void a_task_copies_its_makers(void **state) {
    (void)state;
    w = world_new();
    assert_string_equal(get(), "nobody");
    assert_int_equal(set("x"), TICK_EINVALSTATE);
    assert_int_equal(tick_loop_run(w->loop, tasks_copy, NULL), 0);
    assert_string_equal(w->log, "1:c sees main 2:a sees nobody 2:b sees main 2:c is c 3:a is a 3:b is b 4:main is later ");
    world_free(w);
}

static struct tick_context_token kept;

static int steals(void *arg) {
    (void)arg;
    return tick_context_reset(&kept);
}

static int tokens(void *arg) {
    (void)arg;
    struct tick_context_token first, second, third;
    TICK_TRY(tick_context_set(&who, "one", &first));
    TICK_TRY(tick_context_set(&other, "x", &third));
    TICK_TRY(tick_context_set(&who, "two", &second));
    assert_string_equal(get(), "two");
    assert_string_equal(tick_context_get(&other), "x");
    assert_int_equal(tick_context_reset(&second), 0);
    assert_int_equal(tick_context_reset(&second), TICK_EINVALSTATE);
    assert_string_equal(get(), "one");
    kept = first;
    struct tick_task *task = tick_spawn(steals, NULL);
    assert_int_equal(tick_join(task), TICK_EINVALSTATE);
    tick_task_unref(task);
    assert_int_equal(tick_context_reset(&first), 0);
    assert_string_equal(get(), "nobody");
    assert_string_equal(tick_context_get(&other), "x");
    assert_int_equal(tick_context_reset(&third), 0);
    assert_null(tick_context_get(&other));
    return 0;
}

static void a_token_brings_back_what_was(void **state) {
    (void)state;
    w = world_new();
    assert_int_equal(tick_loop_run(w->loop, tokens, NULL), 0);
    world_free(w);
}

static void called(void *arg) {
    say(w, "%s sees %s", (char *)arg, get());
    assert_int_equal(set("callback"), 0);
    assert_string_equal(get(), "callback");
}
static void done(struct tick_future *future, void *arg) {
    (void)future;
    called(arg);
}

static int callbacks(void *arg) {
    (void)arg;
    struct tick_future *future = tick_future_new();
    TICK_TRY(tick_future_on_done(future, done, "plain"));
    TICK_TRY(set("main"));
    TICK_TRY(tick_call_soon(w->loop, called, "soon"));
    TICK_TRY(tick_future_on_done(future, done, "done"));
    TICK_TRY(tick_future_on_done(future, done, "removed"));
    struct tick_handle *handle = tick_call_soon_handle(w->loop, called, "cancelled"), *timer = tick_call_later(w->loop, 5, called, "timer"),
                       *never = tick_call_later(w->loop, 6, called, "never");
    TICK_TRY(set("later"));
    assert_int_equal(tick_future_off_done(future, done, "removed"), 1);
    assert_int_equal(tick_future_off_done(future, done, "removed"), 0);
    tick_handle_cancel(handle);
    tick_handle_cancel(never);
    TICK_TRY(tick_future_set_result(future, 0));
    TICK_TRY(tick_sleep(10));
    say(w, "main sees %s", get());
    tick_handle_unref(handle);
    tick_handle_unref(timer);
    tick_handle_unref(never);
    tick_future_unref(future);
    TICK_TRY(tick_call_soon(w->loop, called, "unrun"));
    tick_loop_stop(w->loop);
    return 0;
}

static void a_callback_keeps_its_own(void **state) {
    (void)state;
    w = world_new();
    assert_int_equal(tick_loop_run(w->loop, callbacks, NULL), 0);
    assert_non_null(strstr(w->log, "2:soon sees main 2:plain sees nobody 2:done sees main 3:timer sees main 5:main sees later "));
    world_free(w);
}

struct failing {
    struct tick_allocator allocator;
    long left, failed, live;
};
static void *failing_alloc(struct tick_allocator *allocator, size_t size) {
    struct failing *self = (struct failing *)allocator;
    if (self->left-- == 0) {
        self->failed++;
        return NULL;
    }
    self->live++;
    return malloc(size);
}
static void failing_free(struct tick_allocator *allocator, void *memory) {
    ((struct failing *)allocator)->live--;
    free(memory);
}

static void ignore(void *arg) {
    (void)arg;
}
static int several(void *arg) {
    (void)arg;
    struct tick_context_token token;
    TICK_TRY(set("main"));
    TICK_TRY(tick_context_set(&other, "x", &token));
    TICK_TRY(set("again"));
    TICK_TRY(tick_call_soon(w->loop, ignore, NULL));
    assert_string_equal(get(), "again");
    TICK_TRY(tick_context_reset(&token));
    assert_string_equal(get(), "again");
    return tick_sleep(0);
}

static void each_allocation_fails_in_turn(void **state) {
    (void)state;
    for (long n = 0, failed = 1; failed; n++) {
        struct failing failing = {{failing_alloc, failing_free}, n, 0, 0};
        tick__set_allocator(&failing.allocator);
        w = world_bare();
        struct tick_loop_options options = world_options(w);
        int result = tick_loop_new(&options, &w->loop);
        if (result == 0) {
            tick_loop_set_exception_handler(w->loop, world_report, w);
            result = tick_loop_run(w->loop, several, NULL);
        }
        world_free(w);
        tick__set_allocator(NULL);
        failed = failing.failed;
        assert_int_equal(result, failed ? -ENOMEM : 0);
        assert_int_equal(failing.live, 0);
        assert_true(failed || n > 10);
    }
}

static int cancels_late(void *arg) {
    (void)arg;
    TICK_TRY(set("main"));
    struct tick_handle *soon = tick_call_soon_handle(w->loop, called, "soon"), *timer = tick_call_later(w->loop, 1, called, "timer");
    TICK_TRY(tick_sleep(5));
    tick_handle_cancel(soon); // called long ago
    tick_handle_cancel(timer);
    TICK_TRY(tick_call_soon(w->loop, called, "another")); // where their contexts stood
    tick_handle_unref(soon);
    tick_handle_unref(timer);
    return tick_sleep(0);
}

static void a_handle_is_cancelled_after_its_call(void **state) {
    (void)state;
    w = world_new();
    assert_int_equal(tick_loop_run(w->loop, cancels_late, NULL), 0);
    assert_string_equal(w->log, "2:soon sees main 3:timer sees main 6:another sees main ");
    world_free(w);
}

static int has_nothing_set(void *arg) {
    TICK_TRY(tick_call_soon(w->loop, called, "first"));
    TICK_TRY(tick_call_soon(w->loop, called, "second"));
    TICK_TRY(tick_sleep(0));
    TICK_TRY(tick_call_soon(w->loop, called, "third"));
    TICK_TRY(tick_sleep(0));
    say(w, "%s sees %s", (char *)arg, get());
    return 0;
}

// Each in an empty context of its own, also the first that sets a variable at all.
static void callbacks_without_a_context_share_none(void **state) {
    (void)state;
    w = world_new();
    assert_int_equal(tick_loop_run(w->loop, has_nothing_set, "main"), 0);
    assert_string_equal(w->log, "2:first sees nobody 2:second sees nobody 3:third sees nobody 3:main sees nobody ");
    world_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_copies_its_makers),
        cmocka_unit_test(a_token_brings_back_what_was),
        cmocka_unit_test(a_callback_keeps_its_own),
        cmocka_unit_test(each_allocation_fails_in_turn),
        cmocka_unit_test(a_handle_is_cancelled_after_its_call),
        cmocka_unit_test(callbacks_without_a_context_share_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
