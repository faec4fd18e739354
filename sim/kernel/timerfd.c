// timerfd(2). A timer that has expired stands still until it is read, which counts what it missed: so none keeps an idle world going.
#include "sim/kernel/objects_int.h"
#include <fcntl.h>
#include <sys/timerfd.h>
#include <time.h>

struct timer {
    struct tick__file file;
    int32_t clock;
    int64_t at, interval;  // at: in the world's time
    uint64_t ticks;        // not read yet
    bool expired;          // at has come, and was counted
    bool cancel, canceled; // TFD_TIMER_CANCEL_ON_SET
    bool absolute, armed;
    uint32_t event;
    uint32_t object, told; // with a probe: the timer, and its latest arming
};

static struct timer *timer_at(const struct tick_kernel *k, tick__ref ref) {
    return TICK__AT(k, timer, ref);
}

static bool of_wall(const struct timer *t) {
    return t->clock == CLOCK_REALTIME || t->clock == CLOCK_REALTIME_ALARM;
}

int tick_k_timerfd(struct tick_kernel *k, int process, int clock, int flags, const struct tick_kernel_name *name) {
    if (flags & ~(TFD_CLOEXEC | TFD_NONBLOCK))
        return -EINVAL;
    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME)
        return -EINVAL;
    tick__ref ref;
    int fd = tick__object_new(k, process, TICK__TIMERFD, sizeof(struct timer), (uint32_t)(flags | O_RDWR), name, "timerfd", &ref);
    if (fd >= 0)
        timer_at(k, ref)->clock = clock;
    return fd;
}

static int timer_of(const struct tick_kernel *k, int process, int fd, struct timer **out) {
    struct tick__file *file = tick__file(k, process, fd);
    if (!file)
        return -EBADF;
    if (tick__ops(file) != &tick__timerfd_ops)
        return -EINVAL;
    *out = (struct timer *)file;
    return 0;
}

static void disarm(struct tick_kernel *k, struct timer *t) {
    if (t->event)
        tick__tell_disarmed(k, t->at, t->object);
    tick__event_cancel(k, t->event);
    t->event = 0;
}

static int arm(struct tick_kernel *k, struct timer *t) {
    t->event = tick__event_post(k, t->at, TICK__EXPIRE, t->file.ref, 0, 0);
    t->told = tick__tell_armed(k, &t->file, t->at, &t->object);
    return t->event ? 0 : -ENOMEM;
}

// Intervals that are over since `at`, which moves on behind them.
static uint64_t forward(const struct tick_kernel *k, struct timer *t) {
    if (t->at > k->root->now)
        return 0;
    const int64_t over = tick__until(k->root->now, t->at) / t->interval + 1;
    t->at = tick__after(t->at, tick__times(t->interval, over));
    return (uint64_t)over;
}

static int64_t remaining(struct tick_kernel *k, struct timer *t) {
    if (!t->armed)
        return 0;
    if (t->expired && t->interval) {
        t->expired = false;
        t->ticks += forward(k, t) - 1;
        (void)arm(k, t);
    }
    if (t->expired)
        return 0;
    const int64_t left = tick__until(t->at, k->root->now);
    return left ? left : 1;
}

int tick_k_timerfd_gettime(struct tick_kernel *k, int process, int fd, int64_t *value, int64_t *interval) {
    struct timer *t;
    TICK_TRY(timer_of(k, process, fd, &t));
    *value = remaining(k, t);
    *interval = t->interval;
    return 0;
}

// Linux's latest time in whole seconds is its latest of all.
static int64_t kept(int64_t time) {
    return time < TICK_SEC(TICK_NEVER / TICK_SEC(1)) ? time : TICK_NEVER;
}

int tick_k_timerfd_settime(
    struct tick_kernel *k, int process, int fd, int flags, int64_t value, int64_t interval, int64_t *old_value, int64_t *old_interval) {
    struct timer *t;
    if ((flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) || value < 0 || interval < 0)
        return -EINVAL;
    TICK_TRY(timer_of(k, process, fd, &t));
    value = kept(value);
    interval = kept(interval);
    int64_t left = remaining(k, t), before = t->interval, now = k->root->now;
    disarm(k, t);
    t->ticks = 0;
    t->expired = false;
    t->absolute = (flags & TFD_TIMER_ABSTIME) != 0;
    t->cancel = t->absolute && of_wall(t) && (flags & TFD_TIMER_CANCEL_ON_SET);
    t->interval = interval;
    t->armed = value != 0;
    const bool canceled = t->canceled && t->cancel; // and nobody has read it
    t->canceled = canceled && !value;
    if (value) {
        const int64_t span = of_wall(t) && t->absolute ? tick__ahead(value, tick_kernel_wall(k, t->file.host)) : value;
        t->at = t->absolute && !of_wall(t) ? tick__moved(value, tick__ahead(0, k->root->up)) : tick__moved(now, span);
        TICK_TRY(arm(k, t));
    }
    if (canceled && value)
        return -ECANCELED; // armed all the same
    if (old_value)
        *old_value = left;
    if (old_interval)
        *old_interval = before;
    return 0;
}

void tick__timerfd_expired(struct tick_kernel *k, tick__ref ref) {
    struct timer *t = timer_at(k, ref);
    t->event = 0;
    t->expired = true;
    t->ticks++;
    k->carrying = true;
    k->cause = tick__tell_fired(k, &t->file, t->at, t->object, t->told);
    tick__file_wake(k, &t->file, TICK__READABLE, true);
    k->carrying = false;
}

// The wall clock went on by `jump`: the moment of an absolute timer moves, and a reader may have asked to be told.
static void wall_moved(struct tick_kernel *k, struct tick__file *file, int64_t jump, bool set) {
    struct timer *t = (struct timer *)file;
    if (!of_wall(t) || !t->absolute)
        return;
    if (t->event) {
        disarm(k, t);
        t->at = tick__moved(t->at, tick__ahead(0, jump));
        (void)arm(k, t);
    }
    if (t->cancel && set) {
        t->canceled = true;
        t->ticks++;
        tick__file_wake(k, file, TICK__READABLE, false);
    }
}

static uint32_t timer_mask(struct tick_kernel *k, struct tick__file *file) {
    (void)k;
    return ((const struct timer *)file)->ticks ? EPOLLIN : 0;
}

// An absolute time that has passed, or a timer whose event is due at this very moment, counts at once, as Linux's interrupt would.
static ssize_t timer_read(struct tick_kernel *k, struct tick__file *file, void *bytes, size_t count) {
    struct timer *t = (struct timer *)file;
    if (count < sizeof(uint64_t))
        return -EINVAL;
    if (t->canceled) {
        t->canceled = false;
        t->ticks = 0;
        return -ECANCELED;
    }
    if (!t->ticks)
        return -EAGAIN;
    uint64_t ticks = t->ticks;
    if (t->expired && t->interval) {
        t->expired = false;
        ticks += forward(k, t) - 1;
        (void)arm(k, t);
    }
    t->ticks = 0;
    memcpy(bytes, &ticks, sizeof ticks);
    return sizeof ticks;
}

static void timer_close(struct tick_kernel *k, struct tick__file *file) {
    disarm(k, (struct timer *)file);
    tick__arena_give(k, file->ref, sizeof(struct timer));
}

const struct tick__file_ops tick__timerfd_ops = {
    .mask = timer_mask, .read = timer_read, .close = timer_close, .mode = 0600, .wall_moved = wall_moved};
