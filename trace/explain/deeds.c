// What an event is, in words that follow who did it.
#include "src/base/times.h"
#include "trace/explain/hops.h"
#include "trace/story.h"
#include <string.h>

static void say_sent(const struct tick__tale *tale, uint32_t id, struct tick__said *said) {
    const struct tick__tale_message *message = tick__tale_message(tale, id);
    if (!message) {
        tick__say_to(said, "sends something");
        return;
    }
    const bool opens = message->bytes <= 0 && tick__tale_object(tale, id)->ordinal == 0,
               back = tick__tale_object(tale, message->direction)->kth == TICK_IN;
    if (opens && !back) {
        tick__say_to(said, "asks to connect to ");
    } else {
        tick__say_to(said, "sends ");
        tick__said_message(tale, message, 40, said);
        tick__say_to(said, " to ");
    }
    tick__said_receiver(tale, message, said);
}

static void say_came(const struct tick__tale *tale, const struct tick__tale_event *event, struct tick__said *said) {
    const struct tick__tale_message *message = tick__tale_message(tale, event->subject);
    tick__say_to(said, event->kind == TICK_EV_MSG_DROP ? "does not get " : "gets ");
    if (!message) {
        tick__say_to(said, "something");
        return;
    }
    tick__said_message(tale, message, 40, said);
    tick__say_to(said, event->kind == TICK_EV_MSG_DROP ? " of " : " from ");
    if (tick__said_has_ends(tale, message))
        tick__said_sender(tale, message, said);
    else
        tick__said_host(tale, message->src, said);
    tick__say_to(said, event->kind == TICK_EV_MSG_DROP ? ": it is lost" : "");
}

// What came with an operation: "takes in \"ping\" and 1 more message"; nothing did: false.
static bool say_taken_in(const struct tick__tale *tale, uint32_t seq, const struct tick__tale_event *event, struct tick__said *said) {
    const struct tick__tale_cause *causes;
    const struct tick__tale_event cause = *tick__tale_event(tale, event->cause);
    const struct tick__tale_message *message = cause.kind == TICK_EV_MSG_RECV ? tick__tale_message(tale, cause.subject) : NULL;
    size_t more = 0;
    if (!message || message->bytes <= 0)
        return false;
    const size_t count = tick__tale_causes_of(tale, seq, &causes);
    for (size_t i = 0; i < count; i++)
        more += strcmp(causes[i].how, "read") == 0;
    tick__say_to(said, "takes in ");
    tick__said_message(tale, message, 40, said);
    if (more)
        tick__said_more(said, more, "message");
    return true;
}

// What a timer is for, by the place that armed it: its name there; "a sleep", "a deadline", "a timer".
static void say_timer(const struct tick__tale *tale, uint32_t id, struct tick__said *said) {
    const char *name = tick__tale_object(tale, id)->name;
    if (strcmp(name, "sleep") == 0 || strcmp(name, "deadline") == 0)
        tick__say_to(said, "a %s", name);
    else
        tick__say_to(said, "a timer");
}

static void say_armed(const struct tick__tale *tale, const struct tick__tale_event *event, struct tick__said *said) {
    const bool sleeps = strcmp(tick__tale_object(tale, event->subject)->name, "sleep") == 0;
    tick__say_to(said, sleeps ? "begins " : "sets ");
    say_timer(tale, event->subject, said);
    if (event->arg == INT64_MAX) {
        tick__say_to(said, " for ever");
        return;
    }
    tick__say_to(said, " of ");
    tick__said_time(tick__ahead(event->arg, event->ts), said);
}

void tick__deed_say_what(const struct tick__tale *tale, uint32_t id, struct tick__said *said) {
    const struct tick__tale_object *object = tick__tale_object(tale, id);
    tick__said_object(tale, id, said);
    if (object->type != TICK_OBJECT_FUTURE || !tick__tale_place(tale, object->loc))
        return;
    tick__say_to(said, " of ");
    tick__said_place(tale, object->loc, said);
}

static void say_about(const struct tick__tale *tale, const char *verb, uint32_t subject, struct tick__said *said) {
    tick__say_to(said, "%s ", verb);
    tick__deed_say_what(tale, subject, said);
}

static void say_text(const struct tick__tale *tale, const char *verb, uint32_t subject, struct tick__said *said) {
    tick__say_to(said, "%s%s", verb, tick__tale_object(tale, subject)->name);
}

static void say_done(const struct tick__tale *tale, const struct tick__tale_event *event, struct tick__said *said) {
    static const char *const ends[] = {"", " with an error", " by cancelling it"};
    const char *end = event->arg >= 0 && event->arg < 3 ? ends[event->arg] : "";
    if (tick__tale_object(tale, event->subject)->type == TICK_OBJECT_TASK && event->subject == event->task)
        tick__say_to(said, event->arg == TICK_DONE_RESULT    ? "ends"
                           : event->arg == TICK_DONE_FAILURE ? "ends with an error"
                                                             : "ends, cancelled");
    else if (event->task)
        say_about(tale, "resolves", event->subject, said), tick__say_to(said, "%s", end);
    else
        tick__deed_say_what(tale, event->subject, said), tick__say_to(said, " is done");
}

static void say_verdict(const struct tick__tale *tale, const struct tick__tale_event *event, struct tick__said *said) {
    const struct tick_trace *trace = tale->trace;
    const char *text = tick__tale_object(tale, event->subject)->name, *word = *trace->verdict ? trace->verdict : "the verdict";
    const char *list = strcmp(word, "deadlock") == 0 ? strchr(text, ':') : NULL; // of who waits, which is told elsewhere
    if (strcmp(word, "pass") == 0)
        tick__say_to(said, "the run passes");
    else if (event->task)
        tick__say_to(said, "fails: %s", *text ? text : word);
    else
        tick__say_to(said, "%.*s", list ? (int)(list - text) : (int)strlen(text), *text ? text : word);
}

static void say_choice(const struct tick__tale *tale, uint32_t seq, struct tick__said *said) {
    sqlite3_stmt *row;
    struct tick_error error;
    if (tick__prepare(tale->trace, "SELECT coalesce(nullif(words, ''), line) FROM choices WHERE seq = ?", &row, &error) < 0)
        return;
    sqlite3_bind_int64(row, 1, seq);
    const char *words = sqlite3_step(row) == SQLITE_ROW ? (const char *)sqlite3_column_text(row, 0) : NULL;
    tick__say_to(said, "the schedule: %s", words ? words : "a deviation");
    sqlite3_finalize(row);
}

static void say_step_end(const struct tick__tale_event *event, struct tick__said *said) {
    static const char *const ends[] = {"waits", "returns", "fails", "ends, cancelled"};
    tick__say_to(said, "%s", event->arg >= 0 && event->arg < 4 ? ends[event->arg] : "stops");
}

static void say_wait(const struct tick__tale *tale, uint32_t seq, struct tick__said *said) {
    tick__say_to(said, "waits ");
    tick__said_wait(tale, seq, said);
}

// Those about an object, a text or nothing: a verb, and what follows it.
static const struct {
    const char *verb;
    enum { ALONE, ABOUT, TEXT } what;
} plain[TICK_EVENT_KINDS] = {
    [TICK_EV_TASK_CREATE] = {"begins", ABOUT},
    [TICK_EV_TASK_READY] = {"is ready to run", ALONE},
    [TICK_EV_STEP_BEGIN] = {"goes on", ALONE},
    [TICK_EV_TASK_CANCEL] = {"cancels", ABOUT},
    [TICK_EV_FUTURE_CREATE] = {"makes", ABOUT},
    [TICK_EV_CALLBACK_READY] = {"calls for a callback", ALONE},
    [TICK_EV_CALLBACK_RUN] = {"runs a callback", ALONE},
    [TICK_EV_TIMER_CANCEL] = {"takes back a timer", ALONE},
    [TICK_EV_IO_SUBMIT] = {"begins an operation", ALONE},
    [TICK_EV_IO_COMPLETE] = {"has an operation done", ALONE},
    [TICK_EV_HOLD] = {"takes", ABOUT},
    [TICK_EV_RELEASE] = {"releases", ABOUT},
    [TICK_EV_WAIT_END] = {"has waited for", ABOUT},
    [TICK_EV_HOST_START] = {"starts", ALONE},
    [TICK_EV_HOST_CRASH] = {"crashes", ALONE},
    [TICK_EV_HOST_RESTART] = {"starts again", ALONE},
    [TICK_EV_FAULT_BEGIN] = {"a fault begins: ", TEXT},
    [TICK_EV_FAULT_END] = {"a fault is over: ", TEXT},
    [TICK_EV_SPAN_BEGIN] = {"begins what it calls ", TEXT},
    [TICK_EV_SPAN_END] = {"ends what it calls ", TEXT},
    [TICK_EV_LOG] = {"says: ", TEXT},
    [TICK_EV_MARK] = {"says: ", TEXT},
    [TICK_EV_EXCEPTION] = {"fails: ", TEXT},
    [TICK_EV_PUT] = {"puts into", ABOUT},
    [TICK_EV_TAKE] = {"takes from", ABOUT},
    [TICK_EV_SET] = {"sets", ABOUT},
    [TICK_EV_CLEAR] = {"clears", ABOUT},
    [TICK_EV_NOTIFY] = {"notifies", ABOUT},
    [TICK_EV_MSG_SLOW] = {"has a message slowed down", ALONE},
    [TICK_EV_HOST_STOP] = {"is told to stop", ALONE},
    [TICK_EV_HOST_PAUSE] = {"stands still", ALONE},
    [TICK_EV_CLOCK_JUMP] = {"has its wall clock jump", ALONE},
    [TICK_EV_CLOCK_READ] = {"reads a wall clock that has jumped", ALONE},
    [TICK_EV_SHARED_READ] = {"reads what is shared: ", TEXT},
    [TICK_EV_SHARED_WRITE] = {"writes what is shared: ", TEXT},
    [TICK_EV_FILE_SYNC] = {"syncs", ABOUT},
};

void tick__deed_say(const struct tick__tale *tale, uint32_t seq, struct tick__said *said) {
    const struct tick__tale_event event = *tick__tale_event(tale, seq);
    const uint8_t kind = event.kind < TICK_EVENT_KINDS ? event.kind : 0;
    switch (kind) {
    case TICK_EV_MSG_SEND:
        say_sent(tale, event.subject, said);
        return;
    case TICK_EV_MSG_RECV:
    case TICK_EV_MSG_DROP:
        say_came(tale, &event, said);
        return;
    case TICK_EV_IO_COMPLETE:
        if (say_taken_in(tale, seq, &event, said))
            return;
        break;
    case TICK_EV_TIMER_ARM:
        say_armed(tale, &event, said);
        return;
    case TICK_EV_TIMER_FIRE:
        say_timer(tale, event.subject, said);
        tick__say_to(said, " is over");
        return;
    case TICK_EV_FUTURE_DONE:
        say_done(tale, &event, said);
        return;
    case TICK_EV_FUTURE_AWAIT:
    case TICK_EV_WAIT_BEGIN:
        say_wait(tale, seq, said);
        return;
    case TICK_EV_STEP_END:
        say_step_end(&event, said);
        return;
    case TICK_EV_VERDICT:
        say_verdict(tale, &event, said);
        return;
    case TICK_EV_CHOICE:
        say_choice(tale, seq, said);
        return;
    default:
        break;
    }
    if (!plain[kind].verb)
        tick__say_to(said, "does something that is not known here");
    else if (plain[kind].what == ABOUT)
        say_about(tale, plain[kind].verb, event.subject, said);
    else if (plain[kind].what == TEXT)
        say_text(tale, plain[kind].verb, event.subject, said);
    else
        tick__say_to(said, "%s", plain[kind].verb);
}

// Whether the words tell the whole, and nobody does it.
static bool stands_alone(const struct tick__tale_event *event) {
    return event->kind == TICK_EV_CHOICE || event->kind == TICK_EV_FAULT_BEGIN || event->kind == TICK_EV_FAULT_END ||
           (event->kind == TICK_EV_VERDICT && !event->task);
}

void tick__deed_who(const struct tick__tale *tale, uint32_t seq, struct tick__said *said) {
    const struct tick__tale_event event = *tick__tale_event(tale, seq);
    const struct tick__tale_message *message = tick__tale_message(tale, event.subject);
    const bool own = event.kind == TICK_EV_STEP_BEGIN || event.kind == TICK_EV_STEP_END || event.kind == TICK_EV_TASK_READY;
    if (stands_alone(&event))
        return;
    if (message && tick__said_has_ends(tale, message) && (!event.task || tick__said_as_host(tale, event.task))) { // who of one machine
        if (event.kind == TICK_EV_MSG_SEND)
            tick__said_sender(tale, message, said);
        else
            tick__said_receiver(tale, message, said);
    } else if (own)
        tick__said_task(tale, event.subject, said);
    else if (event.task || event.host)
        tick__said_who(tale, seq, said);
    else
        tick__say_to(said, "the world");
}
