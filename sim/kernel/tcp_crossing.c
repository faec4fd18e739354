// Simultaneous open: two sockets that connect to each other. The SYN that finds such a one makes a connection of both, with the id and the
// directions that each has; both are SYN_RECV on the way, if the SYNs cross.
#include "sim/kernel/tcp_int.h"

struct tick__sock *tick__tcp_opener(const struct tick_kernel *k, const struct tick__sock *s, uint32_t host) {
    for (tick__ref ref = tick__host(k, host)->socks; ref; ref = tick__sock(k, ref)->host_next) {
        struct tick__sock *other = tick__sock(k, ref);
        if (other != s && tick__tcp_connects(other) && other->local_port == s->remote_port && other->remote_port == s->local_port &&
            other->local_address == s->remote_address && other->remote_address == s->local_address && other->six == s->six &&
            !other->refused && (!other->peer || other->peer == s->file.ref))
            return other;
    }
    return NULL;
}

void tick__tcp_cross(struct tick_kernel *k, struct tick__sock *s, struct tick__sock *opener, uint32_t seq) {
    s->peer = opener->file.ref;
    opener->peer = s->file.ref;
    opener->state = TICK__SYN_RECV;
    opener->hello = seq;
    const uint64_t answer = tick__tell_segment(k, opener->file.host, opener->out.object, opener->way, 0);
    // What the link adds was asked for its SYN, which is at the same offset.
    if (!tick__tcp_segment(k, opener, TICK__SYN_ACK, answer, false, 0))
        tick__tcp_break(k, s, ENOBUFS);
}

void tick__tcp_established(struct tick_kernel *k, struct tick__sock *s, uint32_t seq) {
    const bool crossed = s->state == TICK__SYN_RECV;
    s->state = TICK__ESTABLISHED;
    s->hello = seq;
    if (crossed && (s->shut & TICK__SHUT_SEND)) { // as it was before it connected; whose SYN was answered, Linux forgets it
        s->state = TICK__FIN_WAIT1;
        s->fin_wanted = true;
        tick__tcp_transmit(k, s);
    }
    tick__file_wake(k, &s->file, 0, true);
}
