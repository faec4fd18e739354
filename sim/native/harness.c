// A run, from a restored image to its outcome; and the memory that runs share.
#include "sim/native/harness_int.h"
#include "sim/native/heap_list.h"
#include "sim/native/image.h"
#include "sim/native/malloc_family.h"
#include "sim/native/open_files.h"
#include "sim/native/run.h"
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

TICK_KEEP static struct natives *in_progress = NULL; // for crash handlers and exit

int tick_harness_new(struct tick_harness **out) {
    struct tick_harness *h = tick__outside_alloc(sizeof *h);
    if (!h)
        return -ENOMEM;
    memset(h, 0, sizeof *h);
    // Named here, so that programs that link the library statically get its malloc family.
    bool linked = tick_malloc_family_linked();
    struct tick_stacks_options options = {.base = linked ? (void *)STACKS_BASE : NULL};
    size_t arena = ARENA_MOST;
    int result = tick_kernel_new(arena, &h->natives.world.kernel);
    while (result == -ENOMEM && !linked && arena > ARENA_LEAST) // valgrind has less to give
        result = tick_kernel_new(arena /= 2, &h->natives.world.kernel);
    if (result == 0)
        result = tick_stacks_new(&options, &h->natives.stacks);
    if (result == -EEXIST) { // a second harness in this process
        options.base = NULL;
        result = tick_stacks_new(&options, &h->natives.stacks);
    }
    if (result == 0 && !(h->natives.home = tick_coro_thread_new()))
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
    struct natives *n = &h->natives;
    struct tick_world *w = &n->world;
    if (n->home)
        tick_coro_thread_free(n->home);
    if (n->stacks)
        tick_stacks_free(n->stacks);
    if (w->kernel)
        tick_kernel_free(w->kernel);
    for (size_t i = 0; i < n->heaps.count; i++)
        tick_heap_free(((struct tick_heap **)n->heaps.items)[i]);
    tick__outside_free(n->heaps.items);
    for (size_t i = 0; i < w->hosts.count; i++)
        tick__outside_free(tick__native(tick__world_host(w, i)));
    tick__world_fini(w);
    tick__outside_free(n->waiting);
    tick__outside_free(h);
}

// What a run leaves behind is dropped at its end, and once more before the next, should it not have come to its end.
static void drop(struct natives *n) {
    tick_heap_use(NULL);
    tick__signals_restore();
    tick__loop_running = NULL;
    tick_stacks_reset(n->stacks);
    for (size_t i = 0; i <= n->world.host_count && i < n->heaps.count; i++) {
        struct tick_heap *heap = ((struct tick_heap **)n->heaps.items)[i];
        tick__open_files_drop(heap);
        tick_heap_reset(heap);
    }
    n->world.host_count = 0;
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
    struct natives *n = &h->natives;
    n->scenario = run->scenario;
    n->poison = run->poison;
    n->allow_unhandled = false;
    n->real_host = NULL;
    n->busy_limit = 0;
    n->stage = (struct tick_stage){.probe = run->probe, .asked = &n->world.asked};
    n->world.tenant = &tick__native_ops;
    tick_stacks_set_poison(n->stacks, run->poison);
    n->world.answers = run->answers;
    n->world.details = run->details;
    n->world.program = run->program;
    tick__world_begin(&n->world, run->chooser, run->probe, run->set_up);
}

static void fill(const struct natives *n, struct tick_outcome *out) {
    tick__world_outcome(&n->world, out);
    out->checks += n->stage.checks;
}

int tick_harness_run(struct tick_harness *h, const struct tick_run *run, struct tick_outcome *out) {
    struct natives *n = &h->natives;
    if (in_progress)
        return TICK_ENESTED;
    int result = restore_image(run->scenario);
    if (result < 0)
        return result;
    tick__harness_begin(h, run);
    in_progress = n;
    tick__stage_set(&n->stage);
    tick__signals_watch();
    tick__natives_run(n);
    tick__stage_set(NULL);
    in_progress = NULL;
    fill(n, out);
    if (n->world.has_others)
        n->world.others->ops->end(&n->world);
    drop(n);
    if (run->probe) { // what is told of the verdict is told in the context of the finding
        run->probe->host = n->world.blamed_host;
        run->probe->task = n->world.blamed_task;
        run->probe->here = n->world.blamed_here;
    }
    return n->world.starved ? -ENOMEM : 0;
}

const struct tick_deviation *tick_harness_deviations(const struct tick_harness *h, size_t *count) {
    *count = h->natives.world.deviations.count;
    return h->natives.world.deviations.items;
}

size_t tick_harness_marks(const struct tick_harness *h, const char *const **names) {
    *names = h->natives.world.marks;
    return h->natives.world.mark_count;
}

void tick__crash_words(const struct tick_host *host, int signal, const void *address, char *text, size_t size) {
    const struct tick_coro *coro = host ? tick__native_stack(tick__native(host)) : NULL;
    char task[100];
    const bool overflow = coro && tick_coro_in_guard(coro, address), in_task = overflow && tick_task_current();
    if (in_task)
        tick__task_words(tick_task_current(), task, sizeof task);
    snprintf(text, size, "%s%s%s%s%s", overflow ? "stack overflow" : strsignal(signal), host ? " in " : "", host ? host->name : "",
        in_task ? "/" : "", in_task ? task : "");
}

bool tick_harness_crashed(int signal, const void *address, struct tick_outcome *out) {
    struct natives *n = in_progress;
    if (!n)
        return false;
    const struct tick_host *host = n->world.running;
    char text[sizeof out->text - 100]; // a stack comes behind the text
    tick__crash_words(host, signal, address, text, sizeof text);
    // What a program does that does not expect malloc to fail is a consequence.
    bool full = host && tick_heap_is_full(tick__native(host)->heap);
    (void)((signal == SIGSEGV || signal == SIGBUS) && tick_heap_explains(address, text, sizeof text));
    if (full)
        snprintf(text, sizeof text, "%s used up its %zu MiB of memory", host->name, tick_heap_limit() >> 20);
    tick__outcome_fail(&n->world.outcome, full ? TICK_OUT_OF_MEMORY : TICK_CRASHED, signal, host ? host->name : NULL, NULL, text);
    fill(n, out);
    return true;
}

bool tick__harness_runs(void) {
    return in_progress != NULL;
}

// exit.c: a program that ends itself, in the middle of a run. Returns if no host runs.
void tick__harness_exited(const char *how, int status) {
    struct tick_world *w = in_progress ? &in_progress->world : NULL;
    if (!w || !w->running)
        return;
    char text[100];
    snprintf(text, sizeof text, "%s called %s(%d)", w->running->name, how, status);
    tick__world_fail(w, TICK_EXITED, status, NULL, text);
}

void tick__harness_misused(const char *how) {
    struct tick_world *w = in_progress ? &in_progress->world : NULL;
    if (w && w->running)
        tick__world_fail(w, TICK_CRASHED, SIGABRT, NULL, how);
    fprintf(stderr, "%s\n", how);
    abort();
}
