// The top of the command line: finds the command, suggests the nearest for a wrong one.
#include "cli/command.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/report_json.h"
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

// Levenshtein's distance with swaps of neighbours as one edit, of short words.
static unsigned distance(const char *a, const char *b) {
    enum { MOST = 32 };
    unsigned d[MOST + 1][MOST + 1];
    size_t n = strlen(a), m = strlen(b);
    if (n > MOST || m > MOST)
        return MOST;
    for (size_t i = 0; i <= n; i++)
        d[i][0] = (unsigned)i;
    for (size_t j = 0; j <= m; j++)
        d[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++)
        for (size_t j = 1; j <= m; j++) {
            unsigned best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (d[i - 1][j] + 1 < best)
                best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best)
                best = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    return d[n][m];
}

static const char *nearest(const char *word) {
    const char *best = NULL;
    unsigned least = 3; // three edits and more are another word
    for (size_t i = 0; i < COMMANDS; i++) {
        unsigned d = distance(word, commands[i].name);
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
    printf("Usage: %s COMMAND [OPTION...]%s\n", program, linked ? "" : " [FILE...]");
    printf("Runs event-loop programs in a simulated world: repeats, varies, shrinks and explains their runs.\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].purpose);
    printf("\n  %s COMMAND --help    says what a command takes\n  %s --version         says which version this is\n", program, program);
    printf("\nExamples:\n");
    printf("  %s run%s                      run it once, on an idle machine, and record it\n", program, file);
    printf("  %s fuzz%s                     look for a schedule under which it fails\n", program, file);
    printf("  %s replay%s found.schedule    run that again, after a repair\n", program, file);
    printf("  %s graph found.db -o found.svg%*s see what happened\n", program, linked ? 1 : 8, "");
    printf("\n%s\n", TICK__EXIT_CODES);
}

int tick_main(int argc, char **argv) {
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL, *program = slash ? slash + 1 : argc > 0 ? argv[0] : "retick";
    bool linked = tick__scenario_linked_in();
    char *name = NULL;
    argp_err_exit_status = TICK__EXIT_USAGE;
    argp_program_version = "retick " TICK_VERSION;
    argp_program_bug_address = NULL;
    if (argc < 2) {
        fflush(stdout);
        fprintf(stderr, "Usage: %s COMMAND [OPTION...]\n\n", program);
        for (size_t i = 0; i < COMMANDS; i++)
            fprintf(stderr, "  %-10s %s\n", commands[i].name, commands[i].purpose);
        fprintf(stderr, "\nTry `%s --help'.\n", program);
        return TICK__EXIT_USAGE;
    }
    const char *word = argv[1];
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        printf("retick %s\n", TICK_VERSION);
        return TICK__EXIT_PASS;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-?") == 0 || strcmp(word, "-h") == 0 || (strcmp(word, "help") == 0 && argc == 2)) {
        print_help(program, linked);
        return TICK__EXIT_PASS;
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
        if (asprintf(&name, "%s %s", program, word) < 0)
            return tick__no_memory();
        argv[1] = name;
        int code = tick__report_begin(commands[i].name, argc - 1, argv + 1);
        if (code == 0)
            code = tick__report_end(commands[i].run(argc - 1, argv + 1));
        free(name);
        if (fflush(stdout) != 0 || ferror(stdout)) {
            tick__complain("the output could not be written");
            return TICK__EXIT_HARNESS;
        }
        return code;
    }
    (void)tick__report_begin(word, argc - 1, argv + 1);
    const char *near = nearest(word);
    tick__complain("there is no %s \"%s\"%s%s%s", *word == '-' ? "option" : "command", word, near ? "; did you mean \"" : "",
        near ? near : "", near ? "\"?" : "");
    if (*word != '-' && !near) {
        fprintf(stderr, "  there are:");
        for (size_t i = 0; i < COMMANDS; i++)
            fprintf(stderr, " %s", commands[i].name);
        fputc('\n', stderr);
    }
    fprintf(stderr, "Try `%s --help'.\n", program);
    return tick__report_end(TICK__EXIT_USAGE);
}
