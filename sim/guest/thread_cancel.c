// What others ask of a thread: to end (pthread_cancel), or to take a signal (pthread_kill). Both are looked at where it goes on.
//
// Cancellation acts at waits that are cancellation points; asynchronous cancellation acts there, too, as nothing here interrupts a thread
// between two calls, and at once on oneself. A signal for another thread is kept for it: handlers run on its own stack, by a real signal to
// the one kernel thread while it runs there. Each thread has its own mask, which is the kernel thread's while it runs (turn.c).
#include "sim/guest/guest_int.h"
#include "sim/guest/life_int.h"
#include "sim/guest/turn_int.h"
#include <unistd.h>

static uint64_t bit(int number) {
    return (uint64_t)1 << (number - 1);
}

bool tick__guest_is_cancelled(const struct tick__guest_thread *thread) {
    return thread->life.cancelled && !thread->life.uncancellable;
}

static void take(struct tick__guest_life *life, int number) {
    const long pid = tick__raw(SYS_getpid), tid = tick__raw(SYS_gettid);
    life->pending &= ~bit(number);
    if (life->queued & bit(number)) {
        siginfo_t info = {.si_signo = number, .si_code = SI_QUEUE};
        life->queued &= ~bit(number);
        info.si_pid = (pid_t)pid;
        info.si_value = life->values[number - 1];
        (void)tick__raw(SYS_rt_tgsigqueueinfo, pid, tid, number, &info);
    } else {
        (void)tick__raw(SYS_tgkill, pid, tid, number);
    }
}

void tick__guest_attend(void) {
    struct tick__guest_life *life = &tick__guest_self()->life;
    const int before = errno;
    life->attention = false;
    for (int number = 1; life->pending & ~life->mask && number <= 64; number++)
        if (life->pending & ~life->mask & bit(number))
            take(life, number);
    errno = before;
}

void tick__guest_interrupted(void) {
    struct tick__guest_thread *self = tick__guest_self();
    tick__guest_attend();
    if (tick__guest_is_cancelled(self))
        tick__guest_thread_exit(PTHREAD_CANCELED);
}

void tick__guest_cancel(struct tick__guest_thread *thread) {
    thread->life.cancelled = true;
    if (thread != tick__guest_self()) {
        if (tick__guest_is_cancelled(thread) && thread->wait.interruptible)
            tick__guest_interrupt(thread);
    } else if (thread->life.cancelled_at_once) {
        tick__guest_interrupted();
    }
}

int tick__guest_signal(struct tick__guest_thread *thread, int number, const union sigval *value) {
    struct tick__guest_life *life = &thread->life;
    if (thread->state == TICK__THREAD_OVER)
        return ESRCH;
    if (number < 0 || number > 64)
        return EINVAL;
    if (!number)
        return 0;
    life->pending |= bit(number);
    if (value) {
        life->queued |= bit(number);
        life->values[number - 1] = *value;
    }
    if (life->mask & bit(number))
        return 0;
    life->attention = true;
    if (thread == tick__guest_self())
        tick__guest_attend();
    else
        tick__guest_interrupt(thread);
    return 0;
}

void tick__guest_mask_is(uint64_t mask) {
    struct tick__guest_life *life = &tick__guest_self()->life;
    life->mask = mask;
    if (life->pending & ~mask)
        tick__guest_attend();
}
