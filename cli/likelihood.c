#include "cli/likelihood.h"
#include "cli/interrupt.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/report_json.h"
#include "sim/explore/shrink.h"
#include "trace/explain/story_keep.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define TRUST_PER_RATE 4605171 // -ln(1 - 0.99) in millionths: divided by the share that fails, so many seeds leave 1 % of doubt
#define FRESH 2000             // seeds for the share of fresh schedules;
#define FRESH_OF_GUESTS 400    // of programs, whose runs take a hundred times as long
#define SHOWN_MOST 80          // bytes of a sentence
#define INEVITABLE 950         // permille, from which on a failure is called inevitable

__extension__ typedef unsigned __int128 wide;

struct share { // in permille, with Wilson's interval of 95 %
    uint32_t failed, runs;
    unsigned of_1000, low, high;
};

static uint64_t root(wide square) {
    uint64_t low = 0, high = (uint64_t)1 << 62;
    while (low < high) {
        const uint64_t middle = low + (high - low + 1) / 2;
        if ((wide)middle * middle <= square)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

// In whole numbers, so that it is the same everywhere: z = 1.96, and everything times 10^8.
static void settle(struct share *share) {
    const uint64_t k = share->failed, n = share->runs, scale = 100000000;
    if (!n)
        return;
    const uint64_t z2 = 384160000; // z^2
    const wide middle = (wide)k * scale + z2 / 2;
    // z * sqrt(k (n - k) / n + z^2 / 4)
    const wide within = (wide)k * (n - k) * scale / n + z2 / 4;
    const wide half = (wide)root(within * scale) * 196 / 100;
    const wide whole = (wide)n * scale + z2;
    share->of_1000 = (unsigned)((2 * k * 1000 + n) / (2 * n));
    share->low = middle > half ? (unsigned)((middle - half) * 1000 / whole) : 0;
    share->high = (unsigned)(((middle + half) * 1000 + whole - 1) / whole);
    share->high = share->high > 1000 ? 1000 : share->high;
}

static void percent(unsigned of_1000, char *text, size_t size) {
    snprintf(text, size, of_1000 % 10 ? "%u.%u" : "%u", of_1000 / 10, of_1000 % 10);
}

static void share_words(const struct share *share, char *text, size_t size) {
    char each[3][16];
    percent(share->of_1000, each[0], sizeof each[0]);
    percent(share->low, each[1], sizeof each[1]);
    percent(share->high, each[2], sizeof each[2]);
    snprintf(text, size, "%s %% (%s to %s)", each[0], each[1], each[2]);
}

struct asking {
    struct tick__digester *digester;
    const struct tick_schedule *schedule;
    struct tick_outcome finding;
    uint32_t fresh, done, all;
};

// Runs the schedule up to an event and the rest anew, so many times. UINT32_MAX: nothing of the schedule.
static int sample(struct asking *asking, uint32_t upto, uint32_t runs, struct share *share) {
    struct tick_schedule nothing;
    tick_schedule_init(&nothing, asking->schedule->scenario);
    *share = (struct share){.runs = runs};
    for (uint32_t i = 0; i < runs; i++) {
        struct tick_outcome outcome;
        const bool fresh = upto == UINT32_MAX;
        TICK_TRY(tick__digester_onward(
            asking->digester, fresh ? &nothing : asking->schedule, fresh ? 0 : upto, (uint64_t)1 << 32 | i, &outcome));
        share->failed += tick_outcome_same(&outcome, &asking->finding);
        if (++asking->done % 256 == 0)
            tick__progress_line("likelihood: %u of %u runs", (unsigned)asking->done, (unsigned)asking->all);
        if (tick__interrupted())
            return TICK_ECANCELED;
    }
    settle(share);
    return 0;
}

static void report(const struct share *share, uint32_t seq) {
    if (tick__report_on())
        tick__report_add("likelihood",
            json_pack("{s:o, s:I, s:I, s:I, s:I}", "seq", seq ? json_integer(seq) : json_null(), "runs", (json_int_t)share->runs, "failed",
                (json_int_t)share->failed, "low_of_1000", (json_int_t)share->low, "high_of_1000", (json_int_t)share->high));
}

static void say_trust(const struct share *fresh) {
    char count[32];
    if (!fresh->low) {
        tick__say("fresh schedules fail too seldom in this way to say how many seeds a repair must pass");
        return;
    }
    const uint64_t seeds = (TRUST_PER_RATE + (uint64_t)fresh->low * 1000 - 1) / ((uint64_t)fresh->low * 1000);
    tick__say("a repair that passes %s fresh seeds is trusted at 99 %%", tick__format_count(seeds, count, sizeof count));
    tick__report_set("trusted_after", json_integer((json_int_t)seeds));
}

// How many bytes of what it says are shown: up to a word's end.
static int shorter(const struct tick__sentence *sentence) {
    const size_t who = strlen(sentence->who);
    size_t length = who < SHOWN_MOST ? SHOWN_MOST - who : 0;
    if (length > strlen(sentence->say))
        length = strlen(sentence->say);
    while (length && sentence->say[length] != ' ')
        length--;
    return (int)length;
}

static int ask_all(struct asking *asking, const struct tick__story *story, uint32_t runs) {
    size_t inevitable = 0;
    struct share fresh;
    char words[64], text[120];
    tick__say("how likely it was: what comes after each sentence drawn anew, %u times, and how many fail in the same way:", (unsigned)runs);
    TICK_TRY(sample(asking, UINT32_MAX, asking->fresh, &fresh));
    tick__progress_end();
    report(&fresh, 0);
    share_words(&fresh, words, sizeof words);
    tick__say("      %-24s of fresh schedules, with nothing decided", words);
    for (size_t i = 0; i < story->count; i++) {
        const struct tick__sentence *sentence = &story->sentences[i];
        struct share share;
        TICK_TRY(sample(asking, sentence->seq, runs, &share));
        tick__progress_end();
        share_words(&share, words, sizeof words);
        const bool whole = strlen(sentence->who) + strlen(sentence->say) < SHOWN_MOST;
        snprintf(text, sizeof text, "%s%s%.*s%s", sentence->who, *sentence->who ? " " : "", whole ? SHOWN_MOST : shorter(sentence),
            sentence->say, whole ? "" : "…");
        tick__say("  %2zu  %-24s %s", i + 1, words, text);
        report(&share, sentence->seq);
        if (share.low < INEVITABLE)
            inevitable = i + 1;
    }
    if (inevitable + 1 < story->count)
        tick__say("from sentence %zu on it was as good as inevitable", inevitable + 1);
    say_trust(&fresh);
    return 0;
}

int tick__likelihood(const char *path, const struct tick__loaded *loaded, const struct tick_schedule *schedule, uint32_t runs) {
    struct tick_trace trace;
    struct tick__story story;
    struct tick_error error = {0};
    struct tick__attempt attempt;
    char beside[NAME_MAX + 1];
    int result = tick_trace_open(path, &trace, &error);
    if (result < 0)
        return tick__complain_of(path, result, &error);
    result = tick__story_kept(&trace, &story, beside, sizeof beside, &error);
    tick_trace_close(&trace);
    if (result <= 0)
        return result < 0 ? tick__complain_of(path, result, &error) : 0;
    struct asking asking = {.schedule = schedule, .fresh = loaded->guest || loaded->world ? FRESH_OF_GUESTS : FRESH};
    asking.all = (uint32_t)story.count * runs + asking.fresh;
    const struct tick__input input = {.schedule = schedule};
    tick__interrupt_watch();
    result = tick__digester_new(&loaded->target, 0, &asking.digester);
    if (result == 0) {
        tick__digester_repeats(asking.digester);
        result = tick__digester_run(asking.digester, &input, &attempt);
    }
    if (result == 0) {
        asking.finding = attempt.outcome;
        tick__attempt_fini(&attempt);
        result = ask_all(&asking, &story, runs);
    }
    tick__progress_end();
    tick__interrupt_unwatch();
    tick__digester_free(asking.digester);
    tick__story_fini(&story);
    if (result == TICK_ECANCELED)
        return TICK__EXIT_INTERRUPTED;
    if (result < 0)
        tick__complain("the runs could not be carried out: %s", tick_error_text(result));
    return result < 0 ? TICK__EXIT_HARNESS : 0;
}
