// retick_pages FOLDER: writes the manual page of each command, and the completions of bash, zsh and fish, into the folder.
#include "cli/pages/pages_int.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static FILE *begin(const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "we");
    if (!out) {
        fprintf(stderr, "retick_pages: %s: %s\n", path, strerror(errno));
        exit(1);
    }
    return out;
}

static void end(FILE *out) {
    const bool bad = ferror(out) != 0;
    if (fclose(out) != 0 || bad) {
        fprintf(stderr, "retick_pages: a page could not be written\n");
        exit(1);
    }
}

int main(int argc, char **argv) {
    static struct pages pages;
    static const struct {
        const char *name;
        void (*write)(FILE *out, const struct pages *pages);
    } shells[] = {{"retick.bash", pages_write_bash}, {"_retick", pages_write_zsh}, {"retick.fish", pages_write_fish}};
    if (argc != 2) {
        fprintf(stderr, "usage: retick_pages FOLDER\n");
        return 2;
    }
    pages_collect(&pages);
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        FILE *out = begin(argv[1], shells[i].name);
        shells[i].write(out, &pages);
        end(out);
    }
    for (size_t i = 0; i < pages.count; i++) {
        char name[64];
        snprintf(name, sizeof name, "retick-%s.1", pages.commands[i].name);
        FILE *out = begin(argv[1], name);
        pages_write_man(out, &pages.commands[i]);
        end(out);
    }
    return 0;
}
