// What becomes of the system calls that call_table.h has no handler for, whoever makes them, once the world has begun: every other one that
// there is stands in one of four lists (tests/guests/guest_names.c). One that is not known here is answered ENOSYS, as by a kernel that
// is older.
#ifndef RETICK_OTHER_CALLS_H
#define RETICK_OTHER_CALLS_H

// X(name, why): the run ends in words.
#define TICK__CALLS_IN_WORDS(X) \
    X(fork, TICK__NO_CHILDREN) \
    X(vfork, TICK__NO_CHILDREN) X(execve, TICK__NO_CHILDREN) X(execveat, TICK__NO_CHILDREN) \
        X(clone, "children and threads past pthread_create: make threads with pthread_create, and start children before the first wait") \
            X(pidfd_open, TICK__NO_CHILDREN) X(semop, TICK__NO_MESSAGES) X(semtimedop, TICK__NO_MESSAGES) X(msgsnd, TICK__NO_MESSAGES) \
                X(msgrcv, TICK__NO_MESSAGES) X(mq_timedsend, TICK__NO_MESSAGES) X(mq_timedreceive, TICK__NO_MESSAGES) \
                    X(mq_notify, TICK__NO_MESSAGES)
#define TICK__NO_CHILDREN \
    "it started a child process after the world began: let it start those before its first wait, or do without; if that child is the " \
    "program to be run, name it: --guest NAME, a word of its command line, such as app.py"
#define TICK__NO_MESSAGES "messages between processes would wait for real ones"

// X(name): EPERM, as for who has no privileges, whatever this machine's user may do.
#define TICK__CALLS_DENIED(X) \
    X(uselib) \
    X(vhangup) X(pivot_root) X(chroot) X(acct) X(settimeofday) X(mount) X(umount2) X(swapon) X(swapoff) X(reboot) X(sethostname) \
        X(setdomainname) X(iopl) X(ioperm) X(create_module) X(init_module) X(delete_module) X(quotactl) X(nfsservctl) X(clock_settime) \
            X(kexec_load) X(unshare) X(fanotify_init) X(open_by_handle_at) X(clock_adjtime) X(setns) X(finit_module) X(kexec_file_load) \
                X(bpf) X(open_tree) X(move_mount) X(fsopen) X(fsconfig) X(fsmount) X(fspick) X(mount_setattr) X(quotactl_fd)

// X(name): ENOSYS, as of a kernel that has none; programs take another way then.
#define TICK__CALLS_LACKING(X) \
    X(io_setup) \
    X(io_destroy) X(io_getevents) X(io_submit) X(io_cancel) X(io_pgetevents) X(io_uring_setup) X(io_uring_enter) X(io_uring_register) \
        X(clone3) X(openat2) X(futex_waitv) X(epoll_ctl_old) X(epoll_wait_old) X(_sysctl) X(get_kernel_syms) X(query_module) X(getpmsg) \
            X(putpmsg) X(afs_syscall) X(tuxcall) X(security) X(vserver) X(set_thread_area) X(get_thread_area) X(process_mrelease) \
                X(landlock_create_ruleset) X(landlock_add_rule) X(landlock_restrict_self)

// X(name): the machine's own: its memory, its signals' details, what it may do and who it is, what only looks.
#define TICK__CALLS_PASSED(X) \
    X(mprotect) \
    X(munmap) X(brk) X(mremap) X(msync) X(mincore) X(madvise) X(mlock) X(munlock) X(mlockall) X(munlockall) X(mlock2) X(remap_file_pages) \
        X(mbind) X(set_mempolicy) X(get_mempolicy) X(migrate_pages) X(move_pages) X(membarrier) X(pkey_mprotect) X(pkey_alloc) \
            X(pkey_free) X(process_madvise) X(memfd_secret) X(set_mempolicy_home_node) X(userfaultfd) X(rt_sigreturn) X(sigaltstack) \
                X(restart_syscall) X(wait4) X(waitid) X(ptrace) X(pidfd_send_signal) X(pidfd_getfd) X(process_vm_readv) \
                    X(process_vm_writev) X(kcmp) X(shmget) X(shmat) X(shmctl) X(shmdt) X(semget) X(semctl) X(msgget) X(msgctl) X(mq_open) \
                        X(mq_unlink) X(mq_getsetattr) X(getdents) X(umask) X(ustat) X(sysfs) X(lookup_dcookie) X(name_to_handle_at) \
                            X(inotify_init) X(inotify_init1) X(inotify_add_watch) X(inotify_rm_watch) X(fanotify_mark) X(getrlimit) \
                                  X(syslog) X(setuid) X(setgid) X(setpgid) X(getpgrp) X(setsid) X(setreuid) \
                                    X(setregid) X(getgroups) X(setgroups) X(setresuid) X(getresuid) X(setresgid) X(getresgid) X(getpgid) \
                                        X(setfsuid) X(setfsgid) X(getsid) X(capget) X(capset) X(personality) X(getpriority) X(setpriority) \
                                            X(sched_setparam) X(sched_getparam) X(sched_setscheduler) X(sched_getscheduler) \
                                                X(sched_get_priority_max) X(sched_get_priority_min) X(sched_rr_get_interval) \
                                                    X(sched_setattr) X(sched_getattr) X(ioprio_set) X(ioprio_get) X(modify_ldt) \
                                                        X(arch_prctl) X(adjtimex) X(set_tid_address) X(set_robust_list) X(get_robust_list) \
                                                            X(rseq) X(add_key) X(request_key) X(keyctl) X(perf_event_open)

#endif
