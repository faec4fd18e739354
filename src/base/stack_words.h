// Where a program stands, in words that repeat from process to process: addresses relative to their module, "lost_update.so+0x11f0", which the
// command line makes a function and a line of (cli/place.h). Without stdio or memory, for signal handlers.
#ifndef RETICK_STACK_WORDS_H
#define RETICK_STACK_WORDS_H

#include "src/base/line.h"

// "worker+0x1c" or "lost_update.so+0x11f0". False, with nothing written, if nobody knows the address.
bool tick__line_place(struct tick__line *to, const void *address);

// Frames of libc and sanitizers say only how something was done (raise, memcpy), not where. clang's sanitizers are in the program itself.
bool tick__in_libc(const void *address);
// The first of these return addresses, as backtrace gives them, that is the program's own: neither libc's nor, unless retick is linked into
// the program, retick's. Returns an address within the call, NULL if there is none.
const void *tick__programs_own(void *const *frames, size_t count);

#endif
