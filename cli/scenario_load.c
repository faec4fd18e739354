#include "cli/scenario_load.h"
#include "cli/compile.h"
#include "cli/deny.h"
#include "cli/file.h"
#include "cli/flags.h"
#include "cli/guest_load.h"
#include "cli/print.h"
#include "cli/program.h"
#include "cli/scenario_trial.h"
#include "cli/schedule_file.h"
#include "cli/world_file.h"
#include "cli/world_load.h"
#include "sim/native/scenario_target.h"
#include "src/coro/exceptions.h"
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char example[] = "    #include <retick.h>\n"
                              "\n"
                              "    static int client(void *unused) {\n"
                              "        (void)unused;\n"
                              "        TICK_TRY(tick_sleep(TICK_MS(1)));\n"
                              "        return tick_check(1 + 1 == 2, \"arithmetic is off\");\n"
                              "    }\n"
                              "\n"
                              "    TICK_SCENARIO(first, \"one host that sleeps\") {\n"
                              "        tick_host_add(world, \"client\", client, NULL);\n"
                              "    }\n";

bool tick__scenario_linked_in(void) {
    return tick_scenario_first() != NULL;
}

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length > tail && strcmp(text + length - tail, end) == 0;
}

bool tick__scenario_is_named(const char *word) {
    static const char *const endings[] = {".c", ".so", ".json", ".yaml", ".yml"};
    const char *colon = strrchr(word, ':');
    char file[PATH_MAX];
    snprintf(file, sizeof file, "%.*s", colon && !strchr(colon, '/') ? (int)(colon - word) : (int)strlen(word), word);
    const char *ending = strrchr(file, '.');
    bool is_one = word[0] == ':' || tick__compile_is_cxx(file);
    for (size_t i = 0; ending && i < sizeof endings / sizeof *endings; i++)
        is_one |= strcmp(ending, endings[i]) == 0;
    return is_one;
}

void tick__scenario_split(const char *argument, char *file, size_t size, const char **name) {
    struct stat about;
    const char *colon = strrchr(argument, ':');
    *name = "";
    snprintf(file, size, "%s", argument);
    if (!colon || stat(argument, &about) == 0 || strchr(colon, '/'))
        return;
    snprintf(file, size, "%.*s", (int)(colon - argument), argument);
    *name = colon + 1;
}

static void print_names(const struct tick_scenario *first) {
    tick__complain_more("  it has:");
    for (const struct tick_scenario *s = first; s; s = s->next)
        tick__complain_more("    %s", s->name);
}

static int choose(const char *file, const char *name, struct tick__loaded *loaded) {
    const struct tick_scenario *first = tick_scenario_first();
    if (!first) {
        tick__complain("%s registers no scenario. One looks like this:\n", file);
        fputs(example, stderr);
        return TICK__EXIT_USAGE;
    }
    loaded->scenario = *name ? tick_scenario_find(name) : first;
    if (!loaded->scenario) {
        tick__complain("%s has no scenario \"%s\"", *file ? file : "this program", name);
        print_names(first);
        return TICK__EXIT_USAGE;
    }
    loaded->target = tick_scenario_target(loaded->scenario);
    return 0;
}

static int check_file(const char *file) {
    const int code = tick__file_check(file, "a C file with a scenario");
    if (code)
        return code;
    if (tick__is_own_trace(file) || ends_with(file, ".schedule")) {
        tick__complain("%s is a %s, not a scenario. Next: %s replay %s%s", file, ends_with(file, ".schedule") ? "schedule" : "trace",
            tick__program(), ends_with(file, ".schedule") ? "scenario.c " : "", file);
        return TICK__EXIT_USAGE;
    }
    if (!ends_with(file, ".c") && !tick__compile_is_cxx(file) && !ends_with(file, ".so") && !ends_with(file, ".json") &&
        !tick__world_is_named(file)) {
        tick__complain("%s is neither a C file (.c) nor C++ (.cpp, .cc, .cxx) nor a shared object (.so) nor a world (.yaml) nor a task "
                       "program (.json): "
                       "name the file that holds the scenario",
            file);
        return TICK__EXIT_USAGE;
    }
    return 0;
}

// A task program needs no compiler: it is read, and run by what stands in cli/program_*.c.
static int load_program(const char *file, const char *named, struct tick_error *error) {
    errno = 0;
    FILE *in = fopen(file, "r");
    char *text = NULL;
    size_t room = 0;
    struct tick__program *program = NULL;
    const ssize_t size = in ? getdelim(&text, &room, EOF, in) : -1;
    int result = errno == ENOMEM ? -ENOMEM : TICK_EFORMAT;
    if (size >= 0)
        result = tick__program_parse(text, (size_t)size, named, &program, error);
    if (result == 0)
        result = tick__program_register(program, file);
    if (result < 0)
        tick__program_free(program);
    if (in)
        fclose(in);
    free(text);
    return result;
}

static void write_option(FILE *file, const char *name, const char *value) {
    fprintf(file, " --%s '", name);
    for (; *value; value++)
        fputs(*value == '\'' ? "'\\''" : (char[]){*value, 0}, file);
    fputc('\'', file);
}

static char *options_of(const struct tick__load *load, const char *cflags) {
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    if (!file)
        return NULL;
    if (load->cc)
        write_option(file, "cc", load->cc);
    if (load->cxx)
        write_option(file, "cxx", load->cxx);
    if (cflags)
        write_option(file, "cflags", cflags);
    for (size_t i = 0; i < load->allow_count; i++)
        write_option(file, "allow", load->allow[i]);
    if (load->heap_check)
        fputs(" --heap-check", file);
    return fclose(file) == 0 ? text : NULL;
}

// What is freed later, and what it is called in complaints: 0 or an exit code.
static int begin(const struct tick__load *load, struct tick__loaded *loaded) {
    *loaded = (struct tick__loaded){.source = strdup(""), .object = strdup(""), .given = strdup(""), .flags = strdup("")};
    loaded->tail = strdup("");
    loaded->options = options_of(load, load->cflags);
    loaded->built = options_of(load, load->cflags);
    const bool whole =
        loaded->source && loaded->object && loaded->given && loaded->options && loaded->built && loaded->flags && loaded->tail;
    return whole ? 0 : tick__no_memory(load->argument ? load->argument : "this program");
}

// Takes a string over, NULL where there was no memory for it.
static int replace(char **place, char *text, const char *file) {
    free(*place);
    *place = text;
    return text ? 0 : tick__no_memory(file);
}

static int load_task_program(const char *file, const char *resolved, const char *name, struct tick__loaded *loaded) {
    struct tick_error error = {0};
    const int result = load_program(resolved, file, &error);
    if (result == -ENOMEM)
        return tick__no_memory(file);
    if (result < 0) {
        tick__complain("%s is no task program: %s (docs/TASK_PROGRAMS.md tells what one looks like)", file,
            error.text[0] ? error.text : "it is empty");
        return TICK__EXIT_USAGE;
    }
    const int code = replace(&loaded->source, strdup(resolved), file);
    return code ? code : choose(file, name, loaded);
}

// Programs that it names are started by its runs: it is named by who types it, and stands in commands that are suggested.
static int load_world(
    const struct tick__load *load, const char *file, const char *resolved, const char *name, struct tick__loaded *loaded) {
    if (load->real) {
        tick__complain("%s has programs, which run in the simulated world alone: start them by hand, or drop --real", file);
        return TICK__EXIT_USAGE;
    }
    int code = tick__world_load(file, resolved);
    if (!code)
        code = replace(&loaded->source, strdup(resolved), file);
    if (!code)
        code = replace(&loaded->world, tick__world_named(file), file);
    if (!code && *name && strcmp(name, tick__world_scenario()->name) != 0)
        return choose(file, name, loaded);
    loaded->scenario = code ? NULL : tick__world_scenario(); // there may be another one, which this repairs
    loaded->target = tick_scenario_target(loaded->scenario);
    return code;
}

// Whether it may run: build is NULL of what was not compiled now.
static int check_calls(const struct tick__load *load, const char *file, const char *object, const struct tick__compile *build) {
    if (load->real || load->unchecked)
        return 0;
    const struct tick__deny deny = {object, build, load->allow, load->allow_count};
    const int found = tick__deny_check(&deny);
    if (found == -ENOMEM)
        return tick__no_memory(file);
    if (found < 0)
        tick__complain("%s is no shared object that can be read: %s; compile it again", build ? object : file, tick_error_text(found));
    else if (found > 0)
        tick__complain("refused: runs would differ from one another. --allow NAME lets a function through all the same");
    return found ? TICK__EXIT_USAGE : 0;
}

// What it is compiled with, all of it: 0 or an exit code.
static int note_flags(const struct tick__load *load, const char *file, struct tick__loaded *loaded) {
    char *flags = NULL;
    if (load->refused) {
        tick__complain("%s asks for the compiler's flag %s, which no file may (it may ask for " TICK__FLAGS_MAY
                       "). Give the flags yourself, if you know what they do: --cflags '...'; or none: --cflags ''",
            load->asks, load->refused);
        return TICK__EXIT_USAGE;
    }
    const int result = tick__flags_used(load->cflags, &flags);
    if (result == -ENOMEM)
        return tick__no_memory(file);
    if (result < 0)
        return 0; // the compiler's command will say so
    const int code = replace(&loaded->flags, flags, file);
    return code || !*flags ? code : replace(&loaded->built, options_of(load, flags), file);
}

// The shared object, made where that is needed, looked at, and tried in a process of its own.
static int make_object(const struct tick__load *load, const char *file, const char *resolved, struct tick__loaded *loaded) {
    const bool compiled = ends_with(file, ".c") || tick__compile_is_cxx(file);
    const struct tick__compile build = {file, tick__compile_is_cxx(file) ? load->cxx : load->cc, load->cflags, load->heap_check};
    char *object = NULL;
    int code = compiled ? note_flags(load, file, loaded) : 0;
    if (code)
        return code;
    if (compiled) {
        struct tick_error error = {0};
        const int result = tick__compile_shared(&build, &object, &error);
        if (result < 0) {
            tick__complain_of(file, result, &error);
            return result == TICK_EFORMAT || result == -EINVAL ? TICK__EXIT_USAGE : TICK__EXIT_HARNESS;
        }
    } else {
        object = strdup(resolved);
    }
    code = replace(&loaded->object, object, file);
    if (!code)
        code = replace(&loaded->source, strdup(resolved), file);
    if (!code)
        code = check_calls(load, file, object, compiled ? &build : NULL);
    return code ? code : tick__scenario_trial(object, file, load->hang);
}

int tick__scenario_load(const struct tick__load *load, struct tick__loaded *loaded) {
    char file[PATH_MAX], resolved[PATH_MAX];
    const char *name;
    int code = begin(load, loaded);
    if (code)
        return code;
    if (load->program)
        return tick__guest_load(load, loaded);
    if (tick__scenario_linked_in() && !tick__world_registered()) { // else there is another world, and no scenario of this program's
        const char *wanted = load->argument ? load->argument : "";
        return choose("", *wanted == ':' ? wanted + 1 : wanted, loaded);
    }
    if (!load->argument) {
        tick__complain("which scenario, or which program? Name a C file, as in: retick run scenario.c; or a program, as in: retick run -- "
                       "python3 app.py");
        return TICK__EXIT_USAGE;
    }
    tick__scenario_split(load->argument, file, sizeof file, &name);
    code = replace(&loaded->given, strdup(file), file);
    if (!code)
        code = check_file(file);
    if (code)
        return code;
    if (!realpath(file, resolved))
        snprintf(resolved, sizeof resolved, "%s", file);
    if (ends_with(file, ".json"))
        return load_task_program(file, resolved, name, loaded);
    if (tick__world_is_named(file))
        return load_world(load, file, resolved, name, loaded);
    code = make_object(load, file, resolved, loaded);
    if (code)
        return code;
    void *library = dlopen(loaded->object, RTLD_NOW | RTLD_LOCAL); // stays loaded: the scenario's code and statics live in it
    if (!library) {
        tick__complain("%s cannot be loaded: %s; compile it again, with the headers of this retick", file, dlerror());
        return TICK__EXIT_USAGE;
    }
    tick__exceptions_of(dlsym(library, "__cxa_get_globals"));
    return choose(file, name, loaded);
}

const char *tick__loaded_name(const struct tick__loaded *loaded) {
    return loaded->given && *loaded->given ? loaded->given : loaded->target.name ? loaded->target.name : "this program";
}

void tick__loaded_words(const struct tick__loaded *loaded, char *text, size_t size) {
    if (loaded->guest)
        snprintf(text, size, "%s%s", loaded->options, loaded->tail);
    else
        snprintf(text, size, " %s:%s%s", loaded->source, loaded->target.name, loaded->options);
}

const char *tick__loaded_behind_trace(const struct tick__loaded *loaded) {
    return loaded->world ? loaded->world : loaded->tail;
}

void tick__loaded_fini(struct tick__loaded *loaded) {
    free(loaded->source);
    free(loaded->object);
    free(loaded->given);
    free(loaded->options);
    free(loaded->built);
    free(loaded->flags);
    free(loaded->tail);
    free(loaded->world);
    free(loaded->guest);
    *loaded = (struct tick__loaded){0};
}
