// The run: the timers of one slot, in the order in which they fire.
#include "src/base/alloc.h"
#include "src/loop/timer_int.h"
#include <errno.h>
#include <string.h>

enum { KEY_BITS = 16, FEW = 8, DIGIT_MOST = 8, CROWD = 16 };

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

// By `bits` of the key, from `shift` on. Returns the most that share a digit; does nothing if they are more than `most`.
static uint32_t distribute(struct tick__far *to, const struct tick__far *from, uint32_t n, unsigned shift, unsigned bits, uint32_t most) {
    const uint32_t digits = 1u << bits;
    uint32_t at[1 << DIGIT_MOST], crowd = 0;
    memset(at, 0, digits * sizeof *at);
    for (uint32_t i = 0; i < n; i++)
        at[from[i].low >> shift & (digits - 1)]++;
    for (uint32_t i = 0, before = 0; i < digits; i++) {
        const uint32_t count = at[i];
        crowd = count > crowd ? count : crowd;
        at[i] = before;
        before += count;
    }
    if (crowd <= most)
        for (uint32_t i = 0; i < n; i++)
            to[at[from[i].low >> shift & (digits - 1)]++] = from[i];
    return crowd;
}

// As many digits as there are timers leave hardly one out of its place. If they crowd, a radix sort does not mind.
void tick__run_sort(struct tick__far *run, struct tick__far *spare, uint32_t n) {
    if (n > FEW) {
        const unsigned magnitude = 32u - (unsigned)__builtin_clz(n), bits = magnitude < DIGIT_MOST ? magnitude : DIGIT_MOST;
        if (distribute(spare, run, n, KEY_BITS - bits, bits, CROWD) > CROWD) {
            (void)distribute(spare, run, n, 0, DIGIT_MOST, n);
            (void)distribute(run, spare, n, DIGIT_MOST, DIGIT_MOST, n);
            return;
        }
        memcpy(run, spare, n * sizeof *run);
    }
    insert(run, n);
}
