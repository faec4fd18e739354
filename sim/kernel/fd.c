// File descriptors: the lowest free number, the open file description that it names, and who is told when that becomes ready.
#include "sim/kernel/objects_int.h"
#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

// The process's lowest free fd that is at least `least`, or -EMFILE, -ENOMEM.
static int lowest(struct tick_kernel *k, int process, uint32_t least) {
    struct tick__process *p = tick__process(k, (uint32_t)process);
    uint32_t fd = p->fd_low > least ? p->fd_low : least;
    const tick__ref *fds = TICK__ARRAY(k, tick__ref, p->fds);
    while (fd < p->fd_most && fds[fd])
        fd++;
    if (fd >= TICK__MOST_FDS)
        return -EMFILE;
    while (fd >= p->fd_most) {
        uint32_t before = p->fd_most;
        if (!tick__arena_grow(k, &p->fds, &p->fd_most, 16, before, sizeof(tick__ref)))
            return -ENOMEM;
        memset(TICK__ARRAY(k, tick__ref, p->fds) + before, 0, (p->fd_most - before) * sizeof(tick__ref));
    }
    if (least <= p->fd_low)
        p->fd_low = fd + 1;
    return (int)fd;
}

// One more fd names the file. That stands for it, unless another one does.
static void name(struct tick_kernel *k, int process, struct tick__file *file, int fd) {
    struct tick__process *p = tick__process(k, (uint32_t)process);
    TICK__ARRAY(k, tick__ref, p->fds)[fd] = file->ref | TICK__CLOEXEC;
    if (file->fd < 0) {
        file->fd = fd;
        file->process = (uint32_t)process;
    }
    file->names++;
    p->fd_count++;
}

int tick__fd_give(struct tick_kernel *k, int process, struct tick__file *file) {
    int fd = file->names == UINT16_MAX ? -EMFILE : lowest(k, process, 0);
    if (fd >= 0)
        name(k, process, file, fd);
    return fd;
}

void tick__fd_cloexec(struct tick_kernel *k, int process, int fd, bool on) {
    tick__ref *entry = &TICK__ARRAY(k, tick__ref, tick__process(k, (uint32_t)process)->fds)[fd];
    *entry = (*entry & ~TICK__CLOEXEC) | (on ? TICK__CLOEXEC : 0);
}

// The next fd, in any process of the host, that names the file: from *fd of *process on (its index + 1; 0: there is none any more).
static bool next_name(const struct tick_kernel *k, const struct tick__file *file, uint32_t *process, uint32_t *fd) {
    for (; *process; *process = tick__process(k, *process - 1)->next, *fd = 0) {
        const struct tick__process *p = tick__process(k, *process - 1);
        const tick__ref *fds = TICK__ARRAY(k, tick__ref, p->fds);
        for (; *fd < p->fd_most; ++*fd)
            if ((fds[*fd] & ~TICK__CLOEXEC) == file->ref)
                return true;
    }
    return false;
}

void tick__fd_put(struct tick_kernel *k, struct tick__file *from, struct tick__file *to) {
    uint32_t process = tick__host(k, from->host)->processes, fd = 0;
    for (uint32_t left = from->names; left && next_name(k, from, &process, &fd); left--) {
        tick__ref *entry = &TICK__ARRAY(k, tick__ref, tick__process(k, process - 1)->fds)[fd];
        *entry = to->ref | (*entry & TICK__CLOEXEC);
    }
    to->fd = from->fd;
    to->process = from->process;
    to->names = from->names;
    to->items = from->items;
    if (from->status & TICK__FLIES)
        tick__rights_renamed(k, from->host, from->ref, to->ref);
    to->status = from->status;
    from->fd = -1;
    from->names = 0;
    from->status = 0;
    from->items = 0;
    for (tick__ref ref = to->items; ref; ref = TICK__AT(k, tick__item, ref)->file_next)
        TICK__AT(k, tick__item, ref)->file = to->ref;
}

static void unname(struct tick_kernel *k, uint32_t process, struct tick__file *file, int fd) {
    struct tick__process *p = tick__process(k, process);
    TICK__ARRAY(k, tick__ref, p->fds)[fd] = 0;
    if ((uint32_t)fd < p->fd_low && fd >= (int)TICK__FIRST_FD)
        p->fd_low = (uint32_t)fd;
    p->fd_count--;
    file->names--;
}

void tick__fd_drop(struct tick_kernel *k, struct tick__file *file) {
    tick__items_drop(k, file);
    unname(k, file->process, file, file->fd);
    file->fd = -1;
    if (!file->names)
        return;
    for (uint32_t process = tick__host(k, file->host)->processes, fd = 0; next_name(k, file, &process, &fd);)
        unname(k, process - 1, file, (int)fd);
}

uint32_t tick__file_mask(struct tick_kernel *k, struct tick__file *file) {
    switch ((enum tick__file_type)file->type) {
    case TICK__SOCK:
        return tick__sock_mask(k, (struct tick__sock *)file);
    case TICK__EPOLL:
        return tick__epoll_mask(k, (struct tick__epoll *)file);
    case TICK__EVENTFD:
        return tick__eventfd_mask((struct tick__eventfd *)file);
    case TICK__PIPE:
        return tick__pipe_mask(k, file);
    case TICK__TIMERFD:
        return tick__timerfd_mask(file);
    case TICK__UNIX:
        return tick__unix_mask(k, file);
    case TICK__UDP:
        return tick__udp_mask(file);
    case TICK__DISK:
        return EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM;
    }
    return 0;
}

// A held connection's end is told by its own id, others by their fd's. What comes from within the host is never held.
static uint8_t hold_of(struct tick_kernel *k, const struct tick__file *file) {
    if (tick_is_calm(k->env.calm, TICK_CHOICE_READY_HOLD))
        return 0;
    if (file->type == TICK__UDP && !tick__udp_inside(k, file))
        return (uint8_t)k->env.choose(k->env.ctx, TICK_CHOICE_READY_HOLD, file->id, file->rises, 4, 0);
    if (file->type != TICK__SOCK)
        return 0;
    const struct tick__sock *s = (const struct tick__sock *)file;
    if (s->peer && tick__sock(k, s->peer)->file.host == file->host)
        return 0;
    tick_id subject = s->connection ? tick_id_part(s->connection, tick__sock_part(s)) : file->id;
    return (uint8_t)k->env.choose(k->env.ctx, TICK_CHOICE_READY_HOLD, subject, file->rises, 4, 0);
}

void tick__file_unhold(struct tick_kernel *k, struct tick__file *file) {
    file->status &= ~TICK__HELD;
    for (tick__ref ref = file->items; ref; ref = TICK__AT(k, tick__item, ref)->file_next)
        TICK__AT(k, tick__item, ref)->hold = 0;
}

void tick__file_wake(struct tick_kernel *k, struct tick__file *file, uint32_t key, bool rise) {
    file->rises += rise;
    bool asked = false;
    uint8_t hold = 0;
    for (tick__ref ref = file->items; ref;) {
        struct tick__item *item = TICK__AT(k, tick__item, ref);
        ref = item->file_next;
        if (key ? !(item->events & key) : !(item->events & (EPOLLERR | EPOLLHUP))) // the latter: switched off by a one-shot
            continue;
        if (rise && !asked) {
            hold = hold_of(k, file);
            asked = true;
            if (hold)
                file->status |= (!key || (key & EPOLLIN) ? TICK__HELD_IN : 0) | (!key || (key & EPOLLOUT) ? TICK__HELD_OUT : 0);
        }
        if (rise)
            item->hold = hold;
        tick__item_ready(k, item, rise ? key & (EPOLLIN | EPOLLOUT) : 0);
    }
}

ssize_t tick_k_read(struct tick_kernel *k, int process, int fd, void *bytes, size_t count) {
    struct tick__file *file = tick__file(k, process, fd);
    if (!file || (file->status & O_ACCMODE) == O_WRONLY)
        return -EBADF;
    switch ((enum tick__file_type)file->type) {
    case TICK__SOCK:
        return count ? tick__tcp_recv(k, (struct tick__sock *)file, bytes, count, 0) : 0;
    case TICK__UNIX:
    case TICK__UDP:
        return count ? tick_k_recv(k, process, fd, bytes, count, 0) : 0;
    case TICK__EVENTFD:
        return tick__eventfd_read(k, (struct tick__eventfd *)file, bytes, count);
    case TICK__PIPE:
        return tick__pipe_read(k, file, bytes, count);
    case TICK__TIMERFD:
        return tick__timerfd_read(k, file, bytes, count);
    case TICK__DISK:
        return tick__disk_read(k, file, bytes, count);
    case TICK__EPOLL:
        break;
    }
    return -EINVAL;
}

ssize_t tick_k_write(struct tick_kernel *k, int process, int fd, const void *bytes, size_t count) {
    struct tick__file *file = tick__file(k, process, fd);
    if (!file || (file->status & O_ACCMODE) == O_RDONLY)
        return -EBADF;
    switch ((enum tick__file_type)file->type) {
    case TICK__SOCK:
        return tick__tcp_send(k, (struct tick__sock *)file, bytes, count, 0);
    case TICK__UNIX:
    case TICK__UDP:
        return tick_k_send(k, process, fd, bytes, count, 0);
    case TICK__EVENTFD:
        return tick__eventfd_write(k, (struct tick__eventfd *)file, bytes, count);
    case TICK__PIPE:
        return tick__pipe_write(k, file, bytes, count);
    case TICK__DISK:
        return tick__disk_write(k, file, bytes, count);
    case TICK__TIMERFD:
    case TICK__EPOLL:
        break;
    }
    return -EINVAL;
}

void tick__last_close(struct tick_kernel *k, struct tick__file *file) {
    switch ((enum tick__file_type)file->type) {
    case TICK__SOCK:
        tick__sock_close(k, (struct tick__sock *)file);
        break;
    case TICK__EPOLL:
        tick__epoll_close(k, (struct tick__epoll *)file);
        break;
    case TICK__EVENTFD:
        tick__arena_give(k, file->ref, sizeof(struct tick__eventfd));
        break;
    case TICK__PIPE:
        tick__pipe_close(k, file);
        break;
    case TICK__TIMERFD:
        tick__timerfd_close(k, file);
        break;
    case TICK__UNIX:
        tick__unix_close(k, file);
        break;
    case TICK__UDP:
        tick__udp_close(k, file);
        break;
    case TICK__DISK:
        tick__disk_close(k, file);
        break;
    }
}

int tick_k_close(struct tick_kernel *k, int process, int fd) {
    struct tick__file *file = tick__file(k, process, fd);
    if (!file)
        return -EBADF;
    if (file->names == 1 && (file->status & TICK__FLIES)) {
        unname(k, (uint32_t)process, file, fd);
        file->fd = -1;
        if (file->type == TICK__UNIX)
            tick__rights_collect(k, file->host);
        return 0;
    }
    if (file->names == 1) {
        tick__fd_drop(k, file);
        tick__last_close(k, file);
        return 0;
    }
    unname(k, (uint32_t)process, file, fd);
    if (tick__file_is_of(file, (uint32_t)process, (uint32_t)fd)) { // another of its names stands for it
        uint32_t of = tick__host(k, file->host)->processes, other = 0;
        TICK_ASSERT(next_name(k, file, &of, &other));
        file->process = of - 1;
        file->fd = (int32_t)other;
    }
    return 0;
}

// --- dup(2) and fcntl(2) ---

static int dup_from(struct tick_kernel *k, int process, int fd, uint32_t least, bool cloexec) {
    struct tick__file *file = tick__file(k, process, fd);
    if (!file)
        return -EBADF;
    int made = file->names == UINT16_MAX ? -EMFILE : lowest(k, process, least);
    if (made < 0)
        return made;
    name(k, process, file, made);
    tick__fd_cloexec(k, process, made, cloexec);
    return made;
}

int tick_k_dup(struct tick_kernel *k, int process, int fd) {
    return dup_from(k, process, fd, 0, false);
}

int tick_k_dup3(struct tick_kernel *k, int process, int fd, int to, int flags) {
    if (flags & ~O_CLOEXEC)
        return -EINVAL;
    if (fd == to)
        return -EINVAL;
    if (to < 0 || (uint32_t)to >= TICK__MOST_FDS || !tick__file(k, process, fd))
        return -EBADF;
    if (tick__file(k, process, to))
        (void)!tick_k_close(k, process, to);
    return dup_from(k, process, fd, (uint32_t)to, (flags & O_CLOEXEC) != 0);
}

int tick_k_dup2(struct tick_kernel *k, int process, int fd, int to) {
    if (fd == to)
        return tick__file(k, process, fd) ? to : -EBADF;
    return tick_k_dup3(k, process, fd, to, 0);
}

#define SETTABLE (O_APPEND | O_NONBLOCK)

int tick_k_fcntl(struct tick_kernel *k, int process, int fd, int command, int64_t argument) {
    struct tick__file *file = tick__file(k, process, fd);
    if (!file)
        return -EBADF;
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        if (argument < 0 || argument >= TICK__MOST_FDS)
            return -EINVAL;
        return dup_from(k, process, fd, (uint32_t)argument, command == F_DUPFD_CLOEXEC);
    case F_GETFD:
        return TICK__ARRAY(k, tick__ref, tick__process(k, (uint32_t)process)->fds)[fd] & TICK__CLOEXEC ? FD_CLOEXEC : 0;
    case F_SETFD:
        tick__fd_cloexec(k, process, fd, (argument & FD_CLOEXEC) != 0);
        return 0;
    case F_GETFL:
        return (int)(file->status & ~TICK__INTERNAL);
    case F_SETFL:
        file->status = (file->status & ~(uint32_t)SETTABLE) | ((uint32_t)argument & SETTABLE);
        return 0;
    case F_GETPIPE_SZ:
    case F_SETPIPE_SZ:
        return file->type != TICK__PIPE  ? -EBADF
               : command == F_GETPIPE_SZ ? tick__pipe_size(k, file)
                                         : tick__pipe_resize(k, file, argument);
    default:
        return -EINVAL;
    }
}

// Bytes that nobody has yet: of TCP, that are not acknowledged.
static int unsent(struct tick_kernel *k, struct tick__file *file, int *value) {
    switch ((enum tick__file_type)file->type) {
    case TICK__SOCK:
        return tick__tcp_unacked(k, (struct tick__sock *)file, value);
    case TICK__UNIX:
        *value = tick__unix_unsent(k, (struct tick__unix *)file);
        return 0;
    case TICK__UDP:
        *value = 0;
        return 0;
    default:
        return -ENOTTY;
    }
}

int tick_k_ioctl(struct tick_kernel *k, int process, int fd, unsigned long request, int *value) {
    struct tick__file *file = tick__file(k, process, fd);
    if (!file)
        return -EBADF;
    if (request == FIOCLEX || request == FIONCLEX) {
        tick__fd_cloexec(k, process, fd, request == FIOCLEX);
        return 0;
    }
    if (request == FIONBIO) {
        file->status = (file->status & ~(uint32_t)O_NONBLOCK) | (*value ? O_NONBLOCK : 0);
        return 0;
    }
    if (file->type == TICK__EPOLL)
        return -EINVAL;
    if (request == SIOCOUTQ)
        return unsent(k, file, value);
    if (request != FIONREAD)
        return -ENOTTY;
    tick__file_asked(k, file, TICK__HELD_IN);
    switch ((enum tick__file_type)file->type) {
    case TICK__SOCK:
        return tick__tcp_unread(k, (struct tick__sock *)file, value);
    case TICK__PIPE:
        return tick__pipe_unread(k, file, value);
    case TICK__UNIX:
        return tick__unix_unread(k, file, value);
    case TICK__UDP:
        return tick__udp_unread(k, file, value);
    case TICK__DISK:
        return tick__disk_unread(k, file, value);
    case TICK__EPOLL:
    case TICK__EVENTFD:
    case TICK__TIMERFD:
        break;
    }
    return -ENOTTY;
}

tick_id tick_k_fd_id(const struct tick_kernel *k, int process, int fd) {
    const struct tick__file *file = tick__file(k, process, fd);
    if (!file)
        return 0;
    const struct tick__sock *s = (const struct tick__sock *)file;
    return file->type == TICK__SOCK && s->connection ? tick_id_part(s->connection, tick__sock_part(s)) : file->id;
}
