#include "cli/world_check.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NETWORK (TICK_PARTITION | TICK_ONE_WAY | TICK_CLOG)
#define LASTS TICK_SEC(3) // as sim/world/faults.c has it, where nothing is said
#define UNTIL TICK_SEC(10)

#define WRONG(reader, node, ...) tick__mistake((reader)->mistakes, (node)->line, (node)->column, __VA_ARGS__)

// A word that goes with some kinds only.
static void goes_with(const struct tick__world_reader *reader, const struct tick__yaml *node, const char *word, unsigned kinds,
    unsigned with, const char *what) {
    const struct tick__yaml *member = tick__yaml_member(node, word);
    if (member && kinds && !(kinds & with))
        tick__mistake(
            reader->mistakes, member->name_line, member->name_column, "%s goes with %s: drop it, or take another kind", word, what);
}

void tick__world_check_range(
    const struct tick__world_reader *reader, const struct tick__yaml *node, const struct tick__world_range *range) {
    const struct tick_fault_range *r = &range->options;
    const int64_t lasts = r->lasts ? r->lasts : LASTS;
    const struct tick__yaml *until = tick__yaml_member(node, "until"), *shortest = tick__yaml_member(node, "shortest");
    if (!*range->name || strlen(range->name) > 63)
        tick__mistake(
            reader->mistakes, node->name_line, node->name_column, "a range of faults has a name of 1 to 63 bytes: call it otherwise");
    if (!tick__yaml_member(node, "kinds"))
        tick__mistake(reader->mistakes, node->name_line, node->name_column,
            "%.64s has no kinds: add what may happen, as in kinds: [partition, crash]", range->name);
    else if (!r->kinds && tick__yaml_member(node, "kinds")->kind == TICK__YAML_LIST && !tick__yaml_member(node, "kinds")->first)
        WRONG(reader, tick__yaml_member(node, "kinds"), "kinds: the list is empty; write what may happen, as in [partition, crash]");
    if (until && r->until <= r->from)
        WRONG(reader, until, "until: it ends before it begins; write a time that is later than from");
    if (shortest && r->shortest > lasts)
        WRONG(reader, shortest,
            "shortest: it is longer than the longest, which is what lasts says (3s, if it is not there); write a shorter one");
    goes_with(reader, node, "slow", r->kinds, TICK_CLOG, "clog alone");
}

void tick__world_check_fault(
    const struct tick__world_reader *reader, const struct tick__yaml *node, const struct tick__world_fault *fault) {
    const struct tick__yaml *side = tick__yaml_member(node, "side"), *jump = tick__yaml_member(node, "jump");
    static const char *const needed[] = {"at", "kind", "side"}, *const add[] = {"at: 1s", "kind: crash", "side: [a]"};
    for (size_t i = 0; i < 3; i++)
        if (!tick__yaml_member(node, needed[i]))
            WRONG(reader, node, "a fault needs %s: add it, as in %s", needed[i], add[i]);
    if (side && side->kind == TICK__YAML_LIST && !side->first)
        WRONG(reader, side, "side: the list is empty; write the hosts that it strikes, as in [a]");
    if (fault->kind == TICK_CLOCK && !jump)
        WRONG(reader, node, "a clock's jump needs jump: add it, as in jump: -2s");
    else if (fault->kind == TICK_CLOCK && jump->kind == TICK__YAML_TEXT && strspn(jump->text, "-0.msuinh") == strlen(jump->text) &&
             *jump->text)
        WRONG(reader, jump, "jump: a jump of nothing; write by how much, as in -2s");
    goes_with(reader, node, "jump", fault->kind, TICK_CLOCK, "clock alone");
    goes_with(reader, node, "slow", fault->kind, TICK_CLOG, "clog alone");
    goes_with(reader, node, "other", fault->kind, NETWORK, "partition, one_way and clog");
}

static void check_pairs(const struct tick__world_reader *reader) {
    const struct tick__world_file *world = reader->world;
    for (size_t i = 0; i < world->between_count; i++)
        for (size_t k = 0; k < i; k++) {
            const struct tick__world_hosts *a = &world->between[i].hosts, *b = &world->between[k].hosts;
            if (a->count != 2 || b->count != 2)
                continue;
            if ((a->at[0] == b->at[0] && a->at[1] == b->at[1]) || (a->at[0] == b->at[1] && a->at[1] == b->at[0])) {
                WRONG(reader, &world->between[i],
                    "the link between %.64s and %.64s stands here a second time, and first in line %d: drop one",
                    world->hosts[a->at[0]].name, world->hosts[a->at[1]].name, world->between[k].line);
                return;
            }
        }
}

// --- who starts after whom ---

// Follows a host's first predecessor that has no place in the order, until one comes again: that is the circle.
static void tell_circle(const struct tick__world_reader *reader, const struct tick__yaml *hosts, const bool *placed) {
    const struct tick__world_file *world = reader->world;
    char text[200] = "";
    size_t at = 0, begin;
    while (placed[at])
        at++;
    for (size_t steps = 0; steps < world->host_count; steps++) // into the circle
        for (size_t i = 0; i < world->hosts[at].after.count; i++)
            if (!placed[world->hosts[at].after.at[i]]) {
                at = world->hosts[at].after.at[i];
                break;
            }
    begin = at;
    do {
        snprintf(text + strlen(text), sizeof text - strlen(text), "%.40s after ", world->hosts[at].name);
        size_t i = 0;
        while (placed[world->hosts[at].after.at[i]])
            i++;
        at = world->hosts[at].after.at[i];
    } while (at != begin);
    snprintf(text + strlen(text), sizeof text - strlen(text), "%.40s", world->hosts[begin].name);
    const struct tick__yaml *node = tick__yaml_member(tick__yaml_member(hosts, world->hosts[begin].name), "after");
    WRONG(reader, node ? node : hosts, "after: a circle, in which nobody ever starts: %s; take one of them out", text);
}

static int put_in_order(const struct tick__world_reader *reader, const struct tick__yaml *hosts) {
    struct tick__world_file *world = reader->world;
    bool *placed = tick__world_own(world, world->host_count, sizeof *placed), more = true;
    size_t count = 0;
    world->order = tick__world_own(world, world->host_count, sizeof *world->order);
    world->made = tick__world_own(world, world->host_count, sizeof *world->made);
    if (!world->order || !placed || !world->made)
        return -ENOMEM;
    while (more && count < world->host_count) {
        more = false;
        for (size_t i = 0; i < world->host_count && !more; i++) { // the first that waits for none that is still to come
            bool free_to_go = !placed[i];
            for (size_t k = 0; k < world->hosts[i].after.count && free_to_go; k++)
                free_to_go = placed[world->hosts[i].after.at[k]];
            if (free_to_go) {
                placed[i] = more = true;
                world->order[count++] = (uint16_t)i;
            }
        }
    }
    if (count < world->host_count)
        tell_circle(reader, hosts, placed);
    return 0;
}

int tick__world_check(const struct tick__world_reader *reader, const struct tick__yaml *hosts) {
    const struct tick__world_file *world = reader->world;
    bool ends = false;
    for (size_t i = 0; i < world->host_count; i++)
        ends |= !world->hosts[i].daemon;
    if (world->host_count && !ends)
        tick__mistake(reader->mistakes, hosts->name_line, hosts->name_column,
            "all hosts are daemons, so that nobody's end is waited for: take daemon: true from one");
    check_pairs(reader);
    return world->host_count ? put_in_order(reader, hosts) : 0;
}
