// Outages: partitions, clogged links and hosts that are down, as they bear on a single segment.
//
// There are few at a time, so that a segment asks each; a world without any asks only their count.
#include "sim/kernel/kernel_int.h"

struct outage {
    int64_t slow; // 0: nothing passes
    tick__ref next, sides;
    uint32_t key, hosts;
    uint32_t told; // with a probe: seq of what began it
    bool one_way;
};

static uint32_t told(const struct tick_kernel *k) {
    return k->env.probe ? k->env.probe->here : 0;
}

int tick_kernel_outage_begin(struct tick_kernel *k, uint32_t key, const uint8_t *sides, uint32_t hosts, bool one_way, int64_t slow) {
    tick__ref ref = tick__arena_zero(k, sizeof(struct outage));
    tick__ref copy = ref ? tick__arena_take(k, hosts) : 0;
    if (!copy) {
        if (ref)
            tick__arena_give(k, ref, sizeof(struct outage));
        return -ENOMEM;
    }
    memcpy(TICK__ARRAY(k, uint8_t, copy), sides, hosts);
    *TICK__AT(k, outage, ref) = (struct outage){slow, k->root->outages, copy, key, hosts, told(k), one_way};
    k->root->outages = ref;
    k->root->outage_count++;
    if (!slow)
        tick__keepalive_arm_all(k);
    return 0;
}

void tick_kernel_outage_end(struct tick_kernel *k, uint32_t key) {
    for (tick__ref *at = &k->root->outages; *at; at = &TICK__AT(k, outage, *at)->next) {
        tick__ref ref = *at;
        const struct outage *outage = TICK__AT(k, outage, ref);
        if (outage->key != key)
            continue;
        *at = outage->next;
        tick__arena_give(k, outage->sides, outage->hosts);
        tick__arena_give(k, ref, sizeof(struct outage));
        k->root->outage_count--;
        return;
    }
}

void tick_kernel_host_up(struct tick_kernel *k, int host, bool up) {
    struct tick__host *h = tick__host(k, (uint32_t)host);
    if (h->down == !up)
        return;
    h->down = !up;
    if (!up)
        h->crashed = told(k);
    k->root->outage_count += up ? UINT32_MAX : 1;
    if (!up)
        tick__keepalive_arm_all(k);
}

void tick_kernel_calm(struct tick_kernel *k) {
    k->root->calm = true;
}

// Whether it does anything to a segment from one host to another.
static bool strikes(const struct tick_kernel *k, const struct outage *outage, uint32_t from, uint32_t to) {
    if (from >= outage->hosts || to >= outage->hosts)
        return false;
    const uint8_t *sides = TICK__ARRAY(k, uint8_t, outage->sides);
    const uint8_t a = sides[from], b = sides[to];
    return a && b && a != b && !(outage->one_way && a > b);
}

uint32_t tick__outage_by(const struct tick_kernel *k, uint32_t from, uint32_t to, bool slows, enum tick_drop *drop) {
    const struct tick__host *const ends[] = {tick__host(k, from), tick__host(k, to)};
    for (int i = 0; i < 2 && from != to && !slows; i++)
        if (ends[i]->down) {
            if (drop)
                *drop = TICK_DROP_DOWN;
            return ends[i]->crashed;
        }
    for (tick__ref ref = from != to ? k->root->outages : 0; ref; ref = TICK__AT(k, outage, ref)->next) {
        const struct outage *outage = TICK__AT(k, outage, ref);
        if (slows != (outage->slow != 0) || !strikes(k, outage, from, to))
            continue;
        if (drop)
            *drop = TICK_DROP_CUT;
        return outage->told;
    }
    return 0;
}

int64_t tick__outage(const struct tick_kernel *k, uint32_t from, uint32_t to) {
    if (from == to)
        return 0;
    if (tick__host(k, from)->down || tick__host(k, to)->down)
        return TICK_NEVER;
    int64_t slow = 0;
    for (tick__ref ref = k->root->outages; ref;) {
        const struct outage *outage = TICK__AT(k, outage, ref);
        ref = outage->next;
        if (!strikes(k, outage, from, to))
            continue;
        if (!outage->slow)
            return TICK_NEVER;
        slow = tick__after(slow, outage->slow);
    }
    return slow;
}
