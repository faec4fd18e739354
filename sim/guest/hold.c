// A program that begins in the midst of a run, as its host is started again or begins late, does so in a process that is held: it has
// started before, up to where it meets the world for the first time, and stands there, rewound or forked for each run as at a snapshot.
//
// The world is met where the program needs it (tick__guest_begin), where it looks at a clock, and where it writes to its outputs. What it
// has done before that is the same whenever it begins: its random bytes are its life's, its files the machine's. So it is held by who is
// alone: what starts a child before it needs the world is a process like any other, and begins anew each time.
#include "sim/guest/inside_int.h"
#include "sim/guest/snapshot_int.h"
#include "sim/guest/trap_int.h"
#include <stdatomic.h>
#include <time.h>

#define WALL TICK_SEC(1577836800) // what Python sees as it starts; nobody else does
#define UP TICK_SEC(100000)

static bool held;

bool tick__guest_held(void) {
    return held;
}

static bool waits(void) {
    return tick__guest_control->settings.way != TICK_GUEST_START;
}

void tick__guest_hold(bool begins) {
    struct tick_guest_control *const control = tick__guest_control;
    const int32_t self = (int32_t)tick__raw(SYS_getpid);
    int32_t nobody = 0;
    if (!control->settings.held || held)
        return;
    if (!begins && control->root != self) {
        if (waits())
            tick__guest_hold_fails("a child of it does something before it needs the world");
        return;
    }
    if (!atomic_compare_exchange_strong(&control->tenant, &nobody, self) && nobody != self)
        return; // it is somebody else's
    held = true;
    if (!control->settings.no_backstop) // a filter cannot be taken back: it is there before the snapshot
        control->backstop = tick__trap_begin();
    tick__guest_hold_here(); // once a run from here on
    tick__guest_world_enter();
    tick__guest_python_starts();
}

bool tick__guest_hold_clock(int clock, int64_t *ns) {
    const bool stands_still = clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
    if (!tick__guest_control->settings.held || held || stands_still)
        return false;
    if (!tick__guest_python_looks()) {
        tick__guest_hold(false);
        return false;
    }
    *ns = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ? WALL : UP;
    return true;
}

void tick__guest_hold_leaves(void) {
    if (held && !tick__guest_begun)
        tick__guest_hold_fails("it starts a child before it needs the world");
}
