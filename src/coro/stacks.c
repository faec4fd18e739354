// Stacks in one reservation of address space, of which a growing prefix is in use.
//
// Invariants: stack i is at base + i * stride, always. Stacks below `ready` may be written, those below `started` have their guard; both
// only grow. Stacks below `fresh` were handed out since the pool was new or reset, and each of them is either live (its bit is set) or in
// the free list. So after a reset the pool hands out 0, 1, 2, … again, and nothing that a run did shows in the next one's addresses.
#include "src/coro/stacks.h"
#include "src/base/check.h"
#include "src/coro/coro_annotate.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

enum {
    CHUNK = 64,                    // stacks made writable at a time
    LEAST = 1024,                  // a pool of the default size settles for that many where address space is scarce
    EMULATED = 1 << 14,            // and for that many on an emulated kernel, which keeps a record of each page of a reservation
    ADVICE_OF_NOBODY = 0x7fffffff, // taken by emulated kernels that ignore all advice (qemu's), and with it a guard's
    POISONED = 16 << 10            // bytes at the top of a stack that tick_stacks_set_poison fills
};

// Without colours the hot ends of all stacks would compete for the same few sets of the first-level cache: a switch in a ring of 1,000
// takes 12 ns with 32 colours and 52 with one; steps of 128 bytes, or 64 colours, gain nothing more.
#ifndef TICK__COLOURS
#define TICK__COLOURS 32
#define TICK__COLOUR_STEP 64
#endif

struct tick_stacks {
    char *base;
    size_t stride, guard;
    size_t control_size; // bytes of this structure, with its bits
    uint32_t most, ready, started, fresh;
    uint32_t guards_most;
    uint32_t end_madvise, end_mprotect; // stacks below the one have that guard, then those below the other
    enum tick__guard kind;              // what the next stack is tried with
    size_t live;
    struct tick_coro *free;
    uint8_t poison;
    bool on_valgrind;
    uint64_t bits[]; // which stacks are live
};

static size_t round_up(size_t size, size_t unit) {
    return (size + unit - 1) / unit * unit;
}

static char *start_of(const struct tick_stacks *stacks, uint32_t index) {
    return stacks->base + (size_t)index * stacks->stride;
}

static struct tick_coro *coro_at(const struct tick_stacks *stacks, uint32_t index) {
    size_t colour = index % TICK__COLOURS * TICK__COLOUR_STEP;
    return (struct tick_coro *)(void *)(start_of(stacks, index) + stacks->stride - round_up(sizeof(struct tick_coro), 64) - colour);
}

static enum tick__guard guard_of(const struct tick_stacks *stacks, uint32_t index) {
    return index < stacks->end_madvise ? TICK__GUARD_MADVISE : index < stacks->end_mprotect ? TICK__GUARD_MPROTECT : TICK__GUARD_CANARY;
}

enum tick__guard tick__coro_guard(const struct tick_coro *coro) {
    return guard_of(coro->stacks, coro->index);
}

// Address space only: nothing is charged for it until it is made writable and touched.
static void *reserve(void *base, size_t size) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (base ? MAP_FIXED_NOREPLACE : 0);
    void *got = mmap(base, size, PROT_NONE, flags, -1, 0);
    if (got != MAP_FAILED && base && got != base) { // a kernel before 4.17 takes the address as a hint
        munmap(got, size);
        errno = EEXIST;
        return MAP_FAILED;
    }
    return got;
}

// Advice that no kernel knows is refused before it is asked where it is for.
static bool emulated(const void *anything, size_t page) {
    return madvise((void *)((uintptr_t)anything & ~(uintptr_t)(page - 1)), page, ADVICE_OF_NOBODY) == 0;
}

int tick__stacks_new(const struct tick_stacks_options *options, enum tick__guard first, uint32_t guards_most, struct tick_stacks **out) {
    static const struct tick_stacks_options defaults;
    if (!options)
        options = &defaults;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = options->size ? options->size : TICK_STACK_SIZE * TICK__STACK_FACTOR;
    bool on_emulator = emulated(&defaults, page);
    size_t most = options->most ? options->most : on_emulator ? EMULATED : TICK_STACKS_MOST;
    if (most > UINT32_MAX / 2 || size > (size_t)1 << 40 || (uintptr_t)options->base % page)
        return -EINVAL;
    size_t guard = round_up(TICK__GUARD_SIZE, page);
    size_t head = round_up(round_up(sizeof(struct tick_coro), 64) + (size_t)TICK__COLOURS * TICK__COLOUR_STEP, page);
    size_t stride = guard + round_up(size, page) + head;
    if (most > SIZE_MAX / 2 / stride)
        return -ENOMEM;

    void *base;
    for (;; most /= 2) {
        base = reserve(options->base, most * stride);
        if (base != MAP_FAILED)
            break;
        if ((errno != ENOMEM && errno != EINVAL) || options->most || most / 2 < LEAST) // EINVAL: valgrind's
            return -errno;
    }
    size_t control_size = sizeof(struct tick_stacks) + (most + 63) / 64 * sizeof(uint64_t);
    struct tick_stacks *stacks = mmap(NULL, control_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stacks == MAP_FAILED) {
        int error = -errno;
        munmap(base, most * stride);
        return error;
    }
    madvise(
        base, most * stride, MADV_NOHUGEPAGE); // a huge page would make 2 MiB of a coroutine's one page; fails without such pages: as good
    stacks->base = base;
    stacks->stride = stride;
    stacks->guard = guard;
    stacks->control_size = control_size;
    stacks->most = (uint32_t)most;
    stacks->guards_most = guards_most;
    stacks->kind = first;
    if (first == TICK__GUARD_MADVISE && (tick__annotate_reads_guards() || on_emulator))
        stacks->kind = TICK__GUARD_MPROTECT;
    stacks->poison = options->poison;
    stacks->on_valgrind = tick__annotate_on_valgrind();
    *out = stacks;
    return 0;
}

int tick_stacks_new(const struct tick_stacks_options *options, struct tick_stacks **out) {
    return tick__stacks_new(options, TICK__GUARD_MADVISE, TICK__GUARDS_MOST, out);
}

void tick_stacks_free(struct tick_stacks *stacks) {
    if (!stacks)
        return;
    tick_stacks_reset(stacks);
    for (uint32_t first = 0; first < stacks->ready; first += CHUNK)
        tick__annotate_roots(start_of(stacks, first), CHUNK * stacks->stride, false);
    munmap(stacks->base, stacks->most * stacks->stride);
    munmap(stacks, stacks->control_size);
}

void tick_stacks_reset(struct tick_stacks *stacks) {
    bool visit =
        tick__annotate_needed(stacks->on_valgrind) || (stacks->started > stacks->end_madvise && stacks->started > stacks->end_mprotect);
    for (uint32_t word = 0; word * 64 < stacks->fresh; word++) {
        for (uint64_t bits = visit ? stacks->bits[word] : 0; bits; bits &= bits - 1) {
            struct tick_coro *coro = coro_at(stacks, word * 64 + (uint32_t)__builtin_ctzll(bits));
            if (coro->canary)
                tick__canary_check(coro);
            tick__annotate_drop(coro, stacks->on_valgrind);
        }
        stacks->bits[word] = 0;
    }
    stacks->live = 0;
    stacks->fresh = 0;
    stacks->free = NULL;
}

void tick_stacks_set_poison(struct tick_stacks *stacks, uint8_t poison) {
    stacks->poison = poison;
}

size_t tick_stacks_live(const struct tick_stacks *stacks) {
    return stacks->live;
}

static bool grow(struct tick_stacks *stacks) {
    uint32_t count = stacks->most - stacks->ready < CHUNK ? stacks->most - stacks->ready : CHUNK;
    char *start = start_of(stacks, stacks->ready);
    if (mprotect(start, count * stacks->stride, PROT_READ | PROT_WRITE))
        return false;
    tick__annotate_roots(start, CHUNK * stacks->stride, true);
    stacks->ready += count;
    return true;
}

// Sets up the guard of the next stack that never had one. A kind that fails is not tried again.
static void start(struct tick_stacks *stacks) {
    uint32_t index = stacks->started++;
    char *guard = start_of(stacks, index);
    if (stacks->kind == TICK__GUARD_MADVISE) {
        if (madvise(guard, stacks->guard, MADV_GUARD_INSTALL) == 0) {
            stacks->end_madvise = index + 1;
            return;
        }
        stacks->kind = TICK__GUARD_MPROTECT;
    }
    if (stacks->kind == TICK__GUARD_MPROTECT) {
        if (stacks->guards_most && mprotect(guard, stacks->guard, PROT_NONE) == 0) {
            stacks->guards_most--;
            stacks->end_mprotect = index + 1;
            return;
        }
        stacks->kind = TICK__GUARD_CANARY;
    }
}

struct tick_coro *tick__stack_take(struct tick_stacks *stacks) {
    struct tick_coro *coro = stacks->free;
    uint32_t index;
    if (coro) {
        index = coro->index;
        stacks->free = coro->next;
    } else {
        index = stacks->fresh;
        if (index == stacks->started) {
            if (index == stacks->most || (index == stacks->ready && !grow(stacks)))
                return NULL;
            start(stacks);
        }
        stacks->fresh++;
        coro = coro_at(stacks, index);
    }
    char *low = start_of(stacks, index) + stacks->guard;
    tick__annotate_stack(low, coro + 1, stacks->on_valgrind);
    if (__builtin_expect(stacks->poison != 0, 0)) {
        size_t size = (size_t)((char *)coro - low);
        size = size < POISONED ? size : POISONED;
        memset((char *)coro - size, stacks->poison, size);
    }
    memset(coro, 0, sizeof *coro);
    coro->stacks = stacks;
    coro->index = index;
    coro->low = low;
    if (guard_of(stacks, index) == TICK__GUARD_CANARY)
        coro->canary = (const uint64_t *)(void *)low - TICK__CANARY_WORDS;
    coro->careful = coro->canary || tick__exceptions_here;
    tick__annotate_new(coro, stacks->on_valgrind);
    stacks->bits[index / 64] |= (uint64_t)1 << index % 64;
    stacks->live++;
    return coro;
}

void tick__stack_give(struct tick_coro *coro) {
    struct tick_stacks *stacks = coro->stacks;
    uint64_t bit = (uint64_t)1 << coro->index % 64;
    TICK_ASSERT(stacks->bits[coro->index / 64] & bit); // else freed twice
    stacks->bits[coro->index / 64] &= ~bit;
    stacks->live--;
    tick__annotate_drop(coro, stacks->on_valgrind);
    coro->next = stacks->free;
    stacks->free = coro;
}

// The words lie in the unprotected guard and were never written, so that looking at them costs no page of memory: reads map the zero page.
void tick__canary_check(const struct tick_coro *coro) {
    uint64_t all = 0;
    tick__annotate_look(coro->canary, TICK__CANARY_WORDS * sizeof *coro->canary, coro->stacks->on_valgrind);
    for (uint32_t i = 0; i < TICK__CANARY_WORDS; i++)
        all |= coro->canary[i];
    if (all)
        tick__assert_failed("a coroutine stayed within its stack (stack overflow)", __FILE__, __LINE__);
}

int tick_coro_in_guard(const struct tick_coro *coro, const void *address) {
    if (!coro->stacks)
        return 0;
    uintptr_t at = (uintptr_t)address, low = (uintptr_t)coro->low;
    return at < low && at >= low - coro->stacks->guard;
}
