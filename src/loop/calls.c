// Memory of the calls that nobody has a handle of. They run in the order in which they were made; so whole chunks of them come and go, and
// a call costs no more of that than a comparison. The last of a chunk says so by being hidden, which sends it to a slower path.
#include "src/base/alloc.h"
#include "src/loop/loop_int.h"

enum { CALLS = 64 };

struct tick__calls_chunk {
    struct tick__calls_chunk *next_free, *next;
    char calls[CALLS * TICK__CALL_SIZE];
};

static struct tick_handle *call_at(struct tick__calls_chunk *chunk, size_t index) {
    return (struct tick_handle *)(void *)&chunk->calls[index * TICK__CALL_SIZE];
}

bool tick__calls_extend(struct tick__calls *calls) {
    struct tick__calls_chunk *chunk = calls->free;
    if (chunk) {
        calls->free = chunk->next_free;
    } else {
        chunk = tick__alloc(sizeof *chunk);
        if (!chunk)
            return false;
        for (size_t i = 0; i < CALLS; i++) {
            call_at(chunk, i)->place = 0;
            call_at(chunk, i)->bits = TICK__QUICK_CALL;
        }
        call_at(chunk, CALLS - 1)->hidden = 1;
        TICK__POISON(chunk->calls, sizeof chunk->calls);
        chunk->next = calls->chunks;
        calls->chunks = chunk;
    }
    calls->at = chunk->calls;
    calls->end = calls->chunk_end = chunk->calls + sizeof chunk->calls;
    return true;
}

void tick__calls_give_last(struct tick__calls *calls, struct tick_handle *last) {
    struct tick__calls_chunk *chunk = (void *)((char *)last - (CALLS - 1) * TICK__CALL_SIZE - offsetof(struct tick__calls_chunk, calls));
    chunk->next_free = calls->free;
    calls->free = chunk;
}

void tick__calls_fini(struct tick__calls *calls) {
    for (struct tick__calls_chunk *chunk = calls->chunks, *next; chunk; chunk = next) {
        next = chunk->next;
        TICK__UNPOISON(chunk->calls, sizeof chunk->calls);
        tick__free(chunk);
    }
    *calls = (struct tick__calls){0};
}
