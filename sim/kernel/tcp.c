// TCP between two sockets: segments on their way, and what each does where it arrives. State names and rules are Linux's.
//
// Bytes are in the sender's chain from send to recv; a segment says only up to which count they have arrived. No segment of a direction
// overtakes another. Acknowledgements are sent only when the sender could notice: a quarter of its buffer unacknowledged, bytes held back
// by the window, or a full buffer; they are the only segments that may overtake, for nobody can tell.
#include "sim/kernel/kernel_int.h"

#define FIRST_RETRY TICK_SEC(1)
#define SYN_RETRIES 6
#define ACCEPT_RETRIES 5
#define FIRST_RESEND TICK_MS(200) // Linux's least retransmission time-out,
#define LAST_RESEND TICK_SEC(120) // its greatest,
#define GIVE_UP TICK_MS(924600)   // and when it gives up (tcp_retries2 15)

static struct tick__sock *peer_of(const struct tick_kernel *k, const struct tick__sock *s) {
    return s->peer ? tick__sock(k, s->peer) : NULL;
}

bool tick__tcp_writable(const struct tick__sock *s) {
    uint64_t queued = s->out.written - s->out.acked;
    return queued + (queued >> 1) <= tick__sock_room(s);
}

static bool readable(const struct tick_kernel *k, const struct tick__sock *s) {
    const struct tick__sock *peer = peer_of(k, s);
    return peer && peer->out.arrived > peer->out.read;
}

// tcp_poll
uint32_t tick__sock_mask(struct tick_kernel *k, struct tick__sock *s) {
    if (s->state == TICK__LISTEN)
        return s->queue_first ? EPOLLIN | EPOLLRDNORM : 0;
    uint32_t mask = 0;
    if (s->shut == TICK__SHUT_BOTH || s->state == TICK__CLOSE)
        mask |= EPOLLHUP;
    if (s->shut & TICK__SHUT_RECV)
        mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
    if (s->state != TICK__SYN_SENT) {
        if (readable(k, s))
            mask |= EPOLLIN | EPOLLRDNORM;
        if ((s->shut & TICK__SHUT_SEND) || tick__tcp_writable(s))
            mask |= EPOLLOUT | EPOLLWRNORM;
        else
            s->nospace = true;
    }
    if (s->error)
        mask |= EPOLLERR;
    return mask;
}

// --- sending ---

static void break_both(struct tick_kernel *k, struct tick__sock *s, int error);
static void orphan_die(struct tick_kernel *k, struct tick__sock *child);

#define LOSSES 3 // in a row, by choice

// s has sent for too long without being heard.
static void give_up(struct tick_kernel *k, struct tick__sock *s) {
    s->out.given_up = true;
    struct tick__sock *peer = peer_of(k, s);
    if (s->state == TICK__SYN_RECV) {
        orphan_die(k, s);
        if (peer && peer->state == TICK__SYN_SENT) { // whose own SYNs went as unheard
            peer->error = ETIMEDOUT;
            tick__tcp_done(k, peer);
        }
    } else if (s->state > TICK__LISTEN) {
        tick__tell_dropped(k, s, s->file.host, s->out.arrived, s->out.flown);
        s->error = ETIMEDOUT;
        tick__tcp_purge(k, s);
        tick__tcp_done(k, s);
    }
}

// Nothing was heard of what s sent: when it tries again; TICK_NEVER: it has given up.
static int64_t next_try(struct tick_kernel *k, struct tick__sock *s, const struct tick_link *link, int64_t first) {
    struct tick__flow *out = &s->out;
    int64_t now = k->root->now, most = link->timeout ? link->timeout : GIVE_UP;
    if (!out->lost_since) {
        out->lost_since = now ? now : 1;
        out->losses = 0;
    } else if (now - out->lost_since >= most) {
        give_up(k, s);
        return TICK_NEVER;
    }
    int64_t wait = out->losses < 20 ? first << out->losses : LAST_RESEND;
    out->losses++;
    if (wait > LAST_RESEND)
        wait = LAST_RESEND;
    return now + wait < out->lost_since + most ? now + wait : out->lost_since + most;
}

static bool way_back(const struct tick_kernel *k, const struct tick__sock *s, uint32_t far_host) {
    return !k->root->outage_count || tick__outage(k, far_host, s->file.host) != TICK_NEVER;
}

// What s sends arrives, but no acknowledgement comes back.
static void listen_for_acknowledgement(struct tick_kernel *k, struct tick__sock *s, const struct tick_link *link) {
    if (s->out.unheard || s->out.given_up)
        return;
    int64_t at = next_try(k, s, link, FIRST_RESEND);
    if (at != TICK_NEVER && tick__event_post(k, at, TICK__HEARD, s->file.ref, 0, 0)) {
        s->out.unheard = true;
        tick__sock_hold(s);
    }
}

// A segment goes into a network that has bandwidths and outages: when it arrives, or, with TICK__LOST, when it is tried again. TICK_NEVER:
// it is lost for good. ordered: it keeps its place among its direction's.
static int64_t pass(struct tick_kernel *k, struct tick__sock *s, struct tick__sock *to, uint32_t far_host, const struct tick_link *link,
    bool ordered, enum tick__event_kind *kind, uint64_t bytes) {
    struct tick__flow *out = &s->out;
    if (*kind == TICK__RST)
        out->given_up |= ordered;
    else if (ordered && out->given_up)
        return TICK_NEVER;
    else if (ordered && out->lost) { // behind those
        out->lost++;
        *kind |= TICK__LOST;
        return out->retry_at;
    }
    int64_t at = tick__link_pass(k, link, s->file.host, far_host, bytes);
    if (at != TICK_NEVER) {
        if (ordered && to != s && !way_back(k, s, far_host))
            listen_for_acknowledgement(k, s, link);
        else if (ordered && !out->unheard)
            out->lost_since = 0;
        return at;
    }
    switch (*kind) {
    case TICK__RST:
        return TICK_NEVER;
    case TICK__SYN:
        at = k->root->now + (FIRST_RETRY << s->tries++);
        *kind = TICK__SYN_AGAIN;
        return at;
    case TICK__UPDATE: // the sender hears nothing, and sends again until it does
        listen_for_acknowledgement(k, to, link);
        *kind |= TICK__LOST;
        return k->root->now + FIRST_RETRY;
    default:
        at = next_try(k, s, link, *kind == TICK__SYN_ACK ? FIRST_RETRY : FIRST_RESEND);
        out->retry_at = at;
        out->lost += at != TICK_NEVER;
        *kind |= TICK__LOST;
        return at;
    }
}

// Posts a segment from s to `to`. ask: the world chooses what the link adds, at `ordinal` of the direction `way`.
static bool post(struct tick_kernel *k, struct tick__sock *s, struct tick__sock *to, uint32_t far_host, int64_t *last_at,
    enum tick__event_kind kind, uint64_t c, bool ask, enum tick_connection_part way, uint64_t ordinal, uint32_t *key) {
    const struct tick_link *link = tick__link(k, s->file.host, far_host);
    int64_t at = k->root->now + link->latency;
    if (__builtin_expect(k->root->outage_count || link->bandwidth || s->out.lost, 0)) {
        at = pass(k, s, to, far_host, link, last_at != NULL, &kind, kind == TICK__DATA ? c - (ordinal - 1) : 0);
        if (at == TICK_NEVER)
            return true;
        if (kind & TICK__LOST)
            ask = false, last_at = NULL; // asked for when it goes out again
    }
    if (ask && link->loss && !k->root->calm) {
        uint32_t times = TICK__ASK(k, TICK_CHOICE_LOSS, tick_id_part(s->connection, way), ordinal, LOSSES + 1, 0);
        at += (ordinal ? FIRST_RESEND : FIRST_RETRY) * ((1 << times) - 1);
    }
    if (ask && link->jitter > 0 && !tick_is_calm(k->env.calm, TICK_CHOICE_DELIVERY)) {
        uint32_t n = tick_scale_count(link->jitter);
        uint32_t value = k->env.choose(k->env.ctx, TICK_CHOICE_DELIVERY, tick_id_part(s->connection, way), ordinal, n, link->jitter);
        at += tick_scale_capped(value, link->jitter);
    }
    if (last_at) {
        if (at < *last_at)
            at = *last_at;
        *last_at = at;
    }
    if (key)
        *key = tick__event_post(k, at, kind, to->file.ref, s->file.ref, c);
    if (key ? !*key : !tick__event_pass(k, at, kind, to->file.ref, s->file.ref, c))
        return false;
    tick__sock_hold(to);
    return true;
}

static bool segment(struct tick_kernel *k, struct tick__sock *s, enum tick__event_kind kind, uint64_t c, bool ask, uint64_t ordinal) {
    struct tick__sock *to = peer_of(k, s);
    return post(k, s, to, to->file.host, &s->out.last_at, kind, c, ask, tick__sock_way(s), ordinal, NULL);
}

static uint32_t remote_host(const struct tick_kernel *k, const struct tick__sock *s) {
    return (uint32_t)tick__host_of_address(k, s->file.host, s->remote_address);
}

void tick__tcp_send_syn(struct tick_kernel *k, struct tick__sock *s) {
    uint64_t told = tick__tell_segment(k, s->file.host, s->out.object, tick__sock_way_id(s), 0);
    if (!post(k, s, s, remote_host(k, s), &s->out.last_at, TICK__SYN, told, true, TICK_OUT, 0, &s->event))
        break_both(k, s, ENOBUFS);
}

// Whether the sender could tell that an acknowledgement is missing.
static bool sender_waits(const struct tick__sock *s) {
    return s->out.written > s->out.flown || s->nospace || (s->out.written - s->out.acked) * 4 >= tick__sock_room(s);
}

static void acknowledge(struct tick_kernel *k, struct tick__sock *sender) {
    struct tick__sock *receiver = peer_of(k, sender);
    struct tick__flow *out = &sender->out;
    if (sender->ack_flies || !receiver || receiver->state == TICK__CLOSE || (out->arrived == out->acked && out->read == out->granted))
        return;
    out->ack_arrived = out->arrived;
    out->ack_read = out->read;
    if (post(k, receiver, sender, sender->file.host, NULL, TICK__UPDATE, 0, false, TICK_OUT, 0, NULL))
        sender->ack_flies = true;
    else
        break_both(k, sender, ENOBUFS);
}

void tick__tcp_catch_up(struct tick_kernel *k, struct tick__sock *sender) {
    if (sender_waits(sender))
        acknowledge(k, sender);
}

// A reset in the network: the bytes are lost, and both ends are told.
static void cut(struct tick_kernel *k, struct tick__sock *s, uint64_t lost_from) {
    struct tick__sock *peer = peer_of(k, s);
    tick__tell_dropped(k, s, s->file.host, lost_from, s->out.written);
    if (!segment(k, s, TICK__RST, 0, false, 0) || !segment(k, peer, TICK__RST, 0, false, 0))
        break_both(k, s, ENOBUFS);
}

void tick__tcp_transmit(struct tick_kernel *k, struct tick__sock *s) {
    struct tick__sock *peer = peer_of(k, s);
    struct tick__flow *out = &s->out;
    if (!peer || s->state == TICK__CLOSE || s->state == TICK__SYN_SENT || s->fin_sent)
        return;
    if (out->written > out->flown) {
        uint64_t limit = out->granted + peer->rcvbuf / 2;
        uint64_t upto = out->written < limit ? out->written : limit;
        if (upto > out->flown) {
            uint64_t from = out->flown;
            out->flown = upto;
            const struct tick_link *link = tick__link(k, s->file.host, peer->file.host);
            if (link->reset && !k->root->calm && TICK__ASK(k, TICK_CHOICE_FAULT_RESET, tick__sock_way_id(s), from + 1, 2, 0)) {
                cut(k, s, from);
                s->fin_sent = true; // nothing can follow
                return;
            }
            if (!segment(k, s, TICK__DATA, upto, true, from + 1)) {
                break_both(k, s, ENOBUFS);
                return;
            }
        }
        if (out->written > out->flown) {
            acknowledge(k, s); // one that was not sent because nobody waited for it
            return;
        }
    }
    if (s->fin_wanted) {
        s->fin_sent = true;
        uint64_t told = tick__tell_segment(k, s->file.host, out->object, tick__sock_way_id(s), out->written + 1);
        if (!segment(k, s, TICK__FIN, told, true, out->written + 1))
            break_both(k, s, ENOBUFS);
    }
}

// --- the end of a connection ---

void tick__tcp_purge(struct tick_kernel *k, struct tick__sock *s) {
    if (s->out.written == s->out.flown)
        return;
    tick__tell_dropped(k, s, s->file.host, s->out.flown, s->out.written);
    s->out.written = s->out.flown; // their bytes stay in the chain's tail, unread, until it is freed
}

void tick__tcp_done(struct tick_kernel *k, struct tick__sock *s) {
    s->state = TICK__CLOSE;
    s->shut = TICK__SHUT_BOTH;
    if (!s->port_asked || !tick__sock_has_fd(s))
        tick__port_leave(k, s);
    tick__file_wake(k, &s->file, 0, true);
}

// No memory for a segment: both ends lose the connection.
static void break_both(struct tick_kernel *k, struct tick__sock *s, int error) {
    struct tick__sock *ends[] = {s, peer_of(k, s)};
    for (int i = 0; i < 2; i++)
        if (ends[i] && ends[i]->state > TICK__LISTEN) {
            ends[i]->error = error;
            tick__tcp_purge(k, ends[i]);
            tick__tcp_done(k, ends[i]);
        }
}

void tick__tcp_reset_peer(struct tick_kernel *k, struct tick__sock *s) {
    if (!s->peer)
        return;
    uint64_t told = tick__tell_segment(k, s->file.host, s->out.object, tick__sock_way_id(s), s->out.written + 1 + s->fin_sent);
    if (!segment(k, s, TICK__RST, told, false, 0))
        break_both(k, s, ENOBUFS);
}

// An embryo or a queued connection of a listener goes.
static void orphan_die(struct tick_kernel *k, struct tick__sock *child) {
    struct tick__sock *listener = child->listener ? tick__sock(k, child->listener) : NULL;
    child->listener = 0;
    tick__tcp_purge(k, child);
    child->state = TICK__CLOSE;
    child->shut = TICK__SHUT_BOTH;
    tick__port_leave(k, child);
    tick__sock_release(k, child);
    if (listener)
        tick__sock_release(k, listener);
}

void tick__tcp_queue_clear(struct tick_kernel *k, struct tick__sock *listener, bool silent) {
    while (listener->queue_first) {
        struct tick__sock *child = tick__sock(k, listener->queue_first);
        listener->queue_first = child->queue_next;
        if (!silent && child->state != TICK__CLOSE)
            tick__tcp_reset_peer(k, child);
        orphan_die(k, child);
    }
    listener->queue_last = 0;
    listener->queue_count = 0;
}

// tcp_reset
static void reset_arrived(struct tick_kernel *k, struct tick__sock *s, uint64_t told) {
    uint32_t seq = tick__tell_arrival(k, s->file.host, told);
    switch (s->state) {
    case TICK__CLOSE:
    case TICK__LISTEN:
        return;
    case TICK__SYN_RECV:
        orphan_die(k, s);
        return;
    case TICK__SYN_SENT:
        s->error = ECONNREFUSED;
        s->hello = seq;
        break;
    case TICK__CLOSE_WAIT:
        s->error = EPIPE;
        break;
    default:
        s->error = ECONNRESET;
        break;
    }
    if (seq)
        s->farewell = seq;
    tick__tcp_purge(k, s);
    tick__tcp_done(k, s);
}

// --- arrivals ---

static void retry(struct tick_kernel *k, struct tick__sock *s, enum tick__event_kind kind, uint64_t told) {
    int64_t wait = FIRST_RETRY << s->tries;
    s->tries++;
    s->event = tick__event_post(k, k->root->now + wait, kind, s->file.ref, s->peer, told);
    if (s->event)
        tick__sock_hold(s);
    else
        break_both(k, s, ENOBUFS);
}

// The answer to a SYN, like a SYN-ACK, is offset 0 of the direction back.
static void refuse(struct tick_kernel *k, struct tick__sock *s, uint32_t host) {
    uint64_t told = tick__tell_segment(k, host, s->out.object ? s->out.object + 1 : 0, tick_id_part(s->connection, TICK_IN), 0);
    if (!post(k, s, s, host, NULL, TICK__RST, told, true, TICK_IN, 0, NULL))
        break_both(k, s, ENOBUFS);
}

static void syn_arrived(struct tick_kernel *k, struct tick__sock *s, uint64_t told, bool again) {
    s->event = 0;
    uint32_t host = remote_host(k, s);
    if (s->tries > SYN_RETRIES) {
        s->error = ETIMEDOUT;
        tick__tcp_done(k, s);
        return;
    }
    if (k->root->outage_count && ((again && tick__link_pass(k, tick__link(k, s->file.host, host), s->file.host, host, 0) == TICK_NEVER) ||
                                     tick__host(k, host)->down || !way_back(k, s, host))) {
        retry(k, s, TICK__SYN_AGAIN, told);
        return;
    }
    struct tick__sock *listener = s->refused ? NULL : tick__sock_listener(k, host, s->remote_address, s->six, s->remote_port);
    if (listener && listener->queue_count > listener->backlog) {
        retry(k, s, TICK__SYN_AGAIN, told);
        return;
    }
    uint32_t seq = tick__tell_arrival(k, host, told);
    if (!listener && !s->refused && host == s->file.host && s->remote_address == s->local_address && s->remote_port == s->local_port) {
        s->peer = s->file.ref; // it meets itself: both ends of a simultaneous open
        s->state = TICK__ESTABLISHED;
        s->hello = seq;
        if (s->shut & TICK__SHUT_SEND) { // as it was before it connected
            s->state = TICK__FIN_WAIT1;
            s->fin_wanted = true;
            tick__tcp_transmit(k, s);
        }
        tick__file_wake(k, &s->file, 0, true);
        return;
    }
    if (!listener) {
        refuse(k, s, host);
        return;
    }
    struct tick__sock *child = tick__sock_new(k, host);
    if (!child) {
        break_both(k, s, ENOBUFS);
        return;
    }
    child->state = TICK__SYN_RECV;
    child->stage = TICK__CONNECTED;
    child->far = true;
    child->shut = listener->shut;
    child->reuse = listener->reuse;
    child->nodelay = listener->nodelay;
    child->keepalive = listener->keepalive;
    child->keep_idle = listener->keep_idle;
    child->keep_interval = listener->keep_interval;
    child->keep_count = listener->keep_count;
    child->inet6 = listener->inet6;
    child->v6only = listener->v6only;
    child->six = s->six;
    child->linger = listener->linger;
    child->linger_time = listener->linger_time;
    child->sndbuf = listener->sndbuf;
    child->rcvbuf = listener->rcvbuf;
    child->local_address = s->remote_address;
    child->local_port = s->remote_port;
    child->remote_address = s->local_address;
    child->remote_port = s->local_port;
    child->connection = s->connection;
    child->connection_object = s->connection_object;
    child->out.object = s->out.object ? s->out.object + 1 : 0; // the two directions were told one after the other
    child->hello = seq;
    child->peer = s->file.ref;
    s->peer = child->file.ref;
    child->listener = listener->file.ref;
    tick__sock_hold(listener);
    tick__port_share(k, child, listener);
    uint64_t answer = tick__tell_segment(k, host, child->out.object, tick__sock_way_id(child), 0);
    if (!segment(k, child, TICK__SYN_ACK, answer, true, 0))
        break_both(k, s, ENOBUFS);
}

static void syn_ack_arrived(struct tick_kernel *k, struct tick__sock *s, struct tick__sock *child, uint64_t told) {
    uint32_t seq = tick__tell_arrival(k, s->file.host, told);
    if (s->state != TICK__SYN_SENT) { // it gave up meanwhile
        if (child->state != TICK__CLOSE)
            tick__tcp_reset_peer(k, s);
        return;
    }
    s->state = TICK__ESTABLISHED;
    s->hello = seq;
    if (!segment(k, s, TICK__ACK, 0, false, 0)) {
        break_both(k, s, ENOBUFS);
        return;
    }
    tick__file_wake(k, &s->file, 0, true);
}

static void ack_arrived(struct tick_kernel *k, struct tick__sock *child) {
    if (child->state != TICK__SYN_RECV)
        return;
    struct tick__sock *listener = tick__sock(k, child->listener);
    bool full = listener->queue_count > listener->backlog;
    if (listener->state != TICK__LISTEN || (full && child->tries >= ACCEPT_RETRIES)) {
        tick__tcp_reset_peer(k, child);
        orphan_die(k, child);
        return;
    }
    if (full) {
        retry(k, child, TICK__ACCEPT_AGAIN, 0);
        return;
    }
    child->state = child->done ? TICK__CLOSE_WAIT : TICK__ESTABLISHED;
    child->queue_next = 0;
    if (listener->queue_last)
        tick__sock(k, listener->queue_last)->queue_next = child->file.ref;
    else
        listener->queue_first = child->file.ref;
    listener->queue_last = child->file.ref;
    listener->queue_count++;
    if (child->shut & TICK__SHUT_SEND) { // as its listener was
        child->state = child->done ? TICK__LAST_ACK : TICK__FIN_WAIT1;
        child->fin_wanted = true;
        tick__tcp_transmit(k, child);
    }
    tick__file_wake(k, &listener->file, EPOLLIN | EPOLLRDNORM | EPOLLPRI | EPOLLRDBAND, listener->queue_count == 1);
}

static void data_arrived(struct tick_kernel *k, struct tick__sock *s, struct tick__sock *sender, uint64_t upto) {
    struct tick__flow *in = &sender->out;
    bool refused = (s->state == TICK__FIN_WAIT1 || s->state == TICK__FIN_WAIT2) && (s->shut & TICK__SHUT_RECV);
    if (s->state == TICK__CLOSE || refused) {
        tick__tell_dropped(k, sender, s->file.host, in->arrived, upto);
        if (sender->state != TICK__CLOSE)
            tick__tcp_reset_peer(k, s);
        if (refused) {
            s->error = ECONNRESET;
            tick__tcp_purge(k, s);
            tick__tcp_done(k, s);
        }
        return;
    }
    bool rise = in->arrived == in->read && !(s->shut & TICK__SHUT_RECV);
    in->arrived = upto;
    tick__tell_arrived(k, sender, s->file.host);
    tick__tcp_catch_up(k, sender);
    tick__file_wake(k, &s->file, EPOLLIN | EPOLLRDNORM | EPOLLPRI | EPOLLRDBAND, rise);
}

// Both directions are closed in order: the end that closed first lingers in TIME_WAIT, out of the program's sight.
static void time_wait(struct tick_kernel *k, struct tick__sock *s) {
    tick__port_linger(k, s);
    tick__tcp_done(k, s);
}

static void fin_acknowledged(struct tick_kernel *k, struct tick__sock *s) {
    if (s->state == TICK__FIN_WAIT1) {
        s->state = TICK__FIN_WAIT2;
        tick__file_wake(k, &s->file, 0, false);
    } else if (s->state == TICK__CLOSING)
        time_wait(k, s);
    else if (s->state == TICK__LAST_ACK)
        tick__tcp_done(k, s);
}

static void fin_arrived(struct tick_kernel *k, struct tick__sock *s, struct tick__sock *sender, uint64_t told) {
    uint32_t seq = tick__tell_arrival(k, s->file.host, told);
    if (s->state == TICK__CLOSE) {
        if (sender->state != TICK__CLOSE)
            tick__tcp_reset_peer(k, s);
        return;
    }
    if (!tick__sock_has_fd(sender) && !sender->listener)
        fin_acknowledged(k, sender); // nobody sees when
    else if (!segment(k, s, TICK__FIN_ACK, 0, false, 0)) {
        break_both(k, s, ENOBUFS);
        return;
    }
    s->shut |= TICK__SHUT_RECV;
    s->done = true;
    s->farewell = seq;
    switch (s->state) {
    case TICK__ESTABLISHED:
        s->state = TICK__CLOSE_WAIT;
        break;
    case TICK__FIN_WAIT1:
        s->state = TICK__CLOSING;
        break;
    case TICK__FIN_WAIT2:
        time_wait(k, s);
        return;
    default:
        break;
    }
    tick__file_wake(k, &s->file, 0, true);
}

static void update_arrived(struct tick_kernel *k, struct tick__sock *s) {
    s->ack_flies = false;
    if (s->state == TICK__CLOSE)
        return;
    s->out.acked = s->out.ack_arrived;
    s->out.granted = s->out.ack_read;
    tick__tcp_transmit(k, s);
    if (s->nospace && tick__tcp_writable(s)) {
        s->nospace = false;
        tick__file_wake(k, &s->file, EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND, true);
    }
    tick__tcp_catch_up(k, s);
}

// A lost segment goes out again, as it stands.
static void send_again(struct tick_kernel *k, struct tick__sock *from, struct tick__sock *to, enum tick__event_kind kind, uint64_t c) {
    bool ordered = kind != TICK__UPDATE;
    if (ordered ? from->out.given_up : to->state == TICK__CLOSE) {
        to->ack_flies = false;
        return;
    }
    uint64_t ordinal = kind == TICK__DATA ? from->out.arrived + 1 : 0;
    uint32_t behind = from->out.lost; // it goes before those
    if (ordered)
        from->out.lost = 0;
    if (!post(k, from, to, to->file.host, ordered ? &from->out.last_at : NULL, kind, c, false, tick__sock_way(from), ordinal, NULL))
        break_both(k, from, ENOBUFS);
    if (!ordered)
        return;
    if (!from->out.lost && !from->out.unheard)
        from->out.lost_since = 0;
    from->out.lost += behind;
}

// Whether s hears from its peer again.
static void heard(struct tick_kernel *k, struct tick__sock *s) {
    struct tick__sock *peer = peer_of(k, s);
    s->out.unheard = false;
    if (s->out.given_up || s->state == TICK__CLOSE || !peer)
        return;
    if (!way_back(k, s, peer->file.host))
        listen_for_acknowledgement(k, s, tick__link(k, s->file.host, peer->file.host));
    else if (!s->out.lost)
        s->out.lost_since = 0;
}

void tick__tcp_event(struct tick_kernel *k, const struct tick__due *due) {
    struct tick__sock *s = tick__sock(k, due->a), *from = due->b ? tick__sock(k, due->b) : NULL;
    k->carrying = true;
    k->cause = 0;
    enum tick__event_kind kind = due->kind & ~(unsigned)TICK__LOST;
    bool lost = due->kind & TICK__LOST;
    if (lost && kind != TICK__UPDATE)
        from->out.lost--;
    if (lost && kind != TICK__UPDATE && from->out.lost && from->out.retry_at > k->root->now) { // the one before it is lost again
        if (!from->out.given_up && tick__event_post(k, from->out.retry_at, due->kind, due->a, due->b, due->c)) {
            tick__sock_hold(s);
            from->out.lost++;
        }
        kind = TICK__POSTED;
    } else if (lost || (k->root->outage_count && (kind == TICK__DATA || kind == TICK__FIN) && tick__host(k, s->file.host)->down)) {
        send_again(k, from, s, kind, due->c);
        kind = TICK__POSTED;
    }
    switch (kind) {
    case TICK__HEARD:
        heard(k, s);
        break;
    case TICK__LOST:
    case TICK__SYN:
    case TICK__SYN_AGAIN:
        if (s->state == TICK__SYN_SENT)
            syn_arrived(k, s, due->c, due->kind == TICK__SYN_AGAIN);
        break;
    case TICK__SYN_ACK:
        syn_ack_arrived(k, s, from, due->c);
        break;
    case TICK__ACK:
    case TICK__ACCEPT_AGAIN:
        ack_arrived(k, s);
        break;
    case TICK__DATA:
        data_arrived(k, s, from, due->c);
        break;
    case TICK__FIN:
        fin_arrived(k, s, from, due->c);
        break;
    case TICK__FIN_ACK:
        fin_acknowledged(k, s);
        break;
    case TICK__RST:
        reset_arrived(k, s, due->c);
        break;
    case TICK__UPDATE:
        update_arrived(k, s);
        break;
    case TICK__KEEPALIVE:
        tick__keepalive_due(k, s);
        break;
    default:
        break;
    }
    tick__sock_release(k, s); // the event's own
    k->carrying = false;
}
