// call_soon_threadsafe from real threads, with a poller that really waits.
#include "src/loop/loop_int.h"
#include "tests/support/loop_world.h"
#include <pthread.h>

enum { THREADS = 4, CALLS = 2000 };

struct bell {
    struct tick_poller poller;
    pthread_mutex_t lock;
    pthread_cond_t rung;
    bool ringing;
};

static int bell_wait(struct tick_poller *poller, int64_t timeout, tick_id timer) {
    (void)timer;
    struct bell *bell = (struct bell *)poller;
    pthread_mutex_lock(&bell->lock);
    while (timeout != 0 && !bell->ringing)
        pthread_cond_wait(&bell->rung, &bell->lock);
    bell->ringing = false;
    pthread_mutex_unlock(&bell->lock);
    return 0;
}

static int bell_wake(struct tick_poller *poller) {
    struct bell *bell = (struct bell *)poller;
    pthread_mutex_lock(&bell->lock);
    bell->ringing = true;
    pthread_cond_signal(&bell->rung);
    pthread_mutex_unlock(&bell->lock);
    return 0;
}

static struct tick_loop *loop;
static int calls, next[THREADS];

struct call {
    int thread, number;
};
static struct call made[THREADS][CALLS];

static void called(void *arg) {
    struct call *call = arg;
    assert_int_equal(next[call->thread]++, call->number); // each thread's calls stay in their order
    if (++calls == THREADS * CALLS)
        tick_loop_stop(loop);
}

static void *caller(void *arg) {
    int thread = (int)(intptr_t)arg;
    for (int i = 0; i < CALLS; i++) {
        made[thread][i] = (struct call){thread, i};
        if (tick_call_soon_threadsafe(loop, called, &made[thread][i]) != 0)
            return arg;
    }
    return NULL;
}

static void *late_caller(void *arg) {
    int accepted = 0;
    while (tick_call_soon_threadsafe(loop, called, arg) == 0)
        accepted++;
    return (void *)(intptr_t)(accepted + 1);
}

static void threads_call_in_order_until_it_is_closed(void **state) {
    (void)state;
    static const struct tick_poller_ops ops = {bell_wait, bell_wake};
    struct bell bell = {.poller = {&ops}, .lock = PTHREAD_MUTEX_INITIALIZER, .rung = PTHREAD_COND_INITIALIZER};
    struct world *world = world_bare();
    struct tick_loop_options options = world_options(world);
    options.poller = &bell.poller;
    assert_int_equal(tick_loop_new(&options, &loop), 0);
    pthread_t threads[THREADS], late;
    for (intptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, caller, (void *)i), 0);
    assert_int_equal(tick_loop_run_forever(loop), 0);
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(calls, THREADS * CALLS);
    assert_int_equal(pthread_create(&late, NULL, late_caller, &made[0][0]), 0);
    assert_int_equal(tick_loop_close(loop), 0); // what the thread queued is dropped; then it is told
    void *accepted;
    pthread_join(late, &accepted);
    assert_true((intptr_t)accepted > 0);
    tick_loop_free(loop);
    free(world);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(threads_call_in_order_until_it_is_closed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
