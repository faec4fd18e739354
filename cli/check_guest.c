// What surrounds a program behind --, for retick check: its addresses, its folder, its environment.
#include "cli/checking.h"
#include "cli/print.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// Of the environment, what a program is likely to look at, with other values than usual. The others retick itself fixes, or leaves out.
static const char *const variables[] = {
    "HOME=/nowhere", "USER=somebody", "LOGNAME=somebody", "TMPDIR=/var/tmp", "LANG=C", "LC_ALL=C", "TZ=Asia/Tokyo", "PYTHONHASHSEED=1"};
#define COUNT (sizeof variables / sizeof *variables)

struct tick__check_guest {
    char **argv;                // with absolute paths of files, so that another folder changes none of them
    const char *set[COUNT + 1]; // what is varied, in the next runs
    char folder[PATH_MAX];      // another one, empty
};

// A word that names a file from here: "app.py", "./server", "conf/app.yaml".
static char *from_anywhere(const char *word) {
    struct stat about;
    char path[PATH_MAX];
    const bool may = word[0] != '-' && word[0] != '/' && strpbrk(word, "./") && stat(word, &about) == 0 && S_ISREG(about.st_mode);
    return strdup(may && realpath(word, path) ? path : word);
}

int tick__check_guest_open(struct tick__check *check) {
    char *const *words = check->loaded.guest->argv;
    size_t count = 0;
    while (words[count])
        count++;
    struct tick__check_guest *guest = check->guest = calloc(1, sizeof *guest);
    char **argv = guest ? guest->argv = calloc(count + 1, sizeof *argv) : NULL;
    for (size_t i = 0; argv && i < count; i++)
        if (!(argv[i] = from_anywhere(words[i])))
            return tick__no_memory(words[i]);
    if (!argv)
        return tick__no_memory(words[0]);
    snprintf(guest->folder, sizeof guest->folder, "%s/elsewhere", check->country.folder);
    if (mkdir(guest->folder, 0777) < 0) {
        tick__complain("%s cannot be made: %s; name another place by TMPDIR", guest->folder, tick_error_text(-errno));
        return TICK__EXIT_HARNESS;
    }
    check->loaded.guest->argv = argv;
    return 0;
}

void tick__check_guest_close(struct tick__check *check) {
    struct tick__check_guest *guest = check->guest;
    for (size_t i = 0; guest && guest->argv && guest->argv[i]; i++)
        free(guest->argv[i]);
    if (guest)
        free(guest->argv);
    free(guest);
    check->guest = NULL;
}

bool tick__check_guest_can(const struct tick__check *check, enum tick__way way) {
    return way != TICK__OTHER_ADDRESSES || check->country.can[TICK__ASLR];
}

void tick__check_guest_surround(const struct tick__check *check, enum tick__way way) {
    struct tick_guest_program *program = check->loaded.guest;
    program->settings.way = way == TICK__BY_FORK ? TICK_GUEST_FORK : way == TICK__BY_START ? TICK_GUEST_START : check->load.guest.way;
    program->any_addresses = way == TICK__OTHER_ADDRESSES;
    program->folder = way == TICK__OTHER_FOLDER ? check->guest->folder : NULL;
    if (way == TICK__OTHER_ENVIRONMENT && !check->guest->set[0])
        memcpy(check->guest->set, variables, sizeof variables);
    program->set = way == TICK__OTHER_ENVIRONMENT ? check->guest->set : NULL;
}

// One by one: those of which alone runs are others.
static int environment_cause(struct tick__check *check, char *text, size_t size) {
    size_t found = 0;
    snprintf(text, size, "the environment");
    for (size_t i = 0; i < COUNT; i++) {
        struct tick__differing differing = {0};
        memset(check->guest->set, 0, sizeof check->guest->set);
        check->guest->set[0] = variables[i];
        TICK_TRY(tick__check_run_way(check, TICK__OTHER_ENVIRONMENT, &differing));
        if (!tick__differs(&differing))
            continue;
        const size_t used = strlen(text);
        snprintf(text + used, size - used, "%s %.*s", found++ ? "," : ":", (int)strcspn(variables[i], "="), variables[i]);
    }
    memset(check->guest->set, 0, sizeof check->guest->set); // all at once again
    return 0;
}

int tick__check_guest_cause(struct tick__check *check, enum tick__way way, char *text, size_t size) {
    if (way == TICK__OTHER_ENVIRONMENT)
        return environment_cause(check, text, size);
    snprintf(text, size, "%s",
        way == TICK__OTHER_FOLDER ? "the folder that it is run in"
                                  : "where the kernel puts its memory (which retick fixes; where it may not, as in Docker, runs differ)");
    return 0;
}
