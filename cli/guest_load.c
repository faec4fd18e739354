#include "cli/guest_load.h"
#include "cli/arguments.h"
#include "cli/flags.h"
#include "cli/options.h"
#include "cli/print.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

// --- options ---

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "Running a program of your own (-- PROGRAM ARGS):", 12},
    {"network", TICK__OPTION_NETWORK, "loopback=LATENCY[+JITTER]", 0,
        "How long bytes are on their way between the program's own sockets, and by how much they may come later (default: 1ms+30ms, as if each "
        "client were a machine of its own; 0 is one machine's loopback)",
        12},
    {"by", TICK__OPTION_BY, "rewind|fork|start", 0,
        "How runs begin: in one process whose memory is put back, in a child each, or in a fresh process each (default: the first that this "
        "machine allows)",
        12},
    {"snapshot", TICK__OPTION_SNAPSHOT, "PLACE", 0,
        "What a program does before this is start-up, and done once: wait:N, accept:N or connect:N, the Nth from 1; after:TEXT, a line of output "
        "that has TEXT in it; call, where it calls retick_snapshot() (default: wait:1)",
        12},
    {0},
};

static bool parse_network(const char *value, struct tick_guest_settings *settings) {
    static const char head[] = "loopback=";
    char first[40];
    if (strncmp(value, head, sizeof head - 1) != 0)
        return false;
    value += sizeof head - 1;
    const char *plus = strchr(value, '+');
    snprintf(first, sizeof first, "%.*s", plus ? (int)(plus - value < 39 ? plus - value : 39) : 39, value);
    settings->jitter = 0;
    return tick__parse_time(first, &settings->latency) && (!plus || tick__parse_time(plus + 1, &settings->jitter));
}

static bool parse_way(const char *value, struct tick_guest_settings *settings) {
    static const char *const words[] = {[TICK_GUEST_START] = "start", [TICK_GUEST_FORK] = "fork", [TICK_GUEST_REWIND] = "rewind"};
    for (uint32_t way = 0; way < sizeof words / sizeof *words; way++) {
        if (strcmp(value, words[way]) == 0) {
            settings->way = way;
            return true;
        }
    }
    return false;
}

static bool parse_place(const char *value, struct tick_guest_settings *settings) {
    static const struct {
        const char *word;
        enum tick_guest_place place;
    } counted[] = {{"wait:", TICK_GUEST_AT_WAIT}, {"accept:", TICK_GUEST_AT_ACCEPT}, {"connect:", TICK_GUEST_AT_CONNECT}};
    uint64_t number;
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        const size_t length = strlen(counted[i].word);
        if (strncmp(value, counted[i].word, length) != 0)
            continue;
        if (!tick__parse_number(value + length, &number) || number == 0 || number > UINT32_MAX)
            return false;
        settings->snapshot_place = counted[i].place;
        settings->snapshot_at = (uint32_t)number - 1;
        return true;
    }
    if (strncmp(value, "after:", 6) == 0 && value[6] && strlen(value + 6) < sizeof settings->snapshot_text) {
        settings->snapshot_place = TICK_GUEST_AT_OUTPUT;
        snprintf(settings->snapshot_text, sizeof settings->snapshot_text, "%s", value + 6);
        return true;
    }
    settings->snapshot_place = TICK_GUEST_AT_CALL;
    return strcmp(value, "call") == 0;
}

static error_t parse(int key, char *value, struct argp_state *state) {
    struct tick__load *load = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        load->guest = (struct tick_guest_settings){.latency = TICK_MS(1), .jitter = TICK_MS(30), .way = TICK_GUEST_REWIND};
        load->program = tick__words_behind();
        return 0;
    case TICK__OPTION_NETWORK:
        if (!parse_network(value, &load->guest))
            tick__wrong(state->name, "--network %s: write loopback=LATENCY or loopback=LATENCY+JITTER, such as loopback=1ms+30ms", value);
        load->network = value;
        return 0;
    case TICK__OPTION_BY:
        if (!parse_way(value, &load->guest))
            tick__wrong(state->name, "--by %s: write rewind, fork or start", value);
        load->by = value;
        return 0;
    case TICK__OPTION_SNAPSHOT:
        if (!parse_place(value, &load->guest))
            tick__wrong(state->name, "--snapshot %s: write wait:N, accept:N, connect:N, after:TEXT or call", value);
        load->snapshot = value;
        return 0;
    case ARGP_KEY_END:
        if (!load->program && (load->network || load->by || load->snapshot))
            tick__wrong(state->name, "--%s goes with a program of your own, behind --: retick fuzz -- python3 app.py",
                load->network ? "network" : load->by ? "by" : "snapshot");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp tick__guest_argp = {.options = options, .parser = parse};

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

// --- how it was asked for, to be typed again ---

static char *tail_of(char *const *program) {
    struct tick__argv words = {0};
    char *line = NULL, *tail = NULL;
    int result = 0;
    for (char *const *at = program; *at && result == 0; at++)
        result = tick__argv_add(&words, *at);
    if (result == 0 && (line = tick__flags_join(&words)) && asprintf(&tail, " -- %s", line) < 0)
        tail = NULL;
    free(line);
    tick__argv_fini(&words);
    return tail;
}

static char *options_of(const struct tick__load *load) {
    const struct {
        const char *name, *value;
    } given[] = {{"network", load->network}, {"by", load->by}, {"snapshot", load->snapshot}};
    struct tick__argv words = {0};
    char *line = NULL, *all = NULL;
    int result = 0;
    for (size_t i = 0; i < sizeof given / sizeof *given && result == 0; i++) {
        char name[40];
        snprintf(name, sizeof name, "--%s", given[i].name);
        if (given[i].value && (result = tick__argv_add(&words, name)) == 0)
            result = tick__argv_add(&words, given[i].value);
    }
    if (result == 0 && (line = tick__flags_join(&words)) && asprintf(&all, "%s%s", *line ? " " : "", line) < 0)
        all = NULL;
    free(line);
    tick__argv_fini(&words);
    return all;
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
    loaded->options = options_of(load);
    loaded->built = options_of(load);
    loaded->tail = tail_of(load->program);
    if (!guest || !loaded->options || !loaded->built || !loaded->tail)
        return tick__no_memory(*load->program);
    *guest = (struct tick_guest_program){
        .argv = load->program, .settings = load->guest, .keeps_output = true, .shows_output = load->shows, .most_time = TICK_SEC(3600)};
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
