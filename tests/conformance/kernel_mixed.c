// Random programs over fds of every kind, run on Linux and on the simulated kernel: pipes, eventfds, timerfds, unix sockets, UDP, TCP over
// both families, dup, poll and an edge-triggered epoll. Every result, errno, readiness and byte is the same.
//
// What Linux leaves open is not asked (docs/KERNEL.md lists it). A program that differs is tried again with pauses, as in kernel_random.
// links: tick_kernel tick_os
// timeout: 300
#include "tests/conformance/both_kernels.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 6
#define MOST_STEPS 45
#define LINE 200
#define BLOCK 70000

static uint64_t seed_at, drawn;

static uint32_t draw(uint32_t n) {
    return (uint32_t)(tick_id_mix(seed_at, ++drawn) >> 16) % n;
}

struct record {
    int count;
    char lines[MOST_STEPS][LINE];
};

enum kind { PIPE_OUT, PIPE_IN, EVENT, TIMER, UNIX_STREAM, UNIX_DATAGRAM, UDP, TCP };

struct program {
    int fds[SLOTS];
    enum kind kinds[SLOTS];
    int epfd;
    uint32_t number;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    unsigned char next;
};

static int free_slot(const struct program *p) {
    for (int i = 0; i < SLOTS; i++)
        if (p->fds[i] < 0)
            return i;
    return -1;
}

static int some_slot(const struct program *p) {
    uint32_t first = draw(SLOTS);
    for (uint32_t i = 0; i < SLOTS; i++)
        if (p->fds[(first + i) % SLOTS] >= 0)
            return (int)((first + i) % SLOTS);
    return -1;
}

static void close_fd(int fd) {
    (void)!sys->ops->close(sys, fd);
}

static void adopt(struct program *p, int fd, enum kind kind) {
    int slot = free_slot(p);
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
    const struct tick_sys_event e = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, (uint64_t)slot};
    (void)!sys->ops->epoll_ctl(sys, p->epfd, EPOLL_CTL_ADD, fd, &e);
}

static void fresh(struct program *p, char *text) {
    int fds[2] = {-1, -1}, n = 0;
    enum kind kind = UDP, other = UDP;
    uint32_t what = draw(9);
    switch (what) {
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
        n = sys->ops->socketpair(sys, AF_UNIX, SOCK_STREAM, 0, fds);
        kind = other = UNIX_STREAM;
        break;
    case 4:
        n = sys->ops->socketpair(sys, AF_UNIX, SOCK_DGRAM, 0, fds);
        kind = other = UNIX_DATAGRAM;
        break;
    case 5:
        fds[0] = sys->ops->socket(sys, AF_UNIX, draw(2) ? SOCK_STREAM : SOCK_DGRAM, 0);
        kind = option(fds[0], SOL_SOCKET, SO_TYPE) == SOCK_STREAM ? UNIX_STREAM : UNIX_DATAGRAM;
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

// An address that suits the socket: two of each kind.
static socklen_t address(const struct program *p, int i, struct sockaddr_storage *out) {
    uint32_t which = draw(2);
    memset(out, 0, sizeof *out);
    if (p->kinds[i] == UNIX_STREAM || p->kinds[i] == UNIX_DATAGRAM) {
        struct sockaddr_un un = {.sun_family = AF_UNIX};
        int length = snprintf(un.sun_path + 1, sizeof un.sun_path - 1, "retick-%d-%u-%u", (int)getpid(), p->number, which);
        memcpy(out, &un, sizeof un);
        return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    }
    int domain = 0;
    socklen_t size = sizeof domain;
    if (sys->ops->getsockopt(sys, p->fds[i], SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_INET6) {
        struct sockaddr_in6 six = p->six; // one program does not mix both kinds: Linux stumbles over a source of the other
        if (seed_at % 2) { // the IPv4 address, mapped
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

static void move(struct program *p, int i, char *text) {
    static const int peeks[] = {0, 0, 0, MSG_PEEK, MSG_TRUNC, MSG_PEEK | MSG_TRUNC};
    const struct iovec *parts = (struct iovec[]){{block, 3}, {block + 3, 0}, {block + 3, 60}};
    struct sockaddr_storage to;
    size_t count;
    ssize_t n;
    uint32_t what = draw(10);
    memset(block, 0, 512);
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
        n = sys->ops->send(sys, p->fds[i], block, count, 0);
        snprintf(text, LINE, "send %d %zu = %zd", i, count, n);
        break;
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
        int flags = peeks[draw(6)];
        if (p->kinds[i] == TCP)
            flags &= ~MSG_TRUNC;
        count = some_bytes(p, i, false);
        struct iovec part = {block, count};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_name = &to, .msg_namelen = sizeof to};
        n = sys->ops->recvmsg(sys, p->fds[i], &message, flags);
        snprintf(text, LINE, "recvmsg %d %zu %x = %zd %x %x %d", i, count, (unsigned)flags, n,
            sum_of(n < (ssize_t)count ? n : (ssize_t)count), n < 0 ? 0 : (unsigned)message.msg_flags & MSG_TRUNC,
            n < 0 || p->kinds[i] == TCP ? 0 : (int)message.msg_namelen);
        break;
    }
    case 8:
        (void)some_bytes(p, i, true);
        n = sys->ops->writev(sys, p->fds[i], parts, 3);
        snprintf(text, LINE, "writev %d = %zd", i, n);
        break;
    default:
        n = sys->ops->readv(sys, p->fds[i], parts, 3);
        snprintf(text, LINE, "readv %d = %zd %x", i, n, sum_of(n));
        break;
    }
}

static void timer(const struct program *p, int i, char *text) {
    int64_t value = 0, interval = 0;
    uint32_t what = draw(4);
    int n;
    if (what == 0) {
        n = sys->ops->timerfd_gettime(sys, p->fds[i], &value, &interval);
        snprintf(text, LINE, "gettime %d = %d %d %d", i, n, value > 0, (int)(interval / TICK_SEC(1)));
        return;
    }
    int64_t at = what == 1 ? 0 : what == 2 ? 1 : TICK_SEC(10000);
    n = sys->ops->timerfd_settime(sys, p->fds[i], what == 2 ? TFD_TIMER_ABSTIME : 0, at, what == 3 ? TICK_SEC(5000) : 0, &value, &interval);
    snprintf(text, LINE, "settime %d %u = %d %d %d", i, what, n, value > 0, (int)(interval / TICK_SEC(1)));
}

static void named(const struct program *p, int i, char *text) {
    struct sockaddr_storage a;
    memset(&a, 0, sizeof a);
    socklen_t size = sizeof a;
    bool peer = draw(2);
    int n = (peer ? sys->ops->getpeername : sys->ops->getsockname)(sys, p->fds[i], (struct sockaddr *)&a, &size);
    snprintf(text, LINE, "%s %d = %d %d %d", peer ? "peer" : "name", i, n, n ? 0 : (int)size, n ? 0 : a.ss_family);
}

static void edges(const struct program *p, char *text) {
    struct tick_sys_event out[SLOTS * 2];
    uint32_t events[SLOTS] = {0};
    int n = sys->ops->epoll_wait(sys, p->epfd, out, SLOTS * 2, 0, 0);
    for (int i = 0; i < n; i++)
        events[out[i].data] |= out[i].events;
    size_t used = (size_t)snprintf(text, LINE, "edges");
    for (int i = 0; i < SLOTS; i++)
        if (events[i])
            used += (size_t)snprintf(text + used, LINE - used, " %d:%x", i, events[i]);
}

static void step(struct program *p, char *text) {
    struct sockaddr_storage a;
    socklen_t size;
    int i = some_slot(p), value = -1;
    uint32_t what = draw(100);
    if (i < 0 || (what < 12 && free_slot(p) >= 0)) {
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
    } else if (what < 90) {
        snprintf(text, LINE, "flags %d = %x %x", i, (unsigned)sys->ops->fcntl(sys, p->fds[i], F_GETFL, 0) & (O_ACCMODE | O_NONBLOCK),
            (unsigned)sys->ops->fcntl(sys, p->fds[i], F_GETFD, 0));
    } else if (what < 93) {
        int n = sys->ops->ioctl(sys, p->fds[i], FIONREAD, &value);
        snprintf(text, LINE, "unread %d = %d %d", i, n, n ? 0 : value);
    } else if (what < 96) {
        named(p, i, text);
    } else {
        edges(p, text);
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
    seed_at = seed;
    drawn = 0;
    for (int i = 0; i < SLOTS; i++)
        p.fds[i] = -1;
    p.epfd = sys->ops->epoll_create(sys);
    record->count = 10 + (int)draw(MOST_STEPS - 10);
    for (int i = 0; i < record->count; i++) {
        char *text = record->lines[i];
        step(&p, text);
        if (slow)
            usleep((useconds_t)slow);
        size_t used = strlen(text);
        readiness(&p, text + used, LINE - used);
    }
    for (int i = 0; i < SLOTS; i++)
        if (p.fds[i] >= 0)
            close_fd(p.fds[i]);
    close_fd(p.epfd);
}

static uint32_t edges_of(const char *text, int slot) {
    char key[8];
    snprintf(key, sizeof key, " %d:", slot);
    const char *at = strstr(text, key), *end = strchr(text, '|');
    return at && at < end ? (uint32_t)strtoul(at + strlen(key), NULL, 16) : 0;
}

// Linux may report an edge once more, with nothing changed: each of the simulated edges is among the real ones.
static bool same_step(const char *real, const char *simulated) {
    const char *real_masks = strchr(real, '|'), *masks = strchr(simulated, '|');
    if (!real_masks || !masks || strncmp(real, "edges", 5) || strncmp(simulated, "edges", 5))
        return !strcmp(real, simulated);
    if (strcmp(real_masks, masks))
        return false;
    for (int i = 0; i < SLOTS; i++)
        if (edges_of(simulated, i) & ~edges_of(real, i))
            return false;
    return true;
}

static int difference(const struct record *a, const struct record *b) {
    for (int i = 0; i < a->count && i < b->count; i++)
        if (!same_step(a->lines[i], b->lines[i]))
            return i;
    return a->count == b->count ? -1 : 0;
}

static uint32_t programs = 1000, numbered;
static uint64_t first_seed = 1;

static void random_programs_agree(void **state) {
    (void)state;
    static struct record on_real, on_simulated;
    uint32_t failed = 0, late = 0;
    for (uint32_t i = 0; i < programs; i++) {
        int at = 0;
        for (int slow = 0; slow < 3 && at >= 0; slow++) {
            late += slow > 0;
            on_linux(NULL);
            run_program(first_seed + i, numbered++, slow * 500, &on_real);
            on_sim(NULL);
            run_program(first_seed + i, numbered++, 0, &on_simulated);
            at = difference(&on_real, &on_simulated);
        }
        if (at < 0)
            continue;
        failed++;
        if (failed > 8)
            continue;
        printf("seed %llu differs in step %d:\n", (unsigned long long)(first_seed + i), at);
        for (int line = 0; line < at; line++)
            printf("  %s\n", on_real.lines[line]);
        printf("  linux: %s\n  sim:   %s\n", on_real.lines[at], on_simulated.lines[at]);
    }
    printf("%u programs, %u differ; %u runs again with pauses\n", programs, failed, late);
    assert_int_equal(failed, 0);
}

// kernel_mixed [PROGRAMS [FIRST_SEED]], or RETICK_PROGRAMS in the environment.
int main(int argc, char **argv) {
    const char *count = argc > 1 ? argv[1] : getenv("RETICK_PROGRAMS");
    if (count)
        programs = (uint32_t)strtoul(count, NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    signal(SIGPIPE, SIG_IGN);
    numbered = (uint32_t)getpid() * 8192u;
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_programs_agree)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(sim_calls.kernel);
    return failed;
}
