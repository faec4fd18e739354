// The top of the command line: finds the command, suggests the nearest for a wrong one.
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/report_json.h"
#include "src/base/visible.h"
#include <argp.h>
#include <retick/version.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *purpose;
    int (*run)(int argc, char **argv);
} commands[] = {
#define COMMAND_ROW(name, purpose) {#name, purpose, tick__cmd_##name},
    TICK__COMMANDS(COMMAND_ROW)
#undef COMMAND_ROW
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static const char *nearest(const char *word) {
    const char *best = NULL;
    unsigned least = 3; // three edits and more are another word
    for (size_t i = 0; i < COMMANDS; i++) {
        unsigned d = tick__edits(word, commands[i].name);
        if (d < least) {
            least = d;
            best = commands[i].name;
        }
    }
    for (size_t i = 0; i < COMMANDS && !best; i++) // "dig", "rec"
        if (strlen(word) > 1 && strncmp(word, commands[i].name, strlen(word)) == 0)
            best = commands[i].name;
    return best;
}

static void print_help(const char *program, bool linked) {
    const char *file = linked ? "" : " scenario.c";
    tick__say("Usage: %s COMMAND [OPTION...]%s", program, linked ? "" : " [FILE...]");
    tick__say("Runs event-loop programs in a simulated world: repeats, varies, shrinks and explains their runs.");
    tick__say("%s", "");
    for (size_t i = 0; i < COMMANDS; i++)
        tick__say("  %-10s %s", commands[i].name, commands[i].purpose);
    tick__say("\n  %s COMMAND --help    says what a command takes", program);
    tick__say("  %s --version         says which version this is", program);
    tick__say("\nExamples:");
    tick__say("  %s run%s                      run it once, on an idle machine, and record it", program, file);
    tick__say("  %s fuzz%s                     look for a schedule under which it fails", program, file);
    tick__say("  %s replay%s found.schedule    run that again, after a repair", program, file);
    tick__say("  %s graph found.db -o found.svg%*s see what happened", program, linked ? 1 : 8, "");
    tick__say("\n%s", TICK__EXIT_CODES);
}

// What was said may be in a buffer yet.
static int finish(int code) {
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    tick__complain("the standard output could not be written: make room where it goes");
    return TICK__EXIT_HARNESS;
}

// "retick run", as argp prints it: a program may be called anything.
static char *name_of(const char *program, const char *command) {
    char *name = NULL;
    size_t size;
    FILE *file = open_memstream(&name, &size);
    if (!file)
        return NULL;
    tick__print(file, "%s %s", program, command);
    return fclose(file) == 0 ? name : NULL;
}

int tick_main(int argc, char **argv) {
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL, *program = slash ? slash + 1 : argc > 0 ? argv[0] : "retick";
    bool linked = tick__scenario_linked_in();
    argp_err_exit_status = TICK__EXIT_USAGE;
    argp_program_version = "retick " TICK_VERSION;
    argp_program_bug_address = NULL;
    if (argc < 2) {
        tick__complain_more("Usage: %s COMMAND [OPTION...]\n", program);
        for (size_t i = 0; i < COMMANDS; i++)
            tick__complain_more("  %-10s %s", commands[i].name, commands[i].purpose);
        tick__complain_more("\nTry `%s --help'.", program);
        return TICK__EXIT_USAGE;
    }
    const char *word = argv[1];
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        tick__say("retick %s", TICK_VERSION);
        return finish(TICK__EXIT_PASS);
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-?") == 0 || strcmp(word, "-h") == 0 || (strcmp(word, "help") == 0 && argc == 2)) {
        print_help(program, linked);
        return finish(TICK__EXIT_PASS);
    }
    char *help[] = {argv[0], NULL, (char[]){"--help"}, NULL};
    if (strcmp(word, "help") == 0) {
        word = argv[2];
        argv = help;
        argc = 3;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(word, commands[i].name) != 0)
            continue;
        char *name = name_of(program, word);
        if (!name)
            return tick__no_memory(word);
        argv[1] = name;
        int code = tick__report_begin(commands[i].name, argc - 1, argv + 1);
        if (code == 0)
            code = tick__report_end(commands[i].run(argc - 1, argv + 1));
        free(name);
        return finish(code);
    }
    (void)tick__report_begin(word, argc - 1, argv + 1);
    const char *near = nearest(word);
    tick__complain("there is no %s \"%s\"%s%s%s", *word == '-' ? "option" : "command", word, near ? "; did you mean \"" : "",
        near ? near : "", near ? "\"?" : "");
    if (*word != '-' && !near) {
        tick__complain_more("  there are:"
#define COMMAND_WORD(name, purpose) " " #name
            TICK__COMMANDS(COMMAND_WORD));
#undef COMMAND_WORD
    }
    tick__complain_more("Try `%s --help'.", program);
    return tick__report_end(TICK__EXIT_USAGE);
}
