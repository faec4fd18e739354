// Signals that a process has pending, and signalfd(2), which reads them. Who is sent one, whether it is blocked and which handler runs is
// the caller's affair: what comes here waits until a signalfd or the caller takes it.
//
// A signalfd reads for the process that made it. Few processes have signals: what is pending stands in a list of its own.
#include "sim/kernel/objects_int.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>

#define FIRST_REAL_TIME 32u // of these, several of one number may be pending
#define MOST_SIGNAL 64u
#define BIT(signal) ((uint64_t)1 << ((signal)-1))
#define UNBLOCKABLE (BIT(SIGKILL) | BIT(SIGSTOP))
#define SYNCHRONOUS (BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGILL) | BIT(SIGTRAP) | BIT(SIGFPE) | BIT(SIGSYS)) // these go first

struct signals {
    struct tick__file file;
    uint64_t mask;
};

struct pending {
    tick__ref next; // of those of the process, in the order in which they came; of processes
    tick__ref first;
    uint32_t process;
    uint64_t set;
    struct signalfd_siginfo info;
};

static struct pending *pending_at(const struct tick_kernel *k, tick__ref ref) {
    return TICK__AT(k, pending, ref);
}

// What leads to the process's; *link is 0: it has none.
static tick__ref *link_of(struct tick_kernel *k, uint32_t process) {
    tick__ref *link = &k->root->signals;
    while (*link && pending_at(k, *link)->process != process)
        link = &pending_at(k, *link)->next;
    return link;
}

static uint64_t set_of(const struct tick_kernel *k, uint32_t process) {
    tick__ref ref = k->root->signals;
    while (ref && pending_at(k, ref)->process != process)
        ref = pending_at(k, ref)->next;
    return ref ? pending_at(k, ref)->set : 0;
}

uint64_t tick_kernel_signals(const struct tick_kernel *k, int process) {
    return set_of(k, (uint32_t)process);
}

// The process's signalfds that want it are readable.
static void notify(struct tick_kernel *k, uint32_t process, uint64_t bit) {
    struct tick__files at = {0};
    for (struct tick__file *file; (file = tick__files_next(k, tick__process(k, process)->host, &at)) != NULL;)
        if (tick__ops(file) == &tick__signalfd_ops && file->process == process && (((struct signals *)file)->mask & bit))
            tick__file_wake(k, file, EPOLLIN, false);
}

int tick_kernel_signal(struct tick_kernel *k, int process, const struct signalfd_siginfo *info) {
    const uint32_t number = info->ssi_signo;
    if (number < 1 || number > MOST_SIGNAL)
        return -EINVAL;
    tick__ref *link = link_of(k, (uint32_t)process), ref;
    if (number < FIRST_REAL_TIME && *link && (pending_at(k, *link)->set & BIT(number)))
        return 0; // once is enough
    if (!*link) {
        if (!(ref = tick__arena_zero(k, sizeof(struct pending))))
            return -EAGAIN;
        pending_at(k, ref)->process = (uint32_t)process;
        *link = ref;
    }
    struct pending *of = pending_at(k, *link);
    if (!(ref = tick__arena_zero(k, sizeof(struct pending))))
        return -EAGAIN;
    pending_at(k, ref)->info = *info;
    tick__ref *last = &of->first;
    while (*last)
        last = &pending_at(k, *last)->next;
    *last = ref;
    of->set |= BIT(number);
    notify(k, (uint32_t)process, BIT(number));
    return 0;
}

// Which of them is the next: what the program itself did wrong, then the lowest number.
static uint32_t next_of(uint64_t set) {
    const uint64_t first = set & SYNCHRONOUS ? set & SYNCHRONOUS : set;
    return first ? (uint32_t)__builtin_ctzll(first) + 1 : 0;
}

static uint32_t take(struct tick_kernel *k, uint32_t process, uint64_t mask, struct signalfd_siginfo *info) {
    const tick__ref *link = link_of(k, process);
    struct pending *of = *link ? pending_at(k, *link) : NULL;
    const uint32_t number = of ? next_of(of->set & mask) : 0;
    if (!number)
        return 0;
    tick__ref *first = &of->first;
    while (pending_at(k, *first)->info.ssi_signo != number)
        first = &pending_at(k, *first)->next;
    const tick__ref ref = *first;
    *info = pending_at(k, ref)->info;
    *first = pending_at(k, ref)->next;
    tick__arena_give(k, ref, sizeof(struct pending));
    of->set &= ~BIT(number);
    for (tick__ref more = of->first; more; more = pending_at(k, more)->next)
        of->set |= BIT(pending_at(k, more)->info.ssi_signo);
    return number;
}

int tick_kernel_signal_take(struct tick_kernel *k, int process, uint64_t mask, struct signalfd_siginfo *info) {
    return (int)take(k, (uint32_t)process, mask, info);
}

void tick__signals_end(struct tick_kernel *k, uint32_t process) {
    tick__ref *link = link_of(k, process), ref = *link;
    if (!ref)
        return;
    *link = pending_at(k, ref)->next;
    for (tick__ref next, each = pending_at(k, ref)->first; each; each = next) {
        next = pending_at(k, each)->next;
        tick__arena_give(k, each, sizeof(struct pending));
    }
    tick__arena_give(k, ref, sizeof(struct pending));
}

// --- signalfd(2) ---

int tick_k_signalfd(struct tick_kernel *k, int process, int fd, uint64_t mask, int flags, const struct tick_kernel_name *name) {
    if (flags & ~(SFD_CLOEXEC | SFD_NONBLOCK))
        return -EINVAL;
    mask &= ~UNBLOCKABLE;
    if (fd == -1) {
        tick__ref ref;
        fd = tick__object_new(k, process, TICK__SIGNALFD, sizeof(struct signals), (uint32_t)(flags | O_RDWR), name, "eventfd", &ref);
        if (fd >= 0)
            TICK__AT(k, signals, ref)->mask = mask;
        return fd;
    }
    struct tick__file *file = tick__file(k, process, fd);
    if (!file)
        return -EBADF;
    if (tick__ops(file) != &tick__signalfd_ops)
        return -EINVAL;
    ((struct signals *)file)->mask = mask;
    tick__file_wake(k, file, EPOLLIN, false); // what it wants may be there
    return fd;
}

static uint32_t signals_mask(struct tick_kernel *k, struct tick__file *file) {
    return set_of(k, file->process) & ((const struct signals *)file)->mask ? EPOLLIN : 0;
}

static ssize_t signals_read(struct tick_kernel *k, struct tick__file *file, void *bytes, size_t count) {
    struct signalfd_siginfo info;
    size_t done = 0;
    if (count < sizeof info)
        return -EINVAL;
    for (; count - done >= sizeof info && take(k, file->process, ((const struct signals *)file)->mask, &info); done += sizeof info)
        memcpy((char *)bytes + done, &info, sizeof info);
    return done ? (ssize_t)done : -EAGAIN;
}

static void signals_close(struct tick_kernel *k, struct tick__file *file) {
    tick__arena_give(k, file->ref, sizeof(struct signals));
}

const struct tick__file_ops tick__signalfd_ops = {.mask = signals_mask, .read = signals_read, .close = signals_close, .mode = 0600};
