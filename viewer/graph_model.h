// What the graph shows, read from a trace in one pass: tasks, what leads from one to another, and which of it the failure came along.
#ifndef RETICK_GRAPH_MODEL_H
#define RETICK_GRAPH_MODEL_H

#include "trace/reader.h"
#include <stddef.h>

// HOST: messages of which nobody is known who took them in; they lead to the host (`to` is its first task).
enum tick__edge_kind { TICK__EDGE_SPAWN, TICK__EDGE_AWAIT, TICK__EDGE_WAKE, TICK__EDGE_MESSAGE, TICK__EDGE_HOST };

struct tick__graph_node {   // a task
    uint32_t object, host;  // object ids
    uint32_t parent;        // of whom it is, as object ids go: a task, a connection, a host
    char *path;             // "" where unknown
    char *note;             // deviations on it or its waits; NULL = none
    int64_t created, ended; // ns; ended < 0: it did not end
    char waits[200];        // what it still did at the end: "waits for ...", ""
    int outcome;            // enum tick_step_outcome of its last step; TICK_STEP_SUSPENDED: unfinished; -1: it never ran
    bool path_of_failure, failing, drawn, matters; // matters: it waits, and the run ended of that
    uint32_t weight;                               // how much leads to or from it
    uint32_t next;                                 // of the same host: index + 1
};
struct tick__graph_edge {
    uint32_t from, to; // indexes of nodes
    enum tick__edge_kind kind;
    uint32_t count;
    int64_t bytes, first, last; // first, last: ns, when it happened (of messages: were sent); -1: not known
    uint32_t opens;             // messages without bytes, which open and close connections; not in count
    uint32_t lost;              // messages dropped
    char *sample;               // of a payload, printable; NULL = none
    char *note;                 // deviations that delay it; NULL = none
    bool path_of_failure, back; // back: the direction of answers
};
struct tick__graph_host {
    uint32_t object, first; // first: of its nodes, index + 1; 0: it has none
    char *name, *note;
    uint32_t life, lives;   // of the host of that name: which of them this is, from 1, and how many there are
    uint32_t group;         // in `lives`: where those begin
    int64_t began, crashed; // ns; -1: not known, it did not
    int64_t began_seq;
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
    uint32_t *lives;   // hosts' indexes: those of one name side by side, in the order of their lives
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
// What the model is made of, in files of their own; 0 or an error in words.
int tick__graph_lives(struct tick__graph *graph, struct tick_error *error);                    // lives of hosts (graph_lives.c)
int tick__graph_deviations(struct tick__graph *graph, struct tick_error *error);               // at the task or host that they are about
int tick__graph_waits(struct tick__graph *graph, struct tick_error *error);                    // who waits at the end (graph_ends.c)
int tick__graph_failure(struct tick__graph *graph, struct tick_error *error);                  // what it came of
int tick__graph_note(char **to, const char *line);                                             // one more line of a note; 0 or -ENOMEM
struct tick__graph_node *tick__graph_node_of(const struct tick__graph *graph, int64_t object); // NULL: there is none
// The edge, made if need be and counted once more; NULL when out of memory.
struct tick__graph_edge *tick__graph_edge_add(struct tick__graph *graph, uint32_t from, uint32_t to, enum tick__edge_kind kind);
int tick__graph_no_memory(struct tick_error *error);
struct tick__graph_host *tick__graph_host_of(const struct tick__graph *graph, int64_t object); // NULL: there is none
void tick__graph_edge_at(struct tick__graph_edge *edge, int64_t ns);                           // it happened then, too
// NULL: there is none.
struct tick__graph_edge *tick__graph_edge_of(const struct tick__graph *graph, uint32_t from, uint32_t to, enum tick__edge_kind kind);
void tick__graph_fini(struct tick__graph *graph);

#endif
