// What cannot be in a world file although each word of it can: told as mistakes.
#ifndef RETICK_CLI_WORLD_CHECK_H
#define RETICK_CLI_WORLD_CHECK_H

#include "cli/world_fields.h"

void tick__world_check_range(const struct tick__world_reader *reader, const struct tick__yaml *node, const struct tick__world_range *range);
void tick__world_check_fault(const struct tick__world_reader *reader, const struct tick__yaml *node, const struct tick__world_fault *fault);
// Of all that was read. Makes the order in which hosts are added. 0, whatever mistakes there are, or -ENOMEM.
int tick__world_check(const struct tick__world_reader *reader, const struct tick__yaml *hosts);

#endif
