// Timers against a simple model: all that is armed stands in one array, and what is due fires by (deadline, order of arming). Random
// arming, cancelling and advancing over all magnitudes, with memory and without.
// torture: 4
#include "src/base/alloc.h"
#include "src/loop/loop_int.h"
#include "tests/support/loop_world.h"
#include <errno.h>

// --- memory that ends ---

static struct failing {
    struct tick_allocator allocator;
    long left;     // allocations that succeed before one fails; negative: none does
    unsigned odds; // of 256, that one fails
    uint64_t drawn;
    bool forever;
    long failed, live, made;
} memory;

static uint64_t draw_of(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33 ^ *state >> 11;
}

static void *failing_alloc(struct tick_allocator *allocator, size_t size) {
    (void)allocator;
    const bool fails = memory.left == 0 || (memory.forever && memory.failed) || draw_of(&memory.drawn) % 256 < memory.odds;
    if (memory.left >= 0)
        memory.left--;
    if (fails) {
        memory.failed++;
        return NULL;
    }
    memory.live++;
    memory.made++;
    return malloc(size);
}

static void failing_free(struct tick_allocator *allocator, void *block) {
    (void)allocator;
    memory.live -= block != NULL;
    free(block);
}

static void memory_fails(long left, bool forever, unsigned odds) {
    memory.left = left;
    memory.forever = forever;
    memory.odds = odds;
    memory.failed = 0;
}

// --- the model ---

enum { MOST = 4096 };

struct armed {
    int64_t when;
    uint64_t number; // of all that were armed; 0: a free place
    struct tick_handle *handle;
};

static struct world *w;
static struct armed model[MOST];
static size_t armed_count;
static uint64_t numbers, seed, fired_count;
static struct armed expected[MOST];
static size_t expected_count, expected_at;
static bool arms_while_firing;

static uint64_t draw(uint64_t n) {
    return draw_of(&seed) % n;
}

static struct armed *free_place(void) {
    size_t at = (size_t)draw(MOST);
    while (model[at].number)
        at = (at + 1) % MOST;
    return &model[at];
}

static struct armed *any(void) {
    size_t at = (size_t)draw(MOST);
    while (!model[at].number)
        at = (at + 1) % MOST;
    return &model[at];
}

static int64_t saturated(int64_t now, int64_t delay) {
    return now > 0 && delay > INT64_MAX - now ? INT64_MAX : now + delay;
}

static void fires(void *arg);

static bool arm(int64_t when) {
    if (armed_count > MOST - 64)
        return false;
    struct armed *place = free_place();
    struct tick_handle *handle = tick_call_at(w->loop, when, fires, place);
    if (!handle) {
        assert_true(memory.failed > 0);
        return false;
    }
    *place = (struct armed){when, ++numbers, handle};
    armed_count++;
    return true;
}

static void forget(struct armed *place) {
    tick_handle_unref(place->handle);
    place->number = 0;
    armed_count--;
}

// Cancelled, and somebody still holds them.
static struct tick_handle *kept[256];
static size_t kept_count;

static void release_kept(void) {
    const size_t at = (size_t)draw(kept_count);
    assert_true(tick_handle_cancelled(kept[at]));
    tick_handle_unref(kept[at]);
    kept[at] = kept[--kept_count];
}

static void cancel(struct armed *place) {
    tick_handle_cancel(place->handle);
    tick_handle_cancel(place->handle); // once more is nothing
    assert_true(tick_handle_cancelled(place->handle));
    if (draw(8) == 0) {
        if (kept_count == sizeof kept / sizeof *kept)
            release_kept();
        kept[kept_count++] = tick_handle_ref(place->handle);
    }
    forget(place);
}

static void fires(void *arg) {
    struct armed *place = arg;
    assert_true(expected_at < expected_count);
    assert_true(place->when <= w->now);
    assert_int_equal(place->number, expected[expected_at].number);
    expected_at++;
    fired_count++;
    forget(place);
    if (arms_while_firing && draw(4) == 0) {
        const int64_t times = (int64_t)draw(3);
        (void)arm(saturated(w->now - 1, times * (int64_t)draw(200000)));
    }
}

static int earlier(const void *a, const void *b) {
    const struct armed *x = a, *y = b;
    if (x->when != y->when)
        return x->when < y->when ? -1 : 1;
    return x->number < y->number ? -1 : 1;
}

static int64_t next_of_model(void) {
    int64_t when = INT64_MAX;
    for (size_t i = 0; i < MOST; i++)
        if (model[i].number && model[i].when < when)
            when = model[i].when;
    return when;
}

static int64_t last_of_model(void) {
    int64_t when = 0;
    for (size_t i = 0; i < MOST; i++)
        if (model[i].number && model[i].when > when && model[i].when < INT64_MAX)
            when = model[i].when;
    return when;
}

static void next_is_exact(void) {
    tick_id id;
    assert_int_equal(tick__timers_last(w->loop), last_of_model());
    assert_int_equal(tick__timers_next(w->loop, &id), next_of_model());
    assert_int_equal(tick__timers_last(w->loop), last_of_model());
}

// One iteration at the time `now`: what is due has fired, in its order, and nothing else has.
static void advance(int64_t now) {
    w->now = now;
    expected_count = expected_at = 0;
    for (size_t i = 0; i < MOST; i++)
        if (model[i].number && model[i].when <= now)
            expected[expected_count++] = model[i];
    qsort(expected, expected_count, sizeof *expected, earlier);
    w->loop->stopping = true; // no waiting
    assert_int_equal(tick__loop_once(w->loop), 0);
    w->loop->stopping = false;
    assert_int_equal(expected_at, expected_count);
}

static void episode_begin(int64_t now, uint64_t first) {
    memory = (struct failing){.allocator = {failing_alloc, failing_free}, .left = -1, .drawn = first};
    tick__set_allocator(&memory.allocator);
    w = world_new();
    w->now = now;
    memset(model, 0, sizeof model);
    armed_count = 0;
    seed = first;
    arms_while_firing = false;
}

static void episode_end(void) {
    for (size_t i = 0; i < MOST; i++)
        if (model[i].number)
            forget(&model[i]);
    while (kept_count > 0)
        release_kept();
    world_free(w);
    assert_int_equal(memory.live, 0);
    tick__set_allocator(NULL);
}

// --- random deadlines ---

// 1 ns to centuries: each magnitude as likely as any other.
static int64_t magnitude(unsigned bits) {
    const uint64_t below = (uint64_t)1 << draw(bits + 1); // one draw a statement: the order of two is the compiler's
    return (int64_t)(draw_of(&seed) & (below - 1));
}

static int64_t some_deadline(unsigned bits) {
    switch (draw(16)) {
    case 0:
    case 1:
    case 2:
    case 3: // a tie, or nearly
        if (armed_count > 0)
            return any()->when;
        return w->now;
    case 4:
        if (armed_count > 0) {
            const int64_t when = any()->when;
            return when < INT64_MAX ? when - 1 + (int64_t)draw(3) : when;
        }
        return w->now - 5;
    case 5:
    case 6: { // at the border of a slot or level
        const int64_t unit = (int64_t)1 << (16 + 8 * draw(5));
        const int64_t when = saturated(w->now, magnitude(bits));
        return when > INT64_MAX - unit - 2 ? when : (when / unit + 1) * unit + (int64_t)draw(3) - 1;
    }
    case 7:
        return draw(8) ? saturated(w->now, magnitude(62)) : draw(2) ? INT64_MAX : INT64_MAX - 1 - (int64_t)draw(3);
    default:
        return saturated(w->now, magnitude(bits));
    }
}

static int64_t some_advance(unsigned bits) {
    const int64_t next = next_of_model();
    int64_t now = saturated(w->now, magnitude(bits));
    switch (draw(4)) {
    case 0:
        now = next;
        break;
    case 1:
        now = next > INT64_MIN ? next - 1 : next;
        break;
    default:
        break;
    }
    return now < w->now || now == INT64_MAX ? w->now : now;
}

static void random_operations(int count, size_t most, unsigned bits) {
    for (int i = 0; i < count; i++) {
        const uint64_t what = draw(16);
        if (what < 8 && armed_count < most) {
            (void)arm(some_deadline(bits));
        } else if (what < 11 && armed_count > 0) {
            cancel(any());
        } else if (what < 14 && armed_count > 0) { // re-arm
            cancel(any());
            (void)arm(some_deadline(bits));
        } else if (what == 14) {
            next_is_exact();
            if (kept_count > 0)
                release_kept();
        } else if (draw(4) == 0) {
            advance(some_advance(bits));
            next_is_exact();
        }
    }
}

static const int64_t starts[] = {
    0, 1, 65535, (1 << 24) - 1, ((int64_t)1 << 32) - 65536, ((int64_t)1 << 40) - 1, (int64_t)1 << 48, (int64_t)1 << 62};
enum { STARTS = sizeof starts / sizeof *starts };

static void episodes(unsigned odds) {
    uint64_t operations = 0;
    fired_count = 0;
    for (unsigned i = 0; i < 48; i++) {
        static const unsigned bits[] = {18, 26, 34, 42, 58, 61};
        static const size_t most[] = {16, 80, 500, 3000};
        episode_begin(starts[i % STARTS], 1000 * odds + i);
        memory.odds = odds;
        arms_while_firing = i % 2;
        random_operations(8000, most[i % 4], bits[i % 6]);
        operations += 8000;
        while (armed_count > 0 && next_of_model() < INT64_MAX)
            advance(next_of_model() < w->now ? w->now : next_of_model());
        episode_end();
    }
    assert_true(operations > 300000);
    assert_true(fired_count > 30000);
}

static void as_the_model_has_it(void **state) {
    (void)state;
    episodes(0);
    assert_int_equal(memory.failed, 0);
}

static void as_the_model_has_it_with_little_memory(void **state) {
    (void)state;
    episodes(100);
    assert_true(memory.failed > 0);
}

// --- memory ---

// Deadlines at all levels, reached step by step; each allocation fails in turn, alone or with all that come after.
static void a_life(void) {
    for (int i = 0; i < 400; i++)
        (void)arm(some_deadline(36));
    next_is_exact();
    for (int i = 0; i < 100 && armed_count > 0; i++) {
        cancel(any());
        advance(some_advance(30));
        next_is_exact();
    }
    while (armed_count > 0 && next_of_model() < INT64_MAX) {
        advance(saturated(next_of_model() < w->now ? w->now : next_of_model(), magnitude(32)));
        next_is_exact();
    }
}

static void each_allocation_fails_in_turn(void **state) {
    (void)state;
    for (int forever = 0; forever < 2; forever++) {
        bool failed;
        long left = 0;
        do {
            episode_begin(starts[(size_t)left % STARTS], 77);
            memory_fails(left++, forever, 0);
            arms_while_firing = true;
            a_life();
            failed = memory.failed > 0;
            episode_end();
        } while (failed);
        assert_true(left > 15);
    }
}

// Many far timers become due at once while there is no memory to bring them near.
static void due_without_memory(void **state) {
    (void)state;
    for (int round = 0; round < 4; round++) { // close together and far away: they fill vectors, and would need one of each slot below
        episode_begin(0, (uint64_t)round);
        const int64_t far = (int64_t)1 << (28 + 8 * round);
        for (int i = 0; i < 3000; i++)
            (void)arm(far + (int64_t)draw((uint64_t)1 << (18 + 3 * round)));
        advance(far - ((int64_t)1 << 17));
        assert_non_null(w->loop->timers.wheel);
        memory_fails(0, true, 0);
        while (armed_count > 0) {
            advance(w->now + ((int64_t)1 << (15 + 3 * round)));
            next_is_exact();
        }
        assert_true(memory.failed > 0);
        episode_end();
    }
}

static void cancelled_timers_leave_their_memory(void **state) {
    (void)state;
    enum { COUNT = 100000 };
    static struct tick_handle *handles[COUNT];
    episode_begin(12345, 5);
    long made = 0;
    for (int round = 0; round < 3; round++) {
        seed = 5;
        for (int i = 0; i < COUNT; i++) {
            handles[i] = tick_call_at(w->loop, 20000 + (int64_t)draw((uint64_t)1 << 34), fires, NULL);
            assert_non_null(handles[i]);
        }
        for (int i = COUNT - 1; i >= 0; i--) {
            tick_handle_cancel(handles[i]);
            tick_handle_unref(handles[i]);
        }
        next_is_exact();
        if (round == 0)
            made = memory.made;
        assert_int_equal(memory.made, made); // what was there is used again
    }
    const long before = memory.live;
    advance(12346); // a poll without a timer
    assert_null(w->loop->timers.wheel);
    assert_true(memory.live < before / 2); // the handles' own stays with their pool
    assert_true(arm(12350));
    advance(12350);
    episode_end();
}

// Those that were cancelled stay until they are the most; then they go wherever they stand, and the others keep their order.
static void stale_ones_are_swept(void **state) {
    (void)state;
    for (unsigned bits = 17; bits < 60; bits += 6) {
        episode_begin(777, bits);
        for (int round = 0; round < 4; round++) {
            const int64_t base = w->now + 100000, span = (int64_t)1 << bits;
            while (armed_count < 3500)
                assert_true(arm(draw(4) ? base + (int64_t)draw((uint64_t)span) : base + (int64_t)draw(16) * 4000));
            advance(base + 20000); // within a run
            while (armed_count > 1200)
                cancel(any());
            assert_true(w->loop->timers.stale > 512);
            const size_t stale = w->loop->timers.stale;
            for (int i = 0; i < 2000 && w->loop->timers.stale >= stale; i++) {
                assert_true(arm(saturated(w->now, span + i)));
                cancel(any());
            }
            assert_true(w->loop->timers.stale < stale);
            next_is_exact();
            advance(base + 30000);
            advance(base + span / 2);
            next_is_exact();
        }
        episode_end();
    }
}

// A slot's timers at one moment, at a few, or all over it; and those that were armed for a time long gone.
static void crowds_keep_their_order(void **state) {
    (void)state;
    for (unsigned spread = 1; spread <= 65536; spread *= 2) {
        episode_begin(1000, spread);
        const int64_t base = TICK_MS(7) / 65536 * 65536;
        for (int i = 0; i < 2000; i++)
            assert_true(arm(base + (int64_t)draw(spread)));
        advance(base - 1);
        for (int i = 0; i < 20; i++) {
            assert_true(arm(draw(2) ? INT64_MIN : -5));
            assert_true(arm(base + (int64_t)draw(spread)));
        }
        next_is_exact();
        advance(base + spread / 2);
        next_is_exact();
        advance(base + spread);
        assert_int_equal(armed_count, 0);
        episode_end();
    }
}

// --- from the heap to far timers and back ---

static void few_are_a_heap_and_many_are_not(void **state) {
    (void)state;
    episode_begin(1000, 9);
    for (int round = 0; round < 5; round++) {
        while (armed_count < 64)
            assert_true(arm(w->now + (int64_t)draw(TICK_SEC(10))));
        advance(w->now);
        assert_null(w->loop->timers.wheel);
        for (int few = 0; few < 2; few++) {
            const size_t left = few ? 8 : 17;
            while (armed_count < 3000)
                assert_true(arm(w->now + (int64_t)draw(TICK_SEC(10))));
            assert_non_null(w->loop->timers.wheel);
            next_is_exact();
            while (armed_count > left)
                cancel(any());
            if (!few) {
                advance(w->now);
                assert_non_null(w->loop->timers.wheel);
            }
        }
        const int64_t when = w->now + TICK_SEC(3);
        for (int i = 0; i < 8; i++) // ties over the switch
            assert_true(arm(when));
        memory_fails(0, true, 0);
        advance(w->now);
        memory_fails(-1, false, 0);
        advance(w->now);
        assert_null(w->loop->timers.wheel);
        next_is_exact();
        for (int i = 0; i < 8; i++)
            assert_true(arm(when));
        advance(when);
        next_is_exact();
    }
    episode_end();
}

// The heap is full and there is no memory for more: the call fails, and the others stay what they are.
static void no_memory_for_the_65th(void **state) {
    (void)state;
    for (long left = 0; left < 3; left++) {
        episode_begin(0, 4);
        for (int i = 0; i < 64; i++)
            assert_true(arm(TICK_SEC(1) + (int64_t)draw(5)));
        memory_fails(left, true, 0);
        const bool armed = arm(TICK_SEC(1));
        assert_int_equal(armed, memory.failed == 0);
        next_is_exact();
        advance(TICK_SEC(2));
        episode_end();
    }
}

// Beyond the last tick there is no other.
static void at_the_end_of_time(void **state) {
    (void)state;
    episode_begin(INT64_MAX - 200000, 6);
    for (int i = 0; i < 300; i++)
        assert_true(arm(INT64_MAX - (int64_t)draw(200000)));
    for (int i = 0; i < 10; i++)
        assert_true(arm(INT64_MAX));
    while (next_of_model() < INT64_MAX) {
        advance(next_of_model());
        next_is_exact();
    }
    advance(INT64_MAX - 1);
    for (int i = 0; i < 100; i++)
        assert_true(arm(INT64_MAX - (int64_t)draw(3)));
    advance(INT64_MAX - 1);
    next_is_exact();
    episode_end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_model_has_it),
        cmocka_unit_test(as_the_model_has_it_with_little_memory),
        cmocka_unit_test(each_allocation_fails_in_turn),
        cmocka_unit_test(due_without_memory),
        cmocka_unit_test(cancelled_timers_leave_their_memory),
        cmocka_unit_test(stale_ones_are_swept),
        cmocka_unit_test(crowds_keep_their_order),
        cmocka_unit_test(few_are_a_heap_and_many_are_not),
        cmocka_unit_test(no_memory_for_the_65th),
        cmocka_unit_test(at_the_end_of_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
