// Which events of a run a page has, and in whose lane each is drawn: of the task that did it, or that it lets run; else its host's. What a
// program of one thread says to itself is drawn in lanes of the ends of its connections (page_ends.c).
#include "viewer/page_int.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int64_t tick__page_host(const struct tick__page_run *run, uint32_t host) {
    const bool known = host <= run->tale->objects_count && tick__tale_object(run->tale, host)->type == TICK_OBJECT_HOST;
    return known ? (int64_t)run->number[host] - 1 : -1;
}

int64_t tick__page_task(const struct tick__page_run *run, uint32_t task) {
    const bool known = task <= run->tale->objects_count &&
                       (tick__tale_object(run->tale, task)->type == TICK_OBJECT_TASK || tick__page_is_end(run->tale, task));
    return known ? (int64_t)run->number[task] - 1 : -1;
}

static uint32_t lane_of(const struct tick__page_run *run, uint32_t seq) {
    return seq >= run->first && seq <= run->last ? run->lane[seq - run->first] : 0;
}

static bool is_task(const struct tick__tale *tale, uint32_t object) {
    return tick__tale_object(tale, object)->type == TICK_OBJECT_TASK;
}

static uint32_t own_task(const struct tick__tale *tale, const struct tick__tale_event *event) {
    const bool of_subject = event->kind == TICK_EV_STEP_BEGIN || event->kind == TICK_EV_STEP_END || event->kind == TICK_EV_TASK_READY ||
                            event->kind == TICK_EV_TASK_CANCEL;
    return of_subject && is_task(tale, event->subject) ? event->subject : event->task;
}

// Of an event that nobody did: the task of what came of it on the same host; of a timer, whose it is.
static uint32_t led_to(const struct tick__page_run *run, uint32_t seq, const struct tick__tale_event *event) {
    const struct tick__tale *tale = run->tale;
    const uint32_t *effects;
    const size_t count = tick__tale_effects_of(tale, seq, &effects);
    for (size_t i = 0; i < count && i < 16; i++) {
        const uint32_t task = lane_of(run, effects[i]);
        if (task && tick__tale_event(tale, effects[i])->host == event->host)
            return task;
    }
    const uint32_t parent = tick__tale_object(tale, event->subject)->parent;
    return tick__tale_object(tale, event->subject)->type == TICK_OBJECT_TIMER && is_task(tale, parent) ? parent : 0;
}

// The task of a host that has but one: of a program without threads all is its.
static void find_only(const struct tick__tale *tale, uint32_t *only) {
    uint32_t *count = only + tale->objects_count + 1;
    for (uint32_t id = 1; id <= tale->objects_count; id++) {
        const struct tick__tale_object *task = tick__tale_object(tale, id);
        if (task->type == TICK_OBJECT_TASK && task->host <= tale->objects_count) {
            only[task->host] = id;
            count[task->host]++;
        }
    }
    for (uint32_t id = 0; id <= tale->objects_count; id++)
        only[id] = count[id] == 1 ? only[id] : 0;
    only[0] = 0;
}

static void find_lanes(struct tick__page_run *run, uint32_t *reader, const uint32_t *only) {
    const struct tick__tale *tale = run->tale;
    for (uint32_t seq = run->last; seq >= run->first && seq; seq--) { // from the end, as effects lie behind
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        uint32_t task = own_task(tale, event);
        if (!task)
            task = led_to(run, seq, event);
        const struct tick__tale_message *message = event->kind == TICK_EV_MSG_RECV ? tick__tale_message(tale, event->subject) : NULL;
        if (message && message->direction <= tale->objects_count) { // what nobody read is of who read there later
            if (!task)
                task = reader[message->direction];
            reader[message->direction] = task;
        }
        if (!task && message && event->host <= tale->objects_count)
            task = only[event->host];
        run->lane[seq - run->first] = is_task(tale, task) ? task : 0;
    }
}

int tick__page_run_open(const struct tick__tale *tale, uint32_t first, uint32_t last, struct tick__page_run *run) {
    const size_t events = last >= first ? last - first + 1 : 0;
    uint32_t *reader = calloc(3 * ((size_t)tale->objects_count + 1), sizeof *reader), hosts = 0, tasks = 0;
    *run = (struct tick__page_run){.tale = tale, .first = first, .last = last};
    run->number = calloc((size_t)tale->objects_count + 1, sizeof *run->number);
    run->lane = calloc(events + 1, sizeof *run->lane);
    if (!reader || !run->number || !run->lane) {
        free(reader);
        return -ENOMEM;
    }
    uint32_t *only = reader + tale->objects_count + 1;
    find_only(tale, only);
    find_lanes(run, reader, only);
    tick__page_ends(run, only);
    for (uint32_t id = 1; id <= tale->objects_count; id++) {
        const uint8_t type = tick__tale_object(tale, id)->type;
        if (type == TICK_OBJECT_HOST)
            run->number[id] = ++hosts;
        else if (type == TICK_OBJECT_TASK || run->number[id])
            run->number[id] = ++tasks;
    }
    free(reader);
    return 0;
}

void tick__page_run_close(struct tick__page_run *run) {
    free(run->number);
    free(run->lane);
    *run = (struct tick__page_run){0};
}
