#include "cli/schedule_file.h"
#include "cli/file.h"
#include "cli/print.h"
#include "cli/soundness.h"
#include "cli/world_load.h"
#include "sim/native/scenario_target.h"
#include "trace/reader.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length > tail && strcmp(text + length - tail, end) == 0;
}

bool tick__is_own_trace(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    const bool own = fd >= 0 && tick_trace_is_own(fd);
    if (fd >= 0)
        close(fd);
    return own;
}

bool tick__is_trace(const char *path) {
    static const char head[] = "SQLite format 3";
    char bytes[sizeof head];
    struct stat about;
    FILE *file = stat(path, &about) == 0 && S_ISREG(about.st_mode) ? fopen(path, "rbe") : NULL; // opening a fifo would wait
    size_t got = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file)
        fclose(file);
    if (got == sizeof bytes && memcmp(bytes, head, sizeof head) == 0)
        return true;
    return ends_with(path, ".db");
}

static int recipe_of_trace(const char *path, struct tick__recipe *recipe) {
    struct tick_trace trace;
    struct tick_error error = {0};
    int result = tick_trace_open(path, &trace, &error);
    if (result < 0)
        return tick__complain_of(path, result, &error);
    recipe->trace = true;
    recipe->scenario_file = strdup(trace.scenario_file);
    snprintf(recipe->verdict, sizeof recipe->verdict, "%s", trace.verdict);
    snprintf(recipe->text, sizeof recipe->text, "%s", trace.text);
    memcpy(recipe->digest, trace.digest, sizeof recipe->digest);
    memcpy(recipe->contents, trace.contents, sizeof recipe->contents);
    recipe->has_digest = trace.has_digest;
    recipe->has_contents = trace.has_contents;
    int code = 0;
    if (trace.real) {
        tick__complain("%s is the trace of a real run: it has no schedule that could be replayed", path);
        code = TICK__EXIT_USAGE;
    } else if (!recipe->scenario_file || tick__recorded_of_trace(trace.options, &recipe->recorded) < 0) {
        code = tick__no_memory(path);
    } else if ((result = tick_trace_schedule(&trace, &recipe->schedule, &error)) < 0) {
        code = tick__complain_of(path, result, &error);
    }
    tick_trace_close(&trace);
    return code;
}

int tick__recipe_read(const char *path, struct tick__recipe *recipe) {
    memset(recipe, 0, sizeof *recipe);
    const int code = tick__file_check(path, "a schedule or a trace");
    if (code)
        return code;
    if (tick__is_trace(path))
        return recipe_of_trace(path, recipe);
    struct tick_error error = {0};
    FILE *file = fopen(path, "re");
    int result = file ? tick_schedule_read(file, path, &recipe->schedule, &error) : -errno;
    if (result >= 0 && fseek(file, -1, SEEK_END) == 0 && fgetc(file) != '\n') // "+10" may have been "+100ms"
        tick__note("%s ends in the midst of a line: was it copied whole?", path);
    if (file)
        fclose(file);
    if (result < 0)
        return tick__complain_of(path, result, &error);
    return tick__recorded_of_schedule(&recipe->schedule, &recipe->recorded) < 0 ? tick__no_memory(path) : 0;
}

void tick__recipe_fini(struct tick__recipe *recipe) {
    tick_schedule_fini(&recipe->schedule);
    tick__recorded_fini(&recipe->recorded);
    free(recipe->scenario_file);
    memset(recipe, 0, sizeof *recipe);
}

int tick__recipe_scenario(
    const struct tick__recipe *recipe, const char *recipe_path, struct tick__load *load, struct tick__loaded *loaded) {
    char beside[PATH_MAX];
    bool linked = tick__scenario_linked_in();
    const char *given = load->argument;
    if (load->program) {
        load->argument = NULL;
        load->called = recipe->schedule.scenario; // its ids hang on that
    } else if (!given && linked) {
        load->argument = recipe->schedule.scenario;
    } else if (!given && *recipe->recorded.program) {
        tick__complain(
            "%s is of a program, and starts none by itself, as a file may come from anybody. Type it, if it is yours: %s replay %s%s",
            recipe_path, tick__program(), recipe_path, recipe->recorded.program);
        return TICK__EXIT_USAGE;
    } else if (!given) {
        if (!recipe->trace || !recipe->scenario_file || !*recipe->scenario_file) {
            tick__complain("which scenario, or which program? Name its C file, as in: retick replay scenario.c %s; or the program, as in: "
                           "retick replay %s -- python3 app.py",
                recipe_path, recipe_path);
            return TICK__EXIT_USAGE;
        }
        if (tick__world_is_named(recipe->scenario_file)) {
            char *world = tick__world_named(recipe->scenario_file);
            tick__complain(
                "%s is of programs in a world file, and starts none by itself, as a file may come from anybody. Name it, if it is "
                "yours, as in: %s replay %s%s",
                recipe_path, tick__program(), recipe_path, world ? world : " world.yaml");
            free(world);
            return TICK__EXIT_USAGE;
        }
        load->argument = recipe->scenario_file;
        if (access(recipe->scenario_file, R_OK) != 0) { // moved together, perhaps
            const char *name = strrchr(recipe->scenario_file, '/'), *folder = strrchr(recipe_path, '/');
            snprintf(beside, sizeof beside, "%.*s%s", folder ? (int)(folder - recipe_path + 1) : 0, recipe_path,
                name ? name + 1 : recipe->scenario_file);
            if (access(beside, R_OK) != 0) {
                tick__complain("the scenario of %s was %s, which is gone; name the file, as in: retick replay scenario.c %s", recipe_path,
                    recipe->scenario_file, recipe_path);
                return TICK__EXIT_USAGE;
            }
            load->argument = beside;
        }
    }
    int code = tick__recorded_take(&recipe->recorded, recipe_path, load);
    if (code == 0)
        code = tick__scenario_load(load, loaded);
    load->argument = given;
    if (code)
        return code;
    tick__recorded_note(&recipe->recorded, recipe_path, load, loaded);
    const char *wanted = recipe->schedule.scenario;
    const char *colon = given ? strrchr(given, ':') : NULL;
    if (*wanted && strcmp(wanted, loaded->target.name) != 0 && colon && !strcmp(colon + 1, loaded->target.name)) {
        // Asked for by name: the repaired variant, under the schedule that broke the other.
        tick__note("%s was found in %s, and is run in %s", recipe_path, wanted, loaded->target.name);
    } else if (*wanted && strcmp(wanted, loaded->target.name) != 0) {
        const struct tick_scenario *other = tick_scenario_find(wanted);
        if (!other) {
            tick__complain("%s belongs to scenario %s, and %s has only %s%s: name the file that holds it", recipe_path, wanted,
                given ? given : "this program", loaded->target.name, loaded->scenario->next ? " and others" : "");
            return TICK__EXIT_USAGE;
        }
        loaded->scenario = other;
        loaded->target = tick_scenario_target(other);
    }
    if (recipe->schedule.version < TICK_CHOICE_VERSION)
        tick__note(
            "%s is of version %d, since when some things are addressed otherwise (docs/IDENTITY.md): a line that is not met any more is "
            "to be found again, by retick fuzz",
            recipe_path, recipe->schedule.version);
    return 0;
}

char *tick__schedule_text(const struct tick_schedule *schedule, const struct tick_names *names) {
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    if (!file)
        return NULL;
    int result = tick_schedule_write(schedule, names, file);
    if (fclose(file) != 0 || result < 0) {
        free(text);
        return NULL;
    }
    return text;
}

int tick__schedule_save(const char *path, const struct tick_schedule *schedule, const struct tick_names *names, struct tick_error *error) {
    char temporary[PATH_MAX];
    snprintf(temporary, sizeof temporary, "%s.%ld", path, (long)getpid());
    FILE *file = fopen(temporary, "wxe");
    if (!file)
        return tick_error_set(error, -errno, "cannot write %s: %s; name another place with -o", path, tick_error_text(-errno));
    int result = tick_schedule_write(schedule, names, file);
    if (fclose(file) != 0 && result >= 0)
        result = -errno;
    if (result >= 0 && rename(temporary, path) != 0)
        result = -errno;
    if (result < 0) {
        unlink(temporary);
        return tick_error_set(error, result, "cannot write %s: %s; name another place with -o", path, tick_error_text(result));
    }
    return 0;
}

char *tick__with_extension(const char *path, const char *extension) {
    char *result = NULL;
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    size_t stem = dot && dot > (slash ? slash + 1 : path) ? (size_t)(dot - path) : strlen(path);
    if (asprintf(&result, "%.*s%s", (int)stem, path, extension) < 0)
        return NULL;
    return result;
}

void tick__say_schedule(const struct tick_schedule *schedule, const struct tick_names *names, const struct tick__loaded *loaded) {
    char line[512], words[512];
    for (size_t i = 0; i < schedule->count; i++) {
        tick_deviation_line(&schedule->deviations[i], names, line, sizeof line);
        tick_deviation_words(&schedule->deviations[i], names, words, sizeof words);
        tick__say_columns(line, "    ", tick__soundness_of(schedule->deviations[i].kind, loaded).why);
        tick__say("    %s%s%s", tick__colour(stdout, TICK__DIM), words, tick__colour(stdout, TICK__PLAIN));
    }
}
