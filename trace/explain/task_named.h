// Which task people mean by what retick calls it.
#ifndef RETICK_TASK_NAMED_H
#define RETICK_TASK_NAMED_H

#include "trace/reader.h"

// The task's path, by: its path ("app/client-1"), a host ("app": its main), the end of a path ("client-1", "main/client-1"), what stories call
// it ("redis/serve for app/client-2's 3rd connection"), or its number in the table of tasks ("Task-12", "12"). malloc'd, the caller frees.
// -EINVAL: there is none, or several, which *error names.
int tick__task_named(const struct tick_trace *trace, const char *name, char **path, struct tick_error *error);

#endif
