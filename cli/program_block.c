// The operations of a task program that hold others: try, timeout, tg and wf.
#include "cli/program_machine.h"
#include <errno.h>
#include <string.h>

static struct end op(struct machine *machine, const json_t *op, const char *me);

struct end tick__machine_block(struct machine *machine, const json_t *ops, const char *me) {
    size_t i;
    json_t *each;
    json_array_foreach(ops, i, each) {
        struct end end = op(machine, each, me);
        if (end.code < 0 || end.returned)
            return end;
    }
    return (struct end){0};
}

static bool catches(const char *what, const struct end *end) {
    if (strcmp(what, "CE") == 0)
        return end->code == TICK_ECANCELED;
    return strcmp(what, "ALL") == 0 || !tick__is_base_error(end->code, end->failure);
}

// ["try", body, "CE" | "EX" | "ALL", final, again]
static struct end op_try(struct machine *machine, const json_t *self, const char *me) {
    const json_t *final = json_array_get(self, 3);
    struct end end = {.code = tick__line_say(machine, me, "try")};
    if (end.code < 0)
        return end;
    end = tick__machine_block(machine, json_array_get(self, 1), me);
    if (end.code < 0 && end.code != OVER) {
        const bool caught = catches(tick__op_word(self, 2), &end);
        tick__line_begin(machine, me);
        tick__text_put(&machine->text, " exc ");
        tick__text_error(&machine->text, end.code, end.failure);
        tick__text_put(&machine->text, caught ? " True" : " False");
        const int error = tick__line_finish(machine);
        if (error < 0)
            end = (struct end){.code = error};
        else if (caught && !tick__op_int(self, 4))
            end = (struct end){0};
    }
    if (json_array_size(final) > 0) {
        struct end last = {.code = tick__line_say(machine, me, "fin")};
        if (last.code == 0)
            last = tick__machine_block(machine, final, me);
        if (last.code < 0)
            end = last;
    }
    return end;
}

// Leaves a scope that was entered; what it makes of the end replaces it.
static void leave_timeout(struct tick_timeout *scope, struct end *end) {
    const int code = tick_timeout_exit(scope, end->code);
    if (code != end->code)
        *end = (struct end){.code = code, .loc = end->loc};
}

// ["timeout", ticks, body]
static struct end op_timeout(struct machine *machine, const json_t *self, const char *me) {
    struct tick_timeout scope;
    struct end end = {.code = tick__line_say(machine, me, "timeout %d", tick__op_int(self, 1))};
    if (end.code == 0)
        end.code = tick_timeout_enter(&scope, tick_time() + tick__op_int(self, 1) * machine->tick);
    if (end.code < 0)
        return end;
    struct frame frame = {.timeout = &scope};
    tick__frame_enter(machine, &frame);
    end = tick__machine_block(machine, json_array_get(self, 2), me);
    tick__frame_leave(machine, &frame);
    leave_timeout(&scope, &end);
    if (end.code == 0) {
        const int error = tick__line_say(machine, me, "timeout-exit %s", tick_timeout_expired(&scope) ? "True" : "False");
        if (error < 0)
            end = (struct end){.code = error};
    }
    return end;
}

// ["tg", [child...], body]
static struct end op_group(struct machine *machine, const json_t *self, const char *me) {
    const json_t *children = json_array_get(self, 1);
    const struct tick_loc *loc = tick__place_of_op(machine->program, self);
    struct tick_group group;
    struct end end = {.code = tick__line_say(machine, me, "tg")};
    if (end.code == 0)
        end.code = tick_group_enter(&group);
    if (end.code < 0)
        return end;
    for (size_t i = 0; i < json_array_size(children) && end.code == 0; i++)
        end.code = tick__machine_spawn(machine, tick__op_int(children, i), &group, loc);
    struct frame frame = {.group = &group};
    tick__frame_enter(machine, &frame);
    if (end.code == 0)
        end = tick__machine_block(machine, json_array_get(self, 2), me);
    tick__frame_leave(machine, &frame);
    if (end.failure)
        (void)tick_raise(tick_failure_ref(end.failure));
    const int code = tick_group_exit(&group, end.code);
    if (code < 0)
        end = tick__machine_failed(machine, code, loc);
    else if ((end.code = tick__line_say(machine, me, "tg-exit")) < 0)
        end.returned = false;
    return end;
}

static int primitive_task(void *arg) {
    struct note *note = arg;
    struct end end = tick__machine_primitive(note->machine, note->what, note->me);
    return end.failure ? tick_raise(tick_failure_ref(end.failure)) : end.code < 0 ? end.code : end.returned ? end.value + 1 : 0;
}

// asyncio waits inside the calling task, unless there is no time for it.
static struct end wait_for(struct machine *machine, const json_t *inner, const char *me, int ticks) {
    if (ticks > 0) {
        struct tick_timeout scope;
        struct end end = {.code = tick_timeout_enter(&scope, tick_time() + ticks * machine->tick)};
        if (end.code < 0)
            return end;
        end = tick__machine_primitive(machine, inner, me);
        leave_timeout(&scope, &end);
        return end;
    }
    const struct tick_loc *loc = tick__place_of_op(machine->program, inner);
    struct note *note = tick__machine_note(machine, me, inner);
    struct tick_task *task = note ? tick_spawn_at(primitive_task, note, NULL, loc) : NULL;
    if (!task)
        return (struct end){.code = -ENOMEM};
    int result = tick_wait_for_at(tick_task_future(task), 0, loc);
    intptr_t value = 0;
    if (result == 0 && tick_future_result(tick_task_future(task), &value) == 0)
        result = (int)value;
    tick_task_unref(task);
    return result < 0 ? tick__machine_failed(machine, result, loc) : (struct end){.returned = result > 0, .value = result - 1};
}

// ["wf", ticks, operation]
static struct end op_wait_for(struct machine *machine, const json_t *self, const char *me) {
    struct end end = {.code = tick__line_say(machine, me, "wf %d", tick__op_int(self, 1))};
    if (end.code == 0)
        end = wait_for(machine, json_array_get(self, 2), me, tick__op_int(self, 1));
    if (end.code < 0)
        return end;
    if (end.returned)
        return (struct end){.code = tick__line_say(machine, me, "wf= (%d,)", end.value)};
    return (struct end){.code = tick__line_say(machine, me, "wf= None")};
}

static struct end op(struct machine *machine, const json_t *self, const char *me) {
    const char *name = tick__op_word(self, 0);
    if (strcmp(name, "try") == 0)
        return op_try(machine, self, me);
    if (strcmp(name, "timeout") == 0)
        return op_timeout(machine, self, me);
    if (strcmp(name, "tg") == 0)
        return op_group(machine, self, me);
    if (strcmp(name, "wf") == 0)
        return op_wait_for(machine, self, me);
    return tick__machine_primitive(machine, self, me);
}
