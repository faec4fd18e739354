// What of the process lies in the kernel beside its memory: fds and their offsets, signals, timers, folder, limits.
#ifndef RETICK_PROCESS_STATE_INT_H
#define RETICK_PROCESS_STATE_INT_H

#include "sim/guest/places_int.h"
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/time.h>

#define TICK__FDS_MOST 1000u // up to TICK__AT_KEPT + so many the numbers are ours
#define TICK__SIGNALS 64
#define TICK__LIMITS 16
#define TICK__ITIMERS 3

struct tick__kept_fd {
    int fd, copy;
    int flags;      // F_GETFL; negative: not to be set
    int64_t offset; // negative: has none
    bool cloexec;
};

struct tick__kernel_action { // as rt_sigaction has it
    void *handler;
    unsigned long flags;
    void *restorer;
    uint64_t mask;
};

// What of it a run has changed, where each change is noted: what else there is need not be put back.
struct tick__noted {
    uint64_t handlers; // bit n - 1 for signal n
    bool limits;
};
extern struct tick__noted *tick__noted; // whoever makes or sees such a change sets its bit; NULL: nobody asks

struct tick__surroundings {
    bool notes; // changes are noted, and interval timers are not the kernel's
    struct tick__noted noted;
    uint32_t fds;
    int highest, next; // of the program's fds: those above have been opened since; the number behind the last copy
    struct tick__kept_fd fd[TICK__FDS_MOST];
    struct tick__kernel_action action[TICK__SIGNALS];
    uint64_t mask;
    stack_t alternate;
    struct itimerval timer[TICK__ITIMERS];
    struct rlimit limit[TICK__LIMITS];
    int folder;
    long umask;
    char name[16];    // the thread's
    char failed[120]; // what could not be put back, in words
};

// Fills *s (kept memory). 0 or a negated errno.
int tick__surroundings_take(struct tick__surroundings *s);
// All but the mask, which is set as the last of all: until then signals are blocked. 0, or a negated errno and s->failed.
int tick__surroundings_put_back(struct tick__surroundings *s);
// Of the files alone, which processes share that were forked.
void tick__surroundings_put_back_offsets(const struct tick__surroundings *s);
void tick__surroundings_drop(struct tick__surroundings *s);

#endif
