// libc links every FILE into a list, which fclose, fflush(NULL) and exit walk. A host's FILEs stand in its heap: were they left in the
// list when the heap is dropped, the next run's would be linked to themselves, and the walk would not end.
#include "sim/native/open_files.h"
#include <stdio.h>
#include <unistd.h>

#ifdef __GLIBC__

extern struct _IO_FILE_plus *_IO_list_all; // the first; a FILE stands at its front

void tick__open_files_drop(const struct tick_heap *heap) {
    for (FILE **place = (FILE **)(void *)&_IO_list_all; *place;) {
        FILE *file = *place;
        if (!tick_heap_holds(heap, file)) {
            place = &file->_chain;
            continue;
        }
        *place = file->_chain;
        if (fileno_unlocked(file) >= 0) // -1: a stream in memory
            close(fileno_unlocked(file));
    }
}

#else

void tick__open_files_drop(const struct tick_heap *heap) {
    (void)heap;
}

#endif
