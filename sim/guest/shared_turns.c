// A world of which others have a part: hosts whose programs are in other processes, on the same kernel, of which one at a time has the
// turn.
//
// This program's is over where none of its threads is ready. What happens next is for the keeper, who takes the kernel's events and hands
// the turn to whom they reach; it hands over what has happened to this program's threads as well, in the order in which it did.
#include "sim/guest/inside_int.h"
#include "sim/guest/life_int.h"
#include "sim/guest/tell_int.h"
#include <signal.h>
#include <stdatomic.h>

#define FUTEX_WAIT 0
#define FUTEX_WAKE 1

bool tick__guest_shared;
uint32_t tick__guest_first_waiter;

static bool is_ours(uint32_t waiter) {
    return waiter - tick__guest_first_waiter < TICK__GUEST_THREADS;
}

bool tick__guest_takes(uint32_t *index) {
    uint32_t waiter;
    if (!tick_kernel_to_wake(tick__guest_kernel, &waiter) || !is_ours(waiter))
        return false;
    (void)tick_kernel_woken(tick__guest_kernel, &waiter);
    *index = waiter - tick__guest_first_waiter;
    return true;
}

// Others know its threads and timers by numbers in one row, the threads first.
uint32_t tick__guest_post(int64_t at, uint32_t what, uint32_t arg) {
    if (!tick__guest_shared)
        return tick_kernel_post(tick__guest_kernel, at, what, arg);
    const uint32_t number = what == TICK__POST_TIMER ? TICK__GUEST_THREADS + arg : arg;
    return tick_kernel_post(tick__guest_kernel, at, tick__guest_control->settings.shared_post, tick__guest_first_waiter + number);
}

bool tick__guest_is_waited_for(void) {
    uint32_t waiter;
    return tick__guest_control->turn.others || tick_kernel_to_wake(tick__guest_kernel, &waiter) ||
           tick_kernel_next_at(tick__guest_kernel) <= tick_kernel_now(tick__guest_kernel);
}

static void wait_for_turn(void) {
    _Atomic uint32_t *state = &tick__guest_control->state;
    atomic_store(state, TICK_GUEST_PARKED);
    tick__raw(SYS_futex, state, FUTEX_WAKE, INT32_MAX);
    while (atomic_load(state) == TICK_GUEST_PARKED)
        tick__raw(SYS_futex, state, FUTEX_WAIT, TICK_GUEST_PARKED, NULL);
}

void tick__guest_turn_comes(void) {
    const struct tick_guest_turn *turn = &tick__guest_control->turn;
    tick__guest_tell_counts(turn->objects, turn->events);
    if (tick__guest_probe)
        tick__guest_probe->acted = turn->acted;
    tick__guest_kernel->cause = 0;
    tick_kernel_clock_to(tick__guest_kernel, tick_kernel_now(tick__guest_kernel)); // the probe's clock is this process's own
    for (uint32_t i = 0; i < turn->happened; i++) {
        const struct tick_guest_happening *happening = &turn->happening[i];
        const uint32_t number = happening->number;
        if (!happening->posted)
            tick__guest_woken(&tick__guest_turns->threads[number], happening->by, happening->ordinal, happening->cause);
        else if (number < TICK__GUEST_THREADS)
            tick__guest_comes(TICK__POST_GO_ON, number);
        else
            tick__guest_comes(TICK__POST_TIMER, number - TICK__GUEST_THREADS);
    }
    tick__guest_expire();
    if (turn->stops)
        (void)tick__guest_signal_process(SIGTERM, NULL);
}

static bool is_put_off(void) {
    const struct tick__guest_turns *t = tick__guest_turns;
    for (uint32_t i = 0; i < t->count; i++)
        if (t->threads[i].state == TICK__THREAD_PUT_OFF)
            return true;
    return false;
}

static bool is_alone(void) {
    const struct tick__guest_turns *t = tick__guest_turns;
    for (uint32_t i = 0; i < t->count; i++) {
        const uint8_t what = t->threads[i].state == TICK__THREAD_PARKED ? t->threads[i].wait.what : TICK__WAITS_LOCK;
        if (what == TICK__WAITS_FDS || what == TICK__WAITS_SLEEP || what == TICK__WAITS_SIGNAL)
            return false;
    }
    return true;
}

void tick__guest_hand_over(bool ready) {
    if (tick__guest_must_wait())
        return;
    struct tick_guest_turn *turn = &tick__guest_control->turn;
    const struct tick__guest_thread *first = tick__guest_deadline_first();
    turn->ready = ready;
    turn->put_off = is_put_off();
    turn->alone = !ready && !first && !turn->put_off && is_alone();
    turn->deadline = first ? first->deadline : TICK_NEVER;
    tick__guest_told_counts(&turn->objects, &turn->events);
    for (wait_for_turn(); turn->asks; wait_for_turn())
        tick__guest_put_waits();
    if (turn->back)
        tick__guest_end(TICK_GUEST_UNENDED, 0, "");
    tick__guest_turn_comes();
}
