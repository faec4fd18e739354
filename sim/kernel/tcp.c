// TCP between two sockets: segments sent, lost and sent again, and the end of a connection. State names and rules are Linux's.
//
// Bytes are in the sender's chain from send to recv; a segment says only up to which count they have arrived. No segment of a direction
// overtakes another. Acknowledgements are sent only when the sender could notice: a quarter of its buffer unacknowledged, bytes held back
// by the window, or a full buffer; they are the only segments that may overtake, for nobody can tell.
#include "sim/kernel/objects_int.h"
#include "sim/kernel/tcp_int.h"

#define FIRST_RESEND TICK_MS(200) // Linux's least retransmission time-out,
#define LAST_RESEND TICK_SEC(120) // its greatest,
#define GIVE_UP TICK_MS(924600)   // and when it gives up (tcp_retries2 15)

bool tick__tcp_writable(const struct tick__sock *s) {
    uint64_t queued = s->out.written - s->out.acked;
    return queued + (queued >> 1) <= tick__sock_room(s);
}

static bool readable(const struct tick_kernel *k, const struct tick__sock *s) {
    const struct tick__sock *peer = tick__tcp_peer(k, s);
    return peer && peer->out.arrived > peer->out.read;
}

// tcp_poll
uint32_t tick__sock_mask(struct tick_kernel *k, struct tick__file *file) {
    struct tick__sock *s = (struct tick__sock *)file;
    if (s->state == TICK__LISTEN)
        return s->queue_first ? EPOLLIN | EPOLLRDNORM : 0;
    uint32_t mask = 0;
    if (s->shut == TICK__SHUT_BOTH || s->state == TICK__CLOSE)
        mask |= EPOLLHUP;
    if (s->shut & TICK__SHUT_RECV)
        mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
    if (s->state != TICK__SYN_SENT && s->state != TICK__SYN_RECV) {
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

#define ORPHAN_GIVES_UP TICK_MS(102200) // tcp_orphan_retries 8: of what its program has closed
#define LOSSES 3                        // in a row, by choice

// s has sent for too long without being heard.
static void give_up(struct tick_kernel *k, struct tick__sock *s) {
    s->out.given_up = true;
    struct tick__sock *peer = tick__tcp_peer(k, s);
    if (s->state == TICK__SYN_RECV && s->listener) {
        tick__tcp_orphan_die(k, s);
        if (peer && peer->state == TICK__SYN_SENT) { // whose own SYNs went as unheard
            peer->error = ETIMEDOUT;
            tick__tcp_done(k, peer);
        }
    } else if (s->state > TICK__LISTEN) {
        const uint32_t by = peer ? tick__tell_cut_off(k, s, peer->file.host) : 0;
        const uint32_t seq = tick__tell_dropped(k, s, s->file.host, s->out.arrived, s->out.flown, TICK_DROP_GIVEN_UP, by);
        if (!s->done)
            s->farewell = seq ? seq : by;
        s->error = ETIMEDOUT;
        tick__tcp_purge(k, s);
        tick__tcp_done(k, s);
    }
}

static bool is_orphan(const struct tick__sock *s) {
    return !tick__sock_has_fd(s) && !s->listener;
}

// Nothing was heard of what s sent: when it tries again; TICK_NEVER: it has given up.
static int64_t next_try(struct tick_kernel *k, struct tick__sock *s, const struct tick_link *link, int64_t first) {
    struct tick__flow *out = &s->out;
    int64_t now = k->root->now, most = link->timeout ? link->timeout : GIVE_UP, asked = tick__tcp_patience(k, s);
    if (is_orphan(s) && most > ORPHAN_GIVES_UP)
        most = ORPHAN_GIVES_UP;
    if (asked)
        most = asked;
    if (!out->lost_since) {
        out->lost_since = now ? now : 1;
        out->losses = 0;
    } else if (tick__until(now, out->lost_since) >= most) {
        give_up(k, s);
        return TICK_NEVER;
    }
    int64_t wait = out->losses < 20 ? tick__times(first, 1 << out->losses) : LAST_RESEND;
    out->losses++;
    if (wait > LAST_RESEND)
        wait = LAST_RESEND;
    const int64_t next = tick__after(now, wait), last = tick__after(out->lost_since, most);
    return next < last ? next : last;
}

int64_t tick__tcp_patience(const struct tick_kernel *k, const struct tick__sock *s) {
    return TICK_MS(tick__option_of(k, s->options, TICK__USER_TIMEOUT));
}

int64_t tick__tcp_syn_wait(const struct tick_kernel *k, const struct tick__sock *s) {
    const int64_t wait = tick__times(TICK__FIRST_RETRY, 1 << s->tries), waited = tick__until(wait, TICK__FIRST_RETRY);
    const int64_t patience = tick__tcp_patience(k, s), left = tick__ahead(patience, waited);
    return patience && wait > left ? left : wait;
}

bool tick__tcp_way_back(const struct tick_kernel *k, const struct tick__sock *s, uint32_t far_host) {
    return !k->root->outage_count || tick__outage(k, far_host, s->file.host) != TICK_NEVER;
}

// What s sends arrives, but no acknowledgement comes back.
void tick__tcp_await_ack(struct tick_kernel *k, struct tick__sock *s, const struct tick_link *link) {
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
    bool ordered, enum tick__event_kind *kind, uint64_t c, uint64_t bytes) {
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
        if (ordered && to != s && !tick__tcp_way_back(k, s, far_host))
            tick__tcp_await_ack(k, s, link);
        else if (ordered && !out->unheard)
            out->lost_since = 0;
        tick__tell_slowed(k, s, far_host, *kind, c, bytes);
        return at;
    }
    tick__tell_lost(k, s, far_host, *kind, c, bytes);
    switch (*kind) {
    case TICK__RST: // is not sent again, unless what it answers is
        if (to->state > TICK__SYN_RECV && (to->out.flown > to->out.arrived || (to->fin_sent && !s->done)))
            tick__tcp_await_ack(k, to, link);
        return TICK_NEVER;
    case TICK__SYN:
        at = tick__after(k->root->now, tick__tcp_syn_wait(k, s));
        s->tries++;
        *kind = TICK__SYN_AGAIN;
        return at;
    case TICK__UPDATE: // the sender hears nothing, and sends again until it does
        tick__tcp_await_ack(k, to, link);
        *kind |= TICK__LOST;
        return tick__after(k->root->now, TICK__FIRST_RETRY);
    default:
        at = next_try(k, s, link, *kind == TICK__SYN_ACK ? TICK__FIRST_RETRY : FIRST_RESEND);
        out->retry_at = at;
        out->lost += at != TICK_NEVER;
        *kind |= TICK__LOST;
        return at;
    }
}

// Posts a segment from s to `to`. ask: the world chooses what the link adds, at `ordinal` of the direction with the id `way`.
bool tick__tcp_post(struct tick_kernel *k, struct tick__sock *s, struct tick__sock *to, uint32_t far_host, int64_t *last_at,
    enum tick__event_kind kind, uint64_t c, bool ask, tick_id way, uint64_t ordinal, uint32_t *key) {
    const struct tick_link *link = tick__link(k, s->file.host, far_host);
    int64_t at = tick__moved(k->root->now, link->latency); // no span of a link is negative
    if (__builtin_expect(k->root->outage_count || link->bandwidth || s->out.lost, 0)) {
        at = pass(k, s, to, far_host, link, last_at != NULL, &kind, c, kind == TICK__DATA ? c - (ordinal - 1) : 0);
        if (at == TICK_NEVER)
            return true;
        if (kind & TICK__LOST)
            ask = false, last_at = NULL; // asked for when it goes out again
    }
    if (ask && link->loss && !k->root->calm) {
        uint32_t times = TICK__ASK(k, TICK_CHOICE_LOSS, way, ordinal, LOSSES + 1, 0);
        if (times)
            tick__tell_loss(k, s, kind, c, kind == TICK__DATA ? c - (ordinal - 1) : 0);
        at = tick__after(at, tick__times(ordinal ? FIRST_RESEND : TICK__FIRST_RETRY, (1 << times) - 1));
    }
    if (ask && link->jitter > 0 && !tick_is_calm(k->env.calm, TICK_CHOICE_DELIVERY)) {
        uint32_t value = k->env.choose(k->env.ctx, TICK_CHOICE_DELIVERY, way, ordinal, link->delays, link->jitter);
        at = tick__moved(at, tick_scale_capped(value, link->jitter));
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

bool tick__tcp_segment(struct tick_kernel *k, struct tick__sock *s, enum tick__event_kind kind, uint64_t c, bool ask, uint64_t ordinal) {
    struct tick__sock *to = tick__tcp_peer(k, s);
    return tick__tcp_post(k, s, to, to->file.host, &s->out.last_at, kind, c, ask, s->way, ordinal, NULL);
}

uint32_t tick__tcp_remote_host(const struct tick_kernel *k, const struct tick__sock *s) {
    return (uint32_t)tick__host_of_address(k, s->file.host, s->remote_address);
}

void tick__tcp_send_syn(struct tick_kernel *k, struct tick__sock *s) {
    uint64_t told = tick__tell_segment(k, s->file.host, s->out.object, s->way, 0);
    if (!tick__tcp_post(k, s, s, tick__tcp_remote_host(k, s), &s->out.last_at, TICK__SYN, told, true, s->way, 0, &s->event))
        tick__tcp_break(k, s, ENOBUFS);
}

// Whether the sender could tell that an acknowledgement is missing.
static bool sender_waits(const struct tick__sock *s) {
    return s->out.written > s->out.flown || s->nospace || (s->out.written - s->out.acked) * 4 >= tick__sock_room(s);
}

static void acknowledge(struct tick_kernel *k, struct tick__sock *sender) {
    struct tick__sock *receiver = tick__tcp_peer(k, sender);
    struct tick__flow *out = &sender->out;
    if (sender->ack_flies || !receiver || receiver->state == TICK__CLOSE || (out->arrived == out->acked && out->read == out->granted))
        return;
    out->ack_arrived = out->arrived;
    out->ack_read = out->read;
    if (tick__tcp_post(k, receiver, sender, sender->file.host, NULL, TICK__UPDATE, 0, false, 0, 0, NULL))
        sender->ack_flies = true;
    else
        tick__tcp_break(k, sender, ENOBUFS);
}

void tick__tcp_catch_up(struct tick_kernel *k, struct tick__sock *sender) {
    if (sender_waits(sender))
        acknowledge(k, sender);
}

// A reset in the network: the bytes are lost, and both ends are told, by resets that no queue of a line loses.
static void cut(struct tick_kernel *k, struct tick__sock *s, uint64_t lost_from) {
    struct tick__sock *ends[] = {s, tick__tcp_peer(k, s)};
    int64_t at = tick__after(k->root->now, tick__link(k, s->file.host, ends[1]->file.host)->latency);
    const uint32_t lost = tick__tell_dropped(k, s, s->file.host, lost_from, s->out.written, TICK_DROP_RESET, 0);
    for (int i = 0; i < 2; i++) {
        struct tick__flow *out = &ends[i]->out;
        out->last_at = out->last_at > at ? out->last_at : at;
        out->given_up = true;
        if (!tick__event_pass(k, out->last_at, TICK__RST, ends[!i]->file.ref, ends[i]->file.ref, lost)) {
            tick__tcp_break(k, s, ENOBUFS);
            return;
        }
        tick__sock_hold(ends[!i]);
    }
}

// Whether the network resets the connection at a segment. What does not get through is not reset either.
static bool is_cut(struct tick_kernel *k, const struct tick__sock *s, const struct tick_link *link, uint32_t far_host, uint64_t ordinal) {
    if (!link->reset || k->root->calm ||
        (k->root->outage_count && (tick__outage(k, s->file.host, far_host) == TICK_NEVER || !tick__tcp_way_back(k, s, far_host))))
        return false;
    return TICK__ASK(k, TICK_CHOICE_FAULT_RESET, s->way, ordinal, 2, 0) != 0;
}

void tick__tcp_transmit(struct tick_kernel *k, struct tick__sock *s) {
    struct tick__sock *peer = tick__tcp_peer(k, s);
    struct tick__flow *out = &s->out;
    if (!peer || s->state == TICK__CLOSE || s->state == TICK__SYN_SENT || s->fin_sent)
        return;
    if (out->written > out->flown) {
        uint64_t limit = out->granted + peer->rcvbuf / 2;
        uint64_t upto = out->written < limit ? out->written : limit;
        if (__builtin_expect(s->corked, 0) && upto > out->flown)
            upto = tick__cork_limit(k, s, upto);
        if (upto > out->flown) {
            uint64_t from = out->flown;
            out->flown = upto;
            const struct tick_link *link = tick__link(k, s->file.host, peer->file.host);
            if (is_cut(k, s, link, peer->file.host, from + 1)) {
                cut(k, s, from);
                s->fin_sent = true; // nothing can follow
                return;
            }
            if (!tick__tcp_segment(k, s, TICK__DATA, upto, true, from + 1)) {
                tick__tcp_break(k, s, ENOBUFS);
                return;
            }
        }
        if (out->written > out->flown) {
            acknowledge(k, s); // one that was not sent because nobody waited for it
            if (s->corked)
                tick__cork_wait(k, s);
            return;
        }
    }
    if (s->fin_wanted) {
        s->fin_sent = true;
        uint64_t told = tick__tell_segment(k, s->file.host, out->object, s->way, out->written + 1);
        if (!tick__tcp_segment(k, s, TICK__FIN, told, true, out->written + 1))
            tick__tcp_break(k, s, ENOBUFS);
    }
}

// --- the end of a connection ---

void tick__tcp_purge(struct tick_kernel *k, struct tick__sock *s) {
    if (s->out.written == s->out.flown)
        return;
    const struct tick__host *host = tick__host(k, s->file.host);
    tick__tell_dropped(k, s, s->file.host, s->out.flown, s->out.written, TICK_DROP_UNSENT, host->dying ? host->crashed : 0);
    s->out.written = s->out.flown; // their bytes stay in the chain's tail, unread, until it is freed
}

void tick__tcp_done(struct tick_kernel *k, struct tick__sock *s) {
    s->state = TICK__CLOSE;
    s->shut = TICK__SHUT_BOTH;
    if (!s->port_asked || !tick__sock_has_fd(s))
        tick__port_leave(k, s);
    tick__file_wake(k, &s->file, 0, true);
    tick__linger_tell(k, s);
}

// No memory for a segment: both ends lose the connection.
void tick__tcp_break(struct tick_kernel *k, struct tick__sock *s, int error) {
    struct tick__sock *ends[] = {s, tick__tcp_peer(k, s)};
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
    uint64_t told = tick__tell_segment(k, s->file.host, s->out.object, s->way, s->out.written + 1 + s->fin_sent);
    if (!tick__tcp_segment(k, s, TICK__RST, told, false, 0))
        tick__tcp_break(k, s, ENOBUFS);
}

// An embryo or a queued connection of a listener goes.
void tick__tcp_orphan_die(struct tick_kernel *k, struct tick__sock *child) {
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
        tick__tcp_orphan_die(k, child);
    }
    listener->queue_last = 0;
    listener->queue_count = 0;
}
