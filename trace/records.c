// Reading definitions back out of records.
#include "trace/records_int.h"
#include <string.h>

static void copy_text(char *to, const void *from, size_t length, size_t most) {
    length = length < most ? length : most;
    memcpy(to, from, length);
    to[length] = 0;
}

void tick__record_object(const struct tick__slot *slot, struct tick_object *object, uint16_t *loc, char *room) {
    const struct tick__slot_object *record = (const struct tick__slot_object *)slot;
    *object = (struct tick_object){
        .type = (enum tick_object_type)record->head.detail,
        .id = record->id,
        .parent = record->head.number,
        .host = record->host,
        .kth = record->kth,
        .ordinal = record->ordinal,
    };
    *loc = 0;
    if (record->head.slots < 2)
        return;
    struct tick__object_tail tail;
    memcpy(&tail, slot + 1, sizeof tail);
    *loc = tail.loc;
    if (tail.key_length) {
        copy_text(room, (const char *)(slot + 1) + sizeof tail, tail.key_length, TICK__KEY_MOST);
        object->key = room;
    }
}

void tick__record_text(const struct tick__slot *slot, char *room, uint32_t *host) {
    const struct tick__slot_text *record = (const struct tick__slot_text *)slot;
    *host = record->host;
    copy_text(room, record + 1, record->head.number, TICK__TEXT_MOST);
}

void tick__record_loc(const struct tick__slot *slot, struct tick_loc *place, char *room) {
    const struct tick__slot_loc *record = (const struct tick__slot_loc *)slot;
    if (record->head.detail) {
        *place = *record->u.place;
        return;
    }
    const char *text = (const char *)(record + 1);
    size_t lengths[3] = {record->function_length, record->file_length, record->u.name_length};
    const char *parts[3] = {NULL, NULL, NULL};
    for (int i = 0; i < 3; i++) {
        if (!lengths[i])
            continue;
        copy_text(room, text, lengths[i], TICK__KEY_MOST);
        parts[i] = room;
        text += lengths[i];
        room += lengths[i] + 1;
    }
    *place = (struct tick_loc){.function = parts[0], .file = parts[1], .line = record->line, .name = parts[2]};
}

const void *tick__record_payload(const struct tick__slot *slot, size_t *kept, uint64_t *count) {
    const struct tick__slot_payload *record = (const struct tick__slot_payload *)slot;
    *kept = record->kept;
    *count = record->count;
    return &record->kept + 1;
}

void tick__record_choice(const struct tick__slot *slot, struct tick_deviation *deviation) {
    const struct tick__slot_choice *record = (const struct tick__slot_choice *)slot;
    *deviation = (struct tick_deviation){
        .subject = record->subject,
        .ordinal = record->ordinal,
        .value = record->head.number,
        .n = record->n,
        .most = record->most,
        .kind = record->head.detail,
    };
}
