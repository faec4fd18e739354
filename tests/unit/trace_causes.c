// What an event came of beside its cause: runs told by hand, and what deriving makes of them.
#include "tests/support/folder.h"
#include "tests/unit/trace_story.h"
#include "trace/reader.h"
#include "trace/writer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
// last: it wants the four above
#include <cmocka.h>

static char folder[64], path[128];
static struct tick_recorder *recorder;
static struct tick_probe *probe;
static struct tick_trace trace;
static uint32_t client_host, server_host;
static struct story_task client, server;
static struct story_link link_;

static int make_folder(void **state) {
    (void)state;
    snprintf(path, sizeof path, "%s/run.db", folder_make(folder, sizeof folder) == 0 ? folder : "");
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    return folder_remove(folder);
}

static int begin(void **state) {
    (void)state;
    assert_int_equal(tick_recorder_new(&recorder), 0);
    probe = tick_recorder_probe(recorder);
    probe->now = 0;
    client_host = story_host(probe, "client");
    client = story_task(probe, client_host, tick_id_host("client"), client_host, "main", 1);
    server_host = story_host(probe, "server");
    server = story_task(probe, server_host, tick_id_host("server"), server_host, "main", 1);
    story_step(probe, &client);
    link_ = story_connect(probe, &client, "server");
    link_.sent_out = link_.sent_in = 1;
    return 0;
}

static int end(void **state) {
    (void)state;
    tick_trace_close(&trace);
    tick_recorder_free(recorder);
    return 0;
}

static void store(void) {
    struct tick_error error = {0};
    tick_recorder_end(recorder, "check", "broken");
    if (tick_trace_store(recorder, path, &(struct tick_trace_meta){.scenario = "s", .chooser = "calm"}, &error) < 0 ||
        tick_trace_open(path, &trace, &error) < 0)
        fail_msg("%s", error.text);
}

static int64_t number(const char *sql, int64_t a, int64_t b) {
    sqlite3_stmt *row;
    assert_int_equal(sqlite3_prepare_v2(trace.db, sql, -1, &row, NULL), SQLITE_OK);
    sqlite3_bind_int64(row, 1, a);
    sqlite3_bind_int64(row, 2, b);
    const int64_t value = sqlite3_step(row) == SQLITE_ROW ? sqlite3_column_int64(row, 0) : -1;
    sqlite3_finalize(row);
    return value;
}

// The causes of an event, "" for none: "read 12, took 14".
static void check_causes(uint32_t seq, const char *expected, uint32_t a, uint32_t b) {
    sqlite3_stmt *row;
    char wanted[64];
    snprintf(wanted, sizeof wanted, expected, a, b);
    assert_int_equal(
        sqlite3_prepare_v2(trace.db,
            "SELECT coalesce(group_concat(how || ' ' || cause_seq, ', '), '') FROM (SELECT * FROM causes WHERE seq = ? ORDER BY cause_seq)",
            -1, &row, NULL),
        SQLITE_OK);
    sqlite3_bind_int64(row, 1, seq);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(row, 0), wanted);
    sqlite3_finalize(row);
}

static void check_all(int64_t rows) {
    assert_int_equal(number("SELECT count(*) FROM causes", 0, 0), rows);
    assert_int_equal(number("SELECT count(*) FROM causes c LEFT JOIN events e ON e.seq = c.cause_seq WHERE e.seq IS NULL OR c.cause_seq >= "
                            "c.seq",
                         0, 0),
        0);
}

// --- messages ---

static uint32_t send(const char *text) {
    uint32_t message, sent;
    probe->host = client_host;
    probe->task = client.object;
    sent = story_send(probe, &link_, 1, text, &message);
    probe->host = server_host;
    probe->task = 0;
    (void)sent;
    return message;
}

static uint32_t arrive(uint32_t message, size_t bytes) {
    probe->host = server_host;
    probe->task = 0;
    return tick_emit(probe, TICK_EV_MSG_RECV, message, 0, (int64_t)bytes, NULL);
}

static uint32_t read_bytes(uint32_t last, int64_t bytes) {
    return tick_emit(probe, TICK_EV_IO_COMPLETE, 0, last, bytes, NULL);
}

static uint32_t draw(enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, int64_t most) {
    const struct tick_deviation deviation = {
        .kind = (uint8_t)kind, .subject = subject, .ordinal = ordinal, .value = tick_scale_count(most) - 1, .n = 99, .most = most};
    probe->ops->choice(probe, &deviation);
    return (uint32_t)tick_recorder_events(recorder);
}

static void a_read_names_every_message(void **state) {
    (void)state;
    const uint32_t a = arrive(send("first"), 5), b = arrive(send("second"), 6), c = arrive(send("third"), 5);
    const uint32_t part = read_bytes(a, 3), rest = read_bytes(c, 2 + 6 + 5), nothing = read_bytes(c, 0);
    const uint32_t d = arrive(send("fourth"), 6), again = read_bytes(d, 6);
    store();
    check_causes(part, "", 0, 0);
    check_causes(rest, "read %u, read %u", a, b);
    check_causes(nothing, "", 0, 0);
    check_causes(again, "", 0, 0);
    check_all(2);
}

static void who_waits_behind_a_late_one_says_so(void **state) {
    (void)state;
    const uint32_t first = send("first");
    const uint32_t choice = draw(TICK_CHOICE_DELIVERY, link_.out_id, 1, TICK_MS(30));
    const uint32_t second = send("second"), third = send("third");
    probe->now += TICK_MS(31);
    const uint32_t a = arrive(first, 5), b = arrive(second, 6), c = arrive(third, 5);
    probe->now += TICK_MS(1);
    const uint32_t d = arrive(send("fourth"), 6);
    store();
    check_causes(a, "late %u", choice, 0);
    check_causes(b, "behind %u", a, 0);
    check_causes(c, "behind %u", a, 0);
    check_causes(d, "", 0, 0);
    check_all(3);
    assert_int_equal(number("SELECT bears_seq = ?1 AND host_id = ?2 AND ns = 30000000 FROM choices", a, server_host), 1);
    // and on that message, for as long as it was on its way
    assert_int_equal(number("SELECT unit = 'ns' AND ns = 30000000 AND message_id = ?1 AND until_ts - from_ts = 31000000 AND bears_seq = ?2"
                            " AND host_id IS NOT NULL FROM bearings",
                         first, a),
        1);
}

static void who_waits_behind_a_lost_one_says_so(void **state) {
    (void)state;
    const uint32_t first = send("first");
    const uint32_t first_sent = (uint32_t)tick_recorder_events(recorder), second = send("second");
    const uint32_t drop = tick_emit(probe, TICK_EV_MSG_DROP, first, 1, TICK_DROP_CUT, NULL);
    probe->now += TICK_MS(201);
    const uint32_t a = arrive(first, 5), b = arrive(second, 6);
    store();
    check_causes(drop, "sent %u", first_sent, 0);
    check_causes(a, "lost %u", drop, 0);
    check_causes(b, "behind %u", a, 0);
    check_all(3);
}

// By choice: it was lost because of it, and came late because of it.
static void what_is_lost_by_choice_names_it(void **state) {
    (void)state;
    const uint32_t first = send("first"), sent = (uint32_t)tick_recorder_events(recorder);
    const uint32_t choice = draw(TICK_CHOICE_LOSS, link_.out_id, 1, 0);
    const uint32_t drop = tick_emit(probe, TICK_EV_MSG_DROP, first, sent, TICK_DROP_LOSS, NULL);
    probe->now += TICK_MS(201);
    const uint32_t a = arrive(first, 5);
    store();
    check_causes(drop, "lost %u", choice, 0);
    check_causes(a, "late %u, lost %u", choice, drop);
    check_all(3);
    assert_int_equal(number("SELECT bears_seq = ?1 FROM choices", drop, 0), 1);
    assert_int_equal(number("SELECT unit = 'number' AND ns IS NULL AND message_id = ?1 AND bears_seq = ?2 FROM bearings", first, drop), 1);
}

static void who_is_slowed_holds_up_others(void **state) {
    (void)state;
    const uint32_t first = send("first"), sent = (uint32_t)tick_recorder_events(recorder);
    const uint32_t slow = tick_emit(probe, TICK_EV_MSG_SLOW, first, 1, TICK_MS(30), NULL);
    const uint32_t second = send("second");
    probe->now += TICK_MS(31);
    const uint32_t a = arrive(first, 5), b = arrive(second, 6);
    store();
    check_causes(slow, "sent %u", sent, 0);
    check_causes(a, "late %u", slow, 0);
    check_causes(b, "behind %u", a, 0);
    check_all(3);
}

// Of what a host does at the end of its pause, what was due before waited for that; of two pauses the later end counts.
static void a_pause_holds_up_what_its_host_does_next(void **state) {
    (void)state;
    probe->host = server_host;
    tick_emit(probe, TICK_EV_HOST_PAUSE, server_host, 1, TICK_MS(20), NULL);
    const uint32_t pause = tick_emit(probe, TICK_EV_HOST_PAUSE, server_host, 1, TICK_MS(30), NULL);
    probe->now += TICK_MS(10);
    const uint32_t a = arrive(send("early"), 5);
    probe->now += TICK_MS(20);
    probe->host = server_host;
    const uint32_t first = read_bytes(a, 5);
    const uint32_t idle = tick_emit(probe, TICK_EV_HOST_PAUSE, client_host, 1, TICK_MS(40), NULL);
    probe->now += TICK_MS(20);
    const uint32_t log = (probe->host = client_host, tick_emit(probe, TICK_EV_LOG, probe->ops->text(probe, "later"), 0, 0, NULL));
    store();
    check_causes(first, "late %u", pause, 0);
    check_causes(log, "", idle, 0); // it had nothing to do until after its pause
    check_all(1);
}

// A datagram is read by itself, whatever its socket sent before; of two copies, the second is what was drawn.
static void datagrams_are_read_one_by_one(void **state) {
    (void)state;
    const tick_id id = tick_id_mix(client.id, TICK_OBJECT_FD);
    uint32_t messages[3], seqs[3];
    const uint32_t socket = probe->ops->object(
        probe, &(struct tick_object){.type = TICK_OBJECT_FD, .id = id, .parent = client.object, .host = client_host, .key = "udp"});
    for (uint32_t i = 0; i < 3; i++) {
        messages[i] = probe->ops->object(
            probe, &(struct tick_object){.type = TICK_OBJECT_MESSAGE, .id = id + i + 1, .parent = socket, .ordinal = i + 1});
        tick_emit(probe, TICK_EV_MSG_SEND, messages[i], 0, 9, NULL);
    }
    const uint32_t reorder = draw(TICK_CHOICE_REORDER, id, 3, TICK_MS(10));
    seqs[0] = arrive(messages[0], 9);
    const uint32_t hold = draw(TICK_CHOICE_READY_HOLD, id, 1, 0);
    seqs[1] = arrive(messages[1], 9);
    probe->now += TICK_MS(10);
    seqs[2] = arrive(messages[2], 9);
    const uint32_t second = read_bytes(seqs[1], 9), first = read_bytes(seqs[0], 9);
    store();
    check_causes(seqs[2], "late %u", reorder, 0);
    check_causes(first, "late %u", hold, 0);
    check_causes(second, "", 0, 0);
    check_all(2);
}

// --- within a step ---

static void a_step_goes_on_with_what_it_took_in(void **state) {
    (void)state;
    const uint32_t a = arrive(send("first"), 5), b = arrive(send("second"), 6);
    story_step(probe, &server);
    uint32_t message;
    const uint32_t before = story_send(probe, &link_, 0, "early", &message);
    const uint32_t first = read_bytes(a, 5), second = read_bytes(b, 6);
    const uint32_t after = story_send(probe, &link_, 0, "late", &message);
    const uint32_t own = tick_emit(probe, TICK_EV_TASK_READY, server.object, probe->here, 0, NULL);
    story_end(probe, &server, TICK_STEP_SUSPENDED);
    story_step(probe, &server);
    const uint32_t later = story_send(probe, &link_, 0, "another step", &message);
    store();
    check_causes(before, "", 0, 0);
    check_causes(second, "took %u", first, 0);
    check_causes(after, "took %u", second, 0);
    check_causes(own, "", 0, 0);
    check_causes(later, "", 0, 0);
    check_all(2);
}

static uint32_t queue;

static uint32_t at_queue(const struct story_task *task, enum tick_event_kind kind, uint32_t cause, int64_t arg) {
    probe->host = client_host;
    probe->task = task->object;
    return tick_emit(probe, kind, queue, cause, arg, NULL);
}

static void who_was_woken_for_nothing_says_by_whom(void **state) {
    (void)state;
    struct story_task getter = story_task(probe, client_host, client.id, client.object, "getter", 1);
    struct story_task thief = story_task(probe, client_host, client.id, client.object, "thief", 1);
    queue = probe->ops->object(probe,
        &(struct tick_object){.type = TICK_OBJECT_QUEUE, .id = 12, .parent = client.object, .host = client_host, .key = NULL, .kth = 1});
    story_step(probe, &getter);
    at_queue(&getter, TICK_EV_WAIT_BEGIN, 0, 0);
    story_end(probe, &getter, TICK_STEP_SUSPENDED);
    story_step(probe, &client);
    const uint32_t put = at_queue(&client, TICK_EV_PUT, probe->here, 1);
    story_step(probe, &thief);
    const uint32_t stolen = at_queue(&thief, TICK_EV_TAKE, put, 0);
    const uint32_t told = tick_emit(probe, TICK_EV_LOG, probe->ops->text(probe, "mine"), probe->here, 0, NULL);
    getter.ready = tick_emit(probe, TICK_EV_TASK_READY, getter.object, put, 0, NULL);
    story_step(probe, &getter);
    at_queue(&getter, TICK_EV_WAIT_END, probe->here, 0);
    const uint32_t again = at_queue(&getter, TICK_EV_WAIT_BEGIN, probe->here, 0);
    story_end(probe, &getter, TICK_STEP_SUSPENDED);
    const uint32_t second = at_queue(&client, TICK_EV_PUT, 0, 1);
    getter.ready = tick_emit(probe, TICK_EV_TASK_READY, getter.object, second, 0, NULL);
    story_step(probe, &getter);
    at_queue(&getter, TICK_EV_WAIT_END, probe->here, 0);
    at_queue(&getter, TICK_EV_TAKE, second, 0);
    const uint32_t own = at_queue(&getter, TICK_EV_WAIT_BEGIN, probe->here, 0); // for another one
    store();
    check_causes(told, "took %u", stolen, 0);
    check_causes(again, "taken %u", stolen, 0);
    check_causes(own, "", 0, 0);
    check_all(4); // the getter's wake-up and the verdict were told after what these tasks took
}

// An event flag that was set before: who set it is no cause of the step, but of what it does then.
static void who_need_not_wait_goes_on_because_of_it(void **state) {
    (void)state;
    queue = probe->ops->object(probe, &(struct tick_object){.type = TICK_OBJECT_EVENT, .id = 12, .parent = client.object, .kth = 1});
    const uint32_t set = at_queue(&client, TICK_EV_SET, probe->here, 0);
    story_step(probe, &server);
    const uint32_t ended = at_queue(&server, TICK_EV_WAIT_END, set, 1);
    const uint32_t log = tick_emit(probe, TICK_EV_LOG, probe->ops->text(probe, "go"), probe->here, 0, NULL);
    store();
    check_causes(log, "took %u", ended, 0);
    check_causes((uint32_t)trace.events, "took %u", ended, 0); // the verdict
    check_all(2);
}

// --- what is shared ---

static uint32_t share(const struct story_task *task, enum tick_event_kind kind, const char *name) {
    probe->host = client_host;
    probe->task = task->object;
    tick_emit(probe, TICK_EV_STEP_BEGIN, task->object, 0, 0, NULL); // each in a step of its own
    return tick_emit(probe, kind, probe->ops->text(probe, name), 0, 0, NULL);
}

static void a_write_of_an_old_read_names_what_it_overwrites(void **state) {
    (void)state;
    const struct story_task bob = story_task(probe, client_host, client.id, client.object, "bob", 1);
    const uint32_t first = share(&client, TICK_EV_SHARED_READ, "x"), other = share(&client, TICK_EV_SHARED_READ, "y");
    const uint32_t theirs = share(&bob, TICK_EV_SHARED_READ, "x"), bobs = share(&bob, TICK_EV_SHARED_WRITE, "x");
    const uint32_t stale = share(&client, TICK_EV_SHARED_WRITE, "x"), again = share(&client, TICK_EV_SHARED_WRITE, "x");
    const uint32_t blind = share(&server, TICK_EV_SHARED_WRITE, "x"), once_more = share(&client, TICK_EV_SHARED_WRITE, "x");
    const uint32_t fine = share(&client, TICK_EV_SHARED_WRITE, "y"), last = share(&bob, TICK_EV_SHARED_READ, "x");
    store();
    check_causes(theirs, "", 0, 0);
    check_causes(bobs, "from %u", theirs, 0);
    check_causes(stale, "from %u, over %u", first, bobs);
    check_causes(again, "from %u", stale, 0);
    check_causes(blind, "", 0, 0); // whoever has not read loses nothing that he should know
    check_causes(once_more, "from %u, over %u", again, blind);
    check_causes(fine, "from %u", other, 0);
    check_causes(last, "saw %u", once_more, 0);
}

// --- deviations ---

// A fault of 100 ms at least has few values, and the first of them is that.
static void a_value_means_what_it_means_there(void **state) {
    (void)state;
    const struct tick_deviation deviation = {.kind = TICK_CHOICE_FAULT_CRASH,
        .subject = server.id,
        .value = 1,
        .n = tick_scale_count_from(TICK_MS(100), TICK_MS(1000)),
        .most = TICK_MS(1000)};
    story_step(probe, &server);
    probe->ops->choice(probe, &deviation);
    story_end(probe, &server, TICK_STEP_RETURNED);
    store();
    assert_int_equal(number("SELECT ns FROM choices", 0, 0), TICK_MS(100));
}

static void what_a_busy_host_does_next_was_late(void **state) {
    (void)state;
    story_step(probe, &server);
    const uint32_t cost = draw(TICK_CHOICE_STEP_COST, server.id, 1, TICK_MS(30));
    const uint32_t ready = tick_emit(probe, TICK_EV_TASK_READY, server.object, probe->here, 0, NULL);
    story_end(probe, &server, TICK_STEP_SUSPENDED);
    probe->now += TICK_MS(10);
    const uint32_t a = arrive(send("early"), 5);
    probe->now += TICK_MS(20);
    const uint32_t b = arrive(send("in time"), 7), first = read_bytes(a, 5), second = read_bytes(b, 7);
    server.ready = ready;
    story_step(probe, &server);
    const uint32_t step = probe->here;
    probe->now += TICK_MS(1);
    const uint32_t next = arrive(send("later"), 5), third = read_bytes(next, 5);
    store();
    check_causes(first, "late %u", cost, 0);
    check_causes(second, "", 0, 0);
    check_causes(step, "late %u", first, 0);
    check_causes(third, "", 0, 0);
    check_all(2);
    assert_int_equal(number("SELECT bears_seq = ?1 AND host_id = ?2 AND ns = 30000000 FROM choices", first, server_host), 1);
}

// The network's doing says no host: it is that of the end, or where the datagram came.
static void a_host_is_late_for_what_came(void **state) {
    (void)state;
    const tick_id id = tick_id_mix(client.id, TICK_OBJECT_FD), end_id = tick_id_part(4711, TICK_FAR);
    const uint32_t socket = probe->ops->object(
        probe, &(struct tick_object){.type = TICK_OBJECT_FD, .id = id, .parent = client.object, .host = client_host, .key = "udp"});
    const uint32_t message =
        probe->ops->object(probe, &(struct tick_object){.type = TICK_OBJECT_MESSAGE, .id = id + 1, .parent = socket, .ordinal = 1});
    probe->ops->object(probe, &(struct tick_object){.type = TICK_OBJECT_FD, .id = end_id, .parent = socket, .host = client_host, .kth = 4});
    tick_emit(probe, TICK_EV_MSG_SEND, message, 0, 9, NULL);
    const uint32_t received = arrive(message, 9);
    probe->host = 0;
    const uint32_t here = draw(TICK_CHOICE_HOST_LATE, id, 1, TICK_MS(30)), there = draw(TICK_CHOICE_HOST_LATE, end_id, 0, TICK_MS(30));
    probe->now += TICK_MS(30);
    probe->host = client_host;
    const uint32_t other = read_bytes(0, 0);
    probe->host = server_host;
    const uint32_t read = read_bytes(received, 9);
    store();
    check_causes(read, "late %u", here, 0);
    check_causes(other, "late %u", there, 0);
    check_all(2);
}

static void a_late_timer_takes_others_with_it(void **state) {
    (void)state;
    uint32_t timers[3], fires[3];
    tick_id ids[3];
    for (uint32_t i = 0; i < 3; i++) {
        ids[i] = tick_id_mix(tick_id_mix(client.id, TICK_SORT_SLEEP), i + 1);
        timers[i] = probe->ops->object(probe,
            &(struct tick_object){
                .type = TICK_OBJECT_TIMER, .id = ids[i], .parent = client.object, .host = client_host, .key = "sleep", .kth = i + 1});
        tick_emit(probe, TICK_EV_TIMER_ARM, timers[i], 0, TICK_MS(10) * (i + 1), NULL);
    }
    const uint32_t late = draw(TICK_CHOICE_POLL_LATE, ids[0], 0, TICK_MS(30));
    probe->host = client_host;
    probe->now = TICK_MS(30);
    for (uint32_t i = 0; i < 3; i++)
        fires[i] = tick_emit(probe, TICK_EV_TIMER_FIRE, timers[i], 0, TICK_MS(10) * (i + 1), NULL);
    store();
    check_causes(fires[0], "late %u", late, 0);
    check_causes(fires[1], "late %u", fires[0], 0);
    check_causes(fires[2], "", 0, 0); // it was due at this moment
    check_all(2);
}

static void who_asked_goes_on_with_the_answer(void **state) {
    (void)state;
    const uint32_t coin = draw(TICK_CHOICE_USER, tick_id_mix(client.id, 1), 1, 0), dice = draw(TICK_CHOICE_USER, client.id, 2, 0);
    const uint32_t log = tick_emit(probe, TICK_EV_LOG, probe->ops->text(probe, "heads"), probe->here, 0, NULL);
    const uint32_t next = tick_emit(probe, TICK_EV_LOG, probe->ops->text(probe, "more"), probe->here, 0, NULL);
    story_end(probe, &client, TICK_STEP_SUSPENDED);
    probe->host = server_host; // its poll
    const uint32_t few = draw(TICK_CHOICE_SHORT_RECV, 77, 1, 0);
    probe->host = client_host;
    const uint32_t other = read_bytes(0, 3);
    probe->host = server_host;
    const uint32_t read = read_bytes(0, 3);
    store();
    check_causes(log, "asked %u, asked %u", coin, dice);
    check_causes(next, "", 0, 0);
    check_causes(other, "", 0, 0);
    check_causes(read, "asked %u", few, 0);
    check_all(3);
}

// What never came to bear has no event; and a cause that an event names itself is not told twice.
static void a_fault_begins_because_of_its_draw(void **state) {
    (void)state;
    const uint32_t a = draw(TICK_CHOICE_FAULT_PARTITION, 5, 1, TICK_SEC(1)), b = draw(TICK_CHOICE_FAULT_PARTITION, 6, 1, TICK_SEC(1));
    const uint32_t fault = tick_emit(probe, TICK_EV_FAULT_BEGIN, probe->ops->text(probe, "partition"), a, 0, NULL);
    draw(TICK_CHOICE_DELIVERY, link_.out_id, 500, TICK_MS(30));
    store();
    check_causes(fault, "fault %u", b, 0);
    check_all(1);
    assert_int_equal(number("SELECT count(*) FROM choices WHERE bears_seq = ?", fault, 0), 2);
    assert_int_equal(number("SELECT bears_seq IS NULL FROM choices WHERE kind = 'delivery'", 0, 0), 1);
    // A fault that has no end lasts for good; what bears on nothing has its own time.
    assert_int_equal(number("SELECT count(*) FROM bearings WHERE bears_seq = ?1 AND until_ts IS NULL AND message_id IS NULL", fault, 0), 2);
    assert_int_equal(number("SELECT until_ts - from_ts = 30000000 AND message_id IS NULL FROM bearings WHERE kind = 'delivery'", 0, 0), 1);
}

// Events that refer to nothing sensible.
static void nonsense_is_taken_as_it_comes(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 200; i++) {
        const uint32_t seq = (uint32_t)tick_recorder_events(recorder);
        probe->host = i % 7;
        probe->task = i % 5 * 3;
        tick_emit(probe, TICK_EV_IO_COMPLETE, i * 31 % 40, seq - i % 9, (int64_t)(i * 0x9e3779b97f4a7c15u), NULL);
        tick_emit(probe, TICK_EV_MSG_SEND, i * 17 % 40, seq + 5, INT64_MAX - i, NULL);
        tick_emit(probe, TICK_EV_MSG_RECV, i * 13 % 40, seq + 9, INT64_MIN + i, NULL);
        draw((enum tick_choice_kind)(1 + i % 33), i % 3 ? link_.out_id : client.id, i % 11, TICK_NEVER);
    }
    store();
    assert_int_equal(number("SELECT count(*) FROM choices", 0, 0), 200);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_read_names_every_message),
        TEST(who_waits_behind_a_late_one_says_so),
        TEST(who_waits_behind_a_lost_one_says_so),
        TEST(what_is_lost_by_choice_names_it),
        TEST(a_write_of_an_old_read_names_what_it_overwrites),
        TEST(who_is_slowed_holds_up_others),
        TEST(a_pause_holds_up_what_its_host_does_next),
        TEST(datagrams_are_read_one_by_one),
        TEST(a_step_goes_on_with_what_it_took_in),
        TEST(who_was_woken_for_nothing_says_by_whom),
        TEST(who_need_not_wait_goes_on_because_of_it),
        TEST(a_value_means_what_it_means_there),
        TEST(what_a_busy_host_does_next_was_late),
        TEST(a_host_is_late_for_what_came),
        TEST(a_late_timer_takes_others_with_it),
        TEST(who_asked_goes_on_with_the_answer),
        TEST(a_fault_begins_because_of_its_draw),
        TEST(nonsense_is_taken_as_it_comes),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
