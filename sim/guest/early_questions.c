#include "sim/guest/early_questions_int.h"
#include "src/base/keep.h"
#include "src/base/outside.h"
#include <retick/id.h>
#include <string.h>

#define LEAST ((size_t)1 << 10)

// A set of hashes, 0 for no entry; at most half full.
TICK_KEEP static uint64_t *table;
TICK_KEEP static size_t capacity, count;

static uint64_t hash_of(enum tick_choice_kind kind, tick_id subject, uint64_t ordinal) {
    const uint64_t hash = tick_id_mix(tick_id_mix(kind, subject), ordinal);
    return hash ? hash : 1;
}

static uint64_t *place_of(uint64_t hash) {
    size_t at = hash & (capacity - 1);
    while (table[at] && table[at] != hash)
        at = (at + 1) & (capacity - 1);
    return &table[at];
}

// Without memory the set stays as it is: a question that is asked again may be answered anew then.
static bool grow(void) {
    uint64_t *const before = table;
    const size_t had = capacity, wanted = had ? 2 * had : LEAST;
    uint64_t *const larger = tick__outside_alloc(wanted * sizeof *larger);
    if (!larger)
        return false;
    memset(larger, 0, wanted * sizeof *larger);
    table = larger;
    capacity = wanted;
    for (size_t i = 0; i < had; i++)
        if (before[i])
            *place_of(before[i]) = before[i];
    tick__outside_free(before);
    return true;
}

void tick__guest_early_add(enum tick_choice_kind kind, tick_id subject, uint64_t ordinal) {
    const uint64_t hash = hash_of(kind, subject, ordinal);
    if (2 * count >= capacity && !grow())
        return;
    uint64_t *const place = place_of(hash);
    count += !*place;
    *place = hash;
}

bool tick__guest_early_has(enum tick_choice_kind kind, tick_id subject, uint64_t ordinal) {
    return count && *place_of(hash_of(kind, subject, ordinal));
}
