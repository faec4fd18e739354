// The seam's simulated side: waits other than epoll_wait. Each is a world point, as that is.
#include "sim/native/sim_sys_int.h"
#include <errno.h>

int tick__sim_park(struct native *native, int64_t deadline) {
    if (deadline != TICK_NEVER) {
        native->host.timeout_key = tick_kernel_post(native->host.world->kernel, deadline, POST_TIMEOUT, (uint32_t)native->host.index);
        if (!native->host.timeout_key)
            return -ENOMEM;
    }
    native->host.timed_out = false;
    native->host.state = HOST_PARKED;
    tick__native_switch_out(native);
    return 0;
}

static int64_t deadline_of(const struct tick_kernel *k, int64_t timeout) {
    return timeout < 0 ? TICK_NEVER : tick__after(tick_kernel_now(k), timeout);
}

// The question is about the waits of its task or callback, or of its host's loop. How long the wait was to be is told as the caller put it,
// however long its turn was in coming: what others do changes no question.
bool tick__sim_interrupted(struct tick_sys *self, int64_t timeout, int64_t *deadline) {
    const struct native *native = tick__native_of(self);
    struct tick__question asked;
    if (__builtin_expect(!native->handlers, 1) || !timeout || !tick__ask(tick__sim_maker(self), TICK_OBJECT_WAIT, "", &asked))
        return false;
    const int64_t most = timeout < 0 ? INTERRUPT_MOST : timeout;
    const uint32_t after =
        tick__world_choose(native->host.world, TICK_CHOICE_INTERRUPT, asked.subject, asked.ordinal, tick_scale_count(most), most);
    const int64_t at = tick__after(tick_kernel_now(native->host.world->kernel), tick_scale_capped(after, most));
    if (after && at < *deadline)
        *deadline = at;
    return after != 0;
}

// Its loop stood still for that long: from `began` to now, but not beyond the deadline, for what comes after is the machine's doing.
static void stood_still(struct native *native, int64_t began, int64_t deadline) {
    int64_t now = tick_kernel_now(native->host.world->kernel);
    if (now > began)
        tick__native_kept(native, tick__until(now < deadline ? now : deadline, began));
}

static int poll_until(struct tick_sys *self, struct pollfd *fds, size_t count, int64_t timeout, int64_t deadline) {
    struct native *native = tick__native_of(self);
    struct tick_kernel *k = native->host.world->kernel;
    int ready = tick_k_poll(k, native->host.process, fds, count);
    const bool signalled = !ready && tick__sim_interrupted(self, timeout, &deadline);
    native->host.timed_out = false;
    while (!ready && !native->host.timed_out && tick_kernel_now(k) < deadline) {
        uint32_t key;
        if (tick__native_told_to_stop(native))
            return -EINTR;
        int error = tick_kernel_watch_fds(k, native->host.process, fds, count, (uint32_t)native->host.index, &key);
        if (error)
            return error;
        error = tick__sim_park(native, deadline);
        tick_kernel_unwatch_fds(k, key);
        if (error)
            return error;
        ready = tick_k_poll(k, native->host.process, fds, count);
    }
    return ready || !signalled ? ready : -EINTR;
}

int tick__sim_poll(struct tick_sys *self, struct pollfd *fds, size_t count, int64_t timeout) {
    struct native *native = tick__native_of(self);
    int64_t deadline = deadline_of(native->host.world->kernel, timeout);
    tick__sim_wait_begins(native, timeout);
    int64_t began = tick_kernel_now(native->host.world->kernel);
    int ready = poll_until(self, fds, count, timeout, deadline);
    stood_still(native, began, deadline);
    return ready;
}

// Which fds, and for what: at most FD_SETSIZE.
static size_t asked(int count, const fd_set *reads, const fd_set *writes, const fd_set *excepts, struct pollfd *fds) {
    size_t used = 0;
    for (int fd = 0; fd < count && fd < FD_SETSIZE; fd++) {
        short events = 0;
        if (reads && FD_ISSET(fd, reads))
            events |= POLLIN | POLLRDNORM | POLLRDBAND;
        if (writes && FD_ISSET(fd, writes))
            events |= POLLOUT | POLLWRNORM | POLLWRBAND;
        if (excepts && FD_ISSET(fd, excepts))
            events |= POLLPRI;
        if (events)
            fds[used++] = (struct pollfd){.fd = fd, .events = events};
    }
    return used;
}

static void restore(fd_set *set, const fd_set *asked_for) {
    if (set)
        *set = *asked_for;
}

static int select_until(
    struct tick_sys *self, int count, fd_set *reads, fd_set *writes, fd_set *excepts, int64_t timeout, int64_t deadline) {
    struct native *native = tick__native_of(self);
    struct tick_kernel *k = native->host.world->kernel;
    fd_set none;
    FD_ZERO(&none);
    const fd_set r = reads ? *reads : none, w = writes ? *writes : none, e = excepts ? *excepts : none;
    bool signalled = false;
    native->host.timed_out = false;
    for (bool first = true;; first = false) {
        int ready = tick_k_select(k, native->host.process, count, reads, writes, excepts);
        if (ready)
            return ready;
        if (first)
            signalled = tick__sim_interrupted(self, timeout, &deadline);
        const bool over = native->host.timed_out || tick_kernel_now(k) >= deadline;
        if (over && !signalled)
            return 0;
        if (over || tick__native_told_to_stop(native)) {
            restore(reads, &r), restore(writes, &w), restore(excepts, &e);
            return -EINTR;
        }
        struct pollfd fds[FD_SETSIZE];
        uint32_t key;
        size_t used = asked(count, &r, &w, &e, fds);
        int error = tick_kernel_watch_fds(k, native->host.process, fds, used, (uint32_t)native->host.index, &key);
        if (error)
            return error;
        error = tick__sim_park(native, deadline);
        tick_kernel_unwatch_fds(k, key);
        if (error)
            return error;
        restore(reads, &r), restore(writes, &w), restore(excepts, &e);
    }
}

int tick__sim_select(struct tick_sys *self, int count, fd_set *reads, fd_set *writes, fd_set *excepts, int64_t timeout) {
    struct native *native = tick__native_of(self);
    int64_t deadline = deadline_of(native->host.world->kernel, timeout);
    tick__sim_wait_begins(native, timeout);
    int64_t began = tick_kernel_now(native->host.world->kernel);
    int ready = select_until(self, count, reads, writes, excepts, timeout, deadline);
    stood_still(native, began, deadline);
    return ready;
}

// A signal ends the wait, and the call succeeds all the same. A poll for the loop is on the world's stack, where no host can wait: what it
// closes (a stream that was flushed) lingers only if a program found its fd by itself, and then in the background.
static void linger_for(struct tick_sys *self, uint32_t key, int64_t most) {
    struct native *native = tick__native_of(self);
    struct tick_kernel *k = native->host.world->kernel;
    const int64_t timeout = most == TICK_NEVER ? -1 : most, began = tick_kernel_now(k), deadline = deadline_of(k, timeout);
    int64_t until = deadline;
    if (tick__natives(native->host.world)->driving)
        return;
    tick__sim_wait_begins(native, timeout);
    if (tick_kernel_linger_on(k, key))
        (void)tick__sim_interrupted(self, timeout, &until);
    native->host.timed_out = false;
    while (!native->host.timed_out && tick_kernel_now(k) < until && tick_kernel_linger_on(k, key))
        if (tick__native_told_to_stop(native) || tick__sim_park(native, until) < 0)
            break;
    stood_still(native, began, deadline);
}

ssize_t tick__sim_lingered(struct tick_sys *self, ssize_t result) {
    struct native *native = tick__native_of(self);
    int64_t most;
    for (uint32_t key; (key = tick_kernel_lingers(KERNEL(self), (uint32_t)native->host.index, &most));) {
        linger_for(self, key, most);
        tick_kernel_linger_end(KERNEL(self), key);
    }
    return result;
}

static int rest(struct tick_sys *self, int64_t ns, bool may_be_interrupted) {
    struct native *native = tick__native_of(self);
    const int64_t deadline = deadline_of(native->host.world->kernel, ns < 0 ? 0 : ns);
    tick__sim_wait_begins(native, ns);
    const int64_t began = tick_kernel_now(native->host.world->kernel);
    int64_t until = deadline;
    const bool signalled = may_be_interrupted && tick__sim_interrupted(self, ns < 0 ? 0 : ns, &until);
    int error = 0;
    native->host.timed_out = false;
    while (!error && !native->host.timed_out && tick_kernel_now(native->host.world->kernel) < until)
        error = tick__native_told_to_stop(native) ? -EINTR : tick__sim_park(native, until);
    stood_still(native, began, deadline);
    return signalled && !error ? -EINTR : error;
}

int tick__sim_sleep(struct tick_sys *self, int64_t ns) {
    return rest(self, ns, true);
}

// The name server's answer takes its time, and the whole thread waits for it, as in getaddrinfo, which goes on after a signal.
int tick__sim_resolve_all(struct tick_sys *self, const char *host, uint16_t port, struct sockaddr_storage *out, uint32_t most) {
    struct tick__question asked = {0};
    int64_t late;
    if (tick_kernel_dns_asks(KERNEL(self), host) && !tick__ask(tick__sim_maker(self), TICK_OBJECT_LOOKUP, host, &asked))
        return -ENOMEM;
    int count = tick_k_resolve(KERNEL(self), PROCESS(self), host, port, asked.subject, asked.ordinal, out, most, &late);
    if (late > 0) {
        int error = rest(self, late, false);
        if (error)
            return error;
    }
    return count;
}
