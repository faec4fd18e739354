// Where two runs of a seed part that should be one: both are recorded, their events compared, and if these are the same their contents.
#include "cli/checking.h"
#include "cli/print.h"
#include "cli/record.h"
#include "cli/report_json.h"
#include "trace/contents.h"
#include "trace/reader.h"
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct pair {
    char trace[2][PATH_MAX], witness[2][PATH_MAX];
    const char *sides[2]; // in words
};

// absolute: for processes in another folder.
static int name_files(
    const struct tick__check *check, uint64_t seed, bool keep, bool absolute, struct pair *pair, struct tick_error *error) {
    char folder[PATH_MAX];
    const char *wanted = !keep ? check->country.folder : check->output ? check->output : ".";
    if (!realpath(wanted, folder))
        return tick_error_set(error, -errno, "%s: %s; name another folder with -o", wanted, tick_error_text(-errno));
    for (int i = 0; i < 2; i++) {
        const int used = snprintf(pair->trace[i], sizeof pair->trace[i], "%s/%s-%" PRIu64 "-%c.db", absolute ? folder : wanted,
            check->loaded.target.name, seed, 'a' + i);
        snprintf(pair->witness[i], sizeof pair->witness[i], "%s/witness-%c", check->country.folder, 'a' + i);
        if (used >= PATH_MAX)
            return tick_error_set(error, -ENAMETOOLONG, "%s: the name of the folder is too long", folder);
    }
    return 0;
}

// 0, or an exit code: the traces' names are somebody else's files.
static int may_write(const struct tick__check *check, const struct pair *pair) {
    const int refused = tick__output_check(&check->rules, pair->trace[0], TICK__OUTPUT_TRACE);
    return refused ? refused : tick__output_check(&check->rules, pair->trace[1], TICK__OUTPUT_TRACE);
}

// As a text, so that it goes where all that is said goes.
static int say_difference(
    const struct tick_trace *trace, const struct tick_difference *difference, const struct pair *pair, struct tick_error *error) {
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    int result = file ? tick_difference_say(file, trace, difference, pair->sides, error) : -ENOMEM;
    if (file && fclose(file) != 0 && result >= 0)
        result = -ENOMEM;
    if (result >= 0 && size > 0)
        tick__say_made_visible(text); // several lines
    free(text);
    return result;
}

static int say_contents(const struct tick_trace *trace, const struct pair *pair, struct tick_error *error) {
    struct tick_difference difference;
    const int differ = tick_witness_compare(pair->witness[0], pair->witness[1], &difference, error);
    if (differ == 1)
        return say_difference(trace, &difference, pair, error);
    if (differ == 0)
        tick__say("  recorded once more, the two were the same: the difference comes and goes");
    return differ;
}

// What the two traces and witnesses say. 0 or a negative error.
static int say_parting(const struct pair *pair, struct tick_error *error) {
    struct tick_trace trace[2];
    char *report = NULL;
    int opened = 0, result = 0;
    while (result == 0 && opened < 2)
        if ((result = tick_trace_open(pair->trace[opened], &trace[opened], error)) == 0)
            opened++;
    const bool same_events =
        result == 0 && trace[0].has_digest && trace[1].has_digest && memcmp(trace[0].digest, trace[1].digest, sizeof trace[0].digest) == 0;
    if (same_events) {
        result = say_contents(&trace[0], pair, error);
    } else if (result == 0) {
        result = tick_trace_diff(&trace[0], &trace[1], &report, error);
        if (result == 0)
            tick__say("  recorded once more, the two were the same: the difference comes and goes");
        else if (result > 0)
            tick__say_made_visible(report);
    }
    free(report);
    while (opened-- > 0)
        tick_trace_close(&trace[opened]);
    return result < 0 ? result : 0;
}

static int conclude(const struct pair *pair, bool keep, int result, struct tick_error *error) {
    if (result == 0)
        result = say_parting(pair, error);
    for (int i = 0; i < 2; i++) {
        unlink(pair->witness[i]);
        if (!keep)
            unlink(pair->trace[i]);
    }
    if (result < 0)
        tick__complain_of(pair->trace[0], result, error);
    else if (keep) {
        for (int i = 0; i < 2; i++)
            tick__report_written("trace", pair->trace[i]);
        tick__say(
            "%s and %s written. Next: %s diff %s %s", pair->trace[0], pair->trace[1], tick__program(), pair->trace[0], pair->trace[1]);
    }
    return result < 0 ? TICK__EXIT_HARNESS : 0;
}

int tick__check_show_way(const struct tick__check *check, enum tick__way way, bool keep) {
    const uint64_t seed = check->ways[way].seed;
    struct tick_error error = {0};
    struct pair pair = {.sides = {"A", "B"}};
    int result = name_files(check, seed, keep, false, &pair, &error);
    const int refused = result == 0 && keep ? may_write(check, &pair) : 0;
    if (refused)
        return refused;
    for (int side = 0; side < 2 && result == 0; side++) {
        struct tick__attempt attempt;
        const enum tick__way this = side ? way : TICK__FRESH;
        const struct tick__record record = {
            .target = &check->loaded.target,
            .scenario_file = check->loaded.source,
            .options = check->loaded.built,
            .object = check->loaded.object,
            .chooser = "random",
            .path = pair.trace[side],
            .witness = pair.witness[side],
            .input = tick__check_input(check, seed, this),
            .warm = this == TICK__AFTER ? check->warm + (seed - check->first) : 0,
            .hang = check->run.hang,
            .quiet = true,
        };
        result = tick__record_run(&record, &attempt, &error);
        if (result == 0)
            tick__attempt_fini(&attempt);
    }
    if (result == 0)
        tick__say("seed %" PRIu64 ", A %s and B %s:", seed, tick__way_text(TICK__FRESH), tick__way_text(way));
    return conclude(&pair, keep, result, &error);
}

// What the process that records in other surroundings complained of, in its report.
static int say_why(const char *report, int code, struct tick_error *error) {
    json_t *document = report ? json_loads(report, 0, NULL) : NULL, *message;
    size_t i;
    tick_error_set(error, -EIO, "the run that differs could not be recorded in other surroundings (exit %d); try again", code);
    json_array_foreach(json_object_get(document, "messages"), i, message) {
        const char *level = json_string_value(json_object_get(message, "level")),
                   *text = json_string_value(json_object_get(message, "text"));
        if (level && text && strcmp(level, "error") == 0)
            tick_error_set(error, -EIO, "%s", text);
    }
    json_decref(document);
    return -EIO;
}

int tick__check_show_abroad(struct tick__check *check, enum tick__surrounding which, bool keep) {
    char number[32];
    struct tick_error error = {0};
    struct pair pair = {.sides = {"A", "B"}};
    const uint64_t seed = check->abroad[which].seed;
    int result = name_files(check, seed, keep, true, &pair, &error);
    const int refused = result == 0 && keep ? may_write(check, &pair) : 0;
    if (refused)
        return refused;
    snprintf(number, sizeof number, "%" PRIu64, seed);
    for (int side = 0; side < 2 && result == 0; side++) {
        const char *const words[] = {
            "run", "--json", "--seed", number, "-o", pair.trace[side], "--force", "--witness", pair.witness[side], NULL};
        char *report = NULL;
        result = tick__abroad_run(&check->country, side ? 1u << which : tick__surrounding_plain(which), words, &report);
        if (result > TICK__EXIT_FINDING)
            result = say_why(report, result, &error);
        free(report);
    }
    result = result < 0 ? result : 0;
    if (result == 0)
        tick__say("seed %" PRIu64 ", A plainly and B with this varied: %s:", seed, tick__surrounding_text(which));
    return conclude(&pair, keep, result, &error);
}
