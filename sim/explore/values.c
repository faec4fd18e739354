// Smaller values: of a delay the shortest of its scale that does; of a number as small as halving, and at last single steps, get it.
#include "sim/explore/shrink_int.h"

#define FEW 32 // values are tried one by one, from the smallest

size_t tick__shrink_position(const struct tick__shrinking *state, const struct tick_deviation *wanted) {
    size_t at = 0;
    for (; at < state->best.count; at++) {
        const struct tick_deviation *d = &state->best.deviations[at];
        if (d->kind == wanted->kind && d->subject == wanted->subject && d->ordinal == wanted->ordinal)
            break;
    }
    return at;
}

static int with_value(struct tick__shrinking *state, size_t index, uint32_t value) {
    struct tick_schedule candidate;
    int rc = tick_schedule_copy(&candidate, &state->best);
    if (rc < 0)
        return rc;
    candidate.deviations[index].value = value;
    rc = tick__shrink_attempt(state, &candidate);
    tick_schedule_fini(&candidate);
    return rc;
}

// The smallest of a few values.
static int lower_to_least(struct tick__shrinking *state, size_t at) {
    const uint32_t value = state->best.deviations[at].value;
    int rc = 0;
    for (uint32_t smaller = 1; smaller < value && rc == 0 && !state->stopped; smaller++)
        rc = with_value(state, at, smaller);
    return rc;
}

// One step towards the smallest: 1 first, then from far to near.
static int lower_by_halves(struct tick__shrinking *state, size_t at) {
    const uint32_t value = state->best.deviations[at].value;
    int rc = 0;
    for (uint32_t step = value; step && rc == 0 && value > 1; step /= 2)
        rc = with_value(state, at, step == value ? 1 : value - step);
    return rc;
}

static int lower(struct tick__shrinking *state, size_t index) {
    int changed = 0, rc = 1;
    const struct tick_deviation wanted = state->best.deviations[index];
    while (rc && !state->stopped) {
        const size_t at = tick__shrink_position(state, &wanted);
        if (at == state->best.count)
            break;
        rc = wanted.n <= FEW ? lower_to_least(state, at) : lower_by_halves(state, at);
        if (rc < 0)
            return rc;
        changed |= rc;
    }
    return changed;
}

int tick__shrink_values(struct tick__shrinking *state) {
    int changed = 0;
    for (size_t i = state->best.count; i-- && !state->stopped;) {
        if (i >= state->best.count)
            continue;
        int rc = lower(state, i);
        if (rc < 0)
            return rc;
        changed |= rc;
    }
    return changed;
}
