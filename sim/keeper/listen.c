// Playing a guest's records. Each is copied before it is looked at, as the program may write there while we look; and each number in it
// is held against what was told before. After the first that is wrong nothing more is played, and the guest is let go on.
#include "sim/keeper/listen.h"
#include "src/base/outside.h"
#include <errno.h>
#include <linux/futex.h>
#include <retick/error.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct heap { // of bytes, that grows
    char *bytes;
    size_t count, room;
};

struct tick__listener {
    struct tick_guest_told *told;
    uint64_t size, tail; // what the ring says of itself is not asked for
    struct heap boot;    // records
    bool began;          // a run has: there will be no more of these
    bool boot_damaged;   // some are missing
    // The run.
    struct tick_probe *probe;
    uint32_t objects, events, modules, places;
    struct heap pieces; // of the bytes that come next
    char trouble[120];
    // By number - 1. Paths lie in `paths`, one behind the other, with NULs.
    size_t *module;
    const struct tick_loc **place;
    uint32_t module_room, place_room;
    struct heap paths;
    uint64_t record[TICK_TOLD_MOST / 8 + 1];
};

static bool add(struct heap *heap, const void *bytes, size_t count) {
    if (heap->count + count > heap->room) {
        size_t room = heap->room ? 2 * heap->room : 4096;
        while (room < heap->count + count)
            room *= 2;
        char *grown = tick__outside_realloc(heap->bytes, room);
        if (!grown)
            return false;
        heap->bytes = grown;
        heap->room = room;
    }
    if (count)
        memcpy(heap->bytes + heap->count, bytes, count);
    heap->count += count;
    return true;
}

static int wrong(struct tick__listener *l, const char *what) {
    if (!l->trouble[0])
        snprintf(l->trouble, sizeof l->trouble, "what the program told of itself is damaged after event %u: %s", l->events, what);
    return TICK_EFORMAT;
}

static int no_memory(struct tick__listener *l) {
    if (!l->trouble[0])
        snprintf(l->trouble, sizeof l->trouble, "out of memory for what the program tells after event %u", l->events);
    return -ENOMEM;
}

// --- one record each ---

static const struct tick_loc *place_of(const struct tick__listener *l, uint16_t number) {
    return number ? l->place[number - 1] : NULL;
}

static int play_event(struct tick__listener *l, const void *bytes) {
    const struct tick_told_event *record = bytes;
    const uint8_t kind = record->head.detail;
    if (record->head.size != sizeof *record || kind == 0 || kind >= TICK_EVENT_KINDS || record->head.place > l->places)
        return wrong(l, "an event");
    if (record->host > l->objects || record->task > l->objects || record->subject > l->objects || record->cause > l->events)
        return wrong(l, "an event of what was never told");
    const struct tick_event event = {.ts = record->ts,
        .arg = record->arg,
        .host = record->host,
        .task = record->task,
        .subject = record->subject,
        .cause = record->cause,
        .loc = place_of(l, record->head.place),
        .kind = kind};
    struct tick_probe *probe = l->probe;
    probe->now = event.ts;
    const uint32_t seq = probe->ops->event(probe, &event);
    l->events++;
    // What the run's end, or a choice, comes of.
    if (kind == TICK_EV_STEP_BEGIN) {
        probe->host = event.host;
        probe->task = event.subject;
        probe->here = probe->acted = seq;
    } else if (kind == TICK_EV_STEP_END) {
        probe->host = probe->task = probe->here = 0;
    }
    return 0;
}

static int play_object(struct tick__listener *l, const void *bytes) {
    const struct tick_told_object *record = bytes;
    const bool named = record->key != UINT32_MAX;
    const uint8_t type = record->head.detail;
    char key[TICK_TOLD_KEY + 1];
    if (record->head.size < sizeof *record || type == 0 || type >= TICK_OBJECT_TYPES || record->head.place > l->places ||
        (named && (record->key > TICK_TOLD_KEY || record->key > record->head.size - sizeof *record)))
        return wrong(l, "an object");
    if (record->parent > l->objects || record->host > l->objects)
        return wrong(l, "an object of what was never told");
    memcpy(key, record + 1, named ? record->key : 0);
    key[named ? record->key : 0] = '\0';
    const struct tick_object object = {.type = (enum tick_object_type)type,
        .id = record->id,
        .parent = record->parent,
        .host = record->host,
        .key = named ? key : NULL,
        .kth = record->kth,
        .ordinal = record->ordinal,
        .loc = place_of(l, record->head.place)};
    l->probe->ops->object(l->probe, &object);
    l->objects++;
    return 0;
}

static int play_choice(struct tick__listener *l, const void *bytes) {
    const struct tick_told_choice *record = bytes;
    if (record->head.size != sizeof *record || record->kind == 0 || record->kind >= TICK_CHOICE_KINDS)
        return wrong(l, "a choice");
    if (record->host > l->objects || record->task > l->objects || record->here > l->events)
        return wrong(l, "a choice of what was never told");
    struct tick_probe *probe = l->probe;
    const uint32_t host = probe->host, task = probe->task, here = probe->here;
    const struct tick_deviation deviation = {.subject = record->subject,
        .ordinal = record->ordinal,
        .value = record->value,
        .n = record->n,
        .most = record->most,
        .kind = record->kind};
    probe->now = record->now;
    probe->host = record->host;
    probe->task = record->task;
    probe->here = record->here;
    if (probe->ops->choice)
        probe->ops->choice(probe, &deviation);
    probe->host = host;
    probe->task = task;
    probe->here = here;
    l->events++;
    return 0;
}

static int take_piece(struct tick__listener *l, const struct tick_told_bytes *record) {
    if (record->head.size < sizeof *record || record->count > record->head.size - sizeof *record || record->count > record->all ||
        l->pieces.count > record->all - record->count)
        return wrong(l, "bytes");
    return add(&l->pieces, record + 1, record->count) ? 0 : no_memory(l);
}

// TEXT, PAYLOAD, WRITTEN: with the pieces before, they are all there.
static int play_bytes(struct tick__listener *l, const void *bytes) {
    const struct tick_told_bytes *record = bytes;
    struct tick_probe *probe = l->probe;
    int code = take_piece(l, record);
    if (code == 0 && l->pieces.count != record->all)
        code = wrong(l, "bytes of which some are missing");
    if (code == 0 && record->subject > l->objects)
        code = wrong(l, "bytes of what was never told");
    const size_t count = l->pieces.count;
    l->pieces.count = 0;
    if (code < 0)
        return code;
    if (record->head.what == TICK_TOLD_TEXT) {
        const uint32_t host = probe->host;
        l->pieces.count = count;
        if (!add(&l->pieces, "", 1))
            return no_memory(l);
        l->pieces.count = 0;
        probe->host = record->subject;
        probe->ops->text(probe, l->pieces.bytes);
        probe->host = host;
        l->objects++;
    } else if (record->head.what == TICK_TOLD_PAYLOAD) {
        if (probe->ops->payload)
            probe->ops->payload(probe, record->subject, count ? l->pieces.bytes : "", count);
    } else if (probe->ops->written) {
        probe->ops->written(probe, record->subject, record->offset, count ? l->pieces.bytes : "", count);
    }
    return 0;
}

static bool grow(void *array, size_t each, uint32_t count, uint32_t *room) {
    if (count < *room)
        return true;
    const uint32_t more = *room ? 2 * *room : 64;
    void **at = array, *grown = tick__outside_realloc(*at, more * each);
    if (!grown)
        return false;
    *at = grown;
    *room = more;
    return true;
}

static int take_module(struct tick__listener *l, const void *bytes) {
    const struct tick_told_module *record = bytes;
    if (record->head.size < sizeof *record || record->path > record->head.size - sizeof *record || l->modules == TICK_TOLD_MODULES ||
        record->head.place != l->modules + 1)
        return wrong(l, "a file of code");
    const size_t at = l->paths.count;
    if (!grow(&l->module, sizeof *l->module, l->modules, &l->module_room) || !add(&l->paths, record + 1, record->path) ||
        !add(&l->paths, "", 1))
        return no_memory(l);
    l->module[l->modules++] = at;
    return 0;
}

static int take_place(struct tick__listener *l, const void *bytes) {
    const struct tick_told_place *record = bytes;
    char name[256];
    if (record->head.size < sizeof *record || record->name > record->head.size - sizeof *record || record->module > l->modules ||
        l->places == TICK_TOLD_PLACES || record->head.place != l->places + 1)
        return wrong(l, "a place");
    const size_t length = record->name < sizeof name ? record->name : sizeof name - 1;
    memcpy(name, record + 1, length);
    name[length] = '\0';
    if (!grow(&l->place, sizeof *l->place, l->places, &l->place_room))
        return no_memory(l);
    l->place[l->places++] = tick__spot_of(record->module ? l->paths.bytes + l->module[record->module - 1] : "", record->offset, name);
    return 0;
}

static int play(struct tick__listener *l, const void *bytes) {
    const struct tick_told *record = bytes;
    if (l->pieces.count && record->what != TICK_TOLD_PIECE && record->what != TICK_TOLD_TEXT && record->what != TICK_TOLD_PAYLOAD &&
        record->what != TICK_TOLD_WRITTEN && record->what != TICK_TOLD_PAD)
        return wrong(l, "bytes that have no end");
    switch (record->what) {
    case TICK_TOLD_PAD:
        return 0;
    case TICK_TOLD_EVENT:
        return play_event(l, record);
    case TICK_TOLD_OBJECT:
        return play_object(l, record);
    case TICK_TOLD_CHOICE:
        return play_choice(l, record);
    case TICK_TOLD_PIECE:
        return take_piece(l, bytes);
    case TICK_TOLD_TEXT:
    case TICK_TOLD_PAYLOAD:
    case TICK_TOLD_WRITTEN:
        return play_bytes(l, record);
    case TICK_TOLD_MODULE:
        return take_module(l, record);
    case TICK_TOLD_PLACE:
        return take_place(l, record);
    default:
        return wrong(l, "a record of no kind that there is");
    }
}

// --- the ring ---

#define OFTEN (128u << 10)

static void done_with(struct tick__listener *l) {
    atomic_store_explicit(&l->told->tail, l->tail, memory_order_release);
    atomic_fetch_add(&l->told->took, 1);
    (void)syscall(SYS_futex, &l->told->took, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

// Copies the record at the tail. Its size, or 0 if it is none.
static uint32_t copy(struct tick__listener *l, uint64_t head) {
    const uint64_t at = l->tail & (l->size - 1), upto = head - l->tail;
    const char *from = l->told->bytes + at;
    struct tick_told first;
    memcpy(&first, from, sizeof first);
    if (first.size < sizeof first || first.size % 8 || first.size > upto || first.size > l->size - at ||
        (first.size > TICK_TOLD_MOST && first.what != TICK_TOLD_PAD))
        return 0;
    memcpy(l->record, from, first.what == TICK_TOLD_PAD ? sizeof first : first.size);
    memcpy(l->record, &first, sizeof first); // as it was looked at
    return first.size;
}

// Hands on what is in the ring, until there is no more or one of it is wrong: then the rest is thrown away.
static int each(struct tick__listener *l, int (*take)(struct tick__listener *l, const void *record)) {
    const uint64_t head = atomic_load_explicit(&l->told->head, memory_order_acquire);
    if (head == l->tail)
        return 0;
    uint64_t since = l->tail;
    int code = head - l->tail > l->size ? wrong(l, "the ring's head") : 0;
    while (code == 0 && l->tail != head && !l->trouble[0]) {
        const uint32_t size = copy(l, head);
        code = size ? take(l, l->record) : wrong(l, "a record's size");
        l->tail += size;
        if (l->tail - since >= OFTEN) { // the guest may go on while the rest is played
            since = l->tail;
            done_with(l);
        }
    }
    l->tail = head;
    done_with(l);
    return code;
}

static int keep(struct tick__listener *l, const void *bytes) {
    const struct tick_told *record = bytes;
    return record->what == TICK_TOLD_PAD || add(&l->boot, bytes, record->size) ? 0 : no_memory(l);
}

static int drop(struct tick__listener *l, const void *record) {
    (void)l;
    (void)record;
    return 0;
}

void tick__listen_anew(struct tick__listener *l) {
    l->began = l->boot_damaged = false;
    l->boot.count = 0;
    l->trouble[0] = '\0';
    l->tail = 0;
    l->told->size = (uint32_t)l->size;
    atomic_store(&l->told->head, 0);
    atomic_store(&l->told->tail, 0);
    l->told->rest[0].size = l->told->rest[1].size = 0;
}

void tick__listen_behind(struct tick__listener *l, uint32_t objects, uint32_t events) {
    l->objects = objects;
    l->events = events;
}

void tick__listen_begin(struct tick__listener *l, struct tick_probe *probe) {
    tick__listen_begin_behind(l, probe, 0, 0);
}

void tick__listen_begin_behind(struct tick__listener *l, struct tick_probe *probe, uint32_t objects, uint32_t events) {
    if (!l->began)
        tick__listen_take(l);
    l->began = true;
    l->probe = probe;
    tick__listen_behind(l, objects, events);
    l->modules = l->places = 0;
    l->pieces.count = l->paths.count = 0;
    l->trouble[0] = '\0';
    if (!probe)
        return;
    size_t at = 0;
    while (at < l->boot.count) {
        struct tick_told record;
        memcpy(&record, l->boot.bytes + at, sizeof record);
        memcpy(l->record, l->boot.bytes + at, record.size);
        if (play(l, l->record) < 0)
            return;
        at += record.size;
    }
    if (l->boot_damaged)
        (void)wrong(l, "what comes before its first wait");
}

void tick__listen_take(struct tick__listener *l) {
    if (l->began)
        (void)each(l, l->probe ? play : drop);
    else if (each(l, keep) < 0)
        l->boot_damaged = true;
}

static void play_rest(struct tick__listener *l, struct tick_told_rest *rest) {
    struct tick_probe *probe = l->probe;
    struct tick_told_rest copied;
    memcpy(&copied, rest, sizeof copied); // the program may be writing there
    rest->size = 0;
    if (!copied.size || !probe || l->trouble[0])
        return;
    if (copied.size > sizeof copied.text || copied.host > l->objects || copied.task > l->objects || copied.here > l->events) {
        (void)wrong(l, "a line without an end");
        return;
    }
    char text[TICK_TOLD_REST + 1];
    memcpy(text, copied.text, copied.size);
    text[copied.size] = 0;
    const uint32_t host = probe->host;
    probe->host = copied.host;
    const uint32_t subject = probe->ops->text(probe, text);
    probe->host = host;
    l->objects++;
    const struct tick_event event = {
        .ts = probe->now, .host = copied.host, .task = copied.task, .subject = subject, .cause = copied.here, .kind = TICK_EV_LOG};
    (void)probe->ops->event(probe, &event);
    l->events++;
}

void tick__listen_rest(struct tick__listener *l) {
    if (!l->began)
        return;
    play_rest(l, &l->told->rest[0]);
    play_rest(l, &l->told->rest[1]);
}

int tick__listen_end(struct tick__listener *l, const char **trouble) {
    tick__listen_take(l);
    tick__listen_rest(l);
    l->pieces.count = 0; // it died in their midst
    l->probe = NULL;
    if (trouble)
        *trouble = l->trouble;
    return l->trouble[0] ? TICK_EFORMAT : 0;
}

uint64_t tick__listen_events(const struct tick__listener *l) {
    return l->events;
}

int tick__listen_new(struct tick_guest_told *told, uint32_t bytes, struct tick__listener **out) {
    bytes = bytes ? bytes : TICK_TOLD_BYTES;
    if (bytes > TICK_TOLD_BYTES || bytes < 4 * TICK_TOLD_MOST || (bytes & (bytes - 1)))
        return -EINVAL;
    struct tick__listener *l = tick__outside_alloc(sizeof *l);
    if (!l)
        return -ENOMEM;
    memset(l, 0, sizeof *l);
    l->told = told;
    l->size = bytes;
    tick__listen_anew(l);
    *out = l;
    return 0;
}

void tick__listen_free(struct tick__listener *l) {
    if (!l)
        return;
    tick__outside_free(l->boot.bytes);
    tick__outside_free(l->pieces.bytes);
    tick__outside_free(l->paths.bytes);
    tick__outside_free(l->module);
    tick__outside_free(l->place);
    tick__outside_free(l);
}
