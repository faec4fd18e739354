// What becomes of libc's names in the families that a simulated machine answers: every one that libc exports stands in one of three lists,
// so that nothing escapes unseen (tests/guests/guest_names.c).
#ifndef RETICK_LIBC_NAMES_H
#define RETICK_LIBC_NAMES_H

// X(name): the library has it (wrap_*.c). Outside of the world it is libc's own, or the system call.
#define TICK__LIBC_SIMULATED(X) \
    X(_Exit) X(_Fork) X(__clock_gettime) X(__clock_nanosleep) X(__clone) X(__close) X(__connect) X(__cxa_atexit) \
    X(__dprintf_chk) X(__dup2) X(__fcntl) X(__fork) X(__fxstat) X(__fxstat64) X(__fxstatat) X(__fxstatat64) X(__getcwd_chk) \
    X(__gethostname_chk) X(__getpid) X(__gettimeofday) X(__getwd_chk) X(__libc_start_main) X(__longjmp_chk) X(__lseek) \
    X(__lxstat) X(__lxstat64) X(__nanosleep) X(__open) X(__open64) X(__open64_2) X(__open_2) X(__openat64_2) X(__openat_2) \
    X(__pipe) X(__poll) X(__poll_chk) X(__ppoll_chk) X(__pread64) X(__pread64_chk) X(__pread_chk) X(__pthread_key_create) \
    X(__pthread_mutex_lock) X(__pthread_mutex_trylock) X(__pthread_mutex_unlock) X(__pthread_once) X(__pthread_rwlock_rdlock) \
    X(__pthread_rwlock_unlock) X(__pthread_rwlock_wrlock) X(__pwrite64) X(__read) X(__read_chk) X(__readlink_chk) \
    X(__readlinkat_chk) X(__realpath_chk) X(__recv) X(__recv_chk) X(__recvfrom_chk) X(__sched_yield) X(__select) X(__send) \
    X(__sendmmsg) X(__sigaction) X(__sigpause) X(__sigsuspend) X(__sigtimedwait) X(__socket) X(__statfs) X(__sysconf) X(__syslog_chk) \
    X(__vdprintf_chk) X(__vfork) X(__vsyslog_chk) X(__write) X(__xmknod) X(__xmknodat) X(__xpg_sigpause) X(__xstat) \
    X(__xstat64) X(_exit) X(abort) X(accept) X(accept4) X(access) X(alarm) X(arc4random) X(arc4random_buf) \
    X(arc4random_uniform) X(bind) X(call_once) X(canonicalize_file_name) X(chdir) X(chmod) X(chown) X(clock) X(clock_getres) \
    X(clock_gettime) X(clock_nanosleep) X(clock_settime) X(clone) X(close) X(close_range) X(closedir) X(closefrom) \
    X(cnd_broadcast) X(cnd_signal) X(cnd_timedwait) X(cnd_wait) X(connect) X(copy_file_range) X(creat) X(creat64) X(dirfd) \
    X(dlsym) X(dlvsym) X(dprintf) X(dup) X(dup2) X(dup3) X(eaccess) X(epoll_create) X(epoll_create1) X(epoll_ctl) \
    X(epoll_pwait) X(epoll_pwait2) X(epoll_wait) X(euidaccess) X(eventfd) X(eventfd_read) X(eventfd_write) X(execl) X(execle) \
    X(execlp) X(execv) X(execve) X(execvp) X(execvpe) X(faccessat) X(fallocate) X(fallocate64) X(fchdir) X(fchmod) X(fchmodat) \
    X(fchown) X(fchownat) X(fcntl) X(fcntl64) X(fdatasync) X(fdopen) X(fdopendir) X(fexecve) X(fgetxattr) X(flistxattr) \
    X(flock) X(fopen) X(fopen64) X(fork) X(freeaddrinfo) X(freeifaddrs) X(fremovexattr) X(freopen) X(freopen64) X(fsetxattr) \
    X(fstat) X(fstat64) X(fstatat) X(fstatat64) X(fstatfs) X(fstatfs64) X(fstatvfs) X(fstatvfs64) X(fsync) X(ftime) \
    X(ftruncate) X(ftruncate64) X(fts64_open) X(fts_open) X(ftw) X(ftw64) X(futimens) X(futimes) X(futimesat) \
    X(get_current_dir_name) X(get_nprocs) X(get_nprocs_conf) X(getaddrinfo) X(getaddrinfo_a) X(getcpu) X(getcwd) X(getdents64) \
    X(getegid) X(getentropy) X(geteuid) X(getgid) X(gethostbyaddr) X(gethostbyaddr_r) X(gethostbyname) X(gethostbyname2) \
    X(gethostbyname2_r) X(gethostbyname_r) X(gethostname) X(getifaddrs) X(getitimer) X(getloadavg) X(getnameinfo) \
    X(getpeername) X(getpid) X(getppid) X(getrandom) X(getrusage) X(getsockname) X(getsockopt) X(gettid) X(gettimeofday) \
    X(getuid) X(getwd) X(getxattr) X(glob) X(glob64) X(gsignal) X(if_freenameindex) X(if_indextoname) X(if_nameindex) \
    X(if_nametoindex) X(ioctl) X(isfdtype) X(kill) X(killpg) X(lchmod) X(lchown) X(lgetxattr) X(link) X(linkat) X(listen) \
    X(listxattr) X(llistxattr) X(lockf) X(lockf64) X(longjmp) X(lremovexattr) X(lseek) X(lseek64) X(lsetxattr) X(lstat) \
    X(lstat64) X(lutimes) X(madvise) X(memfd_create) X(mkdir) X(mkdirat) X(mkdtemp) X(mkfifo) X(mkfifoat) X(mknod) X(mknodat) \
    X(mkostemp) X(mkostemp64) X(mkostemps) X(mkostemps64) X(mkstemp) X(mkstemp64) X(mkstemps) X(mkstemps64) X(mktemp) X(mmap) \
    X(mmap64) X(mprotect) X(mremap) X(msync) X(mtx_lock) X(mtx_timedlock) X(mtx_trylock) X(mtx_unlock) X(munmap) X(nanosleep) \
    X(nftw) X(nftw64) X(open) X(open64) X(openat) X(openat64) X(opendir) X(openlog) X(pause) X(pidfd_open) X(pipe) X(pipe2) \
    X(pkey_mprotect) X(poll) X(popen) X(posix_fadvise) X(posix_fadvise64) X(posix_fallocate) X(posix_fallocate64) \
    X(posix_spawn) X(posix_spawnp) X(ppoll) X(pread) X(pread64) X(preadv) X(preadv2) X(preadv64) X(preadv64v2) X(pselect) \
    X(pthread_barrier_wait) X(pthread_cancel) X(pthread_clockjoin_np) X(pthread_cond_broadcast) X(pthread_cond_clockwait) \
    X(pthread_cond_signal) X(pthread_cond_timedwait) X(pthread_cond_wait) X(pthread_create) X(pthread_detach) X(pthread_exit) \
    X(pthread_getaffinity_np) X(pthread_getattr_np) X(pthread_getcpuclockid) X(pthread_getname_np) X(pthread_getschedparam) \
    X(pthread_join) X(pthread_key_create) X(pthread_key_delete) X(pthread_kill) X(pthread_mutex_clocklock) \
    X(pthread_mutex_lock) X(pthread_mutex_timedlock) X(pthread_mutex_trylock) X(pthread_mutex_unlock) X(pthread_once) \
    X(pthread_rwlock_clockrdlock) X(pthread_rwlock_clockwrlock) X(pthread_rwlock_rdlock) X(pthread_rwlock_timedrdlock) \
    X(pthread_rwlock_timedwrlock) X(pthread_rwlock_unlock) X(pthread_rwlock_wrlock) X(pthread_setaffinity_np) \
    X(pthread_setcancelstate) X(pthread_setcanceltype) X(pthread_setname_np) X(pthread_setschedparam) X(pthread_setschedprio) \
    X(pthread_sigmask) X(pthread_sigqueue) X(pthread_spin_lock) X(pthread_spin_unlock) X(pthread_testcancel) \
    X(pthread_timedjoin_np) X(pthread_tryjoin_np) X(pthread_yield) X(pwrite) X(pwrite64) X(pwritev) X(pwritev2) X(pwritev64) \
    X(pwritev64v2) X(quick_exit) X(raise) X(read) X(readahead) X(readdir) X(readdir64) X(readdir64_r) X(readdir_r) X(readlink) \
    X(readlinkat) X(readv) X(realpath) X(recv) X(recvfrom) X(recvmmsg) X(recvmsg) X(remove) X(removexattr) X(rename) \
    X(renameat) X(renameat2) X(rewinddir) X(rmdir) X(scandir) X(scandir64) X(scandirat) X(scandirat64) X(sched_getaffinity) \
    X(sched_getcpu) X(sched_setaffinity) X(sched_yield) X(seekdir) X(select) X(sem_clockwait) X(sem_post) X(sem_timedwait) \
    X(sem_trywait) X(sem_wait) X(send) X(sendfile) X(sendfile64) X(sendmmsg) X(sendmsg) X(sendto) X(setitimer) X(setsockopt) \
    X(settimeofday) X(setxattr) X(shm_open) X(shm_unlink) X(shutdown) X(sigaction) X(sigblock) X(sighold) X(siglongjmp) X(signal) \
    X(signalfd) X(sigpause) X(sigpending) X(sigprocmask) X(sigqueue) X(sigrelse) X(sigsetmask) X(sigsuspend) X(sigtimedwait) X(sigwait) \
    X(sigwaitinfo) X(sleep) X(sockatmark) X(socket) X(socketpair) X(splice) X(stat) X(stat64) X(statfs) X(statfs64) X(statvfs) \
    X(statvfs64) X(statx) X(symlink) X(symlinkat) X(sync) X(sync_file_range) X(syncfs) X(syscall) X(sysconf) X(sysinfo) \
    X(syslog) X(system) X(tee) X(telldir) X(tempnam) X(tgkill) X(thrd_create) X(thrd_detach) X(thrd_exit) X(thrd_join) \
    X(thrd_sleep) X(thrd_yield) X(time) X(timer_create) X(timer_delete) X(timer_getoverrun) X(timer_gettime) X(timer_settime) \
    X(timerfd_create) X(timerfd_gettime) X(timerfd_settime) X(times) X(timespec_get) X(timespec_getres) X(tmpfile) \
    X(tmpfile64) X(tmpnam) X(tmpnam_r) X(truncate) X(truncate64) X(tss_create) X(tss_delete) X(ualarm) X(uname) X(unlink) \
    X(unlinkat) X(usleep) X(utime) X(utimensat) X(utimes) X(vdprintf) X(vfork) X(vmsplice) X(vsyslog) X(write) X(writev)

// X(name, why): once the world has begun, a program that calls it cannot go on (wrap_refused.c).
#define TICK__LIBC_REFUSED(X) \
    X(daemon, "it started a child process after the world began") \
    X(forkpty, "it started a child process after the world began") \
    X(execveat, "it started a child process after the world began") X(res_query, "no name server is asked") \
    X(__res_query, "no name server is asked") X(res_search, "no name server is asked") \
    X(__res_search, "no name server is asked") X(res_querydomain, "no name server is asked") \
    X(__res_querydomain, "no name server is asked") X(res_send, "no name server is asked") \
    X(__res_send, "no name server is asked") X(res_nquery, "no name server is asked") \
    X(__res_nquery, "no name server is asked") X(res_nsearch, "no name server is asked") \
    X(__res_nsearch, "no name server is asked") X(res_nquerydomain, "no name server is asked") \
    X(__res_nquerydomain, "no name server is asked") X(res_nsend, "no name server is asked") \
    X(__res_nsend, "no name server is asked") X(aio_read, "files are not read in the background") \
    X(aio_read64, "files are not read in the background") X(aio_write, "files are not read in the background") \
    X(aio_write64, "files are not read in the background") X(aio_fsync, "files are not read in the background") \
    X(aio_fsync64, "files are not read in the background") X(aio_suspend, "files are not read in the background") \
    X(aio_suspend64, "files are not read in the background") X(lio_listio, "files are not read in the background") \
    X(lio_listio64, "files are not read in the background") \
    X(mq_receive, "messages between processes would wait for real ones") \
    X(mq_timedreceive, "messages between processes would wait for real ones") \
    X(mq_send, "messages between processes would wait for real ones") \
    X(mq_timedsend, "messages between processes would wait for real ones") \
    X(mq_notify, "messages between processes would wait for real ones") \
    X(msgrcv, "messages between processes would wait for real ones") \
    X(msgsnd, "messages between processes would wait for real ones") \
    X(semop, "messages between processes would wait for real ones") \
    X(semtimedop, "messages between processes would wait for real ones") \
    X(wordexp, "libc itself looks for files, past those that were written") X(login, "the machine's records of logins are real") \
    X(logwtmp, "the machine's records of logins are real") X(updwtmp, "the machine's records of logins are real") \
    X(updwtmpx, "the machine's records of logins are real") X(pututline, "the machine's records of logins are real") \
    X(pututxline, "the machine's records of logins are real")

// X(why, names): libc's own, whatever happens.
#define TICK__LIBC_PASSED(X) \
    X("what it does stays in the caller's memory", \
        "pthread_attr_destroy pthread_attr_getaffinity_np pthread_attr_getdetachstate pthread_attr_getguardsize " \
        "pthread_attr_getinheritsched pthread_attr_getschedparam pthread_attr_getschedpolicy pthread_attr_getscope " \
        "pthread_attr_getsigmask_np pthread_attr_getstack pthread_attr_getstackaddr pthread_attr_getstacksize " \
        "pthread_attr_init pthread_attr_setaffinity_np pthread_attr_setdetachstate pthread_attr_setguardsize " \
        "pthread_attr_setinheritsched pthread_attr_setschedparam pthread_attr_setschedpolicy pthread_attr_setscope " \
        "pthread_attr_setsigmask_np pthread_attr_setstack pthread_attr_setstackaddr pthread_attr_setstacksize " \
        "pthread_barrier_destroy pthread_barrier_init pthread_barrierattr_destroy pthread_barrierattr_getpshared " \
        "pthread_barrierattr_init pthread_barrierattr_setpshared pthread_cond_destroy pthread_cond_init " \
        "pthread_condattr_destroy pthread_condattr_getclock pthread_condattr_getpshared pthread_condattr_init " \
        "pthread_condattr_setclock pthread_condattr_setpshared pthread_equal pthread_getattr_default_np " \
        "pthread_setattr_default_np pthread_getconcurrency pthread_setconcurrency pthread_getspecific pthread_setspecific " \
        "__pthread_getspecific __pthread_setspecific pthread_mutex_consistent pthread_mutex_consistent_np " \
        "pthread_mutex_destroy __pthread_mutex_destroy pthread_mutex_getprioceiling pthread_mutex_setprioceiling " \
        "pthread_mutex_init __pthread_mutex_init pthread_mutexattr_destroy __pthread_mutexattr_destroy " \
        "pthread_mutexattr_getkind_np pthread_mutexattr_getprioceiling pthread_mutexattr_getprotocol " \
        "pthread_mutexattr_getpshared pthread_mutexattr_getrobust pthread_mutexattr_getrobust_np pthread_mutexattr_gettype " \
        "pthread_mutexattr_init __pthread_mutexattr_init pthread_mutexattr_setkind_np pthread_mutexattr_setprioceiling " \
        "pthread_mutexattr_setprotocol pthread_mutexattr_setpshared pthread_mutexattr_setrobust " \
        "pthread_mutexattr_setrobust_np pthread_mutexattr_settype __pthread_mutexattr_settype pthread_rwlock_destroy " \
        "__pthread_rwlock_destroy pthread_rwlock_init __pthread_rwlock_init pthread_rwlockattr_destroy " \
        "pthread_rwlockattr_getkind_np pthread_rwlockattr_getpshared pthread_rwlockattr_init pthread_rwlockattr_setkind_np " \
        "pthread_rwlockattr_setpshared pthread_self pthread_spin_destroy pthread_spin_init pthread_kill_other_threads_np " \
        "sem_destroy sem_getvalue sem_init thrd_current thrd_equal tss_get tss_set cnd_destroy cnd_init mtx_destroy " \
        "mtx_init pthread_atfork __pthread_cleanup_routine __pthread_register_cancel __pthread_register_cancel_defer " \
        "__pthread_unregister_cancel __pthread_unregister_cancel_restore __pthread_unwind_next fopencookie open_memstream " \
        "open_wmemstream posix_spawn_file_actions_addchdir_np posix_spawn_file_actions_addclose " \
        "posix_spawn_file_actions_addclosefrom_np posix_spawn_file_actions_adddup2 posix_spawn_file_actions_addfchdir_np " \
        "posix_spawn_file_actions_addopen posix_spawn_file_actions_addtcsetpgrp_np posix_spawn_file_actions_destroy " \
        "posix_spawn_file_actions_init posix_spawnattr_destroy posix_spawnattr_getflags posix_spawnattr_getpgroup " \
        "posix_spawnattr_getschedparam posix_spawnattr_getschedpolicy posix_spawnattr_getsigdefault " \
        "posix_spawnattr_getsigmask posix_spawnattr_init posix_spawnattr_setflags posix_spawnattr_setpgroup " \
        "posix_spawnattr_setschedparam posix_spawnattr_setschedpolicy posix_spawnattr_setsigdefault " \
        "posix_spawnattr_setsigmask ns_name_compress ns_name_ntop ns_name_pack ns_name_pton ns_name_skip ns_name_uncompress " \
        "ns_name_unpack res_dnok res_hnok res_mailok res_ownok res_mkquery res_nmkquery __res_dnok __res_hnok __res_mailok " \
        "__res_ownok __res_mkquery __res_nmkquery __res_init __res_ninit __res_nclose __res_state __res_randomid " \
        "bind_textdomain_codeset bindtextdomain flockfile getauxval __getauxval __sched_cpualloc __sched_cpucount " \
        "__sched_cpufree duplocale __duplocale __res_get_nsaddr __posix_getopt posix_madvise posix_memalign") \
    X("it never waits: the world's locks are libc's objects", \
        "pthread_rwlock_tryrdlock __pthread_rwlock_tryrdlock " \
        "pthread_rwlock_trywrlock __pthread_rwlock_trywrlock pthread_spin_trylock sem_open " \
        "sem_close sem_unlink") \
    X("random numbers of a seed that is fixed, or the program's", \
        "rand rand_r srand random random_r srandom srandom_r drand48 drand48_r erand48 erand48_r jrand48 jrand48_r lrand48 " \
        "lrand48_r mrand48 mrand48_r nrand48 nrand48_r srand48 srand48_r") \
    X("it looks at the machine, or at what was opened", \
        "llseek open_by_handle_at open_tree name_to_handle_at inotify_init inotify_init1 inotify_add_watch " \
        "inotify_rm_watch fanotify_init fanotify_mark mq_open __mq_open_2 mq_close mq_getattr mq_setattr mq_unlink aio_cancel " \
        "aio_cancel64 aio_error aio_error64 aio_init aio_return aio_return64 bindresvport fpathconf pathconf getdirentries " \
        "getdirentries64 glob_pattern_p globfree globfree64 fts_children fts_close fts_read fts_set fts64_children fts64_close " \
        "fts64_read fts64_set ftok umask catopen ctermid " \
        "ttyname ttyname_r __ttyname_r_chk getpwent getpwent_r getpwnam getpwnam_r getpwuid getpwuid_r getpw") \
    X("children of before the world began are real", \
        "wait __wait waitpid __waitpid waitid wait3 wait4 pclose pidfd_getfd pidfd_send_signal process_madvise " \
        "process_mrelease process_vm_readv process_vm_writev ptrace") \
    X("what a handler is stays the kernel's affair", "siginterrupt exit") \
    X("the processor is nobody's to schedule", \
        "sched_get_priority_max sched_get_priority_min __sched_get_priority_max __sched_get_priority_min sched_getparam " \
        "__sched_getparam sched_getscheduler __sched_getscheduler sched_rr_get_interval sched_setparam sched_setscheduler " \
        "__sched_setscheduler nice") \
    X("settings of the machine: its own, and denied to most", \
        "adjtime adjtimex __adjtimex clock_adjtime ntp_adjtime ntp_gettime ntp_gettimex stime sethostname getdomainname " \
        "__getdomainname_chk gethostid sethostid gethostent gethostent_r sethostent endhostent setns unshare " \
        "clock_getcpuclockid create_module closelog acct chroot mount " \
        "mount_setattr move_mount umount umount2 " \
        "pivot_root quotactl swapon swapoff fsopen fsmount uselib lckpwdf swapcontext") \
    X("terminals are real", \
        "getpt posix_openpt openpty login_tty") \
    X("memory and semaphores between processes are real", \
        "semctl semget shmat shmget msgctl msgget")

#endif
