// The poller: how a loop waits. The loop calls it once an iteration; what completed is appended to the ready queue.
#ifndef RETICK_POLLER_H
#define RETICK_POLLER_H

#include <retick/id.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tick_poller {
    const struct tick_poller_ops *ops;
};

struct tick_poller_ops {
    // Waits for completions, at most timeout ns (0 polls, negative: no limit), and completes their futures (which appends to the loop's
    // ready queue). timer: the timer that bounds the wait, 0 for none. Returns 0, or a negative error that ends the loop's run:
    // TICK_EDEADLOCK if nothing can ever complete (simulated pollers only). To a loop that is driven from outside (src/loop/step.c) it may
    // return -EINPROGRESS instead of waiting, and is then called again, with the same arguments, when the wait may be over.
    int (*wait)(struct tick_poller *self, int64_t timeout, tick_id timer);
    // From any thread: makes a wait in progress, or the next one, return at once. Returns 0 or a negated errno.
    int (*wake)(struct tick_poller *self);
};

#ifdef __cplusplus
}
#endif

#endif
