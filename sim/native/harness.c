// A run, from a restored image to its outcome; and the memory that runs share.
#include "sim/native/heap_list.h"
#include "sim/native/image.h"
#include "sim/native/malloc_family.h"
#include "sim/native/open_files.h"
#include "sim/native/run.h"
#include "sim/native/world_int.h"
#include "src/base/check.h"
#include "src/base/keep.h"
#include "src/base/outside.h"
#include "src/loop/loop_int.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_MOST ((size_t)64 << 30) // address space; pages come as they are used
#define ARENA_LEAST ((size_t)256 << 20)
#define STACKS_BASE ((uintptr_t)0x300000000000)

TICK_KEEP static struct tick_world *in_progress = NULL; // for crash handlers and exit

int tick_harness_new(struct tick_harness **out) {
    struct tick_harness *h = tick__outside_alloc(sizeof *h);
    if (!h)
        return -ENOMEM;
    memset(h, 0, sizeof *h);
    // Named here, so that programs that link the library statically get its malloc family.
    bool linked = tick_malloc_family_linked();
    struct tick_stacks_options options = {.base = linked ? (void *)STACKS_BASE : NULL};
    size_t arena = ARENA_MOST;
    int result = tick_kernel_new(arena, &h->world.kernel);
    while (result == -ENOMEM && !linked && arena > ARENA_LEAST) // valgrind has less to give
        result = tick_kernel_new(arena /= 2, &h->world.kernel);
    if (result == 0)
        result = tick_stacks_new(&options, &h->world.stacks);
    if (result == -EEXIST) { // a second harness in this process
        options.base = NULL;
        result = tick_stacks_new(&options, &h->world.stacks);
    }
    if (result == 0 && !(h->world.home = tick_coro_thread_new()))
        result = -ENOMEM;
    if (result < 0) {
        tick_harness_free(h);
        return result;
    }
    tick_heap_list_start();
    tick__exit_link();
    tick__libc_texts_link();
    // libc allocates its buffer at the first print, which must not come from a host's heap.
    TICK_KEEP static char buffer[BUFSIZ] = {0};
    setvbuf(stdout, buffer, _IOLBF, sizeof buffer);
    *out = h;
    return 0;
}

void tick_harness_free(struct tick_harness *h) {
    if (!h)
        return;
    struct tick_world *w = &h->world;
    if (w->home)
        tick_coro_thread_free(w->home);
    if (w->stacks)
        tick_stacks_free(w->stacks);
    if (w->kernel)
        tick_kernel_free(w->kernel);
    for (size_t i = 0; i < w->heaps.count; i++)
        tick_heap_free(((struct tick_heap **)w->heaps.items)[i]);
    for (size_t i = 0; i < w->hosts.count; i++)
        tick__outside_free(((struct tick_host **)w->hosts.items)[i]);
    struct list *const lists[] = {&w->heaps, &w->hosts, &w->deviations, &w->invariants, &w->finals, &w->faults, &w->ranges, &w->musts};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        tick__outside_free(lists[i]->items);
    tick__outside_free(w->waiting);
    tick__outside_free(h);
}

// What a run leaves behind is dropped at its end, and once more before the next, should it not have come to its end.
static void drop(struct tick_world *w) {
    tick_heap_use(NULL);
    tick__signals_restore();
    tick__loop_running = NULL;
    tick_stacks_reset(w->stacks);
    for (size_t i = 0; i <= w->host_count && i < w->heaps.count; i++) {
        struct tick_heap *heap = ((struct tick_heap **)w->heaps.items)[i];
        tick__open_files_drop(heap);
        tick_heap_reset(heap);
    }
    w->host_count = 0;
}

// The images of this process, one a module that holds scenarios: taken before its first run, whichever harness it is in.
TICK_KEEP static struct tick_image *images = NULL;

static int restore_image(const struct tick_scenario *scenario) {
    void *inside;
    memcpy(&inside, &scenario->setup, sizeof inside);
    for (struct tick_image *each = images; each; each = tick_image_next(each)) {
        if (tick_image_holds(each, inside)) {
            tick_image_restore(each);
            return 0;
        }
    }
    return tick_image_take(inside, &images);
}

void tick__harness_begin(struct tick_harness *h, const struct tick_run *run) {
    struct tick_world *w = &h->world;
    w->scenario = run->scenario;
    w->chooser = run->chooser;
    w->calm = run->chooser ? run->chooser->calm : UINT64_MAX; // a real run has none
    w->probe = run->probe;
    w->poison = run->poison;
    w->set_up = run->set_up;
    w->deviations.count = w->invariants.count = w->finals.count = 0;
    w->faults.count = w->ranges.count = w->musts.count = w->musts_open = 0;
    w->quiet_at = TICK_NEVER;
    w->quiet = w->allow_unhandled = false;
    w->ready = NULL;
    w->ready_end = &w->ready;
    w->running = w->real_host = NULL;
    w->live = 0;
    w->ended = w->starved = w->flows = false;
    w->time_limit = TIME_LIMIT;
    w->still.limit = STILL_LIMIT;
    w->iteration_limit = ITERATION_LIMIT;
    w->busy_limit = 0;
    w->iterations = w->choices = w->events = 0;
    w->mark_count = 0;
    memset(&w->outcome, 0, sizeof w->outcome);
    w->blamed_host = w->blamed_task = w->blamed_here = 0;
    w->stage = (struct tick_stage){.probe = run->probe};
    tick_stacks_set_poison(w->stacks, run->poison);
    const struct tick_kernel_env env = {
        .choose = tick__world_choose, .ctx = w, .calm = w->calm, .probe = run->probe, .disk = tick__disk_fault};
    tick_kernel_reset(w->kernel, &env);
    if (run->probe) {
        run->probe->now = 0;
        run->probe->host = run->probe->task = run->probe->here = run->probe->acted = run->probe->arrived = 0;
    }
}

static void fill(const struct tick_world *w, struct tick_outcome *out) {
    *out = w->outcome;
    out->ended_at = tick_kernel_now(w->kernel);
    out->choices = w->choices;
    out->iterations = w->iterations;
    out->checks = w->stage.checks;
    out->deviations = (uint32_t)w->deviations.count;
    out->gist = tick__gist(w, out);
}

int tick_harness_run(struct tick_harness *h, const struct tick_run *run, struct tick_outcome *out) {
    struct tick_world *w = &h->world;
    if (in_progress)
        return TICK_ENESTED;
    int result = restore_image(run->scenario);
    if (result < 0)
        return result;
    tick__harness_begin(h, run);
    in_progress = w;
    tick__stage_set(&w->stage);
    tick__signals_watch();
    tick__world_run(w);
    tick__stage_set(NULL);
    in_progress = NULL;
    fill(w, out);
    drop(w);
    if (run->probe) { // what is told of the verdict is told in the context of the finding
        run->probe->host = w->blamed_host;
        run->probe->task = w->blamed_task;
        run->probe->here = w->blamed_here;
    }
    return w->starved ? -ENOMEM : 0;
}

const struct tick_deviation *tick_harness_deviations(const struct tick_harness *h, size_t *count) {
    *count = h->world.deviations.count;
    return h->world.deviations.items;
}

size_t tick_harness_marks(const struct tick_harness *h, const char *const **names) {
    *names = h->world.marks;
    return h->world.mark_count;
}

bool tick_harness_crashed(int signal, const void *address, struct tick_outcome *out) {
    struct tick_world *w = in_progress;
    if (!w)
        return false;
    const struct tick_host *host = w->running;
    const struct tick_coro *coro = host ? tick__host_stack(host) : NULL;
    char text[sizeof out->text - 100], task[100]; // a stack comes behind the text
    const bool overflow = coro && tick_coro_in_guard(coro, address), in_task = overflow && tick_task_current();
    if (in_task)
        tick__task_words(tick_task_current(), task, sizeof task);
    snprintf(text, sizeof text, "%s%s%s%s%s", overflow ? "stack overflow" : strsignal(signal), host ? " in " : "", host ? host->name : "",
        in_task ? "/" : "", in_task ? task : "");
    // What a program does that does not expect malloc to fail is a consequence.
    bool full = host && tick_heap_is_full(host->heap);
    (void)((signal == SIGSEGV || signal == SIGBUS) && tick_heap_explains(address, text, sizeof text));
    if (full)
        snprintf(text, sizeof text, "%s used up its %zu MiB of memory", host->name, tick_heap_limit() >> 20);
    tick__outcome_fail(&w->outcome, full ? TICK_OUT_OF_MEMORY : TICK_CRASHED, signal, host ? host->name : NULL, NULL, text);
    fill(w, out);
    return true;
}

bool tick__harness_runs(void) {
    return in_progress != NULL;
}

// exit.c: a program that ends itself, in the middle of a run. Returns if no host runs.
void tick__harness_exited(const char *how, int status) {
    struct tick_world *w = in_progress;
    if (!w || !w->running)
        return;
    char text[100];
    snprintf(text, sizeof text, "%s called %s(%d)", w->running->name, how, status);
    w->stage.fail(&w->stage, TICK_EXITED, status, NULL, text);
}

void tick__harness_misused(const char *how) {
    struct tick_world *w = in_progress;
    if (w && w->running)
        w->stage.fail(&w->stage, TICK_CRASHED, SIGABRT, NULL, how);
    fprintf(stderr, "%s\n", how);
    abort();
}
