// What a dying child still says: signal handlers that fill the shared page.
#ifndef RETICK_LAST_WORDS_INT_H
#define RETICK_LAST_WORDS_INT_H

#include "sim/explore/sandbox_int.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TICK__CLANG_SANITIZES 1
#endif
#endif

// Installs the handlers on a stack of their own. limit: bytes of address space that the process may have, 0 without a limit; a crash with less
// than `near` bytes left of it counts as out of memory. 0 or -ENOMEM.
int tick__last_words_install(struct tick__page *page, struct tick_harness *harness, size_t limit, size_t near);
size_t tick__address_space(void);          // bytes the process has mapped; 0: unknown. Async-signal-safe
const char *tick__signal_word(int signal); // "SIGSEGV"; static storage

#endif
