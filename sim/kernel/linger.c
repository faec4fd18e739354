// SO_LINGER with a time: whoever closes a connection's last fd waits until what was sent, and the end behind it, is acknowledged, or the
// time is over, though none of its fds ever blocks (Linux's sk_stream_wait_close). Only then does its call go on with what else it closes.
//
// Nobody waits in this kernel: root->lingers says that the call which has just returned is to. Its caller takes that over, waits as it
// waits elsewhere, and ends it. The fd is free meanwhile, and the connection no orphan yet.
#include "sim/kernel/tcp_int.h"

struct lingering {
    struct tick__epoll epoll; // for its waiter: it watches nothing
    tick__ref sock;
    tick__ref rest; // messages whose fds the call has still to let go
};

static struct lingering *lingering_at(const struct tick_kernel *k, tick__ref ref) {
    return TICK__AT(k, lingering, ref);
}

static bool is_closing(const struct tick__sock *s) {
    return s->state == TICK__FIN_WAIT1 || s->state == TICK__CLOSING || s->state == TICK__LAST_ACK;
}

// A process that exits waits for nothing, and what only messages held is closed by nobody who could.
bool tick__linger_asked(const struct tick_kernel *k, const struct tick__sock *s) {
    const struct tick__root *root = k->root;
    return s->linger_time && !root->exiting && !root->collecting && !root->lingers;
}

bool tick__linger_begins(struct tick_kernel *k, struct tick__sock *s) {
    if (is_closing(s)) {
        k->root->lingers = s->file.ref;
        return true;
    }
    s->file.status &= ~TICK__LINGERS;
    return false;
}

// It is closed for good, as it would have been at once.
static void let_go(struct tick_kernel *k, struct tick__sock *s) {
    s->file.status &= ~TICK__LINGERS;
    if (s->state == TICK__CLOSE)
        tick__port_leave(k, s);
    tick__sock_release(k, s);
}

uint32_t tick_kernel_lingers(struct tick_kernel *k, uint32_t waiter, int64_t *most) {
    struct tick__root *root = k->root;
    while (root->lingers) {
        struct tick__sock *s = tick__sock(k, root->lingers);
        const tick__ref ref = tick__arena_zero(k, sizeof(struct lingering));
        root->lingers = 0;
        if (ref) {
            struct lingering *l = lingering_at(k, ref);
            l->epoll.file = (struct tick__file){.fd = -1, .host = s->file.host, .ref = ref, .type = TICK__EPOLL};
            l->epoll.waiter = waiter;
            l->sock = s->file.ref;
            l->rest = root->dropped;
            root->dropped = 0;
            s->lingering = ref;
            *most = s->linger_time < 0 ? TICK_NEVER : TICK_SEC((int64_t)s->linger_time);
            return ref;
        }
        let_go(k, s); // without memory for a wait there is none
        tick__rights_go_on(k, 0);
    }
    return 0;
}

bool tick_kernel_linger_on(struct tick_kernel *k, uint32_t key) {
    struct lingering *l = lingering_at(k, key);
    l->epoll.waiting = is_closing(tick__sock(k, l->sock));
    return l->epoll.waiting;
}

void tick__linger_wake(struct tick_kernel *k, struct tick__sock *s) {
    if (s->lingering)
        tick__epoll_wake_by(k, &lingering_at(k, s->lingering)->epoll, &s->file);
}

// The wait is over, or will never be. Returns what the call has still to let go.
static tick__ref forget(struct tick_kernel *k, struct tick__sock *s) {
    struct lingering *l = lingering_at(k, s->lingering);
    const tick__ref rest = l->rest;
    s->lingering = 0;
    tick__epoll_unwatch(k, &l->epoll);
    tick__arena_give(k, l->epoll.file.ref, sizeof *l);
    return rest;
}

void tick_kernel_linger_end(struct tick_kernel *k, uint32_t key) {
    struct tick__sock *s = tick__sock(k, lingering_at(k, key)->sock);
    const tick__ref rest = forget(k, s);
    let_go(k, s);
    tick__rights_go_on(k, rest);
}

void tick__linger_die(struct tick_kernel *k, struct tick__sock *s) {
    if (!(s->file.status & TICK__LINGERS))
        return;
    s->file.status &= ~TICK__LINGERS;
    if (s->lingering)
        tick__rights_go_on(k, forget(k, s));
}
