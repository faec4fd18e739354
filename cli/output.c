#include "cli/output.h"
#include "cli/print.h"
#include "cli/schedule_file.h"
#include "cli/suite.h"
#include "trace/reader.h"
#include "trace/ring.h"
#include "viewer/dot.h"
#include "viewer/export/export.h"
#include "viewer/run_page.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const kinds[] = {"trace", "schedule", "picture", "report", "page", "export"};

static int refuse(const char *path, const char *why) {
    tick__complain("%s %s", path, why);
    return TICK__EXIT_USAGE;
}

static int cannot(const char *path, int error) {
    tick__complain("cannot write %s: %s; name another place with -o", path, tick_error_text(error));
    return error == -ENOSPC || error == -EDQUOT || error == -EMFILE || error == -ENFILE ? TICK__EXIT_HARNESS : TICK__EXIT_USAGE;
}

// The file of an argument: all of it, or, where there is no such file, what stands before the last colon.
static bool about_input(const char *input, struct stat *about) {
    char file[PATH_MAX];
    const char *colon = strrchr(input, ':');
    if (stat(input, about) == 0)
        return true;
    if (!colon || snprintf(file, sizeof file, "%.*s", (int)(colon - input), input) >= (int)sizeof file)
        return false;
    return stat(file, about) == 0;
}

static bool is_read(const struct tick__output_rules *rules, const struct stat *about) {
    struct stat input;
    for (size_t i = 0; i < sizeof rules->reads / sizeof *rules->reads; i++)
        if (rules->reads[i] && about_input(rules->reads[i], &input) && input.st_dev == about->st_dev && input.st_ino == about->st_ino)
            return true;
    return false;
}

static bool is_schedule(int fd) {
    static const char first[] = "retick schedule ";
    char head[sizeof first - 1];
    return pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head && memcmp(head, first, sizeof head) == 0;
}

// What SQLite keeps beside its file while it writes: it begins with a number of its own, or, when it is done with, with zeros.
static bool is_journal(int fd) {
    static const unsigned char magic[8] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7}, done[8];
    unsigned char head[8];
    return pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head && (!memcmp(head, magic, 8) || !memcmp(head, done, 8));
}

static bool is_of_kind(int fd, enum tick__output_kind kind) {
    switch (kind) {
    case TICK__OUTPUT_TRACE:
        return tick_trace_is_own(fd);
    case TICK__OUTPUT_SCHEDULE:
        return is_schedule(fd);
    case TICK__OUTPUT_PICTURE:
        return tick_graph_is_own(fd);
    case TICK__OUTPUT_JUNIT:
        return tick__suite_junit_is_own(fd);
    case TICK__OUTPUT_PAGE:
        return tick_page_is_own(fd);
    case TICK__OUTPUT_EXPORT:
        return tick_export_is_own(fd);
    }
    return false;
}

// Whether a file that was looked at and is a regular one may be replaced.
static int may_replace(const struct tick__output_rules *rules, const char *path, enum tick__output_kind kind, const struct stat *about) {
    if (about->st_size == 0)
        return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    const bool own = fd >= 0 && is_of_kind(fd, kind);
    if (fd >= 0)
        close(fd);
    if (own || rules->force)
        return 0;
    tick__complain("%s is there, and is no %s of retick's: it is not replaced. Name another file with -o, or replace it with --force", path,
        kinds[kind]);
    return TICK__EXIT_USAGE;
}

static int check_existing(const struct tick__output_rules *rules, const char *path, enum tick__output_kind kind, const struct stat *about) {
    struct stat target;
    if (is_read(rules, about) || (S_ISLNK(about->st_mode) && stat(path, &target) == 0 && is_read(rules, &target)))
        return refuse(path, "is what this command reads: it is never replaced. Name another file with -o");
    switch (about->st_mode & S_IFMT) {
    case S_IFDIR:
        return refuse(path, "is a folder: name a file in it with -o");
    case S_IFREG:
        break;
    case S_IFLNK:
        return rules->force ? 0 : refuse(path, "is a symbolic link: name the file itself with -o, or replace the link with --force");
    default:
        return refuse(path, S_ISFIFO(about->st_mode)   ? "is a fifo: name a file with -o"
                            : S_ISSOCK(about->st_mode) ? "is a socket: name a file with -o"
                                                       : "is a device: name a file with -o");
    }
    if (access(path, W_OK) != 0 && !rules->force)
        return cannot(path, -errno);
    return may_replace(rules, path, kind, about);
}

// Whether a file can be made there: asked by trying, which also tells what a permission does not (a read-only file system, /proc).
static int check_folder(const char *path) {
    char folder[PATH_MAX], attempt[PATH_MAX + 32];
    struct stat about;
    const char *slash = strrchr(path, '/');
    if (snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".") >= (int)sizeof folder)
        return cannot(path, -ENAMETOOLONG);
    if (stat(folder, &about) != 0 && errno == ENOENT) {
        tick__complain("cannot write %s: there is no folder %s; make it, or name another place with -o", path, folder);
        return TICK__EXIT_USAGE;
    }
    snprintf(attempt, sizeof attempt, "%s.try-%ld", path, (long)getpid());
    int fd = open(attempt, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return cannot(path, -errno);
    close(fd);
    unlink(attempt);
    return 0;
}

// What recording puts beside the trace.
static int check_beside(const char *path) {
    static const struct {
        const char *suffix;
        bool (*is_own)(int fd);
    } beside[] = {{"-ring", tick_ring_is_own}, {"-journal", is_journal}};
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        char name[PATH_MAX + 16];
        struct stat about;
        snprintf(name, sizeof name, "%s%s", path, beside[i].suffix);
        if (lstat(name, &about) != 0)
            continue;
        int fd = S_ISREG(about.st_mode) ? open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
        const bool own = fd >= 0 && (about.st_size == 0 || beside[i].is_own(fd));
        if (fd >= 0)
            close(fd);
        if (!own) {
            tick__complain(
                "%s is in the way of what recording keeps beside %s, and is not retick's: name another file with -o", name, path);
            return TICK__EXIT_USAGE;
        }
    }
    return 0;
}

int tick__output_check(const struct tick__output_rules *rules, const char *path, enum tick__output_kind kind) {
    struct stat about;
    if (!*path)
        return refuse("-o", "needs the name of a file: \"\" is none");
    if (path[strlen(path) - 1] == '/')
        return refuse(path, "is a folder: name a file in it with -o");
    int code = 0;
    if (lstat(path, &about) == 0)
        code = check_existing(rules, path, kind, &about);
    else if (errno != ENOENT)
        code = cannot(path, -errno);
    if (code == 0)
        code = check_folder(path);
    return code == 0 && kind == TICK__OUTPUT_TRACE ? check_beside(path) : code;
}

bool tick__output_is_free(const char *path, enum tick__output_kind kind) {
    struct stat about;
    if (lstat(path, &about) != 0)
        return errno == ENOENT;
    if (!S_ISREG(about.st_mode))
        return false;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    const bool is_free = fd >= 0 && (about.st_size == 0 || is_of_kind(fd, kind));
    if (fd >= 0)
        close(fd);
    return is_free;
}

int tick__output_check_both(const struct tick__output_rules *rules, const char *trace) {
    char *schedule = tick__with_extension(trace, ".schedule"), *twin = tick__with_extension(trace, ".twin.db");
    int code = 0;
    if (!schedule || !twin) {
        free(schedule);
        free(twin);
        return tick__no_memory(trace);
    }
    if (strcmp(trace, schedule) == 0)
        code = refuse(trace, "would be both the trace and its schedule: name the trace with -o, as in -o found.db");
    if (code == 0)
        code = tick__output_check(rules, trace, TICK__OUTPUT_TRACE);
    if (code == 0)
        code = tick__output_check(rules, schedule, TICK__OUTPUT_SCHEDULE);
    if (code == 0)
        code = tick__output_check(rules, twin, TICK__OUTPUT_TRACE);
    free(schedule);
    free(twin);
    return code;
}

int tick__output_folder(const char *path) {
    struct stat about;
    char within[PATH_MAX];
    if (!*path)
        return refuse("-o", "needs the name of a folder: \"\" is none");
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return cannot(path, -errno);
    if (stat(path, &about) != 0)
        return cannot(path, -errno);
    if (!S_ISDIR(about.st_mode))
        return refuse(path, "is no folder: name one with -o");
    if (snprintf(within, sizeof within, "%s/trace", path) >= (int)sizeof within)
        return cannot(path, -ENAMETOOLONG);
    return check_folder(within);
}
