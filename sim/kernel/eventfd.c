// eventfd(2). It comes from within the host: never held back, never short.
#include "sim/kernel/objects_int.h"
#include <fcntl.h>
#include <sys/eventfd.h>

struct eventfd {
    struct tick__file file;
    uint64_t count;
    bool semaphore;
};

#define MOST (UINT64_MAX - 1)

int tick_k_eventfd(struct tick_kernel *k, int process, unsigned initial, int flags, const struct tick_kernel_name *name) {
    if (flags & ~(EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK))
        return -EINVAL;
    const uint32_t status = (uint32_t)(O_RDWR | (flags & (O_NONBLOCK | O_CLOEXEC)));
    tick__ref ref;
    int fd = tick__object_new(k, process, TICK__EVENTFD, sizeof(struct eventfd), status, name, "eventfd", &ref);
    if (fd >= 0) {
        TICK__AT(k, eventfd, ref)->count = initial;
        TICK__AT(k, eventfd, ref)->semaphore = (flags & EFD_SEMAPHORE) != 0;
    }
    return fd;
}

static uint32_t mask(struct tick_kernel *k, struct tick__file *file) {
    const struct eventfd *eventfd = (const struct eventfd *)file;
    (void)k;
    return (eventfd->count ? EPOLLIN : 0) | (eventfd->count < MOST ? EPOLLOUT : 0);
}

static ssize_t get(struct tick_kernel *k, struct tick__file *file, void *bytes, size_t count) {
    struct eventfd *eventfd = (struct eventfd *)file;
    if (count < sizeof(uint64_t))
        return -EINVAL;
    if (!eventfd->count)
        return -EAGAIN;
    uint64_t taken = eventfd->semaphore ? 1 : eventfd->count;
    eventfd->count -= taken;
    memcpy(bytes, &taken, sizeof taken);
    tick__file_wake(k, &eventfd->file, EPOLLOUT, false);
    return sizeof taken;
}

static ssize_t put(struct tick_kernel *k, struct tick__file *file, const void *bytes, size_t count) {
    struct eventfd *eventfd = (struct eventfd *)file;
    if (count < sizeof(uint64_t))
        return -EINVAL;
    uint64_t added;
    memcpy(&added, bytes, sizeof added);
    if (added == UINT64_MAX)
        return -EINVAL;
    if (added > MOST - eventfd->count)
        return -EAGAIN;
    tick__tell_written(k, &eventfd->file, 0, bytes, sizeof added);
    eventfd->count += added;
    tick__file_wake(k, &eventfd->file, EPOLLIN, false);
    return sizeof added;
}

static void end(struct tick_kernel *k, struct tick__file *file) {
    tick__arena_give(k, file->ref, sizeof(struct eventfd));
}

const struct tick__file_ops tick__eventfd_ops = {.mask = mask, .read = get, .write = put, .writes_parts = true, .close = end, .mode = 0600};
