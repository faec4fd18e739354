#include "trace/explain/beside.h"
#include <errno.h>
#include <stdlib.h>

struct tick__beside_key {
    uint64_t hash;
    uint32_t seq;
};

static bool same_event(const struct tick__beside *beside, uint32_t seq_a, uint32_t seq_b) {
    const struct tick__tale_event *a = tick__tale_event(beside->a, seq_a), *b = tick__tale_event(beside->b, seq_b);
    return a->kind == b->kind && a->ts == b->ts && a->arg == b->arg &&
           tick__tale_object(beside->a, a->host)->id == tick__tale_object(beside->b, b->host)->id &&
           tick__tale_object(beside->a, a->task)->id == tick__tale_object(beside->b, b->task)->id &&
           tick__tale_object(beside->a, a->subject)->id == tick__tale_object(beside->b, b->subject)->id;
}

static uint32_t past_choices(const struct tick__tale *tale, uint32_t seq) {
    while (seq <= tale->last && tick__tale_event(tale, seq)->kind == TICK_EV_CHOICE)
        seq++;
    return seq;
}

static void part(struct tick__beside *beside) {
    uint32_t a = past_choices(beside->a, beside->a->first), b = past_choices(beside->b, beside->b->first);
    while (a <= beside->a->last && b <= beside->b->last && same_event(beside, a, b)) {
        a = past_choices(beside->a, a + 1);
        b = past_choices(beside->b, b + 1);
    }
    beside->parting_a = a;
    beside->parting_b = b;
}

static uint64_t mixed(uint64_t hash, uint64_t with) {
    hash = (hash ^ with) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

static int by_hash(const void *left, const void *right) {
    const struct tick__beside_key *a = left, *b = right;
    return a->hash != b->hash ? (a->hash < b->hash ? -1 : 1) : a->seq < b->seq ? -1 : a->seq > b->seq;
}

static uint64_t key_of(const struct tick__tale *tale, uint32_t seq) {
    const struct tick__tale_event *event = tick__tale_event(tale, seq);
    return mixed(mixed(mixed(event->kind, tick__tale_object(tale, event->host)->id), tick__tale_object(tale, event->task)->id),
        tick__tale_object(tale, event->subject)->id);
}

static struct tick__beside_key *keys(const struct tick__tale *tale, size_t *count) {
    *count = tale->last >= tale->first ? tale->last - tale->first + 1 : 0;
    struct tick__beside_key *keys = calloc(*count + 1, sizeof *keys);
    for (size_t i = 0; keys && i < *count; i++)
        keys[i] = (struct tick__beside_key){key_of(tale, tale->first + (uint32_t)i), tale->first + (uint32_t)i};
    if (keys)
        qsort(keys, *count, sizeof *keys, by_hash);
    return keys;
}

int tick__beside_init(const struct tick__tale *a, const struct tick__tale *b, struct tick__beside *beside) {
    *beside = (struct tick__beside){.a = a, .b = b};
    beside->keys_a = keys(a, &beside->count_a);
    beside->keys_b = keys(b, &beside->count_b);
    if (!beside->keys_a || !beside->keys_b) {
        tick__beside_fini(beside);
        return -ENOMEM;
    }
    part(beside);
    return 0;
}

int64_t tick__beside_same_until(const struct tick__beside *beside) {
    const int64_t a = tick__tale_event(beside->a, beside->parting_a)->ts, b = tick__tale_event(beside->b, beside->parting_b)->ts;
    return beside->parting_b <= beside->b->last && (b < a || beside->parting_a > beside->a->last) ? b : a;
}

void tick__beside_fini(struct tick__beside *beside) {
    free(beside->keys_a);
    free(beside->keys_b);
    *beside = (struct tick__beside){0};
}

// The first key that is not before (hash, seq).
static size_t place(const struct tick__beside_key *keys, size_t count, uint64_t hash, uint32_t seq) {
    const struct tick__beside_key wanted = {hash, seq};
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (by_hash(&keys[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t tick__beside_twin(const struct tick__beside *beside, uint32_t seq) {
    const uint64_t hash = key_of(beside->a, seq);
    const size_t nth = place(beside->keys_a, beside->count_a, hash, seq) - place(beside->keys_a, beside->count_a, hash, 0);
    const size_t at = place(beside->keys_b, beside->count_b, hash, 0) + nth;
    return at < beside->count_b && beside->keys_b[at].hash == hash ? beside->keys_b[at].seq : 0;
}
