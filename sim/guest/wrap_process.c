// libc's names: processes. Before the world begins, children are real ones, outside of it; afterwards there are none, and the run ends in
// words.
#include "sim/guest/other_calls.h"
#include "sim/guest/snapshot_int.h"
#include "sim/guest/wrap_int.h"
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

EXPORT pid_t getpid(void) {
    return (pid_t)CALL(SYS_getpid);
}
ALSO(getpid, __getpid)

EXPORT pid_t getppid(void) {
    return (pid_t)CALL(SYS_getppid);
}

EXPORT pid_t gettid(void) {
    return (pid_t)CALL(SYS_gettid);
}

EXPORT uid_t getuid(void) {
    return (uid_t)CALL(SYS_getuid);
}

EXPORT uid_t geteuid(void) {
    return (uid_t)CALL(SYS_geteuid);
}

EXPORT gid_t getgid(void) {
    return (gid_t)CALL(SYS_getgid);
}

EXPORT gid_t getegid(void) {
    return (gid_t)CALL(SYS_getegid);
}

// --- children ---

static void refuse_to(const char *name, const void *caller) {
    tick__guest_caller = caller;
    if (tick__guest_on && tick__guest_begun)
        tick__guest_unsupported(name, TICK__NO_CHILDREN);
    tick__guest_hold_leaves();
}
#define refuse(name) refuse_to(name, __builtin_return_address(0))

static pid_t forked(pid_t child) {
    if (child > 0 && tick__guest_on)
        tick__guest_forked();
    return child;
}

EXPORT pid_t fork(void) {
    refuse("fork");
    return forked(ORIGINAL(fork)());
}
ALSO(fork, __fork)

EXPORT pid_t _Fork(void) {
    refuse("_Fork");
    return forked(ORIGINAL(_Fork)());
}

// The child would return through this function's frame, and the parent then find it changed: a fork is what vfork may be (POSIX).
EXPORT pid_t vfork(void) {
    refuse("vfork");
    return forked(ORIGINAL(fork)());
}
ALSO(vfork, __vfork)

EXPORT int posix_spawn(pid_t *restrict pid, const char *restrict path, const posix_spawn_file_actions_t *actions,
    const posix_spawnattr_t *restrict attributes, char *const argv[restrict], char *const env[restrict]) {
    refuse("posix_spawn");
    if (tick__guest_on)
        tick__guest_forked();
    return ORIGINAL(posix_spawn)(pid, path, actions, attributes, argv, env);
}

EXPORT int posix_spawnp(pid_t *restrict pid, const char *restrict path, const posix_spawn_file_actions_t *actions,
    const posix_spawnattr_t *restrict attributes, char *const argv[restrict], char *const env[restrict]) {
    refuse("posix_spawnp");
    if (tick__guest_on)
        tick__guest_forked();
    return ORIGINAL(posix_spawnp)(pid, path, actions, attributes, argv, env);
}

EXPORT int system(const char *command) {
    refuse("system");
    if (tick__guest_on)
        tick__guest_forked();
    return ORIGINAL(system)(command);
}

EXPORT FILE *popen(const char *command, const char *mode) {
    refuse("popen");
    if (tick__guest_on)
        tick__guest_forked();
    return ORIGINAL(popen)(command, mode);
}

EXPORT int clone(int (*fn)(void *), void *stack, int flags, void *argument, ...) {
    va_list list;
    va_start(list, argument);
    pid_t *parent = va_arg(list, pid_t *);
    void *tls = va_arg(list, void *);
    pid_t *child = va_arg(list, pid_t *);
    va_end(list);
    refuse("clone");
    return forked(ORIGINAL(clone)(fn, stack, flags, argument, parent, tls, child));
}

ALSO(clone, __clone)

// A program that becomes another one has the world's sockets no longer.
EXPORT int execve(const char *path, char *const argv[], char *const env[]) {
    refuse("execve");
    return (int)CALL(SYS_execve, path, argv, env);
}

EXPORT int execv(const char *path, char *const argv[]) {
    return execve(path, argv, environ);
}

// The arguments of the calls that have them one by one; the environment's, if it comes behind them.
#define WORDS 4096
static char *const *words(const char *first, va_list list, const char *all[WORDS], bool with_environment) {
    size_t count = 0;
    for (all[0] = first; all[count] && count + 1 < WORDS;)
        all[++count] = va_arg(list, const char *);
    all[WORDS - 1] = NULL;
    return with_environment ? va_arg(list, char *const *) : environ;
}

EXPORT int execl(const char *path, const char *first, ...) {
    const char *all[WORDS];
    va_list list;
    va_start(list, first);
    char *const *env = words(first, list, all, false);
    va_end(list);
    return execve(path, (char *const *)all, env);
}

EXPORT int execle(const char *path, const char *first, ...) {
    const char *all[WORDS];
    va_list list;
    va_start(list, first);
    char *const *env = words(first, list, all, true);
    va_end(list);
    return execve(path, (char *const *)all, env);
}

EXPORT int execlp(const char *file, const char *first, ...) {
    const char *all[WORDS];
    va_list list;
    va_start(list, first);
    (void)words(first, list, all, false);
    va_end(list);
    return execvp(file, (char *const *)all);
}

EXPORT int execvp(const char *file, char *const argv[]) {
    refuse("execvp");
    return ORIGINAL(execvp)(file, argv);
}

EXPORT int execvpe(const char *file, char *const argv[], char *const env[]) {
    refuse("execvpe");
    return ORIGINAL(execvpe)(file, argv, env);
}

EXPORT int fexecve(int fd, char *const argv[], char *const env[]) {
    refuse("fexecve");
    return ORIGINAL(fexecve)(fd, argv, env);
}

EXPORT int pidfd_open(pid_t pid, unsigned flags) {
    refuse("pidfd_open");
    return (int)CALL(SYS_pidfd_open, tick__guest_on ? tick__guest_pid_in(pid) : pid, flags);
}

// --- the end ---

EXPORT void _exit(int status) {
    (void)CALL(SYS_exit_group, status);
    for (;;)
        tick__raw(SYS_exit_group, status);
}
ALSO(_exit, _Exit)

// libc's ends without those who are told of an exit.
EXPORT void quick_exit(int status) {
    tick__guest_ends_quickly(status);
    ORIGINAL(quick_exit)(status);
    for (;;)
        tick__raw(SYS_exit_group, status);
}

EXPORT int getrusage(__rusage_who_t who, struct rusage *out) {
    return (int)CALL(SYS_getrusage, who, out);
}
