// Files of stdio that a run leaves open.
#ifndef RETICK_OPEN_FILES_H
#define RETICK_OPEN_FILES_H

#include "sim/native/heap.h"

// Takes those that stand in the heap out of libc's list of all files, and closes their fds: the heap is about to be dropped.
void tick__open_files_drop(const struct tick_heap *heap);

#endif
