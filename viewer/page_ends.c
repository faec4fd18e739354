// The ends of connections as lanes: of a program of one thread that talks to itself, its one task's lane would show nothing of who says
// what to whom. Each end's lane has what is sent, arrives and is read there; the task's own keeps its steps and waits.
#include "viewer/page_int.h"

#define ENDS_MOST 24 // beyond so many lanes nobody sees anything

bool tick__page_is_end(const struct tick__tale *tale, uint32_t id) {
    const struct tick__tale_object *object = tick__tale_object(tale, id);
    return object->type == TICK_OBJECT_FD && (object->kth == TICK_NEAR || object->kth == TICK_FAR) &&
           tick__tale_object(tale, object->parent)->type == TICK_OBJECT_CONNECTION;
}

static void mark(struct tick__page_run *run, uint32_t end, size_t *count) {
    if (end && !run->number[end]) {
        run->number[end] = 1;
        ++*count;
    }
}

static void move(struct tick__page_run *run, uint32_t seq, uint32_t end) {
    if (seq >= run->first && seq <= run->last && end)
        run->lane[seq - run->first] = end;
}

static bool talks_to_itself(const struct tick__page_run *run, const struct tick__tale_message *message, const uint32_t *only) {
    return message->src == message->dst && message->src <= run->tale->objects_count && only[message->src];
}

void tick__page_ends(struct tick__page_run *run, const uint32_t *only) {
    const struct tick__tale *tale = run->tale;
    size_t count = 0;
    for (size_t i = 0; i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        const uint32_t last = message->recv ? message->recv : message->send;
        if (last < run->first || message->send > run->last || !talks_to_itself(run, message, only))
            continue;
        mark(run, tick__said_end(tale, message, true), &count);
        mark(run, tick__said_end(tale, message, false), &count);
    }
    for (uint32_t id = 1; count > ENDS_MOST && id <= tale->objects_count; id++)
        run->number[id] = 0;
    for (size_t i = 0; count <= ENDS_MOST && i < tale->message_count; i++) {
        const struct tick__tale_message *message = &tale->messages[i];
        if (!talks_to_itself(run, message, only))
            continue;
        move(run, message->send, tick__said_end(tale, message, true));
        move(run, message->recv, tick__said_end(tale, message, false));
    }
    for (uint32_t seq = run->first; count && count <= ENDS_MOST && seq && seq <= run->last; seq++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if (event->kind == TICK_EV_IO_COMPLETE && event->subject <= tale->objects_count && tick__page_is_end(tale, event->subject) &&
            run->number[event->subject])
            move(run, seq, event->subject);
    }
}

// What an end is from its first event to its last, as a task.
json_t *tick__page_end(const struct tick__page_run *run, uint32_t id) {
    const struct tick__tale *tale = run->tale;
    const struct tick__tale_object *end = tick__tale_object(tale, id);
    uint32_t born = 0, done = 0, task = 0;
    char name[200] = "";
    for (uint32_t seq = run->first; seq && seq <= run->last; seq++)
        if (run->lane[seq - run->first] == id) {
            born = born ? born : seq;
            done = seq;
            task = task ? task : tick__tale_event(tale, seq)->task;
        }
    tick__said_end_name(tale, id, &TICK__SAID(name));
    return json_pack("{s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:o, s:b, s:b}", "path", tick__page_text(end->path), "name",
        tick__page_text(name), "host", (json_int_t)tick__page_host(run, end->host), "by", (json_int_t)tick__page_task(run, task), "born",
        (json_int_t)born, "done", (json_int_t)done, "outcome", (json_int_t)TICK_STEP_RETURNED, "place", json_integer(-1), "main", 0, "end",
        1);
}

static void put_turn(
    struct tick__page_making *making, const struct tick__page_run *run, json_t *steps, uint32_t id, uint32_t from, uint32_t to) {
    const int64_t numbers[] = {tick__page_task(run, id), from, from, to, TICK_STEP_RETURNED, 0};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        tick__page_add_number(making, steps, numbers[i]);
    tick__page_add(making, steps, tick__page_word(making, ""));
    for (int i = 0; i < 3; i++)
        tick__page_add_number(making, steps, -1);
}

// What the program does there, turn by turn, as steps.
void tick__page_end_steps(struct tick__page_making *making, const struct tick__page_run *run, json_t *steps, uint32_t id) {
    uint32_t from = 0, to = 0, step = 0;
    for (uint32_t seq = run->first; seq && seq <= run->last; seq++) {
        const struct tick__tale_event *event = tick__tale_event(run->tale, seq);
        if (run->lane[seq - run->first] != id || !event->task || !event->step)
            continue;
        if (from && event->step != step)
            put_turn(making, run, steps, id, from, to);
        from = event->step != step ? seq : from;
        step = event->step;
        to = seq;
    }
    if (from)
        put_turn(making, run, steps, id, from, to);
}
