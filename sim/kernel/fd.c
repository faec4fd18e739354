// File descriptors: the lowest free number, the open file description that it names, and who is told when that becomes ready.
#include "sim/kernel/objects_int.h"
#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

enum { DEVICE_SOCKETS = 8, DEVICE_PIPES = 14, DEVICE_ANONYMOUS = 15 }; // st_dev

// Makes room in the table for that fd: 0 or -ENOMEM.
static __attribute__((noinline)) int table_grow(struct tick_kernel *k, struct tick__process *p, uint32_t fd) {
    while (fd >= p->fd_most) {
        uint32_t before = p->fd_most;
        if (!tick__arena_grow(k, &p->fds, &p->fd_most, 16, before, sizeof(tick__ref)))
            return -ENOMEM;
        memset(TICK__ARRAY(k, tick__ref, p->fds) + before, 0, (p->fd_most - before) * sizeof(tick__ref));
    }
    return 0;
}

// The next of the numbers that were named, or -EMFILE (there is none left), -EBADF (it is taken), -ENOMEM.
static __attribute__((noinline)) int numbered(struct tick_kernel *k, struct tick__process *p) {
    if (!k->numbers_left)
        return -EMFILE;
    const uint32_t fd = (uint32_t)*k->numbers;
    TICK_TRY(table_grow(k, p, fd));
    if (TICK__ARRAY(k, tick__ref, p->fds)[fd])
        return -EBADF;
    k->numbers++;
    k->numbers_left--;
    if (fd == p->fd_low)
        p->fd_low++;
    return (int)fd;
}

int tick_kernel_fds_at(struct tick_kernel *k, int process, const int *fds, uint32_t count) {
    tick_kernel_fds_anywhere(k);
    for (uint32_t i = 0; i < count; i++) {
        if (fds[i] < 0 || tick__file(k, process, fds[i]))
            return -EBADF;
        if ((uint32_t)fds[i] >= tick__process(k, (uint32_t)process)->fd_limit)
            return -EMFILE;
    }
    k->numbers = fds;
    k->numbers_left = count;
    k->numbers_process = (uint32_t)process;
    return 0;
}

int tick_kernel_fd_at(struct tick_kernel *k, int process, int fd) {
    k->number = fd;
    return tick_kernel_fds_at(k, process, &k->number, 1);
}

uint32_t tick_kernel_fds_anywhere(struct tick_kernel *k) {
    const uint32_t left = k->numbers_left;
    k->numbers = NULL;
    k->numbers_left = 0;
    return left;
}

// The process's lowest free fd that is at least `least`, or the one that was named; or -EMFILE, -ENOMEM.
static int lowest(struct tick_kernel *k, struct tick__process *p, uint32_t least) {
    if (__builtin_expect(k->numbers != NULL, 0) && p == tick__process(k, k->numbers_process))
        return numbered(k, p);
    uint32_t fd = p->fd_low > least ? p->fd_low : least;
    const tick__ref *fds = TICK__ARRAY(k, tick__ref, p->fds);
    while (fd < p->fd_most && fds[fd])
        fd++;
    if (fd >= p->fd_limit)
        return -EMFILE;
    if (fd >= p->fd_most)
        TICK_TRY(table_grow(k, p, fd));
    if (least <= p->fd_low)
        p->fd_low = fd + 1;
    return (int)fd;
}

// One more fd names the file. That stands for it, unless another one does.
static void name(struct tick_kernel *k, struct tick__process *p, int process, struct tick__file *file, int fd) {
    TICK__ARRAY(k, tick__ref, p->fds)[fd] = file->ref | TICK__CLOEXEC;
    if (file->fd < 0) {
        file->fd = fd;
        file->process = (uint32_t)process;
    }
    file->names++;
    p->fd_count += (uint32_t)fd >= TICK__FIRST_FD;
}

int tick__fd_give(struct tick_kernel *k, int process, struct tick__file *file) {
    struct tick__process *p = tick__process(k, (uint32_t)process);
    int fd = file->names == UINT16_MAX ? -EMFILE : lowest(k, p, 0);
    if (fd >= 0)
        name(k, p, process, file, fd);
    return fd;
}

int tick__fds_inherit(struct tick_kernel *k, int from, int to) {
    struct tick__process *p = tick__process(k, (uint32_t)to);
    const struct tick__process *parent = tick__process(k, (uint32_t)from);
    if (parent->fd_most)
        TICK_TRY(table_grow(k, p, parent->fd_most - 1));
    p->fd_low = parent->fd_low;
    p->fd_limit = parent->fd_limit;
    for (uint32_t fd = 0; fd < parent->fd_most; fd++) {
        const tick__ref entry = TICK__ARRAY(k, tick__ref, parent->fds)[fd];
        struct tick__file *file = tick__file(k, from, (int)fd);
        if (!file)
            continue;
        if (file->names == UINT16_MAX)
            return -ENOMEM;
        name(k, p, to, file, (int)fd);
        TICK__ARRAY(k, tick__ref, p->fds)[fd] = entry; // closed on exec, or not
    }
    return 0;
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

struct tick__file *tick__files_next(const struct tick_kernel *k, uint32_t host, struct tick__files *at) {
    if (!at->begun)
        *at = (struct tick__files){.begun = true, .process = tick__host(k, host)->processes, .rights = tick__rights_first(k, host)};
    for (; at->process; at->process = tick__process(k, at->process - 1)->next, at->fd = 0) {
        const struct tick__process *p = tick__process(k, at->process - 1);
        while (at->fd < p->fd_most) {
            struct tick__file *file = tick__file(k, (int)at->process - 1, (int)at->fd++);
            if (file && tick__file_is_of(file, at->process - 1, at->fd - 1))
                return file;
        }
    }
    return tick__rights_next(k, &at->rights, &at->place);
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

static void unname(struct tick_kernel *k, struct tick__process *p, struct tick__file *file, int fd) {
    TICK__ARRAY(k, tick__ref, p->fds)[fd] = 0;
    if ((uint32_t)fd < p->fd_low && fd >= (int)TICK__FIRST_FD)
        p->fd_low = (uint32_t)fd;
    p->fd_count -= (uint32_t)fd >= TICK__FIRST_FD;
    file->names--;
}

void tick__fd_drop(struct tick_kernel *k, struct tick__file *file) {
    tick__items_drop(k, file);
    unname(k, tick__process(k, file->process), file, file->fd);
    file->fd = -1;
    if (!file->names)
        return;
    for (uint32_t process = tick__host(k, file->host)->processes, fd = 0; next_name(k, file, &process, &fd);)
        unname(k, tick__process(k, process - 1), file, (int)fd);
}

const struct tick__file_ops *const tick__file_types[] = {
    [TICK__SOCK] = &tick__tcp_ops,
    [TICK__EPOLL] = &tick__epoll_ops,
    [TICK__EVENTFD] = &tick__eventfd_ops,
    [TICK__PIPE] = &tick__pipe_ops,
    [TICK__TIMERFD] = &tick__timerfd_ops,
    [TICK__UNIX] = &tick__unix_ops,
    [TICK__UDP] = &tick__udp_ops,
    [TICK__DISK] = &tick__disk_ops,
    [TICK__SIGNALFD] = &tick__signalfd_ops,
};

static tick_id id_of(const struct tick__file *file) {
    return tick__ops(file)->id ? tick__ops(file)->id(file) : file->id;
}

struct tick__address_of_choice tick__file_readiness(const struct tick_kernel *k, const struct tick__file *file) {
    return k->arrives.subject ? k->arrives : (struct tick__address_of_choice){id_of(file), file->rises};
}

static uint8_t hold_of(struct tick_kernel *k, const struct tick__file *file) {
    const struct tick__file_ops *ops = tick__ops(file);
    if (tick_is_calm(k->env.calm, TICK_CHOICE_READY_HOLD) || !ops->from_outside || !ops->from_outside(k, file))
        return 0;
    const struct tick__address_of_choice about = tick__file_readiness(k, file);
    return (uint8_t)k->env.choose(k->env.ctx, TICK_CHOICE_READY_HOLD, about.subject, about.ordinal, 4, 0);
}

void tick__file_unhold(struct tick_kernel *k, struct tick__file *file) {
    file->status &= ~TICK__HELD;
    for (tick__ref ref = file->items; ref; ref = TICK__AT(k, tick__item, ref)->file_next)
        TICK__AT(k, tick__item, ref)->hold = 0;
}

void tick__watchers_wake(struct tick_kernel *k, struct tick__file *file, uint32_t key, bool rise) {
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

void tick__file_wake_by(struct tick_kernel *k, struct tick__file *file, uint32_t key, bool rise, tick_id subject, uint64_t ordinal) {
    k->arrives = (struct tick__address_of_choice){subject, ordinal};
    tick__file_wake(k, file, key, rise);
    k->arrives.subject = 0;
}

ssize_t tick_k_read(struct tick_kernel *k, int process, int fd, void *bytes, size_t count) {
    struct tick__file *file = tick__file(k, process, fd);
    if (!file || (file->status & O_ACCMODE) == O_WRONLY)
        return -EBADF;
    return tick__ops(file)->read ? tick__ops(file)->read(k, file, bytes, count) : -EINVAL;
}

ssize_t tick_k_write(struct tick_kernel *k, int process, int fd, const void *bytes, size_t count) {
    struct tick__file *file = tick__file(k, process, fd);
    if (!file || (file->status & O_ACCMODE) == O_RDONLY)
        return -EBADF;
    k->caller = (uint32_t)process;
    return tick__ops(file)->write ? tick__ops(file)->write(k, file, bytes, count) : -EINVAL;
}

int tick_k_close(struct tick_kernel *k, int process, int fd) {
    struct tick__file *file = tick__file(k, process, fd);
    if (!file)
        return -EBADF;
    const bool flies = file->status & TICK__FLIES, last = file->names == 1;
    if (last && !flies)
        tick__items_drop(k, file);
    unname(k, tick__process(k, (uint32_t)process), file, fd);
    if (last) {
        file->fd = -1;
        if (!flies)
            tick__ops(file)->close(k, file);
        else if (tick__ops(file)->unnamed)
            tick__ops(file)->unnamed(k, file);
        return 0;
    }
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
    struct tick__process *p = tick__process(k, (uint32_t)process);
    int made = file->names == UINT16_MAX ? -EMFILE : lowest(k, p, least);
    if (made < 0)
        return made;
    name(k, p, process, file, made);
    tick__fd_cloexec(k, process, made, cloexec);
    return made;
}

int tick_k_dup(struct tick_kernel *k, int process, int fd) {
    return dup_from(k, process, fd, 0, false);
}

// `to` may be 0 to 2, which every program has, and which no other call gives: what it was is nobody's here.
int tick_k_dup3(struct tick_kernel *k, int process, int fd, int to, int flags) {
    struct tick__process *p = tick__process(k, (uint32_t)process);
    if (flags & ~O_CLOEXEC)
        return -EINVAL;
    if (fd == to)
        return -EINVAL;
    struct tick__file *file = tick__file(k, process, fd);
    if (to < 0 || (uint32_t)to >= p->fd_limit || !file)
        return -EBADF;
    if (file->names == UINT16_MAX)
        return -EMFILE;
    TICK_TRY(table_grow(k, p, (uint32_t)to));
    if (tick__file(k, process, to))
        (void)!tick_k_close(k, process, to);
    if ((uint32_t)to == p->fd_low)
        p->fd_low++;
    name(k, p, process, file, to);
    tick__fd_cloexec(k, process, to, (flags & O_CLOEXEC) != 0);
    return to;
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
        if (argument < 0 || argument >= tick__process(k, (uint32_t)process)->fd_limit)
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
        return tick__ops(file)->pipe_size ? tick__ops(file)->pipe_size(k, file, command == F_SETPIPE_SZ, argument) : -EBADF;
    default:
        return -EINVAL;
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
    const struct tick__file_ops *ops = tick__ops(file);
    if (ops->no_requests)
        return -EINVAL;
    if (request == SIOCOUTQ)
        return ops->unsent ? ops->unsent(k, file, value) : -ENOTTY;
    if (request != FIONREAD)
        return -ENOTTY;
    tick__file_asked(k, file, TICK__HELD_IN);
    return ops->unread ? ops->unread(k, file, value) : -ENOTTY;
}

tick_id tick_k_fd_id(const struct tick_kernel *k, int process, int fd) {
    const struct tick__file *file = tick__file(k, process, fd);
    return file ? id_of(file) : 0;
}

// --- what only files with a position do ---

// rw_verify_area: whether so many bytes end beyond the greatest offset that there is.
static bool beyond(size_t count, int64_t offset) {
    int64_t end;
    return __builtin_add_overflow(offset, count, &end);
}

ssize_t tick_k_pread(struct tick_kernel *k, int process, int fd, void *bytes, size_t count, int64_t offset) {
    struct tick__file *file = tick__file(k, process, fd);
    if (offset < 0)
        return -EINVAL;
    if (!file)
        return -EBADF;
    if (!tick__ops(file)->pread)
        return -ESPIPE;
    if ((file->status & O_ACCMODE) == O_WRONLY)
        return -EBADF;
    return beyond(count, offset) ? -EINVAL : tick__ops(file)->pread(k, file, bytes, count, offset);
}

ssize_t tick_k_pwrite(struct tick_kernel *k, int process, int fd, const void *bytes, size_t count, int64_t offset) {
    struct tick__file *file = tick__file(k, process, fd);
    if (offset < 0)
        return -EINVAL;
    if (!file)
        return -EBADF;
    if (!tick__ops(file)->pwrite)
        return -ESPIPE;
    if ((file->status & O_ACCMODE) == O_RDONLY)
        return -EBADF;
    return beyond(count, offset) ? -EINVAL : tick__ops(file)->pwrite(k, file, bytes, count, offset);
}

int64_t tick_k_lseek(struct tick_kernel *k, int process, int fd, int64_t offset, int whence) {
    struct tick__file *file = tick__file(k, process, fd);
    if (!file)
        return -EBADF;
    return tick__ops(file)->seek ? tick__ops(file)->seek(k, file, offset, whence) : -ESPIPE;
}

int tick_k_fsync(struct tick_kernel *k, int process, int fd, bool data_only) {
    struct tick__file *file = tick__file(k, process, fd);
    (void)data_only; // a size that data need is data
    if (!file)
        return -EBADF;
    return tick__ops(file)->sync ? tick__ops(file)->sync(k, file) : -EINVAL;
}

int tick_k_ftruncate(struct tick_kernel *k, int process, int fd, int64_t size) {
    struct tick__file *file = tick__file(k, process, fd);
    if (size < 0)
        return -EINVAL;
    if (!file)
        return -EBADF;
    if (!tick__ops(file)->truncate || (file->status & O_ACCMODE) == O_RDONLY)
        return -EINVAL;
    return tick__ops(file)->truncate(k, file, size);
}

int tick_k_readdir(struct tick_kernel *k, int process, int fd, struct tick_sys_entry *out, int most) {
    struct tick__file *file = tick__file(k, process, fd);
    if (!file)
        return -EBADF;
    return tick__ops(file)->list ? tick__ops(file)->list(k, file, out, most) : -ENOTDIR;
}

// What no disk has: its number says which it is, in all runs the same, and its device which sort.
static void describe(const struct tick_kernel *k, const struct tick__file *file, struct stat *out) {
    const struct tick__file_ops *ops = tick__ops(file);
    memset(out, 0, sizeof *out);
    out->st_mode = ops->mode;
    out->st_nlink = 1;
    out->st_blksize = 4096;
    out->st_dev = S_ISSOCK(ops->mode) ? DEVICE_SOCKETS : S_ISFIFO(ops->mode) ? DEVICE_PIPES : DEVICE_ANONYMOUS;
    out->st_ino = 1;
    if (ops->mode & S_IFMT) {
        const tick_id id = ops->inode ? ops->inode(k, file) : file->id ? file->id : id_of(file);
        out->st_ino = 2 + (id >> 16);
        out->st_uid = out->st_gid = TICK__UID;
    }
}

int tick_k_fstat(struct tick_kernel *k, int process, int fd, struct stat *out) {
    const struct tick__file *file = tick__file(k, process, fd);
    if (!file)
        return -EBADF;
    if (tick__ops(file)->stat) {
        tick__ops(file)->stat(k, file, out);
        return 0;
    }
    describe(k, file, out);
    return 0;
}
