// A sandbox: a child process in which programs may crash, exit, hang or eat memory. What isolate.c and campaign.c have in common.
//
// Child and parent share one page block. The child says there what it is doing; when it dies, its signal handlers (or the parent, from
// the wait status) have left an outcome there, and the deviations that were drawn until then.
#ifndef RETICK_SANDBOX_INT_H
#define RETICK_SANDBOX_INT_H

#include "sim/choice/schedule.h"
#include "sim/world/runner.h"
#include "src/base/sanitized.h"
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#define TICK__DEVIATIONS_MOST 262144u // that cross a process boundary; pages are only used when they are written

// What the parent ends a child with, whose handler leaves what the run drew. TSan's run-time keeps signals from elsewhere until the program
// makes a call, which one that spins never does; those of faults it passes on at once, whoever sends them.
#if TICK__TSAN
#define TICK__STOP SIGTRAP
#else
#define TICK__STOP SIGXCPU
#endif

#define TICK__MARKS_MOST 32
#define TICK__MARK_BYTES 48

enum tick__sandbox_state {
    TICK__STARTING, // not yet ready for runs
    TICK__IDLE,
    TICK__RUNNING,
    TICK__DIED,    // in a run; outcome and deviations are filled
    TICK__FINISHED // ended by itself, or could not go on (rc)
};

struct tick__page {
    _Atomic uint32_t state; // enum tick__sandbox_state
    int rc;
    _Atomic uint64_t runs; // begun
    size_t resident;       // bytes, when the child was ready
    _Atomic bool set_up;   // the run in progress is beyond its set-up
    _Atomic int program;   // the process that it runs in, if that is not the child
    // What the parent wants to end: 1 is the start, 2 the first run, and so on; and the last of these that was over by then. 0: nothing
    _Atomic uint64_t stop, spared;
    uint64_t seed; // of the run in progress (campaigns: counted from the first)
    struct tick_outcome outcome;
    char details[TICK_DETAILS_MOST]; // lines beneath it, where they are asked for
    uint8_t digest[16];
    bool keeps_place; // where a hang was stopped is told: what hangs is small
    bool outside;     // DIED: by a signal that somebody else sent
    uint32_t marks;   // reached in the run that DIED
    char mark[TICK__MARKS_MOST][TICK__MARK_BYTES];
    uint32_t count; // of deviations
    struct tick_deviation deviations[TICK__DEVIATIONS_MOST];
};

struct tick__sandbox {
    pid_t pid; // 0: no child
    int fd;    // the parent's end of a socket pair; end of file when the child died
    struct tick__page *page;
    bool as_is; // the child keeps its environment and its locale
    // Watching for hangs
    uint64_t runs_seen;
    int program_seen;
    int64_t cpu_at, wall_at;
    // Of a child that is buried
    int signal;   // that killed it from outside; 0: nothing did
    size_t grown; // bytes, at most, since it was ready
    int64_t cpu;  // ns, in all
};

// Maps shared memory (zeroed, lazily); NULL when out of memory.
void *tick__shared_new(size_t size);
void tick__shared_free(void *memory, size_t size);
int64_t tick__host_now(void); // host ns; for watching and progress, never for a run

int tick__sandbox_new(struct tick__sandbox *sandbox);   // the page; no child yet
void tick__sandbox_fini(struct tick__sandbox *sandbox); // kills the child
// Forks; the child calls body and ends with it. fd is the child's end of the socket pair.
int tick__sandbox_start(struct tick__sandbox *sandbox, void (*body)(void *ctx, struct tick__page *page, int fd), void *ctx);
// In the child: opens the target's runner, and catches crashes from here on.
int tick__sandbox_open(struct tick__page *page, const struct tick_target *target, struct tick_runner **out);
// In the child: runs, with the page's state taken care of. 0, or the runner's error.
int tick__sandbox_run(
    struct tick__page *page, struct tick_runner *runner, const struct tick_request *request, struct tick_outcome *outcome);
// In the child or the parent: copies deviations into the page's array (or another of that size); returns how many.
uint32_t tick__deviations_copy(struct tick_deviation *to, const struct tick_deviation *from, size_t count);

enum tick__trouble { TICK__NO_TROUBLE, TICK__HANGS, TICK__OUTGROWS };
#define TICK__WATCH_EVERY 20 // ms
// In the parent, every now and then while a run is in progress: whether it takes more CPU time than hang (0: the defaults) or sleeps, or
// has more than memory (0: 4 GiB) bytes resident beyond what it started with. A process of the program's own counts with all that it has.
// Not by RLIMIT_AS: worlds reserve far more addresses than they use.
enum tick__trouble tick__sandbox_watch(struct tick__sandbox *sandbox, int64_t hang, size_t memory);
// Takes leave of a child that is gone, or ends it (for a trouble). Afterwards the page tells: state DIED with outcome and deviations if a
// run was in progress; else state stays as it was. False: the run that was the trouble had come back by then, and the child goes on.
bool tick__sandbox_bury(struct tick__sandbox *sandbox, enum tick__trouble trouble);
// Of a buried child that was killed from outside, in the first run of its life: whether that run explains it by its memory or its time. If
// so the page's outcome says it.
bool tick__sandbox_explains(struct tick__sandbox *sandbox);
// What is known of such a death, in words.
void tick__sandbox_obituary(const struct tick__sandbox *sandbox, char *text, size_t size);

#endif
