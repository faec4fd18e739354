// Steps and the timeline. Only one step of a task is open at a time.
#include "trace/derive_int.h"
#include <retick/probe.h>

struct open_step {
    uint64_t task;
    int64_t seq, ts, host, ready;
};
struct bucket {
    uint64_t key; // host, and which bucket of its level; plus 1
    int64_t steps, busy;
};
static const int64_t widths[TICK__TIMELINE_LEVELS] = {1000000, 100000000, 10000000000}; // levels 1, 2, 3: 1 ms, 100 ms, 10 s
#define BUCKET_BITS 40

static int64_t or_null(int64_t id) {
    return id ? id : TICK__NULL;
}

// Writes a step down; one that did not end has end_seq 0.
static int step_done(struct tick__deriving *deriving, const struct open_step *step, int64_t end_seq, int64_t end_ts, int64_t outcome) {
    static const char *const words[] = {"suspended", "returned", "failed", "cancelled"};
    for (int level = 0; level < TICK__TIMELINE_LEVELS; level++) {
        uint64_t which = (uint64_t)(step->ts / widths[level]) & ((1ull << BUCKET_BITS) - 1);
        deriving->buckets[level].row = sizeof(struct bucket);
        struct bucket *bucket = tick__open_add(&deriving->buckets[level], ((uint64_t)step->host << BUCKET_BITS | which) + 1);
        if (!bucket)
            return tick__derive_no_memory(deriving);
        bucket->steps++;
        bucket->busy += end_seq ? end_ts - step->ts : 0;
    }
    const int64_t row[] = {step->seq, or_null(step->host), (int64_t)step->task, step->ts, or_null(end_seq), end_seq ? end_ts : TICK__NULL,
        or_null(step->ready)};
    return tick__derive_row(deriving, TICK__ADD_STEP, row, 7, end_seq && outcome >= 0 && outcome < 4 ? words[outcome] : NULL);
}

int tick__derive_steps(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    if ((event->kind != TICK_EV_STEP_BEGIN && event->kind != TICK_EV_STEP_END) || !event->subject)
        return 0;
    deriving->steps.row = sizeof(struct open_step);
    struct open_step *open = tick__open_find(&deriving->steps, (uint64_t)event->subject);
    if (event->kind == TICK_EV_STEP_END) {
        if (!open)
            return 0;
        const struct open_step done = *open;
        tick__open_drop(&deriving->steps, done.task);
        return step_done(deriving, &done, event->seq, event->ts, event->arg);
    }
    if (open) { // its end was never told: the task's host crashed
        const struct open_step lost = *open;
        int code = step_done(deriving, &lost, 0, 0, 0);
        if (code < 0)
            return code;
    }
    open = tick__open_add(&deriving->steps, (uint64_t)event->subject);
    if (!open)
        return tick__derive_no_memory(deriving);
    *open = (struct open_step){(uint64_t)event->subject, event->seq, event->ts, event->host, event->cause};
    return 0;
}

int tick__derive_steps_end(struct tick__deriving *deriving) {
    for (const struct open_step *step = NULL; (step = tick__open_next(&deriving->steps, step));)
        TICK_TRY(step_done(deriving, step, 0, 0, 0));
    for (int level = 0; level < TICK__TIMELINE_LEVELS; level++)
        for (const struct bucket *bucket = NULL; (bucket = tick__open_next(&deriving->buckets[level], bucket));) {
            int64_t which = (int64_t)((bucket->key - 1) & ((1ull << BUCKET_BITS) - 1));
            const int64_t row[] = {level + 1, which, (int64_t)((bucket->key - 1) >> BUCKET_BITS), which * widths[level], widths[level],
                bucket->steps, bucket->busy};
            TICK_TRY(tick__derive_row(deriving, TICK__ADD_BUCKET, row, 7, NULL));
        }
    return 0;
}
