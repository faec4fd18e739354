// Which deviations two schedules share: by looking each up among the sorted ones of the other, as there may be hundreds of thousands.
#include "sim/choice/schedule.h"
#include "src/base/outside.h"
#include <errno.h>
#include <stdlib.h>

static int compare(const struct tick_deviation *a, const struct tick_deviation *b, bool values) {
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->subject != b->subject)
        return a->subject < b->subject ? -1 : 1;
    if (a->ordinal != b->ordinal)
        return a->ordinal < b->ordinal ? -1 : 1;
    return !values || a->value == b->value ? 0 : a->value < b->value ? -1 : 1;
}

static int by_address(const void *a, const void *b) {
    return compare(*(const struct tick_deviation *const *)a, *(const struct tick_deviation *const *)b, false);
}

static int by_value(const void *a, const void *b) {
    return compare(*(const struct tick_deviation *const *)a, *(const struct tick_deviation *const *)b, true);
}

int tick_schedule_among(const struct tick_schedule *schedule, const struct tick_schedule *others, bool values, bool *found) {
    int (*const order)(const void *, const void *) = values ? by_value : by_address;
    const struct tick_deviation **sorted = tick__outside_alloc((others->count + 1) * sizeof *sorted);
    if (!sorted)
        return -ENOMEM;
    for (size_t i = 0; i < others->count; i++)
        sorted[i] = &others->deviations[i];
    qsort(sorted, others->count, sizeof *sorted, order);
    for (size_t i = 0; i < schedule->count; i++) {
        const struct tick_deviation *wanted = &schedule->deviations[i];
        found[i] = others->count && bsearch(&wanted, sorted, others->count, sizeof *sorted, order);
    }
    tick__outside_free(sorted);
    return 0;
}
