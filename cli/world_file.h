// A world in a YAML file, read and checked: hosts with programs, links, names, faults, limits, in the words of <retick/scenario.h> and
// <retick/faults.h>. docs/GUESTS.md has the table of its words.
#ifndef RETICK_CLI_WORLD_FILE_H
#define RETICK_CLI_WORLD_FILE_H

#include "cli/mistakes.h"
#include <retick/faults.h>
#include <retick/id.h>
#include <retick/scenario.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TICK__WORLD_SIDE 16 // hosts of one list

struct tick__world_hosts { // some of them, by their indices
    uint16_t at[TICK__WORLD_SIDE];
    size_t count;
};
struct tick__world_program {
    const char *name;
    struct tick_loc loc;
    const char *command, **argv; // one of the two. argv is ended by NULL
    const char **environment;    // "NAME=value", ended by NULL; NULL: nothing more than retick's own
    const char *folder;          // absolute
    const char *snapshot, *match, *guest, *by;
    const char **pass; // absolute paths, ended by NULL; or NULL
    bool daemon;
    int64_t start, clock;
    uint32_t fds;
    int status; // -1: any
    struct tick__world_hosts after;
};
struct tick__world_link {
    struct tick__world_hosts hosts; // two, or none: every pair
    struct tick_link_options options;
    int line, column;
};
struct tick__world_name {
    const char *name;
    struct tick_loc loc;
    struct tick__world_hosts hosts, wrong;
    struct tick_name options; // but for its hosts
};
struct tick__world_fault { // in every run
    struct tick_loc loc;
    int column;
    int64_t at;
    unsigned kind; // enum tick_fault_kind
    struct tick__world_hosts side, other;
    struct tick_fault options; // but for its hosts
};
struct tick__world_range {
    const char *name;
    struct tick_loc loc;
    struct tick__world_hosts among;
    struct tick_fault_range options; // but for its hosts
};
struct tick__world_file {
    char *file; // as it was named
    const char *name, *about;
    // hosts: in the file's order; `order` is one in which each comes behind those that it starts after.
    struct tick__world_program *hosts;
    uint16_t *order;
    struct tick_host **made;                // by the set-up of the run that goes on
    struct tick__world_link *all, *between; // all: NULL, or one
    struct tick__world_name *names;
    struct tick__world_fault *faults;
    struct tick__world_range *ranges;
    size_t host_count, between_count, name_count, fault_count, range_count;
    int64_t time_limit, still_limit, quiet_after; // still_limit, quiet_after: -1: not said
    uint64_t iteration_limit;
    void **owned; // what else was allocated for it
    size_t owned_count;
    struct tick__yaml *tree; // texts are in there
};

// Reads and checks a world. file: as it was named; folder: absolute, what is relative in it is from there. 0 with *world, to be freed;
// TICK_EFORMAT with mistakes; -ENOMEM.
int tick__world_parse(
    const char *bytes, size_t size, const char *file, const char *folder, struct tick__world_file **world, struct tick__mistakes *mistakes);
void tick__world_free(struct tick__world_file *world);

// Registers it as a scenario, whose set-up says to the builder what stands there. Takes the world, which stays registered. -EEXIST if two
// were registered before, -ENOMEM.
int tick__world_register(struct tick__world_file *world);
const struct tick_scenario *tick__world_scenario(void); // the latest
// The first that was registered, or NULL.
const struct tick__world_file *tick__world_registered(void);
// What there is, in a few lines on stdout.
void tick__world_show(const struct tick__world_file *world);

#endif
