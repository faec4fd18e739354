// Why an event happened: its causes hop by hop, walked from the event back. Of a chain that is longer than a page the latest hops are told,
// those on which a deviation bears, and the first of all; of one that is longer than anybody counts, the latest alone.
#include "trace/explain/hops.h"
#include "trace/explain/page.h"
#include "trace/explain/story_keep.h"
#include <errno.h>
#include <string.h>

#define LINKS_MOST 100000 // events, beyond which the walk ends
#define HEAD_MOST 64
#define BORNE_MOST 4 // hops with deviations that are kept beyond the head
#define SEEN_MOST 64

const char *const tick__page_kinds[] = {[TICK__PAGE_HOP] = "event",
    [TICK__PAGE_DEVIATION] = "deviation",
    [TICK__PAGE_BESIDE] = "beside",
    [TICK__PAGE_BETWEEN] = "between",
    [TICK__PAGE_MORE] = "more"};

struct telling {
    const struct tick__tale *tale;
    tick__page_fn *line;
    void *ctx;
    uint32_t seen[SEEN_MOST]; // deviations told
    size_t seen_count;
};

// --- telling ---

static void tell_hop(struct telling *telling, const struct tick__hop *hop) {
    struct tick__page_line line = {.kind = TICK__PAGE_HOP, .seq = hop->seq, .ts = tick__tale_event(telling->tale, hop->seq)->ts};
    tick__hop_say(telling->tale, hop, &TICK__SAID(line.who), &TICK__SAID(line.say), &TICK__SAID(line.place));
    telling->line(telling->ctx, &line);
}

static void tell_more(struct telling *telling, const struct tick__hop *hop) {
    const struct tick__tale *tale = telling->tale;
    for (size_t i = 0; i < hop->deviation_count; i++) {
        struct tick__page_line line = {.kind = TICK__PAGE_DEVIATION, .seq = hop->deviations[i], .depth = 1};
        line.ts = tick__tale_event(tale, line.seq)->ts;
        tick__deed_say(tale, line.seq, &TICK__SAID(line.say));
        telling->line(telling->ctx, &line);
    }
    for (size_t i = 0; i < hop->beside_count; i++) {
        struct tick__page_line line = {.kind = TICK__PAGE_BESIDE, .seq = hop->besides[i].cause, .depth = 1};
        line.ts = tick__tale_event(tale, line.seq)->ts;
        tick__hop_say_beside(tale, &hop->besides[i], &TICK__SAID(line.say));
        if (i + 1 == hop->beside_count && hop->besides_more) {
            struct tick__said say = {.text = line.say, .size = sizeof line.say, .used = strlen(line.say)};
            tick__say_to(&say, ";");
            tick__said_more(&say, hop->besides_more, NULL);
        }
        telling->line(telling->ctx, &line);
    }
}

// A verdict that came of no event is of many: the story has them.
static void tell_story(struct telling *telling, const struct tick__hop *hop) {
    struct tick__story story;
    struct tick_error error;
    char other[8];
    if (hop->came || hop->seq != telling->tale->verdict || tick__story_kept(telling->tale->trace, &story, other, sizeof other, &error) <= 0)
        return;
    for (size_t i = 0; i < story.count; i++) {
        const struct tick__sentence *sentence = &story.sentences[i];
        struct tick__page_line line = {.kind = TICK__PAGE_BESIDE, .seq = sentence->seq, .ts = sentence->ts, .depth = 1};
        tick__say_to(&TICK__SAID(line.who), "%s", sentence->who);
        tick__say_to(&TICK__SAID(line.say), "%s", sentence->say);
        tick__say_to(&TICK__SAID(line.place), "%s", sentence->place);
        if (sentence->class != TICK__SAID_END)
            telling->line(telling->ctx, &line);
    }
    tick__story_fini(&story);
}

static void tell(struct telling *telling, const struct tick__hop *hop) {
    tell_hop(telling, hop);
    tell_more(telling, hop);
    tell_story(telling, hop);
}

static void tell_between(struct telling *telling, uint64_t count, bool endless) {
    if (count || endless)
        telling->line(telling->ctx, &(struct tick__page_line){.kind = TICK__PAGE_BETWEEN, .between = count, .endless = endless});
}

// --- walking ---

static size_t lines_of(const struct tick__hop *hop) {
    return 1 + hop->deviation_count + hop->beside_count;
}

// Leaves of a hop's deviations those that no hop before it had.
static void only_new(struct telling *telling, struct tick__hop *hop) {
    size_t kept = 0;
    for (size_t i = 0; i < hop->deviation_count; i++) {
        bool seen = false;
        for (size_t k = 0; k < telling->seen_count && !seen; k++)
            seen = telling->seen[k] == hop->deviations[i];
        if (seen)
            continue;
        if (telling->seen_count < SEEN_MOST)
            telling->seen[telling->seen_count++] = hop->deviations[i];
        hop->deviations[kept++] = hop->deviations[i];
    }
    hop->deviation_count = kept;
}

static void tell_all(struct telling *telling, uint32_t seq) {
    struct tick__hop hop;
    for (; seq; seq = hop.came) {
        tick__hop_back(telling->tale, seq, &hop);
        if (tick__tale_event(telling->tale, hop.seq)->kind == 0)
            return;
        only_new(telling, &hop);
        tell(telling, &hop);
    }
}

struct walked {
    struct tick__hop head[HEAD_MOST], borne[BORNE_MOST], origin; // the first of all, which is walked to last
    size_t head_count, borne_count;
    uint64_t at[BORNE_MOST], count; // hops
    bool endless;
};

static void walk(struct telling *telling, uint32_t seq, struct walked *walked) {
    struct tick__hop hop;
    uint64_t links = 0;
    for (; seq; seq = hop.came) {
        if (links >= LINKS_MOST) {
            walked->endless = true;
            return;
        }
        tick__hop_back(telling->tale, seq, &hop);
        if (tick__tale_event(telling->tale, hop.seq)->kind == 0)
            return;
        links += 1 + hop.links;
        only_new(telling, &hop);
        if (walked->head_count < HEAD_MOST)
            walked->head[walked->head_count++] = hop;
        else if (hop.deviation_count && walked->borne_count < BORNE_MOST) {
            walked->at[walked->borne_count] = walked->count;
            walked->borne[walked->borne_count++] = hop;
        }
        walked->origin = hop;
        walked->count++;
    }
}

// How many of the head's hops are told, if `lines` are left for them, and those that the deviations beyond them want.
static size_t fit(const struct walked *walked, size_t lines) {
    for (size_t told = walked->head_count;; told--) {
        size_t wanted = 0, borne = 0;
        for (size_t i = 0; i < told; i++)
            wanted += lines_of(&walked->head[i]);
        for (size_t i = told; i < walked->head_count; i++)
            if (walked->head[i].deviation_count && borne < BORNE_MOST) {
                wanted += 1 + lines_of(&walked->head[i]);
                borne++;
            }
        for (size_t i = 0; i < walked->borne_count && borne < BORNE_MOST; i++, borne++)
            wanted += 1 + lines_of(&walked->borne[i]);
        if (wanted <= lines || told <= 1)
            return told;
    }
}

// What lies beyond the head: the hops on which a deviation bears, and what is left out between.
static uint64_t tell_borne(struct telling *telling, const struct walked *walked, size_t told, uint64_t until) {
    uint64_t at = told;
    size_t borne = 0;
    for (size_t i = told; i < walked->head_count + walked->borne_count && borne < BORNE_MOST; i++) {
        const bool near = i < walked->head_count;
        const struct tick__hop *hop = near ? &walked->head[i] : &walked->borne[i - walked->head_count];
        const uint64_t place = near ? i : walked->at[i - walked->head_count];
        if (!hop->deviation_count || place >= until)
            continue;
        tell_between(telling, place - at, false);
        tell(telling, hop);
        at = place + 1;
        borne++;
    }
    return at;
}

static void tell_page(struct telling *telling, const struct walked *walked, size_t lines) {
    size_t all = 0;
    for (size_t i = 0; i < walked->head_count; i++)
        all += lines_of(&walked->head[i]);
    const bool whole = walked->count == walked->head_count && all <= lines;
    const size_t origin = whole || walked->endless ? 0 : 1, told = whole ? walked->head_count : fit(walked, lines - 1 - origin);
    for (size_t i = 0; i < told; i++)
        tell(telling, &walked->head[i]);
    const uint64_t until = walked->count - origin, at = whole ? told : tell_borne(telling, walked, told, until);
    tell_between(telling, until > at ? until - at : 0, walked->endless);
    if (origin && at < walked->count)
        tell_hop(telling, &walked->origin);
}

int tick__why_tell(const struct tick_trace *trace, uint32_t seq, size_t lines, tick__page_fn *line, void *ctx, struct tick_error *error) {
    struct tick__tale tale;
    struct walked walked = {0};
    TICK_TRY(tick__tale_open(trace, &tale, error));
    struct telling telling = {.tale = &tale, .line = line, .ctx = ctx};
    seq = seq ? seq : tale.last;
    int code = 0;
    if (tick__tale_event(&tale, seq)->kind == 0) {
        code = tick_error_set(error, -ENOENT, "%s has no event %u: they end at %u", trace->path, (unsigned)seq, (unsigned)tale.last);
    } else if (lines == 0) {
        tell_all(&telling, seq);
    } else {
        walk(&telling, seq, &walked);
        tell_page(&telling, &walked, lines);
    }
    const int trouble = tick__tale_trouble(&tale, error);
    tick__tale_fini(&tale);
    return trouble ? trouble : code;
}
