// The simulated kernel's calls beyond TCP over epoll (kernel.h has those): answers as Linux's, errors as negated errno, never blocking.
// process is whose call it is; host, where something is of the machine.
#ifndef RETICK_KERNEL_CALLS_H
#define RETICK_KERNEL_CALLS_H

#include <poll.h>
#include <retick/sys.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/uio.h>

struct signalfd_siginfo;
struct tick_kernel;
struct tick_kernel_name;

// --- fds ---
int tick_k_dup(struct tick_kernel *k, int process, int fd);
int tick_k_dup2(struct tick_kernel *k, int process, int fd, int to);
int tick_k_dup3(struct tick_kernel *k, int process, int fd, int to, int flags);
int tick_k_fcntl(struct tick_kernel *k, int process, int fd, int command, int64_t argument);
int tick_k_ioctl(struct tick_kernel *k, int process, int fd, unsigned long request, int *value); // FIONREAD, FIONBIO

int tick_kernel_fds_in_flight(const struct tick_kernel *k, int host); // in messages between unix sockets
// How many fds the next recvmsg on that fd makes at most, with room for all: those of the message that is first there.
int tick_kernel_fds_next(const struct tick_kernel *k, int process, int fd);

// --- pipes, pairs, timers. second: the name of the second fd ---
int tick_k_pipe(
    struct tick_kernel *k, int process, int fds[2], int flags, const struct tick_kernel_name *first, const struct tick_kernel_name *second);
int tick_k_socketpair(struct tick_kernel *k, int process, int domain, int type, int protocol, int fds[2],
    const struct tick_kernel_name *first, const struct tick_kernel_name *second);
int tick_k_timerfd(struct tick_kernel *k, int process, int clock, int flags, const struct tick_kernel_name *name);
// Times in ns; 0 disarms. flags: TFD_TIMER_ABSTIME. The old setting goes to *old_value, *old_interval, if not NULL.
int tick_k_timerfd_settime(
    struct tick_kernel *k, int process, int fd, int flags, int64_t value, int64_t interval, int64_t *old_value, int64_t *old_interval);
int tick_k_timerfd_gettime(struct tick_kernel *k, int process, int fd, int64_t *value, int64_t *interval);

// --- signals. Sets are words of 64 bits, signal n at bit n - 1 ---
// A signal is pending for the process from now on, until a signalfd that wants it, or the caller, takes it: of signals below 32 one of a
// number. What is not blocked does not belong here: its handler runs. 0, -EINVAL (its number) or -EAGAIN (no memory).
int tick_kernel_signal(struct tick_kernel *k, int process, const struct signalfd_siginfo *info);
uint64_t tick_kernel_signals(const struct tick_kernel *k, int process); // those that are pending
// Takes the next of the set, as a handler, sigwait or an unblocking would: its number; 0: there is none.
int tick_kernel_signal_take(struct tick_kernel *k, int process, uint64_t mask, struct signalfd_siginfo *info);
// fd -1: a new one; else that one's set is this from now on. It is an eventfd to those who name it. It reads for the process that made it.
int tick_k_signalfd(struct tick_kernel *k, int process, int fd, uint64_t mask, int flags, const struct tick_kernel_name *name);

// --- messages ---
ssize_t tick_k_sendto(
    struct tick_kernel *k, int process, int fd, const void *bytes, size_t count, int flags, const struct sockaddr *to, socklen_t size);
ssize_t tick_k_recvfrom(
    struct tick_kernel *k, int process, int fd, void *bytes, size_t count, int flags, struct sockaddr *from, socklen_t *size);
ssize_t tick_k_sendmsg(struct tick_kernel *k, int process, int fd, const struct msghdr *message, int flags);
ssize_t tick_k_recvmsg(struct tick_kernel *k, int process, int fd, struct msghdr *message, int flags);
ssize_t tick_k_readv(struct tick_kernel *k, int process, int fd, const struct iovec *parts, int count);
ssize_t tick_k_writev(struct tick_kernel *k, int process, int fd, const struct iovec *parts, int count);

// --- poll and select: what holds now. To wait, watch the fds under a key, then ask again when `waiter` has woken ---
int tick_k_poll(struct tick_kernel *k, int process, struct pollfd *fds, size_t count);
int tick_k_select(struct tick_kernel *k, int process, int count, fd_set *reads, fd_set *writes, fd_set *excepts);
// 0 and *key, or -ENOMEM. It is woken at once if something holds already.
int tick_kernel_watch_fds(struct tick_kernel *k, int process, const struct pollfd *fds, size_t count, uint32_t waiter, uint32_t *key);
void tick_kernel_unwatch_fds(struct tick_kernel *k, uint32_t key);

// --- clocks ---
int64_t tick_kernel_wall(const struct tick_kernel *k, int host); // ns since 1970, as the host believes
// Sets the host's wall clock; those of its timerfds that count in it follow, and those that asked are told.
void tick_kernel_wall_set(struct tick_kernel *k, int host, int64_t wall);
void tick_kernel_wall_drift(struct tick_kernel *k, int host, int64_t wall); // it went too fast or too slow, as far as that: none is told
// How long all machines have been up at time 0, which is what CLOCK_MONOTONIC says then: 0, unless it is set before anything else happens.
void tick_kernel_up(struct tick_kernel *k, int64_t up);
int tick_k_clock(const struct tick_kernel *k, int process, int clock, int64_t *ns); // clock_gettime; -EINVAL

// --- names: the hosts', and what is added here ---
struct tick_dns_name {
    const char *name;                         // at most 63 bytes
    const struct sockaddr_storage *addresses; // ports are ignored; none: the name does not exist
    const struct sockaddr_storage *wrong;     // those that a look-up may be answered with instead (choice `resolve_wrong`)
    uint32_t count, wrong_count;
    int64_t latency, jitter; // ns that a look-up takes; the most that `resolve_late` may add
    int error;               // every look-up fails so (negated errno: -EAGAIN no answer, -EIO a broken server); 0: none does
    bool may_fail;           // a look-up may get no answer (choice `resolve_fail`)
};
int tick_kernel_dns_set(struct tick_kernel *k, const struct tick_dns_name *name); // adds or replaces; copied. 0, -EINVAL or -ENOMEM
bool tick_kernel_dns_asks(const struct tick_kernel *k, const char *name);         // whether a look-up of that name asks the world something
// The addresses of a host's name, number, "localhost" or added name, at most `most` of them: how many; -ENOENT, -EAGAIN, ... *late: ns that
// the answer takes. subject, ordinal: of what it asks the world.
int tick_k_resolve(struct tick_kernel *k, int process, const char *name, uint16_t port, tick_id subject, uint64_t ordinal,
    struct sockaddr_storage *out, uint32_t most, int64_t *late);

// --- files: a disk a host. Names are absolute or taken from the root (tick_kernel_disk_folder); links are not followed; nobody asks for
// permissions ---
int tick_k_open(struct tick_kernel *k, int process, const char *path, int flags, unsigned mode, const struct tick_kernel_name *name);
ssize_t tick_k_pread(struct tick_kernel *k, int process, int fd, void *bytes, size_t count, int64_t offset);
ssize_t tick_k_pwrite(struct tick_kernel *k, int process, int fd, const void *bytes, size_t count, int64_t offset);
int64_t tick_k_lseek(struct tick_kernel *k, int process, int fd, int64_t offset, int whence);
int tick_k_fsync(struct tick_kernel *k, int process, int fd, bool data_only);
int tick_k_ftruncate(struct tick_kernel *k, int process, int fd, int64_t size);
int tick_k_fstat(struct tick_kernel *k, int process, int fd, struct stat *out);
int tick_k_stat(struct tick_kernel *k, int process, const char *path, struct stat *out);
int tick_k_mkdir(struct tick_kernel *k, int process, const char *path, unsigned mode);
int tick_k_rmdir(struct tick_kernel *k, int process, const char *path);
int tick_k_unlink(struct tick_kernel *k, int process, const char *path);
int tick_k_rename(struct tick_kernel *k, int process, const char *from, const char *to);
// The next entries of a directory fd, in a fixed order, "." and ".." first: how many; 0 at the end.
int tick_k_readdir(struct tick_kernel *k, int process, int fd, struct tick_sys_entry *out, int most);

int tick_k_link(struct tick_kernel *k, int process, const char *from, const char *to);
int tick_k_symlink(struct tick_kernel *k, int process, const char *target, const char *path);
ssize_t tick_k_readlink(struct tick_kernel *k, int process, const char *path, char *out, size_t size);
int tick_k_chmod(struct tick_kernel *k, int process, const char *path, unsigned mode);
int tick_k_fchmod(struct tick_kernel *k, int process, int fd, unsigned mode);
int tick_k_touch(struct tick_kernel *k, int process, const char *path, int64_t wall); // st_mtime, ns since 1970
int tick_k_ftouch(struct tick_kernel *k, int process, int fd, int64_t wall);
int tick_k_directory_path(struct tick_kernel *k, int process, int fd, char *out, size_t size); // 0 or an error; -ENOENT: it was removed

// From a file of the disk, at *offset (NULL: at its own position), which moves on, to a socket, a pipe or a file: how many bytes, as many
// as that takes now; -EAGAIN for none.
ssize_t tick_k_sendfile(struct tick_kernel *k, int process, int out, int in, int64_t *offset, size_t count);

// --- a disk over other files (a machine's own), which whoever calls looks at: they show through where the disk has nothing ---
// This host's disk is one from now on: its root and /tmp are seen through. 1: it was already; 0; or -ENOMEM.
int tick_kernel_disk_over(struct tick_kernel *k, int host);
bool tick_kernel_disk_has(const struct tick_kernel *k, int host); // it has something of its own
enum tick_disk_look {
    TICK_DISK_UNKNOWN, // the disk says nothing about it
    TICK_DISK_HIDDEN,  // there is no such file, whatever is under the disk
    TICK_DISK_THERE,
};
// through: UNKNOWN: whether what is under the disk is to be looked at; THERE: whether it is a directory that is seen through. Paths are
// absolute, without dots.
enum tick_disk_look tick_kernel_disk_look(struct tick_kernel *k, int host, const char *path, struct stat *out, bool *through);
// What was under the disk comes to it, as if it had always been there: a directory that is seen through; an empty file (mode and its type),
// and its bytes; and out of it again. Of all of these the directory is there already.
int tick_kernel_disk_cover(struct tick_kernel *k, int host, const char *path, unsigned mode, int64_t wall);
int tick_kernel_disk_copy(struct tick_kernel *k, int host, const char *path, unsigned mode, int64_t wall, uint32_t *file);
int tick_kernel_disk_fill(struct tick_kernel *k, uint32_t file, const void *bytes, size_t count, uint64_t offset);
void tick_kernel_disk_forget(struct tick_kernel *k, int host, const char *path);
int tick_kernel_disk_opaque(struct tick_kernel *k, int host, const char *path); // a directory, all of which is here by now
int tick_kernel_disk_hide(struct tick_kernel *k, int host, const char *path);   // of what is under it, nobody sees that name any more
int tick_kernel_disk_unlink(struct tick_kernel *k, int host, const char *path, bool hides); // hides: and there is one of that name under it
int tick_kernel_disk_rmdir(struct tick_kernel *k, int host, const char *path, bool hides);
int tick_kernel_disk_rename(struct tick_kernel *k, int host, const char *from, const char *to, bool hides);
// All names that the disk has there: of those that hide what is under it, mode is 0.
typedef void tick_disk_name_fn(void *ctx, const char *name, size_t size, uint64_t inode, unsigned mode);
int tick_kernel_disk_names(struct tick_kernel *k, int host, const char *path, tick_disk_name_fn *told, void *ctx);
int tick_kernel_disk_folder(struct tick_kernel *k, int host, const char *path); // where relative names are taken from

// What the disk is asked to do, and by which call: the ordinal counts its operations of that kind on that file (NAME: the file that is
// made, moved or removed, with attempts that failed).
enum tick_disk_op { TICK_DISK_READ = 1, TICK_DISK_WRITE, TICK_DISK_SYNC, TICK_DISK_NAME };
// Set in tick_kernel_env: asked before each operation. Answers `count` (0 for SYNC and NAME) to go on, less for a short read or write, or a
// negated errno. A SYNC that fails drops what it was to write: later ones do not write it either, as Linux does.
typedef int64_t tick_disk_fault_fn(
    void *ctx, int host, enum tick_disk_op op, tick_id file, uint64_t ordinal, uint64_t offset, size_t count);
// The machine loses power: each file goes back to what was synced. kept, unless NULL, is asked for every page written and not synced
// (page: its number; size: how many bytes of it were) how many of its bytes, from its start, are new on the disk all the same; for a name
// that was made, renamed or removed since its directory was synced (page: TICK_DISK_ENTRY; size: which of the file's changes, from 1)
// whether (not 0) that is on the disk.
// For a file that was truncated since it was synced (page: TICK_DISK_SIZE) whether the size is on the disk, as file systems write it before
// the bytes.
#define TICK_DISK_ENTRY UINT64_MAX
#define TICK_DISK_SIZE (UINT64_MAX - 1)
typedef uint32_t tick_disk_kept_fn(void *ctx, tick_id file, uint64_t page, uint32_t size);
void tick_kernel_disk_crash(struct tick_kernel *k, int host, tick_disk_kept_fn *kept, void *ctx);
void tick_kernel_disk_sync(struct tick_kernel *k, int host);                  // everything becomes durable, as after a graceful stop
void tick_kernel_disk_sync_names(struct tick_kernel *k, int host);            // ... what was made, renamed and removed
void tick_kernel_disk_limit(struct tick_kernel *k, int host, uint64_t bytes); // -ENOSPC beyond; 0: none

#endif
