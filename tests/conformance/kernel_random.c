// Random programs of socket calls, run on Linux and on the simulated kernel: every result, errno, readiness and byte is the same.
//
// A program is a seed: 10 to 50 calls on up to six fds around one port of a loopback address of its own. What Linux leaves open is not
// asked: numbers of given ports, how much fits in the buffers, Nagle's delay.
// links: tick_kernel tick_os
#include "tests/conformance/random_programs.h"

struct program {
    int fds[SLOTS];
    int epfd, slow;
    struct sockaddr_in address, second; // of one host, with one port
    unsigned char next[SLOTS];          // what the slot sends next: bytes tell whence they came
};

// How every fd stands, the order aside: Linux's wake-ups may fall otherwise.
static void readiness(struct program *p, char *text, size_t size) {
    size_t used = 0;
    for (int i = 0; i < SLOTS; i++)
        if (p->fds[i] >= 0)
            used += (size_t)snprintf(text + used, size - used, used ? " %d:%x" : " | %d:%x", i, mask(p->fds[i]));
}

static void adopt(struct program *p, int slot, int fd) {
    p->fds[slot] = fd;
    p->next[slot] = (unsigned char)(slot * 50);
    (void)!set(fd, IPPROTO_TCP, TCP_NODELAY, 1); // Nagle's delay is Linux's own affair
    watch_edges(p->epfd, fd, slot);
}

static void bytes_in(struct program *p, int i, int flags, char *text) {
    unsigned char bytes[512];
    uint32_t most = draw(4) ? draw(200) + 1 : draw(3);
    ssize_t n = sys->ops->recv(sys, p->fds[i], bytes, most, flags);
    uint32_t sum = 0;
    for (ssize_t at = 0; at < n; at++)
        sum = sum * 31 + bytes[at];
    snprintf(text, LINE, "recv %d %u %x = %zd %x", i, most, (unsigned)flags, n, sum);
}

static void bytes_out(struct program *p, int i, char *text) {
    unsigned char bytes[512];
    uint32_t count = draw(8) ? draw(300) + 1 : 0;
    for (uint32_t at = 0; at < count; at++)
        bytes[at] = (unsigned char)(p->next[i] + at);
    ssize_t n = sys->ops->send(sys, p->fds[i], bytes, count, 0);
    if (n > 0)
        p->next[i] += (unsigned char)n;
    snprintf(text, LINE, "send %d %u = %zd", i, count, n);
}

// Sends what both buffers take, and closing waits for room for it (SO_LINGER). How much of it is where, Linux decides: so no call follows.
static void flood(struct program *p, int i) {
    static const unsigned char block[65536];
    const struct linger linger = {1, 1};
    (void)!sys->ops->setsockopt(sys, p->fds[i], SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    for (bool more = true; more; (void)!sys->ops->sleep(sys, TICK_MS(20))) // Linux moves some on meanwhile
        for (more = false; sys->ops->send(sys, p->fds[i], block, sizeof block, 0) > 0;)
            more = true;
}

// In all else closing hardly waits: what the peer's kernel has is acknowledged.
static void close_slot(struct program *p, int i, bool floods, char *text) {
    if (floods)
        flood(p, i);
    const int64_t began = sys->ops->now(sys);
    const int n = sys->ops->close(sys, p->fds[i]);
    const bool late = tick__until(sys->ops->now(sys), began) > TICK_MS(900);
    snprintf(text, LINE, "%s %d = %d %d", floods ? "flood" : "close", i, n, late);
    p->fds[i] = -1;
}

static void named(struct program *p, int i, char *text) {
    struct sockaddr_in in = {0};
    socklen_t size = sizeof in;
    int n = sys->ops->getpeername(sys, p->fds[i], (struct sockaddr *)&in, &size);
    snprintf(text, LINE, "peer %d = %d %d", i, n, n == 0 && in.sin_port == p->address.sin_port);
}

static void step(struct program *p, bool floods, char *text) {
    uint32_t what = draw(100);
    int i = some_slot(p->fds), fresh = free_slot(p->fds);
    const struct sockaddr *address = (struct sockaddr *)(draw(4) ? &p->address : &p->second);
    if (i >= 0 && floods) {
        close_slot(p, i, true, text);
    } else if (i < 0 || (what < 8 && fresh >= 0)) {
        int slot = fresh >= 0 ? fresh : 0, fd = sys->ops->socket(sys, AF_INET, SOCK_STREAM, 0);
        adopt(p, slot, fd);
        snprintf(text, LINE, "socket %d", slot);
    } else if (what < 14) {
        snprintf(text, LINE, "bind %d = %d", i, sys->ops->bind(sys, p->fds[i], address, sizeof p->address));
    } else if (what < 19) {
        snprintf(text, LINE, "listen %d = %d", i, sys->ops->listen(sys, p->fds[i], 8));
    } else if (what < 30) {
        snprintf(text, LINE, "connect %d = %d", i, sys->ops->connect(sys, p->fds[i], address, sizeof p->address));
    } else if (what < 42) {
        int fd = sys->ops->accept(sys, p->fds[i], NULL, NULL);
        snprintf(text, LINE, "accept %d = %d", i, fd < 0 ? fd : 0);
        if (fd >= 0 && fresh >= 0)
            adopt(p, fresh, fd);
        else if (fd >= 0)
            (void)!sys->ops->close(sys, fd);
    } else if (what < 56) {
        bytes_out(p, i, text);
    } else if (what < 66) {
        bytes_in(p, i, 0, text);
    } else if (what < 69) {
        bytes_in(p, i, MSG_PEEK, text);
    } else if (what < 75) {
        int how = (int)draw(3);
        snprintf(text, LINE, "shutdown %d %d = %d", i, how, sys->ops->shutdown(sys, p->fds[i], how));
    } else if (what < 81) {
        close_slot(p, i, false, text);
    } else if (what < 85) {
        snprintf(text, LINE, "error %d = %d", i, option(p->fds[i], SOL_SOCKET, SO_ERROR));
    } else if (what < 88) {
        const struct linger linger = {(int)draw(2), (int)draw(2)};
        snprintf(text, LINE, "linger %d %d %d = %d", i, linger.l_onoff, linger.l_linger,
            sys->ops->setsockopt(sys, p->fds[i], SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
    } else if (what < 91) {
        snprintf(text, LINE, "reuse %d = %d", i, set(p->fds[i], SOL_SOCKET, SO_REUSEADDR, 1));
    } else if (what < 93) {
        const int on = (int)draw(2);
        snprintf(text, LINE, "cork %d %d = %d", i, on, set(p->fds[i], IPPROTO_TCP, TCP_CORK, on));
    } else if (what < 95) {
        named(p, i, text);
    } else {
        edges(p->epfd, text);
    }
}

static void run_program(uint64_t seed, uint32_t number, int slow, struct record *record) {
    struct program p = {.slow = slow, .address = {.sin_family = AF_INET, .sin_port = htons(7000)}};
    p.address.sin_addr.s_addr = htonl(0x7f010000u + number % 0x3f0000u); // no program meets another's TIME_WAIT
    p.second = p.address;
    p.second.sin_addr.s_addr = htonl(0x7f410000u + number % 0x3f0000u);
    begin_program(seed, p.fds);
    p.epfd = sys->ops->epoll_create(sys);
    // Most programs begin with what random calls seldom reach: a listener, and somebody who connects to it.
    bool begun = draw(4) != 0;
    if (begun) {
        for (int i = 0; i < 2; i++)
            adopt(&p, i, sys->ops->socket(sys, AF_INET, SOCK_STREAM, 0));
        (void)!sys->ops->bind(sys, p.fds[0], (struct sockaddr *)&p.address, sizeof p.address);
        (void)!sys->ops->listen(sys, p.fds[0], 8);
        (void)!sys->ops->connect(sys, p.fds[1], (struct sockaddr *)&p.address, sizeof p.address);
        if (slow)
            usleep((useconds_t)slow);
        int fd = sys->ops->accept(sys, p.fds[0], NULL, NULL);
        if (fd >= 0)
            adopt(&p, 2, fd);
    }
    record->count = 10 + (int)draw(STEPS_MOST - 10);
    const bool floods = draw(20) == 0;
    for (int i = 0; i < record->count; i++) {
        char *text = record->lines[i];
        step(&p, floods && i == record->count - 1, text);
        if (slow)
            usleep((useconds_t)slow);
        size_t used = strlen(text);
        readiness(&p, text + used, LINE - used);
    }
    end_program(p.fds, p.epfd);
}

static void random_programs_agree(void **state) {
    (void)state;
    programs_agree(run_program);
}

// kernel_random [PROGRAMS [FIRST_SEED]], or RETICK_PROGRAMS in the environment.
int main(int argc, char **argv) {
    return programs_main(argc, argv, random_programs_agree);
}
