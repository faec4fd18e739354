// poll(2) and select(2): what holds now; and waiting for it, by an epoll that no fd names.
#include "sim/kernel/objects_int.h"

#define ALWAYS (POLLERR | POLLHUP)

int tick_k_poll(struct tick_kernel *k, int process, struct pollfd *fds, size_t count) {
    int ready = 0;
    for (size_t i = 0; i < count; i++) {
        struct tick__file *file = fds[i].fd < 0 ? NULL : tick__file(k, process, fds[i].fd);
        uint32_t holds = 0;
        if (file) {
            holds = tick__file_mask(k, file) & ((uint16_t)fds[i].events | ALWAYS);
            tick__file_asked(k, file, TICK__HELD);
            tick__file_reported(file, holds);
        } else if (fds[i].fd >= 0)
            holds = POLLNVAL;
        fds[i].revents = (short)holds;
        ready += holds != 0;
    }
    return ready;
}

// As Linux's select reads a mask.
#define READS (EPOLLRDNORM | EPOLLRDBAND | EPOLLIN | EPOLLHUP | EPOLLERR)
#define WRITES (EPOLLWRBAND | EPOLLWRNORM | EPOLLOUT | EPOLLERR)
#define EXCEPTS EPOLLPRI

// Linux gives back whole words: what is set in the last one beyond `count` is cleared, what is beyond that stays.
static void clear_rest(fd_set *set, int count) {
    for (int fd = count; set && fd % NFDBITS; fd++)
        FD_CLR(fd, set);
}

static int one(fd_set *set, int fd, bool holds) {
    if (!set || !FD_ISSET(fd, set))
        return 0;
    if (!holds)
        FD_CLR(fd, set);
    return holds;
}

int tick_k_select(struct tick_kernel *k, int process, int count, fd_set *reads, fd_set *writes, fd_set *excepts) {
    if (count < 0)
        return -EINVAL;
    if (count > FD_SETSIZE)
        count = FD_SETSIZE;
    fd_set *const sets[] = {reads, writes, excepts};
    for (int fd = 0; fd < count; fd++)
        for (int i = 0; i < 3; i++)
            if (sets[i] && FD_ISSET(fd, sets[i]) && !tick__file(k, process, fd))
                return -EBADF;
    int ready = 0;
    for (int i = 0; i < 3; i++)
        clear_rest(sets[i], count);
    for (int fd = 0; fd < count; fd++) {
        struct tick__file *file = tick__file(k, process, fd);
        uint32_t mask = file ? tick__file_mask(k, file) : 0;
        if (file)
            tick__file_asked(k, file, TICK__HELD);
        ready += one(reads, fd, (mask & READS) != 0) + one(writes, fd, (mask & WRITES) != 0) + one(excepts, fd, (mask & EXCEPTS) != 0);
    }
    return ready;
}

int tick_kernel_watch_fds(struct tick_kernel *k, int process, const struct pollfd *fds, size_t count, uint32_t waiter, uint32_t *key) {
    tick__ref ref = tick__arena_zero(k, sizeof(struct tick__epoll));
    if (!ref)
        return -ENOMEM;
    struct tick__epoll *epoll = TICK__AT(k, tick__epoll, ref);
    epoll->file = (struct tick__file){.fd = -1, .host = (uint16_t)tick__process_host(k, process), .ref = ref, .type = TICK__EPOLL};
    for (size_t i = 0; i < count; i++) {
        struct tick__file *file = fds[i].fd < 0 ? NULL : tick__file(k, process, fds[i].fd);
        if (!file || !tick__ops(file)->mask)
            continue;
        int error = tick__epoll_add(k, epoll, file, fds[i].fd, (uint16_t)fds[i].events);
        if (error && error != -EEXIST) {
            tick__epoll_close(k, &epoll->file);
            return error;
        }
    }
    epoll->waiter = waiter;
    epoll->waiting = true;
    for (size_t i = 0; i < count && epoll->waiting; i++) {
        struct pollfd now = fds[i];
        if (tick_k_poll(k, process, &now, 1))
            tick__epoll_wake(k, epoll);
    }
    *key = ref;
    return 0;
}

void tick_kernel_unwatch_fds(struct tick_kernel *k, uint32_t key) {
    tick__epoll_close(k, TICK__AT(k, tick__file, key));
}
