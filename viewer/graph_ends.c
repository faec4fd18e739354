// How the run ended: who waits and for what, and what the failure came of, in red.
#include "trace/explain/hops.h"
#include "trace/explain/waits.h"
#include "trace/story.h"
#include "viewer/graph_model.h"
#include <errno.h>
#include <string.h>

#define NEEDS_DRAWN 3 // edges to those whom one waits for

// --- waits ---

static uint32_t index_of(const struct tick__graph *graph, const struct tick__graph_node *node) {
    return (uint32_t)(node - graph->nodes);
}

// Whether it waits for nobody but others who wait, and not in a circle: it is they of whom the run failed.
static bool only_follows(const struct tick__waits *waits, const struct tick__waiter *waiter) {
    for (uint32_t i = 0; i < waiter->needs_count; i++)
        if (!tick__waits_of(waits, waits->needs[waiter->needs_from + i]))
            return false;
    return !waiter->circle && waiter->needs_count;
}

static int draw_needs(struct tick__graph *graph, const struct tick__waits *waits, const struct tick__waiter *waiter,
    const struct tick__graph_node *node, bool red) {
    for (uint32_t i = 0; i < waiter->needs_count && i < NEEDS_DRAWN; i++) {
        const struct tick__graph_node *other = tick__graph_node_of(graph, waits->needs[waiter->needs_from + i]);
        if (!other || other == node)
            continue;
        struct tick__graph_edge *edge = tick__graph_edge_of(graph, index_of(graph, node), index_of(graph, other), TICK__EDGE_AWAIT);
        edge = edge ? edge : tick__graph_edge_add(graph, index_of(graph, node), index_of(graph, other), TICK__EDGE_AWAIT);
        if (!edge)
            return -ENOMEM;
        edge->path_of_failure = edge->path_of_failure || red;
    }
    return 0;
}

static int draw_waits(struct tick__graph *graph, const struct tick__waits *waits) {
    const bool ends_so = tick__ends_in_waiting(graph->trace);
    for (uint32_t i = 0; i < waits->count; i++) {
        const struct tick__waiter *waiter = &waits->waiters[i];
        struct tick__graph_node *node = tick__graph_node_of(graph, waiter->task);
        const bool matters = ends_so && (!waiter->idle || waiter->circle);
        if (!node || ((waiter->kind == TICK__WAIT_STEP || waiter->kind == TICK__WAIT_TURN) && !matters))
            continue;
        tick__waits_say(waits, waiter, false, &TICK__SAID(node->waits));
        node->matters = matters;
        if (!matters)
            continue;
        node->failing = !only_follows(waits, waiter);
        node->path_of_failure = true;
        TICK_TRY(draw_needs(graph, waits, waiter, node, true));
    }
    return 0;
}

int tick__graph_waits(struct tick__graph *graph, struct tick_error *error) {
    struct tick__tale tale;
    struct tick__waits waits;
    TICK_TRY(tick__tale_read(graph->trace, &tale, error));
    int code = tick__waits_find(&tale, NULL, &waits);
    if (code == 0) {
        code = draw_waits(graph, &waits);
        tick__waits_fini(&waits);
    }
    tick__tale_fini(&tale);
    return code < 0 ? tick__graph_no_memory(error) : 0;
}

// --- the failure ---

// What led from one task of the failure's path to the next.
static void mark_edge(struct tick__graph *graph, const struct tick__graph_node *node, const struct tick__graph_node *after, bool message) {
    static const enum tick__edge_kind others[] = {TICK__EDGE_WAKE, TICK__EDGE_SPAWN, TICK__EDGE_MESSAGE};
    const uint32_t from = index_of(graph, node), to = index_of(graph, after);
    struct tick__graph_edge *edge = message ? tick__graph_edge_of(graph, from, to, TICK__EDGE_MESSAGE) : NULL;
    for (size_t k = 0; k < 3 && !edge; k++)
        edge = tick__graph_edge_of(graph, from, to, others[k]);
    if (edge)
        edge->path_of_failure = true;
}

// The way back from the verdict, as `why` tells it.
int tick__graph_failure(struct tick__graph *graph, struct tick_error *error) {
    const struct tick_trace *trace = graph->trace;
    struct tick__tale tale;
    struct tick__hop hop;
    struct tick__graph_node *after = NULL;
    bool message = false;
    if (!*trace->verdict || strcmp(trace->verdict, "pass") == 0)
        return 0;
    TICK_TRY(tick__tale_open(trace, &tale, error));
    uint64_t links = 0;
    for (uint32_t seq = tale.verdict; seq && links < TICK__CHAIN_MOST; seq = hop.came, links += 1 + hop.links) {
        tick__hop_back(&tale, seq, &hop);
        struct tick__graph_node *node = tick__graph_node_of(graph, hop.task);
        if (node) {
            node->path_of_failure = true;
            node->failing = node->failing || !after;
            if (after && after != node)
                mark_edge(graph, node, after, message);
            message = after != node ? false : message;
            after = node;
        }
        message = message || hop.recv;
        struct tick__graph_node *maker = hop.create ? tick__graph_node_of(graph, tick__tale_event(&tale, hop.create)->task) : NULL;
        if (maker && after && maker != after)
            mark_edge(graph, maker, after, false);
    }
    const int code = tick__tale_trouble(&tale, error);
    tick__tale_fini(&tale);
    return code;
}
