// Datagrams and their queues, of UDP and unix sockets.
#include "sim/kernel/objects_int.h"

static size_t size_of(const struct tick__datagram *d) {
    return sizeof *d + d->size;
}

tick__ref tick__datagram_new(struct tick_kernel *k, const void *bytes, size_t count) {
    tick__ref ref = tick__arena_take(k, sizeof(struct tick__datagram) + count);
    if (!ref)
        return 0;
    struct tick__datagram *d = tick__datagram(k, ref);
    *d = (struct tick__datagram){.size = (uint32_t)count, .refs = 1};
    if (count)
        memcpy(d->bytes, bytes, count);
    return ref;
}

void tick__datagram_free(struct tick_kernel *k, tick__ref ref) {
    struct tick__datagram *d = tick__datagram(k, ref);
    if (--d->refs == 0)
        tick__arena_give(k, ref, size_of(d));
}

void tick__queue_add(struct tick_kernel *k, struct tick__queue *queue, tick__ref ref) {
    struct tick__datagram *d = tick__datagram(k, ref);
    d->next = 0;
    if (queue->last)
        tick__datagram(k, queue->last)->next = ref;
    else
        queue->first = ref;
    queue->last = ref;
    queue->count++;
    queue->bytes += d->size;
}

tick__ref tick__queue_take(struct tick_kernel *k, struct tick__queue *queue) {
    tick__ref ref = queue->first;
    if (!ref)
        return 0;
    const struct tick__datagram *d = tick__datagram(k, ref);
    queue->first = d->next;
    if (!d->next)
        queue->last = 0;
    queue->count--;
    queue->bytes -= d->size;
    return ref;
}

void tick__queue_clear(struct tick_kernel *k, struct tick__queue *queue) {
    for (tick__ref ref; (ref = tick__queue_take(k, queue));)
        tick__datagram_free(k, ref);
}
