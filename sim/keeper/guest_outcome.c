// What a guest's end means as the outcome of a run.
#include "sim/keeper/keeper_int.h"
#include <ctype.h>
#include <retick/id.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// --- what it said last ---

struct last_words {
    char *text;
    size_t size;
};

static bool take_line(void *ctx, const struct tick__output_line *line) {
    const struct last_words *const last = ctx;
    if (line->fd == 2 && strspn(line->text, " \t\r") < line->length)
        snprintf(last->text, last->size, "%s", line->text);
    return true;
}

// The last line of output on fd 2 that is not blank.
static void last_words(const struct tick_guest_control *control, char *text, size_t size) {
    struct last_words last = {text, size};
    text[0] = 0;
    tick__output_lines(control, take_line, &last);
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

static void one_line(char *text) {
    for (char *at = text; (at = strchr(at, '\n'));)
        *at = at[1] ? ';' : 0;
}

static const char *signal_name(int number) {
    const char *name = sigabbrev_np(number);
    return name ? name : "?";
}

// The exception's name where that is what was said last ("AssertionError: the balance is -60"), else "": two exceptions are two findings.
static size_t exception_in(const char *said) {
    const char *end = said, *last = said; // of its words between dots
    for (; isalnum((unsigned char)*end) || *end == '_' || *end == '.'; end++)
        last = *end == '.' ? end + 1 : last;
    return isupper((unsigned char)*last) && (!*end || *end == ':') ? (size_t)(end - said) : 0;
}

static void exited(const struct tick__keeper *k, struct tick_outcome *out, int status, const char *said) {
    const int expected = k->program->wanted.status;
    char name[sizeof out->text];
    out->verdict = TICK_PASS;
    out->code = status;
    if (expected < 0 || status == expected)
        return;
    out->verdict = TICK_HOST_FAILED;
    snprintf(name, sizeof name, "%.*s", (int)exception_in(said), said);
    out->gist = *name ? tick_id_mix(tick_id_text(name), (uint64_t)status) : 0;
    char in_place[40] = "";
    if (expected)
        snprintf(in_place, sizeof in_place, " in place of %d", expected);
    const char *none = k->control->tenant || k->control->settings.shared ? "" : ", and nothing of it was simulated";
    snprintf(out->text, sizeof out->text, "exit status %d%s%s%s%s", status, in_place, *said ? ": " : "", said, none);
}

// "2 fds were left open at its exit: fd 7, a TCP socket on :7000, was left open; ..."
static void left_over(const struct tick_guest_control *control, struct tick_outcome *out) {
    const struct tick_guest_outcome *const end = &control->outcome;
    char count[80] = "", unread[80] = "", waits[sizeof out->text];
    if (!end->leaks && !end->unread)
        return;
    if (end->leaks)
        snprintf(count, sizeof count, "%u fd%s left open at its exit", end->leaks, end->leaks == 1 ? " was" : "s were");
    if (end->unread)
        snprintf(unread, sizeof unread, "%sunread bytes in %u fd%s", end->leaks ? ", " : "", end->unread, end->unread == 1 ? "" : "s");
    snprintf(waits, sizeof waits, "%.*s", (int)strnlen(end->waits, sizeof waits - 1), end->waits);
    out->verdict = TICK_LEAKED;
    out->code = 0;
    snprintf(out->text, sizeof out->text, "%s%s: %s", count, unread, waits);
    one_line(out->text);
}

static void signalled(struct tick_outcome *out, int number, const char *said) {
    out->verdict = TICK_CRASHED;
    out->code = number;
    snprintf(out->text, sizeof out->text, "killed by SIG%s%s%s", signal_name(number), *said ? ": " : "", said);
}

static void verdict(struct tick_outcome *out, enum tick_verdict verdict, const char *what, const char *more) {
    out->verdict = verdict;
    snprintf(out->text, sizeof out->text, "%s%s", what, more);
    one_line(out->text);
}

static void ended(const struct tick__keeper *k, struct tick_outcome *out) {
    const struct tick_guest_control *const control = k->control;
    const struct tick_guest_outcome *const end = &control->outcome;
    char said[300];
    last_words(control, said, sizeof said);
    switch ((enum tick_guest_end)end->end) {
    case TICK_GUEST_EXITED:
        exited(k, out, end->code, said);
        if (out->verdict == TICK_PASS)
            left_over(control, out);
        return;
    case TICK_GUEST_SIGNALLED:
        if (end->code == SIGXCPU && k->details) { // as sim/explore has it of one that says nothing
            verdict(out, TICK_HUNG, "the program did not come back within the CPU time that a run may take", "");
            return;
        }
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

static void nobody_was(const struct tick_guest_control *control, struct tick_outcome *out) {
    out->verdict = TICK_BAD_SCENARIO;
    snprintf(out->text, sizeof out->text,
        "nobody who is called %s made a socket, an epoll, a timer or a thread: name by --guest the program that does, as its command line "
        "has "
        "it: --guest server.js for node /srv/server.js",
        control->settings.tenant);
}

// The process is gone, and did not say how.
static void died(const struct tick__keeper *k, struct tick_outcome *out) {
    const struct tick_guest_control *const control = k->control;
    char said[300];
    last_words(control, said, sizeof said);
    if (!*said)
        last_errors(k->errors, said, sizeof said);
    if (k->outgrew) {
        out->verdict = TICK_OUT_OF_MEMORY;
        tick__guest_outgrown_words(k, out->text, sizeof out->text);
    } else if (!control->root && control->why[0])
        verdict(out, TICK_BAD_SCENARIO, control->why, "");
    else if (!control->root)
        verdict(out, TICK_BAD_SCENARIO, "retick's library was not loaded into the program. ", said);
    else if (!control->tenant && control->settings.tenant[0])
        nobody_was(control, out);
    else if (WIFSIGNALED(k->status))
        signalled(out, WTERMSIG(k->status), said);
    else
        exited(k, out, WEXITSTATUS(k->status), said);
}

void tick__guest_outcome(const struct tick__keeper *k, bool gone, struct tick_outcome *out) {
    const struct tick_guest_control *const control = k->control;
    *out = (struct tick_outcome){0};
    if (gone)
        died(k, out);
    else
        ended(k, out);
    tick__wanted_judge(k, out);
    snprintf(out->host, sizeof out->host, "%s", control->settings.host[0] ? control->settings.host : "app");
    snprintf(out->task, sizeof out->task, "%s", control->outcome.thread);
    out->ended_at = control->outcome.ended_at;
    out->choices = control->outcome.choices;
    out->iterations = control->outcome.points;
    out->deviations = control->deviation_count;
}
