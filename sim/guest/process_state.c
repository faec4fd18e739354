// What the kernel holds for the process: put back, each of it, without asking whether the run has changed it, which costs as much; but for
// what is noted when it changes.
#include "sim/guest/process_state_int.h"
#include <dirent.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

struct tick__noted *tick__noted;

// --- fds ---

struct linux_dirent { // getdents64
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

static int number_of(const char *name) {
    int number = 0;
    for (; *name >= '0' && *name <= '9'; name++)
        number = number * 10 + (*name - '0');
    return *name ? -1 : number;
}

static int keep_fd(struct tick__surroundings *s, int fd) {
    if (s->fds == TICK__FDS_MOST)
        return -EMFILE;
    struct tick__kept_fd *const kept = &s->fd[s->fds];
    const long cloexec = tick__raw(SYS_fcntl, fd, F_GETFD), flags = tick__raw(SYS_fcntl, fd, F_GETFL);
    const long copy = tick__raw(SYS_fcntl, fd, F_DUPFD_CLOEXEC, s->next);
    if (copy < 0)
        return (int)copy;
    *kept = (struct tick__kept_fd){fd, (int)copy, flags & O_PATH ? -1 : (int)flags, -1, cloexec & FD_CLOEXEC};
    if (!(flags & O_PATH))
        kept->offset = fd == 1 || fd == 2 ? -1 : tick__raw(SYS_lseek, fd, 0, SEEK_CUR); // what was shown stays
    s->next = (int)copy + 1;
    s->highest = fd > s->highest ? fd : s->highest;
    s->fds++;
    return 0;
}

static int keep_listed(struct tick__surroundings *s, int folder) {
    char entries[4096];
    long got;
    while ((got = tick__raw(SYS_getdents64, folder, entries, sizeof entries)) > 0)
        for (long at = 0; at < got;) {
            const struct linux_dirent *const entry = (const void *)(entries + at);
            const int fd = number_of(entry->name);
            if (fd >= 0 && fd < TICK__PLACES && fd != folder) {
                const int rc = keep_fd(s, fd);
                if (rc < 0)
                    return rc;
            }
            at += entry->length;
        }
    return (int)got;
}

// The limit of fds may lie below where their copies go: it stands higher meanwhile.
static int keep_fds(struct tick__surroundings *s) {
    struct rlimit limit, more;
    tick__raw(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit);
    more = limit;
    if (more.rlim_cur < TICK__AT_KEPT + TICK__FDS_MOST)
        more.rlim_cur = more.rlim_max < TICK__AT_KEPT + TICK__FDS_MOST ? more.rlim_max : TICK__AT_KEPT + TICK__FDS_MOST;
    tick__raw(SYS_prlimit64, 0, RLIMIT_NOFILE, &more, NULL);
    const long folder = tick__raw(SYS_openat, AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = (int)folder;
    if (folder >= 0) {
        rc = keep_listed(s, (int)folder);
        tick__raw(SYS_close, folder);
    }
    tick__raw(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, NULL);
    return rc;
}

static void put_back_offset(const struct tick__kept_fd *kept) {
    if (kept->offset >= 0)
        tick__raw(SYS_lseek, kept->copy, kept->offset, SEEK_SET);
    if (kept->flags >= 0 && tick__raw(SYS_fcntl, kept->copy, F_GETFL) != kept->flags)
        tick__raw(SYS_fcntl, kept->copy, F_SETFL, kept->flags);
}

void tick__surroundings_put_back_offsets(const struct tick__surroundings *s) {
    for (uint32_t i = 0; i < s->fds; i++)
        put_back_offset(&s->fd[i]);
}

// Each, whether the run closed it or not: asking whether it is still the same file costs as much.
static int put_back_fds(const struct tick__surroundings *s) {
    tick__raw(SYS_close_range, s->highest + 1, TICK__PLACES - 1, 0);
    tick__raw(SYS_close_range, s->next, ~0u, 0);
    int next = 0;
    for (uint32_t i = 0; i < s->fds; i++) {
        const struct tick__kept_fd *const kept = &s->fd[i];
        if (next < kept->fd)
            tick__raw(SYS_close_range, next, kept->fd - 1, 0);
        next = kept->fd + 1;
        const long rc = tick__raw(SYS_dup3, kept->copy, kept->fd, kept->cloexec ? O_CLOEXEC : 0);
        if (rc < 0)
            return (int)rc;
        put_back_offset(kept);
    }
    return 0;
}

// --- the rest ---

static void drain_signals(uint64_t before) {
    const struct timespec none = {0, 0};
    const uint64_t since = ~before;
    while (tick__raw(SYS_rt_sigtimedwait, &since, NULL, &none, 8) > 0)
        ;
}

static int keep_folder(struct tick__surroundings *s) {
    const int fd = (int)tick__raw(SYS_openat, AT_FDCWD, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    s->folder = tick__place_fd(fd, TICK__AT_FOLDER);
    s->umask = tick__raw(SYS_umask, 0);
    tick__raw(SYS_umask, s->umask);
    return s->folder < 0 ? s->folder : 0;
}

int tick__surroundings_take(struct tick__surroundings *s) {
    s->next = TICK__AT_KEPT;
    s->highest = -1;
    int rc = keep_fds(s);
    if (rc >= 0)
        rc = keep_folder(s);
    if (rc < 0) {
        tick__surroundings_drop(s);
        return rc;
    }
    for (int i = 0; i < TICK__SIGNALS; i++)
        tick__raw(SYS_rt_sigaction, i + 1, NULL, &s->action[i], 8);
    tick__raw(SYS_sigaltstack, NULL, &s->alternate);
    for (int i = 0; i < TICK__ITIMERS; i++)
        tick__raw(SYS_getitimer, i, &s->timer[i]);
    for (int i = 0; i < TICK__LIMITS; i++)
        tick__raw(SYS_prlimit64, 0, i, NULL, &s->limit[i]);
    tick__raw(SYS_prctl, PR_GET_NAME, s->name);
    return 0;
}

static void put_back_signals(const struct tick__surroundings *s) {
    for (int i = 0; i < TICK__SIGNALS; i++)
        if (i + 1 != SIGKILL && i + 1 != SIGSTOP && (!s->notes || s->noted.handlers >> i & 1))
            tick__raw(SYS_rt_sigaction, i + 1, &s->action[i], NULL, 8);
    tick__raw(SYS_sigaltstack, &s->alternate, NULL);
    for (int i = 0; i < TICK__ITIMERS; i++)
        if (!s->notes || timerisset(&s->timer[i].it_value))
            tick__raw(SYS_setitimer, i, &s->timer[i], NULL);
    drain_signals(s->mask);
}

static int put_back_limits(struct tick__surroundings *s) {
    for (int i = 0; i < TICK__LIMITS && (!s->notes || s->noted.limits); i++) {
        struct rlimit now;
        tick__raw(SYS_prlimit64, 0, i, NULL, &now);
        if (now.rlim_cur == s->limit[i].rlim_cur && now.rlim_max == s->limit[i].rlim_max)
            continue;
        const long rc = tick__raw(SYS_prlimit64, 0, i, &s->limit[i], NULL);
        if (rc < 0)
            return (int)rc;
    }
    return 0;
}

static int failed(struct tick__surroundings *s, int rc, const char *what) {
    size_t length = strlen(what);
    length = length < sizeof s->failed ? length : sizeof s->failed - 1;
    memcpy(s->failed, what, length);
    s->failed[length] = 0;
    return rc;
}

int tick__surroundings_put_back(struct tick__surroundings *s) {
    put_back_signals(s);
    int rc = put_back_fds(s);
    if (rc < 0)
        return failed(s, rc, "its files");
    rc = (int)tick__raw(SYS_fchdir, s->folder);
    if (rc < 0)
        return failed(s, rc, "its working folder");
    tick__raw(SYS_umask, s->umask);
    tick__raw(SYS_prctl, PR_SET_NAME, s->name);
    rc = put_back_limits(s);
    return rc < 0 ? failed(s, rc, "a limit that the run lowered for good") : 0;
}

void tick__surroundings_drop(struct tick__surroundings *s) {
    for (uint32_t i = 0; i < s->fds; i++)
        tick__raw(SYS_close, s->fd[i].copy);
    s->fds = 0;
    tick__raw(SYS_close, TICK__AT_FOLDER);
}
