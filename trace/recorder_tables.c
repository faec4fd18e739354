// The recorder's two look-ups: places by pointer and content, object ids by stable id. Both keep their memory from run to run.
#include "src/base/outside.h"
#include "trace/recorder_int.h"
#include <string.h>

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_place(const struct tick_loc *a, const struct tick_loc *b) {
    return a->line == b->line && same_text(a->function, b->function) && same_text(a->file, b->file) && same_text(a->name, b->name);
}

static struct tick__place_entry *place_entry(struct tick__place_entry *table, uint32_t capacity, const struct tick_loc *pointer) {
    uint32_t at = (uint32_t)((((uintptr_t)pointer >> 4) * 0x9e3779b97f4a7c15u) >> 32) & (capacity - 1);
    while (table[at].pointer && table[at].pointer != pointer)
        at = (at + 1) & (capacity - 1);
    return &table[at];
}

// Where a place of this content stands, or would.
static uint32_t *alike(const struct tick__places *places, const struct tick_loc *loc) {
    uint64_t hash = tick_id_mix(loc->file ? tick_id_text(loc->file) : 0, (uint64_t)loc->line);
    hash = tick_id_mix(hash, loc->name ? tick_id_text(loc->name) : 0); // few share both, and differ in their function
    uint32_t at = (uint32_t)hash & (places->capacity - 1);
    while (places->alike[at] && !same_place(places->place[places->alike[at] - 1].loc, loc))
        at = (at + 1) & (places->capacity - 1);
    return &places->alike[at];
}

static bool places_grow(struct tick__places *places) {
    uint32_t capacity = places->capacity ? 2 * places->capacity : 256;
    struct tick__place_entry *table = tick__outside_alloc(capacity * sizeof *table);
    uint32_t *alikes = tick__outside_alloc(capacity * sizeof *alikes);
    struct tick__place *place = tick__outside_realloc(places->place, capacity * sizeof *place);
    if (place)
        places->place = place;
    if (!table || !alikes || !place) {
        tick__outside_free(table);
        tick__outside_free(alikes);
        return false;
    }
    memset(table, 0, capacity * sizeof *table);
    memset(alikes, 0, capacity * sizeof *alikes);
    for (uint32_t i = 0; i < places->capacity; i++)
        if (places->table[i].pointer)
            *place_entry(table, capacity, places->table[i].pointer) = places->table[i];
    tick__outside_free(places->table);
    tick__outside_free(places->alike);
    places->table = table;
    places->alike = alikes;
    places->capacity = capacity;
    for (uint32_t i = 0; i < places->place_count; i++)
        *alike(places, places->place[i].loc) = i + 1;
    return true;
}

uint16_t tick__places_id(struct tick__places *places, const struct tick_loc *loc, bool *fresh) {
    *fresh = false;
    if (2 * places->count >= places->capacity && !places_grow(places))
        return 0;
    struct tick__place_entry *entry = place_entry(places->table, places->capacity, loc);
    if (!entry->pointer) {
        uint32_t *place = alike(places, loc);
        if (!*place) {
            *place = places->place_count + 1;
            places->place[places->place_count++] = (struct tick__place){.loc = loc, .run = places->run - 1};
        }
        *entry = (struct tick__place_entry){.pointer = loc, .place = *place - 1};
        places->count++;
    }
    struct tick__place *place = &places->place[entry->place];
    if (place->run != places->run) {
        if (places->told == UINT16_MAX)
            return 0;
        place->run = places->run;
        place->id = ++places->told;
        *fresh = true;
    }
    return place->id;
}

void tick__places_reset(struct tick__places *places) {
    places->run++;
    places->told = 0;
}

void tick__places_fini(struct tick__places *places) {
    tick__outside_free(places->table);
    tick__outside_free(places->alike);
    tick__outside_free(places->place);
}

// A long real run makes objects without end and draws no deviations: later objects than these have no row of their own in a choice.
#define SUBJECTS_MOST (1u << 20)

void tick__subjects_grow(struct tick__subjects *subjects) {
    uint32_t room = subjects->room ? 2 * subjects->room : 256;
    if (room > SUBJECTS_MOST)
        return;
    struct tick__subject *told = tick__outside_realloc(subjects->told, room * sizeof *told);
    if (!told)
        return;
    subjects->told = told;
    subjects->room = room;
}

static void index_subject(struct tick__subjects *subjects, uint32_t index) {
    uint32_t at = (uint32_t)(subjects->told[index].id >> 17) & (subjects->capacity - 1);
    while (subjects->table[at] && subjects->told[subjects->table[at] - 1].id != subjects->told[index].id)
        at = (at + 1) & (subjects->capacity - 1);
    subjects->table[at] = index + 1; // told again: the latest counts
}

uint32_t tick__subjects_find(struct tick__subjects *subjects, tick_id id) {
    if (2 * subjects->count >= subjects->capacity) {
        uint32_t capacity = subjects->capacity ? subjects->capacity : 256;
        while (capacity <= 2 * subjects->count)
            capacity *= 2;
        uint32_t *table = tick__outside_realloc(subjects->table, capacity * sizeof *table);
        if (!table)
            return 0;
        memset(table, 0, capacity * sizeof *table);
        subjects->table = table;
        subjects->capacity = capacity;
        subjects->indexed = 0;
    }
    while (subjects->indexed < subjects->count)
        index_subject(subjects, subjects->indexed++);
    uint32_t at = (uint32_t)(id >> 17) & (subjects->capacity - 1);
    while (subjects->table[at]) {
        const struct tick__subject *subject = &subjects->told[subjects->table[at] - 1];
        if (subject->id == id)
            return subject->object;
        at = (at + 1) & (subjects->capacity - 1);
    }
    return 0;
}

void tick__subjects_reset(struct tick__subjects *subjects) {
    if (subjects->indexed)
        memset(subjects->table, 0, subjects->capacity * sizeof *subjects->table);
    subjects->count = subjects->indexed = 0;
}

void tick__subjects_fini(struct tick__subjects *subjects) {
    tick__outside_free(subjects->told);
    tick__outside_free(subjects->table);
}
