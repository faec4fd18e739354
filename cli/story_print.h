// A story on the terminal and in a report: numbered sentences, what there is to add to each below it.
#ifndef RETICK_CLI_STORY_PRINT_H
#define RETICK_CLI_STORY_PRINT_H

#include "trace/explain/story_tell.h"

// `beside`: the run that it was told beside, as its head names it ("run.twin.db, which passes"), NULL: none.
void tick__story_print(const struct tick__story *story, const char *beside);

#endif
