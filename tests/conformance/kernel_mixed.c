// Random programs over fds of every kind, run on Linux and on the simulated kernel: pipes, eventfds, timerfds, unix sockets, UDP, TCP over
// both families, dup, poll and an edge-triggered epoll. Every result, errno, readiness and byte is the same.
//
// What Linux leaves open is not asked (docs/KERNEL.md lists it). A program that differs is tried again with pauses.
// links: tick_kernel tick_os
// timeout: 300
#include "tests/conformance/random_programs.h"
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>

#define BLOCK 70000

enum kind { PIPE_OUT, PIPE_IN, EVENT, TIMER, UNIX_STREAM, UNIX_DATAGRAM, UNIX_PACKET, UDP, TCP, DISK };
static const int unix_types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET}; // of UNIX_STREAM and so on

struct program {
    int fds[SLOTS];
    enum kind kinds[SLOTS];
    int epfd;
    uint32_t number;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    unsigned char next;
    bool on_disk; // unix sockets' names
    int bursts;   // still to come: few, as Linux counts what is in its buffers in its own way
};

static void adopt(struct program *p, int fd, enum kind kind) {
    int slot = free_slot(p->fds);
    if (fd < 0)
        return;
    if (slot < 0) {
        close_fd(fd);
        return;
    }
    p->fds[slot] = fd;
    p->kinds[slot] = kind;
    if (kind == TCP)
        (void)!set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    watch_edges(p->epfd, fd, slot);
}

static void fresh(struct program *p, char *text) {
    int fds[2] = {-1, -1}, n = 0;
    enum kind kind = UDP, other = UDP;
    uint32_t what = draw(10);
    char path[108];
    switch (what) {
    case 9:
        snprintf(path, sizeof path, "/tmp/retick-%d-%u-file", (int)getpid(), p->number);
        fds[0] = sys->ops->open(sys, path, O_CREAT | (draw(4) ? O_RDWR : O_RDONLY), 0600);
        (void)!sys->ops->unlink(sys, path);
        kind = DISK;
        break;
    case 0:
        n = sys->ops->pipe(sys, fds);
        kind = PIPE_OUT;
        other = PIPE_IN;
        break;
    case 1:
        fds[0] = sys->ops->eventfd(sys, draw(3), draw(2) ? EFD_SEMAPHORE : 0);
        kind = EVENT;
        break;
    case 2:
        fds[0] = sys->ops->timerfd(sys, draw(2) ? CLOCK_MONOTONIC : CLOCK_BOOTTIME);
        kind = TIMER;
        break;
    case 3:
    case 4:
        kind = other = UNIX_STREAM + draw(3);
        n = sys->ops->socketpair(sys, AF_UNIX, unix_types[kind - UNIX_STREAM], 0, fds);
        break;
    case 5:
        kind = UNIX_STREAM + draw(3);
        fds[0] = sys->ops->socket(sys, AF_UNIX, unix_types[kind - UNIX_STREAM], 0);
        break;
    case 6:
    case 7:
        fds[0] = sys->ops->socket(sys, draw(3) ? AF_INET : AF_INET6, SOCK_DGRAM, 0);
        break;
    default:
        fds[0] = sys->ops->socket(sys, draw(2) ? AF_INET : AF_INET6, SOCK_STREAM, 0);
        kind = TCP;
        break;
    }
    snprintf(text, LINE, "fresh %u = %d %d", what, n, kind);
    adopt(p, fds[0], kind);
    adopt(p, fds[1], other);
}

static bool is_unix(enum kind kind) {
    return kind >= UNIX_STREAM && kind <= UNIX_PACKET;
}

static void path_of(const struct program *p, uint32_t which, char *out, size_t size) {
    snprintf(out, size, "/tmp/retick-%d-%u-%u", (int)getpid(), p->number, which);
}

// An address that suits the socket: two of each kind, unix sockets' also on the disk.
static socklen_t address(const struct program *p, int i, struct sockaddr_storage *out) {
    uint32_t which = draw(2);
    memset(out, 0, sizeof *out);
    if (is_unix(p->kinds[i])) {
        struct sockaddr_un un = {.sun_family = AF_UNIX};
        if (p->on_disk) {
            path_of(p, which, un.sun_path, sizeof un.sun_path);
            memcpy(out, &un, sizeof un);
            return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(un.sun_path) + draw(2));
        }
        int length = snprintf(un.sun_path + 1, sizeof un.sun_path - 1, "retick-%d-%u-%u", (int)getpid(), p->number, which);
        memcpy(out, &un, sizeof un);
        return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    }
    int domain = 0;
    socklen_t size = sizeof domain;
    if (sys->ops->getsockopt(sys, p->fds[i], SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_INET6) {
        struct sockaddr_in6 six = p->six; // one program does not mix both kinds: Linux stumbles over a source of the other
        if (seed_at % 2) {                // the IPv4 address, mapped
            memset(&six.sin6_addr, 0, 10);
            memset(six.sin6_addr.s6_addr + 10, 0xff, 2);
            memcpy(six.sin6_addr.s6_addr + 12, &p->four.sin_addr, 4);
            six.sin6_port = p->four.sin_port;
        }
        memcpy(out, &six, sizeof six);
        return sizeof six;
    }
    struct sockaddr_in four = p->four;
    four.sin_port = htons((uint16_t)(ntohs(four.sin_port) + which));
    memcpy(out, &four, sizeof four);
    return sizeof four;
}

static unsigned char block[BLOCK];
static bool bursts; // the machine's queues are as long as the simulated ones

static uint32_t sum_of(ssize_t n) {
    uint32_t sum = 0;
    for (ssize_t at = 0; at < n && at < BLOCK; at++)
        sum = sum * 31 + block[at];
    return sum;
}

static size_t some_bytes(struct program *p, int i, bool fill) {
    size_t count = draw(200) + 1;
    if (p->kinds[i] == EVENT || p->kinds[i] == TIMER)
        count = draw(8) ? 8 : 4;
    else if (draw(6) == 0)
        count = 0;
    else if (p->kinds[i] <= PIPE_IN && draw(2))
        count = (size_t[]){4096, 5000, 4095, 8192, 20000, BLOCK}[draw(6)];
    if (fill) {
        for (size_t at = 0; at < count; at++)
            block[at] = (unsigned char)(p->next + at * 7);
        p->next++;
        const uint64_t value = draw(5) ? draw(3) : UINT64_MAX - draw(3);
        if (p->kinds[i] == EVENT)
            memcpy(block, &value, sizeof value);
    }
    return count;
}

static enum kind kind_of(int fd) {
    int type = 0;
    struct stat s;
    int64_t value, interval;
    socklen_t size = sizeof type;
    if (sys->ops->getsockopt(sys, fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0)
        return type == SOCK_DGRAM ? UDP : TCP;
    if (sys->ops->fcntl(sys, fd, F_GETPIPE_SZ, 0) > 0)
        return (sys->ops->fcntl(sys, fd, F_GETFL, 0) & O_ACCMODE) == O_RDONLY ? PIPE_OUT : PIPE_IN;
    if (sys->ops->fstat(sys, fd, &s) == 0 && S_ISREG(s.st_mode))
        return DISK;
    return sys->ops->timerfd_gettime(sys, fd, &value, &interval) == 0 ? TIMER : EVENT;
}

static struct ucred own(void) {
    return sys == &sim_calls.sys ? (struct ucred){1, 1000, 1000} : (struct ucred){getpid(), geteuid(), getegid()};
}

static char *header(char *at, int type, const void *data, size_t size) {
    const struct cmsghdr h = {.cmsg_len = CMSG_LEN(size), .cmsg_level = SOL_SOCKET, .cmsg_type = type};
    memcpy(at, &h, sizeof h);
    memcpy(at + CMSG_LEN(0), data, size);
    return at + CMSG_SPACE(size);
}

// A message with fds, or with who sends it, over a unix socket. Unix sockets are not sent: when Linux finds those that hold each other
// up is its own affair.
static void pass(struct program *p, int i, char *text) {
    _Alignas(struct cmsghdr) char control[256] = {0};
    char *end = control;
    int fds[3] = {-1, -1, -1};
    const struct ucred mine = own();
    struct iovec part = {block, some_bytes(p, i, true)};
    size_t count = draw(3) ? draw(3) + 1 : 0;
    bool tells = draw(3) == 0;
    if (tells && draw(2))
        end = header(end, SCM_CREDENTIALS, &mine, sizeof mine);
    for (size_t at = 0; at < count; at++) {
        for (int tries = 0; tries < 5 && fds[at] < 0; tries++) {
            int other = some_slot(p->fds);
            fds[at] = is_unix(p->kinds[other]) ? -1 : p->fds[other];
        }
    }
    if (count)
        end = header(end, SCM_RIGHTS, fds, count * sizeof(int));
    if (tells && end == control)
        end = header(end, SCM_CREDENTIALS, &mine, sizeof mine);
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = (size_t)(end - control)};
    ssize_t n = sys->ops->sendmsg(sys, p->fds[i], &message, 0);
    snprintf(text, LINE, "pass %d %zu fds %d over %zu = %zd", i, count, tells, part.iov_len, n);
}

static void take(struct program *p, int i, char *text) {
    static const size_t rooms[] = {0, 8, 16, 20, 24, 28, 32, 48, 52, 56, 64, 200, 200, 200};
    _Alignas(struct cmsghdr) char control[256] = {0};
    const struct ucred mine = own(), unknown = {0, 65534, 65534};
    struct iovec part = {block, some_bytes(p, i, false)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = rooms[draw(14)]};
    int flags = draw(3) ? 0 : MSG_PEEK;
    ssize_t n = sys->ops->recvmsg(sys, p->fds[i], &message, flags);
    int used = snprintf(text, LINE, "take %d %zu %x = %zd %x, %x %d", i, part.iov_len, (unsigned)flags, n, sum_of(n),
        n < 0 ? 0 : (unsigned)message.msg_flags & (MSG_TRUNC | MSG_CTRUNC), n < 0 ? 0 : (int)message.msg_controllen);
    for (struct cmsghdr *h = n < 0 ? NULL : CMSG_FIRSTHDR(&message); h; h = CMSG_NXTHDR(&message, h)) {
        const size_t size = h->cmsg_len - CMSG_LEN(0);
        if (h->cmsg_type == SCM_CREDENTIALS) {
            const char *who = size < sizeof mine                      ? "cut"
                              : !memcmp(CMSG_DATA(h), &mine, size)    ? "own"
                              : !memcmp(CMSG_DATA(h), &unknown, size) ? "unknown"
                                                                      : "none";
            used += snprintf(text + used, LINE - (size_t)used, " %s", who);
            continue;
        }
        for (size_t at = 0; at < size / sizeof(int); at++) {
            int fd;
            memcpy(&fd, CMSG_DATA(h) + at * sizeof fd, sizeof fd);
            enum kind kind = kind_of(fd);
            used += snprintf(text + used, LINE - (size_t)used, " fd:%d", kind);
            if (draw(3))
                adopt(p, fd, kind);
            else
                close_fd(fd);
        }
    }
}

// More datagrams than a queue holds, to the peer or a name: how many went, and why no more.
static void burst(struct program *p, int i, char *text) {
    struct sockaddr_storage to;
    const bool to_name = draw(3) == 0;
    const socklen_t size = to_name ? address(p, i, &to) : 0;
    const size_t count = draw(30);
    const int most = 4 + (int)draw(10);
    int sent = 0;
    p->bursts--;
    ssize_t n = 0;
    memset(block, 7, count);
    for (; sent < most; sent++) {
        n = sys->ops->sendto(sys, p->fds[i], block, count, 0, to_name ? (struct sockaddr *)&to : NULL, size);
        if (n < 0)
            break;
    }
    snprintf(text, LINE, "burst %d %d %zu %d = %d %zd", i, to_name, count, most, sent, n);
}

static void move(struct program *p, int i, char *text) {
    static const int peeks[] = {0, 0, MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, MSG_PEEK | MSG_TRUNC, MSG_WAITALL};
    const struct iovec *parts = (struct iovec[]){{block, 3}, {block + 3, 0}, {block + 3, 60}};
    int some = draw(4) ? 3 : (int)draw(3); // 0: no bytes at all
    struct sockaddr_storage to;
    size_t count;
    ssize_t n;
    uint32_t what = draw(11);
    memset(block, 0, 512);
    if (is_unix(p->kinds[i]) && draw(4) == 0) {
        (draw(2) ? pass : take)(p, i, text);
        return;
    }
    if (p->kinds[i] == UNIX_DATAGRAM && p->bursts && draw(4) == 0) {
        burst(p, i, text);
        return;
    }
    switch (what) {
    case 0:
    case 1:
    case 2:
        count = some_bytes(p, i, true);
        n = sys->ops->write(sys, p->fds[i], block, count);
        snprintf(text, LINE, "write %d %zu = %zd", i, count, n);
        break;
    case 3:
        count = some_bytes(p, i, true);
        n = sys->ops->send(sys, p->fds[i], block, count, draw(2) ? MSG_DONTWAIT : 0);
        snprintf(text, LINE, "send %d %zu = %zd", i, count, n);
        break;
    case 10: {
        bool to_name = draw(3) == 0;
        struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = (size_t)some};
        message.msg_namelen = to_name ? address(p, i, &to) : 0;
        message.msg_name = to_name ? &to : NULL;
        (void)some_bytes(p, i, true);
        n = sys->ops->sendmsg(sys, p->fds[i], &message, 0);
        snprintf(text, LINE, "sendmsg %d %d %d = %zd", i, some, to_name, n);
        break;
    }
    case 4: {
        socklen_t size = address(p, i, &to);
        count = some_bytes(p, i, true);
        n = sys->ops->sendto(sys, p->fds[i], block, count, 0, (struct sockaddr *)&to, size);
        snprintf(text, LINE, "sendto %d %zu = %zd", i, count, n);
        break;
    }
    case 5:
    case 6:
        count = some_bytes(p, i, false);
        n = sys->ops->read(sys, p->fds[i], block, count);
        snprintf(text, LINE, "read %d %zu = %zd %x", i, count, n, sum_of(n));
        break;
    case 7: {
        int flags = peeks[draw(7)];
        if (p->kinds[i] == TCP)
            flags &= ~MSG_TRUNC;
        count = some_bytes(p, i, false);
        struct iovec part = {block, count};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_name = &to, .msg_namelen = sizeof to};
        n = sys->ops->recvmsg(sys, p->fds[i], &message, flags);
        snprintf(text, LINE, "recvmsg %d %zu %x = %zd %x %x %d", i, count, (unsigned)flags, n,
            sum_of(n < (ssize_t)count ? n : (ssize_t)count), n < 0 ? 0 : (unsigned)message.msg_flags & (MSG_TRUNC | MSG_CTRUNC),
            n < 0 || p->kinds[i] == TCP ? 0 : (int)message.msg_namelen);
        break;
    }
    case 8:
        (void)some_bytes(p, i, true);
        n = sys->ops->writev(sys, p->fds[i], parts, some);
        snprintf(text, LINE, "writev %d %d = %zd", i, some, n);
        break;
    default:
        n = sys->ops->readv(sys, p->fds[i], parts, some);
        snprintf(text, LINE, "readv %d %d = %zd %x", i, some, n, sum_of(n));
        break;
    }
}

static void timer(const struct program *p, int i, char *text) {
    int64_t value = 0, interval = 0;
    uint32_t what = draw(7);
    int n;
    if (what == 0) {
        n = sys->ops->timerfd_gettime(sys, p->fds[i], &value, &interval);
        snprintf(text, LINE, "gettime %d = %d %d %d", i, n, value > 0, (int)(interval / TICK_SEC(1)));
        return;
    }
    static const struct {
        int flags;
        int64_t at, interval;
    } set[] = {
        {0, 0, 0},
        {0, 0, TICK_SEC(7)},                          // disarmed all the same
        {TFD_TIMER_ABSTIME, 1, 0},                    // over
        {TFD_TIMER_ABSTIME, 1, TICK_SEC(100000000)},  // over, once
        {TFD_TIMER_ABSTIME, TICK_SEC(1000000000), 0}, // to come
        {0, TICK_SEC(10000), TICK_SEC(5000)},
    };
    n = sys->ops->timerfd_settime(sys, p->fds[i], set[what - 1].flags, set[what - 1].at, set[what - 1].interval, &value, &interval);
    snprintf(text, LINE, "settime %d %u = %d %d %d", i, what, n, n ? 0 : value > 0, n ? 0 : (int)(interval / TICK_SEC(1)));
}

// An option is set and asked for; what few of them do is seen elsewhere.
static void options(const struct program *p, int i, char *text) {
    static const int names[][2] = {
        {SOL_SOCKET, SO_REUSEADDR},
        {SOL_SOCKET, SO_KEEPALIVE},
        {SOL_SOCKET, SO_BROADCAST},
        {SOL_SOCKET, SO_TYPE},
        {SOL_SOCKET, SO_DOMAIN},
        {SOL_SOCKET, SO_PROTOCOL},
        {SOL_SOCKET, SO_ACCEPTCONN},
        {SOL_SOCKET, SO_OOBINLINE},
        {SOL_SOCKET, SO_PASSCRED},
        {SOL_SOCKET, SO_PASSCRED},
        {SOL_SOCKET, SO_PASSCRED},
        {IPPROTO_IP, IP_TTL},
        {IPPROTO_IP, IP_TOS},
        {IPPROTO_IPV6, IPV6_V6ONLY},
        {IPPROTO_IPV6, IPV6_UNICAST_HOPS},
        {IPPROTO_TCP, TCP_NODELAY},
        {IPPROTO_TCP, TCP_KEEPIDLE},
        {IPPROTO_TCP, TCP_USER_TIMEOUT},
        {IPPROTO_UDP, 9999},
        {IPPROTO_TCP, 9999},
        {IPPROTO_IP, 9999},
        {IPPROTO_IPV6, 9999},
        {IPPROTO_IP, IP_RECVTTL},
        {IPPROTO_IP, IP_PKTINFO},
        {IPPROTO_IPV6, IPV6_TCLASS},
        {SOL_SOCKET, 9999},
        {999, 1},
    };
    static const int numbers[] = {-1, 0, 1, 2, 7, 64, 255, 256, 32767, 32768, INT32_MAX, INT32_MIN};
    uint32_t which = draw(sizeof names / sizeof *names);
    int level = names[which][0], name = names[which][1], got[5] = {-77, 0, 0, 0, 0};
    const int value[5] = {numbers[draw(12)], (int)draw(3), 0, 0, 0};
    bool sets = draw(2) && name != TCP_NODELAY; // Nagle's delay is Linux's own affair
    const socklen_t length = draw(4) ? sizeof *got : draw(20);
    socklen_t size = draw(4) ? sizeof *got : draw(20);
    int n = sets ? sys->ops->setsockopt(sys, p->fds[i], level, name, value, length) : 0;
    int m = sys->ops->getsockopt(sys, p->fds[i], level, name, got, &size);
    snprintf(text, LINE, "option %d %d %d %d/%u = %d %d %d %d", i, level, name, sets ? *value : 77, length, n, m, m ? 0 : *got,
        m ? 0 : (int)size);
}

// select's three sets.
static void selects(const struct program *p, char *text) {
    fd_set sets[3];
    int most = 0;
    for (int set = 0; set < 3; set++) {
        FD_ZERO(&sets[set]);
        for (int i = 0; i < SLOTS; i++)
            if (p->fds[i] >= 0 && draw(4)) {
                FD_SET(p->fds[i], &sets[set]);
                most = p->fds[i] > most ? p->fds[i] : most;
            }
    }
    const int beyond[] = {(most / NFDBITS + 1) * NFDBITS - 1, (most / NFDBITS + 1) * NFDBITS}; // whole words come back
    FD_SET(beyond[0], &sets[0]);
    FD_SET(beyond[1], &sets[0]);
    int n = sys->ops->select(sys, most + 1, &sets[0], &sets[1], &sets[2], 0);
    size_t used = (size_t)snprintf(
        text, LINE, "select = %d %d%d", n, FD_ISSET(beyond[0], &sets[0]) != 0 && beyond[0] > most, FD_ISSET(beyond[1], &sets[0]) != 0);
    for (int i = 0; i < SLOTS; i++)
        if (p->fds[i] >= 0)
            used += (size_t)snprintf(text + used, LINE - used, " %d%d%d", FD_ISSET(p->fds[i], &sets[0]) != 0,
                FD_ISSET(p->fds[i], &sets[1]) != 0, FD_ISSET(p->fds[i], &sets[2]) != 0);
}

static void named(const struct program *p, int i, char *text) {
    struct sockaddr_storage a;
    memset(&a, 0, sizeof a);
    socklen_t size = sizeof a;
    bool peer = draw(2);
    int n = (peer ? sys->ops->getpeername : sys->ops->getsockname)(sys, p->fds[i], (struct sockaddr *)&a, &size);
    snprintf(text, LINE, "%s %d = %d %d %d", peer ? "peer" : "name", i, n, n ? 0 : (int)size, n ? 0 : a.ss_family);
}

// What random calls seldom reach: datagram sockets that write to one that does not write back.
static void one_way(struct program *p) {
    struct sockaddr_storage a;
    for (int i = 0; i < 3; i++)
        adopt(p, sys->ops->socket(sys, AF_UNIX, SOCK_DGRAM, 0), UNIX_DATAGRAM);
    const socklen_t size = address(p, 0, &a);
    (void)!sys->ops->bind(sys, p->fds[0], (struct sockaddr *)&a, size);
    for (int i = 1; i < 3; i++)
        (void)!sys->ops->connect(sys, p->fds[i], (struct sockaddr *)&a, size);
}

static void step(struct program *p, char *text) {
    struct sockaddr_storage a;
    socklen_t size;
    int i = some_slot(p->fds), value = -1;
    uint32_t what = draw(100);
    if (i < 0 || (what < 12 && free_slot(p->fds) >= 0)) {
        fresh(p, text);
    } else if (what < 55) {
        if (p->kinds[i] == TIMER && draw(2))
            timer(p, i, text);
        else
            move(p, i, text);
    } else if (what < 61) {
        size = address(p, i, &a);
        snprintf(text, LINE, "bind %d = %d", i, sys->ops->bind(sys, p->fds[i], (struct sockaddr *)&a, size));
    } else if (what < 65) {
        snprintf(text, LINE, "listen %d = %d", i, sys->ops->listen(sys, p->fds[i], 3));
    } else if (what < 71) {
        size = address(p, i, &a);
        if (draw(6) == 0)
            a.ss_family = AF_UNSPEC;
        snprintf(text, LINE, "connect %d %d = %d", i, a.ss_family, sys->ops->connect(sys, p->fds[i], (struct sockaddr *)&a, size));
    } else if (what < 75) {
        int fd = sys->ops->accept(sys, p->fds[i], NULL, NULL);
        snprintf(text, LINE, "accept %d = %d", i, fd < 0 ? fd : 0);
        adopt(p, fd, p->kinds[i]);
    } else if (what < 78) {
        int how = (int)draw(3);
        snprintf(text, LINE, "shutdown %d %d = %d", i, how, sys->ops->shutdown(sys, p->fds[i], how));
    } else if (what < 82) {
        snprintf(text, LINE, "close %d = %d", i, sys->ops->close(sys, p->fds[i]));
        p->fds[i] = -1;
    } else if (what < 85) {
        size = sizeof value;
        int n = sys->ops->getsockopt(sys, p->fds[i], SOL_SOCKET, SO_ERROR, &value, &size);
        snprintf(text, LINE, "error %d = %d %d", i, n, n ? 0 : value);
    } else if (what < 88) {
        int fd = sys->ops->dup(sys, p->fds[i]);
        snprintf(text, LINE, "dup %d = %d", i, fd < 0 ? fd : 0);
        adopt(p, fd, p->kinds[i]);
    } else if (what < 90 && p->on_disk && draw(3) == 0) {
        char path[64];
        path_of(p, draw(2), path, sizeof path);
        snprintf(text, LINE, "unlink = %d", sys->ops->unlink(sys, path));
    } else if (what < 90 && p->kinds[i] >= UNIX_STREAM && p->kinds[i] <= TCP && draw(3) == 0) {
        const struct linger linger = {(int)draw(2), (int)draw(2)};
        if (draw(2)) {
            options(p, i, text);
            return;
        }
        snprintf(text, LINE, "linger %d %d %d = %d", i, linger.l_onoff, linger.l_linger,
            sys->ops->setsockopt(sys, p->fds[i], SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
    } else if (what < 90 && p->kinds[i] <= EVENT && draw(2)) {
        int size_asked = (int[]){0, 4096, 8192, 20000, 65536, 1 << 17}[draw(6)];
        snprintf(text, LINE, "size %d %d = %d", i, size_asked, sys->ops->fcntl(sys, p->fds[i], F_SETPIPE_SZ, size_asked));
    } else if (what < 90) {
        snprintf(text, LINE, "flags %d = %x %x", i, (unsigned)sys->ops->fcntl(sys, p->fds[i], F_GETFL, 0) & (O_ACCMODE | O_NONBLOCK),
            (unsigned)sys->ops->fcntl(sys, p->fds[i], F_GETFD, 0));
    } else if (what < 93) {
        int n = sys->ops->ioctl(sys, p->fds[i], FIONREAD, &value);
        snprintf(text, LINE, "unread %d = %d %d", i, n, n ? 0 : value);
    } else if (what < 95) {
        named(p, i, text);
    } else if (what < 96) {
        selects(p, text);
    } else {
        edges(p->epfd, text);
    }
}

// How every fd stands by poll, and the first by epoll, too.
static void readiness(const struct program *p, char *text, size_t size) {
    struct pollfd fds[SLOTS];
    for (int i = 0; i < SLOTS; i++)
        fds[i] = (struct pollfd){.fd = p->fds[i], .events = POLLIN | POLLOUT | POLLRDHUP};
    int n = sys->ops->poll(sys, fds, SLOTS, 0);
    size_t used = (size_t)snprintf(text, size, " | %d", n);
    for (int i = 0; i < SLOTS; i++)
        if (p->fds[i] >= 0)
            used += (size_t)snprintf(text + used, size - used, " %d:%x", i, (unsigned)fds[i].revents);
}

static void run_program(uint64_t seed, uint32_t number, int slow, struct record *record) {
    struct program p = {.number = number, .four = {.sin_family = AF_INET, .sin_port = htons(7000)}};
    p.four.sin_addr.s_addr = htonl(0x7f010000u + number % 0x7f0000u);
    p.six = (struct sockaddr_in6){
        .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)(1024 + number % 31000)), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    begin_program(seed, p.fds);
    p.on_disk = draw(4) == 0;
    p.epfd = sys->ops->epoll_create(sys);
    p.bursts = bursts ? 3 : 0;
    if (bursts && draw(4) == 0)
        one_way(&p);
    record->count = 10 + (int)draw(STEPS_MOST - 10);
    for (int i = 0; i < record->count; i++) {
        char *text = record->lines[i];
        step(&p, text);
        if (slow)
            usleep((useconds_t)slow);
        size_t used = strlen(text);
        readiness(&p, text + used, LINE - used);
    }
    end_program(p.fds, p.epfd);
    for (uint32_t which = 0; p.on_disk && which < 2; which++) {
        char path[64];
        path_of(&p, which, path, sizeof path);
        (void)!sys->ops->unlink(sys, path);
    }
}

static void random_programs_agree(void **state) {
    (void)state;
    programs_agree(run_program);
}

// kernel_mixed [PROGRAMS [FIRST_SEED]], or RETICK_PROGRAMS in the environment.
int main(int argc, char **argv) {
    if (emulated())
        return 77; // an imitation's answers are not Linux's
    sys = &linux_calls.sys;
    bursts = datagrams_that_wait() == 10;
    return programs_main(argc, argv, random_programs_agree);
}
