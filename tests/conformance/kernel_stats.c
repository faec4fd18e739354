// fstat of what is no file of a disk, and sendfile, on Linux and on the simulated kernel. The latter's calls are the kernels' own, as the
// seam has none.
// links: tick_kernel tick_os
#include "tests/conformance/both_kernels.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static struct stat stat_of(int fd) {
    struct stat s;
    assert_int_equal(sys->ops->fstat(sys, fd, &s), 0);
    return s;
}

static bool same(int a, int b) {
    const struct stat one = stat_of(a), other = stat_of(b);
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static void of_sockets(void **state) {
    (void)state;
    struct pair p = pair();
    int udp = sys->ops->socket(sys, AF_INET, SOCK_DGRAM, 0), fds[2], all[6] = {p.listener, p.near, p.far, udp};
    assert_int_equal(sys->ops->socketpair(sys, AF_UNIX, SOCK_STREAM, 0, fds), 0);
    all[4] = fds[0];
    all[5] = fds[1];
    put(p.near, "x");
    for (int i = 0; i < 6; i++) {
        const struct stat s = stat_of(all[i]);
        assert_int_equal(s.st_mode, S_IFSOCK | 0777);
        assert_int_equal(s.st_nlink, 1);
        assert_int_equal(s.st_size, 0);
        assert_int_equal(s.st_blksize, 4096);
        for (int j = 0; j < 6; j++) {
            assert_int_equal(same(all[i], all[j]), i == j);
            assert_int_equal(s.st_dev, stat_of(all[j]).st_dev);
        }
    }
    int copy = sys->ops->dup(sys, p.far);
    assert_true(same(copy, p.far));
    closed(copy);
    closed(udp);
    closed(fds[0]);
    closed(fds[1]);
    pair_end(p);
}

// A socket is the same one before and after it connects, and connects elsewhere.
static void a_socket_stays_the_same(void **state) {
    (void)state;
    uint16_t port;
    int l = listener(&port), fd = make();
    const struct sockaddr none = {.sa_family = AF_UNSPEC};
    const struct stat before = stat_of(fd);
    for (int times = 0; times < 2; times++) {
        assert_int_equal(connect_to(fd, port), -EINPROGRESS);
        becomes(fd, EPOLLOUT);
        becomes(l, EPOLLIN);
        int far = accept_one(l);
        assert_true(stat_of(fd).st_ino == before.st_ino);
        assert_false(same(far, fd));
        assert_int_equal(sys->ops->connect(sys, fd, &none, sizeof none), 0);
        assert_true(stat_of(fd).st_ino == before.st_ino);
        closed(far);
    }
    closed(fd);
    closed(l);
}

static void of_pipes(void **state) {
    (void)state;
    int a[2], b[2];
    assert_int_equal(sys->ops->pipe(sys, a), 0);
    assert_int_equal(sys->ops->pipe(sys, b), 0);
    assert_int_equal(sys->ops->write(sys, a[1], "abc", 3), 3);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(stat_of(a[i]).st_mode, S_IFIFO | 0600);
        assert_int_equal(stat_of(a[i]).st_size, 0);
        assert_int_equal(stat_of(a[i]).st_nlink, 1);
    }
    assert_true(same(a[0], a[1])); // one inode has two ends
    assert_false(same(a[0], b[0]));
    const struct stat was = stat_of(a[1]);
    closed(a[0]);
    assert_true(stat_of(a[1]).st_ino == was.st_ino);
    closed(a[1]);
    closed(b[0]);
    closed(b[1]);
}

static void of_what_has_no_inode(void **state) {
    (void)state;
    int all[] = {sys->ops->eventfd(sys, 0, 0), sys->ops->epoll_create(sys), sys->ops->timerfd(sys, CLOCK_MONOTONIC)};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(stat_of(all[i]).st_mode, 0600);
        assert_int_equal(stat_of(all[i]).st_nlink, 1);
        assert_true(same(all[i], all[0]));
    }
    int fd = make();
    assert_false(same(fd, all[0]));
    closed(fd);
    for (int i = 0; i < 3; i++)
        closed(all[i]);
}

// --- sendfile ---

static ssize_t sends(int out, int in, int64_t *offset, size_t count) {
    if (sys != &linux_calls.sys)
        return sim_settled(sys, tick_k_sendfile(sim_calls.kernel, 0, out, in, offset, count));
    off_t at = offset ? (off_t)*offset : 0;
    const ssize_t sent = sendfile(out, in, offset ? &at : NULL, count);
    if (offset)
        *offset = at;
    return sent < 0 ? -errno : sent;
}

static char path[64];

static int file_of(size_t size, int flags) {
    static char bytes[300000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)('a' + i % 23);
    snprintf(path, sizeof path, "/tmp/retick_stats_%d", (int)getpid());
    int fd = sys->ops->open(sys, path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(sys->ops->write(sys, fd, bytes, size), size);
    closed(fd);
    fd = sys->ops->open(sys, path, flags, 0);
    assert_true(fd >= 0);
    return fd;
}

static void file_end(int fd) {
    closed(fd);
    assert_int_equal(sys->ops->unlink(sys, path), 0);
}

static void takes(int fd, const char *wanted) {
    char bytes[64] = "";
    becomes(fd, EPOLLIN | EPOLLOUT);
    assert_int_equal(sys->ops->recv(sys, fd, bytes, sizeof bytes - 1, 0), strlen(wanted));
    assert_string_equal(bytes, wanted);
}

static void a_file_goes_to_a_socket(void **state) {
    (void)state;
    struct pair p = pair();
    int64_t at = 2;
    int fd = file_of(10, O_RDONLY);
    assert_int_equal(sends(p.near, fd, NULL, 4), 4); // at its position
    takes(p.far, "abcd");
    assert_int_equal(sends(p.near, fd, &at, 3), 3);
    assert_int_equal(at, 5);
    takes(p.far, "cde");
    assert_int_equal(sends(p.near, fd, NULL, 100), 6);
    takes(p.far, "efghij");
    assert_int_equal(sends(p.near, fd, NULL, 100), 0);
    assert_int_equal(sends(p.near, fd, NULL, 0), 0);
    assert_int_equal(sys->ops->lseek(sys, fd, 0, SEEK_CUR), 10);
    at = 10;
    assert_int_equal(sends(p.near, fd, &at, 1), 0);
    at = 99;
    assert_int_equal(sends(p.near, fd, &at, 1), 0);
    assert_int_equal(at, 99);
    file_end(fd);
    pair_end(p);
}

static void it_goes_to_pipes_and_files_too(void **state) {
    (void)state;
    int pipe[2], fds[2], fd = file_of(5, O_RDWR), other;
    int64_t at = 0;
    char bytes[8] = "";
    assert_int_equal(sys->ops->pipe(sys, pipe), 0);
    assert_int_equal(sys->ops->socketpair(sys, AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(sends(pipe[1], fd, &at, 5), 5);
    assert_int_equal(sys->ops->read(sys, pipe[0], bytes, sizeof bytes), 5);
    assert_string_equal(bytes, "abcde");
    at = 1;
    assert_int_equal(sends(fds[0], fd, &at, 5), 4);
    assert_int_equal(sys->ops->read(sys, fds[1], bytes, sizeof bytes), 4);
    assert_memory_equal(bytes, "bcde", 4);
    other = sys->ops->open(sys, path, O_RDWR, 0);
    assert_int_equal(sys->ops->lseek(sys, other, 5, SEEK_SET), 5);
    at = 0;
    assert_int_equal(sends(other, fd, &at, 2), 2);
    assert_int_equal(stat_of(fd).st_size, 7);
    closed(other);
    closed(pipe[0]);
    closed(pipe[1]);
    closed(fds[0]);
    closed(fds[1]);
    file_end(fd);
}

// A socket takes as many as it has room for, and then none; all of them arrive in the end.
static void more_than_there_is_room_for(void **state) {
    (void)state;
    struct pair p = pair();
    const size_t size = 300000;
    static char bytes[65536];
    int fd = file_of(size, O_RDONLY);
    int64_t at = 0;
    size_t sent = 0, got = 0;
    bool full = false;
    for (int i = 0; i < 40 && !full; i++) {
        at = 0;
        for (ssize_t n; (size_t)at < size && !full;) {
            n = sends(p.near, fd, &at, size - (size_t)at);
            full = n == -EAGAIN;
            assert_true(full || n > 0);
            sent += n > 0 ? (size_t)n : 0;
        }
    }
    assert_true(full);
    assert_int_equal(sent % size, at % (int64_t)size);
    while (got < sent) {
        ssize_t n = sys->ops->recv(sys, p.far, bytes, sizeof bytes, 0);
        assert_true(n > 0 || n == -EAGAIN);
        for (ssize_t i = 0; i < n; i++, got++)
            assert_int_equal(bytes[i], 'a' + got % size % 23);
        if (n < 0)
            becomes(p.far, EPOLLIN | EPOLLOUT);
    }
    file_end(fd);
    pair_end(p);
}

static void what_cannot_be_sent(void **state) {
    (void)state;
    int fds[2], fd = file_of(5, O_RDONLY), writes = sys->ops->open(sys, path, O_WRONLY, 0);
    int appends = sys->ops->open(sys, path, O_RDWR | O_APPEND, 0), event = sys->ops->eventfd(sys, 1, 0);
    int64_t at = 0, before = -1;
    assert_int_equal(sys->ops->socketpair(sys, AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(sends(fds[0], 999, NULL, 1), -EBADF);
    assert_int_equal(sends(999, fd, NULL, 1), -EBADF);
    assert_int_equal(sends(fds[0], writes, NULL, 1), -EBADF);
    assert_int_equal(sends(fd, fd, NULL, 1), -EBADF); // not opened for writing
    assert_int_equal(sends(appends, fd, NULL, 1), -EINVAL);
    assert_int_equal(sends(fds[0], fd, &before, 1), -EINVAL);
    assert_int_equal(sends(fds[0], fds[1], NULL, 1), -EINVAL); // from a socket
    assert_int_equal(sends(fds[0], fds[1], &at, 1), -ESPIPE);
    assert_int_equal(sends(event, fd, NULL, 8), -EINVAL);
    assert_int_equal(sends(fds[0], fd, NULL, (size_t)1 << 63), -EINVAL);
    closed(fds[1]);
    assert_int_equal(sends(fds[0], fd, NULL, 1), -EPIPE);
    assert_int_equal(sys->ops->lseek(sys, fd, 0, SEEK_CUR), 0);
    closed(fds[0]);
    closed(writes);
    closed(appends);
    closed(event);
    file_end(fd);
}

int main(void) {
    (void)signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        BOTH(of_sockets),
        BOTH(a_socket_stays_the_same),
        BOTH(of_pipes),
        BOTH(of_what_has_no_inode),
        BOTH(a_file_goes_to_a_socket),
        BOTH(it_goes_to_pipes_and_files_too),
        BOTH(more_than_there_is_room_for),
        BOTH(what_cannot_be_sent),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(sim_calls.kernel);
    return failed;
}
