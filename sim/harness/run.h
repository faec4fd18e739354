// One run of a scenario in the simulated world: a pure function of (program, configuration, schedule).
#ifndef RETICK_RUN_H
#define RETICK_RUN_H

#include <retick/chooser.h>
#include <retick/probe.h>
#include <retick/scenario.h>
#include <stdbool.h>

// X(constant, word, text)
#define TICK_VERDICTS(X) \
    X(TICK_PASS, "pass", "passed") \
    X(TICK_CHECK_FAILED, "check", "a check failed") \
    X(TICK_INVARIANT_BROKEN, "invariant", "an invariant was broken") \
    X(TICK_HOST_FAILED, "failed", "a host's main returned an error") \
    X(TICK_DEADLOCKED, "deadlock", "nothing can ever run again") \
    X(TICK_LIVELOCKED, "livelock", "the limit of iterations at one instant was passed") \
    X(TICK_LIMIT_PASSED, "limit", "the limit of virtual time or iterations was passed") \
    X(TICK_LEAKED, "leak", "tasks, futures, fds or memory were left over") \
    X(TICK_CRASHED, "crash", "the program crashed") \
    X(TICK_EXITED, "exit", "the program called exit") \
    X(TICK_HUNG, "hang", "the program did not come back (host time)") \
    X(TICK_OUT_OF_MEMORY, "memory", "the program used up its memory") \
    X(TICK_UNHANDLED, "unhandled", "an error that nobody handled") \
    X(TICK_NO_PROGRESS, "progress", "what must come true did not in time") \
    X(TICK_STARVED, "starved", "somebody who was ready waited for longer than the limit") \
    X(TICK_BAD_SCENARIO, "scenario", "the scenario's set-up is wrong")

enum tick_verdict {
#define TICK_VERDICT_ENUM(name, word, text) name,
    TICK_VERDICTS(TICK_VERDICT_ENUM)
#undef TICK_VERDICT_ENUM
};
const char *tick_verdict_word(enum tick_verdict verdict);
const char *tick_verdict_text(enum tick_verdict verdict);

struct tick_run {
    const struct tick_scenario *scenario;
    struct tick_chooser *chooser; // borrowed
    struct tick_probe *probe;     // borrowed; NULL: nobody listens
    uint8_t poison;               // not 0: fill fresh stacks and heap memory with it
    _Atomic bool *set_up;         // NULL, or set to true when the scenario's set-up has returned, for who watches from another process
};

// What came of it. Fixed size, no pointers out: it crosses process boundaries.
struct tick_outcome {
    enum tick_verdict verdict;
    int code;       // the check's or host's error, the signal of a crash
    char text[400]; // in words: the check's text
    char file[128]; // where, or ""
    int line;
    char host[64];     // which host, or ""
    char task[64];     // which task, or ""
    char stopped[160]; // of a hang: where it was stopped, which is chance; or ""
    bool in_setup;     // it ended the process in the scenario's set-up, which asks nothing: so does every other run
    uint64_t gist;     // of what did not end the process: equal where hosts of one kind fail in one way (gist.c); else 0
    int64_t ended_at;  // virtual ns
    uint64_t choices;  // questions asked, of the kinds that the chooser is not calm about
    uint64_t iterations;
    uint64_t checks;     // checks and invariants that were evaluated
    uint32_t deviations; // how many were drawn (tick_world_deviations)
};

// In a set-up: tasks that are left over when a main returns are no finding; the loop cancels them, and waits for them.
void tick_world_allow_left_over(struct tick_world *world);

// The world of this process: one at a time; its memory is reused from run to run, its state is not.
struct tick_harness;
int tick_harness_new(struct tick_harness **out);
void tick_harness_free(struct tick_harness *harness);
// Runs; 0 with *out filled (findings included), or a negative error of the harness itself. A crash, exit or hang of the program does not
// come back: sim/explore/isolate.h runs this in a process of its own.
int tick_harness_run(struct tick_harness *harness, const struct tick_run *run, struct tick_outcome *out);
// The deviations of the last run, in the order drawn; borrowed until the next run.
const struct tick_deviation *tick_harness_deviations(const struct tick_harness *harness, size_t *count);
// The names of the "sometimes" points (tick_mark) that the last run reached, each once; borrowed until the next run.
size_t tick_harness_marks(const struct tick_harness *harness, const char *const **names);

// In a crash handler: what can be said of the run in progress (async-signal-safe). Fills *out and returns true if a run is in progress.
bool tick_harness_crashed(int signal, const void *address, struct tick_outcome *out);

#endif
