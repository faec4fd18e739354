// A run ends by a jump to a stack that lies in kept memory, from where the process's memory is put back, that of all its stacks included;
// the next run begins by a jump to where the snapshot was taken.
#include "sim/guest/cross_int.h"
#include "sim/guest/map_int.h"
#include "sim/guest/memory_check_int.h"
#include "sim/guest/memory_pages_int.h"
#include "sim/guest/process_state_int.h"
#include "sim/guest/rewind_int.h"
#include "src/base/keep.h"
#include <asm/prctl.h>
#include <string.h>

#define STACK (256ul << 10)
#define STACK_GROWS (1ul << 20) // by so much before the snapshot, if it may: what grows in a run has to be looked for
#define LOOK_EVERY 64           // runs: all mappings are listed, whatever the sizes say
#define FAULT_COSTS 5           // what the fault of a page that is watched costs, in pages put back (2.0 and 0.4 us)

struct rewinding {
    struct tick__rewind with;
    int rc;
    bool running;
    void *snapshot, *rewinder, *run_end; // stack pointers
    unsigned long fs;
    char *stack;
    struct tick__rewind_figures figures;
    uint64_t written, excess; // pages that one run wrote, right after all were watched; those put back since that it did not write
    char trouble[200];
    struct tick__map_log log;
    struct tick__surroundings surroundings;
    struct tick__pages pages;
    struct tick__memory_check check;
    struct tick__mappings were, are;
};

TICK_KEEP static struct rewinding *rewinding; // in kept memory; the pointer itself is the same at each run's beginning

// --- the snapshot ---

static void grow_stack(const struct tick__mappings *mappings) {
    const uintptr_t sp = (uintptr_t)rewinding->snapshot;
    struct rlimit limit;
    tick__raw(SYS_prlimit64, 0, RLIMIT_STACK, NULL, &limit);
    for (uint32_t i = 1; i < mappings->count; i++) {
        const struct tick__mapping *const m = &mappings->of[i], *const below = m - 1;
        if (m->kind != TICK__MAP_STACK || sp < m->start || sp >= m->end || sp - m->start >= STACK_GROWS)
            continue;
        const uintptr_t at = sp - STACK_GROWS;
        if (m->start - below->end > 4 * STACK_GROWS && limit.rlim_cur > m->end - at + STACK_GROWS)
            (void)*(volatile char *)at;
    }
}

// glibc gives the kernel a place in each thread's memory where it writes on which processor the thread runs, whenever that changes.
extern const unsigned int __rseq_size __attribute__((weak));
extern const ptrdiff_t __rseq_offset __attribute__((weak));
#define RSEQ_SIZE 32
#define RSEQ_UNREGISTER 1
#define RSEQ_SIGNATURE 0x53053053

static void forget_processor(const struct rewinding *r) {
    if (&__rseq_size && &__rseq_offset && __rseq_size)
        tick__raw(SYS_rseq, r->fs + (unsigned long)__rseq_offset, RSEQ_SIZE, RSEQ_UNREGISTER, RSEQ_SIGNATURE);
}

static int take_all(struct rewinding *r) {
    int rc = tick__mappings_read(&r->are);
    if (rc < 0)
        return rc;
    grow_stack(&r->are);
    forget_processor(r);
    rc = tick__surroundings_take(&r->surroundings);
    if (rc < 0)
        return rc;
    rc = tick__mappings_read(&r->are);
    if (rc >= 0 && r->with.check)
        rc = tick__memory_check_new(&r->check);
    if (rc >= 0)
        rc = tick__pages_take(&r->pages, &r->are);
    if (rc >= 0 && r->with.check)
        rc = tick__memory_check_take(&r->check, &r->are);
    if (rc >= 0)
        rc = tick__mappings_read(&r->were); // with what was made just now
    return rc < 0 ? rc : tick__map_log_begin(&r->log);
}

// --- the way back ---

static const char *trouble(struct rewinding *r, const char *what, uintptr_t at) {
    size_t length = 0;
    for (; what[length] && length < sizeof r->trouble - 24; length++)
        r->trouble[length] = what[length];
    if (at) {
        memcpy(r->trouble + length, " at ", 4);
        length += 4;
        for (int shift = 44; shift >= 0; shift -= 4)
            r->trouble[length++] = "0123456789abcdef"[at >> shift & 15];
    }
    r->trouble[length] = 0;
    return r->trouble;
}

static const char *put_back_mappings(struct rewinding *r) {
    tick__map_log = NULL;
    if (r->log.beyond)
        return trouble(r, "memory of a file that was made writable", 0);
    const int more = tick__map_log_undo(&r->log);
    if (!more && r->figures.runs % LOOK_EVERY)
        return NULL;
    uintptr_t at = 0;
    r->figures.looks++;
    if (tick__mappings_read(&r->are) < 0 || tick__mappings_undo(&r->were, &r->are, &at) < 0)
        return trouble(r, "a mapping", at);
    tick__map_log_settle(&r->log);
    return NULL;
}

// Pages that were written once are put back each time: cheap as long as it is the same ones. Where each run writes others, they add up; all
// are watched again once that has cost as much as their faults will.
static int watch_again(struct rewinding *r) {
    const uint64_t pages = r->pages.put_back;
    if (!r->written)
        r->written = pages + 1;
    else if (pages > r->written)
        r->excess += pages - r->written;
    if (r->excess <= FAULT_COSTS * r->written)
        return 0;
    r->written = r->excess = 0;
    r->figures.watches++;
    return tick__pages_watch(&r->pages);
}

static const char *put_back(struct rewinding *r) {
    const char *what = put_back_mappings(r);
    if (what)
        return what;
    if (r->were.grown_end)
        tick__raw(SYS_madvise, r->were.grown_at, r->were.grown_end - r->were.grown_at, MADV_DONTNEED);
    if (tick__pages_put_back(&r->pages) < 0)
        return trouble(r, "written memory", 0);
    r->figures.pages += r->pages.put_back;
    if (tick__surroundings_put_back(&r->surroundings) < 0)
        return trouble(r, r->surroundings.failed, 0);
    if (watch_again(r) < 0)
        return trouble(r, "the watch over written memory", 0);
    if (!r->with.check)
        return NULL;
    uintptr_t at = 0;
    what = tick__memory_check(&r->check, &r->were, &r->are, &at);
    return what ? trouble(r, what, at) : NULL;
}

static void rewinder(void) {
    struct rewinding *const r = rewinding;
    r->log.pages = &r->pages;
    r->surroundings.notes = r->with.notes;
    r->rc = take_all(r);
    const char *what = NULL;
    while (r->rc >= 0) {
        r->with.next(r->with.ctx, what);
        r->running = true;
        tick__map_log = &r->log;
        r->surroundings.noted = (struct tick__noted){0};
        tick__noted = &r->surroundings.noted;
        tick__raw(SYS_arch_prctl, ARCH_SET_FS, r->fs);
        tick__cross(&r->rewinder, r->snapshot);
        r->running = false;
        r->figures.runs++;
        what = put_back(r);
    }
    tick__cross(&r->rewinder, r->snapshot);
}

// --- in the program ---

static void drop(void) {
    struct rewinding *const r = rewinding;
    rewinding = NULL;
    tick__pages_drop(&r->pages);
    tick__surroundings_drop(&r->surroundings);
    tick__memory_check_drop(&r->check);
    tick__kept_free(r->stack, STACK);
    tick__kept_free(r, sizeof *r);
}

int tick__rewind_take(const struct tick__rewind *rewind) {
    const uint64_t all = ~UINT64_C(0);
    uint64_t mask;
    tick__raw(SYS_rt_sigprocmask, SIG_SETMASK, &all, &mask, 8);
    struct rewinding *const r = tick__kept_new(sizeof *r);
    int rc = -ENOMEM;
    if (r) {
        rewinding = r;
        r->with = *rewind;
        r->surroundings.mask = mask;
        r->pages.pagemap = r->pages.uffd = -1;
        r->stack = tick__kept_new(STACK);
        tick__raw(SYS_arch_prctl, ARCH_GET_FS, &r->fs);
        if (r->stack)
            tick__cross(&r->snapshot, tick__cross_begin(r->stack + STACK, rewinder));
        rc = r->stack ? r->rc : rc; // from here on once a run
        if (rc < 0)
            drop();
    }
    tick__raw(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8);
    return rc;
}

_Noreturn void tick__rewind_back(void) {
    const uint64_t all = ~UINT64_C(0);
    tick__raw(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8);
    tick__cross(&rewinding->run_end, rewinding->rewinder);
    __builtin_unreachable();
}

bool tick__rewind_running(void) {
    return rewinding && rewinding->running;
}

int tick__rewind_probe(const char **what) {
    *what = "userfaultfd with PAGEMAP_SCAN (Linux 6.7)";
    return tick__pages_probe();
}

void tick__rewind_figures(struct tick__rewind_figures *out) {
    *out = rewinding->figures;
    out->copies = rewinding->pages.copies_used;
    out->regions = rewinding->pages.count;
}
