// What private memory held at a snapshot, and which of it was written since.
#ifndef RETICK_MEMORY_PAGES_INT_H
#define RETICK_MEMORY_PAGES_INT_H

#include "sim/guest/mappings_int.h"

#define TICK__REGIONS_MOST 32768u
#define TICK__FOUND_MOST 4096u

struct tick__found { // as PAGEMAP_SCAN returns it
    uint64_t start, end, categories;
};

// 64 pages of a region: which of them hold something, and where their copies begin. A page of nothing but zeros holds nothing.
struct tick__sixty_four {
    uint64_t there;
    uint32_t first; // copy of the first of them; the others follow
};

struct tick__region {
    uintptr_t start, end;
    uint32_t words; // index of its first word
    uint8_t prot;   // at the snapshot
    bool covered;   // by a file: each page has a copy
};

// What is asked in one go. In sparse ones nothing was held, and nobody asks what is not there: that is most of the work where an address
// space is large and little used, as that of a pool of threads' stacks.
struct tick__stretch {
    uintptr_t start, end;
    uint32_t region; // its first
    bool sparse;
};

struct tick__pages {
    int pagemap, uffd;
    uint32_t count; // of regions
    uint32_t words_used, words_most;
    uint32_t copies_used, copies_most;
    struct tick__sixty_four *words;
    struct tick__stretch *stretch; // by address
    uint32_t stretches;
    char *copies;
    // Of those that runs write, once more, one behind the other: what is read after each run lies dense, and few pages map it.
    char *hot;
    uint32_t *hot_of;                               // copy -> 1 + where it is among these; 0: nowhere
    uint32_t hot_used;
    uint64_t put_back;                              // pages, in the last restore
    struct tick__region region[TICK__REGIONS_MOST]; // by address
    struct tick__found found[TICK__FOUND_MOST];
};

// Whether this kernel tells which pages were written, and lets us ask: 0, or a negated errno.
int tick__pages_probe(void);
// Copies what the private mappings of the list hold, and has the kernel watch for writes from here on. Fills *pages (zeroed, kept memory).
// 0 or a negated errno.
int tick__pages_take(struct tick__pages *pages, const struct tick__mappings *mappings);
// Whether all of the range is among what is watched: memory of a file that nobody could write at the snapshot is not.
bool tick__pages_hold(const struct tick__pages *pages, uintptr_t at, uintptr_t end);
// Puts back what was written, or is gone, since. The mappings have to be those of the snapshot again. 0 or a negated errno.
int tick__pages_put_back(struct tick__pages *pages);
// Watches all pages again: those that the last runs wrote are put back each time until then, changed or not.
int tick__pages_watch(struct tick__pages *pages);
// Forgets all of it, but for the struct itself.
void tick__pages_drop(struct tick__pages *pages);

#endif
