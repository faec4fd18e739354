// Who wants to know that the program ends itself where no host runs: a trial (sim/explore/trial.h).
#ifndef RETICK_EXIT_H
#define RETICK_EXIT_H

// fn is called, before anything happens, with the call's name, its status and the address that it was called from. NULL: nobody.
void tick__exit_watch(void (*fn)(const char *how, int status, void *caller));

#endif
