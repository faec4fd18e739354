// Inside the loop: the structures that src/loop's files share, and what src/io may embed.
//
// Invariants: a handle is in at most one place (ready queue, timer heap, a future's callbacks); a pending future has no result; a task that
// is suspended has its step handle in exactly one of these places. Linking is intrusive, so that waking anything cannot run out of memory.
#ifndef RETICK_LOOP_INT_H
#define RETICK_LOOP_INT_H

#include "src/base/times.h"
#include "src/coro/landing_int.h"
#include <errno.h>
#include <retick/loop.h>
#include <retick/stackless.h>
#include <retick/sync.h>
#include <stdatomic.h>

struct tick_coro;

// --- handles ---

enum tick__handle_kind {
    TICK__CALL,  // fn.call(arg)
    TICK__TIMER, // fn.call(arg) once of.when has come
    TICK__DONE,  // fn.done(of.future, arg); holds a reference to the future once queued
    TICK__STEP,  // embedded in a task: its next step
};

// Where Task.cancel stands on its way down (cancel.c).
struct tick__cancel_frame {
    struct tick_future *up;
    uint32_t cause;          // of what was cancelled above
    bool active, any, cycle; // any, cycle: of a gather, what its children came to
};

struct tick_handle {
    union {
        struct tick_handle *next; // in the ready queue or in a future's callbacks
        uint32_t number;          // of a timer, while it is armed
    };
    // Of an armed timer: in the heap, from 1, or TICK__FAR; of one that is held: how many go first; else 0.
    uint32_t place;
    union {
        struct {
            uint32_t refs : 24, kind : 2;
            uint32_t cancelled : 1;
            uint32_t embedded : 1; // its storage is somebody else's
            uint32_t foreign : 1;  // not from the loop's pool: made by another thread, or a far timer's
            uint32_t held : 1;     // was displaced already
            uint32_t hidden : 1;   // the loop's own: no callback_ready and callback_run; what it does is caused by what scheduled it
            uint32_t onward : 1;   // run without a closer look: a step whose task has a stack to go on with, a call of the loop's `calls`
        };
        uint32_t bits;
    };
    union {
        struct {
            union {
                tick_callback_fn *call;
                tick_done_fn *done;
            } fn;
            void *arg;
        };
        struct tick__cancel_frame frame; // of a step: its task's
    };
    // Calls that nobody has a handle of leave out what follows (TICK__CALL_SIZE).
    struct tick_loop *loop;
    union {
        int64_t when;
        struct tick_future *future;
        struct {            // of a timer that has fired, or was cancelled in the heap
            uint32_t ahead; // the number of one that fires soon after; 0: not known
            uint32_t number;
        } fired;
    } of;
    // A loop that nobody observes leaves out what follows (TICK__HANDLE_PLAIN), but for embedded ones.
    tick_id id;
    uint32_t object;
    uint32_t cause; // the event that scheduled it
};
#define TICK__CALL_SIZE offsetof(struct tick_handle, loop)
#define TICK__HANDLE_PLAIN offsetof(struct tick_handle, id)
_Static_assert(offsetof(struct tick_handle, bits) < 16 && TICK__HANDLE_PLAIN % 16 == 0, "cancelling touches one cache line");
// In the wheel or the run, or an entry there still knows it; the former of one that somebody is told about when it is cancelled.
#define TICK__FAR_TOLD (UINT32_MAX - 1)
#define TICK__FAR UINT32_MAX

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
    union {
        struct {
            struct tick_handle *first, *last; // TICK__PENDING: done callbacks and awaiting tasks, in registration order
        };
        struct { // TICK__FAILED and TICK__CANCELLED: in the loop's list of those that hold a failure or a message; NULL: not
            struct tick_future *residue_next, **residue_back;
        };
    };
    union {
        intptr_t value;
        struct tick_failure *failure; // TICK__FAILED; NULL: a plain one of `code`, made when somebody asks
        const struct tick_loc *made;  // TICK__PENDING, of tick_future_new
        char *message;                // TICK__CANCELLED; may be NULL
    } is;
    uint32_t refs;
    uint32_t object;   // the probe's
    uint32_t done_seq; // the future_done event
    int code;          // TICK__FAILED: its failure's code
    uint8_t state;     // enum tick__future_state
    uint8_t unread;    // failed, and nobody has asked
    uint8_t hidden;    // the loop's own: no object, no events; what waits for it is woken by what completed it
    uint8_t marked;    // gather's, within one call
};

// Initialises an embedded pending future of the loop (NULL: the running one) with one reference; emits future_create.
void tick__future_init(struct tick_future *future, struct tick_loop *loop, const struct tick_future_ops *ops, const struct tick_loc *loc);
// Completes a pending one: code 0 with a value, TICK_ECANCELED (Future.cancel, past ops->cancel), or another negative code. No-op if it is
// done. cause: the event that completed it, 0 for probe->here.
void tick__future_finish(struct tick_future *future, int code, intptr_t value, uint32_t cause);
// The storage of an embedded future ends: reports an unread failure, releases what it holds. Nobody may wait on it.
static inline void tick__future_fini(struct tick_future *future);

// --- tasks ---

// Something that ends with a task (or with a loop): fn runs in the task's own context just before its future is done, last added first.
// It is unlinked before fn is called. Not run when the loop is freed with the task unfinished.
struct tick__task_owned {
    struct tick__task_owned *next, **back;
    void (*fn)(struct tick__task_owned *owned);
};
void tick__task_at_end(struct tick_task *task, struct tick__task_owned *owned);
// The same for a loop: runs in tick_loop_close, before its queues are dropped.
void tick__loop_at_close(struct tick_loop *loop, struct tick__task_owned *owned);
void tick__owned_remove(struct tick__task_owned *owned); // from either list; no-op if it is in none (back == NULL)

struct tick_task {
    struct tick_future future; // first
    const struct tick_loc *loc;
    struct tick_task *next, **back; // the loop's unfinished tasks, in the order of their creation
    struct tick__task_owned *owned; // list
    struct tick_timeout *scope;     // innermost
    char *message;                  // of the cancellation that is pending or was delivered last
    struct tick_failure *caught;    // the failure that it was given last: its own, if its body ends with that code
    char *name;                     // NULL: Task-<number>, until somebody asks
    struct tick__binding *context;  // NULL: empty
    union {
        tick_task_fn *body;
        tick_step_fn *step; // stackless
    } fn;
    void *arg;
    uint32_t number;
    int cancels;   // asyncio's _num_cancels_requested
    int delivered; // how many of them are not still to come
    // What each step touches stands together.
    int result; // what the present step delivers to the body's wait; at the end, what the body returned
    bool asked; // cancelled since its last step began
    bool must_cancel;
    bool stackless, started;         // started: of a stackless one, its first step has begun
    const struct tick_loc *waits_at; // where it awaits, while it does
    struct tick_future *waiter;      // asyncio's _fut_waiter
    struct tick_coro *coro;          // from its first step to its end; a stackless task has none
    struct tick_handle step;
    // A loop that nobody observes leaves out what follows, and the same of the step (TICK__TASK_PLAIN).
    uint64_t suspensions, pops; // ordinals of choices
    struct tick_maker maker;
    tick_id parent; // its maker's id; of that it is the kth of its key
    uint32_t kth;
};
#define TICK__TASK_HOT offsetof(struct tick_task, result) // what each step touches, and how much that is
#define TICK__TASK_HOT_SIZE (offsetof(struct tick_task, pops) - TICK__TASK_HOT)
#define TICK__TASK_PLAIN (offsetof(struct tick_task, step) + TICK__HANDLE_PLAIN)

// Spawns a task whose identity is given: its parent's id and object, kth = 1. NULL when out of memory or closed.
struct tick_task *tick__spawn_as(struct tick_loop *loop, tick_id parent_id, uint32_t parent_object, const char *key, tick_task_fn *fn,
    void *arg, const struct tick_loc *loc);

// Whether the seam may answer a question of that kind otherwise than calmly.
static inline bool tick__sys_asks(const struct tick_sys *sys, enum tick_choice_kind kind) {
    return sys->ops->choose && !tick_is_calm(sys->calm, kind);
}

#define STEP_COST_MOST TICK_MS(100) // what a step may take in a simulated world

// --- the loop ---

// Elements of one size, carved from chunks and kept for reuse; all of it goes with the loop.
struct tick__pool {
    void *free;
    char *at, *end; // the part of the newest chunk never handed out
    void *chunks;
};

// Calls that nobody has a handle of (calls.c).
struct tick__calls {
    char *at, *end; // the rest of the chunk that the next ones are taken from; while the loop is special it is hidden: end == at
    char *chunk_end;
    struct tick__calls_chunk *free, *chunks;
};

// A heap block that goes with the loop, if its owner has not freed it before.
struct tick__block {
    struct tick__block *next, **back;
};

// Armed timers (timer.c, and timer_int.h for those who are many).
struct tick__timer {
    int64_t when;
    uint64_t sequence;
    struct tick_handle *handle;
};
struct tick__far;
struct tick__wheel;
struct tick__store;
struct tick__timers {
    struct tick__wheel *wheel; // NULL: there are few
    int64_t due;               // nothing in the heap or the run is due before; INT64_MAX: both are empty
    uint32_t count, room;
    struct tick__timer *heap; // 4-ary, by (when, sequence)
    uint64_t sequence;
    int64_t horizon;           // whoever is armed for a time from there on waits in the wheel
    struct tick__wheel *quick; // the wheel; NULL if somebody observes the loop
    struct tick__store *store; // of the handles that the wheel and the run know
    struct tick__far *run;     // what comes next of the wheel's, in order; with as much spare room behind
    uint32_t run_at, run_end, run_room;
    int64_t run_base;  // the high part of their deadlines
    uint64_t run_made; // the sequence when it was made: whoever is in the heap with a lower one was armed before them
    size_t entries;    // in the wheel and the run, those of cancelled timers among them
    size_t stale;      // and about as many those are (timer_int.h)
};

// Who acts, saved while somebody else does.
struct tick__acting {
    struct tick_maker *maker;
    struct tick_maker *sys_maker;
    uint32_t task, here;
};

// Jobs for other threads (executor.c).
struct tick__job;
struct tick__idle_wait;
struct tick__executor {
    struct tick_sys_threads *threads;  // NULL: none was needed yet
    struct tick__job *jobs;            // not over yet, newest first
    struct tick__idle_wait *waits;     // for none to be left
    struct tick_coro *on;              // the stack of the job that is being carried out without threads; NULL: none is
    struct tick__job *line, *line_end; // without threads: those that wait for one, the longest first
    uint32_t busy;                     // and how many have one
    uint32_t most, processes;          // of the loop's options
    bool shut, used;                   // used: a job was taken
};

struct tick__foreign;

struct tick_loop {
    // What each turn touches comes first, in lines of the cache: the queue; whose step it is; whom the loop polls, and who acts; the time.
    struct tick_handle *ready; // a ring with `mark`, if there is no scheduler
    uint64_t queued;           // how many handles were ever pushed
    struct tick_handle **ready_end;
    uint64_t sealed;                     // those up to here are this snapshot's
    uint64_t poll_at;                    // once a snapshot ends there, it is time to poll; 0: at this one's end
    _Atomic(struct tick_handle *) inbox; // from other threads, newest first
    atomic_bool awake;                   // it will look into the inbox before it waits: nobody has to wake it
    bool observed;                       // somebody needs identities: a probe, or a chooser below
    bool watched;                        // observed, or in debug mode
    bool debug;
    bool asks;    // a chooser below
    bool special; // watched, careful, or a scheduler: what is made for speed looks at this alone, and leaves the rest to slower paths
    bool stopping, closed;
    uint64_t begun; // how many handles were popped (one that is held counts as not), while the loop is special

    struct tick_task *current;
    struct tick_coro *coro;           // stands for the stack that runs the loop
    struct tick_coro *driver;         // the stack that polls in its place; NULL: none does
    struct tick_coro *back;           // whoever started the running task eagerly and goes on after its first step; NULL: nobody
    struct tick_handle *handed;       // popped on a task's stack, to be run on the loop's
    struct tick_handle *held;         // displaced ones, each with the number of those that go before it in `place`
    struct tick_scheduler *scheduler; // NULL: the list `ready`
    struct tick_probe *probe;

    struct tick_sys *sys;
    struct tick_poller *poller;
    uint64_t polled; // what `sealed` was at the last poll
    uint64_t iteration;
    struct tick_maker *maker;    // who acts: a task, a running callback, or else the loop itself, &root
    struct tick__acting outside; // of the step that runs

    int64_t now; // at the last poll
    struct {
        int64_t timeout;
        tick_id timer;
        int error; // of the last poll of this run
        bool busy; // there was something to do: it does not wait
        bool away; // the poller is to be asked again
    } wait;
    uint32_t budget; // how many handles may begin between two polls
    uint32_t poll_budget;
    struct tick__timers timers;

    struct tick_handle mark; // in `ready`, where the snapshot ends
    struct tick__calls calls;
    struct tick__pool handle_pool;
    uint32_t handle_size, task_size;
    struct tick__pool future_pool, task_pool;
    struct tick_coro *workers;               // stacks whose task is over, waiting for another
    struct tick_coro *on;                    // the stack of a stackless step that was started eagerly; NULL: the loop's
    _Atomic(struct tick__foreign *) foreign; // handles for other threads; NULL: none came yet
    atomic_bool unwoken;                     // the last wake failed
    bool careful;                            // closed, in debug mode, or contexts: calls have to look
    bool contexts;                           // a context variable was set
    bool own_stacks, running;
    bool dropping;               // gathers are being freed:
    struct tick_future *dropped; // gathers that come next
    struct tick_stacks *stacks;
    uint32_t runs;       // nested within one tick_loop_run, which share `coro`
    uint32_t step_costs; // how many values a step_cost choice has
    int64_t probe_start; // the probe's time 0 on the loop's clock
    struct tick_maker root;
    struct tick__binding *context; // of the running callback
    int64_t began;                 // in debug mode: when the present step or callback began
    struct tick_task *tasks, **tasks_end;
    size_t task_count;
    uint32_t task_number;
    struct tick_future *residue;
    struct tick__block *blocks;
    struct tick__task_owned *at_close;
    struct tick__executor executor;
    tick_exception_fn *on_exception;
    void *on_exception_arg;
};
#define TICK__LOOP_HOT offsetof(struct tick_loop, timers.heap)

// The running loop of this thread. The simulated world swaps it when it switches hosts.
#define TICK__THREADS_OWN _Thread_local __attribute__((tls_model("initial-exec"))) // found without a call
extern TICK__THREADS_OWN struct tick_loop *tick__loop_running;
// What a call is about whose loop may be NULL, for the running one; NULL: that neither.
static inline struct tick_loop *tick__loop_meant(const struct tick_loop *loop) {
    return loop ? (struct tick_loop *)(uintptr_t)loop : tick__loop_running;
}
static inline struct tick_task *tick__task_running(void) { // tick_task_current
    return tick__loop_running ? tick__loop_running->current : NULL;
}

// --- within src/loop only ---

extern const struct tick_future_ops tick__task_ops, tick__gather_ops, tick__hidden_ops, tick__waiter_ops;

static inline uint32_t tick__here(const struct tick_loop *loop) {
    return loop->probe ? loop->probe->here : 0;
}

// pool.c
void *tick__pool_fresh(struct tick__pool *pool, size_t size); // when none is free
void tick__pool_fini(struct tick__pool *pool);
// Every element that was ever handed out, also those that were given back: their first word is then no address of the caller's.
void tick__pool_each(const struct tick__pool *pool, size_t size, void (*fn)(const void *element, void *arg), void *arg);
void *tick__block_alloc(struct tick_loop *loop, size_t size);
void tick__block_free(void *memory);                  // NULL is allowed
void tick__owned_run(struct tick__task_owned **list); // last added first, each unlinked before it runs

// calls.c
bool tick__calls_extend(struct tick__calls *calls);                           // when at == end; false when out of memory
void tick__calls_give(struct tick__calls *calls, struct tick_handle *handle); // it runs; of a chunk's last: the whole chunk
void tick__calls_fini(struct tick__calls *calls);

// identity.c: what the loop's objects are called, and telling them to the probe
// Of the loop's present maker (tell: of any). *object is 0 without a probe.
uint32_t tick__tell(struct tick_loop *loop, uint32_t parent, enum tick_object_type type, tick_id id, const char *key, uint32_t kth,
    const struct tick_loc *loc);
tick_id tick__identify(struct tick_loop *loop, enum tick_object_type type, const char *key, const struct tick_loc *loc, uint32_t *object);
// tick_emit out of line, so that an event's frame burdens nobody while no probe listens.
uint32_t tick__emit(struct tick_loop *loop, enum tick_event_kind kind, uint32_t subject, uint32_t cause, int64_t arg,
    const struct tick_loc *loc) __attribute__((cold, noinline));
static inline void tick__maker_fini(struct tick_maker *maker) {
    if (maker->named.others)
        tick_counts_fini(&maker->named);
}

// handle.c
void tick__handle_drop(struct tick_handle *handle); // takes it out of the ready queue's hands, unrun
void tick__handle_run(struct tick_loop *loop, struct tick_handle *handle);
// call_soon for the loop's own use: one reference (the queue's); NULL when out of memory.
struct tick_handle *tick__call_soon(struct tick_loop *loop, tick_callback_fn *fn, void *arg, bool hidden);
// Around what runs for `maker`: it acts, and *outer keeps who did.
void tick__acting_begin(struct tick_loop *loop, struct tick_maker *maker, struct tick__acting *outer);
void tick__acting_end(struct tick_loop *loop, const struct tick__acting *outer);

// What a careful loop answers to call_soon and call_at: 0, TICK_ECLOSED, TICK_EWRONGTHREAD, -ENOMEM. Wraps what is called.
int tick__loop_refuses(struct tick_loop *loop, tick_callback_fn **fn, void **arg) __attribute__((cold, noinline));

// context.c
struct tick__binding *tick__context_copy(struct tick_loop *loop); // one reference to the present one, NULL if it is empty
void tick__context_unref(struct tick__binding *context);          // NULL is allowed
// For a callback that is registered now: lets it run in a copy of the present context. 0 or -ENOMEM.
int tick__context_wrap(struct tick_loop *loop, tick_callback_fn **fn, void **arg);
int tick__context_wrap_done(struct tick_loop *loop, tick_done_fn **fn, void **arg);
// Around a handle's call, in a loop with contexts. What the callback sets is gone with it.
void tick__context_enter(struct tick_loop *loop, struct tick_handle *handle);
void tick__context_leave(struct tick_loop *loop);
void tick__context_drop(const struct tick_handle *handle); // it will not be called: frees its wrapping, if it has one
bool tick__context_is_done(const struct tick_handle *handle, tick_done_fn *fn, const void *arg); // wrapped or not

// ready.c
void tick__ready_count_begun(struct tick_loop *loop); // it becomes special
void tick__ready_slowly(
    struct tick_loop *loop, struct tick_handle *handle);       // push, to a special loop, or when other threads queued something
bool tick__iterate_slowly(struct tick_loop *loop);             // tick__iterate of a special loop
struct tick_handle *tick__next_slowly(struct tick_loop *loop); // tick__next of a special loop
void tick__ready_append(struct tick_loop *loop, struct tick_handle *handle); // push, without a look at what other threads queued
void tick__snapshot(struct tick_loop *loop);                                 // the last one is over: what is ready now is this iteration's
void tick__ready_clear(struct tick_loop *loop);

// timer.c
// A timer with one reference besides the timers'; key names it to the probe; hidden as in struct tick_handle. NULL when out of memory.
struct tick_handle *tick__timer_new(
    struct tick_loop *loop, int64_t when, tick_callback_fn *fn, void *arg, const char *key, const struct tick_loc *loc, bool hidden);
void tick__timer_remove(struct tick_handle *handle);            // from where it is armed, with the reference that was held there
void tick__timers_due(struct tick_loop *loop);                  // those with when <= loop->now to the ready queue
int64_t tick__timers_last(const struct tick_loop *loop);        // the last that comes at all; 0 if there is none
int64_t tick__timers_next(struct tick_loop *loop, tick_id *id); // the earliest deadline; INT64_MAX if there is none. *id is that timer's
void tick__timers_clear(struct tick_loop *loop);

// future.c
// The futures of tick_future_new that somebody still has a reference to.
struct tick__futures_left {
    size_t pending, done;
    const struct tick_loc *made; // one of the pending ones
};
void tick__futures_left(const struct tick_loop *loop, struct tick__futures_left *left);
void tick__future_release(struct tick_future *future); // tick__future_fini of one that holds something
int tick__future_code(struct tick_future *future);     // Future.result's 0 or error of a done one; counts as retrieved
void tick__future_cancelled(struct tick_future *future, const char *message, uint32_t cause);                 // pending -> cancelled
void tick__future_failed(struct tick_future *future, struct tick_failure *failure, int code, uint32_t cause); // takes the reference
void tick__future_fail_as(struct tick_future *future, struct tick_future *other); // other's failure; counts as retrieved there
void tick__future_succeeded(struct tick_future *future, intptr_t value, uint32_t cause);
struct tick_handle *tick__listener_new(struct tick_loop *loop, tick_done_fn *fn, void *arg, bool hidden); // for attach
struct tick_failure *tick__failure_plain(int code); // one reference; out of memory: stands for that
// failure.c: "disk (EIO): sector 7", of a group with those of its children behind it, cut where there is no more room
void tick__failure_words(const struct tick_failure *failure, char *text, size_t size);
const struct tick_loc *tick__failure_place(const struct tick_failure *failure);   // where it was made, or a group's first; NULL: not known
void tick__future_attach(struct tick_future *future, struct tick_handle *handle); // a DONE or STEP handle, in registration order
void tick__future_detach(struct tick_future *future, struct tick_handle *handle);

// task.c
// A task made by `parent`, whose key is its name or its function's. NULL when out of memory or closed.
struct tick_task *tick__task_new(
    struct tick_loop *loop, struct tick_maker *parent, const char *name, tick_task_fn *fn, void *arg, const struct tick_loc *loc);
// "worker#2": the key that its maker spawned it by, and which one of those it is. Allocates nothing.
void tick__task_called(const struct tick_task *task, char *text, size_t size);
void tick__task_message(struct tick_task *task, const char *message);
void tick__task_catch(struct tick_task *task, struct tick_failure *failure); // takes a reference of its own; NULL: a code alone
int tick__task_outcome(struct tick_task *task, struct tick_future *future);  // of a done one: tick__future_code, and catches its failure
void tick__task_abandon(struct tick_task *task);                             // the loop is freed

// step.c
void tick__task_ready_slowly(struct tick_loop *loop, struct tick_task *task, uint32_t cause);
void tick__task_step(struct tick_loop *loop, struct tick_task *task); // on the loop's stack
void tick__task_at_once(struct tick_task *task);                      // its first step, now, as a part of whoever runs
void tick__workers_free(struct tick_loop *loop);
// Waits, in the running task: TICK_EINVALSTATE if it is stackless.
int tick__task_yield(struct tick_task *task, const struct tick_loc *loc); // what the next step delivers: 0 or TICK_ECANCELED
int tick__await(struct tick_task *task, struct tick_future *future);      // of a pending one that is not the task
// tick_await and its like for the library's own use: they return as functions do (coro/landing_int.h).
TICK__LANDED int tick__await_at(struct tick_future *future, const struct tick_loc *loc);
TICK__LANDED int tick__join_at(struct tick_task *task, const struct tick_loc *loc);
TICK__LANDED int tick__sleep_at(int64_t ns, const struct tick_loc *loc);

// gather.c
struct tick_future *tick__gather_on(
    struct tick_loop *loop, struct tick_future *const *children, size_t count, bool return_errors, const struct tick_loc *loc);
struct tick_future *tick__gather_ask(struct tick_future *gather, bool first); // the next child to be cancelled; NULL: there is none
struct tick__cancel_frame *tick__gather_frame(struct tick_future *gather);
void tick__gather_cancelled(struct tick_future *gather);

// step.c, event.c: those who wait for a resource, on their stacks
struct tick__resource;
struct tick__waiter {
    struct tick_future future;        // of tick__waiter_ops
    struct tick__waiter *next, *prev; // next == NULL: not in the list
    struct tick__resource *resource;  // that it waits for
};
struct tick__resource {
    uint32_t object;   // 0: not told yet
    uint32_t released; // the event of the last release, set or notify: what a hold comes of, or who need not wait
    enum tick_object_type type;
    bool lock; // a struct tick_lock's
};
void tick__resource_init(struct tick__resource *resource, enum tick_object_type type, const struct tick_loc *made); // made: may be NULL
// Tells what the running task does with it: hold, release, set, clear, notify, or (wait_end) that it need not wait. No-op without a probe.
void tick__resource_tell(struct tick__resource *resource, enum tick_event_kind kind);
// Waits in the current task, at the place loc (NULL: not told), at the end of the list (a ring whose head is `list`). The waiter stays
// linked as its waker left it.
int tick__resource_wait(
    struct tick__resource *resource, struct tick__waiter *list, struct tick__waiter *waiter, const struct tick_loc *loc);
static inline void tick__waiters_init(struct tick__waiter *list) {
    list->next = list->prev = list;
}
static inline void tick__waiter_unlink(struct tick__waiter *waiter) {
    if (!waiter->next)
        return;
    waiter->prev->next = waiter->next;
    waiter->next->prev = waiter->prev;
    waiter->next = NULL;
}
struct tick_event_flag {
    struct tick__resource resource;
    struct tick__waiter waiters;
    bool set;
};
void tick__event_init(struct tick_event_flag *event);

// executor.c
// tick_run_in_executor with the virtual time that the job takes, at least, where there are no real threads.
int tick__executor_submit(
    struct tick_loop *loop, tick_task_fn *fn, void *arg, int64_t takes, struct tick_future **future, const struct tick_loc *loc);
int tick__executor_finish(struct tick_loop *loop); // no job comes any more; runs the loop until all are over. 0, or the poller's error
void tick__executor_leave(struct tick_loop *loop); // the loop closes: what is queued never runs, what runs goes on alone
void tick__executor_fini(struct tick_loop *loop);  // after that, once no queue knows its jobs any more

// foreign.c
struct tick_handle *tick__foreign_take(
    struct tick_loop *loop);                           // on any thread: one to be initialised, but for `of`; NULL when out of memory
void tick__foreign_give(struct tick_handle *handle);   // on the loop's thread
void tick__foreign_return(struct tick_handle *handle); // on any
void tick__foreign_fini(struct tick_loop *loop);

// threadsafe.c
int tick__inbox_push(struct tick_loop *loop, struct tick_handle *handle); // from any thread; 0, TICK_ECLOSED, or the waking's error
void tick__inbox_drain(struct tick_loop *loop);                           // to the ready queue
void tick__inbox_close(struct tick_loop *loop);

// loop.c, report.c
void tick__loop_specialize(struct tick_loop *loop);   // after a change of what makes it watched, careful or special
int tick__loop_may_run(const struct tick_loop *loop); // 0, TICK_ENESTED, TICK_ECLOSED; NULL: TICK_EINVALSTATE, or TICK_ENESTED if one runs
int tick__loop_begin(struct tick_loop *loop);         // the same
void tick__loop_end(struct tick_loop *loop);
int tick__loop_once(struct tick_loop *loop);          // one poll, if it is time for it, and the iterations up to the next
int tick__loop_until_stopped(struct tick_loop *loop); // again and again: 0 or an error
int tick__loop_turn(struct tick_loop *loop);          // begins an iteration that polls: 0, an error, or TICK__AWAY
// On loop->driver, when it is time to poll: polls until a stack is to go on, and returns that. NULL: the poller said TICK__AWAY.
struct tick_coro *tick__loop_drive(struct tick_loop *loop);
// What a poller's wait returns to a driver instead of waiting: it is to be called again, with the same arguments, when that may be over.
#define TICK__AWAY (-EINPROGRESS)
void tick__report_unread(struct tick_future *future);
void tick__report_slow(struct tick_loop *loop, struct tick_task *task); // if what began at loop->began took too long; NULL: a callback

static inline struct tick_task *tick__task_of_step(struct tick_handle *handle) {
    return (struct tick_task *)((char *)handle - offsetof(struct tick_task, step));
}
#include "src/loop/hot_int.h"

#endif
