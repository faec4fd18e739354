// Names from a run in a worker process: a probe there logs each object into shared memory, and the parent tells them to a table of its own.
#include "cli/input.h"
#include "sim/choice/names.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

// Bytes of the log; what does not fit stays without a name.
#define LOG_SIZE ((size_t)64 << 20)

struct log_entry {
    tick_id id;
    uint64_t ordinal;
    uint32_t object, parent, host, kth;
    uint16_t type, key; // bytes of the key and its NUL that follow, in multiples of 8; 0: no key
    uint32_t unused;
};

struct teller {
    struct tick_probe probe;
    struct tick__hush hush;
    uint32_t objects, events; // the worker's counts of this run
    struct names_log {
        size_t used;
        bool full;
        _Alignas(8) unsigned char bytes[];
    } * log;
};

static uint32_t tell_object(struct tick_probe *self, const struct tick_object *object) {
    struct teller *teller = (struct teller *)self;
    struct names_log *log = teller->log;
    uint32_t number = ++teller->objects;
    if (object->type == TICK_OBJECT_MESSAGE) // no choice is about a message, and there are many
        return number;
    size_t key = object->key ? strlen(object->key) + 1 : 0, padded = (key + 7) & ~(size_t)7;
    if (log->full || padded > UINT16_MAX || LOG_SIZE - sizeof *log - log->used < sizeof(struct log_entry) + padded) {
        log->full = true;
        return number;
    }
    const struct log_entry entry = {
        object->id, object->ordinal, number, object->parent, object->host, object->kth, (uint16_t)object->type, (uint16_t)padded, 0};
    memcpy(log->bytes + log->used, &entry, sizeof entry);
    if (key)
        memcpy(log->bytes + log->used + sizeof entry, object->key, key);
    log->used += sizeof entry + padded; // last: a crash leaves whole entries
    return number;
}

static uint32_t tell_event(struct tick_probe *self, const struct tick_event *event) {
    (void)event;
    return ++((struct teller *)self)->events;
}

static uint32_t tell_text(struct tick_probe *self, const char *text) {
    (void)text;
    return ++((struct teller *)self)->objects;
}

static const struct tick_probe_ops teller_ops = {.object = tell_object, .event = tell_event, .text = tell_text};

static struct tick_probe *begin(void *ctx) {
    struct teller *teller = ctx;
    teller->hush.repeats = true;
    tick__hush(&teller->hush);
    teller->probe = (struct tick_probe){.ops = &teller_ops};
    teller->objects = teller->events = 0;
    teller->log->used = 0;
    teller->log->full = false;
    return &teller->probe;
}

static int tell_all(const struct names_log *log, struct tick_names *names) {
    for (size_t at = 0; at < log->used;) {
        struct log_entry entry;
        memcpy(&entry, log->bytes + at, sizeof entry);
        const struct tick_object object = {
            .type = entry.type,
            .id = entry.id,
            .parent = entry.parent,
            .host = entry.host,
            .key = entry.key ? (const char *)log->bytes + at + sizeof entry : NULL,
            .kth = entry.kth,
            .ordinal = entry.ordinal,
        };
        tick_names_tell(names, entry.object, &object);
        at += sizeof entry + entry.key;
    }
    return 0;
}

int tick__names_of_run(const struct tick_target *target, const struct tick__input *input, int64_t hang, struct tick_names **names) {
    struct teller teller = {0};
    struct tick_isolate *isolate = NULL;
    struct tick_outcome outcome;
    struct tick_schedule drawn;
    uint8_t digest[16];
    int result = tick_names_new(names);
    if (result < 0)
        return result;
    teller.log = mmap(NULL, LOG_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (teller.log == MAP_FAILED)
        return 0; // without names schedules are told by id
    const struct tick_isolate_options options = {.target = target, .hang = hang, .begin = begin, .ctx = &teller};
    if (tick_isolate_new(&options, &isolate) == 0 && tick__input_run(isolate, input, &outcome, &drawn, digest) == 0) {
        tick_schedule_fini(&drawn);
        tell_all(teller.log, *names);
    }
    if (isolate)
        tick_isolate_free(isolate);
    munmap(teller.log, LOG_SIZE);
    return 0;
}
