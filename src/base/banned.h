// Calls that this library must not make. The build puts this file in front of every source of a layer (cmake/layers.cmake), so that a wrong
// call fails to compile and says what to do instead. Tests, benchmarks and users' programs are not affected.
//
// Everywhere: what hides state, reads a clock behind one's back, or overruns a buffer.
// TICK_BAN_CLOCK: host clocks, sleeping and entropy. TICK_BAN_HEAP: malloc and what calls it.
// TICK_MAY_CLOCK, TICK_MAY_HEAP lift a ban for one file (retick_may in CMakeLists.txt says which, and why).
#ifndef RETICK_BANNED_H
#define RETICK_BANNED_H

// Declared before, so that the words below stick to the real declarations and not to a later one.
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define TICK_BANNED(instead) __attribute__((unavailable("banned in retick: " instead)))

extern int rand(void) TICK_BANNED("ask the chooser (tick_choose)");
extern int rand_r(unsigned *) TICK_BANNED("ask the chooser (tick_choose)");
extern void srand(unsigned) TICK_BANNED("ask the chooser (tick_choose)");
extern long random(void) TICK_BANNED("ask the chooser (tick_choose)");
extern void srandom(unsigned) TICK_BANNED("ask the chooser (tick_choose)");
extern double drand48(void) TICK_BANNED("ask the chooser (tick_choose)");
extern long lrand48(void) TICK_BANNED("ask the chooser (tick_choose)");
extern uint32_t arc4random(void) TICK_BANNED("ask the chooser (tick_choose)");

extern time_t time(time_t *) TICK_BANNED("use tick_sys now and wall, or clock_gettime at the edges");
extern clock_t clock(void) TICK_BANNED("use clock_gettime at the edges");
extern struct tm *gmtime(const time_t *) TICK_BANNED("use gmtime_r");
extern struct tm *localtime(const time_t *) TICK_BANNED("use gmtime_r: output must not depend on a time zone");
extern char *ctime(const time_t *) TICK_BANNED("use gmtime_r and strftime");
extern char *asctime(const struct tm *) TICK_BANNED("use strftime");

extern char *strcpy(char *, const char *) TICK_BANNED("use memcpy or snprintf");
extern char *strcat(char *, const char *) TICK_BANNED("use snprintf");
extern char *strncpy(char *, const char *, size_t) TICK_BANNED("use snprintf: strncpy may leave no NUL");
extern char *strncat(char *, const char *, size_t) TICK_BANNED("use snprintf");
extern int sprintf(char *, const char *, ...) TICK_BANNED("use snprintf");
extern char *strtok(char *, const char *) TICK_BANNED("use strchr or strtok_r");
extern char *setlocale(int, const char *) TICK_BANNED("the locale is fixed");
extern char *tmpnam(char[L_tmpnam]) TICK_BANNED("use mkstemp");

#if defined(TICK_BAN_CLOCK) && !defined(TICK_MAY_CLOCK)
#define TICK_CLOCK_BANNED TICK_BANNED("time is handed in (tick_sys now, the kernel's clock), never read")
extern int clock_gettime(clockid_t, struct timespec *) TICK_CLOCK_BANNED;
extern int gettimeofday(struct timeval *restrict, void *restrict) TICK_CLOCK_BANNED;
extern int timespec_get(struct timespec *, int) TICK_CLOCK_BANNED;
extern int nanosleep(const struct timespec *, struct timespec *) TICK_CLOCK_BANNED;
extern int usleep(useconds_t) TICK_CLOCK_BANNED;
extern unsigned sleep(unsigned) TICK_CLOCK_BANNED;
extern ssize_t getrandom(void *, size_t, unsigned) TICK_BANNED("use tick_sys random");
extern int getentropy(void *, size_t) TICK_BANNED("use tick_sys random");
#endif

#if defined(TICK_BAN_HEAP) && !defined(TICK_MAY_HEAP)
#define TICK_HEAP_BANNED TICK_BANNED("use tick__alloc (loop, I/O), the kernel's arena or tick__outside_alloc (src/base)")
extern void *malloc(size_t) TICK_HEAP_BANNED;
extern void *calloc(size_t, size_t) TICK_HEAP_BANNED;
extern void *realloc(void *, size_t) TICK_HEAP_BANNED;
extern void *reallocarray(void *, size_t, size_t) TICK_HEAP_BANNED;
extern void *aligned_alloc(size_t, size_t) TICK_HEAP_BANNED;
extern int posix_memalign(void **, size_t, size_t) TICK_HEAP_BANNED;
extern void free(void *) TICK_HEAP_BANNED;
extern char *strdup(const char *) TICK_HEAP_BANNED;
extern char *strndup(const char *, size_t) TICK_HEAP_BANNED;
extern int asprintf(char **restrict, const char *restrict, ...) TICK_HEAP_BANNED;
extern FILE *open_memstream(char **, size_t *) TICK_HEAP_BANNED;
#endif

#endif
