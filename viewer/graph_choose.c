// Which boxes of a graph are drawn: so many that people can read the picture. The way to the failure comes first, then what deviates or
// fails, then what stands nearest to the way; boxes that nothing joins to others, and hosts beyond a number, become a count.
#include "trace/story.h"
#include "viewer/graph_model.h"
#include <errno.h>
#include <retick/probe.h>
#include <stdlib.h>

#define LOOSE_MOST 2       // boxes of a host without edges
#define LOOSE_HOSTS_MOST 4 // hosts of only such boxes
#define FAR UINT32_MAX

struct choice {
    struct tick__graph *graph;
    const struct tick__graph_limits *limits;
    uint32_t *order;             // of nodes, by interest
    uint32_t *distance;          // of a node from the way to the failure, in edges
    uint32_t *first, *neighbour; // of a node: where its neighbours begin; node_count + 1 and twice edge_count of them
    uint32_t drawn, hosts, loose_hosts;
    struct in_host {
        uint32_t drawn, loose;
    } * in_host; // by host's index; the last is of no host
};

static bool tells(const struct tick__graph_node *node) {
    return node->note || node->outcome >= TICK_STEP_FAILED || node->matters;
}

static int compare(const void *a, const void *b, void *context) {
    const struct choice *choice = context;
    uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
    const struct tick__graph_node *x = &choice->graph->nodes[i], *y = &choice->graph->nodes[k];
    int rank_x = 4 * x->failing + 2 * x->path_of_failure + tells(x), rank_y = 4 * y->failing + 2 * y->path_of_failure + tells(y);
    if (rank_x != rank_y)
        return rank_x > rank_y ? -1 : 1;
    if (choice->distance[i] != choice->distance[k])
        return choice->distance[i] < choice->distance[k] ? -1 : 1;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return i < k ? -1 : 1;
}

static void find_neighbours(struct choice *choice) {
    const struct tick__graph *graph = choice->graph;
    for (size_t i = 0; i < graph->edge_count; i++) {
        choice->first[graph->edges[i].from + 1]++;
        choice->first[graph->edges[i].to + 1]++;
    }
    for (size_t i = 0; i < graph->node_count; i++)
        choice->first[i + 1] += choice->first[i];
    for (size_t i = 0; i < graph->edge_count; i++) { // fills each from its end, which moves `first` of the next node back to its place
        const struct tick__graph_edge *edge = &graph->edges[i];
        choice->neighbour[--choice->first[edge->from + 1]] = edge->to;
        choice->neighbour[--choice->first[edge->to + 1]] = edge->from;
    }
}

// After find_neighbours, first[i + 1] is where node i's neighbours begin, and first[i + 2] where they end.
static uint32_t begins(const struct choice *choice, uint32_t node) {
    return choice->first[node + 1];
}

static uint32_t ends(const struct choice *choice, uint32_t node) {
    return node + 1 < choice->graph->node_count ? choice->first[node + 2] : (uint32_t)(2 * choice->graph->edge_count);
}

static void measure(struct choice *choice) {
    const struct tick__graph *graph = choice->graph;
    uint32_t *queue = choice->order, head = 0, tail = 0; // the order is made later
    for (uint32_t i = 0; i < graph->node_count; i++) {
        choice->distance[i] = graph->nodes[i].path_of_failure ? 0 : FAR;
        if (graph->nodes[i].path_of_failure)
            queue[tail++] = i;
    }
    uint32_t heaviest = 0; // where there is no way to a failure, the picture is of what stands around this one
    for (uint32_t i = 1; i < graph->node_count; i++)
        heaviest = graph->nodes[i].weight > graph->nodes[heaviest].weight ? i : heaviest;
    if (!tail && graph->node_count) {
        choice->distance[heaviest] = 0;
        queue[tail++] = heaviest;
    }
    while (head < tail) {
        uint32_t node = queue[head++];
        for (uint32_t at = begins(choice, node); at < ends(choice, node); at++)
            if (choice->distance[choice->neighbour[at]] == FAR) {
                choice->distance[choice->neighbour[at]] = choice->distance[node] + 1;
                queue[tail++] = choice->neighbour[at];
            }
    }
}

static struct in_host *host_of(const struct choice *choice, const struct tick__graph_node *node) {
    const struct tick__graph_host *host = tick__graph_host_of(choice->graph, node->host);
    return &choice->in_host[host ? (size_t)(host - choice->graph->hosts) : choice->graph->host_count];
}

// Draws the node if there is room for it.
static void draw(struct choice *choice, struct tick__graph_node *node) {
    struct in_host *host = host_of(choice, node);
    bool loose = node->weight == 0 && !node->path_of_failure && !tells(node), first = host->drawn == 0;
    if (choice->drawn == choice->limits->boxes || (first && choice->hosts == choice->limits->hosts) ||
        (host->drawn == choice->limits->boxes_of_host && !node->path_of_failure))
        return;
    if (loose && choice->limits->fold && (host->loose == LOOSE_MOST || (first && choice->loose_hosts == LOOSE_HOSTS_MOST)))
        return;
    node->drawn = true;
    choice->drawn++;
    choice->hosts += first;
    choice->loose_hosts += first && loose;
    host->drawn++;
    host->loose += loose;
}

// Boxes whose every edge leads to what is not drawn would stand about like those without edges.
static void fold(struct choice *choice) {
    const struct tick__graph *graph = choice->graph;
    for (uint32_t i = 0; i < graph->node_count; i++) {
        struct tick__graph_node *node = &graph->nodes[i];
        bool joined = false;
        if (!node->drawn || node->weight == 0 || node->path_of_failure || tells(node))
            continue;
        for (uint32_t at = begins(choice, i); at < ends(choice, i) && !joined; at++)
            joined = graph->nodes[choice->neighbour[at]].drawn;
        if (joined)
            continue;
        struct in_host *host = host_of(choice, node);
        if (host->loose++ < LOOSE_MOST)
            continue;
        node->drawn = false;
        choice->drawn--;
        choice->hosts -= --host->drawn == 0;
    }
}

static void choose(struct choice *choice) {
    struct tick__graph *graph = choice->graph;
    find_neighbours(choice);
    measure(choice);
    for (uint32_t i = 0; i < graph->node_count; i++)
        choice->order[i] = i;
    qsort_r(choice->order, graph->node_count, sizeof *choice->order, compare, choice);
    for (uint32_t i = 0; i < graph->node_count; i++)
        draw(choice, &graph->nodes[choice->order[i]]);
    if (choice->limits->fold)
        fold(choice);
    graph->left_out = graph->node_count - choice->drawn;
    for (size_t i = 0; i < graph->host_count; i++)
        graph->hosts_left_out += graph->hosts[i].first && !choice->in_host[i].drawn;
}

int tick__graph_choose(struct tick__graph *graph, const struct tick__graph_limits *limits, struct tick_error *error) {
    struct choice choice = {.graph = graph, .limits = limits};
    choice.order = malloc((graph->node_count + 1) * sizeof *choice.order);
    choice.distance = malloc((graph->node_count + 1) * sizeof *choice.distance);
    choice.first = calloc(graph->node_count + 2, sizeof *choice.first);
    choice.neighbour = malloc((2 * graph->edge_count + 1) * sizeof *choice.neighbour);
    choice.in_host = calloc(graph->host_count + 1, sizeof *choice.in_host);
    int code = 0;
    if (choice.order && choice.distance && choice.first && choice.neighbour && choice.in_host)
        choose(&choice);
    else
        code = tick_error_set(error, -ENOMEM, "out of memory for the graph");
    free(choice.order);
    free(choice.distance);
    free(choice.first);
    free(choice.neighbour);
    free(choice.in_host);
    return code;
}
