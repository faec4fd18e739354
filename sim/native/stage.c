// What programs call: checks, logs, marks, numbers of their own, host-local memory.
#include "sim/native/stage.h"
#include "sim/world/world_int.h"
#include "src/base/alloc.h"
#include "src/base/keep.h"
#include "src/base/visible.h"
#include "src/loop/loop_int.h"
#include <retick/faults.h>
#include <retick/shared.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TICK_KEEP static struct tick_stage *stage = NULL;

struct host_local {
    struct host_local *next;
    const void *key;
    _Alignas(16) char memory[];
};

void tick__stage_set(struct tick_stage *chosen) {
    stage = chosen;
}

struct tick_stage *tick__stage(void) {
    return stage;
}

void tick__outcome_fail(
    struct tick_outcome *outcome, enum tick_verdict verdict, int code, const char *host, const struct tick_loc *loc, const char *text) {
    struct tick_task *task = tick_task_current();
    tick__outcome_fill(outcome, verdict, code, host, loc, text);
    if (host && task)
        tick__task_called(task, outcome->task, sizeof outcome->task);
}

int tick_check_at(bool condition, const struct tick_loc *loc, const char *format, ...) {
    if (stage)
        stage->checks++;
    if (condition)
        return 0;
    char text[sizeof((struct tick_outcome *)0)->text];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (stage)
        stage->fail(stage, TICK_CHECK_FAILED, TICK_EFAILED, loc, text);
    else
        tick__print(stderr, "%s:%d: check failed: %s\n", loc->file, loc->line, text);
    return TICK_EFAILED;
}

void tick_log(const char *format, ...) {
    char text[512];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (stage && stage->probe) {
        uint32_t object = stage->probe->ops->text(stage->probe, text);
        tick_emit(stage->probe, TICK_EV_LOG, object, stage->probe->here, 0, NULL);
    }
    if (!stage || stage->real)
        tick__print(stderr, "%s%s%s\n", stage && stage->host ? stage->host : "", stage && stage->host ? ": " : "", text);
}

void tick_mark(const char *name) {
    if (!stage)
        return;
    if (stage->probe) {
        uint32_t object = stage->probe->ops->text(stage->probe, name);
        tick_emit(stage->probe, TICK_EV_MARK, object, stage->probe->here, 0, NULL);
    }
    if (stage->mark)
        stage->mark(stage, name);
}

void tick_shared_at(enum tick_event_kind kind, const struct tick_loc *loc, const char *format, ...) {
    if (!stage || !stage->probe)
        return;
    char name[256];
    va_list list;
    va_start(list, format);
    vsnprintf(name, sizeof name, format, list);
    va_end(list);
    tick_emit(stage->probe, kind, stage->probe->ops->text(stage->probe, name), stage->probe->here, 0, loc);
}

void tick_busy(int64_t ns) {
    if (stage && stage->busy && stage->sys && ns > 0)
        stage->busy(stage, ns);
}

// Told only if the answer deviates (tick__world_choose), so that a trace is not full of questions that were answered calmly.
bool tick__ask(struct tick_maker *maker, enum tick_object_type type, const char *key, struct tick__question *out) {
    const uint64_t name = tick_id_text(key);
    uint32_t kth;
    if (!maker || tick_maker_count(maker, type, name, &kth) < 0)
        return false;
    out->subject = type == TICK_OBJECT_USER ? tick_id_mix(tick_id_mix(maker->id, name), 1) : tick_id_named(maker->id, type, name, 1);
    out->ordinal = kth;
    *stage->asked = (struct tick_object){
        .type = type,
        .id = out->subject,
        .parent = maker->object,
        .host = stage->host_object,
        .key = key,
        .kth = 1,
    };
    return true;
}

uint32_t tick_random(const char *name, uint32_t n) {
    struct tick_sys *sys = stage ? stage->sys : NULL;
    struct tick__question asked;
    if (!sys || !sys->ops->choose || n < 2 || !tick__ask(sys->maker, TICK_OBJECT_USER, name, &asked))
        return 0;
    return sys->ops->choose(sys, TICK_CHOICE_USER, asked.subject, asked.ordinal, n, 0);
}

bool tick_buggify(const char *name) {
    return tick_random(name, 2) == 1;
}

void *tick_host_local(const void *key, size_t size) {
    if (!stage || !stage->locals)
        return NULL;
    for (struct host_local *each = *stage->locals; each; each = each->next) {
        if (each->key == key)
            return each->memory;
    }
    struct host_local *local = tick__alloc_zero(sizeof *local + size); // from the running host's heap
    if (!local)
        return NULL;
    local->key = key;
    local->next = *stage->locals;
    *stage->locals = local;
    return local->memory;
}

void tick__locals_free(struct host_local **locals) {
    while (*locals) {
        struct host_local *each = *locals;
        *locals = each->next;
        tick__free(each);
    }
}

uint32_t tick_host_lives(void) {
    return stage ? stage->lives : 0;
}

int64_t tick_wall(void) {
    return stage && stage->sys ? stage->sys->ops->wall(stage->sys) : 0;
}

const char *tick_host_name(void) {
    return stage && stage->host ? stage->host : "";
}
