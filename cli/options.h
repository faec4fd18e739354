// What several commands take: the scenario and how to compile it, numbers, times, ranges of seeds, rates.
#ifndef RETICK_CLI_OPTIONS_H
#define RETICK_CLI_OPTIONS_H

#include "cli/scenario_load.h"
#include "sim/choice/choosers.h"
#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

// Keys of options without a letter, unique over all commands.
enum tick__option {
    TICK__OPTION_CC = 0x1000,
    TICK__OPTION_CXX,
    TICK__OPTION_CFLAGS,
    TICK__OPTION_ALLOW,
    TICK__OPTION_HANG,
    TICK__OPTION_RATE,
    TICK__OPTION_FORCE,
    TICK__OPTION_HEAP_CHECK,
    TICK__OPTION_JSON,
    TICK__OPTION_QUIET,
    TICK__OPTION_NO_PAGE,
    TICK__OPTION_STRICT,
    TICK__OPTION_NETWORK,
    TICK__OPTION_BY,
    TICK__OPTION_SNAPSHOT,
    TICK__OPTION_PASS,
    TICK__OPTION_GUEST,
    TICK__OPTION_MATCH,
    TICK__OPTION_EXPECT_STATUS,
    TICK__OPTION_BACKSTOP,
    TICK__OPTION_LEAKS,
    TICK__OPTION_MEMORY,
    TICK__OPTION_OTHERS // a command's own start here
};

// The options of loading, as a child parser: its input is a struct tick__load. Positional arguments are the command's own.
extern const struct argp tick__load_argp;
extern const struct argp tick__load_scenario_argp; // the same of commands that take no program behind --
// --hang and --rate, as a child parser.
struct tick__run_options {
    int64_t hang; // 0: the default
    struct tick_rates rates;
};
extern const struct argp tick__run_argp;
void tick__run_options_init(struct tick__run_options *options);
// What is left of a command's parser that has both for children, in this order, and takes one scenario.
error_t tick__parse_scenario(int key, char *value, struct argp_state *state, struct tick__run_options *run, struct tick__load *load);

// All return false when the text is not one.
bool tick__parse_number(const char *text, uint64_t *number);
bool tick__parse_time(const char *text, int64_t *ns);                       // "10s", "500ms", "2min", "1h"; a plain number is seconds
bool tick__parse_range(const char *text, uint64_t *first, uint64_t *count); // "A..B" (both included), or "N": count only, first stays
bool tick__parse_rate(const char *text, struct tick_rates *rates);          // "delivery=6000" of 65536, or "delivery=10%"

// --force of the commands that write (cli/output.h).
#define TICK__FORCE_ROW \
    { "force", TICK__OPTION_FORCE, NULL, 0, "Replace what is there although retick did not write it (never what is read)", 0 }

// --quiet of the commands that tell how a failure came about.
#define TICK__NO_PAGE_ROW \
    { "no-page", TICK__OPTION_NO_PAGE, NULL, 0, "Write no page for a browser beside the trace (retick view does)", 0 }
#define TICK__QUIET_ROW \
    { "quiet", TICK__OPTION_QUIET, NULL, 0, "Do not tell how it came to it (retick explain does)", 0 }

// --strict of the commands that run a schedule (cli/stale.h).
#define TICK__STRICT_ROW \
    { \
        "strict", TICK__OPTION_STRICT, NULL, 0, \
            "A schedule that is stale (the run does not meet each of its lines) cannot be used: exit code 2, unless the run fails", 0 \
    }

// Parses a command's arguments, with what every command takes (--json). argv[0] names its program, as in "retick run". 0, or the exit code
// to end with. What is wrong with the words ends the process by itself (cli/arguments.h).
int tick__parse(const struct argp *argp, int argc, char **argv, void *input);
// The words behind `--`, of a command that takes a program (tick__guest_argp), as tick__parse found them, ended by NULL; NULL: none.
char *const *tick__words_behind(void);
// For who writes about the options (cli/pages/): if set, tick__parse hands the whole table to it and fails.
extern void (*tick__table_wanted)(const struct argp *whole);

// Leaves a large part of the stack out from here to the caller's return, for --deeper.
#define tick__stack_skip(deeper) \
    do { \
        volatile char *skipped = (deeper) ? __builtin_alloca(100000) : NULL; \
        if (skipped) \
            skipped[0] = 0; \
    } while (0)

// The manual's last part, the same for each command.
#define TICK__EXIT_CODES \
    "Exit codes: 0 everything passed, 1 there is a finding, 2 the arguments or a file they name cannot be used, 3 retick itself failed, " \
    "130 " \
    "interrupted."

#endif
