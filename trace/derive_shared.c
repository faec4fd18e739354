// Shared data: which read a write came of, whose write a read saw, and which write was overwritten by one who had not seen it.
#include "src/base/times.h"
#include "trace/derive_int.h"
#include <retick/id.h>
#include <retick/probe.h>

struct shared { // by its name's stable id: the latest write, and the latest by another task than that one's
    uint64_t name;
    int64_t write, write_by, other;
};
struct sharer { // a task and a name: its latest read, and its latest write after that
    uint64_t key;
    int64_t read, own;
};

void tick__derive_shared_begin(struct tick__deriving *deriving) {
    deriving->shared.names.row = sizeof(struct shared);
    deriving->shared.sharers.row = sizeof(struct sharer);
}

void tick__derive_shared_fini(struct tick__deriving *deriving) {
    tick__open_fini(&deriving->shared.names);
    tick__open_fini(&deriving->shared.sharers);
}

static int reads(
    struct tick__deriving *deriving, const struct tick__derived_event *event, const struct shared *shared, struct sharer *sharer) {
    if (sharer) {
        sharer->read = event->seq;
        sharer->own = 0;
    }
    return shared->write ? tick__causes_add(deriving, event->seq, shared->write, "saw") : 0;
}

static int writes(struct tick__deriving *deriving, const struct tick__derived_event *event, struct shared *shared, struct sharer *sharer) {
    if (sharer && sharer->read) {
        const int64_t knows = sharer->own ? sharer->own : sharer->read;
        const int64_t unseen = shared->write_by == event->task ? shared->other : shared->write;
        TICK_TRY(tick__causes_add(deriving, event->seq, knows, "from"));
        if (unseen > knows)
            TICK_TRY(tick__causes_add(deriving, event->seq, unseen, "over"));
        sharer->own = event->seq;
    }
    if (shared->write_by != event->task)
        shared->other = shared->write;
    shared->write = event->seq;
    shared->write_by = event->task;
    return 0;
}

int tick__derive_shared(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    struct tick__about about;
    TICK_TRY(tick__causes_about(deriving, event->subject, &about));
    const uint64_t key = tick_id_mix(about.id, (uint64_t)event->task); // a table's key is not 0: as good as never
    if (!about.id || !key)
        return 0;
    struct sharer *sharer = event->task ? tick__open_add(&deriving->shared.sharers, key) : NULL;
    struct shared *shared = tick__open_add(&deriving->shared.names, about.id);
    if (!shared || (event->task && !sharer))
        return tick__derive_no_memory(deriving);
    return event->kind == TICK_EV_SHARED_READ ? reads(deriving, event, shared, sharer) : writes(deriving, event, shared, sharer);
}
