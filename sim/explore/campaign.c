// A campaign: workers take seeds from a shared counter, one at a time, so that every seed below one that was taken is taken too. A
// failing seed lowers the shared bound; workers go on while there are seeds below it. When all have ended, the smallest failing seed is
// known, whatever the number of workers and their timing.
//
// A worker makes no system call per run: it reads the counter, the bound and the stop flag in shared memory. The parent watches for
// deaths (end of file on the worker's socket), hangs and time.
#include "sim/explore/campaign.h"
#include "sim/explore/lane_int.h"
#include "src/base/outside.h"
#include "src/base/times.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORKERS_MOST TICK__LANES_MOST
#define IDLE_DEATHS_MOST 5
#define PROGRESS_EVERY ((int64_t)200000000)
#define WATCH_EVERY ((int64_t)TICK__WATCH_EVERY * 1000000)
#define GRACE ((int64_t)500000000) // from the stop to the end of runs in progress

struct worker {
    struct tick__sandbox sandbox;
    struct tick__lane *lane; // shared, outlives the process
    uint64_t retried;        // the seed, + 1, that was in progress when somebody killed it
    int idle_deaths;         // how often somebody killed it between runs
};

struct state {
    const struct tick_campaign *campaign;
    struct tick__shared *shared;
    struct worker *workers;
    int count, alive;
    uint64_t deaths; // runs that ended their worker: failures, too
    bool found;
    uint64_t best; // the smallest failing seed, counted from the first
    struct tick_outcome outcome;
    struct tick_schedule schedule;
    int64_t begun, stopped_at; // host ns; stopped_at 0: not
    bool cut;                  // stopped before it was through
    struct tick_error *error;
};

static int start(struct state *state, struct worker *worker) {
    struct tick__lane_of of = {state->campaign, state->shared, worker->lane, (int)(worker - state->workers)};
    int rc = tick__sandbox_start(&worker->sandbox, tick__lane_body, &of);
    if (rc < 0)
        return tick_error_set(state->error, rc, "cannot start a worker process: %s", tick_error_text(rc));
    state->alive++;
    return 0;
}

static int better(
    struct state *state, uint64_t seed, const struct tick_outcome *outcome, const struct tick_deviation *deviations, uint32_t count) {
    if (state->found && state->best <= seed)
        return 0;
    if (state->found)
        tick_schedule_fini(&state->schedule);
    state->found = true;
    state->best = seed;
    state->outcome = *outcome;
    tick_schedule_init(&state->schedule, state->campaign->target->name);
    for (uint32_t i = 0; i < count; i++) {
        int rc = tick_schedule_add(&state->schedule, &deviations[i]);
        if (rc < 0)
            return tick_error_set(state->error, rc, "out of memory");
    }
    return 0;
}

// Whether there is something to do for a worker that is started now: from `next` on, or this seed.
static bool more_to_do(const struct state *state, uint64_t next) {
    return next < atomic_load(&state->shared->bound) && !atomic_load(&state->shared->stop);
}

// Somebody killed the worker, perhaps by chance in this run: that is to be seen in a fresh one, whose first run it is. 1: it goes on there;
// 0: it died there, too, of itself; or an error.
static int again_or_found(struct state *state, struct worker *worker) {
    struct tick__page *page = worker->sandbox.page;
    char text[sizeof state->error->text];
    if (worker->retried != page->seed + 1 || atomic_load(&page->runs) != 1) {
        worker->retried = worker->lane->again = page->seed + 1;
        const int rc = more_to_do(state, page->seed) ? start(state, worker) : 0;
        return rc < 0 ? rc : 1;
    }
    if (tick__sandbox_explains(&worker->sandbox))
        return 0;
    tick__sandbox_obituary(&worker->sandbox, text, sizeof text);
    return tick_error_set(state->error, TICK_EKILLED, "%s", text);
}

static uint64_t done(const struct state *state) {
    uint64_t runs = state->deaths;
    for (int i = 0; i < state->count; i++)
        runs += atomic_load_explicit(&state->workers[i].lane->runs, memory_order_relaxed);
    return runs;
}

// It ended in the set-up, which every run begins with: the first seed ends like that, and so do all others.
static void end_others(struct state *state) {
    for (int i = 0; i < state->count; i++)
        if (state->workers[i].sandbox.pid)
            tick__sandbox_fini(&state->workers[i].sandbox);
    state->alive = 0;
}

// A worker's process ended (or is ended for a trouble): takes its failure and starts it anew if there is more to do.
static int ended(struct state *state, struct worker *worker, enum tick__trouble trouble) {
    struct tick__page *page = worker->sandbox.page;
    if (!tick__sandbox_bury(&worker->sandbox, trouble))
        return 0;
    state->alive--;
    if (atomic_load(&page->state) != TICK__DIED) {
        if (worker->sandbox.signal && ++worker->idle_deaths < IDLE_DEATHS_MOST)
            return more_to_do(state, atomic_load(&state->shared->next)) ? start(state, worker) : 0;
        if (page->rc < 0)
            return tick_error_set(state->error, page->rc, "a run could not be carried out: %s", tick_error_text(page->rc));
        if (atomic_load(&page->state) != TICK__FINISHED)
            return tick_error_set(state->error, -ECHILD,
                "a worker process ended between runs, or its program closed a file descriptor that it had not opened");
        return 0;
    }
    int rc = worker->sandbox.signal ? again_or_found(state, worker) : 0;
    if (rc)
        return rc < 0 ? rc : 0;
    const bool by_all = page->outcome.in_setup && done(state) == 0;
    const uint64_t seed = by_all ? 0 : page->seed;
    state->deaths++;
    for (uint32_t i = 0; i < page->marks; i++)
        tick__lane_mark(worker->lane, seed, state->campaign->keep_going, page->mark[i]);
    if (!state->campaign->keep_going)
        tick__lower_bound(state->shared, seed);
    rc = better(state, seed, &page->outcome, page->deviations, page->count);
    if (by_all)
        end_others(state);
    if (rc < 0 || by_all)
        return rc;
    return more_to_do(state, atomic_load(&state->shared->next)) ? start(state, worker) : 0;
}

static bool report(const struct state *state, int64_t now) {
    const struct tick_campaign *campaign = state->campaign;
    struct tick_campaign_progress progress = {
        .done = done(state), .total = campaign->count, .elapsed = tick__until(now, state->begun), .left = -1};
    if (progress.elapsed > 0)
        progress.rate = (double)progress.done * 1e9 / (double)progress.elapsed;
    if (campaign->count && progress.rate > 0)
        progress.left = (int64_t)((double)(campaign->count - progress.done) / progress.rate * 1e9);
    const int64_t time_left = tick__until(campaign->time, progress.elapsed);
    if (campaign->time > 0 && (progress.left < 0 || time_left < progress.left))
        progress.left = time_left;
    return campaign->progress(campaign->ctx, &progress);
}

static void stop(struct state *state, int64_t now) {
    if (state->stopped_at)
        return;
    atomic_store(&state->shared->stop, true);
    state->stopped_at = now;
    state->cut = true;
}

// Looks after hangs and memory; after a stop, after those that do not end.
static int watch(struct state *state, int64_t now) {
    for (int i = 0; i < state->count; i++) {
        struct worker *worker = &state->workers[i];
        if (!worker->sandbox.pid)
            continue;
        if (state->stopped_at && tick__until(now, state->stopped_at) > GRACE) {
            tick__sandbox_fini(&worker->sandbox); // nobody wants its verdict any more
            state->alive--;
            continue;
        }
        enum tick__trouble trouble = tick__sandbox_watch(&worker->sandbox, state->campaign->hang, state->campaign->memory);
        int rc = trouble ? ended(state, worker, trouble) : 0;
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int wait_for_workers(struct state *state, struct pollfd *fds, int timeout) {
    int count = 0;
    for (int i = 0; i < state->count; i++)
        if (state->workers[i].sandbox.pid)
            fds[count++] = (struct pollfd){.fd = state->workers[i].sandbox.fd, .events = POLLIN};
    if (poll(fds, (nfds_t)count, timeout) <= 0)
        return 0;
    count = 0;
    for (int i = 0; i < state->count; i++) {
        if (!state->workers[i].sandbox.pid)
            continue;
        if (fds[count++].revents) { // nothing is ever written: it is the end
            int rc = ended(state, &state->workers[i], TICK__NO_TROUBLE);
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

static int supervise(struct state *state) {
    const struct tick_campaign *campaign = state->campaign;
    struct pollfd fds[WORKERS_MOST];
    int64_t hang = campaign->hang > 0 ? campaign->hang : WATCH_EVERY * 4;
    int64_t every = hang / 4 < WATCH_EVERY ? hang / 4 : WATCH_EVERY;
    int64_t watched = state->begun, reported = state->begun;
    int timeout = (int)(every / 1000000) + 1;
    while (state->alive) {
        int rc = wait_for_workers(state, fds, timeout);
        if (rc < 0)
            return rc;
        int64_t now = tick__host_now();
        if (tick__until(now, watched) >= every) {
            watched = now;
            rc = watch(state, now);
            if (rc < 0)
                return rc;
        }
        if (campaign->progress && !state->stopped_at && tick__until(now, reported) >= PROGRESS_EVERY) {
            reported = now;
            if (!report(state, now))
                stop(state, now);
        }
        if (campaign->time > 0 && tick__until(now, state->begun) >= campaign->time)
            stop(state, now);
    }
    return 0;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct tick_campaign_mark *)a)->name, ((const struct tick_campaign_mark *)b)->name);
}

// What a lane still has waiting: of runs up to the smallest failing seed, or of all.
static void count_rest(struct tick__lane *lane, uint64_t most) {
    for (uint32_t i = 0; i < lane->waiting; i++)
        lane->mark[lane->reached[i].mark].runs += lane->reached[i].seed <= most;
    lane->waiting = 0;
}

static int gather_marks(const struct state *state, uint64_t most_seed, struct tick_campaign_result *result) {
    size_t most = (size_t)state->count * TICK__LANE_MARKS, count = 0;
    struct tick_campaign_mark *all = tick__outside_alloc(most * sizeof *all);
    if (!all)
        return -ENOMEM;
    for (int i = 0; i < state->count; i++) {
        struct tick__lane *lane = state->workers[i].lane;
        count_rest(lane, most_seed);
        for (uint32_t k = 0; k < lane->marks; k++)
            if (lane->mark[k].runs > 0)
                all[count++] = lane->mark[k];
    }
    if (count)
        qsort(all, count, sizeof *all, by_name);
    for (size_t i = 0; i < count; i++) {
        struct tick_campaign_mark *last = result->marks ? &result->mark[result->marks - 1] : NULL;
        if (last && !strcmp(last->name, all[i].name))
            last->runs += all[i].runs;
        else if (result->marks < sizeof result->mark / sizeof *result->mark)
            result->mark[result->marks++] = all[i];
        else
            break;
    }
    tick__outside_free(all);
    return 0;
}

static int gather(struct state *state, struct tick_campaign_result *result) {
    result->runs = done(state);
    result->failures = state->deaths;
    for (int i = 0; i < state->count; i++) {
        const struct tick__lane *lane = state->workers[i].lane;
        result->failures += lane->failures;
        result->choices += lane->choices;
        result->checks += lane->checks;
        if (lane->failures) {
            int rc = better(state, lane->failed, &lane->outcome, lane->deviations, lane->deviation_count);
            if (rc < 0)
                return rc;
        }
    }
    const bool first = state->found && !state->campaign->keep_going && !state->cut; // all smaller seeds have been run, and passed
    if (first) {
        result->runs = state->best + 1;
        result->failures = 1;
    }
    result->elapsed = tick__until(tick__host_now(), state->begun);
    int rc = gather_marks(state, first ? state->best : UINT64_MAX, result);
    if (rc < 0)
        return tick_error_set(state->error, rc, "out of memory");
    if (state->found) {
        result->found = true;
        result->seed = state->campaign->first + state->best;
        result->outcome = state->outcome;
        result->schedule = state->schedule;
        state->found = false; // the schedule is the result's now
    }
    return 0;
}

static int how_many(const struct tick_campaign *campaign) {
    long workers = campaign->workers > 0 ? campaign->workers : sysconf(_SC_NPROCESSORS_ONLN);
    if (workers < 1)
        workers = 1;
    if (campaign->count && (uint64_t)workers > campaign->count)
        workers = (long)campaign->count;
    return workers < WORKERS_MOST ? (int)workers : WORKERS_MOST;
}

int tick_campaign_run(const struct tick_campaign *campaign, struct tick_campaign_result *result, struct tick_error *error) {
    struct state state = {.campaign = campaign, .error = error, .begun = tick__host_now()};
    int count = how_many(campaign), rc = -ENOMEM;
    *result = (struct tick_campaign_result){0};
    state.shared = tick__shared_new(sizeof *state.shared);
    state.workers = tick__outside_alloc((size_t)count * sizeof *state.workers);
    if (!state.shared || !state.workers)
        goto out;
    memset(state.workers, 0, (size_t)count * sizeof *state.workers);
    for (int i = 0; i < TICK__LANES_MOST; i++)
        atomic_store(&state.shared->taken[i].seed, UINT64_MAX);
    atomic_store(&state.shared->bound, campaign->count ? campaign->count : UINT64_MAX - campaign->first);
    for (; state.count < count; state.count++) {
        struct worker *worker = &state.workers[state.count];
        worker->lane = tick__shared_new(sizeof *worker->lane);
        if (!worker->lane || tick__sandbox_new(&worker->sandbox) < 0) {
            tick__shared_free(worker->lane, sizeof *worker->lane);
            goto out;
        }
    }
    rc = 0;
    for (int i = 0; i < count && rc >= 0; i++)
        rc = start(&state, &state.workers[i]);
    if (rc >= 0)
        rc = supervise(&state);
    if (rc >= 0)
        rc = gather(&state, result);
out:
    if (rc == -ENOMEM)
        tick_error_set(error, rc, "out of memory");
    for (int i = 0; i < state.count; i++) {
        tick__sandbox_fini(&state.workers[i].sandbox);
        tick__shared_free(state.workers[i].lane, sizeof *state.workers[i].lane);
    }
    if (state.found)
        tick_schedule_fini(&state.schedule);
    tick__outside_free(state.workers);
    tick__shared_free(state.shared, sizeof *state.shared);
    return rc < 0 ? rc : 0;
}

void tick_campaign_result_fini(struct tick_campaign_result *result) {
    if (result->found)
        tick_schedule_fini(&result->schedule);
    result->found = false;
}
