#include "cli/guest_load.h"
#include "cli/guest_options.h"
#include "cli/options.h"
#include "cli/print.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

// --- what it is called ---

static const char *base(const char *word) {
    const char *slash = strrchr(word, '/');
    return slash && slash[1] ? slash + 1 : word;
}

// Whether what runs is a word behind this one.
static bool runs_another(const char *word) {
    static const char *const words[] = {"python", "node", "ruby", "perl", "bash", "sh", "env", "php", "lua", "deno", "bun", "java", "pypy"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const size_t length = strlen(words[i]);
        if (strncmp(word, words[i], length) == 0 && strspn(word + length, "0123456789.") == strlen(word + length))
            return true;
    }
    return false;
}

// "app" of python3 app.py, "server" of ./server --port 80: what schedules and traces are headed with, and the name of its machine.
static void name_of(char *const *program, char name[static 48]) {
    const char *word = base(*program);
    char *const *at = program;
    while (runs_another(base(*at))) {
        do
            at++;
        while (*at && strcmp(*at, "-c") != 0 && strcmp(*at, "-e") != 0 && (**at == '-' || strchr(*at, '=')));
        if (!*at || **at == '-') // its program is among the words
            break;
        word = base(*at);
    }
    snprintf(name, 48, "%s", word);
    char *dot = strrchr(name, '.');
    if (dot && dot != name && strlen(dot) <= 4)
        *dot = '\0';
    for (char *letter = name; *letter; letter++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-", *letter))
            *letter = '_';
}

int tick__guest_load(const struct tick__load *load, struct tick__loaded *loaded) {
    struct tick_error error = {0};
    struct tick_guest_program *guest = calloc(1, sizeof *guest);
    if (load->argument) {
        tick__complain("one program at a time: the scenario %s, or %s?", load->argument, *load->program);
        free(guest);
        return TICK__EXIT_USAGE;
    }
    loaded->guest = guest;
    free(loaded->options);
    free(loaded->built);
    free(loaded->tail);
    loaded->options = tick__guest_options_words(load);
    loaded->tail = tick__guest_program_words(load->program);
    loaded->built = tick__guest_built_words(load);
    if (!guest || !loaded->options || !loaded->built || !loaded->tail)
        return tick__no_memory(*load->program);
    *guest = (struct tick_guest_program){.argv = load->program,
        .wanted = load->wanted,
        .settings = load->guest,
        .keeps_output = true,
        .shows_output = load->shows,
        .most_time = TICK_SEC(3600),
        .most_memory = load->most_memory};
    if (load->called && *load->called)
        snprintf(loaded->name, sizeof loaded->name, "%s", load->called);
    else
        name_of(load->program, loaded->name);
    snprintf(guest->settings.host, sizeof guest->settings.host, "%s", loaded->name);
    loaded->target = tick_guest_target(loaded->name, guest);
    const int result = tick_guest_check(guest, &error);
    if (result < 0) {
        tick__complain_of(*load->program, result, &error);
        return TICK__EXIT_USAGE;
    }
    return 0;
}
