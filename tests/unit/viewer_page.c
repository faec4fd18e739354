// A page's data: the run as it was told, beside the other, with nothing in it that could end the script it stands in.
// links: tick_viewer
#include "tests/support/stored.h"
#include "tests/unit/trace_story.h"
#include "trace/explain/hops.h"
#include "trace/writer.h"
#include "viewer/run_page.h"
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>
// last: it wants those above
#include <cmocka.h>

static const struct tick_trace_meta meta = {.scenario = "lost_update", .scenario_file = "lost_update.c", .chooser = "random", .seed = 6};

struct read { // a stored run
    struct tick_trace trace;
    struct tick__tale tale;
};

static void store(struct tick_recorder *recorder, const char *name, struct read *read) {
    struct tick_error error = {0};
    if (tick_trace_store(recorder, in_folder(name), &meta, &error) < 0 || tick_trace_open(in_folder(name), &read->trace, &error) < 0 ||
        tick__tale_read(&read->trace, &read->tale, &error) < 0)
        fail_msg("%s", error.text);
    tick_recorder_free(recorder);
}

static void told(int late, const char *name, struct read *read) {
    struct tick_recorder *recorder;
    assert_int_equal(tick_recorder_new(&recorder), 0);
    story_record(recorder, late);
    store(recorder, name, read);
}

static void close_all(struct read *reads, int count) {
    for (int i = 0; i < count; i++) {
        tick__tale_fini(&reads[i].tale);
        tick_trace_close(&reads[i].trace);
    }
}

// The data of a run, beside the second one where there is one.
static json_t *data_of(struct read *reads, int count, uint32_t most) {
    struct tick__story story = {0};
    struct tick__beside beside = {0};
    char *text = NULL;
    if (count > 1)
        assert_int_equal(tick__beside_init(&reads[0].tale, &reads[1].tale, &beside), 0);
    assert_int_equal(tick__story_tell(&reads[0].tale, count > 1 ? &beside : NULL, "in the good run", &story), 0);
    const struct tick_page page = {.run = &reads[0].tale,
        .good = count > 1 ? &reads[1].tale : NULL,
        .story = &story,
        .run_name = "run.db",
        .good_name = "good.db",
        .most_events = most};
    assert_int_equal(tick_page_data(&page, &text), 0);
    assert_null(strpbrk(text, "<>&"));
    json_t *data = json_loads(text, 0, NULL);
    assert_non_null(data);
    free(text);
    tick__story_fini(&story);
    tick__beside_fini(&beside);
    return data;
}

static const char *text_at(const json_t *object, const char *name) {
    return json_string_value(json_object_get(object, name));
}

static json_int_t number_at(const json_t *list, size_t i) {
    return json_integer_value(json_array_get(list, i));
}

static void the_run_is_in_it(void **state) {
    (void)state;
    struct read reads[2];
    told(1, "bad.db", &reads[0]);
    told(0, "good.db", &reads[1]);
    json_t *data = data_of(reads, 2, 0), *runs = json_object_get(data, "runs"), *bad = json_array_get(runs, 0);
    assert_int_equal(json_array_size(runs), 2);
    json_t *rows = json_object_get(bad, "rows"), *verdict = json_object_get(data, "verdict");
    assert_int_equal(json_array_size(json_object_get(rows, "ts")), reads[0].tale.last);
    assert_int_equal(json_array_size(json_object_get(rows, "place")), reads[0].tale.last);
    assert_int_equal(json_array_size(json_object_get(data, "twins")), reads[0].tale.last);
    assert_string_equal(text_at(verdict, "text"), "an increment was lost: 1");
    assert_string_equal(text_at(verdict, "seed"), "6");
    assert_int_equal(json_integer_value(json_object_get(verdict, "seq")), reads[0].tale.verdict);
    const json_t *decisions = json_object_get(data, "decisions"), *decision = json_array_get(decisions, 0);
    assert_int_equal(json_array_size(decisions), 1);
    assert_true(json_is_true(json_object_get(decision, "sound")));
    assert_string_equal(text_at(decision, "because"), "a production network does this");
    assert_true(json_integer_value(json_object_get(decision, "message")) >= 0);
    // Its verdict came of its chain, and both are the same until the decision.
    const json_t *chain = json_object_get(data, "chain"), *parting = json_object_get(data, "parting");
    assert_int_equal(number_at(chain, json_array_size(chain) - 1), reads[0].tale.verdict);
    assert_true(number_at(parting, 0) > json_integer_value(json_object_get(decision, "seq")));
    json_decref(data);
    close_all(reads, 2);
}

// Times are differences that add up; words are the explanations'.
static void events_are_told(void **state) {
    (void)state;
    struct read read;
    told(1, "bad.db", &read);
    json_t *data = data_of(&read, 1, 0), *rows = json_object_get(json_array_get(json_object_get(data, "runs"), 0), "rows");
    const json_t *strings = json_object_get(data, "strings");
    int64_t now = 0;
    for (uint32_t seq = 1; seq <= read.tale.last; seq++) {
        now += number_at(json_object_get(rows, "ts"), seq - 1);
        assert_int_equal(now, tick__tale_event(&read.tale, seq)->ts);
        assert_int_equal(number_at(json_object_get(rows, "kind"), seq - 1), tick__tale_event(&read.tale, seq)->kind);
        char say[420] = "", who[160] = "";
        tick__deed_say(&read.tale, seq, &TICK__SAID(say));
        tick__deed_who(&read.tale, seq, &TICK__SAID(who));
        const size_t said = (size_t)number_at(json_object_get(rows, "say"), seq - 1),
                     by = (size_t)number_at(json_object_get(rows, "who"), seq - 1);
        assert_string_equal(json_string_value(json_array_get(strings, said)), say);
        assert_string_equal(json_string_value(json_array_get(strings, by)), who);
    }
    assert_true(json_is_null(json_object_get(data, "parting")));
    json_decref(data);
    close_all(&read, 1);
}

// The last ones, and of who waits since before, the step behind which it does.
static void a_long_run_is_cut(void **state) {
    (void)state;
    struct read read;
    told(1, "bad.db", &read);
    json_t *data = data_of(&read, 1, 10), *run = json_array_get(json_object_get(data, "runs"), 0), *steps = json_object_get(run, "steps");
    const json_int_t first = json_integer_value(json_object_get(run, "first"));
    assert_int_equal(first, read.tale.last - 9);
    assert_int_equal(json_array_size(json_object_get(json_object_get(run, "rows"), "ts")), 10);
    assert_int_equal(json_array_size(steps) % 10, 0);
    bool before = false;
    for (size_t i = 2; i < json_array_size(steps); i += 10)
        before = before || number_at(steps, i) < first;
    assert_true(before);
    json_decref(data);
    close_all(&read, 1);
}

static void names_are_shown(void **state) {
    (void)state;
    struct tick_recorder *recorder;
    struct read read;
    assert_int_equal(tick_recorder_new(&recorder), 0);
    struct tick_probe *probe = tick_recorder_probe(recorder);
    const uint32_t host = story_host(probe, "a</script><script>alert(1)</script>");
    struct story_task task = story_task(probe, host, tick_id_host("a"), host, "\xe2\x80\xae\x1b[31m\xff", 1);
    story_step(probe, &task);
    story_end(probe, &task, TICK_STEP_RETURNED);
    tick_recorder_end(recorder, "check", "broken \x01 <!--");
    store(recorder, "hostile.db", &read);
    json_t *data = data_of(&read, 1, 0), *run = json_array_get(json_object_get(data, "runs"), 0);
    assert_string_equal(text_at(json_array_get(json_object_get(run, "hosts"), 0), "name"), "a</script><script>alert(1)</script>");
    assert_null(strstr(text_at(json_array_get(json_object_get(run, "tasks"), 0), "name"), "\x1b"));
    assert_string_equal(text_at(json_object_get(data, "verdict"), "text"), "broken \\x01 <!--");
    json_decref(data);
    close_all(&read, 1);
}

static void it_is_known_again(void **state) {
    (void)state;
    struct read read;
    struct tick__story story = {0};
    struct tick_error error = {0};
    told(1, "bad.db", &read);
    assert_int_equal(tick__story_tell(&read.tale, NULL, "in the good run", &story), 0);
    const struct tick_page page = {.run = &read.tale, .story = &story, .run_name = "bad.db", .good_name = ""};
    FILE *file = fopen(in_folder("page.html"), "w+");
    assert_non_null(file);
    assert_int_equal(tick_page_write(&page, file, &error), 0);
    assert_true(tick_page_is_own(fileno(file)));
    assert_int_equal(ftruncate(fileno(file), 20), 0);
    assert_false(tick_page_is_own(fileno(file)));
    fclose(file);
    tick__story_fini(&story);
    close_all(&read, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_run_is_in_it),
        cmocka_unit_test(events_are_told),
        cmocka_unit_test(a_long_run_is_cut),
        cmocka_unit_test(names_are_shown),
        cmocka_unit_test(it_is_known_again),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
