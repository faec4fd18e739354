// The environment that retick was called in. A worker's is made the same for all (sim/explore/sandbox.c), since scenarios must not depend
// on it; an unmodified program that a worker starts is found there, and lives there, as in the shell that it was typed in.
#ifndef RETICK_INHERITED_H
#define RETICK_INHERITED_H

// Before this process's environment is cleared: keeps what is there now. 0 or -ENOMEM. Once.
int tick__inherited_keep(void);

char *const *tick__inherited(void);                  // what was kept, else environ; ended by NULL. Borrowed
const char *tick__inherited_value(const char *name); // as getenv, of these

#endif
