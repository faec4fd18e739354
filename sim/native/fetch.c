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

void tick__fetch_init(struct natives *n) {
    if (n->world.host_count >= LARGE && !n->waiting) // not zero: what no socket has written is fetched in vain
        n->waiting = tick__outside_alloc(WAITING_MOST * sizeof *n->waiting);
    n->large = n->world.host_count >= LARGE && n->waiting;
    n->fetching = 0;
    if (n->large) {
        tick_heap_many();
        tick_kernel_large(n->world.kernel);
    }
}

static const struct waiting *waiting_at(const struct natives *n, uint32_t place) {
    return tick__waiting(n, tick_kernel_segment(n->world.kernel, place));
}

void tick__fetch_step(struct natives *n) {
    struct tick_host *const *hosts = n->world.hosts.items;
    const struct waiting *waiting;
    int host;
    switch (n->fetching--) {
    case 6:
        tick_kernel_fetch(n->world.kernel, 8);
        fetch(waiting_at(n, 16), sizeof(struct waiting));
        break;
    case 5:
        host = tick_kernel_ahead(n->world.kernel, 6);
        if (host >= 0)
            fetch(tick__native(hosts[host]), NATIVE_HOT);
        break;
    case 4:
        waiting = waiting_at(n, 5);
        fetch(waiting->coro, 64);
        fetch((const char *)waiting->stack - BELOW, BELOW);
        break;
    case 3:
        waiting = waiting_at(n, 4);
        fetch(waiting->stack, ABOVE);
        break;
    case 2:
        waiting = waiting_at(n, 3);
        fetch(waiting->object, STREAM);
        fetch((const char *)waiting->task + TICK__TASK_HOT, TICK__TASK_HOT_SIZE);
        fetch(waiting->bytes, 64);
        break;
    default:
        host = tick_kernel_near(n->world.kernel, 2);
        if (host >= 0) {
            fetch(tick__native(hosts[host])->loop, TICK__LOOP_HOT);
            fetch(&tick__native(hosts[host])->loop->mark, 64);
            fetch(tick__native(hosts[host])->io, 64);
        }
        break;
    }
}

void tick__fetch_begin(struct natives *n) {
    if (!n->large)
        return;
    while (n->fetching)
        tick__fetch_step(n);
    if (n->world.events % WAVE == 0)
        for (uint32_t i = 0; i < WAVE; i++)
            __builtin_prefetch(waiting_at(n, 8 + i)->coro, 0, 2);
    n->fetching = 6;
    tick__fetch_step(n);
}
