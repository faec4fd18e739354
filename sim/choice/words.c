// A deviation as a sentence that a person understands without knowing retick's words. What names do not know falls back to paths.
#include "sim/choice/kinds_int.h"
#include "sim/choice/names.h"
#include "sim/choice/path_int.h"
#include "sim/choice/schedule.h"
#include <string.h>

struct teller {
    const struct tick_names *names; // may be NULL
    const struct tick_deviation *deviation;
    struct tick__text *to;
    bool known;
    struct tick_object subject, parent; // the subject and its maker, if known; type 0: not
};

static bool about(const struct teller *t, uint32_t object_id, struct tick_object *object) {
    memset(object, 0, sizeof *object);
    return t->names && tick_names_about_object(t->names, object_id, object);
}

// Whom people would name for an object: a main task is its host.
static void who(const struct teller *t, uint32_t object_id) {
    struct tick_object object, parent;
    char path[512];
    if (!about(t, object_id, &object)) {
        tick__text_format(t->to, "somebody");
        return;
    }
    if (object.type == TICK_OBJECT_TASK && object.kth == 1 && object.key && !strcmp(object.key, "main") &&
        about(t, object.parent, &parent) && parent.type == TICK_OBJECT_HOST)
        object_id = object.parent;
    tick_names_path_of_object(t->names, object_id, path, sizeof path);
    tick__text_format(t->to, "%s", path);
}

static void who_is_subject(const struct teller *t) {
    char path[512];
    if (t->known) {
        who(t, tick_names_object(t->names, t->deviation->subject));
        return;
    }
    tick_names_path(t->names, t->deviation->subject, path, sizeof path);
    tick__text_format(t->to, "%s", path);
}

static void how_long(struct tick__text *to, const struct tick_deviation *d) {
    static const struct {
        const char *word;
        int64_t ns;
    } units[] = {{"s", 1000000000}, {"ms", 1000000}, {"us", 1000}, {"ns", 1}};
    int64_t delay = d->n ? tick_scale_capped(d->value, d->most) : d->most;
    size_t unit = 0;
    while (delay % units[unit].ns)
        unit++;
    tick__text_format(to, "%lld %s", (long long)(delay / units[unit].ns), units[unit].word);
}

static void ordinal(struct tick__text *to, uint64_t k) {
    uint64_t tens = k % 100;
    const char *end = tens >= 11 && tens <= 13 ? "th" : k % 10 == 1 ? "st" : k % 10 == 2 ? "nd" : k % 10 == 3 ? "rd" : "th";
    tick__text_format(to, "%llu%s", (unsigned long long)k, end);
}

static void plural(struct tick__text *to, uint64_t count, const char *what) {
    tick__text_format(to, "%llu %s%s", (unsigned long long)count, what, count == 1 ? "" : "s");
}

// The peer of a connection: the name it was told by, without a count.
static const char *peer(const struct tick_object *connection) {
    return connection->key ? connection->key : "its peer";
}

static bool is_connection(const struct tick_object *object) {
    return object->type == TICK_OBJECT_CONNECTION;
}

// "alice's 2nd connection to server"
static void connection(const struct teller *t, const struct tick_object *object) {
    who(t, object->parent);
    tick__text_format(t->to, "'s ");
    if (object->kth > 1) {
        ordinal(t->to, object->kth);
        tick__text_format(t->to, " ");
    }
    tick__text_format(t->to, "connection to %s", peer(object));
}

// "alice" or "server": who holds a connection's end.
static void holder(const struct teller *t) {
    if (t->subject.kth == TICK_NEAR)
        who(t, t->parent.parent);
    else
        tick__text_format(t->to, "%s", peer(&t->parent));
}

static bool is_end(const struct teller *t) {
    return t->subject.type == TICK_OBJECT_FD && is_connection(&t->parent);
}

static bool is_direction(const struct teller *t) {
    return t->subject.type == TICK_OBJECT_DIRECTION && is_connection(&t->parent);
}

static void late_host(const struct teller *t) {
    who_is_subject(t);
    tick__text_format(t->to, " goes on ");
    how_long(t->to, t->deviation);
    tick__text_format(t->to, " late, the ");
    ordinal(t->to, t->deviation->ordinal);
    tick__text_format(t->to, " time that it wakes");
}

static void late_poll(const struct teller *t) {
    if (t->subject.type == TICK_OBJECT_TIMER) {
        tick__text_format(t->to, "the %s of ", t->subject.key && *t->subject.key ? t->subject.key : "timer");
        who(t, t->subject.parent);
        tick__text_format(t->to, " fires ");
    } else {
        tick__text_format(t->to, "the poll that waits for ");
        who_is_subject(t);
        tick__text_format(t->to, " returns ");
    }
    how_long(t->to, t->deviation);
    tick__text_format(t->to, " late");
}

static void held(const struct teller *t) {
    if (is_end(t)) {
        holder(t);
        tick__text_format(t->to, " sees that ");
        connection(t, &t->parent);
        tick__text_format(t->to, " is ready ");
    } else {
        who_is_subject(t);
        tick__text_format(t->to, " is seen to be ready ");
    }
    plural(t->to, t->deviation->value, "poll");
    tick__text_format(t->to, " later than it is, the ");
    ordinal(t->to, t->deviation->ordinal);
    tick__text_format(t->to, " time");
}

// late: says by how much they are.
static void late_bytes(const struct teller *t, bool late) {
    unsigned long long offset = t->deviation->ordinal;
    const bool handshake = offset == 0; // data counts from 1
    int64_t size = t->known && !handshake ? tick_names_message_size(t->names, t->deviation->subject, offset) : 0;
    if (!is_direction(t)) {
        tick__text_format(t->to, "what is sent on ");
        who_is_subject(t);
        tick__text_format(t->to, " at offset %llu arrives ", offset);
    } else {
        if (handshake)
            tick__text_format(t->to, "the handshake that ");
        else if (size > 0)
            tick__text_format(t->to, size == 1 ? "the byte that " : "the %lld bytes that ", (long long)size);
        else
            tick__text_format(t->to, "what ");
        if (t->subject.kth == TICK_OUT)
            who(t, t->parent.parent);
        else
            tick__text_format(t->to, "%s", peer(&t->parent));
        tick__text_format(t->to, " sent to ");
        if (t->subject.kth == TICK_OUT)
            tick__text_format(t->to, "%s", peer(&t->parent));
        else
            who(t, t->parent.parent);
        if (handshake)
            tick__text_format(t->to, " arrives ");
        else
            tick__text_format(t->to, " at offset %llu arrive%s ", offset, size > 1 ? "" : "s");
    }
    if (!late)
        return;
    how_long(t->to, t->deviation);
    tick__text_format(t->to, " late");
}

static void moved_short(const struct teller *t, const char *verb, const char *noun) {
    if (is_end(t)) {
        holder(t);
        tick__text_format(t->to, " %s only ", verb);
        plural(t->to, t->deviation->value, "byte");
        tick__text_format(t->to, " of what it could on ");
        connection(t, &t->parent);
    } else {
        tick__text_format(t->to, "a %s on ", noun);
        who_is_subject(t);
        tick__text_format(t->to, " moves only ");
        plural(t->to, t->deviation->value, "byte");
    }
    tick__text_format(t->to, " at offset %llu", (unsigned long long)t->deviation->ordinal);
}

static void broken(const struct teller *t, const char *what) {
    const struct tick_object *object = is_connection(&t->subject) ? &t->subject : &t->parent;
    if (is_connection(object))
        connection(t, object);
    else
        who_is_subject(t);
    tick__text_format(t->to, " is %s", what);
}

static void when(const struct teller *t) {
    uint64_t ms = t->deviation->ordinal;
    if (ms % 1000 && ms > 1000)
        tick__text_format(t->to, " at %llu.%03llu s", (unsigned long long)ms / 1000, (unsigned long long)ms % 1000);
    else
        tick__text_format(t->to, ms % 1000 ? " at %llu ms" : " at %llu s", (unsigned long long)(ms % 1000 ? ms : ms / 1000));
}

// A draw of a range of faults: its subject is the range's child of a host.
static void struck(const struct teller *t, const char *before, const char *after) {
    tick__text_format(t->to, "%s", before);
    if (t->known)
        who(t, t->subject.parent);
    else
        who_is_subject(t);
    tick__text_format(t->to, "%s", after);
    when(t);
    tick__text_format(t->to, t->deviation->kind == TICK_CHOICE_FAULT_CLOCK ? " by " : " for ");
    how_long(t->to, t->deviation);
}

static void kth_of_subject(const struct teller *t, const char *what) {
    tick__text_format(t->to, "the ");
    ordinal(t->to, t->deviation->ordinal);
    tick__text_format(t->to, " %s of ", what);
    who_is_subject(t);
}

// The ordinal counts the task's questions, whatever their names.
static void of_the_program(const struct teller *t) {
    if (t->subject.type == TICK_OBJECT_USER && t->subject.key) {
        tick__text_format(t->to, "%s in ", t->subject.key);
        who(t, t->subject.parent);
    } else {
        who_is_subject(t);
    }
    tick__text_format(t->to, " gives %u: the ", t->deviation->value);
    ordinal(t->to, t->deviation->ordinal);
    tick__text_format(t->to, " number that the task draws");
}

int tick_deviation_words(const struct tick_deviation *deviation, const struct tick_names *names, char *text, size_t size) {
    struct tick__text to = {text, size, 0};
    struct teller t = {.names = names, .deviation = deviation, .to = &to};
    if (size)
        *text = 0;
    t.known = names && tick_names_about(names, deviation->subject, &t.subject);
    if (t.known)
        about(&t, t.subject.parent, &t.parent);
    switch (deviation->kind) {
    case TICK_CHOICE_HOST_LATE:
        late_host(&t);
        break;
    case TICK_CHOICE_POLL_LATE:
        late_poll(&t);
        break;
    case TICK_CHOICE_READY_HOLD:
        held(&t);
        break;
    case TICK_CHOICE_DELIVERY:
        late_bytes(&t, true);
        break;
    case TICK_CHOICE_SHORT_SEND:
        moved_short(&t, "sends", "send");
        break;
    case TICK_CHOICE_SHORT_RECV:
        moved_short(&t, "receives", "receive");
        break;
    case TICK_CHOICE_FAULT_REFUSE:
        broken(&t, "refused");
        break;
    case TICK_CHOICE_FAULT_RESET:
        broken(&t, "reset");
        tick__text_format(&to, " at offset %llu", (unsigned long long)deviation->ordinal);
        break;
    case TICK_CHOICE_STEP_COST:
        kth_of_subject(&t, "step");
        tick__text_format(&to, " takes ");
        how_long(&to, deviation);
        break;
    case TICK_CHOICE_USER:
        of_the_program(&t);
        break;
    case TICK_CHOICE_DISPLACE:
        who_is_subject(&t);
        tick__text_format(&to, " is held back while ");
        plural(&to, deviation->value, "other callback");
        tick__text_format(&to, deviation->value == 1 ? " runs" : " run");
        break;
    case TICK_CHOICE_CANCEL:
        who_is_subject(&t);
        tick__text_format(&to, " is cancelled where it waits for the ");
        ordinal(&to, deviation->ordinal);
        tick__text_format(&to, " time");
        break;
    case TICK_CHOICE_LOSS:
        late_bytes(&t, false);
        tick__text_format(&to, "after being lost ");
        plural(&to, deviation->value, "time");
        break;
    case TICK_CHOICE_FAULT_PARTITION:
        struck(&t, "partition {", "} | the others");
        break;
    case TICK_CHOICE_FAULT_ONE_WAY:
        struck(&t, "nothing that ", " sends arrives,");
        break;
    case TICK_CHOICE_FAULT_CLOG:
        struck(&t, "the network around ", " is clogged");
        break;
    case TICK_CHOICE_FAULT_CRASH:
        struck(&t, "", " crashes and is down");
        break;
    case TICK_CHOICE_FAULT_STOP:
        struck(&t, "", " is stopped and is down");
        break;
    case TICK_CHOICE_FAULT_PAUSE:
        struck(&t, "", " stands still");
        break;
    case TICK_CHOICE_FAULT_CLOCK:
        struck(&t, "the clock of ", deviation->ordinal & 1 ? " jumps back" : " jumps ahead");
        break;
    case TICK_CHOICE_DUPLICATE:
        kth_of_subject(&t, "datagram");
        tick__text_format(&to, " comes twice");
        break;
    case TICK_CHOICE_REORDER:
        kth_of_subject(&t, "datagram");
        tick__text_format(&to, " is overtaken: it takes ");
        how_long(&to, deviation);
        tick__text_format(&to, " longer");
        break;
    case TICK_CHOICE_AGAIN:
        kth_of_subject(&t, "datagram");
        tick__text_format(&to, " is dropped when it is received");
        break;
    case TICK_CHOICE_INTERRUPT:
        kth_of_subject(&t, "wait");
        tick__text_format(&to, " is interrupted by a signal");
        break;
    case TICK_CHOICE_RESOLVE_LATE:
        kth_of_subject(&t, "name look-up");
        tick__text_format(&to, " takes ");
        how_long(&to, deviation);
        tick__text_format(&to, " longer");
        break;
    case TICK_CHOICE_RESOLVE_FAIL:
        kth_of_subject(&t, "name look-up");
        tick__text_format(&to, " gets no answer");
        break;
    case TICK_CHOICE_RESOLVE_WRONG:
        kth_of_subject(&t, "name look-up");
        tick__text_format(&to, " gets an old answer");
        break;
    case TICK_CHOICE_DISK_KEPT:
        who_is_subject(&t);
        tick__text_format(&to, " keeps ");
        plural(&to, deviation->value, "sector");
        tick__text_format(&to, " that nobody had synced when its host crashed");
        break;
    case TICK_CHOICE_DISK_ERROR:
        who_is_subject(&t);
        tick__text_format(&to, " cannot be used for once: the disk is at fault");
        break;
    case TICK_CHOICE_DISK_SHORT:
        kth_of_subject(&t, "write");
        tick__text_format(&to, " takes only ");
        plural(&to, deviation->value, "byte");
        break;
    case TICK_CHOICE_DISK_SYNC:
        kth_of_subject(&t, "sync");
        tick__text_format(&to, " fails, and what it was to write is lost");
        break;
    case TICK_CHOICE_DISK_LATE:
        who_is_subject(&t);
        tick__text_format(&to, " takes the disk ");
        how_long(&to, deviation);
        break;
    case TICK_CHOICE_JOB_TIME:
        who_is_subject(&t);
        tick__text_format(&to, " takes its thread ");
        how_long(&to, deviation);
        break;
    default:
        who_is_subject(&t);
        tick__text_format(&to, ": a choice of an unknown kind");
    }
    return (int)to.length;
}
