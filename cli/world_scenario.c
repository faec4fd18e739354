// A world file as a scenario: its set-up says to the builder (<retick/scenario.h>, <retick/faults.h>) what stands there, in the same words.
#include "cli/world_file.h"
#include "src/base/keep.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

TICK_KEEP static struct tick__world_file *registered = NULL; // set once, before any run

static void point(struct tick_host *const *made, const struct tick__world_hosts *hosts, struct tick_host **to) {
    for (size_t i = 0; i < hosts->count; i++)
        to[i] = made[hosts->at[i]];
}

static void add_program(struct tick_world *world, struct tick_host **made, size_t index) {
    const struct tick__world_program *host = &registered->hosts[index];
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
        .match = host->match};
    point(made, &host->after, options.after);
    made[index] = tick_program_at(world, host->name, &options, &host->loc);
}

static void add_network(struct tick_world *world, struct tick_host *const *made) {
    if (registered->all)
        tick_link_all_at(world, &registered->all->options);
    for (size_t i = 0; i < registered->between_count; i++) {
        const struct tick__world_link *link = &registered->between[i];
        tick_link_between_at(world, made[link->hosts.at[0]], made[link->hosts.at[1]], &link->options);
    }
    for (size_t i = 0; i < registered->name_count; i++) {
        const struct tick__world_name *name = &registered->names[i];
        struct tick_name options = name->options;
        point(made, &name->hosts, options.hosts);
        point(made, &name->wrong, options.wrong);
        tick_name_at(world, name->name, &options, &name->loc);
    }
}

static void add_faults(struct tick_world *world, struct tick_host *const *made) {
    for (size_t i = 0; i < registered->fault_count; i++) {
        const struct tick__world_fault *fault = &registered->faults[i];
        struct tick_fault options = fault->options;
        point(made, &fault->side, options.side);
        point(made, &fault->other, options.other);
        tick_fault_at_at(world, fault->at, (enum tick_fault_kind)fault->kind, &options, &fault->loc);
    }
    for (size_t i = 0; i < registered->range_count; i++) {
        const struct tick__world_range *range = &registered->ranges[i];
        struct tick_fault_range options = range->options;
        point(made, &range->among, options.among);
        tick_faults_at(world, range->name, &options, &range->loc);
    }
}

static void set_up(struct tick_world *world) {
    struct tick_host **made = registered->made;
    for (size_t i = 0; i < registered->host_count; i++)
        add_program(world, made, registered->order[i]);
    for (size_t i = 0; i < registered->host_count; i++)
        if (!made[i])
            return; // memory is out: the run has ended
    add_network(world, made);
    add_faults(world, made);
    tick_limit(world, registered->time_limit, registered->iteration_limit);
    if (registered->still_limit >= 0)
        tick_still_limit(world, registered->still_limit);
    if (registered->quiet_after >= 0)
        tick_quiet_after(world, registered->quiet_after);
}

int tick__world_register(struct tick__world_file *world) {
    if (registered)
        return -EEXIST;
    struct tick_scenario *scenario = calloc(1, sizeof *scenario);
    if (!scenario)
        return -ENOMEM;
    *scenario = (struct tick_scenario){.name = world->name, .summary = world->about, .file = world->file, .setup = set_up};
    registered = world;
    tick_scenario_register(scenario);
    return 0;
}

const struct tick__world_file *tick__world_registered(void) {
    return registered;
}
