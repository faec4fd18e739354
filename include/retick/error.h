// Error codes: every call that can fail returns 0 or a count, else one of these or a negated errno.
#ifndef RETICK_ERROR_H
#define RETICK_ERROR_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// Codes of our own lie below every negated errno, so that one int carries both.
// TICK_EUSER is the last of them: programs count on from there (TICK_EUSER - 1).
// X(name, value, text)
#define TICK_ERRORS(X) \
    X(TICK_EKILLED, -4996, "the process of a run was killed from outside: is memory short, or limited (ulimit, cgroup)?") \
    X(TICK_EWRONGTHREAD, -4997, "called from another thread than the loop's") \
    X(TICK_EBROKEN, -4998, "the barrier is broken") \
    X(TICK_EGROUP, -4999, "tasks of the group failed") \
    X(TICK_ECANCELED, -5001, "cancelled") \
    X(TICK_ETIMEDOUT, -5002, "the deadline passed") \
    X(TICK_ECLOSED, -5003, "closed") \
    X(TICK_EINVALSTATE, -5004, "invalid state") \
    X(TICK_EFAILED, -5005, "a check failed") \
    X(TICK_EDEADLOCK, -5006, "nothing can ever run again") \
    X(TICK_ENESTED, -5007, "a loop is already running here") \
    X(TICK_ESTOPPED, -5008, "the loop was stopped before the future was done") \
    X(TICK_EEMPTY, -5009, "the queue is empty") \
    X(TICK_EFULL, -5010, "the queue is full") \
    X(TICK_ELIMIT, -5011, "longer than the limit") \
    X(TICK_EFORMAT, -5012, "not in the format expected") \
    X(TICK_EFOREIGN, -5013, "belongs to another program") \
    X(TICK_ESELF, -5014, "a task cannot await itself") \
    X(TICK_ENOHOST, -5015, "no such host") \
    X(TICK_EUSER, -5016, "the program's own error")

enum tick_error_code {
#define TICK_ERROR_ENUM(name, value, text) name = (value),
    TICK_ERRORS(TICK_ERROR_ENUM)
#undef TICK_ERROR_ENUM
};

#define TICK_MUST_USE __attribute__((warn_unused_result))

// Returns the code's name ("TICK_ECLOSED", "ENOENT"; "TICK_EUSER - 7", down to TICK_EUSER - 999), or "unknown error". Static storage.
const char *tick_error_name(int code);

// Returns the code in words ("closed", "No such file or directory"). Static storage.
const char *tick_error_text(int code);

// Details for people, filled at the edges (files, SQL, command line); storage is the caller's.
struct tick_error {
    int code;
    char text[1024];
};

// Fills *error (may be NULL) with the code and a printf-style sentence; returns the code, so that callers can `return` it.
int tick_error_set(struct tick_error *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

// Returns from the calling function with expr's value if that is an error.
#define TICK_TRY(expr) \
    do { \
        int tick_try_ = (expr); \
        if (tick_try_ < 0) \
            return tick_try_; \
    } while (0)

#ifdef __cplusplus
}
#endif

#endif
