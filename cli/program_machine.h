// What runs a task program: on whatever loop it is put, with whatever takes its lines.
#ifndef RETICK_CLI_PROGRAM_MACHINE_H
#define RETICK_CLI_PROGRAM_MACHINE_H

#include "cli/program.h"
#include <jansson.h>
#include <retick.h>

enum { LOCKS = 2, SEMAPHORES = 2, QUEUES = 4, EVENTS = 2, FUTURES = 3, MOST_TASKS = 40, MOST_LINES = 4000 };

#define EX(n) (TICK_EUSER - 1000 - (n)) // raised by `raise n`
#define EX_F (TICK_EUSER - 999)         // set by `fexc`
#define OVER (TICK_EUSER - 998)         // too many lines were logged: ends all that goes on

struct tick__program {
    json_t *bodies;
    const char *name; // as a scenario
};

struct text {
    char *at; // ended by a zero byte
    size_t used, room;
    bool failed; // out of memory
};

struct machine {
    const struct tick__program *program;
    int64_t tick; // ns
    struct tick_loop *loop;
    // Takes a whole line, "<task> <words>".
    void (*line)(struct machine *machine, const char *text);
    void *to;         // line's own
    struct text text; // the line that is being made
    int lines, made;
    struct tick_task **newest; // by body, a reference each; NULL: never spawned
    struct note *notes;        // everything that callbacks and tasks were given
    struct frame *frames;      // the scopes that tasks are in, the last one entered first
    struct tick_handle **handles;
    size_t handle_count, handle_room;
    bool stops; // `stop` stops the loop, and who runs it goes on with it
    struct tick_lock *locks[LOCKS];
    struct tick_semaphore *semaphores[SEMAPHORES];
    struct tick_queue *queues[QUEUES];
    struct tick_event_flag *events[EVENTS];
    struct tick_condition *condition;
    struct tick_barrier *barrier;
    struct tick_future *futures[FUTURES];
};

// What a body, a callback or an operation in a task of its own was given, or what an operation keeps while it waits. Lives as long as the
// machine: tasks may be left unfinished, and nobody comes back to free what stands on their stacks.
struct note {
    struct note *next;
    struct machine *machine;
    struct tick_failure *failure; // owned
    const json_t *what;           // a body's operations, or an operation
    struct tick_group *group;     // that the task was spawned in; NULL: in none
    int number;
    char me[24];
    struct tick_future *futures[]; // a gather's; borrowed
};

// A scope that a task is in: on its stack, from tick__frame_enter to tick__frame_leave.
struct frame {
    struct frame *next;
    const struct tick_task *task;
    struct tick_timeout *timeout; // either
    struct tick_group *group;     // or
};
void tick__frame_enter(struct machine *machine, struct frame *frame); // task is filled in
void tick__frame_leave(struct machine *machine, const struct frame *frame);
// Of the running task, the innermost; NULL: none.
struct tick_timeout *tick__frame_timeout(const struct machine *machine, int outer); // outer: so many further out
struct tick_group *tick__frame_group(const struct machine *machine);

// How operations end.
struct end {
    int code;                     // negative: an error
    struct tick_failure *failure; // its failure, if it is more than a code; the machine's
    bool returned;                // by `ret`
    int value;
};

// program_machine.c
int tick__machine_init(struct machine *machine, const struct tick__program *program, struct tick_loop *loop, int64_t tick); // 0 or -ENOMEM
void tick__machine_fini(struct machine *machine); // when its loop is gone, or was freed of its tasks
struct note *tick__machine_note(struct machine *machine, const char *me, const json_t *what);
struct note *tick__machine_note_of(struct machine *machine, size_t futures);                // with room for so many
int tick__machine_spawn(struct machine *machine, int body, struct tick_group *group);       // 0 or an error
int tick__machine_spawn_eager(struct machine *machine, int body, struct tick_group *group); // the same, eagerly
int tick__machine_body(void *note); // a task's function: runs what the note says, as the task named there

// program_block.c: operations that hold others
struct end tick__machine_block(struct machine *machine, const json_t *ops, const char *me);

// program_ops.c: those that do not
struct end tick__machine_primitive(struct machine *machine, const json_t *op, const char *me);
struct end tick__machine_failed(struct machine *machine, int code); // with what the running task caught, if that is it

// program_text.c
void tick__text_put(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tick__text_error(struct text *text, int code, const struct tick_failure *failure); // as Python names it
bool tick__is_base_error(int code, const struct tick_failure *failure);                 // no Exception, in Python's terms
void tick__text_value(struct text *text, intptr_t value);                               // value + 1, or 0 for None
void tick__text_json(struct text *text, const json_t *value);
// A line: begin, tick__text_put(&machine->text, ...), finish. finish returns 0, or OVER if there were too many.
void tick__line_begin(struct machine *machine, const char *who);
int tick__line_finish(struct machine *machine);
int tick__line_say(struct machine *machine, const char *who, const char *format, ...) __attribute__((format(printf, 3, 4)));

static inline int tick__op_int(const json_t *op, size_t at) {
    const json_t *value = json_array_get(op, at);
    return json_is_true(value) ? 1 : (int)json_integer_value(value);
}
static inline const char *tick__op_word(const json_t *op, size_t at) {
    const char *word = json_string_value(json_array_get(op, at));
    return word ? word : "";
}

#endif
