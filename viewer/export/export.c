#include "trace/story.h"
#include "viewer/export/export_int.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

const struct tick_export_format tick_export_formats[] = {
    {"perfetto", ".perfetto", "for ui.perfetto.dev: hosts, tasks, waits as slices, arrows for messages and wake-ups", true,
        tick__export_perfetto},
    {"chrome", ".chrome.json", "Trace Event JSON, for chrome://tracing, Perfetto, speedscope", false, tick__export_chrome},
    {"otlp", ".otlp.json", "OpenTelemetry spans, as OTLP/JSON: tasks, their waits, messages", false, tick__export_otlp},
    {"folded", ".folded", "stacks for flame graphs: where each task's time went, by who began it", false, tick__export_folded},
    {"shiviz", ".shiviz.log", "a log with vector clocks, for ShiViz: what hosts do, and who could know of it", false, tick__export_shiviz},
    {"csv", ".csv", "a folder with each table and view as a file (RFC 4180)", false, NULL},
    {NULL, NULL, NULL, false, NULL},
};

const struct tick_export_format *tick_export_format(const char *name) {
    const struct tick_export_format *format = tick_export_formats;
    while (format->name && strcmp(format->name, name) != 0)
        format++;
    return format->name ? format : NULL;
}

// --- names ---

struct life { // of a host: which of those of its name
    uint64_t host;
    uint32_t life;
};

static int read_lives(struct tick__exporting *exporting) {
    sqlite3_stmt *row;
    exporting->lives.row = sizeof(struct life);
    TICK_TRY(tick__prepare(exporting->trace,
        "SELECT host_id, row_number() OVER (PARTITION BY name ORDER BY host_id) FROM hosts WHERE host_id BETWEEN 1 AND 4294967295", &row,
        exporting->error));
    int code = 0;
    while (code == 0 && sqlite3_step(row) == SQLITE_ROW) {
        struct life *life = tick__open_add(&exporting->lives, (uint64_t)sqlite3_column_int64(row, 0));
        if (life)
            life->life = (uint32_t)sqlite3_column_int64(row, 1);
        else
            code = tick_error_set(exporting->error, -ENOMEM, "%s: out of memory", exporting->trace->path);
    }
    if (sqlite3_finalize(row) != SQLITE_OK && code == 0)
        code = tick__trace_failed(exporting->trace, exporting->error);
    return code;
}

void tick__export_host(const struct tick__exporting *exporting, uint32_t host, struct tick__said *said) {
    const struct life *life = host ? tick__open_find(&exporting->lives, host) : NULL;
    tick__said_host(&exporting->tale, host, said);
    if (life && life->life > 1)
        tick__say_to(said, " (life %u)", (unsigned)life->life);
}

// --- the whole ---

int tick_export(const struct tick_trace *trace, const struct tick_export_format *format, FILE *out, struct tick_error *error) {
    struct tick__exporting exporting = {.trace = trace, .out = out, .error = error};
    *error = (struct tick_error){0};
    errno = 0;
    TICK_TRY(tick__tale_open(trace, &exporting.tale, error));
    int code = read_lives(&exporting);
    if (code == 0)
        code = format->write(&exporting);
    tick__open_fini(&exporting.lives);
    tick__tale_fini(&exporting.tale);
    if (code == 0 && (fflush(out) != 0 || ferror(out)))
        code = errno ? -errno : -EIO;
    return code;
}

bool tick_export_is_own(int fd) {
    static const char *const beginnings[] = {TICK__EXPORT_CHROME, TICK__EXPORT_OTLP, TICK__EXPORT_FOLDED, TICK__EXPORT_SHIVIZ};
    char head[256] = "";
    const ssize_t got = pread(fd, head, sizeof head - 1, 0);
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (strncmp(head, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return got > 0 && memmem(head, (size_t)got < 64 ? (size_t)got : 64, TICK__EXPORT_PERFETTO, strlen(TICK__EXPORT_PERFETTO)) != NULL;
}

const char *tick__export_scenario(const struct tick__exporting *exporting) {
    return *exporting->trace->scenario ? exporting->trace->scenario : "run";
}

void tick__export_span(const struct tick__exporting *exporting, const struct tick__span *span, struct tick__said *said) {
    switch (span->kind) {
    case TICK__SPAN_RUNS:
        tick__say_to(said, "runs");
        break;
    case TICK__SPAN_READY:
        tick__say_to(said, "ready");
        break;
    case TICK__SPAN_WAITS:
        tick__say_to(said, "waits");
        if (span->wait) {
            tick__say_to(said, " ");
            tick__said_wait(&exporting->tale, span->wait, said);
        }
        break;
    }
}

uint32_t tick__export_next_host(const struct tick__exporting *exporting, uint32_t host) {
    uint32_t next = 0;
    for (const struct life *life = NULL; (life = tick__open_next(&exporting->lives, life));)
        if (life->host > host && (!next || life->host < next))
            next = (uint32_t)life->host;
    return next;
}

// --- events ---

// How a task comes to its turn, which its stretches show.
static bool is_wiring(const struct tick__tale_event *event) {
    static const bool wiring[TICK_EVENT_KINDS] = {[TICK_EV_TASK_READY] = true,
        [TICK_EV_STEP_BEGIN] = true,
        [TICK_EV_STEP_END] = true,
        [TICK_EV_FUTURE_CREATE] = true,
        [TICK_EV_FUTURE_AWAIT] = true,
        [TICK_EV_CALLBACK_READY] = true,
        [TICK_EV_CALLBACK_RUN] = true,
        [TICK_EV_TIMER_ARM] = true,
        [TICK_EV_TIMER_FIRE] = true,
        [TICK_EV_TIMER_CANCEL] = true,
        [TICK_EV_IO_SUBMIT] = true,
        [TICK_EV_WAIT_BEGIN] = true,
        [TICK_EV_WAIT_END] = true};
    return event->kind < TICK_EVENT_KINDS && wiring[event->kind];
}

bool tick__export_wakes(const struct tick__tale_event *event) {
    return event->kind == TICK_EV_TASK_READY && event->task && event->task != event->subject;
}

bool tick__export_say(
    const struct tick__exporting *exporting, uint32_t seq, const struct tick__tale_event *event, struct tick__said *said) {
    if (tick__export_wakes(event)) {
        tick__say_to(said, "wakes ");
        tick__said_task(&exporting->tale, event->subject, said);
        return true;
    }
    if (is_wiring(event) || (event->kind == TICK_EV_IO_COMPLETE && !event->task)) // of a poll: the step that it lets run shows it
        return false;
    tick__deed_say(&exporting->tale, seq, said);
    return true;
}

const char *tick__export_kind(const struct tick__tale_event *event) {
    switch (event->kind) {
#define KIND_WORD(name, number, word) \
    case name: \
        return word;
        TICK_EVENTS(KIND_WORD)
#undef KIND_WORD
    default:
        return "event";
    }
}

static void add_message(const struct tick__exporting *exporting, uint32_t recv, struct tick__export_messages *read) {
    const struct tick__tale_event *event = tick__tale_event(&exporting->tale, recv);
    if (event->kind == TICK_EV_MSG_RECV && event->subject && read->count < sizeof read->message / sizeof *read->message)
        read->message[read->count++] = event->subject;
}

void tick__export_read_by(const struct tick__exporting *exporting, uint32_t seq, struct tick__export_messages *read) {
    const struct tick__tale_event *event = tick__tale_event(&exporting->tale, seq);
    const struct tick__tale_cause *causes;
    read->count = 0;
    if (event->kind != TICK_EV_IO_COMPLETE)
        return;
    const uint32_t cause = event->cause;
    const size_t count = tick__tale_causes_of(&exporting->tale, seq, &causes);
    uint32_t others[16];
    size_t reads = 0;
    for (size_t i = 0; i < count && reads < sizeof others / sizeof *others; i++)
        if (strcmp(causes[i].how, "read") == 0)
            others[reads++] = causes[i].cause;
    for (size_t i = 0; i < reads; i++)
        add_message(exporting, others[i], read);
    add_message(exporting, cause, read);
}

#define LINKS_MOST 8 // from a step back to what it waited for: ready, a future or callback or two, the operation

void tick__export_woken_by(const struct tick__exporting *exporting, uint32_t step, struct tick__export_woken *woken) {
    *woken = (struct tick__export_woken){0};
    uint32_t seq = tick__tale_event(&exporting->tale, step)->cause;
    for (int links = 0; seq && links < LINKS_MOST; links++) {
        const struct tick__tale_event event = *tick__tale_event(&exporting->tale, seq);
        if (tick__export_wakes(&event))
            woken->by = seq;
        else if (event.kind == TICK_EV_IO_COMPLETE)
            tick__export_read_by(exporting, seq, &woken->read);
        else if (event.kind == TICK_EV_MSG_RECV)
            add_message(exporting, seq, &woken->read);
        if (woken->by || woken->read.count || event.kind == TICK_EV_STEP_BEGIN || event.kind == TICK_EV_TASK_CREATE)
            return;
        seq = event.cause;
    }
}

void tick__export_json(FILE *out, const char *text) {
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}
