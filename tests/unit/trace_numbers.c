// Numbers run out: 32 bits for events and objects, 16 for places. The trace ends there, or goes on without places, and says so; the run
// does not notice, and its end is kept.
#include "tests/support/stored.h"
#include "trace/recorder_int.h"
#include "trace/ring.h"
#include "trace/writer.h"
#include <retick/time.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
// last: it wants the four above
#include <cmocka.h>

static const struct tick_trace_meta meta = {.scenario = "lost_update",
    .scenario_file = "scenarios/lost_update.c",
    .chooser = "random",
    .seed = 6,
    .schedule = "retick schedule 2\n"};

// Events of an object each: either has a number, which is the other's, too, until there are none.
static void tell(struct tick_recorder *recorder, uint32_t events) {
    struct tick_probe *probe = tick_recorder_probe(recorder);
    for (uint32_t k = 1; k <= events; k++) {
        const struct tick_object object = {.type = TICK_OBJECT_TIMER, .id = tick_id_mix(7, k), .kth = k};
        const uint32_t id = probe->ops->object(probe, &object);
        probe->now = k * TICK_SEC(1);
        const uint32_t seq = tick_emit(probe, TICK_EV_LOG, id, 0, k, NULL);
        if (seq != k && seq != 0)
            fail_msg("event %u has number %u", k, seq);
        assert_int_equal(id, seq);
    }
    tick_recorder_end(recorder, "check", "what was found");
}

static void assert_cut(const char *path, const struct tick_recorder *recorder, uint32_t events) {
    struct tick_trace trace;
    struct tick_error error;
    char note[300];
    if (tick_trace_open(path, &trace, &error) < 0)
        fail_msg("%s", error.text);
    const int64_t lost = number(&trace, "SELECT lost FROM gap");
    assert_in_range(trace.events, 5000, 8000);
    assert_int_equal(trace.events + (uint64_t)lost, events + 1);
    assert_int_equal(tick_recorder_events(recorder), events + 1);
    assert_int_equal(number(&trace, "SELECT count(*) FROM gap"), 1);
    assert_int_equal(number(&trace, "SELECT seq FROM gap"), trace.events); // the verdict alone comes behind it
    assert_in_range(
        number(&trace, "SELECT max(subject_id) FROM events"), trace.events, trace.events + 1); // the text's, after the last object
    assert_int_equal(
        number(&trace, "SELECT count(*) FROM events WHERE kind <> 34 AND (arg <> seq OR subject_id <> seq OR ts <> seq * 1000000000)"), 0);
    assert_int_equal(trace.ended_at, events * TICK_SEC(1));
    assert_string_equal(trace.state, "closed");
    assert_string_equal(trace.verdict, "check");
    assert_string_equal(trace.text, "what was found");
    snprintf(note, sizeof note, "%lld events are missing from event %llu on: a run of more than 4294963199 events or objects",
        (long long)lost, (unsigned long long)trace.events);
    assert_memory_equal(trace.note, note, strlen(note));
    uint8_t digest[16];
    tick_recorder_digest(recorder, digest);
    assert_memory_equal(trace.digest, digest, 16);
    tick_trace_close(&trace);
}

static void running_out_of_numbers_is_a_gap(void **state) {
    (void)state;
    static const uint32_t lengths[] = {9000, 12000, 40000};
    for (size_t i = 0; i < 3; i++) {
        struct tick_recorder *recorder;
        struct tick_error error;
        uint8_t digest[16], again[16];
        assert_int_equal(tick_recorder_new(&recorder), 0);
        recorder->numbers_most = 5000;
        tell(recorder, lengths[i]);
        assert_false(tick_recorder_is_whole(recorder));
        if (tick_trace_store(recorder, in_folder("numbers.db"), &meta, &error) < 0)
            fail_msg("%s", error.text);
        assert_cut(in_folder("numbers.db"), recorder, lengths[i]);
        tick_recorder_digest(recorder, digest);
        tick_recorder_reset(recorder); // the next run has all numbers again
        tell(recorder, lengths[i]);
        assert_true(tick_recorder_is_whole(recorder));
        tick_recorder_digest(recorder, again);
        assert_memory_not_equal(digest, again, 16);
        tick_recorder_reset(recorder);
        recorder->numbers_most = 5000;
        tell(recorder, lengths[i]);
        tick_recorder_digest(recorder, again);
        assert_memory_equal(digest, again, 16);
        tick_recorder_free(recorder);
    }
}

static void running_out_of_numbers_in_a_ring(void **state) {
    (void)state;
    struct tick_ring *ring;
    struct tick_error error;
    const char *path = in_folder("ring.db");
    assert_int_equal(tick_ring_create(path, 1 << 20, &ring, &error), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct tick_recorder *recorder;
        if (tick_recorder_new_ring(ring, &recorder) < 0)
            _exit(1);
        recorder->numbers_most = 5000;
        tell(recorder, 60000);
        tick_recorder_free(recorder);
        _exit(0);
    }
    int status;
    assert_true(tick_trace_drain(ring, child, path, &meta, &status, &error) >= 0);
    assert_int_equal(status, 0);
    tick_ring_unlink(ring);
    tick_ring_close(ring);
    struct tick_recorder *same; // in memory: the same run
    assert_int_equal(tick_recorder_new(&same), 0);
    same->numbers_most = 5000;
    tell(same, 60000);
    assert_cut(path, same, 60000);
    tick_recorder_free(same);
}

// Of more places than there are numbers for, those that come last are left out, and the trace says from where on.
static void running_out_of_places_is_a_gap(void **state) {
    (void)state;
    struct tick_recorder *recorder;
    struct tick_trace trace;
    struct tick_error error;
    const uint32_t places = UINT16_MAX + 10;
    struct tick_loc *loc = calloc(places, sizeof *loc);
    assert_non_null(loc);
    assert_int_equal(tick_recorder_new(&recorder), 0);
    struct tick_probe *probe = tick_recorder_probe(recorder);
    for (uint32_t k = 0; k < places; k++) {
        loc[k] = (struct tick_loc){"f", "f.c", (int)k + 1, NULL};
        tick_emit(probe, TICK_EV_LOG, 0, 0, k, &loc[k]);
    }
    tick_recorder_end(recorder, "pass", "");
    assert_false(tick_recorder_is_whole(recorder));
    if (tick_trace_store(recorder, in_folder("places.db"), &meta, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(tick_trace_open(in_folder("places.db"), &trace, &error), 0);
    assert_int_equal(trace.events, places + 1);
    assert_int_equal(number(&trace, "SELECT count(*) FROM locations"), UINT16_MAX);
    assert_int_equal(number(&trace, "SELECT count(*) FROM gap"), 1);
    assert_int_equal(number(&trace, "SELECT seq + lost FROM gap"), UINT16_MAX + 1);
    assert_int_equal(number(&trace, "SELECT count(*) FROM events WHERE loc_id IS NULL AND kind <> 34"), 10);
    assert_string_equal(
        trace.note, "places are missing from event 65536 on: a trace has numbers for 65535 places of a program: others are left out");
    tick_trace_close(&trace);
    tick_recorder_free(recorder);
    free(loc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(running_out_of_numbers_is_a_gap),
        cmocka_unit_test(running_out_of_numbers_in_a_ring),
        cmocka_unit_test(running_out_of_places_is_a_gap),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
