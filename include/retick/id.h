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
    X(TICK_OBJECT_JOB, 17, "job") \
    X(TICK_OBJECT_LOOKUP, 18, "lookup") \
    X(TICK_OBJECT_WAIT, 19, "wait") \
    X(TICK_OBJECT_FILE, 20, "file")

enum tick_object_type {
#define TICK_OBJECT_ENUM(name, number, word) name = (number),
    TICK_OBJECTS(TICK_OBJECT_ENUM)
#undef TICK_OBJECT_ENUM
        TICK_OBJECT_TYPES
};

// X(constant, number, type, word): sorts of objects of one type that are counted apart, so that a maker's sleeps do not renumber its
// deadlines, nor its pipes its sockets. Numbers and words are of one kind with those of the types.
#define TICK_SORTS(X) \
    X(TICK_SORT_SLEEP, 21, TICK_OBJECT_TIMER, "sleep") \
    X(TICK_SORT_DEADLINE, 22, TICK_OBJECT_TIMER, "deadline") \
    X(TICK_SORT_EPOLL, 23, TICK_OBJECT_FD, "epoll") \
    X(TICK_SORT_EVENTFD, 24, TICK_OBJECT_FD, "eventfd") \
    X(TICK_SORT_TCP, 25, TICK_OBJECT_FD, "tcp") \
    X(TICK_SORT_UDP, 26, TICK_OBJECT_FD, "udp") \
    X(TICK_SORT_UNIX, 27, TICK_OBJECT_FD, "unix") \
    X(TICK_SORT_PIPE, 28, TICK_OBJECT_FD, "pipe") \
    X(TICK_SORT_TIMERFD, 29, TICK_OBJECT_FD, "timerfd")

enum tick_object_sort {
#define TICK_SORT_ENUM(name, number, type, word) name = (number),
    TICK_SORTS(TICK_SORT_ENUM)
#undef TICK_SORT_ENUM
        TICK_OBJECT_SORTS
};

// The number that an object of that type is counted under: its key may be the word of a sort (else, or NULL: the type itself).
uint32_t tick_id_sort(enum tick_object_type type, const char *key);

// How often each of many keys was counted. Zeroed is empty; one key needs no memory.
struct tick_count {
    uint64_t key; // 0: unused
    uint32_t count;
};
struct tick_counts {
    struct tick_count first;
    struct tick_count *others; // hash table
    uint32_t used, room;
};
// Counts the key (not 0) once more: 0 and *kth, from 1, or -ENOMEM. Memory is the running loop's, until fini.
int tick_counts_next(struct tick_counts *counts, uint64_t key, uint32_t *kth);
void tick_counts_fini(struct tick_counts *counts);

// One that makes objects and asks questions (a task, a handle, a host): its id, and how many it made of each type and sort, or under each
// name, which number its children. Nobody else keeps such counts, so that what others do shifts no number of its.
struct tick_maker {
    tick_id id;
    uint32_t object; // the probe's object id, 0 without a probe
    uint32_t made[TICK_OBJECT_SORTS];
    uint32_t randoms; // words of random bytes drawn
    struct tick_counts named;
};

// The id of the maker's next object of that type or sort (its number and the count, from 1, mixed into the maker's id).
// *kth, if not NULL, receives the count.
static inline tick_id tick_maker_next(struct tick_maker *maker, uint32_t sort, uint32_t *kth) {
    uint32_t k = ++maker->made[sort];
    if (kth)
        *kth = k;
    return tick_id_mix(tick_id_mix(maker->id, sort), k);
}

// The id of what a maker made under a name (its hash): the kth of that type and name.
static inline tick_id tick_id_named(tick_id maker, enum tick_object_type type, uint64_t name, uint32_t kth) {
    return tick_id_mix(tick_id_mix(tick_id_mix(maker, type), name), kth);
}

// Counts what the maker makes or asks under a name: 0 or -ENOMEM.
static inline int tick_maker_count(struct tick_maker *maker, enum tick_object_type type, uint64_t name, uint32_t *kth) {
    return tick_counts_next(&maker->named, tick_id_mix(name, type), kth);
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

// Parts of a connection, whose own id is tick_id_named(connecting task, TICK_OBJECT_CONNECTION, the peer host's id, count).
enum tick_connection_part {
    TICK_OUT = 1,  // the direction from the connecting end
    TICK_IN = 2,   // the direction back to it
    TICK_NEAR = 3, // the connecting end, as an fd
    TICK_FAR = 4   // the accepted end, as an fd
};

// The id of a part of a connection.
static inline tick_id tick_id_part(tick_id connection, enum tick_connection_part part) {
    return tick_id_mix(tick_id_mix(connection, TICK_OBJECT_DIRECTION), part);
}

// A file's id: the directory's, its name there when it was made, and the count of files made there under that name.
static inline tick_id tick_id_file(tick_id directory, const char *name, uint32_t kth) {
    return tick_id_named(directory, TICK_OBJECT_FILE, tick_id_text(name), kth);
}

// The root directory of a host's disk, by the host's id (not its life's).
static inline tick_id tick_id_disk(tick_id host) {
    return tick_id_mix(host, TICK_OBJECT_FILE);
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
