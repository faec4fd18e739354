// Sums of times, which end where time ends: nothing else adds, subtracts or multiplies them (tests/tidy/times.py).
//
// A time is a moment or a span, in signed ns. TICK_NEVER is a moment that does not come, and a span that does not end: what would lie
// behind it is TICK_NEVER as well.
#ifndef RETICK_SRC_BASE_TIMES_H
#define RETICK_SRC_BASE_TIMES_H

#include <retick/time.h>

#define TICK__OVERFLOWS(operation) __builtin_expect(operation, 0)

// The moment so long after `now`; a span of 0 or less is over at once.
static inline int64_t tick__after(int64_t now, int64_t span) {
    int64_t sum;
    if (span <= 0)
        return now;
    return TICK__OVERFLOWS(__builtin_add_overflow(now, span, &sum)) ? TICK_NEVER : sum;
}

// How long it is from `now` to that moment: 0 if it has come, TICK_NEVER if it never does.
static inline int64_t tick__until(int64_t moment, int64_t now) {
    int64_t left;
    if (moment <= now)
        return 0;
    if (TICK__OVERFLOWS(__builtin_sub_overflow(moment, now, &left)))
        return TICK_NEVER;
    return moment < TICK_NEVER ? left : TICK_NEVER;
}

// A moment moved on or, by a negative span, back.
static inline int64_t tick__moved(int64_t time, int64_t by) {
    int64_t sum;
    if (TICK__OVERFLOWS(__builtin_add_overflow(time, by, &sum)))
        return by < 0 ? INT64_MIN : TICK_NEVER;
    return sum;
}

// By how much a clock that says `to` is ahead of one that says `from`: negative, if it is behind.
static inline int64_t tick__ahead(int64_t to, int64_t from) {
    int64_t span;
    if (TICK__OVERFLOWS(__builtin_sub_overflow(to, from, &span)))
        return to < from ? INT64_MIN : TICK_NEVER;
    return span;
}

// A span so many times.
static inline int64_t tick__times(int64_t span, int64_t count) {
    int64_t product;
    return !__builtin_mul_overflow(span, count, &product) ? product : (span < 0) != (count < 0) ? INT64_MIN : TICK_NEVER;
}

// A span of 0 or more in whole steps, as many as it takes.
static inline int64_t tick__in_steps(int64_t span, int64_t step) {
    return tick__times(span / step + (span % step != 0), step);
}

// What a struct timespec says.
static inline int64_t tick__of_parts(int64_t seconds, int64_t ns) {
    return tick__moved(tick__times(seconds, TICK_SEC(1)), ns);
}

#endif
