// Protocol Buffers' wire format, as far as it is written here: fields into a buffer, messages within messages from the inside out.
// https://protobuf.dev/programming-guides/encoding
#ifndef RETICK_PROTO_H
#define RETICK_PROTO_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct tick__proto { // what does not fit is left out, and `full` says so
    uint8_t bytes[4096];
    size_t size;
    int full;
};

static inline void tick__proto_raw(struct tick__proto *proto, const void *bytes, size_t size) {
    if (proto->full || size > sizeof proto->bytes - proto->size) {
        proto->full = 1;
        return;
    }
    memcpy(proto->bytes + proto->size, bytes, size);
    proto->size += size;
}

static inline void tick__proto_varint(struct tick__proto *proto, uint64_t value) {
    uint8_t bytes[10];
    size_t size = 0;
    do {
        bytes[size++] = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        value >>= 7;
    } while (value);
    tick__proto_raw(proto, bytes, size);
}

static inline void tick__proto_number(struct tick__proto *proto, uint32_t field, uint64_t value) {
    tick__proto_varint(proto, (uint64_t)field << 3);
    tick__proto_varint(proto, value);
}

static inline void tick__proto_fixed64(struct tick__proto *proto, uint32_t field, uint64_t value) {
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    tick__proto_varint(proto, (uint64_t)field << 3 | 1);
    tick__proto_raw(proto, bytes, sizeof bytes);
}

static inline void tick__proto_bytes(struct tick__proto *proto, uint32_t field, const void *bytes, size_t size) {
    tick__proto_varint(proto, (uint64_t)field << 3 | 2);
    tick__proto_varint(proto, size);
    tick__proto_raw(proto, bytes, size);
}

static inline void tick__proto_text(struct tick__proto *proto, uint32_t field, const char *text) {
    tick__proto_bytes(proto, field, text, strlen(text));
}

static inline void tick__proto_message(struct tick__proto *proto, uint32_t field, const struct tick__proto *inner) {
    proto->full |= inner->full;
    tick__proto_bytes(proto, field, inner->bytes, inner->size);
}

#endif
