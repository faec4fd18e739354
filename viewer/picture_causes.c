// What an event came of, and where two runs part: hops of the explanations, a box each.
#include "src/base/times.h"
#include "trace/story.h"
#include "viewer/dot.h"
#include "viewer/pictures_int.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAST 14 // boxes of what came before the parting
#define NEXT 8  // deeds of each run behind it

static void id_of(char id[32], const char *sort, uint32_t seq) {
    snprintf(id, 32, "%s%u", sort, (unsigned)seq);
}

struct cone {
    uint32_t *seqs; // those to be drawn, in the order in which they were come upon
    size_t count, room, left_out;
};

static void add(struct cone *cone, uint32_t seq) {
    for (size_t i = 0; i < cone->count; i++)
        if (cone->seqs[i] == seq)
            return;
    if (cone->count < cone->room)
        cone->seqs[cone->count++] = seq;
    else
        cone->left_out++;
}

static bool has(const struct cone *cone, uint32_t seq) {
    for (size_t i = 0; i < cone->count; i++)
        if (cone->seqs[i] == seq)
            return true;
    return false;
}

static void draw_hop(struct tick__picturing *picturing, const struct tick__hop *hop, bool first) {
    const struct tick__tale *tale = &picturing->tale;
    char id[32], who[160] = "", say[420] = "", place[96] = "", name[600], more[200] = "";
    struct tick__said said = TICK__SAID(more);
    tick__hop_say(tale, hop, &TICK__SAID(who), &TICK__SAID(say), &TICK__SAID(place));
    snprintf(name, sizeof name, "%s%s%s", who, *who ? " " : "", say);
    tick__said_time(tick__tale_event(tale, hop->seq)->ts, &said);
    tick__say_to(&said, ", event %u%s%s", (unsigned)hop->seq, *place ? ", " : "", place);
    id_of(id, "e", hop->seq);
    tick__picture_box(picturing, id, name, more, first ? TICK__LOOK_FAILURE : TICK__LOOK_PLAIN);
}

static void draw_link(struct tick__picturing *picturing, const struct cone *cone, uint32_t cause, uint32_t seq, const char *how) {
    char from[32], to[32], label[80] = "";
    struct tick__said said = TICK__SAID(label);
    if (!cause || !has(cone, cause))
        return;
    const int64_t passes = tick__ahead(tick__tale_event(&picturing->tale, seq)->ts, tick__tale_event(&picturing->tale, cause)->ts);
    if (how)
        tick__say_to(&said, "%s", how);
    if (passes > 0) {
        tick__say_to(&said, "%s+", how ? " " : "");
        tick__said_time(passes, &said);
    }
    id_of(from, "e", cause);
    id_of(to, "e", seq);
    tick__picture_arrow(picturing, from, to, label, how ? TICK__LOOK_PALE : TICK__LOOK_PLAIN);
}

// Back from an event, breadth first: what it came of by its own cause before what it came of beside that.
static int draw_cone(struct tick__picturing *picturing, uint32_t seq, unsigned most, bool red, size_t *left_out) {
    struct cone cone = {.room = most};
    struct tick__hop hop;
    cone.seqs = calloc(most + 1, sizeof *cone.seqs);
    if (!cone.seqs)
        return tick_error_set(picturing->error, -ENOMEM, "out of memory for the picture");
    add(&cone, seq);
    for (size_t i = 0; i < cone.count; i++) {
        tick__hop_back(&picturing->tale, cone.seqs[i], &hop);
        if (hop.came)
            add(&cone, hop.came);
        for (size_t k = 0; k < hop.beside_count; k++)
            add(&cone, hop.besides[k].cause);
    }
    for (size_t i = 0; i < cone.count; i++) {
        tick__hop_back(&picturing->tale, cone.seqs[i], &hop);
        hop.seq = cone.seqs[i];
        draw_hop(picturing, &hop, red && i == 0);
    }
    for (size_t i = 0; i < cone.count; i++) {
        tick__hop_back(&picturing->tale, cone.seqs[i], &hop);
        draw_link(picturing, &cone, hop.came, cone.seqs[i], NULL);
        for (size_t k = 0; k < hop.beside_count; k++)
            draw_link(picturing, &cone, hop.besides[k].cause, cone.seqs[i], hop.besides[k].how);
    }
    *left_out = cone.left_out;
    free(cone.seqs);
    return 0;
}

int tick__picture_cone(struct tick__picturing *picturing) {
    const uint32_t seq = picturing->options->seq ? picturing->options->seq : picturing->tale.last;
    size_t left_out;
    char title[80];
    snprintf(title, sizeof title, "what event %u came of", (unsigned)seq);
    tick__picture_head(picturing, title, "");
    fputs("  rankdir=TB; // long sentences, one below the other: time goes down\n", picturing->file);
    TICK_TRY(draw_cone(picturing, seq, picturing->most, true, &left_out));
    tick__picture_left_out(picturing, left_out, left_out == 1 ? "cause" : "causes or more");
    return 0;
}

// --- parting ---

static bool is_deed(const struct tick__tale_event *event) {
    return event->kind != TICK_EV_STEP_BEGIN && event->kind != TICK_EV_STEP_END && event->kind != TICK_EV_TASK_READY &&
           event->kind != TICK_EV_IO_SUBMIT && event->kind != TICK_EV_FUTURE_CREATE && event->kind != TICK_EV_CALLBACK_READY &&
           event->kind != TICK_EV_CALLBACK_RUN && event->kind != TICK_EV_FUTURE_DONE && (event->kind != TICK_EV_IO_COMPLETE || event->task);
}

// What a run does from an event on, one below the other.
static void draw_next(struct tick__picturing *picturing, const struct tick__tale *tale, const char *sort, const char *name, uint32_t seq,
    const char *from, enum tick__picture_look look) {
    char before[32], id[32];
    snprintf(before, sizeof before, "%s", from);
    fprintf(picturing->file, "  subgraph cluster_%s { color=\"#cbd5e1\"; labeljust=l; label=<", sort);
    tick__dot_html(picturing->file, name, " ");
    fputs(">;\n", picturing->file);
    size_t drawn = 0;
    for (uint32_t at = seq; at && at <= tale->last && drawn < NEXT; at++) {
        const struct tick__tale_event event = *tick__tale_event(tale, at);
        char who[160] = "", say[420] = "", line[600], more[120] = "";
        struct tick__said said = TICK__SAID(more);
        if (!is_deed(&event))
            continue;
        tick__deed_who(tale, at, &TICK__SAID(who));
        tick__deed_say(tale, at, &TICK__SAID(say));
        snprintf(line, sizeof line, "%s%s%s", who, *who ? " " : "", say);
        tick__said_time(event.ts, &said);
        tick__say_to(&said, ", event %u", (unsigned)at);
        id_of(id, sort, at);
        tick__picture_box(picturing, id, line, more, drawn ? TICK__LOOK_PLAIN : look);
        if (drawn)
            tick__picture_arrow(picturing, before, id, "", TICK__LOOK_PALE);
        snprintf(before, sizeof before, "%s", id);
        drawn++;
    }
    fputs("  }\n", picturing->file);
}

// The first event that is another in the two, by what happens, when, and to whom; 0: there is none.
static uint32_t parting_of(const struct tick__tale *a, const struct tick__tale *b) {
    const uint32_t last = a->last < b->last ? a->last : b->last;
    for (uint32_t seq = 1; seq && seq <= last; seq++) {
        const struct tick__tale_event x = *tick__tale_event(a, seq), y = *tick__tale_event(b, seq);
        if (x.kind != y.kind || x.ts != y.ts || x.arg != y.arg || x.task != y.task || x.subject != y.subject || x.cause != y.cause)
            return seq;
    }
    return a->last == b->last ? 0 : last + 1;
}

int tick__picture_parting(struct tick__picturing *picturing) {
    struct tick__tale beside;
    if (!picturing->options->beside)
        return tick_error_set(picturing->error, -EINVAL, "which run is beside it? --against TRACE names one");
    TICK_TRY(tick__tale_open(picturing->options->beside, &beside, picturing->error));
    const uint32_t seq = parting_of(&picturing->tale, &beside);
    char title[100] = "the two runs are the same";
    size_t left_out = 0;
    int code = 0;
    if (seq)
        snprintf(title, sizeof title, "where the runs part, at event %u", (unsigned)seq);
    tick__picture_head(picturing, title, "");
    fputs("  rankdir=TB; // long sentences, one below the other: time goes down\n", picturing->file);
    if (seq > 1)
        code = draw_cone(picturing, seq - 1, PAST, false, &left_out);
    if (seq && code == 0) {
        char from[32];
        id_of(from, "e", seq > 1 ? seq - 1 : 1);
        draw_next(picturing, &picturing->tale, "a", "this run", seq, from, TICK__LOOK_FAILURE);
        draw_next(picturing, &beside, "b", "the run beside it", seq, from, TICK__LOOK_PLAIN);
        for (int i = 0; i < 2 && seq > 1; i++) {
            const struct tick__tale *tale = i ? &beside : &picturing->tale;
            uint32_t at = seq;
            while (at <= tale->last && !is_deed(tick__tale_event(tale, at)))
                at++;
            char to[32];
            id_of(to, i ? "b" : "a", at);
            if (at <= tale->last)
                tick__picture_arrow(picturing, from, to, "", i ? TICK__LOOK_PLAIN : TICK__LOOK_FAILURE);
        }
    }
    if (code == 0)
        code = tick__tale_trouble(&beside, picturing->error);
    tick__tale_fini(&beside);
    return code;
}
