// Ctrl-C as a question to ask now and then.
#ifndef RETICK_CLI_INTERRUPT_H
#define RETICK_CLI_INTERRUPT_H

#include <stdbool.h>

void tick__interrupt_watch(void); // from now on SIGINT only sets the flag; a second one ends the program
void tick__interrupt_unwatch(void); // ctrl-C ends the program again
bool tick__interrupted(void);

#endif
