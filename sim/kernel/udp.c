// UDP sockets: their life, ports, and datagrams on their way. A choice about a datagram has the address (socket's id, number there).
//
// A lost datagram is nobody's; one that finds no socket comes back as ICMP, which only a connected sender hears of (ECONNREFUSED).
#include "sim/kernel/objects_int.h"
#include <fcntl.h>
#include <netinet/in.h>

#define FIRST_PORT 32768u
#define LAST_PORT 60999u
#define DEFAULT_BUFFER 212992u
#define OVERHEAD 512u // what Linux counts of a small datagram in a receive buffer, about

static struct tick__udp *udp_at(const struct tick_kernel *k, tick__ref ref) {
    return TICK__AT(k, tick__udp, ref);
}

int tick__udp_socket(struct tick_kernel *k, int process, int domain, int flags, const struct tick_kernel_name *name) {
    tick__ref ref;
    int fd = tick__object_new(k, process, TICK__UDP, sizeof(struct tick__udp), (uint32_t)(flags | O_RDWR), name, "udp", &ref);
    if (fd < 0)
        return fd;
    struct tick__udp *u = udp_at(k, ref);
    struct tick__host *h = tick__host(k, u->file.host);
    u->inet6 = u->local.six = u->remote.six = domain == AF_INET6;
    u->sndbuf = u->rcvbuf = DEFAULT_BUFFER;
    u->next = h->udps;
    h->udps = ref;
    return fd;
}

static void udp_close(struct tick_kernel *k, struct tick__file *file) {
    struct tick__udp *u = (struct tick__udp *)file;
    tick__ref *link = &tick__host(k, file->host)->udps;
    while (*link != file->ref)
        link = &udp_at(k, *link)->next;
    *link = u->next;
    tick__queue_clear(k, &u->queue);
    tick__options_free(k, u->options);
    tick__arena_give(k, file->ref, sizeof *u);
}

// --- ports ---

// Which families a socket takes, bound to `at`: bit 0 IPv4, bit 1 IPv6.
static unsigned takes(const struct tick__udp *u, const struct tick__address *at) {
    return !at->six ? 1 : at->ip || u->v6only ? 2 : 3;
}

static bool conflict(const struct tick_kernel *k, const struct tick__udp *u, const struct tick__address *at) {
    for (tick__ref ref = tick__host(k, u->file.host)->udps; ref; ref = udp_at(k, ref)->next) {
        const struct tick__udp *other = udp_at(k, ref);
        if (other == u || other->local.port != at->port || !(takes(u, at) & takes(other, &other->local)))
            continue;
        if (at->ip && other->local.ip && at->ip != other->local.ip)
            continue;
        if (!(u->reuse && other->reuse) && !(u->reuse_port && other->reuse_port))
            return true;
    }
    return false;
}

// The next port that nobody has: counted up, so that runs agree.
static int port_next(struct tick_kernel *k, const struct tick__udp *u, struct tick__address *at) {
    struct tick__host *h = tick__host(k, u->file.host);
    for (uint32_t tries = 0; tries <= LAST_PORT - FIRST_PORT; tries++) {
        at->port = (uint16_t)(FIRST_PORT + h->next_udp_port);
        h->next_udp_port = (h->next_udp_port + 1) % (LAST_PORT - FIRST_PORT + 1);
        bool used = false;
        for (tick__ref ref = h->udps; ref && !used; ref = udp_at(k, ref)->next)
            used = udp_at(k, ref)->local.port == at->port;
        if (!used)
            return 0;
    }
    return -EADDRINUSE;
}

int tick__udp_autobind(struct tick_kernel *k, struct tick__udp *u) {
    if (u->local.port)
        return 0;
    struct tick__address at = u->local;
    if (port_next(k, u, &at))
        return -EAGAIN;
    u->local.port = at.port;
    return 0;
}

static int udp_bind(struct tick_kernel *k, struct tick__file *file, const struct sockaddr *address, socklen_t size) {
    struct tick__udp *u = (struct tick__udp *)file;
    struct tick__address at;
    TICK_TRY(tick__address_in(u->inet6 ? AF_INET6 : AF_INET, address, size, &at));
    if (u->v6only && !at.six)
        return -EINVAL;
    if (at.ip && tick__host_of_address(k, u->file.host, at.ip) != (int)u->file.host)
        return -EADDRNOTAVAIL;
    if (u->local.port || u->connected)
        return -EINVAL;
    bool asked = at.port != 0;
    if (asked && conflict(k, u, &at))
        return -EADDRINUSE;
    if (!asked)
        TICK_TRY(port_next(k, u, &at));
    u->local = at;
    u->bound = at.ip != 0;
    u->v6only |= at.six && at.ip;
    u->port_asked = asked;
    return 0;
}

static void disconnect(struct tick__udp *u) {
    u->connected = false;
    u->remote = (struct tick__address){.six = u->inet6};
    if (!u->bound) {
        u->local.ip = 0;
        u->local.six = u->inet6;
    }
    if (!u->port_asked)
        u->local.port = 0;
}

static int udp_connect(struct tick_kernel *k, struct tick__file *file, const struct sockaddr *address, socklen_t size,
    const struct tick_kernel_name *connection) {
    (void)connection;
    struct tick__udp *u = (struct tick__udp *)file;
    sa_family_t family;
    if (size < sizeof family)
        return -EINVAL;
    memcpy(&family, address, sizeof family);
    if (family == AF_UNSPEC) {
        disconnect(u);
        return 0;
    }
    struct tick__address to;
    TICK_TRY(tick__udp_autobind(k, u));
    TICK_TRY(tick__address_in(u->inet6 ? AF_INET6 : AF_INET, address, size, &to));
    if (!to.ip)
        to.ip = INADDR_LOOPBACK;
    if (u->v6only && !to.six)
        return -ENETUNREACH;
    int host = tick__host_of_address(k, u->file.host, to.ip);
    if (host < 0)
        return -ENETUNREACH;
    bool loopback = to.ip >> 24 == 127;
    if (!loopback && (uint32_t)host != u->file.host && u->local.ip >> 24 == 127)
        return -EINVAL;
    if (u->local.ip && !u->local.six && to.six)
        return -EAFNOSUPPORT;
    if (!u->local.ip) {
        u->local.ip = loopback ? INADDR_LOOPBACK : tick__host_address(u->file.host);
        u->local.six = to.six;
    }
    u->remote = to;
    u->connected = true;
    return 0;
}

static int udp_name(struct tick_kernel *k, struct tick__file *file, bool peer, struct sockaddr *address, socklen_t *size) {
    const struct tick__udp *u = (const struct tick__udp *)file;
    (void)k;
    if (peer && (!u->connected || !u->remote.port))
        return -ENOTCONN;
    if ((int)*size < 0)
        return -EINVAL;
    tick__address_out(u->inet6 ? AF_INET6 : AF_INET, peer ? &u->remote : &u->local, address, size);
    return 0;
}

static int udp_shutdown(struct tick_kernel *k, struct tick__file *file, int how) {
    struct tick__udp *u = (struct tick__udp *)file;
    u->shut |= (uint8_t)(how + 1);
    tick__file_wake(k, &u->file, 0, false);
    return u->connected ? 0 : -ENOTCONN;
}

static uint32_t udp_mask(struct tick_kernel *k, struct tick__file *file) {
    (void)k;
    const struct tick__udp *u = (const struct tick__udp *)file;
    uint32_t mask = TICK__WRITABLE_BAND | (u->error ? EPOLLERR : 0);
    if (u->shut & TICK__SHUT_RECV)
        mask |= EPOLLRDHUP | TICK__READABLE;
    if (u->shut == TICK__SHUT_BOTH)
        mask |= EPOLLHUP;
    return mask | (u->queue.first ? TICK__READABLE : 0);
}

static int udp_unsent(struct tick_kernel *k, struct tick__file *file, int *value) {
    (void)k, (void)file;
    *value = 0;
    return 0;
}

static bool from_outside(const struct tick_kernel *k, const struct tick__file *file) {
    const struct tick__udp *u = (const struct tick__udp *)file;
    return u->queue.last && tick__from_outside(k, tick__datagram(k, u->queue.last)->from_host, file->host);
}

// --- arrivals ---

// How well a socket suits a datagram; 0: not at all.
static int suits(const struct tick__udp *u, const struct tick__address *local, const struct tick__address *remote) {
    if (u->local.port != local->port || !(takes(u, &u->local) & (local->six ? 2 : 1)) || (u->local.ip && u->local.ip != local->ip))
        return 0;
    if (u->connected && (u->remote.ip != remote->ip || u->remote.port != remote->port))
        return 0;
    return 1 + (u->local.ip != 0) * 2 + u->connected * 4 + !u->inet6;
}

// Who takes a datagram: a connected socket rather than another, one bound to the very address rather than to any, the latest; of those with
// SO_REUSEPORT one by the sender.
static struct tick__udp *find(
    const struct tick_kernel *k, uint32_t host, const struct tick__address *local, const struct tick__address *remote) {
    struct tick__udp *found = NULL;
    int best = 0;
    uint32_t equals = 0;
    for (tick__ref ref = tick__host(k, host)->udps; ref; ref = udp_at(k, ref)->next) {
        struct tick__udp *u = udp_at(k, ref);
        int score = suits(u, local, remote);
        equals = score > best ? 1 : equals + (score && score == best && u->reuse_port);
        if (score > best) {
            best = score;
            found = u;
        }
    }
    if (equals < 2 || !found->reuse_port)
        return found;
    uint32_t nth = (uint32_t)(tick_id_mix((uint64_t)remote->ip << 16 | remote->port, local->port) >> 32) % equals;
    for (tick__ref ref = tick__host(k, host)->udps;; ref = udp_at(k, ref)->next)
        if (suits(udp_at(k, ref), local, remote) == best && udp_at(k, ref)->reuse_port && nth-- == 0)
            return udp_at(k, ref);
}

static void come_back(struct tick_kernel *k, tick__ref ref, uint32_t host) {
    struct tick__datagram *d = tick__datagram(k, ref);
    enum tick_drop why = TICK_DROP_CLOSED;
    const uint32_t by = k->env.probe ? tick__outage_by(k, d->from_host, host, false, &why) : 0;
    tick__tell_drop(k, host, d->told, why == TICK_DROP_DOWN ? why : TICK_DROP_CLOSED, why == TICK_DROP_DOWN ? by : 0);
    int64_t at = tick__link_pass(k, tick__link(k, host, d->from_host), host, d->from_host, d->size < 520 ? d->size : 520);
    if (at != TICK_NEVER && tick__event_post(k, at, TICK__UNREACHABLE, ref, d->from_host, 0))
        return;
    tick__datagram_free(k, ref);
}

void tick__udp_arrived(struct tick_kernel *k, tick__ref ref, uint32_t host) {
    struct tick__datagram *d = tick__datagram(k, ref);
    k->carrying = true;
    k->cause = 0;
    struct tick__udp *u = find(k, host, &d->to, &d->from);
    if (!u) {
        come_back(k, ref, host);
    } else if (u->queue.bytes + u->queue.count * OVERHEAD + d->size > u->rcvbuf) {
        tick__tell_drop(k, host, d->told, TICK_DROP_FULL, 0);
        tick__datagram_free(k, ref); // no room: it is lost
    } else {
        if (d->refs > 1) { // one of two: each has its place in a queue
            tick__ref copy = tick__datagram_new(k, d->bytes, d->size);
            if (copy) {
                struct tick__datagram *c = tick__datagram(k, copy);
                c->from = d->from;
                c->to = d->to;
                c->from_host = d->from_host;
                c->id = d->id;
                c->ordinal = d->ordinal;
                c->told = d->told;
                c->corrupt = d->corrupt;
                c->ttl = d->ttl;
                c->tos = d->tos;
            }
            d->ordinal |= TICK_DOUBLED; // the one that is still under way
            tick__datagram_free(k, ref);
            ref = copy;
        }
        if (ref) {
            d = tick__datagram(k, ref);
            const uint32_t seq = tick__tell_arrival(k, host, d->told, d->size);
            d->told = (d->told & ~(uint64_t)UINT32_MAX) | seq;
            d->informed = u->options && (tick__option_of(k, u->options, TICK__PKTINFO) || tick__option_of(k, u->options, TICK__PKTINFO6));
            tick__queue_add(k, &u->queue, ref);
            tick__file_wake_by(k, &u->file, TICK__READABLE | EPOLLPRI | EPOLLRDBAND, u->queue.count == 1, d->id, d->ordinal);
        }
    }
    k->carrying = false;
}

void tick__udp_unreachable(struct tick_kernel *k, tick__ref ref, uint32_t host) {
    const struct tick__datagram *d = tick__datagram(k, ref);
    struct tick__udp *u = find(k, host, &d->from, &d->to);
    if (u && u->connected) {
        u->error = ECONNREFUSED;
        tick__file_wake(k, &u->file, EPOLLERR, true);
    }
    tick__datagram_free(k, ref);
}

// Some may be dropped before one is read: as much as any can have.
static size_t most(const struct tick_kernel *k, const struct tick__file *file, bool writes) {
    (void)k, (void)file, (void)writes;
    return 0x10000;
}

const struct tick__file_ops tick__udp_ops = {
    .mask = udp_mask,
    .read = tick__socket_read,
    .write = tick__socket_write,
    .most = most,
    .close = udp_close,
    .mode = S_IFSOCK | 0777,
    .unread = tick__udp_unread,
    .unsent = udp_unsent,
    .from_outside = from_outside,
    .bind = udp_bind,
    .listen = tick__socket_no_listen,
    .accept = tick__socket_no_accept,
    .connect = udp_connect,
    .send = tick__udp_send,
    .recv = tick__udp_recv,
    .shutdown = udp_shutdown,
    .name = udp_name,
    .getsockopt = tick__plain_getsockopt,
    .setsockopt = tick__plain_setsockopt,
};
