// Futures: asyncio.Future. A task is one too (retick/task.h).
#ifndef RETICK_FUTURE_H
#define RETICK_FUTURE_H

#include <retick/error.h>
#include <retick/id.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tick_loop;

// Why something failed: immutable, counted. Children make groups.
struct tick_failure {
    uint32_t refs;
    int code;         // negative
    const char *name; // class for people: "timeout", a program's own; static storage
    char *text;       // may be NULL
    uint32_t count;
    struct tick_failure **children;
    const struct tick_loc *loc; // where it was made; NULL: not known
};

// Returns a failure with one reference, its text formatted (format may be NULL); NULL when out of memory.
#define tick_failure_new(code, ...) tick_failure_new_at(TICK_HERE("failure"), (code), __VA_ARGS__)
struct tick_failure *tick_failure_new_at(const struct tick_loc *loc, int code, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
struct tick_failure *tick_failure_ref(struct tick_failure *failure); // returns it
void tick_failure_unref(struct tick_failure *failure);               // NULL is allowed

typedef struct tick_future tick_future;
typedef void tick_done_fn(struct tick_future *future, void *arg);

// loop.create_future(). Returns one reference to a pending future of the running loop, NULL when out of memory.
#define tick_future_new() tick_future_new_at(NULL, TICK_HERE("future"))
struct tick_future *tick_future_new_at(struct tick_loop *loop, const struct tick_loc *loc); // loop NULL: the running one
struct tick_future *tick_future_ref(struct tick_future *future);                            // returns it
// The last unref of a failed future that nobody asked reports "Future exception was never retrieved" to the loop's handler, once.
void tick_future_unref(struct tick_future *future); // NULL is allowed

bool tick_future_done(const struct tick_future *future);      // Future.done
bool tick_future_cancelled(const struct tick_future *future); // Future.cancelled

// Future.result: 0 with *value (may be NULL) set; TICK_EINVALSTATE while pending; TICK_ECANCELED; else the failure's code. Counts as
// retrieved.
int tick_future_result(struct tick_future *future, intptr_t *value);
// Future.exception: the failure, borrowed from the future; NULL if there is none. Counts as retrieved.
struct tick_failure *tick_future_failure(struct tick_future *future);

// Future.set_result / set_exception: 0, or TICK_EINVALSTATE if it is done. set_failure takes one reference (also on error); NULL, as of
// one that there was no memory for, is -ENOMEM. set_error makes a plain failure of a code. -EINVAL for a code that is not negative: it
// would read as a success.
int tick_future_set_result(struct tick_future *future, intptr_t value);
int tick_future_set_failure(struct tick_future *future, struct tick_failure *failure);
int tick_future_set_error(struct tick_future *future, int code);

// Future.cancel / Task.cancel, with an optional message (copied). False if it was done already.
bool tick_future_cancel(struct tick_future *future, const char *message);
// The message of the cancellation that ended it; borrowed; NULL if there was none.
const char *tick_future_cancel_message(const struct tick_future *future);

// add_done_callback: fn runs through call_soon, in registration order, also when the future is done already. 0 or -ENOMEM.
int tick_future_on_done(struct tick_future *future, tick_done_fn *fn, void *arg) TICK_MUST_USE;
// remove_done_callback: removes all equal pairs; returns how many.
int tick_future_off_done(struct tick_future *future, tick_done_fn *fn, void *arg);

#ifdef __cplusplus
}
#endif

#endif
