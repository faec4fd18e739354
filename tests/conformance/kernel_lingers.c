// SO_LINGER with a time, on Linux and on the simulated kernel: what closes a connection waits until its end is acknowledged, whoever
// closes it and though no fd blocks; what ends the wait, and what does not begin one. The last tests are Linux's alone: what a process is.
// links: tick_kernel tick_os
// timeout: 120
#include "tests/conformance/both_kernels.h"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCK 65536
static char block[BLOCK];

static int64_t now(void) {
    return sys->ops->now(sys);
}

static void lingers(int fd, int seconds) {
    const struct linger linger = {1, seconds};
    assert_int_equal(sys->ops->setsockopt(sys, fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
}

// As many bytes as its buffer and the peer's take; how many.
static int64_t fill(int fd) {
    int64_t sent = 0, before = -1;
    while (sent != before) { // Linux moves some on meanwhile
        before = sent;
        for (ssize_t n; (n = sys->ops->send(sys, fd, block, BLOCK, 0)) > 0;)
            sent += n;
        (void)!sys->ops->sleep(sys, TICK_MS(20));
    }
    return sent;
}

// A pair whose near end lingers, with full buffers.
static struct pair full(int seconds, int64_t *sent) {
    struct pair p = pair();
    lingers(p.near, seconds);
    *sent = fill(p.near);
    return p;
}

// --- what somebody else does 200 ms later, again and again while it returns true ---

static struct {
    bool (*fn)(int fd);
    int fd;
    pthread_t thread;
} other;

static void on_the_sim(void *arg) {
    (void)arg;
    if (other.fn(other.fd))
        assert_int_equal(sim_later(sys, TICK_MS(1), on_the_sim, NULL), 0);
}

static void *on_a_thread(void *arg) {
    usleep(200000);
    while (other.fn(other.fd))
        usleep(1000);
    return arg;
}

static void later(bool (*fn)(int fd), int fd) {
    other.fn = fn;
    other.fd = fd;
    if (sys == &sim_calls.sys)
        assert_int_equal(sim_later(sys, TICK_MS(200), on_the_sim, NULL), 0);
    else
        assert_int_equal(pthread_create(&other.thread, NULL, on_a_thread, NULL), 0);
}

static void later_is_over(void) {
    if (sys != &sim_calls.sys)
        assert_int_equal(pthread_join(other.thread, NULL), 0);
}

static int64_t took(int64_t began, int64_t least, int64_t most) {
    const int64_t span = tick__until(now(), began);
    if (span < least || span > most)
        print_error("it took %lld ms\n", (long long)(span / TICK_MS(1)));
    assert_true(span >= least && span <= most);
    return span;
}

// The whole time, of a second, or of two one after the other. Linux's jiffies may be early.
static void took_seconds(int64_t began, int count) {
    const int64_t span = took(began, TICK_SEC(count) - TICK_MS(20), TICK_SEC(count) + TICK_MS(900));
    if (sys == &sim_calls.sys)
        assert_int_equal(span, TICK_SEC(count));
}

// Far less than a second: on Linux the end is acknowledged within 40 ms.
static void took_little(int64_t began) {
    if (sys == &sim_calls.sys)
        assert_int_equal(now(), began);
    else
        took(began, 0, TICK_MS(500));
}

// 200 ms, and some scheduling.
static void took_until_later(int64_t began) {
    took(began, TICK_MS(195), TICK_MS(900));
    later_is_over();
}

// --- tests ---

static void a_full_buffer_takes_the_whole_time(void **state) {
    (void)state;
    int64_t sent, began;
    struct pair p = full(1, &sent);
    began = now();
    closed(p.near);
    took_seconds(began, 1);
    int64_t got = 0; // all is there in the end
    for (ssize_t n; (n = sys->ops->recv(sys, p.far, block, BLOCK, 0)) != 0;) {
        assert_true(n > 0 || n == -EAGAIN);
        got += n > 0 ? n : 0;
        if (n < 0)
            (void)!sys->ops->sleep(sys, TICK_MS(1));
    }
    assert_int_equal(got, sent);
    closed(p.far);
    closed(p.listener);
}

static void what_the_peer_has_is_enough(void **state) {
    (void)state;
    struct pair p = pair();
    lingers(p.near, 5);
    int64_t began = now();
    closed(p.near);
    took_little(began);
    closed(p.far);
    closed(p.listener);
    p = pair(); // it need not have read
    lingers(p.near, 5);
    assert_int_equal(put(p.near, "abc"), 3);
    began = now();
    closed(p.near);
    took_little(began);
    assert_int_equal(get(p.far, 10), 3);
    assert_int_equal(get(p.far, 10), 0);
    closed(p.far);
    closed(p.listener);
    p = pair(); // nor is there anything to wait for after a reset
    lingers(p.near, 5);
    assert_int_equal(put(p.far, "abc"), 3);
    becomes(p.near, EPOLLIN | EPOLLOUT);
    began = now();
    closed(p.near);
    took_little(began);
    becomes(p.far, EPOLLIN | EPOLLOUT | EPOLLRDHUP | BROKEN);
    closed(p.far);
    closed(p.listener);
    int fd = make(); // or without a connection
    lingers(fd, 5);
    began = now();
    closed(fd);
    uint16_t port;
    fd = listener(&port);
    lingers(fd, 5);
    closed(fd);
    took_little(began);
}

static int64_t drained;
static bool drain(int fd) {
    ssize_t n;
    while ((n = sys->ops->recv(sys, fd, block, BLOCK, 0)) > 0)
        drained += n;
    return n == -EAGAIN;
}

static void a_reader_ends_it(void **state) {
    (void)state;
    int64_t sent;
    struct pair p = full(5, &sent);
    drained = 0;
    later(drain, p.far);
    int64_t began = now();
    closed(p.near);
    took_until_later(began);
    if (sys == &sim_calls.sys)
        while (drain(p.far))
            (void)!sys->ops->sleep(sys, TICK_MS(1));
    assert_int_equal(drained, sent);
    closed(p.far);
    closed(p.listener);
}

static bool close_it(int fd) {
    closed(fd);
    return false;
}

static void a_reset_ends_it(void **state) {
    (void)state;
    int64_t sent;
    struct pair p = full(5, &sent);
    later(close_it, p.far); // with unread bytes
    int64_t began = now();
    closed(p.near);
    took_until_later(began);
    closed(p.listener);
}

static void both_ends_may_have_ended(void **state) {
    (void)state;
    int64_t sent, began;
    struct pair p = full(1, &sent); // FIN_WAIT1
    assert_int_equal(sys->ops->shutdown(sys, p.near, SHUT_WR), 0);
    began = now();
    closed(p.near);
    took_seconds(began, 1);
    closed(p.far);
    closed(p.listener);
    p = full(1, &sent); // LAST_ACK
    assert_int_equal(sys->ops->shutdown(sys, p.far, SHUT_WR), 0);
    becomes(p.near, EPOLLIN | EPOLLRDHUP);
    began = now();
    closed(p.near);
    took_seconds(began, 1);
    closed(p.far);
    closed(p.listener);
}

static struct {
    int fd, epfd, named, reported;
} meanwhile;
static bool look(int far) {
    (void)far;
    struct tick_sys_event e;
    meanwhile.named = sys->ops->fcntl(sys, meanwhile.fd, F_GETFD, 0);
    meanwhile.reported = sys->ops->epoll_wait(sys, meanwhile.epfd, &e, 1, 0, 0);
    return false;
}

static void the_fd_is_free_meanwhile(void **state) {
    (void)state;
    int64_t sent;
    struct pair p = full(1, &sent);
    meanwhile.fd = p.near;
    meanwhile.epfd = sys->ops->epoll_create(sys);
    assert_int_equal(control(meanwhile.epfd, EPOLL_CTL_ADD, p.near, EPOLLIN), 0);
    later(look, p.far);
    int64_t began = now();
    closed(p.near);
    took_seconds(began, 1);
    later_is_over();
    assert_int_equal(meanwhile.named, -EBADF);
    assert_int_equal(meanwhile.reported, 0); // though it is EPOLLHUP by now
    closed(meanwhile.epfd);
    closed(p.far);
    closed(p.listener);
}

static void only_the_last_fd(void **state) {
    (void)state;
    int64_t sent, began;
    struct pair p = full(1, &sent);
    int copy = sys->ops->dup(sys, p.near), event = sys->ops->eventfd(sys, 0, 0);
    began = now();
    closed(p.near);
    took_little(began);
    began = now();
    assert_int_equal(sys->ops->dup2(sys, event, copy), copy); // closes it, and succeeds
    took_seconds(began, 1);
    assert_int_equal(sys->ops->fcntl(sys, copy, F_GETFD, 0), 0);
    closed(copy);
    closed(event);
    closed(p.far);
    closed(p.listener);
}

static void times(void **state) {
    (void)state;
    const struct linger set[] = {{1, 3}, {0, 5}, {7, 2147483647}};
    const int kinds[][2] = {{AF_INET, SOCK_STREAM}, {AF_INET, SOCK_DGRAM}, {AF_UNIX, SOCK_STREAM}};
    for (int kind = 0; kind < 3; kind++) {
        int fd = sys->ops->socket(sys, kinds[kind][0], kinds[kind][1], 0);
        for (int i = 0; i < 3; i++) {
            struct linger got;
            socklen_t size = sizeof got;
            assert_int_equal(sys->ops->setsockopt(sys, fd, SOL_SOCKET, SO_LINGER, &set[i], sizeof *set), 0);
            assert_int_equal(sys->ops->getsockopt(sys, fd, SOL_SOCKET, SO_LINGER, &got, &size), 0);
            assert_int_equal(got.l_onoff, i != 1);
            assert_int_equal(got.l_linger, i == 2 ? 2147483647 : 3); // switched off, the time stays
        }
        int64_t began = now();
        closed(fd);
        took_little(began);
    }
}

// --- fds in messages: whoever lets the last one go waits, for one after the other in their order ---

static void send_fds(int fd, const int *fds, size_t count) {
    _Alignas(struct cmsghdr) char control[64] = {0};
    struct iovec part = {block, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    const struct cmsghdr h = {.cmsg_len = CMSG_LEN(count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(control, &h, sizeof h);
    memcpy(control + CMSG_LEN(0), fds, count * sizeof(int));
    assert_int_equal(sys->ops->sendmsg(sys, fd, &message, 0), 1);
    for (size_t i = 0; i < count; i++) {
        int64_t began = now();
        closed(fds[i]);
        took_little(began);
    }
}

static bool pipe_ended;
static bool look_at_pipe(int fd) {
    pipe_ended = sys->ops->read(sys, fd, block, 1) == 0;
    return false;
}

static void whoever_drops_a_message(void **state) {
    (void)state;
    int64_t sent, began;
    int fds[2], ends[2];
    struct pair a = full(1, &sent), b = full(1, &sent), c = full(1, &sent), d = full(1, &sent);
    assert_int_equal(sys->ops->socketpair(sys, AF_UNIX, SOCK_DGRAM, 0, fds), 0);
    send_fds(fds[0], (int[]){a.near, b.near}, 2);
    began = now();
    assert_int_equal(get(fds[1], 1), 1);
    took_seconds(began, 2);
    for (int first = 0; first < 2; first++) { // what stands behind the connection waits for it
        const struct pair *p = first ? &c : &d;
        assert_int_equal(sys->ops->pipe(sys, ends), 0);
        send_fds(fds[0], (int[]){first ? ends[1] : p->near, first ? p->near : ends[1]}, 2);
        later(look_at_pipe, ends[0]);
        began = now();
        assert_int_equal(get(fds[1], 1), 1);
        took_seconds(began, 1);
        later_is_over();
        assert_int_equal(pipe_ended, first);
        assert_int_equal(sys->ops->read(sys, ends[0], block, 1), 0);
        closed(ends[0]);
    }
    struct pair e = full(1, &sent), f = full(1, &sent);
    send_fds(fds[0], &e.near, 1);
    send_fds(fds[0], &f.near, 1);
    began = now();
    closed(fds[1]);
    took_seconds(began, 2);
    closed(fds[0]);
    const struct pair all[] = {a, b, c, d, e, f};
    for (int i = 0; i < 6; i++) {
        closed(all[i].far);
        closed(all[i].listener);
    }
}

// --- on Linux only: the simulated kernel's own tests have these (kernel_processes, harness_lingers) ---

static void nothing(int signal) {
    (void)signal;
}

static void a_signal_ends_it(void **state) {
    (void)state;
    if (on_imitation())
        skip();
    for (int restarts = 0; restarts < 2; restarts++) {
        int64_t sent;
        struct pair p = full(5, &sent);
        const struct sigaction action = {.sa_handler = nothing, .sa_flags = restarts ? SA_RESTART : 0};
        assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
        const struct itimerval soon = {.it_value = {.tv_usec = 200000}};
        int64_t began = now();
        assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
        closed(p.near);
        took(began, TICK_MS(195), TICK_MS(900));
        closed(p.far);
        closed(p.listener);
    }
    assert_true(signal(SIGALRM, SIG_DFL) != SIG_ERR);
}

static void a_process_exits_at_once(void **state) {
    (void)state;
    if (on_imitation() || getenv("RETICK_GUEST")) // a guest starts no children
        skip();
    int64_t sent;
    struct pair p = full(5, &sent);
    int64_t began = now();
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        usleep(200000);
        _exit(7);
    }
    closed(p.near); // the child has the last fd
    took_little(began);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    took(began, TICK_MS(195), TICK_MS(900));
    drained = 0;
    while (drain(p.far)) // and what it sent comes
        usleep(1000);
    assert_int_equal(drained, sent);
    closed(p.far);
    closed(p.listener);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(a_full_buffer_takes_the_whole_time),
        BOTH(what_the_peer_has_is_enough),
        BOTH(a_reader_ends_it),
        BOTH(a_reset_ends_it),
        BOTH(both_ends_may_have_ended),
        BOTH(the_fd_is_free_meanwhile),
        BOTH(only_the_last_fd),
        BOTH(times),
        BOTH(whoever_drops_a_message),
        cmocka_unit_test_setup(a_signal_ends_it, on_linux),
        cmocka_unit_test_setup(a_process_exits_at_once, on_linux),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(sim_calls.kernel);
    return failed;
}
