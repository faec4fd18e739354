#include "cli/world_file.h"
#include "cli/world_check.h"
#include "cli/world_fields.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WRONG(reader, node, ...) tick__mistake((reader)->mistakes, (node)->line, (node)->column, __VA_ARGS__)

static struct tick_loc place(const struct tick__world_reader *reader, const struct tick__yaml *node, const char *name) {
    return (struct tick_loc){"", reader->world->file, node->name ? node->name_line : node->line, name};
}

static size_t count_of(const struct tick__yaml *node) {
    size_t count = 0;
    for (const struct tick__yaml *item = node ? node->first : NULL; item; item = item->next)
        count++;
    return count;
}

// --- what it is called ---

// "some/where/two-shops.yaml" becomes "two_shops", as a file of a task program does.
static int name_after(struct tick__world_file *world) {
    const char *slash = strrchr(world->file, '/'), *base = slash ? slash + 1 : world->file;
    const char *dot = strrchr(base, '.');
    const size_t length = dot && dot > base ? (size_t)(dot - base) : strlen(base);
    char *name = tick__world_own(world, length + 1, 1);
    if (!name)
        return -ENOMEM;
    memcpy(name, base, length);
    for (char *at = name; *at; at++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", *at))
            *at = '_';
    world->name = name;
    return 0;
}

static void read_name(const struct tick__world_reader *reader, const struct tick__yaml *value) {
    const char *name = "";
    if (tick__field_read(reader, TICK__FIELD_TEXT, 0, value, &name) < 0 || !*name)
        return;
    if (strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != strlen(name) || strlen(name) > 47)
        WRONG(reader, value, "world: \"%.60s\" cannot be its name: write up to 47 letters, digits and _", name);
    reader->world->name = name;
}

// --- hosts ---

static int read_host(const struct tick__world_reader *reader, const struct tick__yaml *value, struct tick__world_program *host) {
    static const char write[] = "write what it runs: {program: python3 app.py}";
    if (!tick__yaml_is(reader, value, TICK__YAML_MAP, "a host is a map", write))
        return 0;
    host->folder = reader->folder;
    TICK_TRY(tick__fields_read(reader, &tick__program_words, value, host));
    if (!tick__yaml_member(value, "program"))
        tick__mistake(reader->mistakes, value->name_line, value->name_column,
            "host %.64s has no program: add what it runs, as in program: python3 app.py", value->name);
    return 0;
}

static int read_hosts(const struct tick__world_reader *reader, const struct tick__yaml *value) {
    struct tick__world_file *world = reader->world;
    struct tick__world_program *hosts = tick__world_own(world, count_of(value), sizeof *hosts);
    if (!hosts)
        return -ENOMEM;
    world->hosts = hosts;
    for (const struct tick__yaml *item = value->first; item; item = item->next) { // all names, so that each may name those behind it
        struct tick__world_program *host = &hosts[world->host_count++];
        host->name = item->name;
        host->loc = place(reader, item, "program");
        if (!*item->name || strlen(item->name) > 63)
            tick__mistake(reader->mistakes, item->name_line, item->name_column, "a host's name has 1 to 63 bytes: call \"%.20s\" otherwise",
                item->name);
    }
    size_t index = 0;
    for (const struct tick__yaml *item = value->first; item; item = item->next)
        TICK_TRY(read_host(reader, item, &hosts[index++]));
    return 0;
}

// --- links ---

static int read_link_all(const struct tick__world_reader *reader, const struct tick__yaml *value) {
    if (!tick__yaml_is(reader, value, TICK__YAML_MAP, "link_all", "write how all links are: {latency: 1ms, jitter: 30ms}"))
        return 0;
    struct tick__world_link *link = reader->world->all = tick__world_own(reader->world, 1, sizeof *link);
    if (!link)
        return -ENOMEM;
    link->line = value->line;
    link->column = value->column;
    return tick__fields_read(reader, &tick__link_words, value, link);
}

static int read_link_between(const struct tick__world_reader *reader, const struct tick__yaml *value) {
    static const char write[] = "write a list of links: - {hosts: [a, b], latency: 5ms}";
    struct tick__world_file *world = reader->world;
    if (!tick__yaml_is(reader, value, TICK__YAML_LIST, "link_between", write))
        return 0;
    if (!(world->between = tick__world_own(world, count_of(value), sizeof *world->between)))
        return -ENOMEM;
    for (const struct tick__yaml *item = value->first; item; item = item->next) {
        if (!tick__yaml_is(reader, item, TICK__YAML_MAP, "a link is a map", "write {hosts: [a, b], latency: 5ms}"))
            continue;
        struct tick__world_link *link = &world->between[world->between_count++];
        const struct tick__yaml *hosts = tick__yaml_member(item, "hosts");
        link->line = item->line;
        link->column = item->column;
        TICK_TRY(tick__fields_read(reader, &tick__between_words, item, link));
        if (!hosts)
            WRONG(reader, item, "a link between which two? Add hosts: [a, b]");
        else if (count_of(hosts) < 2)
            WRONG(reader, hosts, "hosts: a link has two ends; write [a, b], or [a, a] for a host's link with itself");
    }
    return 0;
}

// --- names ---

static int read_names(const struct tick__world_reader *reader, const struct tick__yaml *value) {
    static const char write[] = "write whose addresses a name has: {db: {hosts: [a, b]}}";
    struct tick__world_file *world = reader->world;
    if (!tick__yaml_is(reader, value, TICK__YAML_MAP, "names", write))
        return 0;
    if (!(world->names = tick__world_own(world, count_of(value), sizeof *world->names)))
        return -ENOMEM;
    for (const struct tick__yaml *item = value->first; item; item = item->next) {
        if (!*item->name || strlen(item->name) > 63)
            tick__mistake(
                reader->mistakes, item->name_line, item->name_column, "a name has 1 to 63 bytes: write \"%.20s\" otherwise", item->name);
        if (!tick__yaml_is(reader, item, TICK__YAML_MAP, "a name is a map", "write {hosts: [a, b]}"))
            continue;
        struct tick__world_name *name = &world->names[world->name_count++];
        name->name = item->name;
        name->loc = place(reader, item, item->name);
        TICK_TRY(tick__fields_read(reader, &tick__name_words, item, name));
    }
    return 0;
}

// --- faults ---

static int read_faults(const struct tick__world_reader *reader, const struct tick__yaml *value) {
    static const char write[] =
        "write ranges, each with a name: {network: {kinds: [partition, clog], until: 5s}}; what is to happen in every run "
        "goes below fault_at";
    struct tick__world_file *world = reader->world;
    if (!tick__yaml_is(reader, value, TICK__YAML_MAP, "faults", write))
        return 0;
    if (!(world->ranges = tick__world_own(world, count_of(value), sizeof *world->ranges)))
        return -ENOMEM;
    for (const struct tick__yaml *item = value->first; item; item = item->next) {
        if (!tick__yaml_is(reader, item, TICK__YAML_MAP, "a range of faults is a map", "write {kinds: [partition, clog], until: 5s}"))
            continue;
        struct tick__world_range *range = &world->ranges[world->range_count++];
        range->name = item->name;
        range->loc = place(reader, item, item->name);
        TICK_TRY(tick__fields_read(reader, &tick__range_words, item, range));
        tick__world_check_range(reader, item, range);
    }
    return 0;
}

static int read_fault_at(const struct tick__world_reader *reader, const struct tick__yaml *value) {
    static const char write[] = "write a list of faults: - {at: 1s, kind: partition, side: [a], lasts: 300ms}";
    struct tick__world_file *world = reader->world;
    if (!tick__yaml_is(reader, value, TICK__YAML_LIST, "fault_at", write))
        return 0;
    if (!(world->faults = tick__world_own(world, count_of(value), sizeof *world->faults)))
        return -ENOMEM;
    for (const struct tick__yaml *item = value->first; item; item = item->next) {
        if (!tick__yaml_is(reader, item, TICK__YAML_MAP, "a fault is a map", "write {at: 1s, kind: partition, side: [a], lasts: 300ms}"))
            continue;
        struct tick__world_fault *fault = &world->faults[world->fault_count++];
        fault->loc = place(reader, item, "fault_at");
        TICK_TRY(tick__fields_read(reader, &tick__fault_words, item, fault));
        tick__world_check_fault(reader, item, fault);
    }
    return 0;
}

static int read_limit(const struct tick__world_reader *reader, const struct tick__yaml *value) {
    if (!tick__yaml_is(reader, value, TICK__YAML_MAP, "limit", "write {time: 1h, iterations: 10000000}, or one of the two"))
        return 0;
    return tick__fields_read(reader, &tick__limit_words, value, reader->world);
}

// --- the whole ---

static int read_world(const struct tick__world_reader *reader, const struct tick__yaml *root) {
    static const struct {
        const char *name;
        int (*read)(const struct tick__world_reader *reader, const struct tick__yaml *value);
    } parts[] = {{"link_all", read_link_all}, {"link_between", read_link_between}, {"names", read_names}, {"faults", read_faults},
        {"fault_at", read_fault_at}, {"limit", read_limit}};
    struct tick__world_file *world = reader->world;
    if (!root || root->kind != TICK__YAML_MAP) {
        tick__mistake(reader->mistakes, root ? root->line : 1, root ? root->column : 1,
            "this is no world: it has hosts, and what each runs, as in hosts: {app: {program: python3 app.py}} (docs/GUESTS.md, \"A world "
            "in a "
            "file\")");
        return 0;
    }
    const struct tick__yaml *hosts = tick__yaml_member(root, "hosts"), *name = tick__yaml_member(root, "world");
    TICK_TRY(tick__fields_read(reader, &tick__world_words, root, world));
    if (name)
        read_name(reader, name);
    if (!hosts)
        WRONG(reader, root, "there are no hosts: add hosts: and below it what each runs, as in app: {program: python3 app.py}");
    else if (hosts->kind != TICK__YAML_MAP || !hosts->first)
        WRONG(reader, hosts, "hosts: write what each runs, a line each, as in app: {program: python3 app.py}");
    else
        TICK_TRY(read_hosts(reader, hosts)); // first: others name them
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const struct tick__yaml *part = tick__yaml_member(root, parts[i].name);
        if (part)
            TICK_TRY(parts[i].read(reader, part));
    }
    return tick__world_check(reader, hosts);
}

int tick__world_parse(
    const char *bytes, size_t size, const char *file, const char *folder, struct tick__world_file **out, struct tick__mistakes *mistakes) {
    struct tick__world_file *world = calloc(1, sizeof *world);
    struct tick__yaml *root;
    *out = NULL;
    if (!world || !(world->file = strdup(file))) {
        free(world);
        return -ENOMEM;
    }
    world->still_limit = world->quiet_after = -1;
    world->about = "a world of programs";
    const size_t length = strlen(folder) + 1;
    char *kept = tick__world_own(world, length, 1);
    if (kept)
        memcpy(kept, folder, length);
    const struct tick__world_reader reader = {world, mistakes, kept};
    int result = kept ? name_after(world) : -ENOMEM;
    if (result == 0)
        result = tick__yaml_parse(bytes, size, &root, &world->tree, mistakes);
    if (result == 0)
        result = read_world(&reader, root);
    if (result == 0 && mistakes->count)
        result = TICK_EFORMAT;
    if (result < 0) {
        tick__mistakes_sort(mistakes);
        tick__world_free(world);
        return result;
    }
    *out = world;
    return 0;
}

void tick__world_free(struct tick__world_file *world) {
    if (!world)
        return;
    for (size_t i = 0; i < world->owned_count; i++)
        free(world->owned[i]);
    tick__yaml_free(world->tree);
    free(world->owned);
    free(world->file);
    free(world);
}
