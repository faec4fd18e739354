// What a guest's end means as the outcome of a run.
#include "sim/keeper/keeper_int.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// --- what it said last ---

struct last_line {
    char text[300];
    size_t length; // of what belongs to the line that has not ended
    char *to;      // where the last whole one goes
    size_t size;
};

static void take_piece(struct last_line *last, const struct tick_guest_line *piece) {
    size_t room = sizeof last->text - 1 - last->length;
    room = piece->size < room ? piece->size : room;
    memcpy(last->text + last->length, piece->text, room);
    last->length += room;
    last->text[last->length] = 0;
    if (strspn(last->text, " \t\r") < last->length)
        snprintf(last->to, last->size, "%s", last->text);
    if (piece->ended)
        last->length = 0;
}

// The last line of output on fd 2 that is not blank. It may have been written piece by piece.
static void last_words(const struct tick_guest_control *control, char *text, size_t size) {
    struct last_line last = {.to = text, .size = size};
    text[0] = 0;
    for (uint32_t at = 0; at + sizeof(struct tick_guest_line) <= control->output_used;) {
        const struct tick_guest_line *const piece = (const void *)(control->output + at);
        const uint32_t room = ((uint32_t)sizeof *piece + piece->size + 7) & ~7u;
        if (room > control->output_used - at)
            return;
        if (piece->fd == 2)
            take_piece(&last, piece);
        at += room;
    }
}

// The same of what went past the library: of the loader, or of a program that it was never loaded into.
static void last_errors(int fd, char *text, size_t size) {
    char bytes[2000];
    const off_t end = lseek(fd, 0, SEEK_END), from = end > (off_t)sizeof bytes - 1 ? end - (off_t)sizeof bytes + 1 : 0;
    ssize_t length = pread(fd, bytes, sizeof bytes - 1, from);
    text[0] = 0;
    while (length > 0 && strchr("\n\r \t", bytes[length - 1]))
        length--;
    if (length <= 0)
        return;
    bytes[length] = 0;
    const char *const line = strrchr(bytes, '\n');
    snprintf(text, size, "%s", line ? line + 1 : bytes);
}

// --- verdicts ---

static const char *signal_name(int number) {
    const char *name = sigabbrev_np(number);
    return name ? name : "?";
}

static void exited(struct tick_outcome *out, int status, const char *said) {
    out->verdict = status ? TICK_HOST_FAILED : TICK_PASS;
    out->code = status;
    if (status)
        snprintf(out->text, sizeof out->text, "exit status %d%s%s", status, *said ? ": " : "", said);
}

static void signalled(struct tick_outcome *out, int number, const char *said) {
    out->verdict = TICK_CRASHED;
    out->code = number;
    snprintf(out->text, sizeof out->text, "killed by SIG%s%s%s", signal_name(number), *said ? ": " : "", said);
}

static void verdict(struct tick_outcome *out, enum tick_verdict verdict, const char *what, const char *more) {
    out->verdict = verdict;
    snprintf(out->text, sizeof out->text, "%s%s", what, more);
    for (char *at = out->text; (at = strchr(at, '\n'));)
        *at = at[1] ? ';' : 0;
}

static void ended(const struct tick_guest_control *control, struct tick_outcome *out) {
    const struct tick_guest_outcome *const end = &control->outcome;
    char said[300];
    last_words(control, said, sizeof said);
    switch ((enum tick_guest_end)end->end) {
    case TICK_GUEST_EXITED:
        exited(out, end->code, said);
        return;
    case TICK_GUEST_SIGNALLED:
        signalled(out, end->code, said);
        return;
    case TICK_GUEST_DEADLOCKED:
        verdict(out, TICK_DEADLOCKED, end->waits, "");
        return;
    case TICK_GUEST_LATE:
    case TICK_GUEST_BUSY:
        verdict(out, TICK_LIMIT_PASSED, end->text, "");
        return;
    case TICK_GUEST_NO_MEMORY:
        verdict(out, TICK_OUT_OF_MEMORY, end->text, "");
        return;
    case TICK_GUEST_UNSUPPORTED:
        verdict(out, TICK_EXITED, end->text, "");
        return;
    case TICK_GUEST_BROKEN:
    case TICK_GUEST_UNENDED:
        verdict(out, TICK_EXITED, "retick itself failed: ", end->text);
        return;
    }
    verdict(out, TICK_EXITED, "retick itself failed: ", "an end that is none");
}

// The process is gone, and did not say how.
static void died(const struct tick__keeper *k, struct tick_outcome *out) {
    const struct tick_guest_control *const control = k->control;
    char said[300];
    last_words(control, said, sizeof said);
    if (!*said)
        last_errors(k->errors, said, sizeof said);
    if (!control->root && control->why[0])
        verdict(out, TICK_BAD_SCENARIO, control->why, "");
    else if (!control->root)
        verdict(out, TICK_BAD_SCENARIO, "retick's library was not loaded into the program. ", said);
    else if (WIFSIGNALED(k->status))
        signalled(out, WTERMSIG(k->status), said);
    else
        exited(out, WEXITSTATUS(k->status), said);
}

void tick__guest_outcome(const struct tick__keeper *k, bool gone, struct tick_outcome *out) {
    const struct tick_guest_control *const control = k->control;
    *out = (struct tick_outcome){0};
    if (gone)
        died(k, out);
    else
        ended(control, out);
    snprintf(out->host, sizeof out->host, "%s", control->settings.host[0] ? control->settings.host : "app");
    snprintf(out->task, sizeof out->task, "%s", control->outcome.thread);
    out->ended_at = control->outcome.ended_at;
    out->choices = control->outcome.choices;
    out->iterations = control->outcome.points;
    out->deviations = control->deviation_count;
}
