// What runs a task program: on whatever loop it is put, with whatever takes its lines.
#ifndef RETICK_CLI_PROGRAM_MACHINE_H
#define RETICK_CLI_PROGRAM_MACHINE_H

#include "cli/program.h"
#include <jansson.h>
#include <retick.h>

enum { LOCKS = 2, SEMAPHORES = 2, QUEUES = 4, EVENTS = 2, FUTURES = 3, JOBS = 3, WORKERS = 2, MOST_TASKS = 40, MOST_LINES = 4000 };

#define EX(n) (TICK_EUSER - 1000 - (n)) // raised by `raise n`
#define EX_F (TICK_EUSER - 999)         // set by `fexc`
#define OVER (TICK_EUSER - 998)         // too many lines were logged: ends all that goes on

struct tick__program {
    json_t *bodies;
    struct place *places; // of its arrays, sorted (program_places.c)
    size_t place_count;
    char *file;
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
    struct tick_task *main;                // whose task is 0#0 whatever its name; borrowed; NULL: names are right
    const struct tick_loc *failed_at;      // the operation that ended it with an error; NULL: none
    void (*over)(struct machine *machine); // too many lines were logged; NULL: nobody is to know
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
    struct tick_future *jobs[JOBS]; // the newest of each number, a reference each; NULL: there was none
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
    int *numbers;                  // theirs
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
    const struct tick_loc *loc;   // of the operation that failed
    bool returned;                // by `ret`
    int value;
};

// program_machine.c
int tick__machine_init(struct machine *machine, const struct tick__program *program, struct tick_loop *loop, int64_t tick); // 0 or -ENOMEM
void tick__machine_fini(struct machine *machine); // when its loop is gone, or was freed of its tasks
struct note *tick__machine_note(struct machine *machine, const char *me, const json_t *what);
struct note *tick__machine_note_of(struct machine *machine, size_t futures); // with room for so many
// loc: of the operation. 0 or an error
int tick__machine_spawn(struct machine *machine, int body, struct tick_group *group, const struct tick_loc *loc);
int tick__machine_spawn_eager(struct machine *machine, int body, struct tick_group *group, const struct tick_loc *loc); // eagerly
const char *tick__machine_name(const struct machine *machine, const struct tick_task *task);                            // as the log has it
int tick__machine_body(void *note); // a task's function: runs what the note says, as the task named there

// program_places.c
int tick__places_find(struct tick__program *program, const char *text, size_t size, const char *file); // 0 or -ENOMEM
void tick__places_free(struct tick__program *program);
const struct tick_loc *tick__place_of_op(const struct tick__program *program, const json_t *op); // lives as long as the program

// program_block.c: operations that hold others
struct end tick__machine_block(struct machine *machine, const json_t *ops, const char *me);

// program_ops.c: those that do not
struct end tick__machine_primitive(struct machine *machine, const json_t *op, const char *me);
// With what the running task caught, if that is it. loc: of the operation that failed
struct end tick__machine_failed(struct machine *machine, int code, const struct tick_loc *loc);

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
