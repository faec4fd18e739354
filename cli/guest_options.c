#include "cli/guest_options.h"
#include "cli/arguments.h"
#include "cli/flags.h"
#include "cli/options.h"
#include "cli/print.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Those that are words with a value, in the order in which they are written.
#define TICK__GUEST_OPTIONS(load, OF) \
    { \
        OF("network", (load)->network), OF("by", (load)->by), OF("snapshot", (load)->snapshot), OF("guest", (load)->tenant), \
            OF("match", (load)->match), OF("expect-status", (load)->expect_status), OF("leaks", (load)->leaks), \
            OF("memory", (load)->memory), OF("backstop", (load)->backstop) \
    }
#define NAME_OF(name, value) name
#define VALUE_OF(name, value) value

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0,
        "Running a program of your own (-- PROGRAM ARGS), with libretick_guest.so of beside retick, or of $RETICK_GUEST_LIBRARY:", 12},
    {"network", TICK__OPTION_NETWORK, "loopback=LATENCY[+JITTER]", 0,
        "How long bytes are on their way between the program's own sockets, and by how much they may come later (default: 1ms+30ms, as if "
        "each "
        "client were a machine of its own; 0 is one machine's loopback)",
        12},
    {"by", TICK__OPTION_BY, "rewind|fork|start", 0,
        "How runs begin: in one process whose memory is put back, in a child each, or in a fresh process each (default: the first that "
        "this "
        "machine allows)",
        12},
    {"snapshot", TICK__OPTION_SNAPSHOT, "PLACE", 0,
        "What a program does before this is start-up, and done once: wait:N, accept:N or connect:N, the Nth from 1; after:TEXT, a line of "
        "output "
        "that has TEXT in it; call, where it calls retick_snapshot() (default: wait:1)",
        12},
    {"guest", TICK__OPTION_GUEST, "NAME", 0,
        "Of several programs that the command starts, the one that is run so: a word of its command line, without folders, such as "
        "server.js "
        "(default: the first that makes a socket, an epoll, a timer or a thread, or sleeps)",
        12},
    {"match", TICK__OPTION_MATCH, "REGEX", 0,
        "A line of its output in which this extended regular expression is found is a finding, however the program ends", 12},
    {"expect-status", TICK__OPTION_EXPECT_STATUS, "N", 0, "The exit status that is no finding (default: 0; any: no status is one)", 12},
    {"leaks", TICK__OPTION_LEAKS, "fds|unread|fds,unread", 0,
        "What is left over when it exits is a finding: fds that are open, or bytes that have come for it and that it has not read", 12},
    {"memory", TICK__OPTION_MEMORY, "SIZE", 0,
        "A run in which it has more memory than that is ended, and a finding: 500MB, 2GB (default: half of the machine's, shared among its "
        "processors, from 256 MiB to 4 GiB)",
        12},
    {"pass", TICK__OPTION_PASS, "PATH", 0,
        "What it writes below PATH reaches the machine, instead of the world's disk; runs then see what others wrote. May be repeated", 12},
    {"backstop", TICK__OPTION_BACKSTOP, "on|off", 0,
        "Whether system calls are caught that pass libc's names by, such as libc's own inside (default: on, where seccomp is allowed)", 12},
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

static bool parse_status(const char *value, struct tick_guest_wanted *wanted) {
    uint64_t status;
    wanted->status = -1;
    if (strcmp(value, "any") == 0)
        return true;
    if (!tick__parse_number(value, &status) || status > 255)
        return false;
    wanted->status = (int)status;
    return true;
}

static bool parse_leaks(const char *value, struct tick_guest_settings *settings) {
    settings->leaks = settings->unread = false;
    for (const char *at = value;; at++) {
        const size_t length = strcspn(at, ",");
        bool *const which = length == 3 && !strncmp(at, "fds", 3)      ? &settings->leaks
                            : length == 6 && !strncmp(at, "unread", 6) ? &settings->unread
                                                                       : NULL;
        if (!which)
            return false;
        *which = true;
        at += length;
        if (!*at)
            return true;
    }
}

// "500MB", "2GB": a whole number, and a unit of 2^10, 2^20 or 2^30 bytes.
static bool parse_size(const char *value, uint64_t *bytes) {
    static const char *const units[] = {"KB", "MB", "GB"};
    char digits[24];
    const size_t length = strspn(value, "0123456789");
    snprintf(digits, sizeof digits, "%.*s", (int)(length < 20 ? length : 20), value);
    if (!tick__parse_number(digits, bytes) || !*bytes)
        return false;
    for (unsigned i = 0; i < sizeof units / sizeof *units; i++) {
        const unsigned shift = 10 * (i + 1);
        if (strcmp(value + length, units[i]) != 0)
            continue;
        *bytes = *bytes > UINT64_MAX >> shift ? UINT64_MAX : *bytes << shift;
        return true;
    }
    return false;
}

// Adds the path, without links, to those that are passed: NULL, or what is wrong with it.
static const char *add_pass(struct tick__load *load, const char *value) {
    char path[PATH_MAX];
    if (!realpath(value, path))
        return "there is no such file: make its folder first";
    if (load->pass_count == sizeof load->passes / sizeof *load->passes || !tick_guest_pass(path, &load->guest))
        return "that is too much: pass a folder that has them all";
    load->passes[load->pass_count++] = value;
    return NULL;
}

// The name of one of these options that was given, or NULL.
static const char *any_given(const struct tick__load *load) {
    if (load->pass_count)
        return "pass";
    const char *const names[] = TICK__GUEST_OPTIONS(load, NAME_OF), *const values[] = TICK__GUEST_OPTIONS(load, VALUE_OF);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (values[i])
            return names[i];
    return NULL;
}

static error_t parse(int key, char *value, struct argp_state *state) {
    struct tick__load *load = state->input;
    struct tick_error error = {0};
    const char *given;
    switch (key) {
    case ARGP_KEY_INIT:
        load->guest = (struct tick_guest_settings){.latency = TICK_MS(1), .jitter = TICK_MS(30), .way = TICK_GUEST_REWIND};
        load->wanted = (struct tick_guest_wanted){0};
        load->pass_count = 0;
        load->program = tick__words_behind();
        return 0;
    case TICK__OPTION_NETWORK:
        if (!parse_network(value, &load->guest))
            tick__wrong(state->name, "--network %s: write loopback=LATENCY or loopback=LATENCY+JITTER, such as loopback=1ms+30ms", value);
        load->network = value;
        return 0;
    case TICK__OPTION_BY:
        if (!tick_guest_by(value, &load->guest))
            tick__wrong(state->name, "--by %s: write rewind, fork or start", value);
        load->by = value;
        return 0;
    case TICK__OPTION_SNAPSHOT:
        if (!tick_guest_place(value, &load->guest))
            tick__wrong(state->name, "--snapshot %s: write wait:N, accept:N, connect:N, after:TEXT or call", value);
        load->snapshot = value;
        return 0;
    case TICK__OPTION_PASS:
        given = add_pass(load, value);
        if (given)
            tick__wrong(state->name, "--pass %s: %s", value, given);
        return 0;
    case TICK__OPTION_GUEST:
        if (!*value || strchr(value, '/') || strlen(value) >= sizeof load->guest.tenant)
            tick__wrong(state->name, "--guest %s: write a name without folders, such as server.js", value);
        snprintf(load->guest.tenant, sizeof load->guest.tenant, "%s", value);
        load->tenant = value;
        return 0;
    case TICK__OPTION_MATCH:
        if (!*value || tick_guest_match_check(value, &error) < 0)
            tick__wrong(state->name, "--match %s: %s: write an extended regular expression, such as 'balance is -[0-9]+' (man 7 regex)",
                value, *value ? error.text : "it is empty");
        load->match = load->wanted.match = value;
        return 0;
    case TICK__OPTION_EXPECT_STATUS:
        if (!parse_status(value, &load->wanted))
            tick__wrong(state->name, "--expect-status %s: write a number from 0 to 255, or any", value);
        load->expect_status = value;
        return 0;
    case TICK__OPTION_BACKSTOP:
        load->guest.no_backstop = strcmp(value, "off") == 0;
        if (!load->guest.no_backstop && strcmp(value, "on") != 0)
            tick__wrong(state->name, "--backstop %s: write on or off", value);
        load->backstop = value;
        return 0;
    case TICK__OPTION_LEAKS:
        if (!parse_leaks(value, &load->guest))
            tick__wrong(state->name, "--leaks %s: write fds, unread, or fds,unread", value);
        load->leaks = value;
        return 0;
    case TICK__OPTION_MEMORY:
        if (!parse_size(value, &load->most_memory))
            tick__wrong(state->name, "--memory %s: write a size with its unit, such as 500MB or 2GB", value);
        load->memory = value;
        return 0;
    case ARGP_KEY_END:
        given = any_given(load);
        if (!load->program && given)
            tick__wrong(state->name, "--%s goes with a program of your own, behind --: retick fuzz -- python3 app.py", given);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp tick__guest_argp = {.options = options, .parser = parse};

// --- how it was asked for, to be typed again ---

char *tick__guest_program_words(char *const *program) {
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

static char *options_of(const struct tick__load *load, const char *without) {
    const char *const names[] = TICK__GUEST_OPTIONS(load, NAME_OF), *const values[] = TICK__GUEST_OPTIONS(load, VALUE_OF);
    struct tick__argv words = {0};
    char *line = NULL, *all = NULL;
    int result = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names && result == 0; i++) {
        char name[40];
        snprintf(name, sizeof name, "--%s", names[i]);
        if (values[i] && strcmp(names[i], without) != 0 && (result = tick__argv_add(&words, name)) == 0)
            result = tick__argv_add(&words, values[i]);
    }
    for (size_t i = 0; i < load->pass_count && result == 0; i++)
        if ((result = tick__argv_add(&words, "--pass")) == 0)
            result = tick__argv_add(&words, load->passes[i]);
    if (result == 0 && (line = tick__flags_join(&words)) && asprintf(&all, "%s%s", *line ? " " : "", line) < 0)
        all = NULL;
    free(line);
    tick__argv_fini(&words);
    return all;
}

char *tick__guest_options_words(const struct tick__load *load) {
    return options_of(load, "");
}

char *tick__guest_built_words(const struct tick__load *load) {
    char *given = options_of(load, "by"), *program = tick__guest_program_words(load->program), *both = NULL;
    if (given && program && asprintf(&both, "%s%s", given, program) < 0)
        both = NULL;
    free(given);
    free(program);
    return both;
}
