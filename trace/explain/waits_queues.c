// Queues: who has to put into one, or to take from it, before somebody goes on.
//
// A queue may be a pool: what is taken is put back. Those who took and have not put back hold it, as it were. That it is one shows where
// somebody puts into it who took from it before, in this run or in the one beside. Into any other queue those put who have done so before.
#include "trace/explain/waits_int.h"
#include <errno.h>
#include <stdlib.h>

struct deed { // a put or a take
    tick_id queue;
    uint32_t subject, task, seq;
};

static int by_doer(const void *left, const void *right) {
    const struct deed *a = left, *b = right;
    if (a->queue != b->queue)
        return a->queue < b->queue ? -1 : 1;
    return a->task != b->task ? (a->task < b->task ? -1 : 1) : a->seq < b->seq ? -1 : a->seq > b->seq;
}

// All deeds, by queue and task. 0 or -ENOMEM.
static int collect(const struct tick__tale *tale, struct deed **deeds, size_t *count) {
    size_t room = 0;
    *deeds = NULL;
    *count = 0;
    for (uint32_t seq = tale->first; seq && seq <= tale->last; seq++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        const struct tick__tale_object *queue = tick__tale_object(tale, event->subject);
        if ((event->kind != TICK_EV_PUT && event->kind != TICK_EV_TAKE) || queue->type != TICK_OBJECT_QUEUE || !event->task)
            continue;
        if (*count == room) {
            room = room ? 2 * room : 64;
            struct deed *more = realloc(*deeds, room * sizeof *more);
            if (!more)
                return -ENOMEM;
            *deeds = more;
        }
        (*deeds)[(*count)++] = (struct deed){queue->id, event->subject, event->task, seq};
    }
    if (*count)
        qsort(*deeds, *count, sizeof **deeds, by_doer);
    return 0;
}

// Whether one task's deeds with one queue, from `at` on, have a put behind a take. *end: where those of the next begin.
static bool puts_back(const struct tick__tale *tale, const struct deed *deeds, size_t at, size_t count, size_t *end) {
    bool took = false, back = false;
    size_t i = at;
    for (; i < count && deeds[i].queue == deeds[at].queue && deeds[i].task == deeds[at].task; i++) {
        const bool takes = tick__tale_event(tale, deeds[i].seq)->kind == TICK_EV_TAKE;
        back = back || (took && !takes);
        took = took || takes;
    }
    *end = i;
    return back;
}

// The pools among them, by id, each once. 0 or -ENOMEM.
static int find_pools(const struct tick__tale *tale, const struct deed *deeds, size_t count, tick_id **pools, size_t *found) {
    tick_id *all = calloc(count + 1, sizeof *all);
    *found = 0;
    *pools = all;
    for (size_t at = 0, end; all && at < count; at = end)
        if (puts_back(tale, deeds, at, count, &end) && (!*found || all[*found - 1] != deeds[at].queue))
            all[(*found)++] = deeds[at].queue;
    return all ? 0 : -ENOMEM;
}

static bool holds(const tick_id *pools, size_t count, tick_id queue) {
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (pools[middle] < queue)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && pools[low] == queue;
}

static int add_users(struct tick__waits_work *work, const struct tick__tale *tale, const struct deed *deeds, size_t count) {
    work->users = calloc(count + 1, sizeof *work->users);
    if (!work->users)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        struct tick__queue_user *user = work->user_count ? &work->users[work->user_count - 1] : NULL;
        const struct tick__tale_event *event = tick__tale_event(tale, deeds[i].seq);
        if (!user || user->queue != deeds[i].queue || user->task != deeds[i].task) {
            user = &work->users[work->user_count++];
            *user = (struct tick__queue_user){.queue = deeds[i].queue, .task = deeds[i].task};
        }
        if (event->kind == TICK_EV_TAKE) {
            user->took = deeds[i].seq;
            user->has++;
        } else {
            user->put = deeds[i].seq;
            user->has -= user->has > 0;
        }
    }
    return 0;
}

int tick__waits_queues(struct tick__waits *waits, const struct tick__tale *good) {
    struct tick__waits_work *work = waits->work;
    struct deed *deeds, *others = NULL;
    tick_id *pools = NULL, *others_pools = NULL;
    size_t count, others_count = 0, found = 0, others_found = 0;
    int code = collect(waits->tale, &deeds, &count);
    if (code == 0)
        code = add_users(work, waits->tale, deeds, count);
    if (code == 0)
        code = find_pools(waits->tale, deeds, count, &pools, &found);
    if (code == 0 && good && count)
        code = collect(good, &others, &others_count);
    if (code == 0 && others)
        code = find_pools(good, others, others_count, &others_pools, &others_found);
    for (uint32_t i = 0; i < work->user_count && code == 0; i++)
        work->users[i].pool = holds(pools, found, work->users[i].queue) || holds(others_pools, others_found, work->users[i].queue);
    free(deeds);
    free(others);
    free(pools);
    free(others_pools);
    return code;
}

static bool matters(const struct tick__queue_user *user, enum tick__queue_wait wait) {
    return wait == TICK__QUEUE_ROOM ? user->took != 0 : wait == TICK__QUEUE_POOL ? user->has > 0 : user->put != 0;
}

int tick__waits_need_queue(struct tick__waits *waits, struct tick__waiter *waiter) {
    const struct tick__waits_work *work = waits->work;
    const tick_id queue = tick__tale_object(waits->tale, waiter->subject)->id;
    const uint32_t latest = work->deeds[waiter->subject];
    uint32_t low = 0, high = work->user_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (work->users[middle].queue < queue)
            low = middle + 1;
        else
            high = middle;
    }
    waiter->queue = latest && tick__tale_event(waits->tale, latest)->arg > 0          ? TICK__QUEUE_ROOM
                    : low < work->user_count && work->users[low].queue == queue && work->users[low].pool ? TICK__QUEUE_POOL
                                                                                                         : TICK__QUEUE_ITEM;
    waiter->amount = waiter->queue == TICK__QUEUE_ROOM ? tick__tale_event(waits->tale, latest)->arg : 0;
    const struct tick__queue_user *own = NULL;
    for (uint32_t i = low; i < work->user_count && work->users[i].queue == queue; i++) {
        if (!matters(&work->users[i], waiter->queue))
            continue;
        if (waiter->queue == TICK__QUEUE_POOL)
            waiter->amount += work->users[i].has;
        if (work->users[i].task == waiter->task)
            own = &work->users[i];
        else
            TICK_TRY(tick__waits_need(waits, waiter, work->users[i].task));
    }
    // Itself last: others may put back, or in, before.
    return own && waiter->queue == TICK__QUEUE_POOL ? tick__waits_need(waits, waiter, own->task) : 0;
}
