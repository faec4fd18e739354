// Names: what the probe is told of objects, kept so that stable ids can be said in words. Telling is on a run's path, so that it only
// appends; the table from stable ids to objects is made when first somebody asks.
//
// Everything is outside memory: hosts may be running. When it runs out, or numbers do, what could not be kept is written as id:... from
// then on.
#include "sim/choice/names.h"
#include "sim/choice/path_int.h"
#include "src/base/outside.h"
#include <errno.h>
#include <string.h>

#define DEPTH_MOST 64 // links of a path; what lies deeper is written as id:...
#define BLOCK_SIZE 65536

struct known {
    struct tick_object object; // key is ours; type 0: not told
    int64_t size;              // of a message
};

struct block { // of keys; they never move
    struct block *next;
    size_t used, size;
    char bytes[];
};

struct index {
    uint32_t *slots; // object ids, 0: empty
    size_t capacity;
    uint32_t done; // objects up to here are in
};

struct tick_names {
    struct tick_probe probe;
    uint32_t probe_objects, probe_events;
    struct known *known;      // by object id
    uint32_t count, capacity; // count: one more than the greatest object id told
    struct block *blocks;
    const char **keys; // a table of all keys, so that each is kept once
    size_t keys_count, keys_capacity;
    struct index index;
};

// The last number is nobody's own: what comes after it is not kept, and takes no other's place.
static uint32_t next_number(uint32_t *count) {
    *count += *count < UINT32_MAX;
    return *count;
}

static uint32_t probe_object(struct tick_probe *self, const struct tick_object *object) {
    struct tick_names *names = (struct tick_names *)self;
    tick_names_tell(names, next_number(&names->probe_objects), object);
    return names->probe_objects;
}

static uint32_t probe_event(struct tick_probe *self, const struct tick_event *event) {
    struct tick_names *names = (struct tick_names *)self;
    if (event->kind == TICK_EV_MSG_SEND)
        tick_names_size(names, event->subject, event->arg);
    return next_number(&names->probe_events);
}

static uint32_t probe_text(struct tick_probe *self, const char *text) {
    (void)text;
    return next_number(&((struct tick_names *)self)->probe_objects);
}

static const struct tick_probe_ops probe_ops = {.object = probe_object, .event = probe_event, .text = probe_text};

int tick_names_new(struct tick_names **out) {
    struct tick_names *names = tick__outside_alloc(sizeof *names);
    if (!names)
        return -ENOMEM;
    *names = (struct tick_names){.probe.ops = &probe_ops};
    *out = names;
    return 0;
}

void tick_names_clear(struct tick_names *names) {
    for (struct block *block = names->blocks, *next; block; block = next) {
        next = block->next;
        tick__outside_free(block);
    }
    names->blocks = NULL;
    names->count = 0;
    names->probe_objects = names->probe_events = 0;
    names->keys_count = 0;
    if (names->keys)
        memset(names->keys, 0, names->keys_capacity * sizeof *names->keys);
    names->index.done = 0;
    if (names->index.slots)
        memset(names->index.slots, 0, names->index.capacity * sizeof *names->index.slots);
}

void tick_names_free(struct tick_names *names) {
    if (!names)
        return;
    tick_names_clear(names);
    tick__outside_free(names->known);
    tick__outside_free(names->keys);
    tick__outside_free(names->index.slots);
    tick__outside_free(names);
}

void tick__names_count_from(struct tick_names *names, uint32_t count) {
    names->probe_objects = names->probe_events = count;
}

struct tick_probe *tick_names_probe(struct tick_names *names) {
    return &names->probe;
}

static const char *copy(struct tick_names *names, const char *key) {
    size_t size = strlen(key) + 1;
    struct block *block = names->blocks;
    if (!block || block->size - block->used < size) {
        size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        block = tick__outside_alloc(sizeof *block + room);
        if (!block)
            return NULL;
        *block = (struct block){names->blocks, 0, room};
        names->blocks = block;
    }
    char *at = block->bytes + block->used;
    memcpy(at, key, size);
    block->used += size;
    return at;
}

static size_t key_place(const char **keys, size_t capacity, const char *key) {
    size_t at = tick_id_text(key) & (capacity - 1);
    while (keys[at] && strcmp(keys[at], key) != 0)
        at = (at + 1) & (capacity - 1);
    return at;
}

// The one copy of a key; NULL when out of memory.
static const char *intern(struct tick_names *names, const char *key) {
    if (2 * names->keys_count >= names->keys_capacity) {
        size_t capacity = names->keys_capacity ? 2 * names->keys_capacity : 64;
        const char **keys = tick__outside_alloc(capacity * sizeof *keys);
        if (!keys)
            return NULL;
        memset(keys, 0, capacity * sizeof *keys);
        for (size_t i = 0; i < names->keys_capacity; i++)
            if (names->keys[i])
                keys[key_place(keys, capacity, names->keys[i])] = names->keys[i];
        tick__outside_free(names->keys);
        names->keys = keys;
        names->keys_capacity = capacity;
    }
    size_t at = key_place(names->keys, names->keys_capacity, key);
    if (!names->keys[at]) {
        names->keys[at] = copy(names, key);
        names->keys_count += names->keys[at] != NULL;
    }
    return names->keys[at];
}

void tick_names_tell(struct tick_names *names, uint32_t object_id, const struct tick_object *object) {
    if (!object_id || object_id == UINT32_MAX)
        return;
    if (object_id >= names->capacity) {
        uint64_t capacity = names->capacity ? names->capacity : 256;
        while (capacity <= object_id)
            capacity *= 2;
        if (capacity > UINT32_MAX)
            return;
        struct known *known = tick__outside_realloc(names->known, capacity * sizeof *known);
        if (!known)
            return;
        names->known = known;
        names->capacity = (uint32_t)capacity;
    }
    const char *key = object->key ? intern(names, object->key) : NULL;
    if (object->key && !key)
        return;
    if (object_id >= names->count) {
        memset(names->known + names->count, 0, (object_id - names->count + 1) * sizeof *names->known);
        names->count = object_id + 1;
    } else if (object_id <= names->index.done) {
        names->index.done = 0; // told again, or late: the table is made anew
        memset(names->index.slots, 0, names->index.capacity * sizeof *names->index.slots);
    }
    names->known[object_id] = (struct known){.object = *object};
    names->known[object_id].object.key = key;
}

static const struct known *find(const struct tick_names *names, uint32_t object_id) {
    return object_id < names->count && names->known[object_id].object.type ? &names->known[object_id] : NULL;
}

void tick_names_size(struct tick_names *names, uint32_t object_id, int64_t bytes) {
    if (find(names, object_id))
        names->known[object_id].size = bytes;
}

static bool is_message(const struct known *known) {
    return known->object.type == TICK_OBJECT_MESSAGE;
}

// A message is found by its direction and offset, everything else by its id.
static tick_id key_of(const struct tick_names *names, const struct known *known) {
    if (!is_message(known))
        return known->object.id;
    const struct known *direction = find(names, known->object.parent);
    return direction ? tick_id_mix(tick_id_mix(direction->object.id, TICK_OBJECT_MESSAGE), known->object.ordinal) : 0;
}

static size_t index_place(const struct tick_names *names, tick_id key, bool message) {
    size_t at = key & (names->index.capacity - 1);
    for (uint32_t id; (id = names->index.slots[at]); at = (at + 1) & (names->index.capacity - 1)) {
        const struct known *known = &names->known[id];
        if (is_message(known) == message && key_of(names, known) == key)
            break;
    }
    return at;
}

// The table from ids to objects, up to date; false when out of memory. Only a cache, so that readers may fill it.
static bool indexed(const struct tick_names *constant) {
    struct tick_names *names = (struct tick_names *)(uintptr_t)constant;
    struct index *index = &names->index;
    if (!names->count)
        return false;
    if (2 * (size_t)names->count > index->capacity) {
        size_t capacity = index->capacity ? index->capacity : 256;
        while (capacity < 4 * (size_t)names->count)
            capacity *= 2;
        uint32_t *slots = tick__outside_alloc(capacity * sizeof *slots);
        if (!slots)
            return false;
        memset(slots, 0, capacity * sizeof *slots);
        tick__outside_free(index->slots);
        *index = (struct index){slots, capacity, 0};
    }
    while (index->done + 1 < names->count) {
        const struct known *known = find(names, ++index->done);
        tick_id key = known ? key_of(names, known) : 0;
        size_t at = key ? index_place(names, key, is_message(known)) : 0;
        if (key && !index->slots[at])
            index->slots[at] = index->done;
    }
    return true;
}

uint32_t tick_names_object(const struct tick_names *names, tick_id id) {
    return id && indexed(names) ? names->index.slots[index_place(names, id, false)] : 0;
}

int64_t tick_names_message_size(const struct tick_names *names, tick_id direction, uint64_t offset) {
    if (!indexed(names))
        return 0;
    tick_id key = tick_id_mix(tick_id_mix(direction, TICK_OBJECT_MESSAGE), offset);
    uint32_t found = names->index.slots[index_place(names, key, true)];
    return found ? names->known[found].size : 0;
}

bool tick_names_about_object(const struct tick_names *names, uint32_t object_id, struct tick_object *object) {
    const struct known *known = find(names, object_id);
    if (known)
        *object = known->object;
    return known != NULL;
}

bool tick_names_about(const struct tick_names *names, tick_id id, struct tick_object *object) {
    return tick_names_about_object(names, tick_names_object(names, id), object);
}

// --- paths ---

static bool is_end(const struct tick_object *object, const struct tick_object *parent) {
    return object->type == TICK_OBJECT_FD && parent->type == TICK_OBJECT_CONNECTION;
}

static bool is_main(const struct tick_object *object) {
    return object->type == TICK_OBJECT_TASK && object->kth == 1 && object->key && !strcmp(object->key, "main");
}

// The id that the grammar derives, which must be the object's own if its path is to lead back.
static tick_id derived(const struct tick_object *object, const struct tick_object *parent) {
    if (is_end(object, parent))
        return tick_id_part(parent->id, (enum tick_connection_part)object->kth);
    switch ((enum tick_object_type)object->type) {
    case TICK_OBJECT_TASK:
    case TICK_OBJECT_USER:
        return object->key ? tick_id_task(parent->id, object->key, object->kth) : 0;
    case TICK_OBJECT_CONNECTION:
        return object->key ? tick_id_named(parent->id, TICK_OBJECT_CONNECTION, tick_id_host(object->key), object->kth) : 0;
    case TICK_OBJECT_DIRECTION:
        return tick_id_part(parent->id, (enum tick_connection_part)object->kth);
    case TICK_OBJECT_LOOKUP:
    case TICK_OBJECT_WAIT:
        return object->key ? tick_id_named(parent->id, (enum tick_object_type)object->type, tick_id_text(object->key), object->kth) : 0;
    case TICK_OBJECT_FILE:
        return parent->type == TICK_OBJECT_HOST ? tick_id_disk(parent->id)
               : object->key                    ? tick_id_file(parent->id, object->key, object->kth)
                                                : 0;
    default:
        return tick_id_mix(tick_id_mix(parent->id, tick_id_sort((enum tick_object_type)object->type, object->key)), object->kth);
    }
}

static void kth(struct tick__text *to, const struct tick_object *object) {
    if (object->kth != 1)
        tick__text_format(to, "#%u", object->kth);
}

// A connection's arrow, with what follows from the link behind it (next; NULL: none): ":conn" unless that is a part of it or a task.
static void connection(struct tick__text *to, const struct tick_object *object, const struct tick_object *next) {
    bool back = next && next->type == TICK_OBJECT_DIRECTION && next->kth == TICK_IN;
    const char *arrow = back ? "\xe2\x86\x90" : "\xe2\x86\x92";
    tick__text_add(to, arrow, strlen(arrow));
    tick__text_name(to, object->key ? object->key : "peer");
    kth(to, object);
    if (!next ||
        (next->type != TICK_OBJECT_TASK && next->type != TICK_OBJECT_USER && next->type != TICK_OBJECT_DIRECTION && !is_end(next, object)))
        tick__text_format(to, ":conn");
}

// The root directory of a host's disk is ":/".
static void file(
    struct tick__text *to, const struct tick_object *object, const struct tick_object *parent, const struct tick_object *above) {
    if (parent->type == TICK_OBJECT_HOST) {
        tick__text_format(to, ":/");
        return;
    }
    if (above && above->type != TICK_OBJECT_HOST)
        tick__text_format(to, "/");
    tick__text_name(to, object->key ? object->key : "");
    kth(to, object);
}

// Writes the link to object from parent; above is what that hangs on, next the link behind it.
static void link_to(struct tick__text *to, const struct tick_object *object, const struct tick_object *parent,
    const struct tick_object *above, const struct tick_object *next) {
    if (object->type == TICK_OBJECT_FILE) {
        file(to, object, parent, above);
        return;
    }
    bool main_task = parent->type == TICK_OBJECT_HOST && is_main(object);
    if (main_task) {
        if (!next || is_main(next))
            tick__text_format(to, "/main");
        return;
    }
    if (parent->type == TICK_OBJECT_HOST)
        tick__text_format(to, ":host");
    switch (object->type) {
    case TICK_OBJECT_TASK:
    case TICK_OBJECT_USER:
        tick__text_add(to, "/", 1);
        tick__text_name(to, object->key ? object->key : tick__object_word(object->type));
        kth(to, object);
        break;
    case TICK_OBJECT_CONNECTION:
        connection(to, object, next);
        break;
    case TICK_OBJECT_DIRECTION:
        if (next && next->type != TICK_OBJECT_MESSAGE)
            tick__text_format(to, ":dir");
        break;
    case TICK_OBJECT_MESSAGE:
        tick__text_format(to, "@%llu", (unsigned long long)object->ordinal);
        break;
    default:
        if (is_end(object, parent)) {
            tick__text_format(to, object->kth == TICK_NEAR ? ":near" : ":far");
        } else {
            tick__text_format(to, ":%s", tick__object_word(tick_id_sort((enum tick_object_type)object->type, object->key)));
            if (object->type == TICK_OBJECT_LOOKUP) {
                tick__text_format(to, ".");
                tick__text_name(to, object->key ? object->key : "");
            }
            kth(to, object);
        }
    }
}

// strict: only a path that leads back to the object's id.
static bool write_path(const struct tick_names *names, uint32_t object_id, bool strict, struct tick__text *to) {
    const struct tick_object *chain[DEPTH_MOST];
    size_t depth = 0;
    for (const struct known *known = find(names, object_id);; known = find(names, known->object.parent)) {
        if (!known || depth == DEPTH_MOST)
            return false;
        chain[depth++] = &known->object;
        if (known->object.type == TICK_OBJECT_HOST)
            break;
    }
    const struct tick_object *host = chain[depth - 1];
    if (!host->key || (strict && host->id != tick_id_life(host->key, host->kth)))
        return false;
    for (size_t i = depth - 1; strict && i--;)
        if (chain[i]->id != derived(chain[i], chain[i + 1]) || chain[i]->type == TICK_OBJECT_MESSAGE)
            return false;
    tick__text_name(to, host->key);
    if (host->kth > 1)
        kth(to, host);
    for (size_t i = depth - 1; i--;)
        link_to(to, chain[i], chain[i + 1], i + 2 < depth ? chain[i + 2] : NULL, i ? chain[i - 1] : NULL);
    return true;
}

static int path(const struct tick_names *names, uint32_t object_id, bool strict, tick_id id, char *text, size_t size) {
    struct tick__text to = {text, size, 0};
    if (size)
        *text = 0;
    if (!names || !write_path(names, object_id, strict, &to))
        tick__text_id(&to, id);
    return (int)to.length;
}

int tick_names_path(const struct tick_names *names, tick_id id, char *text, size_t size) {
    return path(names, names ? tick_names_object(names, id) : 0, true, id, text, size);
}

int tick_names_path_of_object(const struct tick_names *names, uint32_t object_id, char *text, size_t size) {
    const struct known *known = find(names, object_id);
    return path(names, object_id, false, known ? known->object.id : 0, text, size);
}
