// The calls that change the process's mappings, and what of them a rewind has to undo.
#ifndef RETICK_MAP_INT_H
#define RETICK_MAP_INT_H

#include "sim/guest/memory_pages_int.h"

#define TICK__MADE_MOST 4096u

struct tick__made {
    uintptr_t start, end;
};

// In kept memory: what was called since the snapshot. libc calls some of these inside, where nobody sees it: the sizes tell.
struct tick__map_log {
    uint32_t count;
    bool other;  // something that is not in `made`: only the list of all mappings tells
    bool beyond; // memory of a file was made writable that is not among the pages: what was there is not known
    const struct tick__pages *pages;
    struct tick__made made[TICK__MADE_MOST];
    uintptr_t brk;     // of the snapshot
    uint64_t sizes[3]; // of the address space, in pages, as /proc/self/statm has them
    int fd;
};

extern struct tick__map_log *tick__map_log; // NULL: there is no snapshot, or no run goes on
// mmap, munmap, mremap, mprotect, pkey_mprotect, madvise, brk by number: the real call, noted. A result or a negated errno.
long tick__map_call(long nr, long a, long b, long c, long d, long e, long f);

// The snapshot is taken: fills *log. 0 or a negated errno.
int tick__map_log_begin(struct tick__map_log *log);
// Undoes what was noted. 1: there is more to undo, that was not noted; 0: the mappings are those of the snapshot.
int tick__map_log_undo(struct tick__map_log *log);
// The mappings are those of the snapshot again, or have been made so.
void tick__map_log_settle(struct tick__map_log *log);

#endif
