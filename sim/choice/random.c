// The random chooser: keyed, not stateful. One hash of (seed, kind, subject, ordinal) says whether an occasion deviates, another by how
// much, so that taking one deviation away leaves every other address's answer alone. Integers only.
//
// Every seed is a different swarm: a factor from H(seed, kind) switches a kind off or makes it rarer or more frequent, since bugs that need
// many deviations of one kind hide from a uniform mixture of all of them.
#include "sim/choice/choosers.h"
#include "sim/choice/kinds_int.h"

enum { SWARM = 0x5377, DRAW = 0x4472, VALUE = 0x5661 }; // domains of the hash

// The factor in eighths, by H(seed, kind) modulo 16.
static const uint8_t swarm[16] = {0, 0, 1, 1, 1, 8, 8, 8, 8, 8, 32, 32, 32, 32, 128, 128};

#define MOST_OFTEN 49152u // of 65536: what a swarm factor may raise a rate to

// From 1 to n - 1, every number of bits as likely as the others: small values are likelier, large ones not rare.
static uint32_t by_magnitude(uint64_t hash, uint32_t n) {
    uint32_t bits = 32 - (uint32_t)__builtin_clz(n - 1);
    uint32_t low = 1u << (((hash >> 32) * bits) >> 32);
    uint32_t high = low <= (n - 1) / 2 ? 2 * low : n; // values from low up to high, but not high
    return low + (uint32_t)(((hash & 0xffffffff) * (high - low)) >> 32);
}

static uint32_t evenly(uint64_t hash, uint32_t n) {
    return 1 + (uint32_t)(((hash >> 32) * (n - 1)) >> 32);
}

static uint32_t choose(struct tick_chooser *self, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    struct tick_random_chooser *random = (struct tick_random_chooser *)self;
    uint64_t hash = tick_id_mix(subject ^ random->key[kind], ordinal);
    if (__builtin_expect((uint32_t)(hash >> 32) >= random->threshold[kind] || n < 2, 1))
        return 0;
    hash = tick_id_mix(hash, VALUE);
    // Steps of the time scale grow threefold already, so that even odds over them favour short delays enough: a race needs a delay as
    // long as what it races with. A program's own number has no small and large.
    return most > 0 || tick__kind_unit(kind) == TICK_UNIT_VALUE ? evenly(hash, n) : by_magnitude(hash, n);
}

static const struct tick_chooser_ops ops = {"random", choose};

void tick_rates_default(struct tick_rates *rates) {
    rates->of[0] = 0;
#define RATE(name, number, word, sound, rate, unit, manual, because) rates->of[number] = (rate);
    TICK_CHOICES(RATE)
#undef RATE
}

void tick_random_init(struct tick_random_chooser *chooser, uint64_t seed, const struct tick_rates *rates) {
    struct tick_rates defaults;
    if (!rates) {
        tick_rates_default(&defaults);
        rates = &defaults;
    }
    chooser->chooser.ops = &ops;
    _Static_assert(TICK_CHOICE_KINDS <= 64, "a set of kinds is 64 bits");
    chooser->chooser.calm = 0;
    chooser->seed = seed;
    uint64_t swarm_key = tick_id_mix(SWARM, seed), draw_key = tick_id_mix(DRAW, seed);
    for (uint32_t kind = 0; kind < TICK_CHOICE_KINDS; kind++) {
        uint64_t rate = rates->of[kind] < 65536 ? rates->of[kind] : 65536;
        uint64_t cap = rate > MOST_OFTEN ? rate : MOST_OFTEN;
        uint64_t factor = rate ? swarm[tick_id_mix(swarm_key, kind) >> 60] : 0;
        uint64_t threshold = rate * factor * 8192; // of 2^32
        if (threshold > cap << 16)
            threshold = cap << 16;
        chooser->threshold[kind] = threshold > UINT32_MAX ? UINT32_MAX : (uint32_t)threshold;
        chooser->chooser.calm |= (uint64_t)!chooser->threshold[kind] << kind;
        chooser->key[kind] = threshold ? tick_id_mix(draw_key, kind) : 0;
    }
}
