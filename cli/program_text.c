// A task program's words, spelled as Python spells them.
#include "cli/program_machine.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void put_list(struct text *text, const char *format, va_list list) {
    va_list again;
    va_copy(again, list);
    const int count = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (count < 0 || text->failed)
        return;
    const size_t need = text->used + (size_t)count + 1;
    if (need > text->room) {
        char *more = realloc(text->at, need * 2);
        if (!more) {
            text->failed = true;
            return;
        }
        text->at = more;
        text->room = need * 2;
    }
    vsnprintf(text->at + text->used, text->room - text->used, format, list);
    text->used += (size_t)count;
}

void tick__text_put(struct text *text, const char *format, ...) {
    va_list list;
    va_start(list, format);
    put_list(text, format, list);
    va_end(list);
}

bool tick__is_base_error(int code, const struct tick_failure *failure) {
    if (code != TICK_EGROUP || !failure)
        return code == TICK_ECANCELED;
    for (uint32_t i = 0; i < failure->count; i++)
        if (tick__is_base_error(failure->children[i]->code, failure->children[i]))
            return true;
    return false;
}

void tick__text_error(struct text *text, int code, const struct tick_failure *failure) {
    if (code == TICK_ECANCELED) {
        tick__text_put(text, "CancelledError");
    } else if (code == TICK_ETIMEDOUT) {
        tick__text_put(text, "TimeoutError");
    } else if (code == TICK_EBROKEN) {
        tick__text_put(text, "BrokenBarrierError");
    } else if (code == TICK_ECLOSED) {
        tick__text_put(text, "QueueShutDown");
    } else if (code == EX_F) {
        tick__text_put(text, "ExF");
    } else if (code == OVER) {
        tick__text_put(text, "Deadlock");
    } else if (code <= EX(0)) {
        tick__text_put(text, "Ex%d", EX(0) - code);
    } else if (code == TICK_EGROUP) {
        tick__text_put(text, tick__is_base_error(code, failure) ? "BaseExceptionGroup[" : "ExceptionGroup[");
        for (uint32_t i = 0; failure && i < failure->count; i++) {
            tick__text_put(text, i ? "," : "");
            tick__text_error(text, failure->children[i]->code, failure->children[i]);
        }
        tick__text_put(text, "]");
    } else {
        tick__text_put(text, "RuntimeError");
    }
}

void tick__text_value(struct text *text, intptr_t value) {
    if (value)
        tick__text_put(text, "%d", (int)value - 1);
    else
        tick__text_put(text, "None");
}

void tick__text_json(struct text *text, const json_t *value) {
    size_t i;
    json_t *item;
    switch (json_typeof(value)) {
    case JSON_STRING:
        tick__text_put(text, "%s", json_string_value(value));
        break;
    case JSON_INTEGER:
        tick__text_put(text, "%d", (int)json_integer_value(value));
        break;
    case JSON_ARRAY:
        tick__text_put(text, "[");
        json_array_foreach(value, i, item) {
            tick__text_put(text, json_is_string(item) ? "%s'" : "%s", i ? ", " : "");
            tick__text_json(text, item);
            tick__text_put(text, json_is_string(item) ? "'" : "");
        }
        tick__text_put(text, "]");
        break;
    default:
        tick__text_put(text, json_is_true(value) ? "True" : "False");
    }
}

void tick__line_begin(struct machine *machine, const char *who) {
    machine->text.used = 0;
    tick__text_put(&machine->text, "%s", who);
}

int tick__line_finish(struct machine *machine) {
    if (++machine->lines > MOST_LINES) {
        if (machine->over)
            machine->over(machine);
        return OVER;
    }
    if (machine->text.failed)
        return -ENOMEM;
    machine->line(machine, machine->text.at);
    return 0;
}

int tick__line_say(struct machine *machine, const char *who, const char *format, ...) {
    va_list list;
    tick__line_begin(machine, who);
    tick__text_put(&machine->text, " ");
    va_start(list, format);
    put_list(&machine->text, format, list);
    va_end(list);
    return tick__line_finish(machine);
}
