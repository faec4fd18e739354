// retick digest: a line a seed, for comparing builds with one another.
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/input.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/report_json.h"
#include <inttypes.h>

struct digest_arguments {
    struct tick__load load;
    struct tick__run_options run;
    uint64_t first, count;
    bool deeper;
};

enum { OPTION_UNCHECKED = TICK__OPTION_OTHERS, OPTION_DEEPER };

static const struct argp_option options[] = {
    {"seeds", 'n', "N|A..B", 0, "Which seeds (default: 0..99)", 0},
    {"unchecked", OPTION_UNCHECKED, NULL, OPTION_HIDDEN, "The shared object was checked already (for retick check)", 0},
    {"deeper", OPTION_DEEPER, NULL, OPTION_HIDDEN, "Runs begin deeper in the stack (for retick check)", 0},
    {0},
};

static const char doc[] =
    "Prints a line `seed events contents verdict` for each seed: the digest of its events, and that of what was named, logged, sent and "
    "written. Two builds of retick and a scenario are the same program if these lines are."
    "\vA run that did not come to its end (a crash, a hang) has no digests; its line shows dashes.\n"
    "\n"
    "Examples:\n"
    "  retick digest scenario.c --seeds 100 > gcc.txt\n"
    "  retick digest scenario.c --seeds 100 --cc clang | diff gcc.txt -\n"
    "\n" TICK__EXIT_CODES;

static error_t parse(int key, char *value, struct argp_state *state) {
    struct digest_arguments *a = state->input;
    switch (key) {
    case 'n':
        if (!tick__parse_range(value, &a->first, &a->count))
            tick__wrong(state->name, "--seeds %s: write a positive number, or A..B", value);
        return 0;
    case OPTION_UNCHECKED:
        a->load.unchecked = true;
        return 0;
    case OPTION_DEEPER:
        a->deeper = true;
        return 0;
    default:
        return tick__parse_scenario(key, value, state, &a->run, &a->load);
    }
}

static const struct argp_child children[] = {{&tick__run_argp, 0, NULL, 0}, {&tick__load_argp, 0, NULL, 10}, {0}};
static const struct argp argp = {options, parse, "[FILE.c[:SCENARIO]]", doc, children, NULL, NULL};

static void tell_digest(uint64_t seed, const struct tick__attempt *attempt) {
    const char *verdict = tick_verdict_word(attempt->outcome.verdict);
    if (tick__report_on()) {
        tick__report_add("digests", json_pack("{s:o, s:o, s:o, s:s}", "seed", tick__report_number(seed), "digest",
                                        tick__report_digest(attempt->digest, attempt->has_digest), "contents",
                                        tick__report_digest(attempt->contents, attempt->has_digest), "verdict", verdict));
        return;
    }
    printf("%" PRIu64 " ", seed);
    for (int j = 0; j < 16 && attempt->has_digest; j++)
        printf("%02x", attempt->digest[j]);
    fputs(attempt->has_digest ? " " : "- ", stdout);
    for (int j = 0; j < 16 && attempt->has_digest; j++)
        printf("%02x", attempt->contents[j]);
    tick__say("%s %s", attempt->has_digest ? "" : "-", verdict);
}

static int print_digests(const struct digest_arguments *a, const struct tick__loaded *loaded) {
    struct tick__digester *digester = NULL;
    struct tick__attempt attempt = {0};
    bool by_all = false; // a set-up that does not return, which none of them draws anything for
    int code = TICK__EXIT_PASS, result = tick__digester_new(&loaded->target, a->run.hang, &digester);
    for (uint64_t i = 0; i < a->count && result == 0; i++) {
        const struct tick__input input = {.seed = a->first + i, .rates = &a->run.rates};
        if (!by_all && (result = tick__digester_run(digester, &input, &attempt)) < 0)
            break;
        tell_digest(input.seed, &attempt);
        if (attempt.outcome.verdict != TICK_PASS)
            code = TICK__EXIT_FINDING;
        by_all = attempt.outcome.verdict == TICK_HUNG && attempt.outcome.in_setup;
        if (!by_all)
            tick__attempt_fini(&attempt);
    }
    if (by_all)
        tick__attempt_fini(&attempt);
    tick__digester_free(digester);
    if (result < 0) {
        tick__complain_of(tick__loaded_name(loaded), result, NULL);
        return TICK__EXIT_HARNESS;
    }
    return code;
}

int tick__cmd_digest(int argc, char **argv) {
    struct digest_arguments a = {.count = 100};
    struct tick__loaded loaded = {0};
    tick__run_options_init(&a.run);
    int code = tick__parse(&argp, argc, argv, &a);
    if (code)
        return code;
    tick__stack_skip(a.deeper);
    code = tick__scenario_load(&a.load, &loaded);
    tick__report_scenario(&loaded);
    if (code == 0)
        code = print_digests(&a, &loaded);
    tick__loaded_fini(&loaded);
    return code;
}
