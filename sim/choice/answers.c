#include "sim/choice/answers.h"
#include <errno.h>

void tick_answers_seed(struct tick_answers *answers, uint64_t seed, const struct tick_rates *rates) {
    answers->way = TICK_ANSWERS_DRAWN;
    answers->seed = seed;
    if (rates)
        answers->rates = *rates;
    else
        tick_rates_default(&answers->rates);
}

void tick_answering_init(struct tick_answering *answering) {
    answering->replay = NULL;
}

void tick_answering_fini(struct tick_answering *answering) {
    tick_replay_free(answering->replay);
    answering->replay = NULL;
}

int tick_answering_open(
    struct tick_answering *answering, const struct tick_answers *answers, const struct tick_probe *probe, struct tick_chooser **out) {
    if (answers->way == TICK_ANSWERS_DRAWN || answers->way == TICK_ANSWERS_ONWARD)
        tick_random_init(&answering->random, answers->seed, &answers->rates);
    *out = &answering->random.chooser;
    if (answers->way == TICK_ANSWERS_DRAWN)
        return 0;
    const int rc = answering->replay ? tick_replay_set(answering->replay, answers->deviations, answers->count)
                                     : tick_replay_new(answers->deviations, answers->count, &answering->replay);
    if (rc < 0)
        return rc;
    *out = tick_replay_chooser(answering->replay);
    if (answers->way == TICK_ANSWERS_NOTED) {
        tick_asked_init(&answering->asked, answering->replay, answers->kinds, answers->questions, answers->room, answers->asked);
        *out = &answering->asked.chooser;
    }
    if (answers->way == TICK_ANSWERS_ONWARD) {
        if (!probe)
            return -ENOMEM; // there was no memory to listen with
        tick_prefix_init(&answering->prefix, *out, &answering->random.chooser, probe, answers->upto);
        *out = &answering->prefix.chooser;
    }
    return 0;
}
