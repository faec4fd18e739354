// The calm chooser: the world of an idle production machine, in which nothing is ever late, short or lost.
#include "sim/choice/choosers.h"
#include "src/base/keep.h"

static uint32_t choose(struct tick_chooser *self, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)self, (void)kind, (void)subject, (void)ordinal, (void)n, (void)most;
    return 0;
}

static const struct tick_chooser_ops ops = {"calm", choose};

TICK_KEEP struct tick_chooser tick_calm = {&ops, UINT64_MAX};
