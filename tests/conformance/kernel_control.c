// Ancillary data beside fds: who sent it (SCM_CREDENTIALS, SO_PEERCRED), and how a datagram came (IP_PKTINFO and its like), on Linux and on
// the simulated kernel.
// links: tick_kernel tick_os
#include "tests/conformance/both_kernels.h"
#include <sys/un.h>
#include <unistd.h>

static struct ucred own(void) {
    return sys == &sim_calls.sys ? (struct ucred){1, 1000, 1000} : (struct ucred){getpid(), geteuid(), getegid()};
}

static const struct ucred unknown = {0, 65534, 65534}, none = {0, (uid_t)-1, (gid_t)-1};

// One message's control data, as text: level/type=bytes, in order.
struct got {
    ssize_t n;
    int flags;
    size_t control;
    char bytes[64], text[512];
};

static struct got take(int fd, size_t most, size_t room, int flags) {
    _Alignas(struct cmsghdr) char control[256] = {0};
    struct got got = {0};
    struct iovec part = {got.bytes, most};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room ? control : NULL, .msg_controllen = room};
    got.n = sys->ops->recvmsg(sys, fd, &message, flags);
    got.flags = message.msg_flags & (MSG_CTRUNC | MSG_TRUNC);
    got.control = got.n < 0 ? 0 : message.msg_controllen;
    size_t used = 0;
    for (struct cmsghdr *h = got.n < 0 ? NULL : CMSG_FIRSTHDR(&message); h; h = CMSG_NXTHDR(&message, h)) {
        used += (size_t)snprintf(got.text + used, sizeof got.text - used, "%s%d/%d=", used ? " " : "", h->cmsg_level, h->cmsg_type);
        for (size_t i = 0; i < h->cmsg_len - CMSG_LEN(0); i++)
            used += (size_t)snprintf(got.text + used, sizeof got.text - used, "%02x", CMSG_DATA(h)[i]);
        for (size_t i = 0; h->cmsg_type == SCM_RIGHTS && h->cmsg_level == SOL_SOCKET && i < (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
             i++) {
            int came;
            memcpy(&came, CMSG_DATA(h) + i * sizeof came, sizeof came);
            closed(came);
            used -= 8;
            snprintf(got.text + used, sizeof got.text - used, "fd");
            used += 2;
        }
    }
    return got;
}

static ssize_t give(int fd, int level, int type, const void *data, size_t size, const void *to, socklen_t to_size) {
    _Alignas(struct cmsghdr) char control[128] = {0};
    struct iovec part = {"x", 1};
    struct msghdr message = {.msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control,
        .msg_controllen = CMSG_SPACE(size),
        .msg_name = (void *)to,
        .msg_namelen = to_size};
    *(struct cmsghdr *)(void *)control = (struct cmsghdr){.cmsg_len = CMSG_LEN(size), .cmsg_level = level, .cmsg_type = type};
    memcpy(CMSG_DATA((struct cmsghdr *)(void *)control), data, size);
    return sys->ops->sendmsg(sys, fd, &message, 0);
}

static const char *as_text(struct ucred creds) {
    static char text[40];
    const unsigned char *bytes = (const unsigned char *)&creds;
    size_t used = (size_t)snprintf(text, sizeof text, "1/2=");
    for (size_t i = 0; i < sizeof creds; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%02x", bytes[i]);
    return text;
}

static void passcred(int fd, int on) {
    assert_int_equal(set(fd, SOL_SOCKET, SO_PASSCRED, on), 0);
}

static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};

static void senders_are_told(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        int fds[2];
        assert_int_equal(sys->ops->socketpair(sys, AF_UNIX, types[i], 0, fds), 0);
        assert_int_equal(put(fds[0], "1"), 1);
        passcred(fds[1], 1);
        assert_string_equal(take(fds[1], 9, 99, 0).text, as_text(unknown)); // sent before anybody asked
        assert_int_equal(put(fds[0], "2"), 1);
        assert_string_equal(take(fds[1], 9, 99, MSG_PEEK).text, as_text(own()));
        assert_string_equal(take(fds[1], 9, 99, 0).text, as_text(own()));
        passcred(fds[1], 0);
        passcred(fds[0], 1); // the sender's own wish counts, too
        assert_int_equal(put(fds[0], "3"), 1);
        assert_int_equal(put(fds[0], "4"), 1);
        assert_string_equal(take(fds[1], 1, 99, 0).text, ""); // who does not ask is not told
        passcred(fds[1], 1);
        assert_string_equal(take(fds[1], 9, 99, 0).text, as_text(own()));
        closed(fds[0]);
        closed(fds[1]);
    }
}

static void senders_are_not_mixed(void **state) {
    (void)state;
    int fds[2];
    char bytes[9];
    assert_int_equal(sys->ops->socketpair(sys, AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(put(fds[0], "1"), 1);
    passcred(fds[1], 1);
    assert_int_equal(put(fds[0], "2"), 1);
    assert_int_equal(put(fds[0], "3"), 1);
    assert_int_equal(take(fds[1], 9, 99, MSG_PEEK).n, 1);
    assert_int_equal(sys->ops->recv(sys, fds[1], bytes, 9, 0), 1);
    assert_int_equal(take(fds[1], 9, 99, 0).n, 2);
    passcred(fds[1], 0);
    assert_int_equal(put(fds[0], "4"), 1);
    passcred(fds[1], 1);
    assert_int_equal(put(fds[0], "5"), 1);
    passcred(fds[1], 0);
    assert_int_equal(sys->ops->recv(sys, fds[1], bytes, 9, 0), 2); // who does not ask gets them in one
    passcred(fds[1], 1);
    assert_int_equal(sys->ops->shutdown(sys, fds[0], SHUT_WR), 0);
    assert_string_equal(take(fds[1], 9, 99, 0).text, as_text((struct ucred){0, 0, 0})); // the end has a sender, of a kind
    closed(fds[0]);
    closed(fds[1]);
}

static void said_by_the_sender(void **state) {
    (void)state;
    if (on_imitation())
        skip();
    const struct ucred mine = own();
    for (int i = 0; i < 3; i++) {
        int fds[2], fd = sys->ops->eventfd(sys, 0, 0);
        assert_int_equal(sys->ops->socketpair(sys, AF_UNIX, types[i], 0, fds), 0);
        assert_int_equal(give(fds[0], SOL_SOCKET, SCM_CREDENTIALS, &mine, sizeof mine, NULL, 0), 1);
        passcred(fds[1], 1); // they came along though nobody had asked
        assert_string_equal(take(fds[1], 9, 99, 0).text, as_text(mine));
        assert_int_equal(give(fds[0], SOL_SOCKET, SCM_CREDENTIALS, &mine, sizeof mine - 4, NULL, 0), -EINVAL);
        assert_int_equal(give(fds[0], SOL_SOCKET, SCM_CREDENTIALS, &mine, 0, NULL, 0), -EINVAL);
        assert_int_equal(give(fds[0], SOL_SOCKET, 99, &mine, 4, NULL, 0), -EINVAL);
        char both[64];
        for (size_t room = 0; room <= 64; room += 4) {
            assert_int_equal(give(fds[0], SOL_SOCKET, SCM_RIGHTS, &fd, sizeof fd, NULL, 0), 1);
            struct got got = take(fds[1], 9, room, 0);
            snprintf(both, sizeof both, "%s 1/1=fd", as_text(mine));
            if (room >= 52) // as much as the fd itself needs
                assert_string_equal(got.text, both);
            assert_int_equal(got.flags, room >= 52 ? 0 : MSG_CTRUNC);
            const size_t wanted = room < 16 ? 0 : room < 32 ? room : room < 52 ? 32 : room < 56 ? room : 56;
            assert_int_equal(got.control, wanted);
        }
        closed(fds[0]);
        closed(fds[1]);
        closed(fd);
    }
}

static void peer_is(int fd, struct ucred wanted) {
    struct ucred got;
    socklen_t size = sizeof got;
    assert_int_equal(sys->ops->getsockopt(sys, fd, SOL_SOCKET, SO_PEERCRED, &got, &size), 0);
    assert_int_equal(size, sizeof got);
    assert_memory_equal(&got, &wanted, sizeof got);
}

static struct sockaddr_un named(const char *what, socklen_t *size) {
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    int length = snprintf(un.sun_path + 1, sizeof un.sun_path - 1, "retick-%d-%s", (int)getpid(), what);
    *size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    return un;
}

static socklen_t name_size(int fd) {
    struct sockaddr_un un;
    socklen_t size = sizeof un;
    assert_int_equal(sys->ops->getsockname(sys, fd, (struct sockaddr *)&un, &size), 0);
    return size;
}

static void peers_are_known(void **state) {
    (void)state;
    socklen_t size;
    const struct sockaddr_un un = named("peer", &size);
    const struct sockaddr *name = (const struct sockaddr *)&un;
    int listening = sys->ops->socket(sys, AF_UNIX, SOCK_STREAM, 0), fd = sys->ops->socket(sys, AF_UNIX, SOCK_STREAM, 0), tcp = make();
    peer_is(fd, none);
    peer_is(tcp, none);
    assert_int_equal(sys->ops->bind(sys, listening, name, size), 0);
    peer_is(listening, none);
    assert_int_equal(sys->ops->listen(sys, listening, 4), 0);
    peer_is(listening, own());
    passcred(listening, 1);
    passcred(fd, 1);
    assert_int_equal(sys->ops->connect(sys, fd, name, size), 0);
    peer_is(fd, own());
    assert_true(name_size(fd) > sizeof(sa_family_t)); // who wants to know is known
    passcred(listening, 0);
    int far = accept_one(listening);
    peer_is(far, own());
    assert_int_equal(option(far, SOL_SOCKET, SO_PASSCRED), 1); // as its listener was when it connected
    closed(far);
    closed(fd);
    closed(listening);
    closed(tcp);
    int to = sys->ops->socket(sys, AF_UNIX, SOCK_DGRAM, 0);
    fd = sys->ops->socket(sys, AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(sys->ops->bind(sys, to, name, size), 0);
    assert_int_equal(sys->ops->connect(sys, fd, name, size), 0);
    peer_is(fd, none);
    assert_int_equal(name_size(fd), sizeof(sa_family_t));
    passcred(fd, 1);
    assert_int_equal(put(fd, "x"), 1);
    assert_true(name_size(fd) > sizeof(sa_family_t));
    closed(fd);
    closed(to);
}

// --- datagrams of the internet ---

static struct sockaddr_in6 six(const char *ip, uint16_t port) {
    struct sockaddr_in6 in = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    inet_pton(AF_INET6, ip, &in.sin6_addr);
    return in;
}

static void how_it_came(void **state) {
    (void)state;
    int fd = sys->ops->socket(sys, AF_INET, SOCK_DGRAM, 0), from = sys->ops->socket(sys, AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind_to(fd, 0), 0);
    const struct sockaddr_in to = loopback(port_of(fd));
    const socklen_t size = sizeof to;
    assert_int_equal(sys->ops->sendto(sys, from, "x", 1, 0, (const struct sockaddr *)&to, size), 1);
    set(fd, IPPROTO_IP, IP_PKTINFO, 1);
    assert_string_equal(take(fd, 9, 99, 0).text, "0/8=00000000000000007f000001"); // it came before that was asked
    set(fd, IPPROTO_IP, IP_RECVTTL, 1);
    set(fd, IPPROTO_IP, IP_RECVTOS, 1);
    set(from, IPPROTO_IP, IP_TTL, 9);
    set(from, IPPROTO_IP, IP_TOS, 16);
    assert_int_equal(sys->ops->sendto(sys, from, "x", 1, 0, (const struct sockaddr *)&to, size), 1);
    assert_string_equal(take(fd, 9, 99, 0).text, "0/8=010000007f0000017f000001 0/2=09000000 0/1=10");
    assert_int_equal(sys->ops->sendto(sys, from, "x", 1, 0, (const struct sockaddr *)&to, size), 1);
    struct got got = take(fd, 9, 30, 0);
    assert_string_equal(got.text, "0/8=010000007f0000017f000001");
    assert_int_equal(got.flags, MSG_CTRUNC);
    const int three = 3, zero = 0;
    const char letter = 'a';
    assert_int_equal(give(from, IPPROTO_IP, IP_TTL, &three, sizeof three, &to, size), 1);
    assert_int_equal(give(from, IPPROTO_IP, IP_TOS, &letter, 1, &to, size), 1);
    assert_string_equal(take(fd, 9, 99, 0).text, "0/8=010000007f0000017f000001 0/2=03000000 0/1=10");
    assert_string_equal(take(fd, 9, 99, 0).text, "0/8=010000007f0000017f000001 0/2=09000000 0/1=61");
    assert_int_equal(give(from, IPPROTO_IP, IP_TTL, &zero, sizeof zero, &to, size), -EINVAL);
    assert_int_equal(give(from, IPPROTO_IP, IP_TTL, &letter, 1, &to, size), -EINVAL);
    assert_int_equal(give(from, IPPROTO_IP, 99, &letter, 1, &to, size), -EINVAL);
    assert_int_equal(give(from, SOL_SOCKET, 999, &letter, 1, &to, size), -EINVAL);
    assert_int_equal(give(from, SOL_SOCKET, SCM_RIGHTS, &three, sizeof three, &to, size), 1); // of no meaning here
    assert_int_equal(give(from, IPPROTO_IPV6, IPV6_PKTINFO, &three, sizeof three, &to, size), 1);
    closed(fd);
    closed(from);
}

static void from_an_address_of_choice(void **state) {
    (void)state;
    int fd = sys->ops->socket(sys, AF_INET, SOCK_DGRAM, 0), from = sys->ops->socket(sys, AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind_to(fd, 0), 0);
    const struct sockaddr_in to = loopback(port_of(fd));
    struct sockaddr_in source;
    socklen_t size = sizeof source;
    struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(0x7f000009)};
    char byte;
    assert_int_equal(give(from, IPPROTO_IP, IP_PKTINFO, &info, sizeof info, &to, sizeof to), 1);
    assert_int_equal(sys->ops->recvfrom(sys, fd, &byte, 1, 0, (struct sockaddr *)&source, &size), 1);
    assert_int_equal(ntohl(source.sin_addr.s_addr), 0x7f000009);
    info.ipi_ifindex = 1;
    assert_int_equal(give(from, IPPROTO_IP, IP_PKTINFO, &info, sizeof info, &to, sizeof to), 1);
    info.ipi_ifindex = 77;
    assert_int_equal(give(from, IPPROTO_IP, IP_PKTINFO, &info, sizeof info, &to, sizeof to), -ENODEV);
    info = (struct in_pktinfo){.ipi_spec_dst.s_addr = htonl(0x08080808)};
    assert_int_equal(give(from, IPPROTO_IP, IP_PKTINFO, &info, sizeof info, &to, sizeof to), -ENETUNREACH);
    assert_int_equal(give(from, IPPROTO_IP, IP_PKTINFO, &info, sizeof info - 1, &to, sizeof to), -EINVAL);
    closed(fd);
    closed(from);
}

static void how_it_came_over_six(void **state) {
    (void)state;
    int fd = sys->ops->socket(sys, AF_INET6, SOCK_DGRAM, 0), from = sys->ops->socket(sys, AF_INET6, SOCK_DGRAM, 0), seven = 7, minus = -1,
        big = 256;
    struct sockaddr_in6 any = six("::", 0), source;
    socklen_t size = sizeof any;
    char byte;
    assert_int_equal(sys->ops->bind(sys, fd, (struct sockaddr *)&any, size), 0);
    assert_int_equal(sys->ops->getsockname(sys, fd, (struct sockaddr *)&any, &size), 0);
    const struct sockaddr_in6 to = six("::1", ntohs(any.sin6_port)), mapped = six("::ffff:127.0.0.1", ntohs(any.sin6_port));
    static const int asks[][2] = {{IPPROTO_IPV6, IPV6_RECVPKTINFO}, {IPPROTO_IPV6, IPV6_RECVHOPLIMIT}, {IPPROTO_IPV6, IPV6_RECVTCLASS},
        {IPPROTO_IP, IP_PKTINFO}, {IPPROTO_IP, IP_RECVTTL}, {IPPROTO_IP, IP_RECVTOS}};
    for (int i = 0; i < 6; i++)
        assert_int_equal(set(fd, asks[i][0], asks[i][1], 1), 0);
#define ONE "41/50=0000000000000000000000000000000101000000"
    assert_int_equal(sys->ops->sendto(sys, from, "x", 1, 0, (const struct sockaddr *)&to, size), 1);
    assert_string_equal(take(fd, 9, 200, 0).text, ONE " 41/52=40000000 41/67=00000000");
    assert_int_equal(give(from, IPPROTO_IPV6, IPV6_HOPLIMIT, &seven, sizeof seven, &to, size), 1);
    assert_string_equal(take(fd, 9, 200, 0).text, ONE " 41/52=07000000 41/67=00000000");
    assert_int_equal(give(from, IPPROTO_IPV6, IPV6_TCLASS, &seven, sizeof seven, &to, size), 1);
    assert_string_equal(take(fd, 9, 200, 0).text, ONE " 41/52=40000000 41/67=07000000");
    assert_int_equal(give(from, IPPROTO_IPV6, IPV6_HOPLIMIT, &minus, sizeof minus, &to, size), 1);
    assert_string_equal(take(fd, 9, 200, 0).text, ONE " 41/52=40000000 41/67=00000000");
    assert_int_equal(give(from, IPPROTO_IPV6, IPV6_HOPLIMIT, &big, sizeof big, &to, size), -EINVAL);
    assert_int_equal(give(from, IPPROTO_IPV6, 99, &big, sizeof big, &to, size), -EINVAL);
    assert_int_equal(give(from, IPPROTO_IP, IP_TTL, &seven, sizeof seven, &to, size), 1); // not this family's
    assert_string_equal(take(fd, 9, 200, 0).text, ONE " 41/52=40000000 41/67=00000000");
    struct in6_pktinfo info = {.ipi6_addr = to.sin6_addr};
    assert_int_equal(give(from, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info, &to, size), 1);
    assert_string_equal(take(fd, 9, 200, 0).text, ONE " 41/52=40000000 41/67=00000000");
    assert_int_equal(give(from, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info, &mapped, size), -EINVAL);
    info.ipi6_ifindex = 99;
    assert_int_equal(give(from, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info, &to, size), -ENODEV);
    info = (struct in6_pktinfo){.ipi6_addr = six("::2", 0).sin6_addr};
    assert_int_equal(give(from, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info, &to, size), -EINVAL);
#define MAPPED "41/50=00000000000000000000ffff7f00000101000000 0/8=010000007f0000017f000001"
    assert_int_equal(give(from, IPPROTO_IP, IP_TTL, &seven, sizeof seven, &mapped, size), 1);
    assert_string_equal(take(fd, 9, 200, 0).text, MAPPED " 0/2=07000000 0/1=00");
    info = (struct in6_pktinfo){.ipi6_addr = six("::ffff:127.0.0.7", 0).sin6_addr};
    assert_int_equal(give(from, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info, &mapped, size), 1);
    assert_int_equal(sys->ops->recvfrom(sys, fd, &byte, 1, 0, (struct sockaddr *)&source, &size), 1);
    assert_memory_equal(&source.sin6_addr, &info.ipi6_addr, 16);
    closed(fd);
    closed(from);
}

static void streams_take_no_notice(void **state) {
    (void)state;
    struct pair p = pair();
    const int one = 1;
    assert_int_equal(give(p.near, IPPROTO_IP, IP_TTL, &one, sizeof one, NULL, 0), 1);
    assert_int_equal(give(p.near, SOL_SOCKET, SCM_RIGHTS, &one, sizeof one, NULL, 0), 1);
    assert_int_equal(give(p.near, SOL_SOCKET, 999, &one, sizeof one, NULL, 0), -EINVAL);
    becomes(p.far, EPOLLIN | EPOLLOUT);
    assert_string_equal(take(p.far, 1, 99, 0).text, "");
    pair_end(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(senders_are_told),
        BOTH(senders_are_not_mixed),
        BOTH(said_by_the_sender),
        BOTH(peers_are_known),
        BOTH(how_it_came),
        BOTH(from_an_address_of_choice),
        BOTH(how_it_came_over_six),
        BOTH(streams_take_no_notice),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(sim_calls.kernel);
    return failed;
}
