// Waits in words.
#include "src/base/times.h"
#include "trace/explain/waits_int.h"
#include "trace/story.h"
#include <string.h>

#define NAMED_MOST 3 // of several tasks

const char *const tick__wait_words[] = {[TICK__WAIT_UNTOLD] = "untold", [TICK__WAIT_TASKS] = "tasks", [TICK__WAIT_LOCK] = "lock",
    [TICK__WAIT_RESOURCE] = "resource", [TICK__WAIT_FUTURE] = "future", [TICK__WAIT_SLEEP] = "sleep", [TICK__WAIT_ACCEPT] = "accept",
    [TICK__WAIT_CONNECT] = "connect", [TICK__WAIT_READ] = "read", [TICK__WAIT_WRITE] = "write", [TICK__WAIT_STEP] = "step",
    [TICK__WAIT_TURN] = "turn"};

// "app/a, app/b and 3 more"
static void say_needs(const struct tick__waits *waits, const struct tick__waiter *waiter, struct tick__said *said) {
    const uint32_t shown = waiter->needs_all > NAMED_MOST + 1 ? NAMED_MOST : waiter->needs_count;
    for (uint32_t i = 0; i < shown; i++) {
        if (i)
            tick__say_to(said, i + 1 == waiter->needs_all ? " and " : ", ");
        const uint32_t task = waits->needs[waiter->needs_from + i];
        if (task == waiter->task)
            tick__say_to(said, "itself");
        else
            tick__said_task(waits->tale, task, said);
    }
    if (shown < waiter->needs_all)
        tick__said_more(said, waiter->needs_all - shown, NULL);
}

static const char *called(const struct tick__waits *waits, const struct tick__waiter *waiter) {
    const struct tick__tale_place *place = tick__tale_place(waits->tale, waiter->loc);
    return place ? place->name : "";
}

static void say_holder(const struct tick__waits *waits, const struct tick__waiter *waiter, bool permits, struct tick__said *said) {
    if (!waiter->held) {
        tick__say_to(said, permits ? ", of which nobody has a permit" : ", which nobody holds");
        return;
    }
    if (waiter->needs_count && waits->needs[waiter->needs_from] == waiter->task) {
        tick__say_to(said, permits ? ", whose permit it has itself" : ", which it holds itself");
    } else if (permits && waiter->needs_all && waiter->amount > 1) {
        tick__say_to(said, ", whose %lld permits are with ", (long long)waiter->amount);
        say_needs(waits, waiter, said);
    } else if (!permits && waiter->held > waiter->seq) { // it went to others meanwhile
        tick__say_to(said, ", which passes from one to the next, and from ");
        tick__said_time(tick__tale_event(waits->tale, waiter->held)->ts, said);
        tick__say_to(said, " on is held by ");
        tick__said_task(waits->tale, waiter->holder, said);
        tick__say_to(said, waiter->needs_count ? "" : ", which is over");
        return;
    } else {
        tick__say_to(said, permits ? ", whose permit is with " : ", held by ");
        tick__said_task(waits->tale, waiter->holder, said);
    }
    tick__say_to(said, waiter->held > waiter->seq ? " from " : " since ");
    tick__said_time(tick__tale_event(waits->tale, waiter->held)->ts, said);
    tick__say_to(said, waiter->held > waiter->seq ? " on" : "");
    if (!waiter->needs_count)
        tick__say_to(said, ", which is over");
}

static void say_lock(const struct tick__waits *waits, const struct tick__waiter *waiter, struct tick__said *said) {
    const bool permits = strcmp(called(waits, waiter), "a semaphore") == 0;
    tick__say_to(said, "for ");
    if (permits)
        tick__say_to(said, "a semaphore");
    else
        tick__said_object(waits->tale, waiter->subject, said);
    say_holder(waits, waiter, permits, said);
}

static void say_peer(const struct tick__waits *waits, const struct tick__waiter *waiter, const char *how, struct tick__said *said) {
    tick__say_to(said, "%s ", how);
    if (waiter->needs_count)
        say_needs(waits, waiter, said);
    else if (waiter->peer_host)
        tick__said_host(waits->tale, waiter->peer_host, said);
    else
        tick__say_to(said, "a stream");
    if (waiter->kind == TICK__WAIT_WRITE && waiter->amount > 0)
        tick__say_to(said, ", where %lld byte%s unread", (long long)waiter->amount, waiter->amount == 1 ? " is" : "s are");
}

static void say_future(const struct tick__waits *waits, const struct tick__waiter *waiter, struct tick__said *said) {
    const struct tick__tale_object *future = tick__tale_object(waits->tale, waiter->subject);
    const struct tick__tale_place *made = tick__tale_place(waits->tale, future->loc);
    const char *name = called(waits, waiter);
    const bool own = made && strcmp(made->name, "future") != 0; // a gather, a shield
    if (future->type == TICK_OBJECT_JOB)
        tick__say_to(said, "for a job");
    else if (*name && future->loc != waiter->loc)
        tick__say_to(said, "for %s%s%s", name, own ? ", a " : ", a future", own ? made->name : "");
    else
        tick__say_to(said, "for %s", *name ? name : "a future");
    if (made && !own) {
        tick__say_to(said, " of ");
        tick__said_place(waits->tale, future->loc, said);
    }
}

// Who has to do something with a queue: whom it is known of by what they did before.
static void say_users(const struct tick__waits *waits, const struct tick__waiter *waiter, struct tick__said *said) {
    static const char *const how[] = {[TICK__QUEUE_ITEM] = ", into which others put: ",
        [TICK__QUEUE_POOL] = " with ",
        [TICK__QUEUE_ROOM] = ", from which others take: "};
    if (waiter->queue == TICK__QUEUE_ROOM && waiter->amount > 0)
        tick__say_to(said, " that is full with %lld item%s", (long long)waiter->amount, waiter->amount == 1 ? "" : "s");
    if (!waiter->needs_count)
        return;
    if (waiter->queue == TICK__QUEUE_POOL && waiter->amount == 1)
        tick__say_to(said, ", and the item that was taken from it is");
    else if (waiter->queue == TICK__QUEUE_POOL)
        tick__say_to(said, ", and the %lld items that were taken from it are", (long long)waiter->amount);
    tick__say_to(said, "%s", how[waiter->queue]);
    say_needs(waits, waiter, said);
}

// Who keeps a flag from being set.
static void say_cleared(const struct tick__waits *waits, const struct tick__waiter *waiter, struct tick__said *said) {
    if (!waiter->held)
        return;
    tick__say_to(said, " that ");
    tick__said_task(waits->tale, waiter->holder, said);
    tick__say_to(said, " cleared at ");
    tick__said_time(tick__tale_event(waits->tale, waiter->held)->ts, said);
}

static void say_rest(const struct tick__waits *waits, const struct tick__waiter *waiter, struct tick__said *said) {
    switch (waiter->kind) {
    case TICK__WAIT_TASKS:
        tick__say_to(said, "for ");
        say_needs(waits, waiter, said);
        tick__say_to(said, " to end");
        break;
    case TICK__WAIT_LOCK:
        say_lock(waits, waiter, said);
        break;
    case TICK__WAIT_RESOURCE:
        tick__say_to(said, waiter->queue == TICK__QUEUE_ROOM ? "for room in " : "for ");
        if (*called(waits, waiter) && !tick__tale_object(waits->tale, waiter->subject)->loc)
            tick__say_to(said, "%s", called(waits, waiter));
        else
            tick__said_object(waits->tale, waiter->subject, said);
        if (waiter->queue != TICK__QUEUE_NONE)
            say_users(waits, waiter, said);
        else
            say_cleared(waits, waiter, said);
        break;
    case TICK__WAIT_FUTURE:
        say_future(waits, waiter, said);
        break;
    case TICK__WAIT_ACCEPT:
        tick__say_to(said, "for connections");
        break;
    case TICK__WAIT_CONNECT:
        say_peer(waits, waiter, "to connect to", said);
        break;
    case TICK__WAIT_READ:
        say_peer(waits, waiter, "to read from", said);
        break;
    case TICK__WAIT_WRITE:
        say_peer(waits, waiter, "to write to", said);
        break;
    default:
        tick__say_to(said, "for ");
        if (waiter->needs_count) {
            tick__say_to(said, "what it began to end: ");
            say_needs(waits, waiter, said);
        } else {
            tick__say_to(said, "something");
        }
        break;
    }
}

void tick__waits_say(const struct tick__waits *waits, const struct tick__waiter *waiter, bool many, struct tick__said *said) {
    const struct tick__tale_event *event = tick__tale_event(waits->tale, waiter->seq);
    if (waiter->kind == TICK__WAIT_STEP) {
        tick__say_to(said, many ? "are in the midst of a step" : "is in the midst of a step");
    } else if (waiter->kind == TICK__WAIT_TURN) {
        tick__say_to(said, many ? "are to go on, and have had no turn" : "is to go on, and has had no turn");
    } else if (waiter->kind == TICK__WAIT_SLEEP && event->arg == INT64_MAX) {
        tick__say_to(said, many ? "sleep for ever" : "sleeps for ever");
    } else if (waiter->kind == TICK__WAIT_SLEEP) {
        tick__say_to(said, many ? "sleep until " : "sleeps until ");
        tick__said_time(event->arg, said);
    } else {
        tick__say_to(said, many ? "wait " : "waits ");
        say_rest(waits, waiter, said);
    }
}

// One link of a circle: who waits, for what, and where.
static void say_link(const struct tick__waits *waits, const struct tick__waiter *waiter, struct tick__said *said) {
    tick__said_task(waits->tale, waiter->task, said);
    tick__say_to(said, " ");
    tick__waits_say(waits, waiter, false, said);
    if (!tick__tale_place(waits->tale, waiter->loc))
        return;
    tick__say_to(said, " (");
    tick__said_place(waits->tale, waiter->loc, said);
    tick__say_to(said, ")");
}

void tick__waits_say_circle(const struct tick__waits *waits, const struct tick__waiter *waiter, struct tick__said *said) {
    static const char rest[] = "; and so on, round 4294967295 tasks";
    const struct tick__waiter *each = waiter;
    uint32_t length = 0, told = 0;
    do
        length++;
    while ((each = &waits->waiters[each->next]) != waiter);
    tick__say_to(said, length > 1 ? "a circle: " : "");
    do {
        char text[420];
        struct tick__said link = TICK__SAID(text);
        text[0] = '\0';
        say_link(waits, each, &link);
        if (told && said->used + link.used + sizeof rest + 4 > said->size) {
            tick__say_to(said, "; and so on, round %u tasks", (unsigned)length);
            return;
        }
        tick__say_to(said, "%s%s", told ? "; " : "", text);
        told++;
    } while ((each = &waits->waiters[each->next]) != waiter);
}

// Who did what an event tells, or what that came of: the first task on the way back; 0 = none.
static uint32_t doer(const struct tick__tale *tale, uint32_t seq) {
    for (int links = 0; seq && links < 8; links++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if (event->kind == TICK_EV_STEP_BEGIN)
            return event->subject;
        if (event->task)
            return event->task;
        seq = tick__tale_before(tale, seq);
    }
    return 0;
}

// "at 3 ms by app/p"
static void say_when(const struct tick__waits *waits, uint32_t seq, struct tick__said *said) {
    const uint32_t by = doer(waits->tale, seq);
    tick__say_to(said, " at ");
    tick__said_time(tick__tale_event(waits->tale, seq)->ts, said);
    if (!by)
        return;
    tick__say_to(said, " by ");
    tick__said_task(waits->tale, by, said);
}

// The latest set, notification, put or take.
static void say_deed(const struct tick__waits *waits, const struct tick__waiter *waiter, uint32_t deed, struct tick__said *said) {
    const struct tick__tale_event *event = tick__tale_event(waits->tale, deed);
    const bool put = event->kind == TICK_EV_TAKE && tick__tale_event(waits->tale, event->cause)->kind == TICK_EV_PUT;
    tick__say_to(said, event->kind == TICK_EV_SET      ? "it was set"
                       : event->kind == TICK_EV_NOTIFY ? "it was notified"
                       : event->kind == TICK_EV_TAKE   ? "the last item was taken"
                                                       : "the last item was put");
    say_when(waits, deed, said);
    if (put) {
        tick__say_to(said, ", put");
        say_when(waits, event->cause, said);
    }
    if (deed < waiter->seq && (event->kind == TICK_EV_SET || event->kind == TICK_EV_NOTIFY))
        tick__say_to(said, ", before this wait");
}

// How long who has released a lock last had had it, ns; 0: not known.
static int64_t had_for(const struct tick__tale *tale, uint32_t lock) {
    uint32_t release = 0;
    for (uint32_t seq = tale->last; seq && seq >= tale->first; seq--) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if (event->subject != lock)
            continue;
        if (event->kind == TICK_EV_RELEASE)
            release = seq;
        else if (event->kind == TICK_EV_HOLD && release)
            return tick__ahead(tick__tale_event(tale, release)->ts, event->ts);
    }
    return 0;
}

// How long who has hung up had waited for an answer by then.
static void say_patience(const struct tick__tale *tale, uint32_t end, struct tick__said *said) {
    const struct tick__tale_message *closed = tick__tale_message(tale, tick__tale_event(tale, end)->subject), *asked = NULL;
    for (size_t i = 0; closed && i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (message->direction == closed->direction && message->bytes > 0 && message->send && message->send < end)
            asked = message;
    }
    if (!asked)
        return;
    tick__say_to(said, ", ");
    tick__said_time(tick__ahead(tick__tale_event(tale, end)->ts, tick__tale_event(tale, asked->send)->ts), said);
    tick__say_to(said, " after it had asked");
}

// Who else waits for a lock, where some do so for nobody any more.
static void say_line(const struct tick__waits *waits, const struct tick__waiter *waiter, struct tick__said *said) {
    const uint32_t subject = waiter->subject <= waits->tale->objects_count ? waiter->subject : 0;
    const unsigned all = waits->work->in_line[subject], gone = waits->work->in_line_gone[subject];
    const uint32_t end = waiter->held ? tick__waits_hung_up(waits, waiter->holder) : 0;
    if (end) {
        tick__say_to(said, "the client of that one hung up at ");
        tick__said_time(tick__tale_event(waits->tale, end)->ts, said);
        say_patience(waits->tale, end, said);
        tick__say_to(said, gone ? "; " : "");
    }
    if (!gone)
        return;
    tick__say_to(said, "of %u tasks that wait for it %u serve clients that have hung up", all, gone);
    const int64_t each = had_for(waits->tale, subject);
    if (each <= 0 || all - gone < 2)
        return;
    tick__say_to(said, "; each has it for ");
    tick__said_time(each, said);
    tick__say_to(said, ", so the other %u alone take ", all - gone);
    tick__said_time(each * (int64_t)(all - gone), said);
}

void tick__waits_say_woken(const struct tick__waits *waits, const struct tick__waiter *waiter, struct tick__said *said) {
    const struct tick__tale *tale = waits->tale;
    const uint32_t subject = waiter->subject <= tale->objects_count ? waiter->subject : 0;
    const uint32_t woke = waits->work->made[subject], deed = waits->work->deeds[subject];
    if (waiter->kind == TICK__WAIT_LOCK)
        say_line(waits, waiter, said);
    if ((waiter->kind != TICK__WAIT_RESOURCE && waiter->kind != TICK__WAIT_LOCK) || waiter->held)
        return;
    if (deed)
        say_deed(waits, waiter, deed, said);
    else if (waiter->kind == TICK__WAIT_RESOURCE && tale->first == 1 && waiter->queue == TICK__QUEUE_ITEM)
        tick__say_to(said, "nobody has ever put into it");
    else if (waiter->kind == TICK__WAIT_RESOURCE && tale->first == 1 && strcmp(called(waits, waiter), "an event") == 0)
        tick__say_to(said, "nobody has ever set it");
    if (!woke || waiter->queue != TICK__QUEUE_NONE)
        return;
    tick__say_to(said, "%sthe last wake-up there went to ", said->used ? "; " : "");
    tick__said_task(tale, tick__tale_event(tale, woke)->subject, said);
    say_when(waits, tick__tale_event(tale, woke)->cause, said);
}

// --- beside ---

static bool same_place(const struct tick__tale_place *a, const struct tick__tale_place *b) {
    return a && b && a->line == b->line && strcmp(a->file, b->file) == 0 && strcmp(a->name, b->name) == 0;
}

// Whether the same task is there in the good run, and waits at other places alone.
static bool never_waits_there(const struct tick__tale *tale, const struct tick__waiter *waiter, const struct tick__tale *good) {
    const struct tick__tale_place *place = tick__tale_place(tale, waiter->loc);
    const tick_id task = tick__tale_object(tale, waiter->task)->id;
    bool there = false;
    for (uint32_t seq = good->first; place && seq && seq <= good->last; seq++) {
        const struct tick__tale_event *event = tick__tale_event(good, seq);
        if (!event->task || tick__tale_object(good, event->task)->id != task)
            continue;
        there = true;
        if (event->loc && same_place(place, tick__tale_place(good, event->loc)))
            return false;
    }
    return there;
}

void tick__waits_say_beside(const struct tick__waiter *waiter, const struct tick__beside *beside, struct tick__said *said) {
    const struct tick__tale *tale = beside->a, *good = beside->b;
    const uint32_t wait = waiter->kind == TICK__WAIT_STEP || waiter->kind == TICK__WAIT_TURN ? 0 : tick__beside_twin(beside, waiter->seq);
    const struct tick__tale_event *began = tick__tale_event(good, wait);
    uint32_t ready = 0;
    if (!wait && never_waits_there(tale, waiter, good))
        tick__say_to(said, "it never waits there");
    for (uint32_t seq = wait + 1; wait && !ready && seq <= good->last; seq++)
        if (tick__tale_event(good, seq)->kind == TICK_EV_TASK_READY && tick__tale_event(good, seq)->subject == began->task)
            ready = seq;
    if (!ready)
        return;
    const struct tick__tale_event *event = tick__tale_event(good, ready);
    const bool cancelled = tick__tale_event(good, event->cause)->kind == TICK_EV_TASK_CANCEL;
    const bool inside = waiter->kind == TICK__WAIT_LOCK || waiter->kind == TICK__WAIT_RESOURCE || waiter->kind == TICK__WAIT_FUTURE;
    const uint32_t by = doer(good, event->cause);
    if (cancelled) {
        tick__say_to(said, "it is cancelled");
    } else if (waiter->kind == TICK__WAIT_TASKS) {
        tick__say_to(said, "that ends");
    } else if (inside && by && by != began->task) {
        tick__said_task(good, by, said);
        tick__say_to(said, " wakes it");
    } else {
        tick__say_to(said, "it goes on");
    }
    tick__say_to(said, " at ");
    tick__said_time(event->ts, said);
}
