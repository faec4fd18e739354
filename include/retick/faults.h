// Faults: what goes wrong in a world, at a given time or within a range in which choices act. docs/SCENARIOS.md shows them at work.
#ifndef RETICK_FAULTS_H
#define RETICK_FAULTS_H

#include <retick/scenario.h>

#ifdef __cplusplus
extern "C" {
#endif

// Kinds; those of a range are or'ed.
enum tick_fault_kind {
    TICK_PARTITION = 1, // the network between the sides carries nothing
    TICK_ONE_WAY = 2,   // ... nothing from `side` to `other`; the way back is open
    TICK_CLOG = 4,      // ... is slower by `slow`
    TICK_CRASH = 8,     // the machine loses power: stacks, heap, fds are gone, nobody is told. main starts anew when the fault is over
    TICK_STOP = 16,     // the main task is cancelled and has its way; main starts anew when the fault is over
    TICK_PAUSE = 32,    // the program stands still while its machine's network goes on (SIGSTOP, a collector, a hypervisor)
    TICK_CLOCK = 64     // the wall clock jumps by `jump`, and stays so
};
#define TICK_FAULT_SIDE 8

// side, other: hosts (network kinds: nobody in `other` means all that are not in `side`). Host kinds act on each host of `side`.
struct tick_fault {
    struct tick_host *side[TICK_FAULT_SIDE], *other[TICK_FAULT_SIDE];
    int64_t lasts; // ns; 0, TICK_NEVER: for good (a crashed or stopped host stays down)
    int64_t slow;  // TICK_CLOG: ns that each segment takes longer
    int64_t jump;  // TICK_CLOCK: ns, negative: back
};
// tick_fault_at(world, TICK_SEC(1), TICK_PARTITION, .side = {a}, .lasts = TICK_MS(300)): one fault, in every run. at: ns after the start.
#define tick_fault_at(world, at, kind, ...) \
    TICK__TAKING_VOID(tick_fault_at_at((world), (at), (kind), TICK__OPTIONS(tick_fault, __VA_ARGS__), TICK_HERE(#kind)))
void tick_fault_at_at(
    struct tick_world *world, int64_t at, enum tick_fault_kind kind, const struct tick_fault *fault, const struct tick_loc *loc);

// A range: from `from` to `until`, every `every` ns, choices decide what begins (kinds fault_*, whose value is how long it lasts). Calm is
// no fault at all.
struct tick_fault_range {
    unsigned kinds;                               // TICK_PARTITION | ...
    int64_t from, until;                          // ns after the start; until 0: 10 s after from
    int64_t every;                                // 0: a 32nd of the range
    int64_t lasts;                                // the longest that one lasts, and the largest jump of a clock; 0: 3 s
    int64_t shortest;                             // ... and the shortest; 0: crash, stop 100 ms, network 10 ms, pause, clock 1 ms
    int64_t slow;                                 // of a clog; 0: 100 ms
    uint32_t most;                                // faults of the whole run; 0: 2
    uint32_t at_once;                             // ... in force at a time; 0: as many as `most`
    struct tick_host *among[TICK_FAULT_SIDE * 2]; // hosts that it may strike; none: all
};
// tick_faults(world, "storm", .kinds = TICK_PARTITION | TICK_CRASH, .until = TICK_SEC(5), .most = 2, .lasts = TICK_SEC(3))
#define tick_faults(world, name, ...) \
    TICK__TAKING_VOID(tick_faults_at((world), (name), TICK__OPTIONS(tick_fault_range, __VA_ARGS__), TICK_HERE(name)))
void tick_faults_at(struct tick_world *world, const char *name, const struct tick_fault_range *range, const struct tick_loc *loc);

// What the disk of a host may do wrong (host NULL: each host's). Without this call it never fails. Whatever was not synced when a host
// crashes may be lost, kept, or kept in part (choice `disk_kept`); the calm answer is lost.
struct tick_disk {
    bool errors;    // EIO from reads, writes and changes of names (choice `disk_error`)
    bool shorts;    // writes that take fewer bytes (`disk_short`)
    bool syncs;     // fsync that fails once with EIO, and drops what it was to write (`disk_sync`)
    int64_t late;   // ns: the most that an operation may take, during which its host stands still (`disk_late`)
    uint64_t space; // bytes; ENOSPC beyond. 0: no limit
};
#define tick_disk(world, host, ...) TICK__TAKING_VOID(tick_disk_at((world), (host), TICK__OPTIONS(tick_disk, __VA_ARGS__)))
void tick_disk_at(struct tick_world *world, struct tick_host *host, const struct tick_disk *disk);

// A name, and what its look-ups answer: one of its own, or a host's, whose address it hides then. Hosts' names need no such call: they are
// answered at once, and always with the host's IPv4 address.
struct tick_name {
    struct tick_host *hosts[TICK_FAULT_SIDE]; // whose addresses, in that order; none: there is no such name
    struct tick_host *wrong[TICK_FAULT_SIDE]; // whose addresses a look-up may be answered with instead: old ones (choice `resolve_wrong`)
    bool six;                                 // of each host its IPv6 address, too, before the IPv4 one
    bool fails;                               // a look-up may get no answer (choice `resolve_fail`)
    int error;                                // what every look-up fails with: -EAGAIN (no answer), -EIO (a broken server); 0: none does
    int64_t latency, jitter;                  // ns that an answer takes, and the most that it may take longer (choice `resolve_late`)
};
#define tick_name(world, name, ...) TICK__TAKING_VOID(tick_name_at((world), (name), TICK__OPTIONS(tick_name, __VA_ARGS__), TICK_HERE(name)))
void tick_name_at(struct tick_world *world, const char *name, const struct tick_name *what, const struct tick_loc *loc);

// Faults end: at `at` what is in force is healed (hosts that are down start), and no range, loss, refusal or reset acts after it.
void tick_quiet_after(struct tick_world *world, int64_t at);
// Progress: fn must have returned true once before `by` (ns after the start), or the run is a finding. Asked at world points, from
// tick_quiet_after's time on (from the start without one).
#define tick_must_by(world, by, fn, arg, text) tick_must_by_at((world), (by), (fn), (arg), (text), TICK_HERE(#fn))
void tick_must_by_at(struct tick_world *world, int64_t by, tick_invariant_fn *fn, void *arg, const char *text, const struct tick_loc *loc);

// What nobody handled (a report to the loop's exception handler, where the program has set none of its own) is a finding, unless allowed.
void tick_allow_unhandled(struct tick_world *world);

// In the program: how many lives the running host had before this one; 0 in its first.
uint32_t tick_host_lives(void);

#ifdef __cplusplus
}
#endif

#endif
