// A task program as a scenario: one host, whose main task is body 0. A tick is a millisecond. Lines go to the trace's log.
//
// What tasks fail with is their own affair; what body 0 fails with is a finding, and so is a deadlock while it waits. When it returns, what is
// left over is cancelled, as asyncio.run does.
#include "cli/program_machine.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct tick__program *registered; // set once, before any run

static void line(struct machine *machine, const char *text) {
    (void)machine;
    if (text)
        tick_log("%s", text);
}

static void release(struct machine *machine) {
    for (size_t i = 0; i < json_array_size(machine->program->bodies); i++)
        tick_task_unref(machine->newest ? machine->newest[i] : NULL);
    while (machine->handle_count > 0)
        tick_handle_unref(machine->handles[--machine->handle_count]);
    for (int i = 0; i < FUTURES; i++)
        tick_future_unref(machine->futures[i]);
    // What else it has, unfinished tasks still stand on: it goes with the host.
}

static int run(void *unused) {
    (void)unused;
    struct machine *machine = calloc(1, sizeof *machine);
    if (!machine)
        return -ENOMEM;
    machine->line = line;
    TICK_TRY(tick__machine_init(machine, registered, tick_loop_running(), TICK_MS(1)));
    machine->newest[0] = tick_task_ref(tick_task_current());
    struct note *note = tick__machine_note(machine, "0#0", json_array_get(registered->bodies, 0));
    int result = note ? tick__machine_body(note) : -ENOMEM;
    if (result < 0) {
        tick__line_begin(machine, "");
        tick__text_error(&machine->text, result, tick_caught());
    }
    result = tick_check(result >= 0, "the main task ended with %s", result < 0 && !machine->text.failed ? machine->text.at : "an error");
    release(machine);
    return result;
}

static void set_up(struct tick_world *world) {
    tick_host_add(world, "program", run, NULL);
}

// "some/where/two-locks.json" becomes "two_locks".
static char *name_of(const char *file) {
    const char *slash = strrchr(file, '/');
    char *name = strdup(slash ? slash + 1 : file);
    if (!name)
        return NULL;
    char *dot = strrchr(name, '.');
    if (dot && dot > name)
        *dot = '\0';
    for (char *at = name; *at; at++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", *at))
            *at = '_';
    return name;
}

int tick__program_register(struct tick__program *program, const char *file) {
    if (registered)
        return -EEXIST;
    struct tick_scenario *scenario = calloc(1, sizeof *scenario);
    char *name = name_of(file), *where = strdup(file);
    if (!scenario || !name || !where) {
        free(scenario);
        free(name);
        free(where);
        return -ENOMEM;
    }
    *scenario = (struct tick_scenario){.name = name, .summary = "a task program", .file = where, .setup = set_up};
    registered = program;
    tick_scenario_register(scenario);
    return 0;
}
