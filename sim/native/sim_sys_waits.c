// The seam's simulated side: waits other than epoll_wait. Each is a world point, as that is.
#include "sim/native/sim_sys_int.h"
#include <errno.h>

int tick__sim_park(struct tick_host *host, int64_t deadline) {
    if (deadline != TICK_NEVER) {
        host->timeout_key = tick_kernel_post(host->world->kernel, deadline, POST_TIMEOUT, (uint32_t)host->index);
        if (!host->timeout_key)
            return -ENOMEM;
    }
    host->timed_out = false;
    host->state = HOST_PARKED;
    tick__host_switch_out(host);
    return 0;
}

static int64_t deadline_of(const struct tick_kernel *k, int64_t timeout) {
    return timeout < 0 ? TICK_NEVER : tick__after(tick_kernel_now(k), timeout);
}

// The question is about the waits of its task or callback, or of its host's loop. How long the wait was to be is told as the caller put it,
// however long its turn was in coming: what others do changes no question.
bool tick__sim_interrupted(struct tick_sys *self, int64_t timeout, int64_t *deadline) {
    const struct tick_host *host = tick__host_of(self);
    struct tick__question asked;
    if (__builtin_expect(!host->handlers, 1) || !timeout || !tick__ask(tick__sim_maker(self), TICK_OBJECT_WAIT, "", &asked))
        return false;
    const int64_t most = timeout < 0 ? INTERRUPT_MOST : timeout;
    const uint32_t after =
        tick__world_choose(host->world, TICK_CHOICE_INTERRUPT, asked.subject, asked.ordinal, tick_scale_count(most), most);
    const int64_t at = tick__after(tick_kernel_now(host->world->kernel), tick_scale_capped(after, most));
    if (after && at < *deadline)
        *deadline = at;
    return after != 0;
}

// Its loop stood still for that long: from `began` to now, but not beyond the deadline, for what comes after is the machine's doing.
static void stood_still(struct tick_host *host, int64_t began, int64_t deadline) {
    int64_t now = tick_kernel_now(host->world->kernel);
    if (now > began)
        tick__host_kept(host, tick__until(now < deadline ? now : deadline, began));
}

static int poll_until(struct tick_sys *self, struct pollfd *fds, size_t count, int64_t timeout, int64_t deadline) {
    struct tick_host *host = tick__host_of(self);
    struct tick_kernel *k = host->world->kernel;
    int ready = tick_k_poll(k, host->process, fds, count);
    const bool signalled = !ready && tick__sim_interrupted(self, timeout, &deadline);
    host->timed_out = false;
    while (!ready && !host->timed_out && tick_kernel_now(k) < deadline) {
        uint32_t key;
        if (tick__host_told_to_stop(host))
            return -EINTR;
        int error = tick_kernel_watch_fds(k, host->process, fds, count, (uint32_t)host->index, &key);
        if (error)
            return error;
        error = tick__sim_park(host, deadline);
        tick_kernel_unwatch_fds(k, key);
        if (error)
            return error;
        ready = tick_k_poll(k, host->process, fds, count);
    }
    return ready || !signalled ? ready : -EINTR;
}

int tick__sim_poll(struct tick_sys *self, struct pollfd *fds, size_t count, int64_t timeout) {
    struct tick_host *host = tick__host_of(self);
    int64_t deadline = deadline_of(host->world->kernel, timeout);
    tick__sim_wait_begins(host, timeout);
    int64_t began = tick_kernel_now(host->world->kernel);
    int ready = poll_until(self, fds, count, timeout, deadline);
    stood_still(host, began, deadline);
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
    struct tick_host *host = tick__host_of(self);
    struct tick_kernel *k = host->world->kernel;
    fd_set none;
    FD_ZERO(&none);
    const fd_set r = reads ? *reads : none, w = writes ? *writes : none, e = excepts ? *excepts : none;
    bool signalled = false;
    host->timed_out = false;
    for (bool first = true;; first = false) {
        int ready = tick_k_select(k, host->process, count, reads, writes, excepts);
        if (ready)
            return ready;
        if (first)
            signalled = tick__sim_interrupted(self, timeout, &deadline);
        const bool over = host->timed_out || tick_kernel_now(k) >= deadline;
        if (over && !signalled)
            return 0;
        if (over || tick__host_told_to_stop(host)) {
            restore(reads, &r), restore(writes, &w), restore(excepts, &e);
            return -EINTR;
        }
        struct pollfd fds[FD_SETSIZE];
        uint32_t key;
        size_t used = asked(count, &r, &w, &e, fds);
        int error = tick_kernel_watch_fds(k, host->process, fds, used, (uint32_t)host->index, &key);
        if (error)
            return error;
        error = tick__sim_park(host, deadline);
        tick_kernel_unwatch_fds(k, key);
        if (error)
            return error;
        restore(reads, &r), restore(writes, &w), restore(excepts, &e);
    }
}

int tick__sim_select(struct tick_sys *self, int count, fd_set *reads, fd_set *writes, fd_set *excepts, int64_t timeout) {
    struct tick_host *host = tick__host_of(self);
    int64_t deadline = deadline_of(host->world->kernel, timeout);
    tick__sim_wait_begins(host, timeout);
    int64_t began = tick_kernel_now(host->world->kernel);
    int ready = select_until(self, count, reads, writes, excepts, timeout, deadline);
    stood_still(host, began, deadline);
    return ready;
}

// A signal ends the wait, and the call succeeds all the same. A poll for the loop is on the world's stack, where no host can wait: what it
// closes (a stream that was flushed) lingers only if a program found its fd by itself, and then in the background.
static void linger_for(struct tick_sys *self, uint32_t key, int64_t most) {
    struct tick_host *host = tick__host_of(self);
    struct tick_kernel *k = host->world->kernel;
    const int64_t timeout = most == TICK_NEVER ? -1 : most, began = tick_kernel_now(k), deadline = deadline_of(k, timeout);
    int64_t until = deadline;
    if (host->world->driving)
        return;
    tick__sim_wait_begins(host, timeout);
    if (tick_kernel_linger_on(k, key))
        (void)tick__sim_interrupted(self, timeout, &until);
    host->timed_out = false;
    while (!host->timed_out && tick_kernel_now(k) < until && tick_kernel_linger_on(k, key))
        if (tick__host_told_to_stop(host) || tick__sim_park(host, until) < 0)
            break;
    stood_still(host, began, deadline);
}

ssize_t tick__sim_lingered(struct tick_sys *self, ssize_t result) {
    struct tick_host *host = tick__host_of(self);
    int64_t most;
    for (uint32_t key; (key = tick_kernel_lingers(KERNEL(self), (uint32_t)host->index, &most));) {
        linger_for(self, key, most);
        tick_kernel_linger_end(KERNEL(self), key);
    }
    return result;
}

static int rest(struct tick_sys *self, int64_t ns, bool may_be_interrupted) {
    struct tick_host *host = tick__host_of(self);
    const int64_t deadline = deadline_of(host->world->kernel, ns < 0 ? 0 : ns);
    tick__sim_wait_begins(host, ns);
    const int64_t began = tick_kernel_now(host->world->kernel);
    int64_t until = deadline;
    const bool signalled = may_be_interrupted && tick__sim_interrupted(self, ns < 0 ? 0 : ns, &until);
    int error = 0;
    host->timed_out = false;
    while (!error && !host->timed_out && tick_kernel_now(host->world->kernel) < until)
        error = tick__host_told_to_stop(host) ? -EINTR : tick__sim_park(host, until);
    stood_still(host, began, deadline);
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
