// A heap that looks at what is done to it: each block on pages of its own, its end at their end, with a page behind it that nobody may
// touch; and nobody may touch a block's pages once it is freed. So whoever writes or reads where he may not stops there, and what is wrong
// can be said: which block, who made it and where, who freed it. Freed pages are used again only when there are no others.
//
// What there is of a block's pages before it, and the few bytes behind it where its size is no multiple of the alignment, is filled with a
// pattern that is looked at when the block is freed, and at the end.
#ifndef RETICK_HEAP_CHECK_H
#define RETICK_HEAP_CHECK_H

#include "src/base/stack_words.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tick_heap_check;

// Of the pages from span on, which it protects. NULL: no memory.
struct tick_heap_check *tick_heap_check_new(char *span, size_t size);
void tick_heap_check_free(struct tick_heap_check *check);
void tick_heap_check_reset(struct tick_heap_check *check);

void *tick_heap_check_alloc(struct tick_heap_check *check, size_t alignment, size_t size, uint8_t poison); // NULL: no room is left
// The size that it was asked for; 0 if the memory is no block in use.
size_t tick_heap_check_size(const struct tick_heap_check *check, const void *memory);
// Frees it. False, with why in words: it is no block in use, or somebody wrote beside it.
bool tick_heap_check_release(struct tick_heap_check *check, void *memory, struct tick__line *why);
// Whether nobody wrote beside the blocks in use. False, with what is wrong.
bool tick_heap_check_holds(const struct tick_heap_check *check, struct tick__line *why);
// What touching that address means, as in a signal's handler; false: nothing of this heap.
bool tick_heap_check_explain(const struct tick_heap_check *check, const void *address, struct tick__line *why);

#endif
