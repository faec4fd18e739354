// Each thread with what it waits for and its stack, innermost first: a C program's by functions and lines, a Python program's by Python's
// own lines, and above them the C functions that these called, if they are not the interpreter's.
#include "sim/keeper/stacks_int.h"
#include "src/base/line.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRAMES 40 // of a thread that are told

// --- Python's ---

// Lines of one of its threads: "  File "x.py", line 12 in worker".
struct python {
    const char *lines, *end;
};

static const char *line_end(const char *at, const char *end) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    return newline ? newline : end;
}

// Of the thread that it calls so: "Thread 0x00007ffff7d8a740 (most recent call first):", or "Current thread 0x...".
static struct python python_of(const struct tick_guest_control *control, uint64_t pthread) {
    static const char mark[] = "hread 0x";
    const uint32_t used = control->python_used < TICK_GUEST_PYTHON ? control->python_used : TICK_GUEST_PYTHON;
    const char *const end = control->python + used;
    struct python found = {0};
    for (const char *line = control->python, *next; line < end; line = next) {
        const char *const upto = line_end(line, end);
        next = upto < end ? upto + 1 : end;
        char text[80];
        snprintf(text, sizeof text, "%.*s", (int)(upto - line), line);
        const char *const id = *line == ' ' ? NULL : strstr(text, mark);
        if (found.lines && *line != ' ')
            return found;
        if (id && strtoull(id + sizeof mark - 1, NULL, 16) == pthread)
            found.lines = next;
        if (found.lines)
            found.end = next > found.lines ? next : found.lines;
    }
    return found;
}

static const char *from_here(const char *path) {
    char here[4096];
    const size_t length = getcwd(here, sizeof here) ? strlen(here) : 0;
    return length > 1 && strncmp(path, here, length) == 0 && path[length] == '/' ? path + length + 1 : path;
}

static void put_frame(struct tick__line *to, const char *function, const char *file, int line) {
    tick__line_format(to, "    %s (%s:%d)\n", function, from_here(file), line);
}

static void put_python(struct tick__line *to, const struct python *python) {
    char file[1024], function[256], text[1500];
    int number, count = 0;
    for (const char *line = python->lines, *next; line && line < python->end; line = next) {
        const char *const upto = line_end(line, python->end);
        next = upto < python->end ? upto + 1 : python->end;
        snprintf(text, sizeof text, "%.*s", (int)(upto - line), line);
        if (sscanf(text, " File \"%1023[^\"]\", line %d in %255[^\n]", file, &number, function) == 3) {
            if (count++ < FRAMES)
                put_frame(to, function, file, number);
        } else if (upto > line) {
            tick__line_format(to, "    %s\n", text + strspn(text, " "));
        }
    }
    if (count > FRAMES)
        tick__line_format(to, "    ... %d more\n", count - FRAMES);
}

// --- the processor's ---

struct telling {
    struct tick__line *to;
    bool python; // its Python lines are known
    int told, left_out;
};

static bool is_ours(const struct tick__frame *frame) {
    return strncmp(frame->module, "libretick_guest", strlen("libretick_guest")) == 0;
}

static bool is_libc(const struct tick__frame *frame) {
    return strncmp(frame->module, "libc.so", 7) == 0 || strncmp(frame->module, "libpthread", 10) == 0 ||
           strncmp(frame->module, "ld-", 3) == 0;
}

static bool put(void *ctx, const struct tick__frame *frame) {
    struct telling *telling = ctx;
    struct tick__line *to = telling->to;
    if ((telling->python && frame->python) || strncmp(frame->function, "__libc_start", strlen("__libc_start")) == 0) // who called main
        return false;
    if (is_ours(frame) || strcmp(frame->function, "__restore_rt") == 0 || (telling->python && is_libc(frame)))
        return true;
    if (telling->told == FRAMES) {
        telling->left_out++;
        return telling->left_out < 10000;
    }
    telling->told++;
    if (frame->file[0])
        put_frame(to, frame->function[0] ? frame->function : "?", frame->file, frame->line);
    else if (frame->function[0])
        tick__line_format(to, "    %s+0x%llx (%s)\n", frame->function, (unsigned long long)frame->offset, frame->module);
    else if (frame->module[0])
        tick__line_format(to, "    %s+0x%llx\n", frame->module, (unsigned long long)frame->offset);
    else
        tick__line_format(to, "    generated code\n");
    return strcmp(frame->function, "main") != 0;
}

static bool put_one(void *ctx, const struct tick__frame *frame) {
    (void)put(ctx, frame);
    return false;
}

static void put_thread(
    struct tick__line *to, const struct tick__keeper *k, struct tick__walk *walk, const struct tick_guest_standing *from) {
    const struct tick_guest_control *control = k->control;
    const struct python python = python_of(control, from->pthread);
    struct telling telling = {to, python.lines != NULL, 0, 0};
    if (!from->thread[0]) { // what was left open, where it was opened
        tick__line_format(to, "  %s\n", from->waits);
        if (walk && from->registers[TICK_GUEST_REGISTERS - 1])
            tick__walk(walk, from, put_one, &telling);
        if (python.lines)
            put_python(to, &python);
        return;
    }
    tick__line_format(to, "  %s", from->thread);
    if (from->name[0])
        tick__line_format(to, " \"%s\"", from->name);
    if (from->waits[0])
        tick__line_format(to, " waits for %s\n", from->waits);
    else if (from->runs && control->outcome.end == TICK_GUEST_SIGNALLED)
        tick__line_format(to, control->outcome.code == SIGXCPU ? " still ran\n" : " was killed here\n");
    else
        tick__line_format(to, from->runs ? " ran\n" : " could go on\n");
    if (walk)
        tick__walk(walk, from, put, &telling);
    if (telling.left_out)
        tick__line_format(to, "    ... %d more\n", telling.left_out);
    if (python.lines)
        put_python(to, &python);
}

// --- all of it ---

// What has no place is cut behind a whole line.
static void cut(struct tick__line *to) {
    static const char rest[] = "  ... and more\n";
    if (!tick__line_cut(to))
        return;
    size_t at = to->size - sizeof rest;
    while (at > 0 && to->text[at - 1] != '\n')
        at--;
    memcpy(to->text + at, rest, sizeof rest);
}

static void tell(struct tick__keeper *k) {
    const struct tick_guest_control *control = k->control;
    const uint32_t count = control->standing_count < TICK_GUEST_STANDING ? control->standing_count : TICK_GUEST_STANDING;
    const char *why, *host = control->settings.host[0] ? control->settings.host : "app";
    struct tick__walk *walk = NULL;
    struct tick__line line = {k->details, TICK_DETAILS_MOST, strlen(k->details)};
    const int rc = tick__walk_open(tick__guest_process(k), control->python_code, &walk, &why);
    if (control->outcome.end == TICK_GUEST_UNSUPPORTED)
        tick__line_format(&line, "what to do: %s\n", tick__guest_advice(control->outcome.text));
    if (!control->standing[0].thread[0])
        tick__line_format(&line, "what %s left over, and where it was opened:\n", host);
    else
        tick__line_format(&line, "where %s%s stood:\n", count > 1 ? "each thread of " : "", host);
    for (uint32_t i = 0; i < count; i++) {
        struct tick_guest_standing from = control->standing[i];
        from.thread[sizeof from.thread - 1] = from.name[sizeof from.name - 1] = from.waits[sizeof from.waits - 1] = 0;
        put_thread(&line, k, walk, &from);
    }
    if (control->standing_lost)
        tick__line_format(&line, "  ... and %u more threads\n", control->standing_lost);
    if (rc < 0)
        tick__line_format(&line, "  their stacks are not told: %s\n", why);
    else
        tick__walk_close(walk);
    cut(&line);
}

static void *in_a_thread(void *keeper) {
    tell(keeper);
    return NULL;
}

// On a stack of its own: libdw takes some hundred KB of it, and a world in which this is a host's doing has less.
void tick__stacks_take(struct tick__keeper *k) {
    pthread_t thread;
    if (k->details && k->control->standing_count && pthread_create(&thread, NULL, in_a_thread, k) == 0)
        pthread_join(thread, NULL);
}
