// In a large world each turn begins with memory that no cache holds any more. What is fetched here in advance changes nothing but time.
//
// The world knows which segments come next. While one is carried out, that of later ones is brought near, in steps: the sockets that a
// segment passes between; what these lead to; whom they reach, and the task that waits there; at last what the host's structure leads to.
// A step is a few lines of the cache, and is taken where the turn calls the seam: a processor waits for a dozen lines at a time, and a turn
// takes forty, so that all of them at once would hold it up for as long as they take. Into the second-level cache: the first is too small.
#include "sim/native/fetch.h"
#include "src/base/outside.h"
#include "src/loop/loop_int.h"

#define LARGE 200  // hosts
#define BELOW 512  // of the stack of a task that waits, from where it called the seam: what its next step will use,
#define ABOVE 512  // and what it goes back to
#define STREAM 320 // bytes of what it waits for
#define WAVE 4     // segments

static void fetch(const void *memory, size_t size) {
    for (size_t at = 0; at < size; at += 64)
        __builtin_prefetch((const char *)memory + at, 0, 2);
}

void tick__fetch_init(struct tick_world *w) {
    if (w->host_count >= LARGE && !w->waiting) // not zero: what no socket has written is fetched in vain
        w->waiting = tick__outside_alloc(WAITING_MOST * sizeof *w->waiting);
    w->large = w->host_count >= LARGE && w->waiting;
    w->fetching = 0;
    if (w->large) {
        tick_heap_many();
        tick_kernel_large(w->kernel);
    }
}

static const struct waiting *waiting_at(const struct tick_world *w, uint32_t place) {
    return tick__waiting(w, tick_kernel_segment(w->kernel, place));
}

void tick__fetch_step(struct tick_world *w) {
    struct tick_host *const *hosts = w->hosts.items;
    const struct waiting *waiting;
    int host;
    switch (w->fetching--) {
    case 6:
        tick_kernel_fetch(w->kernel, 8);
        fetch(waiting_at(w, 16), sizeof(struct waiting));
        break;
    case 5:
        host = tick_kernel_ahead(w->kernel, 6);
        if (host >= 0)
            fetch(hosts[host], HOST_HOT);
        break;
    case 4:
        waiting = waiting_at(w, 5);
        fetch(waiting->coro, 64);
        fetch((const char *)waiting->stack - BELOW, BELOW);
        break;
    case 3:
        waiting = waiting_at(w, 4);
        fetch(waiting->stack, ABOVE);
        break;
    case 2:
        waiting = waiting_at(w, 3);
        fetch(waiting->object, STREAM);
        fetch((const char *)waiting->task + TICK__TASK_HOT, TICK__TASK_HOT_SIZE);
        fetch(waiting->bytes, 64);
        break;
    default:
        host = tick_kernel_near(w->kernel, 2);
        if (host >= 0) {
            fetch(hosts[host]->loop, TICK__LOOP_HOT);
            fetch(&hosts[host]->loop->mark, 64);
            fetch(hosts[host]->io, 64);
        }
        break;
    }
}

void tick__fetch_begin(struct tick_world *w) {
    if (!w->large)
        return;
    while (w->fetching)
        tick__fetch_step(w);
    if (w->events % WAVE == 0)
        for (uint32_t i = 0; i < WAVE; i++)
            __builtin_prefetch(waiting_at(w, 8 + i)->coro, 0, 2);
    w->fetching = 6;
    tick__fetch_step(w);
}
