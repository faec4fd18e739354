// A loop on an integer clock: waiting moves it, and waiting for nothing is the end. A line says when it was logged: "<time>.<iteration> ...".
#include "cli/program_machine.h"
#include "cli/program_threads.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct virtual {
    struct machine machine; // first
    struct tick_sys sys;
    struct tick_poller poller;
    struct tick_sys_threads *threads; // the loop's; NULL: none was needed yet
    int64_t now;
};

static struct virtual *of_sys(struct tick_sys *sys) {
    return (struct virtual *)((char *)sys - offsetof(struct virtual, sys));
}

static int64_t now(struct tick_sys *sys) {
    return of_sys(sys)->now;
}

static int threads_new(struct tick_sys *sys, uint32_t most, struct tick_sys_threads **out) {
    struct virtual *self = of_sys(sys);
    TICK_TRY(tick__virtual_threads_new(&self->now, most, out));
    self->threads = *out;
    return 0;
}

static int threads_run(struct tick_sys *sys, struct tick_sys_threads *threads, struct tick_sys_job *job) {
    (void)sys;
    tick__virtual_threads_run(threads, job);
    return 0;
}

static bool threads_withdraw(struct tick_sys *sys, struct tick_sys_threads *threads, struct tick_sys_job *job) {
    (void)sys;
    return tick__virtual_threads_withdraw(threads, job);
}

static void threads_free(struct tick_sys *sys, struct tick_sys_threads *threads, bool wait) {
    (void)wait; // what runs runs at no time
    of_sys(sys)->threads = NULL;
    tick__virtual_threads_free(threads);
}

static int wait(struct tick_poller *poller, int64_t timeout, tick_id timer) {
    struct virtual *self = (struct virtual *)((char *)poller - offsetof(struct virtual, poller));
    const int64_t over = tick__virtual_threads_next(self->threads), until = over > self->now ? over : self->now;
    (void)timer;
    if (timeout < 0 && over == TICK_NEVER)
        return TICK_EDEADLOCK;
    self->now = timeout < 0 || until - self->now < timeout ? until : self->now + timeout;
    tick__virtual_threads_end(self->threads);
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
    static const struct tick_sys_ops sys_ops = {
        .name = "virtual",
        .now = now,
        .threads_new = threads_new,
        .threads_run = threads_run,
        .threads_withdraw = threads_withdraw,
        .threads_free = threads_free,
    };
    static const struct tick_poller_ops poller_ops = {wait, wake};
    struct virtual self = {.machine = {.line = line, .to = out}, .sys = {.ops = &sys_ops}, .poller = {.ops = &poller_ops}};
    struct machine *machine = &self.machine;
    const struct tick_loop_options options = {.sys = &self.sys, .poller = &self.poller, .id = 1, .threads = WORKERS};
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
