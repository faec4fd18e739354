# What reaches the real kernel once a guest's world has begun, as strace sees it: the library's own calls, and those that
# libc_names.h passes.
# No socket, epoll, eventfd, timer or pipe is made, no name changes, nothing is opened to be written, and only output is.
# timeout: 300
set -u
command -v strace >/dev/null || exit 77
[ -e "$RETICK_BUILD/libretick_guest.so" ] || exit 77
folder=$(mktemp -d) && cd "$folder" || exit 1
trap 'rm -rf "$folder"' EXIT
strace -qq -o probe true 2>/dev/null || exit 77 # a sandbox without ptrace

# Its own calls: numbers of fds, memory, signals, threads that sleep, what is read where it is.
allowed='read pread64 readv write writev close close_range fcntl dup dup2 dup3 lseek fstat stat lstat newfstatat statx
    access faccessat faccessat2 readlink readlinkat getcwd getdents64 openat open umask chdir fchdir mmap munmap
    mprotect mremap madvise brk pkey_mprotect futex sched_yield rt_sigprocmask rt_sigaction rt_sigreturn
    rt_sigtimedwait rt_sigpending sigaltstack set_robust_list get_robust_list rseq gettid getpid getppid geteuid
    tgkill clone3 clone exit exit_group prctl arch_prctl prlimit64 getitimer setitimer ioctl userfaultfd wait4
    restart_syscall sched_getaffinity getrandom poll ppoll membarrier'
allowed=$(echo $allowed | tr ' ' '|')

fails=0
watch() { # watch PROGRAM ARGUMENT...
    rm -rf full link old.txt
    mkdir full && echo old >old.txt && echo one >full/one && echo two >full/two && ln -s old.txt link
    rm -f log.*
    strace -ff -qq -o log "$RETICK_BUILD/tests/guest_by_hand" -q "$@" >/dev/null 2>said || { cat said; fails=1; }
    # A file a thread; the program's code runs on one. The world begins where its fds are looked through. What fails for the fd that it was
    # given, such as a write to what was opened to be read, reaches nothing.
    awk -v allowed="^($allowed)\$" '
        FNR == 1 { begun = 0 }
        /"\/proc\/self\/fd", O_RDONLY/ { begun = 1 }
        !begun || !match($0, /^[a-z_0-9]+\(/) { next }
        {
            call = substr($0, 1, RLENGTH - 1)
            seen++
            fd = substr($0, RLENGTH + 1) + 0
            if (/ = -1 (EBADF|EINVAL) /) next
            if (call !~ allowed) print "escapes: " $0
            else if ((call == "write" || call == "writev") && fd != 1 && fd != 2 && fd < 1000) print "is written: " $0
            else if (call ~ /^open/ && /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/) print "is opened to be written: " $0
        }
        END { if (seen < 3) print "nothing was seen of it" }' log.* >found
    [ -s found ] || return 0
    echo "$*:"
    head -5 found
    fails=1
}

for case in echo numbers times stream passes names; do
    watch "$RETICK_BUILD/tests/guest_cases" "$case"
done
for case in opens readers names links folders rights bytes streams maps locks sockets; do
    watch "$RETICK_BUILD/tests/file_calls" "$case"
done
python3 -c 'import asyncio' 2>/dev/null && watch python3 "$RETICK_BUILD/tests/guest_scripts/echo.py"
exit $fails
