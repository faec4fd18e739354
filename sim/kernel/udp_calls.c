// UDP: sending and receiving.
#include "sim/kernel/objects_int.h"
#include <netinet/in.h>

#define MOST_BYTES 65507u

static int take_error(struct tick__udp *u) {
    int error = u->error;
    u->error = 0;
    return -error;
}

static bool chosen(struct tick_kernel *k, enum tick_choice_kind kind, const struct tick__datagram *d) {
    return TICK__ASK(k, kind, d->id, d->ordinal, 2, 0) != 0;
}

// When it arrives. Later ones do not overtake it unless the link reorders, and a choice says so.
static int64_t arrival(
    struct tick_kernel *k, struct tick__udp *u, const struct tick__datagram *d, const struct tick_link *link, int64_t at) {
    if (link->jitter > 0) {
        const uint32_t n = link->delays;
        at = tick__after(at, tick_scale_capped(TICK__ASK(k, TICK_CHOICE_DELIVERY, d->id, d->ordinal, n, link->jitter), link->jitter));
        if (link->reorder) {
            uint32_t value = TICK__ASK(k, TICK_CHOICE_REORDER, d->id, d->ordinal, n, link->jitter);
            if (value)
                return tick__after(at > u->last_at ? at : u->last_at, tick_scale_capped(value, link->jitter));
        }
    }
    if (at < u->last_at)
        at = u->last_at;
    return u->last_at = at;
}

// Away with it: to where the network takes it, once, twice, or not at all.
static int depart(struct tick_kernel *k, struct tick__udp *u, tick__ref ref, uint32_t host) {
    struct tick__datagram *d = tick__datagram(k, ref);
    const struct tick_link *link = tick__link(k, u->file.host, host);
    int64_t at = tick__link_pass(k, link, u->file.host, host, d->size);
    bool calm = k->root->calm;
    if (at == TICK_NEVER || (link->loss && !calm && chosen(k, TICK_CHOICE_LOSS, d))) {
        tick__tell_lost_datagram(k, d->told, u->file.host, host, at != TICK_NEVER);
        tick__datagram_free(k, ref);
        return 0;
    }
    if (__builtin_expect(k->root->outage_count, 0))
        tick__tell_slow_datagram(k, d->told, u->file.host, host);
    d->corrupt = link->corrupt && !calm;
    at = arrival(k, u, d, link, at);
    if (!tick__event_pass(k, at, TICK__DATAGRAM, ref, host, 0)) {
        tick__datagram_free(k, ref);
        return -ENOBUFS;
    }
    if (link->duplicate && !calm && chosen(k, TICK_CHOICE_DUPLICATE, d) && tick__event_pass(k, at, TICK__DATAGRAM, ref, host, 0))
        d->refs++;
    return 0;
}

ssize_t tick__udp_send(
    struct tick_kernel *k, struct tick__file *file, const void *bytes, size_t count, int flags, const struct tick__beside *beside) {
    struct tick__udp *u = (struct tick__udp *)file;
    TICK_TRY(tick__udp_autobind(k, u));
    if (count > 0xffff)
        return -EMSGSIZE;
    if (flags & MSG_OOB)
        return -EOPNOTSUPP;
    if (flags & MSG_MORE)
        return -ENOSYS; // parts of one datagram
    struct tick__address to = u->remote;
    if (beside && beside->to && beside->size) {
        TICK_TRY(tick__address_in(u->inet6 ? AF_INET6 : AF_INET, beside->to, beside->size, &to));
        if (!to.port)
            return -EINVAL;
        if (!to.ip)
            to.ip = INADDR_LOOPBACK;
    } else if (!u->connected) {
        return -EDESTADDRREQ;
    }
    if (!to.port)
        return -EINVAL;
    if (u->v6only && !to.six)
        return -ENETUNREACH;
    struct tick__sending sending = {.ttl = 64};
    if (u->options) {
        sending.ttl = tick__option_of(k, u->options, to.six ? TICK__HOPS6 : TICK__TTL);
        sending.tos = tick__option_of(k, u->options, to.six ? TICK__TCLASS6 : TICK__TOS);
    }
    if (beside && beside->control)
        TICK_TRY(tick__control_udp(beside->control, u->inet6, to.six, &sending));
    if (sending.from && tick__host_of_address(k, u->file.host, sending.from) != (int)u->file.host)
        return sending.strict ? -EINVAL : -ENETUNREACH;
    int host = tick__host_of_address(k, u->file.host, to.ip);
    if (host < 0)
        return -ENETUNREACH;
    if (u->error)
        return take_error(u);
    if (u->shut & TICK__SHUT_SEND)
        return -EPIPE;
    if (count > MOST_BYTES)
        return -EMSGSIZE;
    tick__ref ref = tick__datagram_new(k, bytes, count);
    if (!ref)
        return -ENOBUFS;
    struct tick__datagram *d = tick__datagram(k, ref);
    d->from = u->local;
    d->ttl = (uint8_t)sending.ttl;
    d->tos = (uint8_t)sending.tos;
    if (sending.from)
        d->from.ip = sending.from;
    if (!d->from.ip)
        d->from.ip = to.ip >> 24 == 127 ? INADDR_LOOPBACK : tick__host_address(u->file.host);
    d->from.six = to.six;
    d->to = to;
    d->from_host = u->file.host;
    d->id = u->file.id;
    d->ordinal = ++u->sent;
    d->told = tick__tell_datagram(k, u->file.host, u->file.object, d->id, d->ordinal, bytes, count);
    TICK_TRY(depart(k, u, ref, (uint32_t)host));
    return (ssize_t)count;
}

// The first datagram; those go whose checksum fails, which is looked at only now. 0: there is none.
static tick__ref first_good(struct tick_kernel *k, struct tick__udp *u) {
    tick__file_asked(k, &u->file, TICK__HELD_IN);
    while (u->queue.first) {
        struct tick__datagram *d = tick__datagram(k, u->queue.first);
        if (!d->corrupt || !chosen(k, TICK_CHOICE_AGAIN, d)) {
            d->corrupt = false;
            break;
        }
        tick__tell_drop(k, u->file.host, d->told, TICK_DROP_DAMAGED, 0);
        tick__datagram_free(k, tick__queue_take(k, &u->queue));
    }
    return u->queue.first;
}

ssize_t tick__udp_recv(
    struct tick_kernel *k, struct tick__file *file, void *bytes, size_t count, int flags, struct tick__received *received) {
    struct tick__udp *u = (struct tick__udp *)file;
    if (flags & MSG_ERRQUEUE)
        return -EAGAIN;
    if (u->error)
        return take_error(u);
    const tick__ref first = first_good(k, u);
    if (first) {
        struct tick__datagram *d = tick__datagram(k, first);
        size_t moved = count < d->size ? count : d->size;
        if (moved)
            memcpy(bytes, d->bytes, moved);
        if (received) {
            received->flags = moved < d->size ? MSG_TRUNC : 0;
            received->from_size = sizeof received->from;
            tick__address_out(u->inet6 ? AF_INET6 : AF_INET, &d->from, (struct sockaddr *)&received->from, &received->from_size);
            if (received->control)
                tick__control_put_udp(k, received->control, u, d);
        }
        ssize_t got = (ssize_t)(flags & MSG_TRUNC ? d->size : moved);
        if (!(flags & MSG_PEEK)) {
            tick__tell_consumed(k, (uint32_t)d->told);
            tick__datagram_free(k, tick__queue_take(k, &u->queue));
        }
        return got;
    }
    return -EAGAIN;
}

int tick__udp_unread(struct tick_kernel *k, struct tick__file *file, int *value) {
    const tick__ref first = first_good(k, (struct tick__udp *)file);
    *value = first ? (int)tick__datagram(k, first)->size : 0;
    return 0;
}
