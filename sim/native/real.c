// One host of a scenario in the real world.
#include "sim/native/real.h"
#include "sim/native/harness_int.h"
#include "src/base/keep.h"
#include "src/io/epoll_poller.h"
#include "src/loop/loop_int.h"
#include "src/os/linux.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct real {
    struct tick_stage stage; // first
    struct tick_outcome *out;
    struct host_local *locals;
    int64_t start; // on the real clock
};

TICK_KEEP static const struct tick_host *in_progress = NULL; // for a crash handler

bool tick_real_crashed(int signal, const void *address, struct tick_outcome *out) {
    char text[sizeof out->text - 100]; // a stack comes behind the text
    if (!in_progress)
        return false;
    tick__crash_words(in_progress, signal, address, text, sizeof text);
    tick__outcome_fail(out, TICK_CRASHED, signal, in_progress->name, NULL, text);
    return true;
}

// A real program is not torn down: the first finding is kept, and it goes on.
static void real_fail(struct tick_stage *stage, enum tick_verdict verdict, int code, const struct tick_loc *loc, const char *text) {
    struct real *real = (struct real *)stage;
    if (real->out->verdict == TICK_PASS)
        tick__outcome_fail(real->out, verdict, code, stage->host, loc, text);
}

// Sets the scenario up for its hosts alone: the links are those of the real network.
static int pick(struct natives *n, struct tick_outcome *out, struct tick_host **picked) {
    struct tick_world *w = &n->world;
    n->scenario->setup(w);
    if (w->outcome.verdict != TICK_PASS) {
        *out = w->outcome;
        return 0;
    }
    struct tick_host *host = n->real_host;
    size_t candidates = 0;
    for (size_t i = 0; i < w->host_count && !n->real_host; i++) {
        struct tick_host *each = tick__world_host(w, i);
        if (!each->options.daemon) {
            host = each;
            candidates++;
        }
    }
    if (!host || candidates > 1)
        tick__outcome_fail(out, TICK_BAD_SCENARIO, TICK_ENOHOST, NULL, NULL,
            "a real run has one host: name it in the set-up with tick_real_host(world, host)");
    else
        *picked = host;
    return 0;
}

static int real_main(void *arg) {
    struct tick_host *host = arg;
    const int result = tick__native(host)->fn(host->options.arg);
    tick__main_ended(&tick__native(host)->end, result);
    return result;
}

static int run_host(struct real *real, struct tick_host *host, struct tick_linux *system, struct tick_trouble *trouble) {
    struct tick_probe *probe = real->stage.probe;
    struct tick_io *io = NULL;
    struct tick_loop *loop = NULL;
    int result = tick_epoll_new(tick_linux_sys(system), probe, &io);
    if (result == 0) {
        struct tick_loop_options options = {
            .sys = tick_linux_sys(system),
            .poller = &io->poller,
            .probe = probe,
            .id = host->id,
            .object = host->object,
            .poll_budget = TICK_POLL_BUDGET,
            .probe_start = real->start,
        };
        result = tick_loop_new(&options, &loop);
    }
    if (result == 0)
        result = tick_loop_run(loop, real_main, host);
    if (loop)
        real->out->iterations = tick_loop_iterations(loop);
    tick_loop_free(loop);
    if (io)
        *trouble = *io->trouble;
    tick_epoll_free(io);
    return result;
}

int tick_real_run(const struct tick_scenario *scenario, const struct tick_real_options *options, struct tick_outcome *out) {
    memset(out, 0, sizeof *out);
    struct tick_harness *harness;
    int result = tick_harness_new(&harness);
    if (result < 0)
        return result;
    struct tick_linux system;
    struct tick_host *host = NULL;
    result = tick_linux_init(&system);
    if (result < 0)
        goto out;
    for (size_t i = 0; result == 0 && i < options->names_count; i++)
        result = tick_linux_map(&system, options->names[i].name, options->names[i].address);
    if (result < 0)
        goto out;
    if (options->probe) {
        options->probe->now = 0;
        options->probe->host = options->probe->task = options->probe->here = options->probe->arrived = 0;
    }
    tick__harness_begin(harness, &(struct tick_run){.scenario = scenario, .probe = options->probe});
    result = pick(&harness->natives, out, &host);
    if (result < 0 || !host)
        goto out;
    struct real real = {
        .stage =
            {
                .probe = options->probe,
                .host = host->name,
                .host_id = host->id,
                .host_object = host->object,
                .sys = tick_linux_sys(&system),
                .real = true,
                .fail = real_fail,
            },
        .out = out,
    };
    real.stage.locals = &real.locals;
    tick__stage_set(&real.stage);
    if (options->probe) {
        options->probe->host = host->object;
        tick_emit(options->probe, TICK_EV_HOST_START, host->object, 0, 0, host->loc);
    }
    real.start = system.sys.ops->now(&system.sys);
    struct tick_trouble trouble = {0};
    in_progress = host;
    int main_result = run_host(&real, host, &system, &trouble);
    in_progress = NULL;
    if (main_result < 0) {
        char text[sizeof out->text];
        const struct tick_loc *loc = tick__main_words(&tick__native(host)->end, &trouble, host->name, main_result, text, sizeof text);
        const size_t used = strlen(text);
        if (trouble.code == -ENOENT && main_result == -ENOENT)
            snprintf(text + used, sizeof text - used, " (--at NAME=HOST:PORT tells where one is)");
        real_fail(&real.stage, TICK_HOST_FAILED, main_result, loc ? loc : host->loc, text);
    }
    out->ended_at = tick__until(system.sys.ops->now(&system.sys), real.start);
    out->checks = real.stage.checks;
    tick__locals_free(&real.locals);
    tick__stage_set(NULL);
out:
    tick_harness_free(harness);
    return result;
}
