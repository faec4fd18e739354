// A harness that simulates nothing: programs are functions that ask the chooser and say a verdict. It lets the explorers be tested alone;
// because it defines all of run.h's entry points that they call, the linker leaves the real harness out.
#ifndef RETICK_FAKE_HARNESS_H
#define RETICK_FAKE_HARNESS_H

#include "sim/harness/exit.h"
#include "sim/harness/run.h"
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAKE_DEVIATIONS 4096

struct tick_harness {
    const struct tick_run *run;
    struct tick_outcome outcome;
    struct tick_deviation deviations[FAKE_DEVIATIONS];
    size_t count;
    const char *marks[8];
    size_t mark_count;
    bool running;
};

static struct tick_harness fake;
static uint64_t fake_runs; // in this process

// The program that a scenario stands for: set as its setup function, with the type changed.
typedef void fake_program(void);

static uint32_t fake_choose(enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    struct tick_chooser *chooser = fake.run->chooser;
    uint32_t value = chooser->ops->choose(chooser, kind, subject, ordinal, n, most);
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

int tick_harness_new(struct tick_harness **out) {
    memset(&fake, 0, sizeof fake);
    fake_runs = 0;
    *out = &fake;
    return 0;
}

void tick_harness_free(struct tick_harness *harness) {
    (void)harness;
}

int tick_harness_run(struct tick_harness *harness, const struct tick_run *run, struct tick_outcome *out) {
    harness->run = run;
    harness->count = harness->mark_count = 0;
    harness->outcome.verdict = TICK_PASS; // as cheap as can be: the campaign's own cost is measured
    harness->outcome.choices = 0;
    harness->outcome.deviations = 0;
    harness->outcome.file[0] = 0;
    harness->outcome.line = 0;
    harness->running = true;
    fake_runs++;
    if (run->set_up)
        atomic_store(run->set_up, true);
    ((fake_program *)run->scenario->setup)();
    harness->running = false;
    *out = harness->outcome;
    return 0;
}

const struct tick_deviation *tick_harness_deviations(const struct tick_harness *harness, size_t *count) {
    *count = harness->count;
    return harness->deviations;
}

size_t tick_harness_marks(const struct tick_harness *harness, const char *const **names) {
    *names = harness->marks;
    return harness->mark_count;
}

void tick__exit_watch(void (*fn)(const char *how, int status, void *caller)) {
    (void)fn; // no program of the fake's calls exit
}

bool tick_harness_crashed(int signal, const void *address, struct tick_outcome *out) {
    (void)address;
    if (!fake.running)
        return false;
    *out = fake.outcome;
    out->verdict = TICK_CRASHED;
    out->code = signal;
    snprintf(out->text, sizeof out->text, "signal %d", signal);
    snprintf(out->host, sizeof out->host, "alice");
    return true;
}

#define FAKE(program_) \
    { .name = #program_, .summary = "", .file = __FILE__, .setup = (tick_setup_fn *)(void (*)(void))(program_) }

#endif
