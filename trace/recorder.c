// The recorder's hot path: an event is one 32-byte slot, written in place and published; everything that happens now and then (a new
// chunk, room in the ring, the digest) hides behind one comparison. Never calls back, never fails: without memory it goes on counting and
// digesting.
#include "src/base/check.h"
#include "src/base/line.h"
#include "src/base/outside.h"
#include "trace/recorder_int.h"
#include "trace/witness.h"
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define BATCH 1024 // slots between two looks at the digest
// Numbers are of 32 bits. They are looked at once a batch, and the end takes some, too.
#define NUMBERS_MOST (UINT32_MAX - 4 * BATCH)

static struct tick__slot *chunk_map(void) {
    void *memory = mmap(NULL, TICK__CHUNK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

// Waits until the ring has room up to position `upto`. False: nobody drains it any more.
static bool ring_wait(struct tick_recorder *recorder, uint64_t upto) {
    struct tick__ring_head *file = recorder->ring->file;
    for (unsigned tries = 0;; tries++) {
        if (upto <= atomic_load_explicit(&file->tail, memory_order_acquire) + file->slots)
            return true;
        if (tries < 64) {
            sched_yield();
            continue;
        }
        if (tries % 64 == 0 && tick__drainer_gone(file))
            return false;
        nanosleep(&(struct timespec){.tv_nsec = 50000}, NULL);
    }
}

static void lose(struct tick_recorder *recorder) {
    if (!recorder->losing) {
        recorder->losing = true;
        recorder->kept = recorder->position;
        recorder->kept_seq = (uint32_t)recorder->seq;
        recorder->kept_objects = recorder->objects;
        recorder->head = &recorder->unread;
    }
    recorder->at = recorder->sink;
    recorder->chunk_end = recorder->sink + TICK__CHUNK_SLOTS;
    recorder->digested = recorder->at;
}

static void say_lost(struct tick_recorder *recorder) {
    if (recorder->losing && recorder->ring)
        atomic_store(&recorder->ring->file->lost, recorder->seq - recorder->kept_seq);
}

static void next_chunk(struct tick_recorder *recorder) {
    size_t index = recorder->position >> TICK__CHUNK_SHIFT;
    struct tick__slot *chunk = NULL;
    if (recorder->losing) {
        lose(recorder);
        return;
    }
    if (recorder->ring) {
        chunk = recorder->ring->chunks[index & recorder->ring->records.mask];
    } else {
        if (index == recorder->chunk_room) {
            size_t room = recorder->chunk_room ? 2 * recorder->chunk_room : 16;
            struct tick__slot **chunks = tick__outside_realloc(recorder->chunks, room * sizeof *chunks);
            if (chunks) {
                recorder->chunks = chunks;
                recorder->chunk_room = room;
            }
        }
        if (index == recorder->chunk_count && index < recorder->chunk_room) {
            recorder->chunks[index] = chunk_map();
            recorder->chunk_count += recorder->chunks[index] != NULL;
        }
        if (index < recorder->chunk_count)
            chunk = recorder->chunks[index];
    }
    if (!chunk) {
        lose(recorder);
        return;
    }
    recorder->at = chunk;
    recorder->chunk_end = chunk + TICK__CHUNK_SLOTS;
    recorder->digested = chunk;
}

static void publish(struct tick_recorder *recorder, size_t slots) {
    recorder->at += slots;
    recorder->position += slots;
    atomic_store_explicit(recorder->head, recorder->position, memory_order_release);
}

static void write_gap(struct tick_recorder *recorder, enum tick__gap gap) {
    struct tick__slot_head *head = (struct tick__slot_head *)recorder->at;
    memset(recorder->at, 0, TICK__SLOT);
    *head = (struct tick__slot_head){.tag = TICK__REC_GAP, .detail = (uint8_t)gap, .slots = 1};
    publish(recorder, 1);
}

static const struct tick_probe_ops numberless_ops;

// The trace ends here, and says why; the run goes on, and is digested.
static void run_out_of_numbers(struct tick_recorder *recorder) {
    write_gap(recorder, TICK__GAP_NUMBERS);
    recorder->numberless = true;
    recorder->probe.ops = &numberless_ops;
    lose(recorder);
    recorder->limit = recorder->at + BATCH;
}

static void pad(struct tick_recorder *recorder) {
    size_t rest = (size_t)(recorder->chunk_end - recorder->at);
    if (!rest)
        return;
    struct tick__slot_head *head = (struct tick__slot_head *)recorder->at;
    *head = (struct tick__slot_head){.tag = TICK__REC_PAD, .slots = (uint16_t)rest};
    publish(recorder, rest);
}

// Makes room for `slots` slots in one piece, after bringing the digest up to date.
static __attribute__((noinline)) void more(struct tick_recorder *recorder, size_t slots) {
    struct {
        uint32_t seq;
        uint8_t digest[16];
    } due[2];
    size_t due_count = 0;
    while (recorder->digested != recorder->at && due_count < 2) {
        uint64_t before = recorder->digest.seq / TICK__CHECKPOINT_EVENTS;
        recorder->digested = tick__digest_feed(&recorder->digest, recorder->digested, recorder->at, due[due_count].digest);
        if (recorder->digest.seq / TICK__CHECKPOINT_EVENTS != before)
            due[due_count++].seq = (uint32_t)recorder->digest.seq;
    }
    TICK_ASSERT(recorder->digested == recorder->at); // a batch is far shorter than two checkpoints
    say_lost(recorder);
    const bool last = !recorder->losing && !recorder->numberless &&
                      (recorder->seq >= recorder->numbers_most || recorder->objects >= recorder->numbers_most);
    slots += due_count + last;
    size_t rest = (size_t)(recorder->chunk_end - recorder->at);
    bool wrap = rest < slots;
    if (recorder->ring && !recorder->losing && !ring_wait(recorder, recorder->position + slots + (wrap ? rest : 0)))
        lose(recorder);
    else if (wrap) {
        pad(recorder);
        next_chunk(recorder);
    }
    recorder->limit = recorder->chunk_end;
    if ((size_t)(recorder->limit - recorder->at) > BATCH)
        recorder->limit = recorder->at + BATCH;
    if (recorder->ring && !recorder->losing) {
        uint64_t room =
            atomic_load_explicit(&recorder->ring->file->tail, memory_order_acquire) + recorder->ring->file->slots - recorder->position;
        if (room < (uint64_t)(recorder->limit - recorder->at))
            recorder->limit = recorder->at + room;
    }
    for (size_t i = 0; i < due_count; i++) {
        struct tick__slot_checkpoint *record = (struct tick__slot_checkpoint *)recorder->at;
        *record = (struct tick__slot_checkpoint){.head = {.tag = TICK__REC_CHECKPOINT, .slots = 1, .number = due[i].seq}};
        memcpy(record->digest, due[i].digest, sizeof record->digest);
        publish(recorder, 1);
    }
    if (last && !recorder->losing)
        run_out_of_numbers(recorder);
}

static inline void *room(struct tick_recorder *recorder, size_t slots) {
    if ((size_t)(recorder->limit - recorder->at) < slots)
        more(recorder, slots);
    return recorder->at;
}

static void tell_place(struct tick_recorder *recorder, uint16_t id, const struct tick_loc *loc) {
    if (!recorder->ring) {
        struct tick__slot_loc *record = room(recorder, 1);
        *record = (struct tick__slot_loc){.head = {.tag = TICK__REC_LOC, .detail = 1, .slots = 1, .number = id}, .u.place = loc};
        publish(recorder, 1);
        return;
    }
    const char *parts[3] = {loc->function ? loc->function : "", loc->file ? loc->file : "", loc->name ? loc->name : ""};
    size_t lengths[3], bytes = sizeof(struct tick__slot_loc);
    for (int i = 0; i < 3; i++)
        bytes += lengths[i] = strnlen(parts[i], TICK__KEY_MOST);
    size_t slots = (bytes + TICK__SLOT - 1) / TICK__SLOT;
    struct tick__slot_loc *record = room(recorder, slots);
    *record = (struct tick__slot_loc){
        .head = {.tag = TICK__REC_LOC, .slots = (uint16_t)slots, .number = id},
        .line = loc->line,
        .function_length = (uint16_t)lengths[0],
        .file_length = (uint16_t)lengths[1],
    };
    record->u.name_length = (uint16_t)lengths[2];
    char *text = (char *)(record + 1);
    for (int i = 0; i < 3; i++) {
        memcpy(text, parts[i], lengths[i]);
        text += lengths[i];
    }
    publish(recorder, slots);
}

static uint16_t place_id(struct tick_recorder *recorder, const struct tick_loc *loc) {
    if (!loc)
        return 0;
    if (loc == recorder->last_place)
        return recorder->last_place_id;
    bool fresh;
    uint16_t id = tick__places_id(&recorder->places, loc, &fresh);
    if (fresh) {
        tell_place(recorder, id, loc);
    } else if (!id && !recorder->placeless) {
        recorder->placeless = true;
        (void)room(recorder, 1);
        write_gap(recorder, recorder->places.told == UINT16_MAX ? TICK__GAP_PLACES : TICK__GAP_PLACE_MEMORY);
    }
    recorder->last_place = loc;
    recorder->last_place_id = id;
    return id;
}

// What a verdict may come of.
static inline void note_step(struct tick_recorder *recorder, const struct tick_event *event) {
    const uint32_t seq = (uint32_t)recorder->seq;
    if (event->kind == TICK_EV_STEP_BEGIN || event->kind == TICK_EV_CALLBACK_RUN) {
        recorder->step = seq;
    } else if (event->kind == TICK_EV_STEP_END) {
        recorder->step = 0;
        if (event->arg == TICK_STEP_FAILED)
            recorder->failed = seq;
    } else if (event->kind == TICK_EV_EXCEPTION) {
        recorder->blamed = seq;
    }
}

// What the records have no room for: a hash of it.
static void tell_unkept(
    struct tick_recorder *recorder, enum tick_content what, uint32_t object, uint64_t offset, const void *bytes, size_t count) {
    struct tick__slot_unkept *record = room(recorder, 1);
    *record = (struct tick__slot_unkept){
        .head = {.tag = TICK__REC_UNKEPT, .detail = (uint8_t)what, .slots = 1, .number = object},
        .offset = offset,
        .count = count,
        .hash = XXH3_64bits(bytes, count),
    };
    publish(recorder, 1);
}

static uint32_t tell_event(struct tick_probe *self, const struct tick_event *event) {
    struct tick_recorder *recorder = (struct tick_recorder *)self;
    uint16_t loc = place_id(recorder, event->loc);
    if ((uint64_t)(event->ts - recorder->base) > UINT32_MAX) {
        struct tick__slot *time = room(recorder, 1);
        *time = (struct tick__slot){.tag = TICK__REC_TIME, .arg = event->ts};
        recorder->base = event->ts;
        publish(recorder, 1);
    }
    struct tick__slot *slot = room(recorder, 1);
    *slot = (struct tick__slot){
        .tag = event->kind,
        .loc = loc,
        .after = (uint32_t)(event->ts - recorder->base),
        .host = event->host,
        .task = event->task,
        .subject = event->subject,
        .cause = event->cause,
        .arg = event->arg,
    };
    publish(recorder, 1);
    recorder->seq++;
    note_step(recorder, event);
    return (uint32_t)recorder->seq;
}

static uint32_t tell_object(struct tick_probe *self, const struct tick_object *object) {
    struct tick_recorder *recorder = (struct tick_recorder *)self;
    uint16_t loc = place_id(recorder, object->loc);
    size_t key = object->key ? strnlen(object->key, TICK__KEY_MOST) : 0;
    size_t slots = 1;
    if (key || loc)
        slots += (sizeof(struct tick__object_tail) + key + TICK__SLOT - 1) / TICK__SLOT;
    struct tick__slot_object *record = room(recorder, slots);
    *record = (struct tick__slot_object){
        .head = {.tag = TICK__REC_OBJECT, .detail = (uint8_t)object->type, .slots = (uint16_t)slots, .number = object->parent},
        .id = object->id,
        .host = object->host,
        .kth = object->kth,
        .ordinal = object->ordinal,
    };
    if (slots > 1) {
        const struct tick__object_tail tail = {.loc = loc, .key_length = (uint16_t)key};
        memcpy(record + 1, &tail, sizeof tail);
        if (key)
            memcpy((char *)(record + 1) + sizeof tail, object->key, key);
    }
    publish(recorder, slots);
    recorder->objects++;
    if (object->type != TICK_OBJECT_MESSAGE) // a deviation's subject is never a message, but its direction
        tick__subjects_tell(&recorder->subjects, object->id, recorder->objects);
    if (__builtin_expect(recorder->witness != NULL, 0))
        tick__witness_take(recorder, TICK_CONTENT_NAME, recorder->objects, object->id, object->key, object->key ? strlen(object->key) : 0);
    if (__builtin_expect(key == TICK__KEY_MOST, 0))
        tell_unkept(recorder, TICK_CONTENT_NAME, recorder->objects, key, object->key + key, strlen(object->key + key));
    return recorder->objects;
}

static void tell_payload(struct tick_probe *self, uint32_t message, const void *bytes, size_t count) {
    struct tick_recorder *recorder = (struct tick_recorder *)self;
    size_t kept = count < TICK__PAYLOAD_MOST ? count : TICK__PAYLOAD_MOST;
    const size_t head = offsetof(struct tick__slot_payload, kept) + sizeof(uint32_t);
    size_t slots = (head + kept + TICK__SLOT - 1) / TICK__SLOT;
    struct tick__slot_payload *record = room(recorder, slots);
    record->head = (struct tick__slot_head){.tag = TICK__REC_PAYLOAD, .slots = (uint16_t)slots, .number = message};
    record->count = count;
    record->kept = (uint32_t)kept;
    if (kept)
        memcpy((char *)record + head, bytes, kept);
    publish(recorder, slots);
    if (__builtin_expect(recorder->witness != NULL, 0))
        tick__witness_take(recorder, TICK_CONTENT_MESSAGE, message, 0, bytes, count);
    if (count > kept)
        tell_unkept(recorder, TICK_CONTENT_MESSAGE, message, kept, (const uint8_t *)bytes + kept, count - kept);
}

static void tell_written(struct tick_probe *self, uint32_t object, uint64_t offset, const void *bytes, size_t count) {
    struct tick_recorder *recorder = (struct tick_recorder *)self;
    tell_unkept(recorder, TICK_CONTENT_WRITTEN, object, offset, bytes, count);
    if (__builtin_expect(recorder->witness != NULL, 0))
        tick__witness_take(recorder, TICK_CONTENT_WRITTEN, object, offset, bytes, count);
}

static uint32_t tell_choice(struct tick_probe *self, const struct tick_deviation *deviation) {
    struct tick_recorder *recorder = (struct tick_recorder *)self;
    struct tick__slot_choice *record = room(recorder, 2);
    *record = (struct tick__slot_choice){
        .head = {.tag = TICK__REC_CHOICE, .detail = deviation->kind, .slots = 2, .number = deviation->value},
        .subject = deviation->subject,
        .ordinal = deviation->ordinal,
        .most = deviation->most,
        .n = deviation->n,
    };
    publish(recorder, 2);
    return tick_emit(
        self, TICK_EV_CHOICE, tick__subjects_find(&recorder->subjects, deviation->subject), self->here, deviation->value, NULL);
}

static uint32_t tell_text(struct tick_probe *self, const char *text) {
    struct tick_recorder *recorder = (struct tick_recorder *)self;
    size_t length = strnlen(text, TICK__TEXT_MOST);
    size_t slots = (sizeof(struct tick__slot_text) + length + TICK__SLOT - 1) / TICK__SLOT;
    struct tick__slot_text *record = room(recorder, slots);
    *record = (struct tick__slot_text){
        .head = {.tag = TICK__REC_TEXT, .slots = (uint16_t)slots, .number = (uint32_t)length},
        .host = self->host,
    };
    memcpy(record + 1, text, length);
    publish(recorder, slots);
    recorder->objects++;
    if (__builtin_expect(recorder->witness != NULL, 0))
        tick__witness_take(recorder, TICK_CONTENT_TEXT, recorder->objects, 0, text, strlen(text));
    if (__builtin_expect(length == TICK__TEXT_MOST, 0))
        tell_unkept(recorder, TICK_CONTENT_TEXT, recorder->objects, length, text + length, strlen(text + length));
    return recorder->objects;
}

static const struct tick_probe_ops ops = {
    .object = tell_object,
    .event = tell_event,
    .payload = tell_payload,
    .written = tell_written,
    .choice = tell_choice,
    .text = tell_text,
};

// --- without numbers: 0, which stands for nothing, as where nobody listens ---

static uint32_t tell_numberless_event(struct tick_probe *self, const struct tick_event *event) {
    struct tick_recorder *recorder = (struct tick_recorder *)self;
    (void)tell_event(self, event);
    recorder->blamed = recorder->step = recorder->failed = 0;
    return 0;
}

static uint32_t tell_numberless_object(struct tick_probe *self, const struct tick_object *object) {
    struct tick_recorder *recorder = (struct tick_recorder *)self;
    (void)tell_object(self, object);
    recorder->objects = recorder->kept_objects;
    return 0;
}

static uint32_t tell_numberless_text(struct tick_probe *self, const char *text) {
    struct tick_recorder *recorder = (struct tick_recorder *)self;
    (void)tell_text(self, text);
    recorder->objects = recorder->kept_objects;
    return 0;
}

static const struct tick_probe_ops numberless_ops = {
    .object = tell_numberless_object,
    .event = tell_numberless_event,
    .payload = tell_payload,
    .written = tell_written,
    .choice = tell_choice,
    .text = tell_numberless_text,
};

// The end of a run whose numbers have run out follows what was kept. Returns how many events lie between.
static uint64_t keep_on(struct tick_recorder *recorder) {
    const uint64_t lost = recorder->seq - recorder->kept_seq;
    more(recorder, 1); // the digest has seen what comes before
    recorder->losing = false;
    struct tick_probe *probe = &recorder->probe;
    probe->ops = &ops;
    recorder->objects = recorder->kept_objects;
    if (recorder->blamed > recorder->kept_seq || recorder->step > recorder->kept_seq || recorder->failed > recorder->kept_seq)
        recorder->blamed = recorder->step = recorder->failed = 0;
    probe->here = probe->here > recorder->kept_seq ? 0 : probe->here;
    probe->host = probe->host > recorder->kept_objects ? 0 : probe->host;
    probe->task = probe->task > recorder->kept_objects ? 0 : probe->task;
    recorder->base = INT64_MAX; // what comes next says when it is
    recorder->position = recorder->kept;
    recorder->head = recorder->ring ? &recorder->ring->file->head : &recorder->unread;
    const size_t into = recorder->position & (TICK__CHUNK_SLOTS - 1);
    if (!into) {
        next_chunk(recorder);
    } else {
        const struct tick__records records = {recorder->chunks, UINT64_MAX};
        const struct tick__records *from = recorder->ring ? &recorder->ring->records : &records;
        struct tick__slot *chunk = from->chunks[(recorder->position >> TICK__CHUNK_SHIFT) & from->mask];
        recorder->at = chunk + into;
        recorder->chunk_end = chunk + TICK__CHUNK_SLOTS;
        recorder->digested = recorder->at;
    }
    recorder->limit = recorder->at; // the next record looks for room
    return lost;
}

static void start(struct tick_recorder *recorder) {
    recorder->probe = (struct tick_probe){.ops = &ops};
    recorder->position = 0;
    recorder->base = 0;
    recorder->seq = 0;
    recorder->objects = recorder->blamed = recorder->step = recorder->failed = 0;
    recorder->numbers_most = NUMBERS_MOST;
    recorder->last_place = NULL;
    recorder->losing = recorder->numberless = recorder->placeless = recorder->ended = false;
    recorder->verdict[0] = 0;
    recorder->named = (struct tick__cursor){0};
    recorder->head = recorder->ring ? &recorder->ring->file->head : &recorder->unread;
    tick__digest_init(&recorder->digest);
    next_chunk(recorder);
    recorder->limit = recorder->at; // the first record looks for room
}

static int recorder_new(struct tick_ring *ring, struct tick_recorder **out) {
    void *memory = mmap(NULL, sizeof **out, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return -ENOMEM;
    struct tick_recorder *recorder = memory;
    recorder->ring = ring;
    recorder->sink = chunk_map();
    if (!recorder->sink) {
        tick_recorder_free(recorder);
        return -ENOMEM;
    }
    start(recorder);
    *out = recorder;
    return 0;
}

int tick_recorder_new(struct tick_recorder **out) {
    return recorder_new(NULL, out);
}

int tick_recorder_new_ring(struct tick_ring *ring, struct tick_recorder **out) {
    // A fork does not inherit the pages of a shared mapping: touched here again, where no loop waits. Older kernels refuse, and fault one
    // by one.
    (void)madvise(ring->file, ring->bytes, MADV_POPULATE_WRITE);
    return recorder_new(ring, out);
}

void tick_recorder_free(struct tick_recorder *recorder) {
    if (!recorder)
        return;
    tick__witness_close(recorder->witness);
    for (size_t i = 0; i < recorder->chunk_count; i++)
        munmap(recorder->chunks[i], TICK__CHUNK_BYTES);
    tick__outside_free(recorder->chunks);
    tick__places_fini(&recorder->places);
    tick__subjects_fini(&recorder->subjects);
    if (recorder->names)
        tick_names_free(recorder->names);
    if (recorder->sink)
        munmap(recorder->sink, TICK__CHUNK_BYTES);
    munmap(recorder, sizeof *recorder);
}

void tick_recorder_reset(struct tick_recorder *recorder) {
    if (recorder->ring)
        return; // what was published cannot be taken back
    if (recorder->named.objects)
        tick_names_clear(recorder->names);
    tick__places_reset(&recorder->places);
    tick__subjects_reset(&recorder->subjects);
    start(recorder);
}

struct tick_probe *tick_recorder_probe(struct tick_recorder *recorder) {
    return &recorder->probe;
}

uint64_t tick_recorder_events(const struct tick_recorder *recorder) {
    return recorder->seq;
}

bool tick_recorder_is_whole(const struct tick_recorder *recorder) {
    return !recorder->losing && !recorder->numberless && !recorder->placeless;
}

struct tick__records tick__recorder_records(const struct tick_recorder *recorder, uint64_t *upto) {
    *upto = recorder->losing ? recorder->kept : recorder->position;
    if (recorder->ring)
        return recorder->ring->records;
    return (struct tick__records){.chunks = recorder->chunks, .mask = UINT64_MAX};
}

struct tick_names *tick_recorder_names(struct tick_recorder *recorder) {
    if (!recorder->names && tick_names_new(&recorder->names) < 0)
        return NULL;
    if (recorder->ring)
        return recorder->names; // its records are the writer's: it names them
    uint64_t upto;
    struct tick__records records = tick__recorder_records(recorder, &upto);
    struct tick__cursor *cursor = &recorder->named;
    while (cursor->position < upto) {
        const struct tick__slot *slot = tick__record_at(&records, cursor->position);
        if (slot->tag == TICK__REC_OBJECT) {
            struct tick_object object;
            uint16_t loc;
            char key[TICK__KEY_MOST + 1];
            tick__record_object(slot, &object, &loc, key);
            cursor->objects++;
            tick_names_tell(recorder->names, cursor->objects, &object);
        } else if (slot->tag == TICK__REC_TEXT) {
            cursor->objects++;
        }
        cursor->position += tick__record_slots(slot);
    }
    return recorder->names;
}

void tick_recorder_end(struct tick_recorder *recorder, const char *verdict, const char *text) {
    if (recorder->ended)
        return;
    struct tick_probe *probe = &recorder->probe;
    uint64_t lost = recorder->numberless && recorder->losing ? keep_on(recorder) : 0;
    bool passed = strcmp(verdict, "pass") == 0;
    // A run that ends in the midst of a step (a check, a crash) ends because of it.
    uint32_t cause = recorder->blamed ? recorder->blamed : probe->here ? probe->here : recorder->step ? recorder->step : recorder->failed;
    if (passed || strcmp(verdict, "deadlock") == 0 || strcmp(verdict, "limit") == 0)
        cause = probe->here;
    uint32_t subject = tell_text(probe, text && *text ? text : verdict);
    tick_emit(probe, TICK_EV_VERDICT, subject, cause, !passed, NULL);
    more(recorder, 3); // the digest reaches the last event
    tick__digest_end(&recorder->digest, verdict, recorder->result, recorder->contents);
    tick__line_put(&(struct tick__line){recorder->verdict, sizeof recorder->verdict, 0}, verdict);
    if (recorder->losing)
        lost += recorder->seq - recorder->kept_seq;
    struct tick__slot_end *record = room(recorder, 3);
    *record = (struct tick__slot_end){
        .head = {.tag = TICK__REC_END, .slots = 3},
        .events = recorder->seq,
        .lost = lost,
    };
    memcpy(record->verdict, recorder->verdict, sizeof record->verdict);
    memcpy(record->digest, recorder->result, sizeof record->digest);
    memcpy(record->contents, recorder->contents, sizeof record->contents);
    publish(recorder, 3);
    say_lost(recorder);
    tick__witness_close(recorder->witness);
    recorder->witness = NULL;
    recorder->ended = true;
}

void tick_recorder_digest(const struct tick_recorder *recorder, uint8_t digest[16]) {
    memcpy(digest, recorder->result, 16);
}

void tick_recorder_contents(const struct tick_recorder *recorder, uint8_t digest[16]) {
    memcpy(digest, recorder->contents, 16);
}
