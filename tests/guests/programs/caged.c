// caged COMMAND...: runs it under a filter that lets nothing of a guest's reach the machine. Of each call that a world answers the kernel
// asks this program first; one by a process whose world has begun has escaped: it is named, and the process killed. What others do
// (retick, whoever starts the program, the program's own start-up) goes on. Calls that are trapped never come here: traps go first.
// Exits as the command does, or with 99.
#include "sim/guest/control.h"
#include "sim/guest/other_calls.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NUMBERS 512
static const char *const names[NUMBERS] = {
#define TICK__CALL(name, how, numbers, shape, at) [SYS_##name] = #name,
#include "sim/guest/call_table.h"
#undef TICK__CALL
#define WORDS(name, why) [SYS_##name] = #name,
#define NAME(name) [SYS_##name] = #name,
    TICK__CALLS_IN_WORDS(WORDS) TICK__CALLS_DENIED(NAME) TICK__CALLS_LACKING(NAME)
#undef NAME
#undef WORDS
};

// What the library asks of the machine itself: numbers of fds, files that are read where they are, memory, signals, sleeping threads, and
// how runs begin. Writes are looked at: output is one.
static const int own[] = {SYS_read, SYS_readv, SYS_pread64, SYS_preadv, SYS_preadv2, SYS_close, SYS_close_range, SYS_fcntl, SYS_dup,
    SYS_dup2, SYS_dup3, SYS_lseek, SYS_fstat, SYS_stat, SYS_lstat, SYS_newfstatat, SYS_statx, SYS_statfs, SYS_fstatfs, SYS_access,
    SYS_faccessat, SYS_faccessat2, SYS_readlink, SYS_readlinkat, SYS_getcwd, SYS_chdir, SYS_fchdir, SYS_getdents64, SYS_ioctl, SYS_poll,
    SYS_mmap, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigtimedwait, SYS_rt_sigpending, SYS_rt_tgsigqueueinfo, SYS_getitimer,
    SYS_setitimer, SYS_prctl, SYS_prlimit64, SYS_setrlimit, SYS_seccomp, SYS_exit,
    SYS_exit_group, SYS_getpid, SYS_getppid, SYS_gettid, SYS_geteuid, SYS_clone,
    SYS_fadvise64, SYS_sched_yield};

static bool is_own(int nr) {
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (own[i] == nr)
            return true;
    return false;
}

static bool opens(int nr) {
    return nr == SYS_open || nr == SYS_openat;
}

static bool writes(int nr) {
    return nr == SYS_write || nr == SYS_writev || nr == SYS_pwrite64 || nr == SYS_pwritev || nr == SYS_pwritev2 || nr == SYS_ftruncate;
}

// --- the child ---

static int install(void) {
    static struct sock_filter filter[2 * NUMBERS + 2] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
    unsigned short count = 1;
    for (int nr = 0; nr < NUMBERS; nr++) {
        if (!names[nr] || is_own(nr))
            continue;
        filter[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)nr, 0, 1);
        filter[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
    }
    filter[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    const struct sock_fprog code = {count, filter};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &code);
}

// --- who asks ---

static int process_of(int thread) {
    char path[60], text[2000] = "";
    snprintf(path, sizeof path, "/proc/%d/status", thread);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    close(fd);
    const char *at = size > 0 ? strstr(text, "\nTgid:") : NULL;
    return at ? atoi(at + 6) : -1;
}

static bool has_begun(int process) {
    char path[60];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", process, TICK_GUEST_FD);
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return false;
    const struct tick_guest_control *control = mmap(NULL, sizeof *control, PROT_READ, MAP_SHARED, fd, 0);
    bool begun = false;
    if (control != MAP_FAILED && lseek(fd, 0, SEEK_END) == (off_t)sizeof *control && control->magic == TICK_GUEST_MAGIC)
        begun = control->tenant == process || control->process == process;
    if (control != MAP_FAILED)
        munmap((void *)(uintptr_t)control, sizeof *control);
    close(fd);
    return begun;
}

// What fails for the fd that it was given reaches nothing.
static bool is_to_read(int process, int number) {
    char path[60], text[200] = "";
    snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", process, number);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    close(fd);
    const char *at = size > 0 ? strstr(text, "flags:") : NULL;
    return !at || (strtol(at + 6, NULL, 8) & O_ACCMODE) == O_RDONLY || (strtol(at + 6, NULL, 8) & O_PATH);
}

static bool may(int process, const struct seccomp_data *call) {
    const __u64 *a = call->args;
    const int flags = (int)(call->nr == SYS_open ? a[1] : a[2]);
    if (opens(call->nr))
        return (flags & O_ACCMODE) == O_RDONLY && !(flags & (O_CREAT | O_TRUNC));
    return writes(call->nr) && ((int)a[0] == 1 || (int)a[0] == 2 || is_to_read(process, (int)a[0]));
}

static bool answer(int listener) {
    struct seccomp_notif asked;
    memset(&asked, 0, sizeof asked);
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) < 0)
        return true; // it is gone
    struct seccomp_notif_resp response = {.id = asked.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    const int process = process_of((int)asked.pid);
    const bool escapes = process > 0 && !may(process, &asked.data) && has_begun(process);
    if (escapes) {
        fprintf(stderr, "escapes: %s(%#llx, %#llx, %#llx, %#llx)\n", names[asked.data.nr], asked.data.args[0], asked.data.args[1],
            asked.data.args[2], asked.data.args[3]);
        kill(process, SIGKILL);
        response.flags = 0;
        response.error = -EPERM;
    }
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
    return !escapes;
}

int main(int argc, char **argv) {
    _Atomic int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0); // the listener; 1: it is taken
    int status = 0, code = 0;
    if (argc < 2 || shared == MAP_FAILED)
        return 2;
    const pid_t child = fork();
    if (child == 0) {
        const int listener = install();
        shared[0] = listener < 0 ? -errno : listener;
        while (!shared[1])
            sched_yield();
        close(listener);
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    while (!shared[0])
        sched_yield();
    const int fd = shared[0] < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, child, 0), shared[0], 0);
    if (fd < 0) {
        kill(child, SIGKILL);
        fprintf(stderr, "caged: this kernel asks nobody about calls: %s\n", strerror(shared[0] < 0 ? -shared[0] : errno));
        return 77;
    }
    shared[1] = 1;
    struct pollfd asks = {.fd = fd, .events = POLLIN};
    while (waitpid(child, &status, WNOHANG) == 0)
        if (poll(&asks, 1, 20) > 0 && asks.revents & POLLIN && !answer(fd))
            code = 99;
    return code ? code : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
