// The calls on stream sockets. Which error wins where follows net/ipv4's order of checks, as tests/conformance finds it on Linux.
#include "sim/kernel/objects_int.h"
#include "sim/kernel/tcp_int.h"
#include <fcntl.h>
#include <netinet/in.h>

static struct tick__sock *peer_of(const struct tick_kernel *k, const struct tick__sock *s) {
    return s->peer ? tick__sock(k, s->peer) : NULL;
}

static int take_error(struct tick__sock *s) {
    int error = s->error;
    s->error = 0;
    s->ended = true;
    return -error;
}

// A connecting socket stops: what is under way must not find it again.
static void abandon_syn(struct tick_kernel *k, struct tick__sock *s) {
    if (s->event) {
        tick__event_cancel(k, s->event);
        s->event = 0;
        tick__sock_release(k, s);
    }
}

// A socket whose connection is over is to connect again. What is left of the old connection keeps the old object; the fd gets a new one.
static struct tick__sock *renew(struct tick_kernel *k, struct tick__sock *s) {
    s->connection = 0;
    if (!s->peer && s->refs == 1)
        return s;
    struct tick__sock *fresh = tick__sock_new(k, s->file.host);
    if (!fresh)
        return NULL;
    fresh->file.id = s->file.id;
    fresh->file.object = s->file.object;
    fresh->file.rises = s->file.rises;
    fresh->state = TICK__CLOSE;
    fresh->stage = s->stage;
    fresh->error = s->error;
    fresh->reuse = s->reuse;
    fresh->reuse_port = s->reuse_port;
    fresh->options = s->options;
    s->options = 0;
    fresh->nodelay = s->nodelay;
    fresh->corked = s->corked & TICK__CORKED;
    fresh->keepalive = s->keepalive;
    fresh->keep_idle = s->keep_idle;
    fresh->keep_interval = s->keep_interval;
    fresh->keep_count = s->keep_count;
    fresh->listened = s->listened;
    fresh->connects = s->connects;
    fresh->keeps_port = s->keeps_port;
    fresh->inet6 = s->inet6;
    fresh->v6only = s->v6only;
    fresh->six = s->six;
    fresh->linger = s->linger;
    fresh->linger_time = s->linger_time;
    fresh->sndbuf = s->sndbuf;
    fresh->rcvbuf = s->rcvbuf;
    fresh->bound = s->bound;
    fresh->port_asked = s->port_asked;
    fresh->local_address = s->local_address;
    fresh->local_port = s->local_port;
    if (s->port && !s->shares_port) { // takes the old one's place among the port's sockets
        fresh->port = s->port;
        fresh->port_next = s->port_next;
        tick__ref *link = &TICK__AT(k, tick__port, s->port)->socks;
        while (*link != s->file.ref)
            link = &tick__sock(k, *link)->port_next;
        *link = fresh->file.ref;
        s->port = 0;
    }
    tick__fd_put(k, &s->file, &fresh->file);
    tick__sock_release(k, s);
    return fresh;
}

// tcp_disconnect: back to a socket that was never connected.
static struct tick__sock *disconnect(struct tick_kernel *k, struct tick__sock *s) {
    switch (s->state) {
    case TICK__CLOSE:
        break;
    case TICK__LISTEN:
        tick__tcp_queue_clear(k, s, false);
        break;
    case TICK__SYN_SENT:
        s->error = ECONNRESET;
        abandon_syn(k, s);
        break;
    default:
        if ((s->state != TICK__CLOSING && s->state != TICK__LAST_ACK) || !s->fin_sent) {
            tick__tcp_reset_peer(k, s);
            s->error = ECONNRESET;
        }
        tick__tcp_purge(k, s);
        break;
    }
    s->state = TICK__CLOSE;
    s->shut = 0;
    s->done = false;
    if (!s->port_asked && !s->keeps_port)
        tick__port_leave(k, s); // a port that was given, not asked for, goes back
    if (!tick__sock_has_fd(s))
        return s;
    s = renew(k, s);
    if (!s)
        return NULL;
    if (!s->bound) {
        s->local_address = 0;
        s->six = s->inet6;
    }
    if (!s->port)
        s->local_port = 0;
    s->remote_address = s->remote_port = 0;
    s->fin_wanted = s->fin_sent = s->nospace = s->refused = false;
    s->tries = 0;
    tick__file_wake(k, &s->file, EPOLLERR, false);
    return s;
}

static int finish_connect(struct tick_kernel *k, struct tick__sock *s) {
    tick__tell_consumed(k, s->hello);
    if (s->state == TICK__CLOSE) {
        int error = take_error(s);
        s->stage = TICK__UNCONNECTED;
        if (!disconnect(k, s))
            return -ENOBUFS;
        return error ? error : -ECONNABORTED;
    }
    s->stage = TICK__CONNECTED;
    return 0;
}

static int start_connect(struct tick_kernel *k, struct tick__sock *s, const struct tick__address *to, const struct tick_kernel_name *name) {
    uint32_t address = to->ip, own = tick__host_address(s->file.host);
    if (!address)
        address = INADDR_LOOPBACK;
    if (s->v6only && !to->six)
        return -ENETUNREACH;
    if (s->bound && s->six != to->six)
        return s->six ? -EINVAL : -EAFNOSUPPORT;
    int host = tick__host_of_address(k, s->file.host, address);
    if (host < 0)
        return -ENETUNREACH;
    bool loopback = address >> 24 == 127;
    if (!loopback && (uint32_t)host != s->file.host && s->local_address >> 24 == 127)
        return -EINVAL;
    const uint32_t local = s->local_address ? s->local_address : loopback ? INADDR_LOOPBACK : own;
    TICK_TRY(tick__port_reach(k, s, local, address, to->port));
    TICK_TRY(tick__sock_autobind(k, s));
    if (s->listened && k->root->one_role) {
        s->keeps_port = true;
        return -EINVAL;
    }
    s->connects = true;
    s->keeps_port = false;
    struct tick_kernel_name named = *name;
    const tick_id far = tick__host(k, (uint32_t)host)->id;
    if (named.maker) {
        if (tick_maker_count(named.maker, TICK_OBJECT_CONNECTION, far, &named.kth) < 0)
            return -ENOBUFS;
        named.id = tick_id_named(named.maker->id, TICK_OBJECT_CONNECTION, far, named.kth);
    }
    s->local_address = local;
    s->remote_address = address;
    s->remote_port = to->port;
    s->six = to->six;
    tick__sock_join(s, named.id, false);
    s->hello = s->farewell = 0;
    s->file.rises = 0; // counted for each connection
    s->ended = false;
    s->looked = 0;
    s->tries = 0;
    s->error = 0;
    s->state = TICK__SYN_SENT; // with shut as it is: a socket can be shut before it connects
    tick__tell_connection(k, s, &named, (uint32_t)host);
    const struct tick_link *link = tick__link(k, s->file.host, (uint32_t)host);
    s->refused = link->refuse && !k->root->calm && TICK__ASK(k, TICK_CHOICE_FAULT_REFUSE, s->connection, 0, 2, 0);
    s->stage = TICK__CONNECTING;
    tick__tcp_send_syn(k, s);
    return -EINPROGRESS;
}

static int tcp_connect(struct tick_kernel *k, struct tick__file *file, const struct sockaddr *address, socklen_t size,
    const struct tick_kernel_name *connection) {
    struct tick__sock *s = (struct tick__sock *)file;
    struct tick__address to;
    sa_family_t family;
    if (size < sizeof family)
        return -EINVAL;
    memcpy(&family, address, sizeof family);
    if (family == AF_UNSPEC) {
        s = disconnect(k, s);
        if (!s)
            return -ENOBUFS;
        s->stage = TICK__UNCONNECTED;
        return 0;
    }
    switch ((enum tick__sock_stage)s->stage) {
    case TICK__UNCONNECTED:
        if (s->state != TICK__CLOSE)
            return -EISCONN;
        TICK_TRY(tick__address_in(s->inet6 ? AF_INET6 : AF_INET, address, size, &to));
        if ((s->peer || s->refs > 1) && !(s = disconnect(k, s)))
            return -ENOBUFS;
        return start_connect(k, s, &to, connection);
    case TICK__CONNECTING:
        return tick__tcp_connects(s) ? -EALREADY : finish_connect(k, s);
    case TICK__CONNECTED:
        return -EISCONN;
    case TICK__DISCONNECTING:
        break;
    }
    return -EINVAL;
}

static int tcp_accept(struct tick_kernel *k, int process, struct tick__file *file, struct sockaddr *address, socklen_t *size) {
    struct tick__sock *listener = (struct tick__sock *)file;
    if (listener->state != TICK__LISTEN)
        return -EINVAL;
    if (address && (int)*size < 0)
        return -EINVAL;
    tick__file_asked(k, &listener->file, TICK__HELD_IN);
    if (!listener->queue_first)
        return -EAGAIN;
    struct tick__sock *s = tick__sock(k, listener->queue_first);
    s->file.status = O_RDWR | O_NONBLOCK;
    int made = tick__fd_give(k, process, &s->file);
    if (made < 0)
        return made;
    listener->queue_first = s->queue_next;
    if (!s->queue_next)
        listener->queue_last = 0;
    listener->queue_count--;
    s->listener = 0;
    tick__sock_release(k, listener);
    tick__tell_consumed(k, s->hello);
    if (address) {
        const struct tick__address from = {s->remote_address, s->remote_port, s->six};
        tick__address_out(s->inet6 ? AF_INET6 : AF_INET, &from, address, size);
    }
    return made;
}

// SHORT_SEND and SHORT_RECV: how many of `count` bytes are moved. Never none. Few of them, or, where the world wants that, all but few.
size_t tick__shortened(struct tick_kernel *k, enum tick_choice_kind kind, tick_id end, uint64_t offset, size_t count) {
    if (count <= 1)
        return count;
    uint32_t n = count < TICK_CUTS ? (uint32_t)count : TICK_CUTS;
    if (k->env.cuts_at_ends && count > TICK_CUTS)
        n += count - TICK_CUTS < TICK_CUTS - 1 ? (uint32_t)count - TICK_CUTS : TICK_CUTS - 1;
    const uint32_t value = TICK__ASK(k, kind, end, offset + 1, n, 0);
    return !value ? count : value < TICK_CUTS ? value : count - (value - (TICK_CUTS - 1));
}

static size_t shortened(struct tick_kernel *k, const struct tick__sock *s, enum tick_choice_kind kind, uint64_t offset, size_t count) {
    return tick_is_calm(k->env.calm, kind) ? count : tick__shortened(k, kind, s->end, offset, count);
}

// A read takes all that the program knows to be there: what it looked at, or was told the end of.
static size_t recv_shortened(struct tick_kernel *k, const struct tick__sock *s, uint64_t read, size_t count) {
    if (tick_is_calm(k->env.calm, TICK_CHOICE_SHORT_RECV) || s->ended)
        return count;
    size_t moved = shortened(k, s, TICK_CHOICE_SHORT_RECV, read, count), least = s->looked > read ? (size_t)(s->looked - read) : 0;
    return moved >= least ? moved : least < count ? least : count;
}

// Whether an acknowledgement of all that s sent could be back by now. One that nobody waits for is not sent: it would have come, or not.
static bool all_heard(struct tick_kernel *k, const struct tick__sock *s) {
    const struct tick__sock *peer = peer_of(k, s);
    return peer && tick__after(s->out.last_at, tick__link(k, s->file.host, peer->file.host)->latency) <= k->root->now &&
           tick__tcp_way_back(k, s, peer->file.host);
}

// Linux takes whole what fits into half of SO_SNDBUF, when nothing before it is unacknowledged.
static size_t send_shortened(struct tick_kernel *k, const struct tick__sock *s, size_t asked, size_t count) {
    if (tick_is_calm(k->env.calm, TICK_CHOICE_SHORT_SEND))
        return count;
    const struct tick__flow *out = &s->out;
    const bool whole = asked <= tick__sock_room(s) && (out->written == out->acked || (out->written == out->arrived && all_heard(k, s)));
    return whole ? count : shortened(k, s, TICK_CHOICE_SHORT_SEND, out->written, count);
}

// A stream takes no notice of an address.
static ssize_t tcp_send(
    struct tick_kernel *k, struct tick__file *file, const void *bytes, size_t count, int flags, const struct tick__beside *beside) {
    struct tick__sock *s = (struct tick__sock *)file;
    if (beside && beside->control)
        TICK_TRY(tick__control_tcp(beside->control));
    tick__file_asked(k, &s->file, TICK__HELD_OUT);
    if (flags & (MSG_OOB | MSG_FASTOPEN))
        return -EOPNOTSUPP;
    if (s->state != TICK__ESTABLISHED && s->state != TICK__CLOSE_WAIT) {
        if (s->error)
            return take_error(s);
        return tick__tcp_connects(s) ? -EAGAIN : -EPIPE;
    }
    if (s->error)
        return take_error(s);
    if (s->shut & TICK__SHUT_SEND)
        return -EPIPE;
    if (!count)
        return 0;
    uint64_t queued = s->out.written - s->out.acked;
    if (queued >= tick__sock_room(s)) {
        s->nospace = true;
        tick__tcp_catch_up(k, s);
        return -EAGAIN;
    }
    size_t space = tick__sock_room(s) - (size_t)queued;
    size_t moved = send_shortened(k, s, count, count < space ? count : space);
    moved = tick__chain_append(k, &s->out.chain, bytes, moved);
    if (!moved)
        return -ENOBUFS;
    s->out.written += moved;
    tick__tell_send(k, s, bytes, moved);
    if (moved < count && space == moved)
        s->nospace = true;
    if (__builtin_expect(s->corked || (flags & MSG_MORE), 0))
        tick__cork_sent(k, s, (flags & MSG_MORE) != 0, moved < count);
    else
        tick__tcp_transmit(k, s);
    return (ssize_t)moved;
}

static ssize_t tcp_recv(
    struct tick_kernel *k, struct tick__file *file, void *bytes, size_t count, int flags, struct tick__received *received) {
    struct tick__sock *s = (struct tick__sock *)file;
    (void)received; // there is nothing beside the bytes
    if (flags & MSG_ERRQUEUE)
        return -EAGAIN;
    if (s->state == TICK__LISTEN)
        return -ENOTCONN;
    if (flags & MSG_OOB)
        return -EINVAL;
    tick__file_asked(k, &s->file, TICK__HELD_IN);
    struct tick__sock *peer = peer_of(k, s);
    uint64_t there = peer ? peer->out.arrived - peer->out.read : 0;
    if (there) {
        size_t moved = count < there ? count : (size_t)there;
        if (flags & MSG_PEEK) {
            tick__chain_copy(k, &peer->out.chain, bytes, moved);
            s->looked = s->looked > peer->out.read + moved ? s->looked : peer->out.read + moved;
            return (ssize_t)moved;
        }
        moved = recv_shortened(k, s, peer->out.read, moved);
        if (!(flags & MSG_TRUNC))
            tick__chain_copy(k, &peer->out.chain, bytes, moved);
        tick__chain_consume(k, &peer->out.chain, moved);
        peer->out.read += moved;
        tick__tell_read(k, peer);
        if (peer->out.written > peer->out.flown)
            tick__tcp_catch_up(k, peer); // the window opens
        return (ssize_t)moved;
    }
    if (s->done) {
        tick__tell_consumed(k, s->farewell);
        return 0;
    }
    if (s->error) {
        tick__tell_consumed(k, s->farewell);
        return take_error(s);
    }
    if (s->shut & TICK__SHUT_RECV)
        return 0;
    return s->state == TICK__CLOSE ? -ENOTCONN : -EAGAIN;
}

static int tcp_unread(struct tick_kernel *k, struct tick__file *file, int *value) {
    struct tick__sock *s = (struct tick__sock *)file;
    if (s->state == TICK__LISTEN)
        return -EINVAL;
    const struct tick__sock *peer = peer_of(k, s);
    *value = peer && s->state != TICK__SYN_SENT ? (int)(peer->out.arrived - peer->out.read) : 0;
    if (peer)
        s->looked = peer->out.arrived;
    return 0;
}

static int tcp_unacked(struct tick_kernel *k, struct tick__file *file, int *value) {
    const struct tick__sock *s = (const struct tick__sock *)file;
    if (s->state == TICK__LISTEN)
        return -EINVAL;
    *value = s->state <= TICK__SYN_SENT ? 0 : (int)(s->out.written - (all_heard(k, s) ? s->out.arrived : s->out.acked));
    return 0;
}

// tcp_close_state: whether a FIN is to be sent now.
static bool leave(struct tick_kernel *k, struct tick__sock *s) {
    switch (s->state) {
    case TICK__ESTABLISHED:
        s->state = TICK__FIN_WAIT1;
        return true;
    case TICK__CLOSE_WAIT:
        s->state = TICK__LAST_ACK;
        return true;
    case TICK__SYN_SENT:
        abandon_syn(k, s);
        s->state = TICK__CLOSE;
        return false;
    default:
        return false;
    }
}

static int tcp_shutdown(struct tick_kernel *k, struct tick__file *file, int how) {
    struct tick__sock *s = (struct tick__sock *)file;
    unsigned ways = (unsigned)how + 1;
    if (s->stage == TICK__CONNECTING)
        s->stage = tick__tcp_connects(s) || s->state == TICK__CLOSE ? TICK__DISCONNECTING : TICK__CONNECTED;
    int error = 0;
    switch (s->state) {
    case TICK__LISTEN:
        if (!(ways & TICK__SHUT_RECV))
            break;
        // fallthrough
    case TICK__SYN_SENT:
        s = disconnect(k, s);
        if (!s)
            return -ENOBUFS;
        s->stage = TICK__UNCONNECTED;
        break;
    case TICK__CLOSE:
        error = -ENOTCONN;
        s->shut |= (uint8_t)ways;
        break;
    default:
        s->shut |= (uint8_t)ways;
        if ((ways & TICK__SHUT_SEND) && leave(k, s)) {
            s->fin_wanted = true;
            tick__tcp_transmit(k, s);
        }
        break;
    }
    tick__file_wake(k, &s->file, 0, false); // the program's own doing: never held back
    return error;
}

static void tcp_close(struct tick_kernel *k, struct tick__file *file) {
    struct tick__sock *s = (struct tick__sock *)file;
    const bool lingers = __builtin_expect(s->linger, 0) && tick__linger_asked(k, s);
    if (lingers) {
        s->file.status |= TICK__LINGERS;
        s->lingering = 0;
    }
    s->shut = TICK__SHUT_BOTH;
    struct tick__sock *peer = peer_of(k, s);
    if (s->state == TICK__LISTEN) {
        tick__tcp_queue_clear(k, s, false);
        s->state = TICK__CLOSE;
    } else if (s->state != TICK__CLOSE) {
        if (peer && peer->out.arrived > peer->out.read) {
            tick__tcp_reset_peer(k, s);
            tick__tcp_purge(k, s);
            s->state = TICK__CLOSE;
        } else if (s->linger && !s->linger_time) {
            disconnect(k, s);
        } else if (leave(k, s)) {
            s->fin_wanted = true;
            tick__tcp_transmit(k, s);
        }
    }
    if (s->state == TICK__CLOSE) // else it holds its port until its end is acknowledged, and in TIME_WAIT
        tick__port_leave(k, s);
    if (!lingers || !tick__linger_begins(k, s))
        tick__sock_release(k, s);
}

void tick__sock_die(struct tick_kernel *k, struct tick__sock *s) {
    bool had_fd = tick__sock_has_fd(s);
    if (s->file.fd >= 0)
        tick__fd_drop(k, &s->file);
    else if (had_fd)
        tick__items_drop(k, &s->file);
    s->file.status &= ~(TICK__FLIES | TICK__REACHED);
    tick__linger_die(k, s);
    if (s->state == TICK__LISTEN)
        tick__tcp_queue_clear(k, s, true);
    if (s->state == TICK__SYN_SENT)
        abandon_syn(k, s);
    tick__tcp_purge(k, s);
    bool embryo = s->state == TICK__SYN_RECV;
    s->farewell = tick__host(k, s->file.host)->crashed;
    s->out.given_up = true;
    s->state = TICK__CLOSE;
    s->shut = TICK__SHUT_BOTH;
    if (s->peer && s->peer != s->file.ref)
        tick__keepalive_arm(k, tick__sock(k, s->peer));
    tick__port_leave(k, s);
    if (embryo && s->listener) {
        struct tick__sock *listener = tick__sock(k, s->listener);
        s->listener = 0;
        tick__sock_release(k, listener);
        tick__sock_release(k, s);
    }
    if (had_fd)
        tick__sock_release(k, s);
}

void tick_k_connection(const struct tick_kernel *k, int process, int fd, tick_id *id, uint32_t *object) {
    const struct tick__file *file = tick__file(k, process, fd);
    const struct tick__sock *s = file && tick__ops(file) == &tick__tcp_ops ? (const struct tick__sock *)file : NULL;
    *id = s ? s->connection : 0;
    *object = s ? s->connection_object : 0;
}

uint32_t tick_k_object(const struct tick_kernel *k, int process, int fd) {
    const struct tick__file *file = tick__file(k, process, fd);
    const struct tick__sock *s = file && tick__ops(file) == &tick__tcp_ops ? (const struct tick__sock *)file : NULL;
    // Both directions were told one after the other, and then both ends.
    return s && s->out.object ? s->out.object + 2 : file ? file->object : 0;
}

// --- what it is to others ---

static size_t most(const struct tick_kernel *k, const struct tick__file *file, bool writes) {
    const struct tick__sock *s = (const struct tick__sock *)file, *peer = peer_of(k, s);
    const uint64_t queued = s->out.written - s->out.acked;
    if (writes)
        return queued < tick__sock_room(s) ? tick__sock_room(s) - (size_t)queued : 0;
    return peer ? (size_t)(peer->out.arrived - peer->out.read) : 0;
}

static bool from_outside(const struct tick_kernel *k, const struct tick__file *file) {
    const struct tick__sock *s = (const struct tick__sock *)file;
    return !s->peer || tick__from_outside(k, tick__sock(k, s->peer)->file.host, file->host);
}

// A connected one is its connection's end.
static tick_id id_of(const struct tick__file *file) {
    const struct tick__sock *s = (const struct tick__sock *)file;
    return s->connection ? s->end : file->id;
}

static void told_the_end(struct tick__file *file) {
    ((struct tick__sock *)file)->ended = true;
}

const struct tick__file_ops tick__tcp_ops = {
    .mask = tick__sock_mask,
    .read = tick__socket_read,
    .write = tick__socket_write,
    .most = most,
    .close = tcp_close,
    .mode = S_IFSOCK | 0777,
    .unread = tcp_unread,
    .unsent = tcp_unacked,
    .from_outside = from_outside,
    .id = id_of,
    .ended = told_the_end,
    .bind = tick__tcp_bind,
    .listen = tick__tcp_listen,
    .accept = tcp_accept,
    .connect = tcp_connect,
    .send = tcp_send,
    .recv = tcp_recv,
    .shutdown = tcp_shutdown,
    .name = tick__tcp_name,
    .getsockopt = tick__tcp_getsockopt,
    .setsockopt = tick__tcp_setsockopt,
};
