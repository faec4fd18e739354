// libc's names: random bytes, and what the machine is like: one processor, one name, the same everywhere. And syscall(2).
#include "sim/guest/wrap_int.h"
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

EXPORT ssize_t getrandom(void *bytes, size_t count, unsigned flags) {
    return CALL(SYS_getrandom, bytes, count, flags);
}

EXPORT int getentropy(void *bytes, size_t count) {
    if (count > 256)
        return (int)tick__guest_answer(-EIO);
    return CALL(SYS_getrandom, bytes, count, 0) < 0 ? -1 : 0;
}

// libc's own draw from the kernel past getrandom.
EXPORT void arc4random_buf(void *bytes, size_t count) {
    (void)CALL(SYS_getrandom, bytes, count, 0);
}

EXPORT uint32_t arc4random(void) {
    uint32_t word = 0;
    (void)CALL(SYS_getrandom, &word, sizeof word, 0);
    return word;
}

EXPORT uint32_t arc4random_uniform(uint32_t bound) {
    if (bound < 2)
        return 0;
    const uint32_t least = -bound % bound; // below it, some rests would come more often
    for (;;) {
        const uint32_t word = arc4random();
        if (word >= least)
            return word % bound;
    }
}

EXPORT int uname(struct utsname *out) {
    return (int)CALL(SYS_uname, out);
}

EXPORT int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set) {
    const long used = CALL(SYS_sched_getaffinity, pid, size, set);
    if (used < 0)
        return -1;
    memset((char *)set + used, 0, size - (size_t)used);
    return 0;
}

EXPORT int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set) {
    return (int)CALL(SYS_sched_setaffinity, pid, size, set);
}

EXPORT int sched_getcpu(void) {
    return tick__guest_on ? 0 : ORIGINAL(sched_getcpu)();
}

EXPORT int getcpu(unsigned *cpu, unsigned *node) {
    return tick__guest_on ? (int)CALL(SYS_getcpu, cpu, node, NULL) : ORIGINAL(getcpu)(cpu, node);
}

EXPORT long sysconf(int name) {
    if (tick__guest_on && (name == _SC_NPROCESSORS_ONLN || name == _SC_NPROCESSORS_CONF))
        return 1;
    return ORIGINAL(sysconf)(name);
}
ALSO(sysconf, __sysconf)

EXPORT int get_nprocs(void) {
    return tick__guest_on ? 1 : ORIGINAL(get_nprocs)();
}

EXPORT int get_nprocs_conf(void) {
    return tick__guest_on ? 1 : ORIGINAL(get_nprocs_conf)();
}

EXPORT int getloadavg(double load[], int count) {
    if (!tick__guest_on)
        return ORIGINAL(getloadavg)(load, count);
    for (int i = 0; i < count && i < 3; i++)
        load[i] = 0;
    return count < 3 ? count : 3;
}

EXPORT int sysinfo(struct sysinfo *out) {
    return (int)CALL(SYS_sysinfo, out);
}

// As libc has it: the arguments that a call does not take are whatever lies there.
EXPORT long syscall(long nr, ...) {
    va_list list;
    va_start(list, nr);
    const long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long);
    const long d = va_arg(list, long), e = va_arg(list, long), f = va_arg(list, long);
    va_end(list);
    return CALL(nr, a, b, c, d, e, f);
}
