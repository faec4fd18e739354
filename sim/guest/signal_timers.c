// Timers that send signals: alarm, setitimer(ITIMER_REAL) and timer_create. They count in the world's time, and fire there, or later by
// choice (poll_late, by the timer and how often it has fired), as on a busy machine. Processors' time stands still: timers that count it
// never fire.
//
// SIGEV_THREAD is the matter of a thread of ours, as it is of one of libc's: it waits for a signal that libc keeps for itself, and starts a
// thread for each timer that has fired.
#include "sim/guest/inside_int.h"
#include "sim/guest/life_int.h"
#include "sim/guest/tell_int.h"
#include "src/base/times.h"
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#define TIMERS 256u
#define ITIMER 0u // the first is setitimer's
#define LATE_MOST TICK_MS(100)
#define OVERRUN_MOST INT32_MAX
#define LIBC_SIGNAL 32 // SIGTIMER, which programs never see

struct timer {
    bool used, put_off, sent; // put_off: it is late; sent: its signal is pending
    uint8_t notify;           // SIGEV_*
    bool stands;              // it counts processors' time
    clockid_t clock;
    int number;
    int32_t overrun, skipped; // of its last signal that was taken; since the one that is pending
    pid_t thread;             // SIGEV_THREAD_ID
    union sigval value;
    void (*call)(union sigval);
    int64_t deadline, interval; // TICK_NEVER: it is not armed
    uint32_t key;
    tick_id id;
    uint64_t fired;
    uint32_t object, told; // where somebody listens: the timer, and its arming
};
static struct timer timers[TIMERS];
static struct tick__guest_thread *helper; // of SIGEV_THREAD

static struct timer *timer_at(long index) {
    return index > 0 && index < (long)TIMERS && timers[index].used ? &timers[index] : NULL;
}

static bool is_armed(const struct timer *t) {
    return t->key != 0;
}

static void post(struct timer *t, int64_t at) {
    t->key = tick__guest_post(at, TICK__POST_TIMER, (uint32_t)(t - timers));
    if (!t->key)
        tick__guest_end(TICK_GUEST_NO_MEMORY, 0, "the simulated kernel's memory is full");
}

static void disarm(struct timer *t) {
    if (t->key) {
        tick_kernel_unpost(tick__guest_kernel, t->key);
        (void)tick__guest_tell_timer_is(TICK_EV_TIMER_CANCEL, t->object, 0, t->deadline);
    }
    t->key = 0;
    t->put_off = false;
}

static void arm(struct timer *t, int64_t deadline, int64_t interval) {
    uint32_t kth;
    disarm(t);
    t->deadline = deadline;
    t->interval = interval;
    t->fired = 0;
    if (t->stands)
        return;
    t->id = tick_maker_next(&tick__guest_self()->maker, TICK_SORT_DEADLINE, &kth);
    t->object = tick__guest_tell_timer(t->id, kth);
    t->told = tick__guest_tell_timer_is(TICK_EV_TIMER_ARM, t->object, 0, deadline);
    post(t, deadline);
}

// --- firing ---

static int64_t lateness(const struct timer *t) {
    if (tick__guest_is_calm(TICK_CHOICE_POLL_LATE))
        return 0;
    const uint32_t value = tick__guest_choose(TICK_CHOICE_POLL_LATE, t->id, t->fired, tick_scale_count(LATE_MOST), LATE_MOST);
    return tick_scale_capped(value, LATE_MOST);
}

static void send_it(struct timer *t) {
    struct tick__guest_sent sent = {.code = t == &timers[ITIMER] ? SI_KERNEL : SI_TIMER, .timer = (int32_t)(t - timers), .value = t->value};
    if (t->sent) {
        t->skipped += t->skipped < OVERRUN_MOST;
        return;
    }
    t->sent = t != &timers[ITIMER];
    const long index = t->thread - TICK_GUEST_PID;
    if (t->notify == SIGEV_THREAD)
        (void)tick__guest_signal(helper, LIBC_SIGNAL, NULL);
    else if (t->notify == SIGEV_THREAD_ID && index >= 0 && index < (long)tick__guest_turns->count)
        (void)tick__guest_signal(&tick__guest_turns->threads[index], t->number, &sent);
    else
        (void)tick__guest_signal_process(t->number, &sent);
}

void tick__guest_timer_due(uint32_t index) {
    struct timer *t = &timers[index];
    const int64_t now = tick_kernel_now(tick__guest_kernel);
    t->key = 0;
    if (!t->put_off) {
        const int64_t late = lateness(t);
        t->put_off = late > 0;
        if (late > 0) {
            post(t, tick__after(now, late));
            return;
        }
    }
    t->put_off = false;
    t->fired++;
    const uint32_t told = tick__guest_tell_timer_is(TICK_EV_TIMER_FIRE, t->object, t->told, t->deadline);
    if (t->interval > 0) {
        const int64_t missed = tick__until(now, t->deadline) / t->interval;
        const uint32_t skipped = missed < OVERRUN_MOST ? (uint32_t)missed : OVERRUN_MOST;
        t->skipped = skipped < (uint32_t)(OVERRUN_MOST - t->skipped) ? t->skipped + (int32_t)skipped : OVERRUN_MOST;
        t->deadline = tick__after(tick__after(t->deadline, tick__times(missed, t->interval)), t->interval);
        t->told = tick__guest_tell_timer_is(TICK_EV_TIMER_ARM, t->object, told, t->deadline);
        post(t, t->deadline);
    }
    tick__guest_tell_by(told);
    if (t->notify != SIGEV_NONE)
        send_it(t);
    tick__guest_tell_by(0);
}

void tick__guest_timer_taken(struct tick__guest_sent *sent) {
    struct timer *t = timer_at(sent->timer);
    if (!t)
        return;
    sent->overrun = t->overrun = t->skipped;
    t->skipped = 0;
    t->sent = false;
}

// --- setting ---

static int64_t left(const struct timer *t) {
    return is_armed(t) ? tick__until(t->deadline, tick_kernel_now(tick__guest_kernel)) : 0;
}

static struct timeval timeval_of(int64_t ns) {
    const int64_t us = tick__after(ns, 999) / 1000;
    return (struct timeval){us / 1000000, us % 1000000};
}

static bool is_interval(const struct timeval *t) {
    return t->tv_sec >= 0 && t->tv_usec >= 0 && t->tv_usec < 1000000;
}

static int64_t ns_of(const struct timeval *t) {
    return tick__of_parts(t->tv_sec, tick__times(t->tv_usec, 1000));
}

static void itimer_get(struct itimerval *out) {
    const struct timer *t = &timers[ITIMER];
    const int64_t rest = left(t);
    out->it_interval = timeval_of(is_armed(t) ? t->interval : 0);
    out->it_value = timeval_of(is_armed(t) && rest <= 0 ? 1000 : rest);
}

long tick__call_getitimer(const long *a) {
    if ((unsigned long)a[0] > ITIMER_PROF)
        return -EINVAL;
    *(struct itimerval *)a[1] = (struct itimerval){0};
    if (a[0] == ITIMER_REAL)
        itimer_get((struct itimerval *)a[1]);
    return 0;
}

long tick__call_setitimer(const long *a) {
    const struct itimerval none = {0}, *value = a[1] ? (const struct itimerval *)a[1] : &none;
    struct itimerval old = {0};
    struct timer *t = &timers[ITIMER];
    if ((unsigned long)a[0] > ITIMER_PROF || !is_interval(&value->it_value) || !is_interval(&value->it_interval))
        return -EINVAL;
    if (a[0] == ITIMER_REAL) {
        const int64_t span = ns_of(&value->it_value), interval = ns_of(&value->it_interval);
        itimer_get(&old);
        *t = (struct timer){.used = true, .notify = SIGEV_SIGNAL, .number = SIGALRM, .key = t->key};
        disarm(t);
        if (span > 0)
            arm(t, tick__after(tick_kernel_now(tick__guest_kernel), span), interval);
    }
    if (a[2])
        *(struct itimerval *)a[2] = old;
    return 0;
}

long tick__call_alarm(const long *a) {
    const struct itimerval value = {.it_value.tv_sec = (unsigned)a[0]};
    struct itimerval old;
    (void)tick__call_setitimer((const long[]){ITIMER_REAL, (long)&value, (long)&old});
    const long seconds = old.it_value.tv_sec + (old.it_value.tv_usec >= 500000);
    return seconds || !old.it_value.tv_usec ? seconds : 1;
}

// --- timer_create ---

static bool is_clock(clockid_t clock, bool *stands) {
    *stands = clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
    return *stands || clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME || clock == CLOCK_TAI;
}

static void *timer_fires(void *arg) {
    const struct timer *t = timer_at((long)(intptr_t)arg);
    if (t)
        t->call(t->value);
    return NULL;
}

static void *timer_thread(void *arg) {
    const struct tick__guest_asked asked = {.detached = true};
    for (const uint64_t set = (uint64_t)1 << (LIBC_SIGNAL - 1);;) {
        (void)tick__guest_signal_wait(set, NULL, -1);
        for (uintptr_t i = 1; i < TIMERS; i++) {
            if (timers[i].notify != SIGEV_THREAD || !timers[i].sent)
                continue;
            timers[i].sent = false;
            (void)tick__guest_thread_create(&(pthread_t){0}, &asked, timer_fires, (void *)i);
        }
    }
    return arg;
}

static int start_helper(void) {
    const uint64_t all = UINT64_MAX;
    const struct tick__guest_asked asked = {.detached = true, .mask = &all};
    pthread_t made;
    if (helper)
        return 0;
    const int error = tick__guest_thread_create(&made, &asked, timer_thread, NULL);
    helper = error ? NULL : tick__guest_thread_of(made);
    return error;
}

// event: libc's, whose call and thread attributes are there for SIGEV_THREAD.
long tick__guest_timer_new(clockid_t clock, const struct sigevent *event) {
    bool stands;
    uint32_t index = 1;
    if (!is_clock(clock, &stands))
        return -EINVAL;
    while (index < TIMERS && timers[index].used)
        index++;
    if (index == TIMERS)
        return -EAGAIN;
    struct timer made = {.used = true, .clock = clock, .stands = stands, .number = SIGALRM, .notify = SIGEV_SIGNAL};
    made.value.sival_int = (int)index;
    if (event) {
        made.notify = (uint8_t)event->sigev_notify;
        made.number = event->sigev_signo;
        made.value = event->sigev_value;
        if (event->sigev_notify == SIGEV_THREAD_ID)
            made.thread = event->_sigev_un._tid;
    }
    if (made.notify != SIGEV_NONE && made.notify != SIGEV_THREAD && (made.number < 1 || made.number > 64))
        return -EINVAL;
    if (made.notify == SIGEV_THREAD) {
        const int error = start_helper();
        made.call = event->sigev_notify_function;
        made.number = LIBC_SIGNAL;
        if (error)
            return -error;
    }
    timers[index] = made;
    return (long)index;
}

long tick__call_timer_create(const long *a) {
    const long index = tick__guest_timer_new((clockid_t)a[0], (const struct sigevent *)a[1]);
    if (index < 0)
        return index;
    *(int *)a[2] = (int)index; // a kernel's timer is an int
    return 0;
}

static void timer_get(const struct timer *t, struct itimerspec *out) {
    const int64_t rest = left(t);
    out->it_interval = tick__guest_interval(is_armed(t) ? t->interval : 0);
    out->it_value = tick__guest_interval(is_armed(t) && rest <= 0 ? 1 : rest);
}

static bool is_time(const struct timespec *t) {
    return t->tv_sec >= 0 && t->tv_nsec >= 0 && t->tv_nsec < TICK_SEC(1);
}

long tick__call_timer_settime(const long *a) {
    struct timer *t = timer_at(a[0]);
    const struct itimerspec *value = (const struct itimerspec *)a[2];
    struct itimerspec old;
    int64_t now = 0;
    if (!t || !value || !is_time(&value->it_value) || !is_time(&value->it_interval))
        return -EINVAL;
    timer_get(t, &old);
    disarm(t);
    t->skipped = t->overrun = 0;
    int64_t span = tick__guest_ns(&value->it_value);
    if (span > 0) {
        if (a[1] & TIMER_ABSTIME)
            span = tick_k_clock(TICK__K, t->clock, &now) < 0 ? span : tick__until(span, now);
        arm(t, tick__after(tick_kernel_now(tick__guest_kernel), span < 0 ? 0 : span), tick__guest_ns(&value->it_interval));
    }
    if (a[3])
        *(struct itimerspec *)a[3] = old;
    return 0;
}

long tick__call_timer_gettime(const long *a) {
    const struct timer *t = timer_at(a[0]);
    if (!t)
        return -EINVAL;
    timer_get(t, (struct itimerspec *)a[1]);
    return 0;
}

long tick__call_timer_getoverrun(const long *a) {
    const struct timer *t = timer_at(a[0]);
    return t ? t->overrun : -EINVAL;
}

long tick__call_timer_delete(const long *a) {
    struct timer *t = timer_at(a[0]);
    if (!t)
        return -EINVAL;
    disarm(t);
    *t = (struct timer){0};
    return 0;
}
