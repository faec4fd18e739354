// What is to happen, by (time, posting order): a 4-ary heap, each entry with a slot that knows its place, so that it can be taken back; and
// beside it a lane.
//
// Most events are segments that nobody takes back, on their way for one and the same time. Those are due in the order in which they are
// posted: the lane is a ring, and its first event comes before or after the heap's. It takes whatever is under way for the time of the
// first in it; what is not goes into the heap. It also tells exactly what comes next, which large worlds fetch in advance.
// What is posted for TICK_NEVER is never taken.
#include "sim/kernel/kernel_int.h"

struct entry {
    int64_t at;
    uint64_t order;
    uint32_t slot;
};

// A key is slot + 1 in the low bits and the slot's generation above, so that a stale key is seen.
#define SLOT_BITS 22u
#define SLOT_MOST ((1u << SLOT_BITS) - 1)
#define FREE UINT32_MAX

struct passing {
    int64_t at;
    uint64_t order, c;
    uint32_t a, b;
    enum tick__event_kind kind;
};

struct slot {
    uint64_t c;
    uint32_t a, b;
    uint32_t place; // in the heap; FREE: not posted (a is then the next free slot + 1)
    uint16_t generation, kind;
};

static bool before(const struct entry *a, const struct entry *b) {
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void up(struct entry *heap, struct slot *slots, uint32_t place, struct entry entry) {
    while (place > 0) {
        uint32_t parent = (place - 1) / 4;
        if (!before(&entry, &heap[parent]))
            break;
        heap[place] = heap[parent];
        slots[heap[place].slot].place = place;
        place = parent;
    }
    heap[place] = entry;
    slots[entry.slot].place = place;
}

static void down(struct entry *heap, struct slot *slots, uint32_t count, uint32_t place, struct entry entry) {
    for (;;) {
        uint32_t first = place * 4 + 1, end = first + 4 < count ? first + 4 : count;
        if (first >= count)
            break;
        uint32_t least = first;
        for (uint32_t child = first + 1; child < end; child++)
            if (before(&heap[child], &heap[least]))
                least = child;
        if (!before(&heap[least], &entry))
            break;
        heap[place] = heap[least];
        slots[heap[place].slot].place = place;
        place = least;
    }
    heap[place] = entry;
    slots[entry.slot].place = place;
}

// Heap and slots have one capacity: an entry has a slot, and the other way round.
bool tick__event_room(struct tick_kernel *k, uint32_t count) {
    struct tick__root *root = k->root;
    while (root->heap_count + count > root->event_most) {
        uint32_t most = root->event_most, wanted = most ? most * 2 : 64;
        if (wanted > SLOT_MOST)
            return false;
        tick__ref heap = tick__arena_take(k, wanted * sizeof(struct entry));
        if (!heap)
            return false;
        if (!tick__arena_grow(k, &root->slots, &root->event_most, wanted, root->slots_used, sizeof(struct slot))) {
            tick__arena_give(k, heap, wanted * sizeof(struct entry));
            return false;
        }
        if (most) {
            memcpy(TICK__AT(k, entry, heap), TICK__AT(k, entry, root->heap), root->heap_count * sizeof(struct entry));
            tick__arena_give(k, root->heap, most * sizeof(struct entry));
        }
        root->heap = heap;
    }
    return true;
}

uint32_t tick__event_post(struct tick_kernel *k, int64_t at, enum tick__event_kind kind, uint32_t a, uint32_t b, uint64_t c) {
    struct tick__root *root = k->root;
    if (root->heap_count == root->event_most && !tick__event_room(k, 1))
        return 0;
    struct slot *slots = TICK__AT(k, slot, root->slots);
    uint32_t index;
    if (root->slot_free) {
        index = root->slot_free - 1;
        root->slot_free = slots[index].a;
    } else {
        index = root->slots_used++;
        slots[index].generation = 0;
    }
    struct slot *slot = &slots[index];
    slot->a = a;
    slot->b = b;
    slot->c = c;
    slot->kind = (uint16_t)kind;
    const struct entry entry = {at < root->now ? root->now : at, root->order++, index};
    up(TICK__AT(k, entry, root->heap), slots, root->heap_count++, entry);
    return (index + 1) | (uint32_t)slot->generation << SLOT_BITS;
}

static void release(struct tick__root *root, struct slot *slots, uint32_t index) {
    slots[index].generation = (slots[index].generation + 1u) & ((1u << (32 - SLOT_BITS)) - 1);
    slots[index].place = FREE;
    slots[index].a = root->slot_free;
    root->slot_free = index + 1;
}

static void remove_at(struct tick_kernel *k, uint32_t place) {
    struct tick__root *root = k->root;
    struct entry *heap = TICK__AT(k, entry, root->heap);
    struct slot *slots = TICK__AT(k, slot, root->slots);
    release(root, slots, heap[place].slot);
    const struct entry last = heap[--root->heap_count];
    if (place == root->heap_count)
        return;
    if (place > 0 && before(&last, &heap[(place - 1) / 4]))
        up(heap, slots, place, last);
    else
        down(heap, slots, root->heap_count, place, last);
}

void tick__event_cancel(struct tick_kernel *k, uint32_t key) {
    struct tick__root *root = k->root;
    uint32_t index = (key & SLOT_MOST) - 1;
    if (!key || index >= root->slots_used)
        return;
    const struct slot *slot = &TICK__AT(k, slot, root->slots)[index];
    if (slot->place != FREE && slot->generation == key >> SLOT_BITS)
        remove_at(k, slot->place);
}

static struct passing *lane_at(const struct tick_kernel *k, uint32_t place) {
    const struct tick__root *root = k->root;
    return &TICK__AT(k, passing, root->lane)[(root->lane_first + place) & (root->lane_most - 1)];
}

static bool lane_grow(struct tick_kernel *k) {
    struct tick__root *root = k->root;
    const uint32_t most = root->lane_most ? root->lane_most * 2 : 64;
    const tick__ref lane = tick__arena_take(k, most * sizeof(struct passing));
    if (!lane)
        return false;
    for (uint32_t i = 0; i < root->lane_count; i++)
        TICK__AT(k, passing, lane)[i] = *lane_at(k, i);
    if (root->lane_most)
        tick__arena_give(k, root->lane, root->lane_most * sizeof(struct passing));
    root->lane = lane;
    root->lane_most = most;
    root->lane_first = 0;
    return true;
}

bool tick__event_pass(struct tick_kernel *k, int64_t at, enum tick__event_kind kind, uint32_t a, uint32_t b, uint64_t c) {
    struct tick__root *root = k->root;
    const int64_t delay = tick__ahead(at, root->now);
    if (!root->lane_count)
        root->lane_delay = delay;
    if (delay != root->lane_delay || delay < 0 || (root->lane_count == root->lane_most && !lane_grow(k)))
        return tick__event_post(k, at, kind, a, b, c) != 0;
    *lane_at(k, root->lane_count++) = (struct passing){at, root->order++, c, a, b, kind};
    return true;
}

// Whether the lane's first comes before the heap's.
static bool lane_leads(const struct tick_kernel *k) {
    const struct tick__root *root = k->root;
    if (!root->lane_count || !root->heap_count)
        return root->lane_count;
    const struct entry *first = TICK__AT(k, entry, root->heap);
    const struct passing *passing = lane_at(k, 0);
    return passing->at != first->at ? passing->at < first->at : passing->order < first->order;
}

bool tick__event_take(struct tick_kernel *k, struct tick__due *due) {
    struct tick__root *root = k->root;
    if (lane_leads(k)) {
        const struct passing *passing = lane_at(k, 0);
        if (passing->at == TICK_NEVER)
            return false;
        *due = (struct tick__due){.at = passing->at, .c = passing->c, .a = passing->a, .b = passing->b, .kind = passing->kind};
        root->lane_first++;
        root->lane_count--;
        return true;
    }
    if (!root->heap_count)
        return false;
    const struct entry *first = TICK__AT(k, entry, root->heap);
    if (first->at == TICK_NEVER)
        return false;
    const struct slot *slot = &TICK__AT(k, slot, root->slots)[first->slot];
    *due = (struct tick__due){.at = first->at, .c = slot->c, .a = slot->a, .b = slot->b, .kind = (enum tick__event_kind)slot->kind};
    remove_at(k, 0);
    return true;
}

// The segment with data at that place of the lane.
static const struct passing *data_at(const struct tick_kernel *k, uint32_t place) {
    const struct passing *passing = place < k->root->lane_count ? lane_at(k, place) : NULL;
    return passing && passing->kind == TICK__DATA ? passing : NULL;
}

static void fetch(const void *object, size_t size) {
    for (size_t line = 0; line < size; line += 64)
        __builtin_prefetch((const char *)object + line, 0, 2);
}

uint32_t tick_kernel_segment(const struct tick_kernel *k, uint32_t place) {
    const struct passing *passing = data_at(k, place);
    return passing ? passing->a : 0;
}

void tick_kernel_fetch(const struct tick_kernel *k, uint32_t place) {
    const struct passing *passing = data_at(k, place);
    if (!passing)
        return;
    fetch(tick__sock(k, passing->a), TICK__SOCK_HOT);
    fetch(tick__sock(k, passing->b), TICK__SOCK_HOT);
}

// The bytes that come, and where the answer will be written.
int tick_kernel_ahead(const struct tick_kernel *k, uint32_t place) {
    const struct passing *passing = data_at(k, place);
    if (!passing)
        return -1;
    const struct tick__sock *s = tick__sock(k, passing->a);
    fetch(TICK__AT(k, tick__item, s->file.items), 64);
    fetch(TICK__ARRAY(k, char, tick__sock(k, passing->b)->out.chain.head), 128);
    fetch(TICK__ARRAY(k, char, s->out.chain.tail), 128);
    fetch(tick__process(k, s->file.process), sizeof(struct tick__process));
    return (int)s->file.host;
}

int tick_kernel_near(const struct tick_kernel *k, uint32_t place) {
    const struct passing *passing = data_at(k, place);
    if (!passing)
        return -1;
    const struct tick__file *file = &tick__sock(k, passing->a)->file;
    fetch(TICK__AT(k, tick__epoll, TICK__AT(k, tick__item, file->items)->epoll), 64);
    fetch(TICK__ARRAY(k, tick__ref, tick__process(k, file->process)->fds), 64);
    return (int)file->host;
}

int64_t tick_kernel_next_at(const struct tick_kernel *k) {
    if (lane_leads(k))
        return lane_at(k, 0)->at;
    return k->root->heap_count ? TICK__AT(k, entry, k->root->heap)->at : TICK_NEVER;
}

bool tick_kernel_next_is_posted(const struct tick_kernel *k) {
    if (lane_leads(k) || !k->root->heap_count)
        return false;
    const struct entry *first = TICK__AT(k, entry, k->root->heap);
    return TICK__AT(k, slot, k->root->slots)[first->slot].kind == TICK__POSTED;
}

int64_t tick_kernel_last_at(const struct tick_kernel *k, uint32_t *whats) {
    const struct tick__root *root = k->root;
    int64_t last = 0;
    *whats = 0;
    for (uint32_t i = 0; i < root->lane_count; i++) {
        const int64_t at = lane_at(k, i)->at;
        last = at > last && at < TICK_NEVER ? at : last;
    }
    for (uint32_t i = 0; i < root->heap_count; i++) {
        const struct entry *entry = &TICK__AT(k, entry, root->heap)[i];
        const struct slot *slot = &TICK__AT(k, slot, root->slots)[entry->slot];
        if (entry->at == TICK_NEVER)
            continue;
        last = entry->at > last ? entry->at : last;
        if (slot->kind == TICK__POSTED)
            *whats |= 1u << slot->a;
    }
    return last;
}

uint32_t tick_kernel_post(struct tick_kernel *k, int64_t at, uint32_t what, uint32_t arg) {
    return tick__event_post(k, at, TICK__POSTED, what, arg, 0);
}

void tick_kernel_unpost(struct tick_kernel *k, uint32_t key) {
    tick__event_cancel(k, key);
}
