// Between fork and exec everything that a program could be told by, of who started it, is made the same.
#include "sim/keeper/spawn_int.h"
#include "src/base/inherited.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define STACK ((rlim_t)8 << 20) // where mappings begin depends on the limit of the stack
#define FDS_LEAST 4096          // ours lie above TICK_GUEST_FD
#define NOT_STARTED 127

// --- the library ---

#define LIBRARY "libretick_guest.so"

static int beside(char *path, size_t size, const char *folder) {
    char self[4096];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length <= 0)
        return -ENOENT;
    self[length] = 0;
    char *const slash = strrchr(self, '/');
    if (slash)
        *slash = 0;
    snprintf(path, size, "%s/%s" LIBRARY, self, folder);
    return access(path, R_OK) < 0 ? -errno : 0;
}

int tick__guest_library(char *path, size_t size, struct tick_error *error) {
    const char *const named = tick__inherited_value("RETICK_GUEST_LIBRARY");
    char full[4096];
    if (named) {
        if (!realpath(named, full))
            return tick_error_set(error, -errno, "RETICK_GUEST_LIBRARY=%s: %s", named, strerror(errno));
        snprintf(path, size, "%s", full);
        return 0;
    }
    if (beside(path, size, "") == 0 || beside(path, size, "../lib/retick/") == 0 || beside(path, size, "../") == 0)
        return 0;
    return tick_error_set(
        error, -ENOENT, LIBRARY ", which is loaded into programs, is not beside retick: set RETICK_GUEST_LIBRARY to where it is");
}

// --- in the child ---

static void fix_signals(void) {
    sigset_t none;
    for (int signal_number = 1; signal_number < NSIG; signal_number++)
        signal(signal_number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void fix_limit(int which, rlim_t wanted, bool at_least) {
    struct rlimit limit;
    if (getrlimit(which, &limit) < 0 || (at_least && limit.rlim_cur >= wanted))
        return;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    setrlimit(which, &limit);
}

static bool fix_addresses(void) {
    const int before = personality(0xffffffff);
    return before != -1 && personality((unsigned long)before | ADDR_NO_RANDOMIZE) != -1;
}

static int fix_fds(const struct tick__spawn *spawn) {
    const int null = open("/dev/null", O_RDWR);
    // Aside first, whatever numbers they have.
    const int control = fcntl(spawn->control_fd, F_DUPFD, TICK_GUEST_ARENA + 1),
              errors = fcntl(spawn->errors, F_DUPFD, TICK_GUEST_ARENA + 1);
    const bool shares = spawn->arena_fd >= 0;
    const int arena = shares ? fcntl(spawn->arena_fd, F_DUPFD, TICK_GUEST_ARENA + 1) : 0;
    if (null < 0 || control < 0 || errors < 0 || arena < 0 || dup2(null, 0) < 0 || (!spawn->shows && dup2(null, 1) < 0) ||
        dup2(errors, 2) < 0 || dup2(control, TICK_GUEST_FD) < 0 || (shares && dup2(arena, TICK_GUEST_ARENA) < 0))
        return -errno;
    close_range(3, TICK_GUEST_FD - 1, 0);
    close_range(shares ? TICK_GUEST_ARENA + 1 : TICK_GUEST_ARENA, ~0u, 0);
    return 0;
}

static int become(const struct tick__spawn *spawn, pid_t parent) {
    setpgid(0, 0); // a terminal's interrupt is for retick
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(NOT_STARTED);
    fix_signals();
    fix_limit(RLIMIT_NOFILE, FDS_LEAST, true);
    fix_limit(RLIMIT_STACK, STACK, false);
    fix_limit(RLIMIT_CORE, 0, false);
    umask(022);
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); // a write to a large page would be one of 512 pages
    spawn->control->settings.fixed_addresses = !spawn->any_addresses && fix_addresses();
    if (spawn->folder && chdir(spawn->folder) < 0)
        return -errno;
    return fix_fds(spawn);
}

pid_t tick__spawn(const struct tick__spawn *spawn) {
    const pid_t parent = getpid(), pid = fork();
    if (pid)
        return pid < 0 ? -errno : pid;
    int rc = become(spawn, parent);
    if (rc >= 0) {
        execve(spawn->file, spawn->argv, spawn->environment);
        rc = -errno;
    }
    snprintf(spawn->control->why, sizeof spawn->control->why, "%s: %s", spawn->file, strerror(-rc));
    _exit(NOT_STARTED);
}
