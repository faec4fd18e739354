// Where in its file each operation of a task program stands. jansson does not say; but an operation is an array, and the arrays of a
// document come in the order in which its opening brackets do.
#include "cli/program_machine.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct place {
    const json_t *op;
    struct tick_loc loc;
};

static int by_op(const void *a, const void *b) {
    const json_t *x = ((const struct place *)a)->op, *y = ((const struct place *)b)->op;
    return ((uintptr_t)x > (uintptr_t)y) - ((uintptr_t)x < (uintptr_t)y);
}

// Calls for the next opening bracket, from *at on; *line is that of *at.
static void next_bracket(const char **at, const char *end, int *line) {
    for (bool quoted = false; *at < end; ++*at) {
        *line += **at == '\n';
        if (**at == '"')
            quoted = !quoted;
        else if (quoted && **at == '\\')
            ++*at;
        else if (!quoted && **at == '[')
            return;
    }
}

struct walk {
    struct place *next;
    const char *at, *end;
    int line;
    const char *file;
};

static void walk(struct walk *self, const json_t *array) {
    size_t i;
    json_t *item;
    next_bracket(&self->at, self->end, &self->line);
    self->at++;
    const char *name = json_string_value(json_array_get(array, 0));
    *self->next++ = (struct place){array, {"", self->file, self->line, name ? name : ""}};
    json_array_foreach(array, i, item) {
        if (json_is_array(item))
            walk(self, item);
    }
}

static size_t arrays(const json_t *array) {
    size_t i, count = 1;
    json_t *item;
    json_array_foreach(array, i, item) {
        if (json_is_array(item))
            count += arrays(item);
    }
    return count;
}

int tick__places_find(struct tick__program *program, const char *text, size_t size, const char *file) {
    program->place_count = arrays(program->bodies);
    program->places = calloc(program->place_count, sizeof *program->places);
    program->file = strdup(file);
    if (!program->places || !program->file)
        return -ENOMEM;
    struct walk self = {program->places, text, text + size, 1, program->file};
    walk(&self, program->bodies);
    qsort(program->places, program->place_count, sizeof *program->places, by_op);
    return 0;
}

void tick__places_free(struct tick__program *program) {
    free(program->places);
    free(program->file);
}

const struct tick_loc *tick__place_of_op(const struct tick__program *program, const json_t *op) {
    const struct place key = {.op = op}, *found = bsearch(&key, program->places, program->place_count, sizeof key, by_op);
    return &found->loc; // each array has one
}
