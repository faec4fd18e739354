// TCP_CORK and MSG_MORE: what is less than a segment waits for more, for up to 200 ms from when nothing before it is unacknowledged.
//
// A corked socket's bytes wait between out.flown and out.written; whole segments of them go. After MSG_MORE they wait only until what flies
// is acknowledged, or the peer's end comes. A short write, TCP_NODELAY, uncorking, a send without MSG_MORE and the FIN let them go at once:
// what the window has no room for waits under the cork again, but for TCP_NODELAY, under which all goes that was written before it or
// before the uncorking.
#include "sim/kernel/tcp_int.h"

#define PATIENCE TICK_MS(200)
#define SEGMENT 1448u           // between hosts: of Ethernet, with time stamps
#define LOOPBACK_SEGMENT 32741u // half of the window that Linux offers at first

static void post(struct tick_kernel *k, struct tick__sock *s) {
    s->uncorks = true;
    if (tick__event_pass(k, s->uncork_at, TICK__UNCORK, s->file.ref, 0, 0))
        tick__sock_hold(s);
    else
        tick__tcp_break(k, s, ENOBUFS);
}

void tick__cork_wait(struct tick_kernel *k, struct tick__sock *s) {
    if (s->corked & TICK__PUSHED)
        return; // for room alone
    const struct tick__sock *peer = tick__tcp_peer(k, s);
    const int64_t now = k->root->now, heard = tick__after(s->out.last_at, tick__link(k, s->file.host, peer->file.host)->latency);
    const bool flies = s->out.flown > s->out.acked && heard > now;
    if (s->uncorks && !flies)
        return; // since something before it waits
    s->uncork_at = tick__after(flies ? heard : now, flies && !(s->corked & TICK__CORKED) ? 0 : PATIENCE);
    if (!s->uncorks)
        post(k, s);
}

uint64_t tick__cork_limit(const struct tick_kernel *k, const struct tick__sock *s, uint64_t upto) {
    const struct tick__sock *peer = tick__tcp_peer(k, s);
    const uint32_t segment = peer->file.host == s->file.host ? LOOPBACK_SEGMENT : SEGMENT;
    return s->fin_wanted || s->corked & TICK__PUSHED ? upto : s->out.flown + (upto - s->out.flown) / segment * segment;
}

void tick__cork_flush(struct tick_kernel *k, struct tick__sock *s) {
    const uint8_t corked = s->corked & TICK__CORKED;
    s->corked = 0;
    tick__tcp_transmit(k, s);
    s->corked = corked;
}

void tick__cork_push(struct tick_kernel *k, struct tick__sock *s) {
    if (!s->corked && s->out.written == s->out.flown)
        return;
    s->corked = (s->corked & TICK__CORKED) | TICK__PUSHED;
    tick__tcp_transmit(k, s);
}

void tick__cork_sent(struct tick_kernel *k, struct tick__sock *s, bool more, bool full) {
    s->corked = (uint8_t)((s->corked & TICK__CORKED) | (more ? TICK__MORE : 0));
    if (full)
        tick__cork_flush(k, s);
    else
        tick__tcp_transmit(k, s);
}

void tick__cork_set(struct tick_kernel *k, struct tick__sock *s, bool on) {
    s->corked = (uint8_t)((s->corked & ~TICK__CORKED) | (on ? TICK__CORKED : 0));
    if (!on && s->nodelay)
        tick__cork_push(k, s);
    else if (!on)
        tick__cork_flush(k, s);
}

void tick__cork_due(struct tick_kernel *k, struct tick__sock *s) {
    s->uncorks = false;
    if (s->state == TICK__CLOSE || !s->corked || s->corked & TICK__PUSHED || s->out.written == s->out.flown)
        return;
    if (s->uncork_at > k->root->now)
        post(k, s);
    else
        tick__cork_flush(k, s);
}
