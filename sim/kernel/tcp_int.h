// What TCP's two files share: tcp.c sends, tcp_arrivals.c receives.
#ifndef RETICK_TCP_INT_H
#define RETICK_TCP_INT_H

#include "sim/kernel/objects_int.h"

#define TICK__FIRST_RETRY TICK_SEC(1)

static inline struct tick__sock *tick__tcp_peer(const struct tick_kernel *k, const struct tick__sock *s) {
    return s->peer ? tick__sock(k, s->peer) : NULL;
}

uint32_t tick__tcp_remote_host(const struct tick_kernel *k, const struct tick__sock *s);
// Whether an acknowledgement could come back to s.
bool tick__tcp_way_back(const struct tick_kernel *k, const struct tick__sock *s, uint32_t far_host);
// TCP_USER_TIMEOUT in ns; 0: none.
int64_t tick__tcp_patience(const struct tick_kernel *k, const struct tick__sock *s);
int64_t tick__tcp_syn_wait(const struct tick_kernel *k, const struct tick__sock *s); // until its next SYN: 1 s, 2 s, 4 s, ...
// What s sends arrives, but no acknowledgement comes back: waits for one, until it gives up.
void tick__tcp_await_ack(struct tick_kernel *k, struct tick__sock *s, const struct tick_link *link);
// Posts a segment from s to `to`. ask: the world chooses what the link adds, at `ordinal` of the direction with the id `way`. last_at: when
// the latest one of its direction arrives; NULL: it keeps no order. False: no memory.
bool tick__tcp_post(struct tick_kernel *k, struct tick__sock *s, struct tick__sock *to, uint32_t far_host, int64_t *last_at,
    enum tick__event_kind kind, uint64_t c, bool ask, tick_id way, uint64_t ordinal, uint32_t *key);
bool tick__tcp_segment(struct tick_kernel *k, struct tick__sock *s, enum tick__event_kind kind, uint64_t c, bool ask, uint64_t ordinal);
void tick__tcp_break(struct tick_kernel *k, struct tick__sock *s, int error); // no memory: both ends lose the connection
void tick__tcp_orphan_die(struct tick_kernel *k, struct tick__sock *child);   // an embryo or a queued connection of a listener goes

// cork.c. s->corked: what holds its bytes back
// TCP_CORK; the latest send had MSG_MORE; what was written goes all the same, as the window opens, up to the next send.
enum { TICK__CORKED = 1, TICK__MORE = 2, TICK__PUSHED = 4 };
uint64_t tick__cork_limit(const struct tick_kernel *k, const struct tick__sock *s, uint64_t upto); // how far the bytes up to there may go
void tick__cork_wait(struct tick_kernel *k, struct tick__sock *s);                                 // some are left: until when they wait
void tick__cork_flush(struct tick_kernel *k, struct tick__sock *s);                      // what waits goes, as far as the window lets it
void tick__cork_push(struct tick_kernel *k, struct tick__sock *s);                       // all that waits goes, as the window opens
void tick__cork_sent(struct tick_kernel *k, struct tick__sock *s, bool more, bool full); // bytes were written; full: fewer than were to be
void tick__cork_set(struct tick_kernel *k, struct tick__sock *s, bool on);               // TCP_CORK
void tick__cork_due(struct tick_kernel *k, struct tick__sock *s);

// linger.c
bool tick__linger_asked(const struct tick_kernel *k, const struct tick__sock *s); // s->linger, is closed: whether its closer would wait
bool tick__linger_begins(struct tick_kernel *k, struct tick__sock *s);            // it would: whether there is anything to wait for
void tick__linger_wake(struct tick_kernel *k, struct tick__sock *s);              // its end may have come
static inline void tick__linger_tell(struct tick_kernel *k, struct tick__sock *s) {
    if (__builtin_expect(s->file.status & TICK__LINGERS, 0))
        tick__linger_wake(k, s);
}
void tick__linger_die(struct tick_kernel *k, struct tick__sock *s); // its host crashed

// tcp_crossing.c: a simultaneous open
// The socket on host that connects to s, which connects to it; NULL: none does.
struct tick__sock *tick__tcp_opener(const struct tick_kernel *k, const struct tick__sock *s, uint32_t host);
// The SYN of s is there; seq: of its msg_recv.
void tick__tcp_cross(struct tick_kernel *k, struct tick__sock *s, struct tick__sock *opener, uint32_t seq);
void tick__tcp_established(struct tick_kernel *k, struct tick__sock *s, uint32_t seq); // s, which connects; seq: of what answered
// Its SYN is not answered, or crosses its peer's.
static inline bool tick__tcp_connects(const struct tick__sock *s) {
    return s->state == TICK__SYN_SENT || (s->state == TICK__SYN_RECV && !s->listener);
}

// inet.c, sockopt.c, tcp.c: for the table in tcp_calls.c
uint32_t tick__sock_mask(struct tick_kernel *k, struct tick__file *file);
int tick__tcp_bind(struct tick_kernel *k, struct tick__file *file, const struct sockaddr *address, socklen_t size);
int tick__tcp_listen(struct tick_kernel *k, struct tick__file *file, int backlog);
int tick__tcp_name(struct tick_kernel *k, struct tick__file *file, bool peer, struct sockaddr *address, socklen_t *size);
int tick__tcp_getsockopt(struct tick_kernel *k, struct tick__file *file, int level, int name, void *value, socklen_t *size);
int tick__tcp_setsockopt(struct tick_kernel *k, struct tick__file *file, int level, int name, const void *value, socklen_t size);

#endif
