#include "cli/options.h"
#include "cli/arguments.h"
#include "cli/guest_options.h"
#include "cli/print.h"
#include "cli/report_json.h"
#include "sim/native/heap.h"
#include "src/base/check.h"
#include "src/base/keep.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

bool tick__parse_number(const char *text, uint64_t *number) {
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 0);
    if (errno || *end)
        return false;
    *number = value;
    return true;
}

bool tick__parse_time(const char *text, int64_t *ns) {
    static const struct {
        const char *unit;
        int64_t ns;
    } units[] = {
        {"", 1000000000}, {"s", 1000000000}, {"ms", 1000000}, {"us", 1000}, {"min", 60000000000}, {"m", 60000000000}, {"h", 3600000000000}};
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    int64_t tenths = 0;
    if (end[0] == '.' && end[1] >= '0' && end[1] <= '9') {
        tenths = end[1] - '0';
        end += 2;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(end, units[i].unit) != 0)
            continue;
        if (errno || value > (unsigned long long)(INT64_MAX / units[i].ns - 1))
            return false;
        *ns = (int64_t)value * units[i].ns + tenths * (units[i].ns / 10);
        return true;
    }
    return false;
}

bool tick__parse_range(const char *text, uint64_t *first, uint64_t *count) {
    const char *dots = strstr(text, "..");
    uint64_t low, high;
    char left[32];
    if (!dots)
        return tick__parse_number(text, count) && *count > 0;
    snprintf(left, sizeof left, "%.*s", (int)(dots - text < 31 ? dots - text : 31), text);
    if (!tick__parse_number(left, &low) || !tick__parse_number(dots + 2, &high) || high < low || high - low == UINT64_MAX)
        return false;
    *first = low;
    *count = high - low + 1;
    return true;
}

bool tick__parse_rate(const char *text, struct tick_rates *rates) {
    static const struct {
        const char *word;
        int kind;
    } kinds[] = {
#define RATE_KIND(name, number, word, sound, rate, unit, manual, because) {word, number},
        TICK_CHOICES(RATE_KIND)
#undef RATE_KIND
    };
    const char *equals = strchr(text, '=');
    char number[32];
    uint64_t value;
    if (!equals)
        return false;
    size_t length = strlen(equals + 1);
    bool percent = length > 1 && equals[length] == '%';
    snprintf(number, sizeof number, "%.*s", (int)(length - percent < 31 ? length - percent : 31), equals + 1);
    if (!tick__parse_number(number, &value) || value > (percent ? 100 : 65536))
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strlen(kinds[i].word) != (size_t)(equals - text) || strncmp(kinds[i].word, text, (size_t)(equals - text)) != 0)
            continue;
        rates->of[kinds[i].kind] = (uint32_t)(percent ? value * 65536 / 100 : value);
        return true;
    }
    return false;
}

static const struct argp_option load_options[] = {
    {NULL, 0, NULL, 0, "Compiling the scenario:", 10},
    {"cc", TICK__OPTION_CC, "PROGRAM", 0, "The C compiler (default: $RETICK_CC, else cc, gcc or clang)", 10},
    {"cxx", TICK__OPTION_CXX, "PROGRAM", 0,
        "The C++ compiler, for files .cpp, .cc and .cxx (default: $RETICK_CXX, else c++, g++ or clang++)", 10},
    {"cflags", TICK__OPTION_CFLAGS, "FLAGS", 0, "More flags for either, after those in $RETICK_CFLAGS", 10},
    {"allow", TICK__OPTION_ALLOW, "NAME", 0, "Let the scenario call this function although its answer comes from outside (may be repeated)",
        10},
    {NULL, 0, NULL, 0, "Running it:", 11},
    {"heap-check", TICK__OPTION_HEAP_CHECK, NULL, 0,
        "Watch the hosts' memory: double free, overflow and use after free are named, with the places of allocation and free. Slower, and "
        "with "
        "other addresses",
        11},
    {0},
};

static error_t parse_load(int key, char *value, struct argp_state *state) {
    struct tick__load *load = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        if (state->child_inputs)
            state->child_inputs[0] = load; // of tick__load_argp
        return 0;
    case TICK__OPTION_CC:
        load->cc = value;
        return 0;
    case TICK__OPTION_CXX:
        load->cxx = value;
        return 0;
    case TICK__OPTION_CFLAGS:
        load->cflags = value;
        return 0;
    case TICK__OPTION_ALLOW:
        if (load->allow_count == sizeof load->allow / sizeof *load->allow)
            tick__wrong(state->name, "more than %zu --allow", load->allow_count);
        load->allow[load->allow_count++] = value;
        return 0;
    case TICK__OPTION_HEAP_CHECK:
        if (!tick_heap_checks(true))
            tick__wrong(state->name, "--heap-check needs retick's own malloc; a sanitizer's and valgrind's watch memory by themselves");
        load->heap_check = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}
static const struct argp_child load_children[] = {{&tick__guest_argp, 0, NULL, 12}, {0}};
const struct argp tick__load_scenario_argp = {.options = load_options, .parser = parse_load};
const struct argp tick__load_argp = {.options = load_options, .parser = parse_load, .children = load_children};

void tick__run_options_init(struct tick__run_options *options) {
    options->hang = 0;
    tick_rates_default(&options->rates);
}

static const struct argp_option run_options[] = {
    {"rate", TICK__OPTION_RATE, "KIND=N", 0,
        "How often seeds make this kind of choice deviate: N of 65536 occasions, or N% (may be repeated; 0 turns it off). Kinds:"
#define WORD(name, number, word, sound, rate, unit, manual, because) " " word
        TICK_CHOICES(WORD),
#undef WORD
        0},
    {"hang", TICK__OPTION_HANG, "TIME", 0, "CPU time after which a run counts as hung (default: 10s, of which the set-up may take 3s)", 0},
    {0},
};

static error_t parse_run(int key, char *value, struct argp_state *state) {
    struct tick__run_options *options = state->input;
    switch (key) {
    case TICK__OPTION_RATE:
        if (!tick__parse_rate(value, &options->rates))
            tick__wrong(state->name, "--rate %s: write KIND=N with N up to 65536, or KIND=N%%", value);
        return 0;
    case TICK__OPTION_HANG:
        if (!tick__parse_time(value, &options->hang) || options->hang <= 0)
            tick__wrong(state->name, "--hang %s: write a time such as 10s or 500ms", value);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}
const struct argp tick__run_argp = {.options = run_options, .parser = parse_run};

error_t tick__parse_scenario(int key, char *value, struct argp_state *state, struct tick__run_options *run, struct tick__load *load) {
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = run;
        state->child_inputs[1] = load;
        return 0;
    case ARGP_KEY_SUCCESS:
        load->hang = run->hang;
        return 0;
    case ARGP_KEY_ARG:
        if (load->argument)
            tick__wrong(state->name, "one scenario at a time: %s, or %s?", load->argument, value);
        load->argument = value;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

void (*tick__table_wanted)(const struct argp *whole);

// --- a program's own words ---

TICK_KEEP static char *const *behind = NULL;

char *const *tick__words_behind(void) {
    return behind;
}

static bool takes_program(const struct argp *argp) {
    for (const struct argp_child *child = argp->children; child && child->argp; child++)
        if (child->argp == &tick__guest_argp || takes_program(child->argp))
            return true;
    return false;
}

// How many of the words are the command's; what is behind the first `--` is a program's, unless it is a scenario's file.
static int own_words(const struct argp *argp, int argc, char **argv) {
    behind = NULL;
    for (int i = 1; takes_program(argp) && i < argc; i++) {
        if (strcmp(argv[i], "--") != 0)
            continue;
        if (!argv[i + 1])
            tick__wrong(argv[0], "which program? Its words stand behind --, as in: %s -- python3 app.py", argv[0]);
        if (tick__scenario_is_named(argv[i + 1])) // files whose names may look like options: no program is called so
            return argc;
        behind = argv + i + 1;
        argv[i] = NULL;
        return i;
    }
    return argc;
}

int tick__parse(const struct argp *argp, int argc, char **argv, void *input) {
    enum { MOST = 8 };
    struct argp_child children[MOST] = {{0}};
    struct argp whole = *argp;
    size_t count = 0;
    for (; argp->children && argp->children[count].argp; count++) {
        TICK_ASSERT(count < MOST - 2);
        children[count] = argp->children[count];
    }
    children[count] = (struct argp_child){&tick__report_argp, 0, NULL, 0}; // last: the command's own have their inputs by their place
    whole.children = children;
    if (tick__table_wanted) {
        tick__table_wanted(&whole);
        return TICK__EXIT_HARNESS;
    }
    argc = own_words(&whole, argc, argv);
    int result = tick__arguments_check(&whole, argc, argv);
    if (result == 0)
        result = argp_parse(&whole, argc, argv, 0, NULL, input);
    tick__report_parsed();
    return result == 0 ? 0 : tick__no_memory(argv[0]);
}
