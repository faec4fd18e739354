#include "cli/debugged.h"
#include "cli/finding.h"
#include "cli/print.h"
#include "cli/process.h"
#include "sim/choice/choosers.h"
#include "sim/native/inspect.h"
#include "sim/native/run.h"
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef RETICK_INCLUDE_DIR
#define RETICK_INCLUDE_DIR "/usr/local/include"
#endif

// --- the program that starts gdb ---

// What teaches gdb about tasks: beside an installed retick, else in the source.
static bool find_script(const char *self, char *path, size_t size) {
    const char *slash = strrchr(self, '/');
    snprintf(path, size, "%.*s/../share/retick/retick_gdb.py", slash ? (int)(slash - self) : 0, self);
    if (access(path, R_OK) != 0)
        snprintf(path, size, "%s/../cli/retick_gdb.py", RETICK_INCLUDE_DIR);
    return access(path, R_OK) == 0;
}

static int add(struct tick__argv *words, const char *first, const char *second) {
    const int result = first ? tick__argv_add(words, first) : 0;
    return result == 0 && second ? tick__argv_add(words, second) : result;
}

// "--option=value"
static int add_option(struct tick__argv *words, const char *option, const char *value) {
    char *word = NULL;
    if (!value)
        return 0;
    if (asprintf(&word, "%s=%s", option, value) < 0)
        return -ENOMEM;
    const int result = tick__argv_add(words, word);
    free(word);
    return result;
}

static int add_gdb(const struct tick__debug *debug, const char *script, struct tick__argv *words) {
    char begin[64];
    snprintf(begin, sizeof begin, "retick-begin %" PRIu64, debug->at);
    int result = add(words, "gdb", "-q");
    if (result == 0 && debug->commands)
        result = add(words, "-nx", "-batch");
    if (result == 0)
        result = add(words, "-x", script);
    if (result == 0)
        result = add(words, "-ex", begin);
    if (result == 0 && debug->commands)
        result = add(words, "-x", debug->commands);
    return result == 0 ? tick__argv_add(words, "--args") : result;
}

static int add_replay(
    const struct tick__debug *debug, const char *self, const struct tick__load *load, const char *recipe, struct tick__argv *words) {
    char at[32];
    snprintf(at, sizeof at, "%" PRIu64, debug->at);
    int result = add(words, self, "replay");
    const char *const options[][2] = {
        {"--inside", at}, {"--cc", load->cc}, {"--cxx", load->cxx}, {"--cflags", load->cflags}, {"--schedule", recipe}};
    for (size_t i = 0; i < sizeof options / sizeof *options && result == 0; i++)
        result = add_option(words, options[i][0], options[i][1]);
    for (size_t i = 0; i < load->allow_count && result == 0; i++)
        result = add_option(words, "--allow", load->allow[i]);
    if (result == 0 && load->heap_check)
        result = tick__argv_add(words, "--heap-check");
    return result == 0 && load->argument ? add(words, "--", load->argument) : result;
}

int tick__debug_start(const struct tick__debug *debug, const struct tick__load *load, const char *recipe) {
    char self[PATH_MAX], script[PATH_MAX + 64];
    struct tick__argv words = {0};
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = '\0';
    if (!tick__process_found("gdb")) {
        tick__complain("--debug needs gdb, which is not installed here: apt install gdb");
        return TICK__EXIT_HARNESS;
    }
    if (!find_script(self, script, sizeof script)) {
        tick__complain("retick_gdb.py is not in ../share/retick beside this program: is retick installed whole?");
        return TICK__EXIT_HARNESS;
    }
    int result = add_gdb(debug, script, &words);
    if (result == 0)
        result = add_replay(debug, self, load, recipe, &words);
    if (result == 0) {
        fflush(NULL);
        execvp("gdb", words.argv);
        result = -errno;
    }
    tick__argv_fini(&words);
    return tick__complain_of("gdb", result, NULL), TICK__EXIT_HARNESS;
}

// --- the program that gdb runs ---

// Counts events as a trace does.
struct counter {
    struct tick_probe probe;
    uint32_t objects;
    uint64_t events, at;
};

__attribute__((noinline)) void tick__debug_here(void) {
    __asm__ volatile("" : : "r"(tick__inspect_task) : "memory"); // it is called by gdb alone
}

static uint32_t count(struct counter *counter) {
    if (++counter->events == counter->at)
        tick__debug_here();
    return (uint32_t)counter->events;
}

static uint32_t tell_object(struct tick_probe *self, const struct tick_object *object) {
    (void)object;
    return ++((struct counter *)self)->objects;
}

static uint32_t tell_event(struct tick_probe *self, const struct tick_event *event) {
    (void)event;
    return count((struct counter *)self);
}

static uint32_t tell_text(struct tick_probe *self, const char *text) {
    (void)text;
    return ++((struct counter *)self)->objects;
}

static uint32_t tell_choice(struct tick_probe *self, const struct tick_deviation *deviation) {
    (void)deviation;
    return count((struct counter *)self);
}

static const struct tick_probe_ops counter_ops = {.object = tell_object, .event = tell_event, .choice = tell_choice, .text = tell_text};

int tick__debug_run(const struct tick__loaded *loaded, const struct tick_schedule *schedule, uint64_t at) {
    struct counter counter = {.probe = {.ops = &counter_ops}, .at = at};
    struct tick_replay_chooser *chooser = NULL;
    struct tick_harness *harness = NULL;
    struct tick_outcome outcome;
    int result = tick_replay_new(schedule->deviations, schedule->count, &chooser);
    if (result == 0)
        result = tick_harness_new(&harness);
    if (result == 0) {
        const struct tick_run run = {.scenario = loaded->scenario, .chooser = tick_replay_chooser(chooser), .probe = &counter.probe};
        result = tick_harness_run(harness, &run, &outcome);
    }
    if (result < 0) {
        tick__complain_of(tick__loaded_name(loaded), result, NULL);
        return TICK__EXIT_HARNESS;
    }
    const bool passed = outcome.verdict == TICK_PASS;
    tick__say("%s: %s", loaded->target.name, passed ? "passes" : "fails");
    if (!passed)
        tick__say_outcome(&outcome, loaded);
    if (at > counter.events)
        tick__say("there is no event %" PRIu64 ": the run has %" PRIu64, at, counter.events);
    tick_harness_free(harness);
    tick_replay_free(chooser);
    return passed ? TICK__EXIT_PASS : TICK__EXIT_FINDING;
}
