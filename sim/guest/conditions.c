// Condition variables: the one who waits longest is woken first; nobody is woken for nothing but by signals.
//
// The mutex is unlocked and the thread parks without anybody in between, so no signal is lost. Nothing is kept in the object; what is read
// there is the clock that pthread_cond_init was told (glibc since 2.25 has it in bit 1 of __wrefs).
#include "sim/guest/guest_int.h"
#include "sim/guest/life_int.h"
#include "sim/guest/locks_int.h"
#include "sim/guest/turn_int.h"

clockid_t tick__guest_cond_clock(const pthread_cond_t *cond) {
    return cond->__data.__wrefs & 2 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}

int tick__guest_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct tick__until *until) {
    const struct tick__guest_wait wait = {
        .what = TICK__WAITS_CONDITION, .fd = -1, .object = cond, .place = until->place, .interruptible = true};
    const int64_t deadline = tick__guest_moment(until);
    if (deadline < 0)
        return EINVAL;
    if (tick__guest_is_cancelled(tick__guest_self()))
        tick__guest_interrupted();
    const int unlocked = tick__guest_mutex_unlock(mutex);
    if (unlocked)
        return unlocked;
    const int how = tick__guest_park(&wait, deadline);
    const struct tick__until for_ever = {.place = until->place};
    const int error = tick__guest_mutex_lock(mutex, &for_ever); // a cancelled thread has it, too, in its cleanup handlers
    if (how == -EINTR)
        tick__guest_interrupted();
    return error || how ? error : ETIMEDOUT;
}
