// Inside the loop: the structures that src/loop's files share, and what src/io may embed.
#ifndef RETICK_LOOP_INT_H
#define RETICK_LOOP_INT_H

#include <retick/loop.h>

// A future is embedded in tasks and in I/O operations; ops says how the thing around it behaves.
struct tick_future_ops {
    enum tick_object_type type;
    // Future.cancel of a pending one: returns whether the request was taken. The default (NULL) cancels the future itself.
    bool (*cancel)(struct tick_future *future, const char *message);
    // The last reference is gone: frees the thing around. NULL: the future is not counted (it is embedded in caller's storage).
    void (*drop)(struct tick_future *future);
};

// Initialises an embedded pending future of the loop with one reference; emits future_create. The definition of struct tick_future is
// below, for embedding; its fields are src/loop's own.
void tick__future_init(struct tick_future *future, struct tick_loop *loop, const struct tick_future_ops *ops, const struct tick_loc *loc);

// The running loop of this thread. The simulated world swaps it when it switches hosts.
extern _Thread_local struct tick_loop *tick__loop_running;

#endif
