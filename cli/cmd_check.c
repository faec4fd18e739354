// retick check: whether runs repeat, whatever came before them and whatever lies in fresh memory.
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/print.h"
#include "cli/process.h"
#include "cli/progress.h"
#include "cli/record.h"
#include "cli/report_json.h"
#include "cli/schedule_file.h"
#include "sim/explore/shrink.h"
#include "trace/reader.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct check_arguments {
    struct tick__load load;
    struct tick__run_options run;
    uint64_t first, count, warm;
    const char *output;
    struct tick__output_rules rules;
};

enum { OPTION_WARM = TICK__OPTION_OTHERS };

static const struct argp_option options[] = {
    {"seeds", 'n', "N|A..B", 0, "Which seeds (default: 0..99)", 0},
    {"after", OPTION_WARM, "N", 0, "How many other runs come before, in the same process (default: 1000)", 0},
    {"output", 'o', "FOLDER", 0, "Where two runs that differ are recorded (made if need be; default: the current folder)", 0},
    TICK__FORCE_ROW,
    {0},
};

static const char doc[] =
    "Runs each seed in two fresh processes, after 1,000 other runs in one process, with stacks and heaps filled with 0xa5 and with 0x5a, "
    "and in a process whose addresses lie elsewhere; all digests must agree. If two differ, both runs are recorded and their first "
    "difference is shown."
    "\vIt ends with the schedule stability: when one deviation of a seed is taken away, which share of the others the run still "
    "meets. Shrinking works the better the higher it is.\n"
    "\n"
    "Examples:\n"
    "  retick check scenario.c\n"
    "  retick check scenario.c --seeds 0..9 --after 100\n"
    "\n"
    "Exit codes: 0 runs repeat (also failing ones), 1 they do not, 2 the arguments or a file cannot be used, 3 retick itself failed.";

static error_t parse(int key, char *value, struct argp_state *state) {
    struct check_arguments *a = state->input;
    switch (key) {
    case 'n':
        if (!tick__parse_range(value, &a->first, &a->count))
            argp_error(state, "--seeds %s: write a positive number, or A..B", value);
        if (a->count > 1000000)
            argp_error(state, "--seeds: at most 1000000");
        return 0;
    case OPTION_WARM:
        if (!tick__parse_number(value, &a->warm))
            argp_error(state, "--after %s: write a number", value);
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

// A way to run a seed.
enum { WAY_FRESH, WAY_AGAIN, WAY_AFTER, WAY_POISON_A, WAY_POISON_B, WAYS };
static const struct way {
    const char *text;
    uint8_t poison;
    bool fresh; // a process for each run
} ways[WAYS] = {
    {"in a fresh process", 0, true},
    {"in another fresh process", 0, true},
    {"after other runs", 0, false},
    {"with memory of 0xa5", 0xa5, true},
    {"with memory of 0x5a", 0x5a, true},
};

struct checking {
    const struct check_arguments *a;
    const struct tick__loaded *loaded;
    struct tick__attempt *base; // of the first way, by seed
    uint64_t differ[WAYS];      // how many seeds
    uint64_t moved;             // ... in the process with other addresses
    uint64_t failing, deviations;
    uint64_t odd_seed;
    int odd_way; // -1: none
};

static struct tick__input input_of(const struct checking *checking, uint64_t seed, int way) {
    return (struct tick__input){.seed = seed, .rates = &checking->a->run.rates, .poison = ways[way].poison};
}

static void warm_up(struct checking *checking, struct tick__digester *digester) {
    for (uint64_t i = 0; i < checking->a->warm && !tick__interrupted(); i++) {
        struct tick__attempt unused;
        const struct tick__input input = input_of(checking, UINT64_MAX / 2 + i, WAY_AFTER); // far from the seeds that people ask for
        if (tick__digester_run(digester, &input, &unused) < 0)
            return;
        tick__attempt_fini(&unused);
    }
}

static int run_way(struct checking *checking, int way) {
    struct tick__digester *digester = NULL;
    int result = 0;
    for (uint64_t i = 0; i < checking->a->count && result == 0 && !tick__interrupted(); i++) {
        struct tick__attempt attempt;
        const struct tick__input input = input_of(checking, checking->a->first + i, way);
        if (!digester && (result = tick__digester_new(checking->loaded->scenario, checking->a->run.hang, &digester)) == 0 &&
            !ways[way].fresh)
            warm_up(checking, digester);
        if (result == 0)
            result = tick__digester_run(digester, &input, way ? &attempt : &checking->base[i]);
        if (result < 0)
            break;
        if (way == 0) {
            checking->failing += checking->base[i].outcome.verdict != TICK_PASS;
            checking->deviations += checking->base[i].drawn.count;
        } else {
            if (!tick__attempt_same(&checking->base[i], &attempt)) {
                checking->differ[way]++;
                if (checking->odd_way < 0) {
                    checking->odd_way = way;
                    checking->odd_seed = input.seed;
                }
            }
            tick__attempt_fini(&attempt);
        }
        if (ways[way].fresh) {
            tick__digester_free(digester);
            digester = NULL;
        }
        tick__progress_line("%s: %" PRIu64 " of %" PRIu64, ways[way].text, i + 1, checking->a->count);
    }
    tick__digester_free(digester);
    return result;
}

// Asks `retick digest` in a process of its own, where the loader puts everything elsewhere. Negative: it could not be asked.
static int run_moved(struct checking *checking) {
    struct tick__argv args = {0};
    char *output = NULL, range[64], self[] = "/proc/self/exe", object[4200], rate[64];
    size_t size;
    snprintf(range, sizeof range, "%" PRIu64 "..%" PRIu64, checking->a->first, checking->a->first + checking->a->count - 1);
    snprintf(object, sizeof object, "%s:%s", checking->loaded->object, checking->loaded->scenario->name);
    const char *words[] = {self, "digest", "--unchecked", "--seeds", range, object};
    int result = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words && result == 0; i++)
        result = tick__argv_add(&args, words[i]);
#define ADD_RATE(name, number, word, sound, rate_, unit, manual, because) \
    snprintf(rate, sizeof rate, "--rate=%s=%u", word, checking->a->run.rates.of[number]); \
    if (result == 0) \
        result = tick__argv_add(&args, rate);
    TICK_CHOICES(ADD_RATE)
#undef ADD_RATE
    if (result == 0)
        result = tick__process_run(args.argv, 0, &output, &size);
    if (result == 0 || result == TICK__EXIT_FINDING) {
        const char *line = output;
        for (uint64_t i = 0; i < checking->a->count && line; i++) {
            char wanted[128], hex[33] = "-";
            for (int j = 0; j < 16 && checking->base[i].has_digest; j++)
                snprintf(hex + 2 * j, 3, "%02x", checking->base[i].digest[j]);
            int length = snprintf(wanted, sizeof wanted, "%" PRIu64 " %s %s\n", checking->a->first + i, hex,
                tick_verdict_word(checking->base[i].outcome.verdict));
            checking->moved += strncmp(line, wanted, (size_t)length) != 0;
            line = strchr(line, '\n');
            line = line ? line + 1 : NULL;
        }
        result = line ? 0 : -1;
    } else if (result > 0) {
        result = -1;
    }
    free(output);
    tick__argv_fini(&args);
    return result;
}

// The mean over up to ten seeds with at least two deviations, in 1/10000; false if there is none.
static bool stability(struct checking *checking, uint32_t *share, unsigned *seeds) {
    struct tick__hush hush = {false};
    const struct tick_isolate_options isolated = {.scenario = checking->loaded->scenario,
        .hang = checking->a->run.hang,

        .begin = tick__hush_begin,
        .ctx = &hush};
    struct tick_isolate *isolate = NULL;
    uint64_t sum = 0;
    *seeds = 0;
    if (tick_isolate_new(&isolated, &isolate) < 0)
        return false;
    for (uint64_t i = 0; i < checking->a->count && *seeds < 10 && !tick__interrupted(); i++) {
        uint32_t one;
        const struct tick_schedule *drawn = &checking->base[i].drawn;
        if (drawn->count < 2 || drawn->count > 200 || checking->base[i].outcome.verdict == TICK_HUNG)
            continue;
        tick__progress_line("schedule stability: seed %" PRIu64, checking->a->first + i);
        if (tick_schedule_stability(isolate, drawn, &one) == 0) {
            sum += one;
            ++*seeds;
        }
    }
    tick_isolate_free(isolate);
    *share = *seeds ? (uint32_t)(sum / *seeds) : 0;
    return *seeds > 0;
}

static void say_way(const char *text, uint64_t differ, uint64_t count) {
    char of[32], number[32];
    tick__format_count(count, of, sizeof of);
    if (tick__report_on())
        tick__report_add("ways", json_pack("{s:o, s:I}", "name", tick__report_text(text), "differ", (json_int_t)differ));
    if (differ == 0)
        tick__say("  %-34s %ssame%s", text, tick__colour(stdout, TICK__GREEN), tick__colour(stdout, TICK__PLAIN));
    else
        tick__say("  %-34s %s%s of %s differ%s", text, tick__colour(stdout, TICK__RED), tick__format_count(differ, number, sizeof number),
            of, tick__colour(stdout, TICK__PLAIN));
}

// Records the seed both ways and shows where they part.
static int show_difference(const struct checking *checking) {
    const char *folder = checking->a->output ? checking->a->output : ".", *suffix[] = {"a", "b"};
    char path[2][4200];
    struct tick_error error = {0};
    struct tick_trace trace[2];
    int opened = 0, result = 0;
    char *report = NULL;
    for (int side = 0; side < 2 && result == 0; side++) {
        int way = side ? checking->odd_way : WAY_FRESH;
        struct tick__attempt attempt;
        snprintf(path[side], sizeof path[side], "%s/%s-%" PRIu64 "-%s.db", folder, checking->loaded->scenario->name, checking->odd_seed,
            suffix[side]);
        const int refused = tick__output_check(&checking->a->rules, path[side], TICK__OUTPUT_TRACE);
        if (refused)
            return refused;
        const struct tick__record record = {
            .scenario = checking->loaded->scenario,
            .scenario_file = checking->loaded->source,
            .options = checking->loaded->options,
            .object = checking->loaded->object,
            .chooser = "random",
            .path = path[side],
            .input = input_of(checking, checking->odd_seed, way),
            .warm = way == WAY_AFTER ? checking->a->warm + (checking->odd_seed - checking->a->first) : 0,
            .hang = checking->a->run.hang,
            .quiet = true,
        };
        result = tick__record_run(&record, &attempt, &error);
        if (result == 0)
            tick__attempt_fini(&attempt);
    }
    while (result == 0 && opened < 2)
        if ((result = tick_trace_open(path[opened], &trace[opened], &error)) == 0)
            opened++;
    if (result == 0) {
        result = tick_trace_diff(&trace[0], &trace[1], &report, &error);
        tick__say("seed %" PRIu64 " %s, and %s:", checking->odd_seed, ways[WAY_FRESH].text, ways[checking->odd_way].text);
        if (result == 0)
            tick__say("  recorded once more, the two were the same: the difference comes and goes");
        else if (result > 0 && !tick__report_on())
            printf("%s", report);
        if (result > 0)
            tick__report_lines("difference", report);
        tick__report_written("trace", path[0]);
        tick__report_written("trace", path[1]);
        tick__say("%s and %s written. Next: %s diff %s %s", path[0], path[1], tick__program(), path[0], path[1]);
    }
    if (result < 0)
        tick__complain("%s", error.text[0] ? error.text : tick_error_text(result));
    free(report);
    while (opened-- > 0)
        tick_trace_close(&trace[opened]);
    return result < 0 ? TICK__EXIT_HARNESS : TICK__EXIT_FINDING;
}

static int check(struct checking *checking) {
    const struct check_arguments *a = checking->a;
    int result = 0;
    for (int way = 0; way < WAYS && result == 0; way++)
        result = run_way(checking, way);
    int moved = result == 0 && !tick__interrupted() ? run_moved(checking) : 0;
    uint32_t share = 0;
    unsigned stable_seeds = 0;
    bool differ = checking->odd_way >= 0 || checking->moved > 0;
    bool stable = result == 0 && !differ && stability(checking, &share, &stable_seeds);
    char count[32], text[64], warm[32], deviations[32];
    tick__progress_end();
    if (result < 0) {
        tick__complain("%s", tick_error_text(result));
        return TICK__EXIT_HARNESS;
    }
    if (tick__interrupted()) {
        tick__say("%s: interrupted", checking->loaded->scenario->name);
        return TICK__EXIT_INTERRUPTED;
    }
    tick__say("%s%s%s: %s seed%s, %s deviations, %s", tick__colour(stdout, TICK__BOLD), checking->loaded->scenario->name,
        tick__colour(stdout, TICK__PLAIN), tick__format_count(a->count, count, sizeof count), TICK__PLURAL(a->count),
        tick__format_count(checking->deviations, deviations, sizeof deviations),
        differ ? "and runs that do not repeat" : "every run repeats");
    tick__report_scenario(checking->loaded);
    tick__report_set(
        "check", json_pack("{s:I, s:I, s:I, s:b, s:o}", "seeds", (json_int_t)a->count, "deviations", (json_int_t)checking->deviations,
                     "failing", (json_int_t)checking->failing, "repeats", (int)!differ, "stability",
                     stable ? json_pack("{s:I, s:I}", "of_10000", (json_int_t)share, "seeds", (json_int_t)stable_seeds) : json_null()));
    say_way("two fresh processes", checking->differ[WAY_AGAIN], a->count);
    snprintf(text, sizeof text, "after %s other runs", tick__format_count(a->warm, warm, sizeof warm));
    say_way(text, checking->differ[WAY_AFTER], a->count);
    say_way("stacks and heaps of 0xa5", checking->differ[WAY_POISON_A], a->count);
    say_way("stacks and heaps of 0x5a", checking->differ[WAY_POISON_B], a->count);
    if (moved == 0)
        say_way("a process with other addresses", checking->moved, a->count);
    if (checking->failing)
        tick__say("  %" PRIu64 " of %s seeds fail, each time in the same way", checking->failing, count);
    if (stable)
        tick__say(
            "  schedule stability: %u.%02u %% (mean of %u seed%s)", share / 100, share % 100, stable_seeds, TICK__PLURAL(stable_seeds));
    fflush(stdout);
    if (checking->odd_way >= 0)
        return show_difference(checking);
    if (differ)
        tick__say("Runs depend on where the loader puts things: look for pointers that are compared, hashed or printed");
    return differ ? TICK__EXIT_FINDING : TICK__EXIT_PASS;
}

int tick__cmd_check(int argc, char **argv) {
    struct check_arguments a = {.count = 100, .warm = 1000};
    struct tick__loaded loaded = {0};
    tick__run_options_init(&a.run);
    if (tick__parse(&argp, argc, argv, &a) != 0)
        return TICK__EXIT_USAGE;
    a.rules.reads[0] = a.load.argument;
    int code = a.output ? tick__output_folder(a.output) : 0;
    if (code == 0)
        code = tick__scenario_load(&a.load, &loaded);
    if (code == 0) {
        struct checking checking = {.a = &a, .loaded = &loaded, .odd_way = -1, .base = calloc(a.count, sizeof(struct tick__attempt))};
        tick__interrupt_watch();
        code = checking.base ? check(&checking) : tick__no_memory();
        for (uint64_t i = 0; checking.base && i < a.count; i++)
            tick__attempt_fini(&checking.base[i]);
        free(checking.base);
    }
    tick__loaded_fini(&loaded);
    return code;
}
