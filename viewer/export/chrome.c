// Trace Event JSON, the object form. Hosts are processes, tasks are threads, and what a task does is a slice, so that arrows can begin and
// end there. Times are microseconds with three decimals.
#include "src/base/times.h"
#include "viewer/export/export_int.h"
#include <inttypes.h>

// The beginning of an event: a comma before all but the first, which the head has written.
static void begin(struct tick__exporting *exporting, const char *phase, uint32_t host, uint32_t task, int64_t at) {
    fprintf(exporting->out, ",\n{\"ph\":\"%s\",\"pid\":%" PRIu32 ",\"tid\":%" PRIu32 ",\"ts\":%" PRId64 ".%03d", phase, host, task,
        at / 1000, (int)(at % 1000));
}

static void named(struct tick__exporting *exporting, const char *what, uint32_t host, uint32_t task, const char *name, uint32_t rank) {
    fprintf(exporting->out, ",\n{\"ph\":\"M\",\"pid\":%" PRIu32 ",\"tid\":%" PRIu32 ",\"name\":\"%s_name\",\"args\":{\"name\":", host, task,
        what);
    tick__export_json(exporting->out, name);
    fprintf(exporting->out,
        "}},\n{\"ph\":\"M\",\"pid\":%" PRIu32 ",\"tid\":%" PRIu32 ",\"name\":\"%s_sort_index\",\"args\":{\"sort_index\":%" PRIu32 "}}",
        host, task, what, rank);
}

static void slice(struct tick__exporting *exporting, int64_t length, const char *category, const char *name, uint32_t seq, uint32_t loc) {
    char place[128] = "";
    tick__said_place(&exporting->tale, loc, &TICK__SAID(place));
    fprintf(exporting->out, ",\"dur\":%" PRId64 ".%03d,\"cat\":\"%s\",\"name\":", length / 1000, (int)(length % 1000), category);
    tick__export_json(exporting->out, name);
    fprintf(exporting->out, ",\"args\":{\"event\":%" PRIu32, seq);
    if (*place) {
        fputs(",\"place\":", exporting->out);
        tick__export_json(exporting->out, place);
    }
    fputs("}}", exporting->out);
}

static uint32_t host_of(const struct tick__exporting *exporting, uint32_t task) {
    return tick__tale_object(&exporting->tale, task)->host;
}

// An arrow begins ("s"), passes ("t") or ends ("f") in the slice that encloses it there.
static void arrow(
    struct tick__exporting *exporting, const char *phase, const char *what, uint32_t id, uint32_t host, uint32_t task, int64_t at) {
    begin(exporting, phase, host, task, at);
    fprintf(exporting->out, ",\"bp\":\"e\",\"cat\":\"%s\",\"name\":\"%s\",\"id\":\"%s%" PRIu32 "\"}", what, what, what, id);
}

static void task(struct tick__exporting *exporting, uint32_t id, uint32_t host, uint32_t seq) {
    char name[200] = "";
    (void)seq;
    tick__said_task(&exporting->tale, id, &TICK__SAID(name));
    named(exporting, "thread", host, id, name, id);
}

static void runs(struct tick__exporting *exporting, uint32_t id, uint32_t seq, int64_t at) {
    struct tick__export_woken woken;
    const uint32_t host = host_of(exporting, id);
    tick__export_woken_by(exporting, seq, &woken);
    if (woken.by)
        arrow(exporting, "f", "wakes", woken.by, host, id, at);
    for (size_t i = 0; i < woken.read.count; i++)
        arrow(exporting, "f", "message", woken.read.message[i], host, id, at);
}

static void span(struct tick__exporting *exporting, const struct tick__span *span) {
    static const char *const categories[] = {"runs", "ready", "waits"};
    char name[256] = "";
    tick__export_span(exporting, span, &TICK__SAID(name));
    begin(exporting, "X", span->host, span->task, span->from);
    slice(exporting, tick__ahead(span->to, span->from), categories[span->kind], name, span->begin,
        tick__tale_event(&exporting->tale, span->wait)->loc);
}

static void event(struct tick__exporting *exporting, uint32_t seq, const struct tick__tale_event *told) {
    const bool wakes = tick__export_wakes(told);
    struct tick__export_messages read;
    char say[420] = "";
    if (!tick__export_say(exporting, seq, told, &TICK__SAID(say)))
        return;
    const uint32_t host = told->task && host_of(exporting, told->task) ? host_of(exporting, told->task) : told->host;
    begin(exporting, "X", host, told->task, told->ts);
    slice(exporting, 0, tick__export_kind(told), say, seq, told->loc);
    tick__export_read_by(exporting, seq, &read);
    if (told->kind == TICK_EV_MSG_SEND || told->kind == TICK_EV_MSG_RECV)
        arrow(exporting, told->kind == TICK_EV_MSG_SEND ? "s" : "t", "message", told->subject, host, told->task, told->ts);
    if (wakes)
        arrow(exporting, "s", "wakes", seq, host, told->task, told->ts);
    for (size_t i = 0; i < read.count; i++)
        arrow(exporting, "f", "message", read.message[i], host, told->task, told->ts);
}

int tick__export_chrome(struct tick__exporting *exporting) {
    static const struct tick__walker walker = {.task = task, .runs = runs, .span = span, .event = event};
    char text[600] = "";
    fputs(TICK__EXPORT_CHROME ",\"scenario\":", exporting->out);
    tick__say_to(&TICK__SAID(text), "%s", tick__export_scenario(exporting));
    tick__export_json(exporting->out, text);
    text[0] = '\0';
    tick__say_to(&TICK__SAID(text), "%s", exporting->trace->verdict);
    fputs(",\"verdict\":", exporting->out);
    tick__export_json(exporting->out, text);
    fputs("},\"displayTimeUnit\":\"ns\",\"traceEvents\":[", exporting->out);
    fputs("\n{\"ph\":\"M\",\"pid\":0,\"tid\":0,\"name\":\"process_name\",\"args\":{\"name\":\"the world\"}}", exporting->out);
    for (uint32_t host = 0; (host = tick__export_next_host(exporting, host));) {
        text[0] = '\0';
        tick__export_host(exporting, host, &TICK__SAID(text));
        named(exporting, "process", host, 0, text, host);
        named(exporting, "thread", host, 0, "network and faults", 0);
    }
    const int code = tick__export_walk(exporting, &walker);
    fputs("\n]}\n", exporting->out);
    return code;
}
