// Where a guest's threads stand, in words, walked in its memory while it stands still.
#ifndef RETICK_STACKS_INT_H
#define RETICK_STACKS_INT_H

#include "sim/keeper/keeper_int.h"

// Of a guest that STANDS: lines behind what is in k->details already.
void tick__stacks_take(struct tick__keeper *k);

// --- stack_walk.c: by elfutils' libdw, which is loaded when it is needed first ---
struct tick__walk;
struct tick__frame {
    char function[160]; // "" if it has no name
    char file[256];     // in the source, or ""
    int line;
    char module[128]; // the file of code that it lies in, without folders; "": none
    uint64_t offset;  // behind the function's first byte, or, if that has no name, the module's
    bool python;      // in the module that k->control->python_code lies in
};
// The memory and the files of code of a process. 0, or a negative error and, in *why, in words, why its stacks cannot be walked.
int tick__walk_open(pid_t pid, uint64_t python_code, struct tick__walk **out, const char **why);
void tick__walk_close(struct tick__walk *walk);
// From these registers on outwards: each frame, until fn returns false.
void tick__walk(
    struct tick__walk *walk, const struct tick_guest_standing *from, bool (*fn)(void *ctx, const struct tick__frame *frame), void *ctx);

#endif
