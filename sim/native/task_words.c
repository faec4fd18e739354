// A task in words: its path below its host, as the trace has it. Nobody keeps paths while a run goes well: the tasks on the way are found
// by their ids among those that are there; one that is over is left out.
#include "sim/native/harness_int.h"
#include "src/base/line.h"
#include "src/loop/loop_int.h"
#include <string.h>

#define DEPTH_MOST 8
#define CONNECTIONS_MOST 64 // of one task to one host that are tried

static const struct tick_task *parent_of(const struct tick_task *task) {
    if (!task->future.loop->observed || !task->parent)
        return NULL;
    for (const struct tick_task *each = task->future.loop->tasks; each; each = each->next)
        if (each->maker.id == task->parent)
            return each;
    return NULL;
}

// The host whose task it is; NULL: none of a simulated world's.
static const struct tick_host *host_of(const struct tick_world *w, const struct tick_task *task) {
    for (size_t i = 0; i < w->host_count; i++) {
        const struct tick_host *host = tick__world_host(w, i);
        if (tick__native(host)->loop == task->future.loop)
            return host;
    }
    return NULL;
}

// Which of a task's connections to a host has that id; 0: none.
static uint32_t connection_of(const struct tick_task *task, const struct tick_host *peer, tick_id id) {
    for (uint32_t kth = 1; kth <= CONNECTIONS_MOST; kth++)
        if (tick_id_named(task->maker.id, TICK_OBJECT_CONNECTION, peer->id, kth) == id)
            return kth;
    return 0;
}

static void put_path(const struct tick_task *task, struct tick__line *line) {
    const struct tick_task *way[DEPTH_MOST];
    const size_t before = line->length;
    size_t depth = 0;
    for (const struct tick_task *each = task; each && depth < DEPTH_MOST; each = parent_of(each))
        way[depth++] = each;
    while (depth-- > 0) {
        char name[100];
        tick__task_called(way[depth], name, sizeof name);
        if (depth && strcmp(name, "main") == 0 && !parent_of(way[depth])) // left out where something follows
            continue;
        tick__line_format(line, "%s%s", line->length > before ? "/" : "", name);
    }
}

// " for client", of one that serves a connection: whose that is, if it is still there.
static void put_client(const struct tick_task *task, struct tick__line *line) {
    const struct tick_stage *stage = tick__stage();
    const struct tick_world *w = &((const struct natives *)stage)->world;
    if (!stage || stage->real || !task->future.loop->observed || !task->parent || parent_of(task))
        return;
    const struct tick_host *peer = host_of(w, task);
    if (peer && task->parent == peer->life) // a main
        return;
    for (size_t i = 0; peer && i < w->host_count; i++) {
        const struct tick_host *host = tick__world_host(w, i);
        for (const struct tick_task *each = tick__native(host)->loop ? tick__native(host)->loop->tasks : NULL; each; each = each->next) {
            const uint32_t kth = connection_of(each, peer, task->parent);
            if (!kth)
                continue;
            char path[100];
            struct tick__line client = {path, sizeof path, 0};
            put_path(each, &client);
            const bool is_main = strcmp(path, "main") == 0;
            tick__line_format(line, " for %s%s%s", host->name, is_main ? "" : "/", is_main ? "" : path);
            if (kth > 1)
                tick__line_format(line, "#%u", (unsigned)kth);
            return;
        }
    }
}

void tick__task_words(const struct tick_task *task, char *text, size_t size) {
    struct tick__line line = {text, size, 0};
    text[0] = '\0';
    put_path(task, &line);
    put_client(task, &line);
}
