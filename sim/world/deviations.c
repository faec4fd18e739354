// The log of deviations: what was not calm, in the order drawn.
#include "sim/world/world_int.h"
#include "src/base/check.h"

// Questions about what their maker calls by a name: the subject is no object that anybody was told of.
#define NAMED \
    ((uint64_t)1 << TICK_CHOICE_USER | (uint64_t)1 << TICK_CHOICE_RESOLVE_LATE | (uint64_t)1 << TICK_CHOICE_RESOLVE_FAIL | \
        (uint64_t)1 << TICK_CHOICE_RESOLVE_WRONG | (uint64_t)1 << TICK_CHOICE_INTERRUPT | \
        (((uint64_t)2 << TICK_CHOICE_FAULT_CLOCK) - ((uint64_t)1 << TICK_CHOICE_FAULT_PARTITION)))

// A timer's lateness is asked for at each poll that it bounds: one decision, however often it is asked.
static bool logged(const struct tick_world *w, tick_id timer) {
    const struct tick_deviation *all = w->deviations.items;
    for (size_t i = w->deviations.count; i-- > 0;) {
        if (all[i].kind == TICK_CHOICE_POLL_LATE && all[i].subject == timer)
            return true;
    }
    return false;
}

bool tick__world_log(struct tick_world *w, const struct tick_deviation *deviation) {
    if (tick__list_push(&w->deviations, deviation, sizeof *deviation) == 0)
        return true;
    tick__world_starve(w);
    return false;
}

// Every question to the outside world, whoever asks it, passes here: deviations are logged and told.
uint32_t tick__world_choose(void *ctx, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    struct tick_world *w = ctx;
    w->choices++;
    uint32_t value = w->chooser->ops->choose(w->chooser, kind, subject, ordinal, n, most);
    if (!value)
        return 0;
    TICK_ASSERT(value < n);
    if (kind == TICK_CHOICE_POLL_LATE && logged(w, subject))
        return value;
    struct tick_deviation deviation = {.subject = subject, .ordinal = ordinal, .value = value, .n = n, .most = most, .kind = (uint8_t)kind};
    if (tick__list_push(&w->deviations, &deviation, sizeof deviation) < 0) {
        tick__world_starve(w); // what cannot be told does not happen
        return 0;
    }
    if (w->probe && (NAMED >> kind & 1) && w->asked.id == subject) {
        w->probe->ops->object(w->probe, &w->asked);
        w->asked.id = 0;
    }
    if (w->probe && w->probe->ops->choice)
        w->chosen = w->probe->ops->choice(w->probe, &deviation);
    return value;
}
