// What the guest library's files share: whose process this is, the world, the one entry of its calls, and how a run ends.
//
// One process is the world's (its tenant); in it, threads of the world have tick__guest_on, and nobody else. Whatever of libc's names is
// called without it gets the real call. The library calls no allocator of the program's, nor anything of libc that calls back.
#ifndef RETICK_GUEST_INT_H
#define RETICK_GUEST_INT_H

#include "sim/choice/choosers.h"
#include "sim/guest/control.h"
#include "sim/guest/raw_int.h"
#include "sim/kernel/kernel.h"
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// libc's names; all else is hidden (-fvisibility=hidden).
#define TICK_GUEST_EXPORT __attribute__((visibility("default")))

// --- enter.c: who is who ---
// This thread is one of the world's. The first thread of a process has it from the library's constructor on, as long as the process is the
// tenant or may become it; threads of the world have it set by whoever makes them.
extern _Thread_local bool tick__guest_on __attribute__((tls_model("initial-exec")));
extern bool tick__guest_begun;                         // the world has begun: this process is the tenant
extern struct tick_guest_control *tick__guest_control; // NULL: nobody asked for us; then tick__guest_on is false everywhere
// The world begins, if it has not: false if it is another process's. Calls that make what only the world has ask this first.
bool tick__guest_begin(void);

// --- guest_world.c: the kernel, time and choices ---
extern struct tick_kernel *tick__guest_kernel;
extern struct tick_chooser *tick__guest_chooser;     // of this run
extern int tick__guest_process, tick__guest_machine; // of the kernel's: the program, and the host that it runs on
#define TICK_GUEST_PROCESS tick__guest_process
extern tick_id tick__guest_host; // id
// Asks the world, and logs what is not calm. Kinds that the chooser is calm about need not be asked.
uint32_t tick__guest_choose(enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most);
bool tick__guest_is_calm(enum tick_choice_kind kind);
// A run begins, here and now, by control->request: its chooser, and empty logs.
void tick__guest_run_begins(void);

// --- numbers.c: fds ---
#define TICK_GUEST_FDS 65536u
enum tick__guest_number {
    TICK__REAL,
    TICK__SIMULATED,
    TICK__STDOUT, // as the program got it
    TICK__STDERR,
    TICK__RANDOM // /dev/urandom
};
extern uint8_t tick__guest_numbers[TICK_GUEST_FDS]; // SIMULATED: in the real kernel, it is a placeholder's
static inline bool tick__guest_fd_is(long fd) {
    return (unsigned long)fd < TICK_GUEST_FDS && tick__guest_numbers[fd] == TICK__SIMULATED;
}
static inline enum tick__guest_number tick__guest_number(long fd) {
    return (unsigned long)fd < TICK_GUEST_FDS ? (enum tick__guest_number)tick__guest_numbers[fd] : TICK__REAL;
}

// --- guest_calls.c: the one entry, by system call number: kernel semantics, a result or a negated errno ---
long tick__guest_call(long nr, long a, long b, long c, long d, long e, long f);

// --- outcome.c: how a run ends ---
// Fills in control->outcome, and does not return: this process is rewound, or ends.
_Noreturn void tick__guest_end(enum tick_guest_end end, int code, const char *text);
// The same for a signal that came at an instruction of the program's: what its handler was told of that.
_Noreturn void tick__guest_crash(int signal, const void *context);
bool tick__guest_is_ending(void);
// The same for what is not simulated: "CALL: not supported yet: WHY, in start+0x1c (program)". Where it is called from is
// tick__guest_caller (tell_int.h), which libc's names have set. What a program's author can do about each WHY stands in
// sim/keeper/guest_advice.c.
_Noreturn void tick__guest_unsupported(const char *call, const char *why);

// --- digest.c: what is observed of a run ---
extern bool tick__guest_observed; // the keeper asked for a digest
void tick__guest_digest_words(const uint64_t *words, size_t count);
void tick__guest_digest_bytes(const void *bytes, size_t count);

#endif
