// epoll(7): a ready list in the order of wake-ups; a level-triggered item goes to its end each time it is reported, as in Linux.
//
// An item held back (`ready_hold`) stays in the ready list, and counts down a call at a time.
#include "sim/kernel/objects_int.h"
#include <fcntl.h>

#define PRIVATE (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)
#define MOST_NESTED 5

static struct tick__item *item_at(const struct tick_kernel *k, tick__ref ref) {
    return TICK__AT(k, tick__item, ref);
}

static bool is_epoll(const struct tick__file *file) {
    return tick__ops(file) == &tick__epoll_ops;
}

static struct tick__epoll *epoll_at(const struct tick_kernel *k, tick__ref ref) {
    return TICK__AT(k, tick__epoll, ref);
}

int tick_k_epoll_create1(struct tick_kernel *k, int process, int flags, const struct tick_kernel_name *name) {
    tick__ref ref;
    if (flags & ~EPOLL_CLOEXEC)
        return -EINVAL;
    return tick__object_new(k, process, TICK__EPOLL, sizeof(struct tick__epoll), O_RDWR | (uint32_t)flags, name, "epoll", &ref);
}

int tick_k_epoll_create(struct tick_kernel *k, int process, const struct tick_kernel_name *name) {
    return tick_k_epoll_create1(k, process, EPOLL_CLOEXEC, name);
}

// --- the ready list ---

static void list_add(struct tick_kernel *k, struct tick__epoll *epoll, struct tick__item *item) {
    item->ready_next = 0;
    item->ready_prev = epoll->ready_last;
    if (epoll->ready_last)
        item_at(k, epoll->ready_last)->ready_next = item->ref;
    else
        epoll->ready_first = item->ref;
    epoll->ready_last = item->ref;
    epoll->ready_count++;
    item->listed = true;
}

static void list_remove(struct tick_kernel *k, struct tick__epoll *epoll, struct tick__item *item) {
    if (item->ready_prev)
        item_at(k, item->ready_prev)->ready_next = item->ready_next;
    else
        epoll->ready_first = item->ready_next;
    if (item->ready_next)
        item_at(k, item->ready_next)->ready_prev = item->ready_prev;
    else
        epoll->ready_last = item->ready_prev;
    epoll->ready_count--;
    item->listed = false;
}

// --- who waits ---
//
// Mostly one, in the epoll itself. A second one makes objects of both, and who wakes first has come last, as Linux queues them.

static void woken_add(struct tick_kernel *k, struct tick__epoll *waiter) {
    struct tick__root *root = k->root;
    waiter->woken = true;
    waiter->woken_next = 0;
    if (root->woken_last)
        epoll_at(k, root->woken_last)->woken_next = waiter->file.ref;
    else
        root->woken_first = waiter->file.ref;
    root->woken_last = waiter->file.ref;
}

// Mostly the first.
static void woken_remove(struct tick_kernel *k, struct tick__epoll *waiter) {
    struct tick__root *root = k->root;
    struct tick__epoll *before = NULL;
    tick__ref *link = &root->woken_first;
    for (; *link != waiter->file.ref; link = &before->woken_next)
        before = epoll_at(k, *link);
    *link = waiter->woken_next;
    if (!waiter->woken_next)
        root->woken_last = before ? before->file.ref : 0;
    waiter->woken = false;
}

static void more_free(struct tick_kernel *k, struct tick__epoll *waiter) {
    tick__arena_give(k, waiter->file.ref, sizeof *waiter);
}

// Takes one out of those who wait. link: what leads to it.
static struct tick__epoll *more_take(struct tick_kernel *k, struct tick__epoll *epoll, tick__ref *link) {
    struct tick__epoll *waiter = epoll_at(k, *link);
    *link = waiter->more;
    epoll->several = epoll->waiting = epoll->more != 0;
    return waiter;
}

static __attribute__((noinline)) struct tick__epoll *more_latest(struct tick_kernel *k, struct tick__epoll *epoll) {
    return more_take(k, epoll, &epoll->more);
}

static bool more_add(struct tick_kernel *k, struct tick__epoll *epoll, uint32_t waiter) {
    tick__ref ref = tick__arena_zero(k, sizeof(struct tick__epoll));
    if (!ref)
        return false;
    struct tick__epoll *more = epoll_at(k, ref);
    more->file.ref = ref;
    more->waiter = waiter;
    more->is_more = true;
    more->owner = epoll->file.ref;
    more->more = epoll->more;
    epoll->more = ref;
    epoll->several = epoll->waiting = true;
    return true;
}

// The one who is woken now. There is one.
static inline __attribute__((always_inline)) struct tick__epoll *take_waiter(struct tick_kernel *k, struct tick__epoll *epoll) {
    if (__builtin_expect(epoll->several, 0))
        return more_latest(k, epoll);
    epoll->waiting = false;
    return epoll;
}

// It has something to report as its waiter begins to wait, or when another one has asked.
static void wake_at_once(struct tick_kernel *k, struct tick__epoll *epoll) {
    struct tick__epoll *waiter = take_waiter(k, epoll);
    waiter->woken_by.subject = 0;
    waiter->woken_cause = 0;
    woken_add(k, waiter);
}

// Somebody has asked, or goes away though he was woken: is there something for the next?
static __attribute__((noinline)) void pass_on(struct tick_kernel *k, struct tick__epoll *epoll) {
    if (epoll->waiting && tick__epoll_mask(k, epoll))
        wake_at_once(k, epoll);
}

// A waiter is woken by that file: once a readiness, what that does is the world's to choose.
static inline __attribute__((always_inline)) void woken_by(struct tick_kernel *k, struct tick__epoll *epoll, struct tick__file *file) {
    struct tick__epoll *waiter = take_waiter(k, epoll);
    waiter->woken_by.subject = 0;
    if (!tick_is_calm(k->env.calm, TICK_CHOICE_HOST_LATE) && (k->arrives.subject || !(file->status & TICK__HAS_WOKEN))) {
        waiter->woken_by = tick__file_readiness(k, file);
        file->status |= TICK__HAS_WOKEN;
    }
    if (k->env.probe)
        waiter->woken_cause = k->carrying ? k->cause : 0;
    woken_add(k, waiter);
}

// Of those who are to go on, one of the epoll's, with that number; any: whatever its number is. 0: none.
static tick__ref woken_more(const struct tick_kernel *k, const struct tick__epoll *epoll, uint32_t waiter, bool any) {
    tick__ref ref = k->root->woken_first;
    while (ref && !(epoll_at(k, ref)->is_more && epoll_at(k, ref)->owner == epoll->file.ref && (any || epoll_at(k, ref)->waiter == waiter)))
        ref = epoll_at(k, ref)->woken_next;
    return ref;
}

// What leads to one among those who wait; *link is 0: it is none of them.
static tick__ref *more_find(struct tick_kernel *k, struct tick__epoll *epoll, uint32_t waiter) {
    tick__ref *link = &epoll->more;
    while (*link && epoll_at(k, *link)->waiter != waiter)
        link = &epoll_at(k, *link)->more;
    return link;
}

// One more waits, or it would be the first while the epoll's own has been woken, and was not taken yet.
static __attribute__((noinline)) int watch_too(struct tick_kernel *k, struct tick__epoll *epoll, uint32_t waiter) {
    const bool own = (epoll->waiting && !epoll->several) || epoll->woken;
    if ((own && epoll->waiter == waiter) || *more_find(k, epoll, waiter) || woken_more(k, epoll, waiter, false))
        return -EBUSY;
    if (epoll->waiting && !epoll->several && !more_add(k, epoll, epoll->waiter))
        return -ENOMEM;
    return more_add(k, epoll, waiter) ? 0 : -ENOMEM;
}

static __attribute__((noinline)) void unwatch_one(struct tick_kernel *k, struct tick__epoll *epoll, uint32_t waiter) {
    tick__ref *link = more_find(k, epoll, waiter), ref;
    if (*link) {
        more_free(k, more_take(k, epoll, link));
    } else if ((ref = woken_more(k, epoll, waiter, false))) {
        woken_remove(k, epoll_at(k, ref));
        more_free(k, epoll_at(k, ref));
        pass_on(k, epoll);
    }
}

void tick__epoll_unwatch(struct tick_kernel *k, struct tick__epoll *epoll) {
    if (epoll->woken)
        woken_remove(k, epoll);
    while (epoll->more)
        more_free(k, more_latest(k, epoll));
    for (tick__ref ref; (ref = woken_more(k, epoll, 0, true));) {
        woken_remove(k, epoll_at(k, ref));
        more_free(k, epoll_at(k, ref));
    }
    epoll->waiting = false;
}

void tick__item_ready(struct tick_kernel *k, struct tick__item *item, uint32_t holds) {
    struct tick__epoll *epoll = epoll_at(k, item->epoll);
    if (!item->listed)
        list_add(k, epoll, item);
    struct tick__file *file = TICK__AT(k, tick__file, item->file);
    if (epoll->waiting && ((holds & item->events) || (tick__file_mask(k, file) & item->events)))
        woken_by(k, epoll, file);
    if (epoll->file.items)
        tick__file_wake(k, &epoll->file, EPOLLIN, false); // ep_poll_safewake: not those who ask for EPOLLRDNORM only
}

uint32_t tick__epoll_mask(struct tick_kernel *k, struct tick__epoll *epoll) {
    for (tick__ref ref = epoll->ready_first; ref; ref = item_at(k, ref)->ready_next) {
        const struct tick__item *item = item_at(k, ref);
        if (tick__file_mask(k, TICK__AT(k, tick__file, item->file)) & item->events)
            return EPOLLIN | EPOLLRDNORM;
    }
    return 0;
}

// --- epoll_ctl ---

static struct tick__item *find(const struct tick_kernel *k, const struct tick__file *file, tick__ref epoll, int fd) {
    for (tick__ref ref = file->items; ref; ref = item_at(k, ref)->file_next)
        if (item_at(k, ref)->epoll == epoll && item_at(k, ref)->fd == fd)
            return item_at(k, ref);
    return NULL;
}

static void item_free(struct tick_kernel *k, struct tick__item *item) {
    struct tick__epoll *epoll = epoll_at(k, item->epoll);
    if (item->listed)
        list_remove(k, epoll, item);
    if (item->epoll_prev)
        item_at(k, item->epoll_prev)->epoll_next = item->epoll_next;
    else
        epoll->items = item->epoll_next;
    if (item->epoll_next)
        item_at(k, item->epoll_next)->epoll_prev = item->epoll_prev;
    tick__ref *link = &TICK__AT(k, tick__file, item->file)->items;
    while (*link != item->ref)
        link = &item_at(k, *link)->file_next;
    *link = item->file_next;
    tick__arena_give(k, item->ref, sizeof *item);
}

void tick__items_drop(struct tick_kernel *k, struct tick__file *file) {
    while (file->items)
        item_free(k, item_at(k, file->items));
}

// How deep epolls would stand in each other below `file`, or MOST_NESTED + 1 if `target` is among them.
static int depth(const struct tick_kernel *k, const struct tick__file *file, tick__ref target, int above) {
    if (!is_epoll(file))
        return 0;
    if (file->ref == target || above > MOST_NESTED)
        return MOST_NESTED + 1;
    int most = 0;
    for (tick__ref ref = ((const struct tick__epoll *)file)->items; ref; ref = item_at(k, ref)->epoll_next) {
        int below = depth(k, TICK__AT(k, tick__file, item_at(k, ref)->file), target, above + 1);
        if (below > most)
            most = below;
    }
    return most + 1;
}

// What it is asked for may hold already.
static void report(struct tick_kernel *k, struct tick__item *item, struct tick__file *file) {
    const uint32_t holds = tick__file_mask(k, file) & item->events;
    if (holds)
        tick__item_ready(k, item, holds);
}

static int add(struct tick_kernel *k, struct tick__epoll *epoll, struct tick__file *file, int fd, const struct tick_sys_event *event) {
    if (is_epoll(file) && depth(k, file, epoll->file.ref, 0) >= MOST_NESTED)
        return -ELOOP;
    tick__ref ref = tick__arena_zero(k, sizeof(struct tick__item));
    if (!ref)
        return -ENOMEM;
    struct tick__item *item = item_at(k, ref);
    item->data = event->data;
    item->events = event->events | EPOLLERR | EPOLLHUP;
    item->fd = fd;
    item->ref = ref;
    item->epoll = epoll->file.ref;
    item->file = file->ref;
    tick__ref *place = &file->items; // told before the others; exclusive ones after them
    while ((event->events & EPOLLEXCLUSIVE) && *place)
        place = &item_at(k, *place)->file_next;
    item->file_next = *place;
    *place = ref;
    item->epoll_next = epoll->items;
    if (epoll->items)
        item_at(k, epoll->items)->epoll_prev = ref;
    epoll->items = ref;
    report(k, item, file);
    return 0;
}

// For a wait without an epoll fd. An fd that is asked for twice is watched for both.
int tick__epoll_add(struct tick_kernel *k, struct tick__epoll *epoll, struct tick__file *file, int fd, uint32_t events) {
    struct tick__item *item = find(k, file, epoll->file.ref, fd);
    if (item) {
        item->events |= events;
        return 0;
    }
    const struct tick_sys_event event = {events, 0};
    return add(k, epoll, file, fd, &event);
}

void tick__epoll_wake(struct tick_kernel *k, struct tick__epoll *epoll) {
    if (epoll->waiting)
        wake_at_once(k, epoll);
}

void tick__epoll_wake_by(struct tick_kernel *k, struct tick__epoll *epoll, struct tick__file *file) {
    if (epoll->waiting)
        woken_by(k, epoll, file);
}

int tick_k_epoll_ctl(struct tick_kernel *k, int process, int epfd, int op, int fd, const struct tick_sys_event *event) {
    if (!event && op != EPOLL_CTL_DEL)
        return -EFAULT;
    struct tick__file *of = tick__file(k, process, epfd), *file = tick__file(k, process, fd);
    if (!of || !file)
        return -EBADF;
    if (!tick__ops(file)->mask)
        return -EPERM;
    if (of == file || !is_epoll(of))
        return -EINVAL;
    struct tick__epoll *epoll = (struct tick__epoll *)of;
    struct tick__item *item = find(k, file, of->ref, fd);
    if (op != EPOLL_CTL_DEL && (event->events & EPOLLEXCLUSIVE) &&
        (op == EPOLL_CTL_MOD || is_epoll(file) ||
            (event->events & ~(uint32_t)(EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE))))
        return -EINVAL;
    switch (op) {
    case EPOLL_CTL_ADD:
        return item ? -EEXIST : add(k, epoll, file, fd, event);
    case EPOLL_CTL_MOD:
        if (!item)
            return -ENOENT;
        if (item->events & EPOLLEXCLUSIVE)
            return -EINVAL;
        item->events = event->events | EPOLLERR | EPOLLHUP;
        item->data = event->data;
        report(k, item, file);
        return 0;
    case EPOLL_CTL_DEL:
        if (!item)
            return -ENOENT;
        item_free(k, item);
        return 0;
    default:
        return -EINVAL;
    }
}

void tick__epoll_close(struct tick_kernel *k, struct tick__file *file) {
    struct tick__epoll *epoll = (struct tick__epoll *)file;
    tick__epoll_unwatch(k, epoll);
    while (epoll->items)
        item_free(k, item_at(k, epoll->items));
    tick__arena_give(k, epoll->file.ref, sizeof *epoll);
}

// --- waiting ---

static int epoll_of(const struct tick_kernel *k, int process, int epfd, struct tick__epoll **out) {
    struct tick__file *file = tick__file(k, process, epfd);
    if (!file)
        return -EBADF;
    if (!is_epoll(file))
        return -EINVAL;
    *out = (struct tick__epoll *)file;
    return 0;
}

// One pass over what the ready list held at its start. *held: how many were ready but held back.
static int collect(struct tick_kernel *k, struct tick__epoll *epoll, struct tick_sys_event *out, int most, bool release, int *held) {
    int count = 0;
    for (uint32_t left = epoll->ready_count; left && count < most; left--) {
        struct tick__item *item = item_at(k, epoll->ready_first);
        list_remove(k, epoll, item);
        uint32_t events = tick__file_mask(k, TICK__AT(k, tick__file, item->file)) & item->events;
        if (!events) {
            item->hold = 0;
            continue;
        }
        if (item->hold && !release) {
            item->hold--;
            list_add(k, epoll, item);
            ++*held;
            continue;
        }
        item->hold = 0;
        tick__file_reported(TICK__AT(k, tick__file, item->file), events);
        out[count++] = (struct tick_sys_event){events, item->data};
        if (item->events & EPOLLONESHOT)
            item->events &= PRIVATE;
        else if (!(item->events & EPOLLET))
            list_add(k, epoll, item);
    }
    return count;
}

int tick_k_epoll_wait(struct tick_kernel *k, int process, int epfd, struct tick_sys_event *out, int most, bool may_block) {
    struct tick__epoll *epoll;
    int error = epoll_of(k, process, epfd, &epoll);
    if (error)
        return error;
    if (most <= 0)
        return -EINVAL;
    int held = 0, count = 0;
    if (epoll->ready_count)
        count = collect(k, epoll, out, most, false, &held);
    if (!count && held && may_block)
        count = collect(k, epoll, out, most, true, &held);
    if (__builtin_expect(epoll->waiting, 0) && count)
        pass_on(k, epoll);
    return count;
}

int tick_kernel_watch(struct tick_kernel *k, int process, int epfd, uint32_t waiter) {
    struct tick__epoll *epoll;
    int error = epoll_of(k, process, epfd, &epoll);
    if (error)
        return error;
    if (__builtin_expect(epoll->waiting || epoll->woken, 0)) {
        TICK_TRY(watch_too(k, epoll, waiter));
    } else {
        epoll->waiter = waiter;
        epoll->waiting = true;
    }
    if (tick__epoll_mask(k, epoll))
        wake_at_once(k, epoll);
    return 0;
}

void tick_kernel_unwatch(struct tick_kernel *k, int process, int epfd, uint32_t waiter) {
    struct tick__epoll *epoll;
    if (epoll_of(k, process, epfd, &epoll) != 0)
        return;
    const bool own = epoll->waiter == waiter;
    if (own && epoll->waiting && !epoll->several) {
        epoll->waiting = false;
    } else if (own && epoll->woken) {
        woken_remove(k, epoll);
        pass_on(k, epoll);
    } else {
        unwatch_one(k, epoll, waiter);
    }
}

bool tick_kernel_woken(struct tick_kernel *k, uint32_t *waiter) {
    if (!k->root->woken_first)
        return false;
    struct tick__epoll *epoll = epoll_at(k, k->root->woken_first);
    woken_remove(k, epoll);
    *waiter = epoll->waiter;
    if (!tick_is_calm(k->env.calm, TICK_CHOICE_HOST_LATE))
        k->woken_by = epoll->woken_by;
    if (k->env.probe)
        k->woken_cause = epoll->woken_cause;
    if (__builtin_expect(epoll->is_more, 0))
        more_free(k, epoll);
    return true;
}

bool tick_kernel_to_wake(const struct tick_kernel *k, uint32_t *waiter) {
    if (!k->root->woken_first)
        return false;
    *waiter = TICK__AT(k, tick__epoll, k->root->woken_first)->waiter;
    return true;
}

bool tick_kernel_is_to_wake(const struct tick_kernel *k, uint32_t waiter) {
    for (tick__ref ref = k->root->woken_first; ref; ref = TICK__AT(k, tick__epoll, ref)->woken_next)
        if (TICK__AT(k, tick__epoll, ref)->waiter == waiter)
            return true;
    return false;
}

tick_id tick_kernel_woken_by(const struct tick_kernel *k, uint64_t *ordinal) {
    *ordinal = k->woken_by.ordinal;
    return k->woken_by.subject;
}

uint32_t tick_kernel_woken_cause(const struct tick_kernel *k) {
    return k->woken_cause;
}

static uint32_t mask_of(struct tick_kernel *k, struct tick__file *file) {
    return tick__epoll_mask(k, (struct tick__epoll *)file);
}

const struct tick__file_ops tick__epoll_ops = {.mask = mask_of, .close = tick__epoll_close, .mode = 0600, .no_requests = true};
