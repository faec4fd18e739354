// The walk: one SELECT over the events, and of each task only what is open at the moment.
#include "trace/open_table.h"
#include "trace/story.h"
#include "viewer/export/export_int.h"
#include <errno.h>
#include <stdlib.h>

#define FORGET 65536 // events after which the tale's names are asked for anew, as what it keeps would grow with the run

struct state { // of a task that is not over
    uint64_t task;
    int64_t since; // when the stretch that is open began
    uint32_t begin, host;
    uint32_t ready, wait, step;
    int64_t ready_at;
};
struct walk {
    struct tick__exporting *exporting;
    const struct tick__walker *walker;
    struct tick__open_table tasks;
};

static void tell(struct walk *walk, const struct tick__span *span) {
    if (walk->walker->span && (span->to > span->from || span->kind == TICK__SPAN_RUNS))
        walk->walker->span(walk->exporting, span);
}

// What lies between the end of a step (or the task's creation) and `to`: it waited, and then was ready.
static void tell_between(struct walk *walk, const struct state *state, uint32_t end, int64_t to, bool open) {
    const int64_t ready_at = state->ready ? state->ready_at : to;
    const uint32_t ready = state->ready ? state->ready : end;
    const struct tick__span waits = {.kind = TICK__SPAN_WAITS,
        .task = (uint32_t)state->task,
        .host = state->host,
        .from = state->since,
        .to = ready_at,
        .begin = state->begin,
        .end = ready,
        .wait = state->wait,
        .open = open && !state->ready};
    tell(walk, &waits);
    struct tick__span rest = waits;
    rest.kind = TICK__SPAN_READY;
    rest.from = ready_at;
    rest.to = to;
    rest.begin = ready;
    rest.end = end;
    rest.wait = 0;
    rest.open = open;
    tell(walk, &rest);
}

static void tell_step(struct walk *walk, const struct state *state, uint32_t end, int64_t to, int outcome) {
    const struct tick__span span = {.kind = TICK__SPAN_RUNS,
        .task = (uint32_t)state->task,
        .host = state->host,
        .from = state->since,
        .to = to,
        .begin = state->step,
        .end = end,
        .outcome = outcome,
        .open = outcome < 0};
    tell(walk, &span);
}

static struct state *state_of(struct walk *walk, uint32_t task, bool make) {
    struct state *state = task ? tick__open_find(&walk->tasks, task) : NULL;
    if (!state && make && task) {
        state = tick__open_add(&walk->tasks, task);
        walk->exporting->no_memory |= !state;
    }
    return state;
}

static void made(struct walk *walk, uint32_t seq, const struct tick__tale_event *event) {
    struct state *state = state_of(walk, event->subject, true);
    if (!state || state->begin)
        return;
    const uint32_t own = tick__tale_object(&walk->exporting->tale, event->subject)->host;
    state->since = event->ts;
    state->begin = seq;
    state->host = own ? own : event->host;
    if (walk->walker->task)
        walk->walker->task(walk->exporting, event->subject, state->host, seq);
}

static void begins(struct walk *walk, uint32_t seq, const struct tick__tale_event *event) {
    made(walk, seq, event); // of a damaged or cut trace, that does not tell so
    struct state *state = state_of(walk, event->subject, false);
    if (!state)
        return;
    if (state->step)
        tell_step(walk, state, seq, event->ts, -1);
    else
        tell_between(walk, state, seq, event->ts, false);
    *state = (struct state){.task = state->task, .since = event->ts, .begin = seq, .host = state->host, .step = seq};
    if (walk->walker->runs)
        walk->walker->runs(walk->exporting, event->subject, seq, event->ts);
}

static void ends(struct walk *walk, uint32_t seq, const struct tick__tale_event *event) {
    struct state *state = state_of(walk, event->subject, false);
    if (!state || !state->step)
        return;
    tell_step(walk, state, seq, event->ts, event->arg >= 0 && event->arg <= TICK_STEP_CANCELLED ? (int)event->arg : -1);
    if (event->arg != TICK_STEP_SUSPENDED) {
        if (walk->walker->over)
            walk->walker->over(walk->exporting, event->subject, state->host, event->ts, (int)event->arg);
        tick__open_drop(&walk->tasks, event->subject);
        return;
    }
    state->since = event->ts;
    state->begin = seq;
    state->step = 0;
}

static int by_task(const void *a, const void *b) {
    const struct state *x = a, *y = b;
    return x->task < y->task ? -1 : x->task > y->task;
}

// Those that end with their host, or, with host 0, with the run: in the order of their numbers.
static void cut(struct walk *walk, uint32_t host, uint32_t seq, int64_t at) {
    struct state *list = malloc((walk->tasks.count + 1) * sizeof *list);
    size_t count = 0;
    walk->exporting->no_memory |= !list;
    for (const struct state *state = NULL; list && (state = tick__open_next(&walk->tasks, state));)
        if (!host || state->host == host)
            list[count++] = *state;
    if (list)
        qsort(list, count, sizeof *list, by_task);
    for (size_t i = 0; i < count; i++) {
        if (list[i].step)
            tell_step(walk, &list[i], seq, at, -1);
        else
            tell_between(walk, &list[i], seq, at, true);
        if (walk->walker->over)
            walk->walker->over(walk->exporting, (uint32_t)list[i].task, list[i].host, at, -1);
        tick__open_drop(&walk->tasks, list[i].task);
    }
    free(list);
}

static void take(struct walk *walk, uint32_t seq, const struct tick__tale_event *event) {
    struct state *state;
    if (event->kind == TICK_EV_TASK_CREATE)
        made(walk, seq, event);
    else if (event->kind == TICK_EV_STEP_BEGIN)
        begins(walk, seq, event);
    if (walk->walker->event) // within its step, and before the step's end
        walk->walker->event(walk->exporting, seq, event);
    if (event->kind == TICK_EV_STEP_END)
        ends(walk, seq, event);
    else if (event->kind == TICK_EV_HOST_CRASH && event->subject)
        cut(walk, event->subject, seq, event->ts);
    else if (event->kind == TICK_EV_TASK_READY && (state = state_of(walk, event->subject, false)) && !state->step && !state->ready) {
        state->ready = seq;
        state->ready_at = event->ts;
    } else if (tick__tale_is_wait(event) && (state = state_of(walk, event->task, false)) && state->step) {
        state->wait = seq;
    }
}

static uint32_t number(sqlite3_stmt *row, int column) {
    const int64_t value = sqlite3_column_int64(row, column);
    return value > 0 && value <= UINT32_MAX ? (uint32_t)value : 0;
}

static int walk_over(struct walk *walk, sqlite3_stmt *row) {
    struct tick__exporting *exporting = walk->exporting;
    int64_t at = 0;
    uint32_t seq = 0;
    int step;
    while ((step = sqlite3_step(row)) == SQLITE_ROW && !exporting->no_memory && !ferror(exporting->out)) {
        const uint32_t kind = number(row, 2), cause = number(row, 6);
        seq = number(row, 0);
        const struct tick__tale_event event = {
            .ts = sqlite3_column_int64(row, 1),
            .kind = kind <= UINT8_MAX ? (uint8_t)kind : 0,
            .host = number(row, 3),
            .task = number(row, 4),
            .subject = number(row, 5),
            .cause = cause < seq ? cause : 0,
            .loc = (uint16_t)number(row, 7),
            .arg = sqlite3_column_int64(row, 8),
        };
        if (!seq || event.ts < at) // nothing that retick wrote goes back
            return tick_error_set(
                exporting->error, TICK_EFORMAT, "%s is damaged: its events go back in time; record the run again", exporting->trace->path);
        at = event.ts;
        take(walk, seq, &event);
        if (seq % FORGET == 0) {
            TICK_TRY(tick__tale_trouble(&exporting->tale, exporting->error));
            tick__tale_fini(&exporting->tale);
            TICK_TRY(tick__tale_open(exporting->trace, &exporting->tale, exporting->error));
        }
    }
    if (step != SQLITE_DONE && step != SQLITE_ROW)
        return tick__trace_failed(exporting->trace, exporting->error);
    cut(walk, 0, seq, at);
    return tick__tale_trouble(&exporting->tale, exporting->error);
}

int tick__export_walk(struct tick__exporting *exporting, const struct tick__walker *walker) {
    struct walk walk = {.exporting = exporting, .walker = walker, .tasks = {.row = sizeof(struct state)}};
    sqlite3_stmt *row;
    TICK_TRY(tick__prepare(exporting->trace,
        "SELECT seq, ts, kind, host_id, task_id, subject_id, cause_seq, loc_id, arg FROM events ORDER BY seq", &row, exporting->error));
    int code = walk_over(&walk, row);
    sqlite3_finalize(row);
    tick__open_fini(&walk.tasks);
    if (code == 0 && exporting->no_memory)
        code = tick_error_set(exporting->error, -ENOMEM, "%s: out of memory", exporting->trace->path);
    return code;
}
