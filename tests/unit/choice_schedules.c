// Schedules as text: round trips, what people write, bad lines, sentences.
#include "sim/choice/choosers.h"
#include "sim/choice/kinds_int.h"
#include "sim/choice/names.h"
#include "sim/choice/schedule.h"
#include "tests/support/scarce.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define JITTER ((int64_t)49000000)

struct world {
    struct tick_names *names;
    tick_id alice, main_task, out, in, near, far, timer, handler, coin, connection, udp, log, lookup;
};

static uint32_t tell(struct tick_names *names, enum tick_object_type type, tick_id id, uint32_t parent, const char *key, uint32_t kth) {
    struct tick_probe *probe = tick_names_probe(names);
    return probe->ops->object(probe, &(struct tick_object){.type = type, .id = id, .parent = parent, .key = key, .kth = kth});
}

static int set_up(void **state) {
    static struct world w;
    *state = &w;
    if (tick_names_new(&w.names) < 0)
        return -1;
    w.alice = tick_id_host("alice");
    uint32_t alice = tell(w.names, TICK_OBJECT_HOST, w.alice, 0, "alice", 1);
    w.main_task = tick_id_task(w.alice, "main", 1);
    uint32_t main_task = tell(w.names, TICK_OBJECT_TASK, w.main_task, alice, "main", 1);
    w.connection = tick_id_named(w.main_task, TICK_OBJECT_CONNECTION, tick_id_host("server"), 1);
    uint32_t connection = tell(w.names, TICK_OBJECT_CONNECTION, w.connection, main_task, "server", 1);
    w.out = tick_id_part(w.connection, TICK_OUT);
    uint32_t out = tell(w.names, TICK_OBJECT_DIRECTION, w.out, connection, NULL, TICK_OUT);
    w.in = tick_id_part(w.connection, TICK_IN);
    tell(w.names, TICK_OBJECT_DIRECTION, w.in, connection, NULL, TICK_IN);
    w.near = tick_id_part(w.connection, TICK_NEAR);
    tell(w.names, TICK_OBJECT_FD, w.near, connection, NULL, TICK_NEAR);
    w.far = tick_id_part(w.connection, TICK_FAR);
    tell(w.names, TICK_OBJECT_FD, w.far, connection, NULL, TICK_FAR);
    w.handler = tick_id_task(w.connection, "serve", 1);
    tell(w.names, TICK_OBJECT_TASK, w.handler, connection, "serve", 1);
    w.timer = tick_id_mix(tick_id_mix(w.main_task, TICK_SORT_DEADLINE), 1);
    tell(w.names, TICK_OBJECT_TIMER, w.timer, main_task, "deadline", 1);
    w.coin = tick_id_task(w.main_task, "coin", 1);
    tell(w.names, TICK_OBJECT_USER, w.coin, main_task, "coin", 1);
    w.udp = tick_id_mix(tick_id_mix(w.main_task, TICK_SORT_UDP), 1);
    tell(w.names, TICK_OBJECT_FD, w.udp, main_task, "udp", 1);
    w.lookup = tick_id_named(w.main_task, TICK_OBJECT_LOOKUP, tick_id_text("db"), 1);
    tell(w.names, TICK_OBJECT_LOOKUP, w.lookup, main_task, "db", 1);
    const tick_id root = tick_id_disk(w.alice), data = tick_id_file(root, "data", 1);
    uint32_t directory = tell(w.names, TICK_OBJECT_FILE, data, tell(w.names, TICK_OBJECT_FILE, root, alice, NULL, 1), "data", 1);
    w.log = tick_id_file(data, "log", 2);
    tell(w.names, TICK_OBJECT_FILE, w.log, directory, "log", 2);
    struct tick_probe *probe = tick_names_probe(w.names);
    uint32_t message = probe->ops->object(probe, &(struct tick_object){.type = TICK_OBJECT_MESSAGE, .parent = out, .ordinal = 12});
    tick_emit(probe, TICK_EV_MSG_SEND, message, 0, 17, NULL);
    return 0;
}

static int tear_down(void **state) {
    tick_names_free(((struct world *)*state)->names);
    return 0;
}

static void lines_and_words(void **state) {
    const struct world *w = *state;
    const struct {
        struct tick_deviation d;
        const char *line, *words;
    } cases[] = {
        {{w->out, 12, 7, 10, JITTER, TICK_CHOICE_DELIVERY}, "delivery alice→server @12 +30ms",
            "the 17 bytes that alice sent to server from byte 12 on arrive 30 ms late"},
        {{w->out, 99, 9, 10, JITTER, TICK_CHOICE_DELIVERY}, "delivery alice→server @99 +49ms",
            "what alice sent to server from byte 99 on arrives 49 ms late"},
        {{w->in, 0, 1, 10, JITTER, TICK_CHOICE_DELIVERY}, "delivery alice←server @0 +1us",
            "the handshake that server sent to alice arrives 1 us late"},
        {{w->in, 0, 2, 3, 1500, TICK_CHOICE_DELIVERY}, "delivery alice←server @0 +1500ns",
            "the handshake that server sent to alice arrives 1500 ns late"},
        {{w->timer, 0, 6, 10, JITTER, TICK_CHOICE_POLL_LATE}, "poll_late alice:deadline @0 +10ms",
            "the deadline of alice fires 10 ms late"},
        {{w->far, 3, 2, 4, 0, TICK_CHOICE_READY_HOLD}, "ready_hold alice→server:far @3 2 polls",
            "server sees that alice's connection to server is ready for the 3rd time, 2 polls late"},
        {{w->far, 17, 1, 9, 0, TICK_CHOICE_SHORT_RECV}, "short_recv alice→server:far @17 1 bytes",
            "server receives only 1 of 9 bytes on alice's connection to server, behind 16 bytes"},
        {{w->far, 17, 18, 31, 0, TICK_CHOICE_SHORT_RECV}, "short_recv alice→server:far @17 -3 bytes",
            "server receives all but 3 bytes of what it could on alice's connection to server, behind 16 bytes"},
        {{w->near, 0, 3, 9, 0, TICK_CHOICE_SHORT_SEND}, "short_send alice→server:near @0 3 bytes",
            "alice sends only 3 of 9 bytes on alice's connection to server"},
        {{w->near, 1, 3, 16, 0, TICK_CHOICE_SHORT_SEND}, "short_send alice→server:near @1 3 bytes",
            "alice sends only 3 bytes of what it could on alice's connection to server"},
        {{w->near, 3, 1, 0, 0, TICK_CHOICE_SHORT_SEND}, "short_send alice→server:near @3 1 bytes",
            "alice sends only 1 byte of what it could on alice's connection to server, behind 2 bytes"},
        {{w->connection, 0, 1, 2, 0, TICK_CHOICE_FAULT_REFUSE}, "refuse alice→server:conn @0 yes",
            "alice's connection to server is refused"},
        {{w->out, 5, 1, 2, 0, TICK_CHOICE_FAULT_RESET}, "reset alice→server @5 yes", "alice's connection to server is reset at byte 5"},
        {{w->far, 2, 10, 12, 3000000000, TICK_CHOICE_HOST_LATE}, "host_late alice→server:far @2 +1s",
            "server goes on 1 s late, when alice's connection to server is ready for the 2nd time"},
        {{w->far, 0, 7, 12, JITTER, TICK_CHOICE_HOST_LATE}, "host_late alice→server:far @0 +30ms",
            "server goes on 30 ms late, when alice's connection to server has come in"},
        {{w->near, 11, 7, 12, JITTER, TICK_CHOICE_HOST_LATE}, "host_late alice→server:near @11 +30ms",
            "alice goes on 30 ms late, when alice's connection to server is ready for the 11th time"},
        {{w->udp, 3, 7, 12, JITTER, TICK_CHOICE_HOST_LATE}, "host_late alice:udp @3 +30ms",
            "who waits for it goes on 30 ms late, when the 3rd datagram of alice:udp is there"},
        {{w->udp, 2, 7, 10, JITTER, TICK_CHOICE_DELIVERY}, "delivery alice:udp @2 +30ms",
            "the 2nd datagram of alice:udp arrives 30 ms late"},
        {{w->udp, 2 | TICK_DOUBLED, 1, 2, 0, TICK_CHOICE_AGAIN}, "again alice:udp @9223372036854775810 yes",
            "the second copy of the 2nd datagram of alice:udp is dropped when it is received"},
        {{w->udp, 2, 1, 2, 0, TICK_CHOICE_LOSS}, "loss alice:udp @2 =1", "the 2nd datagram of alice:udp is lost"},
        {{w->log, 2 * TICK_DISK_OPS + 1, 1, 2, 0, TICK_CHOICE_DISK_ERROR}, "disk_error alice:/data/log#2 @17 yes",
            "the 2nd read of alice:/data/log#2 fails: the disk is at fault"},
        {{w->log, 1, 1, 2, 0, TICK_CHOICE_DISK_SYNC}, "disk_sync alice:/data/log#2 @1 yes",
            "the 1st sync of alice:/data/log#2 fails, and what it was to write is lost"},
        {{w->log, ((uint64_t)1 << TICK_DISK_LIFE_SHIFT) + 3, 2, 9, 0, TICK_CHOICE_DISK_KEPT},
            "disk_kept alice:/data/log#2 @1099511627779 =2",
            "page 3 of alice:/data/log#2 keeps 2 sectors that nobody had synced when the host crashed for the 2nd time"},
        {{w->log, (uint64_t)1 << TICK_DISK_CHANGE_SHIFT, 1, 2, 0, TICK_CHOICE_DISK_KEPT}, "disk_kept alice:/data/log#2 @33554432 =1",
            "the 2nd change of the name of alice:/data/log#2 is kept that nobody had synced when the host crashed for the 1st time"},
        {{w->lookup, 2, 1, 2, 0, TICK_CHOICE_RESOLVE_FAIL}, "resolve_fail alice:lookup.db @2 yes",
            "the 2nd look-up of db by alice gets no answer"},
        {{w->handler, 12, 4, 10, JITTER, TICK_CHOICE_STEP_COST}, "step_cost alice→server/serve @12 +1ms",
            "the 12th step of server/serve for alice takes 1 ms"},
        {{w->coin, 22, 7, 9, 0, TICK_CHOICE_USER}, "user alice/coin @22 =7", "coin in alice gives 7, the 22nd time that it is drawn"},
        {{w->main_task, 2, 1, 2, 0, TICK_CHOICE_CANCEL}, "cancel alice/main @2 yes", "alice is cancelled where it waits for the 2nd time"},
        {{w->timer, 1, 2, 4, 0, TICK_CHOICE_DISPLACE}, "displace alice:deadline @1 2 pops",
            "alice:deadline is held back while 2 other callbacks run"},
        {{w->handler, 3, 2, 4, 0, TICK_CHOICE_THREAD}, "thread alice→server/serve @3 2 pops",
            "server/serve for alice is held back for 2 turns of other threads, when it is ready for the 3rd time"},
        {{w->main_task, 1, 1, 4, 0, TICK_CHOICE_THREAD}, "thread alice/main @1 1 pops",
            "alice is held back for 1 turn of other threads, when it is ready for the 1st time"},
        {{0x1234, 1, 2, 9, 0, TICK_CHOICE_SHORT_RECV}, "short_recv id:0000000000001234 @1 2 bytes",
            "a receive on id:0000000000001234 moves only 2 of 9 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        assert_int_equal(tick_deviation_line(&cases[i].d, w->names, text, sizeof text), strlen(cases[i].line));
        assert_string_equal(text, cases[i].line);
        assert_int_equal(tick_deviation_words(&cases[i].d, w->names, text, sizeof text), strlen(cases[i].words));
        assert_string_equal(text, cases[i].words);
        tick_deviation_words(&cases[i].d, NULL, text, sizeof text); // must only be sane
        assert_true(strlen(text) > 10);
    }
}

static void assert_equal(const struct tick_deviation *a, const struct tick_deviation *b) { // the padding does not count
    assert_true(a->subject == b->subject && a->ordinal == b->ordinal && a->value == b->value && a->n == b->n && a->most == b->most &&
                a->kind == b->kind);
}

static char *write_out(const struct tick_schedule *schedule, const struct tick_names *names) {
    char *text;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    assert_int_equal(tick_schedule_write(schedule, names, file), 0);
    fclose(file);
    return text;
}

static int read_in(const char *text, struct tick_schedule *schedule, struct tick_error *error) {
    FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    assert_non_null(file);
    int rc = tick_schedule_read(file, "a.schedule", schedule, error);
    fclose(file);
    return rc;
}

static void round_trip(const struct world *w, const struct tick_names *names) {
    struct tick_schedule schedule, back;
    struct tick_error error;
    const tick_id subjects[] = {w->out, w->in, w->far, w->timer, w->handler, 0x7777, w->alice};
    tick_schedule_init(&schedule, "lost_update");
    assert_int_equal(tick_schedule_set_cflags(&schedule, "-DFAST '-Isome # where'"), 0);
    assert_int_equal(tick_schedule_set_program(&schedule, "--match 'a # b' -- ./app 7"), 0);
    schedule.expect = TICK_EXPECT_FAILS;
    for (uint32_t i = 0; i < 200; i++) {
        uint32_t kind = i % (TICK_CHOICE_KINDS - 1) + 1, n = 1000;
        const bool timed = tick__kind_unit(kind) == TICK_UNIT_TIME, yes = tick__kind_unit(kind) == TICK_UNIT_YES;
        int64_t most = timed ? JITTER + i : 0;
        n = timed ? tick_scale_count(most) : yes ? 2 : 1000;
        const struct tick_deviation d = {subjects[i % 7], (uint64_t)i << (i % 40), i % (n - 1) + 1, n, most, (uint8_t)kind};
        assert_int_equal(tick_schedule_add(&schedule, &d), 0);
    }
    char *text = write_out(&schedule, names);
    assert_int_equal(read_in(text, &back, &error), 0);
    assert_string_equal(back.scenario, "lost_update");
    assert_int_equal(back.version, TICK_CHOICE_VERSION);
    assert_string_equal(back.cflags, "-DFAST '-Isome # where'");
    assert_string_equal(back.program, "--match 'a # b' -- ./app 7");
    assert_int_equal(back.expect, TICK_EXPECT_FAILS);
    assert_int_equal(back.count, schedule.count);
    struct tick_schedule copy;
    assert_int_equal(tick_schedule_copy(&copy, &back), 0);
    assert_string_equal(copy.cflags, back.cflags);
    assert_string_equal(copy.program, back.program);
    assert_int_equal(tick_schedule_set_program(&copy, "./app\nscenario other"), 0);
    assert_null(copy.program);
    assert_int_equal(copy.expect, back.expect);
    assert_int_equal(tick_schedule_set_cflags(&copy, "-DA\nscenario other"), 0); // would be two lines
    assert_null(copy.cflags);
    tick_schedule_fini(&copy);
    struct tick_replay_chooser *replay;
    assert_int_equal(tick_replay_new(back.deviations, back.count, &replay), 0);
    struct tick_chooser *chooser = tick_replay_chooser(replay);
    for (size_t i = 0; i < schedule.count; i++) {
        const struct tick_deviation *d = &schedule.deviations[i];
        assert_int_equal(chooser->ops->choose(chooser, d->kind, d->subject, d->ordinal, d->n, d->most), d->value);
    }
    tick_replay_free(replay);
    char *again = write_out(&back, NULL); // what was read is written as it was
    struct tick_schedule third;
    assert_int_equal(read_in(again, &third, &error), 0);
    char *thrice = write_out(&third, NULL);
    assert_string_equal(again, thrice);
    assert_int_equal(third.count, back.count);
    for (size_t i = 0; i < back.count; i++)
        assert_equal(&third.deviations[i], &back.deviations[i]);
    free(text);
    free(again);
    free(thrice);
    tick_schedule_fini(&third);
    tick_schedule_fini(&back);
    tick_schedule_fini(&schedule);
}

static void text_round_trips(void **state) {
    round_trip(*state, ((const struct world *)*state)->names);
    round_trip(*state, NULL);
}

// Names that people and programs might give, and ones that mean harm.
struct hostile {
    uint64_t random;
    char name[1200];
};

static uint32_t draw(struct hostile *h, uint32_t n) {
    h->random = tick_id_mix(h->random, 1);
    return (uint32_t)((h->random >> 32) % n);
}

static const char *hostile_name(struct hostile *h, uint32_t most) {
    static const char *const parts[] = {"/", ":", "#", "%", "<", ">", "->", "<-", "\xe2\x86\x92", "\xe2\x86\x90", "\xe2", "\x86", "\x92",
        "\n", "\r", "\t", " ", " # ", "@1", "=7", "+3ms", "\x01", "\x7f", "\xff", "\"", "'", "\\", ".", "..", "main", "host", "id:", "conn",
        "lookup.", "\nuser h/x @1 =7", "retick schedule 2", "%00", "%0a", "-", "gr\xc3\xb6\xc3\x9f", "x"};
    uint32_t length = 0, count = draw(h, 12) ? draw(h, 6) : most;
    for (; count; count--) {
        const char *part = parts[draw(h, sizeof parts / sizeof *parts)];
        if (length + strlen(part) > most)
            break;
        memcpy(h->name + length, part, strlen(part));
        length += (uint32_t)strlen(part);
    }
    h->name[length] = 0;
    return h->name;
}

// An object below `parent`, of a type that a choice may be about: what the run-time would make of it.
static tick_id hostile_child(struct hostile *h, struct tick_names *names, tick_id parent, uint32_t object) {
    const uint32_t k = draw(h, 3) + 1;
    uint32_t k_part;
    tick_id id;
    switch (draw(h, 6)) {
    case 0:
        id = tick_id_task(parent, hostile_name(h, 1100), 1);
        tell(names, TICK_OBJECT_USER, id, object, h->name, 1);
        return id;
    case 1:
        id = tick_id_named(parent, TICK_OBJECT_LOOKUP, tick_id_text(hostile_name(h, 63)), 1);
        tell(names, TICK_OBJECT_LOOKUP, id, object, h->name, 1);
        return id;
    case 2:
        id = tick_id_named(parent, TICK_OBJECT_CONNECTION, tick_id_host(hostile_name(h, 63)), k);
        object = tell(names, TICK_OBJECT_CONNECTION, id, object, h->name, k);
        k_part = draw(h, 4) + 1;
        id = tick_id_part(id, (enum tick_connection_part)k_part);
        tell(names, k_part <= TICK_IN ? TICK_OBJECT_DIRECTION : TICK_OBJECT_FD, id, object, NULL, k_part);
        return id;
    case 3:
        id = tick_id_named(parent, TICK_OBJECT_WAIT, tick_id_text(""), 1);
        tell(names, TICK_OBJECT_WAIT, id, object, "", 1);
        return id;
    case 4:
        id = tick_id_mix(tick_id_mix(parent, tick_id_sort(TICK_OBJECT_TIMER, hostile_name(h, 100))), k);
        tell(names, TICK_OBJECT_TIMER, id, object, h->name, k);
        return id;
    default:
        id = tick_id_mix(tick_id_mix(parent, TICK_SORT_UDP), k);
        tell(names, TICK_OBJECT_FD, id, object, "udp", k);
        return id;
    }
}

static tick_id hostile_file(struct hostile *h, struct tick_names *names, tick_id host, uint32_t object) {
    tick_id id = tick_id_disk(host);
    object = tell(names, TICK_OBJECT_FILE, id, object, NULL, 1);
    for (uint32_t depth = draw(h, 4); depth; depth--) {
        const uint32_t k = draw(h, 3) + 1;
        id = tick_id_file(id, hostile_name(h, 255), k);
        object = tell(names, TICK_OBJECT_FILE, id, object, h->name, k);
    }
    return id;
}

static void hostile_names_round_trip(void **state) {
    (void)state;
    struct hostile h = {.random = 11};
    const int rounds = scarce_rounds(4000);
    size_t by_path = 0;
    for (int round = 0; round < rounds; round++) {
        struct tick_names *names;
        struct tick_schedule schedule, back;
        struct tick_error error;
        assert_int_equal(tick_names_new(&names), 0);
        tick_id host = tick_id_host(hostile_name(&h, 63)), subject;
        uint32_t host_object = tell(names, TICK_OBJECT_HOST, host, 0, h.name, 1);
        if (draw(&h, 4) == 0) {
            subject = hostile_file(&h, names, host, host_object);
        } else {
            tick_id task = tick_id_task(host, "main", 1);
            uint32_t object = tell(names, TICK_OBJECT_TASK, task, host_object, "main", 1);
            for (uint32_t depth = draw(&h, 3); depth; depth--) {
                const uint32_t k = draw(&h, 3) + 1;
                task = tick_id_task(task, hostile_name(&h, 600), k);
                object = tell(names, TICK_OBJECT_TASK, task, object, h.name, k);
            }
            subject = hostile_child(&h, names, task, object);
        }
        tick_schedule_init(&schedule, "hostile");
        const uint32_t kinds = TICK_CHOICE_KINDS - 1;
        for (uint32_t kind = 1; kind <= kinds; kind++) { // whatever the words say of it
            const bool timed = tick__kind_unit(kind) == TICK_UNIT_TIME;
            const struct tick_deviation d = {subject, kind + 8, 1, timed ? tick_scale_count(JITTER) : 9, timed ? JITTER : 0, (uint8_t)kind};
            assert_int_equal(tick_schedule_add(&schedule, &d), 0);
        }
        char *text = write_out(&schedule, names);
        if (read_in(text, &back, &error) != 0)
            fail_msg("round %d: %s", round, error.text);
        assert_int_equal(back.count, kinds);
        for (uint32_t i = 0; i < kinds; i++)
            if (back.deviations[i].subject != subject || back.deviations[i].kind != i + 1 || back.deviations[i].ordinal != i + 9)
                fail_msg("round %d: leads elsewhere: %s", round, back.words[i]);
        char path[32];
        by_path += tick_names_path(names, subject, path, sizeof path) != 19 || strncmp(path, "id:", 3) != 0;
        free(text);
        tick_schedule_fini(&back);
        tick_schedule_fini(&schedule);
        tick_names_free(names);
    }
    assert_true(by_path > (size_t)rounds * 3 / 4); // and not by hiding behind numbers
}

static void text_as_written(void **state) {
    const struct world *w = *state;
    struct tick_schedule schedule;
    tick_schedule_init(&schedule, "lost_update");
    assert_int_equal(tick_schedule_add(&schedule, &(const struct tick_deviation){w->out, 12, 7, 10, JITTER, TICK_CHOICE_DELIVERY}), 0);
    assert_int_equal(tick_schedule_add(&schedule, &(const struct tick_deviation){5, 1, 1, 2, 0, TICK_CHOICE_FAULT_REFUSE}), 0);
    char *text = write_out(&schedule, w->names);
    assert_string_equal(text, "retick schedule 2\nscenario lost_update\n"
                              "delivery alice→server @12 +30ms  # the 17 bytes that alice sent to server from byte 12 on arrive 30 ms late\n"
                              "refuse id:0000000000000005 @1 yes\n");
    free(text);
    tick_schedule_fini(&schedule);
}

static void people_may_write(void **state) {
    const struct world *w = *state;
    struct tick_schedule s, copy;
    struct tick_error error;
    assert_int_equal(read_in("# why\n\n  retick schedule 2   # head\r\nscenario  x\n\tdelivery  alice->server\t@12 40ms # late\n"
                             "refuse alice→server:conn @0\nready_hold alice→server#1:far @3 1 poll\nuser alice/coin @1 5\n"
                             "delivery alice->server @13 +2µs\nhost_late alice @18446744073709551615 +9223372036s",
                         &s, &error),
        0);
    assert_int_equal(s.count, 6);
    assert_string_equal(s.scenario, "x");
    assert_true(s.deviations[0].subject == w->out && s.deviations[0].ordinal == 12 && s.deviations[0].n == 0);
    assert_true(s.deviations[0].most == 40000000 && s.deviations[0].value == 8);
    assert_string_equal(s.words[0], "delivery  alice->server\t@12 40ms");
    assert_true(s.deviations[1].subject == w->connection && s.deviations[1].value == 1);
    assert_true(s.deviations[2].subject == w->far && s.deviations[2].value == 1);
    assert_true(s.deviations[3].subject == w->coin && s.deviations[3].value == 5);
    assert_true(s.deviations[4].most == 2000);
    assert_true(s.deviations[5].ordinal == UINT64_MAX);
    assert_int_equal(tick_schedule_copy(&copy, &s), 0);
    assert_int_equal(copy.count, 6);
    assert_string_equal(copy.words[0], s.words[0]);
    for (size_t i = 0; i < 6; i++)
        assert_equal(&copy.deviations[i], &s.deviations[i]);
    tick_schedule_fini(&copy);
    tick_schedule_fini(&s);
    tick_schedule_fini(&s); // harmless
}

static void bad_lines(void **state) {
    (void)state;
    static const struct {
        const char *line, *reason;
    } cases[] = {
        {"late alice @1 +1ms", "a kind of choice"},
        {"delivery", "what it happens to"},
        {"delivery alice//x @1 +1ms", "what it happens to"},
        {"delivery alice 12 +1ms", "the occasion"},
        {"delivery alice @ +1ms", "the occasion"},
        {"delivery alice @1x +1ms", "the occasion"},
        {"delivery alice @18446744073709551616 +1ms", "the occasion"},
        {"delivery alice @1", "a delay"},
        {"delivery alice @1 +1", "a delay"},
        {"delivery alice @1 +1 ms", "a delay"},
        {"delivery alice @1 +1h", "a delay"},
        {"delivery alice @1 -1ms", "a delay"},
        {"delivery alice @1 +1.5ms", "a delay"},
        {"delivery alice @1 +0ms", "a delay above 0"},
        {"delivery alice @1 +9223372037s", "a shorter delay"},
        {"delivery alice @1 +1ms more", "nothing after"},
        {"ready_hold alice @1 0 polls", "a count such as \"2 polls\""},
        {"ready_hold alice @1 2 bytes", "a count such as \"2 polls\""},
        {"ready_hold alice @1 2", "a count such as \"2 polls\""},
        {"short_recv alice @1 16 bytes", "a count such as \"1 bytes\""},
        {"disk_short alice @1 -1 bytes", "a count such as \"1 bytes\""},
        {"short_recv alice @1 x bytes", "a count such as \"1 bytes\""},
        {"short_recv alice @1 4294967296 bytes", "a count such as \"1 bytes\""},
        {"displace alice @1 1 byte", "a count such as \"2 pops\""},
        {"refuse alice @1 no", "\"yes\""},
        {"refuse alice @1 yes yes", "nothing after"},
        {"user alice @1 =0", "a value such as =3"},
        {"user alice @1", "a value such as =3"},
        {"scenario again", "one scenario"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512], where[64];
        struct tick_schedule s;
        struct tick_error error = {0};
        snprintf(text, sizeof text, "retick schedule 2\nscenario x\ndelivery alice @1 +1ms\n# fine\n%s\n", cases[i].line);
        assert_int_equal(read_in(text, &s, &error), TICK_EFORMAT);
        assert_int_equal(error.code, TICK_EFORMAT);
        snprintf(where, sizeof where, "a.schedule:5: expected %s", cases[i].reason);
        if (strncmp(error.text, where, strlen(where)) != 0 || !strstr(error.text, cases[i].line))
            fail_msg("%s: %s", cases[i].line, error.text);
        assert_int_equal(s.count, 0);
    }
}

static void bad_heads(void **state) {
    (void)state;
    struct tick_schedule s;
    struct tick_error error;
    static const char *const texts[] = {"\n", "# only\n", "scenario x\n", "retick schedule\n", "retick schedule 0\n", "retick schedule x\n",
        "delivery alice @1 +1ms\n", "retick schedule 2 2\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(read_in(texts[i], &s, &error), TICK_EFORMAT);
    assert_int_equal(read_in("retick schedule 3\n", &s, &error), TICK_EFORMAT);
    assert_string_equal(error.text, "a.schedule:1: this schedule is of version 3, and this retick knows 2: update retick");
    assert_int_equal(read_in("retick schedule 1\n", &s, &error), 0);
    assert_int_equal(s.version, 1);
    tick_schedule_fini(&s);
    char longest[9000];
    memset(longest, 'x', sizeof longest);
    memcpy(longest, "retick schedule 2\n", 18);
    longest[sizeof longest - 1] = 0;
    assert_int_equal(read_in(longest, &s, &error), TICK_EFORMAT);
    assert_int_equal(read_in("retick schedule 2\nscenario 0123456789012345678901234567890123456789012345678901234567890123\n", &s, &error),
        TICK_EFORMAT);
    assert_int_equal(read_in("retick schedule 2\n", &s, NULL), 0);
    tick_schedule_fini(&s);
}

static void each_kind_has_a_sentence(void **state) {
    (void)state;
    char text[256];
    for (uint32_t kind = 0; kind <= TICK_CHOICE_KINDS; kind++) {
        const struct tick_deviation d = {.subject = 7, .ordinal = 1, .value = 1, .n = 2, .most = 1000, .kind = (uint8_t)kind};
        assert_true(tick_deviation_words(&d, NULL, text, sizeof text) > 0);
        const bool unknown = strstr(text, ": a choice of an unknown kind") != NULL;
        assert_int_equal(unknown, kind == 0 || kind == TICK_CHOICE_KINDS);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_has_a_sentence),
        cmocka_unit_test_setup_teardown(lines_and_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(text_round_trips, set_up, tear_down),
        cmocka_unit_test(hostile_names_round_trip),
        cmocka_unit_test_setup_teardown(text_as_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(people_may_write, set_up, tear_down),
        cmocka_unit_test(bad_lines),
        cmocka_unit_test(bad_heads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
