#include "viewer/graph_model.h"
#include "trace/story.h"
#include <errno.h>
#include <retick/probe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW ((int64_t)1 << 18) // events that are kept while reading; causes that lie further back are read again
#define FURTHER_MOST 64           // links of them

struct past {         // of an event
    uint32_t task;    // who acted, or on whose behalf
    uint32_t message; // which message it came of
};

struct reading {
    struct tick__graph *graph;
    const struct tick_trace *trace;
    struct tick_error *error;
    struct past *past;           // of the latest events, by seq
    int64_t latest, now;         // seq, and its time
    uint32_t *sender, *receiver; // by object id: nodes + 1 of a message; of a connection who is at its one end and at the other
};

int tick__graph_no_memory(struct tick_error *error) {
    return tick_error_set(error, -ENOMEM, "out of memory for the graph");
}

static char *copy(const char *text) {
    size_t size = strlen(text ? text : "") + 1;
    char *to = malloc(size);
    if (to)
        memcpy(to, text ? text : "", size);
    return to;
}

#define NOTE_LINES 3

// Appends a line to a note; the last of a long one says only that there are more.
int tick__graph_note(char **to, const char *line) {
    size_t before = *to ? strlen(*to) + 1 : 0, lines = 0;
    for (const char *at = *to; at; at = (at = strchr(at, '\n')) ? at + 1 : NULL)
        lines++;
    if (lines > NOTE_LINES)
        return 0;
    line = lines == NOTE_LINES ? "and others" : line;
    size_t size = before + strlen(line) + 1;
    char *grown = realloc(*to, size);
    if (!grown)
        return -ENOMEM;
    if (before)
        grown[before - 1] = '\n';
    memcpy(grown + before, line, size - before);
    *to = grown;
    return 0;
}

struct tick__graph_node *tick__graph_node_of(const struct tick__graph *graph, int64_t object) {
    if (object <= 0 || object > graph->objects || !graph->node_of[object])
        return NULL;
    return &graph->nodes[graph->node_of[object] - 1];
}

// Hosts stand in the order of their object ids.
struct tick__graph_host *tick__graph_host_of(const struct tick__graph *graph, int64_t object) {
    size_t low = 0, high = graph->host_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (graph->hosts[middle].object < object)
            low = middle + 1;
        else
            high = middle;
    }
    return low < graph->host_count && graph->hosts[low].object == object ? &graph->hosts[low] : NULL;
}

static uint32_t slot_of(const struct tick__graph *graph, uint32_t from, uint32_t to, enum tick__edge_kind kind) {
    uint64_t key = ((uint64_t)from << 35 ^ (uint64_t)to << 3 ^ kind) * 0x9e3779b97f4a7c15u;
    uint32_t at = (uint32_t)(key >> 32) & (graph->table_room - 1);
    for (; graph->table[at]; at = (at + 1) & (graph->table_room - 1)) {
        const struct tick__graph_edge *edge = &graph->edges[graph->table[at] - 1];
        if (edge->from == from && edge->to == to && edge->kind == kind)
            break;
    }
    return at;
}

struct tick__graph_edge *tick__graph_edge_of(const struct tick__graph *graph, uint32_t from, uint32_t to, enum tick__edge_kind kind) {
    if (!graph->table_room)
        return NULL;
    uint32_t at = slot_of(graph, from, to, kind);
    return graph->table[at] ? &graph->edges[graph->table[at] - 1] : NULL;
}

struct tick__graph_edge *tick__graph_edge_add(struct tick__graph *graph, uint32_t from, uint32_t to, enum tick__edge_kind kind) {
    if (2 * graph->edge_count >= graph->table_room) {
        uint32_t room = graph->table_room ? 2 * graph->table_room : 256;
        struct tick__graph_edge *edges = realloc(graph->edges, room * sizeof *edges);
        if (!edges)
            return NULL;
        graph->edges = edges;
        uint32_t *table = calloc(room, sizeof *table);
        if (!table)
            return NULL;
        free(graph->table);
        graph->table = table;
        graph->table_room = room;
        for (uint32_t i = 0; i < graph->edge_count; i++)
            table[slot_of(graph, edges[i].from, edges[i].to, edges[i].kind)] = i + 1;
    }
    uint32_t at = slot_of(graph, from, to, kind);
    if (!graph->table[at]) {
        graph->edges[graph->edge_count] = (struct tick__graph_edge){.from = from, .to = to, .kind = kind, .first = -1, .last = -1};
        graph->table[at] = (uint32_t)++graph->edge_count;
        graph->nodes[from].weight++;
        graph->nodes[to].weight++;
    }
    struct tick__graph_edge *edge = &graph->edges[graph->table[at] - 1];
    edge->count++;
    return edge;
}

void tick__graph_edge_at(struct tick__graph_edge *edge, int64_t ns) {
    edge->first = edge->first < 0 || ns < edge->first ? ns : edge->first;
    edge->last = ns > edge->last ? ns : edge->last;
}

static int connect(
    struct reading *reading, const struct tick__graph_node *from, const struct tick__graph_node *to, enum tick__edge_kind kind) {
    struct tick__graph *graph = reading->graph;
    if (!from || !to || from == to)
        return 0;
    struct tick__graph_edge *edge = tick__graph_edge_add(graph, (uint32_t)(from - graph->nodes), (uint32_t)(to - graph->nodes), kind);
    if (!edge)
        return tick__graph_no_memory(reading->error);
    tick__graph_edge_at(edge, reading->now);
    return 0;
}

// Ends a question: `code`, or what kept its rows from coming. A text that is NULL for want of memory ends the rows, too.
static int ended(const struct reading *reading, sqlite3_stmt *row, int code) {
    const int failed = sqlite3_finalize(row) != SQLITE_OK ? tick__trace_failed(reading->trace, reading->error) : 0;
    return code < 0 ? code : failed;
}

static int count_of(const struct reading *reading, const char *sql, int64_t *count) {
    sqlite3_stmt *row;
    *count = 0;
    TICK_TRY(tick__prepare(reading->trace, sql, &row, reading->error));
    if (sqlite3_step(row) == SQLITE_ROW)
        *count = sqlite3_column_int64(row, 0);
    return ended(reading, row, 0);
}

static int read_nodes(struct reading *reading) {
    struct tick__graph *graph = reading->graph;
    const struct tick_trace *trace = reading->trace;
    int64_t tasks, hosts, objects;
    TICK_TRY(count_of(reading, "SELECT count(*) FROM tasks", &tasks));
    TICK_TRY(count_of(reading, "SELECT count(*) FROM hosts", &hosts));
    TICK_TRY(count_of(reading, "SELECT max(object_id) FROM objects", &objects));
    graph->objects = (uint32_t)objects;
    graph->nodes = calloc((size_t)tasks + 1, sizeof *graph->nodes);
    graph->hosts = calloc((size_t)hosts + 1, sizeof *graph->hosts);
    graph->node_of = calloc((size_t)graph->objects + 1, sizeof *graph->node_of);
    if (!graph->nodes || !graph->hosts || !graph->node_of)
        return tick__graph_no_memory(reading->error);
    sqlite3_stmt *row;
    TICK_TRY(tick__prepare(trace, "SELECT host_id, name FROM hosts ORDER BY host_id", &row, reading->error));
    while (graph->host_count < (size_t)hosts && sqlite3_step(row) == SQLITE_ROW)
        graph->hosts[graph->host_count++] = (struct tick__graph_host){.object = (uint32_t)sqlite3_column_int64(row, 0),
            .name = copy((const char *)sqlite3_column_text(row, 1)),
            .began = -1,
            .crashed = -1};
    TICK_TRY(ended(reading, row, 0));
    for (size_t i = 0; i < graph->host_count; i++)
        if (!graph->hosts[i].name)
            return tick__graph_no_memory(reading->error);
    TICK_TRY(tick__prepare(trace,
        "SELECT t.task_id, t.host_id, coalesce(o.path, t.name, 'task ' || t.task_id), o.parent_id FROM tasks t LEFT JOIN objects o ON"
        " o.object_id = t.task_id ORDER BY t.task_id",
        &row, reading->error));
    while (graph->node_count < (size_t)tasks && sqlite3_step(row) == SQLITE_ROW) {
        struct tick__graph_node *node = &graph->nodes[graph->node_count++];
        *node = (struct tick__graph_node){.object = (uint32_t)sqlite3_column_int64(row, 0),
            .host = (uint32_t)sqlite3_column_int64(row, 1),
            .path = copy((const char *)sqlite3_column_text(row, 2)),
            .parent = (uint32_t)sqlite3_column_int64(row, 3),
            .created = -1,
            .ended = -1,
            .outcome = -1};
        if (node->object <= graph->objects)
            graph->node_of[node->object] = (uint32_t)graph->node_count;
        if (!node->path) {
            sqlite3_finalize(row);
            return tick__graph_no_memory(reading->error);
        }
    }
    for (size_t i = graph->node_count; i > 0; i--) {
        struct tick__graph_host *host = tick__graph_host_of(graph, graph->nodes[i - 1].host);
        if (!host)
            continue;
        graph->nodes[i - 1].next = host->first;
        host->first = (uint32_t)i;
    }
    return ended(reading, row, 0);
}

static uint32_t index_of(const struct tick__graph *graph, const struct tick__graph_node *node) {
    return node ? (uint32_t)(node - graph->nodes) + 1 : 0;
}

// Whether an event hands on whom it came of to those that it causes.
static bool hands_on(int kind) {
    return kind != TICK_EV_TASK_CREATE && kind != TICK_EV_TASK_READY && kind != TICK_EV_STEP_BEGIN && kind != TICK_EV_STEP_END &&
           kind != TICK_EV_FUTURE_AWAIT && kind != TICK_EV_MSG_SEND && kind != TICK_EV_MSG_RECV;
}

// Of an event that has left the window: from the file, up its causes.
static int read_past(struct reading *reading, int64_t seq, struct past *past) {
    struct tick__link link;
    *past = (struct past){0};
    for (int links = 0; seq > 0 && links < FURTHER_MOST; seq = link.cause < seq ? link.cause : 0, links++) {
        int found = tick__link_read(reading->trace, seq, &link, reading->error);
        if (found <= 0)
            return found;
        past->task = past->task ? past->task : (uint32_t)link.task;
        if (link.kind == TICK_EV_MSG_RECV && link.subject > 0 && link.subject <= reading->graph->objects)
            past->message = (uint32_t)link.subject;
        if (!hands_on(link.kind))
            break;
    }
    return 0;
}

static int past_of(struct reading *reading, int64_t seq, struct past *past) {
    if (seq <= reading->latest - WINDOW)
        return read_past(reading, seq, past);
    *past = reading->past[seq & (WINDOW - 1)];
    return 0;
}

static int take_ready(struct reading *reading, int64_t subject, int64_t cause) {
    struct tick__graph *graph = reading->graph;
    const struct tick__graph_node *woken = tick__graph_node_of(graph, subject);
    struct past past;
    if (!woken || cause <= 0 || cause >= reading->latest)
        return 0;
    TICK_TRY(past_of(reading, cause, &past));
    if (past.message) {
        if (!reading->receiver[past.message])
            reading->receiver[past.message] = index_of(graph, woken);
        return 0;
    }
    const struct tick__graph_node *waker = tick__graph_node_of(graph, past.task);
    if (waker && tick__graph_edge_of(graph, (uint32_t)(waker - graph->nodes), (uint32_t)(woken - graph->nodes), TICK__EDGE_SPAWN) &&
        woken->outcome < 0)
        return 0; // its first step: the spawn says it
    return connect(reading, waker, woken, TICK__EDGE_WAKE);
}

static int take_event(struct reading *reading, sqlite3_stmt *row) {
    struct tick__graph *graph = reading->graph;
    int64_t seq = sqlite3_column_int64(row, 0), ts = sqlite3_column_int64(row, 1), task = sqlite3_column_int64(row, 3);
    int64_t subject = sqlite3_column_int64(row, 4), cause = sqlite3_column_int64(row, 5), arg = sqlite3_column_int64(row, 6);
    int kind = sqlite3_column_int(row, 2);
    if (seq <= 0 || subject < 0 || subject > graph->objects)
        return 0;
    struct tick__graph_node *node = tick__graph_node_of(graph, subject), *actor = tick__graph_node_of(graph, task);
    struct past *past = &reading->past[seq & (WINDOW - 1)];
    reading->latest = seq;
    reading->now = ts;
    *past = (struct past){.task = (uint32_t)task};
    switch (kind) {
    case TICK_EV_TASK_CREATE:
        if (node)
            node->created = ts;
        return connect(reading, actor, node, TICK__EDGE_SPAWN);
    case TICK_EV_TASK_READY:
        return take_ready(reading, subject, cause);
    case TICK_EV_STEP_BEGIN:
        if (node)
            node->outcome = TICK_STEP_SUSPENDED;
        return 0;
    case TICK_EV_STEP_END:
        if (node) {
            node->outcome = (int)arg;
            node->ended = arg == TICK_STEP_SUSPENDED ? -1 : ts;
        }
        return 0;
    case TICK_EV_FUTURE_AWAIT:
        return connect(reading, actor, node, TICK__EDGE_AWAIT); // of a plain future its waking tells more
    case TICK_EV_MSG_SEND:
        reading->sender[subject] = index_of(graph, actor);
        return 0;
    case TICK_EV_MSG_RECV:
        past->message = (uint32_t)subject;
        return 0;
    default:
        break;
    }
    if (cause <= 0 || cause >= seq)
        return 0;
    struct past before;
    TICK_TRY(past_of(reading, cause, &before));
    past->message = before.message;
    if (past->message && actor && !reading->receiver[past->message])
        reading->receiver[past->message] = index_of(graph, actor);
    past->task = past->task ? past->task : before.task; // a timer's or callback's: on whose behalf
    return 0;
}

static int read_events(struct reading *reading) {
    sqlite3_stmt *row;
    TICK_TRY(tick__prepare(
        reading->trace, "SELECT seq, ts, kind, task_id, subject_id, cause_seq, arg FROM events ORDER BY seq", &row, reading->error));
    int code = 0;
    while (code == 0 && sqlite3_step(row) == SQLITE_ROW)
        code = take_event(reading, row);
    return ended(reading, row, code);
}

// --- messages ---

// One row: a message, or one more deviation of the message before.
struct letter {
    uint32_t message, connection;
    bool back;                              // the direction of answers
    int64_t src, dst, bytes, ordinal, sent; // sent: ns, -1: not known
    bool dropped;
    const char *line;
};

static uint32_t first_task(const struct tick__graph *graph, int64_t object) {
    const struct tick__graph_host *host = tick__graph_host_of(graph, object);
    return host ? host->first : 0;
}

// What is known of a connection's ends: the one who opened it is its sender, who answers its receiver.
static void learn_ends(struct reading *reading, const struct letter *letter) {
    uint32_t *opener = &reading->sender[letter->connection], *other = &reading->receiver[letter->connection];
    const uint32_t from = reading->sender[letter->message], to = reading->receiver[letter->message];
    if (!letter->connection)
        return;
    *(letter->back ? other : opener) = *(letter->back ? other : opener) ? *(letter->back ? other : opener) : from;
    *(letter->back ? opener : other) = *(letter->back ? opener : other) ? *(letter->back ? opener : other) : to;
}

// A task that was begun for a connection is at its other end.
static void learn_handlers(struct reading *reading) {
    for (size_t i = 0; i < reading->graph->node_count; i++) {
        const uint32_t parent = reading->graph->nodes[i].parent;
        if (parent && parent <= reading->graph->objects && !reading->receiver[parent])
            reading->receiver[parent] = (uint32_t)i + 1;
    }
}

// The edge that a message belongs to: *edge is NULL where it is not drawn.
static int edge_of(struct reading *reading, const struct letter *letter, struct tick__graph_edge **edge) {
    struct tick__graph *graph = reading->graph;
    const uint32_t connection = letter->connection, opener = connection ? reading->sender[connection] : 0,
                   other = connection ? reading->receiver[connection] : 0;
    uint32_t from = reading->sender[letter->message], to = reading->receiver[letter->message];
    *edge = NULL;
    from = from ? from : letter->back ? other : opener;
    to = to ? to : letter->back ? opener : other;
    if (!from && letter->bytes)
        from = first_task(graph, letter->src);
    enum tick__edge_kind kind = to ? TICK__EDGE_MESSAGE : TICK__EDGE_HOST;
    if (!to && (letter->bytes || !letter->ordinal)) // an end of stream alone says nothing
        to = first_task(graph, letter->dst);
    if (!from || !to || from == to)
        return 0;
    *edge = tick__graph_edge_add(graph, from - 1, to - 1, kind);
    return *edge ? 0 : tick__graph_no_memory(reading->error);
}

static int take_letter(struct reading *reading, const struct letter *letter, bool again, const void *payload, size_t kept) {
    struct tick__graph_edge *edge;
    char shown[40];
    TICK_TRY(edge_of(reading, letter, &edge));
    if (!edge)
        return 0;
    if (letter->line && tick__graph_note(&edge->note, letter->line) < 0)
        return tick__graph_no_memory(reading->error);
    edge->count -= again || letter->bytes == 0;
    if (again) // one more deviation of the same message
        return 0;
    edge->opens += letter->bytes == 0;
    if (letter->sent >= 0 && letter->bytes)
        tick__graph_edge_at(edge, letter->sent);
    edge->bytes += letter->bytes;
    edge->lost += letter->dropped;
    edge->back = letter->back;
    if (!payload || edge->sample)
        return 0;
    tick__printable(payload, kept, shown, sizeof shown);
    edge->sample = copy(shown);
    return edge->sample ? 0 : tick__graph_no_memory(reading->error);
}

static int read_messages(struct reading *reading) {
    struct tick__graph *graph = reading->graph;
    sqlite3_stmt *row;
    for (int pass = 0; pass < 2; pass++) {
        TICK_TRY(tick__prepare(reading->trace,
            "SELECT m.message_id, d.parent_id, d.kth, m.src_host_id, m.dst_host_id, m.bytes, m.fate = 'dropped', c.line, o.ordinal, "
            "m.payload, e.ts"
            " FROM messages m JOIN objects o ON o.object_id = m.message_id LEFT JOIN events e ON e.seq = m.send_seq"
            " LEFT JOIN objects d ON d.object_id = o.parent_id AND d.type = 'direction'"
            " LEFT JOIN choices c ON c.subject_id = o.parent_id AND c.ordinal BETWEEN o.ordinal AND o.ordinal +"
            " iif(d.object_id, max(coalesce(m.bytes, 1), 1), 1) - 1"
            " ORDER BY m.message_id, c.choice_id",
            &row, reading->error));
        int code = 0;
        uint32_t before = 0;
        while (code == 0 && sqlite3_step(row) == SQLITE_ROW) {
            const int64_t message = sqlite3_column_int64(row, 0), connection = sqlite3_column_int64(row, 1);
            if (message <= 0 || message > graph->objects || connection < 0 || connection > graph->objects)
                continue;
            const struct letter letter = {
                .message = (uint32_t)message,
                .connection = (uint32_t)connection,
                .back = sqlite3_column_int(row, 2) == TICK_IN,
                .src = sqlite3_column_int64(row, 3),
                .dst = sqlite3_column_int64(row, 4),
                .bytes = sqlite3_column_int64(row, 5),
                .dropped = sqlite3_column_int(row, 6) != 0,
                .line = (const char *)sqlite3_column_text(row, 7),
                .ordinal = sqlite3_column_int64(row, 8),
                .sent = sqlite3_column_type(row, 10) == SQLITE_NULL ? -1 : sqlite3_column_int64(row, 10),
            };
            if (pass == 0) {
                learn_ends(reading, &letter);
                continue;
            }
            const void *payload = sqlite3_column_blob(row, 9);
            code = take_letter(reading, &letter, letter.message == before, payload, (size_t)sqlite3_column_bytes(row, 9));
            before = letter.message;
        }
        TICK_TRY(ended(reading, row, code));
        if (pass == 0)
            learn_handlers(reading);
    }
    return 0;
}

int tick__graph_read(const struct tick_trace *trace, struct tick__graph *graph, struct tick_error *error) {
    *graph = (struct tick__graph){.trace = trace};
    struct reading reading = {.graph = graph, .trace = trace, .error = error};
    int code = read_nodes(&reading);
    if (code < 0)
        goto out;
    reading.past = calloc((size_t)WINDOW, sizeof *reading.past);
    reading.sender = calloc((size_t)graph->objects + 1, sizeof *reading.sender);
    reading.receiver = calloc((size_t)graph->objects + 1, sizeof *reading.receiver);
    if (!reading.past || !reading.sender || !reading.receiver) {
        code = tick__graph_no_memory(error);
        goto out;
    }
    code = tick__graph_lives(graph, error);
    int (*const own[])(struct reading *) = {read_events, read_messages};
    for (size_t i = 0; i < sizeof own / sizeof *own && code == 0; i++)
        code = own[i](&reading);
    int (*const others[])(struct tick__graph *, struct tick_error *) = {tick__graph_deviations, tick__graph_waits, tick__graph_failure};
    for (size_t i = 0; i < sizeof others / sizeof *others && code == 0; i++)
        code = others[i](graph, error);
out:
    free(reading.past);
    free(reading.sender);
    free(reading.receiver);
    if (code < 0)
        tick__graph_fini(graph);
    return code;
}

void tick__graph_fini(struct tick__graph *graph) {
    for (size_t i = 0; i < graph->node_count; i++) {
        free(graph->nodes[i].path);
        free(graph->nodes[i].note);
    }
    for (size_t i = 0; i < graph->edge_count; i++) {
        free(graph->edges[i].sample);
        free(graph->edges[i].note);
    }
    for (size_t i = 0; i < graph->host_count; i++) {
        free(graph->hosts[i].name);
        free(graph->hosts[i].note);
    }
    free(graph->nodes);
    free(graph->edges);
    free(graph->hosts);
    free(graph->node_of);
    free(graph->lives);
    free(graph->table);
    *graph = (struct tick__graph){0};
}
