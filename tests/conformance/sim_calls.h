// The seam over a simulated world of one host, for tests that call it from outside of any host: what a call sets off on the loopback has
// happened when it returns, and epoll_wait moves the clock until something is ready or the timeout has passed.
#ifndef RETICK_TEST_SIM_CALLS_H
#define RETICK_TEST_SIM_CALLS_H

#include "sim/kernel/kernel.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/base/times.h"
#include "tests/conformance/sim_more_calls.h"
#include "tests/support/machines.h"

struct sim_calls {
    struct tick_sys sys;
    struct tick_kernel *kernel;
    uint32_t made;
    int process; // whose calls they are: the first one's, unless a test says otherwise
    void (*later)(void *arg);
    void *later_arg;
};

static inline uint32_t sim_choose(void *ctx, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)ctx;
    (void)kind;
    (void)subject;
    (void)ordinal;
    (void)n;
    (void)most;
    return 0;
}

static inline struct sim_calls *sim_of(struct tick_sys *self) {
    return (struct sim_calls *)self;
}

static inline struct tick_kernel *sim_kernel(struct tick_sys *self) {
    return sim_of(self)->kernel;
}

static inline int sim_process(struct tick_sys *self) {
    return sim_of(self)->process;
}

static inline struct tick_kernel_name sim_name(struct tick_sys *self) {
    uint32_t kth = ++sim_of(self)->made;
    return (struct tick_kernel_name){tick_id_mix(1, kth), 0, kth, NULL};
}

// What somebody else does at that time, while the test waits (SIM_LATER). fn must not wait.
#define SIM_LATER 88u
static inline int sim_later(struct tick_sys *self, int64_t ns, void (*fn)(void *arg), void *arg) {
    struct sim_calls *sim = sim_of(self);
    sim->later = fn;
    sim->later_arg = arg;
    return tick_kernel_post(sim->kernel, tick__after(tick_kernel_now(sim->kernel), ns), SIM_LATER, 0) ? 0 : -ENOMEM;
}

static inline bool sim_next(struct tick_sys *self, struct tick_posted *posted) {
    if (!tick_kernel_next(sim_kernel(self), posted))
        return false;
    if (posted->what == SIM_LATER) {
        sim_of(self)->later(sim_of(self)->later_arg);
        posted->what = 0;
    }
    return true;
}

// What a call sets off has happened when it returns; what it closed and lingers is waited for.
static inline ssize_t sim_settled(struct tick_sys *self, ssize_t result) {
    struct tick_kernel *k = sim_kernel(self);
    struct tick_posted posted;
    int64_t most;
    for (uint32_t key; (key = tick_kernel_lingers(k, 78, &most));) {
        const int64_t deadline = sim_deadline(k, most == TICK_NEVER ? -1 : most);
        while (tick_kernel_linger_on(k, key) && sim_step(self, deadline))
            ;
        tick_kernel_linger_end(k, key);
    }
    while (tick_kernel_next_at(k) <= tick_kernel_now(k))
        sim_next(self, &posted);
    return result;
}

static inline int64_t sim_now(struct tick_sys *self) {
    return tick_kernel_now(sim_kernel(self));
}

static inline int sim_epoll_create(struct tick_sys *self) {
    const struct tick_kernel_name name = sim_name(self);
    return tick_k_epoll_create(sim_kernel(self), sim_process(self), &name);
}

static inline int sim_epoll_ctl(struct tick_sys *self, int epfd, int op, int fd, const struct tick_sys_event *event) {
    return tick_k_epoll_ctl(sim_kernel(self), sim_process(self), epfd, op, fd, event);
}

static inline int sim_epoll_wait(struct tick_sys *self, int epfd, struct tick_sys_event *out, int most, int64_t timeout, tick_id timer) {
    (void)timer;
    struct tick_kernel *k = sim_kernel(self);
    uint32_t key = timeout > 0 ? tick_kernel_post(k, tick__after(tick_kernel_now(k), timeout), 1, 0) : 0;
    for (;;) {
        int n = tick_k_epoll_wait(k, sim_process(self), epfd, out, most, timeout != 0);
        struct tick_posted posted;
        if (n || !timeout) {
            tick_kernel_unpost(k, key);
            return n;
        }
        if (!sim_next(self, &posted))
            return -EDEADLK;
        if (posted.what)
            return tick_k_epoll_wait(k, sim_process(self), epfd, out, most, false);
    }
}

static inline int sim_eventfd(struct tick_sys *self, unsigned initial, int flags) {
    const struct tick_kernel_name name = sim_name(self);
    return tick_k_eventfd(sim_kernel(self), sim_process(self), initial, flags | EFD_NONBLOCK | EFD_CLOEXEC, &name);
}

static inline int sim_socket(struct tick_sys *self, int domain, int type, int protocol) {
    const struct tick_kernel_name name = sim_name(self);
    return tick_k_socket(sim_kernel(self), sim_process(self), domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol, &name);
}

static inline int sim_bind(struct tick_sys *self, int fd, const struct sockaddr *address, socklen_t size) {
    return tick_k_bind(sim_kernel(self), sim_process(self), fd, address, size);
}

static inline int sim_listen(struct tick_sys *self, int fd, int backlog) {
    return tick_k_listen(sim_kernel(self), sim_process(self), fd, backlog);
}

static inline int sim_accept(struct tick_sys *self, int fd, struct sockaddr *address, socklen_t *size) {
    return tick_k_accept(sim_kernel(self), sim_process(self), fd, address, size);
}

static inline int sim_connect(struct tick_sys *self, int fd, const struct sockaddr *address, socklen_t size) {
    const struct tick_kernel_name name = sim_name(self);
    return (int)sim_settled(self, tick_k_connect(sim_kernel(self), sim_process(self), fd, address, size, &name));
}

static inline ssize_t sim_send(struct tick_sys *self, int fd, const void *bytes, size_t count, int flags) {
    return sim_settled(self, tick_k_send(sim_kernel(self), sim_process(self), fd, bytes, count, flags));
}

static inline ssize_t sim_recv(struct tick_sys *self, int fd, void *bytes, size_t count, int flags) {
    return sim_settled(self, tick_k_recv(sim_kernel(self), sim_process(self), fd, bytes, count, flags));
}

static inline int sim_shutdown(struct tick_sys *self, int fd, int how) {
    return (int)sim_settled(self, tick_k_shutdown(sim_kernel(self), sim_process(self), fd, how));
}

static inline int sim_getsockopt(struct tick_sys *self, int fd, int level, int name, void *value, socklen_t *size) {
    return tick_k_getsockopt(sim_kernel(self), sim_process(self), fd, level, name, value, size);
}

static inline int sim_setsockopt(struct tick_sys *self, int fd, int level, int name, const void *value, socklen_t size) {
    return (int)sim_settled(self, tick_k_setsockopt(sim_kernel(self), sim_process(self), fd, level, name, value, size));
}

static inline int sim_getsockname(struct tick_sys *self, int fd, struct sockaddr *address, socklen_t *size) {
    return tick_k_getsockname(sim_kernel(self), sim_process(self), fd, address, size);
}

static inline int sim_getpeername(struct tick_sys *self, int fd, struct sockaddr *address, socklen_t *size) {
    return tick_k_getpeername(sim_kernel(self), sim_process(self), fd, address, size);
}

static inline ssize_t sim_read(struct tick_sys *self, int fd, void *bytes, size_t count) {
    return sim_settled(self, tick_k_read(sim_kernel(self), sim_process(self), fd, bytes, count));
}

static inline ssize_t sim_write(struct tick_sys *self, int fd, const void *bytes, size_t count) {
    return sim_settled(self, tick_k_write(sim_kernel(self), sim_process(self), fd, bytes, count));
}

static inline int sim_close(struct tick_sys *self, int fd) {
    return (int)sim_settled(self, tick_k_close(sim_kernel(self), sim_process(self), fd));
}

static const struct tick_sys_ops sim_ops = {
    .name = "sim",
    .now = sim_now,
    .wall = sim_now,
    .epoll_create = sim_epoll_create,
    .epoll_ctl = sim_epoll_ctl,
    .epoll_wait = sim_epoll_wait,
    .eventfd = sim_eventfd,
    .socket = sim_socket,
    .bind = sim_bind,
    .listen = sim_listen,
    .accept = sim_accept,
    .connect = sim_connect,
    .send = sim_send,
    .recv = sim_recv,
    .shutdown = sim_shutdown,
    .getsockopt = sim_getsockopt,
    .setsockopt = sim_setsockopt,
    .getsockname = sim_getsockname,
    .getpeername = sim_getpeername,
    .read = sim_read,
    .write = sim_write,
    .close = sim_close,
    .dup = sim_dup,
    .dup2 = sim_dup2,
    .dup3 = sim_dup3,
    .fcntl = sim_fcntl,
    .ioctl = sim_ioctl,
    .pipe = sim_pipe,
    .socketpair = sim_socketpair,
    .timerfd = sim_timerfd,
    .timerfd_settime = sim_timerfd_settime,
    .timerfd_gettime = sim_timerfd_gettime,
    .sendto = sim_sendto,
    .recvfrom = sim_recvfrom,
    .sendmsg = sim_sendmsg,
    .recvmsg = sim_recvmsg,
    .readv = sim_readv,
    .writev = sim_writev,
    .poll = sim_poll,
    .select = sim_select,
    .sleep = sim_sleep,
    .clock = sim_clock,
    .open = sim_open,
    .pread = sim_pread,
    .pwrite = sim_pwrite,
    .lseek = sim_lseek,
    .fsync = sim_fsync,
    .fdatasync = sim_fdatasync,
    .ftruncate = sim_ftruncate,
    .fstat = sim_fstat,
    .stat = sim_stat,
    .mkdir = sim_mkdir,
    .rmdir = sim_rmdir,
    .unlink = sim_unlink,
    .rename = sim_rename,
    .readdir = sim_readdir,
    .resolve_all = sim_resolve_all,
};

// Whether this machine's kernel lets no socket that has listened connect, and the other way round.
static inline bool sockets_have_one_role(void) {
    static int known = -1;
    const struct sockaddr_in nobody = {.sin_family = AF_INET, .sin_port = htons(1), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = known < 0 ? socket(AF_INET, SOCK_STREAM, 0) : -1;
    if (known < 0) {
        known = listen(fd, 1) == 0 && shutdown(fd, SHUT_RD) == 0 &&
                connect(fd, (const struct sockaddr *)&nobody, sizeof nobody) < 0 && errno == EINVAL;
        close(fd);
    }
    return known;
}

// A fresh world, of a kernel as this machine's; it is made by the first call and kept.
static inline int sim_calls_reset(struct sim_calls *sim) {
    if (!sim->kernel) {
        int error = tick_kernel_new(64 << 20, &sim->kernel);
        if (error)
            return error;
    }
    const struct tick_kernel_env env = {.choose = sim_choose};
    tick_kernel_reset(sim->kernel, &env);
    if (sockets_have_one_role())
        tick_kernel_one_role(sim->kernel);
    sim->sys.ops = &sim_ops;
    sim->made = 0;
    sim->process = 0;
    tick_kernel_clock_to(sim->kernel, TICK_SEC(1)); // as on a machine that has been up for a while
    int host = machine_add(sim->kernel, "host", 1, 0);
    return host < 0 ? host : 0;
}

#endif
