#include "cli/scenario_trial.h"
#include "cli/input.h"
#include "cli/place.h"
#include "cli/print.h"
#include "sim/explore/trial.h"
#include "sim/native/scenario_target.h"
#include <dlfcn.h>

struct loading {
    const char *object;
    bool hushed;
};

static void load(void *ctx) {
    const struct loading *loading = ctx;
    if (loading->hushed)
        tick__hush(&(struct tick__hush){.repeats = true});
    (void)dlopen(loading->object, RTLD_NOW | RTLD_LOCAL);
}

int tick__scenario_trial(const char *object, const char *file, int64_t hang) {
    struct tick_outcome outcome;
    struct loading loading = {object, true};
    const struct tick_target target = tick_scenario_target(NULL);
    char words[512], place[512], left[640];
    int result = tick_trial(&target, load, &loading, hang, &outcome);
    if (result == 0 && outcome.verdict != TICK_HUNG) { // once more, for what it says itself
        loading.hushed = false;
        result = tick_trial(&target, load, &loading, hang, &outcome);
    }
    if (result < 0) {
        tick__complain_of(file, result, NULL);
        return TICK__EXIT_HARNESS;
    }
    if (result > 0)
        return 0;
    tick__place_words(outcome.text, object, words, sizeof words, place, sizeof place);
    snprintf(left, sizeof left, "%s: %s", tick_verdict_word(outcome.verdict), words);
    tick__say("%s%s%s: %sfails%s when it is loaded, before any scenario runs", tick__colour(stdout, TICK__BOLD), file,
        tick__colour(stdout, TICK__PLAIN), tick__colour(stdout, TICK__RED), tick__colour(stdout, TICK__PLAIN));
    tick__say_columns(left, "at ", place);
    return TICK__EXIT_FINDING;
}
