// Programs in processes of their own as tenants of a world (sim/world/tenant.h): what the builder makes of them, and what a run does.
#ifndef RETICK_TENANT_INT_H
#define RETICK_TENANT_INT_H

#include "sim/keeper/keeper_int.h"
#include "sim/world/world_int.h"

// A process for one of the lives that begin in the midst of runs, from run to run. It stands where it is held, before it meets the world
// (sim/guest/hold.c), and goes back there after each run. Each life has one of its own, as its random bytes are.
#define TICK__HELD_LIVES 8
struct tick__held {
    struct tick_guest_program program;
    struct tick__keeper *keeper; // NULL: it has not been started yet
    bool never;                  // that program cannot be held: it begins anew each time
    bool used;                   // in this run
};

// A program of a host, from run to run: the k-th of the world's.
struct tick__kept {
    struct tick_guest_program program; // its pointers lead into `spec`
    struct tick_guest_program anew;    // the same for a process that begins in the midst of a run
    char *spec;                        // what the set-up says of it (program.c)
    size_t spec_size;
    char **words;                             // argv, and the environment's
    bool changed;                             // it is another one than in the run before
    struct tick__keeper *keeper;              // its process goes back to its snapshot after each run. NULL: it has not been started yet
    struct tick__held held[TICK__HELD_LIVES]; // of later lives, and of the first if that begins late
    struct tick__keeper *fresh;               // of those that are not held: for this run alone

    // This run.
    struct tick_host *host;
    struct tick__keeper *now; // of the present life; NULL: none
    bool boots;               // it begins with the world, at its snapshot
    bool begun;               // and has had a turn
    bool booted_ran;          // so has the process of `keeper`, whatever life it is now
    bool gone;                // the process of this life is
    bool itself;              // the program is what was started, and not a child of that
    bool told_to_stop;        // likewise
    uint32_t deviations;      // of the life that the world has
    uint64_t points, choices; // likewise
};

struct tick__kept_all {
    struct tick_others others; // first
    struct list kept;          // struct tick__kept *
    size_t count;              // of this run
    int arena;                 // memfd of the kernel's memory
    // The world as set-up had left it when the programs were started, and then, when all stood at their snapshots.
    bool standing;
    bool observed;
    uint32_t objects, events;
    char *before, *then;
    size_t before_size, then_size;
};

static inline struct tick__kept_all *tick__kept_all(const struct tick_world *world) {
    return (struct tick__kept_all *)world->others;
}
static inline struct tick__kept *tick__kept_at(const struct tick__kept_all *all, size_t index) {
    return ((struct tick__kept **)all->kept.items)[index];
}

// --- tenant.c ---
extern const struct tick_tenant_ops tick__program_ops;
int tick__kept_look(void *kept); // a tick_final_fn: whether it has said what is a finding

// --- begin.c ---
// Its first process of the run stands at its snapshot, or has ended on the way there. false: the run has ended, as it cannot be started.
bool tick__kept_boot(struct tick__kept *kept, bool observed);
void tick__kept_listen(struct tick__kept *kept); // the run's probe is told what it did before its snapshot
// A life begins in the midst of the run, or a first one late: kept->now is there, at its snapshot or over, unless the run has ended.
void tick__late_begin(struct tick__kept *kept);
void tick__late_end(struct tick__kept *kept);  // the run has
void tick__late_free(struct tick__kept *kept); // its processes; it is another program now, or there is none

// --- kept_runs.c ---
// Of this life nothing more is told; what it was asked goes to the run's questions.
void tick__kept_ends(const struct tick_world *world, struct tick__keeper *keeper);
extern const struct tick_others_ops tick__kept_ops;

#endif
