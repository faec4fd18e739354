// retick check: whether runs repeat, whatever came before them, whatever lies in fresh memory, and whatever surrounds them.
#include "cli/arguments.h"
#include "cli/checking.h"
#include "cli/command.h"
#include "cli/finding.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/report_json.h"
#include "sim/explore/shrink.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_WARM = TICK__OPTION_OTHERS, OPTION_STRICT };

static const struct argp_option options[] = {
    {"seeds", 'n', "N|A..B", 0, "Which seeds (default: 0..99; of a program behind --: 0..19)", 0},
    {"after", OPTION_WARM, "N", 0, "How many other runs come before, in the same process (default: 1000; of a program behind --: 100)", 0},
    {"strict", OPTION_STRICT, NULL, 0, "What depends on addresses or on the folder is no note, but a finding", 0},
    {"output", 'o', "FOLDER", 0, "Where two runs that differ are recorded (made if need be; default: the current folder)", 0},
    TICK__FORCE_ROW,
    {0},
};

static const char doc[] =
    "Runs each seed in two fresh processes, after 1,000 other runs in one process, with stacks and heaps filled with 0xa5 and with 0x5a, "
    "and in processes with another environment, locale, folder, depth of the stack and time of day, compiled at another time, with "
    "address randomisation off and on. All must have the same events, and name, log, send and write the same. If two differ, both "
    "are recorded and their first difference is shown: an event, or a byte and who wrote it. A program behind -- is run in fresh "
    "processes, "
    "after others, begun in each of the three ways (--by), with addresses fixed and randomised, in another folder (with absolute paths for "
    "the files that its words name) and in another environment; what depends on these three is a note, with the variables' names."
    "\vWhat is logged or sent may hold addresses, or the folder's name: where it differs with these alone, that is a note, unless "
    "--strict is given. It ends with the schedule stability: when one deviation of a seed is taken away, which share of the others the run "
    "still "
    "meets. Shrinking works the better the higher it is.\n"
    "\n"
    "Examples:\n"
    "  retick check scenario.c\n"
    "  retick check scenario.c --seeds 0..9 --after 100\n"
    "\n"
    "Exit codes: 0 runs repeat (also failing ones), 1 they do not, 2 the arguments or a file cannot be used, 3 retick itself failed.";

static error_t parse(int key, char *value, struct argp_state *state) {
    struct tick__check *a = state->input;
    switch (key) {
    case 'n':
        if (!tick__parse_range(value, &a->first, &a->count))
            tick__wrong(state->name, "--seeds %s: write a positive number, or A..B", value);
        if (a->count > 1000000)
            tick__wrong(state->name, "--seeds: at most 1000000");
        return 0;
    case OPTION_WARM:
        if (!tick__parse_number(value, &a->warm))
            tick__wrong(state->name, "--after %s: write a number", value);
        return 0;
    case OPTION_STRICT:
        a->strict = true;
        return 0;
    case 'o':
        a->output = value;
        return 0;
    case TICK__OPTION_FORCE:
        a->rules.force = true;
        return 0;
    default:
        return tick__parse_scenario(key, value, state, &a->run, &a->load);
    }
}

static const struct argp_child children[] = {{&tick__run_argp, 0, NULL, 0}, {&tick__load_argp, 0, NULL, 10}, {0}};
static const struct argp argp = {options, parse, "[FILE.c[:SCENARIO]]", doc, children, NULL, NULL};

// --- the ways of this process ---

static const struct {
    const char *text;
    uint8_t poison;
    bool fresh; // a process for each run
} ways[TICK__WAY_COUNT] = {
#define WAY(name, text, poison, fresh) [name] = {text, poison, fresh},
    TICK__WAYS(WAY)
#undef WAY
};

const char *tick__way_text(enum tick__way way) {
    return ways[way].text;
}

static bool is_of(const struct tick__check *check, enum tick__way way) {
    if (check->loaded.guest)
        return ways[way].poison == 0 && tick__check_guest_can(check, way);
    return way < TICK__BY_FORK;
}

struct tick__input tick__check_input(const struct tick__check *check, uint64_t seed, enum tick__way way) {
    if (check->loaded.guest)
        tick__check_guest_surround(check, way);
    return (struct tick__input){.seed = seed, .rates = &check->run.rates, .poison = ways[way].poison};
}

static void warm_up(const struct tick__check *check, struct tick__digester *digester) {
    for (uint64_t i = 0; i < check->warm && !tick__interrupted(); i++) {
        struct tick__attempt unused;
        const struct tick__input input =
            tick__check_input(check, UINT64_MAX / 2 + i, TICK__AFTER); // far from the seeds that people ask for
        if (tick__digester_run(digester, &input, &unused) < 0)
            return;
        tick__attempt_fini(&unused);
    }
}

static void take(
    struct tick__check *check, enum tick__way way, uint64_t index, struct tick__attempt *attempt, struct tick__differing *differing) {
    if (way == TICK__FRESH) {
        check->base[index] = *attempt;
        check->failing += attempt->outcome.verdict != TICK_PASS;
        check->deviations += attempt->drawn.count;
        return;
    }
    tick__differing_count(differing, tick__attempt_compare(&check->base[index], attempt), check->first + index);
    tick__attempt_fini(attempt);
}

// A set-up that does not return takes its time in each run, and there is nothing to compare.
static bool never_begins(const struct tick__check *check, enum tick__way way) {
    return way == TICK__FRESH && check->base[0].outcome.verdict == TICK_HUNG && check->base[0].outcome.in_setup;
}

int tick__check_run_way(struct tick__check *check, enum tick__way way, struct tick__differing *differing) {
    struct tick__digester *digester = NULL;
    int result = 0;
    for (uint64_t i = 0; i < check->count && result == 0 && !tick__interrupted(); i++) {
        struct tick__attempt attempt;
        const struct tick__input input = tick__check_input(check, check->first + i, way);
        if (!digester && (result = tick__digester_new(&check->loaded.target, check->run.hang, &digester)) == 0 && way == TICK__AFTER)
            warm_up(check, digester);
        if (result == 0)
            result = tick__digester_run(digester, &input, &attempt);
        if (result < 0)
            break;
        take(check, way, i, &attempt, differing);
        if (never_begins(check, way))
            break;
        if (ways[way].fresh) {
            tick__digester_free(digester);
            digester = NULL;
        }
        tick__progress_line("%s: %" PRIu64 " of %" PRIu64, ways[way].text, i + 1, check->count);
    }
    tick__digester_free(digester);
    return result;
}

// The mean over up to ten seeds with at least two deviations, in 1/10000; false if there is none.
static bool stability(struct tick__check *check, uint32_t *share, unsigned *seeds) {
    struct tick__hush hush = {false};
    const struct tick_isolate_options isolated = {
        .target = &check->loaded.target, .hang = check->run.hang, .begin = tick__hush_begin, .ctx = &hush};
    struct tick_isolate *isolate = NULL;
    uint64_t sum = 0;
    *seeds = 0;
    if (tick_isolate_new(&isolated, &isolate) < 0)
        return false;
    for (uint64_t i = 0; i < check->count && *seeds < 10 && !tick__interrupted(); i++) {
        uint32_t one;
        const struct tick_schedule *drawn = &check->base[i].drawn;
        if (drawn->count < 2 || drawn->count > 200 || check->base[i].outcome.verdict == TICK_HUNG)
            continue;
        tick__progress_line("schedule stability: seed %" PRIu64, check->first + i);
        if (tick_schedule_stability(isolate, drawn, &one) == 0) {
            sum += one;
            ++*seeds;
        }
    }
    tick_isolate_free(isolate);
    *share = *seeds ? (uint32_t)(sum / *seeds) : 0;
    return *seeds > 0;
}

// --- what came of it ---

static void say_row(const char *text, const struct tick__differing *differing, uint64_t count) {
    char of[32], number[32];
    const uint64_t differ = differing->runs + differing->contents;
    tick__format_count(count, of, sizeof of);
    if (tick__report_on())
        tick__report_add("ways", json_pack("{s:o, s:I, s:I}", "name", tick__report_text(text), "differ", (json_int_t)differing->runs,
                                     "differ_in_contents", (json_int_t)differing->contents));
    if (differ == 0)
        tick__say("  %-34s %ssame%s", text, tick__colour(stdout, TICK__GREEN), tick__colour(stdout, TICK__PLAIN));
    else
        tick__say("  %-34s %s%s of %s differ%s%s", text, tick__colour(stdout, TICK__RED), tick__format_count(differ, number, sizeof number),
            of, differing->runs ? "" : " in what they hold", tick__colour(stdout, TICK__PLAIN));
}

// Addresses and names of folders may be told; that events depend on addresses makes runs differ from process to process.
static bool is_note(const struct tick__check *check, enum tick__surrounding which) {
    const struct tick__differing *differing = &check->abroad[which];
    return !check->strict && ((which == TICK__ASLR && !differing->runs) || which == TICK__FOLDER);
}

static void say_rows(const struct tick__check *check) {
    char text[64], warm[32];
    say_row("two fresh processes", &check->ways[TICK__AGAIN], check->count);
    snprintf(text, sizeof text, "after %s other runs", tick__format_count(check->warm, warm, sizeof warm));
    say_row(text, &check->ways[TICK__AFTER], check->count);
    if (check->loaded.guest) {
        say_row("begun by fork", &check->ways[TICK__BY_FORK], check->count);
        say_row("begun in fresh starts", &check->ways[TICK__BY_START], check->count);
        if (tick__check_guest_can(check, TICK__OTHER_ADDRESSES))
            say_row("addresses fixed and randomised", &check->ways[TICK__OTHER_ADDRESSES], check->count);
        say_row("another folder", &check->ways[TICK__OTHER_FOLDER], check->count);
        say_row("another environment", &check->ways[TICK__OTHER_ENVIRONMENT], check->count);
        return;
    }
    say_row("stacks and heaps of 0xa5", &check->ways[TICK__POISON_A], check->count);
    say_row("stacks and heaps of 0x5a", &check->ways[TICK__POISON_B], check->count);
    for (int i = 0; i < TICK__SURROUNDING_COUNT && check->went_abroad; i++)
        if (i == TICK__ASLR && !check->country.can[i])
            say_row("other addresses", &check->abroad[i], check->count);
        else if (check->country.can[i])
            say_row(tick__surrounding_text((enum tick__surrounding)i), &check->abroad[i], check->count);
    if (tick__differs(&check->unexplained))
        say_row("another process", &check->unexplained, check->count);
}

static bool is_way_note(const struct tick__check *check, enum tick__way way) {
    return !check->strict && tick__is_surrounding(way);
}

// Whether runs differ for what is no note; *noted: for what is one.
static bool differs(const struct tick__check *check, bool *noted) {
    bool differ = tick__differs(&check->unexplained);
    *noted = false;
    for (int i = 0; i < TICK__WAY_COUNT; i++) {
        if (!tick__differs(&check->ways[i]))
            continue;
        *noted |= is_way_note(check, (enum tick__way)i);
        differ |= !is_way_note(check, (enum tick__way)i);
    }
    for (int i = 0; i < TICK__SURROUNDING_COUNT; i++) {
        if (!tick__differs(&check->abroad[i]))
            continue;
        *noted |= is_note(check, (enum tick__surrounding)i);
        differ |= !is_note(check, (enum tick__surrounding)i);
    }
    return differ;
}

static int show_way(struct tick__check *check, enum tick__way way, bool keep) {
    char cause[300];
    if (tick__is_surrounding(way)) {
        const int result = tick__check_guest_cause(check, way, cause, sizeof cause);
        if (result < 0)
            return tick__complain_of(tick__loaded_name(&check->loaded), result, NULL);
        tick__say("%s%s %s:", keep ? "" : "note: ", check->ways[way].runs ? "runs depend on" : "what runs hold depends on", cause);
    }
    return tick__check_show_way(check, way, keep);
}

// Shows one difference: of those that are findings, or, if there is none, of each that is a note. 0, or an exit code.
static int show(struct tick__check *check, bool differ) {
    for (int i = 0; i < TICK__WAY_COUNT; i++) {
        const enum tick__way way = (enum tick__way)i;
        if (!tick__differs(&check->ways[i]) || is_way_note(check, way) == differ)
            continue;
        const int code = show_way(check, way, differ);
        if (code || differ)
            return code;
    }
    for (int i = 0; i < TICK__SURROUNDING_COUNT; i++) {
        const enum tick__surrounding which = (enum tick__surrounding)i;
        if (!tick__differs(&check->abroad[i]) || is_note(check, which) == differ)
            continue;
        tick__say("%s depend%s on %s:",
            !differ                 ? "note: what runs hold"
            : check->abroad[i].runs ? "runs"
                                    : "what runs hold",
            differ && check->abroad[i].runs ? "" : "s", tick__surrounding_cause(which));
        const int code = tick__check_show_abroad(check, which, differ);
        if (code || differ)
            return code;
    }
    return 0;
}

static int conclude(struct tick__check *check, int abroad) {
    uint32_t share = 0;
    unsigned stable_seeds = 0;
    char count[32], deviations[32];
    bool noted;
    const bool differ = differs(check, &noted), stable = !differ && stability(check, &share, &stable_seeds);
    tick__progress_end();
    tick__say("%s%s%s: %s seed%s, %s deviations, %s", tick__colour(stdout, TICK__BOLD), check->loaded.target.name,
        tick__colour(stdout, TICK__PLAIN), tick__format_count(check->count, count, sizeof count), TICK__PLURAL(check->count),
        tick__format_count(check->deviations, deviations, sizeof deviations),
        differ  ? "and runs that do not repeat"
        : noted ? "every run repeats, but for what is noted below"
                : "every run repeats");
    tick__report_scenario(&check->loaded);
    tick__report_set(
        "check", json_pack("{s:I, s:I, s:I, s:b, s:b, s:o}", "seeds", (json_int_t)check->count, "deviations", (json_int_t)check->deviations,
                     "failing", (json_int_t)check->failing, "repeats", (int)!differ, "noted", (int)noted, "stability",
                     stable ? json_pack("{s:I, s:I}", "of_10000", (json_int_t)share, "seeds", (json_int_t)stable_seeds) : json_null()));
    say_rows(check);
    if (!check->went_abroad && !check->loaded.guest)
        tick__warn("no other surroundings could be tried: %s", tick__failure_text(abroad));
    if (check->failing)
        tick__say("  %" PRIu64 " of %s seeds fail, each time in the same way", check->failing, count);
    if (stable)
        tick__say(
            "  schedule stability: %u.%02u %% (mean of %u seed%s)", share / 100, share % 100, stable_seeds, TICK__PLURAL(stable_seeds));
    fflush(stdout);
    tick__report_listen("difference");
    const int shown = show(check, differ);
    tick__report_listen(NULL);
    return shown ? shown : differ ? TICK__EXIT_FINDING : TICK__EXIT_PASS;
}

static int tell_setup(const struct tick__check *check) {
    tick__progress_end();
    tick__report_scenario(&check->loaded);
    tick__report_set("finding", tick__report_outcome(&check->base[0].outcome, &check->loaded));
    tick__say("%s%s%s: %sfails%s in its set-up, so that there are no runs to compare", tick__colour(stdout, TICK__BOLD),
        check->loaded.target.name, tick__colour(stdout, TICK__PLAIN), tick__colour(stdout, TICK__RED), tick__colour(stdout, TICK__PLAIN));
    tick__say_outcome(&check->base[0].outcome, &check->loaded);
    return TICK__EXIT_FINDING;
}

static int carry_out(struct tick__check *check) {
    const bool guest = check->loaded.guest != NULL;
    int result = tick__abroad_open(&check->country, &check->load, &check->loaded, &check->run), abroad = 0;
    if (result == 0 && guest && (result = tick__check_guest_open(check)) > 0)
        return result;
    for (int way = 0; way < TICK__WAY_COUNT && result == 0; way++) {
        if (!is_of(check, (enum tick__way)way))
            continue;
        result = tick__check_run_way(check, (enum tick__way)way, &check->ways[way]);
        if (result == 0 && never_begins(check, (enum tick__way)way))
            return tell_setup(check);
    }
    if (result == 0 && !guest && !tick__interrupted())
        abroad = tick__check_abroad(check);
    tick__progress_end();
    if (result < 0) {
        tick__complain_of(tick__loaded_name(&check->loaded), result, NULL);
        return TICK__EXIT_HARNESS;
    }
    if (tick__interrupted()) {
        tick__say("%s: interrupted", check->loaded.target.name);
        return TICK__EXIT_INTERRUPTED;
    }
    return conclude(check, abroad);
}

int tick__cmd_check(int argc, char **argv) {
    struct tick__check check = {.count = 0, .warm = UINT64_MAX};
    tick__run_options_init(&check.run);
    int code = tick__parse(&argp, argc, argv, &check);
    if (code)
        return code;
    check.rules.reads[0] = check.load.argument;
    code = check.output ? tick__output_folder(check.output) : 0;
    if (code == 0)
        code = tick__scenario_load(&check.load, &check.loaded);
    if (code == 0) {
        check.count = check.count ? check.count : check.loaded.guest ? 20 : 100;
        check.warm = check.warm != UINT64_MAX ? check.warm : check.loaded.guest ? 100 : 1000;
        tick__interrupt_watch();
        check.base = calloc(check.count, sizeof *check.base);
        code = check.base ? carry_out(&check) : tick__no_memory(tick__loaded_name(&check.loaded));
        for (uint64_t i = 0; check.base && i < check.count; i++)
            tick__attempt_fini(&check.base[i]);
        free(check.base);
        tick__check_guest_close(&check);
        tick__abroad_close(&check.country);
    }
    tick__loaded_fini(&check.loaded);
    return code;
}
