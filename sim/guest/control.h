// The block that a keeper (sim/keeper) and its guest (the preload library in the program's process) share: one memfd, at TICK_GUEST_FD in
// the guest, mapped by both.
//
// No pointer lies in it, and no type whose size depends on who compiled it. Who writes what, when:
//   settings   the keeper, before it starts the program; they hold for the process
//   request,   the keeper, while the state is WAITING (or STARTING, for the first run): one run. It then sets RUNNING and wakes.
//   schedule
//   the rest   the guest, while it is RUNNING: emptied as the run begins, complete once it has set ENDED
// The guest goes on as if it were alone when there is no such block: RETICK_GUEST in its environment says whether there is one.
#ifndef RETICK_GUEST_CONTROL_H
#define RETICK_GUEST_CONTROL_H

#include "sim/guest/told.h"
#include <retick/choice.h>
#include <stdbool.h>
#include <stdint.h>

#define TICK_GUEST_FD 1000                   // in the guest; it and a few numbers behind it are ours, whatever the program closes
#define TICK_GUEST_ARENA (TICK_GUEST_FD + 1) // the memory of the kernel that it shares with others, if it does: a memfd
#define TICK_GUEST_VARIABLE "RETICK_GUEST"   // =1: the library is wanted
#define TICK_GUEST_MAGIC 0x74636b67u
#define TICK_GUEST_VERSION 2u

#define TICK_GUEST_DEVIATIONS 65536u // that a run may draw or be given; those beyond are counted and not kept
#define TICK_GUEST_OUTPUT (1u << 20) // bytes of a run's output that are kept, with its lines' heads
#define TICK_GUEST_TEXT 400u
#define TICK_GUEST_WAITS 4000u

enum tick_guest_state {
    TICK_GUEST_STARTING, // the program has not come to its snapshot yet; a program that never waits goes from here to ENDED
    TICK_GUEST_WAITING,  // it stands at the snapshot, and waits for a request
    TICK_GUEST_RUNNING,
    TICK_GUEST_PARKED, // all of its threads wait, in a world of which others have a part: the keeper hands it its next turn (`turn`)
    TICK_GUEST_STANDS, // its run is over, and it stands where that ended, with `standing`, until the keeper has looked and sets RUNNING
    TICK_GUEST_ENDED,  // the outcome is there; the process goes back to WAITING by itself, or it is gone
};

// How a run is begun anew.
enum tick_guest_way {
    TICK_GUEST_START,  // not at all: the process is one run, whose request stands there from the beginning
    TICK_GUEST_FORK,   // from the snapshot, in a child each
    TICK_GUEST_REWIND, // in the process itself, whose written pages are put back
};

// Where the snapshot is taken.
enum tick_guest_place {
    TICK_GUEST_AT_WAIT,    // at a wait of the program, or where it polls
    TICK_GUEST_AT_ACCEPT,  // at the first wait behind a connection that it accepted
    TICK_GUEST_AT_CONNECT, // or made
    TICK_GUEST_AT_OUTPUT,  // or behind a line of output that has snapshot_text in it
    TICK_GUEST_AT_CALL,    // where it calls retick_snapshot()
};

struct tick_guest_settings {
    char host[64];           // the name of the machine that the program runs on, as in ids and names: "app"
    char tenant[64];         // whose world it is: a process one of whose words (argv) ends in this name; "": the first that needs one
    int64_t latency;         // ns, one way, between sockets of this machine, before jitter: 0 as on a real loopback
    int64_t jitter;          // ns: the most that a `delivery` choice may add
    int64_t wall;            // ns since 1970 at the world's beginning; 0: the kernel's own
    uint32_t way;            // enum tick_guest_way
    uint32_t snapshot_place; // enum tick_guest_place
    uint32_t snapshot_at;    // which of these: 0 the first
    char snapshot_text[200]; // AT_OUTPUT
    bool compares_memory;    // REWIND: all of memory is compared with the snapshot's after each run; for tests
    uint64_t arena_most;     // bytes of the simulated kernel's arena; 0: 1 GiB. Pages come as they are used
    uint32_t fd_limit;       // no fd of the program is as great; 0: what RLIMIT_NOFILE says
    char passes[2000];       // paths below which what is written reaches the machine, each ended by a 0, and another one behind the last
    bool leaks, unread;      // fds that are open at its exit, and bytes that nobody has read then, are told: outcome.waits
    bool tells;              // the way to the snapshot is told, too
    bool no_backstop;        // calls past libc's names stay real
    bool fixed_addresses;    // the keeper asked for no address randomisation, and got it

    // A world that it shares with others.
    bool shared;                         // its kernel is a world's (TICK_GUEST_ARENA), which is there; the rest says who it is in that
    int32_t shared_host, shared_process; // as the kernel numbers them
    uint32_t shared_waiter;              // its threads' numbers as waiters, and those of their events and its timers', are from here on
    uint32_t shared_post;                // `what` of these events
    uint64_t shared_life;                // the host's id in this life
    bool files_early;                    // an earlier life has written to the disk: the program sees that from its start on
    bool held; // it begins in the midst of a run: it is held before it meets the world (hold.c), where it waits if runs are to begin there
};

enum tick_guest_chooser {
    TICK_GUEST_CALM,
    TICK_GUEST_RANDOM,
    TICK_GUEST_REPLAY,
    TICK_GUEST_ONWARD, // as REPLAY up to the event `upto`, as RANDOM from there on; the run has to be observed
    TICK_GUEST_NOTED,  // as REPLAY; and what else is asked, of `kinds`, goes to `questions`
};

struct tick_guest_request {
    uint64_t seed;                     // RANDOM
    uint32_t rates[TICK_CHOICE_KINDS]; // RANDOM: in 1/65536 of the occasions, all of them (tick_rates_default)
    uint32_t scheduled;                // REPLAY: deviations in `schedule`
    uint8_t chooser;                   // enum tick_guest_chooser
    uint32_t upto;                     // ONWARD: as the guest's probe numbers events
    uint64_t kinds;                    // NOTED: bit k for kind k
    bool digest;                       // is asked for; a run that nobody observes does not pay for it
    bool observed;                     // the run is told: `told`
    bool keeps_output;                 // lines of fd 1 and 2 go to `output`
    bool shows_output;                 // they are written to the real fd 1 and 2 as well
    bool stands;                       // where its threads stand is wanted, if the run is a finding: STANDS
    int64_t most_time;                 // virtual ns; 0: no limit
    uint64_t most_calls;               // simulated calls; 0: no limit
};

// How a run ended; the keeper makes a verdict of it.
enum tick_guest_end {
    TICK_GUEST_UNENDED,
    TICK_GUEST_EXITED,      // code: the exit status
    TICK_GUEST_SIGNALLED,   // code: the signal that ends it
    TICK_GUEST_DEADLOCKED,  // nothing can ever happen again; `waits` says who waits for what
    TICK_GUEST_LATE,        // most_time was passed
    TICK_GUEST_BUSY,        // most_calls was passed
    TICK_GUEST_UNSUPPORTED, // it needs what is not simulated; `text` says what
    TICK_GUEST_NO_MEMORY,   // the arena is full
    TICK_GUEST_BROKEN,      // a fault of the simulator's own; `text` says which
};

struct tick_guest_outcome {
    uint32_t end; // enum tick_guest_end
    int32_t code;
    char text[TICK_GUEST_TEXT];   // in words, one line
    char waits[TICK_GUEST_WAITS]; // DEADLOCKED, LATE, BUSY: a line a thread: "main waits for fd 5 (tcp) in epoll_wait". EXITED: a line
                                  // for each that was left open or unread
    uint32_t leaks, unread;       // EXITED: how many there are of each
    char thread[64];              // whose doing it was, or ""
    int64_t ended_at;             // virtual ns since the world began
    uint64_t calls;               // simulated calls
    uint64_t points;              // times that the program waited, or polled
    uint64_t choices;             // questions asked, of kinds that the chooser is not calm about
    uint64_t spun;                // times that time passed only because the program looked at clocks or polled again and again
    uint64_t switches;            // between threads
    uint32_t threads;             // that there were, the first one included
    uint64_t digest[2];           // of calls, arguments, results, bytes, times and deviations; 0 if not asked for
};

// Where a thread stands: what is needed to walk its stack, from outside, in the memory of the process.
#define TICK_GUEST_STANDING 64u  // threads of which that is told
#define TICK_GUEST_PYTHON 32768u // bytes of what Python says of its own
#define TICK_GUEST_REGISTERS 17u // as DWARF numbers those of x86-64; the last is where it stands
struct tick_guest_standing {
    uint64_t pthread; // as its runtime calls it; 0: not known
    uint64_t registers[TICK_GUEST_REGISTERS];
    bool runs;       // it is the one whose turn it is
    bool at_fault;   // it stands at an instruction that failed, else behind a call
    char thread[96]; // "main/worker#2"
    char name[16];   // that it has given itself, or ""
    char waits[232]; // what it waits for, or ""
};

// What a thread's start function is called, where only the file's own table of symbols knows: looking there takes longer than a small run.
#define TICK_GUEST_STARTS 64u
struct tick_guest_start {
    uint64_t file, address; // hash of its path; where the function lies
    char name[64];          // "": it has none
};

// What has happened to a thread or timer of a guest's while others had their turn.
struct tick_guest_happening {
    uint64_t by, ordinal; // woken by the kernel: what by, as choice `host_late` is addressed; 0: that is not asked
    uint32_t number;      // of a thread; or, behind all of these, of a timer
    uint32_t cause;       // told; or 0
    bool posted;          // its event came; else the kernel has woken it
};
#define TICK_GUEST_HAPPENINGS 8448u // two a thread, one a timer

// A turn in a world that is shared (settings.shared): written by the keeper while the guest is PARKED or WAITING.
struct tick_guest_turn {
    bool back;                // the run is over: it goes back to its snapshot, or ends
    bool asks;                // it fills in outcome.waits, and is PARKED again
    bool others;              // hosts are ready that have their turn after it
    bool stops;               // somebody has told it to end: it gets a SIGTERM, once
    uint32_t objects, events; // with a probe, told so far; the guest counts on
    uint32_t cause, acted;    // and the seqs of the host's beginning, and of the latest step or callback of all
    uint32_t happened;
    struct tick_guest_happening happening[TICK_GUEST_HAPPENINGS];
    // By the guest, before it is PARKED again:
    bool ready;       // it goes on by itself, when others have had their turn
    bool put_off;     // a thread waits for an event of its own
    bool alone;       // its threads wait for each other, and for nothing that comes from elsewhere
    int64_t deadline; // of the first that waits no longer than that; TICK_NEVER
};

// A line of output: what one write had up to a newline, or all of it. Lines lie one behind the other, each on a multiple of 8 bytes.
struct tick_guest_line {
    int64_t at;    // virtual ns
    uint32_t size; // bytes of text
    uint8_t fd;    // 1 or 2
    bool ended;    // by a newline, which is not among the bytes
    uint16_t unused;
    char text[];
};

struct tick_guest_control {
    uint32_t magic, version;
    uint64_t size;             // of all of this, as its maker knows it: another size is another build
    _Atomic uint32_t state;    // enum tick_guest_state; a futex word, not private
    _Atomic int32_t root;      // the process that the keeper started
    _Atomic int32_t tenant;    // the process whose world this is; 0: none yet
    _Atomic uint32_t run;      // how many have begun
    _Atomic uint32_t way;      // enum tick_guest_way: how runs are begun, when the snapshot has been taken
    _Atomic bool at_hold;      // WAITING: there, and not at its snapshot
    _Atomic bool unheld;       // ENDED: it cannot be held; `why` says why. It has met nothing of the world
    _Atomic int32_t process;   // that the run goes on in, when it is not the tenant: a child of it; else 0
    char called[200];          // the tenant's command line, where that is not the root; else ""
    char why[TICK_GUEST_TEXT]; // in words: why `way` is not what the settings asked for, or why the process could not be put back and ended
    int32_t backstop;          // a negated errno: calls past libc's names stay real, as this machine has no seccomp for us
    _Atomic int64_t heart;     // moves while a run goes on: calls so far, now and then; for whoever watches for a hang
    struct tick_guest_settings settings;
    struct tick_guest_request request;
    struct tick_guest_turn turn;
    struct tick_guest_outcome outcome;
    uint32_t start_count; // of this process, over its runs
    struct tick_guest_start starts[TICK_GUEST_STARTS];
    uint32_t standing_count, standing_lost; // STANDS; lost: threads, for lack of room
    uint32_t python_used;                   // bytes
    uint64_t python_code;                   // an address in Python's interpreter; 0: there is none
    struct tick_guest_standing standing[TICK_GUEST_STANDING];
    char python[TICK_GUEST_PYTHON];            // its threads' stacks, as _Py_DumpTracebackThreads writes them
    uint32_t deviation_count, deviations_lost; // drawn in this run; lost: for lack of room
    uint32_t question_count;                   // NOTED
    uint32_t output_used, output_lost;         // bytes; lost: lines, for lack of room
    uint8_t met[TICK_GUEST_DEVIATIONS];        // REPLAY: 1 for each of the schedule that the run asked for
    struct tick_deviation deviations[TICK_GUEST_DEVIATIONS];
    struct tick_deviation schedule[TICK_GUEST_DEVIATIONS];
    struct tick_deviation questions[TICK_GUEST_DEVIATIONS];
    _Alignas(8) char output[TICK_GUEST_OUTPUT];
    struct tick_guest_told told; // what a probe is told (sim/guest/tell_int.h)
};

#endif
