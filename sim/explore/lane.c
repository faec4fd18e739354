// A campaign's worker: run after run, with nothing in between but a few words of shared memory.
#include "sim/explore/lane_int.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

void tick__lower_bound(struct tick__shared *shared, uint64_t seed) {
    uint64_t bound = atomic_load(&shared->bound);
    while (seed < bound && !atomic_compare_exchange_weak(&shared->bound, &bound, seed))
        ;
}

// The smallest seed that is still to be run or in the midst of it. Who takes a seed says so before it does (take), hence: next first.
static uint64_t lowest(struct tick__shared *shared) {
    uint64_t low = atomic_load(&shared->next);
    for (int i = 0; i < TICK__LANES_MOST; i++) {
        const uint64_t taken = atomic_load(&shared->taken[i].seed);
        low = taken < low ? taken : low;
    }
    return low;
}

// Counts what waits of runs that are behind all that may still fail: below `low`, where every run has ended, and below the bound.
static void count_waiting(const struct tick__lane_of *of) {
    struct tick__lane *lane = of->lane;
    const uint64_t low = lowest(of->shared), bound = atomic_load(&of->shared->bound), upto = low < bound ? low : bound;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < lane->waiting; i++) {
        if (lane->reached[i].seed < upto)
            lane->mark[lane->reached[i].mark].runs++;
        else
            lane->reached[kept++] = lane->reached[i];
    }
    lane->waiting = kept;
}

void tick__lane_mark(struct tick__lane *lane, uint64_t seed, bool all, const char *reached) {
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
    if (all)
        lane->mark[at].runs++;
    else
        lane->reached[lane->waiting++] = (struct tick__reached){.mark = at & 0xff, .seed = seed & (UINT64_MAX >> 8)};
}

static void count_marks(const struct tick__lane_of *of, uint64_t seed, const struct tick_runner *runner) {
    const char *const *names;
    size_t count = runner->ops->marks(runner, &names);
    for (size_t i = 0; i < count; i++)
        tick__lane_mark(of->lane, seed, of->campaign->keep_going, names[i]);
}

// Makes room for the marks of a run. A worker that has run far ahead of another's long run waits for that one. False: it is over.
static bool make_room(const struct tick__lane_of *of) {
    while (of->lane->waiting > TICK__LANE_LOG - TICK__LANE_MARKS) {
        count_waiting(of);
        if (of->lane->waiting <= TICK__LANE_LOG / 2)
            break;
        if (atomic_load(&of->shared->stop) || atomic_load(&of->shared->next) >= atomic_load(&of->shared->bound))
            return false;
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    }
    return true;
}

// The next seed. Nothing below what is said to be taken is run here from then on, and what was run has lowered the bound if it failed.
static uint64_t take(const struct tick__lane_of *of) {
    _Atomic uint64_t *taken = &of->shared->taken[of->number].seed;
    if (of->lane->again) { // it is taken already
        const uint64_t again = of->lane->again - 1;
        of->lane->again = 0;
        return again;
    }
    atomic_store_explicit(taken, atomic_load_explicit(&of->shared->next, memory_order_relaxed), memory_order_release);
    const uint64_t seed = atomic_fetch_add(&of->shared->next, 1); // whoever sees it sees the line above
    atomic_store_explicit(taken, seed, memory_order_release);
    return seed;
}

static void failed(const struct tick__lane_of *of, const struct tick_runner *runner, uint64_t seed, const struct tick_outcome *outcome) {
    struct tick__lane *lane = of->lane;
    if (!lane->failures || seed < lane->failed) {
        size_t count;
        const struct tick_deviation *deviations = runner->ops->deviations(runner, &count);
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
    struct tick_runner *runner;
    struct tick_answers answers = {0};
    tick_answers_seed(&answers, 0, campaign->rates);
    page->rc = tick__sandbox_open(page, campaign->target, &runner);
    while (page->rc >= 0 && !atomic_load_explicit(&of->shared->stop, memory_order_relaxed) && make_room(of)) {
        uint64_t seed = take(of);
        if (seed >= atomic_load_explicit(&of->shared->bound, memory_order_relaxed))
            break;
        page->seed = seed;
        struct tick_outcome outcome;
        answers.seed = campaign->first + seed;
        const struct tick_request request = {.answers = &answers, .probe = campaign->begin ? campaign->begin(campaign->ctx) : NULL};
        page->rc = tick__sandbox_run(page, runner, &request, &outcome);
        if (page->rc < 0)
            return; // the parent tells the error
        if (campaign->end)
            campaign->end(campaign->ctx, &outcome, page->digest);
        of->lane->choices += outcome.choices;
        of->lane->checks += outcome.checks;
        count_marks(of, seed, runner);
        if (outcome.verdict != TICK_PASS)
            failed(of, runner, seed, &outcome);
        uint64_t runs = atomic_load_explicit(&of->lane->runs, memory_order_relaxed) + 1;
        atomic_store_explicit(&of->lane->runs, runs, memory_order_relaxed);
    }
    if (page->rc < 0)
        return;
    atomic_store(&of->shared->taken[of->number].seed, UINT64_MAX);
    atomic_store(&page->state, TICK__FINISHED);
}
