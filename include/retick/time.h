// Time: signed 64-bit nanoseconds everywhere. TICK_NEVER stands for "no deadline".
#ifndef RETICK_TIME_H
#define RETICK_TIME_H

#include <stdint.h>

#define TICK_NS(n) ((int64_t)(n))
#define TICK_US(n) ((int64_t)(n) * 1000)
#define TICK_MS(n) ((int64_t)(n) * 1000000)
#define TICK_SEC(n) ((int64_t)(n) * 1000000000)
#define TICK_NEVER INT64_MAX

#endif
