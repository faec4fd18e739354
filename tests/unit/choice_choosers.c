// The choosers: pure functions of the address; what they draw, how often, and what a replay answers.
#include "sim/choice/choosers.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#define JITTER ((int64_t)49000000)

static uint32_t ask(struct tick_chooser *chooser, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    return chooser->ops->choose(chooser, kind, subject, ordinal, n, most);
}

static void calm_is_always_calm(void **state) {
    (void)state;
    for (uint32_t kind = 1; kind < TICK_CHOICE_KINDS; kind++)
        assert_int_equal(ask(&tick_calm, kind, kind * 77, kind, 9, 0), 0);
}

static void random_is_pure(void **state) {
    (void)state;
    struct tick_random_chooser a, b;
    tick_random_init(&a, 5, NULL);
    tick_random_init(&b, 5, NULL);
    uint32_t first[2000];
    for (uint32_t i = 0; i < 2000; i++)
        first[i] = ask(&a.chooser, TICK_CHOICE_DELIVERY, i % 7 + 1, i, 10, JITTER);
    for (uint32_t i = 2000; i--;) // in another order, and by another chooser of the seed
        assert_int_equal(ask(&b.chooser, TICK_CHOICE_DELIVERY, i % 7 + 1, i, 10, JITTER), first[i]);
}

static void random_stays_below_n(void **state) {
    (void)state;
    struct tick_rates rates;
    tick_rates_default(&rates);
    for (uint32_t kind = 1; kind < TICK_CHOICE_KINDS; kind++)
        rates.of[kind] = 65536;
    uint64_t drawn = 0;
    static const uint32_t ns[] = {1, 2, 3, 4, 5, 7, 8, 9, 100, 65536, 1u << 31, UINT32_MAX};
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct tick_random_chooser r;
        tick_random_init(&r, seed, &rates);
        for (uint32_t kind = 1; kind < TICK_CHOICE_KINDS; kind++)
            for (size_t i = 0; i < sizeof ns / sizeof *ns; i++)
                for (uint32_t k = 0; k < 20; k++) {
                    uint32_t value = ask(&r.chooser, kind, seed, k, ns[i], 0);
                    assert_true(value < ns[i]);
                    drawn += value > 0;
                }
    }
    assert_true(drawn > 10000);
}

static void rate_zero_is_off_and_seeds_are_swarms(void **state) {
    (void)state;
    uint32_t off = 0, busy = 0;
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct tick_random_chooser r;
        tick_random_init(&r, seed, NULL);
        assert_int_equal(r.threshold[TICK_CHOICE_DISPLACE], 0);
        assert_int_equal(r.threshold[TICK_CHOICE_CANCEL], 0);
        for (uint32_t kind = 1; kind < TICK_CHOICE_KINDS; kind++)
            assert_int_equal(tick_is_calm(r.chooser.calm, kind), !r.threshold[kind]);
        off += !r.threshold[TICK_CHOICE_DELIVERY];
        busy += r.threshold[TICK_CHOICE_DELIVERY] > 3u << 29; // more than 3/8 of all
        assert_true(r.threshold[TICK_CHOICE_DELIVERY] <= 3u << 30);
    }
    assert_in_range(off, 25, 80); // 1/8 of 400
    assert_in_range(busy, 25, 80);
}

// The mean over seeds follows from rate and factors: 6000/65536 x (2 x 0 + 3/8 + 5 x 1 + 4 x 4 + 2 x 8.19, capped) / 16.
static void rates_are_kept(void **state) {
    (void)state;
    uint64_t asked = 0, drawn = 0, large = 0;
    uint32_t n = tick_scale_count(JITTER), seen[16] = {0};
    assert_int_equal(n, 10);
    for (uint64_t seed = 0; seed < 1000; seed++) {
        struct tick_random_chooser r;
        tick_random_init(&r, seed, NULL);
        for (uint64_t k = 0; k < 100; k++) {
            uint32_t value = ask(&r.chooser, TICK_CHOICE_DELIVERY, tick_id_mix(3, k % 4), k / 4 * 17, n, JITTER);
            asked++;
            drawn += value > 0;
            large += tick_scale_capped(value, JITTER) >= 30000000;
            seen[value]++;
        }
    }
    assert_in_range(drawn * 1000 / asked, 170, 260);
    assert_in_range(large * 1000 / drawn, 280, 380); // delays like the jitter are not rare
    for (uint32_t value = 1; value < n; value++)
        assert_true(seen[value] > drawn / 16);
}

static void small_counts_are_likelier(void **state) {
    (void)state;
    struct tick_rates rates = {0};
    rates.of[TICK_CHOICE_SHORT_RECV] = 65536;
    uint32_t one = 0, many = 0, all = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct tick_random_chooser r;
        tick_random_init(&r, seed, &rates);
        for (uint64_t k = 0; k < 50; k++) {
            uint32_t value = ask(&r.chooser, TICK_CHOICE_SHORT_RECV, 9, k, 1000, 0);
            all += value > 0;
            one += value == 1;
            many += value > 500;
        }
    }
    assert_in_range(one * 100 / all, 5, 15);
    assert_in_range(many * 100 / all, 5, 15);
}

static void threads_are_held_back_for_few_turns(void **state) {
    (void)state;
    struct tick_rates rates = {0};
    rates.of[TICK_CHOICE_THREAD] = 65536;
    uint32_t seen[4] = {0};
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct tick_random_chooser r;
        tick_random_init(&r, seed, &rates);
        for (uint64_t k = 1; k < 20; k++) {
            uint32_t value = ask(&r.chooser, TICK_CHOICE_THREAD, 9, k, 4, 0);
            assert_true(value < 4);
            seen[value]++;
        }
    }
    for (uint32_t value = 0; value < 4; value++) // seeds differ in how often they do
        assert_true(seen[value] > 100);
    tick_rates_default(&rates);
    assert_true(rates.of[TICK_CHOICE_THREAD] > 0); // sound: on by itself
}

// What a seed draws is recorded in schedules and told to others: kinds are added at the end, and change nothing.
static void draws_are_for_ever(void **state) {
    (void)state;
    uint64_t sum = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct tick_random_chooser r;
        tick_random_init(&r, seed, NULL);
        for (uint32_t kind = 1; kind <= TICK_CHOICE_RESOLVE_WRONG; kind++)
            for (uint64_t k = 0; k < 100; k++)
                sum = tick_id_mix(sum, ask(&r.chooser, kind, k % 7 + 1, k, 10, JITTER));
    }
    assert_true(sum == 0x06025500ec37ce44);
}

static void taking_one_away_changes_no_other(void **state) {
    (void)state;
    struct tick_deviation list[50];
    struct tick_replay_chooser *replay;
    for (uint32_t i = 0; i < 50; i++)
        list[i] = (struct tick_deviation){tick_id_mix(1, i % 5), i, i % 8 + 1, 10, JITTER, TICK_CHOICE_DELIVERY};
    for (uint32_t gone = 0; gone < 50; gone++) {
        struct tick_deviation others[49];
        for (uint32_t i = 0, k = 0; i < 50; i++)
            if (i != gone)
                others[k++] = list[i];
        assert_int_equal(tick_replay_new(others, 49, &replay), 0);
        for (uint32_t i = 0; i < 50; i++)
            assert_int_equal(ask(tick_replay_chooser(replay), TICK_CHOICE_DELIVERY, list[i].subject, list[i].ordinal, 10, JITTER),
                i == gone ? 0 : list[i].value);
        tick_replay_free(replay);
    }
}

static void replay_answers_and_remembers(void **state) {
    (void)state;
    const struct tick_deviation list[] = {
        {7, 1, 3, 10, JITTER, TICK_CHOICE_DELIVERY}, {7, 1, 2, 4, 0, TICK_CHOICE_READY_HOLD}, {7, 2, 5, 10, JITTER, TICK_CHOICE_DELIVERY},
        {7, 1, 8, 10, JITTER, TICK_CHOICE_DELIVERY},                      // the address of the first: that one counts
        {0, 0, 1, 2, 0, TICK_CHOICE_FAULT_REFUSE}, {1, 1, 1, 2, 0, 200}, // no such kind
    };
    struct tick_replay_chooser *replay;
    assert_int_equal(tick_replay_new(list, 6, &replay), 0);
    struct tick_chooser *chooser = tick_replay_chooser(replay);
    assert_false(tick_is_calm(chooser->calm, TICK_CHOICE_DELIVERY));
    assert_false(tick_is_calm(chooser->calm, TICK_CHOICE_FAULT_REFUSE));
    assert_true(tick_is_calm(chooser->calm, TICK_CHOICE_HOST_LATE));
    assert_int_equal(ask(chooser, TICK_CHOICE_DELIVERY, 7, 1, 10, JITTER), 3);
    assert_int_equal(ask(chooser, TICK_CHOICE_READY_HOLD, 7, 1, 4, 0), 2);
    assert_int_equal(ask(chooser, TICK_CHOICE_READY_HOLD, 7, 1, 2, 0), 0); // out of range
    assert_int_equal(ask(chooser, TICK_CHOICE_DELIVERY, 8, 1, 10, JITTER), 0);
    assert_int_equal(ask(chooser, TICK_CHOICE_HOST_LATE, 7, 1, 10, JITTER), 0);
    assert_int_equal(ask(chooser, TICK_CHOICE_FAULT_REFUSE, 0, 0, 2, 0), 1);
    static const bool met[] = {true, true, false, false, true, false};
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(tick_replay_met(replay, i), met[i]);
    assert_int_equal(tick_replay_set(replay, list, 1), 0); // forgets what was met
    assert_false(tick_replay_met(replay, 0));
    assert_int_equal(ask(chooser, TICK_CHOICE_READY_HOLD, 7, 1, 4, 0), 0);
    assert_int_equal(tick_replay_set(replay, NULL, 0), 0);
    assert_int_equal(ask(chooser, TICK_CHOICE_DELIVERY, 7, 1, 10, JITTER), 0);
    tick_replay_free(replay);
    tick_replay_free(NULL);
}

static uint32_t written(int64_t delay, uint32_t n, int64_t most) {
    const struct tick_deviation d = {1, 1, 1, 0, delay, TICK_CHOICE_DELIVERY};
    struct tick_replay_chooser *replay;
    assert_int_equal(tick_replay_new(&d, 1, &replay), 0);
    uint32_t value = ask(tick_replay_chooser(replay), TICK_CHOICE_DELIVERY, 1, 1, n, most);
    tick_replay_free(replay);
    return value;
}

static void written_delays_are_resolved_when_met(void **state) {
    (void)state;
    assert_int_equal(written(30000000, 10, JITTER), 7);
    assert_int_equal(written(40000000, 10, JITTER), 8);
    assert_int_equal(written(45000000, 10, JITTER), 9); // 49 ms: the smallest not below
    assert_int_equal(written(1, 10, JITTER), 1);
    assert_int_equal(written(50000000, 10, JITTER), 0); // more than is allowed: calm
    assert_int_equal(written(1000000, 4, JITTER), 1);  // of 30, 40 and 49 ms
    assert_int_equal(written(40000000, 4, JITTER), 2);
    static const int64_t mosts[] = {1, 999, 1000, 1001, 5000, 1000000, 3000000, JITTER, 1000000000, 7777777777, 30000000000000};
    for (size_t i = 0; i < sizeof mosts / sizeof *mosts; i++) {
        uint32_t n = tick_scale_count(mosts[i]);
        for (uint32_t value = 1; value < n; value++)
            assert_int_equal(written(tick_scale_capped(value, mosts[i]), n, mosts[i]), value);
    }
}

static double ns_a_question(struct tick_chooser *chooser) {
    struct timespec a, b;
    double best = 1e9;
    uint32_t sum = 0;
    for (int round = 0; round < 5; round++) {
        clock_gettime(CLOCK_MONOTONIC, &a);
        for (uint32_t i = 0; i < 1000000; i++)
            sum += ask(chooser, TICK_CHOICE_DELIVERY, tick_id_mix(1, i & 3), i, 10, JITTER);
        clock_gettime(CLOCK_MONOTONIC, &b);
        double ns = (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
        best = ns < best ? ns : best;
        assert_true(sum < UINT32_MAX); // or the questions would not be asked
    }
    return best;
}

// A figure to look at; it fails only when something is badly wrong.
static void questions_are_cheap(void **state) {
    (void)state;
    struct tick_random_chooser r;
    uint64_t seed = 0;
    do
        tick_random_init(&r, seed++, NULL);
    while (r.threshold[TICK_CHOICE_DELIVERY] >> 16 != 6000);
    struct tick_replay_chooser *replay;
    assert_int_equal(tick_replay_new(NULL, 0, &replay), 0);
    double drawn = ns_a_question(&r.chooser), empty = ns_a_question(tick_replay_chooser(replay));
    print_message("random %.1f ns, empty replay %.1f ns a question\n", drawn, empty);
    assert_true(drawn < 1000 && empty < 1000);
    tick_replay_free(replay);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calm_is_always_calm),
        cmocka_unit_test(random_is_pure),
        cmocka_unit_test(random_stays_below_n),
        cmocka_unit_test(rate_zero_is_off_and_seeds_are_swarms),
        cmocka_unit_test(rates_are_kept),
        cmocka_unit_test(small_counts_are_likelier),
        cmocka_unit_test(threads_are_held_back_for_few_turns),
        cmocka_unit_test(draws_are_for_ever),
        cmocka_unit_test(taking_one_away_changes_no_other),
        cmocka_unit_test(replay_answers_and_remembers),
        cmocka_unit_test(written_delays_are_resolved_when_met),
        cmocka_unit_test(questions_are_cheap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
