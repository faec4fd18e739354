// Reading a task program: JSON, and whether every operation is one, with what it needs.
#include "cli/program_machine.h"
#include "src/base/keep.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 64, MOST_TICKS = 1000000000 };

// What an operation's words are: a letter each.
//   d ticks    b a body    B bodies    F futures    n a number    t true or false    o operations    p an operation that holds none
//   i one that a callback can do    c CE, EX or ALL
//   u until when a wait waits
//   j a job    J jobs
//   l a lock   s a semaphore   q a queue   e an event   f a future   x the condition   - whatever, and may be missing
static const struct {
    const char *name, *words;
} shapes[] = {
    {"sleep", "d"},
    {"spawn", "b"},
    {"eager", "b"},
    {"into", "b"},
    {"adopt", "b"},
    {"await", "b"},
    {"shield", "b"},
    {"gather", "Bt"},
    {"cancel", "b"},
    {"uncancel", ""},
    {"info", ""},
    {"cbadd", "b"},
    {"cbdo", "bi"},
    {"lock", "l"},
    {"unlock", "l"},
    {"sem", "s"},
    {"rel", "s"},
    {"evset", "e"},
    {"evclear", "e"},
    {"evwait", "e"},
    {"put", "qn"},
    {"putnw", "qn"},
    {"get", "q-"},
    {"getnw", "q-"},
    {"fset", "f"},
    {"fexc", "f"},
    {"fcancel", "f"},
    {"fawait", "f"},
    {"fshield", "f"},
    {"fgather", "Ft"},
    {"fwait", "Fdu"},
    {"feach", "Fd"},
    {"job", "jdnt"},
    {"jawait", "j"},
    {"jcancel", "j"},
    {"jshield", "j"},
    {"jgather", "Jt"},
    {"jwait", "Jdu"},
    {"jeach", "Jd"},
    {"jshut", "tt"},
    {"cwait", "x-"},
    {"cuntil", "e"},
    {"cnotify", "xn"},
    {"done", "q"},
    {"join", "q"},
    {"shut", "qt"},
    {"meet", ""},
    {"breset", ""},
    {"babort", ""},
    {"wait", "Bdu"},
    {"each", "Bd"},
    {"soon", "n"},
    {"later", "dn"},
    {"at", "dn"},
    {"stop", ""},
    {"hcancel", ""},
    {"var", "n"},
    {"varsoon", "n"},
    {"resched", "d-"},
    {"raise", "n"},
    {"ret", "n"},
    {"try", "ocot"},
    {"wf", "dp"},
    {"timeout", "do"},
    {"tg", "Bo"},
};

struct check {
    const json_t *bodies;
    struct tick_error *error;
    size_t body;
    int depth;
};

static int wrong(const struct check *check, const json_t *op, const char *what) {
    char *text = op ? json_dumps(op, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    tick_error_set(check->error, TICK_EFORMAT, "body %zu: %.80s: %s", check->body, text ? text : "", what);
    free(text);
    return TICK_EFORMAT;
}

static int check_ops(struct check *check, const json_t *ops);
static int check_op(struct check *check, const json_t *op);

static bool within(const json_t *value, json_int_t from, json_int_t to) {
    return json_is_integer(value) && json_integer_value(value) >= from && json_integer_value(value) <= to;
}

static bool is_body(const struct check *check, const json_t *value) {
    return within(value, 0, (json_int_t)json_array_size(check->bodies) - 1);
}

static bool is_one_of(const char *word, const char *const *words) {
    while (*words && strcmp(word, *words) != 0)
        words++;
    return *words != NULL;
}

static bool holds_others(const char *name) {
    return is_one_of(name, (const char *const[]){"try", "timeout", "tg", "wf", NULL});
}

static bool waits_for_nothing(const char *name) {
    return is_one_of(
        name, (const char *const[]){"spawn", "eager", "cancel", "cbadd", "unlock", "rel", "evset", "evclear", "putnw", "getnw", "fset",
                  "fexc", "fcancel", "job", "jcancel", "done", "shut", "soon", "later", "at", "stop", "hcancel", "raise", NULL});
}

static int check_word(struct check *check, const json_t *op, const json_t *word, char kind) {
    switch (kind) {
    case 'd':
        return within(word, -MOST_TICKS, MOST_TICKS) ? 0 : wrong(check, op, "a number of ticks was expected");
    case 'n':
        return within(word, 0, MOST_TICKS) ? 0 : wrong(check, op, "a number was expected");
    case 'b':
        return is_body(check, word) ? 0 : wrong(check, op, "the number of a body was expected");
    case 'B':
        for (size_t i = 0; json_is_array(word) && i < json_array_size(word); i++)
            if (!is_body(check, json_array_get(word, i)))
                return wrong(check, op, "numbers of bodies were expected");
        return json_is_array(word) ? 0 : wrong(check, op, "a list of bodies was expected");
    case 'F':
        for (size_t i = 0; json_is_array(word) && i < json_array_size(word); i++)
            if (!within(json_array_get(word, i), 0, FUTURES - 1))
                return wrong(check, op, "there are futures 0 to 2");
        return json_is_array(word) ? 0 : wrong(check, op, "a list of futures was expected");
    case 'J':
        for (size_t i = 0; json_is_array(word) && i < json_array_size(word); i++)
            if (!within(json_array_get(word, i), 0, JOBS - 1))
                return wrong(check, op, "there are jobs 0 to 2");
        return json_is_array(word) ? 0 : wrong(check, op, "a list of jobs was expected");
    case 'i':
        if (json_is_array(word) && !waits_for_nothing(tick__op_word(word, 0)))
            return wrong(check, op, "an operation that a callback can do was expected");
        return check_op(check, word);
    case 't':
        return json_is_boolean(word) ? 0 : wrong(check, op, "true or false was expected");
    case 'o':
        return json_is_array(word) ? check_ops(check, word) : wrong(check, op, "a list of operations was expected");
    case 'p':
        if (json_is_array(word) && holds_others(tick__op_word(word, 0)))
            return wrong(check, op, "an operation that holds no others was expected");
        return check_op(check, word);
    case 'c':
        if (json_is_string(word) && is_one_of(json_string_value(word), (const char *const[]){"CE", "EX", "ALL", NULL}))
            return 0;
        return wrong(check, op, "CE, EX or ALL was expected");
    case 'u':
        if (json_is_string(word) && is_one_of(json_string_value(word), (const char *const[]){"FIRST", "ERROR", "ALL", NULL}))
            return 0;
        return wrong(check, op, "FIRST, ERROR or ALL was expected");
    case 'l':
        return within(word, 0, LOCKS - 1) ? 0 : wrong(check, op, "there are locks 0 and 1");
    case 's':
        return within(word, 0, SEMAPHORES - 1) ? 0 : wrong(check, op, "there are semaphores 0 and 1");
    case 'q':
        return within(word, 0, QUEUES - 1) ? 0 : wrong(check, op, "there are queues 0 to 3");
    case 'e':
        return within(word, 0, EVENTS - 1) ? 0 : wrong(check, op, "there are events 0 and 1");
    case 'f':
        return within(word, 0, FUTURES - 1) ? 0 : wrong(check, op, "there are futures 0 to 2");
    case 'j':
        return within(word, 0, JOBS - 1) ? 0 : wrong(check, op, "there are jobs 0 to 2");
    case 'x':
        return within(word, 0, 0) ? 0 : wrong(check, op, "there is condition 0");
    default:
        return !word || json_is_integer(word) ? 0 : wrong(check, op, "a number was expected");
    }
}

static int check_op(struct check *check, const json_t *op) {
    if (!json_is_array(op) || !json_is_string(json_array_get(op, 0)))
        return wrong(check, op, "an operation is a list that begins with a name");
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (strcmp(tick__op_word(op, 0), shapes[i].name) == 0) {
            const size_t words = strlen(shapes[i].words);
            if (json_array_size(op) > words + 1)
                return wrong(check, op, "too many words");
            for (size_t at = 0; at < words; at++)
                TICK_TRY(check_word(check, op, json_array_get(op, at + 1), shapes[i].words[at]));
            return 0;
        }
    return wrong(check, op, "there is no such operation");
}

static int check_ops(struct check *check, const json_t *ops) {
    if (++check->depth > DEEPEST)
        return wrong(check, NULL, "operations within operations are too deep");
    for (size_t i = 0; i < json_array_size(ops); i++)
        TICK_TRY(check_op(check, json_array_get(ops, i)));
    check->depth--;
    return 0;
}

static int check_program(const json_t *bodies, struct tick_error *error) {
    struct check check = {.bodies = bodies, .error = error};
    if (!json_is_array(bodies) || json_array_size(bodies) == 0)
        return tick_error_set(error, TICK_EFORMAT, "a task program is a list of bodies, the main task's first");
    for (; check.body < json_array_size(bodies); check.body++) {
        const json_t *body = json_array_get(bodies, check.body);
        if (!json_is_array(body))
            return wrong(&check, body, "a body is a list of operations");
        TICK_TRY(check_ops(&check, body));
    }
    return 0;
}

// jansson takes a word for wrong that it had no memory for.
TICK_KEEP static bool starved = false;

static void *json_alloc(size_t size) {
    void *memory = malloc(size);
    starved |= !memory;
    return memory;
}

int tick__program_parse(const char *text, size_t size, const char *file, struct tick__program **program, struct tick_error *error) {
    json_error_t about;
    struct tick__program *made = calloc(1, sizeof *made);
    if (!made)
        return -ENOMEM;
    starved = false;
    json_set_alloc_funcs(json_alloc, free);
    made->bodies = json_loadb(text, size, 0, &about);
    int result;
    if (made->bodies)
        result = check_program(made->bodies, error);
    else if (starved)
        result = -ENOMEM;
    else
        result = tick_error_set(error, TICK_EFORMAT, "line %d, column %d: %s", about.line, about.column, about.text);
    if (result == 0)
        result = tick__places_find(made, text, size, file);
    if (result < 0) {
        tick__program_free(made);
        return result;
    }
    *program = made;
    return 0;
}

void tick__program_free(struct tick__program *program) {
    if (!program)
        return;
    tick__places_free(program);
    json_decref(program->bodies);
    free(program);
}
