// The real kernel behind the seam. No slot keeps state: only names that stand for addresses live here.
#include "src/base/times.h"
#include "src/os/linux_int.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// Kernels before 5.11 lack epoll_pwait2; headers may lack its number, which is the same on every architecture.
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

#define NS 1000000000LL
#define MOST_EVENTS 64 // one call's; more are reported by the next

static int64_t clock_ns(clockid_t clock) {
    struct timespec ts;
    clock_gettime(clock, &ts);
    return tick__of_parts(ts.tv_sec, ts.tv_nsec);
}

static int64_t os_now(struct tick_sys *self) {
    (void)self;
    return clock_ns(CLOCK_MONOTONIC);
}

static int64_t os_wall(struct tick_sys *self) {
    (void)self;
    return clock_ns(CLOCK_REALTIME);
}

static int os_epoll_create(struct tick_sys *self) {
    (void)self;
    return tick__os_result(epoll_create1(EPOLL_CLOEXEC));
}

static int os_epoll_ctl(struct tick_sys *self, int epfd, int op, int fd, const struct tick_sys_event *event) {
    (void)self;
    struct epoll_event e = {0};
    if (event) {
        e.events = event->events;
        e.data.u64 = event->data;
    }
    return tick__os_result(epoll_ctl(epfd, op, fd, event ? &e : NULL));
}

// Milliseconds, rounded up: epoll_wait never returns before the timeout asked for.
static int up_to_ms(int64_t timeout) {
    if (timeout < 0)
        return -1;
    const int64_t ms = tick__in_steps(timeout, TICK_MS(1)) / TICK_MS(1);
    return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

static int wait_once(int epfd, struct epoll_event *events, int most, int64_t timeout) {
    if (timeout > 0) {
        const struct timespec ts = {(time_t)(timeout / NS), (long)(timeout % NS)};
        int n = (int)syscall(SYS_epoll_pwait2, epfd, events, most, &ts, NULL, (size_t)0);
        if (n >= 0 || errno != ENOSYS)
            return tick__os_result(n);
    }
    return tick__os_result(epoll_wait(epfd, events, most, up_to_ms(timeout)));
}

static int os_epoll_wait(struct tick_sys *self, int epfd, struct tick_sys_event *out, int most, int64_t timeout, tick_id timer) {
    (void)self;
    (void)timer;
    struct epoll_event events[MOST_EVENTS];
    int n = wait_once(epfd, events, most < MOST_EVENTS ? most : MOST_EVENTS, timeout);
    for (int i = 0; i < n; i++)
        out[i] = (struct tick_sys_event){events[i].events, events[i].data.u64};
    return n;
}

static int os_eventfd(struct tick_sys *self, unsigned initial, int flags) {
    (void)self;
    return tick__os_result(eventfd(initial, flags | EFD_NONBLOCK | EFD_CLOEXEC));
}

static int os_socket(struct tick_sys *self, int domain, int type, int protocol) {
    (void)self;
    return tick__os_result(socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
}

static int os_bind(struct tick_sys *self, int fd, const struct sockaddr *address, socklen_t size) {
    (void)self;
    return tick__os_result(bind(fd, address, size));
}

static int os_listen(struct tick_sys *self, int fd, int backlog) {
    (void)self;
    return tick__os_result(listen(fd, backlog));
}

static int os_accept(struct tick_sys *self, int fd, struct sockaddr *address, socklen_t *size) {
    (void)self;
    return tick__os_result(accept4(fd, address, size, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

static int os_connect(struct tick_sys *self, int fd, const struct sockaddr *address, socklen_t size) {
    (void)self;
    return tick__os_result(connect(fd, address, size));
}

static ssize_t os_send(struct tick_sys *self, int fd, const void *bytes, size_t count, int flags) {
    (void)self;
    return tick__os_sized(send(fd, bytes, count, flags | MSG_NOSIGNAL));
}

static ssize_t os_recv(struct tick_sys *self, int fd, void *bytes, size_t count, int flags) {
    (void)self;
    return tick__os_sized(recv(fd, bytes, count, flags));
}

static int os_shutdown(struct tick_sys *self, int fd, int how) {
    (void)self;
    return tick__os_result(shutdown(fd, how));
}

static int os_getsockopt(struct tick_sys *self, int fd, int level, int name, void *value, socklen_t *size) {
    (void)self;
    return tick__os_result(getsockopt(fd, level, name, value, size));
}

static int os_setsockopt(struct tick_sys *self, int fd, int level, int name, const void *value, socklen_t size) {
    (void)self;
    return tick__os_result(setsockopt(fd, level, name, value, size));
}

static int os_getsockname(struct tick_sys *self, int fd, struct sockaddr *address, socklen_t *size) {
    (void)self;
    return tick__os_result(getsockname(fd, address, size));
}

static int os_getpeername(struct tick_sys *self, int fd, struct sockaddr *address, socklen_t *size) {
    (void)self;
    return tick__os_result(getpeername(fd, address, size));
}

static ssize_t os_read(struct tick_sys *self, int fd, void *bytes, size_t count) {
    (void)self;
    return tick__os_sized(read(fd, bytes, count));
}

// For eventfds, and later pipes and files. On a socket use send: write would raise SIGPIPE.
static ssize_t os_write(struct tick_sys *self, int fd, const void *bytes, size_t count) {
    (void)self;
    return tick__os_sized(write(fd, bytes, count));
}

// The fd is gone even when close says EINTR.
static int os_close(struct tick_sys *self, int fd) {
    (void)self;
    int closed = close(fd);
    return closed < 0 && errno != EINTR ? -errno : 0;
}

int tick__os_lookup_error(int error) {
    switch (error) {
    case EAI_NONAME:
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
        return -ENOENT;
    case EAI_MEMORY:
        return -ENOMEM;
    case EAI_AGAIN:
        return -EAGAIN;
    case EAI_SYSTEM:
        return -errno;
    default:
        return -EIO;
    }
}

static int os_resolve(struct tick_sys *self, const char *host, uint16_t port, struct sockaddr_storage *address, socklen_t *size) {
    struct tick_linux *linux_ = (struct tick_linux *)self;
    for (unsigned i = 0; i < linux_->name_count; i++)
        if (!strcmp(linux_->names[i].name, host)) {
            struct sockaddr_in in;
            memcpy(&in, &linux_->names[i].address, sizeof in);
            if (!linux_->names[i].port)
                in.sin_port = htons(port);
            memcpy(address, &in, sizeof in);
            *size = sizeof in;
            return 0;
        }
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)port);
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG};
    struct addrinfo *found = NULL;
    int error = getaddrinfo(host, service, &hints, &found);
    if (error)
        return tick__os_lookup_error(error);
    memcpy(address, found->ai_addr, found->ai_addrlen);
    *size = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

static int os_random(struct tick_sys *self, void *bytes, size_t count) {
    (void)self;
    for (size_t done = 0; done < count;) {
        ssize_t n = getrandom((char *)bytes + done, count - done, 0);
        if (n < 0 && errno != EINTR)
            return -errno;
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static const struct tick_sys_ops ops = {
    .name = "linux",
    .now = os_now,
    .wall = os_wall,
    .epoll_create = os_epoll_create,
    .epoll_ctl = os_epoll_ctl,
    .epoll_wait = os_epoll_wait,
    .eventfd = os_eventfd,
    .socket = os_socket,
    .bind = os_bind,
    .listen = os_listen,
    .accept = os_accept,
    .connect = os_connect,
    .send = os_send,
    .recv = os_recv,
    .shutdown = os_shutdown,
    .getsockopt = os_getsockopt,
    .setsockopt = os_setsockopt,
    .getsockname = os_getsockname,
    .getpeername = os_getpeername,
    .read = os_read,
    .write = os_write,
    .close = os_close,
    .dup = tick__os_dup,
    .dup2 = tick__os_dup2,
    .dup3 = tick__os_dup3,
    .fcntl = tick__os_fcntl,
    .ioctl = tick__os_ioctl,
    .pipe = tick__os_pipe,
    .socketpair = tick__os_socketpair,
    .timerfd = tick__os_timerfd,
    .timerfd_settime = tick__os_timerfd_settime,
    .timerfd_gettime = tick__os_timerfd_gettime,
    .sendto = tick__os_sendto,
    .recvfrom = tick__os_recvfrom,
    .sendmsg = tick__os_sendmsg,
    .recvmsg = tick__os_recvmsg,
    .readv = tick__os_readv,
    .writev = tick__os_writev,
    .poll = tick__os_poll,
    .select = tick__os_select,
    .sleep = tick__os_sleep,
    .clock = tick__os_clock,
    .open = tick__os_open,
    .pread = tick__os_pread,
    .pwrite = tick__os_pwrite,
    .lseek = tick__os_lseek,
    .fsync = tick__os_fsync,
    .fdatasync = tick__os_fdatasync,
    .ftruncate = tick__os_ftruncate,
    .fstat = tick__os_fstat,
    .stat = tick__os_stat,
    .mkdir = tick__os_mkdir,
    .rmdir = tick__os_rmdir,
    .unlink = tick__os_unlink,
    .rename = tick__os_rename,
    .readdir = tick__os_readdir,
    .resolve_all = tick__os_resolve_all,
    .resolve = os_resolve,
    .random = os_random,
    .threads_new = tick__os_threads_new,
    .threads_run = tick__os_threads_run,
    .threads_withdraw = tick__os_threads_withdraw,
    .threads_free = tick__os_threads_free,
    .choose = NULL,
};

int tick_linux_init(struct tick_linux *self) {
    memset(self, 0, sizeof *self);
    self->sys.ops = &ops;
    return 0;
}

int tick_linux_map(struct tick_linux *self, const char *name, const char *address) {
    char ip[INET_ADDRSTRLEN];
    const char *colon = strchr(address, ':');
    size_t length = colon ? (size_t)(colon - address) : strlen(address);
    if (!*name || strlen(name) >= sizeof self->names[0].name || length >= sizeof ip)
        return -EINVAL;
    memcpy(ip, address, length);
    ip[length] = 0;
    struct sockaddr_in in = {.sin_family = AF_INET};
    if (inet_pton(AF_INET, ip, &in.sin_addr) != 1)
        return -EINVAL;
    unsigned long port = 0;
    if (colon) {
        char *end;
        port = strtoul(colon + 1, &end, 10);
        if (colon[1] < '0' || colon[1] > '9' || *end || port == 0 || port > 65535)
            return -EINVAL;
    }
    in.sin_port = htons((uint16_t)port);
    unsigned i = 0;
    while (i < self->name_count && strcmp(self->names[i].name, name))
        i++;
    if (i == TICK_LINUX_NAMES)
        return -ENOSPC;
    memset(&self->names[i], 0, sizeof self->names[i]);
    memcpy(self->names[i].name, name, strlen(name));
    memcpy(&self->names[i].address, &in, sizeof in);
    self->names[i].size = sizeof in;
    self->names[i].port = (uint16_t)port;
    if (i == self->name_count)
        self->name_count++;
    return 0;
}
