// The task graph as Graphviz text, and drawn by `dot` as a process.
#ifndef RETICK_DOT_H
#define RETICK_DOT_H

#include "trace/reader.h"
#include <stdbool.h>
#include <stdio.h>

struct tick_graph_options {
    unsigned most_nodes; // 0: as many boxes and hosts as make a picture that can be looked over
};
// Tasks clustered by host; spawn, await and wake edges; messages between hosts; the failing path in colour; a note of what was left out.
int tick_graph_write(const struct tick_trace *trace, const struct tick_graph_options *options, FILE *file, struct tick_error *error);
// Text inside an HTML-like label, made visible and escaped; line breaks become brk.
void tick__dot_html(FILE *file, const char *text, const char *brk);
// Whether the file is a graph's text or a picture that retick made (any of the formats), and so may be made anew.
bool tick_graph_is_own(int fd);
// Marks a picture as retick's, where its format does not do so by itself. 0, or a negated errno.
int tick__graph_sign(const char *picture, const char *format);
// Runs `dot -T<format>` over dot text with a timeout (ns) into a new file. -ENOENT if dot is not installed.
int tick_graph_draw(const char *dot_path, const char *format, const char *out_path, int64_t timeout, struct tick_error *error);

#endif
