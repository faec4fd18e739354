// Folded stacks, as flame graphs are made from: who began a task, what it did, and how many nanoseconds of its life went there. A frame
// holds no semicolon, and a line ends with a blank and the number.
#include "src/base/times.h"
#include "viewer/export/export_int.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DEEP 64 // tasks that began each other

struct part { // of one task's time: by task, kind and what it waits for
    uint64_t key;
    int64_t time;
    uint32_t task, wait;
    enum tick__span_kind kind;
};
struct own {
    struct tick__open_table parts, makers;
};
struct maker { // of a task: who began it
    uint64_t task;
    uint32_t by;
};

static void task(struct tick__exporting *exporting, uint32_t id, uint32_t host, uint32_t seq) {
    struct own *own = exporting->own;
    struct maker *maker = tick__open_add(&own->makers, id);
    (void)host;
    if (maker)
        maker->by = tick__tale_event(&exporting->tale, seq)->task;
    else
        exporting->no_memory = true;
}

static void span(struct tick__exporting *exporting, const struct tick__span *span) {
    struct own *own = exporting->own;
    const struct tick__tale_event *wait = tick__tale_event(&exporting->tale, span->wait);
    // Waits at one place for one thing are one frame; of what is made anew each time (futures, timers) the place is what they share.
    const uint8_t type = tick__tale_object(&exporting->tale, wait->subject)->type;
    const bool passing = type == TICK_OBJECT_FUTURE || type == TICK_OBJECT_TIMER || type == TICK_OBJECT_WAIT;
    const uint64_t about = span->wait ? tick_id_mix((uint64_t)wait->loc << 8 | wait->kind, passing ? 0 : wait->subject) : 0;
    const uint64_t key = tick_id_mix((uint64_t)span->task << 2 | (uint64_t)span->kind, about);
    struct part *part = span->to > span->from ? tick__open_add(&own->parts, key ? key : 1) : NULL;
    exporting->no_memory |= span->to > span->from && !part;
    if (!part)
        return;
    if (!part->task)
        *part = (struct part){.key = part->key, .task = span->task, .wait = span->wait, .kind = span->kind};
    part->time = tick__after(part->time, tick__ahead(span->to, span->from));
}

static void frame(struct tick__exporting *exporting, const char *name) {
    for (; *name; name++)
        fputc(*name == ';' ? ':' : *name, exporting->out);
}

static void put_part(struct tick__exporting *exporting, const struct own *own, const struct part *part) {
    uint32_t chain[DEEP], deep = 0;
    char text[256] = "";
    for (uint32_t id = part->task; id && deep < DEEP;) {
        const struct maker *maker = tick__open_find(&own->makers, id);
        chain[deep++] = id;
        id = maker && maker->by < id ? maker->by : 0;
    }
    tick__say_to(&TICK__SAID(text), "%s%s", TICK__EXPORT_FOLDED, tick__export_scenario(exporting));
    frame(exporting, text);
    while (deep--) {
        text[0] = '\0';
        tick__said_task(&exporting->tale, chain[deep], &TICK__SAID(text));
        fputc(';', exporting->out);
        frame(exporting, text);
    }
    const struct tick__span span = {.kind = part->kind, .task = part->task, .wait = part->wait};
    const uint32_t loc = tick__tale_event(&exporting->tale, part->wait)->loc;
    struct tick__said said = TICK__SAID(text);
    text[0] = '\0';
    tick__export_span(exporting, &span, &said);
    if (loc) {
        tick__say_to(&said, " at ");
        tick__said_place(&exporting->tale, loc, &said);
    }
    fputc(';', exporting->out);
    frame(exporting, text);
    fprintf(exporting->out, " %" PRId64 "\n", part->time);
}

static int by_task(const void *a, const void *b) {
    const struct part *x = *(const struct part *const *)a, *y = *(const struct part *const *)b;
    if (x->task != y->task)
        return x->task < y->task ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return x->wait < y->wait ? -1 : x->wait > y->wait;
}

int tick__export_folded(struct tick__exporting *exporting) {
    static const struct tick__walker walker = {.task = task, .span = span};
    struct own own = {.parts = {.row = sizeof(struct part)}, .makers = {.row = sizeof(struct maker)}};
    exporting->own = &own;
    int code = tick__export_walk(exporting, &walker);
    const struct part **list = malloc((own.parts.count + 1) * sizeof(struct part *));
    size_t count = 0;
    if (code == 0 && !list)
        code = tick_error_set(exporting->error, -ENOMEM, "%s: out of memory", exporting->trace->path);
    for (const struct part *part = NULL; list && (part = tick__open_next(&own.parts, part));)
        list[count++] = part;
    if (list)
        qsort(list, count, sizeof *list, by_task);
    for (size_t i = 0; code == 0 && i < count; i++)
        put_part(exporting, &own, list[i]);
    free(list);
    tick__open_fini(&own.parts);
    tick__open_fini(&own.makers);
    return code;
}
