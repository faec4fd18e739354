// What somebody wants to be a finding, beside what always is one: a line of output, another exit status than that.
#include "sim/keeper/keeper_int.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FLAGS REG_EXTENDED

int tick_guest_match_check(const char *text, struct tick_error *error) {
    char why[200];
    regex_t match;
    const int result = regcomp(&match, text, FLAGS);
    if (result == 0) {
        regfree(&match);
        return 0;
    }
    regerror(result, &match, why, sizeof why);
    return tick_error_set(error, -EINVAL, "%s", why);
}

int tick__wanted_open(struct tick__keeper *k) {
    if (!k->program->wanted.match)
        return 0;
    const int result = regcomp(&k->match, k->program->wanted.match, FLAGS);
    k->has_match = result == 0;
    return result == 0 ? 0 : result == REG_ESPACE ? -ENOMEM : -EINVAL;
}

void tick__wanted_close(struct tick__keeper *k) {
    if (k->has_match)
        regfree(&k->match);
    k->has_match = false;
}

struct looking {
    const struct tick__keeper *k;
    struct tick_outcome *out;
    bool found;
};

static bool look(void *ctx, const struct tick__output_line *line) {
    struct looking *const looking = ctx;
    char time[64];
    regmatch_t bounds = {0, (regoff_t)line->length}; // a line may have a NUL in it
    looking->found = regexec(&looking->k->match, line->text, 1, &bounds, REG_STARTEND) == 0;
    if (!looking->found)
        return true;
    struct tick_outcome *const out = looking->out;
    tick__ns_words(line->at, time, sizeof time);
    out->verdict = TICK_CHECK_FAILED;
    out->code = 0;
    out->gist = 0;
    snprintf(out->text, sizeof out->text, "--match '%.100s' finds line %llu of %s, at %s: %.200s", looking->k->program->wanted.match,
        (unsigned long long)line->number, line->fd == 2 ? "stderr" : "stdout", time, line->text);
    return false;
}

void tick__wanted_judge(const struct tick__keeper *k, struct tick_outcome *out) {
    struct looking looking = {.k = k, .out = out};
    if (out->verdict == TICK_BAD_SCENARIO)
        return;
    if (k->has_match)
        tick__output_lines(k->control, look, &looking);
    if (k->has_match && !looking.found && k->control->output_lost && out->verdict == TICK_PASS) {
        out->verdict = TICK_LIMIT_PASSED;
        snprintf(out->text, sizeof out->text, "it wrote more than %u KiB, and --match looks at no more: have it write less, or less often",
            TICK_GUEST_OUTPUT >> 10);
    }
}
