// For a debugger that has stopped a run: its tasks, each in a record that is read as bytes, so that no debug information is needed.
#ifndef RETICK_INSPECT_H
#define RETICK_INSPECT_H

#include "src/base/line.h"
#include <stdint.h>

struct tick_host;
struct tick_task;

enum tick__inspected_state {
    TICK__INSPECTED_RUNS,
    TICK__INSPECTED_WAITS,
    TICK__INSPECTED_READY,
    TICK__INSPECTED_NEW,
    TICK__INSPECTED_MIDST
};

struct tick__inspected {
    uint64_t sp, fp, ip; // where its stack goes on; 0: it has none (it is stackless, or has not begun), or runs
    uint64_t state;
    uint64_t stackless;
    char path[160];  // "alice/increment#2"
    char words[400]; // what it waits for, and where; "": nothing
};
// The number-th task, from 0, in the order of hosts and of creation; valid until the next call. NULL: there are no more, or no run.
const struct tick__inspected *tick__inspect_task(uint64_t number);

// "a/A waits for the lock of pool.c:12 (pool.c:40) that a/B holds" (deadlock.c)
void tick__world_say_wait(struct tick__line *words, const struct tick_host *host, const struct tick_task *task);

#endif
