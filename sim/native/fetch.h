// What later turns will touch, brought near in advance (large worlds).
#ifndef RETICK_FETCH_H
#define RETICK_FETCH_H

#include "sim/native/harness_int.h"

// What is used when data come to a socket that a task waits for. Addresses to fetch, never to be read through: they may be stale.
struct waiting {
    const void *object, *bytes, *task, *coro, *stack;
};
#define WAITING_MOST ((uint32_t)1 << 18) // a power of two. Of two sockets so far apart, the later is there

static inline struct waiting *tick__waiting(const struct natives *natives, uint32_t sock) {
    return &natives->waiting[sock / 5 & (WAITING_MOST - 1)]; // sockets stand five granules apart at least: entries as near as they do
}

void tick__fetch_init(struct natives *natives);  // the run begins
void tick__fetch_begin(struct natives *natives); // an event is about to be carried out
void tick__fetch_step(struct natives *natives);
static inline void tick__fetch_more(struct natives *natives) { // there is time for another step
    if (natives->fetching)
        tick__fetch_step(natives);
}

#endif
