// Programs of other people's as what runs: a process that is begun anew for each run, as cheaply as the machine lets us.
#ifndef RETICK_KEEPER_H
#define RETICK_KEEPER_H

#include "sim/guest/control.h"
#include "sim/world/runner.h"
#include <retick/error.h>

// What else of a run is a finding, beside what always is: a signal, a deadlock, a limit that was passed.
struct tick_guest_wanted {
    const char *match; // an extended regular expression (regex(7)): a line of output in which it is found. NULL: none
    int status;        // an exit with another status than this; -1: no status is one
};

// What is to be run. Borrowed, with all that it points to, for as long as there is a target or a runner of it.
struct tick_guest_program {
    char *const *argv;      // ended by NULL; argv[0]: a path, or a name to be looked up in PATH
    const char *const *set; // "NAME=value", more of its environment, ended by NULL; or NULL
    struct tick_guest_wanted wanted;
    const char *folder;                  // that it is run in; NULL: this process's
    bool any_addresses;                  // they are randomised as the machine does, and not fixed
    struct tick_guest_settings settings; // way: the best that may be taken (TICK_GUEST_REWIND: whatever the machine offers)
    int64_t most_time;                   // virtual ns; 0: no limit
    uint64_t most_calls;                 // 0: no limit
    uint64_t most_memory;                // bytes that its process may have; 0: tick_guest_memory_default()
    bool keeps_output, shows_output;     // as in struct tick_guest_request
    bool digest;
};

// What a program may have of memory where nobody says: as much as leaves the machine (and the container) alive if all workers' have it.
uint64_t tick_guest_memory_default(void);

// Whether text is such an expression: 0, or -EINVAL, and in *error why not.
int tick_guest_match_check(const char *text, struct tick_error *error);

// Where the snapshot stands: "wait:1", "accept:2", "connect:1", "after:TEXT", "call". false: the words are none of these.
bool tick_guest_place(const char *words, struct tick_guest_settings *settings);

// The best way that may be taken: "rewind", "fork", "start". false: it is none of these.
bool tick_guest_by(const char *word, struct tick_guest_settings *settings);
// What is written below an absolute path without links reaches the machine, too. false: there is no room for more.
bool tick_guest_pass(const char *path, struct tick_guest_settings *settings);

// Whether it can be run, told beforehand: 0, or a negative error, and in *error what is to be done about it.
int tick_guest_check(const struct tick_guest_program *program, struct tick_error *error);
struct tick_target tick_guest_target(const char *name, const struct tick_guest_program *program);

// Of a runner of such a target, after a run: all that the guest said; borrowed until the next.
const struct tick_guest_control *tick_guest_said(const struct tick_runner *runner);

struct tick_guest_figures {
    uint64_t runs, processes; // that were started
    enum tick_guest_way way;  // how the last run was begun
    const char *why;          // in words, why not as it was asked for; "" if it was. Borrowed
    int backstop;             // calls past libc's names are caught: 0; or a negated errno, why they are not
    bool fixed_addresses;     // its mappings stand at the same addresses in each process
};
void tick_guest_figures(const struct tick_runner *runner, struct tick_guest_figures *out);

#endif
