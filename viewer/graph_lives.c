// The lives of hosts, and the deviations that are about a task or a host: at the life that it was in when they bore.
#include "trace/story.h"
#include "viewer/graph_model.h"
#include <errno.h>
#include <retick/probe.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const void *left, const void *right, void *ctx) {
    const struct tick__graph *graph = ctx;
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    const int order = strcmp(graph->hosts[a].name, graph->hosts[b].name);
    return order ? order : a < b ? -1 : a > b;
}

static int group(struct tick__graph *graph, struct tick_error *error) {
    const uint32_t count = (uint32_t)graph->host_count;
    graph->lives = calloc((size_t)count + 1, sizeof *graph->lives);
    if (!graph->lives)
        return tick__graph_no_memory(error);
    for (uint32_t i = 0; i < count; i++)
        graph->lives[i] = i;
    qsort_r(graph->lives, count, sizeof *graph->lives, by_name, graph);
    for (uint32_t from = 0, to; from < count; from = to) {
        const char *name = graph->hosts[graph->lives[from]].name;
        for (to = from; to < count && strcmp(graph->hosts[graph->lives[to]].name, name) == 0; to++)
            ;
        for (uint32_t i = from; i < to; i++) {
            struct tick__graph_host *host = &graph->hosts[graph->lives[i]];
            host->group = from;
            host->life = i - from + 1;
            host->lives = to - from;
        }
    }
    return 0;
}

// Of a host, the life number `life`; NULL: there is none.
static struct tick__graph_host *life_of(struct tick__graph *graph, const struct tick__graph_host *host, int64_t life) {
    return host && life >= 1 && life <= host->lives ? &graph->hosts[graph->lives[host->group + (uint32_t)life - 1]] : NULL;
}

// The life that a host was in at an event.
static struct tick__graph_host *life_at(struct tick__graph *graph, struct tick__graph_host *host, int64_t seq) {
    uint32_t low = 1, high = host->lives; // the latest that had begun
    while (low < high) {
        const uint32_t middle = low + (high - low + 1) / 2;
        if (life_of(graph, host, middle)->began_seq <= seq)
            low = middle;
        else
            high = middle - 1;
    }
    return life_of(graph, host, low);
}

int tick__graph_lives(struct tick__graph *graph, struct tick_error *error) {
    sqlite3_stmt *row;
    TICK_TRY(group(graph, error));
    TICK_TRY(tick__prepare(graph->trace, "SELECT seq, ts, kind, subject_id, arg FROM events WHERE kind IN (23, 24, 25) ORDER BY seq", &row,
        error)); // host_start and so on
    while (sqlite3_step(row) == SQLITE_ROW) {
        const int kind = sqlite3_column_int(row, 2);
        struct tick__graph_host *host =
            life_of(graph, tick__graph_host_of(graph, sqlite3_column_int64(row, 3)), sqlite3_column_int64(row, 4) + 1);
        if (host && kind == TICK_EV_HOST_CRASH) {
            host->crashed = sqlite3_column_int64(row, 1);
        } else if (host) {
            host->began = sqlite3_column_int64(row, 1);
            host->began_seq = sqlite3_column_int64(row, 0);
        }
    }
    return sqlite3_finalize(row) == SQLITE_OK ? 0 : tick__trace_failed(graph->trace, error);
}

// A message's deviations stand at its edge; others at the task that they are about, or that was asked; else at the host, in the life in
// which they bore.
int tick__graph_deviations(struct tick__graph *graph, struct tick_error *error) {
    sqlite3_stmt *row;
    int code = 0;
    TICK_TRY(tick__prepare(graph->trace,
        "SELECT c.line, e.task_id, coalesce(c.host_id, o.host_id, e.host_id), o.type, o.object_id, coalesce(c.bears_seq, c.seq), b.task_id"
        " FROM choices c LEFT JOIN objects o ON o.object_id = c.subject_id LEFT JOIN events e ON e.seq = c.seq"
        " LEFT JOIN events b ON b.seq = c.bears_seq WHERE c.kind NOT IN ('delivery', 'loss', 'reorder', 'duplicate') ORDER BY c.choice_id",
        &row, error));
    while (code == 0 && sqlite3_step(row) == SQLITE_ROW) {
        const char *line = (const char *)sqlite3_column_text(row, 0), *type = (const char *)sqlite3_column_text(row, 3);
        const int64_t about = sqlite3_column_int64(row, 4), seq = sqlite3_column_int64(row, 5);
        const bool of_host = type && strcmp(type, "host") == 0, of_task = type && strcmp(type, "task") == 0;
        struct tick__graph_node *node = of_host ? NULL : tick__graph_node_of(graph, of_task ? about : sqlite3_column_int64(row, 1));
        if (!node && !of_host)
            node = tick__graph_node_of(graph, sqlite3_column_int64(row, 6));
        struct tick__graph_host *host = node ? NULL : tick__graph_host_of(graph, of_host ? about : sqlite3_column_int64(row, 2));
        if (line && node)
            code = tick__graph_note(&node->note, line);
        else if (line && host)
            code = tick__graph_note(&life_at(graph, host, seq)->note, line);
    }
    const int failed = sqlite3_finalize(row) != SQLITE_OK ? tick__trace_failed(graph->trace, error) : 0;
    return code < 0 ? tick__graph_no_memory(error) : failed;
}
