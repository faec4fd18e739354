// Threads of the world and whose turn it is (turn.c), and who waits at which address (waiters.c).
//
// Exactly one thread runs. It gives its turn up where it waits (park), where it polls (point), and nowhere else: what a program does
// between two calls is never interrupted. The others are ready, in the order in which they became so; or parked, until somebody wakes them
// or their deadline comes; or late, which is ready at a moment that a choice has put off; or over.
#ifndef RETICK_TURN_INT_H
#define RETICK_TURN_INT_H

#include "sim/guest/context_int.h"
#include "sim/guest/life_int.h"
#include "sim/guest/tell_int.h"
#include <poll.h>
#include <retick/id.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TICK__GUEST_THREADS 4096u          // that there are at one time
#define TICK__POST_GO_ON 1u                // an event of ours in the kernel's queue: thread `arg`, which was put off, goes on
#define TICK__GUEST_HELD 9u                // others go before a ready thread for less than so many turns (choice `thread`)
#define TICK__GUEST_LATE_MOST TICK_MS(100) // the most that a choice may put a thread off

// X(constant, words): what a thread waits for.
#define TICK__WAITS(X) \
    X(TICK__WAITS_FDS, "an fd") \
    X(TICK__WAITS_SLEEP, "the end of a sleep") \
    X(TICK__WAITS_LOCK, "a mutex") \
    X(TICK__WAITS_SPIN, "a spin lock") \
    X(TICK__WAITS_CONDITION, "a condition") \
    X(TICK__WAITS_SEMAPHORE, "a semaphore") \
    X(TICK__WAITS_READS, "a lock, to read") \
    X(TICK__WAITS_WRITES, "a lock, to write") \
    X(TICK__WAITS_BARRIER, "a barrier") \
    X(TICK__WAITS_ONCE, "what another thread does once") \
    X(TICK__WAITS_JOIN, "the end of a thread") \
    X(TICK__WAITS_FUTEX, "a futex") \
    X(TICK__WAITS_SIGNAL, "a signal")

enum tick__guest_waits_for {
    TICK__WAITS_NOTHING,
#define TICK__WAITS_ENUM(name, words) name,
    TICK__WAITS(TICK__WAITS_ENUM)
#undef TICK__WAITS_ENUM
};

struct tick__guest_wait {
    uint8_t what;       // enum tick__guest_waits_for
    bool interruptible; // a signal or a cancellation ends it: park says -EINTR
    int fd;             // FDS: the one, or -1
    uint32_t fd_count;  // FDS: of several, how many of
    const struct pollfd *fds;
    const void *object; // its address: who waits there is found by it (waiters.c). NULL: only a number, or a deadline
    const void *place;  // where in the program: a return address
    uint64_t since;     // its place among those who wait there, by tick__guest_place; 0: behind all
    uint32_t mark;      // the waiter's own: a futex's bits
};

enum tick__guest_thread_state {
    TICK__THREAD_FREE,
    TICK__THREAD_READY,
    TICK__THREAD_RUNNING,
    TICK__THREAD_PARKED,
    TICK__THREAD_PUT_OFF,
    TICK__THREAD_OVER
};

struct tick__guest_thread {
    uint8_t state;    // enum tick__guest_thread_state
    bool woken;       // how its wait ended: somebody woke it, or the deadline came
    bool interrupted; // the wait was ended for a signal or a cancellation
    uint8_t held;     // READY: so many turns of others go first
    uint32_t index;   // from 0; the kernel's waiter number
    uint32_t heap_at; // its place among the deadlines, from 1; 0: it has none
    int64_t deadline;
    uint64_t parked;                        // deadlines of one moment come in the order in which their threads parked
    uint64_t place;                         // among the waiters of an object, the lowest comes first
    struct tick__guest_wait wait;           // PARKED, PUT_OFF
    struct tick__guest_thread *next;        // READY: the queue
    struct tick__guest_thread *fore, *back; // those whose object has the same bucket
    bool queued;                            // it is in there
    tick_id id, timer;                      // timer: what the wait's deadline is called, as a choice's subject
    struct tick_maker maker;
    uint64_t turns;  // how often it became ready
    uint64_t points; // how often it polled
    char path[96];   // "main/worker#2", as in ids; cut off
    struct tick__guest_context context;
    struct tick__guest_life life;
    struct tick__guest_track track;
};

struct tick__guest_turns {
    struct tick__guest_thread *self; // who runs
    struct tick__guest_thread *ready, **ready_end;
    uint32_t count;     // threads [0, count) have been used
    uint32_t alive;     // neither FREE nor OVER
    uint32_t deadlines; // in the heap
    uint32_t gone;      // OVER, and nobody will join them
    uint64_t parks, places, switches, polls;
    struct tick__guest_thread *buckets[256];
    struct tick__guest_thread *heap[TICK__GUEST_THREADS];
    struct tick__guest_thread threads[TICK__GUEST_THREADS];
};
extern struct tick__guest_turns *tick__guest_turns;

// --- shared_turns.c: a world of which others have a part, too. Where no thread is ready, it is theirs. ---
extern bool tick__guest_shared;           // control->settings say who this is there
extern uint32_t tick__guest_first_waiter; // the kernel's number of thread 0, as a waiter
// The world goes on elsewhere, until it is this program's turn again: with what has happened to its threads meanwhile. ready: it would go
// on.
void tick__guest_hand_over(bool ready);
void tick__guest_turn_comes(void);    // a turn has been handed to it: as by the above
bool tick__guest_is_waited_for(void); // others could go on at this moment
// As tick_kernel_post: an event of this program's.
uint32_t tick__guest_post(int64_t at, uint32_t what, uint32_t arg);
bool tick__guest_takes(uint32_t *index); // the next of its threads that the kernel has woken, unless others are before it
static inline uint32_t tick__guest_waiter(void) {
    return tick__guest_first_waiter + tick__guest_turns->self->index;
}

// The caller's thread is the first, and runs: `main` of the world's host.
void tick__guest_turn_begin(void);

// For shared_turns.c: a thread's wait has ended by the kernel, or its event has come; and deadlines that have come.
void tick__guest_woken(struct tick__guest_thread *thread, tick_id by, uint64_t ordinal, uint32_t cause);
void tick__guest_comes(uint32_t what, uint32_t arg);
void tick__guest_expire(void);

static inline struct tick__guest_thread *tick__guest_self(void) {
    return tick__guest_turns->self;
}

// Gives up the turn until somebody wakes the thread (1) or the deadline comes (0); -EINTR: the wait is interruptible, and was ended for a
// signal or a cancellation, so that the call is to return at once. A deadline that has come lets others take their turn, too. wait: copied.
int tick__guest_park(const struct tick__guest_wait *wait, int64_t deadline);
// It goes on, behind those that are ready, or later by choice. Of one that is not parked: nothing happens, but one that is put off is woken
// now, whatever ended its wait.
void tick__guest_wake(struct tick__guest_thread *thread);
// The same for a signal or a cancellation. A wait that is not interruptible ends as if it had been woken: whoever parks looks again anyway.
void tick__guest_interrupt(struct tick__guest_thread *thread);
// A world point, at each poll: what is due at this moment happens, and threads that are ready take their turn.
void tick__guest_point(void);
// The running thread goes on later, for no reason of its own; nobody is asked whether that comes late.
void tick__guest_lets_pass(int64_t span);
// What is due at this moment happens, as on a machine whose network has no latency, and nobody else runs. false: there was nothing.
bool tick__guest_catch_up(void);
_Noreturn void tick__guest_thread_over(void); // the running thread has ended

// A thread of the running one, named by its start function: parked, until it is woken for the first time. NULL: there are too many.
struct tick__guest_thread *tick__guest_thread_new(const char *name);
void tick__guest_thread_free(struct tick__guest_thread *thread); // one that is over, or never ran

// --- deadlines.c: a heap of those that have one, by (deadline, parked) ---
void tick__guest_deadline_add(struct tick__guest_thread *thread);
void tick__guest_deadline_remove(struct tick__guest_thread *thread);
static inline struct tick__guest_thread *tick__guest_deadline_first(void) {
    return tick__guest_turns->deadlines ? tick__guest_turns->heap[0] : NULL;
}

// --- waiters.c ---
void tick__guest_waiters_add(struct tick__guest_thread *thread); // by wait.object and place
void tick__guest_waiters_remove(struct tick__guest_thread *thread);
// The first that waits for the object, behind `after` (NULL: of all), or NULL.
struct tick__guest_thread *tick__guest_waiters_next(const void *object, const struct tick__guest_thread *after);
uint32_t tick__guest_waiters_wake(const void *object, uint32_t most); // how many it woke
// A place behind all that wait: for who parks again and again for one object, so that it keeps its place.
static inline uint64_t tick__guest_place(void) {
    return ++tick__guest_turns->places;
}

// --- waits_words.c ---
struct tick__line;
void tick__guest_put_place(struct tick__line *line, const void *place); // ", in first+0x2c (program)", or nothing
void tick__guest_wait_details(
    const struct tick__guest_wait *wait, struct tick__line *line); // " that main/second has, in first+0x2c (program)"

// --- given by others, of which turn.c knows no more (a test has its own) ---
void tick__guest_at_wait(void);   // a thread waits or polls, and nobody is ready: perhaps this is the snapshot
bool tick__guest_must_wait(void); // the world would go on elsewhere; true: this was the snapshot, and a run begins here
void tick__guest_put_waits(void); // outcome.waits: a line a thread
_Noreturn void tick__guest_deadlock(const char *text); // nothing can ever happen; who waits for what

#endif
