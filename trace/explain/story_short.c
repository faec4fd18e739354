// Sends of which the system took only a part: of what, and what became of the rest. What was to be sent is known from the run beside.
#include "trace/explain/story_int.h"
#include <string.h>

// The direction that an end of a connection sends by; 0: it is none. A connection's parts were told one after the other.
static uint32_t way_of(const struct tick__tale *tale, uint32_t end) {
    const struct tick__tale_object *object = tick__tale_object(tale, end);
    const uint32_t way = object->kth == TICK_NEAR ? object->parent + TICK_OUT : object->parent + TICK_IN;
    const bool is_end = object->kth == TICK_NEAR || object->kth == TICK_FAR;
    return is_end && tick__tale_object(tale, way)->type == TICK_OBJECT_DIRECTION && tick__tale_object(tale, way)->parent == object->parent
               ? way
               : 0;
}

// The message that begins with that byte of a direction; NULL: none does. Its stable id is made of these.
static const struct tick__tale_message *begins_at(const struct tick__tale *tale, uint32_t way, uint64_t byte) {
    const tick_id id = tick_id_mix(tick_id_mix(tick__tale_object(tale, way)->id, TICK_OBJECT_MESSAGE), byte);
    const struct tick__tale_message *message = tick__tale_same_message(tale, id);
    return message && message->bytes > 0 && message->direction == way ? message : NULL;
}

// The same message in the run beside, where it is longer and begins alike; NULL: there is none.
static const struct tick__tale_message *whole(const struct tick__telling *telling, const struct tick__tale_message *part) {
    const struct tick__tale_message *there =
        telling->good ? tick__tale_same_message(telling->good, tick__tale_object(telling->tale, part->object)->id) : NULL;
    const bool alike =
        there && there->bytes > part->bytes && there->kept >= part->kept && memcmp(there->payload, part->payload, part->kept) == 0;
    return alike ? there : NULL;
}

// Whether a message begins with what is left of another one; as far as both were kept.
static bool goes_on_with(const struct tick__tale_message *next, const struct tick__tale_message *all, int64_t sent) {
    if (sent >= all->kept)
        return true;
    const uint32_t rest = all->kept - (uint32_t)sent, kept = rest < next->kept ? rest : next->kept;
    return memcmp(next->payload, all->payload + sent, kept) == 0;
}

static void say_rest(
    const struct tick__tale *tale, int64_t rest, const struct tick__tale_message *next, bool follows, struct tick__said *said) {
    if (rest == 1)
        tick__say_to(said, "the other byte %s", follows ? "follows" : "is never sent");
    else
        tick__say_to(said, "the other %lld bytes %s", (long long)rest, follows ? "follow" : "are never sent");
    if (!next)
        return;
    tick__say_to(said, follows ? " at " : ": what goes out next on that connection, at ");
    tick__said_time(tick__tale_event(tale, next->send)->ts, said);
    tick__say_to(said, follows ? "" : ", is ");
    if (!follows)
        tick__said_message(tale, next, 40, said);
}

void tick__story_short(const struct tick__telling *telling, const struct tick__tale_choice *choice, struct tick__sentence *decided) {
    const struct tick__tale *tale = telling->tale;
    const uint32_t way = way_of(tale, choice->subject);
    const struct tick__tale_message *part = way ? begins_at(tale, way, choice->ordinal) : NULL;
    const struct tick__tale_message *all = part ? whole(telling, part) : NULL;
    if (!all)
        return;
    const struct tick__tale_message *next = begins_at(tale, way, choice->ordinal + (uint64_t)part->bytes);
    struct tick__said good = TICK__SAID(decided->good);
    say_rest(tale, all->bytes - part->bytes, next, next && goes_on_with(next, all, part->bytes), &TICK__SAID(decided->over));
    tick__say_to(&good, "%s all of it goes out at once: ", telling->there);
    tick__said_message(telling->good, all, 40, &good);
}
