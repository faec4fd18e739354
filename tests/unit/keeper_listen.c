// What a guest tells comes to a probe as if that had been told itself: numbers, order, bytes, places; whatever the ring's size; and what
// was told before a program died, or wrote into its keeper's ring, is there.
// links: tick_guest tick_keeper tick_trace
#include "sim/guest/tell_int.h"
#include "sim/keeper/listen.h"
#include "trace/recorder.h"
#include <dlfcn.h>
#include <errno.h>
#include <retick/error.h>
#include <retick/time.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
// last: it wants the four above
#include <cmocka.h>

#define SMALL (4 * TICK_TOLD_MOST)

static struct tick_guest_told *told;
static struct tick__listener *listener;

static void room_taken(struct tick_guest_told *ring, bool full) { // both sides are this process, or the other is its parent
    if (full && listener)
        tick__listen_take(listener);
    else if (full)
        usleep(200);
    (void)ring;
}

static char bytes[100000];

static int set_up(void **state) {
    (void)state;
    memset(bytes, 'x', sizeof bytes);
    told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return told == MAP_FAILED || tick__listen_new(told, SMALL, &listener) < 0 ? -1 : 0;
}

static int tear_down(void **state) {
    (void)state;
    tick__guest_tell_stop();
    tick__listen_free(listener);
    return munmap(told, sizeof *told);
}

// In a child, which is the guest.
static void forget_listener(void) {
    tick__listen_free(listener);
    listener = NULL;
}

// --- a run, told to any probe ---

static uint64_t dice;

static uint32_t any(uint32_t below) {
    dice = tick_id_mix(dice, 1);
    return (uint32_t)(dice % below);
}

static void tell_some(struct tick_probe *probe, uint32_t *objects, uint32_t *events) {
    probe->host = *objects ? 1 : 0;
    probe->task = *objects ? any(*objects) + 1 : 0;
    probe->here = *events ? any(*events) + 1 : 0;
    probe->now += any(1000) ? any(100000) : TICK_NEVER / 1000000;
    const size_t count = any(30) ? any(200) : any(sizeof bytes);
    const struct tick_deviation deviation = {
        .subject = any(50), .ordinal = any(9), .value = 1 + any(3), .n = 9, .most = 5000, .kind = (uint8_t)(1 + any(30))};
    char key[400];
    snprintf(key, sizeof key, "%.*s", (int)any(300), "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk");
    const struct tick_object object = {.type = (enum tick_object_type)(1 + any(TICK_OBJECT_TYPES - 1)),
        .id = any(50),
        .parent = *objects ? any(*objects) : 0,
        .host = probe->host,
        .key = any(2) ? key : NULL,
        .kth = any(9),
        .ordinal = any(99)};
    uint32_t number;
    switch (any(8)) {
    case 0:
        number = probe->ops->object(probe, &object);
        assert_int_equal(number, ++*objects);
        break;
    case 1:
        bytes[count] = '\0';
        number = probe->ops->text(probe, bytes);
        bytes[count] = 'x';
        assert_int_equal(number, ++*objects);
        break;
    case 2:
        if (*objects)
            probe->ops->payload(probe, any(*objects) + 1, bytes, count);
        break;
    case 3:
        if (*objects)
            probe->ops->written(probe, any(*objects) + 1, any(5000), bytes, count);
        break;
    case 4:
        number = probe->ops->choice(probe, &deviation);
        assert_int_equal(number, ++*events);
        break;
    default:
        number = tick_emit(
            probe, (enum tick_event_kind)(1 + any(TICK_EVENT_KINDS - 1)), *objects ? any(*objects) : 0, probe->here, any(99), NULL);
        assert_int_equal(number, ++*events);
        break;
    }
}

static void tell(struct tick_probe *probe, uint64_t seed, uint32_t calls, uint32_t *objects, uint32_t *events) {
    dice = seed;
    for (uint32_t i = 0; i < calls; i++)
        tell_some(probe, objects, events);
}

struct digests {
    uint8_t events[16], contents[16];
    uint64_t count;
};

static struct digests end_of(struct tick_recorder *recorder) {
    struct digests digests;
    struct tick_probe *probe = tick_recorder_probe(recorder);
    probe->now = 7;
    probe->host = probe->task = probe->here = 0; // what a run ends in is told apart
    tick_recorder_end(recorder, "check", "the end");
    tick_recorder_digest(recorder, digests.events);
    tick_recorder_contents(recorder, digests.contents);
    digests.count = tick_recorder_events(recorder);
    tick_recorder_reset(recorder);
    return digests;
}

static struct tick_recorder *recorder_new(void) {
    struct tick_recorder *recorder;
    assert_int_equal(tick_recorder_new(&recorder), 0);
    return recorder;
}

static void assert_same(const struct digests *a, const struct digests *b) {
    assert_int_equal(a->count, b->count);
    assert_memory_equal(a->events, b->events, 16);
    assert_memory_equal(a->contents, b->contents, 16);
}

static void assert_whole(void) {
    const char *trouble;
    if (tick__listen_end(listener, &trouble) < 0)
        fail_msg("%s", trouble);
    assert_string_equal(trouble, "");
}

static void what_is_told_is_what_a_recorder_is_told(void **state) {
    (void)state;
    struct tick_recorder *recorder = recorder_new();
    for (uint64_t seed = 1; seed <= 20; seed++) {
        uint32_t objects = 0, events = 0;
        tell(tick_recorder_probe(recorder), seed, 600, &objects, &events);
        const struct digests direct = end_of(recorder);
        objects = events = 0;
        tick__listen_begin(listener, tick_recorder_probe(recorder));
        tick__guest_tell_to(told, room_taken);
        tell(tick__guest_probe, seed, 600, &objects, &events);
        assert_whole();
        assert_true(events > 200);
        const struct digests played = end_of(recorder);
        assert_same(&direct, &played);
    }
    tick_recorder_free(recorder);
}

// What the probe of a run knows at its end: what a verdict comes of.
static void a_run_ends_in_the_step_that_was_told_last(void **state) {
    (void)state;
    struct tick_recorder *recorder = recorder_new();
    struct tick_probe *probe = tick_recorder_probe(recorder);
    tick__listen_begin(listener, probe);
    tick__guest_tell_to(told, room_taken);
    struct tick_probe *guest = tick__guest_probe;
    const struct tick_object host = {.type = TICK_OBJECT_HOST, .id = 1}, task = {.type = TICK_OBJECT_TASK, .id = 2, .parent = 1, .host = 1};
    guest->host = guest->ops->object(guest, &host);
    guest->task = guest->ops->object(guest, &task);
    guest->now = 12;
    const uint32_t step = tick_emit(guest, TICK_EV_STEP_BEGIN, guest->task, 0, 0, NULL);
    tick_emit(guest, TICK_EV_LOG, 0, step, 0, NULL);
    tick__listen_take(listener);
    assert_int_equal(probe->now, 12);
    assert_int_equal(probe->host, 1);
    assert_int_equal(probe->task, 2);
    assert_int_equal(probe->here, step);
    tick_emit(guest, TICK_EV_STEP_END, guest->task, step, 0, NULL);
    tick__listen_take(listener);
    assert_int_equal(probe->here, 0);
    assert_int_equal(probe->task, 0);
    assert_whole();
    tick_recorder_free(recorder);
}

// --- before the snapshot ---

static void every_run_begins_with_what_was_told_before_it(void **state) {
    (void)state;
    struct tick_recorder *recorder = recorder_new();
    uint32_t objects = 0, events = 0;
    tell(tick_recorder_probe(recorder), 5, 300, &objects, &events);
    tell(tick_recorder_probe(recorder), 6, 300, &objects, &events);
    const struct digests direct = end_of(recorder);

    // As a snapshot goes: each run is a child of the process that told of the way there, and goes on from its numbers.
    objects = events = 0;
    tick__guest_tell_to(told, room_taken);
    dice = 5;
    for (int i = 0; i < 300; i++)
        tell_some(tick__guest_probe, &objects, &events);
    for (int run = 0; run < 3; run++) {
        fflush(NULL);
        tick__listen_begin(listener, run == 1 ? NULL : tick_recorder_probe(recorder));
        const pid_t pid = fork();
        if (pid == 0) {
            forget_listener();
            dice = 6;
            for (int i = 0; i < 300; i++)
                tell_some(tick__guest_probe, &objects, &events);
            _exit(0);
        }
        int status;
        while (waitpid(pid, &status, WNOHANG) == 0) {
            tick__listen_take(listener);
            usleep(50);
        }
        assert_int_equal(status, 0);
        assert_whole();
        if (run == 1)
            continue;
        const struct digests played = end_of(recorder);
        assert_same(&direct, &played);
    }
    tick_recorder_free(recorder);
}

static void another_process_has_told_nothing_yet(void **state) {
    (void)state;
    struct tick_recorder *recorder = recorder_new();
    tick__guest_tell_to(told, room_taken);
    tick_emit(tick__guest_probe, TICK_EV_LOG, 0, 0, 0, NULL);
    tick__listen_take(listener);
    tick_emit(tick__guest_probe, TICK_EV_LOG, 0, 0, 0, NULL);
    tick__listen_anew(listener);
    tick__guest_tell_to(told, room_taken);
    tick_emit(tick__guest_probe, TICK_EV_LOG, 0, 0, 0, NULL);
    for (int run = 0; run < 2; run++) {
        tick__listen_begin(listener, tick_recorder_probe(recorder));
        assert_whole();
        assert_int_equal(tick_recorder_events(recorder), 1);
        tick_recorder_reset(recorder);
    }
    tick_recorder_free(recorder);
}

// --- a full ring ---

// The guest is another process, and slower or faster than its keeper.
static void who_finds_it_full_waits(void **state) {
    (void)state;
    struct tick_recorder *recorder = recorder_new();
    uint32_t objects = 0, events = 0;
    tell(tick_recorder_probe(recorder), 9, 4000, &objects, &events);
    const struct digests direct = end_of(recorder);
    tick__listen_begin(listener, tick_recorder_probe(recorder));
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
        objects = events = 0;
        forget_listener();
        tick__guest_tell_to(told, room_taken);
        tell(tick__guest_probe, 9, 4000, &objects, &events);
        _exit(0);
    }
    int status, takes = 0;
    for (; waitpid(pid, &status, WNOHANG) == 0; takes++) {
        tick__listen_take(listener);
        usleep(takes % 2 ? 0 : 500);
    }
    assert_int_equal(status, 0);
    assert_whole();
    const struct digests played = end_of(recorder);
    assert_same(&direct, &played);
    tick_recorder_free(recorder);
}

static unsigned half, fulls;

static void count(struct tick_guest_told *ring, bool full) {
    (void)ring;
    half += !full;
    fulls += full;
    if (full)
        tick__listen_take(listener);
}

static void the_keeper_is_told_once_when_half_of_it_is_used(void **state) {
    (void)state;
    struct tick_recorder *recorder = recorder_new();
    tick__listen_begin(listener, tick_recorder_probe(recorder));
    tick__guest_tell_to(told, count);
    const unsigned fit = SMALL / sizeof(struct tick_told_event);
    for (unsigned i = 0; i < fit - 1; i++)
        tick_emit(tick__guest_probe, TICK_EV_LOG, 0, 0, i, NULL);
    assert_int_equal(half, 1);
    assert_int_equal(fulls, 0);
    tick__listen_take(listener);
    for (unsigned i = 0; i < fit - 1; i++)
        tick_emit(tick__guest_probe, TICK_EV_LOG, 0, 0, i, NULL);
    assert_int_equal(half, 2);
    for (unsigned i = 0; i < 3; i++)
        tick_emit(tick__guest_probe, TICK_EV_LOG, 0, 0, i, NULL);
    assert_int_equal(fulls, 1);
    assert_int_equal(half, 2);
    assert_whole();
    tick_recorder_free(recorder);
}

// --- a guest that dies ---

static void die_after(uint32_t events, bool in_pieces) {
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
        forget_listener();
        tick__guest_tell_to(told, room_taken);
        const struct tick_object object = {.type = TICK_OBJECT_MESSAGE, .id = 4};
        const uint32_t message = tick__guest_probe->ops->object(tick__guest_probe, &object);
        for (uint32_t i = 0; i < events; i++)
            tick_emit(tick__guest_probe, TICK_EV_LOG, 0, i, i, NULL);
        if (in_pieces) {
            struct tick_told_bytes *record = tick__guest_tell_room(sizeof *record + 100, TICK_TOLD_PIECE);
            record->all = 200;
            record->count = 100;
            record->subject = message;
            tick__guest_tell_publish();
        }
        struct tick_told_event *record = tick__guest_tell_room(sizeof *record, TICK_TOLD_EVENT);
        record->head.detail = TICK_EV_MARK; // never published
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

static void who_dies_in_the_midst_of_a_record_has_told_those_before_it(void **state) {
    (void)state;
    struct tick_recorder *recorder = recorder_new();
    for (int in_pieces = 0; in_pieces < 2; in_pieces++) {
        tick__listen_begin(listener, tick_recorder_probe(recorder));
        die_after(100, in_pieces);
        assert_whole();
        assert_int_equal(tick_recorder_events(recorder), 100);
        assert_int_equal(tick__listen_events(listener), 100);
        tick_recorder_reset(recorder);
    }
    tick_recorder_free(recorder);
}

// --- damage ---

static void tell_numbered(uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        tick_emit(tick__guest_probe, TICK_EV_LOG, 0, i, i, NULL);
}

static struct tick_told_event *last_event(void) {
    return (struct tick_told_event *)(told->bytes + ((atomic_load(&told->head) - sizeof(struct tick_told_event)) & (SMALL - 1)));
}

static void spoil_kind(void) {
    last_event()->head.detail = TICK_EVENT_KINDS;
}
static void spoil_what(void) {
    last_event()->head.what = 77;
}
static void spoil_size(void) {
    last_event()->head.size = 4;
}
static void spoil_length(void) {
    last_event()->head.size = 4096;
}
static void spoil_place(void) {
    last_event()->head.place = 1;
}
static void spoil_host(void) {
    last_event()->host = 5;
}
static void spoil_task(void) {
    last_event()->task = 5;
}
static void spoil_subject(void) {
    last_event()->subject = 5;
}
static void spoil_cause(void) {
    last_event()->cause = 50;
}
static void spoil_head(void) {
    atomic_fetch_add(&told->head, 5 * SMALL);
}
static void spoil_pad(void) {
    last_event()->head.what = TICK_TOLD_PAD;
    last_event()->head.size = 1 << 30;
}
static void spoil_text(void) {
    struct tick_told_bytes *record = (struct tick_told_bytes *)last_event();
    record->head.what = TICK_TOLD_TEXT;
    record->all = record->count = 5000;
}
static void spoil_piece(void) {
    struct tick_told_bytes *record = (struct tick_told_bytes *)last_event();
    record->head.what = TICK_TOLD_PAYLOAD;
    record->count = 1;
    record->all = 5000;
    record->subject = 0;
}
static void spoil_object(void) {
    struct tick_told_object *record = (struct tick_told_object *)last_event();
    record->head.what = TICK_TOLD_OBJECT;
    record->head.detail = TICK_OBJECT_TYPES;
}
static void spoil_key(void) {
    struct tick_told_object *record = (struct tick_told_object *)last_event();
    record->head.what = TICK_TOLD_OBJECT;
    record->head.detail = TICK_OBJECT_TASK;
    record->parent = record->host = 0;
    record->key = 3000;
}

static void what_is_damaged_is_said_in_words_and_loses_nothing_before_it(void **state) {
    (void)state;
    static void (*const spoils[])(void) = {spoil_kind, spoil_what, spoil_size, spoil_length, spoil_place, spoil_host, spoil_task,
        spoil_subject, spoil_cause, spoil_head, spoil_pad, spoil_text, spoil_piece, spoil_object, spoil_key};
    struct tick_recorder *recorder = recorder_new();
    for (size_t i = 0; i < sizeof spoils / sizeof *spoils; i++) {
        const char *trouble;
        tick__listen_begin(listener, tick_recorder_probe(recorder));
        tick__guest_tell_to(told, room_taken);
        tell_numbered(20);
        spoils[i]();
        if (tick__listen_end(listener, &trouble) != TICK_EFORMAT)
            fail_msg("damage %zu was not found", i);
        const bool all = spoils[i] == spoil_head; // where records lie is not known any more
        const uint32_t kept = all ? 0 : 19;
        char start[100];
        snprintf(start, sizeof start, "what the program told of itself is damaged after event %u: ", kept);
        assert_memory_equal(trouble, start, strlen(start));
        assert_int_equal(tick_recorder_events(recorder), kept);
        // The next run is none the worse.
        tick_recorder_reset(recorder);
        tick__listen_begin(listener, tick_recorder_probe(recorder));
        tick__guest_tell_to(told, room_taken);
        tell_numbered(7);
        assert_whole();
        assert_int_equal(tick_recorder_events(recorder), 7);
        tick_recorder_reset(recorder);
    }
    tick_recorder_free(recorder);
}

static void damage_before_the_first_run_is_every_runs(void **state) {
    (void)state;
    struct tick_recorder *recorder = recorder_new();
    tick__guest_tell_to(told, room_taken);
    tell_numbered(20);
    spoil_size();
    for (int run = 0; run < 3; run++) {
        const char *trouble;
        tick__listen_begin(listener, run == 1 ? NULL : tick_recorder_probe(recorder));
        tick__guest_tell_to(told, room_taken);
        const int code = tick__listen_end(listener, &trouble);
        assert_int_equal(code, run == 1 ? 0 : TICK_EFORMAT);
        assert_string_equal(
            trouble, run == 1 ? "" : "what the program told of itself is damaged after event 19: what comes before its first wait");
        assert_int_equal(tick_recorder_events(recorder), run == 1 ? 0 : 19);
        tick_recorder_reset(recorder);
    }
    tick_recorder_free(recorder);
}

static void whatever_is_written_into_the_ring_nothing_breaks(void **state) {
    (void)state;
    struct tick_recorder *recorder = recorder_new();
    unsigned found = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        uint32_t objects = 0, events = 0;
        tick__listen_begin(listener, tick_recorder_probe(recorder));
        tick__guest_tell_to(told, room_taken);
        tell(tick__guest_probe, seed, 80, &objects, &events);
        for (uint32_t i = any(8); i; i--)
            told->bytes[any(SMALL)] ^= (char)(1u << any(8));
        found += tick__listen_end(listener, NULL) < 0;
        (void)end_of(recorder);
    }
    assert_in_range(found, 20, 400);
    tick_recorder_free(recorder);
}

// --- places ---

struct places_probe {
    struct tick_probe probe;
    const struct tick_loc *loc[64];
    uint32_t events;
};

static uint32_t note_event(struct tick_probe *self, const struct tick_event *event) {
    struct places_probe *p = (struct places_probe *)self;
    p->loc[p->events] = event->loc;
    return ++p->events;
}

static const struct tick_probe_ops note_ops = {.event = note_event};

static void here(void) {}

static void assert_place(const struct tick_loc *loc, void (*fn)(void), const char *name) {
    Dl_info info;
    char words[400];
    assert_non_null(loc);
    assert_true(dladdr((void *)(uintptr_t)fn, &info));
    const char *slash = strrchr(loc->file, '/');
    assert_non_null(slash);
    snprintf(words, sizeof words, "%s+0x%zx", slash + 1, (size_t)((uintptr_t)fn - (uintptr_t)info.dli_fbase));
    assert_string_equal(loc->function, words);
    assert_string_equal(loc->name, name);
    assert_int_equal(loc->line, 0);
}

static void a_place_is_a_file_and_how_far_it_is_in_that(void **state) {
    (void)state;
    struct places_probe places = {.probe.ops = &note_ops};
    void *made = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int run = 0; run < 2; run++) {
        places.events = 0;
        tick__listen_begin(listener, &places.probe);
        tick__guest_tell_to(told, room_taken);
        assert_int_equal(tick__guest_place_of(NULL, "nowhere"), 0);
        const uint16_t mine = tick__guest_place_of((const void *)(uintptr_t)here, "recv");
        static const char recv[] = "send";
        const uint16_t other = tick__guest_place_of((const void *)(uintptr_t)here, recv);
        const uint16_t libcs = tick__guest_place_of((const void *)(uintptr_t)strtoul, NULL), generated = tick__guest_place_of(made, NULL);
        assert_int_equal(mine, 1);
        assert_int_equal(other, 2);
        assert_int_equal(tick__guest_place_of((const void *)(uintptr_t)here, recv), other);
        const uint16_t numbers[] = {mine, libcs, 0, generated, other};
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
            tick__guest_tell_at(TICK_EV_WAIT_BEGIN, 0, 0, 0, numbers[i]);
        assert_whole();
        assert_int_equal(places.events, 5);
        assert_place(places.loc[0], here, "recv");
        assert_place(places.loc[4], here, "send");
        assert_place(places.loc[1], (void (*)(void))strtoul, "");
        assert_non_null(strstr(places.loc[1]->file, "libc"));
        assert_null(places.loc[2]);
        assert_string_equal(places.loc[3]->function, "generated code");
        assert_string_equal(places.loc[3]->file, "");
    }
    assert_ptr_equal(
        places.loc[0], tick__spot_of(places.loc[0]->file, (uint64_t)strtoull(strchr(places.loc[0]->function, '+') + 1, NULL, 16), "recv"));
    munmap(made, 4096);
}

static void there_may_be_many_places(void **state) {
    (void)state;
    struct places_probe places = {.probe.ops = &note_ops};
    tick__listen_begin(listener, &places.probe);
    tick__guest_tell_to(told, room_taken);
    uint32_t given = 0;
    for (uintptr_t i = 0; i < TICK_TOLD_PLACES + 10; i++)
        given += tick__guest_place_of((const char *)((uintptr_t)here + i), "recv") == (i < TICK_TOLD_PLACES ? i + 1 : 0);
    assert_int_equal(given, TICK_TOLD_PLACES + 10);
    assert_whole();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_told_is_what_a_recorder_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_run_ends_in_the_step_that_was_told_last, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_run_begins_with_what_was_told_before_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_process_has_told_nothing_yet, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damage_before_the_first_run_is_every_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_finds_it_full_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_keeper_is_told_once_when_half_of_it_is_used, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_dies_in_the_midst_of_a_record_has_told_those_before_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_damaged_is_said_in_words_and_loses_nothing_before_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(whatever_is_written_into_the_ring_nothing_breaks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_place_is_a_file_and_how_far_it_is_in_that, set_up, tear_down),
        cmocka_unit_test_setup_teardown(there_may_be_many_places, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
