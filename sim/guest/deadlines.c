// Threads that wait until a moment: a heap, earliest first, and of one moment those that parked first.
#include "sim/guest/turn_int.h"

static bool before(const struct tick__guest_thread *a, const struct tick__guest_thread *b) {
    return a->deadline != b->deadline ? a->deadline < b->deadline : a->parked < b->parked;
}

static void put(struct tick__guest_thread *thread, uint32_t at) {
    tick__guest_turns->heap[at - 1] = thread;
    thread->heap_at = at;
}

static struct tick__guest_thread *get(uint32_t at) {
    return tick__guest_turns->heap[at - 1];
}

static void rise(struct tick__guest_thread *thread, uint32_t at) {
    while (at > 1 && before(thread, get(at / 2))) {
        put(get(at / 2), at);
        at /= 2;
    }
    put(thread, at);
}

static void sink(struct tick__guest_thread *thread, uint32_t at) {
    const uint32_t count = tick__guest_turns->deadlines;
    for (uint32_t below; (below = at * 2) <= count; at = below) {
        if (below < count && before(get(below + 1), get(below)))
            below++;
        if (!before(get(below), thread))
            break;
        put(get(below), at);
    }
    put(thread, at);
}

void tick__guest_deadline_add(struct tick__guest_thread *thread) {
    rise(thread, ++tick__guest_turns->deadlines);
}

void tick__guest_deadline_remove(struct tick__guest_thread *thread) {
    const uint32_t at = thread->heap_at;
    if (!at)
        return;
    struct tick__guest_thread *last = get(tick__guest_turns->deadlines--);
    thread->heap_at = 0;
    if (last == thread)
        return;
    if (at > 1 && before(last, get(at / 2)))
        rise(last, at);
    else
        sink(last, at);
}
