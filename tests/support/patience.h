// How much slower than usual everything is here: what limits of a program's CPU time are multiplied by, where a test sets them.
#ifndef RETICK_PATIENCE_H
#define RETICK_PATIENCE_H

#include "tests/support/emulated.h"
#include <stdint.h>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#define PATIENCE ((int64_t)(RUNNING_ON_VALGRIND ? 50 : emulated() ? 20 : 1))
#else
#define PATIENCE ((int64_t)(emulated() ? 20 : 1))
#endif

#endif
