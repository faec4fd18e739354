// What came of a run.
#ifndef RETICK_OUTCOME_H
#define RETICK_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

// What else is known of a finding is lines beneath its text (who stands where, what was left open), which cost more than a run: they are
// put together for a run that somebody will read them of (tick_request.details), and are no part of the finding itself.
#define TICK_DETAILS_MOST 32768u // bytes of them, with a NUL

// Fixed size, no pointers out: it crosses process boundaries.
struct tick_outcome {
    enum tick_verdict verdict;
    int code;       // the check's or host's error, the signal of a crash
    char text[400]; // in words, one line: the check's text
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

void tick__ns_words(int64_t ns, char *text, size_t size); // exactly, in the largest unit of which it is one at least: "350.2 ms"

#endif
