// The ring's file: a page of counters, then chunks of slots.
#ifndef RETICK_RING_INT_H
#define RETICK_RING_INT_H

#include "trace/records_int.h"
#include "trace/ring.h"

struct tick__ring_head {
    char magic[8];
    uint32_t version, unused;
    uint64_t slots;                        // a power of two, at least a chunk
    uint64_t id;                           // tells this recording's ring from another's
    _Alignas(128) _Atomic uint64_t head;   // slots published; only the recorder moves it, at a record's end
    _Alignas(128) _Atomic uint64_t tail;   // slots stored; only the writer moves it, after a commit
    _Alignas(128) _Atomic int32_t drainer; // the writer's pid, and until there is one its creator's
    _Atomic uint64_t lost;                 // events told after the writer had died and the ring was full
};

struct tick_ring {
    struct tick__ring_head *file;
    size_t bytes; // of the mapping
    int fd;       // holds the lock: one recording at a time, and no recovery beside it. Children hold it, too, until they end
    char *path;
    struct tick__records records;
    struct tick__slot **chunks;
};

#define TICK__RING_HEAD_BYTES ((size_t)4096)

bool tick__drainer_gone(struct tick__ring_head *head); // nobody will drain this ring any more; a zombie counts as gone

#endif
