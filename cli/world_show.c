// What a world file makes, in a few lines: who is there, how they are linked, and what schedules may do to them.
#include "cli/print.h"
#include "cli/world_fields.h"
#include "src/base/line.h"
#include <string.h>

#define SHOWN_MOST 20 // hosts; and links, names and faults of each kind

static void put_time(struct tick__line *to, int64_t ns) {
    char text[64];
    tick__line_put(to, ns == TICK_NEVER ? "never" : tick__format_time(ns, text, sizeof text));
}

static void put_hosts(
    struct tick__line *to, const struct tick__world_file *world, const struct tick__world_hosts *hosts, const char *between) {
    for (size_t i = 0; i < hosts->count; i++) {
        tick__line_put(to, i ? between : "");
        tick__line_put(to, world->hosts[hosts->at[i]].name);
    }
}

static void put_words(struct tick__line *to, const struct tick__world_program *host) {
    if (host->command)
        tick__line_put(to, host->command);
    for (const char **word = host->argv; word && *word; word++) {
        const bool plain = **word && !strpbrk(*word, " \t\n'\"\\$`*?;&|<>(){}[]#~");
        tick__line_put(to, word == host->argv ? "" : " ");
        tick__line_put(to, plain ? "" : "'");
        tick__line_put(to, *word);
        tick__line_put(to, plain ? "" : "'");
    }
}

static void show_host(const struct tick__world_file *world, const struct tick__world_program *host, int width) {
    char text[400];
    struct tick__line line = {text, sizeof text, 0};
    put_words(&line, host);
    if (host->daemon)
        tick__line_put(&line, ", a daemon");
    if (host->after.count) {
        tick__line_put(&line, ", after ");
        put_hosts(&line, world, &host->after, " and ");
    }
    if (host->start) {
        tick__line_put(&line, ", from ");
        put_time(&line, host->start);
        tick__line_put(&line, " on");
    }
    tick__say("  %-*s  %s%s", width, host->name, text, tick__line_cut(&line) ? "..." : "");
}

static void put_may(struct tick__line *to, const char *what, bool may, bool *some) {
    if (!may)
        return;
    tick__line_put(to, *some ? ", " : "; may ");
    tick__line_put(to, what);
    *some = true;
}

static void put_link(struct tick__line *to, const struct tick_link_options *link) {
    bool some = false;
    if (link->latency == TICK_NEVER) {
        tick__line_put(to, "nothing passes");
        return;
    }
    put_time(to, link->latency);
    if (link->jitter) {
        tick__line_put(to, ", and up to ");
        put_time(to, link->jitter);
        tick__line_put(to, " more");
    }
    if (link->bandwidth)
        tick__line_format(to, ", %lld bytes a second", (long long)link->bandwidth);
    put_may(to, "lose segments", link->loss, &some);
    put_may(to, "refuse connections", link->refuse, &some);
    put_may(to, "reset connections", link->reset, &some);
    put_may(to, "double datagrams", link->duplicate, &some);
    put_may(to, "reorder datagrams", link->reorder, &some);
    put_may(to, "corrupt datagrams", link->corrupt, &some);
}

static void show_links(const struct tick__world_file *world) {
    char text[400], ends[200];
    static const struct tick_link_options none = {0};
    struct tick__line line = {text, sizeof text, 0};
    put_link(&line, world->all ? &world->all->options : &none);
    tick__say("  network: %s", text);
    for (size_t i = 0; i < world->between_count && i < SHOWN_MOST; i++) {
        line.length = 0;
        struct tick__line pair = {ends, sizeof ends, 0};
        put_hosts(&pair, world, &world->between[i].hosts, " and ");
        put_link(&line, &world->between[i].options);
        tick__say("    between %s: %s", ends, text);
    }
}

static void show_names(const struct tick__world_file *world) {
    for (size_t i = 0; i < world->name_count && i < SHOWN_MOST; i++) {
        const struct tick__world_name *name = &world->names[i];
        char text[400] = "nobody";
        struct tick__line line = {text, sizeof text, 0};
        put_hosts(&line, world, &name->hosts, ", ");
        if (name->options.jitter) {
            tick__line_put(&line, "; an answer may come up to ");
            put_time(&line, name->options.jitter);
            tick__line_put(&line, " late");
        }
        if (name->options.fails)
            tick__line_put(&line, "; may get no answer");
        if (name->wrong.count) {
            tick__line_put(&line, "; may be taken for ");
            put_hosts(&line, world, &name->wrong, ", ");
        }
        tick__say("  name %s: %s", name->name, text);
    }
}

static void put_kinds(struct tick__line *to, unsigned kinds) {
    for (unsigned kind = 1, first = 1; kind <= kinds; kind *= 2) {
        if (!(kinds & kind))
            continue;
        tick__line_put(to, first ? "" : ", ");
        tick__line_put(to, tick__kind_word(kind));
        first = 0;
    }
}

static void show_faults(const struct tick__world_file *world) {
    char text[400];
    for (size_t i = 0; i < world->range_count && i < SHOWN_MOST; i++) {
        const struct tick__world_range *range = &world->ranges[i];
        struct tick__line line = {text, sizeof text, 0};
        put_kinds(&line, range->options.kinds);
        tick__line_format(&line, ", %u at most", range->options.most ? range->options.most : 2);
        if (range->among.count) {
            tick__line_put(&line, ", of ");
            put_hosts(&line, world, &range->among, ", ");
        }
        tick__say("  faults %s: schedules may choose %s", range->name, text);
    }
    for (size_t i = 0; i < world->fault_count && i < SHOWN_MOST; i++) {
        const struct tick__world_fault *fault = &world->faults[i];
        struct tick__line line = {text, sizeof text, 0};
        put_time(&line, fault->at);
        tick__line_put(&line, ", ");
        tick__line_put(&line, tick__kind_word(fault->kind));
        tick__line_put(&line, " of ");
        put_hosts(&line, world, &fault->side, ", ");
        if (fault->options.lasts) {
            tick__line_put(&line, " for ");
            put_time(&line, fault->options.lasts);
        }
        tick__say("  in every run: at %s", text);
    }
}

void tick__world_show(const struct tick__world_file *world) {
    int width = 0;
    for (size_t i = 0; i < world->host_count; i++)
        width = (int)tick__width(world->hosts[i].name) > width ? (int)tick__width(world->hosts[i].name) : width;
    tick__say("%s: %s", world->name, world->about);
    for (size_t i = 0; i < world->host_count && i < SHOWN_MOST; i++)
        show_host(world, &world->hosts[i], width < 24 ? width : 24);
    if (world->host_count > SHOWN_MOST)
        tick__say("  and %zu more hosts", world->host_count - SHOWN_MOST);
    show_links(world);
    show_names(world);
    show_faults(world);
}
