// run_in_executor on real threads: tick_run's loop, and loops on the real kernel with few threads.
// links: tick_harness
// timeout: 60
#include "src/base/alloc.h"
#include "src/io/epoll_poller.h"
#include "src/loop/loop_int.h"
#include "src/os/linux.h"
#include "tests/support/loop_world.h"
#include <errno.h>
#include <pthread.h>
#include <retick/executor.h>
#include <retick/sync.h>
#include <retick/wait.h>

enum { JOBS = 200 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int started;
static bool gate;
static atomic_int runs;

static void gate_reset(void) {
    started = 0;
    gate = false;
    atomic_store(&runs, 0);
}
static void gate_open(void) {
    pthread_mutex_lock(&lock);
    gate = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}
static void gate_wait_started(int count) {
    pthread_mutex_lock(&lock);
    while (started < count)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}
static int blocks(void *arg) {
    pthread_mutex_lock(&lock);
    started++;
    pthread_cond_broadcast(&changed);
    while (!gate)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    atomic_fetch_add(&runs, 1);
    return (int)(intptr_t)arg;
}
static int counts(void *arg) {
    atomic_fetch_add(&runs, 1);
    return (int)(intptr_t)arg;
}
static int outside(void *arg) {
    return tick_loop_running() || pthread_equal(*(pthread_t *)arg, pthread_self()) ? -EIO : 5;
}
static int fails(void *arg) {
    (void)arg;
    return -EPIPE;
}

static int run_on(uint32_t threads, tick_task_fn *fn) {
    struct tick_linux os;
    struct tick_io *io = NULL;
    struct tick_loop *loop = NULL;
    assert_int_equal(tick_linux_init(&os), 0);
    int result = tick_epoll_new(tick_linux_sys(&os), NULL, &io);
    if (result == 0) {
        const struct tick_loop_options options = {.sys = tick_linux_sys(&os), .poller = &io->poller, .id = 1, .threads = threads};
        result = tick_loop_new(&options, &loop);
    }
    if (result == 0)
        result = tick_loop_run(loop, fn, NULL);
    tick_loop_free(loop);
    tick_epoll_free(io);
    return result;
}

static int results(void *arg) {
    (void)arg;
    pthread_t self = pthread_self();
    assert_int_equal(tick_to_thread(outside, &self), 5);
    assert_int_equal(tick_to_thread(fails, NULL), -EPIPE);
    struct tick_future *futures[JOBS];
    for (intptr_t i = 0; i < JOBS; i++)
        assert_int_equal(tick_run_in_executor(NULL, counts, (void *)i, &futures[i]), 0);
    struct tick_future *all = tick_gather(futures, JOBS, false);
    assert_int_equal(tick_await(all), 0);
    for (intptr_t i = 0, value; i < JOBS; i++) {
        assert_int_equal(tick_future_result(futures[i], &value), 0);
        assert_int_equal(value, i);
        tick_future_unref(futures[i]);
    }
    tick_future_unref(all);
    return atomic_load(&runs);
}

static void jobs_run_on_other_threads(void **state) {
    (void)state;
    gate_reset();
    assert_int_equal(tick_run(results, NULL), JOBS);
    gate_reset();
    assert_int_equal(run_on(1, results), JOBS);
}

static int cancels(void *arg) {
    (void)arg;
    struct tick_future *running, *queued, *after;
    assert_int_equal(tick_run_in_executor(NULL, blocks, (void *)1, &running), 0);
    gate_wait_started(1);
    assert_int_equal(tick_run_in_executor(NULL, counts, (void *)2, &queued), 0);
    assert_int_equal(tick_run_in_executor(NULL, counts, (void *)3, &after), 0);
    assert_true(tick_future_cancel(queued, NULL));
    assert_true(tick_future_cancel(running, "late"));
    assert_false(tick_future_cancel(running, NULL));
    assert_int_equal(tick_await(running), TICK_ECANCELED);
    assert_string_equal(tick_future_cancel_message(running), "late");
    gate_open();
    assert_int_equal(tick_await(after), 0);
    assert_int_equal(tick_future_result(queued, NULL), TICK_ECANCELED);
    tick_future_unref(running);
    tick_future_unref(queued);
    tick_future_unref(after);
    assert_int_equal(atomic_load(&runs), 2);                                      // the one that ran, and the last
    assert_int_equal(tick_within(TICK_SEC(60), tick_to_thread(blocks, NULL)), 0); // the gate is open
    return 0;
}

static void a_queued_job_can_be_cancelled_and_a_running_one_goes_on(void **state) {
    (void)state;
    gate_reset();
    assert_int_equal(run_on(1, cancels), 0);
}

static int closes(void *arg) {
    struct tick_future *running, *first, *second;
    (void)arg;
    assert_int_equal(tick_run_in_executor(NULL, blocks, (void *)1, &running), 0);
    gate_wait_started(1);
    assert_int_equal(tick_run_in_executor(NULL, counts, (void *)2, &first), 0);
    assert_int_equal(tick_run_in_executor(NULL, counts, (void *)3, &second), 0);
    assert_true(tick_future_cancel(second, NULL));
    assert_int_equal(tick_executor_close(true), 0);
    assert_false(tick_future_done(first));
    assert_int_equal(tick_await(first), TICK_ECANCELED);
    gate_open();
    assert_int_equal(tick_await(running), 0);
    assert_int_equal(tick_executor_shutdown(), 0);
    assert_int_equal(atomic_load(&runs), 1);
    tick_future_unref(running);
    tick_future_unref(first);
    tick_future_unref(second);
    return tick_to_thread(counts, NULL);
}

static void queued_jobs_can_be_revoked(void **state) {
    (void)state;
    gate_reset();
    assert_int_equal(run_on(1, closes), TICK_ECLOSED);
}

static int times_out(void *arg) {
    struct tick_future *running;
    assert_int_equal(tick_run_in_executor(NULL, blocks, arg, &running), 0);
    gate_wait_started(1);
    assert_int_equal(tick_wait_for(running, TICK_MS(5)), TICK_ETIMEDOUT);
    tick_future_unref(running);
    gate_open();
    return 0;
}

static void the_end_of_the_run_waits(void **state) {
    (void)state;
    gate_reset();
    assert_int_equal(run_on(2, times_out), 0);
    assert_int_equal(atomic_load(&runs), 1);
}

static int shuts(void *arg) {
    (void)arg;
    struct tick_future *future;
    assert_int_equal(tick_run_in_executor(NULL, counts, NULL, &future), 0);
    assert_int_equal(tick_executor_shutdown(), 0);
    assert_true(tick_future_done(future));
    tick_future_unref(future);
    assert_int_equal(tick_run_in_executor(NULL, counts, NULL, &future), TICK_ECLOSED);
    assert_int_equal(tick_to_thread(counts, NULL), TICK_ECLOSED);
    return tick_executor_shutdown();
}

static void nothing_is_taken_after_shutdown(void **state) {
    (void)state;
    gate_reset();
    assert_int_equal(run_on(0, shuts), 0);
    struct tick_future *future;
    assert_int_equal(tick_run_in_executor(NULL, counts, NULL, &future), TICK_EINVALSTATE);
    assert_int_equal(tick_to_thread(counts, NULL), TICK_EINVALSTATE);
    assert_int_equal(tick_executor_shutdown(), TICK_EINVALSTATE);
}

// Nothing waits: what runs outlives its loop, what was queued never runs.
static void close_does_not_wait(void **state) {
    (void)state;
    gate_reset();
    struct tick_linux os;
    struct tick_io *io;
    struct tick_loop *loop;
    struct tick_future *running, *queued;
    assert_int_equal(tick_linux_init(&os), 0);
    assert_int_equal(tick_epoll_new(tick_linux_sys(&os), NULL, &io), 0);
    const struct tick_loop_options options = {.sys = tick_linux_sys(&os), .poller = &io->poller, .id = 1, .threads = 1};
    assert_int_equal(tick_loop_new(&options, &loop), 0);
    assert_int_equal(tick_run_in_executor(loop, blocks, NULL, &running), 0);
    gate_wait_started(1);
    assert_int_equal(tick_run_in_executor(loop, counts, NULL, &queued), 0);
    tick_future_unref(running);
    tick_future_unref(queued);
    assert_int_equal(tick_loop_close(loop), 0);
    assert_int_equal(tick_run_in_executor(loop, counts, NULL, &queued), TICK_ECLOSED);
    tick_loop_free(loop);
    tick_epoll_free(io);
    gate_open();
    while (atomic_load(&runs) < 1)
        assert_int_equal(os.sys.ops->sleep(&os.sys, TICK_MS(1)), 0);
    assert_int_equal(os.sys.ops->sleep(&os.sys, TICK_MS(20)), 0);
    assert_int_equal(atomic_load(&runs), 1);
}

struct failing {
    struct tick_allocator allocator;
    atomic_long left, live;
    atomic_bool failed;
};
static void *failing_alloc(struct tick_allocator *allocator, size_t size) {
    struct failing *self = (struct failing *)allocator;
    if (atomic_fetch_sub(&self->left, 1) == 0) {
        atomic_store(&self->failed, true);
        return NULL;
    }
    atomic_fetch_add(&self->live, 1);
    return malloc(size);
}
static void failing_free(struct tick_allocator *allocator, void *memory) {
    atomic_fetch_sub(&((struct failing *)allocator)->live, 1);
    free(memory);
}

static int modest(void *arg) {
    (void)arg;
    int result = tick_to_thread(counts, (void *)3);
    assert_true(result == 3 || result == -ENOMEM);
    struct tick_future *future;
    result = tick_run_in_executor(NULL, counts, NULL, &future);
    if (result == 0)
        tick_future_unref(future);
    else
        assert_int_equal(result, -ENOMEM);
    return 0;
}

static void each_allocation_fails_in_turn(void **state) {
    (void)state;
    for (long n = 0, failed = 1; failed; n++) {
        struct failing failing = {.allocator = {failing_alloc, failing_free}};
        atomic_store(&failing.left, n);
        tick__set_allocator(&failing.allocator);
        const int result = run_on(1, modest);
        tick__set_allocator(NULL);
        failed = atomic_load(&failing.failed);
        assert_true(result == 0 || (failed && result == -ENOMEM));
        assert_int_equal(atomic_load(&failing.live), 0);
        assert_true(failed || n > 5);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_run_on_other_threads), cmocka_unit_test(a_queued_job_can_be_cancelled_and_a_running_one_goes_on),
        cmocka_unit_test(queued_jobs_can_be_revoked), cmocka_unit_test(the_end_of_the_run_waits),
        cmocka_unit_test(nothing_is_taken_after_shutdown), cmocka_unit_test(each_allocation_fails_in_turn),
        cmocka_unit_test(close_does_not_wait), // last: its thread may free a moment later
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
