// retick explain: the story of a trace, beside a run that went well.
#include "cli/command.h"
#include "cli/first_read.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/report_json.h"
#include "cli/story_print.h"
#include <stdlib.h>

struct explain_arguments {
    const char *path, *against;
};

static const struct argp_option options[] = {
    {"against", 'a', "TRACE", 0, "The run beside which it is told (default: the nearest one that passes, as fuzz has kept it)", 0},
    {0},
};

static const char doc[] =
    "Tells how a run came to its end, in a dozen sentences at most: what was decided outside and where that bears, what was said on the "
    "way to the failure, who waits in vain, and what the run beside it did instead."
    "\vExamples:\n"
    "  retick explain run.db\n"
    "  retick explain run.db --against passing.db\n"
    "\n"
    "Exit codes: 0 it was told, 2 the arguments or a file cannot be used, 3 retick itself failed.";

static error_t parse(int key, char *value, struct argp_state *state) {
    struct explain_arguments *a = state->input;
    switch (key) {
    case 'a':
        a->against = value;
        return 0;
    case ARGP_KEY_ARG:
        if (a->path)
            argp_error(state, "one trace, not more");
        a->path = value;
        return 0;
    case ARGP_KEY_END:
        if (!a->path)
            argp_error(state, "name a trace");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}
static const struct argp argp = {options, parse, "TRACE", doc, NULL, NULL, NULL};

struct told { // a trace and its tale
    struct tick_trace trace;
    struct tick__tale tale;
    bool open;
};

static int read_one(const char *path, struct told *told) {
    struct tick_error error = {0};
    int result = tick_trace_open(path, &told->trace, &error);
    if (result < 0)
        return tick__complain_of(result, &error);
    told->open = true;
    int code = tick__complete(&told->trace);
    if (code)
        return code;
    tick__report_trace(&told->trace);
    result = tick__tale_read(&told->trace, &told->tale, &error);
    return result < 0 ? tick__complain_of(result, &error) : 0;
}

static void done(struct told *told) {
    tick__tale_fini(&told->tale);
    if (told->open)
        tick_trace_close(&told->trace);
}

static int tell(const struct told *run, const struct told *good, const char *beside) {
    struct tick__beside both = {0};
    struct tick__story story = {0};
    int result = good ? tick__beside_init(&run->tale, &good->tale, &both) : 0;
    if (result == 0)
        result = tick__story_tell(&run->tale, good ? &both : NULL, "in the good run", &story);
    if (result == 0)
        tick__story_print(&story, beside);
    tick__story_fini(&story);
    tick__beside_fini(&both);
    return result < 0 ? tick__no_memory() : TICK__EXIT_PASS;
}

int tick__cmd_explain(int argc, char **argv) {
    struct explain_arguments a = {0};
    struct told run = {0}, good = {0};
    if (tick__parse(&argp, argc, argv, &a) != 0)
        return TICK__EXIT_USAGE;
    int code = read_one(a.path, &run);
    if (code == 0 && a.against)
        code = read_one(a.against, &good);
    if (code == 0)
        code = tell(&run, a.against ? &good : NULL, a.against);
    done(&good);
    done(&run);
    return code;
}
