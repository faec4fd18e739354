// A task program as a scenario: one host, whose main task is body 0. A tick is a millisecond. Lines go to the trace's log.
//
// What tasks fail with is their own affair; what body 0 fails with is a finding, and so are a deadlock while it waits, and too many lines.
// When it returns, what is left over is cancelled, as asyncio.run does.
#include "cli/program_machine.h"
#include "sim/native/stage.h"
#include "src/loop/loop_int.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct tick__program *registered; // set once, before any run

static void line(struct machine *machine, const char *text) {
    (void)machine;
    if (text)
        tick_log("%s", text);
}

static void over(struct machine *machine) {
    struct tick_stage *stage = tick__stage();
    char text[64];
    (void)machine;
    snprintf(text, sizeof text, "the program logged more than %d lines", MOST_LINES);
    if (stage)
        stage->fail(stage, TICK_LIMIT_PASSED, TICK_ELIMIT, NULL, text);
}

struct hosted {
    struct machine machine;
    struct tick__task_owned at_close;
};

// The loop closes: the last task has ended.
static void release(struct tick__task_owned *at_close) {
    struct hosted *hosted = (struct hosted *)((char *)at_close - offsetof(struct hosted, at_close));
    struct machine *machine = &hosted->machine;
    for (size_t i = 0; machine->newest && i < json_array_size(machine->program->bodies); i++)
        tick_task_unref(machine->newest[i]);
    while (machine->handle_count > 0)
        tick_handle_unref(machine->handles[--machine->handle_count]);
    for (int i = 0; i < FUTURES; i++)
        tick_future_unref(machine->futures[i]);
    for (int i = 0; i < JOBS; i++)
        tick_future_unref(machine->jobs[i]);
    tick__machine_fini(machine);
    free(hosted);
}

static int run(void *unused) {
    (void)unused;
    struct hosted *hosted = calloc(1, sizeof *hosted);
    if (!hosted)
        return -ENOMEM;
    struct machine *machine = &hosted->machine;
    machine->line = line;
    machine->over = over;
    machine->main = tick_task_current();
    hosted->at_close.fn = release;
    tick__loop_at_close(tick_loop_running(), &hosted->at_close);
    TICK_TRY(tick__machine_init(machine, registered, tick_loop_running(), TICK_MS(1)));
    machine->newest[0] = tick_task_ref(tick_task_current());
    struct note *note = tick__machine_note(machine, "0#0", json_array_get(registered->bodies, 0));
    int result = note ? tick__machine_body(note) : -ENOMEM;
    if (result < 0) {
        tick__line_begin(machine, "");
        tick__text_error(&machine->text, result, tick_caught());
    }
    static const struct tick_loc nowhere = {"", "", 0, ""};
    return tick_check_at(result >= 0, machine->failed_at ? machine->failed_at : &nowhere, "the main task ended with %s",
        result < 0 && !machine->text.failed ? machine->text.at : "an error");
}

static void set_up(struct tick_world *world) {
    tick_allow_unhandled(world); // what a task fails with is no finding by itself
    tick_world_allow_left_over(world);
    tick_host_add(world, "program", run, NULL, .threads = WORKERS);
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
