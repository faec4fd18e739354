// Whether this program's malloc family serves hosts from heaps of their own (not under sanitizers or valgrind, nor beside another libc).
#ifndef RETICK_MALLOC_FAMILY_H
#define RETICK_MALLOC_FAMILY_H

#include <stdbool.h>

bool tick_malloc_family_linked(void);

#endif
