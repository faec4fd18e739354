// Identities: never 0, never equal by small changes of what they are made of, and the same for ever: the numbers below stand in recorded
// schedules.
#include <retick/id.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int compare(const void *a, const void *b) {
    tick_id x = *(const tick_id *)a, y = *(const tick_id *)b;
    return (x > y) - (x < y);
}

static void all_distinct(tick_id *ids, size_t count) {
    qsort(ids, count, sizeof *ids, compare);
    assert_int_not_equal(ids[0], 0);
    for (size_t i = 1; i < count; i++)
        assert_true(ids[i] != ids[i - 1]);
}

static void mixing_gives_no_zero_and_no_collision(void **state) {
    (void)state;
    enum { SIDE = 256 };
    static tick_id ids[SIDE * SIDE];
    for (uint64_t a = 0; a < SIDE; a++)
        for (uint64_t b = 0; b < SIDE; b++)
            ids[a * SIDE + b] = tick_id_mix(a, b);
    all_distinct(ids, SIDE * SIDE);
}

// The finaliser maps exactly 0 to 0, which a = 0 and the b that cancels its constant give.
static void the_input_that_hashes_to_zero_gives_one(void **state) {
    (void)state;
    assert_int_equal(tick_id_mix(0, 0 - 0x9e3779b97f4a7c15u), 1);
}

static void one_bit_changes_about_half_of_the_bits(void **state) {
    (void)state;
    for (int bit = 0; bit < 64; bit++) {
        int flipped_a = 0, flipped_b = 0;
        for (uint64_t i = 1; i <= 64; i++) {
            tick_id from = tick_id_mix(i, i * 31);
            flipped_a += __builtin_popcountll(from ^ tick_id_mix(i ^ (uint64_t)1 << bit, i * 31));
            flipped_b += __builtin_popcountll(from ^ tick_id_mix(i, i * 31 ^ (uint64_t)1 << bit));
        }
        assert_in_range(flipped_a, 64 * 24, 64 * 40);
        assert_in_range(flipped_b, 64 * 24, 64 * 40);
    }
}

static void a_maker_numbers_its_children_by_type(void **state) {
    (void)state;
    struct tick_maker maker = {.id = tick_id_host("server")}, other = {.id = tick_id_host("client")};
    tick_id ids[2 * (TICK_OBJECT_TYPES - 1) * 100];
    size_t count = 0;
    for (int round = 1; round <= 100; round++)
        for (int type = 1; type < TICK_OBJECT_TYPES; type++) {
            uint32_t k = 0;
            ids[count++] = tick_maker_next(&maker, (enum tick_object_type)type, &k);
            assert_int_equal(k, round);
            ids[count++] = tick_maker_next(&other, (enum tick_object_type)type, NULL);
        }
    assert_int_equal(maker.made[TICK_OBJECT_TASK], 100);
    assert_int_equal(other.made[TICK_OBJECT_USER], 100);
    all_distinct(ids, count);
}

static void one_types_count_does_not_move_anothers(void **state) {
    (void)state;
    struct tick_maker maker = {.id = 42}, same = {.id = 42};
    for (int i = 0; i < 10; i++)
        tick_maker_next(&maker, TICK_OBJECT_TIMER, NULL);
    assert_true(tick_maker_next(&maker, TICK_OBJECT_TASK, NULL) == tick_maker_next(&same, TICK_OBJECT_TASK, NULL));
}

static void names_parts_and_keys(void **state) {
    (void)state;
    tick_id parent = tick_id_host("a"), link = tick_id_mix(parent, TICK_OBJECT_CONNECTION);
    tick_id ids[] = {
        parent,
        tick_id_host("b"),
        tick_id_host(""),
        tick_id_text("a"),
        tick_id_text(""),
        tick_id_text("aa"),
        tick_id_text("\xff"),
        tick_id_task(parent, "key", 1),
        tick_id_task(parent, "key", 2),
        tick_id_task(parent, "kez", 1),
        tick_id_task(tick_id_host("b"), "key", 1),
        link,
        tick_id_part(link, TICK_OUT),
        tick_id_part(link, TICK_IN),
        tick_id_part(link, TICK_NEAR),
        tick_id_part(link, TICK_FAR),
    };
    all_distinct(ids, sizeof ids / sizeof *ids);
    assert_true(tick_id_text("same") == tick_id_text("same"));
}

static void object_numbers_never_change(void **state) {
    (void)state;
    static const struct {
        int number, expected;
        const char *word, *expected_word;
    } objects[] = {
#define ROW(name, number, word) {name, number, word, word},
        TICK_OBJECTS(ROW)
#undef ROW
    };
    enum { OBJECTS = sizeof objects / sizeof *objects };
    assert_true(OBJECTS >= 16);
    for (int i = 0; i < OBJECTS; i++) {
        assert_int_equal(objects[i].number, i + 1);
        assert_true(objects[i].number < TICK_OBJECT_TYPES);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(objects[i].word, objects[k].word);
    }
    assert_int_equal(TICK_OBJECT_HOST, 1);
    assert_int_equal(TICK_OBJECT_TASK, 2);
    assert_int_equal(TICK_OBJECT_CONNECTION, 7);
    assert_int_equal(TICK_OBJECT_USER, 16);
}

// Computed by another program (Python), from the definitions.
static void ids_are_the_same_for_ever(void **state) {
    (void)state;
    assert_true(tick_id_mix(0, 0) == 0xe220a8397b1dcdafu);
    assert_true(tick_id_mix(1, 2) == 0xf5194781c17251a0u);
    assert_true(tick_id_mix(UINT64_MAX, UINT64_MAX) == 0xcc735aa47177e80cu);
    assert_true(tick_id_text("") == 0xb34ceb87fb0a87f6u);
    assert_true(tick_id_text("server") == 0x9354e7338e67fa10u);
    assert_true(tick_id_host("server") == 0x0b6c103fccaedfadu);
    assert_true(tick_id_task(7, "serve", 3) == 0x4a6b81c37b4daaecu);
    assert_true(tick_id_part(7, TICK_IN) == 0xba119a2d3ad32d55u);
    struct tick_maker maker = {.id = 7};
    assert_true(tick_maker_next(&maker, TICK_OBJECT_TIMER, NULL) == 0xe491968b2a97fca7u);
}

static void a_place_is_static(void **state) {
    (void)state;
    const struct tick_loc *places[2];
    for (int i = 0; i < 2; i++)
        places[i] = TICK_HERE("here");
    int line = __LINE__ - 1;
    assert_ptr_equal(places[0], places[1]);
    assert_string_equal(places[0]->function, "a_place_is_static");
    assert_string_equal(places[0]->name, "here");
    assert_non_null(strstr(places[0]->file, "base_ids.c"));
    assert_int_equal(places[0]->line, line);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mixing_gives_no_zero_and_no_collision),
        cmocka_unit_test(the_input_that_hashes_to_zero_gives_one),
        cmocka_unit_test(one_bit_changes_about_half_of_the_bits),
        cmocka_unit_test(a_maker_numbers_its_children_by_type),
        cmocka_unit_test(one_types_count_does_not_move_anothers),
        cmocka_unit_test(names_parts_and_keys),
        cmocka_unit_test(object_numbers_never_change),
        cmocka_unit_test(ids_are_the_same_for_ever),
        cmocka_unit_test(a_place_is_static),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
