// A story in its trace, so that command line, graph and page say the same words: the table `story` of docs/TRACE.md.
#ifndef RETICK_STORY_KEEP_H
#define RETICK_STORY_KEEP_H

#include "trace/explain/story_tell.h"

// Writes the story into the trace at path, in place of one that is there. beside: the file's name of the run beside, NULL: none. 0, or an
// error in words: the file cannot be written, the disk is full.
int tick__story_keep(const char *path, const struct tick__story *story, const char *beside, struct tick_error *error);
// Reads it back. 1, 0: there is none, or an error in words. beside: as it was kept, "" = none.
int tick__story_kept(const struct tick_trace *trace, struct tick__story *story, char *beside, size_t size, struct tick_error *error);

extern const char *const tick__sentence_classes[]; // words, by enum tick__sentence_class

#endif
