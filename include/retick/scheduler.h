// The scheduler: in which order a loop runs what is ready. Without one it is asyncio's: first in, first out.
//
// An iteration runs a snapshot: what was ready when it was sealed. What is pushed afterwards waits for the next, whatever the scheduler,
// so that nothing starves a poll. The relaxed choice `displace` acts above, on what pop gives.
#ifndef RETICK_SCHEDULER_H
#define RETICK_SCHEDULER_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// Something that is ready: a callback's handle or a task's step. While it is queued, `next` is the scheduler's.
struct tick_ready {
    struct tick_ready *next;
};

struct tick_scheduler {
    const struct tick_scheduler_ops *ops;
};

// Called on the loop's thread only. None of them may fail, allocate or call the loop.
struct tick_scheduler_ops {
    const char *name;
    // Takes the item in. It belongs to a snapshot that is not sealed yet.
    void (*push)(struct tick_scheduler *self, struct tick_ready *item);
    // Closes the snapshot: returns how many items were pushed since the last seal. All of the last snapshot have been popped by then.
    size_t (*seal)(struct tick_scheduler *self);
    // The next item of the closed snapshot; called exactly as often as seal said. Cancelled handles are among them, and count.
    struct tick_ready *(*pop)(struct tick_scheduler *self);
};

// The example: last in, first out, within each snapshot. Storage is the caller's.
struct tick_lifo {
    struct tick_scheduler scheduler; // first
    struct tick_ready *pushed, *sealed;
    size_t count;
};
void tick_lifo_init(struct tick_lifo *lifo);

#ifdef __cplusplus
}
#endif

#endif
