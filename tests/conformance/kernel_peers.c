// Who is at the other end, and who sent it, where processes share sockets: SO_PEERCRED and SCM_CREDENTIALS on Linux, with children, and on
// the simulated kernel, with processes that have copies of the first one's fds. What is compared is whose pid it is.
// links: tick_kernel tick_os
#include "tests/conformance/both_kernels.h"
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t parent;

// SO_PEERCRED's.
static pid_t peer(int fd) {
    struct ucred got = {0};
    socklen_t size = sizeof got;
    return sys->ops->getsockopt(sys, fd, SOL_SOCKET, SO_PEERCRED, &got, &size) < 0 ? -1 : got.pid;
}

// A process knows its own pid from a socket that it makes.
static pid_t own(void) {
    int fds[2];
    if (sys->ops->socketpair(sys, AF_UNIX, SOCK_STREAM, 0, fds) < 0)
        return -1;
    const pid_t pid = peer(fds[0]);
    (void)!sys->ops->close(sys, fds[0]);
    (void)!sys->ops->close(sys, fds[1]);
    return pid;
}

// --- a child: what it comes to know, when it has ended ---

struct report {
    pid_t pid;
    int64_t said[4];
};

static struct report in_child(void (*fn)(struct report *report)) {
    struct report report = {0};
    int ends[2], status;
    if (sys == &sim_calls.sys) {
        sim_calls.process = tick_kernel_process_fork(sim_calls.kernel, 0);
        assert_true(sim_calls.process > 0);
        report.pid = own();
        fn(&report);
        tick_kernel_process_exit(sim_calls.kernel, sim_calls.process);
        sim_calls.process = 0;
        return report;
    }
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        report.pid = own();
        fn(&report);
        _exit(write(ends[1], &report, sizeof report) != (ssize_t)sizeof report || report.pid != getpid());
    }
    assert_int_equal(read(ends[0], &report, sizeof report), sizeof report);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(report.pid, child);
    close(ends[0]);
    close(ends[1]);
    return report;
}

// --- messages ---

static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
static int fds[2], listening;
static struct sockaddr_un un;
static socklen_t un_size;

static void begin(int type) {
    parent = own();
    if (sys != &sim_calls.sys)
        assert_int_equal(parent, getpid());
    assert_int_equal(sys->ops->socketpair(sys, AF_UNIX, type, 0, fds), 0);
}

static void end(void) {
    closed(fds[0]);
    closed(fds[1]);
}

// Receives what is there: how much it was; the sender's pid, -1 if it came without.
static ssize_t take(int fd, pid_t *from) {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))] = {0};
    char bytes[16];
    struct ucred creds = {.pid = -1};
    struct iovec part = {bytes, sizeof bytes};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t n = sys->ops->recvmsg(sys, fd, &message, 0);
    if (n >= 0 && message.msg_controllen)
        memcpy(&creds, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof creds);
    *from = creds.pid;
    return n;
}

static void takes(int fd, ssize_t count, pid_t wanted) {
    pid_t from;
    assert_int_equal(take(fd, &from), count);
    assert_int_equal(from, wanted);
}

// The other fields are the process's own, on either kernel.
static ssize_t claim(int fd, pid_t pid) {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))] = {0};
    struct iovec part = {"c", 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    const struct ucred creds = sys == &sim_calls.sys ? (struct ucred){pid, 1000, 1000} : (struct ucred){pid, geteuid(), getegid()};
    *CMSG_FIRSTHDR(&message) = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof creds), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_CREDENTIALS};
    memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &creds, sizeof creds);
    return sys->ops->sendmsg(sys, fd, &message, 0);
}

static void asks_and_sends(struct report *report) {
    report->said[0] = peer(fds[0]); // of who made the pair
    report->said[1] = sys->ops->send(sys, fds[0], "b", 1, 0);
    report->said[2] = sys->ops->write(sys, fds[0], "b", 1);
    report->said[3] = sys->ops->sendto(sys, fds[0], "b", 1, 0, NULL, 0);
}

static void whoever_sends_is_told(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        begin(types[i]);
        assert_int_equal(set(fds[1], SOL_SOCKET, SO_PASSCRED, 1), 0);
        assert_int_equal(put(fds[0], "a"), 1);
        const struct report child = in_child(asks_and_sends);
        assert_int_equal(put(fds[0], "c"), 1);
        assert_true(child.pid != parent);
        assert_int_equal(child.said[0], parent);
        for (int sent = 1; sent < 4; sent++)
            assert_int_equal(child.said[sent], 1);
        takes(fds[1], 1, parent); // one read takes what one process sent
        for (int sent = 0; sent < (types[i] == SOCK_STREAM ? 1 : 3); sent++)
            takes(fds[1], types[i] == SOCK_STREAM ? 3 : 1, child.pid); // though it has ended
        takes(fds[1], 1, parent);
        end();
    }
}

static void claims(struct report *report) {
    report->said[0] = claim(fds[0], own());
    report->said[1] = claim(fds[0], parent);
}

static void nobody_claims_to_be_another(void **state) {
    (void)state;
    const bool may = sys != &sim_calls.sys && !geteuid(); // root may be anybody
    for (int i = 0; i < 3; i++) {
        begin(types[i]);
        const struct report child = in_child(claims);
        assert_int_equal(child.said[0], 1);
        assert_int_equal(child.said[1], may ? 1 : -EPERM);
        assert_int_equal(set(fds[1], SOL_SOCKET, SO_PASSCRED, 1), 0);
        takes(fds[1], 1, child.pid);
        if (may)
            takes(fds[1], 1, parent);
        assert_int_equal(claim(fds[0], parent), 1);
        takes(fds[1], 1, parent);
        end();
    }
}

// --- connections ---

static void connects(struct report *report) {
    const int fd = sys->ops->socket(sys, AF_UNIX, SOCK_STREAM, 0);
    report->said[0] = sys->ops->connect(sys, fd, (struct sockaddr *)&un, un_size);
    report->said[1] = peer(fd);
}

static void listens(struct report *report) {
    report->said[0] = sys->ops->listen(sys, listening, 4);
    report->said[1] = peer(listening);
}

static void who_listens_and_who_connects(void **state) {
    (void)state;
    parent = own();
    un = (struct sockaddr_un){.sun_family = AF_UNIX};
    un_size =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)snprintf(un.sun_path + 1, 32, "retick-%d-peers", (int)getpid()));
    listening = sys->ops->socket(sys, AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(sys->ops->bind(sys, listening, (struct sockaddr *)&un, un_size), 0);
    assert_int_equal(sys->ops->listen(sys, listening, 4), 0);
    const struct report child = in_child(connects);
    assert_int_equal(child.said[0], 0);
    assert_int_equal(child.said[1], parent);
    int fd = accept_one(listening);
    assert_int_equal(peer(fd), child.pid); // who connected, though it has ended since
    closed(fd);
    const struct report other = in_child(listens);
    assert_true(other.pid != child.pid);
    assert_int_equal(other.said[0], 0);
    assert_int_equal(other.said[1], other.pid);
    fd = sys->ops->socket(sys, AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(sys->ops->connect(sys, fd, (struct sockaddr *)&un, un_size), 0);
    assert_int_equal(peer(fd), other.pid); // who called listen, not who accepts
    const int far = accept_one(listening);
    assert_int_equal(peer(far), parent);
    closed(far);
    closed(fd);
    closed(listening);
}

int main(void) {
    if (emulated())
        return 77; // an imitation's pids are its own affair
    const struct CMUnitTest tests[] = {
        BOTH(whoever_sends_is_told),
        BOTH(nobody_claims_to_be_another),
        BOTH(who_listens_and_who_connects),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(sim_calls.kernel);
    return failed;
}
