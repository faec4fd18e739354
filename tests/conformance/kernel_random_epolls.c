// Random programs over epolls, run on Linux and on the simulated kernel: level, edge, one-shot, exclusive, epolls in epolls, dup'ed fds,
// registrations that outlive the fd they were made with, epolls that go while others watch them. What is ready becomes so within the calls
// themselves, so that every report is the same, and their order, too.
// links: tick_kernel tick_os
// timeout: 300
#include "tests/conformance/random_programs.h"
#include <sys/ioctl.h>

#define EPOLLS 3
#define EVENTS 8

enum kind { EVENT, PIPE_OUT, PIPE_IN, UNIX, EPOLL };

struct program {
    int fds[SLOTS];
    enum kind kinds[SLOTS];
    int epolls[EPOLLS];
    uint64_t made; // registrations so far: their data
};

static int adopt(struct program *p, int fd, enum kind kind) {
    int slot = free_slot(p->fds);
    if (fd >= 0 && slot < 0)
        close_fd(fd);
    if (fd < 0 || slot < 0)
        return -1;
    p->fds[slot] = fd;
    p->kinds[slot] = kind;
    return slot;
}

static void fresh(struct program *p, char *text) {
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    int fds[2] = {-1, -1};
    enum kind kind = EVENT, other = EVENT;
    switch (draw(4)) {
    case 0:
        fds[0] = sys->ops->eventfd(sys, draw(2), draw(2) ? EFD_SEMAPHORE : 0);
        break;
    case 1:
        (void)!sys->ops->pipe(sys, fds);
        kind = PIPE_OUT;
        other = PIPE_IN;
        break;
    case 2:
        (void)!sys->ops->socketpair(sys, AF_UNIX, types[draw(3)], 0, fds);
        kind = other = UNIX;
        break;
    default:
        fds[0] = sys->ops->epoll_create(sys);
        kind = EPOLL;
        break;
    }
    int slot = adopt(p, fds[0], kind);
    snprintf(text, LINE, "fresh %d = %d", kind, slot);
    adopt(p, fds[1], other);
}

// One of the program's epolls, or of those in its slots; seldom something else.
static int some_epoll(const struct program *p, int i) {
    return draw(4) ? p->epolls[draw(EPOLLS)] : p->fds[i];
}

static uint32_t some_events(void) {
    static const uint32_t wanted[] = {EPOLLIN, EPOLLOUT, EPOLLIN | EPOLLOUT, EPOLLIN | EPOLLRDHUP, EPOLLPRI, EPOLLRDNORM, EPOLLWRNORM, 0};
    uint32_t events = wanted[draw(8)];
    if (draw(2))
        events |= (uint32_t[]){EPOLLET, EPOLLONESHOT, EPOLLET | EPOLLONESHOT, EPOLLEXCLUSIVE, EPOLLERR | EPOLLHUP, EPOLLET}[draw(6)];
    return events;
}

static void controls(struct program *p, int i, char *text) {
    static const int ops[] = {EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_MOD, EPOLL_CTL_DEL, 7};
    int op = ops[draw(7)], epfd = some_epoll(p, i);
    const struct tick_sys_event e = {some_events(), ++p->made};
    bool none = draw(20) == 0;
    int n = sys->ops->epoll_ctl(sys, epfd, op, p->fds[i], none ? NULL : &e);
    snprintf(text, LINE, "ctl %d %d %x = %d", op, i, none ? 0 : e.events, n);
}

static void waits(int epfd, char *text) {
    struct tick_sys_event out[EVENTS];
    int most = (int)draw(5), n = sys->ops->epoll_wait(sys, epfd, out, most, 0, 0);
    size_t used = (size_t)snprintf(text, LINE, "wait %d = %d", most, n);
    for (int i = 0; i < n; i++)
        used += (size_t)snprintf(text + used, LINE - used, " %d:%x", (int)out[i].data, out[i].events);
}

static void moves(struct program *p, int i, char *text) {
    char bytes[5000] = {0};
    const uint64_t one = draw(3);
    size_t count = p->kinds[i] == EVENT ? 8 : draw(4) ? 1 + draw(4) : sizeof bytes;
    if (p->kinds[i] == EVENT)
        memcpy(bytes, &one, sizeof one);
    bool writes = draw(2);
    ssize_t n = writes ? sys->ops->write(sys, p->fds[i], bytes, count) : sys->ops->read(sys, p->fds[i], bytes, count);
    snprintf(text, LINE, "%s %d %zu = %zd", writes ? "write" : "read", i, count, n);
}

static void dups(struct program *p, int i, char *text) {
    const bool epoll = draw(3) == 0;
    const int from = epoll ? p->epolls[draw(EPOLLS)] : p->fds[i], fd = sys->ops->dup(sys, from);
    int slot = adopt(p, fd, epoll ? EPOLL : p->kinds[i]);
    snprintf(text, LINE, "dup %d %d = %d", i, epoll, slot);
}

// One of the program's epolls goes. Another one takes its place: a fresh one, or one from a slot.
static void replaces(struct program *p, int i, char *text) {
    int *place = &p->epolls[draw(EPOLLS)], at = (int)(place - p->epolls);
    if (p->kinds[i] == EPOLL && draw(2)) {
        const int fd = sys->ops->dup2(sys, p->fds[i], *place);
        snprintf(text, LINE, "epoll %d from %d = %d", at, i, fd == *place);
        return;
    }
    const int result = sys->ops->close(sys, *place);
    *place = sys->ops->epoll_create(sys);
    snprintf(text, LINE, "epoll %d fresh = %d", at, result);
}

// Everything goes, in any order, and what is left is asked.
static void ends(struct program *p, char *text) {
    const int i = some_slot(p->fds), at = (int)draw(EPOLLS);
    if (i >= 0 && draw(3)) {
        snprintf(text, LINE, "close %d = %d", i, sys->ops->close(sys, p->fds[i]));
        p->fds[i] = -1;
    } else if (p->epolls[at] >= 0 && draw(3) == 0) {
        snprintf(text, LINE, "close epoll %d = %d", at, sys->ops->close(sys, p->epolls[at]));
        p->epolls[at] = -1;
    } else {
        waits(p->epolls[at], text);
    }
}

static void step(struct program *p, char *text) {
    int i = some_slot(p->fds), j = some_slot(p->fds);
    uint32_t what = draw(100);
    if (i < 0 || (what < 10 && free_slot(p->fds) >= 0)) {
        fresh(p, text);
    } else if (what < 35) {
        controls(p, i, text);
    } else if (what < 62) {
        waits(some_epoll(p, i), text);
    } else if (what < 88) {
        moves(p, i, text);
    } else if (what < 90) {
        int how = (int)draw(3);
        snprintf(text, LINE, "shutdown %d %d = %d", i, how, sys->ops->shutdown(sys, p->fds[i], how));
    } else if (what < 93) {
        snprintf(text, LINE, "close %d = %d", i, sys->ops->close(sys, p->fds[i]));
        p->fds[i] = -1;
    } else if (what < 96) {
        dups(p, i, text);
    } else if (what < 98) {
        replaces(p, i, text);
    } else {
        int fd = sys->ops->dup2(sys, p->fds[i], p->fds[j]);
        snprintf(text, LINE, "dup2 %d %d = %d", i, j, fd == p->fds[j]);
        p->kinds[j] = p->kinds[i];
    }
}

static void run_program(uint64_t seed, uint32_t number, int slow, struct record *record) {
    struct program p = {0};
    (void)number, (void)slow;
    begin_program(seed, p.fds);
    for (int i = 0; i < EPOLLS; i++)
        p.epolls[i] = sys->ops->epoll_create(sys);
    record->count = 10 + (int)draw(STEPS_MOST - 10);
    const int last = record->count - (int)draw(10);
    for (int i = 0; i < record->count; i++)
        if (i < last)
            step(&p, record->lines[i]);
        else
            ends(&p, record->lines[i]);
    for (int i = 1; i < EPOLLS; i++)
        if (p.epolls[i] >= 0)
            close_fd(p.epolls[i]);
    end_program(p.fds, p.epolls[0]);
}

static void random_programs_agree(void **state) {
    (void)state;
    programs_agree(run_program);
}

// kernel_random_epolls [PROGRAMS [FIRST_SEED]], or RETICK_PROGRAMS in the environment.
int main(int argc, char **argv) {
    if (emulated())
        return 77; // an imitation's answers are not Linux's
    return programs_main(argc, argv, random_programs_agree);
}
