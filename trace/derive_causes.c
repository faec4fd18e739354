// What events came of beside their cause, as far as data goes: which messages a read took in, what a step took in before it went on, and
// whom a message waited behind.
//
// A direction's bytes are read in the order in which they were sent: io_complete names the last message that it took from, and with it went
// all that had come before and were not read yet. Datagrams are read one by one.
#include "src/base/outside.h"
#include "trace/derive_int.h"
#include <retick/probe.h>
#include <stdio.h>
#include <string.h>

struct flight { // a message that is under way
    uint64_t message;
    uint64_t begin, end; // the bytes of its way that it is
    uint32_t way;
    uint32_t sent, lost, slowed; // seqs: of its msg_send, the latest msg_drop and msg_slow
};
struct intake { // what a task took in last, in the step that it makes
    uint64_t task;
    int64_t seq;
};

struct queue { // what was put into it last, and taken out of it
    uint64_t queue;
    int64_t put, put_by, take, take_by, count;
};
struct getter { // or putter: a task that waits for its turn at a queue, or has just stopped waiting
    uint64_t task;
    int64_t queue, since;
    bool ended; // in the step that it makes
};

int tick__causes_add(struct tick__deriving *deriving, int64_t seq, int64_t cause, const char *how) {
    const int64_t row[] = {seq, cause};
    return tick__derive_row(deriving, TICK__ADD_CAUSE, row, 2, how);
}

int tick__derive_causes_begin(struct tick__deriving *deriving) {
    struct tick__causes *causes = &deriving->causes;
    tick__derive_shared_begin(deriving);
    causes->flights.row = sizeof(struct flight);
    causes->arrivals.row = sizeof(struct tick__arrival);
    causes->ways.row = sizeof(struct tick__way);
    causes->intakes.row = sizeof(struct intake);
    causes->queues.row = sizeof(struct queue);
    causes->getters.row = sizeof(struct getter);
    if (sqlite3_prepare_v2(deriving->db, "SELECT object_id, parent_id, ordinal FROM objects WHERE type = 'message' ORDER BY object_id", -1,
            &causes->messages, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(deriving->db, "SELECT type, kth, host_id, parent_id, stable_id, name = 'sleep' FROM objects WHERE object_id = ?",
            -1, &causes->about, NULL) != SQLITE_OK)
        return tick__derive_failed(deriving);
    return 0;
}

void tick__derive_causes_fini(struct tick__deriving *deriving) {
    struct tick__causes *causes = &deriving->causes;
    sqlite3_finalize(causes->messages);
    sqlite3_finalize(causes->about);
    tick__derive_shared_fini(deriving);
    tick__open_fini(&causes->flights);
    tick__open_fini(&causes->arrivals);
    tick__open_fini(&causes->ways);
    tick__open_fini(&causes->intakes);
    tick__open_fini(&causes->queues);
    tick__open_fini(&causes->getters);
}

int tick__causes_about(struct tick__deriving *deriving, int64_t object, struct tick__about *about) {
    sqlite3_stmt *row = deriving->causes.about;
    *about = (struct tick__about){0};
    sqlite3_bind_int64(row, 1, object);
    const int step = sqlite3_step(row);
    const char *type = step == SQLITE_ROW ? (const char *)sqlite3_column_text(row, 0) : NULL;
    if (type) {
        snprintf(about->type, sizeof about->type, "%s", type);
        about->kth = sqlite3_column_int64(row, 1);
        about->host = sqlite3_column_int64(row, 2);
        about->parent = sqlite3_column_int64(row, 3);
        about->id = (uint64_t)sqlite3_column_int64(row, 4);
        about->sleeps = sqlite3_column_int(row, 5) != 0;
    }
    const bool failed = (step != SQLITE_ROW && step != SQLITE_DONE) || (!type && sqlite3_errcode(deriving->db) == SQLITE_NOMEM);
    const int code = failed ? tick__derive_failed(deriving) : 0;
    sqlite3_reset(row);
    return code;
}

int tick__causes_way(struct tick__deriving *deriving, int64_t object, struct tick__way **way) {
    struct tick__open_table *ways = &deriving->causes.ways;
    *way = object > 0 ? tick__open_find(ways, (uint64_t)object) : NULL;
    struct tick__about about;
    if (*way || object <= 0)
        return 0;
    TICK_TRY(tick__causes_about(deriving, object, &about));
    const bool stream = strcmp(about.type, "direction") == 0;
    if (!stream && strcmp(about.type, "fd") != 0)
        return 0;
    *way = tick__open_add(ways, (uint64_t)object);
    if (!*way)
        return tick__derive_no_memory(deriving);
    (*way)->stream = stream;
    return 0;
}

// --- messages ---

// Messages are told in the order in which they are sent first.
static int sent(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    struct tick__causes *causes = &deriving->causes;
    while (causes->message >= 0 && causes->message < event->subject) {
        const int step = sqlite3_step(causes->messages);
        if (step != SQLITE_ROW && step != SQLITE_DONE)
            return tick__derive_failed(deriving);
        causes->message = step == SQLITE_ROW ? sqlite3_column_int64(causes->messages, 0) : -1;
    }
    if (causes->message != event->subject)
        return 0; // it goes out again
    struct flight *flight = tick__open_add(&causes->flights, (uint64_t)event->subject);
    if (!flight)
        return tick__derive_no_memory(deriving);
    flight->way = (uint32_t)sqlite3_column_int64(causes->messages, 1);
    flight->sent = (uint32_t)event->seq;
    flight->begin = (uint64_t)sqlite3_column_int64(causes->messages, 2);
    flight->end = flight->begin + (event->arg > 0 ? (uint64_t)event->arg : 0);
    return 0;
}

static int arrival_add(struct tick__deriving *deriving, const struct tick__derived_event *event, const struct flight *flight) {
    struct tick__causes *causes = &deriving->causes;
    struct tick__way *way = tick__open_find(&causes->ways, flight->way);
    struct tick__arrival *arrival = tick__open_add(&causes->arrivals, (uint64_t)event->seq);
    if (!arrival)
        return tick__derive_no_memory(deriving);
    *arrival = (struct tick__arrival){
        .seq = (uint64_t)event->seq, .ts = event->ts, .begin = flight->begin, .end = flight->end, .way = flight->way};
    if (!way->stream || flight->begin == flight->end)
        return 0;
    struct tick__arrival *before = way->last ? tick__open_find(&causes->arrivals, way->last) : NULL;
    *(before ? &before->next : &way->first) = (uint32_t)event->seq;
    way->last = (uint32_t)event->seq;
    return 0;
}

static int received(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    struct tick__causes *causes = &deriving->causes;
    const struct flight *found = tick__open_find(&causes->flights, (uint64_t)event->subject);
    struct tick__way *way;
    causes->arrived = (uint32_t)event->seq;
    causes->arrived_at = (uint32_t)event->host;
    if (!found)
        return 0;
    const struct flight flight = *found;
    TICK_TRY(tick__causes_way(deriving, flight.way, &way));
    if (!way)
        return 0;
    if (way->stream) // a datagram may come twice
        tick__open_drop(&causes->flights, flight.message);
    bool late;
    TICK_TRY(tick__delays_arrived(deriving, event, way, flight.begin, flight.end, &late));
    if (flight.lost)
        TICK_TRY(tick__causes_add(deriving, event->seq, flight.lost, "lost"));
    if (flight.slowed)
        TICK_TRY(tick__causes_add(deriving, event->seq, flight.slowed, "late"));
    if (way->stream && way->late_seq && way->late_ts == event->ts) {
        TICK_TRY(tick__causes_add(deriving, event->seq, way->late_seq, "behind"));
    } else if (way->stream && (late || flight.lost || flight.slowed)) {
        way->late_seq = (uint32_t)event->seq;
        way->late_ts = event->ts;
    }
    return arrival_add(deriving, event, &flight);
}

// It is lost, or takes longer; what does that is its cause, where that is known.
static int hindered(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    struct flight *flight = tick__open_find(&deriving->causes.flights, (uint64_t)event->subject);
    struct tick__way *way;
    if (!flight)
        return 0;
    const struct flight now = *flight;
    *(event->kind == TICK_EV_MSG_DROP ? &flight->lost : &flight->slowed) = (uint32_t)event->seq;
    if (now.sent != event->cause)
        TICK_TRY(tick__causes_add(deriving, event->seq, now.sent, "sent"));
    if (event->kind != TICK_EV_MSG_DROP || (event->arg != TICK_DROP_LOSS && event->arg != TICK_DROP_RESET))
        return 0;
    TICK_TRY(tick__causes_way(deriving, now.way, &way));
    return way ? tick__delays_lost(deriving, event, way, now.begin, now.end) : 0;
}

// --- what is taken in ---

static int intake(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    struct intake *intake = tick__open_add(&deriving->causes.intakes, (uint64_t)event->task);
    if (!intake)
        return tick__derive_no_memory(deriving);
    const int64_t before = intake->seq;
    intake->seq = event->seq;
    return before ? tick__causes_add(deriving, event->seq, before, "took") : 0;
}

static int take_bytes(struct tick__deriving *deriving, const struct tick__derived_event *event, struct tick__way *way) {
    struct tick__open_table *arrivals = &deriving->causes.arrivals;
    way->read += event->arg > 0 ? (uint64_t)event->arg : 0;
    for (uint32_t seq = way->first; seq;) {
        const struct tick__arrival *arrival = tick__open_find(arrivals, seq);
        const uint32_t next = arrival ? arrival->next : 0;
        const bool last = seq == event->cause;
        if (!last)
            TICK_TRY(tick__causes_add(deriving, event->seq, seq, "read"));
        if (!last || (arrival && arrival->end <= way->read + 1)) { // the first byte of a direction has the number 1
            way->first = next;
            way->last = next ? way->last : 0;
            tick__open_drop(arrivals, seq);
        }
        seq = last ? 0 : next;
    }
    return 0;
}

static int completed(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    struct tick__causes *causes = &deriving->causes;
    const struct tick__arrival *found = event->cause ? tick__open_find(&causes->arrivals, (uint64_t)event->cause) : NULL;
    if (found) {
        struct tick__arrival arrival = *found;
        struct tick__way *way = tick__open_find(&causes->ways, arrival.way);
        TICK_TRY(tick__delays_bear(deriving, &arrival.held, event, "late"));
        TICK_TRY(tick__delays_bear(deriving, &way->held, event, "late"));
        if (!way->stream || arrival.begin == arrival.end)
            tick__open_drop(&causes->arrivals, arrival.seq);
        else
            TICK_TRY(take_bytes(deriving, event, way));
    }
    return event->cause && event->task ? intake(deriving, event) : 0;
}

// --- queues ---

static int moved(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    struct tick__causes *causes = &deriving->causes;
    struct queue *queue = event->subject ? tick__open_add(&causes->queues, (uint64_t)event->subject) : NULL;
    if (!queue)
        return event->subject ? tick__derive_no_memory(deriving) : 0;
    const bool put = event->kind == TICK_EV_PUT;
    *(put ? &queue->put : &queue->take) = event->seq;
    *(put ? &queue->put_by : &queue->take_by) = event->task;
    queue->count = event->arg;
    if (!event->task)
        return 0;
    tick__open_drop(&causes->getters, (uint64_t)event->task);
    return put ? 0 : intake(deriving, event);
}

// Who waits again at once was woken for nothing: another took the item, or the room, since it began to wait.
static int waits(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    struct tick__causes *causes = &deriving->causes;
    const struct queue *queue = tick__open_find(&causes->queues, (uint64_t)event->subject);
    struct getter *getter = event->task && event->subject ? tick__open_add(&causes->getters, (uint64_t)event->task) : NULL;
    if (!getter)
        return event->task && event->subject ? tick__derive_no_memory(deriving) : 0;
    const int64_t since = getter->queue == event->subject && getter->ended ? getter->since : 0;
    getter->queue = event->subject;
    getter->since = event->seq;
    getter->ended = false;
    if (!since || !queue || queue->put < since || queue->take < since)
        return 0;
    const int64_t by = queue->count > 0 ? queue->put_by : queue->take_by;
    return by == event->task ? 0 : tick__causes_add(deriving, event->seq, queue->count > 0 ? queue->put : queue->take, "taken");
}

static int stops_waiting(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    struct getter *getter = event->task ? tick__open_find(&deriving->causes.getters, (uint64_t)event->task) : NULL;
    if (getter)
        getter->ended = true;
    // arg: another event had ended it before it began
    return event->arg == 1 && event->cause && event->task ? intake(deriving, event) : 0;
}

static void step_ends(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    struct tick__open_table *getters = &deriving->causes.getters;
    const struct getter *getter = event->task ? tick__open_find(getters, (uint64_t)event->task) : NULL;
    if (getter && (getter->ended || event->arg > TICK_STEP_SUSPENDED))
        tick__open_drop(getters, (uint64_t)event->task);
}

// Whether what a task took in may have gone into it: all that others see of the task.
static bool tells_others(const struct tick__derived_event *event) {
    switch (event->kind) {
    case TICK_EV_TASK_CREATE:
    case TICK_EV_TASK_CANCEL:
    case TICK_EV_FUTURE_DONE:
    case TICK_EV_CALLBACK_READY:
    case TICK_EV_TIMER_ARM:
    case TICK_EV_RELEASE:
    case TICK_EV_PUT:
    case TICK_EV_SET:
    case TICK_EV_CLEAR:
    case TICK_EV_NOTIFY:
    case TICK_EV_MSG_SEND:
    case TICK_EV_SPAN_BEGIN:
    case TICK_EV_SPAN_END:
    case TICK_EV_LOG:
    case TICK_EV_MARK:
    case TICK_EV_EXCEPTION:
    case TICK_EV_VERDICT:
    case TICK_EV_SHARED_WRITE:
        return true;
    case TICK_EV_TASK_READY:
        return event->subject != event->task;
    case TICK_EV_STEP_END:
        return event->arg > TICK_STEP_SUSPENDED;
    default:
        return false;
    }
}

static int took(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    struct tick__open_table *intakes = &deriving->causes.intakes;
    const struct intake *intake = event->task ? tick__open_find(intakes, (uint64_t)event->task) : NULL;
    const bool first = event->kind == TICK_EV_STEP_BEGIN, last = event->kind == TICK_EV_STEP_END;
    if (!intake)
        return 0;
    if (!first && tells_others(event))
        TICK_TRY(tick__causes_add(deriving, event->seq, intake->seq, "took"));
    if ((first || last) && event->subject == event->task)
        tick__open_drop(intakes, (uint64_t)event->task);
    return 0;
}

int tick__derive_causes(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    if (event->kind == TICK_EV_SHARED_WRITE && event->subject) // of one cause the first word counts
        TICK_TRY(tick__derive_shared(deriving, event));
    TICK_TRY(took(deriving, event));
    switch (event->kind) {
    case TICK_EV_MSG_SEND:
        return event->subject ? sent(deriving, event) : 0;
    case TICK_EV_MSG_RECV:
        return event->subject ? received(deriving, event) : 0;
    case TICK_EV_MSG_DROP:
    case TICK_EV_MSG_SLOW:
        return event->subject ? hindered(deriving, event) : 0;
    case TICK_EV_SHARED_READ:
        TICK_TRY(event->subject ? tick__derive_shared(deriving, event) : 0);
        return event->task ? intake(deriving, event) : 0;
    case TICK_EV_CLOCK_READ:
        return event->task ? intake(deriving, event) : 0;
    case TICK_EV_IO_COMPLETE:
        return completed(deriving, event);
    case TICK_EV_PUT:
    case TICK_EV_TAKE:
        return moved(deriving, event);
    case TICK_EV_WAIT_BEGIN:
        return waits(deriving, event);
    case TICK_EV_WAIT_END:
        return stops_waiting(deriving, event);
    case TICK_EV_STEP_END:
        step_ends(deriving, event);
        return 0;
    default:
        return 0;
    }
}
