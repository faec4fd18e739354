// A world file as a scenario: its set-up says to the builder (<retick/scenario.h>, <retick/faults.h>) what stands there, in the same words.
#include "cli/world_file.h"
#include "src/base/keep.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

// Set once each, before any run. A second one is there beside what it repairs.
#define WORLDS 2
TICK_KEEP static struct tick__world_file *registered[WORLDS];
TICK_KEEP static struct tick_scenario *scenarios[WORLDS];

static void point(struct tick_host *const *made, const struct tick__world_hosts *hosts, struct tick_host **to) {
    for (size_t i = 0; i < hosts->count; i++)
        to[i] = made[hosts->at[i]];
}

static void add_program(struct tick_world *world, const struct tick__world_program *host, struct tick_host **made, size_t index) {
    struct tick_program_options options = {.command = host->command,
        .daemon = host->daemon,
        .start = host->start,
        .clock = host->clock,
        .fds = host->fds,
        .argv = host->argv,
        .environment = host->environment,
        .folder = host->folder,
        .snapshot = host->snapshot,
        .status = host->status,
        .match = host->match,
        .guest = host->guest,
        .pass = host->pass,
        .by = host->by};
    point(made, &host->after, options.after);
    made[index] = tick_program_at(world, host->name, &options, &host->loc);
}

static void add_network(struct tick_world *world, const struct tick__world_file *file, struct tick_host *const *made) {
    if (file->all)
        tick_link_all_at(world, &file->all->options);
    for (size_t i = 0; i < file->between_count; i++) {
        const struct tick__world_link *link = &file->between[i];
        tick_link_between_at(world, made[link->hosts.at[0]], made[link->hosts.at[1]], &link->options);
    }
    for (size_t i = 0; i < file->name_count; i++) {
        const struct tick__world_name *name = &file->names[i];
        struct tick_name options = name->options;
        point(made, &name->hosts, options.hosts);
        point(made, &name->wrong, options.wrong);
        tick_name_at(world, name->name, &options, &name->loc);
    }
}

static void add_faults(struct tick_world *world, const struct tick__world_file *file, struct tick_host *const *made) {
    for (size_t i = 0; i < file->fault_count; i++) {
        const struct tick__world_fault *fault = &file->faults[i];
        struct tick_fault options = fault->options;
        point(made, &fault->side, options.side);
        point(made, &fault->other, options.other);
        tick_fault_at_at(world, fault->at, (enum tick_fault_kind)fault->kind, &options, &fault->loc);
    }
    for (size_t i = 0; i < file->range_count; i++) {
        const struct tick__world_range *range = &file->ranges[i];
        struct tick_fault_range options = range->options;
        point(made, &range->among, options.among);
        tick_faults_at(world, range->name, &options, &range->loc);
    }
}

static void set_up(struct tick_world *world, const struct tick__world_file *file) {
    struct tick_host **made = file->made;
    for (size_t i = 0; i < file->host_count; i++)
        add_program(world, &file->hosts[file->order[i]], made, file->order[i]);
    for (size_t i = 0; i < file->host_count; i++)
        if (!made[i])
            return; // memory is out: the run has ended
    add_network(world, file, made);
    add_faults(world, file, made);
    tick_limit(world, file->time_limit, file->iteration_limit);
    if (file->still_limit >= 0)
        tick_still_limit(world, file->still_limit);
    if (file->quiet_after >= 0)
        tick_quiet_after(world, file->quiet_after);
}

static void set_up_first(struct tick_world *world) {
    set_up(world, registered[0]);
}

static void set_up_second(struct tick_world *world) {
    set_up(world, registered[1]);
}

int tick__world_register(struct tick__world_file *world) {
    void (*const set_ups[WORLDS])(struct tick_world *) = {set_up_first, set_up_second};
    size_t at = 0;
    while (at < WORLDS && registered[at])
        at++;
    if (at == WORLDS)
        return -EEXIST;
    struct tick_scenario *scenario = calloc(1, sizeof *scenario);
    if (!scenario)
        return -ENOMEM;
    *scenario = (struct tick_scenario){.name = world->name, .summary = world->about, .file = world->file, .setup = set_ups[at]};
    registered[at] = world;
    scenarios[at] = scenario;
    tick_scenario_register(scenario);
    return 0;
}

const struct tick_scenario *tick__world_scenario(void) {
    return scenarios[registered[1] ? 1 : 0];
}

const struct tick__world_file *tick__world_registered(void) {
    return registered[0];
}
