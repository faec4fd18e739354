// A task in words: its path below its host, as the trace has it. Nobody keeps paths while a run goes well: the tasks on the way are found
// by their ids among those that are there; one that is over is left out.
#include "sim/harness/harness_int.h"
#include "src/loop/loop_int.h"
#include <stdio.h>
#include <string.h>

#define DEPTH_MOST 8

static const struct tick_task *parent_of(const struct tick_task *task) {
    if (!task->future.loop->observed || !task->parent)
        return NULL;
    for (const struct tick_task *each = task->future.loop->tasks; each; each = each->next)
        if (each->maker.id == task->parent)
            return each;
    return NULL;
}

void tick__task_words(const struct tick_task *task, char *text, size_t size) {
    const struct tick_task *way[DEPTH_MOST];
    size_t depth = 0, used = 0;
    text[0] = '\0';
    for (const struct tick_task *each = task; each && depth < DEPTH_MOST; each = parent_of(each))
        way[depth++] = each;
    while (depth-- > 0 && used < size) {
        char name[100];
        tick__task_called(way[depth], name, sizeof name);
        if (depth && strcmp(name, "main") == 0 && !parent_of(way[depth])) // left out where something follows
            continue;
        used += (size_t)snprintf(text + used, size - used, "%s%s", used ? "/" : "", name);
    }
}
