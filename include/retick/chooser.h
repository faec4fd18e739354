// A chooser answers every question to the outside world. It keeps no counters: the address says all.
#ifndef RETICK_CHOOSER_H
#define RETICK_CHOOSER_H

#include <retick/choice.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tick_chooser {
    const struct tick_chooser_ops *ops;
    // Bit k: it answers every question of kind k with 0, now and for all of the run. Such questions are not put to it. 0: it is asked all.
    uint64_t calm;
};

struct tick_chooser_ops {
    const char *name; // as --chooser spells it
    // Returns a value below n (n >= 1); 0 is calm. Pure in (self's configuration, kind, subject, ordinal, n): the same question has
    // the same answer at any time and in any order. Never blocks, never allocates. `most` is the largest delay of a TIME choice, else 0.
    uint32_t (*choose)(struct tick_chooser *self, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most);
};

#ifdef __cplusplus
}
#endif

#endif
