// What the formats stand on: one walk over the events, in which each task's time falls into running, ready and waiting; and texts.
#ifndef RETICK_EXPORT_INT_H
#define RETICK_EXPORT_INT_H

#include "trace/explain/hops.h"
#include "trace/explain/said.h"
#include "trace/open_table.h"
#include "viewer/export/export.h"

// A stretch of a task's time. They follow each other without a gap, from its creation to its end.
enum tick__span_kind { TICK__SPAN_RUNS, TICK__SPAN_READY, TICK__SPAN_WAITS };
struct tick__span {
    enum tick__span_kind kind;
    uint32_t task, host;
    int64_t from, to;
    uint32_t begin, end; // the events at which it begins and ends
    uint32_t wait;       // of WAITS: the event that told what for; 0: not told
    int outcome;         // of RUNS: enum tick_step_outcome; -1: its end was never told
    bool open;           // the run, or the host's life, ended before it
};
struct tick__exporting {
    const struct tick_trace *trace;
    FILE *out;
    struct tick_error *error;
    struct tick__tale tale;        // asked row by row, and forgotten now and then: no pointer into it outlives a callback
    void *own;                     // the format's
    struct tick__open_table lives; // of hosts
    bool no_memory;
};
// Each may be NULL. Called in the order in which a stretch ends, an event happens.
struct tick__walker {
    void (*task)(struct tick__exporting *exporting, uint32_t task, uint32_t host, uint32_t seq); // it was made
    void (*runs)(struct tick__exporting *exporting, uint32_t task, uint32_t seq, int64_t at);    // a step begins
    void (*span)(struct tick__exporting *exporting, const struct tick__span *span);
    void (*event)(struct tick__exporting *exporting, uint32_t seq, const struct tick__tale_event *event);
    // Behind its last stretch. outcome: enum tick_step_outcome; -1: it went with its host, or was there at the end.
    void (*over)(struct tick__exporting *exporting, uint32_t task, uint32_t host, int64_t at, int outcome);
};
int tick__export_walk(struct tick__exporting *exporting, const struct tick__walker *walker);

// Names, made visible. Of a host that lives more than once: "server (life 2)".
void tick__export_host(const struct tick__exporting *exporting, uint32_t host, struct tick__said *said);
// What a stretch is called: "runs", "ready", "waits in read_line", "waits for app/b to end".
void tick__export_span(const struct tick__exporting *exporting, const struct tick__span *span, struct tick__said *said);
uint32_t tick__export_next_host(const struct tick__exporting *exporting, uint32_t host); // the one after it, 0 for the first; 0: the last

// What an event is called, in words that follow who did it: of what somebody does, or what happens to a host, rather than how a task
// comes to its turn; of a wake-up by another task. False: it is none of these.
bool tick__export_say(const struct tick__exporting *exporting, uint32_t seq, const struct tick__tale_event *event, struct tick__said *said);
bool tick__export_wakes(const struct tick__tale_event *event);       // a task wakes another one
const char *tick__export_kind(const struct tick__tale_event *event); // its word: "msg_send"

// The messages that an event takes in.
struct tick__export_messages {
    uint32_t message[16];
    size_t count;
};
void tick__export_read_by(const struct tick__exporting *exporting, uint32_t seq, struct tick__export_messages *read);
// What a step came of: the wake-up by another task (its task_ready; 0: none), or the messages whose coming it was.
struct tick__export_woken {
    uint32_t by;
    struct tick__export_messages read;
};
void tick__export_woken_by(const struct tick__exporting *exporting, uint32_t step, struct tick__export_woken *woken);

// Visible text as JSON: quotes and backslashes are escaped, nothing else need be.
void tick__export_json(FILE *out, const char *text);
// "run.db" is of a scenario: its name, or "run".
const char *tick__export_scenario(const struct tick__exporting *exporting);

int tick__export_chrome(struct tick__exporting *exporting);
int tick__export_perfetto(struct tick__exporting *exporting);
int tick__export_otlp(struct tick__exporting *exporting);
int tick__export_folded(struct tick__exporting *exporting);
int tick__export_shiviz(struct tick__exporting *exporting);
// How their files begin: what tick_export_is_own looks for.
#define TICK__EXPORT_CHROME "{\"otherData\":{\"program\":\"retick\""
#define TICK__EXPORT_OTLP \
    "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"telemetry.sdk.name\",\"value\":{\"stringValue\":\"retick\"}}"
#define TICK__EXPORT_FOLDED "retick "
#define TICK__EXPORT_SHIVIZ "(?<host>\\S+) (?<clock>\\{.*\\}) retick (?<ms>\\S+)\\n(?<event>.*)\n\n"
#define TICK__EXPORT_PERFETTO "retick run"

#endif
