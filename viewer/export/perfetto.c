// Perfetto's own format: a Trace of TracePackets with TrackEvents. Hosts are processes, tasks are tracks; what happens to a host while none
// of its tasks acts has a track of its own. https://perfetto.dev/docs/reference/synthetic-track-event
//
// Packets are written as the walk comes by. Perfetto sorts them by time, and keeps the order of those of one moment, of which a simulated
// run has many.
#include "viewer/export/export_int.h"
#include "viewer/export/proto.h"
#include <errno.h>

enum { PACKET = 1 };                                                                                      // of Trace
enum { TIMESTAMP = 8, SEQUENCE = 10, TRACK_EVENT = 11, TRACK_DESCRIPTOR = 60 };                           // of TracePacket
enum { UUID = 1, NAME = 2, PROCESS = 3, PARENT = 5, ORDERING = 11, RANK = 12 };                           // of TrackDescriptor
enum { PID = 1, PROCESS_NAME = 6 };                                                                       // of ProcessDescriptor
enum { EXPLICIT = 3 };                                                                                    // ChildTracksOrdering
enum { ANNOTATION = 4, TYPE = 9, TRACK = 11, CATEGORY = 22, EVENT_NAME = 23, FLOW = 47, FLOW_ENDS = 48 }; // of TrackEvent
enum { SLICE_BEGIN = 1, SLICE_END = 2, INSTANT = 3 };                                                     // Type
enum { UINT_VALUE = 3, STRING_VALUE = 6, ANNOTATION_NAME = 10 };                                          // of DebugAnnotation

// Numbers of tracks: which sort, and the object's.
static const uint64_t RUN = 1, OF_HOST = 1ull << 32, OF_TASK = 2ull << 32, OF_WORLD = 3ull << 32;
// Numbers of flows: of a message its object's, of a wake-up the event's.
static const uint64_t WAKES = 1ull << 32;

static void put_packet(struct tick__exporting *exporting, const struct tick__proto *packet) {
    struct tick__proto head = {0};
    tick__proto_varint(&head, PACKET << 3 | 2);
    tick__proto_varint(&head, packet->size);
    if (packet->full) // texts are cut long before
        return;
    fwrite(head.bytes, 1, head.size, exporting->out);
    fwrite(packet->bytes, 1, packet->size, exporting->out);
}

struct track {
    uint64_t uuid, parent;
    const char *name;
    uint32_t pid, rank; // pid: it is a process; 0: it is not
};

static void put_track(struct tick__exporting *exporting, const struct track *track) {
    struct tick__proto descriptor = {0}, process = {0}, packet = {0};
    tick__proto_number(&descriptor, UUID, track->uuid);
    tick__proto_text(&descriptor, NAME, track->name);
    if (track->pid) {
        tick__proto_number(&process, PID, track->pid);
        tick__proto_text(&process, PROCESS_NAME, track->name);
        tick__proto_message(&descriptor, PROCESS, &process);
        tick__proto_number(&descriptor, ORDERING, EXPLICIT);
    }
    if (track->parent)
        tick__proto_number(&descriptor, PARENT, track->parent);
    if (track->rank)
        tick__proto_number(&descriptor, RANK, track->rank);
    tick__proto_message(&packet, TRACK_DESCRIPTOR, &descriptor);
    tick__proto_number(&packet, SEQUENCE, 1);
    put_packet(exporting, &packet);
}

static void annotate(struct tick__proto *event, const char *name, uint64_t number, const char *text) {
    struct tick__proto annotation = {0};
    tick__proto_text(&annotation, ANNOTATION_NAME, name);
    if (text)
        tick__proto_text(&annotation, STRING_VALUE, text);
    else
        tick__proto_number(&annotation, UINT_VALUE, number);
    tick__proto_message(event, ANNOTATION, &annotation);
}

static void begin_event(struct tick__proto *event, int type, uint64_t track, const char *category, const char *name) {
    tick__proto_number(event, TYPE, (uint64_t)type);
    tick__proto_number(event, TRACK, track);
    if (category)
        tick__proto_text(event, CATEGORY, category);
    if (name)
        tick__proto_text(event, EVENT_NAME, name);
}

static void annotate_event(const struct tick__exporting *exporting, struct tick__proto *event, uint32_t seq, uint32_t loc) {
    char place[128] = "";
    tick__said_place(&exporting->tale, loc, &TICK__SAID(place));
    annotate(event, "event", seq, NULL);
    if (*place)
        annotate(event, "place", 0, place);
}

static void put_event(struct tick__exporting *exporting, const struct tick__proto *event, int64_t at) {
    struct tick__proto packet = {0};
    tick__proto_number(&packet, TIMESTAMP, (uint64_t)at);
    tick__proto_number(&packet, SEQUENCE, 1);
    tick__proto_message(&packet, TRACK_EVENT, event);
    put_packet(exporting, &packet);
}

static void task(struct tick__exporting *exporting, uint32_t id, uint32_t host, uint32_t seq) {
    char name[200] = "";
    (void)seq;
    tick__said_task(&exporting->tale, id, &TICK__SAID(name));
    const struct track track = {.uuid = OF_TASK | id, .parent = host ? OF_HOST | host : RUN, .name = name, .rank = id};
    put_track(exporting, &track);
}

static void runs(struct tick__exporting *exporting, uint32_t id, uint32_t seq, int64_t at) {
    struct tick__proto event = {0};
    struct tick__export_woken woken;
    begin_event(&event, SLICE_BEGIN, OF_TASK | id, "runs", "runs");
    tick__export_woken_by(exporting, seq, &woken);
    if (woken.by)
        tick__proto_fixed64(&event, FLOW_ENDS, WAKES | woken.by);
    for (size_t i = 0; i < woken.read.count; i++)
        tick__proto_fixed64(&event, FLOW_ENDS, woken.read.message[i]);
    annotate_event(exporting, &event, seq, 0);
    put_event(exporting, &event, at);
}

static void span(struct tick__exporting *exporting, const struct tick__span *span) {
    struct tick__proto begin = {0}, end = {0};
    char name[256] = "";
    if (span->kind != TICK__SPAN_RUNS) {
        tick__export_span(exporting, span, &TICK__SAID(name));
        begin_event(&begin, SLICE_BEGIN, OF_TASK | span->task, span->kind == TICK__SPAN_READY ? "ready" : "waits", name);
        annotate_event(exporting, &begin, span->begin, tick__tale_event(&exporting->tale, span->wait)->loc);
        if (span->open)
            annotate(&begin, "end", 0, "it still does when its run, or its host, ends");
        put_event(exporting, &begin, span->from);
    }
    begin_event(&end, SLICE_END, OF_TASK | span->task, NULL, NULL);
    put_event(exporting, &end, span->to);
}

static void event(struct tick__exporting *exporting, uint32_t seq, const struct tick__tale_event *told) {
    struct tick__proto event = {0};
    struct tick__export_messages read;
    const bool wakes = tick__export_wakes(told);
    char say[420] = "";
    if (!tick__export_say(exporting, seq, told, &TICK__SAID(say)))
        return;
    begin_event(&event, INSTANT,
        told->task   ? OF_TASK | told->task
        : told->host ? OF_WORLD | told->host
                     : RUN,
        tick__export_kind(told), say);
    tick__export_read_by(exporting, seq, &read);
    if (told->kind == TICK_EV_MSG_SEND || told->kind == TICK_EV_MSG_RECV)
        tick__proto_fixed64(&event, FLOW, told->subject);
    if (wakes)
        tick__proto_fixed64(&event, FLOW, WAKES | seq);
    for (size_t i = 0; i < read.count; i++)
        tick__proto_fixed64(&event, FLOW_ENDS, read.message[i]);
    annotate_event(exporting, &event, seq, told->loc);
    put_event(exporting, &event, told->ts);
}

static int hosts(struct tick__exporting *exporting) {
    char name[200];
    snprintf(name, sizeof name, "%s %s", TICK__EXPORT_PERFETTO, tick__export_scenario(exporting));
    put_track(exporting, &(struct track){.uuid = RUN, .name = name});
    for (uint32_t host = 0; (host = tick__export_next_host(exporting, host));) {
        name[0] = '\0';
        tick__export_host(exporting, host, &TICK__SAID(name));
        put_track(exporting, &(struct track){.uuid = OF_HOST | host, .name = name, .pid = host, .rank = host});
        put_track(exporting, &(struct track){.uuid = OF_WORLD | host, .parent = OF_HOST | host, .name = "network and faults", .rank = 1});
    }
    return 0;
}

int tick__export_perfetto(struct tick__exporting *exporting) {
    static const struct tick__walker walker = {.task = task, .runs = runs, .span = span, .event = event};
    TICK_TRY(hosts(exporting));
    return tick__export_walk(exporting, &walker);
}
