// What a dying child still says: signal handlers that fill the shared page.
#ifndef RETICK_LAST_WORDS_INT_H
#define RETICK_LAST_WORDS_INT_H

#include "sim/explore/sandbox_int.h"

// Installs the handlers on a stack of their own. 0 or -ENOMEM.
int tick__last_words_install(struct tick__page *page, struct tick_runner *runner);
// From here on a process that has said them dies of its signal: who runs it may have asked for a core.
void tick__last_words_then_die(void);
// The program ends itself, outside of a host: see tick__exit_watch.
void tick__last_words_of_exit(const char *how, int status, void *caller);
const char *tick__signal_word(int signal); // "SIGSEGV"; static storage

#endif
