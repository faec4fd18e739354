// The one entry of the library's calls, by system call number: libc's names (wrap_*.c), syscall(2) and whatever else comes all pass here.
#include "sim/guest/inside_int.h"
#include "sim/guest/tell_int.h"
#include "sim/guest/locks_int.h"

// Which arguments are numbers, as digests take them: N(0), N2(0, 2), ...
#define N1(a) (1u << (a))
#define N2(a, b) (N1(a) | N1(b))
#define N3(a, b, c) (N2(a, b) | N1(c))
#define N4(a, b, c, d) (N3(a, b, c) | N1(d))

#define TICK__CALL(name_, how_, numbers_, shape_, at_) \
    [SYS_##name_] = {.call = tick__call_##name_, .name = #name_, .how = (how_), .numbers = (numbers_), .shape = (shape_), .at = (at_)},

static const struct tick__guest_entry entries[] = {
#include "sim/guest/call_table.h"
    [SYS_futex] = {.call = tick__guest_futex, .name = "futex", .how = TICK__OF_ALL, .numbers = N1(1)},
};
#undef TICK__CALL

const struct tick__guest_entry *tick__guest_entry(long nr) {
    return (unsigned long)nr < sizeof entries / sizeof *entries && entries[nr].call ? &entries[nr] : NULL;
}

static inline bool is_simulated(const struct tick__guest_entry *entry, long first) {
    switch (entry->how) {
    case TICK__OF_FD:
        return tick__guest_fd_is(first);
    case TICK__MAKES:
        return tick__guest_inside();
    default:
        return entry->how == TICK__OF_ALL;
    }
}

long tick__guest_call(long nr, long a, long b, long c, long d, long e, long f) {
    const struct tick__guest_entry *entry = tick__guest_on ? tick__guest_entry(nr) : NULL;
    if (!entry || !is_simulated(entry, a))
        return tick__raw6(nr, a, b, c, d, e, f);
    const long args[] = {a, b, c, d, e, f};
    if (__builtin_expect(tick__guest_probe != NULL, 0))
        tick__guest_tell_calls(entry->name);
    const long result = entry->call(args);
    if (__builtin_expect(tick__guest_probe != NULL, 0))
        tick__guest_tell_took((int)a, result);
    tick__guest_counts();
    if (__builtin_expect(tick__guest_observed, 0))
        tick__guest_digest_call(nr, args, result);
    return result;
}
