// Targets that simulate nothing: programs are functions that ask the chooser and say a verdict. They let the explorers be tested alone.
#ifndef RETICK_FAKE_TARGET_H
#define RETICK_FAKE_TARGET_H

#include "sim/world/runner.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAKE_DEVIATIONS 4096

struct fake_runner {
    struct tick_runner runner;
    void (*program)(void);
    struct tick_answering answering;
    struct tick_chooser *chooser;
    const struct tick_request *request;
    struct tick_outcome outcome;
    struct tick_deviation deviations[FAKE_DEVIATIONS];
    size_t count;
    const char *marks[8];
    size_t mark_count;
    bool running;
};

static struct fake_runner fake; // of this process
static uint64_t fake_runs;

static uint32_t fake_choose(enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    uint32_t value = fake.chooser->ops->choose(fake.chooser, kind, subject, ordinal, n, most);
    fake.outcome.choices++;
    if (value && fake.count < FAKE_DEVIATIONS) {
        fake.deviations[fake.count++] = (struct tick_deviation){subject, ordinal, value, n, most, (uint8_t)kind};
        fake.outcome.deviations++;
    }
    return value;
}

static inline void fake_fail(int line) {
    fake.outcome.verdict = TICK_CHECK_FAILED;
    snprintf(fake.outcome.file, sizeof fake.outcome.file, "fake.c");
    fake.outcome.line = line;
}

static inline void fake_mark(const char *name) {
    fake.marks[fake.mark_count++] = name;
}

static int fake_run(struct tick_runner *self, const struct tick_request *request, struct tick_outcome *out) {
    (void)self;
    const int rc = tick_answering_open(&fake.answering, request->answers, request->probe, &fake.chooser);
    if (rc < 0)
        return rc;
    fake.request = request;
    fake.count = fake.mark_count = 0;
    fake.outcome.verdict = TICK_PASS; // as cheap as can be: the campaign's own cost is measured
    fake.outcome.choices = 0;
    fake.outcome.deviations = 0;
    fake.outcome.file[0] = 0;
    fake.outcome.line = 0;
    fake.running = true;
    fake_runs++;
    if (request->set_up)
        atomic_store(request->set_up, true);
    fake.program();
    fake.running = false;
    *out = fake.outcome;
    return 0;
}

static const struct tick_deviation *fake_deviations(const struct tick_runner *self, size_t *count) {
    (void)self;
    *count = fake.count;
    return fake.deviations;
}

static size_t fake_marks(const struct tick_runner *self, const char *const **names) {
    (void)self;
    *names = fake.marks;
    return fake.mark_count;
}

static bool fake_crashed(struct tick_runner *self, int signal, const void *address, struct tick_outcome *out) {
    (void)self, (void)address;
    if (!fake.running)
        return false;
    *out = fake.outcome;
    out->verdict = TICK_CRASHED;
    out->code = signal;
    snprintf(out->text, sizeof out->text, "signal %d", signal);
    snprintf(out->host, sizeof out->host, "alice");
    return true;
}

static void fake_free(struct tick_runner *self) {
    (void)self;
    tick_answering_fini(&fake.answering);
}

static const struct tick_runner_ops fake_ops = {
    .run = fake_run, .deviations = fake_deviations, .marks = fake_marks, .crashed = fake_crashed, .free = fake_free}; // none calls exit

static inline int fake_open(const struct tick_target *target, struct tick_runner **out) {
    memset(&fake, 0, sizeof fake);
    fake_runs = 0;
    fake.runner.ops = &fake_ops;
    memcpy(&fake.program, &target->what, sizeof fake.program);
    *out = &fake.runner;
    return 0;
}

#define FAKE(program_) \
    { .name = #program_, .what = (const void *)(uintptr_t)(program_), .open = fake_open }

#endif
