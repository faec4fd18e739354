// Inside the harness: programs in C, the tenants of a world in this process.
//
// The world's stack takes one host's turn after the other: it drives the host's loop, and switches to the stacks of its tasks. A host's own
// stack is for its beginning and end, and for callbacks. A turn ends only at world points: in epoll_wait, which the loop calls each
// iteration, and in other waits.
#ifndef RETICK_HARNESS_INT_H
#define RETICK_HARNESS_INT_H

#include "sim/native/heap.h"
#include "sim/native/main_end.h"
#include "sim/native/stage.h"
#include "sim/world/world_int.h"
#include "src/coro/coro.h"
#include <retick/loop.h>

#define HEAPS_APART 4096 // between the first heaps of the harnesses of one process

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

// A host and the program on it.
struct native {
    // What each turn touches comes first.
    struct tick_sys sys;
    enum { WAIT_NONE, WAIT_BEGUN, WAIT_PARKED } wait; // where in epoll_wait it was switched away from
    bool handlers;                                    // of its options
    bool signalled;                                   // epoll_wait is interrupted at its deadline
    bool stop_told;
    int64_t deadline; // of that wait
    struct tick_heap *heap;
    struct tick_coro *stack; // where its next turn goes on: its own, or one of a task; NULL: on the world's, which drives its loop
    struct tick_loop *loop;
    struct tick_io *io;        // what it polls
    struct tick_loop *running; // what tick__loop_running was when it was switched away from
    int64_t busy;              // step costs since the last world point
    int64_t longest;           // of what it did since it last waited
    struct host_local *locals;
    struct tick_host host; // what it touches of it comes first there

    tick_task_fn *fn;
    struct tick_coro *coro; // its own
    struct tick_task *main;
    char longest_by[64];
    struct tick_maker outside; // who acts when no task or callback does
    int result;
    struct main_end end;     // its main's; last, and left as it is where a host begins: its text is large
    struct tick_turns turns; // and this
};
#define NATIVE_HOT (offsetof(struct native, host) + offsetof(struct tick_host, name))

static inline struct native *tick__native(const struct tick_host *host) {
    return (struct native *)((uintptr_t)host - offsetof(struct native, host));
}

// All of a world's.
struct natives {
    struct tick_stage stage; // first
    struct tick_world world;
    struct tick_stacks *stacks;
    struct tick_coro *home;  // the stack that the run was begun on
    struct tick_coro *coro;  // the one that hosts take their turns on, and that drives their loops
    bool driving;            // it does so now, for the host that runs
    bool large;              // its memory is fetched in advance:
    uint8_t fetching;        // so many steps of that are left in this turn (fetch.c)
    struct waiting *waiting; // for that; kept from run to run
    const struct tick_scenario *scenario;
    struct list heaps;   // struct tick_heap *: 0 is the set-up's, then one a host
    uint32_t first_heap; // its number
    bool allow_unhandled, allow_left_over;
    uint8_t poison;
    struct tick_host *real_host;
    int64_t busy_limit; // 0: none
};

static inline struct natives *tick__natives(const struct tick_world *world) {
    return (struct natives *)((uintptr_t)world - offsetof(struct natives, world));
}

struct tick_harness {
    struct natives natives;
};

// harness.c
void tick__harness_begin(struct tick_harness *harness, const struct tick_run *run); // an empty world
void tick__harness_exited(const char *how, int status);                             // exit.c's: does not return if a host runs
bool tick__harness_runs(void);                                                      // whether a run is in progress
void tick__harness_misused(const char *how); // heap.c's: what a program did to its memory is the run's finding, or ends the process

// natives.c
extern const struct tick_tenant_ops tick__native_ops;
void tick__natives_run(struct natives *natives); // set-up, turns, checks; the outcome's finding is filled in

// switches.c
void tick__natives_turns(void *natives);        // on the world's coroutine: a run, from the first turn to the last
void tick__native_leave(struct native *native); // its turn is over

// host.c
struct tick_heap *tick__natives_heap(struct natives *natives);     // the set-up's; NULL without address space
struct native *tick__native_take(struct natives *natives);         // the structure for one more host; NULL when out of memory
void tick__native_switch_out(struct native *native);               // from inside it
struct tick_coro *tick__native_stack(const struct native *native); // inside it: the one that it is on
int tick__native_start(struct tick_host *host);                    // and this and the next two are slots of tick_tenant_ops
void tick__native_crash(struct tick_host *host);
void tick__native_forget(struct tick_host *host);
bool tick__native_hears_stop(struct native *native);
static inline bool tick__native_told_to_stop(struct native *native) { // in the host, at its world points: cancels main when asked to stop
    return __builtin_expect(native->host.stopping, 0) && tick__native_hears_stop(native);
}

// spin.c
void tick__native_spins(struct native *native); // for too many iterations at one instant: the run ends with that finding

// busy.c: what keeps a host's loop from waiting
void tick__native_busy(struct tick_host *host, int64_t ns);         // its running step takes so long: from its next wait on
void tick__native_kept(struct native *native, int64_t ns);          // it was kept so long, by its running step
void tick__native_waits(struct native *native);                     // it has nothing to do
static inline void tick__native_waits_anew(struct native *native) { // its life begins
    native->turns.worked = native->turns.looked = native->turns.waited = 0;
    native->turns.count = 0;
    native->turns.fresh = false;
}
void tick__native_goes_on(struct native *native, int ready); // `ready` fds, or its handles, are: it may have been kept for too long

// sim_sys.c
void tick__sim_sys_init(struct tick_sys *sys, uint64_t calm);

// deadlock.c
void tick__native_tell_waits(const struct tick_host *host, struct tick__telling *telling, bool far);
// far_end.c: who waits at the other end of the connection that a task waits for; NULL: nobody. *there: that one's host.
const struct tick_task *tick__far_waiter(const struct tick_host *host, const struct tick_task *task, const struct tick_host **there);
void tick__task_words(const struct tick_task *task, char *text, size_t size); // "main", "requests/request#2"

void tick__exit_link(void);       // names exit.c, so that statically linked programs get it
void tick__libc_texts_link(void); // and libc_texts.c
// In a crash handler: "stack overflow in app/digger", of the host that runs (NULL: nobody's). Async-signal-safe as far as snprintf is.
void tick__crash_words(const struct tick_host *host, int signal, const void *address, char *text, size_t size);
void tick__signals_watch(void);   // from here to the run's end changes of the process's signals are noted
void tick__signals_restore(void); // and here undone

#endif
