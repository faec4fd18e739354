// as_in_docker PROGRAM ARGS: runs it as a container with Docker's default seccomp profile does, as far as retick would use what that
// forbids: no userfaultfd, no personality but the few that change nothing here, no perf_event_open, bpf, keys, mounts and name spaces.
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define REFUSED_IF(value) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define ALLOWED_IF(value) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static struct sock_filter filter[] = {
    LOAD(nr),
    REFUSED_IF(SYS_userfaultfd),
    REFUSED_IF(SYS_perf_event_open),
    REFUSED_IF(SYS_bpf),
    REFUSED_IF(SYS_add_key),
    REFUSED_IF(SYS_keyctl),
    REFUSED_IF(SYS_mount),
    REFUSED_IF(SYS_unshare),
    REFUSED_IF(SYS_setns),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_personality, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    LOAD(args[0]),
    ALLOWED_IF(0),
    ALLOWED_IF(8),
    ALLOWED_IF(0x20000),
    ALLOWED_IF(0x20008),
    ALLOWED_IF(0xffffffff),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
};

int main(int argc, char **argv) {
    const struct sock_fprog code = {sizeof filter / sizeof *filter, filter};
    if (argc < 2)
        return 2;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &code) < 0) {
        perror("as_in_docker");
        return 77;
    }
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    return 127;
}
