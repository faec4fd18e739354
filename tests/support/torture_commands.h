// Commands out of memory: each in a process of its own, with each of its allocations failing in turn. It ends as it always does, or with
// exit code 3 and a message; nothing crashes, hangs or leaks, and what it could not write whole is not there.
#ifndef RETICK_TORTURE_COMMANDS_H
#define RETICK_TORTURE_COMMANDS_H

#include "cli/print.h"
#include "src/base/sanitized.h"
#include "tests/support/folder.h"
#include "tests/support/scarce.h"
#include "trace/reader.h"
#include <dirent.h>
#include <fcntl.h>
#include <retick/scenario.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { WORDS = 10 };
struct command {
    char *words[WORDS];
    const char *makes[4]; // files
};

static int run_command(void *arg) {
    struct command *command = arg;
    char *words[WORDS + 1];
    int n = 0;
    for (; n < WORDS && command->words[n]; n++)
        words[n] = command->words[n];
    words[n] = NULL;
    return tick_main(n, words);
}

static char folder[64];

static void forget(const struct command *command) {
    char journal[64];
    for (size_t i = 0; i < 4 && command->makes[i]; i++) {
        snprintf(journal, sizeof journal, "%s-journal", command->makes[i]);
        (void)unlink(command->makes[i]);
        (void)unlink(journal);
    }
}

// A recording that was cut off says so, and keeps its journal.
static bool makes(const struct command *command, const char *file) {
    const char *journal = strstr(file, "-journal");
    const size_t length = journal ? (size_t)(journal - file) : strlen(file);
    bool it_does = false;
    for (size_t i = 0; i < 4 && command->makes[i]; i++)
        it_does |= strlen(command->makes[i]) == length && strncmp(command->makes[i], file, length) == 0;
    return it_does;
}

// What there is in the folder before the first command.
static char known[20][64];
static int known_count;

static bool is_known(const char *file) {
    for (int i = 0; i < known_count; i++)
        if (strcmp(known[i], file) == 0)
            return true;
    return false;
}

static bool is_whole(const char *file) {
    const char *ending = strrchr(file, '.');
    struct tick_trace trace;
    char last[2] = "";
    if (strcmp(ending, ".db-journal") == 0)
        return true;
    if (strcmp(ending, ".db") == 0) {
        if (tick_trace_open(file, &trace, NULL) < 0)
            return false;
        tick_trace_close(&trace);
        return true;
    }
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    const bool read_it = fd >= 0 && lseek(fd, -2, SEEK_END) >= 0 && read(fd, last, 2) == 2;
    close(fd);
    return read_it && last[1] == '\n' && (strcmp(ending, ".dot") != 0 || last[0] == '}');
}

// The first file that should not be there, or not so; "" if all is well.
static const char *litter(const struct command *command) {
    static char name[256];
    name[0] = '\0';
    DIR *here = opendir(".");
    assert_non_null(here);
    for (struct dirent *entry; (entry = readdir(here)) && !name[0];)
        if (entry->d_type == DT_REG && !is_known(entry->d_name) && !(makes(command, entry->d_name) && is_whole(entry->d_name)))
            snprintf(name, sizeof name, "%s", entry->d_name);
    closedir(here);
    return name;
}

static void get_to_know(void) {
    DIR *here = opendir(".");
    assert_non_null(here);
    for (struct dirent *entry; (entry = readdir(here)) && known_count < 20;)
        snprintf(known[known_count++], sizeof known[0], "%.63s", entry->d_name);
    closedir(here);
}

static int bad;

static void told(const struct command *command, const struct scarce_run *run, const char *what, int result) {
    if (++bad > 9)
        return; // they are of a kind
    char line[400] = "";
    for (int i = 1; i < WORDS && command->words[i]; i++)
        snprintf(line + strlen(line), sizeof line - strlen(line), " %s", command->words[i]);
    print_error("--- retick%s, allocation %ld%s fails: %s (%d)\n%s", line, run->left, run->for_good ? " and all later ones" : "", what,
        result, run->output);
}

// What is said when memory runs out: of which file or scenario, and what to do about it.
static bool is_of_use(const struct command *command, const char *said) {
    static const char *const remedies[] = {"try again", "make room", "another place", "record the run again"};
    bool named = strstr(said, " lost: ") || strstr(said, " this program: ") || strstr(said, " --json: "), remedied = false;
    for (int i = 1; i < WORDS && command->words[i]; i++)
        named |= (i == 1 || strchr(command->words[i], '.')) && strstr(said, command->words[i]);
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++)
        remedied |= strstr(said, remedies[i]) != NULL;
    return named && remedied;
}

// What a command found out when nothing failed: its words, and the picture that it drew. It may fail to, but not find out something else.
struct found_out {
    char said[sizeof((struct scarce_run *)0)->output];
    char drawn[1 << 16];
};

static void read_drawing(const struct command *command, char *text, size_t size) {
    text[0] = '\0';
    if (!command->makes[0] || !strstr(command->makes[0], ".dot"))
        return;
    FILE *file = fopen(command->makes[0], "re");
    if (file) {
        text[fread(text, 1, size - 1, file)] = '\0';
        fclose(file);
    }
}

static bool is_the_same(const struct command *command, const struct scarce_run *run, const struct found_out *before) {
    static char drawn[sizeof before->drawn];
    const char *name = command->words[1];
    const bool asks = strcmp(name, "query") == 0 || strcmp(name, "diff") == 0 || strcmp(name, "explain") == 0;
    read_drawing(command, drawn, sizeof drawn);
    return (!asks || strcmp(run->output, before->said) == 0) && strcmp(drawn, before->drawn) == 0;
}

// Each allocation up to `dense`, then each `stride`-th: so many with RETICK_TORTURE_COMMANDS in the environment, as ./dev soak has it, else
// fewer, as each is a process of its own.
static void torture(struct command *command, int expected, long dense, long stride) {
    const char *coarser = getenv("RETICK_TORTURE_STRIDE"); // as in torture.h
    if (!getenv("RETICK_TORTURE_COMMANDS")) {
        dense /= TICK__SANITIZED ? 16 : 8;
        stride *= TICK__SANITIZED ? 40 : 10;
    }
    if (coarser) {
        dense = 3;
        stride *= atol(coarser);
    }
    struct scarce_run run = {.body = run_command, .arg = command, .left = -1};
    forget(command);
    int result = scarce_run(&run);
    if (result != expected)
        fail_msg("%s: %d\n%s", command->words[1], result, run.output);
    const long all = run.asked;
    static struct found_out before;
    memcpy(before.said, run.output, sizeof before.said);
    read_drawing(command, before.drawn, sizeof before.drawn);
    bad = 0;
    for (size_t i = 0; i < 4 && command->makes[i]; i++)
        assert_true(is_whole(command->makes[i]));
    for (long n = 0; n < all; n += n < dense ? 1 : stride)
        for (int way = 0; way < 2; way++) {
            run.left = n;
            run.for_good = way;
            forget(command);
            result = scarce_run(&run);
            if (result >= SCARCE_CRASHED)
                told(command, &run, "it ends badly", result);
            const bool programs = result == TICK__EXIT_FINDING &&
                                  (strstr(run.output, "ENOMEM") || strstr(run.output, "pending")); // it was the program's memory
            if (result != expected && result != TICK__EXIT_HARNESS && !programs)
                told(command, &run, "another exit code", result);
            if (result == TICK__EXIT_HARNESS && !strstr(run.output, "retick: ") && !strstr(run.output, "torture: "))
                told(command, &run, "without a message", result);
            if (result == TICK__EXIT_HARNESS && strstr(run.output, "retick: ") && !is_of_use(command, run.output))
                told(command, &run, "it does not name a file and say what to do", result);
            if (result == expected && !is_the_same(command, &run, &before))
                told(command, &run, "it found out something else", result);
            while (litter(command)[0]) {
                told(command, &run, litter(command), result);
                (void)unlink(litter(command));
            }
        }
    forget(command);
    assert_int_equal(bad, 0);
}

static int enter_folder(void) {
    return folder_make(folder, sizeof folder) == 0 && chdir(folder) == 0 ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    return folder_remove(folder);
}

#endif
