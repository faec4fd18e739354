// Handlers: calls that come past libc's names alone, from within libc or by an instruction of the program's, or have ways of their own
// there.
#include "sim/guest/files_int.h"
#include "sim/guest/inside_int.h"
#include "sim/guest/map_int.h"
#include "sim/guest/process_state_int.h"
#include "sim/guest/trap_int.h"
#include <sys/mman.h>
#include <sys/prctl.h>

#define A_FILTER "a filter of the program's own would stop this library's calls, too: run the program without its sandbox"

long tick__call_mmap(const long *a) {
    if (!(a[3] & MAP_ANONYMOUS) && tick__guest_fd_is(a[4]))
        return tick__file_map(a[0], a[1], (int)a[2], (int)a[3], (int)a[4], a[5]);
    return tick__map_call(SYS_mmap, a[0], a[1], a[2], a[3], a[4], a[5]);
}

long tick__call_rt_sigaction(const long *a) {
    return tick__trap_sigaction(a[0], (const struct tick__trap_action *)a[1], (struct tick__trap_action *)a[2], a[3]);
}

// Limits are the process's own; a rewind has to know that it is to put them back.
static void note_limits(void) {
    if (tick__noted)
        tick__noted->limits = true;
}

long tick__call_setrlimit(const long *a) {
    note_limits();
    return tick__raw(SYS_setrlimit, a[0], a[1]);
}

long tick__call_prlimit64(const long *a) {
    if (a[2])
        note_limits();
    return tick__raw(SYS_prlimit64, a[0], a[1], a[2], a[3]);
}

long tick__call_prctl(const long *a) {
    if (a[0] == PR_SET_SECCOMP)
        tick__guest_unsupported("prctl(PR_SET_SECCOMP)", A_FILTER);
    return tick__raw(SYS_prctl, a[0], a[1], a[2], a[3], a[4]);
}

long tick__call_seccomp(const long *a) {
    if (a[0] == 0 || a[0] == 1) // SECCOMP_SET_MODE_*
        tick__guest_unsupported("seccomp", A_FILTER);
    return tick__raw(SYS_seccomp, a[0], a[1], a[2]);
}

// Of one thread; libc ends those of its own otherwise.
long tick__call_exit(const long *a) {
    if (tick__guest_turns->alive > 1)
        tick__guest_unsupported("exit", "a thread that ends by itself: let it return, or call pthread_exit");
    return tick__call_exit_group(a);
}

// Of fds that are simulated there are no such ways.
static bool any_is(long a, long b) {
    return tick__guest_fd_is(a) || tick__guest_fd_is(b);
}

long tick__call_splice(const long *a) {
    return any_is(a[0], a[2]) ? -EINVAL : tick__raw(SYS_splice, a[0], a[1], a[2], a[3], a[4], a[5]);
}

long tick__call_tee(const long *a) {
    return any_is(a[0], a[1]) ? -EINVAL : tick__raw(SYS_tee, a[0], a[1], a[2], a[3]);
}

long tick__call_vmsplice(const long *a) {
    return tick__call_writev(a);
}

// The flags ask for what never happens here, or may be left out.
long tick__call_preadv2(const long *a) {
    return a[3] == -1 ? tick__call_readv(a) : tick__call_preadv(a);
}

long tick__call_pwritev2(const long *a) {
    return a[3] == -1 ? tick__call_writev(a) : tick__call_pwritev(a);
}
