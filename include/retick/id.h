// Stable identities: 64 bits, the same in every run in which the same logical object exists. docs/IDENTITY.md gives the rules.
#ifndef RETICK_ID_H
#define RETICK_ID_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint64_t tick_id; // 0 is no object

// Mixes b into a (the splitmix64 finaliser over both): the one hash that ids and random choices are made with.
static inline tick_id tick_id_mix(tick_id a, uint64_t b) {
    uint64_t x = (a * 0xd1342543de82ef95u) ^ (b + 0x9e3779b97f4a7c15u); // small a and small b must not meet: a is spread first
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    return x ? x : 1;
}

// The hash of a name. Not for hot paths.
tick_id tick_id_text(const char *text);

// X(constant, number, word): types of objects. The number enters ids, the word enters paths; neither ever changes.
#define TICK_OBJECTS(X) \
    X(TICK_OBJECT_HOST, 1, "host") \
    X(TICK_OBJECT_TASK, 2, "task") \
    X(TICK_OBJECT_FUTURE, 3, "future") \
    X(TICK_OBJECT_HANDLE, 4, "handle") \
    X(TICK_OBJECT_TIMER, 5, "timer") \
    X(TICK_OBJECT_FD, 6, "fd") \
    X(TICK_OBJECT_CONNECTION, 7, "connection") \
    X(TICK_OBJECT_DIRECTION, 8, "direction") \
    X(TICK_OBJECT_MESSAGE, 9, "message") \
    X(TICK_OBJECT_EVENT, 10, "event") \
    X(TICK_OBJECT_QUEUE, 11, "queue") \
    X(TICK_OBJECT_LOCK, 12, "lock") \
    X(TICK_OBJECT_OP, 13, "op") \
    X(TICK_OBJECT_LINK, 14, "link") \
    X(TICK_OBJECT_STRING, 15, "string") \
    X(TICK_OBJECT_USER, 16, "user") \
    X(TICK_OBJECT_JOB, 17, "job")

enum tick_object_type {
#define TICK_OBJECT_ENUM(name, number, word) name = (number),
    TICK_OBJECTS(TICK_OBJECT_ENUM)
#undef TICK_OBJECT_ENUM
    TICK_OBJECT_TYPES
};

// One that makes objects (a task, a handle, a host): its id, and how many it made of each type, which number its children.
struct tick_maker {
    tick_id id;
    uint32_t object; // the probe's object id, 0 without a probe
    uint32_t made[TICK_OBJECT_TYPES];
};

// The id of the maker's next object of that type (type and count, from 1, mixed into the maker's id).
// *kth, if not NULL, receives the count.
static inline tick_id tick_maker_next(struct tick_maker *maker, enum tick_object_type type, uint32_t *kth) {
    uint32_t k = ++maker->made[type];
    if (kth)
        *kth = k;
    return tick_id_mix(tick_id_mix(maker->id, type), k);
}

// A task's id: its key under its parent, the count of that key from 1.
static inline tick_id tick_id_task(tick_id parent, const char *key, uint32_t kth) {
    return tick_id_mix(tick_id_mix(parent, tick_id_text(key)), kth);
}

// A host's id: its name.
static inline tick_id tick_id_host(const char *name) {
    return tick_id_mix(TICK_OBJECT_HOST, tick_id_text(name));
}

// The id of a host's kth life (from 1), of which everything in that life is made: the host's own in the first.
static inline tick_id tick_id_life(const char *name, uint32_t kth) {
    return kth > 1 ? tick_id_mix(tick_id_host(name), kth) : tick_id_host(name);
}

// Parts of a connection, whose own id comes from tick_maker_next(connecting task, TICK_OBJECT_CONNECTION).
enum tick_connection_part {
    TICK_OUT = 1, // the direction from the connecting end
    TICK_IN = 2,  // the direction back to it
    TICK_NEAR = 3, // the connecting end, as an fd
    TICK_FAR = 4   // the accepted end, as an fd
};

// The id of a part of a connection.
static inline tick_id tick_id_part(tick_id connection, enum tick_connection_part part) {
    return tick_id_mix(tick_id_mix(connection, TICK_OBJECT_DIRECTION), part);
}

// Where in a program something stands. Static storage; compared by content, never by address.
struct tick_loc {
    const char *function, *file;
    int line;
    const char *name; // the expression or function named there
};

// The place of this call, as a static object: const struct tick_loc *.
#define TICK_HERE(text) \
    __extension__({ \
        static const struct tick_loc tick_loc_ = {__func__, __FILE__, __LINE__, (text)}; \
        &tick_loc_; \
    })

#ifdef __cplusplus
}
#endif

#endif
