// Inside the harness: the world of a run, its hosts, and how they take turns.
//
// The world's stack takes one host's turn after the other: it drives the host's loop, and switches to the stacks of its tasks. A host's own
// stack is for its beginning and end, and for callbacks. A turn ends only at world points: in epoll_wait, which the loop calls each
// iteration, and in other waits. In between exactly one host runs, and the clock stands still.
#ifndef RETICK_HARNESS_INT_H
#define RETICK_HARNESS_INT_H

#include "sim/native/heap.h"
#include "sim/native/main_end.h"
#include "sim/native/stage.h"
#include "sim/kernel/kernel.h"
#include "src/base/times.h"
#include "src/coro/coro.h"
#include <retick/faults.h>
#include <retick/loop.h>

#define HOST_LATE_MOST TICK_MS(100)
#define INTERRUPT_MOST TICK_SEC(30) // after the begin of a wait without end
#define POLL_LATE_MOST TICK_MS(100)
#define LIVELOCK_ITERATIONS 100000 // of one host at one instant
#define TIME_LIMIT TICK_SEC(3600)
#define STILL_LIMIT TICK_SEC(600) // longer than servers leave an idle session, which many find by a timer that sweeps
#define ITERATION_LIMIT ((uint64_t)10000000)
#define WALL_START TICK_SEC(1577836800) // 2020-01-01: what the wall clock says when a run begins
#define MARKS_MOST 32
#define MARK_BYTES 64    // of a name; what is longer is cut
#define HEAPS_APART 4096 // between the first heaps of the harnesses of one process

enum host_state {
    HOST_WAITING, // not started
    HOST_READY,   // in the ready list
    HOST_RUNNING,
    HOST_PARKED, // in epoll_wait, until woken or timed out
    HOST_LATE,   // woken, or busy: goes on when its RESUME comes
    HOST_DOWN,   // crashed or stopped, to be started again
    HOST_DONE
};

enum posted_what { POST_START = 1, POST_TIMEOUT, POST_RESUME, POST_FAULT, POST_HEAL, POST_RANGE, POST_QUIET, POST_MUST };

// Since when those are ready who are (busy.c).
#define TURNS_MOST 32
struct tick_turn {
    uint64_t from;  // those numbered from here on came
    int64_t worked; // when the host had taken so long
};
struct tick_turns {
    int64_t worked, looked; // so far; at the loop's last look at timers and I/O
    int64_t waited;         // the longest that anybody has waited
    uint32_t count;
    bool fresh; // nothing was taken since the look
    char who[64];
    struct tick_turn at[TURNS_MOST];
};

struct tick_host {
    // What each turn touches comes first.
    struct tick_world *world;
    struct tick_kernel *kernel; // the world's
    struct tick_sys sys;
    enum host_state state;
    enum { WAIT_NONE, WAIT_BEGUN, WAIT_PARKED } wait; // where in epoll_wait it was switched away from
    int64_t deadline;                                 // of that wait
    struct tick_host *next;                           // in the ready list
    struct tick_heap *heap;
    struct tick_coro *stack; // where its next turn goes on: its own, or one of a task; NULL: on the world's, which drives its loop
    struct tick_loop *loop;
    struct tick_io *io;        // what it polls
    struct tick_loop *running; // what tick__loop_running was when it was switched away from
    uint32_t task, here;       // and the probe's context
    uint32_t timeout_key, resume_key;
    int64_t busy;    // step costs since the last world point
    int64_t longest; // of what it did since it last waited
    int64_t paused_until;
    int64_t instant;
    uint32_t at_instant; // iterations at that instant
    int index;           // the kernel's,
    int process;         // and that of its present life there
    bool timed_out;
    bool handlers;                               // of its options
    bool signalled;                              // epoll_wait is interrupted at its deadline
    bool due;                                    // it was started, or its start posted
    bool stopping, stop_told, restart_due, gone; // gone: it stays down
    uint32_t object, lives;                      // lives: before this one
    tick_id id;
    tick_id life; // what its tasks' ids begin with: its own in the first life
    struct host_local *locals;

    char name[64];
    tick_task_fn *fn;
    const struct tick_loc *loc;
    struct tick_host_options options;
    struct tick_coro *coro; // its own
    struct tick_task *main;
    char longest_by[64];
    struct tick_maker outside; // who acts when no task or callback does
    int result;
    uint32_t life_object;
    struct tick_disk disk;
    int64_t wall;            // what its wall clock is ahead by, drift apart
    uint32_t jumped, struck; // with a probe, seqs: of the latest clock_jump; of the host_crash or host_stop that its latest life ended by
    struct main_end end;     // its main's; last, and left as it is where a host begins: its text is large
    struct tick_turns turns; // and this
};
#define HOST_HOT offsetof(struct tick_host, name)

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
    struct tick_stage stage; // first
    struct tick_kernel *kernel;
    struct tick_stacks *stacks;
    struct tick_coro *home;  // the stack that the run was begun on
    struct tick_coro *coro;  // the one that hosts take their turns on, and that drives their loops
    bool driving;            // it does so now, for `running`
    bool large;              // its memory is fetched in advance:
    uint8_t fetching;        // so many steps of that are left in this turn (fetch.c)
    struct waiting *waiting; // for that; kept from run to run
    struct tick_chooser *chooser;
    uint64_t calm; // what it need not be asked about
    struct tick_probe *probe;
    const struct tick_scenario *scenario;
    struct list hosts;      // struct tick_host *, in order of adding; the structures are kept from run to run
    size_t host_count;      // of this run
    struct list heaps;      // struct tick_heap *: 0 is the set-up's, then one a host
    uint32_t first_heap;    // its number
    struct list deviations; // struct tick_deviation
    struct list invariants, finals;
    struct list faults, ranges, musts; // struct fault, fault_range, must
    size_t musts_open;
    int64_t quiet_at; // TICK_NEVER: no such time
    bool quiet, allow_unhandled, allow_left_over;
    struct tick_host *ready, **ready_end;
    struct tick_host *running;
    struct tick_host *real_host;
    size_t live;          // hosts that are no daemons and have not returned
    _Atomic bool *set_up; // the run's
    bool ended;
    bool flows;   // time passes: every host that starts with the run has had its first turn
    bool starved; // the harness itself ran out of memory: the run has no verdict
    uint8_t poison;
    int64_t look_at; // after this time it is looked whether the run goes on: at the latest at its limit
    int64_t time_limit;
    struct tick_still still;
    int64_t busy_limit; // 0: none
    uint64_t iteration_limit, iterations, choices;
    uint64_t events; // that the kernel's queue gave
    struct tick_outcome outcome;
    uint32_t blamed_host, blamed_task, blamed_here; // the probe's context at the finding
    uint32_t chosen;                                // seq of the latest choice
    char mark[MARKS_MOST][MARK_BYTES];              // copies: a name may have been made on a stack or heap that the run has left behind
    const char *marks[MARKS_MOST];
    size_t mark_count;
};

struct tick_harness {
    struct tick_world world;
};

int tick__list_push(struct list *list, const void *item, size_t size); // copies the item in; 0 or -ENOMEM

// host.c
struct tick_host *tick__host_take(struct tick_world *world); // the structure for one more host; NULL when out of memory
void tick__host_make_ready(struct tick_host *host);
void tick__host_leave(struct tick_host *host);                    // turns.c: its turn is over
void tick__host_switch_out(struct tick_host *host);               // from inside it
struct tick_coro *tick__host_stack(const struct tick_host *host); // inside it: the one that it is on
int tick__host_start(struct tick_host *host);

void tick__host_go_on(struct tick_host *host); // makes it ready, or, while it is paused, late

// lives.c: the ends of a host's life but the natural one, and its next
bool tick__host_runs(const struct tick_host *host); // it can be struck
// An event of the host's that comes of what the world does: its seq, 0 without a probe.
uint32_t tick__host_tell(const struct tick_host *host, enum tick_event_kind kind, int64_t arg);
void tick__host_crash(struct tick_host *host); // it is down
void tick__host_stop(struct tick_host *host);  // its main task is to be cancelled; it is down when that has returned
bool tick__host_hears_stop(struct tick_host *host);
static inline bool tick__host_told_to_stop(struct tick_host *host) { // in the host, at its world points: cancels main when asked to stop
    return __builtin_expect(host->stopping, 0) && tick__host_hears_stop(host);
}
void tick__host_returned(struct tick_host *host); // its coroutine has ended,
void tick__host_stopped(struct tick_host *host);  // because it was told to stop
int tick__host_restart(struct tick_host *host);   // of one that is down or stopping. 0 or -ENOMEM
void tick__host_pause(struct tick_host *host, int64_t until);
void tick__world_ended(struct tick_world *world, struct tick_host *host); // turns.c: it has returned, or is down for good

// faults.c
void tick__fault_come(struct tick_world *world, const struct tick_posted *posted);
void tick__musts_ask(struct tick_world *world);       // at a world point
bool tick__musts_have_come(struct tick_world *world); // at the run's end; false: the run has ended with a finding

// disk_faults.c
int64_t tick__disk_fault(void *world, int host, enum tick_disk_op op, tick_id file, uint64_t ordinal, uint64_t offset, size_t count);
void tick__disk_crash(struct tick_host *host);

// spin.c
void tick__host_spins(struct tick_host *host); // for too many iterations at one instant: the run ends with that finding

// busy.c: what keeps a host's loop from waiting
void tick__host_busy(struct tick_host *host, int64_t ns);          // its running step takes so long: from its next wait on
void tick__host_kept(struct tick_host *host, int64_t ns);          // it was kept so long, by its running step
void tick__host_waits(struct tick_host *host);                     // it has nothing to do
static inline void tick__host_waits_anew(struct tick_host *host) { // its life begins
    host->turns.worked = host->turns.looked = host->turns.waited = 0;
    host->turns.count = 0;
    host->turns.fresh = false;
}
void tick__host_goes_on(struct tick_host *host, int ready); // `ready` fds, or its handles, are: it may have been kept for too long

// still.c: whether those who must end get on
void tick__still_begin(struct tick_world *world);
void tick__still_look(struct tick_world *world, const struct tick_posted *come); // after look_at, when that was taken from the queue
void tick__world_describe_limit(const struct tick_world *world, const char *of, char *text, size_t size); // "virtual time"

// sim_sys.c
void tick__sim_sys_init(struct tick_sys *sys, uint64_t calm);
uint32_t tick__world_choose(void *world, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most);

// gist.c: of the run's finding, before its hosts are dropped
uint64_t tick__gist(const struct tick_world *world, const struct tick_outcome *outcome);

// world.c
void tick__world_starve(struct tick_world *world); // ends the run at the next world point: out of memory
// The set-up is wrong: the run ends with that finding, unless it has ended.
__attribute__((format(printf, 3, 4))) void tick__world_bad(struct tick_world *world, const struct tick_loc *loc, const char *format, ...);
void tick__world_describe_deadlock(const struct tick_world *world, char *text, size_t size);
struct tick__line;
void tick__world_tell_waits(const struct tick_world *world, struct tick__line *words); // who waits for what, up to the end of the line
// far_end.c: who waits at the other end of the connection that a task waits for; NULL: nobody. *there: that one's host.
const struct tick_task *tick__far_waiter(const struct tick_host *host, const struct tick_task *task, const struct tick_host **there);
void tick__task_words(const struct tick_task *task, char *text, size_t size); // "main", "requests/request#2"
bool tick__world_holds(struct tick_world *world);                             // evaluates the invariants; false: the run has ended

#endif
