// Answers as data: each way gives what its choosers give, from run to run in one place, and from a copy in another process as well.
#include "sim/choice/answers.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MOST 49000000

static const struct tick_deviation list[] = {
    {7, 1, 3, 10, MOST, TICK_CHOICE_DELIVERY}, {7, 40, 2, 10, MOST, TICK_CHOICE_DELIVERY}, {9, 5, 1, 4, 0, TICK_CHOICE_READY_HOLD}};

static uint32_t ask(struct tick_chooser *chooser, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    return tick_is_calm(chooser->calm, kind) ? 0 : chooser->ops->choose(chooser, kind, subject, ordinal, n, most);
}

static struct tick_chooser *opened(struct tick_answering *answering, const struct tick_answers *answers, const struct tick_probe *probe) {
    struct tick_chooser *chooser = NULL;
    assert_int_equal(tick_answering_open(answering, answers, probe, &chooser), 0);
    return chooser;
}

static void are_drawn(struct tick_chooser *chooser, uint64_t seed, const struct tick_rates *rates) {
    struct tick_random_chooser random;
    uint32_t some = 0;
    tick_random_init(&random, seed, rates);
    for (uint64_t i = 1; i < 2000; i++) {
        const uint32_t value = ask(&random.chooser, TICK_CHOICE_DELIVERY, 7, i, 10, MOST);
        assert_int_equal(ask(chooser, TICK_CHOICE_DELIVERY, 7, i, 10, MOST), value);
        some += value > 0;
    }
    assert_true(some > 0);
}

static void are_listed(struct tick_chooser *chooser) {
    for (uint64_t i = 1; i < 100; i++) {
        assert_int_equal(ask(chooser, TICK_CHOICE_DELIVERY, 7, i, 10, MOST), i == 1 ? 3 : i == 40 ? 2 : 0);
        assert_int_equal(ask(chooser, TICK_CHOICE_READY_HOLD, 9, i, 4, 0), i == 5);
    }
}

static uint64_t busy_seed(void) { // that delays
    struct tick_random_chooser random;
    uint64_t seed = 1;
    do
        tick_random_init(&random, seed++, NULL);
    while (random.threshold[TICK_CHOICE_DELIVERY] < 1u << 28);
    return seed - 1;
}

static void each_way_in_turn(void **state) {
    (void)state;
    struct tick_answering answering;
    struct tick_answers drawn = {0}, often = {0}, listed = {.count = 3, .deviations = list}, calm = {0};
    struct tick_rates rates;
    const uint64_t seed = busy_seed();
    tick_rates_default(&rates);
    rates.of[TICK_CHOICE_DELIVERY] = 40000;
    tick_answers_seed(&drawn, seed, NULL);
    tick_answers_seed(&often, seed, &rates);
    assert_int_equal(calm.way, TICK_ANSWERS_LISTED);
    tick_answering_init(&answering);
    for (int i = 0; i < 3; i++) {
        are_drawn(opened(&answering, &drawn, NULL), seed, NULL);
        are_drawn(opened(&answering, &often, NULL), seed, &rates);
        are_listed(opened(&answering, &listed, NULL));
        assert_true(opened(&answering, &calm, NULL)->calm == UINT64_MAX);
    }
    tick_answering_fini(&answering);
    tick_answering_fini(&answering);
}

static void onward_from_an_event(void **state) {
    (void)state;
    struct tick_answering answering;
    struct tick_probe probe = {.acted = 10};
    struct tick_answers answers = {.count = 3, .deviations = list, .upto = 10};
    struct tick_chooser *chooser = NULL;
    const uint64_t seed = busy_seed();
    tick_answers_seed(&answers, seed, NULL);
    answers.way = TICK_ANSWERS_ONWARD;
    tick_answering_init(&answering);
    assert_int_equal(tick_answering_open(&answering, &answers, NULL, &chooser), -ENOMEM);
    chooser = opened(&answering, &answers, &probe);
    are_listed(chooser);
    probe.acted = 11;
    are_drawn(chooser, seed, NULL);
    tick_answering_fini(&answering);
}

static void questions_are_noted(void **state) {
    (void)state;
    struct tick_answering answering;
    struct tick_deviation noted[4];
    uint32_t count = 99;
    const struct tick_answers answers = {.way = TICK_ANSWERS_NOTED,
        .count = 3,
        .deviations = list,
        .room = 4,
        .kinds = (uint64_t)1 << TICK_CHOICE_DELIVERY,
        .questions = noted,
        .asked = &count};
    tick_answering_init(&answering);
    struct tick_chooser *chooser = opened(&answering, &answers, NULL);
    assert_int_equal(count, 0);
    are_listed(chooser);
    assert_int_equal(count, 4); // of 97
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(noted[i].kind, TICK_CHOICE_DELIVERY);
        assert_int_equal(noted[i].ordinal, i + 2);
        assert_int_equal(noted[i].value, 0);
    }
    tick_answering_fini(&answering);
}

static void a_copy_answers_alike(void **state) {
    (void)state;
    struct tick_answering answering;
    struct tick_deviation there[3];
    struct tick_answers answers = {.count = 3, .deviations = list}, copy;
    memcpy(&copy, &answers, sizeof copy);
    memcpy(there, list, sizeof there);
    copy.deviations = there;
    tick_answering_init(&answering);
    are_listed(opened(&answering, &copy, NULL));
    const uint64_t seed = busy_seed();
    tick_answers_seed(&answers, seed, NULL);
    memcpy(&copy, &answers, sizeof copy);
    memset(&answers, 0xff, sizeof answers);
    are_drawn(opened(&answering, &copy, NULL), seed, NULL);
    tick_answering_fini(&answering);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_way_in_turn),
        cmocka_unit_test(onward_from_an_event),
        cmocka_unit_test(questions_are_noted),
        cmocka_unit_test(a_copy_answers_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
