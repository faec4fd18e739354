// Deviations, and the first event that each of them delayed or made: the columns of `choices`, and causes.
//
// Nothing in a run says so by itself, but the address does: what a deviation is about comes by, later, as a message, a timer, a host that
// goes on, or as the next thing that the task does that was given the answer.
#include "src/base/outside.h"
#include "src/base/times.h"
#include "trace/derive_int.h"
#include <retick/probe.h>
#include <string.h>

struct waiting { // a list of deviations, by what comes by
    uint64_t key;
    struct tick__draws draws;
};
struct late_host { // a host whose program stands still until then
    uint64_t host;
    struct tick__draws draws;
    int64_t due;
    int64_t seq, ts;       // the latest event that came late so, 0: none
    int64_t pause, paused; // the latest host_pause, and when the host goes on; 0: it is over
};

// --- lists ---

static void append(struct tick__delays *delays, struct tick__draws *draws, uint32_t draw) {
    *(draws->last ? &delays->draws[draws->last - 1].next : &draws->first) = draw;
    draws->last = draw;
}

static uint32_t take_first(struct tick__delays *delays, struct tick__draws *draws) {
    const uint32_t draw = draws->first;
    draws->first = delays->draws[draw - 1].next;
    draws->last = draws->first ? draws->last : 0;
    delays->draws[draw - 1].next = 0;
    return draw;
}

static int wait_for(struct tick__deriving *deriving, struct tick__open_table *table, uint64_t key, uint32_t draw) {
    struct waiting *waiting = key ? tick__open_add(table, key) : NULL;
    if (!waiting)
        return key ? tick__derive_no_memory(deriving) : 0;
    append(&deriving->delays, &waiting->draws, draw);
    return 0;
}

// --- bearing ---

static int bear(struct tick__deriving *deriving, uint32_t draw, const struct tick__derived_event *event, const char *how) {
    struct tick__draw *d = &deriving->delays.draws[draw - 1];
    if (!d->bears) {
        d->bears = event->seq;
        d->host = event->host ? event->host : d->host;
    }
    return d->seq == event->cause ? 0 : tick__causes_add(deriving, event->seq, d->seq, how);
}

int tick__delays_bear(
    struct tick__deriving *deriving, struct tick__draws *draws, const struct tick__derived_event *event, const char *how) {
    while (draws->first)
        TICK_TRY(bear(deriving, take_first(&deriving->delays, draws), event, how));
    return 0;
}

static int bear_all(struct tick__deriving *deriving, struct tick__open_table *table, uint64_t key, const struct tick__derived_event *event,
    const char *how) {
    const struct waiting *found = key ? tick__open_find(table, key) : NULL;
    if (!found)
        return 0;
    struct tick__draws draws = found->draws;
    tick__open_drop(table, key);
    return tick__delays_bear(deriving, &draws, event, how);
}

// --- messages ---

static uint64_t gram_key(uint64_t socket, uint64_t number) {
    return socket << 32 | (number & UINT32_MAX);
}

int tick__delays_arrived(struct tick__deriving *deriving, const struct tick__derived_event *event, struct tick__way *way, uint64_t begin,
    uint64_t end, bool *late) {
    struct tick__delays *delays = &deriving->delays;
    *late = false;
    if (!way->stream)
        return bear_all(deriving, &delays->grams, gram_key(way->object, begin), event, "late");
    end = end > begin ? end : begin + 1;
    while (way->slowed.first && delays->draws[way->slowed.first - 1].ordinal < end) { // a segment may begin in the midst of a message
        *late = true;
        TICK_TRY(bear(deriving, take_first(delays, &way->slowed), event, "late"));
    }
    return 0;
}

int tick__delays_lost(
    struct tick__deriving *deriving, const struct tick__derived_event *event, struct tick__way *way, uint64_t begin, uint64_t end) {
    struct tick__delays *delays = &deriving->delays;
    if (!way->stream)
        return bear_all(deriving, &delays->grams, gram_key(way->object, begin), event, "lost");
    end = end > begin ? end : begin + 1;
    for (uint32_t draw = way->slowed.first; draw && delays->draws[draw - 1].ordinal < end; draw = delays->draws[draw - 1].next) {
        const uint8_t kind = delays->draws[draw - 1].kind; // what is lost is sent again, and late then
        if (kind == (event->arg == TICK_DROP_LOSS ? TICK_CHOICE_LOSS : TICK_CHOICE_FAULT_RESET))
            TICK_TRY(bear(deriving, draw, event, "lost"));
    }
    return 0;
}

static int draws_message(struct tick__deriving *deriving, uint32_t draw) {
    const struct tick__draw *d = &deriving->delays.draws[draw - 1];
    struct tick__way *way;
    TICK_TRY(tick__causes_way(deriving, d->subject, &way));
    if (way && way->stream)
        append(&deriving->delays, &way->slowed, draw);
    else if (way)
        return wait_for(deriving, &deriving->delays.grams, gram_key(way->object, d->ordinal), draw);
    return 0;
}

// The datagram that a draw is about, if it has come just now.
static struct tick__arrival *gram_of(const struct tick__deriving *deriving, const struct tick__draw *d) {
    struct tick__arrival *arrival = tick__open_find(&deriving->causes.arrivals, deriving->causes.arrived);
    return arrival && arrival->way == d->subject && arrival->begin == (d->ordinal & ~TICK_DOUBLED) ? arrival : NULL;
}

// What has come is not seen yet: on a connection's end, or the datagram that came last.
static int draws_hold(struct tick__deriving *deriving, uint32_t draw) {
    const struct tick__draw *d = &deriving->delays.draws[draw - 1];
    struct tick__arrival *arrival = gram_of(deriving, d);
    struct tick__about about;
    struct tick__way *way = NULL;
    if (arrival) {
        append(&deriving->delays, &arrival->held, draw);
        return 0;
    }
    TICK_TRY(tick__causes_about(deriving, d->subject, &about));
    if (about.parent && about.parent == d->subject - about.kth) // a connection's parts were told one after the other behind it
        TICK_TRY(tick__causes_way(deriving, about.parent + (about.kth == TICK_NEAR ? TICK_IN : TICK_OUT), &way));
    if (way && way->stream)
        append(&deriving->delays, &way->held, draw);
    return 0;
}

// --- hosts ---

// Whether the host's own program does it, rather than the network or the world.
static bool acts(const struct tick__derived_event *event) {
    switch (event->kind) {
    case TICK_EV_MSG_SEND:
        return event->task != 0;
    case TICK_EV_MSG_RECV:
    case TICK_EV_MSG_DROP:
    case TICK_EV_MSG_SLOW:
    case TICK_EV_HOST_START:
    case TICK_EV_HOST_CRASH:
    case TICK_EV_HOST_STOP:
    case TICK_EV_HOST_PAUSE:
    case TICK_EV_CLOCK_JUMP:
    case TICK_EV_FAULT_BEGIN:
    case TICK_EV_FAULT_END:
        return false;
    default:
        return true;
    }
}

static int stands_still(struct tick__deriving *deriving, int64_t host, int64_t ts, uint32_t draw) {
    struct tick__delays *delays = &deriving->delays;
    const struct tick__draw *d = &delays->draws[draw - 1];
    struct late_host *late = host ? tick__open_add(&delays->late_hosts, (uint64_t)host) : NULL;
    if (!late)
        return host ? tick__derive_no_memory(deriving) : 0;
    const int64_t due = tick__after(ts, d->ns);
    late->due = late->draws.first && late->due > due ? late->due : due;
    append(delays, &late->draws, draw);
    return 0;
}

// What happens late on a host, at one moment, waited as the first of it did: what was due before, had come before, or was ready before.
static bool waited(const struct tick__deriving *deriving, const struct tick__derived_event *event, int64_t first) {
    const struct tick__arrival *arrival;
    switch (event->kind) {
    case TICK_EV_TIMER_FIRE:
        return event->arg < event->ts;
    case TICK_EV_IO_COMPLETE:
        arrival = event->cause ? tick__open_find(&deriving->causes.arrivals, (uint64_t)event->cause) : NULL;
        return arrival && arrival->ts < event->ts;
    case TICK_EV_STEP_BEGIN:
    case TICK_EV_CALLBACK_RUN:
        return event->cause && event->cause < first;
    default:
        return false;
    }
}

static int host_acts(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    struct tick__open_table *hosts = &deriving->delays.late_hosts;
    struct late_host *late = tick__open_find(hosts, (uint64_t)event->host);
    if (!late)
        return 0;
    const int64_t pause = late->pause;
    if (pause && event->ts >= late->paused) {
        late->pause = 0;
        if (event->ts == late->paused) { // it has waited for that
            late->seq = event->seq;
            late->ts = event->ts;
            TICK_TRY(tick__causes_add(deriving, event->seq, pause, "late"));
        }
    }
    if (late->draws.first && event->ts >= late->due) {
        late->seq = event->seq;
        late->ts = event->ts;
        return tick__delays_bear(deriving, &late->draws, event, "late");
    }
    if (late->seq == event->seq)
        return 0;
    if (late->seq && late->ts == event->ts)
        return waited(deriving, event, late->seq) ? tick__causes_add(deriving, event->seq, late->seq, "late") : 0;
    late->seq = 0;
    if (!late->draws.first && !late->pause)
        tick__open_drop(hosts, late->host);
    return 0;
}

static int pauses(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    struct late_host *late = event->subject ? tick__open_add(&deriving->delays.late_hosts, (uint64_t)event->subject) : NULL;
    if (!late)
        return event->subject ? tick__derive_no_memory(deriving) : 0;
    if (!late->pause || event->arg > late->paused) {
        late->pause = event->seq;
        late->paused = event->arg;
    }
    return 0;
}

// What falls due with a timer that fires late does so, too.
static int timer_late(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    struct tick__delays *delays = &deriving->delays;
    if (!tick__open_find(&delays->timers, (uint64_t)event->subject))
        return 0;
    TICK_TRY(bear_all(deriving, &delays->timers, (uint64_t)event->subject, event, "late"));
    struct late_host *late = event->host ? tick__open_add(&delays->late_hosts, (uint64_t)event->host) : NULL;
    if (event->host && !late)
        return tick__derive_no_memory(deriving);
    if (late && (!late->seq || late->ts != event->ts)) {
        late->seq = event->seq;
        late->ts = event->ts;
    }
    return 0;
}

// --- what is drawn ---

static int asked(struct tick__deriving *deriving, const struct tick__derived_event *event, int64_t host, uint32_t draw) {
    struct tick__delays *delays = &deriving->delays;
    return wait_for(deriving, event->task ? &delays->tasks : &delays->hosts, (uint64_t)(event->task ? event->task : host), draw);
}

// Whether it puts off a thread's next step.
static bool about_thread(const struct tick__derived_event *event) {
    return event->task && event->subject == event->task;
}

static int drawn(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    struct tick__delays *delays = &deriving->delays;
    while (delays->next < delays->count && delays->draws[delays->next].seq < event->seq)
        delays->next++;
    if (delays->next == delays->count || delays->draws[delays->next].seq != event->seq)
        return 0;
    struct tick__draw *d = &delays->draws[delays->next++];
    const uint32_t draw = delays->next;
    struct tick__about about;
    d->host = event->host ? event->host : gram_of(deriving, d) ? deriving->causes.arrived_at : 0;
    if (!d->host && d->subject) {
        TICK_TRY(tick__causes_about(deriving, d->subject, &about));
        d->host = about.host > 0 && about.host <= UINT32_MAX ? about.host : 0;
    }
    switch (d->kind) {
    case TICK_CHOICE_DELIVERY:
    case TICK_CHOICE_LOSS:
    case TICK_CHOICE_FAULT_RESET:
    case TICK_CHOICE_REORDER:
    case TICK_CHOICE_DUPLICATE:
        return draws_message(deriving, draw);
    case TICK_CHOICE_READY_HOLD:
        return draws_hold(deriving, draw);
    case TICK_CHOICE_POLL_LATE:
        if (about_thread(event))
            return wait_for(deriving, &delays->turns, (uint64_t)event->task, draw);
        return wait_for(deriving, &delays->timers, (uint64_t)event->subject, draw);
    case TICK_CHOICE_HOST_LATE:
        if (event->task) // of several threads one
            return wait_for(deriving, &delays->turns, (uint64_t)event->task, draw);
        return stands_still(deriving, d->host, event->ts, draw);
    case TICK_CHOICE_STEP_COST:
    case TICK_CHOICE_RESOLVE_LATE:
    case TICK_CHOICE_DISK_LATE:
        return stands_still(deriving, d->host, event->ts, draw);
    case TICK_CHOICE_THREAD:
        return wait_for(deriving, &delays->turns, (uint64_t)event->task, draw);
    case TICK_CHOICE_JOB_TIME:
        if (about_thread(event))
            return wait_for(deriving, &delays->turns, (uint64_t)event->task, draw);
        delays->job = draw;
        return 0;
    case TICK_CHOICE_FAULT_PARTITION:
    case TICK_CHOICE_FAULT_ONE_WAY:
    case TICK_CHOICE_FAULT_CLOG:
    case TICK_CHOICE_FAULT_CRASH:
    case TICK_CHOICE_FAULT_STOP:
    case TICK_CHOICE_FAULT_PAUSE:
    case TICK_CHOICE_FAULT_CLOCK:
        append(delays, &delays->faults, draw);
        return 0;
    default:
        return asked(deriving, event, d->host, draw);
    }
}

int tick__derive_delays(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    struct tick__delays *delays = &deriving->delays;
    if (event->kind == TICK_EV_CHOICE)
        return drawn(deriving, event);
    if (delays->job && event->kind == TICK_EV_TIMER_ARM) // which brings the job
        TICK_TRY(wait_for(deriving, &delays->timers, (uint64_t)event->subject, delays->job));
    delays->job = 0;
    if (event->kind == TICK_EV_STEP_BEGIN)
        TICK_TRY(bear_all(deriving, &delays->turns, (uint64_t)event->subject, event, "late"));
    if (event->task)
        TICK_TRY(bear_all(deriving, &delays->tasks, (uint64_t)event->task, event, "asked"));
    if (event->host && acts(event)) {
        TICK_TRY(bear_all(deriving, &delays->hosts, (uint64_t)event->host, event, "asked"));
        TICK_TRY(host_acts(deriving, event));
    }
    switch (event->kind) {
    case TICK_EV_TIMER_FIRE:
        return timer_late(deriving, event);
    case TICK_EV_TIMER_CANCEL:
        tick__open_drop(&delays->timers, (uint64_t)event->subject);
        return 0;
    case TICK_EV_HOST_CRASH:
        tick__open_drop(&delays->late_hosts, (uint64_t)event->host);
        return 0;
    case TICK_EV_HOST_PAUSE:
        return pauses(deriving, event);
    case TICK_EV_FAULT_BEGIN:
        return tick__delays_bear(deriving, &delays->faults, event, "fault");
    default:
        return 0;
    }
}

// --- begin and end ---

static uint8_t kind_of(const char *word) {
#define KIND_OF(name, number, text, sound, rate, unit, manual, because) \
    if (strcmp(word, text) == 0) \
        return name;
    TICK_CHOICES(KIND_OF)
    return 0;
}

static int read_draws(struct tick__deriving *deriving, sqlite3_stmt *row) {
    struct tick__delays *delays = &deriving->delays;
    uint32_t room = 0;
    int step;
    while ((step = sqlite3_step(row)) == SQLITE_ROW) {
        if (delays->count == room) {
            room = room ? 2 * room : 64;
            struct tick__draw *draws = tick__outside_realloc(delays->draws, room * sizeof *draws);
            if (!draws)
                return tick__derive_no_memory(deriving);
            delays->draws = draws;
        }
        const char *word = (const char *)sqlite3_column_text(row, 2);
        if (!word && sqlite3_errcode(deriving->db) == SQLITE_NOMEM)
            return tick__derive_failed(deriving);
        const int64_t subject = sqlite3_column_int64(row, 3);
        delays->draws[delays->count++] = (struct tick__draw){
            .choice = sqlite3_column_int64(row, 0),
            .seq = sqlite3_column_int64(row, 1),
            .kind = kind_of(word ? word : ""),
            .subject = subject > 0 && subject <= UINT32_MAX ? subject : 0,
            .ordinal = (uint64_t)sqlite3_column_int64(row, 4),
            .ns = sqlite3_column_type(row, 5) == SQLITE_NULL ? -1 : sqlite3_column_int64(row, 5),
        };
    }
    return step == SQLITE_DONE ? 0 : tick__derive_failed(deriving);
}

int tick__derive_delays_begin(struct tick__deriving *deriving) {
    struct tick__delays *delays = &deriving->delays;
    struct tick__open_table *const tables[] = {&delays->grams, &delays->timers, &delays->turns, &delays->tasks, &delays->hosts};
    sqlite3_stmt *row;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        tables[i]->row = sizeof(struct waiting);
    delays->late_hosts.row = sizeof(struct late_host);
    if (sqlite3_prepare_v2(deriving->db, "SELECT choice_id, seq, kind, subject_id, ordinal, ns FROM choices ORDER BY seq, choice_id", -1,
            &row, NULL) != SQLITE_OK)
        return tick__derive_failed(deriving);
    const int code = read_draws(deriving, row);
    sqlite3_finalize(row);
    return code;
}

int tick__derive_delays_end(struct tick__deriving *deriving) {
    for (const struct tick__draw *d = deriving->delays.draws, *end = d + deriving->delays.count; d < end; d++) {
        const int64_t row[] = {d->choice, d->bears ? d->bears : TICK__NULL, d->host ? d->host : TICK__NULL};
        TICK_TRY(tick__derive_row(deriving, TICK__DRAW_BEARS, row, 3, NULL));
    }
    return 0;
}

void tick__derive_delays_fini(struct tick__deriving *deriving) {
    struct tick__delays *delays = &deriving->delays;
    struct tick__open_table *const tables[] = {
        &delays->grams, &delays->timers, &delays->turns, &delays->tasks, &delays->hosts, &delays->late_hosts};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        tick__open_fini(tables[i]);
    tick__outside_free(delays->draws);
}
