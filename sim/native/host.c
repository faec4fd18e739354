// A host: a loop on a coroutine, and the switch between it and the world.
#include "sim/native/world_int.h"
#include "src/base/check.h"
#include "src/base/outside.h"
#include "src/io/epoll_poller.h"
#include "src/loop/loop_int.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

int tick__list_push(struct list *list, const void *item, size_t size) {
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 16;
        void *items = tick__outside_realloc(list->items, room * size);
        if (!items)
            return -ENOMEM;
        list->items = items;
        list->room = room;
    }
    memcpy((char *)list->items + list->count++ * size, item, size);
    return 0;
}

static struct tick_heap *heap_at(struct tick_world *w, size_t number) {
    while (w->heaps.count <= number) {
        struct tick_heap *heap = tick_heap_new(w->first_heap + (uint32_t)w->heaps.count);
        while (!heap && !w->heaps.count && w->first_heap < HEAPS_APART * 3) { // another harness of this process has them
            w->first_heap += HEAPS_APART;
            heap = tick_heap_new(w->first_heap);
        }
        if (!heap)
            return NULL;
        if (tick__list_push(&w->heaps, &heap, sizeof heap) < 0) {
            tick_heap_free(heap);
            return NULL;
        }
    }
    return ((struct tick_heap **)w->heaps.items)[number];
}

struct tick_heap *tick__world_heap(struct tick_world *w) {
    return heap_at(w, 0);
}

struct tick_host *tick__host_take(struct tick_world *w) {
    if (w->host_count == w->hosts.count) {
        struct tick_host *made = tick__outside_alloc(sizeof *made);
        if (!made)
            return NULL;
        if (tick__list_push(&w->hosts, &made, sizeof made) < 0) {
            tick__outside_free(made);
            return NULL;
        }
    }
    struct tick_host *host = ((struct tick_host **)w->hosts.items)[w->host_count];
    memset(host, 0, offsetof(struct tick_host, end));
    host->end.code = 0;
    tick__host_waits_anew(host);
    host->heap = heap_at(w, w->host_count + 1);
    if (!host->heap)
        return NULL;
    tick_heap_set_poison(host->heap, w->poison);
    host->world = w;
    host->kernel = w->kernel;
    tick__sim_sys_init(&host->sys, w->calm);
    w->host_count++;
    return host;
}

void tick__host_make_ready(struct tick_host *host) {
    struct tick_world *w = host->world;
    TICK_ASSERT(host->state != HOST_READY);
    TICK_ASSERT(host->state != HOST_DONE);
    host->state = HOST_READY;
    host->next = NULL;
    *w->ready_end = host;
    w->ready_end = &host->next;
}

void tick__host_go_on(struct tick_host *host) {
    struct tick_world *w = host->world;
    if (host->paused_until <= tick_kernel_now(w->kernel)) {
        tick__host_make_ready(host);
        return;
    }
    host->resume_key = tick_kernel_post(w->kernel, host->paused_until, POST_RESUME, (uint32_t)host->index);
    TICK_ASSERT(host->resume_key);
    host->state = HOST_LATE;
}

// Waits that are not the loop's: a task, a callback or an executor's job may wait, too, with poll or sleep, and holds up its loop.
struct tick_coro *tick__host_stack(const struct tick_host *host) {
    const struct tick_loop *loop = tick__loop_running;
    if (!loop)
        return host->loop && host->loop->executor.on ? host->loop->executor.on : host->coro;
    if (!loop->current)
        return host->coro;
    return loop->current->coro ? loop->current->coro : loop->on ? loop->on : host->coro;
}

void tick__host_switch_out(struct tick_host *host) {
    host->stack = tick__host_stack(host);
    tick_coro_switch(host->stack, host->world->coro);
}

// A report that reaches this handler reached nobody of the program: in production it is a line in a log, and the work that failed is
// undone. So it is a finding unless the scenario expects it. The loop has told the trace already.
static int exception_told(struct tick_loop *loop, const struct tick_report *report, void *arg) {
    (void)loop;
    struct tick_host *host = arg;
    struct tick_world *w = host->world;
    if (w->allow_unhandled || host->stopping)
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
    snprintf(text, sizeof text, "%s: %s%s%s%s%s", host->name, report->message ? report->message : "Unhandled exception",
        report->task ? ", " : "", task, words, " (tick_allow_unhandled lets it pass)");
    if (asked)
        loc = asked;
    w->stage.fail(&w->stage, TICK_UNHANDLED, failure ? failure->code : 0, loc ? loc : host->loc, text);
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
    struct tick_host *host = arg;
    struct tick_world *w = host->world;
    host->main = tick_task_current();
    int result = host->fn(host->options.arg);
    host->main = NULL;
    tick__main_ended(&host->end, result);
    const struct tick_task *first = NULL;
    size_t left = result >= 0 && !host->options.daemon && !host->stopping && !w->allow_left_over ? left_over(host->loop, &first) : 0;
    if (left) {
        char text[300], name[100];
        tick__task_words(first, name, sizeof name);
        snprintf(text, sizeof text, "%s returned while %zu of its tasks %s unfinished: %s%s", host->name, left, left == 1 ? "was" : "were",
            name, left == 1 ? "" : ", ...");
        w->stage.fail(&w->stage, TICK_LEAKED, 0, first->loc ? first->loc : host->loc, text);
    }
    return result;
}

// Nothing of the host runs any more: what its program still has a reference to, nobody will complete or release.
static void check_futures(struct tick_host *host, const struct tick__futures_left *left) {
    struct tick_world *w = host->world;
    char text[200];
    if (left->pending)
        snprintf(text, sizeof text, "%s left %zu future%s that nobody can complete any more", host->name, left->pending,
            left->pending == 1 ? "" : "s");
    else if (left->done)
        snprintf(text, sizeof text, "%s did not release %zu future%s", host->name, left->done, left->done == 1 ? "" : "s");
    else
        return;
    w->stage.fail(&w->stage, TICK_LEAKED, 0, left->made ? left->made : host->loc, text);
}

static void check_leaks(struct tick_host *host) {
    struct tick_world *w = host->world;
    size_t bytes, blocks = tick_heap_live(host->heap, &bytes);
    int fds = tick_kernel_open_fds(w->kernel, host->process);
    char text[200];
    if (fds > 0)
        snprintf(text, sizeof text, "%s left %d file descriptor%s open", host->name, fds, fds == 1 ? "" : "s");
    else if (blocks)
        snprintf(text, sizeof text, "%s did not free %zu block%s of memory, %zu bytes", host->name, blocks, blocks == 1 ? "" : "s", bytes);
    else
        return;
    w->stage.fail(&w->stage, TICK_LEAKED, 0, host->loc, text);
}

// Before its memory is dropped, whoever it was that held it.
static void check_heap(struct tick_host *host) {
    struct tick_world *w = host->world;
    char text[sizeof w->outcome.text];
    if (!tick_heap_is_whole(host->heap, text, sizeof text))
        w->stage.fail(&w->stage, TICK_CRASHED, SIGABRT, NULL, text);
}

static void host_entry(void *arg) {
    struct tick_host *host = arg;
    struct tick_world *w = host->world;
    struct tick_io *io = NULL;
    struct tick__futures_left left = {0};
    host->result = tick_epoll_new(&host->sys, w->probe, &io);
    if (host->result == 0) {
        struct tick_loop_options options = {
            .sys = &host->sys,
            .poller = &io->poller,
            .probe = w->probe,
            .stacks = w->stacks,
            .id = host->life,
            .object = host->life_object,
            .threads = host->options.threads,
            .processes = host->options.processes,
            .poll_budget = 1,
        };
        host->result = tick_loop_new(&options, &host->loop);
    }
    if (host->result == 0) {
        host->io = io;
        host->loop->driver = w->coro;
        tick_loop_set_exception_handler(host->loop, exception_told, host);
        host->result = tick_loop_run(host->loop, host_main, host);
        (void)tick_loop_close(host->loop); // with what was to be called, and holds futures
        tick__futures_left(host->loop, &left);
        tick_loop_free(host->loop);
        host->loop = NULL;
        host->io = NULL;
    }
    const struct tick_trouble trouble = io ? *io->trouble : (struct tick_trouble){0};
    tick_epoll_free(io);
    tick__locals_free(&host->locals);
    if (host->result < 0 && !host->stopping) {
        char text[sizeof w->outcome.text];
        const struct tick_loc *loc = tick__main_words(&host->end, &trouble, host->name, host->result, text, sizeof text);
        w->stage.fail(&w->stage, TICK_HOST_FAILED, host->result, loc ? loc : host->loc, text);
    }
    check_heap(host);
    if (!host->options.daemon && !host->stopping) {
        check_futures(host, &left);
        check_leaks(host);
    }
    host->state = HOST_DONE;
    tick_coro_exit(host->coro, w->coro);
}

int tick__host_start(struct tick_host *host) {
    struct tick_world *w = host->world;
    host->process = tick_kernel_process_start(w->kernel, host->index);
    if (host->process < 0)
        return host->process;
    host->handlers = host->options.handlers;
    if (host->options.fds)
        tick_kernel_fd_limit(w->kernel, host->process, host->options.fds);
    if (host->options.memory)
        tick_heap_set_limit(host->heap, host->options.memory);
    host->coro = tick_coro_new(w->stacks, host_entry, host);
    if (!host->coro)
        return -ENOMEM;
    host->stack = host->coro;
    host->wait = WAIT_NONE;
    host->outside = (struct tick_maker){.id = host->life, .object = host->life_object};
    if (w->probe) {
        w->probe->host = host->object;
        host->here = tick_emit(
            w->probe, host->lives ? TICK_EV_HOST_RESTART : TICK_EV_HOST_START, host->object, host->struck, host->lives, host->loc);
        w->probe->host = 0;
    }
    tick__host_make_ready(host);
    return 0;
}
