// TCP: what each segment does where it arrives, and what is tried again in time.
#include "sim/kernel/objects_int.h"
#include "sim/kernel/tcp_int.h"

#define ACCEPT_RETRIES 5

// tcp_reset
static void reset_arrived(struct tick_kernel *k, struct tick__sock *s, uint64_t told) {
    uint32_t seq = tick__tell_arrival(k, s->file.host, told, 0);
    switch (s->state) {
    case TICK__CLOSE:
    case TICK__LISTEN:
        return;
    case TICK__SYN_RECV:
        if (s->listener) {
            tick__tcp_orphan_die(k, s);
            return;
        }
        s->error = ECONNRESET;
        s->hello = seq;
        break;
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
    int64_t wait = kind == TICK__SYN_AGAIN ? tick__tcp_syn_wait(k, s) : tick__times(TICK__FIRST_RETRY, 1 << s->tries);
    s->tries++;
    s->event = tick__event_post(k, tick__after(k->root->now, wait), kind, s->file.ref, s->peer, told);
    if (s->event)
        tick__sock_hold(s);
    else
        tick__tcp_break(k, s, ENOBUFS);
}

// The answer to a SYN, like a SYN-ACK, is offset 0 of the direction back.
static void refuse(struct tick_kernel *k, struct tick__sock *s, uint32_t host) {
    const tick_id back = tick_id_part(s->connection, TICK_IN);
    uint64_t told = tick__tell_segment(k, host, s->out.object ? s->out.object + 1 : 0, back, 0);
    if (!tick__tcp_post(k, s, s, host, NULL, TICK__RST, told, true, back, 0, NULL))
        tick__tcp_break(k, s, ENOBUFS);
}

// A listener's half of a connection that s asks for.
static void make_child(struct tick_kernel *k, struct tick__sock *s, struct tick__sock *listener, uint32_t seq) {
    const uint32_t host = listener->file.host;
    struct tick__sock *child = tick__sock_new(k, host);
    if (!child) {
        tick__tcp_break(k, s, ENOBUFS);
        return;
    }
    child->state = TICK__SYN_RECV;
    child->stage = TICK__CONNECTED;
    child->shut = listener->shut;
    child->connects = true;
    child->reuse = listener->reuse;
    child->reuse_port = listener->reuse_port;
    child->options = tick__options_copy(k, listener->options);
    child->nodelay = listener->nodelay;
    child->corked = listener->corked & TICK__CORKED;
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
    tick__sock_join(child, s->connection, true);
    child->connection_object = s->connection_object;
    child->out.object = s->out.object ? s->out.object + 1 : 0; // the two directions were told one after the other
    child->hello = seq;
    child->peer = s->file.ref;
    s->peer = child->file.ref;
    child->listener = listener->file.ref;
    tick__sock_hold(listener);
    tick__port_share(k, child, listener);
    uint64_t answer = tick__tell_segment(k, host, child->out.object, child->way, 0);
    if (!tick__tcp_segment(k, child, TICK__SYN_ACK, answer, true, 0))
        tick__tcp_break(k, s, ENOBUFS);
}

// Its SYNs have been unanswered for as long as it waits.
static bool gave_up(const struct tick_kernel *k, const struct tick__sock *s) {
    const int64_t patience = tick__tcp_patience(k, s);
    return s->tries > tick__option_of(k, s->options, TICK__SYNCNT) ||
           (patience && (TICK__FIRST_RETRY << s->tries) - TICK__FIRST_RETRY >= patience);
}

static void syn_arrived(struct tick_kernel *k, struct tick__sock *s, uint64_t told, bool again) {
    s->event = 0;
    uint32_t host = tick__tcp_remote_host(k, s);
    if (s->tries && gave_up(k, s)) {
        s->error = ETIMEDOUT;
        k->cause = s->hello;
        tick__tcp_done(k, s);
        return;
    }
    if (k->root->outage_count && ((again && tick__link_pass(k, tick__link(k, s->file.host, host), s->file.host, host, 0) == TICK_NEVER) ||
                                     tick__host(k, host)->down || !tick__tcp_way_back(k, s, host))) {
        tick__tell_lost(k, s, host, TICK__SYN_AGAIN, told, 0);
        retry(k, s, TICK__SYN_AGAIN, told);
        return;
    }
    // Its own address may be a listener's, too (SO_REUSEADDR): it meets itself all the same.
    const bool itself = host == s->file.host && s->remote_address == s->local_address && s->remote_port == s->local_port;
    const bool asks = !s->refused && !itself;
    struct tick__sock *listener = asks ? tick__sock_listener(k, host, s->remote_address, s->six, s->remote_port, s->connection) : NULL;
    const bool alone = listener && !listener->port_next && TICK__AT(k, tick__port, listener->port)->socks == listener->file.ref;
    struct tick__sock *opener = asks && !alone ? tick__tcp_opener(k, s, host) : NULL;
    if (listener && !opener && listener->queue_count > listener->backlog) {
        s->hello = tick__tell_drop(k, host, told, TICK_DROP_FULL, 0);
        retry(k, s, TICK__SYN_AGAIN, told);
        return;
    }
    uint32_t seq = tick__tell_arrival(k, host, told, 0);
    if (itself && !s->refused) {
        s->peer = s->file.ref; // both ends of a simultaneous open
        s->state = TICK__SYN_RECV;
        tick__tcp_established(k, s, seq);
    } else if (opener) {
        tick__tcp_cross(k, s, opener, seq);
    } else if (listener) {
        make_child(k, s, listener, seq);
    } else {
        refuse(k, s, host);
    }
}

static void syn_ack_arrived(struct tick_kernel *k, struct tick__sock *s, struct tick__sock *child, uint64_t told) {
    uint32_t seq = tick__tell_arrival(k, s->file.host, told, 0);
    if (!tick__tcp_connects(s)) { // it gave up meanwhile
        if (child->state != TICK__CLOSE)
            tick__tcp_reset_peer(k, s);
        return;
    }
    if (!tick__tcp_segment(k, s, TICK__ACK, 0, false, 0))
        tick__tcp_break(k, s, ENOBUFS);
    else
        tick__tcp_established(k, s, seq);
}

static void ack_arrived(struct tick_kernel *k, struct tick__sock *child) {
    if (child->state != TICK__SYN_RECV)
        return;
    if (!child->listener) {
        tick__tcp_established(k, child, child->hello);
        return;
    }
    struct tick__sock *listener = tick__sock(k, child->listener);
    bool full = listener->queue_count > listener->backlog;
    if (listener->state != TICK__LISTEN || (full && child->tries >= ACCEPT_RETRIES)) {
        tick__tcp_reset_peer(k, child);
        tick__tcp_orphan_die(k, child);
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
    k->cause = child->hello; // the acknowledgement itself is not told
    tick__file_wake_by(k, &listener->file, EPOLLIN | EPOLLRDNORM | EPOLLPRI | EPOLLRDBAND, listener->queue_count == 1, child->end, 0);
}

static void data_arrived(struct tick_kernel *k, struct tick__sock *s, struct tick__sock *sender, uint64_t upto) {
    struct tick__flow *in = &sender->out;
    bool refused = (s->state == TICK__FIN_WAIT1 || s->state == TICK__FIN_WAIT2) && (s->shut & TICK__SHUT_RECV);
    if (s->state == TICK__CLOSE || refused) {
        tick__tell_dropped(k, sender, s->file.host, in->arrived, upto, TICK_DROP_CLOSED, tick__tell_death(k, s));
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
        tick__linger_tell(k, s);
    } else if (s->state == TICK__CLOSING)
        time_wait(k, s);
    else if (s->state == TICK__LAST_ACK)
        tick__tcp_done(k, s);
}

static void fin_arrived(struct tick_kernel *k, struct tick__sock *s, struct tick__sock *sender, uint64_t told) {
    uint32_t seq = tick__tell_arrival(k, s->file.host, told, 0);
    if (s->state == TICK__CLOSE) {
        if (sender->state != TICK__CLOSE)
            tick__tcp_reset_peer(k, s);
        return;
    }
    if (!tick__sock_has_fd(sender) && !sender->listener)
        fin_acknowledged(k, sender); // nobody sees when
    else if (!tick__tcp_segment(k, s, TICK__FIN_ACK, 0, false, 0)) {
        tick__tcp_break(k, s, ENOBUFS);
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
    if (s->corked == TICK__MORE)
        tick__cork_flush(k, s);
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
        k->cause = tick__tell_acknowledged(k, s);
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
    if (!tick__tcp_post(k, from, to, to->file.host, ordered ? &from->out.last_at : NULL, kind, c, false, from->way, ordinal, NULL))
        tick__tcp_break(k, from, ENOBUFS);
    if (!ordered)
        return;
    if (!from->out.lost && !from->out.unheard)
        from->out.lost_since = 0;
    from->out.lost += behind;
}

// Whether s hears from its peer again.
static void heard(struct tick_kernel *k, struct tick__sock *s) {
    struct tick__sock *peer = tick__tcp_peer(k, s);
    s->out.unheard = false;
    if (s->out.given_up || s->state == TICK__CLOSE || !peer)
        return;
    if (!tick__tcp_way_back(k, s, peer->file.host))
        tick__tcp_await_ack(k, s, tick__link(k, s->file.host, peer->file.host));
    else if (!s->out.lost) {
        s->out.lost_since = 0;
        // What was not acknowledged goes there again: one that is no more, and did not end in order, answers with a reset.
        bool refused = s->state > TICK__SYN_RECV && peer->state == TICK__CLOSE && !(s->fin_sent && peer->done);
        const int64_t there = tick__link(k, s->file.host, peer->file.host)->latency;
        const int64_t back = tick__after(tick__after(k->root->now, there), there);
        if (refused && tick__event_pass(k, back, TICK__RST, s->file.ref, s->peer, tick__tell_death(k, peer)))
            tick__sock_hold(s);
    }
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
        if (s->state == TICK__SYN_SENT || (tick__tcp_connects(s) && tick__sock(k, s->peer)->state == TICK__SYN_SENT))
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
    case TICK__UNCORK:
        tick__cork_due(k, s);
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
