// Failures: why something failed, immutable and counted; and in words.
#include "src/base/alloc.h"
#include "src/base/line.h"
#include "src/loop/loop_int.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// Stands for a failure that there was no memory for. Never written to.
#define IMMORTAL UINT32_MAX
static const struct tick_failure out_of_memory = {.refs = IMMORTAL, .code = -ENOMEM, .name = "out of memory"};

struct tick_failure *tick_failure_new_at(const struct tick_loc *loc, int code, const char *name, const char *format, ...) {
    size_t size = 0;
    va_list list;
    if (format) {
        va_start(list, format);
        int length = vsnprintf(NULL, 0, format, list);
        va_end(list);
        size = length < 0 ? 0 : (size_t)length + 1;
    }
    struct tick_failure *failure = tick__alloc(sizeof *failure + size);
    if (!failure)
        return NULL;
    *failure = (struct tick_failure){.refs = 1, .code = code, .name = name, .loc = loc};
    if (size > 0) {
        failure->text = (char *)(failure + 1);
        va_start(list, format);
        vsnprintf(failure->text, size, format, list);
        va_end(list);
    }
    return failure;
}

struct tick_failure *tick_failure_ref(struct tick_failure *failure) {
    if (failure->refs != IMMORTAL)
        failure->refs++;
    return failure;
}

void tick_failure_unref(struct tick_failure *failure) {
    if (!failure || failure->refs == IMMORTAL || --failure->refs > 0)
        return;
    for (uint32_t i = 0; i < failure->count; i++)
        tick_failure_unref(failure->children[i]);
    tick__free(failure->children);
    tick__free(failure);
}

struct tick_failure *tick__failure_plain(int code) {
    struct tick_failure *failure = tick_failure_new_at(NULL, code, tick_error_name(code), NULL);
    return failure ? failure : (struct tick_failure *)(uintptr_t)&out_of_memory;
}

// --- in words ---

#define DEEPEST 8 // groups within groups that are looked into

static void say_failure(struct tick__line *words, const struct tick_failure *failure, unsigned depth) {
    const char *code = tick_error_name(failure->code);
    if (failure->name && strcmp(failure->name, code) != 0)
        tick__line_format(words, "%s (%s)", failure->name, code);
    else
        tick__line_put(words, code);
    tick__line_format(words, ": %s", failure->text ? failure->text : tick_error_text(failure->code));
    for (uint32_t i = 0; i < failure->count && depth < DEEPEST && !tick__line_cut(words); i++) {
        tick__line_put(words, i ? "; " : " [");
        say_failure(words, failure->children[i], depth + 1);
    }
    if (failure->count && depth < DEEPEST)
        tick__line_put(words, "]");
}

void tick__failure_words(const struct tick_failure *failure, char *text, size_t size) {
    struct tick__line words = {text, size, 0};
    text[0] = '\0';
    say_failure(&words, failure, 0);
}

const struct tick_loc *tick__failure_place(const struct tick_failure *failure) {
    for (unsigned depth = 0; depth < DEEPEST && !failure->loc && failure->count; depth++)
        failure = failure->children[0];
    return failure->loc;
}
