// Under sanitizers a host's memory stays the sanitizer's: its blocks are listed as they come and go, and freed at the end of the run.
#ifndef RETICK_HEAP_LIST_H
#define RETICK_HEAP_LIST_H

#include "src/base/sanitized.h"
#include <stdbool.h>
#include <stddef.h>

struct tick_heap;

struct tick_heap_list { // an open-addressing set of addresses
    const void **slots;
    size_t room, count, bytes;
};

struct tick_heap_list *tick_heap_list_of(struct tick_heap *heap);
bool tick_heap_list_holds(const struct tick_heap_list *list, const void *memory);
void tick_heap_list_start(void);                       // once a process: hooks into the sanitizer; nothing without one
void tick_heap_list_drop(struct tick_heap_list *list); // frees what is listed
void tick_heap_list_fini(struct tick_heap_list *list);

#endif
