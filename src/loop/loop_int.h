// Inside the loop: the structures that src/loop's files share, and what src/io may embed.
//
// Invariants: a handle is in at most one place (ready queue, timer heap, a future's callbacks); a pending future has no result; a task that
// is suspended has its step handle in exactly one of these places. Linking is intrusive, so that waking anything cannot run out of memory.
#ifndef RETICK_LOOP_INT_H
#define RETICK_LOOP_INT_H

#include <retick/loop.h>
#include <stdatomic.h>

struct tick_coro;

// --- handles ---

enum tick__handle_kind {
    TICK__CALL,  // fn.call(arg)
    TICK__TIMER, // fn.call(arg) once of.when has come
    TICK__DONE,  // fn.done(of.future, arg); holds a reference to the future once queued
    TICK__STEP,  // embedded in a task: its next step; of.future is what it awaited, or NULL
};

struct tick_handle {
    struct tick_handle *next; // in the ready queue or in a future's callbacks
    struct tick_loop *loop;
    union {
        tick_callback_fn *call;
        tick_done_fn *done;
    } fn;
    void *arg;
    union {
        int64_t when;
        struct tick_future *future;
    } of;
    tick_id id; // 0 while nobody observes
    uint32_t object;
    uint32_t cause;                                                                 // the event that scheduled it
    uint32_t place;                                                                 // in the timer heap, from 1; 0: not there
    uint32_t refs : 24, kind : 3, cancelled : 1, foreign : 1, held : 1, hidden : 1; // foreign: made by another thread; held: was displaced
};

// --- futures ---

// A future is embedded in tasks and in I/O operations; ops says how the thing around it behaves.
struct tick_future_ops {
    enum tick_object_type type;
    // Future.cancel of a pending one: returns whether the request was taken. The default (NULL) cancels the future itself.
    bool (*cancel)(struct tick_future *future, const char *message);
    // The last reference is gone: frees the thing around (tick__future_fini has run). NULL: the future is not counted (it is embedded in
    // caller's storage, who calls tick__future_fini).
    void (*drop)(struct tick_future *future);
    const char *unread; // what is reported when nobody asked for the failure; NULL: "Future exception was never retrieved"
};

enum tick__future_state { TICK__PENDING, TICK__RESULT, TICK__FAILED, TICK__CANCELLED };

// The fields are src/loop's own; src/io embeds it and reads `object` (the probe's).
struct tick_future {
    const struct tick_future_ops *ops;
    struct tick_loop *loop;
    struct tick_handle *first, *last; // done callbacks and awaiting tasks, in registration order
    union {
        intptr_t value;
        struct tick_failure *failure; // TICK__FAILED; NULL: a plain one of `code`, made when somebody asks
        char *message;                // TICK__CANCELLED; may be NULL
    } is;
    struct tick_future *failed_next, **failed_back; // the loop's list of those that hold a failure
    uint32_t refs;
    uint32_t object;   // the probe's
    uint32_t done_seq; // the future_done event
    int code;          // TICK__FAILED: its failure's code
    uint8_t state;     // enum tick__future_state
    uint8_t unread;    // failed, and nobody has asked
};

// Initialises an embedded pending future of the loop (NULL: the running one) with one reference; emits future_create.
void tick__future_init(struct tick_future *future, struct tick_loop *loop, const struct tick_future_ops *ops, const struct tick_loc *loc);
// Completes a pending one: code 0 with a value, TICK_ECANCELED (Future.cancel, past ops->cancel), or another negative code. No-op if it is
// done. cause: the event that completed it, 0 for probe->here.
void tick__future_finish(struct tick_future *future, int code, intptr_t value, uint32_t cause);
// The storage of an embedded future ends: reports an unread failure, releases what it holds. Nobody may wait on it.
void tick__future_fini(struct tick_future *future);

// --- tasks ---

// Something that ends with a task (or with a loop): fn runs in the task's own context just before its future is done, last added first.
// It is unlinked before fn is called. Not run when the loop is freed with the task unfinished.
struct tick__task_owned {
    struct tick__task_owned *next, *prev;
    void (*fn)(struct tick__task_owned *owned);
};
void tick__task_at_end(struct tick_task *task, struct tick__task_owned *owned);
// The same for a loop: runs in tick_loop_close, before its queues are dropped.
void tick__loop_at_close(struct tick_loop *loop, struct tick__task_owned *owned);
void tick__owned_remove(struct tick__task_owned *owned); // from either list; no-op if it is in none (next == NULL)

// Who makes tasks: identity and the counts of the keys it used. A task, a running callback, or the loop itself.
struct tick__key {
    struct tick__key *next;
    uint64_t hash;
    uint32_t count;
};
struct tick__parent {
    struct tick_maker maker;
    struct tick__key first; // in place, as most parents spawn one function only; hash 0: unused
};

// Where Task.cancel stands on its way down (cancel.c).
struct tick__cancel_frame {
    struct tick_future *up;
    uint32_t next; // a gather's next child
    uint32_t seq;  // of the task_cancel event
    bool active, any;
};

struct tick_task {
    struct tick_future future; // first
    struct tick_handle step;
    tick_task_fn *fn;
    void *arg;
    const struct tick_loc *loc;
    struct tick_coro *coro;         // from its first step to its end
    struct tick_future *waiter;     // asyncio's _fut_waiter
    struct tick_task *next, **back; // the loop's unfinished tasks, in the order of their creation
    struct tick__task_owned owned;  // list head
    struct tick_timeout *scope;     // innermost
    char *message;                  // of the cancellation that is pending or was delivered last
    char *name;                     // NULL: Task-<number>
    struct tick__parent parent;
    struct tick__cancel_frame frame;
    uint64_t suspensions, pops; // ordinals of choices
    int cancels;                // asyncio's _num_cancels_requested
    int thrown;                 // what the present step delivers to the body: 0 or TICK_ECANCELED
    uint32_t number;
    bool must_cancel, started;
    char label[16];
};

// Spawns a task whose identity is given: its parent's id and object, kth = 1. NULL when out of memory or closed.
struct tick_task *tick__spawn_as(struct tick_loop *loop, tick_id parent_id, uint32_t parent_object, const char *key, tick_task_fn *fn,
    void *arg, const struct tick_loc *loc);

// --- the loop ---

// Elements of one size, carved from chunks and kept for reuse; all of it goes with the loop.
struct tick__pool {
    void *free;
    char *at, *end; // the part of the newest chunk never handed out
    void *chunks;
};

// A heap block that goes with the loop, if its owner has not freed it before.
struct tick__block {
    struct tick__block *next, **back;
};

struct tick__timer {
    int64_t when;
    uint64_t sequence;
    struct tick_handle *handle;
};

struct tick_loop {
    struct tick_sys *sys;
    struct tick_poller *poller;
    struct tick_probe *probe;
    struct tick_stacks *stacks;
    bool observed; // somebody needs identities: a probe, or a chooser below
    bool own_stacks, running, stopping, closed;
    uint8_t depth; // of runs that share `coro`
    uint32_t poll_budget, since_poll;
    struct tick_handle *ready, **ready_end;
    size_t ready_count;
    uint64_t iteration;
    int64_t now;                // at the last poll
    struct tick__timer *timers; // 4-ary heap by (when, sequence)
    uint32_t timer_count, timer_room;
    uint64_t timer_sequence;
    struct tick_task *current;
    struct tick__parent *maker; // who acts; &root outside of tasks and callbacks
    struct tick__parent root;
    struct tick_coro *coro; // the stack that runs the loop; one a run
    struct tick_task *tasks, **tasks_end;
    size_t task_count;
    uint32_t task_number;
    struct tick_future *failed;
    struct tick__block *blocks;
    struct tick__task_owned at_close;
    struct tick__pool handles, futures, pool_tasks;
    tick_exception_fn *on_exception;
    void *on_exception_arg;
    _Atomic(struct tick_handle *) inbox; // from other threads, newest first
};

// The running loop of this thread. The simulated world swaps it when it switches hosts.
extern _Thread_local struct tick_loop *tick__loop_running;

#endif
