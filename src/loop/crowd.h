// Listening to several futures at once, for one who may stop listening before they are done.
#ifndef RETICK_CROWD_H
#define RETICK_CROWD_H

#include "src/loop/loop_int.h"

typedef void tick__crowd_fn(void *owner, struct tick_future *future);

struct tick__crowd;
// Calls each(owner, future) through call_soon when a future is done, once also if it is named twice. Holds references to them. Returns
// NULL when out of memory. *distinct: how many they are.
struct tick__crowd *tick__crowd_new(
    struct tick_loop *loop, struct tick_future *const *futures, size_t count, tick__crowd_fn *each, void *owner, size_t *distinct);
void tick__crowd_leave(struct tick__crowd *crowd); // no call comes any more; frees it in the end. NULL is allowed

#endif
