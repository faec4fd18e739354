// The process's mappings, as the kernel lists them, and the way from those of now to those of a snapshot.
#ifndef RETICK_MAPPINGS_INT_H
#define RETICK_MAPPINGS_INT_H

#include "sim/guest/kept_int.h"

enum tick__mapping_kind {
    TICK__MAP_ANONYMOUS,
    TICK__MAP_FILE,
    TICK__MAP_STACK,  // of the first thread, which grows downwards
    TICK__MAP_HEAP,   // what brk moves
    TICK__MAP_KERNEL, // [vdso] and its like
};

struct tick__mapping {
    uintptr_t start, end;
    uint64_t offset, inode;
    uint32_t device; // major << 16 | minor, as listed
    uint32_t path;   // where it begins in the list's text; 0: none
    uint8_t prot;    // PROT_READ | ...
    uint8_t kind;    // enum tick__mapping_kind
    bool shared;
};

#define TICK__MAPPINGS_MOST 32768u
#define TICK__MAPPINGS_TEXT (8ul << 20)

// In kept memory (sizeof), which costs what is used.
struct tick__mappings {
    uint32_t count;
    uintptr_t grown_at, grown_end;                // what the stack has grown by since; as at the snapshot it holds nothing
    struct tick__mapping of[TICK__MAPPINGS_MOST]; // by address
    char text[TICK__MAPPINGS_TEXT];               // the list as read, with each path ended by NUL
};

// 0, or a negated errno: -E2BIG for more than fit.
int tick__mappings_read(struct tick__mappings *out);

// Makes the process's mappings those of `were`; `are` is what they are now, just read. What was unmapped comes back as it is in its file,
// or empty: its contents are the caller's affair, and so is the heap's end. A stack that has grown stays so, and `were` says so afterwards.
// 0, or a negated errno, with *at the address that it is about.
int tick__mappings_undo(struct tick__mappings *were, const struct tick__mappings *are, uintptr_t *at);
// Whether they differ, and where first.
bool tick__mappings_differ(const struct tick__mappings *were, const struct tick__mappings *are, uintptr_t *at);

#endif
