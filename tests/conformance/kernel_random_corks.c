// Random programs of bytes that are held back (MSG_MORE, TCP_CORK), run on Linux and on the simulated kernel: what is there at the other
// end after each call is the same, whatever lets them go: a send, an option, an end from either side, a full buffer, time.
//
// What Linux leaves open is not asked: how late it acknowledges (TCP_QUICKACK; behind its own end it cares for none), Nagle's delay
// (TCP_NODELAY is off only where nothing but held bytes are sent), what bytes of the peer do to those behind MSG_MORE, how much fits into
// its buffers, and where a segment ends.
// links: tick_kernel tick_os
// timeout: 300
#include "tests/conformance/random_programs.h"
#include <sys/ioctl.h>

#define SOON TICK_MS(100) // a program that took as long, but for its pause, says nothing about what is held for 200 ms
#define PAUSE TICK_MS(300)

enum { NEAR = 1, FAR };

struct program {
    int fds[SLOTS];
    int epfd;
    unsigned char next[SLOTS];
    int sent[SLOTS], read[SLOTS]; // bytes that the slot sent, and those of the other that it read
    bool more[SLOTS];             // what it sent last was MSG_MORE
    bool ended[SLOTS];            // by a shutdown
};

static int other(int i) {
    return NEAR + FAR - i;
}

static int there(const struct program *p, int i) {
    int count = 0;
    return p->fds[i] >= 0 && sys->ops->ioctl(sys, p->fds[i], FIONREAD, &count) == 0 ? count : 0;
}

// Whether bytes wait behind MSG_MORE there, as far as anybody can see.
static bool holds(const struct program *p, int i) {
    return p->fds[i] >= 0 && p->more[i] && p->read[other(i)] + there(p, other(i)) < p->sent[i];
}

static void acknowledge_at_once(const struct program *p) {
    for (int i = NEAR; i <= FAR; i++)
        if (p->fds[i] >= 0)
            (void)!set(p->fds[i], IPPROTO_TCP, TCP_QUICKACK, 1);
}

static void bytes_out(struct program *p, int i, int flags, char *text) {
    unsigned char bytes[512];
    const uint32_t count = draw(12) ? draw(300) + 1 : 0, first = draw(count + 1);
    const bool parts = draw(3) == 0;
    for (uint32_t at = 0; at < count; at++)
        bytes[at] = (unsigned char)(p->next[i] + at);
    struct iovec part[] = {{bytes, first}, {bytes + first, count - first}};
    const struct msghdr message = {.msg_iov = part, .msg_iovlen = 2};
    const ssize_t n = parts ? sys->ops->sendmsg(sys, p->fds[i], &message, flags) : sys->ops->send(sys, p->fds[i], bytes, count, flags);
    if (n > 0) {
        p->next[i] += (unsigned char)n;
        p->sent[i] += (int)n;
        p->more[i] = (flags & MSG_MORE) != 0;
    }
    snprintf(text, LINE, "send%s %d %u %x = %zd", parts ? "msg" : "", i, count, (unsigned)flags, n);
}

static void bytes_in(struct program *p, int i, char *text) {
    unsigned char bytes[2048];
    const size_t most = draw(3) ? draw(300) + 1 : sizeof bytes;
    const int flags = draw(5) ? 0 : MSG_PEEK;
    const ssize_t n = sys->ops->recv(sys, p->fds[i], bytes, most, flags);
    uint32_t sum = 0;
    for (ssize_t at = 0; at < n; at++)
        sum = sum * 31 + bytes[at];
    p->read[i] += n > 0 && !flags ? (int)n : 0;
    snprintf(text, LINE, "recv %d %zu %x = %zd %x", i, most, (unsigned)flags, n, sum);
}

static int no_delay(const struct program *p, int i, int on) {
    return set(p->fds[i], IPPROTO_TCP, TCP_NODELAY, on);
}

static void close_slot(struct program *p, int i, char *text) {
    snprintf(text, LINE, "close %d = %d", i, sys->ops->close(sys, p->fds[i]));
    p->fds[i] = -1;
}

static void set_option(struct program *p, int i, char *text) {
    const struct linger linger = {1, 0};
    const int on = (int)draw(2);
    switch (draw(6)) {
    case 0:
    case 1:
        snprintf(text, LINE, "cork %d %d = %d", i, on, set(p->fds[i], IPPROTO_TCP, TCP_CORK, on));
        break;
    case 2:
    case 3:
        snprintf(text, LINE, "nodelay %d = %d", i, no_delay(p, i, 1));
        break;
    case 4: // off only while nothing but what is held is sent
        (void)no_delay(p, i, 0);
        bytes_out(p, i, MSG_MORE, text);
        (void)no_delay(p, i, 1);
        break;
    default:
        snprintf(text, LINE, "abort %d = %d", i, sys->ops->setsockopt(sys, p->fds[i], SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
        break;
    }
}

static void step(struct program *p, char *text) {
    const uint32_t what = draw(100);
    int i = draw(4) ? NEAR : FAR;
    if (p->fds[i] < 0)
        i = other(i);
    if (p->fds[i] < 0) {
        edges(p->epfd, text);
    } else if (what < 45 && !holds(p, other(i))) {
        bytes_out(p, i, draw(5) < 3 ? MSG_MORE : 0, text);
    } else if (what < 60) {
        if (holds(p, other(i))) // bytes might go out
            edges(p->epfd, text);
        else
            set_option(p, i, text);
    } else if (what < 72) {
        i = draw(3) && p->fds[other(i)] >= 0 ? other(i) : i;
        if (p->ended[i] && holds(p, other(i))) // an acknowledgement may go out
            edges(p->epfd, text);
        else
            bytes_in(p, i, text);
    } else if (what < 79) {
        const int how = (int)draw(3);
        snprintf(text, LINE, "shutdown %d %d = %d", i, how, sys->ops->shutdown(sys, p->fds[i], how));
        p->ended[i] |= how != SHUT_RD;
    } else if (what < 84) {
        close_slot(p, i, text);
    } else if (what < 90) {
        snprintf(text, LINE, "error %d = %d", i, option(p->fds[i], SOL_SOCKET, SO_ERROR));
    } else {
        edges(p->epfd, text);
    }
}

static void tell(const struct program *p, char *text) {
    size_t used = strlen(text);
    for (int i = NEAR; i <= FAR; i++)
        if (p->fds[i] >= 0)
            used += (size_t)snprintf(text + used, LINE - used, " | %d:%x %d", i, mask(p->fds[i]), there(p, i));
}

// --- a full buffer ---

// Until nothing goes in any more. How much that is, is Linux's affair: what is told is why it ended, and that the last of it was cut.
static void flood(struct program *p, char *text) {
    static const unsigned char block[65000];
    const int flags = draw(4) ? MSG_MORE : 0;
    ssize_t n;
    while ((n = sys->ops->send(sys, p->fds[NEAR], block, sizeof block, flags)) > 0)
        p->sent[NEAR] += (int)n;
    snprintf(text, LINE, "flood %x = %zd", (unsigned)flags, n);
}

static void behind_it(struct program *p, char *text) {
    const int fd = p->fds[NEAR];
    switch (draw(7)) {
    case 0:
        close_slot(p, NEAR, text);
        break;
    case 1:
        snprintf(text, LINE, "shutdown = %d", sys->ops->shutdown(sys, fd, SHUT_WR));
        break;
    case 2:
        snprintf(text, LINE, "uncork = %d", set(fd, IPPROTO_TCP, TCP_CORK, 0));
        break;
    case 3:
        snprintf(text, LINE, "send = %zd", sys->ops->send(sys, fd, "x", 1, draw(2) ? MSG_MORE : 0));
        break;
    case 4:
        snprintf(text, LINE, "nodelay = %d", no_delay(p, NEAR, 1));
        break;
    case 5:
        snprintf(text, LINE, "cork = %d", set(fd, IPPROTO_TCP, TCP_CORK, 1));
        break;
    default:
        snprintf(text, LINE, "nothing");
        break;
    }
}

// Reads all of it: whether it all came, and waited for the 200 ms.
static void drain(struct program *p, char *text) {
    static unsigned char block[100000];
    const int64_t began = sys->ops->now(sys);
    ssize_t n = 0;
    while (tick__until(sys->ops->now(sys), began) < TICK_SEC(2)) {
        n = sys->ops->recv(sys, p->fds[FAR], block, sizeof block, 0);
        if (n == 0 || (n < 0 && p->read[FAR] == p->sent[NEAR]))
            break;
        if (n > 0)
            p->read[FAR] += (int)n;
        else
            (void)!sys->ops->sleep(sys, TICK_MS(1));
    }
    const int64_t took = tick__until(sys->ops->now(sys), began);
    snprintf(text, LINE, "drain = %d %zd %s", p->read[FAR] == p->sent[NEAR], n, took > TICK_MS(150) ? "late" : "soon");
}

static void run_full(struct program *p, struct record *record) {
    record->count = 0;
    if (draw(3) == 0)
        snprintf(record->lines[record->count++], LINE, "cork = %d", set(p->fds[NEAR], IPPROTO_TCP, TCP_CORK, 1));
    flood(p, record->lines[record->count++]);
    for (uint32_t i = draw(3) + 1; i && p->fds[NEAR] >= 0; i--)
        behind_it(p, record->lines[record->count++]);
    drain(p, record->lines[record->count++]);
    for (int i = 0; i < 3 && p->fds[NEAR] >= 0; i++) {
        bytes_out(p, NEAR, draw(2) ? MSG_MORE : 0, record->lines[record->count]);
        tell(p, record->lines[record->count++]);
    }
}

// --- the programs ---

static bool connected(struct program *p, uint32_t number, int slow) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(7000)};
    address.sin_addr.s_addr = htonl(0x7f010000u + number % 0x3f0000u); // no program meets another's TIME_WAIT
    const int listener = sys->ops->socket(sys, AF_INET, SOCK_STREAM, 0);
    p->fds[NEAR] = sys->ops->socket(sys, AF_INET, SOCK_STREAM, 0);
    (void)!sys->ops->bind(sys, listener, (struct sockaddr *)&address, sizeof address);
    (void)!sys->ops->listen(sys, listener, 8);
    (void)!sys->ops->connect(sys, p->fds[NEAR], (struct sockaddr *)&address, sizeof address);
    p->fds[FAR] = -EAGAIN;
    for (int tries = 0; p->fds[FAR] == -EAGAIN && tries < 100; tries++) {
        if (tries || slow)
            usleep(500);
        p->fds[FAR] = sys->ops->accept(sys, listener, NULL, NULL);
    }
    close_fd(listener);
    for (int i = NEAR; i <= FAR && p->fds[FAR] >= 0; i++) {
        (void)no_delay(p, i, 1);
        watch_edges(p->epfd, p->fds[i], i);
        p->next[i] = (unsigned char)(i * 50);
    }
    return p->fds[FAR] >= 0;
}

static void run_program(uint64_t seed, uint32_t number, int slow, struct record *record) {
    struct program p = {0};
    begin_program(seed, p.fds);
    p.epfd = sys->ops->epoll_create(sys);
    overtaken = !connected(&p, number, slow);
    if (!overtaken && draw(40) == 0) {
        run_full(&p, record);
    } else if (!overtaken) {
        record->count = 5 + (int)draw(20);
        const int pause = draw(150) ? -1 : (int)draw((uint32_t)record->count);
        int64_t paused = 0, began = sys->ops->now(sys);
        for (int i = 0; i < record->count; i++) {
            acknowledge_at_once(&p);
            if (i == pause) {
                const int64_t before = sys->ops->now(sys);
                snprintf(record->lines[i], LINE, "pause = %d", sys->ops->sleep(sys, PAUSE));
                paused = tick__until(sys->ops->now(sys), before);
            } else {
                step(&p, record->lines[i]);
            }
            if (slow)
                usleep((useconds_t)slow);
            tell(&p, record->lines[i]);
        }
        overtaken = tick__until(sys->ops->now(sys), tick__after(began, paused)) > SOON;
    }
    end_program(p.fds, p.epfd);
}

static void random_programs_agree(void **state) {
    (void)state;
    programs_agree(run_program);
}

// kernel_random_corks [PROGRAMS [FIRST_SEED]], or RETICK_PROGRAMS in the environment.
int main(int argc, char **argv) {
    return programs_main(argc, argv, random_programs_agree);
}
