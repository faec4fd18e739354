#include "trace/explain/hops.h"
#include "src/base/times.h"
#include "trace/story.h"
#include <string.h>

#define YIELDS_MOST 50000 // events that one hop takes up
#define NEAR 24           // events behind a deed in which its step may say where it stands

typedef struct tick__tale_event event_t; // by value: a tale that is read as it is asked for keeps but the latest

// --- folding ---

static bool is_kernels(const struct tick__tale *tale, const event_t *event) { // the answer to a request to connect
    const struct tick__tale_message *message = event->task ? NULL : tick__tale_message(tale, event->subject);
    return message && message->bytes <= 0;
}

static bool is_wiring(const struct tick__tale *tale, const event_t *event) {
    switch (event->kind) {
    case TICK_EV_TASK_READY:
    case TICK_EV_STEP_BEGIN:
    case TICK_EV_CALLBACK_READY:
    case TICK_EV_CALLBACK_RUN:
    case TICK_EV_TIMER_FIRE:
    case TICK_EV_IO_COMPLETE:
    case TICK_EV_MSG_RECV:
    case TICK_EV_WAIT_END:
        return true;
    case TICK_EV_FUTURE_DONE:
        return event->task == 0;
    case TICK_EV_MSG_SEND:
        return is_kernels(tale, event);
    default:
        return false;
    }
}

static void deviates(struct tick__hop *hop, uint32_t choice) {
    for (size_t i = 0; i < hop->deviation_count; i++)
        if (hop->deviations[i] == choice)
            return;
    if (hop->deviation_count < TICK__HOP_DEVIATIONS)
        hop->deviations[hop->deviation_count++] = choice;
}

static void beside(struct tick__hop *hop, uint32_t seq, uint32_t cause, const char *how) {
    if (hop->beside_count < TICK__HOP_BESIDES)
        hop->besides[hop->beside_count++] = (struct tick__tale_cause){.seq = seq, .cause = cause, .how = how};
    else
        hop->besides_more++;
}

// The choices among the causes of an event that others were late with.
static void late_as(const struct tick__tale *tale, uint32_t seq, struct tick__hop *hop) {
    const struct tick__tale_cause *causes;
    uint32_t found[TICK__HOP_DEVIATIONS];
    size_t count = 0;
    const size_t all = tick__tale_causes_of(tale, seq, &causes);
    for (size_t i = 0; i < all && count < TICK__HOP_DEVIATIONS; i++)
        if (strcmp(causes[i].how, "late") == 0)
            found[count++] = causes[i].cause;
    for (size_t i = 0; i < count; i++)
        if (tick__tale_event(tale, found[i])->kind == TICK_EV_CHOICE)
            deviates(hop, found[i]);
}

// What `causes` has of an event; returns by what it took in data, 0: by nothing.
static uint32_t further(const struct tick__tale *tale, uint32_t seq, struct tick__hop *hop) {
    struct tick__tale_cause copies[16];
    const struct tick__tale_cause *causes;
    uint32_t took = 0;
    size_t count = tick__tale_causes_of(tale, seq, &causes);
    hop->besides_more += count > 16 ? count - 16 : 0;
    count = count > 16 ? 16 : count;
    if (count)
        memcpy(copies, causes, count * sizeof *copies);
    for (size_t i = 0; i < count; i++) {
        const struct tick__tale_cause *cause = &copies[i];
        if (tick__tale_event(tale, cause->cause)->kind == TICK_EV_CHOICE)
            deviates(hop, cause->cause);
        else if (strcmp(cause->how, "late") == 0)
            late_as(tale, cause->cause, hop);
        else if (strcmp(cause->how, "took") == 0)
            took = cause->cause;
        else
            beside(hop, seq, cause->cause, cause->how);
    }
    return took;
}

// Notes a piece of wiring; false: the turn has one of its kind already, and this is another's.
static bool note(const struct tick__tale *tale, uint32_t seq, const event_t *event, struct tick__hop *hop) {
    uint32_t *part = NULL, other = 0;
    const bool begins = event->kind == TICK_EV_STEP_BEGIN || event->kind == TICK_EV_CALLBACK_RUN;
    switch (event->kind) {
    case TICK_EV_STEP_BEGIN:
    case TICK_EV_CALLBACK_RUN:
        part = &hop->step;
        break;
    case TICK_EV_TASK_READY:
        part = &hop->ready;
        break;
    case TICK_EV_FUTURE_DONE:
        part = &hop->done;
        break;
    case TICK_EV_TIMER_FIRE:
        part = &hop->fire;
        break;
    case TICK_EV_IO_COMPLETE:
        part = &hop->io;
        break;
    case TICK_EV_MSG_RECV:
        part = hop->recv ? &other : &hop->recv; // behind the kernel's answer there is the request
        break;
    default:
        part = &other;
        break;
    }
    if (*part || (begins && (hop->ready || hop->done || hop->fire || hop->io || hop->recv)))
        return false;
    *part = seq;
    if (event->kind == TICK_EV_STEP_BEGIN || event->kind == TICK_EV_TASK_READY)
        hop->task = event->subject;
    else if (!hop->task)
        hop->task = event->task;
    further(tale, seq, hop);
    return true;
}

// A timer of the task's own that is a sleep or a deadline belongs to the turn.
static uint32_t own_timer(const struct tick__tale *tale, struct tick__hop *hop, uint32_t arm) {
    const event_t event = *tick__tale_event(tale, arm);
    if (event.kind != TICK_EV_TIMER_ARM || !hop->task || event.task != hop->task)
        return arm;
    hop->arm = arm;
    further(tale, arm, hop);
    return event.cause;
}

// One turn; returns what it came of.
static uint32_t one_turn(const struct tick__tale *tale, uint32_t seq, struct tick__hop *hop) {
    event_t event = *tick__tale_event(tale, seq);
    while (seq && is_wiring(tale, &event) && note(tale, seq, &event, hop)) {
        hop->links++;
        if (event.kind == TICK_EV_TIMER_FIRE)
            return own_timer(tale, hop, event.cause);
        seq = event.cause;
        event = *tick__tale_event(tale, seq);
        if (event.kind == TICK_EV_TASK_CREATE && event.subject == hop->task) {
            hop->create = seq;
            return event.cause;
        }
        const event_t before = *tick__tale_event(tale, event.kind == TICK_EV_TASK_CANCEL ? event.cause : 0);
        if (before.kind == TICK_EV_TIMER_FIRE && event.subject == hop->task) { // a deadline's
            hop->cancel = seq;
            seq = event.cause;
            event = before;
        }
    }
    return seq;
}

// Whether a task did nothing but let others go first.
static bool yielded(const struct tick__tale *tale, const struct tick__hop *hop) {
    const event_t *came = tick__tale_event(tale, hop->came);
    return hop->step && hop->ready && !hop->done && !hop->fire && !hop->io && !hop->recv && !hop->deviation_count && !hop->beside_count &&
           came->kind == TICK_EV_STEP_BEGIN && came->subject == hop->task;
}

static void turn_back(const struct tick__tale *tale, uint32_t seq, struct tick__hop *hop) {
    struct tick__hop turn = {.seq = seq};
    hop->turn = true;
    hop->came = one_turn(tale, seq, hop);
    hop->seq = hop->step ? hop->step : hop->seq;
    while (yielded(tale, hop) && hop->links < YIELDS_MOST) {
        turn = (struct tick__hop){.seq = hop->came};
        turn.came = one_turn(tale, hop->came, &turn);
        if (!yielded(tale, &turn))
            return;
        hop->links += turn.links;
        hop->came = turn.came;
        hop->yields++;
    }
}

// The step that an event without a cause was told in.
static uint32_t own_step(const struct tick__tale *tale, uint32_t seq) {
    struct tick__link link;
    struct tick_error error;
    if (!tale->trace->derived || tick__link_read(tale->trace, seq, &link, &error) <= 0)
        return 0;
    return link.before > 0 && link.before < seq ? (uint32_t)link.before : 0;
}

void tick__hop_back(const struct tick__tale *tale, uint32_t seq, struct tick__hop *hop) {
    const event_t event = *tick__tale_event(tale, seq);
    *hop = (struct tick__hop){.seq = seq};
    if (event.kind == TICK_EV_CHOICE || event.kind == 0)
        return;
    if (is_wiring(tale, &event)) {
        turn_back(tale, seq, hop);
        return;
    }
    const event_t cause = *tick__tale_event(tale, event.cause);
    const bool ends = event.kind == TICK_EV_VERDICT && cause.kind == TICK_EV_STEP_END; // which says no more
    const uint32_t took = further(tale, seq, hop), step = ends ? cause.cause : event.cause || took ? event.cause : own_step(tale, seq);
    hop->task = event.task;
    hop->came = took ? took : step;
    if (!took || !step)
        return;
    struct tick__hop turn = {.seq = step}; // unless what it took in is what gave it its turn
    turn_back(tale, step, &turn);
    if (turn.io != took && turn.done != took)
        beside(hop, seq, step, "turn");
}

// --- saying ---

static void say_since(const struct tick__tale *tale, const struct tick__hop *hop, uint32_t seq, struct tick__said *said) {
    const int64_t now = tick__tale_event(tale, hop->seq)->ts, then = tick__tale_event(tale, seq)->ts;
    if (now == then)
        return;
    tick__say_to(said, ", which came at ");
    tick__said_time(then, said);
}

static void say_received(const struct tick__tale *tale, const struct tick__hop *hop, struct tick__said *said) {
    const event_t event = *tick__tale_event(tale, hop->recv);
    const struct tick__tale_message *message = tick__tale_message(tale, event.subject);
    if (!message) {
        tick__say_to(said, "gets something");
        return;
    }
    tick__say_to(said, message->bytes > 0 && hop->task ? "reads " : "gets ");
    tick__said_message(tale, message, 40, said);
    tick__say_to(said, " from ");
    tick__said_sender(tale, message, said);
    say_since(tale, hop, hop->recv, said);
}

static void say_timed(const struct tick__tale *tale, const struct tick__hop *hop, struct tick__said *said) {
    const event_t arm = *tick__tale_event(tale, hop->arm), fire = *tick__tale_event(tale, hop->fire);
    if (hop->cancel) {
        tick__say_to(said, "runs into its deadline");
    } else {
        tick__say_to(said, "goes on after ");
        const char *name = tick__tale_object(tale, fire.subject)->name;
        tick__say_to(said, strcmp(name, "sleep") == 0 ? "a sleep" : strcmp(name, "deadline") == 0 ? "its deadline" : "a timer");
    }
    if (!hop->arm)
        return;
    tick__say_to(said, " of ");
    tick__said_time(tick__ahead(arm.arg, arm.ts), said);
    if (fire.ts <= fire.arg)
        return;
    tick__say_to(said, ", ");
    tick__said_time(tick__ahead(fire.ts, fire.arg), said);
    tick__say_to(said, " late");
}

// What made a task ready that nobody outside woke.
static void say_woken(const struct tick__tale *tale, const struct tick__hop *hop, struct tick__said *said) {
    const event_t came = *tick__tale_event(tale, hop->came), create = *tick__tale_event(tale, hop->create);
    char since[48], times[32];
    tick__time_words(came.ts, since, sizeof since);
    if (hop->create) {
        tick__say_to(said, create.task ? "begins, spawned by " : "begins");
        if (create.task)
            tick__said_task(tale, create.task, said);
        return;
    }
    switch (came.kind) {
    case TICK_EV_TASK_CANCEL:
        tick__say_to(said, "goes on, cancelled");
        break;
    case TICK_EV_STEP_BEGIN:
        tick__say_to(said, came.subject == hop->task ? "goes on after others had their turn" : "goes on");
        if (hop->yields)
            tick__say_to(said, ", %s times from %s on", tick__count_words(hop->yields + 1, times, sizeof times), since);
        break;
    case TICK_EV_FUTURE_DONE:
        tick__say_to(said, "goes on: ");
        tick__deed_say_what(tale, came.subject, said);
        tick__say_to(said, tick__tale_object(tale, came.subject)->type == TICK_OBJECT_TASK ? " has ended" : " is done");
        break;
    case TICK_EV_RELEASE:
        tick__say_to(said, "goes on: it gets ");
        tick__deed_say_what(tale, came.subject, said);
        break;
    case TICK_EV_PUT:
    case TICK_EV_TAKE:
        tick__say_to(said, came.kind == TICK_EV_PUT ? "goes on with what was put into " : "goes on: there is room in ");
        tick__deed_say_what(tale, came.subject, said);
        break;
    case TICK_EV_SET:
        tick__say_to(said, "goes on: ");
        tick__deed_say_what(tale, came.subject, said);
        tick__say_to(said, " is set");
        break;
    case TICK_EV_NOTIFY:
        tick__say_to(said, "goes on: it is notified");
        break;
    default:
        tick__say_to(said, "goes on");
        break;
    }
}

// Where a step waits next, which says best where it stood; 0: not soon.
static uint32_t waits_next(const struct tick__tale *tale, uint32_t seq) {
    const uint32_t task = tick__tale_event(tale, seq)->task;
    for (uint32_t at = seq + 1; task && at <= tale->last && at < seq + NEAR; at++) {
        const struct tick__tale_event *event = tick__tale_event(tale, at);
        if (event->task == task && event->loc)
            return event->loc;
        if (event->kind == TICK_EV_STEP_END && event->subject == task)
            break;
    }
    return 0;
}

static uint32_t place_of(const struct tick__tale *tale, const struct tick__hop *hop) {
    const uint32_t parts[] = {hop->seq, hop->cancel ? 0 : hop->arm, hop->create};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i] && tick__tale_event(tale, parts[i])->loc)
            return tick__tale_event(tale, parts[i])->loc;
    if (hop->done) // the wait that it ends made the future
        return tick__tale_object(tale, tick__tale_event(tale, hop->done)->subject)->loc;
    return hop->turn ? 0 : waits_next(tale, hop->seq);
}

void tick__hop_say(
    const struct tick__tale *tale, const struct tick__hop *hop, struct tick__said *who, struct tick__said *say, struct tick__said *place) {
    const event_t event = *tick__tale_event(tale, hop->seq);
    if (!hop->turn || (!hop->step && !hop->ready && !hop->recv && !hop->fire)) {
        tick__deed_who(tale, hop->seq, who);
        tick__deed_say(tale, hop->seq, say);
    } else {
        if (hop->task)
            tick__said_task(tale, hop->task, who);
        else
            tick__said_host(tale, event.host, who);
        if (hop->recv)
            say_received(tale, hop, say);
        else if (hop->fire && (hop->arm || hop->cancel || hop->task))
            say_timed(tale, hop, say);
        else if (hop->step || hop->ready)
            say_woken(tale, hop, say);
        else
            tick__deed_say(tale, hop->seq, say);
    }
    const char *verdict = tale->place, *slash = strrchr(verdict, '/');
    if (event.kind == TICK_EV_CHOICE)
        return;
    if (event.kind == TICK_EV_VERDICT && *verdict)
        tick__say_to(place, "%s", slash ? slash + 1 : verdict);
    else
        tick__said_readable_place(tale, place_of(tale, hop), place);
}

void tick__hop_say_beside(const struct tick__tale *tale, const struct tick__tale_cause *cause, struct tick__said *say) {
    struct tick__hop hop;
    char place[96] = "", who[128] = "", what[400] = "";
    static const struct {
        const char *how, *words;
    } leads[] = {
        {"turn", "it has its turn: "}, {"behind", "behind what came late: "}, {"taken", "another was quicker: "}, {"read", "with it: "}};
    const char *lead = "";
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++)
        lead = strcmp(cause->how, leads[i].how) == 0 ? leads[i].words : lead;
    tick__hop_back(tale, cause->cause, &hop);
    tick__hop_say(tale, &hop, &TICK__SAID(who), &TICK__SAID(what), &TICK__SAID(place));
    tick__say_to(say, "%s%s%s%s", lead, who, *who ? " " : "", what);
    if (*place)
        tick__say_to(say, " (%s)", place);
}
