// The prefix chooser: one chooser's answers up to an event of the run, another's from then on. How far the run is, is the probe's to say.
#include "sim/choice/choosers.h"

static uint32_t choose(struct tick_chooser *self, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    struct tick_prefix_chooser *prefix = (struct tick_prefix_chooser *)self;
    struct tick_chooser *chooser = prefix->probe->acted <= prefix->upto ? prefix->first : prefix->then;
    return tick_is_calm(chooser->calm, kind) ? 0 : chooser->ops->choose(chooser, kind, subject, ordinal, n, most);
}

static const struct tick_chooser_ops ops = {"prefix", choose};

void tick_prefix_init(struct tick_prefix_chooser *chooser, struct tick_chooser *first, struct tick_chooser *then,
    const struct tick_probe *probe, uint32_t upto) {
    *chooser = (struct tick_prefix_chooser){{&ops, first->calm & then->calm}, first, then, probe, upto};
}
