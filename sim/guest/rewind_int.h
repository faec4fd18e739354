// Going back to a snapshot of the whole process: memory, mappings, registers, and what the kernel holds for it.
#ifndef RETICK_REWIND_INT_H
#define RETICK_REWIND_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tick__rewind {
    // Called before each run, the first one, too, on a stack of its own and with the process as at the snapshot. It may only write to
    // memory that is shared. trouble: NULL, or in words what could not be put back; then it does not return.
    void (*next)(void *ctx, const char *trouble);
    void *ctx;
    bool notes; // changes of handlers and limits are noted (process_state_int.h): those alone are put back
    bool check; // after each run all of memory is compared with the snapshot's
};

// Takes the snapshot. Returns 0 once for each run, each time from the same state; or a negated errno, once, if none can be taken.
int tick__rewind_take(const struct tick__rewind *rewind);
// In a run: it is over. Whatever thread and stack this is.
_Noreturn void tick__rewind_back(void);
// Whether a snapshot can be taken here: 0 or a negated errno, with *what named in words.
int tick__rewind_probe(const char **what);
bool tick__rewind_running(void);

struct tick__rewind_figures {
    uint64_t runs, pages;    // pages that were put back in all runs
    uint64_t looks, watches; // times that all mappings were listed, and that all pages were watched again
    uint64_t copies, regions;
};
void tick__rewind_figures(struct tick__rewind_figures *out);

#endif
