// What the probe is told of connections. Every function does nothing without a probe.
//
// A connection's five objects are told in one go, so that their numbers follow each other: the connection, TICK_OUT, TICK_IN, TICK_NEAR,
// TICK_FAR. Each accepted send is a message; so are the segments without bytes that wake programs: SYN and its answer (offset 0), FIN
// and RST. What is written elsewhere (files, pipes, unix sockets, eventfds) has no message: its bytes alone are told.
#include "sim/kernel/kernel_int.h"

static struct tick__message *message_at(const struct tick_kernel *k, tick__ref ref) {
    return TICK__AT(k, tick__message, ref);
}

void tick__tell_fd(struct tick_kernel *k, struct tick__file *file, const struct tick_kernel_name *name, const char *key) {
    struct tick_probe *probe = k->env.probe;
    if (!probe)
        return;
    const struct tick_object object = {
        .type = TICK_OBJECT_FD,
        .id = name->id,
        .parent = name->maker_object,
        .host = tick__host(k, file->host)->object,
        .key = key,
        .kth = name->kth,
    };
    file->object = probe->ops->object(probe, &object);
}

void tick__tell_connection(struct tick_kernel *k, struct tick__sock *s, const struct tick_kernel_name *name, uint32_t peer_host) {
    struct tick_probe *probe = k->env.probe;
    if (!probe)
        return;
    uint32_t near = tick__host(k, s->file.host)->object, far = tick__host(k, peer_host)->object;
    const struct tick_object connection = {
        .type = TICK_OBJECT_CONNECTION,
        .id = name->id,
        .parent = name->maker_object,
        .host = near,
        .key = tick__host(k, peer_host)->name,
        .kth = name->kth,
    };
    s->connection_object = probe->ops->object(probe, &connection);
    static const enum tick_connection_part parts[] = {TICK_OUT, TICK_IN, TICK_NEAR, TICK_FAR};
    for (int i = 0; i < 4; i++) {
        const struct tick_object part = {
            .type = parts[i] == TICK_OUT || parts[i] == TICK_IN ? TICK_OBJECT_DIRECTION : TICK_OBJECT_FD,
            .id = tick_id_part(name->id, parts[i]),
            .parent = s->connection_object,
            .host = parts[i] == TICK_OUT || parts[i] == TICK_NEAR ? near : far,
            .kth = parts[i],
        };
        uint32_t told = probe->ops->object(probe, &part);
        if (parts[i] == TICK_OUT)
            s->out.object = told;
    }
}

static uint32_t event(struct tick_kernel *k, enum tick_event_kind kind, uint32_t host, uint32_t subject, uint32_t cause, int64_t bytes) {
    struct tick_probe *probe = k->env.probe;
    const struct tick_event e = {
        .ts = k->root->now, .arg = bytes, .host = tick__host(k, host)->object, .subject = subject, .cause = cause, .kind = (uint8_t)kind};
    return probe->ops->event(probe, &e);
}

static uint32_t message_object(struct tick_kernel *k, uint32_t host, uint32_t direction, tick_id id, uint64_t ordinal) {
    const struct tick_object object = {
        .type = TICK_OBJECT_MESSAGE, .id = id, .parent = direction, .host = tick__host(k, host)->object, .ordinal = ordinal};
    return k->env.probe->ops->object(k->env.probe, &object);
}

static uint32_t sent(struct tick_kernel *k, uint32_t host, uint32_t object, int64_t bytes) {
    struct tick_probe *probe = k->env.probe;
    return k->carrying ? event(k, TICK_EV_MSG_SEND, host, object, k->cause, bytes)
                       : tick_emit(probe, TICK_EV_MSG_SEND, object, probe->here, bytes, NULL);
}

uint64_t tick__tell_message(
    struct tick_kernel *k, uint32_t host, uint32_t from, tick_id id, uint64_t ordinal, const void *bytes, size_t count) {
    struct tick_probe *probe = k->env.probe;
    uint32_t object = message_object(k, host, from, tick_id_mix(tick_id_mix(id, TICK_OBJECT_MESSAGE), ordinal), ordinal);
    if (bytes && probe->ops->payload)
        probe->ops->payload(probe, object, bytes, count);
    return (uint64_t)object << 32 | sent(k, host, object, (int64_t)count);
}

void tick__tell_written(struct tick_kernel *k, const struct tick__file *file, uint64_t offset, const void *bytes, size_t count) {
    const struct tick_probe *probe = k->env.probe;
    if (probe && probe->ops->written)
        probe->ops->written(k->env.probe, file->object, offset, bytes, count);
}

uint32_t tick__tell_arrival(struct tick_kernel *k, uint32_t host, uint64_t segment, size_t bytes) {
    if (!k->env.probe || !segment)
        return 0;
    k->cause = event(k, TICK_EV_MSG_RECV, host, (uint32_t)(segment >> 32), (uint32_t)segment, (int64_t)bytes);
    return k->cause;
}

void tick__tell_send(struct tick_kernel *k, struct tick__sock *s, const void *bytes, size_t count) {
    struct tick_probe *probe = k->env.probe;
    if (!probe)
        return;
    tick__ref ref = tick__arena_zero(k, sizeof(struct tick__message));
    if (!ref)
        return; // the trace lacks a message; the run goes on as it would
    struct tick__message *m = message_at(k, ref);
    struct tick__flow *out = &s->out;
    m->end = out->written;
    m->begin = m->end - count;
    m->object =
        message_object(k, s->file.host, out->object, tick_id_mix(tick_id_mix(s->way, TICK_OBJECT_MESSAGE), m->begin + 1), m->begin + 1);
    if (probe->ops->payload)
        probe->ops->payload(probe, m->object, bytes, count);
    m->sent = sent(k, s->file.host, m->object, (int64_t)count);
    if (out->messages)
        message_at(k, out->messages_last)->next = ref;
    else
        out->messages = ref;
    out->messages_last = ref;
    if (!out->unarrived)
        out->unarrived = ref;
}

void tick__tell_arrived(struct tick_kernel *k, struct tick__sock *sender, uint32_t host) {
    if (!k->env.probe)
        return;
    struct tick__flow *out = &sender->out;
    while (out->unarrived && message_at(k, out->unarrived)->end <= out->arrived) {
        struct tick__message *m = message_at(k, out->unarrived);
        m->received = k->cause = event(k, TICK_EV_MSG_RECV, host, m->object, m->sent, (int64_t)(m->end - m->begin));
        out->unarrived = m->next;
    }
}

// Each is told as dropped once: `received` says so, for a dropped message never arrives.
void tick__tell_dropped(struct tick_kernel *k, struct tick__sock *sender, uint32_t host, uint64_t from, uint64_t to) {
    if (!k->env.probe)
        return;
    for (tick__ref ref = sender->out.unarrived; ref; ref = message_at(k, ref)->next) {
        struct tick__message *m = message_at(k, ref);
        if (m->end > from && m->end <= to && !m->received)
            m->received = event(k, TICK_EV_MSG_DROP, host, m->object, m->sent, (int64_t)(m->end - m->begin));
    }
}

void tick__tell_consumed(struct tick_kernel *k, uint32_t seq) {
    if (k->env.probe)
        k->env.probe->arrived = seq;
}

void tick__tell_read(struct tick_kernel *k, struct tick__sock *sender) {
    if (!k->env.probe)
        return;
    struct tick__flow *out = &sender->out;
    uint32_t latest = 0;
    while (out->messages) {
        tick__ref ref = out->messages;
        struct tick__message *m = message_at(k, ref);
        if (m->begin >= out->read)
            break;
        if (m->received)
            latest = m->received;
        if (m->end > out->read)
            break;
        out->messages = m->next;
        tick__arena_give(k, ref, sizeof *m);
    }
    tick__tell_consumed(k, latest);
}
