// A story on the terminal and in a report: numbered sentences, what there is to add to each below it.
#ifndef RETICK_CLI_STORY_PRINT_H
#define RETICK_CLI_STORY_PRINT_H

#include "trace/explain/story_tell.h"

// `beside`: the run that it was told beside, as its head names it ("run.twin.db, which passes"), NULL: none.
void tick__story_print(const struct tick__story *story, const char *beside);

// One of them, with its number; the times' column is that wide.
size_t tick__sentence_width(const struct tick__sentence *sentence);
void tick__sentence_print(const struct tick__sentence *sentence, size_t number, size_t width);

#endif
