// Handlers: the machine and the process as the program sees them: the same everywhere.
#include "sim/guest/inside_int.h"
#include "sim/guest/snapshot_int.h"
#include "sim/kernel/kernel_int.h"
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#define RANDOM_BYTES 0x52414e44 // a domain of the hash
#define USER 1000               // as the simulated kernel has it

// Each thread's own, the same in every run: what a program draws from here must not differ between schedules.
long tick__call_getrandom(const long *a) {
    if (!tick__guest_begun && tick__guest_outside())
        return tick__raw(SYS_getrandom, a[0], a[1], a[2]);
    struct tick_maker *maker = &tick__guest_self()->maker;
    const size_t count = (size_t)a[1];
    for (size_t done = 0; done < count; done += 8) {
        const uint64_t word = tick_id_mix(tick_id_mix(maker->id, RANDOM_BYTES), ++maker->randoms);
        memcpy((char *)a[0] + done, &word, count - done < 8 ? count - done : 8);
    }
    return a[1];
}

// The process that the keeper started has the simulated kernel's pid, and so has the tenant; other numbers are real.
int tick__guest_pid_out(int pid) {
    const struct tick_guest_control *control = tick__guest_control;
    return pid == (control->tenant ? control->tenant : control->root) ? TICK_GUEST_PID : pid;
}

int tick__guest_pid_in(int pid) {
    const struct tick_guest_control *control = tick__guest_control;
    return pid == TICK_GUEST_PID ? (control->tenant ? control->tenant : control->root) : pid;
}

long tick__call_getpid(const long *a) {
    (void)a;
    return tick__guest_begun || tick__guest_held() ? TICK_GUEST_PID : tick__guest_pid_out((int)tick__raw(SYS_getpid));
}

long tick__call_getppid(const long *a) {
    (void)a;
    return tick__guest_begun || tick__guest_held() ? 1 : tick__guest_pid_out((int)tick__raw(SYS_getppid));
}

long tick__call_gettid(const long *a) {
    (void)a;
    return tick__guest_begun ? TICK_GUEST_PID + (long)tick__guest_self()->index : tick__guest_pid_out((int)tick__raw(SYS_gettid));
}

long tick__call_getuid(const long *a) {
    (void)a;
    return USER;
}

long tick__call_getgid(const long *a) {
    (void)a;
    return USER;
}

long tick__call_geteuid(const long *a) {
    (void)a;
    return USER;
}

long tick__call_getegid(const long *a) {
    (void)a;
    return USER;
}

long tick__call_uname(const long *a) {
    struct utsname *name = (struct utsname *)a[0];
    memset(name, 0, sizeof *name);
    snprintf(name->sysname, sizeof name->sysname, "Linux");
    snprintf(name->nodename, sizeof name->nodename, "%s", tick__host(tick__guest_kernel, (uint32_t)tick__guest_machine)->name);
    snprintf(name->release, sizeof name->release, "6.18.0");
    snprintf(name->version, sizeof name->version, "#1 SMP");
    snprintf(name->machine, sizeof name->machine, "x86_64");
    snprintf(name->domainname, sizeof name->domainname, "(none)");
    return 0;
}

long tick__call_sched_getaffinity(const long *a) {
    if ((size_t)a[1] < sizeof(unsigned long))
        return -EINVAL;
    memset((void *)a[2], 0, sizeof(unsigned long));
    *(unsigned long *)a[2] = 1;
    return sizeof(unsigned long);
}

long tick__call_sched_setaffinity(const long *a) {
    (void)a;
    return 0;
}

long tick__call_getcpu(const long *a) {
    unsigned *cpu = (unsigned *)a[0], *node = (unsigned *)a[1];
    if (cpu)
        *cpu = 0;
    if (node)
        *node = 0;
    return 0;
}

long tick__call_sysinfo(const long *a) {
    *(struct sysinfo *)a[0] =
        (struct sysinfo){.totalram = (unsigned long)8 << 30, .freeram = (unsigned long)4 << 30, .procs = 1, .mem_unit = 1};
    return 0;
}

// Others that are ready have their turn.
long tick__call_sched_yield(const long *a) {
    (void)a;
    if (tick__guest_begun)
        tick__guest_point();
    return 0;
}

long tick__call_getrusage(const long *a) {
    memset((void *)a[1], 0, sizeof(struct rusage));
    return 0;
}

long tick__call_exit_group(const long *a) {
    if (tick__guest_end_is_ours())
        tick__guest_end(TICK_GUEST_EXITED, (int)a[0] & 0xff, "");
    return tick__raw(SYS_exit_group, a[0]);
}
