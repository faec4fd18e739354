// Random programs on three hosts in a faulty world: links that are slow, lossy, refuse and reset, outages, crashes, readiness that is held
// back, short reads and writes. Whatever happens, nothing may that Linux could not do; each rule has its letter below.
//
//  A  bytes come as they were sent, in order, none twice, none before the link's latency is over
//  B  an orderly end (recv of 0) comes behind all bytes, only from one who shut or closed, and not before the latency
//  C  an error has a cause, and is one that this cause has
//  D  an end that is over stays over: EPOLLHUP, EPOLLRDHUP and errors do not go away by themselves
//  E  what is reported holds: with EPOLLIN recv has something to say, with EPOLLOUT send takes a byte; and it is reported once more by
//     an edge-triggered epoll after it did not hold
//  F  a connection is there after a round trip, not sooner, and only to a listener
//  G  when the world is quiet and whole again, every byte has arrived and every end is known
//  H  a close that lingers is over when its peer has all bytes, not before, and whoever waits for that is woken
// links: tick_kernel
// timeout: 300
#include "tests/fuzz/faulty.h"
#include <sys/epoll.h>
#include <sys/ioctl.h>

#define ENDS 24
#define STEPS 200
#define LOG 64

// One end of a connection, or one that is to be.
struct end {
    int fd, host, peer; // fd -1: closed; peer: index, -1: none yet
    bool listens, connected, connecting, crashed, shut_read, shut_write, closed, lingers, had_eof,
        watchful; // watchful: it has SO_KEEPALIVE
    bool muted;   // its reset may have been lost
    int error;    // the first that it was told
    uint16_t port, to_port;
    int to_host;
    uint64_t id, sent, received;
    int64_t began, fin_at, at[LOG]; // fin_at: when it shut or closed; at: when what it sent ended at upto
    uint64_t upto[LOG];
    int logged;
    uint32_t seen;     // EPOLLHUP | EPOLLRDHUP
    uint32_t reported; // by the epoll, since recv or send said EAGAIN
    uint32_t waits;    // the key of its close, which lingers
    bool woken;
};

static struct {
    struct end ends[ENDS];
    int used, epolls[HOSTS], levels[HOSTS];
    bool outage, had_outage, crashed[HOSTS], down[HOSTS];
} w;

// What the rules say of an end.
#define RULE(letter, which, holds, what, value) \
    do { \
        const struct end *of = (which); \
        if (!(holds)) { \
            printf("end %d of host %d, peer %d\n", (int)(of - w.ends), of->host, of->peer); \
            broken((letter), (what), (int64_t)(value)); \
        } \
    } while (0)

static struct end *peer_of(const struct end *e) {
    return e->peer < 0 ? NULL : &w.ends[e->peer];
}

static struct end *fresh(int host, int fd) {
    struct end *e = &w.ends[w.used++];
    const struct tick_sys_event event = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, (uint64_t)(e - w.ends)};
    assert_int_equal(tick_k_epoll_ctl(k, host, w.epolls[host], EPOLL_CTL_ADD, fd, &event), 0);
    const struct tick_sys_event level = {EPOLLIN, 0};
    assert_int_equal(tick_k_epoll_ctl(k, host, w.levels[host], EPOLL_CTL_ADD, fd, &level), 0);
    *e = (struct end){.fd = fd, .host = host, .peer = -1, .id = tick_id_mix(5, ++faulty.made), .fin_at = INT64_MAX};
    return e;
}

static int64_t latency(const struct end *e, const struct end *other) {
    return e->host == other->host ? 0 : faulty.link.latency;
}

static bool alive(const struct end *e) {
    return e->fd >= 0;
}

// Why a connection may end other than in order. The kernel is asked about, not the program: what one end does may reset the other.
static bool has_cause(const struct end *e, int error) {
    const struct end *peer = peer_of(e);
    bool abrupt = e->closed || e->lingers || e->crashed || e->shut_read || faulty.had_reset;
    if (peer)
        abrupt |= peer->closed || peer->lingers || peer->crashed || peer->shut_read;
    switch (error) {
    case ECONNREFUSED:
        return e->connecting;
    case ETIMEDOUT:
        return w.had_outage || !e->connected; // its SYNs found a full queue
    case ECONNRESET:
    case EPIPE:
        return abrupt || w.had_outage || !peer; // the latter: its listener closed with it in its queue
    default:
        return false;
    }
}

static void told(struct end *e, int error) {
    RULE('C', e, has_cause(e, error), "an error without a cause", error);
    if (!e->error)
        e->error = error;
    e->connecting = false;
}

static void reports(int host) {
    struct tick_sys_event out[8];
    for (int n; (n = tick_k_epoll_wait(k, host, w.epolls[host], out, 8, true)) > 0;)
        for (int i = 0; i < n; i++)
            w.ends[out[i].data].reported |= out[i].events;
}

static uint32_t mask_of(struct end *e) {
    reports(e->host);
    struct pollfd p = {.fd = e->fd, .events = POLLIN | POLLOUT | POLLRDHUP};
    tick_k_poll(k, e->host, &p, 1);
    uint32_t mask = (uint16_t)p.revents;
    if (e->connected && !e->listens) {
        RULE('E', e, !(mask & ~e->reported & (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP)), "an edge was missed", mask & ~e->reported);
        const uint32_t ends = mask & (EPOLLHUP | EPOLLRDHUP);
        RULE('D', e, (e->seen & ~ends) == 0, "an end is no longer reported", e->seen & ~ends);
        e->seen |= ends;
        const struct end *peer = peer_of(e);
        bool over = e->shut_read || e->shut_write || e->error || (mask & EPOLLERR);
        if (ends && !over && peer)
            RULE(
                'B', e, peer->fin_at != INT64_MAX && now() >= peer->fin_at + latency(e, peer), "an end is reported that nobody made", ends);
    }
    return mask;
}

static void tells(const char *what, ssize_t n) {
    if (faulty.trace)
        printf("           %s = %zd\n", what, n);
}

// --- bytes ---

static void sends(struct end *e) {
    uint8_t bytes[4000];
    size_t count = 1 + draw(draw(4) ? 300 : sizeof bytes - 1);
    for (size_t i = 0; i < count; i++)
        bytes[i] = byte_at(e->id, e->sent + i);
    uint32_t mask = mask_of(e);
    ssize_t n = tick_k_send(k, e->host, e->fd, bytes, count, 0);
    tells("send", n);
    if (n > 0) {
        RULE('C', e, !e->shut_write && !e->listens && (size_t)n <= count, "sent after its end", n);
        RULE('E', e, e->connected || e->connecting, "sent without a connection", n);
        e->sent += (uint64_t)n;
        if (e->logged < LOG) {
            e->at[e->logged] = now();
            e->upto[e->logged++] = e->sent;
        }
    } else if (n == -EPIPE) {
        RULE('C', e, e->shut_write || e->error || !e->connected || e->had_eof || (e->seen & EPOLLHUP), "EPIPE without a cause", 0);
    } else if (n == -EAGAIN) {
        RULE('E', e, !(mask & EPOLLOUT) || (mask & EPOLLERR), "EPOLLOUT, and no room", mask);
        e->reported &= ~(uint32_t)EPOLLOUT;
    } else {
        told(e, (int)-n);
    }
}

static void came(struct end *e, const uint8_t *bytes, size_t count) {
    struct end *peer = peer_of(e);
    RULE('A', e, peer, "bytes from nobody", count);
    RULE('A', e, e->received + count <= peer->sent, "more bytes than were sent", count);
    for (size_t i = 0; i < count; i++)
        RULE('A', e, bytes[i] == byte_at(peer->id, e->received + i), "another byte than was sent at", e->received + i);
    e->received += count;
    for (int i = 0; i < peer->logged; i++) { // the send that ends at or behind the last byte
        if (peer->upto[i] < e->received)
            continue;
        const int64_t at = i && peer->upto[i - 1] >= e->received ? peer->at[i - 1] : peer->at[i];
        RULE('A', e, now() >= at + latency(e, peer), "bytes before the latency was over", now() - at);
        break;
    }
}

static void receives(struct end *e) {
    uint8_t bytes[4000];
    size_t count = 1 + draw(draw(4) ? 300 : sizeof bytes - 1);
    uint32_t mask = mask_of(e);
    struct end *peer = peer_of(e);
    int there = 0;
    if (draw(4) == 0)
        there = (int)tick_k_recv(k, e->host, e->fd, bytes, count, MSG_PEEK);
    else if (draw(4) == 0)
        (void)!tick_k_ioctl(k, e->host, e->fd, FIONREAD, &there);
    if (there < 0 && there != -EAGAIN && there != -ENOTCONN) {
        told(e, -there);
        return;
    }
    if (peer && !e->shut_read && !(mask & EPOLLERR) && !faulty.had_reset && (e->reported & EPOLLRDHUP) && peer->fin_at != INT64_MAX &&
        !e->error)
        there = (int)(peer->sent - e->received); // the end has come, and so have all bytes
    ssize_t n = tick_k_recv(k, e->host, e->fd, bytes, count, 0);
    tells("recv", n);
    if (n > 0) {
        RULE('B', e, !e->had_eof, "bytes behind the end", n);
        RULE('E', e, n >= there || (size_t)n == count, "fewer bytes than are known to be there", there - n);
        came(e, bytes, (size_t)n);
        struct pollfd p = {.fd = e->fd, .events = POLLIN};
        struct tick_sys_event event;
        if (draw(8) == 0 && tick_k_poll(k, e->host, &p, 1)) {
            n = tick_k_epoll_wait(k, e->host, w.levels[e->host], &event, 1, false);
            RULE('E', e, n == 1, "poll reports it, and a level-triggered epoll nothing", n);
        }
    } else if (n == 0) {
        if (!e->shut_read && !e->error && e->connected && peer) {
            RULE('B', e, peer->shut_write || peer->closed, "an end that nobody made", 0);
            RULE('B', e, e->received == peer->sent, "an end before all bytes", peer->sent - e->received);
            RULE('B', e, now() >= peer->fin_at + latency(e, peer), "an end before the latency was over", now() - peer->fin_at);
        }
        e->had_eof |= e->connected && !e->shut_read;
    } else if (n == -EAGAIN) {
        RULE('E', e, !(mask & EPOLLIN), "EPOLLIN, and nothing to read", mask);
        e->reported &= ~(uint32_t)EPOLLIN;
    } else if (n == -ENOTCONN) {
        RULE('C', e, !e->connected || e->error, "not connected", 0);
    } else {
        told(e, (int)-n);
    }
}

// --- connections ---

static void listens(int host) {
    const struct tick_kernel_name n = name();
    int fd = tick_k_socket(k, host, AF_INET, SOCK_STREAM, 0, &n), on = 1;
    struct sockaddr_in in = address(host, (uint16_t)(100 + draw(2)));
    struct end *e = fresh(host, fd);
    tick_k_setsockopt(k, host, fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (tick_k_bind(k, host, fd, (struct sockaddr *)&in, sizeof in) == 0 && tick_k_listen(k, host, fd, (int)draw(3)) == 0)
        e->listens = true;
    e->port = ntohs(in.sin_port);
}

static void connects(int host) {
    const struct tick_kernel_name n[] = {name(), name()};
    int fd = tick_k_socket(k, host, AF_INET, SOCK_STREAM, 0, &n[0]);
    struct end *e = fresh(host, fd);
    e->to_host = (int)draw(HOSTS);
    e->to_port = (uint16_t)(100 + draw(2));
    const struct sockaddr_in to = address(e->to_host, e->to_port);
    if (draw(4) == 0) {
        int small = (int)draw(6000);
        tick_k_setsockopt(k, host, fd, SOL_SOCKET, draw(2) ? SO_RCVBUF : SO_SNDBUF, &small, sizeof small);
    }
    if (draw(3) == 0) {
        int on = 1, second = 1, patience = 300 + (int)draw(3000);
        tick_k_setsockopt(k, host, fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
        tick_k_setsockopt(k, host, fd, IPPROTO_TCP, 4 /* TCP_KEEPIDLE */, &second, sizeof second);
        tick_k_setsockopt(k, host, fd, IPPROTO_TCP, 5 /* TCP_KEEPINTVL */, &second, sizeof second);
        if (draw(2))
            tick_k_setsockopt(k, host, fd, IPPROTO_TCP, 18 /* TCP_USER_TIMEOUT */, &patience, sizeof patience);
        e->watchful = true;
    }
    assert_int_equal(tick_k_connect(k, host, fd, (const struct sockaddr *)&to, sizeof to, &n[1]), -EINPROGRESS);
    struct sockaddr_in own;
    socklen_t size = sizeof own;
    assert_int_equal(tick_k_getsockname(k, host, fd, (struct sockaddr *)&own, &size), 0);
    e->port = ntohs(own.sin_port);
    e->connecting = true;
    e->began = now();
}

// Whether a connection has come about; asked for by SO_ERROR once the socket is writable, as programs do.
static void asks(struct end *e) {
    uint32_t mask = mask_of(e);
    if (!e->connecting || !(mask & EPOLLOUT))
        return;
    int error = 0;
    socklen_t size = sizeof error;
    assert_int_equal(tick_k_getsockopt(k, e->host, e->fd, SOL_SOCKET, SO_ERROR, &error, &size), 0);
    const int64_t trip = e->host == e->to_host ? 0 : 2 * faulty.link.latency;
    if (error != ETIMEDOUT)
        RULE('F', e, now() - e->began >= trip, "an answer before a round trip", now() - e->began);
    if (error) {
        told(e, error);
        return;
    }
    e->connecting = false;
    e->connected = !(mask & EPOLLHUP);
}

static void accepts(struct end *listener) {
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    int fd = tick_k_accept(k, listener->host, listener->fd, (struct sockaddr *)&from, &size);
    if (fd < 0)
        return;
    const int host = (int)(ntohl(from.sin_addr.s_addr) - 0x0a000001u);
    struct end *e = fresh(listener->host, fd);
    for (int i = w.used - 2; i >= 0; i--) {
        struct end *near = &w.ends[i];
        if (near->host != host || near->port != ntohs(from.sin_port) || near->to_host != e->host || near->to_port != listener->port ||
            near->listens)
            continue;
        RULE('F', e, near->peer < 0, "one connection accepted twice", i);
        near->peer = (int)(e - w.ends);
        e->peer = i;
        const int64_t trip = host == e->host ? 0 : 3 * faulty.link.latency;
        RULE('F', e, now() - near->began >= trip, "accepted before the handshake was over", now() - near->began);
        near->connected |= !near->closed;
        near->connecting = false;
        break;
    }
    RULE('F', e, e->peer >= 0, "accepted from nobody", host);
    e->connected = true;
}

static void ends_it(struct end *e) {
    e->fin_at = e->fin_at < now() ? e->fin_at : now();
}

static void shuts(struct end *e) {
    int how = (int)draw(3);
    bool on_its_way = e->connecting && !e->sent && !(mask_of(e) & EPOLLOUT);
    if (e->listens || tick_k_shutdown(k, e->host, e->fd, how) < 0)
        return;
    if (on_its_way) { // that is the end of it
        e->connecting = false;
        e->lingers = true;
        return;
    }
    e->shut_read |= how != SHUT_WR;
    e->shut_write |= how != SHUT_RD;
    if (how != SHUT_RD)
        ends_it(e);
}

static void closes(struct end *e) {
    const uint32_t how = draw(8);
    const struct linger linger = {1, how < 2 ? 0 : 3};
    int64_t most;
    if (how < 4) {
        tick_k_setsockopt(k, e->host, e->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
        e->lingers = how < 2;
    }
    assert_int_equal(tick_k_close(k, e->host, e->fd), 0);
    e->waits = tick_kernel_lingers(k, (uint32_t)(e - w.ends), &most);
    if (e->waits)
        RULE('H', e, how < 4 && most == TICK_SEC(3) && tick_kernel_linger_on(k, e->waits), "lingers without a cause", most);
    e->fd = -1;
    e->closed = true;
    e->muted = w.outage;
    e->listens = false;
    ends_it(e);
}

// Somebody waits for its close, perhaps not to the end.
static void waits_on(struct end *e, bool patient) {
    const struct end *peer = peer_of(e);
    for (uint32_t waiter; tick_kernel_woken(k, &waiter);)
        w.ends[waiter].woken = true;
    const bool on = tick_kernel_linger_on(k, e->waits);
    if (on && patient)
        return;
    RULE('H', e, on || e->woken, "over, and nobody was woken", 0);
    const bool resets = peer && (peer->shut_read || peer->sent != e->received); // by bytes that nobody reads
    if (!on && peer && alive(peer) && !resets && !faulty.had_reset && !w.had_outage) {
        int there = -1;
        struct pollfd p = {.fd = peer->fd};
        if (!tick_k_poll(k, peer->host, &p, 1) || !(p.revents & POLLERR)) {
            assert_int_equal(tick_k_ioctl(k, peer->host, peer->fd, FIONREAD, &there), 0);
            RULE('H', e, peer->received + (uint64_t)there == e->sent, "over, and bytes are missing", e->sent - peer->received);
        }
    }
    tick_kernel_linger_end(k, e->waits);
    e->waits = 0;
}

// --- the world ---

static void starts(int host) {
    const struct tick_kernel_name n[] = {name(), name()};
    w.levels[host] = tick_k_epoll_create(k, host, &n[0]);
    w.epolls[host] = tick_k_epoll_create(k, host, &n[1]);
}

static void crashes(int host) {
    if (w.down[host]) {
        tick_kernel_host_up(k, host, true);
        w.down[host] = false;
        starts(host);
        return;
    }
    machine_crash(k, host);
    if (draw(2)) {
        tick_kernel_host_up(k, host, false);
        w.down[host] = true;
    } else {
        starts(host);
    }
    w.had_outage = w.crashed[host] = true; // what was on its way is lost
    for (int i = 0; i < w.used; i++)
        if (w.ends[i].host == host)
            w.ends[i].waits = 0;
    for (int i = 0; i < w.used; i++)
        if (w.ends[i].host == host && alive(&w.ends[i])) {
            w.ends[i].fd = -1;
            w.ends[i].crashed = true;
            w.ends[i].listens = false;
        }
}

static void outage(void) {
    uint8_t sides[HOSTS];
    if (w.outage) {
        tick_kernel_outage_end(k, 1);
        tells("outage ends", 0);
        w.outage = false;
        return;
    }
    for (int i = 0; i < HOSTS; i++)
        sides[i] = (uint8_t)draw(3);
    w.outage = tick_kernel_outage_begin(k, 1, sides, HOSTS, draw(2), draw(2) ? 0 : TICK_MS(30)) == 0;
    w.had_outage = true;
    tells("outage begins; host 0 is of side", sides[0]);
}

static struct end *some(void) {
    for (int tries = 0; tries < 20 && w.used; tries++) {
        struct end *e = &w.ends[draw((uint32_t)w.used)];
        if (alive(e))
            return e;
    }
    return NULL;
}

static int some_host(void) {
    int host = (int)draw(HOSTS);
    while (w.down[host])
        host = (host + 1) % HOSTS;
    return host;
}

static void step(bool faults) {
    struct end *e = some();
    uint32_t what = draw(100);
    const int host = some_host();
    for (int i = 0; i < w.used; i++)
        if (w.ends[i].waits)
            waits_on(&w.ends[i], draw(32) != 0);
    snprintf(faulty.last, sizeof faulty.last, "step %u on %d", what, e ? (int)(e - w.ends) : -1);
    if (faulty.trace)
        printf("%10lld %s\n", (long long)now() / 1000, faulty.last);
    if (w.used < ENDS - 2 && (!e || what < 6))
        listens(host);
    else if (w.used < ENDS - 2 && what < 18)
        connects(host);
    else if (!e)
        passes(TICK_MS(1));
    else if (e->listens && what < 60 && w.used < ENDS - 1)
        accepts(e);
    else if (what < 40)
        sends(e);
    else if (what < 60)
        receives(e);
    else if (what < 66)
        asks(e);
    else if (what < 70)
        shuts(e);
    else if (what < 74)
        closes(e);
    else if (what < 78)
        mask_of(e);
    else if (what < 80 && faults)
        outage();
    else if (what < 82 && faults && draw(3) == 0)
        crashes(w.down[0] ? 0 : w.down[1] ? 1 : (int)draw(HOSTS)); // not all of them at once
    else
        passes((int64_t)draw(8) * TICK_MS(1));
}

// --- the end of the world: it is whole, and everybody reads and accepts until nothing happens any more ---

static bool settle_one(struct end *e) {
    if (e->listens) {
        int before = w.used;
        if (w.used < ENDS - 1)
            accepts(e);
        return w.used != before;
    }
    asks(e);
    uint64_t before = e->received;
    bool had = e->had_eof;
    int error = e->error;
    if (e->connected && !e->shut_read)
        receives(e);
    return e->received != before || e->had_eof != had || e->error != error;
}

static void settle(void) {
    if (w.outage)
        outage();
    for (int i = 0; i < HOSTS; i++)
        if (w.down[i])
            crashes(i);
    tick_kernel_calm(k);
    faulty.rate = 0;
    for (int i = 0; i < w.used; i++)
        if (w.ends[i].waits)
            waits_on(&w.ends[i], false);
    for (bool more = true; more;) {
        more = false;
        while (goes_on(INT64_MAX - 1))
            more = true;
        for (int i = 0; i < w.used; i++)
            if (alive(&w.ends[i]))
                more |= settle_one(&w.ends[i]);
    }
    for (int i = 0; i < w.used; i++) {
        struct end *e = &w.ends[i], *peer = peer_of(e);
        if (!alive(e) || !e->connected || !peer || e->error || peer->error || e->shut_read)
            continue;
        uint32_t mask = mask_of(e);
        if (mask & EPOLLERR)
            continue;
        if (alive(peer) || (peer->closed && e->had_eof && !w.crashed[peer->host]))
            RULE('G', e, e->received == peer->sent, "bytes never came", peer->sent - e->received);
        if (e->watchful && (peer->crashed || peer->closed))
            RULE('G', e, e->had_eof || (mask & (EPOLLERR | EPOLLHUP)), "probes found nothing out", mask);
        if (alive(peer) && peer->shut_write)
            RULE('G', e, e->had_eof, "an end was never told", 0);
        if (peer->closed && !peer->muted && !w.crashed[peer->host])
            RULE('G', e, e->had_eof || (mask & (EPOLLERR | EPOLLHUP)), "a close was never told", mask);
    }
}

static void run(void) {
    memset(&w, 0, sizeof w);
    for (int i = 0; i < HOSTS; i++)
        starts(i);
    bool faults = draw(2);
    for (int i = 0; i < STEPS; i++)
        step(faults);
    settle();
}

static void nothing_happens_that_linux_would_not_do(void **state) {
    (void)state;
    programs(run, 10000);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_happens_that_linux_would_not_do)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
