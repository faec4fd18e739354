// Files, names and descriptors, call by call, on Linux and on the simulated kernel.
// links: tick_kernel tick_os
#include "tests/conformance/both_kernels.h"
#include <dirent.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static char root[64], path_text[128], other_text[128];

// A directory of the test's own.
static const char *in_root(char *text, const char *name) {
    snprintf(text, 128, "%s/%s", root, name);
    return text;
}
#define PATH(name) in_root(path_text, name)
#define OTHER(name) in_root(other_text, name)

static void begin(void) {
    static int count;
    int made;
    do // a guest's pid is always the same
        snprintf(root, sizeof root, "/tmp/retick-files-%d-%d", (int)getpid(), ++count);
    while ((made = sys->ops->mkdir(sys, root, 0700)) == -EEXIST && count < 1000);
    assert_int_equal(made, 0);
}

static void end(void) {
    assert_int_equal(sys->ops->rmdir(sys, root), 0);
}

static int opened(const char *name, int flags) {
    int fd = sys->ops->open(sys, PATH(name), flags, 0600);
    assert_true(fd >= 0);
    return fd;
}

static int64_t size_of(int fd) {
    struct stat s;
    assert_int_equal(sys->ops->fstat(sys, fd, &s), 0);
    return s.st_size;
}

static void bytes_of_files(void **state) {
    (void)state;
    char bytes[16] = {0};
    begin();
    assert_int_equal(sys->ops->open(sys, PATH("a"), O_RDWR, 0), -ENOENT);
    int fd = opened("a", O_RDWR | O_CREAT | O_EXCL);
    assert_int_equal(sys->ops->open(sys, PATH("a"), O_RDWR | O_CREAT | O_EXCL, 0600), -EEXIST);
    assert_int_equal(sys->ops->read(sys, fd, bytes, 4), 0);
    assert_int_equal(sys->ops->write(sys, fd, "hello", 5), 5);
    assert_int_equal(sys->ops->read(sys, fd, bytes, 4), 0);
    assert_int_equal(sys->ops->pread(sys, fd, bytes, 4, 1), 4);
    assert_memory_equal(bytes, "ello", 4);
    assert_int_equal(sys->ops->pread(sys, fd, bytes, 4, -1), -EINVAL);
    assert_int_equal(sys->ops->pwrite(sys, fd, "J", 1, 0), 1);
    assert_int_equal(sys->ops->pwrite(sys, fd, "!", 1, 9000), 1); // a hole
    assert_int_equal(size_of(fd), 9001);
    assert_int_equal(sys->ops->pread(sys, fd, bytes, 4, 5000), 4);
    assert_memory_equal(bytes, "\0\0\0\0", 4);
    assert_int_equal(sys->ops->lseek(sys, fd, 0, SEEK_SET), 0);
    assert_int_equal(sys->ops->lseek(sys, fd, -1, SEEK_SET), -EINVAL);
    assert_int_equal(sys->ops->lseek(sys, fd, -1, SEEK_END), 9000);
    assert_int_equal(sys->ops->read(sys, fd, bytes, 4), 1);
    assert_int_equal(bytes[0], '!');
    int unread = 0;
    assert_int_equal(sys->ops->lseek(sys, fd, 8990, SEEK_SET), 8990);
    assert_int_equal(sys->ops->ioctl(sys, fd, FIONREAD, &unread), 0);
    assert_int_equal(unread, 11);
    assert_int_equal(sys->ops->ftruncate(sys, fd, 3), 0);
    assert_int_equal(sys->ops->ftruncate(sys, fd, 6), 0);
    assert_int_equal(sys->ops->pread(sys, fd, bytes, 16, 0), 6);
    assert_memory_equal(bytes, "Jel\0\0\0", 6);
    assert_int_equal(sys->ops->ftruncate(sys, fd, -1), -EINVAL);
    assert_int_equal(sys->ops->fsync(sys, fd), 0);
    assert_int_equal(sys->ops->fdatasync(sys, fd), 0);
    closed(fd);
    fd = opened("a", O_WRONLY | O_APPEND);
    assert_int_equal(sys->ops->read(sys, fd, bytes, 1), -EBADF);
    assert_int_equal(sys->ops->write(sys, fd, "xy", 2), 2);
    assert_int_equal(size_of(fd), 8);
    closed(fd);
    fd = opened("a", O_RDONLY);
    assert_int_equal(sys->ops->write(sys, fd, "x", 1), -EBADF);
    assert_int_equal(sys->ops->pwrite(sys, fd, "x", 1, 0), -EBADF);
    assert_int_equal(sys->ops->ftruncate(sys, fd, 0), -EINVAL);
    closed(fd);
    fd = opened("a", O_RDWR | O_TRUNC);
    assert_int_equal(size_of(fd), 0);
    int epfd = sys->ops->epoll_create(sys);
    assert_int_equal(control(epfd, EPOLL_CTL_ADD, fd, EPOLLIN), -EPERM);
    assert_int_equal(control(fd, EPOLL_CTL_ADD, fd, EPOLLIN), -EPERM); // before what is no epoll
    assert_int_equal(control(fd, EPOLL_CTL_ADD, epfd, EPOLLIN), -EINVAL);
    struct pollfd poll = {.fd = fd, .events = POLLIN | POLLOUT};
    assert_int_equal(sys->ops->poll(sys, &poll, 1, 0), 1);
    assert_int_equal(poll.revents, POLLIN | POLLOUT);
    closed(epfd);
    closed(fd);
    assert_int_equal(sys->ops->unlink(sys, PATH("a")), 0);
    end();
}

static void names(void **state) {
    (void)state;
    struct stat s;
    begin();
    assert_int_equal(sys->ops->mkdir(sys, PATH("d"), 0700), 0);
    assert_int_equal(sys->ops->mkdir(sys, PATH("d"), 0700), -EEXIST);
    assert_int_equal(sys->ops->mkdir(sys, PATH("none/d"), 0700), -ENOENT);
    assert_int_equal(sys->ops->open(sys, PATH("d"), O_WRONLY, 0), -EISDIR);
    closed(opened("d/f", O_WRONLY | O_CREAT));
    assert_int_equal(sys->ops->open(sys, PATH("d/f/x"), O_RDONLY, 0), -ENOTDIR);
    assert_int_equal(sys->ops->open(sys, PATH("d/f/"), O_RDONLY, 0), -ENOTDIR);
    assert_int_equal(sys->ops->open(sys, PATH("d/f"), O_RDONLY | O_DIRECTORY, 0), -ENOTDIR);
    assert_int_equal(sys->ops->open(sys, "", O_RDONLY, 0), -ENOENT);
    assert_int_equal(sys->ops->rmdir(sys, PATH("d")), -ENOTEMPTY);
    assert_int_equal(sys->ops->rmdir(sys, PATH("d/f")), -ENOTDIR);
    assert_int_equal(sys->ops->unlink(sys, PATH("d")), -EISDIR);
    assert_int_equal(sys->ops->unlink(sys, PATH("none")), -ENOENT);
    assert_int_equal(sys->ops->stat(sys, PATH("d/../d/./f"), &s), 0);
    assert_true(S_ISREG(s.st_mode));
    assert_int_equal(s.st_nlink, 1);
    assert_int_equal(sys->ops->stat(sys, PATH("d"), &s), 0);
    assert_true(S_ISDIR(s.st_mode));
    assert_int_equal(sys->ops->rename(sys, PATH("d/f"), OTHER("g")), 0);
    assert_int_equal(sys->ops->stat(sys, PATH("d/f"), &s), -ENOENT);
    assert_int_equal(sys->ops->rename(sys, PATH("g"), OTHER("d")), -EISDIR);
    assert_int_equal(sys->ops->rename(sys, PATH("d"), OTHER("g")), -ENOTDIR);
    assert_int_equal(sys->ops->rename(sys, PATH("d"), OTHER("d/e")), -EINVAL);
    assert_int_equal(sys->ops->rename(sys, PATH("none"), OTHER("e")), -ENOENT);
    int kept = opened("h", O_RDWR | O_CREAT), value = 0;
    assert_int_equal(sys->ops->write(sys, kept, "old", 3), 3);
    assert_int_equal(sys->ops->rename(sys, PATH("g"), OTHER("h")), 0);
    assert_int_equal(sys->ops->pread(sys, kept, &value, 3, 0), 3); // an open file outlives its name
    assert_int_equal(sys->ops->fstat(sys, kept, &s), 0);
    assert_int_equal(s.st_nlink, 0);
    closed(kept);
    int fd = opened(".", O_RDONLY | O_DIRECTORY);
    struct tick_sys_entry entries[3];
    assert_int_equal(sys->ops->read(sys, fd, entries, 1), -EISDIR);
    int count = 0, directories = 0;
    for (int n; (n = sys->ops->readdir(sys, fd, entries, 3)) > 0; count += n)
        for (int i = 0; i < n; i++)
            directories += entries[i].type == DT_DIR;
    assert_int_equal(count, 4); // . .. d h
    assert_int_equal(directories, 3);
    assert_int_equal(sys->ops->fsync(sys, fd), 0);
    closed(fd);
    assert_int_equal(sys->ops->unlink(sys, PATH("h")), 0);
    assert_int_equal(sys->ops->rmdir(sys, PATH("d")), 0);
    end();
}

static void duplicates(void **state) {
    (void)state;
    char bytes[8];
    begin();
    int fd = opened("a", O_RDWR | O_CREAT), twin = sys->ops->dup(sys, fd);
    assert_true(twin > fd);
    assert_int_equal(sys->ops->write(sys, fd, "abc", 3), 3);
    assert_int_equal(sys->ops->lseek(sys, twin, 0, SEEK_CUR), 3); // one offset
    assert_int_equal(sys->ops->fcntl(sys, fd, F_GETFD, 0), FD_CLOEXEC);
    assert_int_equal(sys->ops->fcntl(sys, twin, F_GETFD, 0), 0);
    assert_int_equal(sys->ops->fcntl(sys, twin, F_SETFL, O_APPEND), 0);
    assert_true(sys->ops->fcntl(sys, fd, F_GETFL, 0) & O_APPEND); // one status
    assert_int_equal(sys->ops->dup2(sys, fd, fd), fd);
    assert_int_equal(sys->ops->dup3(sys, fd, fd, 0), -EINVAL);
    assert_int_equal(sys->ops->dup2(sys, 999, 5), -EBADF);
    assert_int_equal(sys->ops->dup2(sys, 999, 999), -EBADF);
    assert_int_equal(sys->ops->fcntl(sys, fd, F_DUPFD, 300), 300);
    assert_int_equal(sys->ops->fcntl(sys, fd, F_DUPFD_CLOEXEC, 300), 301);
    assert_int_equal(sys->ops->fcntl(sys, 301, F_GETFD, 0), FD_CLOEXEC);
    assert_int_equal(sys->ops->fcntl(sys, 300, F_SETFD, FD_CLOEXEC), 0);
    assert_int_equal(sys->ops->fcntl(sys, 300, F_GETFD, 0), FD_CLOEXEC);
    assert_int_equal(sys->ops->fcntl(sys, 999, F_GETFD, 0), -EBADF);
    int unused;
    assert_int_equal(sys->ops->ioctl(sys, 300, FIONCLEX, &unused), 0);
    assert_int_equal(sys->ops->fcntl(sys, 300, F_GETFD, 0), 0);
    assert_int_equal(sys->ops->ioctl(sys, 300, FIOCLEX, &unused), 0);
    assert_int_equal(sys->ops->fcntl(sys, 300, F_GETFD, 0), FD_CLOEXEC);
    closed(300);
    closed(301);
    closed(fd);
    assert_int_equal(sys->ops->pread(sys, twin, bytes, 8, 0), 3);
    int event = sys->ops->eventfd(sys, 1, 0);
    assert_int_equal(sys->ops->dup3(sys, event, twin, O_CLOEXEC), twin); // the file is closed
    assert_int_equal(sys->ops->read(sys, twin, bytes, 8), 8);
    closed(twin);
    closed(event);
    assert_int_equal(sys->ops->unlink(sys, PATH("a")), 0);
    end();
}

// A registration belongs to the description: it outlives the fd that it was made with.
static void epoll_follows_the_description(void **state) {
    (void)state;
    uint64_t one = 1;
    int epfd = sys->ops->epoll_create(sys), fd = sys->ops->eventfd(sys, 0, 0), twin = sys->ops->dup(sys, fd);
    assert_int_equal(control(epfd, EPOLL_CTL_ADD, fd, EPOLLIN), 0);
    assert_int_equal(control(epfd, EPOLL_CTL_ADD, twin, EPOLLIN), 0); // by another fd: another registration
    struct tick_sys_event out[4];
    assert_int_equal(sys->ops->write(sys, fd, &one, 8), 8);
    assert_int_equal(sys->ops->epoll_wait(sys, epfd, out, 4, 0, 0), 2);
    closed(fd);
    assert_int_equal(sys->ops->epoll_wait(sys, epfd, out, 4, 0, 0), 2);
    assert_int_equal(control(epfd, EPOLL_CTL_DEL, fd, 0), -EBADF);
    closed(twin);
    assert_int_equal(sys->ops->epoll_wait(sys, epfd, out, 4, 0, 0), 0);
    closed(epfd);
}

static void what_has_no_offset(void **state) {
    (void)state;
    if (on_imitation())
        skip();
    int fds[2], value;
    char byte;
    assert_int_equal(sys->ops->pipe(sys, fds), 0);
    assert_int_equal(sys->ops->lseek(sys, fds[0], 0, SEEK_SET), -ESPIPE);
    assert_int_equal(sys->ops->pread(sys, fds[0], &byte, 1, 0), -ESPIPE);
    assert_int_equal(sys->ops->pwrite(sys, fds[1], &byte, 1, 0), -ESPIPE);
    assert_int_equal(sys->ops->fsync(sys, fds[1]), -EINVAL);
    assert_int_equal(sys->ops->ftruncate(sys, fds[1], 0), -EINVAL);
    assert_int_equal(sys->ops->ioctl(sys, fds[1], 0x1234, &value), -ENOTTY);
    assert_int_equal(sys->ops->fcntl(sys, fds[1], F_GETPIPE_SZ, 0), 65536);
    struct stat s;
    assert_int_equal(sys->ops->fstat(sys, fds[0], &s), 0);
    assert_true(S_ISFIFO(s.st_mode));
    closed(fds[0]);
    closed(fds[1]);
}

// Pages that were written, and those that were not; where nothing was written at all file systems differ, and what follows is aligned.
static void data_and_holes(void **state) {
    (void)state;
    begin();
    int fd = opened("f", O_CREAT | O_RDWR);
    char page[4096];
    memset(page, 'x', sizeof page);
    assert_int_equal(sys->ops->lseek(sys, fd, 0, SEEK_DATA), -ENXIO);
    assert_int_equal(sys->ops->lseek(sys, fd, 0, SEEK_HOLE), -ENXIO);
    assert_int_equal(sys->ops->pwrite(sys, fd, page, sizeof page, 65536), sizeof page);
    assert_int_equal(sys->ops->ftruncate(sys, fd, 262144), 0);
    assert_int_equal(sys->ops->lseek(sys, fd, 0, SEEK_HOLE), 0);
    assert_int_equal(sys->ops->lseek(sys, fd, 0, SEEK_DATA), 65536);
    assert_int_equal(sys->ops->lseek(sys, fd, 0, SEEK_CUR), 65536);
    assert_int_equal(sys->ops->lseek(sys, fd, 65540, SEEK_DATA), 65540);
    assert_int_equal(sys->ops->lseek(sys, fd, 65540, SEEK_HOLE), 69632);
    assert_int_equal(sys->ops->lseek(sys, fd, 69632, SEEK_DATA), -ENXIO);
    assert_int_equal(sys->ops->lseek(sys, fd, 262143, SEEK_HOLE), 262143);
    assert_int_equal(sys->ops->lseek(sys, fd, 262144, SEEK_HOLE), -ENXIO);
    assert_int_equal(sys->ops->lseek(sys, fd, -1, SEEK_DATA), -ENXIO);
    closed(fd);
    assert_int_equal(sys->ops->unlink(sys, PATH("f")), 0);
    end();
}

static void edges_of_offsets(void **state) {
    (void)state;
    begin();
    int fd = opened("f", O_CREAT | O_RDWR);
    char byte = 'x';
    assert_int_equal(sys->ops->pwrite(sys, fd, &byte, 1, INT64_MAX), -EINVAL);
    assert_int_equal(sys->ops->pread(sys, fd, &byte, 1, INT64_MAX), -EINVAL);
    assert_int_equal(sys->ops->pread(sys, fd, &byte, 1, INT64_MAX - 1), 0);
    assert_int_equal(sys->ops->pwrite(sys, fd, &byte, 1, INT64_MAX - 1), -EFBIG);
    assert_int_equal(sys->ops->pwrite(sys, fd, &byte, 0, INT64_MAX), 0);
    assert_int_equal(sys->ops->lseek(sys, fd, INT64_MAX, SEEK_SET), -EINVAL);
    assert_int_equal(sys->ops->write(sys, fd, &byte, 1), 1);
    assert_int_equal(sys->ops->lseek(sys, fd, INT64_MAX, SEEK_CUR), -EINVAL);
    assert_int_equal(sys->ops->lseek(sys, fd, INT64_MIN, SEEK_END), -EINVAL);
    assert_int_equal(sys->ops->ftruncate(sys, fd, INT64_MAX), -EFBIG);
    closed(fd);
    assert_int_equal(sys->ops->open(sys, PATH("g"), O_CREAT | O_DIRECTORY | O_RDWR, 0600), -EINVAL);
    assert_int_equal(sys->ops->open(sys, PATH("f"), O_CREAT | O_DIRECTORY, 0600), -EINVAL);
    assert_int_equal(sys->ops->unlink(sys, PATH("f")), 0);
    end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(bytes_of_files),
        BOTH(names),
        BOTH(duplicates),
        BOTH(epoll_follows_the_description),
        BOTH(what_has_no_offset),
        BOTH(data_and_holes),
        BOTH(edges_of_offsets),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(sim_calls.kernel);
    return failed;
}
