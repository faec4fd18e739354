// Programs that receive by calls of their own: of datagrams, and of a stream by each call that there is.
#include <netinet/in.h>
#include <poll.h>
#include <retick.h>
#include <sys/uio.h>

static const struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = 0x5b1b}; // 7003, in the network's order

static int socket_at(struct tick_sys *sys, int type) {
    const int fd = sys->ops->socket(sys, AF_INET, type, 0);
    TICK_TRY(fd);
    TICK_TRY(sys->ops->bind(sys, fd, (const struct sockaddr *)&any, sizeof any));
    return fd;
}

static int wait_for(struct tick_sys *sys, int fd, short events) {
    struct pollfd one = {.fd = fd, .events = events};
    return sys->ops->poll(sys, &one, 1, -1);
}

// --- datagrams ---

static int takes_three(void *unused) {
    struct tick_sys *sys = tick_sys_running();
    const int fd = socket_at(sys, SOCK_DGRAM);
    (void)unused;
    TICK_TRY(fd);
    for (int i = 0; i < 3; i++) {
        char bytes[100];
        const int64_t begun = tick_time();
        TICK_TRY(wait_for(sys, fd, POLLIN));
        TICK_TRY((int)sys->ops->recv(sys, fd, bytes, sizeof bytes, 0));
        TICK_TRY(tick_check(!i || tick_time() - begun < TICK_MS(150), "datagram %d was late", i));
    }
    return sys->ops->close(sys, fd);
}

static int sends_three(void *unused) {
    struct tick_sys *sys = tick_sys_running();
    struct sockaddr_storage to;
    socklen_t size;
    (void)unused;
    const int fd = sys->ops->socket(sys, AF_INET, SOCK_DGRAM, 0);
    TICK_TRY(fd);
    TICK_TRY(sys->ops->resolve(sys, "server", 7003, &to, &size));
    for (int i = 0; i < 3; i++) {
        TICK_TRY((int)sys->ops->sendto(sys, fd, &"xyz"[i], 1, 0, (struct sockaddr *)&to, size));
        TICK_TRY(tick_sleep(TICK_MS(10)));
    }
    return sys->ops->close(sys, fd);
}

TICK_SCENARIO(datagrams, "one of three datagrams is late") {
    tick_host_add(world, "server", takes_three, NULL);
    tick_host_add(world, "client", sends_three, NULL);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_SEC(1));
}

// --- a stream ---

static int takes_all(void *unused) {
    struct tick_sys *sys = tick_sys_running();
    char bytes[16];
    struct iovec part = {bytes, 2};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    (void)unused;
    const int listener = socket_at(sys, SOCK_STREAM);
    TICK_TRY(listener);
    TICK_TRY(sys->ops->listen(sys, listener, 1));
    TICK_TRY(wait_for(sys, listener, POLLIN));
    const int fd = sys->ops->accept(sys, listener, NULL, NULL);
    TICK_TRY(fd);
    TICK_TRY(tick_sleep(TICK_MS(50)));
    TICK_TRY((int)sys->ops->recv(sys, fd, bytes, sizeof bytes, MSG_PEEK)); // takes nothing in
    const ssize_t all[] = {sys->ops->recv(sys, fd, bytes, 4, 0), sys->ops->readv(sys, fd, &part, 1),
        sys->ops->recvmsg(sys, fd, &message, 0), sys->ops->read(sys, fd, bytes, 2), sys->ops->recvfrom(sys, fd, bytes, 2, 0, NULL, NULL),
        sys->ops->read(sys, fd, bytes, 2)};
    TICK_TRY(tick_check(all[0] == 4 && all[1] == 2 && all[2] == 2 && all[3] == 2 && all[4] == 2 && all[5] == 0, "a call took otherwise"));
    return tick_check(false, "all is read");
}

static int sends_all(void *unused) {
    struct tick_sys *sys = tick_sys_running();
    struct sockaddr_storage to;
    socklen_t size;
    int error;
    (void)unused;
    const int fd = sys->ops->socket(sys, AF_INET, SOCK_STREAM, 0);
    TICK_TRY(fd);
    TICK_TRY(sys->ops->resolve(sys, "server", 7003, &to, &size));
    (void)sys->ops->connect(sys, fd, (struct sockaddr *)&to, size);
    TICK_TRY(wait_for(sys, fd, POLLOUT));
    size = sizeof error;
    TICK_TRY(sys->ops->getsockopt(sys, fd, SOL_SOCKET, SO_ERROR, &error, &size));
    for (int i = 0; i < 6; i++)
        TICK_TRY((int)sys->ops->send(sys, fd, "ab", 2, 0));
    return sys->ops->close(sys, fd);
}

TICK_SCENARIO(stream, "a stream that is read by each call") {
    tick_host_add(world, "server", takes_all, NULL);
    tick_host_add(world, "client", sends_all, NULL);
    tick_link_all(world, .latency = TICK_MS(1));
}
