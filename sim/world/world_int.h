// Inside the world of a run: its hosts, what is to happen to them and what must hold, and how the run ends.
//
// A turn is what a host does between two world points: in between exactly one runs, and the clock stands still. Who takes turns on a host,
// and what those are made of, is its tenant's affair (tenant.h).
#ifndef RETICK_WORLD_INT_H
#define RETICK_WORLD_INT_H

#include "sim/kernel/kernel.h"
#include "sim/world/outcome.h"
#include "sim/world/tenant.h"
#include "src/base/times.h"
#include <retick/chooser.h>
#include <retick/faults.h>
#include <retick/probe.h>
#include <retick/scenario.h>

#define HOST_LATE_MOST TICK_MS(100)
#define INTERRUPT_MOST TICK_SEC(30) // after the begin of a wait without end
#define POLL_LATE_MOST TICK_MS(100)
#define LIVELOCK_ITERATIONS 100000 // of one host at one instant
#define TIME_LIMIT TICK_SEC(3600)
#define STILL_LIMIT TICK_SEC(600) // longer than servers leave an idle session, which many find by a timer that sweeps
#define ITERATION_LIMIT ((uint64_t)10000000)
#define WALL_START TICK_SEC(1577836800) // 2020-01-01: what the wall clock says when a run begins
#define MARKS_MOST 32
#define MARK_BYTES 64 // of a name; what is longer is cut

enum host_state {
    HOST_WAITING, // not started
    HOST_READY,   // in the ready list
    HOST_RUNNING,
    HOST_PARKED, // in a wait, until woken or timed out
    HOST_LATE,   // woken, or busy: goes on when its RESUME comes
    HOST_DOWN,   // crashed or stopped, to be started again
    HOST_DONE
};

// ELSEWHERE: a tenant's own, with tick__elsewhere's number.
enum posted_what { POST_START = 1, POST_TIMEOUT, POST_RESUME, POST_ELSEWHERE, POST_FAULT, POST_HEAL, POST_RANGE, POST_QUIET, POST_MUST };

// The tenant's structure holds it.
struct tick_host {
    // What each turn touches comes first.
    struct tick_world *world;
    struct tick_kernel *kernel; // the world's
    enum host_state state;
    int index;              // the kernel's,
    int process;            // and that of its present life there
    uint32_t task, here;    // the probe's context, while others have their turn
    struct tick_host *next; // in the ready list
    uint32_t timeout_key, resume_key;
    int64_t paused_until;
    int64_t instant;
    uint32_t at_instant; // iterations at that instant
    bool timed_out;
    bool stopping;          // its program is to end; it sees that at its world points
    bool due;               // it was started, or its start posted
    bool restart_due, gone; // gone: it stays down
    bool begun;             // its process is there already
    bool elsewhere;         // its program is in another process: its tenant has a slot `turn`
    uint32_t object, lives; // lives: before this one
    tick_id id;
    tick_id life; // what its tasks' ids begin with: its own in the first life

    char name[64];
    const struct tick_tenant_ops *tenant;
    void *program; // elsewhere: the tenant's own
    const struct tick_loc *loc;
    struct tick_host_options options;
    uint32_t life_object;
    struct tick_disk disk;
    int64_t wall;            // what its wall clock is ahead by, drift apart
    uint32_t jumped, struck; // with a probe, seqs: of the latest clock_jump; of the host_crash or host_stop that its latest life ended by
};

struct invariant {
    tick_invariant_fn *fn;
    void *arg;
    const char *text;
    const struct tick_loc *loc;
};

struct final_check {
    tick_final_fn *fn;
    void *arg;
};

struct must {
    tick_invariant_fn *fn;
    void *arg;
    const char *text;
    const struct tick_loc *loc;
    int64_t by;
    bool come;
};

// A fault of the plan, or one that a range drew.
struct fault {
    struct tick_fault what;
    enum tick_fault_kind kind;
    const struct tick_loc *loc;
    uint32_t range; // its index + 1; 0: the plan's
    uint32_t told;  // with a probe, seq: of the choice that it came of, then of its fault_begin
    bool active;
};

struct fault_range {
    struct tick_fault_range what;
    char name[64];
    tick_id key; // hash of the name
    const struct tick_loc *loc;
    uint32_t begun, active;
};

// Those of a world whose programs are in other processes, which share its kernel: made by the first of them, and kept from run to run.
struct tick_others {
    const struct tick_others_ops *ops;
};
struct tick_others_ops {
    void (*begin)(struct tick_world *world); // set-up is over; the first turn comes next
    void (*end)(struct tick_world *world);   // the run is over, however
    void (*free)(struct tick_others *others);
};

// Since when nobody who must end gets on (still.c).
struct tick_still {
    int64_t limit; // of that; 0: none
    int64_t since; // -1: they do, or may by themselves
    int64_t mark;  // all that was to come when the present period began has come after that
    uint32_t periods;
};

// A growing array in outside memory, kept from run to run.
struct list {
    void *items;
    size_t count, room;
};

struct tick_world {
    struct tick_kernel *kernel;
    struct tick_chooser *chooser;
    uint64_t calm; // what it need not be asked about
    struct tick_probe *probe;
    const struct tick_tenant_ops *tenant; // whose scenario it is
    struct tick_object asked;             // what the latest question is about that has a name; id 0: it has been told
    struct list hosts;                    // struct tick_host *, in order of adding; the structures are kept from run to run
    size_t host_count;                    // of this run
    struct list deviations;               // struct tick_deviation
    struct list invariants, finals;
    struct list faults, ranges, musts; // struct fault, fault_range, must
    size_t musts_open;
    int64_t quiet_at; // TICK_NEVER: no such time
    bool quiet;
    struct tick_host *ready, **ready_end;
    struct tick_host *running;
    size_t live;                        // hosts that are no daemons and have not returned
    _Atomic bool *set_up;               // the run's
    const struct tick_answers *answers; // the chooser's, as data; NULL: it has none. Borrowed
    _Atomic int *program;               // set to the process that has the turn, if that is not this one; NULL: nobody watches
    char *details;                      // as in tick_request, or NULL
    struct tick_others *others;         // NULL: no run had any
    bool has_others;                    // this one does
    bool ended;
    bool flows;      // time passes: every host that starts with the run has had its first turn
    bool starved;    // out of memory: the run has no verdict
    int64_t look_at; // after this time it is looked whether the run goes on: at the latest at its limit
    int64_t time_limit;
    struct tick_still still;
    uint64_t iteration_limit, iterations, choices;
    uint64_t checks; // of its own: invariants and musts
    uint64_t events; // that the kernel's queue gave
    struct tick_outcome outcome;
    uint32_t blamed_host, blamed_task, blamed_here; // the probe's context at the finding
    uint32_t chosen;                                // seq of the latest choice
    char mark[MARKS_MOST][MARK_BYTES];              // copies: a name may have been made on a stack or heap that the run has left behind
    const char *marks[MARKS_MOST];
    size_t mark_count;
};

int tick__list_push(struct list *list, const void *item, size_t size); // copies the item in; 0 or -ENOMEM

static inline struct tick_host *tick__world_host(const struct tick_world *world, size_t index) {
    return ((struct tick_host **)world->hosts.items)[index];
}

// How who waits elsewhere is numbered, as the kernel's waiters and in POST_ELSEWHERE: the host, and which of its threads, or of what else
// it has that waits.
#define TICK_ELSEWHERE (1u << 31)
#define TICK_ELSEWHERE_NUMBERS 8192u
static inline uint32_t tick__elsewhere(const struct tick_host *host, uint32_t number) {
    return TICK_ELSEWHERE | ((uint32_t)host->index * TICK_ELSEWHERE_NUMBERS + number);
}

// world.c
void tick__world_fini(struct tick_world *world);
void tick__world_begin(
    struct tick_world *world, struct tick_chooser *chooser, struct tick_probe *probe, _Atomic bool *set_up); // an empty one
// One more host: the next of `hosts`, whose memory the tenant has made; all of it but that and `index` is filled in.
void tick__world_add(struct tick_world *world, struct tick_host *host, const struct tick_tenant_ops *tenant, const char *name,
    const struct tick_host_options *options, const struct tick_loc *loc);
void tick__world_finish(struct tick_world *world); // what must hold at the end, in a set-up's surroundings
void tick__world_outcome(const struct tick_world *world, struct tick_outcome *out);
void tick__world_starve(struct tick_world *world); // ends the run at the next world point: out of memory
// The set-up is wrong: the run ends with that finding, unless it has ended.
__attribute__((format(printf, 3, 4))) void tick__world_bad(struct tick_world *world, const struct tick_loc *loc, const char *format, ...);
// The run ends with a finding, unless it has ended. In a turn it does not return.
void tick__world_fail(struct tick_world *world, enum tick_verdict verdict, int code, const struct tick_loc *loc, const char *text);
void tick__world_mark(struct tick_world *world, const char *name);
bool tick__world_holds(struct tick_world *world); // evaluates the invariants; false: the run has ended

// deviations.c. Every question to the outside world, whoever asks it, passes here: deviations are logged and told.
uint32_t tick__world_choose(void *world, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most);

// The same question was answered, and is logged, by somebody else: a program elsewhere. false: the run has ended.
bool tick__world_log(struct tick_world *world, const struct tick_deviation *deviation);

// turns.c
void tick__host_make_ready(struct tick_host *host);
void tick__host_go_on(struct tick_host *host);                            // makes it ready, or, while it is paused, late
void tick__world_ended(struct tick_world *world, struct tick_host *host); // it has returned, or is down for good

// lives.c: the ends of a host's life, and its next
int tick__host_begin(struct tick_host *host); // its process is there, before it is started: of one elsewhere
int tick__host_start(struct tick_host *host);
void tick__host_tell_start(struct tick_host *host);
bool tick__host_runs(const struct tick_host *host); // it can be struck
// An event of the host's that comes of what the world does: its seq, 0 without a probe.
uint32_t tick__host_tell(const struct tick_host *host, enum tick_event_kind kind, int64_t arg);
void tick__host_crash(struct tick_host *host);  // it is down
void tick__host_stop(struct tick_host *host);   // its program is to end; it is down when that has
void tick__host_over(struct tick_host *host);   // its program has ended
int tick__host_restart(struct tick_host *host); // of one that is down or stopping. 0 or -ENOMEM
void tick__host_pause(struct tick_host *host, int64_t until);

// faults.c
void tick__fault_come(struct tick_world *world, const struct tick_posted *posted);
void tick__musts_ask(struct tick_world *world);       // at a world point
bool tick__musts_have_come(struct tick_world *world); // at the run's end; false: the run has ended with a finding

// disk_faults.c
int64_t tick__disk_fault(void *world, int host, enum tick_disk_op op, tick_id file, uint64_t ordinal, uint64_t offset, size_t count);
void tick__disk_crash(struct tick_host *host);

// still.c: whether those who must end get on
void tick__still_begin(struct tick_world *world);
void tick__still_look(struct tick_world *world, const struct tick_posted *come); // after look_at, when that was taken from the queue
void tick__world_describe_limit(const struct tick_world *world, const char *of, char *text, size_t size); // "virtual time"

// told_waits.c: who waits for what. What is told of is told whole: of what finds no room there is only the number.
struct tick__line;
struct tick__telling {
    struct tick__line *words;
    size_t told, left_out;
    unsigned far_looks; // that are left: each goes through all connections
};
bool tick__telling_has_room(const struct tick__telling *telling, const struct tick__line *piece);
void tick__telling_add(struct tick__telling *telling, const struct tick__line *piece);
void tick__world_describe_deadlock(const struct tick_world *world, char *text, size_t size);
void tick__world_tell_waits(const struct tick_world *world, struct tick__line *words); // up to the end of the line

// gist.c: of the run's finding, before its hosts are dropped
uint64_t tick__gist(const struct tick_world *world, const struct tick_outcome *outcome);

// verdict.c. Fills an outcome with a finding; loc, host may be NULL.
void tick__outcome_fill(
    struct tick_outcome *outcome, enum tick_verdict verdict, int code, const char *host, const struct tick_loc *loc, const char *text);

#endif
