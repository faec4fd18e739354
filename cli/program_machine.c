// A machine's parts, and its bodies.
#include "cli/program_machine.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b) {
    return ((intptr_t)a > (intptr_t)b) - ((intptr_t)a < (intptr_t)b);
}

int tick__machine_init(struct machine *machine, const struct tick__program *program, struct tick_loop *loop, int64_t tick) {
    machine->program = program;
    machine->loop = loop;
    machine->tick = tick;
    bool whole = (machine->newest = calloc(json_array_size(program->bodies), sizeof(struct tick_task *))) != NULL;
    static const struct tick_loc locks[LOCKS] = {{"", "", 0, "lock 0"}, {"", "", 0, "lock 1"}};
    for (int i = 0; i < LOCKS; i++)
        whole &= (machine->locks[i] = tick_lock_new_at(&locks[i])) != NULL;
    whole &= (machine->semaphores[0] = tick_semaphore_new(1)) != NULL;
    whole &= (machine->semaphores[1] = tick_semaphore_bounded_new(1)) != NULL;
    for (int i = 0; i < 2; i++)
        whole &= (machine->queues[i] = tick_queue_new(1)) != NULL;
    whole &= (machine->queues[2] = tick_queue_lifo_new(3)) != NULL;
    whole &= (machine->queues[3] = tick_queue_priority_new(3, by_value)) != NULL;
    for (int i = 0; i < EVENTS; i++)
        whole &= (machine->events[i] = tick_event_new()) != NULL;
    whole &= (machine->condition = tick_condition_new(NULL)) != NULL;
    whole &= (machine->barrier = tick_barrier_new(2)) != NULL;
    for (int i = 0; i < FUTURES; i++)
        whole &= (machine->futures[i] = tick_future_new_at(loop, TICK_HERE("future"))) != NULL;
    return whole ? 0 : -ENOMEM;
}

void tick__machine_fini(struct machine *machine) {
    for (int i = 0; i < LOCKS; i++)
        tick_lock_free(machine->locks[i]);
    for (int i = 0; i < SEMAPHORES; i++)
        tick_semaphore_free(machine->semaphores[i]);
    for (int i = 0; i < QUEUES; i++)
        tick_queue_free(machine->queues[i]);
    for (int i = 0; i < EVENTS; i++)
        tick_event_free(machine->events[i]);
    tick_condition_free(machine->condition);
    tick_barrier_free(machine->barrier);
    for (struct note *note = machine->notes, *next; note; note = next) {
        next = note->next;
        tick_failure_unref(note->failure);
        free(note);
    }
    free(machine->newest);
    free(machine->handles);
    free(machine->text.at);
}

struct note *tick__machine_note_of(struct machine *machine, size_t futures) {
    struct note *note = calloc(1, sizeof *note + futures * (sizeof(struct tick_future *) + sizeof(int)));
    if (!note)
        return NULL;
    note->numbers = (int *)(void *)(note->futures + futures);
    note->next = machine->notes;
    note->machine = machine;
    machine->notes = note;
    return note;
}

struct note *tick__machine_note(struct machine *machine, const char *me, const json_t *what) {
    struct note *note = tick__machine_note_of(machine, 0);
    if (!note)
        return NULL;
    note->what = what;
    snprintf(note->me, sizeof note->me, "%s", me);
    return note;
}

void tick__frame_enter(struct machine *machine, struct frame *frame) {
    frame->task = tick_task_current();
    frame->next = machine->frames;
    machine->frames = frame;
}

void tick__frame_leave(struct machine *machine, const struct frame *frame) {
    struct frame **at = &machine->frames;
    while (*at != frame)
        at = &(*at)->next;
    *at = frame->next;
}

struct tick_timeout *tick__frame_timeout(const struct machine *machine, int outer) {
    const struct frame *frame = machine->frames;
    for (; frame; frame = frame->next)
        if (frame->task == tick_task_current() && frame->timeout && outer-- == 0)
            return frame->timeout;
    return NULL;
}

struct tick_group *tick__frame_group(const struct machine *machine) {
    const struct frame *frame = machine->frames;
    while (frame && (frame->task != tick_task_current() || !frame->group))
        frame = frame->next;
    return frame ? frame->group : NULL;
}

int tick__machine_body(void *arg) {
    const struct note *note = arg;
    struct machine *machine = note->machine;
    struct frame frame = {.group = note->group};
    struct end end = {.code = tick__line_say(machine, note->me, "start")};
    tick__frame_enter(machine, &frame);
    if (end.code == 0)
        end = tick__machine_block(machine, note->what, note->me);
    tick__frame_leave(machine, &frame);
    if (tick_task_current() == machine->main)
        machine->failed_at = end.loc;
    tick__line_begin(machine, note->me);
    if (end.code < 0) {
        tick__text_put(&machine->text, " exit ");
        tick__text_error(&machine->text, end.code, end.failure);
    } else {
        tick__text_put(&machine->text, " ret ");
        tick__text_value(&machine->text, end.returned ? end.value + 1 : 0);
    }
    const int error = tick__line_finish(machine);
    if (error < 0)
        return error;
    if (end.failure)
        return tick_raise(tick_failure_ref(end.failure));
    return end.code < 0 ? end.code : end.returned ? end.value + 1 : 0;
}

static struct note *note_of_body(struct machine *machine, int body, struct tick_group *group) {
    char name[24];
    snprintf(name, sizeof name, "%d#%d", body, machine->made);
    struct note *note = tick__machine_note(machine, name, json_array_get(machine->program->bodies, (size_t)body));
    if (note)
        note->group = group;
    return note;
}

static void is_newest(struct machine *machine, int body, struct tick_task *task) {
    tick_task_unref(machine->newest[body]);
    machine->newest[body] = task;
}

const char *tick__machine_name(const struct machine *machine, const struct tick_task *task) {
    return task == machine->main ? "0#0" : tick_task_name(task);
}

int tick__machine_spawn(struct machine *machine, int body, struct tick_group *group, const struct tick_loc *loc) {
    if (++machine->made > MOST_TASKS)
        return 0;
    struct note *note = note_of_body(machine, body, group);
    if (!note)
        return -ENOMEM;
    struct tick_task *task = group ? tick_group_spawn_at(group, tick__machine_body, note, note->me, loc)
                                   : tick_spawn_at(tick__machine_body, note, note->me, loc);
    if (!task)
        return TICK_EINVALSTATE;
    is_newest(machine, body, task);
    return 0;
}

int tick__machine_spawn_eager(struct machine *machine, int body, struct tick_group *group, const struct tick_loc *loc) {
    if (++machine->made > MOST_TASKS)
        return 0;
    struct note *note = note_of_body(machine, body, group);
    if (!note)
        return -ENOMEM;
    struct tick_task *task = group ? tick_group_spawn_eager_at(group, tick__machine_body, note, note->me, loc)
                                   : tick_spawn_eager_at(tick__machine_body, note, note->me, loc);
    if (!task)
        return TICK_EINVALSTATE;
    is_newest(machine, body, task);
    return 0;
}
