// tick_program: a host whose program lives in a process of its own.
//
// The set-up says in each run what there is. What it says of a program becomes one row of bytes (its spec), by which one sees whether the
// process that stands at its snapshot is still that program's.
#include "sim/keeper/counted.h"
#include "sim/keeper/tenant_int.h"
#include "src/base/line.h"
#include "src/base/outside.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define UP TICK_SEC(100000) // as a program alone has it (sim/guest/guest_world.c)

// --- what is said of it ---

// Pieces, each ended by a NUL behind a letter that says what it is: 'w' a word, 'e' of the environment, 'f' the folder, 's' the snapshot's
// place, 'm' what no line of its output may have, 'g' whose world it is, 'p' a path that passes, 'b' how it begins anew, 'h' the host.
struct spec {
    char *bytes;
    size_t count, room, words, variables;
    bool failed;
};

static void put(struct spec *spec, const char *bytes, size_t count) {
    while (!spec->failed && spec->count + count > spec->room) {
        const size_t room = spec->room ? 2 * spec->room : 256;
        char *grown = tick__outside_realloc(spec->bytes, room);
        spec->failed = !grown;
        if (grown) {
            spec->bytes = grown;
            spec->room = room;
        }
    }
    if (spec->failed)
        return;
    memcpy(spec->bytes + spec->count, bytes, count);
    spec->count += count;
}

static void put_piece(struct spec *spec, char what, const char *text) {
    put(spec, &what, 1);
    put(spec, text, strlen(text) + 1);
    spec->words += what == 'w';
    spec->variables += what == 'e';
}

static bool is_blank(char letter) {
    return letter == ' ' || letter == '\t' || letter == '\n';
}

// The next word of a command, as a shell would read it. NULL: a quote has no end.
static const char *put_word(struct spec *spec, const char *at) {
    char quote = 0;
    put(spec, "w", 1);
    spec->words++;
    for (; *at && (quote || !is_blank(*at)); at++) {
        if (quote ? *at == quote : *at == '\'' || *at == '"') {
            quote = quote ? 0 : *at;
            continue;
        }
        if (*at == '\\' && quote != '\'' && at[1] && (!quote || strchr("\"\\$`", at[1])))
            at++;
        put(spec, at, 1);
    }
    put(spec, "", 1);
    return quote ? NULL : at;
}

// NULL, or what is wrong.
static const char *put_words(struct spec *spec, const struct tick_program_options *options) {
    if (options->argv) {
        for (const char *const *word = options->argv; *word; word++)
            put_piece(spec, 'w', *word);
    } else {
        for (const char *at = options->command ? options->command : ""; at && *(at += strspn(at, " \t\n"));)
            if (!(at = put_word(spec, at)))
                return "a quote in its command has no end";
    }
    return spec->words ? NULL : "it has no command";
}

// The path as the machine has it, without links. NULL, or what is wrong.
static const char *put_pass(struct spec *spec, const char *path, struct tick_guest_settings *fits) {
    char real[PATH_MAX];
    if (!realpath(path, real))
        return "what it may pass is not there: make its folder first";
    if (!tick_guest_pass(real, fits))
        return "it passes too much: name a folder that has it all";
    put_piece(spec, 'p', real);
    return NULL;
}

static const char *say(struct spec *spec, const char *name, const struct tick_program_options *options) {
    struct tick_guest_settings unused = {0};
    struct tick_error unread;
    const char *wrong = put_words(spec, options);
    for (const char *const *variable = options->environment; variable && *variable && !wrong; variable++) {
        const char *equals = strchr(*variable, '=');
        if (!equals || equals == *variable)
            wrong = "what its environment gets is written NAME=value";
        put_piece(spec, 'e', *variable);
    }
    if (options->folder)
        put_piece(spec, 'f', options->folder);
    if (options->snapshot) {
        if (!tick_guest_place(options->snapshot, &unused))
            wrong = "its snapshot is written wait:N, accept:N, connect:N, after:TEXT or call";
        put_piece(spec, 's', options->snapshot);
    }
    if (options->match) {
        if (tick_guest_match_check(options->match, &unread) < 0)
            wrong = "its match is no extended regular expression (man 7 regex)";
        put_piece(spec, 'm', options->match);
    }
    if (options->guest) {
        if (!*options->guest || strchr(options->guest, '/') || strlen(options->guest) >= sizeof unused.tenant)
            wrong = "its guest is a name without folders, such as server.js";
        put_piece(spec, 'g', options->guest);
    }
    if (options->by) {
        if (!tick_guest_by(options->by, &unused))
            wrong = "by is rewind, fork or start";
        put_piece(spec, 'b', options->by);
    }
    for (const char *const *path = options->pass; path && *path && !wrong; path++)
        wrong = put_pass(spec, *path, &unused);
    put_piece(spec, 'h', name);
    return wrong;
}

// --- and what becomes of that ---

static int read_spec(struct tick__kept *kept, const struct spec *spec) {
    char **words = tick__outside_alloc((spec->words + spec->variables + 2) * sizeof *words), **variables;
    if (!words)
        return -ENOMEM;
    tick__outside_free(kept->words);
    kept->words = words;
    variables = words + spec->words + 1;
    kept->program =
        (struct tick_guest_program){.argv = words, .keeps_output = true, .settings.way = TICK_GUEST_REWIND, .settings.shared = true};
    for (char *at = kept->spec; at < kept->spec + kept->spec_size; at += strlen(at) + 1) {
        char *text = at + 1;
        if (*at == 'w')
            *words++ = text;
        else if (*at == 'e')
            *variables++ = text;
        else if (*at == 'f')
            kept->program.folder = text;
        else if (*at == 'm')
            kept->program.wanted.match = text;
        else if (*at == 's')
            (void)tick_guest_place(text, &kept->program.settings);
        else if (*at == 'b')
            (void)tick_guest_by(text, &kept->program.settings);
        else if (*at == 'p')
            (void)tick_guest_pass(text, &kept->program.settings);
        else if (*at == 'g')
            memcpy(kept->program.settings.tenant, text, strnlen(text, sizeof kept->program.settings.tenant - 1));
        else
            memcpy(kept->program.settings.host, text, strnlen(text, sizeof kept->program.settings.host - 1));
    }
    *words = *variables = NULL;
    kept->program.set = (const char *const *)(kept->program.argv + spec->words + 1);
    return 0;
}

// The spec is the program's from now on, or dropped.
static int adopt(struct tick__kept *kept, struct spec *spec) {
    if (kept->spec && kept->spec_size == spec->count && memcmp(kept->spec, spec->bytes, spec->count) == 0) {
        tick__outside_free(spec->bytes);
        return 0;
    }
    tick__keeper_free(kept->keeper);
    kept->keeper = NULL;
    tick__late_free(kept);
    tick__outside_free(kept->spec);
    kept->spec = spec->bytes;
    kept->spec_size = spec->count;
    kept->changed = true;
    return read_spec(kept, spec);
}

static struct tick__kept *next(struct tick__kept_all *all) {
    if (all->count == all->kept.count) {
        struct tick__kept *made = tick__outside_alloc(sizeof *made);
        if (!made)
            return NULL;
        memset(made, 0, sizeof *made);
        if (tick__list_push(&all->kept, &made, sizeof made) < 0) {
            tick__outside_free(made);
            return NULL;
        }
    }
    return tick__kept_at(all, all->count++);
}

// --- the world that they share ---

static int share(struct tick_world *w, struct tick__kept_all *all) {
    all->arena = memfd_create("retick world", MFD_CLOEXEC);
    if (all->arena < 0 || ftruncate(all->arena, (off_t)tick_kernel_size(w->kernel)) < 0)
        return -errno;
    return tick_kernel_share(w->kernel, all->arena);
}

static struct tick__kept_all *all_of(struct tick_world *w, const struct tick_loc *loc) {
    if (w->others)
        return tick__kept_all(w);
    struct tick__kept_all *all = tick__outside_alloc(sizeof *all);
    if (!all) {
        tick__world_starve(w);
        return NULL;
    }
    memset(all, 0, sizeof *all);
    all->others.ops = &tick__kept_ops;
    all->arena = -1;
    const int error = share(w, all);
    if (error < 0) {
        tick__world_bad(w, loc, "the world's memory could not be shared with programs: %s", tick_error_text(error));
        tick__kept_ops.free(&all->others);
        return NULL;
    }
    w->others = &all->others;
    return all;
}

// A line of the trace says what is run. It is also the first that is told, so that all numbers are known from there on.
static void tell(struct tick_world *w, const struct tick_host *host, const struct tick__kept *kept, bool first) {
    char words[400];
    struct tick__line line = {words, sizeof words, 0};
    if (!w->probe)
        return;
    tick__line_put(&line, "runs");
    for (char *const *word = kept->program.argv; *word; word++) {
        tick__line_put(&line, " ");
        tick__line_put(&line, *word);
    }
    w->probe->host = host->object;
    const uint32_t text = w->probe->ops->text(w->probe, words);
    const uint32_t event = tick_emit(w->probe, TICK_EV_LOG, text, 0, 0, host->loc);
    w->probe->host = 0;
    if (first)
        tick__counted_begin(w->probe, text, event);
}

static void begin_run(struct tick_world *w, struct tick__kept_all *all) {
    w->has_others = true;
    all->count = 0;
    tick_kernel_up(w->kernel, UP);
}

static void add(struct tick_world *w, struct tick_host *host, struct tick__kept_all *all, struct spec *spec, int status) {
    const bool first = !w->has_others;
    if (first)
        begin_run(w, all);
    struct tick__kept *kept = next(all);
    if (!kept || adopt(kept, spec) < 0) {
        tick__world_starve(w);
        return;
    }
    kept->host = host;
    kept->program.wanted.status = status;
    if (kept->program.wanted.match)
        tick_at_end(w, tick__kept_look, kept);
    host->program = kept;
    tell(w, host, kept, first);
}

struct tick_host *tick_program_at(
    struct tick_world *w, const char *name, const struct tick_program_options *options, const struct tick_loc *loc) {
    struct tick_host_options common = {.daemon = options->daemon, .start = options->start, .clock = options->clock, .fds = options->fds};
    memcpy(common.after, options->after, sizeof common.after);
    struct tick_host *host = w->tenant->take ? w->tenant->take(w) : NULL;
    if (!host) {
        tick__world_starve(w);
        return NULL;
    }
    tick__world_add(w, host, &tick__program_ops, name, &common, loc);
    host->elsewhere = true;
    if (w->ended)
        return host;
    if (!w->answers) {
        tick__world_bad(w, loc, "program \"%s\": programs run in the simulated world alone", host->name);
        return host;
    }
    struct spec spec = {0};
    const char *wrong = say(&spec, host->name, options);
    struct tick__kept_all *all = wrong || spec.failed ? NULL : all_of(w, loc);
    if (wrong)
        tick__world_bad(w, loc, "program \"%s\": %s", host->name, wrong);
    else if (spec.failed)
        tick__world_starve(w);
    if (!all) {
        tick__outside_free(spec.bytes);
        return host;
    }
    if (options->clock)
        tick_kernel_wall_set(w->kernel, host->index, tick__moved(tick_kernel_wall(w->kernel, host->index), options->clock));
    add(w, host, all, &spec, options->status);
    return host;
}
