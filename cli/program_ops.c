// The operations of a task program that hold no others, by name.
#include "cli/program_machine.h"
#include "src/loop/loop_int.h"
#include <errno.h>
#include <retick/executor.h>
#include <stdlib.h>
#include <string.h>

struct end tick__machine_failed(struct machine *machine, int code, const struct tick_loc *loc) {
    struct tick_failure *caught = tick_caught();
    struct note *note = caught && caught->code == code ? tick__machine_note_of(machine, 0) : NULL;
    if (note)
        note->failure = tick_failure_ref(caught);
    return (struct end){.code = code, .failure = note ? note->failure : NULL, .loc = loc};
}

// What an operation works on: x and y are its numbers, task the newest of body x.
struct call {
    struct machine *machine;
    const json_t *op;
    const struct tick_loc *loc; // its place
    const char *me;
    int x, y;
    struct tick_task *task;
};

static int say_got(const struct call *c, intptr_t value) {
    tick__line_begin(c->machine, c->me);
    tick__text_put(&c->machine->text, " got ");
    tick__text_value(&c->machine->text, value);
    return tick__line_finish(c->machine);
}

static int await_and_say(const struct call *c, struct tick_future *future) {
    intptr_t value = 0;
    TICK_TRY(tick_await_at(future, c->loc));
    TICK_TRY(tick_future_result(future, &value));
    return say_got(c, value);
}

// --- tasks ---

static int op_sleep(const struct call *c) {
    return tick_sleep_at(c->x * c->machine->tick, c->loc);
}
static int op_spawn(const struct call *c) {
    return tick__machine_spawn(c->machine, c->x, NULL, c->loc);
}
static int op_eager(const struct call *c) {
    return tick__machine_spawn_eager(c->machine, c->x, NULL, c->loc);
}
static int op_into(const struct call *c) {
    struct tick_group *group = tick__frame_group(c->machine);
    return group ? tick__machine_spawn(c->machine, c->x, group, c->loc) : 0;
}
static int op_adopt(const struct call *c) {
    struct tick_group *group = tick__frame_group(c->machine);
    return group ? tick__machine_spawn_eager(c->machine, c->x, group, c->loc) : 0;
}
static int op_resched(const struct call *c) {
    struct tick_timeout *scope = tick__frame_timeout(c->machine, c->y);
    return scope ? tick_timeout_reschedule(scope, c->x < 0 ? TICK_NEVER : tick_time() + c->x * c->machine->tick) : 0;
}
static int op_await(const struct call *c) {
    return c->task ? await_and_say(c, tick_task_future(c->task)) : 0;
}
static int shield_and_say(const struct call *c, struct tick_future *inner) {
    struct tick_future *outer = tick_shield_at(inner, c->loc);
    if (!outer)
        return -ENOMEM;
    const int result = await_and_say(c, outer);
    tick_future_unref(outer);
    return result;
}
static int op_shield(const struct call *c) {
    return c->task ? shield_and_say(c, tick_task_future(c->task)) : 0;
}

static const char *truth(bool value) {
    return value ? "True" : "False";
}

static int op_cancel(const struct call *c) {
    if (!c->task)
        return 0;
    const bool taken = tick_task_cancel(c->task, NULL);
    return tick__line_say(c->machine, c->me, "cancel-> %s %s", truth(taken), truth(tick_future_cancelled(tick_task_future(c->task))));
}
static int op_uncancel(const struct call *c) {
    struct tick_task *self = tick_task_current();
    const int before = tick_task_cancelling(self);
    return tick__line_say(c->machine, c->me, "unc %d %d", before, tick_task_uncancel(self));
}
static int op_info(const struct call *c) {
    const struct machine *m = c->machine;
    struct tick_task *self = tick_task_current();
    return tick__line_say(c->machine, c->me, "info %s %d [%s, %s] [%zu] [%zu, %zu] %zu", tick__machine_name(m, self),
        tick_task_cancelling(self), truth(tick_lock_is_locked(m->locks[0])), truth(tick_lock_is_locked(m->locks[1])),
        tick_semaphore_value(m->semaphores[0]), tick_queue_size(m->queues[0]), tick_queue_size(m->queues[1]), tick_task_count(m->loop));
}

static void told(struct machine *machine, int error) {
    if (error == OVER) // what asyncio's handler gets of a callback that raises
        machine->line(machine, NULL);
}

static void done(struct tick_future *future, void *arg) {
    const struct note *note = arg;
    told(note->machine, tick__line_say(note->machine, "cb", "%s %s %s", note->me,
                            tick__machine_name(note->machine, (struct tick_task *)future), truth(tick_future_cancelled(future))));
}
static int op_cbadd(const struct call *c) {
    if (!c->task)
        return 0;
    struct note *note = tick__machine_note(c->machine, c->me, NULL);
    return note ? tick_future_on_done(tick_task_future(c->task), done, note) : -ENOMEM;
}

// What a done callback raises goes to the handler, under the name that it has in asyncio_log.py.
static void does(struct tick_future *future, void *arg) {
    const struct note *note = arg;
    const struct end end = tick__machine_primitive(note->machine, note->what, "cb");
    (void)future;
    if (end.code == OVER)
        told(note->machine, end.code);
    else if (end.code < 0)
        tick_loop_report(note->machine->loop,
            &(struct tick_report){.message = "Exception in callback Run.op_cbdo.<locals>.does", .failure = end.failure});
}
static int op_cbdo(const struct call *c) {
    if (!c->task)
        return 0;
    struct note *note = tick__machine_note(c->machine, c->me, json_array_get(c->op, 2));
    return note ? tick_future_on_done(tick_task_future(c->task), does, note) : -ENOMEM;
}

// --- primitives ---

static int op_lock(const struct call *c) {
    return tick_lock_acquire_at(c->machine->locks[c->x], c->loc);
}
static int op_unlock(const struct call *c) {
    return tick_lock_release(c->machine->locks[c->x]) < 0 ? tick__line_say(c->machine, c->me, "RTE") : 0;
}
static int op_sem(const struct call *c) {
    return tick_semaphore_acquire_at(c->machine->semaphores[c->x], c->loc);
}
static int op_rel(const struct call *c) {
    return tick_semaphore_release(c->machine->semaphores[c->x]) < 0 ? tick__line_say(c->machine, c->me, "VE") : 0;
}
static int op_evset(const struct call *c) {
    tick_event_set(c->machine->events[c->x]);
    return 0;
}
static int op_evclear(const struct call *c) {
    tick_event_clear(c->machine->events[c->x]);
    return 0;
}
static int op_evwait(const struct call *c) {
    return tick_event_wait_at(c->machine->events[c->x], c->loc);
}
static int op_put(const struct call *c) {
    return tick_queue_put_at(c->machine->queues[c->x], (void *)((intptr_t)c->y + 1), c->loc);
}
static int op_putnw(const struct call *c) {
    const int result = tick_queue_try_put(c->machine->queues[c->x], (void *)((intptr_t)c->y + 1));
    return result == TICK_EFULL ? tick__line_say(c->machine, c->me, "Full") : result;
}
static int op_get(const struct call *c) {
    void *item = NULL;
    TICK_TRY(tick_queue_get_at(c->machine->queues[c->x], &item, c->loc));
    return say_got(c, (intptr_t)item);
}
static int op_getnw(const struct call *c) {
    void *item = NULL;
    const int result = tick_queue_try_get(c->machine->queues[c->x], &item);
    if (result == TICK_EEMPTY)
        return tick__line_say(c->machine, c->me, "Empty");
    return result < 0 ? result : say_got(c, (intptr_t)item);
}
static int op_fset(const struct call *c) {
    (void)tick_future_set_result(c->machine->futures[c->x], 7 + 1);
    return 0;
}
static int op_fexc(const struct call *c) {
    if (tick_future_set_error(c->machine->futures[c->x], EX_F) == 0)
        (void)tick_future_failure(c->machine->futures[c->x]);
    return 0;
}
static int op_fcancel(const struct call *c) {
    return tick__line_say(c->machine, c->me, "-> %s", truth(tick_future_cancel(c->machine->futures[c->x], NULL)));
}
static int op_fawait(const struct call *c) {
    return await_and_say(c, c->machine->futures[c->x]);
}
static int op_fshield(const struct call *c) {
    return shield_and_say(c, c->machine->futures[c->x]);
}
static int op_cwait(const struct call *c) {
    struct tick_lock *lock = tick_condition_lock(c->machine->condition);
    TICK_TRY(tick_lock_acquire_at(lock, c->loc));
    const int result = tick_condition_wait_at(c->machine->condition, c->loc);
    (void)tick_lock_release(lock);
    return result < 0 ? result : tick__line_say(c->machine, c->me, "notified");
}
static bool is_set(void *event) {
    return tick_event_is_set(event);
}
static int op_cuntil(const struct call *c) {
    struct tick_lock *lock = tick_condition_lock(c->machine->condition);
    TICK_TRY(tick_lock_acquire_at(lock, c->loc));
    const int result = tick_condition_wait_for_at(c->machine->condition, is_set, c->machine->events[c->x], c->loc);
    (void)tick_lock_release(lock);
    return result < 0 ? result : tick__line_say(c->machine, c->me, "holds");
}
static int op_cnotify(const struct call *c) {
    struct tick_lock *lock = tick_condition_lock(c->machine->condition);
    TICK_TRY(tick_lock_acquire_at(lock, c->loc));
    const int result = tick_condition_notify(c->machine->condition, (size_t)c->y);
    (void)tick_lock_release(lock);
    return result;
}

static int op_done(const struct call *c) {
    return tick_queue_task_done(c->machine->queues[c->x]) < 0 ? tick__line_say(c->machine, c->me, "VE") : 0;
}
static int op_join(const struct call *c) {
    return tick_queue_join_at(c->machine->queues[c->x], c->loc);
}
static int op_shut(const struct call *c) {
    if (c->y)
        tick_queue_shutdown_now(c->machine->queues[c->x], NULL, NULL);
    else
        tick_queue_shutdown(c->machine->queues[c->x]);
    return 0;
}
static int op_meet(const struct call *c) {
    const int place = tick_barrier_wait_at(c->machine->barrier, c->loc);
    return place < 0 ? place : tick__line_say(c->machine, c->me, "met %d", place);
}
static int op_breset(const struct call *c) {
    return tick_barrier_reset(c->machine->barrier);
}
static int op_babort(const struct call *c) {
    return tick_barrier_abort(c->machine->barrier);
}

// --- several tasks at once ---

// What the operations on plain futures and on jobs, whose names are those on tasks with an f or a j before, work on; NULL: on tasks.
static struct tick_future *const *futures_of(const struct call *c) {
    const char first = *tick__op_word(c->op, 0);
    return first == 'f' ? c->machine->futures : first == 'j' ? c->machine->jobs : NULL;
}

// Those that were spawned of the bodies named in the first word, or the futures; NULL when out of memory. The caller releases them.
static struct note *take_named(const struct call *c, bool unfinished, size_t *count) {
    const json_t *named = json_array_get(c->op, 1);
    struct note *note = tick__machine_note_of(c->machine, json_array_size(named));
    *count = 0;
    for (size_t i = 0; note && i < json_array_size(named); i++) {
        const int number = tick__op_int(named, i);
        struct tick_future *each = futures_of(c) ? futures_of(c)[number] : (struct tick_future *)c->machine->newest[number];
        if (each && !(unfinished && tick_future_done(each))) {
            note->numbers[*count] = number;
            note->futures[(*count)++] = tick_future_ref(each);
        }
    }
    return note;
}

static void release_named(const struct note *note, size_t count) {
    for (size_t i = 0; note && i < count; i++)
        tick_future_unref(note->futures[i]);
}

static int say_results(const struct call *c, struct tick_future *const *children, size_t count) {
    struct text *text = &c->machine->text;
    tick__line_begin(c->machine, c->me);
    tick__text_put(text, " got [");
    for (size_t i = 0; i < count; i++) {
        intptr_t value = 0;
        const int code = tick_future_result(children[i], &value);
        tick__text_put(text, i ? ", " : "");
        if (code < 0) {
            tick__text_put(text, "'");
            tick__text_error(text, code, tick_future_failure(children[i]));
            tick__text_put(text, "'");
        } else {
            tick__text_value(text, value);
        }
    }
    tick__text_put(text, "]");
    return tick__line_finish(c->machine);
}

static int op_gather(const struct call *c) {
    size_t count;
    struct note *note = take_named(c, false, &count);
    int result = note ? 0 : -ENOMEM;
    if (count > 0) {
        struct tick_future *gather = tick_gather_at(note->futures, count, tick__op_int(c->op, 2), c->loc);
        result = gather ? tick_await_at(gather, c->loc) : -ENOMEM;
        tick_future_unref(gather);
        if (result == 0)
            result = say_results(c, note->futures, count);
    }
    release_named(note, count);
    return result;
}

static int op_wait(const struct call *c) {
    const char *until = tick__op_word(c->op, 3);
    size_t count;
    struct note *note = take_named(c, false, &count);
    int result = note ? 0 : -ENOMEM;
    if (count > 0) {
        result = tick_wait(note->futures, count, c->y < 0 ? TICK_NEVER : c->y * c->machine->tick,
            *until == 'F'   ? TICK_FIRST_COMPLETED
            : *until == 'E' ? TICK_FIRST_EXCEPTION
                            : TICK_ALL_COMPLETED);
        if (result >= 0) {
            tick__line_begin(c->machine, c->me);
            tick__text_put(&c->machine->text, " done");
            for (size_t i = 0; i < count; i++)
                tick__text_put(&c->machine->text, tick_future_done(note->futures[i]) ? " True" : " False");
            result = tick__line_finish(c->machine);
        }
    }
    release_named(note, count);
    return result;
}

// The number of a future among those named, as it was then: another job may have that now.
static int number_of(const struct note *note, size_t count, const struct tick_future *future) {
    size_t at = count;
    while (at > 0 && note->futures[at - 1] != future)
        at--;
    return note->numbers[at - 1];
}

static int say_each(const struct call *c, struct tick_as_completed *each, const struct note *note, size_t count) {
    struct tick_future *future;
    int result;
    while ((result = tick_as_completed_next_at(each, &future, c->loc)) == 0) {
        if (futures_of(c))
            TICK_TRY(tick__line_say(c->machine, c->me, "each %d", number_of(note, count, future)));
        else
            TICK_TRY(tick__line_say(c->machine, c->me, "each %s", tick__machine_name(c->machine, (struct tick_task *)future)));
    }
    return result == TICK_EEMPTY ? 0 : result;
}

static int op_each(const struct call *c) {
    size_t count;
    struct note *note = take_named(c, true, &count);
    struct tick_as_completed *each =
        note ? tick_as_completed_new(note->futures, count, c->y < 0 ? TICK_NEVER : c->y * c->machine->tick) : NULL;
    const int result = each ? say_each(c, each, note, count) : -ENOMEM;
    tick_as_completed_free(each);
    release_named(note, count);
    return result;
}

// --- jobs ---

static int works(void *arg) {
    const struct note *note = arg;
    return note->number;
}
// How long it takes is its own, whatever else a choice adds.
static int op_job(const struct call *c) {
    struct note *note = tick__machine_note(c->machine, c->me, NULL);
    struct tick_future *job = NULL;
    const int ticks = c->y > 0 ? c->y : 0, number = tick__op_int(c->op, 3);
    if (!note)
        return -ENOMEM;
    note->number = tick__op_int(c->op, 4) ? EX(number) : number + 1;
    const int result = tick__executor_submit(c->machine->loop, works, note, ticks * c->machine->tick, &job, c->loc);
    if (result < 0)
        return result == TICK_ECLOSED ? tick__line_say(c->machine, c->me, "RTE") : result;
    tick_future_unref(c->machine->jobs[c->x]);
    c->machine->jobs[c->x] = job;
    return 0;
}
static int op_jawait(const struct call *c) {
    struct tick_future *job = c->machine->jobs[c->x];
    if (!job)
        return 0;
    const int result = await_and_say(c, tick_future_ref(job)); // another may take its place meanwhile
    tick_future_unref(job);
    return result;
}
static int op_jshield(const struct call *c) {
    struct tick_future *job = c->machine->jobs[c->x];
    return job ? shield_and_say(c, job) : 0;
}
static int op_jcancel(const struct call *c) {
    struct tick_future *job = c->machine->jobs[c->x];
    return job ? tick__line_say(c->machine, c->me, "-> %s", truth(tick_future_cancel(job, NULL))) : 0;
}
static int op_jshut(const struct call *c) {
    TICK_TRY(tick_executor_close(c->y));
    return c->x ? tick_executor_shutdown() : 0;
}

// --- callbacks, and the end of a body ---

static void called_soon(void *arg) {
    const struct note *note = arg;
    told(note->machine, tick__line_say(note->machine, "soon", "%d", note->number));
}
static void called_later(void *arg) {
    const struct note *note = arg;
    told(note->machine, tick__line_say(note->machine, "later", "%d", note->number));
}
static int keep_handle(struct machine *machine, struct tick_handle *handle) {
    if (!handle)
        return -ENOMEM;
    if (machine->handle_count == machine->handle_room) {
        const size_t room = machine->handle_room ? machine->handle_room * 2 : 16;
        struct tick_handle **more = realloc(machine->handles, room * sizeof(struct tick_handle *));
        if (!more) {
            tick_handle_unref(handle);
            return -ENOMEM;
        }
        machine->handles = more;
        machine->handle_room = room;
    }
    machine->handles[machine->handle_count++] = handle;
    return 0;
}
static int op_soon(const struct call *c) {
    struct note *note = tick__machine_note(c->machine, c->me, NULL);
    if (!note)
        return -ENOMEM;
    note->number = c->x;
    return keep_handle(c->machine, tick_call_soon_handle(c->machine->loop, called_soon, note));
}
static int op_later(const struct call *c) {
    struct note *note = tick__machine_note(c->machine, c->me, NULL);
    if (!note)
        return -ENOMEM;
    note->number = c->y;
    return keep_handle(c->machine, tick_call_later(c->machine->loop, c->x * c->machine->tick, called_later, note));
}
static int op_at(const struct call *c) {
    struct note *note = tick__machine_note(c->machine, c->me, NULL);
    if (!note)
        return -ENOMEM;
    note->number = c->y;
    return keep_handle(c->machine, tick_call_at(c->machine->loop, tick_time() + c->x * c->machine->tick, called_later, note));
}
static int op_stop(const struct call *c) {
    if (c->machine->stops)
        tick_loop_stop(c->machine->loop);
    return 0;
}
static int op_hcancel(const struct call *c) {
    if (c->machine->handle_count > 0) {
        struct tick_handle *handle = c->machine->handles[--c->machine->handle_count];
        tick_handle_cancel(handle);
        tick_handle_unref(handle);
    }
    return 0;
}
static const struct tick_context_var variable = {.name = "variable", .fallback = NULL};

static int change_variable(struct machine *machine, const char *me, int value) {
    const intptr_t before = (intptr_t)tick_context_get(&variable);
    tick__line_begin(machine, me);
    tick__text_put(&machine->text, " was ");
    tick__text_value(&machine->text, before);
    TICK_TRY(tick_context_set(&variable, (void *)((intptr_t)value + 1), NULL));
    return tick__line_finish(machine);
}
static int op_var(const struct call *c) {
    return change_variable(c->machine, c->me, c->x);
}
static void called_varsoon(void *arg) {
    const struct note *note = arg;
    told(note->machine, change_variable(note->machine, "varsoon", note->number));
}
static int op_varsoon(const struct call *c) {
    struct note *note = tick__machine_note(c->machine, c->me, NULL);
    if (!note)
        return -ENOMEM;
    note->number = c->x;
    return keep_handle(c->machine, tick_call_soon_handle(c->machine->loop, called_varsoon, note));
}
static int op_raise(const struct call *c) {
    (void)tick_raise(tick_failure_new_at(c->loc, EX(c->x), "Ex", NULL));
    return EX(c->x);
}

static const struct {
    const char *name;
    int (*run)(const struct call *call);
} operations[] = {
    {"sleep", op_sleep},
    {"spawn", op_spawn},
    {"eager", op_eager},
    {"into", op_into},
    {"adopt", op_adopt},
    {"await", op_await},
    {"shield", op_shield},
    {"gather", op_gather},
    {"cancel", op_cancel},
    {"uncancel", op_uncancel},
    {"info", op_info},
    {"cbadd", op_cbadd},
    {"cbdo", op_cbdo},
    {"lock", op_lock},
    {"unlock", op_unlock},
    {"sem", op_sem},
    {"rel", op_rel},
    {"evset", op_evset},
    {"evclear", op_evclear},
    {"evwait", op_evwait},
    {"put", op_put},
    {"putnw", op_putnw},
    {"get", op_get},
    {"getnw", op_getnw},
    {"fset", op_fset},
    {"fexc", op_fexc},
    {"fcancel", op_fcancel},
    {"fawait", op_fawait},
    {"fshield", op_fshield},
    {"fgather", op_gather},
    {"fwait", op_wait},
    {"feach", op_each},
    {"job", op_job},
    {"jawait", op_jawait},
    {"jcancel", op_jcancel},
    {"jshield", op_jshield},
    {"jgather", op_gather},
    {"jwait", op_wait},
    {"jeach", op_each},
    {"jshut", op_jshut},
    {"cwait", op_cwait},
    {"cuntil", op_cuntil},
    {"cnotify", op_cnotify},
    {"done", op_done},
    {"join", op_join},
    {"shut", op_shut},
    {"meet", op_meet},
    {"breset", op_breset},
    {"babort", op_babort},
    {"wait", op_wait},
    {"each", op_each},
    {"soon", op_soon},
    {"later", op_later},
    {"at", op_at},
    {"stop", op_stop},
    {"hcancel", op_hcancel},
    {"var", op_var},
    {"varsoon", op_varsoon},
    {"resched", op_resched},
    {"raise", op_raise},
};

static int log_op(struct machine *machine, const json_t *op, const char *me) {
    size_t i;
    json_t *word;
    tick__line_begin(machine, me);
    json_array_foreach(op, i, word) {
        tick__text_put(&machine->text, " ");
        tick__text_json(&machine->text, word);
    }
    return tick__line_finish(machine);
}

struct end tick__machine_primitive(struct machine *machine, const json_t *op, const char *me) {
    const char *name = tick__op_word(op, 0);
    struct call call = {.machine = machine,
        .op = op,
        .loc = tick__place_of_op(machine->program, op),
        .me = me,
        .x = tick__op_int(op, 1),
        .y = tick__op_int(op, 2)};
    int result = log_op(machine, op, me);
    if (result < 0)
        return (struct end){.code = result};
    if (strcmp(name, "ret") == 0)
        return (struct end){.returned = true, .value = call.x};
    if (call.x >= 0 && (size_t)call.x < json_array_size(machine->program->bodies))
        call.task = machine->newest[call.x];
    struct tick_task *task = call.task ? call.task : tick_task_current(); // a callback has none
    if (task)
        tick_task_ref(task);
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (strcmp(name, operations[i].name) == 0) {
            result = operations[i].run(&call);
            break;
        }
    tick_task_unref(task);
    return result < 0 ? tick__machine_failed(machine, result, call.loc) : (struct end){0};
}
