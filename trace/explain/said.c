#include "trace/explain/said.h"
#include "src/base/times.h"
#include "src/base/visible.h"
#include "trace/story.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SERVING_DEEP 8 // tasks that are begun by who serves a connection

static void put(struct tick__said *said, const char *piece, size_t length) {
    static const char ellipsis[] = "…";
    if (said->full)
        return;
    if (said->used + length + sizeof ellipsis > said->size) {
        memcpy(said->text + said->used, ellipsis, sizeof ellipsis);
        said->full = true;
        return;
    }
    memcpy(said->text + said->used, piece, length);
    said->used += length;
    said->text[said->used] = '\0';
}

void tick__say_to(struct tick__said *said, const char *format, ...) {
    char text[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    const char *at = text, *end = text + strlen(text);
    for (size_t taken; at < end; at += taken) {
        char piece[TICK__VISIBLE_MOST];
        const size_t length = tick__visible_next(at, (size_t)(end - at), piece, &taken);
        put(said, piece, length);
    }
}

void tick__said_more(struct tick__said *said, size_t more, const char *what) {
    tick__say_to(said, "%sand %zu more%s%s%s", said->used ? " " : "", more, what ? " " : "", what ? what : "", what && more > 1 ? "s" : "");
}

void tick__said_time(int64_t ns, struct tick__said *said) {
    char words[48];
    tick__time_words(ns, words, sizeof words);
    tick__say_to(said, "%s", words);
}

void tick__said_host(const struct tick__tale *tale, uint32_t host, struct tick__said *said) {
    const struct tick__tale_object *object = tick__tale_object(tale, host);
    tick__say_to(said, "%s", *object->path ? object->path : *object->name ? object->name : "the world");
}

bool tick__said_as_host(const struct tick__tale *tale, uint32_t id) {
    const struct tick__tale_object *task = tick__tale_object(tale, id);
    return task->type == TICK_OBJECT_TASK && task->kth <= 1 && strcmp(task->name, "main") == 0 &&
           tick__tale_object(tale, task->parent)->type == TICK_OBJECT_HOST;
}

static void nth(uint32_t kth, struct tick__said *said) {
    const uint32_t tens = kth % 100, ones = kth % 10;
    const char *end = tens >= 11 && tens <= 13 ? "th" : ones == 1 ? "st" : ones == 2 ? "nd" : ones == 3 ? "rd" : "th";
    tick__say_to(said, "%u%s", (unsigned)kth, end);
}

// "server/serve", and of who was begun by that one "server/serve/reader": for who serves a connection, which is returned; 0: it has to do
// with none, and nothing is said.
static uint32_t say_serving(const struct tick__tale *tale, uint32_t task, int deep, struct tick__said *said) {
    const struct tick__tale_object *object = tick__tale_object(tale, task);
    uint32_t served = 0;
    if (object->type != TICK_OBJECT_TASK || !deep)
        return 0;
    if (tick__tale_object(tale, object->parent)->type == TICK_OBJECT_CONNECTION) {
        served = object->parent;
        tick__said_host(tale, object->host, said);
    } else {
        served = say_serving(tale, object->parent, deep - 1, said);
    }
    if (served)
        tick__say_to(said, "/%s", object->name);
    if (served && object->kth > 1)
        tick__say_to(said, "#%u", (unsigned)object->kth);
    return served;
}

void tick__said_task(const struct tick__tale *tale, uint32_t task, struct tick__said *said) {
    const struct tick__tale_object *object = tick__tale_object(tale, task), *parent = NULL;
    const uint32_t served = tick__said_as_host(tale, task) ? 0 : say_serving(tale, task, SERVING_DEEP, said);
    if (tick__said_as_host(tale, task)) {
        tick__said_host(tale, object->parent, said);
    } else if (served) {
        parent = tick__tale_object(tale, served);
        tick__say_to(said, " for ");
        tick__said_task(tale, parent->parent, said);
        if (parent->kth > 1) {
            tick__say_to(said, "'s ");
            nth(parent->kth, said);
            tick__say_to(said, " connection");
        }
    } else {
        tick__say_to(said, "%s", *object->path ? object->path : *object->name ? object->name : "somebody");
    }
}

void tick__said_who(const struct tick__tale *tale, uint32_t seq, struct tick__said *said) {
    const struct tick__tale_event *event = tick__tale_event(tale, seq);
    if (event->task)
        tick__said_task(tale, event->task, said);
    else
        tick__said_host(tale, event->host, said);
}

// The five objects of a connection are told in one go: itself, TICK_OUT, TICK_IN, TICK_NEAR, TICK_FAR.
uint32_t tick__said_end(const struct tick__tale *tale, const struct tick__tale_message *message, bool sender) {
    const struct tick__tale_object *direction = tick__tale_object(tale, message->direction);
    const bool near = (direction->kth == TICK_OUT) == sender;
    const uint32_t id = direction->parent + (near ? 3 : 4);
    if (direction->type != TICK_OBJECT_DIRECTION || tick__tale_object(tale, direction->parent)->type != TICK_OBJECT_CONNECTION)
        return 0;
    const struct tick__tale_object *end = tick__tale_object(tale, id);
    const bool is_one = end->type == TICK_OBJECT_FD && end->parent == direction->parent && end->kth == (near ? TICK_NEAR : TICK_FAR);
    return is_one && *end->name ? id : 0;
}

void tick__said_end_name(const struct tick__tale *tale, uint32_t id, struct tick__said *said) {
    const struct tick__tale_object *end = tick__tale_object(tale, id);
    tick__say_to(said, "the %s on %s", end->kth == TICK_NEAR ? "client" : "server", end->name);
}

static bool say_end(const struct tick__tale *tale, const struct tick__tale_message *message, bool sender, struct tick__said *said) {
    const uint32_t end = tick__said_end(tale, message, sender);
    if (end)
        tick__said_end_name(tale, end, said);
    return end != 0;
}

bool tick__said_has_ends(const struct tick__tale *tale, const struct tick__tale_message *message) {
    return tick__said_end(tale, message, true) != 0;
}

void tick__said_sender(const struct tick__tale *tale, const struct tick__tale_message *message, struct tick__said *said) {
    const uint32_t task = message->send ? tick__tale_event(tale, message->send)->task : 0;
    if ((!task || tick__said_as_host(tale, task)) && say_end(tale, message, true, said))
        return;
    if (task)
        tick__said_task(tale, task, said);
    else
        tick__said_host(tale, message->src, said);
}

void tick__said_receiver(const struct tick__tale *tale, const struct tick__tale_message *message, struct tick__said *said) {
    if (!say_end(tale, message, false, said))
        tick__said_host(tale, message->dst, said);
}

void tick__said_object(const struct tick__tale *tale, uint32_t id, struct tick__said *said) {
    static const char *const articles[TICK_OBJECT_TYPES] = {[TICK_OBJECT_EVENT] = "an event",
        [TICK_OBJECT_QUEUE] = "a queue",
        [TICK_OBJECT_LOCK] = "a lock",
        [TICK_OBJECT_FUTURE] = "a future",
        [TICK_OBJECT_FILE] = "the file",
        [TICK_OBJECT_JOB] = "a job"};
    static const char *const placed[TICK_OBJECT_TYPES] = {
        [TICK_OBJECT_EVENT] = "the event of ", [TICK_OBJECT_QUEUE] = "the queue of ", [TICK_OBJECT_LOCK] = "the lock of "};
    const struct tick__tale_object *object = tick__tale_object(tale, id);
    if (object->type < TICK_OBJECT_TYPES && placed[object->type] && tick__tale_place(tale, object->loc)) {
        tick__say_to(said, "%s", placed[object->type]);
        tick__said_place(tale, object->loc, said);
        return;
    }
    if (object->type == TICK_OBJECT_TASK)
        tick__said_task(tale, id, said);
    else if (object->type == TICK_OBJECT_FILE)
        tick__say_to(said, "%s", *object->path ? object->path : "a file");
    else if (object->type < TICK_OBJECT_TYPES && articles[object->type])
        tick__say_to(said, "%s", articles[object->type]);
    else
        tick__say_to(said, "%s", *object->path ? object->path : "something");
}

// --- messages ---

// "*3", "$14", ":7": a length or a count of the redis protocol, alone on its line.
static bool only_a_length(const char *line, size_t length) {
    if (length < 2 || !strchr("*$:", *line))
        return false;
    for (size_t i = 1; i < length; i++)
        if ((line[i] < '0' || line[i] > '9') && !(i == 1 && line[i] == '-'))
            return false;
    return true;
}

static size_t line_length(const char *at, const char *end) {
    const char *to = at;
    while (to < end && *to != '\r' && *to != '\n' && *to != '\0')
        to++;
    return (size_t)(to - at);
}

// The payload's lines, joined by spaces; lengths only where there is nothing else.
static size_t join_lines(const struct tick__tale_message *message, bool lengths, char *text) {
    const char *at = message->payload, *end = at + message->kept;
    size_t used = 0;
    while (at < end) {
        const size_t length = line_length(at, end);
        if (length && (lengths || !only_a_length(at, length))) {
            if (used)
                text[used++] = ' ';
            memcpy(text + used, at, length);
            used += length;
        }
        at += length + 1;
    }
    return used;
}

// Whether it is text: no control characters but those that end or part lines, and UTF-8.
static bool is_text(const struct tick__tale_message *message) {
    const char *at = message->payload, *end = at + message->kept;
    for (size_t taken; at < end; at += taken) {
        char piece[TICK__VISIBLE_MOST];
        const bool parts = *at == '\r' || *at == '\n' || *at == '\t' || (*at == '\0' && at + 1 == end);
        const size_t length = tick__visible_next(at, (size_t)(end - at), piece, &taken);
        const bool cut = message->kept < message->bytes && end - at < 4; // a character in two
        if (!parts && !cut && (length != taken || memcmp(piece, at, taken) != 0))
            return false;
    }
    return true;
}

// "8 bytes (01 00 00 00 …)"
static void say_bytes(const struct tick__tale_message *message, struct tick__said *said) {
    const uint32_t shown = message->kept < 8 ? message->kept : 8;
    tick__say_to(said, "%lld byte%s", (long long)message->bytes, message->bytes == 1 ? "" : "s");
    for (uint32_t i = 0; i < shown; i++)
        tick__say_to(said, "%s%02x", i ? " " : " (", (unsigned)(unsigned char)message->payload[i]);
    if (shown)
        tick__say_to(said, message->bytes > shown ? " …)" : ")");
}

void tick__said_message(const struct tick__tale *tale, const struct tick__tale_message *message, size_t most, struct tick__said *said) {
    if (message->bytes <= 0) {
        const bool back = tick__tale_object(tale, message->direction)->kth == TICK_IN;
        tick__say_to(said, "%s",
            tick__tale_object(tale, message->object)->ordinal ? "the end of the stream"
            : back                                            ? "the answer to its connect"
                                                              : "a request to connect");
        return;
    }
    char joined[200], shown[200];
    if (message->kept == 0 || message->kept > 100 || !is_text(message)) {
        say_bytes(message, said);
        return;
    }
    size_t used = join_lines(message, false, joined);
    if (!used)
        used = join_lines(message, true, joined);
    if (most + sizeof "…" > sizeof shown)
        most = sizeof shown - sizeof "…";
    tick__printable(joined, used, shown, most + sizeof "…");
    // printable already: put as it is, so that its escapes are not escaped again
    put(said, "\"", 1);
    put(said, shown, strlen(shown));
    put(said, "\"", 1);
}

// --- places and waits ---

void tick__said_place(const struct tick__tale *tale, uint32_t loc, struct tick__said *said) {
    const struct tick__tale_place *place = tick__tale_place(tale, loc);
    if (!place)
        return;
    const char *slash = strrchr(place->file, '/');
    if (place->line > 0)
        tick__say_to(said, "%s:%d", slash ? slash + 1 : place->file, place->line);
    else // of a program without debug information: what function it is is all that is known
        tick__say_to(said, "%s", *place->function ? place->function : slash ? slash + 1 : place->file);
}

void tick__said_readable_place(const struct tick__tale *tale, uint32_t loc, struct tick__said *said) {
    const struct tick__tale_place *place = tick__tale_place(tale, loc);
    if (place && (place->line > 0 || !strstr(place->function, "+0x")))
        tick__said_place(tale, loc, said);
}

bool tick__tale_is_wait(const struct tick__tale_event *event) {
    return event->kind == TICK_EV_FUTURE_AWAIT || event->kind == TICK_EV_WAIT_BEGIN ||
           (event->kind == TICK_EV_TIMER_ARM && event->loc != 0);
}

uint32_t tick__tale_wait_of(const struct tick__tale *tale, uint32_t step_begin) {
    const struct tick__tale_event *begin = tick__tale_event(tale, step_begin);
    uint32_t wait = 0;
    for (uint32_t seq = step_begin + 1; seq && seq <= tale->last; seq++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if (event->step == step_begin && tick__tale_is_wait(event) && event->task == begin->subject)
            wait = seq;
        if (event->kind == TICK_EV_STEP_END && event->subject == begin->subject)
            break;
    }
    return wait;
}

void tick__said_wait(const struct tick__tale *tale, uint32_t wait, struct tick__said *said) {
    const struct tick__tale_event *event = tick__tale_event(tale, wait);
    const struct tick__tale_place *place = tick__tale_place(tale, event->loc);
    const struct tick__tale_object *subject = tick__tale_object(tale, event->subject);
    if (event->kind == TICK_EV_TIMER_ARM) {
        tick__say_to(said, "for a sleep of ");
        tick__said_time(tick__ahead(event->arg, event->ts), said);
    } else if (subject->type == TICK_OBJECT_TASK) {
        tick__say_to(said, "for ");
        tick__said_task(tale, event->subject, said);
        tick__say_to(said, " to end");
    } else if (event->kind == TICK_EV_WAIT_BEGIN) {
        tick__say_to(said, "for ");
        tick__said_object(tale, event->subject, said);
    } else if (subject->type == TICK_OBJECT_FUTURE && subject->loc && subject->loc != event->loc) { // one that was made elsewhere
        tick__say_to(said, "for a future of ");
        tick__said_place(tale, subject->loc, said);
    } else if (place && *place->name) {
        tick__say_to(said, "in %s", place->name);
    } else {
        tick__say_to(said, "for something");
    }
}

uint32_t tick__tale_loc_near(const struct tick__tale *tale, uint32_t seq) {
    const struct tick__tale_event *event = tick__tale_event(tale, seq);
    if (event->loc || !event->step)
        return event->loc;
    for (uint32_t at = seq + 1; at <= tale->last; at++) { // where the step waits next
        const struct tick__tale_event *next = tick__tale_event(tale, at);
        if (next->kind == TICK_EV_STEP_END && next->step == event->step)
            break;
        if (next->step == event->step && next->loc && tick__tale_is_wait(next))
            return next->loc;
    }
    const uint32_t task = tick__tale_event(tale, event->step)->subject;
    for (uint32_t at = event->step; at-- > tale->first;) { // where it waited before
        const struct tick__tale_event *before = tick__tale_event(tale, at);
        if (before->task == task && tick__tale_is_wait(before))
            return before->loc;
        if (before->kind == TICK_EV_TASK_CREATE && before->subject == task)
            return before->loc;
    }
    return 0;
}
