// Runs Graphviz's dot as a process: with a time limit, its complaints kept, and its picture renamed into place when it is whole.
#include "viewer/dot.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t host_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// exec's error comes back through `tell`, which closes itself when exec succeeds.
static _Noreturn void become_dot(const char *dot_path, const char *format, const char *picture, int complaints, int tell) {
    char type[32];
    snprintf(type, sizeof type, "-T%s", format);
    char input[PATH_MAX + 2]; // a name is no option, whatever it begins with
    snprintf(input, sizeof input, "%s%s", dot_path[0] == '-' ? "./" : "", dot_path);
    char *const argv[] = {(char *)"dot", type, (char *)"-o", (char *)picture, input, NULL};
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing >= 0)
        dup2(nothing, 0);
    if (complaints >= 0) {
        dup2(complaints, 1);
        dup2(complaints, 2);
    }
    execvp(argv[0], argv);
    int code = errno;
    ssize_t told = write(tell, &code, sizeof code);
    _exit(told == (ssize_t)sizeof code ? 127 : 126);
}

// Waits for pid, at most until `deadline`; then kills it. False: it was late.
static bool wait_for(pid_t pid, int64_t deadline, int *status) {
    for (;;) {
        pid_t got = waitpid(pid, status, WNOHANG);
        if (got == pid || (got < 0 && errno != EINTR))
            return true;
        if (host_now() >= deadline)
            break;
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    kill(pid, SIGKILL);
    while (waitpid(pid, status, 0) < 0 && errno == EINTR)
        ;
    return false;
}

int tick_graph_draw(const char *dot_path, const char *format, const char *out_path, int64_t timeout, struct tick_error *error) {
    char picture[PATH_MAX], complaint[400] = "";
    int tell[2] = {-1, -1}, complaints = -1, status = 0, failure = 0, code = 0;
    pid_t pid = -1;
    int length = snprintf(picture, sizeof picture, "%s.part%d", out_path, (int)getpid());
    if (length < 0 || (size_t)length >= sizeof picture)
        return tick_error_set(error, -ENAMETOOLONG, "%s: the name is too long", out_path);
    if (access(dot_path, R_OK) < 0)
        return tick_error_set(
            error, -errno == -ENOENT ? -EINVAL : -errno, "%s cannot be read: %s", dot_path, strerror(errno)); // -ENOENT is dot's own
    if (pipe2(tell, O_CLOEXEC) < 0)
        return tick_error_set(error, -errno, "dot cannot be started: %s", strerror(errno));
    complaints = memfd_create("dot", MFD_CLOEXEC);
    pid = fork();
    if (pid == 0)
        become_dot(dot_path, format, picture, complaints, tell[1]);
    if (pid < 0) {
        code = tick_error_set(error, -errno, "dot cannot be started: %s", strerror(errno));
        goto out;
    }
    close(tell[1]);
    tell[1] = -1;
    bool refused = read(tell[0], &failure, sizeof failure) == (ssize_t)sizeof failure;
    bool in_time = wait_for(pid, host_now() + timeout, &status);
    if (refused && failure == ENOENT)
        code = tick_error_set(error, -ENOENT, "dot is not installed: install Graphviz, or open %s with another viewer", dot_path);
    else if (refused)
        code = tick_error_set(error, -failure, "dot cannot be run: %s", strerror(failure));
    else if (!in_time)
        code = tick_error_set(
            error, TICK_ETIMEDOUT, "dot took longer than %lld s and was stopped: draw fewer nodes", (long long)(timeout / 1000000000));
    else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        if (complaints >= 0 && pread(complaints, complaint, sizeof complaint - 1, 0) > 0)
            complaint[strcspn(complaint, "\n")] = 0;
        code = tick_error_set(error, -EIO, "dot failed: %s", *complaint ? complaint : "it did not say why");
    } else if ((code = tick__graph_sign(picture, format)) < 0 || (rename(picture, out_path) < 0 && (code = -errno) < 0))
        tick_error_set(error, code, "%s cannot be written: %s", out_path, strerror(-code));
out:
    if (code < 0)
        unlink(picture);
    if (tell[1] >= 0)
        close(tell[1]);
    close(tell[0]);
    if (complaints >= 0)
        close(complaints);
    return code;
}
