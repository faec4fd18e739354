// The seam's simulated side: each host's system calls go to the kernel, and epoll_wait is the world point.
#include "sim/native/fetch.h"
#include "sim/native/sim_sys_int.h"
#include "src/base/check.h"
#include "src/loop/loop_int.h"
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#define RANDOM_BYTES 0x52414e44 // a domain of the hash

static uint32_t sim_choose(struct tick_sys *self, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    struct native *native = tick__native_of(self);
    uint32_t value = tick__world_choose(native->host.world, kind, subject, ordinal, n, most);
    if (kind == TICK_CHOICE_STEP_COST && value) // what the step took passes at the next world point
        tick__native_busy(&native->host, tick_scale_capped(value, most));
    return value;
}

static int64_t sim_now(struct tick_sys *self) {
    return tick_kernel_now(KERNEL(self));
}

static int64_t sim_wall(struct tick_sys *self) {
    const struct native *native = tick__native_of(self);
    if (native->host.jumped)
        tick_emit(native->host.world->probe, TICK_EV_CLOCK_READ, native->host.object, native->host.jumped, 0, NULL);
    int64_t now = tick_kernel_now(native->host.world->kernel), ppm = native->host.options.drift;
    const int64_t drift = tick__moved(tick__times(now / 1000000, ppm), tick__times(now % 1000000, ppm) / 1000000);
    return tick__moved(tick__moved(tick__after(WALL_START, now), native->host.wall), drift);
}

static int sim_epoll_create(struct tick_sys *self) {
    struct tick_kernel_name name = tick__sim_name(self, TICK_SORT_EPOLL);
    return tick_k_epoll_create(KERNEL(self), PROCESS(self), &name);
}

static int sim_epoll_ctl(struct tick_sys *self, int epfd, int op, int fd, const struct tick_sys_event *event) {
    return tick_k_epoll_ctl(KERNEL(self), PROCESS(self), epfd, op, fd, event);
}

static void fail(struct native *native, enum tick_verdict verdict, const char *text) {
    tick__world_fail(native->host.world, verdict, 0, NULL, text);
}

static void tires(struct native *native) {
    char text[sizeof native->host.world->outcome.text];
    tick__world_describe_limit(native->host.world, "loop iterations", text, sizeof text);
    fail(native, TICK_LIMIT_PASSED, text);
}

// Whether others have their turn first, or time passes that this host's steps took: then it is to be switched away from.
static bool gives_way(struct native *native, int64_t timeout) {
    struct tick_world *w = native->host.world;
    int64_t now = tick_kernel_now(w->kernel);
    if (native->busy) {
        native->host.resume_key = tick_kernel_post(w->kernel, tick__after(now, native->busy), POST_RESUME, (uint32_t)native->host.index);
        TICK_ASSERT(native->host.resume_key);
        native->busy = 0;
        native->host.state = HOST_LATE;
        return true;
    }
    if (timeout == 0 && (w->ended || w->ready || tick_kernel_next_at(w->kernel) <= now)) {
        tick__host_make_ready(&native->host);
        return true;
    }
    return false;
}

// Counts an iteration against the limits, and gives way to others if it is their turn.
static bool begins(struct native *native, int64_t timeout) {
    struct tick_world *w = native->host.world;
    int64_t now = tick_kernel_now(w->kernel);
    if (now != native->host.instant) {
        native->host.instant = now;
        native->host.at_instant = 0;
    }
    if (++native->host.at_instant > LIVELOCK_ITERATIONS)
        tick__native_spins(native);
    if (++w->iterations > w->iteration_limit)
        tires(native);
    if (w->invariants.count && !tick__world_holds(w))
        fail(native, TICK_INVARIANT_BROKEN, ""); // has its text already
    if (w->musts_open)
        tick__musts_ask(w);
    return gives_way(native, timeout);
}

void tick__sim_wait_begins(struct native *native, int64_t timeout) {
    if (begins(native, timeout))
        tick__native_switch_out(native);
}

// Whether nothing happens in the world before a wait with nothing to report ends: then to park the host, and to wake it by an event,
// would come to moving the clock.
static bool passes(struct native *native) {
    struct tick_world *w = native->host.world;
    if (!w->flows || w->ended || !w->live || w->ready || native->deadline > w->look_at || native->host.paused_until > native->deadline ||
        !tick_kernel_pass(w->kernel, native->deadline))
        return false;
    w->events++;
    return true;
}

// What a wait returns that has come to its end with nothing to report.
static int at_end(const struct native *native) {
    return __builtin_expect(native->signalled, 0) ? -EINTR : 0;
}

// Goes on with a wait: what it returns, or TICK__AWAY when the host is to be switched away from first.
static int wait_on(struct native *native, int epfd, struct tick_sys_event *out, int most, int64_t timeout, tick_id timer) {
    struct tick_world *w = native->host.world;
    struct tick_kernel *k = w->kernel;
    int count;
    switch (native->wait) {
    case WAIT_NONE:
        native->deadline = timeout < 0 ? TICK_NEVER : tick__after(tick_kernel_now(k), timeout);
        native->wait = WAIT_BEGUN;
        tick__fetch_more(tick__natives(w));
        if (begins(native, timeout))
            return TICK__AWAY;
        // fallthrough
    case WAIT_BEGUN:
        if (tick__native_told_to_stop(native))
            timeout = 0;
        count = tick_k_epoll_wait(k, native->host.process, epfd, out, most, timeout != 0);
        if (count != 0 || timeout == 0) {
            tick__native_goes_on(native, count);
            return count;
        }
        native->signalled = __builtin_expect(native->handlers, 0) && tick__sim_interrupted(&native->sys, timeout, &native->deadline);
        if (native->deadline != TICK_NEVER && timer && !native->signalled) {
            // What lies between the deadline and the return is lateness of the whole thread: whatever falls due meanwhile fires together.
            uint32_t late = tick__world_choose(w, TICK_CHOICE_POLL_LATE, timer, 0, tick_scale_count(POLL_LATE_MOST), POLL_LATE_MOST);
            native->deadline = tick__after(native->deadline, tick_scale_capped(late, POLL_LATE_MOST));
        }
        native->host.timed_out = false;
        break;
    case WAIT_PARKED:
        if (native->host.timed_out || native->host.stopping) // else it was woken, and is watched no more
            tick_kernel_unwatch(k, native->host.process, epfd, (uint32_t)native->host.index);
        if (tick__native_told_to_stop(native))
            return tick_k_epoll_wait(k, native->host.process, epfd, out, most, false);
        count = tick_k_epoll_wait(k, native->host.process, epfd, out, most, !native->host.timed_out);
        if (count == 0 && native->host.timed_out)
            return at_end(native);
        if (count != 0)
            return count;
        break;
    }
    if (native->deadline <= tick_kernel_now(k)) { // giving way took that long
        tick__native_goes_on(native, 0);
        return at_end(native);
    }
    tick__native_waits(native);
    if (passes(native))
        return at_end(native);
    int watched = tick_kernel_watch(k, native->host.process, epfd, (uint32_t)native->host.index);
    if (watched < 0)
        return watched;
    native->wait = WAIT_PARKED;
    if (native->deadline != TICK_NEVER) {
        native->host.timeout_key = tick_kernel_post(k, native->deadline, POST_TIMEOUT, (uint32_t)native->host.index);
        if (!native->host.timeout_key)
            return -ENOMEM;
    }
    native->host.state = HOST_PARKED;
    return TICK__AWAY;
}

static int sim_epoll_wait(struct tick_sys *self, int epfd, struct tick_sys_event *out, int most, int64_t timeout, tick_id timer) {
    struct native *native = tick__native_of(self);
    int count;
    while ((count = wait_on(native, epfd, out, most, timeout, timer)) == TICK__AWAY) {
        if (tick__natives(native->host.world)->driving)
            return TICK__AWAY;
        tick__native_switch_out(native);
    }
    native->wait = WAIT_NONE;
    return count;
}

static int sim_eventfd(struct tick_sys *self, unsigned initial, int flags) {
    struct tick_kernel_name name = tick__sim_name(self, TICK_SORT_EVENTFD);
    return tick_k_eventfd(KERNEL(self), PROCESS(self), initial, flags | EFD_NONBLOCK | EFD_CLOEXEC, &name);
}

static int sim_socket(struct tick_sys *self, int domain, int type, int protocol) {
    const uint32_t sort = domain == AF_UNIX ? TICK_SORT_UNIX : (type & 0xf) == SOCK_DGRAM ? TICK_SORT_UDP : TICK_SORT_TCP;
    struct tick_kernel_name name = tick__sim_name(self, sort);
    return tick_k_socket(KERNEL(self), PROCESS(self), domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol, &name);
}

static int sim_bind(struct tick_sys *self, int fd, const struct sockaddr *address, socklen_t size) {
    return tick_k_bind(KERNEL(self), PROCESS(self), fd, address, size);
}

static int sim_listen(struct tick_sys *self, int fd, int backlog) {
    return tick_k_listen(KERNEL(self), PROCESS(self), fd, backlog);
}

static int sim_accept(struct tick_sys *self, int fd, struct sockaddr *address, socklen_t *size) {
    return (int)TICK__TAKES(self, fd, tick_k_accept(KERNEL(self), PROCESS(self), fd, address, size));
}

static int sim_connect(struct tick_sys *self, int fd, const struct sockaddr *address, socklen_t size) {
    struct tick_maker *maker = tick__sim_maker(self);
    const struct tick_kernel_name name = {.maker = maker, .maker_object = maker->object};
    return (int)TICK__TAKES(self, fd, TICK__MAY_LINGER(self, tick_k_connect(KERNEL(self), PROCESS(self), fd, address, size, &name)));
}

static ssize_t sim_send(struct tick_sys *self, int fd, const void *bytes, size_t count, int flags) {
    tick__fetch_more(tick__natives(tick__native_of(self)->host.world));
    return TICK__MAY_LINGER(self, tick_k_send(KERNEL(self), PROCESS(self), fd, bytes, count, flags));
}

static ssize_t sim_recv(struct tick_sys *self, int fd, void *bytes, size_t count, int flags) {
    tick__fetch_more(tick__natives(tick__native_of(self)->host.world));
    return TICK__TAKES(self, fd, TICK__MAY_LINGER(self, tick_k_recv(KERNEL(self), PROCESS(self), fd, bytes, count, flags)));
}

static int sim_shutdown(struct tick_sys *self, int fd, int how) {
    return tick_k_shutdown(KERNEL(self), PROCESS(self), fd, how);
}

static int sim_getsockopt(struct tick_sys *self, int fd, int level, int name, void *value, socklen_t *size) {
    return (int)TICK__TAKES(self, fd, tick_k_getsockopt(KERNEL(self), PROCESS(self), fd, level, name, value, size));
}

static int sim_setsockopt(struct tick_sys *self, int fd, int level, int name, const void *value, socklen_t size) {
    return tick_k_setsockopt(KERNEL(self), PROCESS(self), fd, level, name, value, size);
}

static int sim_getsockname(struct tick_sys *self, int fd, struct sockaddr *address, socklen_t *size) {
    return tick_k_getsockname(KERNEL(self), PROCESS(self), fd, address, size);
}

static int sim_getpeername(struct tick_sys *self, int fd, struct sockaddr *address, socklen_t *size) {
    return tick_k_getpeername(KERNEL(self), PROCESS(self), fd, address, size);
}

static ssize_t sim_read(struct tick_sys *self, int fd, void *bytes, size_t count) {
    return TICK__TAKES(self, fd, TICK__MAY_LINGER(self, tick_k_read(KERNEL(self), PROCESS(self), fd, bytes, count)));
}

// A program dies of a write that nobody can read any more, unless it handles or ignores signals (pipe(7), tcp(7)). Sends of the seam raise
// none. Of sockets only streams do.
ssize_t tick__sim_written(struct tick_sys *self, int fd, ssize_t result) {
    struct native *native = tick__native_of(self);
    struct stat s;
    if (__builtin_expect(result != -EPIPE, 1) || native->host.options.handlers || native->host.options.ignores_sigpipe)
        return result;
    int type = 0;
    socklen_t size = sizeof type;
    if (tick_k_getsockopt(KERNEL(self), PROCESS(self), fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0
            ? type == SOCK_STREAM
            : tick_k_fstat(KERNEL(self), PROCESS(self), fd, &s) == 0 && S_ISFIFO(s.st_mode)) {
        char text[200];
        snprintf(text, sizeof text,
            "%s dies of SIGPIPE: it wrote to fd %d, which nobody reads (.ignores_sigpipe, or .handlers, lets it go on)", native->host.name,
            fd);
        tick__world_fail(native->host.world, TICK_CRASHED, SIGPIPE, NULL, text);
    }
    return result;
}

static ssize_t sim_write(struct tick_sys *self, int fd, const void *bytes, size_t count) {
    return tick__sim_written(self, fd, TICK__MAY_LINGER(self, tick_k_write(KERNEL(self), PROCESS(self), fd, bytes, count)));
}

static int sim_close(struct tick_sys *self, int fd) {
    return (int)TICK__MAY_LINGER(self, tick_k_close(KERNEL(self), PROCESS(self), fd));
}

static int sim_resolve(struct tick_sys *self, const char *name, uint16_t port, struct sockaddr_storage *address, socklen_t *size) {
    int count = tick__sim_resolve_all(self, name, port, address, 1);
    if (count < 0)
        return count;
    *size = address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    return 0;
}

// The same bytes in every run, and each task's own: what a program draws from here must not differ between schedules.
static int sim_random(struct tick_sys *self, void *bytes, size_t count) {
    struct tick_maker *maker = tick__sim_maker(self);
    unsigned char *at = bytes;
    for (size_t done = 0; done < count; done += 8) {
        uint64_t word = tick_id_mix(tick_id_mix(maker->id, RANDOM_BYTES), ++maker->randoms);
        memcpy(at + done, &word, count - done < 8 ? count - done : 8);
    }
    return (int)count;
}

static void sim_connection(struct tick_sys *self, int fd, tick_id *id, uint32_t *object) {
    tick_k_connection(KERNEL(self), PROCESS(self), fd, id, object);
}

static void sim_waits(struct tick_sys *self, int fd, const void *object, const void *bytes) {
    const struct natives *n = tick__natives(tick__native_of(self)->host.world);
    const struct tick_task *task = tick__loop_running->current;
    if (!n->large || !task)
        return;
    const struct tick__file *file = tick__file(KERNEL(self), PROCESS(self), fd);
    *tick__waiting(n, file->ref) = (struct waiting){object, bytes, task, task->coro, __builtin_frame_address(0)};
}

static const struct tick_sys_ops sim_ops = {
    .name = "sim",
    .now = sim_now,
    .wall = sim_wall,
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
    .dup = tick__sim_dup,
    .dup2 = tick__sim_dup2,
    .dup3 = tick__sim_dup3,
    .fcntl = tick__sim_fcntl,
    .ioctl = tick__sim_ioctl,
    .pipe = tick__sim_pipe,
    .socketpair = tick__sim_socketpair,
    .timerfd = tick__sim_timerfd,
    .timerfd_settime = tick__sim_timerfd_settime,
    .timerfd_gettime = tick__sim_timerfd_gettime,
    .sendto = tick__sim_sendto,
    .recvfrom = tick__sim_recvfrom,
    .sendmsg = tick__sim_sendmsg,
    .recvmsg = tick__sim_recvmsg,
    .readv = tick__sim_readv,
    .writev = tick__sim_writev,
    .poll = tick__sim_poll,
    .select = tick__sim_select,
    .sleep = tick__sim_sleep,
    .clock = tick__sim_clock,
    .open = tick__sim_open,
    .pread = tick__sim_pread,
    .pwrite = tick__sim_pwrite,
    .lseek = tick__sim_lseek,
    .fsync = tick__sim_fsync,
    .fdatasync = tick__sim_fdatasync,
    .ftruncate = tick__sim_ftruncate,
    .fstat = tick__sim_fstat,
    .stat = tick__sim_stat,
    .mkdir = tick__sim_mkdir,
    .rmdir = tick__sim_rmdir,
    .unlink = tick__sim_unlink,
    .rename = tick__sim_rename,
    .readdir = tick__sim_readdir,
    .resolve_all = tick__sim_resolve_all,
    .resolve = sim_resolve,
    .random = sim_random,
    .waits = sim_waits,
    .connection = sim_connection,
    .choose = sim_choose,
};

void tick__sim_sys_init(struct tick_sys *sys, uint64_t calm) {
    *sys = (struct tick_sys){.ops = &sim_ops, .calm = calm};
}
