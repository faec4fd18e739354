#include "sim/native/inspect.h"
#include "sim/native/harness_int.h"
#include "src/base/keep.h"
#include "src/coro/coro_int.h"
#include "src/loop/loop_int.h"
#include <string.h>

static uint64_t bits(const void *pointer) {
    return (uint64_t)(uintptr_t)pointer;
}

static enum tick__inspected_state state_of(const struct tick_world *w, const struct tick_host *host, const struct tick_task *task) {
    if (tick__native(host)->loop->current == task)
        return w->running == host ? TICK__INSPECTED_RUNS : TICK__INSPECTED_MIDST;
    if (task->stackless ? !task->started : !task->coro)
        return TICK__INSPECTED_NEW;
    return tick_task_awaited(task) || task->waiter || task->waits_at ? TICK__INSPECTED_WAITS : TICK__INSPECTED_READY;
}

static void fill(const struct tick_world *w, const struct tick_host *host, const struct tick_task *task, struct tick__inspected *to) {
    char name[120], wait[sizeof to->words + 200];
    struct tick__line words = {wait, sizeof wait, 0}, path = {to->path, sizeof to->path, 0};
    *to = (struct tick__inspected){.state = state_of(w, host, task), .stackless = task->stackless};
    tick__task_words(task, name, sizeof name);
    tick__line_format(&path, "%s/%s", host->name, name);
    if (to->state == TICK__INSPECTED_WAITS) {
        static const char verb[] = " waits for ";
        wait[0] = '\0';
        tick__world_say_wait(&words, host, task);
        const char *what = strstr(wait, verb);
        snprintf(to->words, sizeof to->words, "%s", what ? what + sizeof verb - 1 : wait);
    }
    if (task->coro && to->state != TICK__INSPECTED_RUNS) {
        to->sp = bits(task->coro->sp);
        to->fp = bits(task->coro->fp);
        to->ip = bits(task->coro->ip);
    }
}

const struct tick__inspected *tick__inspect_task(uint64_t number) {
    TICK_KEEP static struct tick__inspected inspected = {0};
    const struct tick_stage *stage = tick__stage();
    const struct tick_world *w = &((const struct natives *)stage)->world;
    for (size_t i = 0; stage && !stage->real && i < w->host_count; i++) {
        const struct tick_host *host = tick__world_host(w, i);
        for (const struct tick_task *task = tick__native(host)->loop ? tick__native(host)->loop->tasks : NULL; task; task = task->next)
            if (number-- == 0) {
                fill(w, host, task, &inspected);
                return &inspected;
            }
    }
    return NULL;
}
