// Who would have to do something first: edges from those who wait to tasks; circles among them; who is like whom; and who matters.
#include "src/base/times.h"
#include "trace/explain/waits_int.h"
#include "trace/story.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

// --- edges ---

int tick__waits_need(struct tick__waits *waits, struct tick__waiter *waiter, uint32_t task) {
    if (tick__waits_ended(waits, task) || !tick__waits_life(waits, task))
        return 0;
    waiter->needs_all++;
    if (waiter->needs_count == TICK__NEEDS_MOST)
        return 0;
    if ((waits->needs_used & (waits->needs_used - 1)) == 0) { // at each power of two, twice as many
        uint32_t *more = realloc(waits->needs, (waits->needs_used ? 2 * (size_t)waits->needs_used : 1) * sizeof *more);
        if (!more)
            return -ENOMEM;
        waits->needs = more;
    }
    waits->needs[waits->needs_used++] = task;
    waiter->needs_count++;
    return 0;
}

// The tasks among the futures that events in a row await.
static int need_awaited(struct tick__waits *waits, struct tick__waiter *waiter, uint32_t first, uint32_t count) {
    for (uint32_t seq = first; seq < first + count; seq++) {
        const struct tick__tale_event *event = tick__tale_event(waits->tale, seq);
        if (event->kind != TICK_EV_FUTURE_AWAIT)
            break;
        TICK_TRY(tick__waits_need(waits, waiter, event->subject));
    }
    return 0;
}

// A gather awaits its children just after it was made, at the same place.
static int need_gathered(struct tick__waits *waits, struct tick__waiter *waiter) {
    const struct tick__tale *tale = waits->tale;
    const struct tick__tale_object *future = tick__tale_object(tale, waiter->subject);
    const struct tick__tale_place *made = tick__tale_place(tale, future->loc);
    uint32_t seq = waits->work->made[waiter->subject <= tale->objects_count ? waiter->subject : 0];
    if (!seq || !made || strcmp(made->name, "gather") != 0)
        return 0;
    for (seq++; seq <= tale->last; seq++) {
        const struct tick__tale_event *event = tick__tale_event(tale, seq);
        if (event->kind == TICK_EV_FUTURE_AWAIT && event->loc == future->loc)
            TICK_TRY(tick__waits_need(waits, waiter, event->subject));
        else if (event->kind != TICK_EV_FUTURE_DONE && event->kind != TICK_EV_CALLBACK_READY)
            break;
    }
    if (waiter->needs_count)
        waiter->kind = TICK__WAIT_TASKS;
    return 0;
}

static int by_subject(const void *left, const void *right) {
    const struct tick__hold *a = left, *b = right;
    return a->subject != b->subject ? (a->subject < b->subject ? -1 : 1) : a->seq < b->seq ? -1 : a->seq > b->seq;
}

static int read_holds(struct tick__waits *waits) {
    struct tick__waits_work *work = waits->work;
    struct tick_error error;
    sqlite3_stmt *row;
    size_t room = 0;
    int code = 0;
    if (tick__prepare(waits->tale->trace, "SELECT resource_id, task_id, hold_id FROM holds WHERE end_seq IS NULL", &row, &error) < 0)
        return 0; // it is not derived
    while (code == 0 && sqlite3_step(row) == SQLITE_ROW) {
        if (work->hold_count == room) {
            room = room ? 2 * room : 64;
            struct tick__hold *more = realloc(work->holds, room * sizeof *more);
            code = more ? 0 : -ENOMEM;
            work->holds = more ? more : work->holds;
        }
        if (code == 0)
            work->holds[work->hold_count++] = (struct tick__hold){(uint32_t)sqlite3_column_int64(row, 0),
                (uint32_t)sqlite3_column_int64(row, 1), (uint32_t)sqlite3_column_int64(row, 2)};
    }
    sqlite3_finalize(row);
    if (work->hold_count)
        qsort(work->holds, work->hold_count, sizeof *work->holds, by_subject);
    return code;
}

static int need_holders(struct tick__waits *waits, struct tick__waiter *waiter) {
    const struct tick__waits_work *work = waits->work;
    const uint32_t subject = waiter->subject <= waits->tale->objects_count ? waiter->subject : 0;
    work->in_line[subject]++;
    work->in_line_gone[subject] += tick__waits_hung_up(waits, waiter->task) != 0;
    uint32_t low = 0, high = work->hold_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (work->holds[middle].subject < waiter->subject)
            low = middle + 1;
        else
            high = middle;
    }
    for (waiter->amount = 0; low < work->hold_count && work->holds[low].subject == waiter->subject; low++) {
        waiter->amount++;
        if (!waiter->needs_count) {
            waiter->held = work->holds[low].seq;
            waiter->holder = work->holds[low].task;
        }
        TICK_TRY(tick__waits_need(waits, waiter, work->holds[low].task));
    }
    return 0;
}

static int need_children(struct tick__waits *waits, struct tick__waiter *waiter, uint32_t maker) {
    const struct tick__waits_work *work = waits->work;
    for (uint32_t at = maker <= waits->tale->objects_count ? work->children[maker] : 0; at; at = work->lives[at - 1].sibling)
        TICK_TRY(tick__waits_need(waits, waiter, work->lives[at - 1].task));
    return 0;
}

// How much of what was sent by a waiter's direction of a connection its other end has not read.
static void set_unread(const struct tick__waits *waits, struct tick__waiter *waiter) {
    const struct tick__waits_work *work = waits->work;
    int64_t sent = -1, read = -1;
    for (uint32_t part = waiter->connection + 1; part <= waiter->connection + 2; part++) { // told in one go
        const struct tick__tale_object *way = tick__tale_object(waits->tale, part);
        if (way->type == TICK_OBJECT_DIRECTION && way->parent == waiter->connection && way->host == waiter->host && sent < 0)
            sent = work->sent_bytes[part];
    }
    for (uint32_t at = work->index[waiter->connection]; at; at = work->files[at - 1].next)
        if (work->files[at - 1].host == waiter->peer_host)
            read = tick__after(read < 0 ? 0 : read, work->files[at - 1].read);
    if (read >= 0 && sent >= read && waiter->peer_host != waiter->host)
        waiter->amount = sent - read;
}

// Who is at the other end of a connection, and does there what this one waits for: who has done so last, else whoever used it.
static int need_peer(struct tick__waits *waits, struct tick__waiter *waiter) {
    const struct tick__waits_work *work = waits->work;
    const int wanted = waiter->kind == TICK__WAIT_READ ? OP_SEND : OP_RECV, other = waiter->kind == TICK__WAIT_READ ? OP_RECV : OP_SEND;
    if (!waiter->connection)
        return 0;
    if (waiter->kind == TICK__WAIT_WRITE)
        set_unread(waits, waiter);
    for (uint32_t at = work->index[waiter->connection]; at; at = work->files[at - 1].next) {
        const struct tick__used *file = &work->files[at - 1];
        if (file->users[OP_RECV] == waiter->task || file->users[OP_SEND] == waiter->task || file->host != waiter->peer_host)
            continue;
        const uint32_t task = file->users[wanted] && !tick__waits_ended(waits, file->users[wanted]) ? file->users[wanted]
                              : file->users[other]                                                  ? file->users[other]
                                                                                                    : file->users[OP_CONNECT];
        TICK_TRY(tick__waits_need(waits, waiter, task));
    }
    if (waiter->needs_count || tick__tale_object(waits->tale, waiter->task)->parent == waiter->connection)
        return 0;
    return need_children(waits, waiter, waiter->connection); // its handler, which has not used it
}

static void link_all(struct tick__waits *waits) {
    struct tick__waits_work *work = waits->work;
    for (uint32_t i = work->life_count; i-- > 0;) {
        struct tick__life *life = &work->lives[i];
        const uint32_t maker = tick__tale_object(waits->tale, life->task)->parent;
        if (!life->task || maker > waits->tale->objects_count || tick__waits_ended(waits, life->task))
            continue;
        life->sibling = work->children[maker];
        work->children[maker] = i + 1;
    }
    for (uint32_t i = work->file_count; i-- > 0;) {
        struct tick__used *file = &work->files[i];
        if (!file->connection || file->connection > waits->tale->objects_count)
            continue;
        file->next = work->index[file->connection];
        work->index[file->connection] = i + 1;
    }
}

// Who keeps a flag from being set: who cleared it.
static int need_setter(struct tick__waits *waits, struct tick__waiter *waiter) {
    const uint32_t seq = waits->work->cleared[waiter->subject <= waits->tale->objects_count ? waiter->subject : 0];
    const uint32_t task = tick__tale_event(waits->tale, seq)->task;
    if (!seq || task == waiter->task || tick__waits_ended(waits, task))
        return 0;
    waiter->held = seq;
    waiter->holder = task;
    return tick__waits_need(waits, waiter, task);
}

static int add_edges(struct tick__waits *waits, struct tick__waiter *waiter) {
    const struct tick__life *life = tick__waits_life(waits, waiter->task);
    waiter->needs_from = waits->needs_used;
    switch (waiter->kind) {
    case TICK__WAIT_TASKS:
    case TICK__WAIT_FUTURE:
        TICK_TRY(need_awaited(waits, waiter, life->wait + 1 - life->waits, life->waits));
        return waiter->needs_count ? 0 : need_gathered(waits, waiter);
    case TICK__WAIT_LOCK:
        return need_holders(waits, waiter);
    case TICK__WAIT_RESOURCE:
        if (tick__tale_object(waits->tale, waiter->subject)->type == TICK_OBJECT_EVENT)
            return need_setter(waits, waiter);
        return tick__tale_object(waits->tale, waiter->subject)->type == TICK_OBJECT_QUEUE ? tick__waits_need_queue(waits, waiter) : 0;
    case TICK__WAIT_READ:
    case TICK__WAIT_WRITE:
        if (tick__tale_object(waits->tale, waiter->subject)->type == TICK_OBJECT_FD)
            return tick__waits_need_end(waits, waiter);
        return need_peer(waits, waiter);
    case TICK__WAIT_UNTOLD: // of a group's exit nothing is told: its tasks are those that this one has begun, and that are not over
        return need_children(waits, waiter, waiter->task);
    default:
        return 0;
    }
}

// --- circles ---

const struct tick__waiter *tick__waits_of(const struct tick__waits *waits, uint32_t task) {
    const struct tick__life *life = tick__waits_life(waits, task);
    const uint32_t at = life && waits->work->by_life ? waits->work->by_life[life - waits->work->lives] : 0;
    return at ? &waits->waiters[at - 1] : NULL;
}

static uint32_t index_of(const struct tick__waits *waits, uint32_t task) {
    const struct tick__waiter *waiter = tick__waits_of(waits, task);
    return waiter ? (uint32_t)(waiter - waits->waiters) : waits->count;
}

// The first need of a waiter that is `left`; count: there is none.
static uint32_t next_of(const struct tick__waits *waits, const bool *left, uint32_t i) {
    const struct tick__waiter *waiter = &waits->waiters[i];
    for (uint32_t k = 0; k < waiter->needs_count; k++) {
        const uint32_t to = index_of(waits, waits->needs[waiter->needs_from + k]);
        if (to < waits->count && left[to])
            return to;
    }
    return waits->count;
}

// Takes away who waits, in the end, for somebody who does not wait for anybody: those come back to themselves who are left. Each waiter
// knows how many of its needs are left; whoever has none gives way to those who need it, who are found through `users`.
static int trim(const struct tick__waits *waits, bool *left) {
    const uint32_t count = waits->count;
    uint32_t *open = calloc((size_t)count + 1, sizeof *open), *from = calloc((size_t)count + 2, sizeof *from);
    uint32_t *users = calloc((size_t)waits->needs_used + 1, sizeof *users), *queue = calloc((size_t)count + 1, sizeof *queue);
    uint32_t queued = 0;
    int code = open && from && users && queue ? 0 : -ENOMEM;
    for (int pass = 0; pass < 2 && code == 0; pass++) { // counts, then fills in
        for (uint32_t i = 0; i < count; i++)
            for (uint32_t k = 0; k < waits->waiters[i].needs_count; k++) {
                const uint32_t to = index_of(waits, waits->needs[waits->waiters[i].needs_from + k]);
                if (to < count && pass == 0)
                    open[i]++, from[to + 1]++;
                else if (to < count)
                    users[from[to]++] = i;
            }
        for (uint32_t i = 0; i < count && pass == 0; i++)
            from[i + 1] += from[i];
    }
    for (uint32_t i = 0; i < count && code == 0; i++) {
        left[i] = open[i] > 0;
        if (!left[i])
            queue[queued++] = i;
    }
    for (uint32_t at = 0; at < queued && code == 0; at++) // from[i] has moved to the end of i's users
        for (uint32_t k = queue[at] ? from[queue[at] - 1] : 0; k < from[queue[at]]; k++)
            if (--open[users[k]] == 0) {
                left[users[k]] = false;
                queue[queued++] = users[k];
            }
    free(open);
    free(from);
    free(users);
    free(queue);
    return code;
}

static int find_circles(struct tick__waits *waits) {
    bool *left = calloc((size_t)waits->count + 1, sizeof *left);
    uint32_t *walk = calloc((size_t)waits->count + 1, sizeof *walk); // which walk came by first
    int code = left && walk ? trim(waits, left) : -ENOMEM;
    for (uint32_t start = 0; start < waits->count && code == 0; start++) {
        uint32_t at = start;
        while (left[at] && !walk[at]) {
            walk[at] = start + 1;
            at = next_of(waits, left, at);
        }
        if (!left[start] || walk[at] != start + 1 || waits->waiters[at].circle)
            continue;
        waits->circles++;
        for (uint32_t each = at; !waits->waiters[each].circle; each = waits->waiters[each].next) {
            waits->waiters[each].circle = waits->circles;
            waits->waiters[each].next = next_of(waits, left, each);
        }
    }
    free(left);
    free(walk);
    return code;
}

// --- who matters, in which order ---

static bool must_end(const struct tick__tale *tale, const struct tick__waiter *waiter) {
    return tick__tale_object(tale, waiter->host)->ordinal == 0; // 1: a daemon
}

struct ordering {
    struct tick__waits *waits;
    uint32_t *order, *place, count; // place: of a waiter in the order, + 1
};

// Adds a waiter and whom it waits for, the nearest first.
static void reach(struct ordering *to, uint32_t from) {
    if (to->place[from])
        return;
    uint32_t at = to->count;
    to->order[to->count++] = from;
    to->place[from] = to->count;
    for (; at < to->count; at++) {
        const struct tick__waiter *waiter = &to->waits->waiters[to->order[at]];
        for (uint32_t k = 0; k < waiter->needs_count; k++) {
            const uint32_t next = index_of(to->waits, to->waits->needs[waiter->needs_from + k]);
            if (next >= to->waits->count || to->place[next])
                continue;
            to->order[to->count++] = next;
            to->place[next] = to->count;
        }
    }
}

static int apply_order(struct ordering *to) {
    struct tick__waits *waits = to->waits;
    struct tick__waiter *sorted = calloc((size_t)waits->count + 1, sizeof *sorted);
    if (!sorted)
        return -ENOMEM;
    for (uint32_t i = 0; i < waits->count; i++) {
        struct tick__waiter *waiter = &sorted[i];
        *waiter = waits->waiters[to->order[i]];
        waiter->idle = i >= waits->matter;
        waiter->next = waiter->circle ? to->place[waiter->next] - 1 : 0;
        waits->work->by_life[tick__waits_life(waits, waiter->task) - waits->work->lives] = i + 1;
    }
    free(waits->waiters);
    waits->waiters = sorted;
    return 0;
}

static int put_in_order(struct tick__waits *waits) {
    struct ordering to = {.waits = waits};
    to.order = calloc((size_t)waits->count + 1, sizeof *to.order);
    to.place = calloc((size_t)waits->count + 1, sizeof *to.place);
    int code = to.order && to.place ? 0 : -ENOMEM;
    for (int pass = 0; pass < 3 && code == 0; pass++) { // main tasks first, then others of their hosts; at last the idle ones
        for (uint32_t i = 0; i < waits->count; i++) {
            const struct tick__waiter *waiter = &waits->waiters[i];
            if (pass == 2 || (must_end(waits->tale, waiter) && (pass == 1 || tick__said_as_host(waits->tale, waiter->task))))
                reach(&to, i);
        }
        if (pass == 1)
            waits->matter = to.count;
    }
    if (code == 0)
        code = apply_order(&to);
    free(to.order);
    free(to.place);
    return code;
}

// --- who is like whom ---

struct likeness {
    uint64_t key;
    uint32_t index;
};

static uint64_t mixed(uint64_t hash, uint64_t with) {
    hash = (hash ^ with) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

// Of its path without numbers, its place and kind; of a circle of those of all, from its first member on.
static uint64_t key_of(const struct tick__waits *waits, const struct tick__waiter *waiter) {
    uint64_t hash = mixed(mixed(waiter->kind, waiter->loc), waiter->idle);
    for (const char *at = tick__tale_object(waits->tale, waiter->task)->path; *at; at++)
        if ((*at < '0' || *at > '9') && *at != '#')
            hash = mixed(hash, (unsigned char)*at);
    return hash;
}

static int by_key(const void *left, const void *right) {
    const struct likeness *a = left, *b = right;
    return a->key != b->key ? (a->key < b->key ? -1 : 1) : a->index < b->index ? -1 : a->index > b->index;
}

static int find_likes(struct tick__waits *waits) {
    struct likeness *all = calloc((size_t)waits->count + 1, sizeof *all);
    uint8_t *seen = calloc((size_t)waits->circles + 1, sizeof *seen);
    uint32_t count = 0;
    for (uint32_t i = 0; all && seen && i < waits->count; i++) {
        struct tick__waiter *waiter = &waits->waiters[i];
        waiter->like = i;
        if (waiter->circle && seen[waiter->circle]++)
            continue; // the circle counts once, at its first member
        uint64_t key = mixed(key_of(waits, waiter), waiter->circle != 0);
        for (uint32_t at = waiter->next; waiter->circle && at != i; at = waits->waiters[at].next)
            key = mixed(key, key_of(waits, &waits->waiters[at]));
        all[count++] = (struct likeness){key, i};
    }
    if (count)
        qsort(all, count, sizeof *all, by_key);
    for (uint32_t i = 0, first = 0; i < count; i++) {
        if (all[i].key != all[first].key)
            first = i;
        waits->waiters[all[i].index].like = all[first].index;
        waits->waiters[all[first].index].likes = i - first;
    }
    const int code = all && seen ? 0 : -ENOMEM;
    free(all);
    free(seen);
    return code;
}

int tick__waits_link(struct tick__waits *waits) {
    struct tick__waits_work *work = waits->work;
    work->by_life = calloc((size_t)work->life_count + 1, sizeof *work->by_life);
    if (!work->by_life)
        return -ENOMEM;
    for (uint32_t i = 0; i < waits->count; i++)
        work->by_life[tick__waits_life(waits, waits->waiters[i].task) - work->lives] = i + 1;
    link_all(waits);
    TICK_TRY(read_holds(waits));
    for (uint32_t i = 0; i < waits->count; i++)
        TICK_TRY(add_edges(waits, &waits->waiters[i]));
    TICK_TRY(find_circles(waits));
    TICK_TRY(put_in_order(waits));
    return find_likes(waits);
}
