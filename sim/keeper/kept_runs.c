// The programs of a world, from run to run: their processes stand at their snapshots when a run begins, and go back there when it is over.
//
// What a process had of the kernel at its snapshot (fds, sockets, watches) lies in the world's memory, behind what the set-up had made by
// then. So that has to be the same each time, bit for bit: it is compared. If it is, the world is put where it was when all programs stood
// there, which costs a copy of what was used; if not, they are started anew.
#include "sim/keeper/counted.h"
#include "sim/keeper/tenant_int.h"
#include "src/base/outside.h"
#include <string.h>
#include <unistd.h>

static bool waits_to_begin(const struct tick_host *host) {
    for (size_t i = 0; i < sizeof host->options.after / sizeof *host->options.after; i++)
        if (host->options.after[i])
            return true;
    return host->options.start > 0;
}

static bool keep_world(const struct tick_world *w, char **bytes, size_t *size) {
    const void *world = tick_kernel_world(w->kernel, size);
    char *kept = tick__outside_realloc(*bytes, *size);
    if (!kept)
        return false;
    memcpy(kept, world, *size);
    *bytes = kept;
    return true;
}

static bool is_same_world(const struct tick_world *w, const struct tick__kept_all *all) {
    size_t size;
    const void *world = tick_kernel_world(w->kernel, &size);
    return size == all->before_size && memcmp(world, all->before, size) == 0;
}

// Whether all stand where the run begins.
static bool stand(const struct tick_world *w, const struct tick__kept_all *all) {
    uint32_t objects, events;
    tick__counted(&objects, &events);
    bool ready = all->standing && all->observed == (w->probe != NULL) && (!w->probe || (all->objects == objects && all->events == events));
    for (size_t i = 0; i < all->count && ready; i++) {
        struct tick__kept *kept = tick__kept_at(all, i);
        struct tick__keeper *k = kept->keeper;
        if (!kept->boots)
            continue;
        ready = !kept->changed && k && k->pid && tick__guest_await(k, TICK__STATE(TICK_GUEST_WAITING), w->program) == 0;
    }
    return ready && is_same_world(w, all);
}

static void boot_all(struct tick_world *w, struct tick__kept_all *all) {
    all->standing = false;
    all->observed = w->probe != NULL;
    if (all->observed)
        tick__counted(&all->objects, &all->events);
    if (!keep_world(w, &all->before, &all->before_size)) {
        tick__world_starve(w);
        return;
    }
    bool standing = true;
    for (size_t i = 0; i < all->count && !w->ended; i++) {
        struct tick__kept *kept = tick__kept_at(all, i);
        if (!kept->boots)
            continue;
        if (!tick__kept_boot(kept, all->observed))
            return;
        tick__kept_listen(kept);
        standing = standing && !kept->gone;
        kept->changed = false;
    }
    if (!keep_world(w, &all->then, &all->then_size)) {
        tick__world_starve(w);
        return;
    }
    all->standing = standing;
}

static void begin(struct tick_world *w) {
    struct tick__kept_all *all = tick__kept_all(w);
    for (size_t i = 0; i < all->count; i++) {
        struct tick__kept *kept = tick__kept_at(all, i);
        kept->boots = !waits_to_begin(kept->host);
        kept->begun = kept->gone = kept->booted_ran = false;
        kept->now = NULL;
        kept->deviations = 0;
        kept->points = kept->choices = 0;
        if (!kept->boots)
            continue;
        if (tick__host_begin(kept->host) < 0) {
            tick__world_starve(w);
            return;
        }
        tick__host_tell_start(kept->host);
    }
    if (!stand(w, all)) {
        boot_all(w, all);
        return;
    }
    tick_kernel_put(w->kernel, all->then, all->then_size);
    for (size_t i = 0; i < all->count; i++)
        if (tick__kept_at(all, i)->boots)
            tick__kept_listen(tick__kept_at(all, i));
}

static void take_questions(const struct tick_world *w, const struct tick__keeper *k) {
    const struct tick_answers *answers = w->answers;
    if (answers->way != TICK_ANSWERS_NOTED)
        return;
    for (uint32_t i = 0; i < k->control->question_count && *answers->asked < answers->room; i++)
        answers->questions[(*answers->asked)++] = k->control->questions[i];
}

void tick__kept_ends(const struct tick_world *w, struct tick__keeper *keeper) {
    const char *trouble;
    take_questions(w, keeper);
    (void)tick__listen_end(keeper->listener, &trouble);
}

static void end(struct tick_world *w) {
    struct tick__kept_all *all = tick__kept_all(w);
    for (size_t i = 0; i < all->count; i++) {
        struct tick__kept *kept = tick__kept_at(all, i);
        if (kept->keeper && kept->boots && kept->booted_ran) {
            tick__kept_ends(w, kept->keeper);
            if (kept->keeper->control->state == TICK_GUEST_PARKED) {
                kept->keeper->control->turn.back = true;
                tick__guest_state(kept->keeper, TICK_GUEST_RUNNING);
            }
        }
        tick__late_end(kept);
    }
    if (w->program)
        atomic_store(w->program, 0);
    tick__counted_end();
    tick_kernel_wipe(w->kernel);
}

static void release(struct tick_others *others) {
    struct tick__kept_all *all = (struct tick__kept_all *)others;
    for (size_t i = 0; i < all->kept.count; i++) {
        struct tick__kept *kept = tick__kept_at(all, i);
        tick__keeper_free(kept->keeper);
        tick__late_free(kept);
        tick__outside_free(kept->spec);
        tick__outside_free(kept->words);
        tick__outside_free(kept);
    }
    tick__outside_free(all->kept.items);
    tick__outside_free(all->before);
    tick__outside_free(all->then);
    if (all->arena >= 0)
        close(all->arena);
    tick__outside_free(all);
}

const struct tick_others_ops tick__kept_ops = {begin, end, release};
