// Sockets as such: their making and their end, names, ports.
//
// A connection is two sockets that know each other; since each keeps the bytes that the other will read, they are freed together, when
// neither has an fd, a place in a queue or an event in flight.
#include "sim/kernel/objects_int.h"
#include "sim/kernel/tcp_int.h"
#include <fcntl.h>

#define FIRST_PORT 32768u
#define LAST_PORT 60999u
#define DEFAULT_BUFFER 131072u
#define TIME_WAIT TICK_SEC(60)

struct tick__sock *tick__sock_new(struct tick_kernel *k, uint32_t host) {
    tick__ref ref = tick__arena_zero(k, sizeof(struct tick__sock));
    if (!ref)
        return NULL;
    struct tick__sock *s = tick__sock(k, ref);
    struct tick__host *h = tick__host(k, host);
    s->file.fd = -1;
    s->file.host = (uint16_t)host;
    s->file.ref = ref;
    s->file.type = TICK__SOCK;
    s->sndbuf = s->rcvbuf = DEFAULT_BUFFER;
    s->refs = 1;
    s->host_next = h->socks;
    if (h->socks)
        tick__sock(k, h->socks)->host_prev = ref;
    h->socks = ref;
    return s;
}

void tick__sock_hold(struct tick__sock *s) {
    s->refs++;
}

static void sock_free(struct tick_kernel *k, struct tick__sock *s) {
    struct tick__host *h = tick__host(k, s->file.host);
    tick__port_leave(k, s);
    tick__options_free(k, s->options);
    tick__chain_clear(k, &s->out.chain);
    for (tick__ref ref = s->out.messages; ref;) {
        tick__ref next = TICK__AT(k, tick__message, ref)->next;
        tick__arena_give(k, ref, sizeof(struct tick__message));
        ref = next;
    }
    if (s->host_prev)
        tick__sock(k, s->host_prev)->host_next = s->host_next;
    else
        h->socks = s->host_next;
    if (s->host_next)
        tick__sock(k, s->host_next)->host_prev = s->host_prev;
    tick__arena_give(k, s->file.ref, sizeof *s);
}

void tick__sock_release(struct tick_kernel *k, struct tick__sock *s) {
    if (--s->refs)
        return;
    struct tick__sock *peer = s->peer ? tick__sock(k, s->peer) : NULL;
    if (peer && peer->refs)
        return;
    sock_free(k, s);
    if (peer && peer != s)
        sock_free(k, peer);
}

int tick__tcp_socket(struct tick_kernel *k, int process, int domain, int flags, const struct tick_kernel_name *name) {
    struct tick__sock *s = tick__sock_new(k, tick__process_host(k, process));
    if (!s)
        return -ENOMEM;
    s->file.id = name->id;
    s->file.status = (uint32_t)(O_RDWR | (flags & O_NONBLOCK));
    s->inet6 = s->six = domain == AF_INET6;
    int fd = tick__fd_give(k, process, &s->file);
    if (fd < 0)
        tick__sock_release(k, s);
    else
        tick__tell_fd(k, &s->file, name, "tcp");
    return fd;
}

// --- ports ---

// Which families' connections a socket bound so would take: bit 0 IPv4, bit 1 IPv6.
static unsigned takes(const struct tick__sock *s, uint32_t address, bool six) {
    return !six ? 1 : address || s->v6only ? 2 : 3;
}

static bool overlap(const struct tick__sock *s, uint32_t a, bool six, const struct tick__sock *other) {
    uint32_t b = other->local_address;
    return (!a || !b || a == b) && (takes(s, a, six) & takes(other, b, other->six));
}

static bool has_children(const struct tick__port *port) {
    return port->children[0] + port->children[1] + port->children[2] + port->children[3];
}

// Connections from one address of the host in TIME_WAIT.
struct lingering {
    int64_t until;
    tick__ref next;
    uint32_t address, to; // to: where the latest led
    uint16_t to_port;
    uint8_t shares;
    bool six, alone; // alone: no other one lingers
};

static struct lingering *lingering_at(const struct tick_kernel *k, tick__ref ref) {
    return TICK__AT(k, lingering, ref);
}

static void lingering_drop(struct tick_kernel *k, struct tick__port *port) {
    for (tick__ref ref = port->lingering, next; ref; ref = next) {
        next = lingering_at(k, ref)->next;
        tick__arena_give(k, ref, sizeof(struct lingering));
    }
    port->lingering = 0;
}

// Finds the host's record of a port; those that nobody uses any more go.
static struct tick__port *port_find(struct tick_kernel *k, struct tick__host *h, uint16_t number) {
    struct tick__port *found = NULL;
    for (tick__ref *link = &h->ports; *link;) {
        struct tick__port *port = TICK__AT(k, tick__port, *link);
        if (!port->socks && !has_children(port) && port->lingers_until <= k->root->now) {
            tick__ref gone = *link;
            *link = port->next;
            lingering_drop(k, port);
            tick__arena_give(k, gone, sizeof *port);
            continue;
        }
        if (port->number == number)
            found = port;
        link = &port->next;
    }
    return found;
}

static tick__ref port_ref(const struct tick_kernel *k, const struct tick__port *port) {
    return (tick__ref)(((const uint8_t *)port - k->base) / TICK__GRANULE);
}

// A port of a connecting socket that was never bound has no record.
static bool used_unbound(const struct tick_kernel *k, const struct tick__host *h, uint16_t number) {
    for (tick__ref ref = h->socks; ref; ref = tick__sock(k, ref)->host_next) {
        const struct tick__sock *s = tick__sock(k, ref);
        if (!s->port && s->local_port == number && s->state != TICK__CLOSE)
            return true;
    }
    return false;
}

// An accepted connection has its listener's port, at the address that it was made to.
static bool child_conflicts(const struct tick_kernel *k, const struct tick__sock *s, uint32_t address, bool six, tick__ref port) {
    for (tick__ref ref = tick__host(k, s->file.host)->socks; ref; ref = tick__sock(k, ref)->host_next) {
        const struct tick__sock *child = tick__sock(k, ref);
        if (child->shares_port && child->port == port && !(tick__sock_shares(child) & tick__sock_shares(s)) &&
            overlap(s, address, six, child))
            return true;
    }
    return false;
}

static bool port_conflict(struct tick_kernel *k, const struct tick__sock *s, uint32_t address, bool six, uint16_t number) {
    struct tick__host *h = tick__host(k, s->file.host);
    const struct tick__port *port = port_find(k, h, number);
    if (number >= FIRST_PORT && number <= LAST_PORT && (h->ports_wrapped || number < h->next_port) && used_unbound(k, h, number))
        return true;
    if (!port)
        return false;
    const unsigned shares = tick__sock_shares(s);
    bool children = false;
    for (unsigned i = 0; i < 4; i++)
        children |= !(i & shares) && port->children[i];
    if (children && child_conflicts(k, s, address, six, port_ref(k, port)))
        return true;
    for (tick__ref ref = port->lingers_until > k->root->now ? port->lingering : 0; ref; ref = lingering_at(k, ref)->next) {
        const struct lingering *l = lingering_at(k, ref);
        if (l->until > k->root->now && !(l->shares & shares) && (!address || address == l->address) &&
            (takes(s, address, six) & (l->six ? 2 : 1)))
            return true;
    }
    for (tick__ref ref = port->socks; ref; ref = tick__sock(k, ref)->port_next) {
        const struct tick__sock *other = tick__sock(k, ref);
        if (other != s && overlap(s, address, six, other) && !(s->reuse && other->reuse && other->state != TICK__LISTEN) &&
            !(s->reuse_port && other->reuse_port))
            return true;
    }
    return false;
}

// The next ephemeral port: counted up, so that runs agree; a port comes again only after all others were given.
static int port_next(struct tick_kernel *k, uint32_t host) {
    struct tick__host *h = tick__host(k, host);
    for (uint32_t tries = 0; tries <= LAST_PORT - FIRST_PORT; tries++) {
        uint32_t number = h->next_port;
        if (++h->next_port > LAST_PORT) {
            h->next_port = FIRST_PORT;
            h->ports_wrapped = true;
        }
        if (port_find(k, h, (uint16_t)number) || (h->ports_wrapped && used_unbound(k, h, (uint16_t)number)))
            continue;
        return (int)number;
    }
    return -EADDRNOTAVAIL;
}

int tick__sock_autobind(struct tick_kernel *k, struct tick__sock *s) {
    if (s->local_port && (s->port || s->state != TICK__CLOSE))
        return 0;
    int number = port_next(k, s->file.host);
    if (number < 0)
        return number;
    s->local_port = (uint16_t)number;
    return 0;
}

static int port_join(struct tick_kernel *k, struct tick__sock *s, uint16_t number) {
    struct tick__host *h = tick__host(k, s->file.host);
    struct tick__port *port = port_find(k, h, number);
    if (!port) {
        tick__ref ref = tick__arena_zero(k, sizeof *port);
        if (!ref)
            return -ENOMEM;
        port = TICK__AT(k, tick__port, ref);
        port->number = number;
        port->next = h->ports;
        h->ports = ref;
    }
    s->port = port_ref(k, port);
    s->local_port = number;
    s->port_next = port->socks;
    port->socks = s->file.ref;
    return 0;
}

void tick__port_share(struct tick_kernel *k, struct tick__sock *child, const struct tick__sock *listener) {
    struct tick__port *port = TICK__AT(k, tick__port, listener->port);
    child->port = listener->port;
    child->shares_port = true;
    port->children[tick__sock_shares(child)]++;
}

void tick__port_leave(struct tick_kernel *k, struct tick__sock *s) {
    if (!s->port)
        return;
    struct tick__port *port = TICK__AT(k, tick__port, s->port);
    s->port = 0;
    if (s->shares_port) {
        s->shares_port = false;
        port->children[tick__sock_shares(s)]--;
        return;
    }
    tick__ref *link = &port->socks;
    while (*link != s->file.ref)
        link = &tick__sock(k, *link)->port_next;
    *link = s->port_next;
}

void tick__port_linger(struct tick_kernel *k, const struct tick__sock *s) {
    if (!s->port)
        return;
    struct tick__port *port = TICK__AT(k, tick__port, s->port);
    struct lingering *l = NULL;
    const uint8_t shares = (uint8_t)tick__sock_shares(s);
    for (tick__ref ref = port->lingering; ref; ref = lingering_at(k, ref)->next) {
        struct lingering *other = lingering_at(k, ref);
        if (other->address == s->local_address && other->six == s->six && (other->shares == shares || other->until <= k->root->now))
            l = other;
    }
    if (!l) {
        tick__ref ref = tick__arena_zero(k, sizeof *l);
        if (!ref)
            return; // the port is free at once
        l = lingering_at(k, ref);
        l->next = port->lingering;
        l->address = s->local_address;
        l->six = s->six;
        port->lingering = ref;
    }
    l->alone = l->until <= k->root->now;
    l->to = s->remote_address;
    l->to_port = s->remote_port;
    l->shares = shares;
    l->until = port->lingers_until = tick__after(k->root->now, TIME_WAIT);
}

// One that is in TIME_WAIT makes room for its like.
int tick__port_reach(struct tick_kernel *k, const struct tick__sock *s, uint32_t local, uint32_t remote, uint16_t number) {
    if (!s->port)
        return 0;
    for (tick__ref ref = tick__host(k, s->file.host)->socks; ref; ref = tick__sock(k, ref)->host_next) {
        const struct tick__sock *other = tick__sock(k, ref);
        if (other != s && other->state > TICK__LISTEN && other->local_port == s->local_port && other->remote_port == number &&
            other->local_address == local && other->remote_address == remote)
            return -EADDRNOTAVAIL;
    }
    for (tick__ref ref = TICK__AT(k, tick__port, s->port)->lingering; ref; ref = lingering_at(k, ref)->next) {
        struct lingering *l = lingering_at(k, ref);
        if (l->alone && l->address == local && l->to == remote && l->to_port == number)
            l->until = 0;
    }
    return 0;
}

// How well a listener suits a connection: one bound to the very address before others, one of IPv4 before one of both.
static int suits(const struct tick__sock *s, uint32_t address, bool six) {
    if (s->state != TICK__LISTEN || (s->local_address && s->local_address != address) ||
        !(takes(s, s->local_address, s->six) & (six ? 2 : 1)))
        return 0;
    return 1 + (s->local_address != 0) * 2 + !s->inet6;
}

struct tick__sock *tick__sock_listener(
    struct tick_kernel *k, uint32_t host, uint32_t address, bool six, uint16_t number, tick_id connection) {
    struct tick__sock *found = NULL;
    const struct tick__port *port = port_find(k, tick__host(k, host), number);
    int best = 0;
    uint32_t equals = 0;
    for (tick__ref ref = port ? port->socks : 0; ref; ref = tick__sock(k, ref)->port_next) {
        struct tick__sock *s = tick__sock(k, ref);
        int score = suits(s, address, six);
        equals = score > best ? 1 : equals + (score && score == best);
        if (score > best) {
            best = score;
            found = s;
        }
    }
    if (equals < 2)
        return found;
    // SO_REUSEPORT: Linux takes one of them by a hash of the addresses, here of the connection.
    uint32_t nth = (uint32_t)(tick_id_mix(connection, number) >> 32) % equals;
    for (tick__ref ref = port->socks;; ref = tick__sock(k, ref)->port_next)
        if (suits(tick__sock(k, ref), address, six) == best && nth-- == 0)
            return tick__sock(k, ref);
}

// --- names ---

int tick__tcp_bind(struct tick_kernel *k, struct tick__file *file, const struct sockaddr *address, socklen_t size) {
    struct tick__sock *s = (struct tick__sock *)file;
    struct tick__address to;
    TICK_TRY(tick__address_in(s->inet6 ? AF_INET6 : AF_INET, address, size, &to));
    if (s->v6only && !to.six)
        return -EINVAL;
    if (to.ip && tick__host_of_address(k, s->file.host, to.ip) != (int)s->file.host)
        return -EADDRNOTAVAIL;
    if (s->state != TICK__CLOSE || s->port)
        return -EINVAL;
    uint16_t number = to.port;
    if (!number && tick__option_of(k, s->options, TICK__NO_PORT)) { // given when it connects, or listens
        s->local_address = to.ip;
        s->six = to.six;
        s->bound = to.ip != 0;
        return 0;
    }
    if (number && port_conflict(k, s, to.ip, to.six, number))
        return -EADDRINUSE;
    if (!number) {
        int next = port_next(k, s->file.host);
        if (next < 0)
            return -EADDRINUSE;
        number = (uint16_t)next;
    }
    TICK_TRY(port_join(k, s, number));
    s->local_address = to.ip;
    s->six = to.six;
    s->v6only |= to.six && to.ip;
    s->bound = to.ip != 0;
    s->port_asked = to.port != 0;
    return 0;
}

void tick_kernel_one_role(struct tick_kernel *k) {
    k->root->one_role = true;
}

int tick__tcp_listen(struct tick_kernel *k, struct tick__file *file, int backlog) {
    struct tick__sock *s = (struct tick__sock *)file;
    if (s->stage != TICK__UNCONNECTED || (s->state != TICK__CLOSE && s->state != TICK__LISTEN))
        return -EINVAL;
    if (s->state == TICK__CLOSE) {
        if (!s->port) {
            int number = port_next(k, s->file.host);
            if (number < 0)
                return -EADDRINUSE;
            TICK_TRY(port_join(k, s, (uint16_t)number));
        } else if (port_conflict(k, s, s->local_address, s->six, s->local_port)) { // it may have been shared meanwhile
            return -EADDRINUSE;
        }
        if (s->connects && k->root->one_role) {
            s->keeps_port = true;
            return -EINVAL;
        }
        s->state = TICK__LISTEN;
        s->listened = true;
        s->keeps_port = false;
        s->connection = 0;
        s->queue_first = s->queue_last = s->queue_count = 0; // where a connection has something else
    }
    s->backlog = (uint32_t)backlog > 4096u ? 4096u : (uint32_t)backlog; // somaxconn
    return 0;
}

int tick__tcp_name(struct tick_kernel *k, struct tick__file *file, bool peer, struct sockaddr *address, socklen_t *size) {
    struct tick__sock *s = (struct tick__sock *)file;
    (void)k;
    if (peer && s->state <= TICK__SYN_SENT)
        return -ENOTCONN;
    if ((int)*size < 0)
        return -EINVAL;
    const struct tick__address name = {
        .ip = peer ? s->remote_address : s->local_address, .port = peer ? s->remote_port : s->local_port, .six = s->six};
    tick__address_out(s->inet6 ? AF_INET6 : AF_INET, &name, address, size);
    return 0;
}
