// OpenTelemetry spans as OTLP/JSON: TracesData, one line each, so that a file can be posted to a collector as it is while it is small,
// and read line by line by one whatever its size. A host is a resource (service.name); a task is a span, its waits are children of it; a
// message is a producer's span, from its sending to its arrival, and a consumer's below that. https://opentelemetry.io/docs/specs/otlp
#include "src/base/times.h"
#include "viewer/export/export_int.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_MOST 128 // of a span, as OpenTelemetry's own limit is; others are counted
#define LINE_MOST 4000  // spans of a line

enum { INTERNAL = 1, PRODUCER = 4, CONSUMER = 5 }; // SpanKind
enum { UNSET = 0, FAILED = 2 };                    // StatusCode
// Numbers of spans: which sort, and the object's or event's.
static const uint64_t RUN = 1, OF_TASK = 1ull << 60, OF_WAIT = 2ull << 60, OF_MESSAGE = 3ull << 60, OF_ARRIVAL = 4ull << 60;

struct life { // of a task that is not over
    uint64_t task;
    int64_t from;
    uint32_t by, loc, dropped, count;
    char *events; // JSON, count of them
    size_t size;
};
struct own {
    struct tick__open_table lives;
    uint32_t host, spans;
    bool open; // a line is
};
struct span {
    uint64_t id, parent;
    uint32_t host;
    int kind, status;
    int64_t from, to;
    const char *name, *state; // state: what the status says, NULL: nothing
    uint32_t seq, loc;
    const struct life *life; // whose events these are; NULL: none
};

static void text(FILE *out, const char *key, const char *value) {
    fputs("{\"key\":", out);
    tick__export_json(out, key);
    fputs(",\"value\":{\"stringValue\":", out);
    tick__export_json(out, value);
    fputs("}}", out);
}

static void number(FILE *out, const char *key, int64_t value) {
    fputs("{\"key\":", out);
    tick__export_json(out, key);
    fprintf(out, ",\"value\":{\"intValue\":\"%" PRId64 "\"}}", value);
}

// 2020-01-01, which is where a simulated world's wall clocks begin; a real run has its own times, which are counted from its start, too.
static uint64_t unix_time(int64_t at) {
    return UINT64_C(1577836800000000000) + (uint64_t)at;
}

static void put_trace_id(const struct tick__exporting *exporting) {
    const struct tick_trace *trace = exporting->trace;
    for (int i = 0; trace->has_digest && i < 16; i++)
        fprintf(exporting->out, "%02x", trace->digest[i]);
    if (!trace->has_digest) // a real run has none
        fprintf(exporting->out, "%016" PRIx64 "%016" PRIx64, tick_id_mix(trace->seed, trace->events) | 1, (uint64_t)trace->ended_at);
}

static void close_line(struct tick__exporting *exporting) {
    struct own *own = exporting->own;
    if (own->open)
        fputs("]}]}]}\n", exporting->out);
    own->open = false;
    own->spans = 0;
}

// The resource of a host, within the line that is open, or as a new one.
static void open_host(struct tick__exporting *exporting, uint32_t host) {
    struct own *own = exporting->own;
    char name[200] = "";
    if (own->open && own->spans >= LINE_MOST)
        close_line(exporting);
    if (own->open && own->host == host) {
        fputs(",", exporting->out);
        own->spans++;
        return;
    }
    if (own->open)
        fputs(
            "]}]},{\"resource\":{\"attributes\":[{\"key\":\"telemetry.sdk.name\",\"value\":{\"stringValue\":\"retick\"}}", exporting->out);
    else
        fputs(TICK__EXPORT_OTLP, exporting->out);
    if (host)
        tick__export_host(exporting, host, &TICK__SAID(name));
    fputs(",", exporting->out);
    text(exporting->out, "service.name", *name ? name : "retick");
    fputs("]},\"scopeSpans\":[{\"scope\":{\"name\":\"retick\"},\"spans\":[", exporting->out);
    own->open = true;
    own->host = host;
    own->spans++;
}

static void put_span(struct tick__exporting *exporting, const struct span *span) {
    FILE *out = exporting->out;
    char place[128] = "";
    open_host(exporting, span->host);
    fputs("{\"traceId\":\"", out);
    put_trace_id(exporting);
    fprintf(out, "\",\"spanId\":\"%016" PRIx64 "\"", span->id);
    if (span->parent)
        fprintf(out, ",\"parentSpanId\":\"%016" PRIx64 "\"", span->parent);
    fputs(",\"name\":", out);
    tick__export_json(out, span->name);
    fprintf(out, ",\"kind\":%d,\"startTimeUnixNano\":\"%" PRIu64 "\",\"endTimeUnixNano\":\"%" PRIu64 "\",\"attributes\":[", span->kind,
        unix_time(span->from), unix_time(span->to));
    number(out, "retick.event", span->seq);
    tick__said_place(&exporting->tale, span->loc, &TICK__SAID(place));
    if (*place) {
        fputs(",", out);
        text(out, "retick.place", place);
    }
    fputs("]", out);
    if (span->life && span->life->count)
        fprintf(out, ",\"events\":[%s]", span->life->events);
    if (span->life && span->life->dropped)
        fprintf(out, ",\"droppedEventsCount\":%" PRIu32, span->life->dropped);
    if (span->status || span->state) {
        fprintf(out, ",\"status\":{\"code\":%d", span->status);
        if (span->state) {
            fputs(",\"message\":", out);
            tick__export_json(out, span->state);
        }
        fputs("}", out);
    }
    fputs("}", out);
}

static void task(struct tick__exporting *exporting, uint32_t id, uint32_t host, uint32_t seq) {
    struct own *own = exporting->own;
    struct life *life = tick__open_add(&own->lives, id);
    const struct tick__tale_event *event = tick__tale_event(&exporting->tale, seq);
    (void)host;
    if (!life) {
        exporting->no_memory = true;
        return;
    }
    life->from = event->ts;
    life->by = event->kind == TICK_EV_TASK_CREATE && event->task != id ? event->task : 0;
    life->loc = event->loc;
}

static void over(struct tick__exporting *exporting, uint32_t id, uint32_t host, int64_t at, int outcome) {
    static const char *const states[] = {"unfinished", "returned", "failed", "cancelled"};
    struct own *own = exporting->own;
    const struct life *life = tick__open_find(&own->lives, id);
    char name[200] = "";
    if (!life)
        return;
    tick__said_task(&exporting->tale, id, &TICK__SAID(name));
    put_span(exporting, &(struct span){.id = OF_TASK | id,
                            .parent = life->by ? OF_TASK | life->by : RUN,
                            .host = host,
                            .kind = INTERNAL,
                            .status = outcome == TICK_STEP_FAILED ? FAILED : UNSET,
                            .from = life->from,
                            .to = at,
                            .name = name,
                            .state = outcome < 0                    ? states[0]
                                     : outcome > TICK_STEP_RETURNED ? states[outcome]
                                                                    : NULL,
                            .loc = life->loc,
                            .life = life});
    free(life->events);
    tick__open_drop(&own->lives, id);
}

static void span(struct tick__exporting *exporting, const struct tick__span *stretch) {
    char name[256] = "";
    if (stretch->kind != TICK__SPAN_WAITS)
        return;
    tick__export_span(exporting, stretch, &TICK__SAID(name));
    put_span(exporting, &(struct span){.id = OF_WAIT | stretch->begin,
                            .parent = OF_TASK | stretch->task,
                            .host = stretch->host,
                            .kind = INTERNAL,
                            .from = stretch->from,
                            .to = stretch->to,
                            .name = name,
                            .state = stretch->open ? "it still does when its run, or its host, ends" : NULL,
                            .seq = stretch->begin,
                            .loc = tick__tale_event(&exporting->tale, stretch->wait)->loc});
}

static void message(struct tick__exporting *exporting, uint32_t seq, const struct tick__tale_event *told) {
    const struct tick__tale_message *message = tick__tale_message(&exporting->tale, told->subject);
    const bool sent = told->kind == TICK_EV_MSG_SEND;
    char name[200] = "";
    if (!message || (!sent && message->recv != seq)) // of one that comes twice the first time
        return;
    const uint32_t recv = message->recv;
    const int64_t arrives = recv ? tick__tale_event(&exporting->tale, recv)->ts : told->ts;
    tick__said_message(&exporting->tale, message, 60, &TICK__SAID(name));
    put_span(exporting, &(struct span){.id = (sent ? OF_MESSAGE : OF_ARRIVAL) | told->subject,
                            .parent = !sent        ? OF_MESSAGE | told->subject
                                      : told->task ? OF_TASK | told->task
                                                   : RUN,
                            .host = told->host,
                            .kind = sent ? PRODUCER : CONSUMER,
                            .status = recv ? UNSET : FAILED,
                            .from = told->ts,
                            .to = sent ? arrives : told->ts,
                            .name = name,
                            .state = recv ? NULL : "it never arrives",
                            .seq = seq,
                            .loc = told->loc});
}

// Kept until its task's span is written.
static void keep_event(struct tick__exporting *exporting, struct life *life, uint32_t seq, const struct tick__tale_event *told) {
    char say[420] = "", *grown = NULL;
    size_t size = 0;
    if (life->count == EVENTS_MOST) {
        life->dropped++;
        return;
    }
    FILE *out = open_memstream(&grown, &size);
    if (!out) {
        exporting->no_memory = true;
        return;
    }
    tick__deed_say(&exporting->tale, seq, &TICK__SAID(say));
    fprintf(out, "%s%s{\"timeUnixNano\":\"%" PRIu64 "\",\"name\":", life->events ? life->events : "", life->count ? "," : "",
        unix_time(told->ts));
    tick__export_json(out, say);
    fputs(",\"attributes\":[", out);
    number(out, "retick.event", seq);
    if (told->kind == TICK_EV_EXCEPTION) {
        fputs(",", out);
        text(out, "exception.message", say);
    }
    fputs("]}", out);
    if (fclose(out) != 0) {
        free(grown);
        exporting->no_memory = true;
        return;
    }
    free(life->events);
    life->events = grown;
    life->count++;
}

static void event(struct tick__exporting *exporting, uint32_t seq, const struct tick__tale_event *told) {
    struct own *own = exporting->own;
    struct life *life;
    switch (told->kind) {
    case TICK_EV_MSG_SEND:
    case TICK_EV_MSG_RECV:
        message(exporting, seq, told);
        return;
    case TICK_EV_LOG:
    case TICK_EV_MARK:
    case TICK_EV_EXCEPTION:
    case TICK_EV_VERDICT:
    case TICK_EV_CHOICE:
    case TICK_EV_SHARED_READ:
    case TICK_EV_SHARED_WRITE:
        life = told->task ? tick__open_find(&own->lives, told->task) : NULL;
        if (life)
            keep_event(exporting, life, seq, told);
        return;
    default:
        return;
    }
}

static void put_run(struct tick__exporting *exporting) {
    const struct tick_trace *trace = exporting->trace;
    char name[160] = "", state[600] = "";
    const bool failed = *trace->verdict && strcmp(trace->verdict, "pass") != 0;
    tick__say_to(&TICK__SAID(name), "%s", tick__export_scenario(exporting));
    if (failed)
        tick__say_to(&TICK__SAID(state), "%s: %s", trace->verdict, trace->text);
    put_span(exporting, &(struct span){.id = RUN,
                            .kind = INTERNAL,
                            .status = failed ? FAILED : UNSET,
                            .to = trace->ended_at,
                            .name = name,
                            .state = failed ? state : NULL,
                            .seq = (uint32_t)trace->events});
}

int tick__export_otlp(struct tick__exporting *exporting) {
    static const struct tick__walker walker = {.task = task, .span = span, .event = event, .over = over};
    struct own own = {.lives = {.row = sizeof(struct life)}};
    exporting->own = &own;
    put_run(exporting);
    const int code = tick__export_walk(exporting, &walker);
    close_line(exporting);
    for (const struct life *life = NULL; (life = tick__open_next(&own.lives, life));)
        free(life->events);
    tick__open_fini(&own.lives);
    return code;
}
