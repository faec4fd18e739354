#include "cli/twin.h"
#include "cli/schedule_file.h"
#include "trace/explain/beside.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CANDIDATES_MOST 8 // of each way

struct search {
    const struct tick__record *record;
    const char *finding, *path;
    char *other; // where the next candidate goes
    uint32_t parting;
    bool found;
    struct tick_error *error;
};

// The seq in the finding at which a run parts from it.
static int parting_of(const struct search *search, const char *path, uint32_t *parting) {
    struct tick_trace traces[2];
    struct tick__tale tales[2] = {0};
    struct tick__beside beside = {0};
    int code = tick_trace_open(search->finding, &traces[0], search->error);
    if (code < 0)
        return code;
    code = tick_trace_open(path, &traces[1], search->error);
    if (code == 0) {
        for (int i = 0; i < 2 && code == 0; i++)
            code = tick__tale_read(&traces[i], &tales[i], search->error);
        if (code == 0)
            code = tick__beside_init(&tales[0], &tales[1], &beside);
        *parting = beside.parting_a;
        tick__beside_fini(&beside);
        for (int i = 0; i < 2; i++)
            tick__tale_fini(&tales[i]);
        tick_trace_close(&traces[1]);
    }
    tick_trace_close(&traces[0]);
    return code;
}

// Runs a candidate, and keeps it if it passes and parts later than what is kept. 0 or an error.
static int try(struct search *search, const struct tick_schedule *schedule) {
    struct tick__record record = *search->record;
    struct tick__attempt attempt;
    const char *path = search->found ? search->other : search->path;
    uint32_t parting = 0;
    record.input = (struct tick__input){.schedule = schedule, .seed = search->record->input.seed};
    record.schedule_text = NULL;
    record.path = path;
    record.quiet = true;
    TICK_TRY(tick__record_run(&record, &attempt, search->error));
    const bool passed = attempt.outcome.verdict == TICK_PASS;
    tick__attempt_fini(&attempt);
    int code = passed ? parting_of(search, path, &parting) : 0;
    if (code == 0 && passed && (!search->found || parting > search->parting)) {
        search->parting = parting;
        if (search->found && rename(path, search->path) != 0)
            code = tick_error_set(search->error, -errno, "%s cannot be renamed to %s: %s", path, search->path, strerror(errno));
        search->found = true;
        return code;
    }
    (void)remove(path);
    return code;
}

// The schedule with line `which` taken away, or its value made `value`.
static int try_changed(struct search *search, size_t which, uint32_t value) {
    const struct tick_schedule *from = search->record->input.schedule;
    struct tick_schedule schedule;
    int code = 0;
    tick_schedule_init(&schedule, from->scenario);
    for (size_t i = 0; i < from->count && code == 0; i++) {
        struct tick_deviation deviation = from->deviations[i];
        if (i == which)
            deviation.value = value;
        if (i != which || value)
            code = tick_schedule_add(&schedule, &deviation);
    }
    if (code < 0)
        code = tick_error_set(search->error, -ENOMEM, "out of memory");
    else
        code = try(search, &schedule);
    tick_schedule_fini(&schedule);
    return code;
}

static int try_all(struct search *search) {
    const struct tick_schedule *schedule = search->record->input.schedule;
    int code = 0;
    for (size_t i = 0; i < schedule->count && i < CANDIDATES_MOST && code == 0; i++)
        code = try_changed(search, i, 0);
    for (size_t i = 0; i < schedule->count && i < CANDIDATES_MOST && code == 0 && !search->found; i++)
        if (schedule->deviations[i].n && schedule->deviations[i].value > 1)
            code = try_changed(search, i, schedule->deviations[i].value - 1);
    if (code == 0 && !search->found && schedule->count > 1) {
        struct tick_schedule calm;
        tick_schedule_init(&calm, search->record->target->name);
        code = try(search, &calm);
        tick_schedule_fini(&calm);
    }
    return code;
}

int tick__twin_find(const struct tick__record *record, const char *finding, const char *path, struct tick_error *error) {
    struct search search = {.record = record, .finding = finding, .path = path, .error = error};
    if (asprintf(&search.other, "%s.%ld.next", path, (long)getpid()) < 0)
        return tick_error_set(error, -ENOMEM, "out of memory");
    const int code = try_all(&search);
    free(search.other);
    return code < 0 ? code : search.found;
}
