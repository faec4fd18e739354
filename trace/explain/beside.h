// Two runs side by side: where they part, and which event of the one is which of the other.
#ifndef RETICK_BESIDE_H
#define RETICK_BESIDE_H

#include "trace/explain/tale.h"

struct tick__beside_key;
struct tick__beside {
    const struct tick__tale *a, *b;
    uint32_t parting_a, parting_b; // the first events that differ, deviations left out; last + 1: where one ends or both are the same
    struct tick__beside_key *keys_a, *keys_b;
    size_t count_a, count_b;
    bool repaired; // b is of another program, under the same decisions: what is done otherwise there is the repair
};
// 0 or -ENOMEM.
int tick__beside_init(const struct tick__tale *a, const struct tick__tale *b, struct tick__beside *beside);
void tick__beside_fini(struct tick__beside *beside);
// The event of b that is seq of a: of the same kind, task and subject, and as many of those before it; 0: there is none.
uint32_t tick__beside_twin(const struct tick__beside *beside, uint32_t seq);
// When the first of them does something that the other does not, or not then: nothing that one of them has for itself is before it.
int64_t tick__beside_same_until(const struct tick__beside *beside);

#endif
