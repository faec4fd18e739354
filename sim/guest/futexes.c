// futex(2), as programs and libraries call it themselves (libstdc++'s atomic waits, Rust's and Go's locks): waiters by address, private or
// not alike, as there is one process. Priority inheritance is not simulated.
#include "sim/guest/guest_int.h"
#include "sim/guest/life_int.h"
#include "sim/guest/locks_int.h"
#include "sim/guest/turn_int.h"
#include "src/base/times.h"
#include <linux/futex.h>

static long wait(const uint32_t *word, uint32_t value, uint32_t bits, int64_t deadline) {
    const struct tick__guest_wait wait = {.what = TICK__WAITS_FUTEX, .fd = -1, .object = word, .mark = bits, .interruptible = true};
    if (!bits || deadline < 0)
        return -EINVAL;
    if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != value)
        return -EAGAIN;
    int how;
    do
        how = tick__guest_park(&wait, deadline);
    while (how == -EINTR && deadline == TICK_NEVER && tick__guest_restarts() && __atomic_load_n(word, __ATOMIC_SEQ_CST) == value);
    return how < 0 ? how : how ? 0 : -ETIMEDOUT;
}

static long wake(const uint32_t *word, uint32_t most, uint32_t bits) {
    struct tick__guest_thread *next;
    long woken = 0;
    if (!bits)
        return -EINVAL;
    if (tick__guest_waiters_next(word, NULL))
        tick__guest_tell_notify(word, TICK__WAITS_FUTEX);
    for (struct tick__guest_thread *thread = tick__guest_waiters_next(word, NULL); thread && woken < (long)most; thread = next) {
        next = tick__guest_waiters_next(word, thread);
        if (!(thread->wait.mark & bits))
            continue;
        tick__guest_wake(thread);
        woken++;
    }
    return woken;
}

static long move(const uint32_t *from, const uint32_t *to, uint32_t most) {
    long moved = 0;
    for (struct tick__guest_thread *thread; moved < (long)most && from != to && (thread = tick__guest_waiters_next(from, NULL)) != NULL;
         moved++) {
        tick__guest_waiters_remove(thread);
        thread->wait.object = to;
        thread->place = tick__guest_place();
        tick__guest_waiters_add(thread);
    }
    return moved;
}

// FUTEX_WAKE_OP: changes the second word, and wakes there too, if what it was compares.
static long wake_op(const uint32_t *word, uint32_t most, uint32_t *other, uint32_t most_other, uint32_t op) {
    const int32_t shift = (int32_t)(op << 8) >> 20, compared = (int32_t)(op << 20) >> 20;
    const uint32_t by = op >> 31 ? (uint32_t)1 << (shift & 31) : (uint32_t)shift;
    const uint32_t was = *other;
    const int32_t old = (int32_t)was;
    bool wakes;
    switch (op >> 28 & 7) {
    case FUTEX_OP_SET:
        *other = by;
        break;
    case FUTEX_OP_ADD:
        *other = was + by;
        break;
    case FUTEX_OP_OR:
        *other = was | by;
        break;
    case FUTEX_OP_ANDN:
        *other = was & ~by;
        break;
    case FUTEX_OP_XOR:
        *other = was ^ by;
        break;
    default:
        return -ENOSYS;
    }
    switch (op >> 24 & 15) {
    case FUTEX_OP_CMP_EQ:
        wakes = old == compared;
        break;
    case FUTEX_OP_CMP_NE:
        wakes = old != compared;
        break;
    case FUTEX_OP_CMP_LT:
        wakes = old < compared;
        break;
    case FUTEX_OP_CMP_LE:
        wakes = old <= compared;
        break;
    case FUTEX_OP_CMP_GT:
        wakes = old > compared;
        break;
    case FUTEX_OP_CMP_GE:
        wakes = old >= compared;
        break;
    default:
        return -ENOSYS;
    }
    const long woken = wake(word, most, FUTEX_BITSET_MATCH_ANY);
    return wakes ? woken + wake(other, most_other, FUTEX_BITSET_MATCH_ANY) : woken;
}

static int64_t deadline_of(const struct timespec *at, int op) {
    const struct tick__until until = {.clock = op & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC, .at = at};
    if (!at)
        return TICK_NEVER;
    if (at->tv_sec < 0)
        return -1;
    if ((op & FUTEX_CMD_MASK) != FUTEX_WAIT)
        return tick__guest_moment(&until);
    if (at->tv_nsec < 0 || at->tv_nsec >= 1000000000)
        return -1;
    return tick__after(tick_kernel_now(tick__guest_kernel), tick__of_parts(at->tv_sec, at->tv_nsec));
}

long tick__guest_futex(const long *a) {
    uint32_t *word = (uint32_t *)a[0], *other = (uint32_t *)a[4];
    const int op = (int)a[1];
    const uint32_t value = (uint32_t)a[2], most = (uint32_t)a[3], third = (uint32_t)a[5];
    if ((uintptr_t)word % sizeof *word)
        return -EINVAL;
    switch (op & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
        return wait(word, value, FUTEX_BITSET_MATCH_ANY, deadline_of((const struct timespec *)a[3], op));
    case FUTEX_WAIT_BITSET:
        return wait(word, value, third, deadline_of((const struct timespec *)a[3], op));
    case FUTEX_WAKE:
        return wake(word, value, FUTEX_BITSET_MATCH_ANY);
    case FUTEX_WAKE_BITSET:
        return wake(word, value, third);
    case FUTEX_WAKE_OP:
        return wake_op(word, value, other, most, third);
    case FUTEX_CMP_REQUEUE:
        if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != third)
            return -EAGAIN;
        __attribute__((fallthrough));
    case FUTEX_REQUEUE: {
        const long woken = wake(word, value, FUTEX_BITSET_MATCH_ANY);
        const long moved = move(word, other, most);
        return (op & FUTEX_CMD_MASK) == FUTEX_REQUEUE ? woken : woken + moved;
    }
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
    case FUTEX_UNLOCK_PI:
    case FUTEX_TRYLOCK_PI:
    case FUTEX_WAIT_REQUEUE_PI:
    case FUTEX_CMP_REQUEUE_PI:
        tick__guest_unsupported("futex", "locks with priority inheritance");
    default:
        return -ENOSYS;
    }
}
