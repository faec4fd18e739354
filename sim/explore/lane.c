// A campaign's worker: run after run, with nothing in between but a few words of shared memory.
#include "sim/explore/lane_int.h"
#include <stdio.h>
#include <string.h>

void tick__lower_bound(struct tick__shared *shared, uint64_t seed) {
    uint64_t bound = atomic_load(&shared->bound);
    while (seed < bound && !atomic_compare_exchange_weak(&shared->bound, &bound, seed))
        ;
}

void tick__lane_mark(struct tick__lane *lane, const char *reached) {
    char name[sizeof lane->mark->name];
    snprintf(name, sizeof name, "%s", reached);
    uint32_t at = 0;
    while (at < lane->marks && strcmp(lane->mark[at].name, name) != 0)
        at++;
    if (at == TICK__LANE_MARKS)
        return;
    if (at == lane->marks) {
        memcpy(lane->mark[at].name, name, sizeof name);
        lane->marks++;
    }
    lane->mark[at].runs++;
}

static void count_marks(struct tick__lane *lane, const struct tick_harness *harness) {
    const char *const *names;
    size_t count = tick_harness_marks(harness, &names);
    for (size_t i = 0; i < count; i++)
        tick__lane_mark(lane, names[i]);
}

static void failed(const struct tick__lane_of *of, struct tick_harness *harness, uint64_t seed, const struct tick_outcome *outcome) {
    struct tick__lane *lane = of->lane;
    if (!lane->failures || seed < lane->failed) {
        size_t count;
        const struct tick_deviation *deviations = tick_harness_deviations(harness, &count);
        lane->failed = seed;
        lane->outcome = *outcome;
        lane->deviation_count = tick__deviations_copy(lane->deviations, deviations, count);
    }
    lane->failures++;
    if (!of->campaign->keep_going)
        tick__lower_bound(of->shared, seed);
}

void tick__lane_body(void *lane_of, struct tick__page *page, int fd) {
    (void)fd;
    const struct tick__lane_of *of = lane_of;
    const struct tick_campaign *campaign = of->campaign;
    struct tick_harness *harness;
    page->rc = tick_harness_new(&harness);
    if (page->rc >= 0)
        page->rc = tick__sandbox_ready(page, harness);
    struct tick_rates rates;
    if (campaign->rates)
        rates = *campaign->rates;
    else
        tick_rates_default(&rates);
    while (page->rc >= 0 && !atomic_load_explicit(&of->shared->stop, memory_order_relaxed)) {
        uint64_t seed = of->lane->again ? of->lane->again - 1 : atomic_fetch_add_explicit(&of->shared->next, 1, memory_order_relaxed);
        of->lane->again = 0;
        if (seed >= atomic_load_explicit(&of->shared->bound, memory_order_relaxed))
            break;
        page->seed = seed;
        struct tick_random_chooser chooser;
        struct tick_outcome outcome;
        tick_random_init(&chooser, campaign->first + seed, &rates);
        const struct tick_run run = {
            .scenario = campaign->scenario,
            .chooser = &chooser.chooser,
            .probe = campaign->begin ? campaign->begin(campaign->ctx) : NULL,
        };
        page->rc = tick__sandbox_run(page, harness, &run, &outcome);
        if (page->rc < 0)
            return; // the parent tells the error
        if (campaign->end)
            campaign->end(campaign->ctx, &outcome, page->digest);
        of->lane->choices += outcome.choices;
        count_marks(of->lane, harness);
        if (outcome.verdict != TICK_PASS)
            failed(of, harness, seed, &outcome);
        uint64_t runs = atomic_load_explicit(&of->lane->runs, memory_order_relaxed) + 1;
        atomic_store_explicit(&of->lane->runs, runs, memory_order_relaxed);
    }
    if (page->rc >= 0)
        atomic_store(&page->state, TICK__FINISHED);
}
