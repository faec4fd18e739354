// Scenarios: a world of hosts and links, what each host runs, and what must hold. One C file may hold several.
#ifndef RETICK_SCENARIO_H
#define RETICK_SCENARIO_H

#include <retick/error.h>
#include <retick/named.h>
#include <retick/task.h>
#include <retick/time.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tick_world;
typedef struct tick_host tick_host;
typedef void tick_setup_fn(struct tick_world *world);

struct tick_scenario {
    const char *name, *summary, *file;
    tick_setup_fn *setup;
    const struct tick_scenario *next; // the registry's own
};

// Defines and registers a scenario; the braces that follow are its set-up, with `world` in scope:
//     TICK_SCENARIO(lost_update, "two increments over a network") { tick_daemon(world, "server", server, NULL); ... }
#define TICK_SCENARIO(scenario, text) \
    static void tick_setup_##scenario(struct tick_world *world); \
    static struct tick_scenario tick_scenario_is_##scenario = {#scenario, (text), __FILE__, tick_setup_##scenario, NULL}; \
    __attribute__((constructor)) static void tick_register_##scenario(void) { \
        tick_scenario_register(&tick_scenario_is_##scenario); \
    } \
    static void tick_setup_##scenario(struct tick_world *world)
void tick_scenario_register(struct tick_scenario *scenario);      // keeps it; first registered comes first
const struct tick_scenario *tick_scenario_first(void);            // then ->next
const struct tick_scenario *tick_scenario_find(const char *name); // NULL: none. name NULL: the first

// --- set-up ---
struct tick_host_options {
    bool daemon;                // the run does not wait for it (set by tick_daemon)
    void *arg;                  // what the main task gets (set by the macros below)
    int64_t start;              // ns after the run's start; clients start after every daemon has had its first turn
    struct tick_host *after[8]; // start when these have returned
    int64_t clock;              // ns that its wall clock is ahead by (negative: behind)
    int32_t drift;              // parts per million that its wall clock runs too fast by
    uint32_t threads;           // of its executor, at most; 0: 8, which asyncio's rule gives a machine with 4 CPUs
    uint32_t processes;         // threads of its program, with the main one: a job that finds none gets EAGAIN (RLIMIT_NPROC). 0: no limit
    size_t memory;              // bytes that its program may have in use: malloc and its kin refuse more, with ENOMEM. 0: a GiB of heap
    bool handlers;              // its program handles signals: one may cut waits short at any time, with EINTR (choice `interrupt`)
    bool ignores_sigpipe;       // its program does; else a write to a pipe or stream that nobody reads is its end, unless it has handlers
    uint32_t fds;               // no fd of its program is as great: EMFILE (RLIMIT_NOFILE, `ulimit -n`). 0: 65536, which is the most
};
// tick_host_add(world, name, fn, arg[, .start = ..., .after = {...}]): adds a host whose main task runs fn(arg). The run waits for its
// return; a negative one is a finding. A bad name or too many hosts ends the run with a finding that says so.
#define tick_host_add(world, name, fn, ...) \
    TICK__TAKING( \
        tick_host_add_at((world), (name), (fn), TICK__OPTIONS(tick_host_options, .daemon = false, .arg = __VA_ARGS__), TICK_HERE(#fn)))
// The same for a host that the run does not wait for: a server. It is started first.
#define tick_daemon(world, name, fn, ...) \
    TICK__TAKING( \
        tick_host_add_at((world), (name), (fn), TICK__OPTIONS(tick_host_options, .daemon = true, .arg = __VA_ARGS__), TICK_HERE(#fn)))
struct tick_host *tick_host_add_at(
    struct tick_world *world, const char *name, tick_task_fn *fn, const struct tick_host_options *options, const struct tick_loc *loc);

// A host whose program is any dynamically linked one of this machine, unmodified, in a process of its own (docs/GUESTS.md).
struct tick_program_options {
    const char *command;            // what is run (set by the macro below)
    bool daemon;                    // the run does not wait for its end: a server. It is ended with the run
    int64_t start;                  // ns after the run's start
    struct tick_host *after[8];     // starts when these have ended
    int64_t clock;                  // ns that its wall clock is ahead by (negative: behind)
    uint32_t fds;                   // no fd of it is as great (RLIMIT_NOFILE). 0: as it is
    const char *const *argv;        // its words, ended by NULL, instead of the command's, which may be NULL then
    const char *const *environment; // "NAME=value", ended by NULL: more of its environment
    const char *folder;             // it runs in; NULL: where retick was called
    const char *snapshot;           // what goes before is start-up, and done once: "after:TEXT", "call", ...; NULL: its first wait
    int status;                     // the exit status that is right; another one is a finding. -1: no status is one
    const char *match;              // an extended regular expression (regex(7)): a line of its output that has it is a finding. NULL: none
    const char *guest;              // of the programs that the command starts, the one whose world it is: a word of its command line
    const char *const *pass;        // paths below which what it writes reaches the machine, ended by NULL
    const char *by;                 // how it begins anew, at best: "rewind", "fork", "start". NULL: the first that the machine allows
};
// tick_program(world, name, command[, .after = {...}, ...]): command's words are separated by blanks, and may be quoted as for a shell;
// nothing is expanded. What is wrong with them, or with the program, ends the run with a finding that says so. All is copied.
#define tick_program(world, name, ...) \
    TICK__TAKING(tick_program_at((world), (name), TICK__OPTIONS(tick_program_options, .command = __VA_ARGS__), TICK_HERE("program")))
struct tick_host *tick_program_at(
    struct tick_world *world, const char *name, const struct tick_program_options *options, const struct tick_loc *loc);

// The network. latency and jitter in ns; refuse, reset: connections may be refused, or reset, at any time (choices); loss: segments may be
// lost, which costs a stream retransmission time-outs. bandwidth in bytes a second each way, queue in bytes that may wait for it (0: no
// limit). timeout: ns until a sender gives up what is not acknowledged (0: Linux's 15 minutes). A latency of TICK_NEVER: nothing passes.
// Of datagrams only (a lost one is lost for good): duplicate: one may come twice; reorder: one may be overtaken by those sent later, by at
// most the jitter; corrupt: one may fail its checksum, which is seen when it is received: its reader was told, and finds nothing.
struct tick_link_options {
    int64_t latency, jitter;
    bool refuse, reset, loss;
    bool duplicate, reorder, corrupt;
    int64_t bandwidth, queue, timeout;
};
#define tick_link_all(world, ...) TICK__TAKING_VOID(tick_link_all_at((world), TICK__OPTIONS(tick_link_options, __VA_ARGS__)))
#define tick_link_between(world, a, b, ...) \
    TICK__TAKING_VOID(tick_link_between_at((world), (a), (b), TICK__OPTIONS(tick_link_options, __VA_ARGS__)))
void tick_link_all_at(struct tick_world *world, const struct tick_link_options *options);
void tick_link_between_at(struct tick_world *world, struct tick_host *a, struct tick_host *b, const struct tick_link_options *options);

// Limits of virtual time (ns) and of loop iterations; beyond them the run is a finding. Default: an hour, 10 million.
void tick_limit(struct tick_world *world, int64_t time, uint64_t iterations);
// The longest that no host which the run waits for does anything, or has a timer, while others' timers go on (ns; 0: for ever; default: ten
// minutes); and a hundred periods of those timers at least. Beyond it the run is a finding.
void tick_still_limit(struct tick_world *world, int64_t ns);
// The longest that who is ready (a callback, a task's step, a timer that is due, I/O) may wait for its turn, because of steps and of calls
// that block (ns; 0, the default: for ever): beyond it the run is a finding.
void tick_busy_limit(struct tick_world *world, int64_t ns);
// The host that `retick run --real` runs; without it, the only host that is no daemon.
void tick_real_host(struct tick_world *world, struct tick_host *host);
// A condition checked at every world point: fn returns true while it holds. text says what was broken.
typedef bool tick_invariant_fn(void *arg);
#define tick_invariant(world, fn, arg, text) tick_invariant_at((world), (fn), (arg), (text), TICK_HERE(#fn))
void tick_invariant_at(struct tick_world *world, tick_invariant_fn *fn, void *arg, const char *text, const struct tick_loc *loc);
// A check at the run's end, when every host that is no daemon has returned: 0, or what tick_check returned.
typedef int tick_final_fn(void *arg);
void tick_at_end(struct tick_world *world, tick_final_fn *fn, void *arg);

// --- in the program ---
// Ends the run with the finding unless the condition holds: 0 or TICK_EFAILED. printf-style text.
#define tick_check(condition, ...) tick_check_at((condition), TICK_HERE(#condition), __VA_ARGS__)
int tick_check_at(bool condition, const struct tick_loc *loc, const char *format, ...) __attribute__((format(printf, 3, 4)));
// A line in the trace (and on stderr in a real run).
void tick_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
// A "sometimes" point: counted over a campaign, once a run, so that one sees what the schedules reached.
void tick_mark(const char *name);
// random.randrange: a number below n drawn from the schedule (0 when calm, and in a real run); buggify: true in some runs, at some
// occasions. name is copied.
uint32_t tick_random(const char *name, uint32_t n);
bool tick_buggify(const char *name);
// The running step computes for so long (ns): from its next wait on its host is busy, and other hosts go on. Of itself a step takes no
// time in a simulated world; in the real one this does nothing.
void tick_busy(int64_t ns);
// Zeroed memory of the running host, `size` bytes a key (any address of the program's): where a host keeps what would else be a static. It
// goes with the host's life; NULL when out of memory, or where no host runs.
void *tick_host_local(const void *key, size_t size);
const char *tick_host_name(void); // the running host's
int64_t tick_wall(void);          // time.time: ns since 1970 by the running host's clock, which may be off, jump and drift

// main for a program of one's own: the command line of retick over the scenarios that are linked in.
int tick_main(int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
