// The version of the library and the command line: the one place that says it (CMake reads it here).
#ifndef RETICK_VERSION_H
#define RETICK_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

#define TICK_VERSION "0.1.0"

// The version of the library that the program runs with. Static storage.
const char *tick_version(void);

#ifdef __cplusplus
}
#endif

#endif
