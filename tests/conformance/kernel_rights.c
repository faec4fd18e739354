// Sequenced packets, fds in messages and the sizes of pipes, call by call, on Linux and on the simulated kernel.
// links: tick_kernel tick_os
#include "tests/conformance/both_kernels.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/un.h>
#include <unistd.h>

static void unix_pair(int type, int fds[2]) {
    assert_int_equal(sys->ops->socketpair(sys, AF_UNIX, type, 0, fds), 0);
}

// --- SOCK_SEQPACKET ---

static void packets_keep_their_bounds(void **state) {
    (void)state;
    int fds[2], unread = -1;
    char bytes[16];
    unix_pair(SOCK_SEQPACKET, fds);
    assert_int_equal(option(fds[0], SOL_SOCKET, SO_TYPE), SOCK_SEQPACKET);
    assert_int_equal(mask(fds[0]), EPOLLOUT);
    assert_int_equal(put(fds[0], "long one"), 8);
    assert_int_equal(put(fds[0], "two"), 3);
    assert_int_equal(sys->ops->send(sys, fds[0], bytes, 0, 0), 0); // an empty one is one
    assert_int_equal(sys->ops->ioctl(sys, fds[1], FIONREAD, &unread), 0);
    assert_int_equal(unread, 11); // of all
    assert_int_equal(mask(fds[1]), EPOLLIN | EPOLLOUT);
    struct iovec part = {bytes, 4};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    assert_int_equal(sys->ops->recv(sys, fds[1], bytes, 16, MSG_PEEK), 8);
    assert_int_equal(sys->ops->recvmsg(sys, fds[1], &message, 0), 4);
    assert_true(message.msg_flags & MSG_TRUNC);
    assert_int_equal(sys->ops->read(sys, fds[1], bytes, 16), 3);
    assert_int_equal(sys->ops->recv(sys, fds[1], bytes, 16, 0), 0);
    assert_int_equal(sys->ops->recv(sys, fds[1], bytes, 16, 0), -EAGAIN);
    assert_int_equal(sys->ops->shutdown(sys, fds[0], SHUT_WR), 0);
    assert_int_equal(mask(fds[1]), EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    assert_int_equal(sys->ops->recv(sys, fds[1], bytes, 16, 0), 0); // the end
    assert_int_equal(put(fds[0], "x"), -EPIPE);
    assert_int_equal(put(fds[1], "unread"), 6);
    closed(fds[0]);
    assert_int_equal(mask(fds[1]), EPOLLIN | EPOLLOUT | EPOLLRDHUP | BROKEN);
    assert_int_equal(put(fds[1], "x"), -ECONNRESET);
    assert_int_equal(put(fds[1], "x"), -EPIPE);
    closed(fds[1]);
}

static void packets_fill_a_buffer(void **state) {
    (void)state;
    int fds[2], sent = 0;
    static char block[1000], large[300000];
    unix_pair(SOCK_SEQPACKET, fds);
    assert_int_equal(sys->ops->send(sys, fds[0], large, sizeof large, 0), -EMSGSIZE);
    while (sys->ops->send(sys, fds[0], block, sizeof block, 0) == (ssize_t)sizeof block)
        sent++;
    assert_true(sent > 11); // no queue of ten, as for datagrams
    assert_int_equal(sys->ops->send(sys, fds[0], block, 1, 0), -EAGAIN);
    assert_int_equal(mask(fds[0]), 0);
    for (int i = 0; i < sent; i++)
        assert_int_equal(sys->ops->recv(sys, fds[1], block, sizeof block, 0), (ssize_t)sizeof block);
    assert_int_equal(mask(fds[0]), EPOLLOUT);
    closed(fds[0]);
    closed(fds[1]);
}

static void packets_are_listened_for(void **state) {
    (void)state;
    struct sockaddr_un un = {.sun_family = AF_UNIX}, got;
    snprintf(un.sun_path, sizeof un.sun_path, "/tmp/retick-packets-%d", (int)getpid());
    const struct sockaddr *a = (struct sockaddr *)&un;
    int l = sys->ops->socket(sys, AF_UNIX, SOCK_SEQPACKET, 0), c = sys->ops->socket(sys, AF_UNIX, SOCK_SEQPACKET, 0);
    int other = sys->ops->socket(sys, AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(mask(c), EPOLLOUT | EPOLLHUP);
    assert_int_equal(put(c, "x"), -ENOTCONN);
    assert_int_equal(get(c, 1), -ENOTCONN);
    assert_int_equal(sys->ops->sendto(sys, c, "x", 1, 0, a, sizeof un), -ENOTCONN); // a destination is nothing to it
    assert_int_equal(sys->ops->bind(sys, l, a, sizeof un), 0);
    assert_int_equal(sys->ops->connect(sys, c, a, sizeof un), -ECONNREFUSED);
    assert_int_equal(sys->ops->listen(sys, l, 4), 0);
    assert_int_equal(sys->ops->connect(sys, other, a, sizeof un), -EPROTOTYPE);
    assert_int_equal(sys->ops->connect(sys, c, a, sizeof un), 0);
    assert_int_equal(sys->ops->connect(sys, c, a, sizeof un), -EISCONN);
    assert_int_equal(put(c, "early"), 5);
    assert_int_equal(sys->ops->sendto(sys, c, "x", 1, 0, a, sizeof un), 1);
    int s = accept_one(l);
    assert_true(s >= 0);
    socklen_t size = sizeof got;
    char bytes[8];
    assert_int_equal(put(s, "back"), 4);
    assert_int_equal(sys->ops->recvfrom(sys, c, bytes, 8, 0, (struct sockaddr *)&got, &size), 4);
    assert_string_equal(got.sun_path, un.sun_path);
    assert_int_equal(get(s, 8), 5);
    closed(s); // with one unread
    assert_int_equal(get(c, 8), -ECONNRESET);
    assert_int_equal(get(c, 8), 0);
    closed(c);
    closed(l);
    closed(other);
    assert_int_equal(sys->ops->unlink(sys, un.sun_path), 0);
}

// --- SCM_RIGHTS ---

struct packet {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(300 * sizeof(int))];
    char text[16];
    struct iovec part;
    struct msghdr message;
};

static struct msghdr *packet(struct packet *p, size_t bytes, size_t control) {
    memset(p, 0, sizeof *p);
    p->part = (struct iovec){p->text, bytes};
    p->message = (struct msghdr){.msg_iov = &p->part, .msg_iovlen = 1, .msg_control = p->control, .msg_controllen = control};
    return &p->message;
}

static ssize_t give(int over, const char *text, const int *fds, size_t count) {
    struct packet p;
    struct msghdr *message = packet(&p, strlen(text), CMSG_SPACE(count * sizeof(int)));
    memcpy(p.text, text, strlen(text));
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    *header = (struct cmsghdr){.cmsg_len = CMSG_LEN(count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(header), fds, count * sizeof(int));
    return sys->ops->sendmsg(sys, over, message, 0);
}

// Receives up to `bytes` with room for so many fds: how many came, into out; *n the bytes, *flags without MSG_CMSG_CLOEXEC.
static size_t take(int over, size_t bytes, size_t room, int with, int *out, ssize_t *n, int *flags) {
    struct packet p;
    struct msghdr *message = packet(&p, bytes, room ? CMSG_LEN(room * sizeof(int)) : 0);
    *n = sys->ops->recvmsg(sys, over, message, with);
    *flags = *n < 0 ? 0 : message->msg_flags & ~MSG_CMSG_CLOEXEC;
    const struct cmsghdr *header = *n < 0 ? NULL : CMSG_FIRSTHDR(message);
    if (!header)
        return 0;
    assert_int_equal(header->cmsg_level, SOL_SOCKET);
    assert_int_equal(header->cmsg_type, SCM_RIGHTS);
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(out, CMSG_DATA(header), count * sizeof(int));
    return count;
}

static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};

static void fds_travel(void **state) {
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        int over[2], pipe[2], got[4] = {-1, -1, -1, -1}, flags;
        ssize_t n;
        unix_pair(types[i], over);
        assert_int_equal(sys->ops->pipe(sys, pipe), 0);
        assert_int_equal(give(over[0], "ab", (int[]){pipe[0], pipe[1], pipe[1]}, 3), 2);
        closed(pipe[0]); // the message has them still
        closed(pipe[1]);
        assert_int_equal(take(over[1], 8, 4, 0, got, &n, &flags), 3);
        assert_int_equal(n, 2);
        assert_int_equal(flags, 0);
        assert_int_equal(sys->ops->fcntl(sys, got[0], F_GETFD, 0), FD_CLOEXEC);
        assert_int_equal(sys->ops->write(sys, got[1], "x", 1), 1);
        closed(got[1]);
        assert_int_equal(mask(got[0]), EPOLLIN);
        closed(got[2]); // the last of its writers
        assert_int_equal(mask(got[0]), EPOLLIN | EPOLLHUP);
        closed(got[0]);
        closed(over[0]);
        closed(over[1]);
    }
}

static void fds_are_closed_with_what_nobody_reads(void **state) {
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        int over[2], pipe[2], got[2], flags;
        ssize_t n;
        char bytes[4];
        unix_pair(types[i], over);
        assert_int_equal(sys->ops->pipe(sys, pipe), 0);
        assert_int_equal(give(over[0], "a", &pipe[1], 1), 1);
        assert_int_equal(give(over[0], "b", &pipe[1], 1), 1);
        assert_int_equal(give(over[0], "c", &pipe[1], 1), 1);
        closed(pipe[1]);
        assert_int_equal(mask(pipe[0]), 0);
        assert_int_equal(sys->ops->recv(sys, over[1], bytes, 1, 0), 1); // no room at all
        assert_int_equal(take(over[1], 1, 0, 0, got, &n, &flags), 0);
        assert_int_equal(flags, MSG_CTRUNC);
        assert_int_equal(mask(pipe[0]), 0);
        closed(over[1]);
        assert_int_equal(mask(pipe[0]), EPOLLHUP);
        closed(over[0]);
        closed(pipe[0]);
    }
}

static void fds_bound_a_read_of_a_stream(void **state) {
    (void)state;
    int over[2], got[4], flags, event = sys->ops->eventfd(sys, 3, 0);
    ssize_t n;
    char bytes[16];
    unix_pair(SOCK_STREAM, over);
    assert_int_equal(put(over[0], "ab"), 2);
    assert_int_equal(give(over[0], "cd", &event, 1), 2);
    assert_int_equal(put(over[0], "ef"), 2);
    assert_int_equal(give(over[0], "gh", &event, 1), 2);
    assert_int_equal(take(over[1], 1, 2, 0, got, &n, &flags), 0); // not there yet
    assert_int_equal(n, 1);
    assert_int_equal(take(over[1], 16, 2, MSG_PEEK, got, &n, &flags), 1); // one more
    assert_int_equal(n, 3);
    closed(got[0]);
    assert_int_equal(take(over[1], 2, 2, 0, got, &n, &flags), 1); // with the first of its bytes
    assert_int_equal(n, 2);
    uint64_t value = 0;
    assert_int_equal(sys->ops->read(sys, got[0], &value, 8), 8);
    assert_int_equal(value, 3);
    closed(got[0]);
    assert_int_equal(sys->ops->read(sys, over[1], bytes, 16), 5); // and up to the end of the next
    assert_int_equal(sys->ops->read(sys, over[1], bytes, 16), -EAGAIN);
    assert_int_equal(give(over[0], "", &event, 1), 0); // without a byte, nothing is sent
    assert_int_equal(mask(over[1]), EPOLLOUT);
    closed(over[0]);
    closed(over[1]);
    closed(event);
}

static void what_is_no_fd_is_refused(void **state) {
    (void)state;
    if (on_imitation())
        skip();
    int over[2], many[300], got[4], flags;
    ssize_t n;
    unix_pair(SOCK_DGRAM, over);
    int event = sys->ops->eventfd(sys, 0, 0);
    for (int i = 0; i < 300; i++)
        many[i] = event;
    assert_int_equal(give(over[0], "x", (int[]){event, 999}, 2), -EBADF);
    assert_int_equal(give(over[0], "x", many, 254), -EINVAL);
    struct packet p;
    struct msghdr *message = packet(&p, 1, CMSG_SPACE(sizeof(int)));
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    *header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = 77};
    assert_int_equal(sys->ops->sendmsg(sys, over[0], message, 0), -EINVAL);
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(99);
    assert_int_equal(sys->ops->sendmsg(sys, over[0], message, 0), -EINVAL);
    header->cmsg_len = CMSG_LEN(0);
    assert_int_equal(sys->ops->sendmsg(sys, over[0], message, 0), 1); // none at all
    assert_int_equal(take(over[1], 1, 1, 0, got, &n, &flags), 0);
    header->cmsg_level = IPPROTO_TCP; // somebody else's
    header->cmsg_len = CMSG_LEN(sizeof(int));
    assert_int_equal(sys->ops->sendmsg(sys, over[0], message, 0), 1);
    assert_int_equal(take(over[1], 1, 1, 0, got, &n, &flags), 0);
    assert_int_equal(give(over[0], "x", (int[]){event, over[0], event}, 3), 1); // room for two
    assert_int_equal(take(over[1], 1, 2, 0, got, &n, &flags), 2);
    assert_int_equal(flags, MSG_CTRUNC);
    closed(got[0]);
    closed(got[1]);
    closed(over[0]);
    closed(over[1]);
    closed(event);
}

// Waits until a pipe has lost its last writer: Linux looks for sockets that nobody reaches some time after another one was closed.
static void hangs_up(int reader) {
    for (int i = 0; i < 20000 && !mask(reader); i++) {
        int over[2];
        unix_pair(SOCK_STREAM, over);
        closed(over[0]);
        closed(over[1]);
        assert_int_equal(sys->ops->sleep(sys, TICK_MS(1)), 0);
    }
    assert_int_equal(mask(reader), EPOLLHUP);
    closed(reader);
}

static void sockets_that_hold_each_other_up_are_closed(void **state) {
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        int one[2], two[2], pipe[2];
        assert_int_equal(sys->ops->pipe(sys, pipe), 0);
        unix_pair(types[i], one); // into its own queue
        assert_int_equal(give(one[0], "x", (int[]){one[1], pipe[1]}, 2), 1);
        assert_int_equal(give(one[0], "x", &one[0], 1), 1);
        closed(pipe[1]);
        closed(one[0]);
        assert_int_equal(mask(pipe[0]), 0); // somebody may still read
        closed(one[1]);
        hangs_up(pipe[0]);
        assert_int_equal(sys->ops->pipe(sys, pipe), 0);
        unix_pair(types[i], one); // each in the other's
        unix_pair(types[i], two);
        assert_int_equal(give(one[0], "x", (int[]){two[1], two[0]}, 2), 1);
        assert_int_equal(give(two[0], "x", (int[]){one[1], one[0], pipe[1]}, 3), 1);
        closed(pipe[1]);
        closed(one[0]);
        closed(one[1]);
        closed(two[0]);
        closed(two[1]);
        hangs_up(pipe[0]);
        assert_int_equal(sys->ops->pipe(sys, pipe), 0);
        unix_pair(types[i], one); // one within the other, a chain
        unix_pair(types[i], two);
        assert_int_equal(give(two[0], "x", &pipe[1], 1), 1);
        assert_int_equal(give(one[0], "x", &two[1], 1), 1);
        closed(pipe[1]);
        closed(two[0]);
        closed(two[1]);
        assert_int_equal(mask(pipe[0]), 0);
        closed(one[1]);
        hangs_up(pipe[0]);
        closed(one[0]);
        if (types[i] == SOCK_DGRAM)
            continue;
        struct sockaddr_un un = {.sun_family = AF_UNIX};
        assert_int_equal(sys->ops->pipe(sys, pipe), 0);
        int listening = sys->ops->socket(sys, AF_UNIX, types[i], 0), fd = sys->ops->socket(sys, AF_UNIX, types[i], 0);
        socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
                                     (size_t)snprintf(un.sun_path + 1, 32, "retick-%d-lost", (int)getpid()));
        assert_int_equal(sys->ops->bind(sys, listening, (struct sockaddr *)&un, size), 0);
        assert_int_equal(sys->ops->listen(sys, listening, 4), 0);
        assert_int_equal(sys->ops->connect(sys, fd, (struct sockaddr *)&un, size), 0);
        assert_int_equal(give(fd, "x", (int[]){listening, pipe[1]}, 2), 1); // to a connection that only the listener could accept
        closed(pipe[1]);
        closed(listening);
        closed(fd);
        hangs_up(pipe[0]);
    }
    if (sys == &sim_calls.sys) {
        assert_int_equal(tick_kernel_fds_in_flight(sim_calls.kernel, 0), 0);
        assert_int_equal(tick_kernel_open_fds(sim_calls.kernel, 0), 0);
    }
}

// A connection goes on while it is in a message, and ends with it.
static void connections_travel(void **state) {
    (void)state;
    int over[2], got[2], flags;
    ssize_t n;
    struct pair p = pair();
    unix_pair(SOCK_STREAM, over);
    int epfd = sys->ops->epoll_create(sys);
    assert_int_equal(control(epfd, EPOLL_CTL_ADD, p.near, EPOLLIN), 0);
    assert_int_equal(give(over[0], "x", &p.near, 1), 1);
    closed(p.near);
    assert_int_equal(put(p.far, "hello"), 5);
    assert_int_equal(report(epfd, TICK_SEC(1)), EPOLLIN); // it is registered as long as the description lives
    assert_int_equal(take(over[1], 1, 1, 0, got, &n, &flags), 1);
    becomes(got[0], EPOLLIN | EPOLLOUT);
    assert_int_equal(get(got[0], 9), 5);
    assert_int_equal(give(over[0], "x", &got[0], 1), 1);
    closed(got[0]);
    becomes(p.far, EPOLLOUT);
    closed(over[1]);
    becomes(p.far, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    assert_int_equal(get(p.far, 1), 0);
    closed(over[0]);
    closed(epfd);
    closed(p.far);
    closed(p.listener);
}

// Whoever waits for room in a queue is told of it while a message has it, and keeps its registration.
static void who_waits_for_room_travels(void **state) {
    (void)state;
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
                                       (size_t)snprintf(un.sun_path + 1, 32, "retick-%d-room", (int)getpid()));
    int over[2], got[2], flags, epfd = sys->ops->epoll_create(sys);
    int receiver = sys->ops->socket(sys, AF_UNIX, SOCK_DGRAM, 0), sender = sys->ops->socket(sys, AF_UNIX, SOCK_DGRAM, 0),
        filler = sys->ops->socket(sys, AF_UNIX, SOCK_DGRAM, 0);
    ssize_t n;
    assert_int_equal(sys->ops->bind(sys, receiver, (struct sockaddr *)&un, size), 0);
    assert_int_equal(sys->ops->connect(sys, sender, (struct sockaddr *)&un, size), 0);
    assert_int_equal(sys->ops->connect(sys, filler, (struct sockaddr *)&un, size), 0);
    while ((n = put(filler, "x")) == 1) // another's: of one's own that is read, one is told in any case
        ;
    assert_int_equal(n, -EAGAIN);
    assert_int_equal(put(sender, "x"), -EAGAIN);
    assert_int_equal(control(epfd, EPOLL_CTL_ADD, sender, EPOLLOUT | EPOLLET), 0);
    assert_int_equal(report(epfd, 0), 0);
    unix_pair(SOCK_STREAM, over);
    for (int i = 0; i < 2; i++)
        assert_int_equal(give(over[0], "x", &sender, 1), 1);
    closed(sender);
    assert_int_equal(get(receiver, 1), 1);
    assert_int_equal(report(epfd, 0), EPOLLOUT);
    assert_int_equal(take(over[1], 1, 1, 0, got, &n, &flags), 1);
    assert_int_equal(put(got[0], "x"), 1);
    assert_int_equal(put(got[0], "x"), -EAGAIN);
    closed(got[0]);
    assert_int_equal(report(epfd, 0), 0);
    closed(receiver);
    assert_int_equal(report(epfd, 0), EPOLLOUT); // the other message has it
    closed(filler);
    closed(over[0]);
    closed(over[1]);
    closed(epfd);
}

// --- F_SETPIPE_SZ ---

static void pipes_change_their_size(void **state) {
    (void)state;
    static char block[200000];
    int fds[2], over[2];
    assert_int_equal(sys->ops->pipe(sys, fds), 0);
    assert_int_equal(sys->ops->fcntl(sys, fds[0], F_GETPIPE_SZ, 0), 65536);
    assert_int_equal(sys->ops->fcntl(sys, fds[1], F_SETPIPE_SZ, 1), 4096);
    assert_int_equal(sys->ops->fcntl(sys, fds[0], F_GETPIPE_SZ, 0), 4096);
    assert_int_equal(sys->ops->write(sys, fds[1], block, 10000), 4096);
    assert_int_equal(mask(fds[1]), 0);
    assert_int_equal(sys->ops->fcntl(sys, fds[0], F_SETPIPE_SZ, 10000), 16384); // a power of two
    assert_int_equal(mask(fds[1]), EPOLLOUT);
    assert_int_equal(sys->ops->write(sys, fds[1], block, 5000), 5000);
    assert_int_equal(sys->ops->fcntl(sys, fds[0], F_SETPIPE_SZ, 8192), -EBUSY); // three buffers are in use
    assert_int_equal(sys->ops->read(sys, fds[0], block, 3000), 3000);
    assert_int_equal(sys->ops->fcntl(sys, fds[0], F_SETPIPE_SZ, 0), -EBUSY);
    assert_int_equal(sys->ops->read(sys, fds[0], block, 2000), 2000);
    assert_int_equal(sys->ops->fcntl(sys, fds[0], F_SETPIPE_SZ, 8192), 8192);
    assert_int_equal(sys->ops->read(sys, fds[0], block, sizeof block), 4096);
    assert_int_equal(sys->ops->fcntl(sys, fds[0], F_SETPIPE_SZ, 1 << 18), 1 << 18);
    assert_int_equal(sys->ops->write(sys, fds[1], block, sizeof block), (ssize_t)sizeof block);
    assert_int_equal(sys->ops->read(sys, fds[0], block, sizeof block), (ssize_t)sizeof block);
    assert_int_equal(sys->ops->fcntl(sys, fds[0], F_SETPIPE_SZ, -1), -EINVAL);
    unix_pair(SOCK_STREAM, over);
    assert_int_equal(sys->ops->fcntl(sys, over[0], F_SETPIPE_SZ, 4096), -EBADF);
    closed(over[0]);
    closed(over[1]);
    closed(fds[0]);
    closed(fds[1]);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        BOTH(packets_keep_their_bounds),
        BOTH(packets_fill_a_buffer),
        BOTH(packets_are_listened_for),
        BOTH(fds_travel),
        BOTH(fds_are_closed_with_what_nobody_reads),
        BOTH(fds_bound_a_read_of_a_stream),
        BOTH(what_is_no_fd_is_refused),
        BOTH(sockets_that_hold_each_other_up_are_closed),
        BOTH(connections_travel),
        BOTH(who_waits_for_room_travels),
        BOTH(pipes_change_their_size),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(sim_calls.kernel);
    return failed;
}
