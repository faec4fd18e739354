// What came of an event: a tree, in the order of events. The events behind it are looked at once, up to so many; each that came of it, by
// control or by data, hangs on what it came of first. Lines are those of `why`: turns and deeds; what lies between is folded into them. A
// page has the way to the verdict first, then what is nearest to the event.
#include "trace/explain/hops.h"
#include "trace/explain/page.h"
#include "trace/story.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW 300000    // events behind the first that are looked at
#define DEPTH_MOST 6     // that a page goes to
#define BRANCHES_LEAST 8 // lines that are left for what else came of it, where a way is cut

struct seen { // an event of the window; number 0 is the event asked about
    uint32_t task, subject;
    uint32_t parent; // number of what it came of; itself: it did not come of it
    uint8_t kind;
    bool in_step, bears; // in_step: told by a task; bears: something came of it
};
struct line {                             // an event that is told
    uint32_t number, parent, child, next; // lines, index + 1; children in order of events
    bool on_way, shown;
};
struct effects {
    const struct tick__tale *tale;
    uint32_t seq, count; // seen: of the event, and how many are behind it
    struct seen *seen;
    uint32_t *line_of; // of an event: its own line, or that of what it came of; index + 1
    struct line *lines;
    uint32_t line_count, told;
    bool more; // events behind the window
    tick__page_fn *tell;
    void *ctx;
};

// --- reading ---

static int64_t number(sqlite3_stmt *row, int column) {
    return sqlite3_column_int64(row, column);
}

static int read_window(struct effects *effects, struct tick_error *error) {
    const struct tick_trace *trace = effects->tale->trace;
    sqlite3_stmt *row;
    TICK_TRY(tick__prepare(
        trace, "SELECT seq, kind, task_id, subject_id, cause_seq FROM events WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq", &row, error));
    sqlite3_bind_int64(row, 1, effects->seq);
    sqlite3_bind_int64(row, 2, (int64_t)effects->seq + effects->count);
    for (uint32_t at = 0; at <= effects->count; at++)
        effects->seen[at].parent = at;
    while (sqlite3_step(row) == SQLITE_ROW) {
        const uint32_t at = (uint32_t)(number(row, 0) - effects->seq);
        const int64_t cause = number(row, 4) - effects->seq;
        struct seen *seen = &effects->seen[at];
        *seen = (struct seen){.kind = (uint8_t)number(row, 1), .task = (uint32_t)number(row, 2), .subject = (uint32_t)number(row, 3)};
        seen->in_step = seen->task != 0;
        seen->parent = at;
        if (at && cause >= 0 && cause < at && (cause == 0 || effects->seen[cause].parent != cause))
            seen->parent = (uint32_t)cause;
    }
    return sqlite3_finalize(row) == SQLITE_OK ? 0 : tick__trace_failed(trace, error);
}

static bool came_of_it(const struct effects *effects, uint32_t at) {
    return at == 0 || effects->seen[at].parent != at;
}

// Further causes, in order: what took in data came of that; what came of nothing of ours else comes of any of them. The effects of what is
// found so were passed over, so that causes are gone through once more.
static int read_causes(struct effects *effects, struct tick_error *error) {
    const struct tick_trace *trace = effects->tale->trace;
    sqlite3_stmt *row;
    if (!trace->derived)
        return 0;
    TICK_TRY(tick__prepare(trace, "SELECT seq, cause_seq, how FROM causes WHERE seq > ?1 AND seq <= ?2 ORDER BY seq", &row, error));
    sqlite3_bind_int64(row, 1, effects->seq);
    sqlite3_bind_int64(row, 2, (int64_t)effects->seq + effects->count);
    bool any = sqlite3_step(row) == SQLITE_ROW;
    sqlite3_stmt *events;
    int code = tick__prepare(trace, "SELECT seq, cause_seq FROM events WHERE seq > ?1 AND seq <= ?2 ORDER BY seq", &events, error);
    if (code == 0) {
        sqlite3_bind_int64(events, 1, effects->seq);
        sqlite3_bind_int64(events, 2, (int64_t)effects->seq + effects->count);
    }
    while (code == 0 && sqlite3_step(events) == SQLITE_ROW) {
        const uint32_t at = (uint32_t)(number(events, 0) - effects->seq);
        struct seen *seen = &effects->seen[at];
        const int64_t own = number(events, 1) - effects->seq;
        if (own >= 0 && own < at && came_of_it(effects, (uint32_t)own))
            seen->parent = (uint32_t)own;
        for (; any && number(row, 0) == (int64_t)effects->seq + at; any = sqlite3_step(row) == SQLITE_ROW) {
            const int64_t cause = number(row, 1) - effects->seq;
            const char *how = (const char *)sqlite3_column_text(row, 2);
            if (cause >= 0 && cause < at && came_of_it(effects, (uint32_t)cause) &&
                (!came_of_it(effects, at) || (how && strcmp(how, "took") == 0)))
                seen->parent = (uint32_t)cause;
        }
    }
    const bool failed = (sqlite3_finalize(events) | sqlite3_finalize(row)) != SQLITE_OK;
    return code < 0 ? code : failed ? tick__trace_failed(trace, error) : 0;
}

// --- lines ---

static bool is_told(const struct seen *seen) {
    switch (seen->kind) {
    case TICK_EV_STEP_BEGIN:
    case TICK_EV_CALLBACK_RUN:
    case TICK_EV_MSG_SEND:
    case TICK_EV_LOG:
    case TICK_EV_MARK:
    case TICK_EV_EXCEPTION:
    case TICK_EV_VERDICT:
    case TICK_EV_HOST_START:
    case TICK_EV_HOST_CRASH:
    case TICK_EV_HOST_RESTART:
    case TICK_EV_FAULT_BEGIN:
    case TICK_EV_FAULT_END:
    case TICK_EV_CHOICE:
    case TICK_EV_MSG_DROP:
        return true;
    case TICK_EV_TASK_CANCEL: // a deadline's is told with the turn that comes of it
        return seen->in_step;
    case TICK_EV_MSG_RECV: // that comes to nothing, for all that is known
        return !seen->bears;
    case TICK_EV_IO_COMPLETE: // of what was there already, in a step
    case TICK_EV_FUTURE_DONE:
        return seen->in_step && seen->bears;
    case TICK_EV_PUT:
    case TICK_EV_SET:
    case TICK_EV_NOTIFY:
    case TICK_EV_RELEASE:
        return seen->bears;
    default:
        return false;
    }
}

// The kernel's answer to a request to connect is part of the turn that comes of it.
static bool is_kernels(const struct effects *effects, uint32_t at) {
    const struct seen *seen = &effects->seen[at];
    const struct tick__tale_message *message =
        seen->kind == TICK_EV_MSG_SEND && !seen->in_step ? tick__tale_message(effects->tale, seen->subject) : NULL;
    return message && message->bytes <= 0;
}

static int make_lines(struct effects *effects, struct tick_error *error) {
    effects->lines = calloc((size_t)effects->count + 1, sizeof *effects->lines);
    effects->line_of = calloc((size_t)effects->count + 1, sizeof *effects->line_of);
    if (!effects->lines || !effects->line_of)
        return tick_error_set(error, -ENOMEM, "%s: out of memory", effects->tale->trace->path);
    for (uint32_t at = effects->count; at > 0; at--)
        if (came_of_it(effects, at))
            effects->seen[effects->seen[at].parent].bears = true;
    for (uint32_t at = 0; at <= effects->count; at++) {
        const struct seen *seen = &effects->seen[at];
        if (!came_of_it(effects, at))
            continue;
        const uint32_t parent = at ? effects->line_of[seen->parent] : 0;
        effects->line_of[at] = parent;
        if (at && (!is_told(seen) || is_kernels(effects, at)))
            continue;
        effects->lines[effects->line_count] = (struct line){.number = at, .parent = parent};
        effects->line_of[at] = ++effects->line_count;
    }
    for (uint32_t i = effects->line_count; i > 1; i--) {
        struct line *line = &effects->lines[i - 1], *parent = &effects->lines[line->parent - 1];
        line->next = parent->child;
        parent->child = i;
    }
    return 0;
}

// --- what of it is shown ---

// The way to the verdict, if that came of it: its lines are marked, and how many there are is the result.
static uint32_t mark_way(struct effects *effects) {
    uint32_t length = 0, at = 0;
    if (effects->line_count && !effects->more && effects->seen[effects->count].kind == TICK_EV_VERDICT &&
        came_of_it(effects, effects->count))
        at = effects->line_of[effects->count];
    for (; at; at = effects->lines[at - 1].parent, length++)
        effects->lines[at - 1].on_way = true;
    return length;
}

static void show(struct effects *effects, struct line *line) {
    effects->told += !line->shown;
    line->shown = true;
}

static void show_way(struct effects *effects, uint32_t length, size_t most) {
    const uint32_t others = effects->line_count - length, left = others < BRANCHES_LEAST ? others : BRANCHES_LEAST;
    const uint32_t ends = most > left ? ((uint32_t)most - left) / 2 : 1;
    uint32_t at = effects->line_of[effects->count];
    for (uint32_t i = 0; i < length; i++, at = effects->lines[at - 1].parent)
        if (length <= 2 * ends || i < ends || i >= length - ends)
            show(effects, &effects->lines[at - 1]);
}

// What is nearest, level by level, as far as there is room: lines whose parents are shown.
static int show_nearest(struct effects *effects, size_t most, struct tick_error *error) {
    uint32_t *queue = calloc((size_t)effects->line_count + 1, sizeof *queue), head = 0, tail = 0, level = 0;
    if (!queue)
        return tick_error_set(error, -ENOMEM, "%s: out of memory", effects->tale->trace->path);
    queue[tail++] = 1;
    while (head < tail && effects->told < most && level < DEPTH_MOST) {
        const uint32_t end = tail;
        for (; head < end && effects->told < most; head++) {
            show(effects, &effects->lines[queue[head] - 1]);
            for (uint32_t child = effects->lines[queue[head] - 1].child; child; child = effects->lines[child - 1].next)
                queue[tail++] = child;
        }
        level++;
    }
    free(queue);
    return 0;
}

// --- telling ---

static void tell_line(struct effects *effects, const struct line *line, unsigned depth) {
    struct tick__page_line said = {.kind = TICK__PAGE_HOP, .seq = effects->seq + line->number, .depth = depth};
    struct tick__hop hop;
    tick__hop_back(effects->tale, said.seq, &hop);
    hop.yields = 0; // each of them has a line
    said.ts = tick__tale_event(effects->tale, said.seq)->ts;
    tick__hop_say(effects->tale, &hop, &TICK__SAID(said.who), &TICK__SAID(said.say), &TICK__SAID(said.place));
    effects->tell(effects->ctx, &said);
}

// The child that goes on at the depth of its parent: that on the way, else the last.
static uint32_t main_child(const struct effects *effects, const struct line *line) {
    uint32_t last = 0;
    for (uint32_t child = line->child; child; child = effects->lines[child - 1].next) {
        if (effects->lines[child - 1].on_way)
            return child;
        last = child;
    }
    return last;
}

// Of a way that is cut, the next line that is shown; *between: how many are not.
static uint32_t next_shown(const struct effects *effects, uint32_t at, uint32_t *between) {
    for (; at && !effects->lines[at - 1].shown && effects->lines[at - 1].on_way; ++*between)
        at = main_child(effects, &effects->lines[at - 1]);
    return at;
}

struct place {
    uint32_t line;
    unsigned depth;
};

// Before those that go on at the same depth come the branches, set in.
static int tell_tree(struct effects *effects, struct tick_error *error) {
    struct place *stack = calloc((size_t)effects->line_count + 1, sizeof *stack);
    uint32_t count = 0;
    if (!stack)
        return tick_error_set(error, -ENOMEM, "%s: out of memory", effects->tale->trace->path);
    stack[count++] = (struct place){1, 0};
    while (count) {
        const struct place place = stack[--count];
        uint32_t between = 0, at = next_shown(effects, place.line, &between);
        if (between) {
            effects->tell(effects->ctx, &(struct tick__page_line){.kind = TICK__PAGE_BETWEEN, .between = between, .depth = place.depth});
            effects->told += between;
        }
        if (!at || !effects->lines[at - 1].shown)
            continue;
        const struct line *line = &effects->lines[at - 1];
        const uint32_t goes_on = main_child(effects, line), from = count + (goes_on != 0);
        tell_line(effects, line, place.depth);
        if (goes_on)
            stack[count++] = (struct place){goes_on, place.depth};
        for (uint32_t child = line->child; child; child = effects->lines[child - 1].next)
            if (child != goes_on && effects->lines[child - 1].shown)
                stack[count++] = (struct place){child, place.depth + 1};
        for (uint32_t i = from, k = count; i + 1 < k; i++) { // the first of them on top
            const struct place other = stack[i];
            stack[i] = stack[--k];
            stack[k] = other;
        }
    }
    free(stack);
    return 0;
}

static int tell_all(struct effects *effects, size_t lines, struct tick_error *error) {
    const uint32_t length = mark_way(effects);
    for (uint32_t i = 0; lines == 0 && i < effects->line_count; i++)
        show(effects, &effects->lines[i]);
    if (lines && effects->line_count > lines) {
        show_way(effects, length, lines - 3); // a line for what is cut of the way, one for the rest, and one for the event
        TICK_TRY(show_nearest(effects, lines - 2, error));
    } else if (lines) {
        for (uint32_t i = 0; i < effects->line_count; i++)
            show(effects, &effects->lines[i]);
    }
    TICK_TRY(tell_tree(effects, error));
    if (effects->told < effects->line_count || effects->more)
        effects->tell(effects->ctx,
            &(struct tick__page_line){.kind = TICK__PAGE_MORE, .between = effects->line_count - effects->told, .endless = effects->more});
    return 0;
}

int tick__effects_tell(
    const struct tick_trace *trace, uint32_t seq, size_t lines, tick__page_fn *line, void *ctx, struct tick_error *error) {
    struct tick__tale tale;
    TICK_TRY(tick__tale_open(trace, &tale, error));
    struct effects effects = {.tale = &tale, .seq = seq, .tell = line, .ctx = ctx};
    int code = 0;
    if (tick__tale_event(&tale, seq)->kind == 0) {
        code = tick_error_set(error, -ENOENT, "%s has no event %u: they end at %u", trace->path, (unsigned)seq, (unsigned)tale.last);
    } else {
        effects.count = tale.last - seq > WINDOW ? WINDOW : tale.last - seq;
        effects.more = tale.last - seq > WINDOW;
        effects.seen = calloc((size_t)effects.count + 1, sizeof *effects.seen);
        if (!effects.seen)
            code = tick_error_set(error, -ENOMEM, "%s: out of memory", trace->path);
    }
    int (*const parts[])(struct effects *, struct tick_error *) = {read_window, read_causes, make_lines};
    for (size_t i = 0; code == 0 && i < sizeof parts / sizeof *parts; i++)
        code = parts[i](&effects, error);
    if (code == 0)
        code = tell_all(&effects, lines, error);
    free(effects.seen);
    free(effects.line_of);
    free(effects.lines);
    const int trouble = code == 0 ? tick__tale_trouble(&tale, error) : 0;
    tick__tale_fini(&tale);
    return trouble ? trouble : code;
}
