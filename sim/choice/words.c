// A deviation as a sentence that a person understands without knowing retick's words. What names do not know falls back to paths.
#include "sim/choice/kinds_int.h"
#include "sim/choice/names.h"
#include "sim/choice/path_int.h"
#include "sim/choice/schedule.h"
#include <string.h>

#define SERVING_DEEP 8 // tasks that are begun by who serves a connection

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

static void who(const struct teller *t, uint32_t object_id);
static void ordinal(struct tick__text *to, uint64_t k);
static void say_name(const struct teller *t, const char *name);
static const char *peer(const struct tick_object *connection);

// "server/serve" for who serves a connection, and "server/serve/reader" for what such a one has begun, as stories call them. Returns the
// connection; 0: it has to do with none, and nothing is said.
static uint32_t serving(const struct teller *t, uint32_t object_id, int deep) {
    struct tick_object object, parent, host;
    uint32_t served;
    if (!deep || !about(t, object_id, &object) || object.type != TICK_OBJECT_TASK || !object.key || !about(t, object.parent, &parent))
        return 0;
    if (parent.type == TICK_OBJECT_CONNECTION) {
        served = object.parent;
        if (about(t, object.host, &host))
            who(t, object.host);
        else
            say_name(t, peer(&parent));
    } else {
        served = serving(t, object.parent, deep - 1);
    }
    if (!served)
        return 0;
    tick__text_format(t->to, "/");
    say_name(t, object.key);
    if (object.kth > 1)
        tick__text_format(t->to, "#%u", (unsigned)object.kth);
    return served;
}

// Whom people would name for an object: a main task is its host, and who serves a connection does so for whose it is.
static void who(const struct teller *t, uint32_t object_id) {
    struct tick_object object, parent;
    char path[512];
    if (!about(t, object_id, &object)) {
        tick__text_format(t->to, "somebody");
        return;
    }
    const uint32_t served = serving(t, object_id, SERVING_DEEP);
    if (served && about(t, served, &parent)) {
        tick__text_format(t->to, " for ");
        who(t, parent.parent);
        if (parent.kth > 1) {
            tick__text_format(t->to, "'s ");
            ordinal(t->to, parent.kth);
            tick__text_format(t->to, " connection");
        }
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

// A name as people gave it, but on one line.
static void say_name(const struct teller *t, const char *name) {
    for (; *name; name++) {
        if ((unsigned char)*name < ' ' || *name == 0x7f)
            tick__text_format(t->to, "%%%02x", (unsigned char)*name);
        else
            tick__text_add(t->to, name, 1);
    }
}

static void how_long(struct tick__text *to, const struct tick_deviation *d) {
    static const struct {
        const char *word;
        int64_t ns;
    } units[] = {{"s", 1000000000}, {"ms", 1000000}, {"us", 1000}, {"ns", 1}};
    int64_t delay = d->n ? tick_scale_delay(d->value, d->n, d->most) : d->most;
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
    tick__text_format(t->to, "connection to ");
    say_name(t, peer(object));
}

// "alice" or "server": who holds a connection's end.
static void holder(const struct teller *t) {
    if (t->subject.kth == TICK_NEAR)
        who(t, t->parent.parent);
    else
        say_name(t, peer(&t->parent));
}

static bool is_end(const struct teller *t) {
    return t->subject.type == TICK_OBJECT_FD && is_connection(&t->parent);
}

static bool is_direction(const struct teller *t) {
    return t->subject.type == TICK_OBJECT_DIRECTION && is_connection(&t->parent);
}

static bool is_datagram(const struct teller *t) {
    return t->subject.type == TICK_OBJECT_FD && !is_end(t) && t->subject.key && !strcmp(t->subject.key, "udp");
}

// "the 2nd datagram of client:udp, of 500 bytes,"
static void datagram(const struct teller *t) {
    const uint64_t number = t->deviation->ordinal & ~TICK_DOUBLED;
    const int64_t size = t->names ? tick_names_message_size(t->names, t->deviation->subject, number) : 0;
    tick__text_format(t->to, number == t->deviation->ordinal ? "the " : "the second copy of the ");
    ordinal(t->to, number);
    tick__text_format(t->to, " datagram of ");
    who_is_subject(t);
    if (size > 0) {
        tick__text_format(t->to, ", of ");
        plural(t->to, (uint64_t)size, "byte");
        tick__text_format(t->to, ",");
    }
}

// "alice's connection to server is ready for the 2nd time"; the time 0 of a far end is when its listener hears of it.
static void readiness(const struct teller *t) {
    if (is_datagram(t)) {
        datagram(t);
        tick__text_format(t->to, " is there");
        return;
    }
    if (is_end(t))
        connection(t, &t->parent);
    else
        who_is_subject(t);
    if (!t->deviation->ordinal) {
        tick__text_format(t->to, " has come in");
        return;
    }
    tick__text_format(t->to, " is ready for the ");
    ordinal(t->to, t->deviation->ordinal);
    tick__text_format(t->to, " time");
}

// What wakes it has the address; whose loop that is, is known of what its own tasks made.
static void late_host(const struct teller *t) {
    if (is_end(t)) {
        holder(t);
    } else if (is_datagram(t) || !t->known) {
        tick__text_format(t->to, "who waits for it");
    } else {
        who(t, t->subject.host);
    }
    tick__text_format(t->to, " goes on ");
    how_long(t->to, t->deviation);
    tick__text_format(t->to, " late, when ");
    readiness(t);
}

static void late_poll(const struct teller *t) {
    if (t->subject.type == TICK_OBJECT_TIMER) {
        tick__text_format(t->to, "the ");
        if (t->subject.kth > 1) {
            ordinal(t->to, t->subject.kth);
            tick__text_format(t->to, " ");
        }
        say_name(t, t->subject.key && *t->subject.key ? t->subject.key : "timer");
        tick__text_format(t->to, " of ");
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
    } else {
        tick__text_format(t->to, "it is seen that ");
    }
    readiness(t);
    tick__text_format(t->to, ", ");
    plural(t->to, t->deviation->value, "poll");
    tick__text_format(t->to, " late");
}

static void kth_of_subject(const struct teller *t, const char *what) {
    tick__text_format(t->to, "the ");
    ordinal(t->to, t->deviation->ordinal);
    tick__text_format(t->to, " %s of ", what);
    who_is_subject(t);
}

static void step(const struct teller *t) {
    kth_of_subject(t, "step");
}

// An end of a connection within one machine, which has a name of its own: "the client on :40001", "the server on :7001".
static bool end_of(const struct teller *t, enum tick_connection_part part) {
    struct tick_object end;
    if (!t->names || !tick_names_about(t->names, tick_id_part(t->parent.id, part), &end) || !end.key)
        return false;
    tick__text_format(t->to, part == TICK_NEAR ? "the client on " : "the server on ");
    say_name(t, end.key);
    return true;
}

static void near_end(const struct teller *t) {
    if (!end_of(t, TICK_NEAR))
        who(t, t->parent.parent);
}

static void far_end(const struct teller *t) {
    if (!end_of(t, TICK_FAR))
        say_name(t, peer(&t->parent));
}

// "the 17 bytes that alice sent to server from byte 5 on arrive "
static void bytes_arrive(const struct teller *t) {
    unsigned long long offset = t->deviation->ordinal;
    const bool handshake = offset == 0; // data counts from 1
    const bool out = t->subject.kth == TICK_OUT;
    int64_t size = handshake ? 0 : tick_names_message_size(t->names, t->deviation->subject, offset);
    if (handshake)
        tick__text_format(t->to, "the handshake that ");
    else if (size > 0)
        tick__text_format(t->to, size == 1 ? "the byte that " : "the %lld bytes that ", (long long)size);
    else
        tick__text_format(t->to, "what ");
    if (out)
        near_end(t);
    else
        far_end(t);
    tick__text_format(t->to, " sent to ");
    if (out)
        far_end(t);
    else
        near_end(t);
    if (handshake)
        tick__text_format(t->to, " arrives ");
    else
        tick__text_format(t->to, " from byte %llu on arrive%s ", offset, size > 1 ? "" : "s");
}

static void arrive(const struct teller *t) {
    if (is_direction(t)) {
        bytes_arrive(t);
    } else if (t->known && t->subject.type == TICK_OBJECT_FD) {
        datagram(t);
        tick__text_format(t->to, " arrives ");
    } else {
        tick__text_format(t->to, "what is sent on ");
        who_is_subject(t);
        tick__text_format(t->to, " as number %llu arrives ", (unsigned long long)t->deviation->ordinal);
    }
}

// Of a direction it is how often, a datagram is lost for good.
static void lost(const struct teller *t) {
    if (t->known && t->subject.type == TICK_OBJECT_FD) {
        datagram(t);
        tick__text_format(t->to, " is lost");
        return;
    }
    arrive(t);
    tick__text_format(t->to, "after being lost ");
    plural(t->to, t->deviation->value, "time");
}

#define COUNTED TICK_CUTS // where there are fewer bytes, there are fewer answers

// "3 of 9 bytes", where it is known of how many.
static void part_of(const struct teller *t) {
    const uint32_t n = t->deviation->n;
    if (tick_cut_is_at_end(t->deviation)) {
        tick__text_format(t->to, "all but ");
        plural(t->to, t->deviation->value - (COUNTED - 1), "byte");
    } else if (n > t->deviation->value && n < COUNTED)
        tick__text_format(t->to, "%u of %u bytes", (unsigned)t->deviation->value, (unsigned)n);
    else
        plural(t->to, t->deviation->value, "byte");
}

static void moved_short(const struct teller *t, const char *verb, const char *noun) {
    if (is_end(t)) {
        holder(t);
        const bool counted = t->deviation->n > t->deviation->value && t->deviation->n < COUNTED;
        tick__text_format(t->to, tick_cut_is_at_end(t->deviation) ? " %s " : " %s only ", verb);
        part_of(t);
        tick__text_format(t->to, counted ? " on " : " of what it could on ");
        connection(t, &t->parent);
    } else {
        tick__text_format(t->to, "a %s on ", noun);
        who_is_subject(t);
        tick__text_format(t->to, tick_cut_is_at_end(t->deviation) ? " moves " : " moves only ");
        part_of(t);
    }
    if (t->deviation->ordinal > 1) { // data counts from 1
        tick__text_format(t->to, ", behind ");
        plural(t->to, t->deviation->ordinal - 1, "byte");
    }
}

static void sent_short(const struct teller *t) {
    moved_short(t, "sends", "send");
}

static void received_short(const struct teller *t) {
    moved_short(t, "receives", "receive");
}

static void broken(const struct teller *t) {
    const struct tick_object *object = is_connection(&t->subject) ? &t->subject : &t->parent;
    if (is_connection(object))
        connection(t, object);
    else
        who_is_subject(t);
}

static void when(const struct teller *t) {
    uint64_t ms = t->deviation->ordinal;
    if (ms % 1000 && ms > 1000)
        tick__text_format(t->to, " at %llu.%03llu s", (unsigned long long)ms / 1000, (unsigned long long)ms % 1000);
    else
        tick__text_format(t->to, ms % 1000 ? " at %llu ms" : " at %llu s", (unsigned long long)(ms % 1000 ? ms : ms / 1000));
}

// A draw of a range of faults: its subject is the range's child of a host.
static void victim(const struct teller *t) {
    if (t->known)
        who(t, t->subject.parent);
    else
        who_is_subject(t);
}

static void when_and_for(const struct teller *t) {
    when(t);
    tick__text_format(t->to, " for ");
    how_long(t->to, t->deviation);
}

static void when_and_down(const struct teller *t) {
    when(t);
    tick__text_format(t->to, " and is down for ");
    how_long(t->to, t->deviation);
}

static void jump(const struct teller *t) {
    tick__text_format(t->to, t->deviation->ordinal & 1 ? " jumps back" : " jumps ahead");
    when(t);
    tick__text_format(t->to, " by ");
    how_long(t->to, t->deviation);
}

static void of_the_program(const struct teller *t) {
    if (t->subject.type == TICK_OBJECT_USER && t->subject.key) {
        say_name(t, t->subject.key);
        tick__text_format(t->to, " in ");
        who(t, t->subject.parent);
    } else {
        who_is_subject(t);
    }
    tick__text_format(t->to, " gives %u, the ", t->deviation->value);
    ordinal(t->to, t->deviation->ordinal);
    tick__text_format(t->to, " time that it is drawn");
}

// "the 2nd look-up of db by alice"
static void look_up(const struct teller *t) {
    const bool known = t->subject.type == TICK_OBJECT_LOOKUP && t->subject.key;
    tick__text_format(t->to, "the ");
    ordinal(t->to, t->deviation->ordinal);
    tick__text_format(t->to, " look-up of ");
    if (known)
        say_name(t, t->subject.key);
    else
        who_is_subject(t);
    if (known) {
        tick__text_format(t->to, " by ");
        who(t, t->subject.parent);
    }
}

// A program's own wait is its task's or callback's; a host's is its loop's.
static void wait_of(const struct teller *t) {
    const bool loops = t->parent.type == TICK_OBJECT_HOST;
    if (t->subject.type != TICK_OBJECT_WAIT) {
        kth_of_subject(t, "wait");
    } else {
        tick__text_format(t->to, "the ");
        ordinal(t->to, t->deviation->ordinal);
        tick__text_format(t->to, loops ? " wait of the loop of " : " wait of ");
        who(t, t->subject.parent);
    }
}

// "the 2nd read of alice:/data/log"
static void disk_operation_of(const struct teller *t, uint64_t operation) {
    static const char *const words[TICK_DISK_OPS] = {"operation", "read", "write", "sync", "change of the name"};
    const char *word = words[operation % TICK_DISK_OPS];
    tick__text_format(t->to, "the ");
    ordinal(t->to, operation / TICK_DISK_OPS);
    tick__text_format(t->to, " %s of ", word ? word : words[0]);
    who_is_subject(t);
}

static void disk_operation(const struct teller *t) {
    disk_operation_of(t, t->deviation->ordinal);
}

static void disk_write(const struct teller *t) {
    disk_operation_of(t, t->deviation->ordinal * TICK_DISK_OPS + 2);
}

static void disk_sync(const struct teller *t) {
    disk_operation_of(t, t->deviation->ordinal * TICK_DISK_OPS + 3);
}

static void kept(const struct teller *t) {
    const uint64_t what = t->deviation->ordinal & (((uint64_t)1 << TICK_DISK_LIFE_SHIFT) - 1);
    const uint64_t page = what & (((uint64_t)1 << TICK_DISK_CHANGE_SHIFT) - 1);
    if (page == TICK_DISK_SIZE_PLACE) {
        tick__text_format(t->to, "the truncation of ");
        who_is_subject(t);
        tick__text_format(t->to, " is kept");
    } else if (page) {
        tick__text_format(t->to, "page %llu of ", (unsigned long long)page);
        who_is_subject(t);
        tick__text_format(t->to, " keeps ");
        plural(t->to, t->deviation->value, "sector");
    } else {
        tick__text_format(t->to, "the ");
        ordinal(t->to, (what >> TICK_DISK_CHANGE_SHIFT) + 1);
        tick__text_format(t->to, " change of the name of ");
        who_is_subject(t);
        tick__text_format(t->to, " is kept");
    }
    tick__text_format(t->to, " that nobody had synced when the host crashed for the ");
    ordinal(t->to, (t->deviation->ordinal >> TICK_DISK_LIFE_SHIFT) + 1);
    tick__text_format(t->to, " time");
}

// --- sentences ---

static void delay(const struct teller *t) {
    how_long(t->to, t->deviation);
}

static void bytes(const struct teller *t) {
    plural(t->to, t->deviation->value, "byte");
}

static void others(const struct teller *t) {
    plural(t->to, t->deviation->value, "other callback");
    tick__text_format(t->to, t->deviation->value == 1 ? " runs" : " run");
}

// "app/worker is held back for 2 turns of other threads, when it is ready for the 3rd time"
static void turns(const struct teller *t) {
    plural(t->to, t->deviation->value, "turn");
    tick__text_format(t->to, " of other threads, when it is ready for the ");
    ordinal(t->to, t->deviation->ordinal);
    tick__text_format(t->to, " time");
}

static void kth(const struct teller *t) {
    ordinal(t->to, t->deviation->ordinal);
}

static void offset(const struct teller *t) {
    tick__text_format(t->to, "%llu", (unsigned long long)t->deviation->ordinal);
}

// What is said of each kind, from left to right; what is missing is said by its neighbours.
static const struct sentence {
    const char *begin;
    void (*subject)(const struct teller *t);
    const char *says;
    void (*amount)(const struct teller *t);
    const char *end;
} sentences[TICK_CHOICE_KINDS] = {
    [TICK_CHOICE_HOST_LATE] = {.subject = late_host},
    [TICK_CHOICE_POLL_LATE] = {.subject = late_poll},
    [TICK_CHOICE_READY_HOLD] = {.subject = held},
    [TICK_CHOICE_DELIVERY] = {NULL, arrive, NULL, delay, " late"},
    [TICK_CHOICE_SHORT_SEND] = {.subject = sent_short},
    [TICK_CHOICE_SHORT_RECV] = {.subject = received_short},
    [TICK_CHOICE_FAULT_REFUSE] = {NULL, broken, " is refused", NULL, NULL},
    [TICK_CHOICE_FAULT_RESET] = {NULL, broken, " is reset at byte ", offset, NULL},
    [TICK_CHOICE_STEP_COST] = {NULL, step, " takes ", delay, NULL},
    [TICK_CHOICE_USER] = {.subject = of_the_program},
    [TICK_CHOICE_DISPLACE] = {NULL, who_is_subject, " is held back while ", others, NULL},
    [TICK_CHOICE_CANCEL] = {NULL, who_is_subject, " is cancelled where it waits for the ", kth, " time"},
    [TICK_CHOICE_LOSS] = {.subject = lost},
    [TICK_CHOICE_FAULT_PARTITION] = {"partition {", victim, "} | the others", when_and_for, NULL},
    [TICK_CHOICE_FAULT_ONE_WAY] = {"nothing that ", victim, " sends arrives,", when_and_for, NULL},
    [TICK_CHOICE_FAULT_CLOG] = {"the network around ", victim, " is clogged", when_and_for, NULL},
    [TICK_CHOICE_FAULT_CRASH] = {NULL, victim, " crashes", when_and_down, NULL},
    [TICK_CHOICE_FAULT_STOP] = {NULL, victim, " is stopped", when_and_down, NULL},
    [TICK_CHOICE_FAULT_PAUSE] = {NULL, victim, " stands still", when_and_for, NULL},
    [TICK_CHOICE_FAULT_CLOCK] = {"the clock of ", victim, NULL, jump, NULL},
    [TICK_CHOICE_DUPLICATE] = {NULL, datagram, " comes twice", NULL, NULL},
    [TICK_CHOICE_REORDER] = {NULL, datagram, " is overtaken: it takes ", delay, " longer"},
    [TICK_CHOICE_AGAIN] = {NULL, datagram, " is dropped when it is received", NULL, NULL},
    [TICK_CHOICE_INTERRUPT] = {NULL, wait_of, " is interrupted by a signal after ", delay, NULL},
    [TICK_CHOICE_RESOLVE_LATE] = {NULL, look_up, " takes ", delay, " longer"},
    [TICK_CHOICE_RESOLVE_FAIL] = {NULL, look_up, " gets no answer", NULL, NULL},
    [TICK_CHOICE_RESOLVE_WRONG] = {NULL, look_up, " gets an old answer", NULL, NULL},
    [TICK_CHOICE_DISK_KEPT] = {.subject = kept},
    [TICK_CHOICE_DISK_ERROR] = {NULL, disk_operation, " fails: the disk is at fault", NULL, NULL},
    [TICK_CHOICE_DISK_SHORT] = {NULL, disk_write, " takes only ", bytes, NULL},
    [TICK_CHOICE_DISK_SYNC] = {NULL, disk_sync, " fails, and what it was to write is lost", NULL, NULL},
    [TICK_CHOICE_DISK_LATE] = {NULL, disk_operation, " takes the disk ", delay, NULL},
    [TICK_CHOICE_JOB_TIME] = {NULL, who_is_subject, " takes its thread ", delay, NULL},
    [TICK_CHOICE_THREAD] = {NULL, who_is_subject, " is held back for ", turns, NULL},
};

static void put(const struct teller *t, const char *words) {
    if (words)
        tick__text_add(t->to, words, strlen(words));
}

int tick_deviation_words(const struct tick_deviation *deviation, const struct tick_names *names, char *text, size_t size) {
    static const struct sentence unknown = {.subject = who_is_subject, .says = ": a choice of an unknown kind"};
    struct tick__text to = {text, size, 0};
    struct teller t = {.names = names, .deviation = deviation, .to = &to};
    if (size)
        *text = 0;
    t.known = names && tick_names_about(names, deviation->subject, &t.subject);
    if (t.known)
        about(&t, t.subject.parent, &t.parent);
    const struct sentence *sentence = deviation->kind < TICK_CHOICE_KINDS ? &sentences[deviation->kind] : &unknown;
    if (!sentence->subject)
        sentence = &unknown;
    put(&t, sentence->begin);
    sentence->subject(&t);
    put(&t, sentence->says);
    if (sentence->amount)
        sentence->amount(&t);
    put(&t, sentence->end);
    return (int)to.length;
}
