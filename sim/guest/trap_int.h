// What does not pass libc's names: system calls that libc makes inside itself, or a program by an instruction of its own. A seccomp filter
// has the kernel send SIGSYS for those that are simulated or refused, and the handler asks the same table as the names do (trap.c).
#ifndef RETICK_TRAP_INT_H
#define RETICK_TRAP_INT_H

#include <linux/filter.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#define TICK__TRAP_MOST 2048u // instructions of the filter

// --- trap_filter.c ---
struct tick__trap_range { // addresses, behind whose `syscall` instructions calls are real
    uintptr_t from, to;
};
// The filter: calls of tick__guest_entry's that do not come from the range are trapped. How many instructions.
uint32_t tick__trap_filter(const struct tick__trap_range *range, struct sock_filter *out);

// --- trap.c ---
// From now on, for this thread and those that it makes; once. 0, or a negated errno: seccomp is forbidden here, or there is none.
int tick__trap_begin(void);
void tick__trap_forked(void); // in a child of this process: its thread is the one that runs the program's now
// The program's own handler of SIGSYS, as rt_sigaction(2) has it: the real one is the trap's.
struct tick__trap_action {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};
// rt_sigaction(2), for whoever asks. While there is a trap, SIGSYS is in no mask and its handler stays.
long tick__trap_sigaction(long number, const struct tick__trap_action *action, struct tick__trap_action *old, long size);
long tick__trap_sigprocmask(const long *a); // rt_sigprocmask(2)'s arguments
extern uint64_t tick__trap_kept;            // signals that no mask may hold
// Whose `syscall` instruction stands there: this library's.
bool tick__trap_is_ours(uintptr_t address);

#endif
