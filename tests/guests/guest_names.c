// The table of libc's names (sim/guest/libc_names.h) against libc and the library as they are here: each name of these families that libc
// exports stands in it, once, and the library exports what the table says, and nothing else.
// links: tick_choice
// wraps: nothing_at_all
#include "sim/guest/libc_names.h"
#include "sim/guest/other_calls.h"
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

// What a name begins with, behind "__" and "libc_".
static const char *const families[] = {"socket", "bind", "listen", "accept", "connect", "shutdown", "getsock", "setsock", "getpeer", "send",
    "recv", "sockatmark", "isfdtype", "epoll", "poll", "ppoll", "select", "pselect", "pipe", "eventfd", "timerfd", "signalfd", "inotify",
    "fanotify", "read", "pread", "write", "pwrite", "splice", "tee", "vmsplice", "copy_file", "fcntl", "ioctl", "dup", "close", "clock",
    "timer_", "timespec", "time", "stime", "ftime", "gettimeofday", "settimeofday", "adjtime", "ntp_", "nanosleep", "usleep", "sleep",
    "alarm", "ualarm", "getitimer", "setitimer", "getrandom", "getentropy", "arc4random", "getaddrinfo", "freeaddrinfo", "getnameinfo",
    "gethost", "sethost", "endhost", "getifaddrs", "freeifaddrs", "if_", "getdomainname", "fork", "vfork", "_Fork", "exec", "fexec",
    "posix_", "popen", "pclose", "system", "clone", "wait", "kill", "tgkill", "sigqueue", "raise", "pidfd", "process_", "getpid", "getppid",
    "gettid", "getuid", "geteuid", "getgid", "getegid", "exit", "_exit", "_Exit", "quick_exit", "abort", "pthread_", "sem_", "thrd_",
    "mtx_", "cnd_", "tss_", "call_once", "sched_", "futex", "syscall", "open", "creat", "fopen", "freopen", "fdopen", "dprintf", "vdprintf",
    "aio_", "lio_", "uname", "sysconf", "get_nprocs", "getcpu", "getloadavg", "sysinfo", "getrusage", "sigwait", "sigtimedwait",
    "sigsuspend", "pause", "sigpause", "sigprocmask", "sigaction", "fstat", "fxstat", "statx", "stat", "lstat", "lseek", "llseek", "fsync",
    "fdatasync", "sync_file", "ftruncate", "fallocate", "readahead", "flock", "lockf", "res_query", "res_search", "res_send", "res_n",
    "unlink", "remove", "access", "chmod", "memfd", "setns", "unshare", "rand", "srand", "random", "srandom", "drand48", "daemon", "mq_",
    "sem", "shm_", "opendir", "fdopendir", "closedir", "readdir", "rewinddir", "seekdir", "telldir", "dirfd", "scandir", "glob", "getdents",
    "getdirentries", "ftw", "nftw", "fts", "mkdir", "rmdir", "rename", "link", "symlink", "mkfifo", "mknod", "xmknod", "chown", "lchown",
    "fchown", "fchmod", "lchmod", "utime", "lutime", "futime", "truncate", "msync", "chdir", "fchdir", "getcwd", "get_current", "getwd",
    "realpath", "canonicalize", "mkst", "mkdt", "mkost", "mktemp", "tmpfile", "tmpnam", "tempnam", "statfs", "statvfs", "fstatvfs", "sync",
    "euidaccess", "eaccess", "faccessat", "getxattr", "fgetxattr", "lgetxattr", "setxattr", "lsetxattr", "fsetxattr", "listxattr",
    "llistxattr", "flistxattr", "removexattr", "fremovexattr", "lremovexattr", "umask", "chroot", "mount", "umount", "acct", "swap",
    "quotactl", "pathconf", "fpathconf", "xstat", "lxstat", "fxstat", "name_to_handle", "fsopen", "fsmount", "move_mount", "syslog",
    "vsyslog", "openlog", "closelog", "ftok", "lckpwdf", "putut", "updwtmp", "login", "logwtmp", "getpw", "catopen", "wordexp", "ttyname",
    "ctermid", "uselib", "pivot_root", "mmap", "munmap", "mremap", "mprotect", "madvise", "pkey_mprotect"};

static bool in_family(const char *name) {
    if (!strncmp(name, "__", 2))
        name += 2;
    if (!strncmp(name, "libc_", 5))
        name += 5;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (!strncmp(name, families[i], strlen(families[i])))
            return true;
    return false;
}

// In these families by their first letters alone.
static const char *const others[] = {"bindtextdomain", "bind_textdomain_codeset", "timegm", "timelocal", "timezone", "__timezone",
     "randomize", "bindresvport", "sem_init", "swab", "synced", NULL};

static bool is_other(const char *name) {
    for (const char *const *at = others; *at; at++)
        if (!strcmp(*at, name))
            return true;
    return false;
}

static const char *const simulated[] = {
#define NAME(name) #name,
    TICK__LIBC_SIMULATED(NAME)
#undef NAME
};
static const char *const refused[] = {
#define NAME(name, why) #name,
    TICK__LIBC_REFUSED(NAME)
#undef NAME
};
static const char *const passed[] = {
#define NAMES(why, names) " " names " ",
    TICK__LIBC_PASSED(NAMES)
#undef NAMES
};

static int times_among(const char *const *names, size_t count, const char *name) {
    int found = 0;
    for (size_t i = 0; i < count; i++)
        found += !strcmp(names[i], name);
    return found;
}

static int times_passed(const char *name) {
    char word[200];
    int found = 0;
    snprintf(word, sizeof word, " %s ", name);
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        found += strstr(passed[i], word) != NULL;
    return found;
}

static int times_ours(const char *name) {
    return times_among(simulated, sizeof simulated / sizeof *simulated, name) +
           times_among(refused, sizeof refused / sizeof *refused, name);
}

// Names that a library exports, one a call; those that only other parts of libc may use are left out.
static char *next_name(FILE *nm) {
    static char line[1000];
    while (fgets(line, sizeof line, nm)) {
        char *name = strrchr(line, ' '), *version;
        if (!name++ || strstr(line, "GLIBC_PRIVATE"))
            continue;
        name[strcspn(name, "\n")] = 0;
        if ((version = strchr(name, '@')) != NULL)
            *version = 0;
        return name;
    }
    return NULL;
}

static FILE *names_of(const char *library) {
    char command[4200];
    snprintf(command, sizeof command, "nm -D --defined-only '%s'", library);
    FILE *nm = popen(command, "r");
    assert_non_null(nm);
    return nm;
}

static void nothing_of_libc_is_forgotten(void **state) {
    (void)state;
    Dl_info info;
    void *libc = dlsym(RTLD_DEFAULT, "gnu_get_libc_version");
    int missing = 0, seen = 0;
    assert_true(libc && dladdr(libc, &info));
    FILE *nm = names_of(info.dli_fname);
    for (char *name; (name = next_name(nm)) != NULL;) {
        if (!in_family(name) || is_other(name))
            continue;
        seen++;
        if (times_ours(name) + times_passed(name) == 1)
            continue;
        print_error("%s stands %d times in sim/guest/libc_names.h\n", name, times_ours(name) + times_passed(name));
        missing++;
    }
    assert_int_equal(pclose(nm), 0);
    assert_int_equal(missing, 0);
    assert_true(seen > 400);
}

static const char *library(void) {
    static char self[4000], path[4100];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(length > 0);
    self[length] = 0;
    *strrchr(self, '/') = 0;
    *strrchr(self, '/') = 0;
    snprintf(path, sizeof path, "%s/libretick_guest.so", self);
    return path;
}

static void the_library_exports_what_the_table_says(void **state) {
    (void)state;
    static bool found[3000];
    FILE *nm = names_of(library());
    int wrong = 0;
    for (char *name; (name = next_name(nm)) != NULL;) {
        if (!strncmp(name, "retick_", 7))
            continue; // what a program may call itself
        if (!times_ours(name)) {
            print_error("%s is exported, and not in the table\n", name);
            wrong++;
        }
        for (size_t i = 0; i < sizeof simulated / sizeof *simulated; i++)
            found[i] |= !strcmp(simulated[i], name);
        for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
            found[1000 + i] |= !strcmp(refused[i], name);
    }
    assert_int_equal(pclose(nm), 0);
    for (size_t i = 0; i < sizeof simulated / sizeof *simulated; i++)
        if (!found[i]) {
            print_error("%s is not exported\n", simulated[i]);
            wrong++;
        }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (!found[1000 + i]) {
            print_error("%s is not exported\n", refused[i]);
            wrong++;
        }
    assert_int_equal(wrong, 0);
}

// What it needs of glibc is there in 2.31: sim/guest/old_libc.h.
static void the_library_loads_with_glibc_2_31(void **state) {
    (void)state;
    char command[4200], line[1000];
    int seen = 0, newer = 0;
    snprintf(command, sizeof command, "nm -D --undefined-only '%s'", library());
    FILE *nm = popen(command, "r");
    assert_non_null(nm);
    while (fgets(line, sizeof line, nm)) {
        const char *version = strstr(line, "@GLIBC_2.");
        const long minor = version ? strtol(version + 9, NULL, 10) : 0;
        seen += version != NULL;
        if (minor > 31)
            print_error("needs a newer glibc:%s", line + strspn(line, " U"));
        newer += minor > 31 || strstr(line, "@GLIBC_PRIVATE");
    }
    assert_int_equal(pclose(nm), 0);
    assert_true(seen > 20);
    assert_int_equal(newer, 0);
}

// x86-64's numbers up to Linux 6.1's; those between were never given to any. What comes later is answered ENOSYS.
static void every_system_call_has_its_place(void **state) {
    static const int numbers[] = {
#define TICK__CALL(name, how, numbers, shape, at) SYS_##name,
#define WORDS(name, why) SYS_##name,
#define NAME(name) SYS_##name,
#include "sim/guest/call_table.h"
        TICK__CALLS_IN_WORDS(WORDS) TICK__CALLS_DENIED(NAME) TICK__CALLS_LACKING(NAME) TICK__CALLS_PASSED(NAME) SYS_futex};
    (void)state;
    int wrong = 0;
    for (int nr = 0; nr <= SYS_set_mempolicy_home_node; nr++) {
        int places = 0;
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
            places += numbers[i] == nr;
        if (places == (nr < 335 || nr > 423))
            continue;
        print_error("system call %d stands %d times in sim/guest/call_table.h and other_calls.h\n", nr, places);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_system_call_has_its_place),
        cmocka_unit_test(the_library_loads_with_glibc_2_31),
        cmocka_unit_test(nothing_of_libc_is_forgotten),
        cmocka_unit_test(the_library_exports_what_the_table_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
