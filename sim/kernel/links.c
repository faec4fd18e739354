// Links between hosts: one for every pair, and a hash table of the pairs that have their own; a host with itself may be such a pair. The
// table grows while somebody holds a link of it: what it knows stands elsewhere, and never moves.
#include "sim/kernel/kernel_int.h"

struct entry {
    uint64_t key; // smaller host + 1 in the high half, greater (or the same) in the low; 0: free
    tick__ref pair;
};

struct pair {
    struct tick_link link;
    int64_t free_at[2]; // with a bandwidth: when the line is free again; from the smaller host, from the greater
};

static const struct tick_link loopback;

static uint64_t key_of(uint32_t a, uint32_t b) {
    return a < b ? (uint64_t)(a + 1) << 32 | b : (uint64_t)(b + 1) << 32 | a;
}

static struct entry *find(struct entry *table, uint32_t most, uint64_t key) {
    uint32_t at = (uint32_t)tick_id_mix(key, 0) & (most - 1);
    while (table[at].key && table[at].key != key)
        at = (at + 1) & (most - 1);
    return &table[at];
}

// Of a host with itself. Out of the way of what passes between hosts.
static __attribute__((noinline)) const struct tick_link *link_within(const struct tick_kernel *k, uint32_t host) {
    const struct entry *entry = find(TICK__AT(k, entry, k->root->pairs), k->root->pair_most, key_of(host, host));
    return entry->key ? &TICK__AT(k, pair, entry->pair)->link : &loopback;
}

const struct tick_link *tick__link(const struct tick_kernel *k, uint32_t a, uint32_t b) {
    const struct tick__root *root = k->root;
    if (a == b)
        return __builtin_expect(root->loopbacks, 0) ? link_within(k, a) : &loopback;
    if (!root->pair_count)
        return &root->link;
    const struct entry *entry = find(TICK__AT(k, entry, root->pairs), root->pair_most, key_of(a, b));
    return entry->key ? &TICK__AT(k, pair, entry->pair)->link : &root->link;
}

bool tick__link_holds(const struct tick_kernel *k, uint32_t host) {
    const struct tick_link *link = tick__link(k, host, host);
    return link->latency || link->jitter || link->refuse || link->reset || link->loss || link->duplicate || link->reorder ||
           link->corrupt || link->bandwidth;
}

void tick_kernel_link_all(struct tick_kernel *k, const struct tick_link *link) {
    k->root->link = *link;
    k->root->link.delays = tick_scale_count(link->jitter);
}

// The pair's own entry, made if need be; NULL: no memory.
static struct pair *own(struct tick_kernel *k, uint64_t key) {
    struct tick__root *root = k->root;
    if ((root->pair_count + 1) * 2 > root->pair_most) {
        uint32_t most = root->pair_most ? root->pair_most * 2 : 16;
        tick__ref grown = tick__arena_zero(k, most * sizeof(struct entry));
        if (!grown)
            return NULL;
        struct entry *to = TICK__AT(k, entry, grown);
        if (root->pair_most) {
            const struct entry *from = TICK__AT(k, entry, root->pairs);
            for (uint32_t i = 0; i < root->pair_most; i++)
                if (from[i].key)
                    *find(to, most, from[i].key) = from[i];
            tick__arena_give(k, root->pairs, root->pair_most * sizeof(struct entry));
        }
        root->pairs = grown;
        root->pair_most = most;
    }
    struct entry *entry = find(TICK__AT(k, entry, root->pairs), root->pair_most, key);
    if (!entry->key) {
        tick__ref made = tick__arena_zero(k, sizeof(struct pair));
        if (!made)
            return NULL;
        root->pair_count++;
        *entry = (struct entry){key, made};
        TICK__AT(k, pair, made)->link = root->link;
    }
    return TICK__AT(k, pair, entry->pair);
}

int tick_kernel_link_set(struct tick_kernel *k, int a, int b, const struct tick_link *link) {
    struct tick__root *root = k->root;
    if (a < 0 || b < 0 || (uint32_t)a >= root->host_count || (uint32_t)b >= root->host_count)
        return -EINVAL;
    struct pair *pair = own(k, key_of((uint32_t)a, (uint32_t)b));
    if (!pair)
        return -ENOMEM;
    pair->link = *link;
    pair->link.delays = tick_scale_count(link->jitter);
    root->loopbacks |= a == b;
    return 0;
}

// When the last byte is on the line; TICK_NEVER: the queue in front of it is full, or nothing passes at all.
static int64_t through(struct tick_kernel *k, const struct tick_link *link, uint32_t from, uint32_t to, uint64_t bytes) {
    int64_t now = k->root->now, bandwidth = link->bandwidth, queue = link->queue;
    struct pair *pair = bandwidth > 0 ? own(k, key_of(from, to)) : NULL;
    if (!pair)
        return TICK_NEVER;
    int64_t *free_at = &pair->free_at[from > to];
    int64_t begin = *free_at > now ? *free_at : now;
    int64_t takes = tick__times((int64_t)bytes, TICK_SEC(1)) / bandwidth; // bytes is below 2^32: no overflow
    // What waits, in time rather than bytes: the product of waiting time and bandwidth could overflow.
    if (queue && begin > now && tick__after(tick__until(begin, now), takes) > tick__times(queue, TICK_SEC(1)) / bandwidth)
        return TICK_NEVER;
    return *free_at = tick__after(begin, takes);
}

int64_t tick__link_pass(struct tick_kernel *k, const struct tick_link *link, uint32_t from, uint32_t to, uint64_t bytes) {
    int64_t at = tick__after(k->root->now, link->latency);
    if (__builtin_expect(!k->root->outage_count && !link->bandwidth, 1))
        return at;
    if (link->bandwidth) {
        int64_t sent = through(k, link, from, to, bytes + TICK__HEADERS);
        if (sent == TICK_NEVER)
            return sent;
        at = tick__after(at, tick__until(sent, k->root->now));
    }
    return tick__after(at, k->root->outage_count ? tick__outage(k, from, to) : 0);
}
