// Links between hosts: one for every pair, and a hash table of the pairs that have their own.
#include "sim/kernel/kernel_int.h"

struct pair {
    uint64_t key; // smaller host + 1 in the high half, greater in the low; 0: free
    struct tick_link link;
};

static const struct tick_link loopback;

static uint64_t key_of(uint32_t a, uint32_t b) {
    return a < b ? (uint64_t)(a + 1) << 32 | b : (uint64_t)(b + 1) << 32 | a;
}

static struct pair *find(struct pair *table, uint32_t most, uint64_t key) {
    uint32_t at = (uint32_t)tick_id_mix(key, 0) & (most - 1);
    while (table[at].key && table[at].key != key)
        at = (at + 1) & (most - 1);
    return &table[at];
}

const struct tick_link *tick__link(const struct tick_kernel *k, uint32_t a, uint32_t b) {
    const struct tick__root *root = k->root;
    if (a == b)
        return &loopback;
    if (!root->pair_count)
        return &root->link;
    const struct pair *pair = find(TICK__AT(k, pair, root->pairs), root->pair_most, key_of(a, b));
    return pair->key ? &pair->link : &root->link;
}

void tick_kernel_link_all(struct tick_kernel *k, const struct tick_link *link) {
    k->root->link = *link;
}

int tick_kernel_link_set(struct tick_kernel *k, int a, int b, const struct tick_link *link) {
    struct tick__root *root = k->root;
    if (a < 0 || b < 0 || (uint32_t)a >= root->host_count || (uint32_t)b >= root->host_count || a == b)
        return -EINVAL;
    if ((root->pair_count + 1) * 2 > root->pair_most) {
        uint32_t most = root->pair_most ? root->pair_most * 2 : 16;
        tick__ref grown = tick__arena_zero(k, most * sizeof(struct pair));
        if (!grown)
            return -ENOMEM;
        struct pair *to = TICK__AT(k, pair, grown);
        if (root->pair_most) {
            const struct pair *from = TICK__AT(k, pair, root->pairs);
            for (uint32_t i = 0; i < root->pair_most; i++)
                if (from[i].key)
                    *find(to, most, from[i].key) = from[i];
            tick__arena_give(k, root->pairs, root->pair_most * sizeof(struct pair));
        }
        root->pairs = grown;
        root->pair_most = most;
    }
    uint64_t key = key_of((uint32_t)a, (uint32_t)b);
    struct pair *pair = find(TICK__AT(k, pair, root->pairs), root->pair_most, key);
    root->pair_count += !pair->key;
    pair->key = key;
    pair->link = *link;
    return 0;
}
