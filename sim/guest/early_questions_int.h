// What was asked before the snapshot. All of it was answered with 0, and stays so: some questions are put more than once (a readiness at
// each poll that finds it), and an answer that changed at the snapshot would tell where that was.
#ifndef RETICK_EARLY_QUESTIONS_INT_H
#define RETICK_EARLY_QUESTIONS_INT_H

#include <retick/choice.h>
#include <stdbool.h>

void tick__guest_early_add(enum tick_choice_kind kind, tick_id subject, uint64_t ordinal);
bool tick__guest_early_has(enum tick_choice_kind kind, tick_id subject, uint64_t ordinal);

#endif
