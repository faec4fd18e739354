// Debug mode: slow steps and callbacks, calls from a wrong thread, where a task was made.
#include "tests/support/loop_world.h"
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

static struct world *w;

static void slow_callback(void *arg) {
    w->now += (intptr_t)arg;
}
static int slow_eager(void *arg) {
    w->now += (intptr_t)arg;
    return 0;
}
static int slow(void *arg) {
    w->now += (intptr_t)arg;
    const int result = tick_sleep(TICK_SEC(1)); // waiting is not slow
    w->now += (intptr_t)arg;
    return result;
}
static int starts(void *arg) {
    tick_task_unref(tick_spawn_eager(slow_eager, arg));
    return 0;
}

static int steps(void *arg) {
    int64_t took = (intptr_t)arg;
    struct tick_task *task = tick_spawn_named("slow one", slow, arg), *eager = tick_spawn_named("eager's", starts, arg);
    assert_int_equal(tick_call_soon(w->loop, slow_callback, arg), 0);
    tick_handle_unref(tick_call_later(w->loop, TICK_MS(200), slow_callback, arg));
    assert_int_equal(tick_join(task), 0);
    assert_int_equal(tick_join(eager), 0);
    tick_task_unref(task);
    tick_task_unref(eager);
    return took > 0;
}

static void slow_steps_are_reported(void **state) {
    (void)state;
    for (int probed = 0; probed < 2; probed++) {
        w = probed ? world_probed() : world_new();
        assert_false(tick_loop_get_debug(w->loop));
        tick_loop_set_debug(w->loop, true);
        assert_true(tick_loop_get_debug(w->loop));
        assert_int_equal(tick_loop_run(w->loop, steps, (void *)TICK_MS(123)), 1);
        assert_int_equal(w->report_count, 5); // two steps, two callbacks, and the one that started another eagerly
        assert_non_null(strstr(w->reports, "Executing <Task pending name='slow one' coro=<slow()> created at " __FILE__ ":"));
        assert_non_null(strstr(w->reports, "Executing <Task finished name='slow one' coro=<slow()>"));
        assert_non_null(strstr(w->reports, "Executing <Task finished name='eager's'"));
        assert_null(strstr(w->reports, "slow_eager"));
        assert_non_null(strstr(w->reports, "Executing <Handle> took 0.123 seconds;"));
        world_free(w);
    }
    w = world_new();
    tick_loop_set_debug(w->loop, true);
    assert_int_equal(tick_loop_run(w->loop, steps, (void *)(TICK_MS(100) - 1)), 1);
    assert_int_equal(w->report_count, 0);
    world_free(w);
    w = world_new();
    assert_int_equal(tick_loop_run(w->loop, steps, (void *)TICK_MS(123)), 1);
    assert_int_equal(w->report_count, 0);
    world_free(w);
}

static void never(void *arg) {
    (void)arg;
    abort();
}
static void *elsewhere(void *arg) {
    const bool refused = tick_call_soon(w->loop, never, NULL) == TICK_EWRONGTHREAD && !tick_call_soon_handle(w->loop, never, NULL) &&
                         !tick_call_later(w->loop, 1, never, NULL) && !tick_call_at(w->loop, 1, never, NULL);
    *(bool *)arg = refused;
    return NULL;
}
static int calls_elsewhere(void *arg) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, elsewhere, arg), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return 0;
}

static void calls_from_a_wrong_thread_are_refused(void **state) {
    (void)state;
    bool refused = false;
    w = world_new();
    tick_loop_set_debug(w->loop, true);
    assert_int_equal(tick_call_soon(w->loop, slow_callback, NULL), 0); // not running: any thread may
    assert_int_equal(tick_loop_run(w->loop, calls_elsewhere, &refused), 0);
    assert_true(refused);
    assert_int_equal(tick_call_soon(w->loop, never, NULL), TICK_ECLOSED);
    world_free(w);
}

static int fails(void *arg) {
    (void)arg;
    return -EIO;
}
static int goes(void *arg) {
    (void)arg;
    assert_int_equal(tick_go(fails, NULL), 0);
    return tick_sleep(0);
}

// The default handler's words, as they come to stderr.
static void reported(bool debug, char *text, size_t size) {
    FILE *file = tmpfile();
    assert_non_null(file);
    const int before = dup(2);
    w = world_new();
    tick_loop_set_exception_handler(w->loop, NULL, NULL);
    tick_loop_set_debug(w->loop, debug);
    fflush(stderr);
    dup2(fileno(file), 2);
    const int result = tick_loop_run(w->loop, goes, NULL);
    fflush(stderr);
    dup2(before, 2);
    close(before);
    assert_int_equal(result, 0);
    world_free(w);
    rewind(file);
    text[fread(text, 1, size - 1, file)] = 0;
    fclose(file);
}

static void reports_tell_where_a_task_was_made(void **state) {
    (void)state;
    char text[1000];
    reported(true, text, sizeof text);
    assert_non_null(strstr(text, "Task exception was never retrieved\n"));
    assert_non_null(strstr(text, "\nObject created at " __FILE__ ":"));
    assert_non_null(strstr(text, ", in goes\n"));
    reported(false, text, sizeof text);
    assert_non_null(strstr(text, "Task exception was never retrieved\n"));
    assert_null(strstr(text, "Object created"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slow_steps_are_reported),
        cmocka_unit_test(calls_from_a_wrong_thread_are_refused),
        cmocka_unit_test(reports_tell_where_a_task_was_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
