// What the probe is told of connections. Every function does nothing without a probe.
//
// A connection's five objects are told in one go, so that their numbers follow each other: the connection, TICK_OUT, TICK_IN, TICK_NEAR,
// TICK_FAR. Each accepted send is a message; so are the segments without bytes that wake programs: SYN and its answer (offset 0), FIN
// and RST. What is written elsewhere (files, pipes, unix sockets, eventfds) has no message: its bytes alone are told.
#include "sim/kernel/kernel_int.h"
#include "src/base/line.h"

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

// An end of a connection between two programs of one machine, or within one: by its port, as that is all that tells the two apart.
static const char *end_name(bool within, uint16_t port, char text[8]) {
    struct tick__line line = {text, 8, 0};
    tick__line_put(&line, ":");
    tick__line_number(&line, port);
    return within ? text : NULL;
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
    char ports[2][8];
    const char *const names[] = {
        NULL, NULL, end_name(near == far, s->local_port, ports[0]), end_name(near == far, s->remote_port, ports[1])};
    for (int i = 0; i < 4; i++) {
        const struct tick_object part = {
            .type = parts[i] == TICK_OUT || parts[i] == TICK_IN ? TICK_OBJECT_DIRECTION : TICK_OBJECT_FD,
            .id = tick_id_part(name->id, parts[i]),
            .parent = s->connection_object,
            .host = parts[i] == TICK_OUT || parts[i] == TICK_NEAR ? near : far,
            .key = names[i],
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
    k->cause = (uint32_t)segment;
    if (segment >> 32)
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

uint32_t tick__tell_acknowledged(const struct tick_kernel *k, const struct tick__sock *sender) {
    uint32_t seq = 0;
    for (tick__ref ref = k->env.probe ? sender->out.messages : 0; ref && message_at(k, ref)->end <= sender->out.acked;
         ref = message_at(k, ref)->next)
        seq = message_at(k, ref)->received;
    return seq;
}

uint32_t tick__tell_armed(struct tick_kernel *k, const struct tick__file *file, int64_t at, uint32_t *object) {
    struct tick_probe *probe = k->env.probe;
    if (!probe)
        return 0;
    const struct tick_object timer = {.type = TICK_OBJECT_TIMER,
        .id = tick_id_mix(file->id, TICK_OBJECT_TIMER),
        .parent = file->object,
        .host = tick__host(k, file->host)->object,
        .key = "timer",
        .kth = 1};
    *object = *object ? *object : probe->ops->object(probe, &timer);
    return tick_emit(probe, TICK_EV_TIMER_ARM, *object, probe->here, at, NULL);
}

uint32_t tick__tell_fired(struct tick_kernel *k, const struct tick__file *file, int64_t at, uint32_t object, uint32_t armed) {
    return k->env.probe ? event(k, TICK_EV_TIMER_FIRE, file->host, object, armed, at) : 0;
}

void tick__tell_disarmed(struct tick_kernel *k, int64_t at, uint32_t object) {
    struct tick_probe *probe = k->env.probe;
    if (probe && object)
        tick_emit(probe, TICK_EV_TIMER_CANCEL, object, probe->here, at, NULL);
}

uint32_t tick__tell_drop(struct tick_kernel *k, uint32_t host, uint64_t segment, enum tick_drop why, uint32_t by) {
    if (!k->env.probe || !(segment >> 32))
        return 0;
    return event(k, TICK_EV_MSG_DROP, host, (uint32_t)(segment >> 32), by ? by : (uint32_t)segment, why);
}

// Each is told as dropped for good once: `received` says so, for such a message never arrives.
uint32_t tick__tell_dropped(
    struct tick_kernel *k, struct tick__sock *sender, uint32_t host, uint64_t from, uint64_t to, enum tick_drop why, uint32_t by) {
    uint32_t seq = 0;
    if (!k->env.probe)
        return 0;
    for (tick__ref ref = sender->out.unarrived; ref; ref = message_at(k, ref)->next) {
        struct tick__message *m = message_at(k, ref);
        if (m->end > from && m->end <= to && !m->received)
            m->received = k->cause = seq = event(k, TICK_EV_MSG_DROP, host, m->object, by ? by : m->sent, why);
    }
    return seq;
}

// Each message of which a segment has bytes; it may have others of them, in other segments.
static uint32_t each_in(
    struct tick_kernel *k, const struct tick__sock *s, uint64_t from, uint64_t to, enum tick_event_kind kind, uint32_t by, int64_t arg) {
    uint32_t seq = 0;
    for (tick__ref ref = s->out.unarrived; ref && message_at(k, ref)->begin < to; ref = message_at(k, ref)->next) {
        const struct tick__message *m = message_at(k, ref);
        if (m->end > from)
            seq = event(k, kind, s->file.host, m->object, by ? by : m->sent, arg);
    }
    return seq;
}

static bool has_message(unsigned kind, uint64_t c) {
    return c >> 32 && (kind == TICK__SYN || kind == TICK__SYN_AGAIN || kind == TICK__SYN_ACK || kind == TICK__FIN || kind == TICK__RST);
}

void tick__tell_lost(struct tick_kernel *k, struct tick__sock *s, uint32_t to, unsigned kind, uint64_t c, uint64_t bytes) {
    if (!k->env.probe)
        return;
    enum tick_drop why = tick__link(k, s->file.host, to)->bandwidth < 0 ? TICK_DROP_CUT : TICK_DROP_FULL;
    uint32_t by = tick__outage_by(k, s->file.host, to, false, &why);
    if (!by && kind == TICK__SYN_AGAIN) // then it is the answer that would be
        by = tick__outage_by(k, to, s->file.host, false, &why);
    const uint32_t seq = kind == TICK__DATA     ? each_in(k, s, c - bytes, c, TICK_EV_MSG_DROP, by, why)
                         : has_message(kind, c) ? tick__tell_drop(k, s->file.host, c, why, by)
                                                : 0;
    if (kind == TICK__SYN || kind == TICK__SYN_AGAIN)
        s->hello = seq ? seq : by;
}

void tick__tell_loss(struct tick_kernel *k, struct tick__sock *s, unsigned kind, uint64_t c, uint64_t bytes) {
    if (k->env.probe && kind == TICK__DATA)
        each_in(k, s, c - bytes, c, TICK_EV_MSG_DROP, 0, TICK_DROP_LOSS);
    else if (has_message(kind, c))
        tick__tell_drop(k, s->file.host, c, TICK_DROP_LOSS, 0);
}

void tick__tell_lost_datagram(struct tick_kernel *k, uint64_t told, uint32_t from, uint32_t to, bool by_choice) {
    enum tick_drop why = by_choice ? TICK_DROP_LOSS : tick__link(k, from, to)->bandwidth < 0 ? TICK_DROP_CUT : TICK_DROP_FULL;
    const uint32_t by = k->env.probe && !by_choice ? tick__outage_by(k, from, to, false, &why) : 0;
    tick__tell_drop(k, from, told, why, by);
}

void tick__tell_slow_datagram(struct tick_kernel *k, uint64_t told, uint32_t from, uint32_t to) {
    const uint32_t by = k->env.probe ? tick__outage_by(k, from, to, true, NULL) : 0;
    if (by)
        event(k, TICK_EV_MSG_SLOW, from, (uint32_t)(told >> 32), by, tick__outage(k, from, to));
}

uint32_t tick__tell_death(const struct tick_kernel *k, const struct tick__sock *s) {
    return s->farewell && s->farewell == tick__host(k, s->file.host)->crashed ? s->farewell : 0;
}

uint32_t tick__tell_cut_off(const struct tick_kernel *k, const struct tick__sock *s, uint32_t to) {
    if (!k->env.probe)
        return 0;
    const uint32_t by = tick__outage_by(k, s->file.host, to, false, NULL);
    return by ? by : tick__outage_by(k, to, s->file.host, false, NULL);
}

void tick__tell_slowed(struct tick_kernel *k, struct tick__sock *s, uint32_t to, unsigned kind, uint64_t c, uint64_t bytes) {
    const uint32_t by = k->env.probe ? tick__outage_by(k, s->file.host, to, true, NULL) : 0;
    const int64_t slower = by ? tick__outage(k, s->file.host, to) : 0;
    if (by && kind == TICK__DATA)
        each_in(k, s, c - bytes, c, TICK_EV_MSG_SLOW, by, slower);
    else if (by && has_message(kind, c))
        event(k, TICK_EV_MSG_SLOW, s->file.host, (uint32_t)(c >> 32), by, slower);
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
