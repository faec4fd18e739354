// How a program begins: at its snapshot, with the world; or in the midst of a run, as its host is started again, or late.
//
// Then it goes on in the world as it is, where nothing else happens until it comes to its first wait. Its process is one that is held: it
// has started up to where it meets the world (sim/guest/hold.c), and goes back there after each run, so that this costs what a run of the
// rest of its start-up does. What cannot be held is a fresh process each time.
#include "sim/keeper/counted.h"
#include "sim/keeper/tenant_int.h"
#include <stdatomic.h>

#define STANDS (TICK__STATE(TICK_GUEST_WAITING) | TICK__STATE(TICK_GUEST_ENDED))

static void say_who(const struct tick_host *host, struct tick_guest_settings *settings) {
    settings->shared_host = host->index;
    settings->shared_process = host->process;
    settings->shared_waiter = tick__elsewhere(host, 0);
    settings->shared_post = POST_ELSEWHERE;
    settings->shared_life = host->life;
}

enum from { FROM_THE_WORLD, FROM_NOTHING, FROM_ITS_HOLD }; // begins with it; or in the midst of a run

// Its process runs up to its snapshot, in the world as it is.
static void start_up(struct tick__kept *kept, struct tick__keeper *k, enum from from, bool observed) {
    struct tick_host *host = kept->host;
    struct tick_world *w = host->world;
    struct tick_guest_turn *turn = &k->control->turn;
    k->tells = observed;
    turn->back = turn->asks = turn->others = false;
    turn->happened = 0;
    turn->cause = host->here;
    tick__counted(&turn->objects, &turn->events);
    int rc = tick__keeper_request(k, w->answers, observed, w->details);
    if (rc >= 0 && from == FROM_ITS_HOLD)
        tick__guest_again(k);
    else if (rc >= 0)
        rc = tick__guest_start(k);
    if (rc >= 0 && from != FROM_THE_WORLD)
        tick__listen_begin_behind(k->listener, w->probe, turn->objects, turn->events);
    if (rc >= 0 && from == FROM_ITS_HOLD)
        tick__guest_state(k, TICK_GUEST_RUNNING);
    if (rc >= 0)
        rc = tick__guest_await(k, STANDS, w->program);
    kept->gone = rc < 0 || atomic_load(&k->control->state) != TICK_GUEST_WAITING || k->control->at_hold;
}

static bool has(struct tick__kept *kept, struct tick__keeper **keeper, const struct tick_guest_program *program) {
    struct tick_world *w = kept->host->world;
    struct tick_error error;
    if (*keeper)
        return true;
    if (tick__keeper_new(program, keeper, &error) < 0) {
        tick__world_bad(w, kept->host->loc, "program \"%s\": %s", kept->host->name, error.text);
        return false;
    }
    (*keeper)->arena_fd = tick__kept_all(w)->arena;
    return true;
}

// --- with the world ---

bool tick__kept_boot(struct tick__kept *kept, bool observed) {
    say_who(kept->host, &kept->program.settings);
    if (!has(kept, &kept->keeper, &kept->program))
        return false;
    tick__guest_stop(kept->keeper);
    start_up(kept, kept->keeper, FROM_THE_WORLD, observed);
    return true;
}

void tick__kept_listen(struct tick__kept *kept) {
    uint32_t objects, events;
    tick__counted(&objects, &events);
    tick__listen_begin_behind(kept->keeper->listener, kept->host->world->probe, objects, events);
}

// --- in the midst of a run ---

// A life beyond those that are held has no process there, but is a program that can be, or cannot.
static struct tick__held *held_of(struct tick__kept *kept) {
    const uint32_t life = kept->host->lives;
    return &kept->held[life < TICK__HELD_LIVES ? life : TICK__HELD_LIVES - 1];
}

// Its process stands where it is held. false: there is none.
static bool stands_held(struct tick__kept *kept, struct tick__held *held) {
    _Atomic int *watched = kept->host->world->program;
    struct tick__keeper *k = held->keeper;
    if (k->pid && tick__guest_await(k, TICK__STATE(TICK_GUEST_WAITING), watched) < 0 && k->way == TICK_GUEST_REWIND)
        k->way = TICK_GUEST_FORK; // it could not be put back
    if (k->pid)
        return true;
    return tick__guest_start(k) >= 0 && tick__guest_await(k, STANDS, watched) >= 0 && atomic_load(&k->control->state) == TICK_GUEST_WAITING;
}

// What it reads as it starts may be what an earlier life has written.
static bool finds_files(const struct tick__kept *kept) {
    return kept->host->lives && kept->itself && tick_kernel_disk_has(kept->host->world->kernel, kept->host->index);
}

static bool go_on_from_hold(struct tick__kept *kept, struct tick__held *held) {
    if (held->never || finds_files(kept) || kept->program.settings.way == TICK_GUEST_START || kept->host->lives >= TICK__HELD_LIVES - 1)
        return false;
    held->program = kept->program;
    held->program.settings.held = true;
    say_who(kept->host, &held->program.settings);
    if (!has(kept, &held->keeper, &held->program))
        return false;
    held->never = !stands_held(kept, held);
    if (held->never)
        return false;
    held->used = true;
    say_who(kept->host, &held->keeper->control->settings);
    held->keeper->control->settings.tells = kept->host->world->probe != NULL;
    kept->now = held->keeper;
    start_up(kept, held->keeper, FROM_ITS_HOLD, kept->host->world->probe != NULL);
    held->never = held->keeper->control->unheld;
    return !held->never;
}

static void drop_fresh(struct tick__kept *kept) {
    if (kept->fresh)
        tick__kept_ends(kept->host->world, kept->fresh);
    tick__keeper_free(kept->fresh);
    kept->fresh = NULL;
}

static void begin_anew(struct tick__kept *kept, bool held) {
    drop_fresh(kept);
    kept->anew = kept->program;
    kept->anew.settings.files_early = finds_files(kept);
    kept->anew.settings.way = TICK_GUEST_START;
    kept->anew.settings.held = held;
    say_who(kept->host, &kept->anew.settings);
    if (has(kept, &kept->fresh, &kept->anew))
        start_up(kept, kept->fresh, FROM_NOTHING, kept->host->world->probe != NULL);
    kept->now = kept->fresh;
}

// Fresh ones that could be held do likewise where they would be, so that all are alike.
void tick__late_begin(struct tick__kept *kept) {
    struct tick__held *held = held_of(kept);
    kept->deviations = 0;
    kept->points = kept->choices = 0;
    tick__host_tell_start(kept->host);
    if (!go_on_from_hold(kept, held) && !kept->host->world->ended) {
        begin_anew(kept, !held->never && !finds_files(kept));
        if (kept->fresh && kept->fresh->control->unheld) {
            held->never = true;
            begin_anew(kept, false);
        }
    }
    if (kept->now)
        tick__listen_take(kept->now->listener);
}

void tick__late_end(struct tick__kept *kept) {
    drop_fresh(kept);
    for (size_t i = 0; i < TICK__HELD_LIVES; i++) {
        struct tick__held *held = &kept->held[i];
        if (!held->used)
            continue;
        held->used = false;
        struct tick__keeper *k = held->keeper;
        tick__kept_ends(kept->host->world, k);
        const uint32_t state = atomic_load(&k->control->state);
        if (held->never || k->control->way == TICK_GUEST_START) { // the latter for want of another way: one process, one run
            tick__guest_stop(k);
        } else if (state == TICK_GUEST_PARKED || (state == TICK_GUEST_WAITING && !k->control->at_hold)) {
            k->control->turn.back = true;
            tick__guest_state(k, TICK_GUEST_RUNNING);
        }
    }
}

void tick__late_free(struct tick__kept *kept) {
    tick__keeper_free(kept->fresh);
    kept->fresh = NULL;
    for (size_t i = 0; i < TICK__HELD_LIVES; i++) {
        tick__keeper_free(kept->held[i].keeper);
        kept->held[i] = (struct tick__held){0};
    }
}
