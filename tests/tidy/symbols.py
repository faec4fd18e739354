#!/usr/bin/env python3
"""What the compiled code calls and keeps: symbols.py BUILD_FOLDER [OBJECT of a scenario...]

The simulated part (base to harness) calls no clock, no entropy, no thread and no system call of libc, whatever its includes say; and it has
no writable static outside of the section tick_keep, because a run's restore would undo it, or a forgotten one would leak from run to run.
A scenario's object calls none of them either.
"""

import glob
import os
import re
import subprocess
import sys

SIMULATED = ["base", "coro", "loop", "io", "kernel", "choice", "world", "harness"]

CLOCKS = """time clock clock_gettime clock_getres clock_nanosleep gettimeofday timespec_get ftime times nanosleep usleep sleep alarm
    setitimer timer_create timer_settime timerfd_create timerfd_settime localtime localtime_r mktime tzset strftime"""
ENTROPY = """rand rand_r srand random random_r srandom initstate setstate drand48 erand48 lrand48 nrand48 mrand48 jrand48 srand48
    arc4random arc4random_buf arc4random_uniform getrandom getentropy getpid getppid gettid gethostname uname getauxval mkstemp tmpfile"""
THREADS = """pthread_create pthread_join pthread_detach pthread_mutex_lock pthread_cond_wait pthread_rwlock_wrlock thrd_create mtx_lock
    cnd_wait sem_wait sem_post fork vfork posix_spawn clone"""
KERNEL = """epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd_read eventfd_write poll ppoll select
    pselect socket socketpair bind listen accept accept4 connect send sendto sendmsg recv recvfrom recvmsg shutdown getsockopt setsockopt
    getsockname getpeername getaddrinfo gethostbyname read write readv writev pread pwrite open open64 openat creat close pipe pipe2 dup
    dup2 dup3 fcntl fcntl64 ioctl syscall signalfd inotify_init stat stat64 fstat fstat64 lstat lstat64 fstatat statx ftruncate fallocate
    fsync fdatasync lseek unlink unlinkat rename renameat link symlink readlink mkdir rmdir opendir readdir sendfile"""
FORBIDDEN = set((CLOCKS + " " + ENTROPY + " " + THREADS + " " + KERNEL).split())

# (layer, object's source, symbols): who may call what, and why.
MAY_CALL = {
    ("harness", "*"): {"write", "getpid"},  # a dying run's last words
    ("harness", "open_files.c"): {"close"},  # of the files that a run left open in the host's own kernel
}

# A scenario may read and write by the names that it gives its own wrappers; libc's clocks, entropy and threads it may not.
SCENARIO_FORBIDDEN = set((CLOCKS + " " + ENTROPY + " " + THREADS).split()) - {"strftime"}

# Statics that may stay writable: (layer, symbol), or (object, symbol) for one that is private to a file.
MAY_KEEP = {
    ("loop", "tick__loop_running"),  # swapped by the simulated world when it switches hosts
    ("heap.c.o", "current"),  # the heap that malloc serves from: switched with the hosts, too
}

WRITABLE = re.compile(r"\.(data|bss|tdata|tbss|sdata|sbss)\b(?!\.rel\.ro)")


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def undefined(file):
    """(object, symbol) of every undefined symbol of an archive or object."""
    for line in output("nm", "-A", "-u", file).splitlines():
        where, _, symbol = line.rpartition(" U ")
        if where:
            parts = where.rstrip(" :").split(":")
            yield os.path.basename(parts[-1] if len(parts) > 1 else parts[0]), symbol.split("@")[0]


def statics(archive):
    """(object, section, symbol) of every writable object of an archive."""
    part = os.path.basename(archive)
    for line in output("objdump", "-t", archive).splitlines():
        match = re.match(r"(\S+):\s+file format", line)
        if match:
            part = match.group(1)
        match = re.match(r"[0-9a-f]+ .{7} (\S+)\t[0-9a-f]+(?: \.\w+)? +(\S+)$", line)
        if match:
            section, symbol = match.groups()
            if section == "*COM*" or (WRITABLE.match(section) and not section.startswith(".data.rel.ro") and symbol != section):
                yield part, section, symbol


def check(build, scenarios):
    seen = 0
    for layer in SIMULATED:
        archive = os.path.join(build, f"libtick_{layer}.a")
        if not os.path.exists(archive):
            continue
        seen += 1
        for part, symbol in undefined(archive):
            source = part.removesuffix(".o")
            allowed = MAY_CALL.get((layer, source), set()) | MAY_CALL.get((layer, "*"), set())
            if symbol in FORBIDDEN and symbol not in allowed:
                yield f"{archive}({part}): calls {symbol}"
        for part, section, symbol in statics(archive):
            if not {(layer, symbol), (part, symbol)} & MAY_KEEP:
                yield f"{archive}({part}): {symbol} is a writable static in {section}: make it const, mark it TICK_KEEP, or do without"
    if not seen:
        yield f"{build}: no libtick_*.a to look at"
    for file in scenarios:
        for part, symbol in undefined(file):
            if symbol in SCENARIO_FORBIDDEN:
                yield f"{file}: calls {symbol}"


def main():
    build = sys.argv[1]
    scenarios = sys.argv[2:] or sorted(glob.glob(os.path.join(build, "CMakeFiles/scenario_*.dir/scenarios/*.o")))
    findings = list(check(build, scenarios))
    for finding in findings:
        print(finding)
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
