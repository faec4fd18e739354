// A host: a loop on a coroutine, and the switch between it and the world.
#include "sim/native/harness_int.h"
#include "src/base/check.h"
#include "src/base/outside.h"
#include "src/io/epoll_poller.h"
#include "src/loop/loop_int.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct tick_heap *heap_at(struct natives *n, size_t number) {
    while (n->heaps.count <= number) {
        struct tick_heap *heap = tick_heap_new(n->first_heap + (uint32_t)n->heaps.count);
        while (!heap && !n->heaps.count && n->first_heap < HEAPS_APART * 3) { // another harness of this process has them
            n->first_heap += HEAPS_APART;
            heap = tick_heap_new(n->first_heap);
        }
        if (!heap)
            return NULL;
        if (tick__list_push(&n->heaps, &heap, sizeof heap) < 0) {
            tick_heap_free(heap);
            return NULL;
        }
    }
    return ((struct tick_heap **)n->heaps.items)[number];
}

struct tick_heap *tick__natives_heap(struct natives *n) {
    return heap_at(n, 0);
}

struct native *tick__native_take(struct natives *n) {
    struct tick_world *w = &n->world;
    if (w->host_count == w->hosts.count) {
        struct native *made = tick__outside_alloc(sizeof *made);
        if (!made)
            return NULL;
        struct tick_host *host = &made->host;
        if (tick__list_push(&w->hosts, &host, sizeof host) < 0) {
            tick__outside_free(made);
            return NULL;
        }
    }
    struct native *native = tick__native(tick__world_host(w, w->host_count));
    memset(native, 0, offsetof(struct native, end));
    native->end.code = 0;
    tick__native_waits_anew(native);
    native->heap = heap_at(n, w->host_count + 1);
    if (!native->heap)
        return NULL;
    tick_heap_set_poison(native->heap, n->poison);
    tick__sim_sys_init(&native->sys, w->calm);
    w->host_count++;
    return native;
}

// Waits that are not the loop's: a task, a callback or an executor's job may wait, too, with poll or sleep, and holds up its loop.
struct tick_coro *tick__native_stack(const struct native *native) {
    const struct tick_loop *loop = tick__loop_running;
    if (!loop)
        return native->loop && native->loop->executor.on ? native->loop->executor.on : native->coro;
    if (!loop->current)
        return native->coro;
    return loop->current->coro ? loop->current->coro : loop->on ? loop->on : native->coro;
}

void tick__native_switch_out(struct native *native) {
    native->stack = tick__native_stack(native);
    tick_coro_switch(native->stack, tick__natives(native->host.world)->coro);
}

// A report that reaches this handler reached nobody of the program: in production it is a line in a log, and the work that failed is
// undone. So it is a finding unless the scenario expects it. The loop has told the trace already.
static int exception_told(struct tick_loop *loop, const struct tick_report *report, void *arg) {
    (void)loop;
    struct native *native = arg;
    struct tick_world *w = native->host.world;
    if (tick__natives(w)->allow_unhandled || native->host.stopping)
        return 0;
    const struct tick_failure *failure = report->failure;
    const struct tick_io *io = tick__io_running();
    char text[sizeof w->outcome.text], words[300] = "", trouble[200], task[100] = "";
    const struct tick_loc *loc = failure ? tick__failure_place(failure) : NULL;
    const struct tick_loc *asked =
        failure && io && !failure->text ? tick__trouble_words(io->trouble, failure->code, trouble, sizeof trouble) : NULL;
    if (asked)
        snprintf(words, sizeof words, ": %s: %s", failure->name ? failure->name : tick_error_name(failure->code), trouble);
    else if (failure) {
        snprintf(words, sizeof words, ": ");
        tick__failure_words(failure, words + 2, sizeof words - 2);
    }
    if (report->task)
        tick__task_words(report->task, task, sizeof task);
    snprintf(text, sizeof text, "%s: %s%s%s%s%s", native->host.name, report->message ? report->message : "Unhandled exception",
        report->task ? ", " : "", task, words, " (tick_allow_unhandled lets it pass)");
    if (asked)
        loc = asked;
    tick__world_fail(w, TICK_UNHANDLED, failure ? failure->code : 0, loc ? loc : native->host.loc, text);
    return 0;
}

// The first other task that is still unfinished when main returns, and how many there are.
static size_t left_over(const struct tick_loop *loop, const struct tick_task **first) {
    size_t count = 0;
    for (struct tick_task *task = loop->tasks; task; task = task->next) {
        if (task == loop->current)
            continue;
        if (!count++)
            *first = task;
    }
    return count;
}

static int host_main(void *arg) {
    struct native *native = arg;
    struct tick_world *w = native->host.world;
    native->main = tick_task_current();
    int result = native->fn(native->host.options.arg);
    native->main = NULL;
    tick__main_ended(&native->end, result);
    const struct tick_task *first = NULL;
    size_t left = result >= 0 && !native->host.options.daemon && !native->host.stopping && !tick__natives(w)->allow_left_over
                      ? left_over(native->loop, &first)
                      : 0;
    if (left) {
        char text[300], name[100];
        tick__task_words(first, name, sizeof name);
        snprintf(text, sizeof text, "%s returned while %zu of its tasks %s unfinished: %s%s", native->host.name, left,
            left == 1 ? "was" : "were", name, left == 1 ? "" : ", ...");
        tick__world_fail(w, TICK_LEAKED, 0, first->loc ? first->loc : native->host.loc, text);
    }
    return result;
}

// Nothing of the host runs any more: what its program still has a reference to, nobody will complete or release.
static void check_futures(struct native *native, const struct tick__futures_left *left) {
    struct tick_world *w = native->host.world;
    char text[200];
    if (left->pending)
        snprintf(text, sizeof text, "%s left %zu future%s that nobody can complete any more", native->host.name, left->pending,
            left->pending == 1 ? "" : "s");
    else if (left->done)
        snprintf(text, sizeof text, "%s did not release %zu future%s", native->host.name, left->done, left->done == 1 ? "" : "s");
    else
        return;
    tick__world_fail(w, TICK_LEAKED, 0, left->made ? left->made : native->host.loc, text);
}

static void check_leaks(struct native *native) {
    struct tick_world *w = native->host.world;
    size_t bytes, blocks = tick_heap_live(native->heap, &bytes);
    int fds = tick_kernel_open_fds(w->kernel, native->host.process);
    char text[200];
    if (fds > 0)
        snprintf(text, sizeof text, "%s left %d file descriptor%s open", native->host.name, fds, fds == 1 ? "" : "s");
    else if (blocks)
        snprintf(text, sizeof text, "%s did not free %zu block%s of memory, %zu bytes", native->host.name, blocks, blocks == 1 ? "" : "s",
            bytes);
    else
        return;
    tick__world_fail(w, TICK_LEAKED, 0, native->host.loc, text);
}

// Before its memory is dropped, whoever it was that held it.
static void check_heap(struct native *native) {
    struct tick_world *w = native->host.world;
    char text[sizeof w->outcome.text];
    if (!tick_heap_is_whole(native->heap, text, sizeof text))
        tick__world_fail(w, TICK_CRASHED, SIGABRT, NULL, text);
}

static void host_entry(void *arg) {
    struct native *native = arg;
    struct tick_world *w = native->host.world;
    struct tick_io *io = NULL;
    struct tick__futures_left left = {0};
    native->result = tick_epoll_new(&native->sys, w->probe, &io);
    if (native->result == 0) {
        struct tick_loop_options options = {
            .sys = &native->sys,
            .poller = &io->poller,
            .probe = w->probe,
            .stacks = tick__natives(w)->stacks,
            .id = native->host.life,
            .object = native->host.life_object,
            .threads = native->host.options.threads,
            .processes = native->host.options.processes,
            .poll_budget = 1,
        };
        native->result = tick_loop_new(&options, &native->loop);
    }
    if (native->result == 0) {
        native->io = io;
        native->loop->driver = tick__natives(w)->coro;
        tick_loop_set_exception_handler(native->loop, exception_told, native);
        native->result = tick_loop_run(native->loop, host_main, native);
        (void)tick_loop_close(native->loop); // with what was to be called, and holds futures
        tick__futures_left(native->loop, &left);
        tick_loop_free(native->loop);
        native->loop = NULL;
        native->io = NULL;
    }
    const struct tick_trouble trouble = io ? *io->trouble : (struct tick_trouble){0};
    tick_epoll_free(io);
    tick__locals_free(&native->locals);
    if (native->result < 0 && !native->host.stopping) {
        char text[sizeof w->outcome.text];
        const struct tick_loc *loc = tick__main_words(&native->end, &trouble, native->host.name, native->result, text, sizeof text);
        tick__world_fail(w, TICK_HOST_FAILED, native->result, loc ? loc : native->host.loc, text);
    }
    check_heap(native);
    if (!native->host.options.daemon && !native->host.stopping) {
        check_futures(native, &left);
        check_leaks(native);
    }
    native->host.state = HOST_DONE;
    tick_coro_exit(native->coro, tick__natives(w)->coro);
}

int tick__native_start(struct tick_host *host) {
    struct native *native = tick__native(host);
    struct natives *n = tick__natives(host->world);
    if (host->lives)
        tick__sim_sys_init(&native->sys, host->world->calm);
    native->handlers = host->options.handlers;
    if (host->options.memory)
        tick_heap_set_limit(native->heap, host->options.memory);
    native->coro = tick_coro_new(n->stacks, host_entry, native);
    if (!native->coro)
        return -ENOMEM;
    native->stack = native->coro;
    native->wait = WAIT_NONE;
    native->outside = (struct tick_maker){.id = host->life, .object = host->life_object};
    tick__host_tell_start(host);
    tick__host_make_ready(host);
    return 0;
}

bool tick__native_hears_stop(struct native *native) {
    if (native->stop_told || !native->main)
        return false;
    native->stop_told = true;
    struct tick_probe *probe = native->host.world->probe;
    const uint32_t outer = probe ? probe->here : 0;
    if (probe)
        probe->here = native->host.struck;
    tick_task_cancel(native->main, "the host is told to stop");
    if (probe)
        probe->here = outer;
    return true;
}

void tick__native_crash(struct tick_host *host) {
    struct native *native = tick__native(host);
    for (struct tick_task *task = native->loop ? native->loop->tasks : NULL; task; task = task->next)
        if (task->coro)
            tick_coro_free(task->coro);
    if (native->loop && native->loop->executor.on)
        tick_coro_free(native->loop->executor.on);
    if (native->loop)
        tick__workers_free(native->loop);
    tick_coro_free(native->coro);
    native->coro = NULL;
}

void tick__native_forget(struct tick_host *host) {
    struct native *native = tick__native(host);
    tick_heap_reset(native->heap);
    native->loop = native->running = NULL;
    native->locals = NULL;
    native->main = NULL;
    native->busy = native->longest = 0;
    native->stop_told = false;
    tick__native_waits_anew(native);
}
