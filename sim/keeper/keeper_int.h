// What the keeper's files share.
#ifndef RETICK_KEEPER_INT_H
#define RETICK_KEEPER_INT_H

#include "sim/keeper/keeper.h"
#include "sim/keeper/listen.h"
#include "sim/keeper/program_file.h"
#include <regex.h>
#include <sys/types.h>

struct tick__keeper {
    struct tick_runner runner;
    const struct tick_guest_program *program;
    struct tick_guest_control *control; // shared with the guest
    struct tick__listener *listener;    // to what the guest tells
    bool tells;                         // the next process is to tell of its way to the snapshot
    int control_fd;
    int arena_fd; // of a kernel that it shares with others, not its own to close; -1
    int errors;   // what the guest's processes write to fd 2 past the library
    char file[TICK_PROGRAM_PATH], library[TICK_PROGRAM_PATH];
    char **environment;
    regex_t match;  // of program->wanted.match
    bool has_match; // it was compiled
    bool outgrew;   // the process was ended, as it had more memory than it may
    pid_t pid;      // of the process that was started; 0: there is none
    int status;     // its wait status, when it is gone
    uint32_t way;   // that is asked of the next process
    char *details;  // as the run's request has it, while it goes on
    char why[TICK_GUEST_TEXT];
    struct tick_guest_figures figures;
};

// --- keeper.c ---
// A keeper of it, whose process is not started yet. 0, or a negative error and *error. program: as in tick_guest_target.
int tick__keeper_new(const struct tick_guest_program *program, struct tick__keeper **out, struct tick_error *error);
void tick__keeper_free(struct tick__keeper *k); // or NULL; with its process
// What a run is to be, into the control block. details: as tick_request's. 0 or a negative error.
int tick__keeper_request(struct tick__keeper *k, const struct tick_answers *answers, bool observed, char *details);

// --- guest_process.c ---
int tick__guest_start(struct tick__keeper *k);  // 0 or a negated errno
void tick__guest_watch_children(void);          // of this process
void tick__guest_again(struct tick__keeper *k); // the same for one that stands where it is held, before it is let go on
// Until its state is one of these (TICK__STATE): 0, or -ECHILD when the process is gone, and k->status says how. Who waits for an end takes
// WAITING as well: the process may have gone back already. watched: as tick_request's program, or NULL.
#define TICK__STATE(state) (1u << (state))
int tick__guest_await(struct tick__keeper *k, unsigned states, _Atomic int *watched);
// A guest that STANDS on the way there is looked at, and let go on.
pid_t tick__guest_process(const struct tick__keeper *k);                     // that its run goes on in
void tick__guest_state(struct tick__keeper *k, enum tick_guest_state state); // sets it, and wakes the guest
void tick__guest_stop(struct tick__keeper *k);                               // ends it, with all processes that it started

// --- memory_limit.c ---
bool tick__guest_outgrows(const struct tick__keeper *k); // its process has more than it may
void tick__guest_outgrown_words(const struct tick__keeper *k, char *text, size_t size);

// --- guest_advice.c ---
const char *tick__guest_advice(const char *text); // what can be done about what is not simulated; text: as its outcome says it

// --- output_lines.c ---
// A line of the run's output, put together of what was written of it. Of a longer one than TICK__OUTPUT_LINE the rest is left out.
#define TICK__OUTPUT_LINE 4096u
struct tick__output_line {
    const char *text; // ended by NUL, beside those that it may have in it
    size_t length;
    int64_t at;      // virtual ns, of its first byte
    uint64_t number; // from 1, of those of its fd
    uint8_t fd;      // 1 or 2
};
// Calls fn with each, in the order in which they ended, and last with what no newline ended, until it returns false.
void tick__output_lines(const struct tick_guest_control *control, bool (*fn)(void *ctx, const struct tick__output_line *line), void *ctx);

// --- guest_wanted.c ---
int tick__wanted_open(struct tick__keeper *k); // 0, -EINVAL or -ENOMEM
void tick__wanted_close(struct tick__keeper *k);
// A run that has ended as *out says, otherwise passed: what was asked for may make a finding of it, or take one away.
void tick__wanted_judge(const struct tick__keeper *k, struct tick_outcome *out);

// --- guest_outcome.c ---
// What is to be told of a run that has ended, or whose process is gone (with k->status).
void tick__guest_outcome(const struct tick__keeper *k, bool gone, struct tick_outcome *out);

#endif
