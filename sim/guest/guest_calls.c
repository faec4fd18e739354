// The one entry of the library's calls, by system call number: libc's names (wrap_*.c), syscall(2) and whatever else comes all pass here.
#include "sim/guest/inside_int.h"
#include "sim/guest/locks_int.h"
#include "sim/guest/other_calls.h"
#include "sim/guest/tell_int.h"

// Which arguments are numbers, as digests take them: N(0), N2(0, 2), ...
#define N1(a) (1u << (a))
#define N2(a, b) (N1(a) | N1(b))
#define N3(a, b, c) (N2(a, b) | N1(c))
#define N4(a, b, c, d) (N3(a, b, c) | N1(d))

#define TICK__CALL(name_, how_, numbers_, shape_, at_) \
    [SYS_##name_] = {.call = tick__call_##name_, .name = #name_, .how = (how_), .numbers = (numbers_), .shape = (shape_), .at = (at_)},

#define IN_WORDS(name, why) \
    static long name##_in_words(const long *a) { \
        (void)a; \
        tick__guest_unsupported(#name, why); \
    }
TICK__CALLS_IN_WORDS(IN_WORDS)

static long denied(const long *a) {
    (void)a;
    return -EPERM;
}

static long lacking(const long *a) {
    (void)a;
    return -ENOSYS;
}

#define OTHER(name_, call_) [SYS_##name_] = {.call = (call_), .name = #name_, .how = TICK__WITHIN}
#define WORDS(name, why) OTHER(name, name##_in_words),
#define DENIED(name) OTHER(name, denied),
#define LACKING(name) OTHER(name, lacking),
#define PASSED(name) OTHER(name, NULL),

// clang-format off
static const struct tick__guest_entry entries[] = {
#include "sim/guest/call_table.h"
    [SYS_futex] = {.call = tick__guest_futex, .name = "futex", .how = TICK__OF_ALL, .numbers = N1(1)},
    TICK__CALLS_IN_WORDS(WORDS)
    TICK__CALLS_DENIED(DENIED)
    TICK__CALLS_LACKING(LACKING)
    TICK__CALLS_PASSED(PASSED)
};
// clang-format on
#undef TICK__CALL
static const struct tick__guest_entry unknown = {.call = lacking, .name = "?", .how = TICK__WITHIN};

const struct tick__guest_entry *tick__guest_entry(long nr) {
    if ((unsigned long)nr >= sizeof entries / sizeof *entries || !entries[nr].name)
        return &unknown;
    return entries[nr].call ? &entries[nr] : NULL;
}

uint64_t tick__guest_acts;

// What only asks what there is and what time it is.
static inline bool is_act(long nr) {
    static const bool asks[] = {[SYS_epoll_wait] = true,
        [SYS_epoll_pwait] = true,
        [SYS_epoll_pwait2] = true,
        [SYS_poll] = true,
        [SYS_ppoll] = true,
        [SYS_select] = true,
        [SYS_pselect6] = true,
        [SYS_clock_gettime] = true,
        [SYS_gettimeofday] = true,
        [SYS_time] = true,
        [SYS_times] = true};
    return (unsigned long)nr >= sizeof asks || !asks[nr];
}

static inline bool is_simulated(const struct tick__guest_entry *entry, long first) {
    switch (entry->how) {
    case TICK__OF_FD:
        return tick__guest_fd_is(first);
    case TICK__MAKES:
        return tick__guest_inside();
    case TICK__WITHIN:
        return tick__guest_begun;
    case TICK__ALONE:
        return tick__guest_inside_alone();
    default:
        return entry->how == TICK__OF_ALL;
    }
}

long tick__guest_call(long nr, long a, long b, long c, long d, long e, long f) {
    const struct tick__guest_entry *entry = tick__guest_on ? tick__guest_entry(nr) : NULL;
    if (!entry || !is_simulated(entry, a)) {
        if (__builtin_expect(tick__guest_on && (nr == SYS_nanosleep || nr == SYS_clock_nanosleep) && tick__guest_only_sleeps(), 0))
            return 0;
        const long result = tick__raw6(nr, a, b, c, d, e, f);
        if (__builtin_expect(tick__guest_leaks_wanted, 0) && tick__guest_on)
            tick__guest_leaks_look(nr, (const long[]){a, b, c, d, e, f}, result);
        return result;
    }
    const long args[] = {a, b, c, d, e, f};
    if (__builtin_expect(tick__guest_probe != NULL, 0))
        tick__guest_tell_calls(entry->name);
    tick__guest_acts += is_act(nr);
    const long result = entry->call(args);
    if (__builtin_expect(tick__guest_probe != NULL, 0))
        tick__guest_tell_took((int)a, result);
    if (__builtin_expect(tick__guest_leaks_wanted, 0))
        tick__guest_leaks_look(nr, args, result);
    tick__guest_counts();
    if (__builtin_expect(tick__guest_observed, 0))
        tick__guest_digest_call(nr, args, result);
    return result;
}
