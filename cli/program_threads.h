// Threads of a virtual clock, for task_program's loop.
#ifndef RETICK_CLI_PROGRAM_THREADS_H
#define RETICK_CLI_PROGRAM_THREADS_H

#include <retick/sys.h>

int tick__virtual_threads_new(const int64_t *now, uint32_t most, struct tick_sys_threads **out); // now: borrowed. 0 or -ENOMEM
void tick__virtual_threads_run(struct tick_sys_threads *threads, struct tick_sys_job *job);
bool tick__virtual_threads_withdraw(struct tick_sys_threads *threads, struct tick_sys_job *job); // false: it has a thread, or is over
int64_t tick__virtual_threads_next(const struct tick_sys_threads *threads); // when the next job is over; TICK_NEVER: none runs. NULL: none
void tick__virtual_threads_end(struct tick_sys_threads *threads);           // those whose time has come tell their loops. NULL: none
void tick__virtual_threads_free(struct tick_sys_threads *threads);          // what they have not done is dropped. NULL is allowed

#endif
