// What becomes of something that a task was given, and was cancelled before it ran.
#ifndef RETICK_STORY_FATE_H
#define RETICK_STORY_FATE_H

#include "trace/explain/story_int.h"

struct tick__fate {
    uint32_t begin; // the step in which it goes on; 0: the run ends before
    uint32_t by;    // the event that hands it on; 0: there is none
    uint32_t to;    // the task that is woken by that; 0: nobody is
    bool ended;     // nothing is handed on, and the task ends; else it waits again
    bool known;     // it has come to one of these
};
struct tick__fate tick__story_fate(const struct tick__telling *telling, uint32_t task, uint32_t cancel);
// "the wake-up is lost with it, for it hands nothing on before it ends", "when it goes on, at 10 ms, it hands that on to app/c".
#define TICK__RANK_HANDED_ON 26 // nothing was lost, and it may still matter who has it
void tick__story_say_fate(const struct tick__tale *tale, const struct tick__fate *fate, const char *what, struct tick__said *said);

#endif
