// The whole of a page's data.
#include "viewer/page_int.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

// The first of the last `most` events.
static uint32_t first_of(const struct tick__tale *tale, uint32_t most) {
    const uint32_t count = tale->last >= tale->first ? tale->last - tale->first + 1 : 0;
    return count > most ? tale->last - most + 1 : tale->first;
}

// The events of the good run beside those: from the same moment on, and not more.
static void span_beside(const struct tick__tale *tale, const struct tick__tale *good, uint32_t first, uint32_t most, uint32_t span[2]) {
    const int64_t since = tick__tale_event(tale, first)->ts;
    span[0] = good->first;
    while (first > tale->first && span[0] < good->last && tick__tale_event(good, span[0])->ts < since)
        span[0]++;
    span[1] = good->last >= span[0] && good->last - span[0] >= most ? span[0] + most - 1 : good->last;
}

static int open_runs(struct tick__page_making *making) {
    const struct tick_page *page = making->page;
    const uint32_t most = page->most_events ? page->most_events : TICK_PAGE_EVENTS, first = first_of(page->run, most);
    uint32_t span[2];
    TICK_TRY(tick__page_run_open(page->run, first, page->run->last, &making->runs[0]));
    if (!page->good)
        return 0;
    span_beside(page->run, page->good, first, most, span);
    TICK_TRY(tick__page_run_open(page->good, span[0], span[1], &making->runs[1]));
    return tick__beside_init(page->run, page->good, &making->beside);
}

static json_t *kinds(struct tick__page_making *making) {
    static const char *const words[TICK_EVENT_KINDS] = {
#define PAGE_KIND(name, number, word) [number] = word,
        TICK_EVENTS(PAGE_KIND)};
    json_t *kinds = json_array();
    for (size_t i = 0; i < TICK_EVENT_KINDS; i++)
        tick__page_add(making, kinds, json_string(words[i] ? words[i] : ""));
    return kinds;
}

static json_t *parting(const struct tick__page_making *making) {
    const struct tick__beside *beside = &making->beside;
    if (!making->page->good || (beside->parting_a > beside->a->last && beside->parting_b > beside->b->last))
        return json_null();
    return json_pack(
        "[I, I, I]", (json_int_t)beside->parting_a, (json_int_t)beside->parting_b, (json_int_t)tick__beside_same_until(beside));
}

static json_t *whole(struct tick__page_making *making) {
    const struct tick_page *page = making->page;
    json_t *data = json_object(), *runs = json_array(), *chain = json_array();
    tick__page_add(making, runs, tick__page_run(making, &making->runs[0], page->run_name));
    if (page->good)
        tick__page_add(making, runs, tick__page_run(making, &making->runs[1], page->good_name));
    tick__page_set(making, data, "verdict", tick__page_verdict(making));
    tick__page_set(making, data, "story", tick__page_story(making));
    tick__page_set(making, data, "details", tick__page_details(making));
    tick__page_set(making, data, "decisions", tick__page_decisions(making));
    tick__page_set(making, data, "waits", tick__page_waits(making, chain));
    tick__page_set(making, data, "chain", chain);
    tick__page_set(making, data, "parting", parting(making));
    tick__page_set(making, data, "twins", tick__page_twins(making));
    tick__page_set(making, data, "kinds", kinds(making));
    tick__page_set(making, data, "runs", runs);
    tick__page_set(making, data, "strings", json_incref(making->strings));
    tick__page_set(making, data, "places", json_incref(making->places));
    tick__page_set(making, data, "sources", tick__page_sources(making));
    return data;
}

// What could end the script that the data stands in, as JSON's own escapes. malloc'd.
static char *escaped(const char *json) {
    const size_t length = strlen(json);
    char *out = malloc(6 * length + 1), *to = out;
    for (const char *at = json; out && *at; at++) {
        if (*at == '<' || *at == '>' || *at == '&')
            to += snprintf(to, 7, "\\u%04x", (unsigned)*at);
        else
            *to++ = *at;
    }
    if (!out)
        return NULL;
    *to = '\0';
    char *fit = realloc(out, (size_t)(to - out) + 1);
    return fit ? fit : out;
}

int tick_page_data(const struct tick_page *page, char **json) {
    struct tick__page_making making = {.page = page,
        .strings = json_array(),
        .numbers = json_object(),
        .places = json_array(),
        .place_of = json_object(),
        .files = json_object()};
    *json = NULL;
    int code = open_runs(&making);
    if (code == 0) {
        json_t *data = whole(&making);
        char *text = making.failed ? NULL : json_dumps(data, JSON_COMPACT);
        *json = text ? escaped(text) : NULL;
        free(text);
        json_decref(data);
    }
    tick__beside_fini(&making.beside);
    for (int i = 0; i < 2; i++)
        tick__page_run_close(&making.runs[i]);
    json_decref(making.strings);
    json_decref(making.numbers);
    json_decref(making.places);
    json_decref(making.place_of);
    json_decref(making.files);
    return code < 0 ? code : *json ? 0 : -ENOMEM;
}
