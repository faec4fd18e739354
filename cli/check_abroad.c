// Whether runs are the same in other surroundings: all of these are varied at once, and only if that makes a difference one by one.
#include "cli/checking.h"
#include "cli/interrupt.h"
#include "cli/print.h"
#include "cli/progress.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct line { // of `retick digest`
    char events[33], contents[33], verdict[16];
};

static void hex(const uint8_t digest[16], bool there, char text[33]) {
    snprintf(text, 33, "-");
    for (int i = 0; i < 16 && there; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

static struct line line_of(const struct tick__attempt *attempt) {
    struct line line;
    hex(attempt->digest, attempt->has_digest, line.events);
    hex(attempt->contents, attempt->has_digest, line.contents);
    snprintf(line.verdict, sizeof line.verdict, "%s", tick_verdict_word(attempt->outcome.verdict));
    return line;
}

static enum tick__likeness compare(const struct line *a, const struct line *b) {
    if (strcmp(a->events, b->events) != 0 || strcmp(a->verdict, b->verdict) != 0)
        return TICK__OTHER_RUN;
    return strcmp(a->contents, b->contents) != 0 ? TICK__OTHER_CONTENTS : TICK__SAME_RUN;
}

// Every seed's line, with these surroundings varied. 0 or a negative error.
static int ask(struct tick__check *check, unsigned varied, struct line *lines) {
    char range[64], *output = NULL;
    snprintf(range, sizeof range, "%" PRIu64 "..%" PRIu64, check->first, check->first + check->count - 1);
    const char *const words[] = {"digest", "--seeds", range, check->load.heap_check ? "--heap-check" : NULL, NULL};
    int result = tick__abroad_run(&check->country, varied, words, &output);
    result = result == 0 || result == TICK__EXIT_FINDING ? 0 : result < 0 ? result : -ECHILD;
    const char *at = output;
    for (uint64_t i = 0; i < check->count && result == 0; i++) {
        uint64_t seed;
        int used = 0;
        if (sscanf(at, "%" SCNu64 " %32s %32s %15s\n%n", &seed, lines[i].events, lines[i].contents, lines[i].verdict, &used) != 4 || !used)
            result = -ECHILD;
        at += used;
    }
    free(output);
    return result;
}

static struct tick__differing count(const struct tick__check *check, const struct line *a, const struct line *b) {
    struct tick__differing differing = {0};
    for (uint64_t i = 0; i < check->count; i++)
        tick__differing_count(&differing, compare(&a[i], &b[i]), check->first + i);
    return differing;
}

// home: as in this process; plain: in one with nothing varied; lines, other: room for two more.
static int one_by_one(
    struct tick__check *check, const struct line *home, const struct line *plain, struct line *lines, struct line *other) {
    bool explained = false;
    for (int i = 0; i < TICK__SURROUNDING_COUNT && !tick__interrupted(); i++) {
        if (!check->country.can[i] && i != TICK__ASLR)
            continue;
        const unsigned reference = tick__surrounding_plain((enum tick__surrounding)i);
        tick__progress_line("%s", tick__surrounding_text((enum tick__surrounding)i));
        if (reference)
            TICK_TRY(ask(check, reference, other));
        TICK_TRY(ask(check, 1u << i, lines));
        check->abroad[i] = count(check, reference ? other : plain, lines);
        explained |= tick__differs(&check->abroad[i]);
        if (i == TICK__ASLR && explained && !check->country.can[i])
            return 0; // that cannot be told from what else would be varied
    }
    if (!explained)
        check->unexplained = count(check, home, plain);
    return 0;
}

int tick__check_abroad(struct tick__check *check) {
    struct line *home = calloc(4 * check->count, sizeof *home);
    unsigned all = 1u << TICK__ASLR;
    if (!home)
        return -ENOMEM;
    struct line *plain = home + check->count, *lines = plain + check->count;
    for (int i = 0; i < TICK__SURROUNDING_COUNT; i++)
        all |= check->country.can[i] ? 1u << i : 0;
    for (uint64_t i = 0; i < check->count; i++)
        home[i] = line_of(&check->base[i]);
    tick__progress_line("in another process");
    int result = ask(check, 0, plain);
    if (result == 0)
        result = ask(check, all, lines);
    if (result == 0) {
        const struct tick__differing here = count(check, home, plain), there = count(check, home, lines);
        if (tick__differs(&here) || tick__differs(&there))
            result = one_by_one(check, home, plain, lines, lines + check->count);
    }
    check->went_abroad = result == 0;
    free(home);
    return result;
}
