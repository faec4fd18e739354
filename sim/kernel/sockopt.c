// Socket options: those that change what a program sees, and those that are accepted because programs set them.
#include "sim/kernel/objects_int.h"
#include "sim/kernel/tcp_int.h"
#include <netinet/in.h>
#include <netinet/tcp.h>

#define LEAST_SNDBUF 4608u
#define LEAST_RCVBUF 2304u
#define MOST_BUFFER 212992u // net.core.wmem_max

#define SEGMENT 1448u // of Ethernet, with timestamps

static uint8_t state_of(const struct tick__sock *s) {
    static const uint8_t states[] = {
        [TICK__CLOSE] = TCP_CLOSE,
        [TICK__LISTEN] = TCP_LISTEN,
        [TICK__SYN_SENT] = TCP_SYN_SENT,
        [TICK__SYN_RECV] = TCP_SYN_RECV,
        [TICK__ESTABLISHED] = TCP_ESTABLISHED,
        [TICK__CLOSE_WAIT] = TCP_CLOSE_WAIT,
        [TICK__FIN_WAIT1] = TCP_FIN_WAIT1,
        [TICK__FIN_WAIT2] = TCP_FIN_WAIT2,
        [TICK__CLOSING] = TCP_CLOSING,
        [TICK__LAST_ACK] = TCP_LAST_ACK,
    };
    return states[s->state];
}

// TCP_INFO: the state, and of the numbers those that have a meaning here.
static int info(struct tick_kernel *k, const struct tick__sock *s, void *value, socklen_t *size) {
    struct tcp_info info = {.tcpi_state = state_of(s), .tcpi_rto = 200000, .tcpi_snd_mss = SEGMENT, .tcpi_rcv_mss = SEGMENT};
    const struct tick__sock *peer = s->peer ? tick__sock(k, s->peer) : NULL;
    if (s->state == TICK__LISTEN) {
        info.tcpi_unacked = s->queue_count;
        info.tcpi_sacked = s->backlog;
    } else if (peer) {
        info.tcpi_pmtu = 1500;
        info.tcpi_snd_cwnd = 10;
        info.tcpi_retransmits = s->out.losses;
        info.tcpi_lost = s->out.lost;
        info.tcpi_rtt = (uint32_t)(tick__times(tick__link(k, s->file.host, peer->file.host)->latency, 2) / TICK_US(1));
        info.tcpi_unacked = (uint32_t)((s->out.flown - s->out.arrived + SEGMENT - 1) / SEGMENT);
    }
    if (*size > sizeof info)
        *size = sizeof info;
    memcpy(value, &info, *size);
    return 0;
}

// At the level of the socket. -ENOPROTOOPT: not one of those that TCP's have by themselves.
static int socket_number(struct tick_kernel *k, struct tick__sock *s, int name, int *answer) {
    switch (name) {
    case SO_ERROR:
        if (s->stage == TICK__CONNECTING && !tick__tcp_connects(s))
            tick__tell_consumed(k, s->hello);
        *answer = s->error;
        s->error = 0;
        s->ended |= *answer != 0;
        tick__file_asked(k, &s->file, TICK__HELD_OUT);
        return 0;
    case SO_TYPE:
        *answer = SOCK_STREAM;
        return 0;
    case SO_DOMAIN:
        *answer = s->inet6 ? AF_INET6 : AF_INET;
        return 0;
    case SO_PROTOCOL:
        *answer = IPPROTO_TCP;
        return 0;
    case SO_ACCEPTCONN:
        *answer = s->state == TICK__LISTEN;
        return 0;
    case SO_REUSEADDR:
        *answer = s->reuse;
        return 0;
    case SO_REUSEPORT:
        *answer = s->reuse_port;
        return 0;
    case SO_KEEPALIVE:
        *answer = s->keepalive;
        return 0;
    case SO_SNDBUF:
        *answer = (int)s->sndbuf;
        return 0;
    case SO_RCVBUF:
        *answer = (int)s->rcvbuf;
        return 0;
    default:
        return -ENOPROTOOPT;
    }
}

// The same at TCP's.
static int tcp_number(const struct tick__sock *s, int name, int *answer) {
    switch (name) {
    case TCP_NODELAY:
        *answer = s->nodelay;
        return 0;
    case TCP_CORK:
        *answer = s->corked & TICK__CORKED;
        return 0;
    case TCP_KEEPIDLE:
        *answer = s->keep_idle ? s->keep_idle : TICK__KEEP_IDLE;
        return 0;
    case TCP_KEEPINTVL:
        *answer = s->keep_interval ? s->keep_interval : TICK__KEEP_INTERVAL;
        return 0;
    case TCP_KEEPCNT:
        *answer = s->keep_count ? s->keep_count : TICK__KEEP_COUNT;
        return 0;
    default:
        return -ENOPROTOOPT;
    }
}

static int answer_with(const void *answer, size_t length, void *value, socklen_t *size) {
    if (*size > length)
        *size = (socklen_t)length;
    memcpy(value, answer, *size);
    return 0;
}

int tick__tcp_getsockopt(struct tick_kernel *k, struct tick__file *file, int level, int name, void *value, socklen_t *size) {
    struct tick__sock *s = (struct tick__sock *)file;
    int answer, known = -ENOPROTOOPT;
    if ((int)*size < 0)
        return -EINVAL;
    if (level == SOL_SOCKET && name == SO_LINGER) {
        const struct linger linger = {s->linger, s->linger_time};
        return answer_with(&linger, sizeof linger, value, size);
    }
    if (level == IPPROTO_TCP && name == TCP_INFO)
        return info(k, s, value, size);
    if (level == SOL_SOCKET) {
        known = socket_number(k, s, name, &answer);
    } else if (level == IPPROTO_TCP) {
        known = tcp_number(s, name, &answer);
    } else if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY && s->inet6) {
        answer = s->v6only;
        known = 0;
    }
    return known < 0 ? tick__option_get(k, &s->file, level, name, value, size) : answer_with(&answer, sizeof answer, value, size);
}

static uint32_t buffer(int asked, uint32_t least) {
    uint32_t value = asked < 0 || (uint32_t)asked > MOST_BUFFER ? MOST_BUFFER : (uint32_t)asked;
    return value * 2 < least ? least : value * 2;
}

// The port counts its accepted connections by what they share.
static void share(struct tick_kernel *k, struct tick__sock *s, bool *flag, bool on) {
    if (s->shares_port)
        TICK__AT(k, tick__port, s->port)->children[tick__sock_shares(s)]--;
    *flag = on;
    if (s->shares_port)
        TICK__AT(k, tick__port, s->port)->children[tick__sock_shares(s)]++;
}

static int set_linger(struct tick_kernel *k, struct tick__sock *s, const void *value, socklen_t size) {
    struct linger linger;
    if (size < sizeof linger)
        return -EINVAL;
    memcpy(&linger, value, sizeof linger);
    s->linger = linger.l_onoff != 0;
    if (s->linger) // else Linux keeps the time that it had
        s->linger_time = linger.l_linger;
    k->root->may_linger |= s->linger && s->linger_time;
    return 0;
}

static int set_of_socket(struct tick_kernel *k, struct tick__sock *s, int name, int asked, const void *value, socklen_t size) {
    switch (name) {
    case SO_REUSEADDR:
        share(k, s, &s->reuse, asked != 0);
        return 0;
    case SO_REUSEPORT:
        share(k, s, &s->reuse_port, asked != 0);
        return 0;
    case SO_KEEPALIVE:
        s->keepalive = asked != 0;
        k->root->keepalives |= s->keepalive;
        tick__keepalive_arm(k, s);
        return 0;
    case SO_SNDBUF:
        s->sndbuf = buffer(asked, LEAST_SNDBUF);
        if (s->nospace && tick__tcp_writable(s)) {
            s->nospace = false;
            tick__file_wake(k, &s->file, EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND, false);
        }
        return 0;
    case SO_RCVBUF:
        s->rcvbuf = buffer(asked, LEAST_RCVBUF);
        return 0;
    case SO_LINGER:
        return set_linger(k, s, value, size);
    case SO_ERROR:
    case SO_TYPE:
    case SO_DOMAIN:
    case SO_PROTOCOL:
    case SO_ACCEPTCONN:
        return -ENOPROTOOPT;
    default:
        return tick__option_set(k, &s->file, SOL_SOCKET, name, asked, value, size);
    }
}

static int set_of_tcp(struct tick_kernel *k, struct tick__sock *s, int name, int asked, const void *value, socklen_t size) {
    switch (name) {
    case TCP_NODELAY:
        s->nodelay = asked != 0;
        if (s->nodelay)
            tick__cork_push(k, s);
        return 0;
    case TCP_CORK:
        tick__cork_set(k, s, asked != 0);
        return 0;
    case TCP_KEEPIDLE:
    case TCP_KEEPINTVL:
        if (asked < 1 || asked > 32767)
            return -EINVAL;
        *(name == TCP_KEEPIDLE ? &s->keep_idle : &s->keep_interval) = (uint16_t)asked;
        return 0;
    case TCP_KEEPCNT:
        if (asked < 1 || asked > 127)
            return -EINVAL;
        s->keep_count = (uint8_t)asked;
        return 0;
    default:
        return tick__option_set(k, &s->file, IPPROTO_TCP, name, asked, value, size);
    }
}

int tick__tcp_setsockopt(struct tick_kernel *k, struct tick__file *file, int level, int name, const void *value, socklen_t size) {
    struct tick__sock *s = (struct tick__sock *)file;
    int asked;
    TICK_TRY(tick__option_number(file, level, name, value, size, &asked));
    if (level == SOL_SOCKET)
        return set_of_socket(k, s, name, asked, value, size);
    if (level == IPPROTO_TCP)
        return set_of_tcp(k, s, name, asked, value, size);
    if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY && s->inet6) {
        if (s->port || s->state != TICK__CLOSE)
            return -EINVAL;
        s->v6only = asked != 0;
        return 0;
    }
    return tick__option_set(k, file, level, name, asked, value, size);
}
