// The choosers: each in a file of its own (calm.c, random.c, replay.c, asked.c, prefix.c), storage by the caller.
#ifndef RETICK_CHOOSERS_H
#define RETICK_CHOOSERS_H

#include <retick/chooser.h>
#include <retick/probe.h>
#include <stdbool.h>

extern struct tick_chooser tick_calm; // always 0

// Random, keyed: rate of the kind x a factor from H(seed, kind), then the value from H(seed, address), small values likelier.
struct tick_random_chooser {
    struct tick_chooser chooser;
    uint64_t seed;
    uint32_t threshold[TICK_CHOICE_KINDS]; // of 2^32: how often a kind deviates with this seed
    uint64_t key[TICK_CHOICE_KINDS];       // H(seed, kind), mixed into each address
};
struct tick_rates { // in 1/65536 of the occasions; the default is retick/choice.h's
    uint32_t of[TICK_CHOICE_KINDS];
};
void tick_rates_default(struct tick_rates *rates);
void tick_random_init(struct tick_random_chooser *chooser, uint64_t seed, const struct tick_rates *rates); // rates NULL: default

// Replay: answers from a list of deviations (borrowed), found by address through a table of its own; remembers which were met.
struct tick_replay_chooser;
int tick_replay_new(const struct tick_deviation *deviations, size_t count, struct tick_replay_chooser **out); // 0 or -ENOMEM
// Replaces the list, keeping the memory.
int tick_replay_set(struct tick_replay_chooser *replay, const struct tick_deviation *deviations, size_t count);
struct tick_chooser *tick_replay_chooser(struct tick_replay_chooser *replay);
bool tick_replay_met(const struct tick_replay_chooser *replay, size_t index); // whether the run asked for deviation index
void tick_replay_free(struct tick_replay_chooser *replay);

// Asked: answers as a replay, and notes each question of `kinds` (bit k for kind k) that it answered calmly and could have answered
// otherwise, as a deviation of value 0; of more than `room` the first. questions, count: borrowed.
struct tick_asked_chooser {
    struct tick_chooser chooser;
    struct tick_chooser *replay;
    uint64_t kinds;
    struct tick_deviation *questions;
    uint32_t room, *count;
};
void tick_asked_init(struct tick_asked_chooser *asked, struct tick_replay_chooser *replay, uint64_t kinds,
    struct tick_deviation *questions, uint32_t room, uint32_t *count);

// Prefix: `first` answers until a step or callback of the run has begun behind event `upto`, as the probe is told; `then` from there on.
struct tick_prefix_chooser {
    struct tick_chooser chooser;
    struct tick_chooser *first, *then;
    const struct tick_probe *probe; // borrowed; it has to listen
    uint32_t upto;
};
void tick_prefix_init(struct tick_prefix_chooser *chooser, struct tick_chooser *first, struct tick_chooser *then,
    const struct tick_probe *probe, uint32_t upto);

#endif
