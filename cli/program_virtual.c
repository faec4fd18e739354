// A loop on an integer clock: waiting moves it, and waiting for nothing is the end. A line says when it was logged: "<time>.<iteration> ...".
#include "cli/program_machine.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct virtual {
    struct machine machine; // first
    struct tick_sys sys;
    struct tick_poller poller;
    int64_t now;
};

static int64_t now(struct tick_sys *sys) {
    return ((struct virtual *)((char *)sys - offsetof(struct virtual, sys)))->now;
}

static int wait(struct tick_poller *poller, int64_t timeout, tick_id timer) {
    (void)timer;
    if (timeout < 0)
        return TICK_EDEADLOCK;
    ((struct virtual *)((char *)poller - offsetof(struct virtual, poller)))->now += timeout;
    return 0;
}

static int wake(struct tick_poller *poller) {
    (void)poller;
    return 0;
}

static void line(struct machine *machine, const char *text) {
    const struct virtual *self = (const struct virtual *)machine;
    if (text)
        fprintf(machine->to, "%lld.%llu %s\n", (long long)self->now, (unsigned long long)tick_loop_iterations(machine->loop), text);
    else // Python's name of the callback, cut where messages are
        fprintf(machine->to, "EH Exception in callback Machine.primitive.\n");
}

// The message up to what it is about. Of errors never retrieved nothing is said: when CPython finds out depends on its collector.
static int report(struct tick_loop *loop, const struct tick_report *what, void *arg) {
    (void)loop;
    const struct machine *machine = arg;
    if (strstr(what->message, "never retrieved"))
        return 0;
    size_t size = strlen(what->message);
    const char *about = strstr(what->message, " <"), *with = strstr(what->message, " for");
    if (about)
        size = (size_t)(about - what->message);
    if (with && (size_t)(with - what->message) < size)
        size = (size_t)(with - what->message);
    fprintf(machine->to, "EH %.*s\n", size < 40 ? (int)size : 40, what->message);
    return 0;
}

static int quiet(struct tick_loop *loop, const struct tick_report *what, void *arg) {
    (void)loop;
    (void)what;
    (void)arg;
    return 0;
}

static int by_name(const void *a, const void *b) {
    return strcmp(tick_task_name(*(struct tick_task *const *)a), tick_task_name(*(struct tick_task *const *)b));
}

// "end deadlock t=3 [('2#2', 0)]": the tasks that are left over.
static void say_end(const struct virtual *self, int result) {
    FILE *out = self->machine.to;
    struct tick_task *left[MOST_TASKS + 1];
    size_t count = tick_task_all(self->machine.loop, left, MOST_TASKS + 1);
    if (count > MOST_TASKS + 1)
        count = MOST_TASKS + 1;
    qsort(left, count, sizeof(struct tick_task *), by_name);
    fprintf(out, "end %s t=%lld [",
        self->machine.lines > MOST_LINES ? "limit"
        : result == TICK_EDEADLOCK       ? "deadlock"
                                         : "done",
        (long long)self->now);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s('%s', %d)", i ? ", " : "", tick_task_name(left[i]), tick_task_cancelling(left[i]));
    fprintf(out, "]\n");
}

int tick__program_virtual(const struct tick__program *program, FILE *out) {
    static const struct tick_sys_ops sys_ops = {.name = "virtual", .now = now};
    static const struct tick_poller_ops poller_ops = {wait, wake};
    struct virtual self = {.machine = {.line = line, .to = out}, .sys = {.ops = &sys_ops}, .poller = {.ops = &poller_ops}};
    struct machine *machine = &self.machine;
    const struct tick_loop_options options = {.sys = &self.sys, .poller = &self.poller, .id = 1};
    struct tick_loop *loop;
    TICK_TRY(tick_loop_new(&options, &loop));
    tick_loop_set_exception_handler(loop, report, machine);
    int result = tick__machine_init(machine, program, loop, 1);
    if (result < 0)
        goto out;
    struct note *main_body = tick__machine_note(machine, "0#0", json_array_get(program->bodies, 0));
    machine->newest[0] = main_body ? tick_loop_spawn(loop, main_body->me, tick__machine_body, main_body) : NULL;
    if (!machine->newest[0]) {
        result = -ENOMEM;
        goto out;
    }
    machine->stops = true;
    while ((result = tick_loop_run_forever(loop)) == 0)
        fprintf(out, "%lld.%llu stopped\n", (long long)self.now, (unsigned long long)tick_loop_iterations(loop));
    say_end(&self, result);
    if (result == TICK_EDEADLOCK)
        result = 0;
out:
    tick_loop_set_exception_handler(loop, quiet, NULL);
    tick_loop_free(loop);
    tick__machine_fini(machine);
    return result;
}
