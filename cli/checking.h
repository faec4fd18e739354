// What `retick check` knows of a scenario's runs: those of the first way, by seed, and in which other ways they were others.
#ifndef RETICK_CLI_CHECKING_H
#define RETICK_CLI_CHECKING_H

#include "cli/abroad.h"
#include "cli/input.h"
#include "cli/output.h"

// X(constant, in words, poison, whether each run has a process of its own)
#define TICK__WAYS(X) \
    X(TICK__FRESH, "in a fresh process", 0, true) \
    X(TICK__AGAIN, "in another fresh process", 0, true) \
    X(TICK__AFTER, "after other runs", 0, false) \
    X(TICK__POISON_A, "with memory of 0xa5", 0xa5, true) \
    X(TICK__POISON_B, "with memory of 0x5a", 0x5a, true) \
    X(TICK__BY_FORK, "by fork", 0, false) \
    X(TICK__BY_START, "in fresh starts", 0, false) \
    X(TICK__OTHER_ADDRESSES, "with addresses randomised", 0, false) \
    X(TICK__OTHER_FOLDER, "in another folder", 0, false) \
    X(TICK__OTHER_ENVIRONMENT, "in another environment", 0, false)
// Those from fork on are of programs behind --, whose memory is as it is. What differs in other surroundings, the last three, is a note:
// retick fixes the first, and the user the others. Scenarios have theirs by cli/abroad.h.

enum tick__way {
#define TICK__WAY_ENUM(name, text, poison, fresh) name,
    TICK__WAYS(TICK__WAY_ENUM)
#undef TICK__WAY_ENUM
        TICK__WAY_COUNT
};

// How many seeds are other runs in some way, and the first of them.
struct tick__differing {
    uint64_t runs, contents; // with other events; with the same, which hold something else
    uint64_t seed;           // the first of either, by what weighs more
};
static inline bool tick__differs(const struct tick__differing *differing) {
    return differing->runs + differing->contents > 0;
}
static inline void tick__differing_count(struct tick__differing *differing, enum tick__likeness likeness, uint64_t seed) {
    if (likeness == TICK__OTHER_RUN ? !differing->runs : likeness == TICK__OTHER_CONTENTS && !tick__differs(differing))
        differing->seed = seed;
    differing->runs += likeness == TICK__OTHER_RUN;
    differing->contents += likeness == TICK__OTHER_CONTENTS;
}

struct tick__check {
    struct tick__load load;
    struct tick__run_options run;
    uint64_t first, count, warm;
    const char *output;
    struct tick__output_rules rules;
    bool strict;
    struct tick__loaded loaded;
    struct tick__attempt *base; // of the first way, by seed
    struct tick__differing ways[TICK__WAY_COUNT], abroad[TICK__SURROUNDING_COUNT];
    struct tick__differing unexplained; // in another process, and no single surrounding did it
    bool went_abroad;                   // else that could not be tried
    struct tick__abroad country;
    uint64_t failing, deviations;
    struct tick__check_guest *guest; // of a program behind --
};
struct tick__input tick__check_input(const struct tick__check *check, uint64_t seed, enum tick__way way);
const char *tick__way_text(enum tick__way way);

// check_guest.c: a program's surroundings.
int tick__check_guest_open(struct tick__check *check); // 0 or an exit code
void tick__check_guest_close(struct tick__check *check);
void tick__check_guest_surround(const struct tick__check *check, enum tick__way way); // of the runs that come next
static inline bool tick__is_surrounding(enum tick__way way) {
    return way >= TICK__OTHER_ADDRESSES;
}
bool tick__check_guest_can(const struct tick__check *check, enum tick__way way); // vary it here
// What it is that they depend on: "the environment: HOME, LANG". After the runs in another environment, which this may repeat variable by
// variable. 0 or a negative error.
int tick__check_guest_cause(struct tick__check *check, enum tick__way way, char *text, size_t size);
// cmd_check.c: each seed in that way, compared with the first. 0 or a negative error.
int tick__check_run_way(struct tick__check *check, enum tick__way way, struct tick__differing *differing);

// check_abroad.c: fills `abroad`. 0, or a negative error that is told in words by `went_abroad`.
int tick__check_abroad(struct tick__check *check);
// check_show.c: records the first seed that differs both ways, and says where the two part. Their traces stay, or not. 0, or the exit code
// to end with (the reason has been told).
int tick__check_show_way(const struct tick__check *check, enum tick__way way, bool keep);
int tick__check_show_abroad(struct tick__check *check, enum tick__surrounding which, bool keep);

#endif
