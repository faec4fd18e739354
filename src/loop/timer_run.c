// The run: the timers of one slot, in the order in which they fire.
#include "src/base/alloc.h"
#include "src/loop/timer_int.h"
#include <errno.h>
#include <string.h>

enum { FEW = 24 };

int tick__run_reserve(struct tick__timers *timers, size_t count) {
    if (count <= timers->run_room)
        return 0;
    uint32_t room = timers->run_room ? timers->run_room : 64;
    while (room < count && room < UINT32_MAX / 4)
        room *= 2;
    struct tick__far *run = room < count ? NULL : tick__alloc((size_t)room * 2 * sizeof *run); // the other half is spare
    if (!run)
        return -ENOMEM;
    tick__free(timers->run);
    timers->run = run;
    timers->run_room = room;
    return 0;
}

static void insert(struct tick__far *run, uint32_t n) {
    for (uint32_t i = 1; i < n; i++) {
        const struct tick__far far = run[i];
        uint32_t at = i;
        for (; at > 0 && run[at - 1].low > far.low; at--)
            run[at] = run[at - 1];
        run[at] = far;
    }
}

// By two digits of 8 bits.
void tick__run_sort(struct tick__far *run, struct tick__far *spare, uint32_t n) {
    if (n < FEW) {
        insert(run, n);
        return;
    }
    uint32_t low[256] = {0}, high[256] = {0};
    for (uint32_t i = 0; i < n; i++) {
        low[run[i].low & 255]++;
        high[run[i].low >> 8 & 255]++;
    }
    for (uint32_t i = 0, before_low = 0, before_high = 0; i < 256; i++) {
        const uint32_t lows = low[i], highs = high[i];
        low[i] = before_low;
        high[i] = before_high;
        before_low += lows;
        before_high += highs;
    }
    for (uint32_t i = 0; i < n; i++)
        spare[low[run[i].low & 255]++] = run[i];
    for (uint32_t i = 0; i < n; i++)
        run[high[spare[i].low >> 8 & 255]++] = spare[i];
}
