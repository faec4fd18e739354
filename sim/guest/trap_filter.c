// The filter, as the kernel takes it. What passes is decided by the call's number alone: the kernel then knows it once and for all (since
// Linux 5.11), and does not run the filter for it. A few numbers are looked at more closely, so that what is called often passes as well.
#include "sim/guest/inside_int.h"
#include "sim/guest/trap_int.h"
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define NUMBERS 512u // and behind them, all are trapped: x32's, and those of kernels to come

enum way { PASSES, TRAPPED, PRCTL, MMAP, MASKS, LIMITS, WAYS };

struct program {
    struct sock_filter *out;
    uint32_t count;
    uint8_t way[NUMBERS];
    uint32_t jumps[NUMBERS], jump_count; // to the ways, which stand at the end
};

static void put(struct program *p, uint16_t code, uint32_t k, uint8_t yes, uint8_t no) {
    p->out[p->count++] = (struct sock_filter){code, yes, no, k};
}

static void load(struct program *p, size_t offset) {
    put(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

#define LOW(field) (offsetof(struct seccomp_data, field))
#define HIGH(field) (offsetof(struct seccomp_data, field) + 4)

static void give(struct program *p, uint32_t action) {
    put(p, BPF_RET | BPF_K, action, 0, 0);
}

static enum way way_of(uint32_t nr) {
    switch (nr) {
    case SYS_prctl:
        return PRCTL;
    case SYS_mmap:
        return MMAP;
    case SYS_rt_sigprocmask:
        return MASKS;
    case SYS_prlimit64:
        return LIMITS;
    default:
        return tick__guest_entry((long)nr) ? TRAPPED : PASSES;
    }
}

// Halves [from, to) until all in it go one way.
static void decide(struct program *p, uint32_t from, uint32_t to) {
    uint32_t end = from;
    while (end < to && p->way[end] == p->way[from])
        end++;
    if (end == to) {
        p->jumps[p->jump_count++] = p->count;
        put(p, BPF_JMP | BPF_JA, p->way[from], 0, 0);
        return;
    }
    const uint32_t middle = from + (to - from) / 2;
    put(p, BPF_JMP | BPF_JGE | BPF_K, middle, 0, 1);
    const uint32_t jump = p->count;
    put(p, BPF_JMP | BPF_JA, 0, 0, 0);
    decide(p, from, middle);
    p->out[jump].k = p->count - jump - 1;
    decide(p, middle, to);
}

// Allowed where that argument is NULL.
static void pass_without(struct program *p, uint32_t argument) {
    load(p, LOW(args[0]) + argument * sizeof(uint64_t));
    put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3);
    load(p, HIGH(args[0]) + argument * sizeof(uint64_t));
    put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
    give(p, SECCOMP_RET_ALLOW);
}

// Allowed from within the range: of 64 bits, looked at by halves of 32.
static void ask_where(struct program *p, const struct tick__trap_range *range) {
    for (uint64_t high = range->from >> 32; high <= (range->to - 1) >> 32; high++) {
        const uint32_t from = high == range->from >> 32 ? (uint32_t)range->from : 0;
        const uint32_t last = high == (range->to - 1) >> 32 ? (uint32_t)(range->to - 1) : UINT32_MAX;
        load(p, HIGH(instruction_pointer));
        put(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)high, 0, 4);
        load(p, LOW(instruction_pointer));
        put(p, BPF_JMP | BPF_JGE | BPF_K, from, 0, 2);
        put(p, BPF_JMP | BPF_JGT | BPF_K, last, 1, 0);
        give(p, SECCOMP_RET_ALLOW);
    }
    give(p, SECCOMP_RET_TRAP);
}

uint32_t tick__trap_filter(const struct tick__trap_range *range, struct sock_filter *out) {
    struct program p = {.out = out};
    uint32_t at[WAYS];
    for (uint32_t nr = 0; nr < NUMBERS; nr++)
        p.way[nr] = (uint8_t)way_of(nr);
    load(&p, offsetof(struct seccomp_data, arch));
    put(&p, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
    give(&p, SECCOMP_RET_TRAP);
    load(&p, offsetof(struct seccomp_data, nr));
    put(&p, BPF_JMP | BPF_JGE | BPF_K, NUMBERS, 0, 1);
    give(&p, SECCOMP_RET_TRAP);
    decide(&p, 0, NUMBERS);
    at[PASSES] = p.count;
    give(&p, SECCOMP_RET_ALLOW);
    at[PRCTL] = p.count; // what only looks, or names threads
    load(&p, LOW(args[0]));
    put(&p, BPF_JMP | BPF_JEQ | BPF_K, PR_SET_SECCOMP, 1, 0);
    give(&p, SECCOMP_RET_ALLOW);
    const uint32_t to_where = p.count;
    put(&p, BPF_JMP | BPF_JA, 0, 0, 0);
    at[MMAP] = p.count; // memory that is no file's
    load(&p, LOW(args[3]));
    put(&p, BPF_JMP | BPF_JSET | BPF_K, MAP_ANONYMOUS, 0, 1);
    give(&p, SECCOMP_RET_ALLOW);
    const uint32_t to_where_too = p.count;
    put(&p, BPF_JMP | BPF_JA, 0, 0, 0);
    at[MASKS] = p.count; // a mask that is asked for, as sigsetjmp does
    pass_without(&p, 1);
    const uint32_t to_where_again = p.count;
    put(&p, BPF_JMP | BPF_JA, 0, 0, 0);
    at[LIMITS] = p.count; // and a limit
    pass_without(&p, 2);
    at[TRAPPED] = p.count;
    p.out[to_where].k = p.count - to_where - 1;
    p.out[to_where_too].k = p.count - to_where_too - 1;
    p.out[to_where_again].k = p.count - to_where_again - 1;
    ask_where(&p, range);
    for (uint32_t i = 0; i < p.jump_count; i++)
        p.out[p.jumps[i]].k = at[p.out[p.jumps[i]].k] - p.jumps[i] - 1;
    return p.count;
}
