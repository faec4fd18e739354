// The graph as Graphviz text: one box a task, one frame a host, left to right; few colours, each with one meaning.
#include "viewer/dot.h"
#include "src/base/visible.h"
#include "trace/story.h"
#include "viewer/graph_model.h"
#include <ctype.h>
#include <errno.h>
#include <retick/probe.h>
#include <stdlib.h>
#include <string.h>

#define INK "#1f2937"
#define MUTED "#6b7280"
#define PALE "#9ca3af"
#define MESSAGE "#2563eb"
#define WAKE "#0f766e"
#define FAILURE "#dc2626"
#define DEVIATION "#b45309"

// Unless more are asked for.
#define BOXES 30
#define HOSTS 8
#define BOXES_OF_HOST 10

#define WAIT_MOST 60 // bytes of what somebody waits for

// Text inside an HTML-like label, made visible: what XML does not allow cannot come. Line breaks become brk.
void tick__dot_html(FILE *file, const char *text, const char *brk) {
    char piece[TICK__VISIBLE_MOST];
    size_t taken;
    for (const char *end = text + strlen(text); text < end; text += taken) {
        const size_t length = tick__visible_next(text, (size_t)(end - text), piece, &taken);
        switch (*text) {
        case '&':
            fputs("&amp;", file);
            break;
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        case '"':
            fputs("&quot;", file);
            break;
        case '\n':
            fputs(brk, file);
            break;
        default:
            fwrite(piece, 1, length, file);
        }
    }
}

// Foreign text, made safe and short first.
static void shown(FILE *file, const char *text, size_t most) {
    char room[512];
    tick__printable(text, strlen(text), room, most < sizeof room ? most : sizeof room);
    tick__dot_html(file, room, " ");
}

// A path, or a part of one, with the characters again that it has written as %xx: for people, who do not take it apart.
static void shown_path(FILE *file, const char *path, size_t most) {
    char plain[512];
    size_t length = 0;
    unsigned byte;
    for (; *path && length + 1 < sizeof plain; path++) {
        plain[length++] = *path;
        if (path[0] == '%' && isxdigit((unsigned char)path[1]) && sscanf(path + 1, "%2x", &byte) == 1 && byte > 0 && path[2]) {
            plain[length - 1] = (char)byte;
            path += 2;
        }
    }
    plain[length] = '\0';
    shown(file, plain, most);
}

static void colored(FILE *file, const char *text, const char *line_end) {
    fputs("<FONT COLOR=\"" DEVIATION "\" POINT-SIZE=\"10\">", file);
    tick__dot_html(file, text, line_end);
    fputs("</FONT>", file);
}

static void note(FILE *file, const char *text) {
    fputs("<BR/>", file);
    colored(file, text, "<BR/>");
}

// The last part of a task's path says what it does; the rest, where it belongs.
static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void outcome(FILE *file, const struct tick__graph_node *node, int64_t crashed) {
    static const char *const words[] = {"unfinished", "returned", "failed", "cancelled"};
    char time[32];
    const char *color = node->outcome == TICK_STEP_FAILED ? FAILURE : MUTED;
    fprintf(file, "<BR/><FONT COLOR=\"%s\" POINT-SIZE=\"10\">", color);
    if (node->ended >= 0) {
        tick__time_words(node->ended, time, sizeof time);
        fprintf(file, "%s at %s", node->outcome >= 0 && node->outcome < 4 ? words[node->outcome] : "ended", time);
    } else if (crashed >= 0) {
        tick__time_words(crashed, time, sizeof time);
        fprintf(file, "gone with its host at %s", time);
    } else if (*node->waits) {
        const char *rest = strlen(node->waits) > WAIT_MOST ? strstr(node->waits, ", ") : NULL; // who it is that holds it an edge says
        char plain[sizeof node->waits];
        snprintf(plain, sizeof plain, "%.*s", rest ? (int)(rest - node->waits) : (int)strlen(node->waits), node->waits);
        fputs(strncmp(plain, "is ", 3) == 0 || strncmp(plain, "has ", 4) == 0 ? "" : "still ", file);
        shown_path(file, plain, WAIT_MOST + sizeof "…");
        fputs(rest && strncmp(rest, ", held by", 9) != 0 ? ", …" : "", file);
    } else {
        fputs(node->outcome < 0 ? "never ran" : "unfinished at the end", file);
    }
    fputs("</FONT>", file);
}

static void write_node(FILE *file, const struct tick__graph_node *node, int64_t crashed) {
    const char *name = last_part(node->path);
    char owner[256];
    snprintf(owner, sizeof owner, "%.*s", (int)(name > node->path ? name - node->path - 1 : 0), node->path);
    fprintf(file, "    t%u [label=<<B>", node->object);
    shown_path(file, name, 60);
    fputs("</B>", file);
    if (strstr(owner, "→") || strchr(owner, '/')) { // more than the host's name, which the frame says
        fputs("<BR/><FONT COLOR=\"" MUTED "\" POINT-SIZE=\"10\">", file);
        shown_path(file, owner, 80);
        fputs("</FONT>", file);
    }
    outcome(file, node, crashed);
    if (node->note)
        note(file, node->note);
    fputs(">", file);
    if (node->failing)
        fputs(", color=\"" FAILURE "\", fillcolor=\"#fee2e2\", penwidth=2", file);
    else if (node->path_of_failure)
        fputs(", color=\"" FAILURE "\", penwidth=1.6", file);
    fputs("];\n", file);
}

// Which of a host's lives it is, and from when to when.
static void write_life(FILE *file, const struct tick__graph_host *host) {
    char time[32];
    if (host->lives < 2 && host->crashed < 0)
        return;
    fputs("<FONT COLOR=\"" MUTED "\" POINT-SIZE=\"10\">  ", file);
    if (host->lives > 1)
        fprintf(file, "life %u of %u", (unsigned)host->life, (unsigned)host->lives);
    if (host->life > 1 && host->began >= 0) {
        tick__time_words(host->began, time, sizeof time);
        fprintf(file, ", from %s on", time);
    }
    if (host->crashed >= 0) {
        tick__time_words(host->crashed, time, sizeof time);
        fprintf(file, "%sends at %s", host->lives > 1 ? ", " : "", time);
    }
    fputs("</FONT>", file);
}

static void write_host(FILE *file, const struct tick__graph *graph, const struct tick__graph_host *host) {
    size_t drawn = 0, hidden = 0;
    for (uint32_t i = host->first; i; i = graph->nodes[i - 1].next) {
        drawn += graph->nodes[i - 1].drawn;
        hidden += !graph->nodes[i - 1].drawn;
    }
    if (!drawn)
        return;
    fprintf(file, "  subgraph cluster_h%u {\n    label=<<B>", host->object);
    shown(file, host->name ? host->name : "", 80);
    fputs("</B>", file);
    write_life(file, host);
    if (hidden)
        fprintf(file, "<FONT COLOR=\"" MUTED "\" POINT-SIZE=\"10\">  and %zu more tasks</FONT>", hidden);
    if (host->note) {
        fputs("<BR ALIGN=\"LEFT\"/>", file);
        colored(file, host->note, "<BR ALIGN=\"LEFT\"/>");
        fputs("<BR ALIGN=\"LEFT\"/>", file);
    }
    fputs(">; labeljust=l; style=\"rounded,filled\"; fillcolor=\"#f8fafc\"; color=\"#cbd5e1\"; fontcolor=\"" INK
          "\"; fontsize=13; margin=14;\n",
        file);
    for (uint32_t i = host->first; i; i = graph->nodes[i - 1].next)
        if (graph->nodes[i - 1].drawn)
            write_node(file, &graph->nodes[i - 1], host->crashed);
    fputs("  }\n", file);
}

static bool is_on_path(const struct tick__graph *graph, const struct tick__graph_host *host) {
    for (uint32_t i = host->first; i; i = graph->nodes[i - 1].next)
        if (graph->nodes[i - 1].path_of_failure)
            return true;
    return false;
}

// " at 3 ms", or " from 3 ms to 1.2 s".
static void when(FILE *file, const struct tick__graph_edge *edge) {
    char first[32], last[32];
    if (edge->first < 0)
        return;
    tick__time_words(edge->first, first, sizeof first);
    tick__time_words(edge->last, last, sizeof last);
    fprintf(file, edge->first == edge->last ? " at %s" : " from %s to %s", first, last);
}

// One direction's messages: how many, how large, what the first one said.
static void messages(FILE *file, const struct tick__graph_edge *edge, const char *arrow) {
    if (!edge->count) {
        fprintf(file, "%s%s", arrow, edge->kind == TICK__EDGE_HOST ? "asks to connect: no answer" : "connects");
        if (edge->note)
            note(file, edge->note);
        return;
    }
    fprintf(file, "%s%u message%s, %lld B", arrow, edge->count, edge->count == 1 ? "" : "s", (long long)edge->bytes);
    if (edge->lost)
        fprintf(file, ", %u lost", edge->lost);
    when(file, edge);
    if (edge->sample && *edge->sample) {
        fputs("  <FONT FACE=\"monospace\">", file);
        tick__dot_html(file, edge->sample, " ");
        fprintf(file, "</FONT>%s", edge->count > 1 && !strstr(edge->sample, "…") ? " …" : "");
    }
    if (edge->note)
        note(file, edge->note);
}

// Where an edge ends: at a host's frame it is some box in that.
static uint32_t end_of(const struct tick__graph *graph, const struct tick__graph_edge *edge) {
    const struct tick__graph_host *host = tick__graph_host_of(graph, graph->nodes[edge->to].host);
    uint32_t at = edge->to;
    if (edge->kind == TICK__EDGE_HOST && host)
        for (at = host->first - 1; !graph->nodes[at].drawn && graph->nodes[at].next; at = graph->nodes[at].next - 1)
            ;
    return at;
}

static void write_messages(
    FILE *file, const struct tick__graph *graph, const struct tick__graph_edge *edge, const struct tick__graph_edge *answer) {
    const uint32_t to = end_of(graph, edge);
    bool failure = edge->path_of_failure || (answer && answer->path_of_failure), noted = edge->note || (answer && answer->note);
    const char *color = failure ? FAILURE : MESSAGE;
    fprintf(file, "  t%u -> t%u [color=\"%s\", fontcolor=\"%s\", penwidth=%s%s", graph->nodes[edge->from].object, graph->nodes[to].object,
        color, color,
        failure ? "2.2"
        : noted ? "1.8"
                : "1.2",
        answer ? ", dir=both" : "");
    if (edge->kind == TICK__EDGE_HOST)
        fprintf(file, ", lhead=cluster_h%u", (unsigned)graph->nodes[to].host);
    fputs(", label=<", file);
    messages(file, edge, answer && answer->count ? "→ " : "");
    if (answer && (answer->count || answer->note)) {
        fputs("<BR/>", file);
        messages(file, answer, "← ");
    }
    fputs(">];\n", file);
}

// Which tasks talk to which hosts, sorted: an edge that only opens connections over which its task then talks to a handler on the same
// host is not drawn, since that edge says it all.
struct talk {
    uint32_t from, host;
};
struct talks {
    struct talk *talk;
    size_t count;
};

static int compare_talks(const void *a, const void *b) {
    const struct talk *x = a, *y = b;
    return x->from != y->from ? (x->from < y->from ? -1 : 1) : x->host != y->host ? (x->host < y->host ? -1 : 1) : 0;
}

static int find_talks(const struct tick__graph *graph, struct talks *talks, struct tick_error *error) {
    talks->talk = malloc((graph->edge_count + 1) * sizeof *talks->talk);
    if (!talks->talk)
        return tick_error_set(error, -ENOMEM, "out of memory for the graph");
    for (size_t i = 0; i < graph->edge_count; i++) {
        const struct tick__graph_edge *edge = &graph->edges[i];
        if (edge->kind == TICK__EDGE_MESSAGE && edge->count && graph->nodes[edge->to].drawn)
            talks->talk[talks->count++] = (struct talk){edge->from, graph->nodes[edge->to].host};
    }
    qsort(talks->talk, talks->count, sizeof *talks->talk, compare_talks);
    return 0;
}

static bool only_opens(const struct tick__graph *graph, const struct talks *talks, const struct tick__graph_edge *edge) {
    const struct talk wanted = {edge->from, graph->nodes[edge->to].host};
    return !edge->count && !edge->note && !edge->path_of_failure &&
           bsearch(&wanted, talks->talk, talks->count, sizeof wanted, compare_talks);
}

static void write_edge(FILE *file, const struct tick__graph *graph, const struct talks *talks, const struct tick__graph_edge *edge) {
    static const char *const looks[] = {
        "color=\"" PALE "\", fontcolor=\"" MUTED "\", arrowhead=vee",
        "color=\"" MUTED "\", fontcolor=\"" MUTED "\", style=dashed, arrowhead=empty",
        "color=\"" WAKE "\", fontcolor=\"" WAKE "\", style=dotted, arrowhead=vee",
    };
    static const char *const words[] = {"", "awaits", "wakes"};
    const struct tick__graph_node *from = &graph->nodes[edge->from], *to = &graph->nodes[end_of(graph, edge)];
    if (!from->drawn || !to->drawn)
        return;
    if (edge->kind == TICK__EDGE_HOST) {
        if (from->host != to->host)
            write_messages(file, graph, edge, NULL);
        return;
    }
    if (edge->kind == TICK__EDGE_MESSAGE) { // both directions are one line with two heads
        const struct tick__graph_edge *other = tick__graph_edge_of(graph, edge->to, edge->from, TICK__EDGE_MESSAGE);
        // An acceptance alone says nothing that the opening does not; drawn, it would look as if the server had connected.
        if (!other && ((edge->back && !edge->count && !edge->note && !edge->path_of_failure) || only_opens(graph, talks, edge)))
            return;
        bool first = !other || edge->back < other->back || (edge->back == other->back && edge < other);
        if (first)
            write_messages(file, graph, edge, other);
        return;
    }
    // What stays within a host, a handler that a server spawns, or a wake-up, must not push the boxes apart.
    bool loose = (edge->kind == TICK__EDGE_SPAWN && strstr(to->path, "→")) || (edge->kind == TICK__EDGE_WAKE && from->host == to->host);
    fprintf(file, "  t%u -> t%u [%s%s%s", from->object, to->object, looks[edge->kind], loose ? ", constraint=false" : "",
        edge->path_of_failure ? ", color=\"" FAILURE "\", fontcolor=\"" FAILURE "\", penwidth=2.2" : "");
    if (edge->kind != TICK__EDGE_SPAWN || edge->count > 1 || edge->last > 0) {
        fprintf(file, ", label=\"%s", words[edge->kind]);
        if (edge->count > 1)
            fprintf(file, "%s×%u", *words[edge->kind] ? " " : "", edge->count);
        when(file, edge);
        fputc('"', file);
    }
    fputs("];\n", file);
}

// A picture is no larger than people can look over, in inches: what does not fit is drawn smaller. Who asks for more boxes gets more room.
static void write_size(FILE *file, uint32_t most) {
    uint32_t times = most > BOXES ? (most + BOXES - 1) / BOXES : 1;
    fprintf(file, "  graph [size=\"%u,%u\"];\n", 20 * times, 30 * times);
}

static void write_head(FILE *file, const struct tick__graph *graph, uint32_t most) {
    const struct tick_trace *trace = graph->trace;
    bool failed = *trace->verdict && strcmp(trace->verdict, "pass") != 0;
    char time[32];
    tick__time_words(trace->ended_at, time, sizeof time);
    fputs("digraph retick {\n"
          "  graph [rankdir=LR, fontname=\"Helvetica\", fontsize=12, fontcolor=\"" INK
          "\", bgcolor=\"white\", pad=0.4, nodesep=0.35, ranksep=0.9,"
          " labelloc=t, labeljust=l, compound=true, charset=\"UTF-8\"];\n"
          "  node [shape=box, style=\"rounded,filled\", fillcolor=\"white\", color=\"#94a3b8\", fontname=\"Helvetica\", fontsize=12, "
          "fontcolor=\"" INK "\", margin=\"0.16,0.09\", penwidth=1];\n"
          "  edge [fontname=\"Helvetica\", fontsize=10, arrowsize=0.75, penwidth=1.2];\n",
        file);
    write_size(file, most);
    fputs("  label=<<FONT POINT-SIZE=\"16\"><B>", file);
    shown(file, *trace->scenario ? trace->scenario : "run", 80);
    fprintf(file, "</B></FONT>   <FONT POINT-SIZE=\"13\" COLOR=\"%s\">", failed ? FAILURE : *trace->verdict ? "#15803d" : MUTED);
    shown(file, *trace->verdict ? trace->verdict : "no verdict", 40);
    if (*trace->text && strcmp(trace->text, trace->verdict) != 0) {
        fputs(": ", file);
        // Who waits in a deadlock is told by the boxes: one line of them all would be as wide as the picture.
        char before[sizeof trace->text];
        snprintf(before, sizeof before, "%.*s", tick_trace_said(trace), trace->text);
        shown(file, before, 160);
    }
    fputs("</FONT><BR ALIGN=\"LEFT\"/><FONT COLOR=\"" MUTED "\">", file);
    shown(file, *trace->chooser ? trace->chooser : "run", 40);
    fprintf(file, "%s, seed %llu, %llu events, %s%s</FONT><BR ALIGN=\"LEFT\"/>", trace->real ? " (real)" : "",
        (unsigned long long)trace->seed, (unsigned long long)trace->events, trace->real ? "host time " : "virtual time ", time);
    fputs("<FONT POINT-SIZE=\"10\"><FONT COLOR=\"" PALE "\">&#8212; spawns</FONT>   <FONT COLOR=\"" MUTED
          "\">- - awaits</FONT>   <FONT COLOR=\"" WAKE "\">&#183;&#183;&#183; wakes</FONT>   <FONT COLOR=\"" MESSAGE
          "\">&#8212; messages</FONT>",
        file);
    bool path = false; // none when the check was of the whole, after the last event
    for (size_t i = 0; i < graph->node_count && !path; i++)
        path = graph->nodes[i].path_of_failure;
    if (failed && path)
        fputs("   <FONT COLOR=\"" FAILURE "\">&#8212; what the failure came of</FONT>", file);
    fputs("   <FONT COLOR=\"" DEVIATION "\">deviations</FONT></FONT><BR ALIGN=\"LEFT\"/>", file);
    if (*trace->note) {
        fputs("<FONT COLOR=\"" DEVIATION "\">", file);
        shown(file, trace->note, 300);
        fputs("</FONT><BR ALIGN=\"LEFT\"/>", file);
    }
    if (graph->left_out) {
        fprintf(file, "<FONT COLOR=\"" DEVIATION "\">left out: %zu of %zu tasks", graph->left_out, graph->node_count);
        if (graph->hosts_left_out)
            fprintf(file, " and %zu of %zu hosts", graph->hosts_left_out, graph->host_count);
        fputs(", with what leads to and from them</FONT><BR ALIGN=\"LEFT\"/>", file);
    }
    fputs(">;\n", file);
}

int tick_graph_write(const struct tick_trace *trace, const struct tick_graph_options *options, FILE *file, struct tick_error *error) {
    struct tick__graph graph;
    struct talks talks = {0};
    const uint32_t most = options ? options->most_nodes : 0;
    const struct tick__graph_limits usual = {BOXES, HOSTS, BOXES_OF_HOST, true}, asked = {most, most, most, false};
    TICK_TRY(tick__graph_read(trace, &graph, error));
    int code = tick__graph_choose(&graph, most ? &asked : &usual, error);
    if (code == 0)
        code = find_talks(&graph, &talks, error);
    if (code == 0) {
        write_head(file, &graph, most);
        for (int failing = 1; failing >= 0; failing--) // dot keeps to this order where it can: the way to the failure stands on top
            for (size_t i = 0; i < graph.host_count; i++)
                if (is_on_path(&graph, &graph.hosts[i]) == failing)
                    write_host(file, &graph, &graph.hosts[i]);
        for (size_t i = 0; i < graph.edge_count; i++)
            write_edge(file, &graph, &talks, &graph.edges[i]);
        fputs("}\n", file);
        if (fflush(file) != 0 || ferror(file))
            code = tick_error_set(error, errno ? -errno : -EIO, "the graph could not be written: %s", strerror(errno));
    }
    free(talks.talk);
    tick__graph_fini(&graph);
    return code;
}
