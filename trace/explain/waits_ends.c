// Programs that wait for an fd itself, in a call: threads of another process. Who is at the other end of a connection is who used that
// end last: waited there, sent by it, or took something in; and of one that nobody has used yet, who connected.
#include "trace/explain/waits_int.h"
#include <string.h>

// A connection's five objects are told in one go: itself, both directions, both ends.
static uint32_t other_end(const struct tick__tale *tale, uint32_t end) {
    const struct tick__tale_object *object = tick__tale_object(tale, end);
    if (object->type != TICK_OBJECT_FD || tick__tale_object(tale, object->parent)->type != TICK_OBJECT_CONNECTION)
        return 0;
    return object->kth == TICK_NEAR ? object->parent + TICK_FAR : object->kth == TICK_FAR ? object->parent + TICK_NEAR : 0;
}

void tick__waits_note_end(struct tick__waits *waits, const struct tick__tale_event *event) {
    const struct tick__tale *tale = waits->tale;
    uint32_t end = event->subject;
    if (!event->task)
        return;
    if (event->kind == TICK_EV_MSG_SEND) {
        const struct tick__tale_object *way = tick__tale_object(tale, tick__tale_object(tale, event->subject)->parent);
        end = way->type == TICK_OBJECT_DIRECTION ? way->parent + (way->kth == TICK_OUT ? TICK_NEAR : TICK_FAR) : 0;
    }
    if (end && end <= tale->objects_count && tick__tale_object(tale, end)->type == TICK_OBJECT_FD)
        waits->work->end_users[end] = event->task;
}

static bool begins(const char *name, const char *with) {
    return strncmp(name, with, strlen(with)) == 0;
}

void tick__waits_set_end(const struct tick__waits *waits, struct tick__waiter *waiter) {
    const struct tick__tale *tale = waits->tale;
    const struct tick__tale_place *place = tick__tale_place(tale, waiter->loc);
    const char *name = place ? place->name : "";
    if (tick__tale_object(tale, waiter->subject)->type != TICK_OBJECT_FD)
        return;
    if (begins(name, "accept")) {
        waiter->kind = TICK__WAIT_ACCEPT;
        return;
    }
    const enum tick__wait_kind kind = begins(name, "connect")                         ? TICK__WAIT_CONNECT
                                      : begins(name, "recv") || begins(name, "read")  ? TICK__WAIT_READ
                                      : begins(name, "send") || begins(name, "write") ? TICK__WAIT_WRITE
                                                                                      : TICK__WAIT_RESOURCE;
    const uint32_t other = other_end(tale, waiter->subject);
    if (kind == TICK__WAIT_RESOURCE || !other)
        return;
    waiter->kind = kind;
    waiter->connection = tick__tale_object(tale, waiter->subject)->parent;
    waiter->peer_host = tick__tale_object(tale, other)->host;
}

int tick__waits_need_end(struct tick__waits *waits, struct tick__waiter *waiter) {
    const struct tick__tale *tale = waits->tale;
    const uint32_t other = other_end(tale, waiter->subject);
    if (!other || other > tale->objects_count)
        return 0;
    const uint32_t user = waits->work->end_users[other], maker = tick__tale_object(tale, waiter->connection)->parent;
    return tick__waits_need(waits, waiter, user ? user : tick__tale_object(tale, other)->kth == TICK_NEAR ? maker : 0);
}
