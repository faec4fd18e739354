#include "sim/native/scenario_target.h"
#include "sim/native/exit.h"
#include "sim/native/run.h"
#include "src/base/outside.h"
#include <errno.h>
#include <stdio.h>

struct scenario_runner {
    struct tick_runner runner;
    const struct tick_scenario *scenario;
    struct tick_harness *harness;
    struct tick_answering answering;
};

static struct tick_harness *harness_of(const struct tick_runner *self) {
    return ((const struct scenario_runner *)self)->harness;
}

static int run(struct tick_runner *self, const struct tick_request *request, struct tick_outcome *out) {
    struct scenario_runner *runner = (struct scenario_runner *)self;
    struct tick_run run = {.scenario = runner->scenario,
        .probe = request->probe,
        .poison = request->poison,
        .answers = request->answers,
        .program = request->program,
        .details = request->details,
        .set_up = request->set_up};
    int rc = tick_answering_open(&runner->answering, request->answers, request->probe, &run.chooser);
    if (rc < 0)
        return rc;
    rc = tick_harness_run(runner->harness, &run, out);
    if (rc == -ENOMEM) {
        *out = (struct tick_outcome){.verdict = TICK_OUT_OF_MEMORY};
        snprintf(out->text, sizeof out->text, "the world of the run used up the memory that it may have");
        rc = 0;
    }
    return rc;
}

static const struct tick_deviation *deviations(const struct tick_runner *self, size_t *count) {
    return tick_harness_deviations(harness_of(self), count);
}

static size_t marks(const struct tick_runner *self, const char *const **names) {
    return tick_harness_marks(harness_of(self), names);
}

static bool crashed(struct tick_runner *self, int signal, const void *address, struct tick_outcome *out) {
    (void)self;
    return tick_harness_crashed(signal, address, out);
}

static void watch_exit(struct tick_runner *self, void (*fn)(const char *how, int status, void *caller)) {
    (void)self;
    tick__exit_watch(fn);
}

static void release(struct tick_runner *self) {
    struct scenario_runner *runner = (struct scenario_runner *)self;
    tick_answering_fini(&runner->answering);
    tick_harness_free(runner->harness);
    tick__outside_free(runner);
}

static const struct tick_runner_ops ops = {run, deviations, marks, crashed, watch_exit, release};

static int open_runner(const struct tick_target *target, struct tick_runner **out) {
    struct scenario_runner *runner = tick__outside_alloc(sizeof *runner);
    if (!runner)
        return -ENOMEM;
    *runner = (struct scenario_runner){.runner.ops = &ops, .scenario = target->what};
    tick_answering_init(&runner->answering);
    const int rc = tick_harness_new(&runner->harness);
    if (rc < 0) {
        tick__outside_free(runner);
        return rc;
    }
    *out = &runner->runner;
    return 0;
}

struct tick_target tick_scenario_target(const struct tick_scenario *scenario) {
    return (struct tick_target){.name = scenario ? scenario->name : "", .what = scenario, .open = open_runner};
}
