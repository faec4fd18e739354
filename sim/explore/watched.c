#include "sim/explore/watched.h"
#include "sim/explore/last_words_int.h"
#include "src/base/outside.h"
#include <errno.h>
#include <string.h>

struct tick_watched {
    struct tick_runner runner; // for the handlers
    bool (*crashed)(int signal, const void *address, struct tick_outcome *out);
    struct tick__page *page;
};

static const struct tick_deviation *no_deviations(const struct tick_runner *self, size_t *count) {
    (void)self;
    *count = 0;
    return NULL;
}

static size_t no_marks(const struct tick_runner *self, const char *const **names) {
    (void)self;
    *names = NULL;
    return 0;
}

static bool crashed(struct tick_runner *self, int signal, const void *address, struct tick_outcome *out) {
    return ((struct tick_watched *)self)->crashed(signal, address, out);
}

static const struct tick_runner_ops ops = {.deviations = no_deviations, .marks = no_marks, .crashed = crashed};

int tick_watched_new(struct tick_watched **out) {
    struct tick_watched *watched = tick__outside_alloc(sizeof *watched);
    if (!watched)
        return -ENOMEM;
    *watched = (struct tick_watched){.runner = {&ops}, .page = tick__shared_new(sizeof *watched->page)};
    if (!watched->page) {
        tick__outside_free(watched);
        return -ENOMEM;
    }
    *out = watched;
    return 0;
}

int tick_watched_begin(struct tick_watched *watched, bool (*fn)(int signal, const void *address, struct tick_outcome *out)) {
    watched->crashed = fn;
    watched->page->keeps_place = true;
    atomic_store(&watched->page->runs, 1);
    atomic_store(&watched->page->state, TICK__RUNNING);
    tick__last_words_then_die();
    return tick__last_words_install(watched->page, &watched->runner);
}

void tick_watched_end(struct tick_watched *watched) {
    atomic_store(&watched->page->state, TICK__FINISHED);
}

bool tick_watched_told(const struct tick_watched *watched, struct tick_outcome *out) {
    if (atomic_load(&watched->page->state) != TICK__DIED || watched->page->outside)
        return false;
    *out = watched->page->outcome;
    return true;
}

int tick_watched_signal(const struct tick_watched *watched) {
    return atomic_load(&watched->page->state) == TICK__DIED && watched->page->outside ? watched->page->outcome.code : 0;
}

void tick_watched_free(struct tick_watched *watched) {
    if (!watched)
        return;
    tick__shared_free(watched->page, sizeof *watched->page);
    tick__outside_free(watched);
}
