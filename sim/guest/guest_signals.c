// Signals: who takes one, when its handler runs, and those that are waited for.
//
// Each thread has a mask, which is the kernel thread's while it runs, and signals of its own; those of the process stand in the simulated
// kernel, where signalfds read them (sim/kernel/signalfd.c). A signal comes to a thread where that waits or polls, or is sent to itself,
// and nowhere between: there a real signal is sent to the one kernel thread, and the program's handler runs on the thread's own stack.
// What a signal does where there is no handler is done here, so that a run that ends by it is told like any other.
//
// In a process of one thread a blocked signal of the thread is one of the process, as nobody could tell, and signalfds read it. In others
// they read those of the process only.
#include "sim/guest/inside_int.h"
#include "sim/guest/life_int.h"
#include "sim/guest/process_state_int.h"
#include "sim/guest/trap_int.h"
#include "sim/kernel/calls.h"
#include "src/base/times.h"
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#define MOST 64
#define BIT(number) ((uint64_t)1 << ((number)-1))
#define UNBLOCKABLE (BIT(SIGKILL) | BIT(SIGSTOP))
#define IGNORED (BIT(SIGCHLD) | BIT(SIGURG) | BIT(SIGWINCH) | BIT(SIGCONT)) // unless there is a handler
#define STOPPING (BIT(SIGSTOP) | BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU))
#define USER 1000 // as the simulated kernel has it

static struct tick__trap_action action_of(int number) {
    struct tick__trap_action action = {.handler = SIG_DFL};
    (void)tick__trap_sigaction(number, NULL, &action, sizeof action.mask);
    if (tick__guest_is_crash_handler(action.handler))
        action = (struct tick__trap_action){.handler = SIG_DFL};
    return action;
}

static bool is_ignored(int number) {
    const struct tick__trap_action action = action_of(number);
    return action.handler == SIG_IGN || (action.handler == SIG_DFL && (IGNORED & BIT(number)));
}

// --- taking ---

static int lowest(uint64_t set) {
    return set ? __builtin_ctzll(set) + 1 : 0;
}

// The next of the set for the running thread, its own first: its number; 0: there is none.
static int take(uint64_t set, struct tick__guest_sent *sent) {
    struct tick__guest_life *life = &tick__guest_self()->life;
    struct signalfd_siginfo info;
    int number = lowest(life->pending & set);
    if (number) {
        life->pending &= ~BIT(number);
        *sent = life->sent[number - 1];
    } else if ((number = tick_kernel_signal_take(TICK__K, set, &info)) > 0) {
        *sent = (struct tick__guest_sent){.code = info.ssi_code, .timer = (int32_t)info.ssi_tid, .overrun = (int32_t)info.ssi_overrun};
        sent->value.sival_ptr = (void *)info.ssi_ptr; // NOLINT: a number is kept in it as well
    }
    if (number && sent->code == SI_TIMER)
        tick__guest_timer_taken(sent);
    return number;
}

static siginfo_t info_of(int number, const struct tick__guest_sent *sent) {
    siginfo_t info = {.si_signo = number, .si_code = sent->code};
    if (sent->code == SI_TIMER) {
        info.si_timerid = sent->timer;
        info.si_overrun = sent->overrun;
    } else if (sent->code != SI_KERNEL) {
        info.si_pid = TICK_GUEST_PID;
        info.si_uid = USER;
    }
    if (sent->code != SI_USER && sent->code != SI_TKILL && sent->code != SI_KERNEL)
        info.si_value = sent->value;
    return info;
}

static uint64_t real_mask(void) {
    uint64_t mask = 0;
    (void)tick__raw(SYS_rt_sigprocmask, SIG_BLOCK, 0, &mask, sizeof mask);
    return mask;
}

// Its handler runs now, before this returns, or it does what it does without one.
static void deliver(int number, const struct tick__guest_sent *sent) {
    struct tick__guest_life *life = &tick__guest_self()->life;
    const struct tick__trap_action action = action_of(number);
    siginfo_t info = info_of(number, sent);
    if (action.handler == SIG_DFL && !(IGNORED & BIT(number))) {
        if (STOPPING & BIT(number))
            tick__guest_unsupported("kill", "a program that stops itself, as nobody is there to continue it");
        tick__guest_end(TICK_GUEST_SIGNALLED, number, "");
    }
    if (!(action.flags & SA_RESTART))
        life->restarts = false;
    if (action.flags & SA_RESETHAND && tick__noted)
        tick__noted->handlers |= BIT(number); // the kernel changes it
    const char *const before = life->handles;
    life->handles = __builtin_frame_address(0);
    (void)tick__raw(SYS_rt_tgsigqueueinfo, tick__raw(SYS_getpid), tick__raw(SYS_gettid), number, &info);
    life->handles = before;
    life->mask = real_mask(); // a handler may change it
}

uint64_t tick__guest_pending(void) {
    return tick__guest_self()->life.pending | tick_kernel_signals(TICK__K);
}

bool tick__guest_called_on(void) {
    return (tick__guest_pending() & ~tick__guest_self()->life.mask) != 0;
}

void tick__guest_attend(void) {
    struct tick__guest_life *life = &tick__guest_self()->life;
    const int before = errno;
    if (!life->attention || life->masked)
        return;
    life->attention = false;
    life->restarts = true;
    struct tick__guest_sent sent;
    for (int number; (number = take(tick__guest_pending() & ~life->mask, &sent)) > 0;)
        deliver(number, &sent);
    errno = before;
}

bool tick__guest_restarts(void) {
    tick__guest_attend();
    return tick__guest_self()->life.restarts && !tick__guest_is_cancelled(tick__guest_self());
}

// --- sending ---

static bool is_alive(const struct tick__guest_thread *thread) {
    return thread->state != TICK__THREAD_FREE && thread->state != TICK__THREAD_OVER;
}

static bool wants(const struct tick__guest_thread *thread, int number) {
    return is_alive(thread) && ((thread->life.waits_for & BIT(number)) || !(thread->life.mask & BIT(number)));
}

// There is something for it to take: handlers run where it goes on, or now, if it is the one that runs.
static void call_on(struct tick__guest_thread *thread, int number) {
    if (thread->life.waits_for & BIT(number)) {
        tick__guest_wake(thread);
        return;
    }
    thread->life.attention = true;
    if (thread->state != TICK__THREAD_RUNNING)
        tick__guest_interrupt(thread);
}

int tick__guest_signal(struct tick__guest_thread *thread, int number, const struct tick__guest_sent *sent) {
    static const struct tick__guest_sent by_tkill = {.code = SI_TKILL};
    struct tick__guest_life *life = &thread->life;
    if (!is_alive(thread))
        return ESRCH;
    if (number < 0 || number > MOST)
        return EINVAL;
    if (!number)
        return 0;
    if (!wants(thread, number) && tick__guest_turns->alive == 1)
        return tick__guest_signal_process(number, sent ? sent : &by_tkill);
    if (!(life->mask & BIT(number)) && is_ignored(number))
        return 0;
    if (number >= SIGRTMIN || !(life->pending & BIT(number)))
        life->sent[number - 1] = sent ? *sent : by_tkill;
    life->pending |= BIT(number);
    if (!wants(thread, number))
        return 0;
    call_on(thread, number);
    if (thread == tick__guest_self())
        tick__guest_attend();
    return 0;
}

// Who takes a signal of the process: the first thread unless it has blocked it, as on Linux.
static struct tick__guest_thread *taker(int number) {
    struct tick__guest_turns *t = tick__guest_turns;
    for (uint32_t i = 0; i < t->count; i++)
        if (wants(&t->threads[i], number))
            return &t->threads[i];
    return NULL;
}

int tick__guest_signal_process(int number, const struct tick__guest_sent *sent) {
    if (number < 0 || number > MOST)
        return EINVAL;
    struct signalfd_siginfo info = {.ssi_signo = (uint32_t)number, .ssi_code = sent ? sent->code : SI_USER};
    if (!number)
        return 0;
    struct tick__guest_thread *thread = taker(number);
    if ((!thread || !(thread->life.mask & BIT(number))) && is_ignored(number) && !(tick__guest_turns->threads[0].life.mask & BIT(number)))
        return 0;
    if (info.ssi_code == SI_TIMER) {
        info.ssi_tid = (uint32_t)sent->timer;
    } else if (info.ssi_code != SI_KERNEL) {
        info.ssi_pid = TICK_GUEST_PID;
        info.ssi_uid = USER;
    }
    if (sent) {
        info.ssi_ptr = (uintptr_t)sent->value.sival_ptr;
        info.ssi_int = sent->value.sival_int;
    }
    if (tick_kernel_signal(TICK__K, &info) < 0)
        return EAGAIN;
    if (!thread)
        return 0;
    call_on(thread, number);
    return 0;
}

// --- masks ---

void tick__guest_mask_is(uint64_t mask) {
    struct tick__guest_life *life = &tick__guest_self()->life;
    life->mask = mask;
    life->attention = tick__guest_called_on();
    tick__guest_attend();
}

// In a handler the mask is another one. Where the handler was left by a jump it is whatever it is now.
void tick__guest_mask_look(void) {
    struct tick__guest_life *life = &tick__guest_self()->life;
    life->mask = real_mask();
    if ((const char *)__builtin_frame_address(0) > life->handles)
        life->handles = NULL;
}

static void set_mask(uint64_t mask) {
    struct tick__guest_life *life = &tick__guest_self()->life;
    mask &= ~(UNBLOCKABLE | tick__trap_kept);
    if (mask == life->mask && !life->handles)
        return;
    (void)tick__raw(SYS_rt_sigprocmask, SIG_SETMASK, &mask, 0, sizeof mask);
    life->mask = mask;
}

uint64_t tick__guest_mask_wait(uint64_t mask) {
    struct tick__guest_life *life = &tick__guest_self()->life;
    if (life->handles)
        tick__guest_mask_look();
    const uint64_t before = life->mask;
    set_mask(mask);
    life->masked = true;
    if (tick__guest_called_on())
        life->attention = true;
    return before;
}

long tick__guest_mask_back(uint64_t mask, long result) {
    struct tick__guest_life *life = &tick__guest_self()->life;
    life->masked = false;
    if (result == -EINTR)
        tick__guest_attend();
    set_mask(mask);
    life->attention = tick__guest_called_on();
    return result;
}

// --- waiting ---

long tick__guest_signal_wait(uint64_t set, siginfo_t *info, int64_t timeout) {
    struct tick__guest_life *life = &tick__guest_self()->life;
    const struct tick__guest_wait wait = {.what = TICK__WAITS_SIGNAL, .fd = -1, .interruptible = true, .place = tick__guest_caller};
    const int64_t deadline = tick__guest_deadline(timeout);
    struct tick__guest_sent sent;
    set &= ~UNBLOCKABLE;
    if (!timeout)
        tick__guest_spins_poll();
    tick__guest_point();
    for (int how = 1;; how = tick__guest_park(&wait, deadline)) {
        const int number = take(set, &sent);
        life->waits_for = 0;
        if (number && info)
            *info = info_of(number, &sent);
        if (number)
            return number;
        if (how < 0)
            return how;
        if (!how || !timeout)
            return -EAGAIN;
        life->waits_for = set;
    }
}

long tick__guest_suspend(uint64_t mask) {
    const struct tick__guest_wait wait = {.what = TICK__WAITS_SIGNAL, .fd = -1, .interruptible = true, .place = tick__guest_caller};
    const uint64_t before = tick__guest_mask_wait(mask);
    tick__guest_point();
    while (tick__guest_park(&wait, TICK_NEVER) != -EINTR)
        continue;
    return tick__guest_mask_back(before, -EINTR);
}
