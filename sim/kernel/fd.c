// File descriptors: the lowest free number, what it names, and who is told when that becomes ready.
#include "sim/kernel/kernel_int.h"

int tick__fd_give(struct tick_kernel *k, struct tick__file *file) {
    struct tick__host *h = tick__host(k, file->host);
    uint32_t fd = h->fd_low;
    const tick__ref *fds = TICK__ARRAY(k, tick__ref, h->fds);
    while (fd < h->fd_most && fds[fd])
        fd++;
    if (fd >= TICK__MOST_FDS)
        return -EMFILE;
    if (fd >= h->fd_most) {
        uint32_t before = h->fd_most;
        if (!tick__arena_grow(k, &h->fds, &h->fd_most, 16, before, sizeof(tick__ref)))
            return -ENOMEM;
        memset(TICK__ARRAY(k, tick__ref, h->fds) + before, 0, (h->fd_most - before) * sizeof(tick__ref));
    }
    TICK__ARRAY(k, tick__ref, h->fds)[fd] = file->ref;
    file->fd = (int32_t)fd;
    h->fd_low = fd + 1;
    h->fd_count++;
    return (int)fd;
}

void tick__fd_put(struct tick_kernel *k, struct tick__file *from, struct tick__file *to) {
    TICK__ARRAY(k, tick__ref, tick__host(k, from->host)->fds)[from->fd] = to->ref;
    to->fd = from->fd;
    to->items = from->items;
    from->fd = -1;
    from->items = 0;
    for (tick__ref ref = to->items; ref; ref = TICK__AT(k, tick__item, ref)->file_next)
        TICK__AT(k, tick__item, ref)->file = to->ref;
}

void tick__fd_drop(struct tick_kernel *k, struct tick__file *file) {
    struct tick__host *h = tick__host(k, file->host);
    tick__items_drop(k, file);
    TICK__ARRAY(k, tick__ref, h->fds)[file->fd] = 0;
    if ((uint32_t)file->fd < h->fd_low)
        h->fd_low = (uint32_t)file->fd;
    h->fd_count--;
    file->fd = -1;
}

uint32_t tick__file_mask(struct tick_kernel *k, struct tick__file *file) {
    switch ((enum tick__file_type)file->type) {
    case TICK__SOCK:
        return tick__sock_mask(k, (struct tick__sock *)file);
    case TICK__EPOLL:
        return tick__epoll_mask(k, (struct tick__epoll *)file);
    case TICK__EVENTFD:
        return tick__eventfd_mask((struct tick__eventfd *)file);
    }
    return 0;
}

// A held connection's end is told by its own id, a listening socket by its fd's. Others come from within the host: never held.
static uint8_t hold_of(struct tick_kernel *k, const struct tick__file *file) {
    if (file->type != TICK__SOCK)
        return 0;
    const struct tick__sock *s = (const struct tick__sock *)file;
    if (s->peer && tick__sock(k, s->peer)->file.host == file->host)
        return 0;
    tick_id subject = s->connection ? tick_id_part(s->connection, tick__sock_part(s)) : file->id;
    return (uint8_t)k->env.choose(k->env.ctx, TICK_CHOICE_READY_HOLD, subject, file->rises, 4, 0);
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
        }
        if (rise)
            item->hold = hold;
        tick__item_ready(k, item);
    }
}

ssize_t tick_k_read(struct tick_kernel *k, int host, int fd, void *bytes, size_t count) {
    struct tick__file *file = tick__file(k, host, fd);
    if (!file)
        return -EBADF;
    if (file->type == TICK__SOCK)
        return count ? tick_k_recv(k, host, fd, bytes, count, 0) : 0;
    return file->type == TICK__EVENTFD ? tick__eventfd_read(k, (struct tick__eventfd *)file, bytes, count) : -EINVAL;
}

ssize_t tick_k_write(struct tick_kernel *k, int host, int fd, const void *bytes, size_t count) {
    struct tick__file *file = tick__file(k, host, fd);
    if (!file)
        return -EBADF;
    if (file->type == TICK__SOCK)
        return tick_k_send(k, host, fd, bytes, count, 0);
    return file->type == TICK__EVENTFD ? tick__eventfd_write(k, (struct tick__eventfd *)file, bytes, count) : -EINVAL;
}

int tick_k_close(struct tick_kernel *k, int host, int fd) {
    struct tick__file *file = tick__file(k, host, fd);
    if (!file)
        return -EBADF;
    tick__fd_drop(k, file);
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
    }
    return 0;
}

tick_id tick_k_fd_id(const struct tick_kernel *k, int host, int fd) {
    const struct tick__file *file = tick__file(k, host, fd);
    if (!file)
        return 0;
    const struct tick__sock *s = (const struct tick__sock *)file;
    return file->type == TICK__SOCK && s->connection ? tick_id_part(s->connection, tick__sock_part(s)) : file->id;
}
