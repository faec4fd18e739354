// What the graph shows, read from a trace in one pass: tasks, what leads from one to another, and which of it the failure came along.
#ifndef RETICK_GRAPH_MODEL_H
#define RETICK_GRAPH_MODEL_H

#include "trace/reader.h"
#include <stddef.h>

enum tick__edge_kind { TICK__EDGE_SPAWN, TICK__EDGE_AWAIT, TICK__EDGE_WAKE, TICK__EDGE_MESSAGE };

struct tick__graph_node {   // a task
    uint32_t object, host;  // object ids
    char *path;             // "" where unknown
    char *note;             // deviations on it or its waits; NULL = none
    int64_t created, ended; // ns; ended < 0: it did not end
    char waits[96];         // what it still waited for, ""
    int outcome;            // enum tick_step_outcome of its last step; TICK_STEP_SUSPENDED: unfinished; -1: it never ran
    bool path_of_failure, failing, drawn;
    uint32_t weight; // how much leads to or from it
    uint32_t next;   // of the same host: index + 1
};
struct tick__graph_edge {
    uint32_t from, to; // indexes of nodes
    enum tick__edge_kind kind;
    uint32_t count;
    int64_t bytes;
    uint32_t opens;             // messages without bytes, which open and close connections; not in count
    uint32_t lost;              // messages dropped
    char *sample;               // of a payload, printable; NULL = none
    char *note;                 // deviations that delay it; NULL = none
    bool path_of_failure, back; // back: the direction of answers
};
struct tick__graph_host {
    uint32_t object, first; // first: of its nodes, index + 1; 0: it has none
    char *name, *note;
};
struct tick__graph {
    const struct tick_trace *trace;
    struct tick__graph_node *nodes;
    struct tick__graph_edge *edges;
    struct tick__graph_host *hosts;
    size_t node_count, edge_count, host_count, edge_room;
    size_t left_out, hosts_left_out; // tasks not drawn; hosts of whose tasks none is
    // look-ups
    uint32_t *node_of; // object id -> node index + 1
    uint32_t *table;   // of edges
    uint32_t objects, table_room;
};
// Nothing is drawn yet.
int tick__graph_read(const struct tick_trace *trace, struct tick__graph *graph, struct tick_error *error);
struct tick__graph_limits {
    uint32_t boxes, hosts, boxes_of_host;
    bool fold; // boxes without edges become a count
};
// Sets `drawn` (graph_choose.c).
int tick__graph_choose(struct tick__graph *graph, const struct tick__graph_limits *limits, struct tick_error *error);
struct tick__graph_host *tick__graph_host_of(const struct tick__graph *graph, int64_t object); // NULL: there is none
// NULL: there is none.
struct tick__graph_edge *tick__graph_edge_of(const struct tick__graph *graph, uint32_t from, uint32_t to, enum tick__edge_kind kind);
void tick__graph_fini(struct tick__graph *graph);

#endif
