// A copy of a trace that can be shown to others: what happened, when, to whom and why, without what was said.
#ifndef RETICK_REDACT_H
#define RETICK_REDACT_H

#include "trace/reader.h"

// Writes a derived trace's copy to a path that nobody has. Texts (log lines, marks, errors, the verdict's, names of shared data) and
// payloads become their lengths and short hashes, "[17 bytes, 1f3c99ab]"; of paths of sources the last part stays; the story, which quotes
// them, lines of sources, the digest of contents and the words that started a program go. Names of hosts, tasks, resources and files stay.
// 0, or an error in words.
int tick_trace_redact(const struct tick_trace *trace, const char *path, struct tick_error *error);

#endif
