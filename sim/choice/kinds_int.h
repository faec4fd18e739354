// The kind table of retick/choice.h, to look things up in.
#ifndef RETICK_KINDS_INT_H
#define RETICK_KINDS_INT_H

#include <retick/choice.h>
#include <stddef.h>

static inline enum tick_choice_unit tick__kind_unit(uint32_t kind) {
    static const uint8_t units[TICK_CHOICE_KINDS] = {
#define TICK_KIND_UNIT(name, number, word, sound, rate, unit, manual, because) [number] = (unit),
        TICK_CHOICES(TICK_KIND_UNIT)
#undef TICK_KIND_UNIT
    };
    return kind < TICK_CHOICE_KINDS ? (enum tick_choice_unit)units[kind] : TICK_UNIT_VALUE;
}

static inline enum tick_soundness tick__kind_soundness(uint32_t kind) {
    static const uint8_t soundness[TICK_CHOICE_KINDS] = {
#define TICK_KIND_SOUND(name, number, word, sound, rate, unit, manual, because) [number] = (sound),
        TICK_CHOICES(TICK_KIND_SOUND)
#undef TICK_KIND_SOUND
    };
    return kind < TICK_CHOICE_KINDS ? (enum tick_soundness)soundness[kind] : TICK_RELAXED;
}

// The kind's word, NULL for a number that is no kind.
static inline const char *tick__kind_word(uint32_t kind) {
    static const char *const words[TICK_CHOICE_KINDS] = {
#define TICK_KIND_WORD(name, number, word, sound, rate, unit, manual, because) [number] = (word),
        TICK_CHOICES(TICK_KIND_WORD)
#undef TICK_KIND_WORD
    };
    return kind < TICK_CHOICE_KINDS ? words[kind] : NULL;
}

#endif
