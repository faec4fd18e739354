// SO_KEEPALIVE. A probe that is answered changes nothing that anybody could see, so none is sent while the peer lives and the way to it is
// open: what its probes find out is worked out when something has gone.
#include "sim/kernel/tcp_int.h"

static bool alive(const struct tick__sock *s) {
    return s->state > TICK__SYN_RECV && s->peer;
}

// ns there and back; TICK_NEVER: something is lost.
static int64_t round_trip(struct tick_kernel *k, const struct tick__sock *s, const struct tick__sock *peer) {
    const struct tick_link *link = tick__link(k, s->file.host, peer->file.host);
    int64_t there = tick__link_pass(k, link, s->file.host, peer->file.host, 0);
    int64_t back = tick__link_pass(k, link, peer->file.host, s->file.host, 0);
    return tick__after(tick__until(there, k->root->now), tick__until(back, k->root->now));
}

static bool is_cut_off(const struct tick_kernel *k, uint32_t a, uint32_t b) {
    return k->root->outage_count && (tick__outage(k, a, b) == TICK_NEVER || tick__outage(k, b, a) == TICK_NEVER);
}

static void post(struct tick_kernel *k, struct tick__sock *s, int64_t at, enum tick__event_kind kind, uint64_t c) {
    if (tick__event_post(k, at, kind, s->file.ref, s->peer, c))
        tick__sock_hold(s);
}

// When the latest segment in either direction was there.
static int64_t idle_since(const struct tick_kernel *k, const struct tick__sock *s) {
    const struct tick__sock *peer = tick__sock(k, s->peer);
    int64_t since = peer->out.last_at > s->out.last_at ? peer->out.last_at : s->out.last_at;
    return since < k->root->now ? since : k->root->now;
}

void tick__keepalive_arm(struct tick_kernel *k, struct tick__sock *s) {
    if (!s->keepalive || s->probing || !alive(s))
        return;
    const struct tick__sock *peer = tick__sock(k, s->peer);
    if (peer->state != TICK__CLOSE && !is_cut_off(k, s->file.host, peer->file.host))
        return;
    // Those probes that were due before now were answered.
    int64_t now = k->root->now, idle = TICK_SEC(s->keep_idle ? s->keep_idle : TICK__KEEP_IDLE), at = tick__after(idle_since(k, s), idle);
    at = tick__after(at, tick__in_steps(tick__until(now, at), idle));
    s->probing = true;
    s->probes = 0;
    post(k, s, at, TICK__KEEPALIVE, 0);
}

void tick__keepalive_arm_all(struct tick_kernel *k) {
    for (uint32_t host = 0; k->root->keepalives && host < k->root->host_count; host++)
        for (tick__ref ref = tick__host(k, host)->socks; ref; ref = tick__sock(k, ref)->host_next)
            tick__keepalive_arm(k, tick__sock(k, ref));
}

void tick__keepalive_due(struct tick_kernel *k, struct tick__sock *s) {
    if (!s->keepalive || !alive(s)) {
        s->probing = false;
        return;
    }
    const struct tick__sock *peer = tick__sock(k, s->peer);
    int64_t trip = round_trip(k, s, peer);
    if (trip != TICK_NEVER) {
        s->probing = false;
        if (peer->state == TICK__CLOSE)
            post(k, s, tick__after(k->root->now, trip), TICK__RST, tick__tell_death(k, peer));
        return;
    }
    const int64_t patience = tick__tcp_patience(k, s);
    if (patience ? s->probes && tick__until(k->root->now, idle_since(k, s)) >= patience
                 : s->probes >= (s->keep_count ? s->keep_count : TICK__KEEP_COUNT)) {
        s->probing = false;
        s->farewell = tick__tell_cut_off(k, s, peer->file.host);
        s->error = ETIMEDOUT;
        tick__tcp_purge(k, s);
        tick__tcp_done(k, s);
        return;
    }
    s->probes++;
    post(k, s, tick__after(k->root->now, TICK_SEC(s->keep_interval ? s->keep_interval : TICK__KEEP_INTERVAL)), TICK__KEEPALIVE, 0);
}
