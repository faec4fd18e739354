// Who waits when a run ends: for what, since when and where, and who would have to do something first; the circles of those who wait for
// each other; and which of all these matter: those of hosts that must end, and whom they wait for, also on other hosts.
#ifndef RETICK_WAITS_H
#define RETICK_WAITS_H

#include "trace/explain/beside.h"
#include "trace/explain/said.h"

enum tick__wait_kind {
    TICK__WAIT_UNTOLD, // not told what for: a group's tasks, or something
    TICK__WAIT_TASKS,  // for tasks to end
    TICK__WAIT_LOCK,   // for a lock or a semaphore's permit
    TICK__WAIT_RESOURCE,
    TICK__WAIT_FUTURE,
    TICK__WAIT_SLEEP,
    TICK__WAIT_ACCEPT,
    TICK__WAIT_CONNECT,
    TICK__WAIT_READ,
    TICK__WAIT_WRITE,
    TICK__WAIT_STEP, // in the midst of a step: it does not come back from that, or stands in a call that blocks
    TICK__WAIT_TURN, // it is to go on, and has not had its turn
};
extern const char *const tick__wait_words[]; // by kind: "tasks", "lock", ...

// What is wanted of a queue: an item that others put in, one that others have to put back, or room.
enum tick__queue_wait { TICK__QUEUE_NONE, TICK__QUEUE_ITEM, TICK__QUEUE_POOL, TICK__QUEUE_ROOM };

struct tick__waiter {
    uint32_t task, host;
    uint32_t seq; // the event that told what it waits for; else its last step's last event
    uint32_t subject, loc;
    int64_t since;
    enum tick__wait_kind kind;
    enum tick__queue_wait queue;
    // The tasks without which it cannot go on, needs[needs_from] and so on: those that it joins, that hold what it wants, that are at the
    // other end. Of many the first TICK__NEEDS_MOST.
    uint32_t needs_from, needs_count, needs_all;
    uint32_t held;                  // seq since which it is held, by the first of them if that is not over; 0 = it is not
    uint32_t holder;                // by whom; of an event flag, who cleared it then, and has to set it again
    int64_t amount; // of a lock: how often it is held; of a queue: items in it that leave no room, or that were taken and are not put back;
                    // of a write: bytes that the other end has not read; -1 = not known
    uint32_t connection, peer_host; // of a read, a write, a connect; 0 = not known
    uint32_t woke;                  // the latest wake-up of somebody who waited for the same thing: task_ready, 0 = none
    uint32_t circle;                // number of the circle that it is part of, 0 = none
    uint32_t next;                  // in that: index of the waiter that it waits for
    uint32_t like;                  // index of the first that is like it in all but numbers: itself, mostly
    uint32_t likes;                 // of that first one: how many more are like it
    bool idle;                      // nobody who must end waits for it
};
#define TICK__NEEDS_MOST 16

struct tick__waits {
    const struct tick__tale *tale;
    struct tick__waiter *waiters; // those that matter first, in the order in which one comes to them from the main tasks
    uint32_t count, matter;
    uint32_t circles;
    uint32_t *needs, needs_used; // tasks
    struct tick__waits_work *work;
};
// Whether the verdict is about those who wait.
bool tick__ends_in_waiting(const struct tick_trace *trace);
// good: a run beside, which may show what is done with a queue; NULL: none. 0 or -ENOMEM.
int tick__waits_find(const struct tick__tale *tale, const struct tick__tale *good, struct tick__waits *waits);
void tick__waits_fini(struct tick__waits *waits);
const struct tick__waiter *tick__waits_of(const struct tick__waits *waits, uint32_t task); // NULL: it does not wait
bool tick__waits_ended(const struct tick__waits *waits, uint32_t task);                    // it is over, or went with its host

// "waits for the lock of pool.c:12, which app/b holds", of many "wait for ...".
void tick__waits_say(const struct tick__waits *waits, const struct tick__waiter *waiter, bool many, struct tick__said *said);
// "a circle: app/a waits for ... (pool.c:40), which app/b holds; app/b waits for ...": the circle that this one is part of.
void tick__waits_say_circle(const struct tick__waits *waits, const struct tick__waiter *waiter, struct tick__said *said);
// The latest wake-up there, if nobody holds it: "the last to be woken there was app/c, at 3 ms by app/p".
void tick__waits_say_woken(const struct tick__waits *waits, const struct tick__waiter *waiter, struct tick__said *said);
// How the same wait ends in the run beside: "app/p wakes it at 12 ms". Nothing if it is not there, or does not end there, either.
void tick__waits_say_beside(const struct tick__waiter *waiter, const struct tick__beside *beside, struct tick__said *said);

#endif
