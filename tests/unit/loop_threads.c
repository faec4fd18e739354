// call_soon_threadsafe from real threads, with a poller that really waits.
#include "src/base/alloc.h"
#include "src/loop/loop_int.h"
#include "tests/support/loop_world.h"
#include <errno.h>
#include <pthread.h>

enum { THREADS = 4, CALLS = 2000 };

struct bell {
    struct tick_poller poller;
    pthread_mutex_t lock;
    pthread_cond_t rung;
    bool ringing;
    bool over; // a thread gave up
};

static int bell_wait(struct tick_poller *poller, int64_t timeout, tick_id timer) {
    (void)timer;
    struct bell *bell = (struct bell *)poller;
    pthread_mutex_lock(&bell->lock);
    while (timeout != 0 && !bell->ringing)
        pthread_cond_wait(&bell->rung, &bell->lock);
    bell->ringing = false;
    int result = bell->over ? -ENOMEM : 0;
    pthread_mutex_unlock(&bell->lock);
    return result;
}

static void ring(struct bell *bell, bool over) {
    pthread_mutex_lock(&bell->lock);
    bell->ringing = true;
    bell->over |= over;
    pthread_cond_signal(&bell->rung);
    pthread_mutex_unlock(&bell->lock);
}

static int bell_wake(struct tick_poller *poller) {
    ring((struct bell *)poller, false);
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
        if (tick_call_soon_threadsafe(loop, called, &made[thread][i]) != 0) {
            ring((struct bell *)loop->poller, true);
            return loop;
        }
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

// --- memory ---

static long allocations, allocations_left = -1;

static void *counting_alloc(struct tick_allocator *self, size_t size) {
    (void)self;
    if (allocations_left == 0)
        return NULL;
    allocations_left -= allocations_left > 0;
    allocations++;
    return malloc(size);
}

static void counting_free(struct tick_allocator *self, void *memory) {
    (void)self;
    free(memory);
}

static int batch_called;
static void of_a_batch(void *arg) {
    assert_ptr_equal(arg, &made[0][batch_called++]);
}

static void what_was_called_is_used_again(void **state) {
    (void)state;
    static struct tick_allocator counting = {counting_alloc, counting_free};
    tick__set_allocator(&counting);
    struct world *w = world_new();
    long before = 0;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < CALLS; i++)
            assert_int_equal(tick_call_soon_threadsafe(w->loop, of_a_batch, &made[0][i]), 0);
        w->loop->stopping = true;
        batch_called = 0;
        assert_int_equal(tick__loop_once(w->loop), 0);
        assert_int_equal(batch_called, CALLS);
        w->loop->stopping = false;
        if (round == 1)
            before = allocations;
    }
    assert_int_equal(allocations, before);
    world_free(w);
    tick__set_allocator(NULL);
}

static void without_memory_the_call_fails(void **state) {
    (void)state;
    static struct tick_allocator counting = {counting_alloc, counting_free};
    tick__set_allocator(&counting);
    for (long left = 0; left < 4; left++) {
        allocations_left = -1;
        struct world *w = world_new();
        allocations_left = left;
        int accepted = 0;
        while (tick_call_soon_threadsafe(w->loop, of_a_batch, &made[0][accepted]) == 0)
            accepted++;
        assert_int_equal(accepted, left < 2 ? 0 : left == 2 ? 64 : 64 + 128);
        w->loop->stopping = true;
        batch_called = 0;
        assert_int_equal(tick__loop_once(w->loop), 0);
        assert_int_equal(batch_called, accepted);
        assert_int_equal(tick_call_soon_threadsafe(w->loop, of_a_batch, &made[0][0]), accepted ? 0 : -ENOMEM);
        assert_int_equal(tick_loop_close(w->loop), 0);
        assert_int_equal(tick_call_soon_threadsafe(w->loop, of_a_batch, NULL), accepted ? TICK_ECLOSED : -ENOMEM);
        world_free(w);
    }
    allocations_left = -1;
    tick__set_allocator(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_call_in_order_until_it_is_closed),
        cmocka_unit_test(what_was_called_is_used_again),
        cmocka_unit_test(without_memory_the_call_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
