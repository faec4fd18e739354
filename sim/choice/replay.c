// The replay chooser: answers from a list of deviations, found by address in an open-addressing table. It is asked while hosts run, so that
// its memory is never a host's. Of two deviations with one address the first counts.
//
// A delay that was read from text (n == 0) is resolved here, where the question says how large a delay may be: to the smallest value that
// is not below it. Since the delays of values grow strictly up to `most`, a recorded value comes back exactly.
#include "sim/choice/choosers.h"
#include "sim/choice/kinds_int.h"
#include "src/base/check.h"
#include "src/base/outside.h"
#include <errno.h>
#include <string.h>

struct slot {
    tick_id subject;
    uint64_t ordinal;
    uint32_t kind; // 0: empty
    uint32_t index;
};

struct tick_replay_chooser {
    struct tick_chooser chooser;
    const struct tick_deviation *deviations;
    size_t count;
    struct slot *slots;
    size_t mask, capacity; // capacity: slots allocated
    uint8_t *met;
    size_t met_capacity;
};

static size_t place(const struct tick_replay_chooser *replay, uint32_t kind, tick_id subject, uint64_t ordinal) {
    size_t at = tick_id_mix(subject + kind, ordinal) & replay->mask;
    while (replay->slots[at].kind &&
           (replay->slots[at].subject != subject || replay->slots[at].ordinal != ordinal || replay->slots[at].kind != kind))
        at = (at + 1) & replay->mask;
    return at;
}

static uint32_t choose(struct tick_chooser *self, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    struct tick_replay_chooser *replay = (struct tick_replay_chooser *)self;
    if (tick_is_calm(self->calm, kind))
        return 0;
    const struct slot *slot = &replay->slots[place(replay, kind, subject, ordinal)];
    if (!slot->kind)
        return 0;
    replay->met[slot->index] = 1;
    const struct tick_deviation *deviation = &replay->deviations[slot->index];
    uint32_t value = deviation->value;
    if (!deviation->n && most > 0 && deviation->most > 0) {
        if (deviation->most > most)
            return 0;
        for (value = 1; value < n && tick_scale_delay(value, n, most) < deviation->most;)
            value++;
    }
    return value < n ? value : 0;
}

static const struct tick_chooser_ops ops = {"replay", choose};

static int reserve(struct tick_replay_chooser *replay, size_t count) {
    size_t want = 8;
    while (want < 2 * count)
        want *= 2;
    if (want > replay->capacity) {
        struct slot *slots = tick__outside_alloc(want * sizeof *slots);
        if (!slots)
            return -ENOMEM;
        tick__outside_free(replay->slots);
        replay->slots = slots;
        replay->capacity = want;
    }
    if (count > replay->met_capacity) {
        uint8_t *met = tick__outside_alloc(want);
        if (!met)
            return -ENOMEM;
        tick__outside_free(replay->met);
        replay->met = met;
        replay->met_capacity = want;
    }
    replay->mask = want - 1;
    memset(replay->slots, 0, want * sizeof *replay->slots);
    if (count)
        memset(replay->met, 0, count);
    return 0;
}

int tick_replay_set(struct tick_replay_chooser *replay, const struct tick_deviation *deviations, size_t count) {
    replay->deviations = deviations;
    replay->count = 0;
    replay->chooser.calm = UINT64_MAX; // but for the kinds that the list has
    if (count > UINT32_MAX / 4)
        return -ENOMEM;
    int rc = count ? reserve(replay, count) : 0;
    if (rc < 0)
        return rc;
    replay->count = count;
    for (size_t i = 0; i < count; i++) {
        const struct tick_deviation *deviation = &deviations[i];
        if (!deviation->kind || deviation->kind >= TICK_CHOICE_KINDS)
            continue; // a kind of another version: nobody asks for it
        struct slot *slot = &replay->slots[place(replay, deviation->kind, deviation->subject, deviation->ordinal)];
        if (!slot->kind)
            *slot = (struct slot){deviation->subject, deviation->ordinal, deviation->kind, (uint32_t)i};
        replay->chooser.calm &= ~((uint64_t)1 << deviation->kind);
    }
    return 0;
}

int tick_replay_new(const struct tick_deviation *deviations, size_t count, struct tick_replay_chooser **out) {
    struct tick_replay_chooser *replay = tick__outside_alloc(sizeof *replay);
    if (!replay)
        return -ENOMEM;
    *replay = (struct tick_replay_chooser){.chooser.ops = &ops};
    int rc = tick_replay_set(replay, deviations, count);
    if (rc < 0) {
        tick_replay_free(replay);
        return rc;
    }
    *out = replay;
    return 0;
}

struct tick_chooser *tick_replay_chooser(struct tick_replay_chooser *replay) {
    return &replay->chooser;
}

bool tick_replay_met(const struct tick_replay_chooser *replay, size_t index) {
    TICK_ASSERT(index < replay->count);
    return replay->met[index];
}

void tick_replay_free(struct tick_replay_chooser *replay) {
    if (!replay)
        return;
    tick__outside_free(replay->slots);
    tick__outside_free(replay->met);
    tick__outside_free(replay);
}
