// Context variables: values that a task hands down to the tasks and callbacks that it makes. asyncio's contextvars.
//
// A task gets a copy of its maker's context when it is spawned, a callback (call_soon, call_at, call_later, on_done) when it is registered;
// what either sets is seen by what it makes afterwards, and by nobody else. Copying costs nothing.
#ifndef RETICK_CONTEXT_H
#define RETICK_CONTEXT_H

#include <retick/error.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tick_task;

// Static storage: a variable is known by its address.
struct tick_context_var {
    const char *name; // for people
    void *fallback;   // its value where nobody set it
};

// What a set replaced. The caller's storage.
struct tick_context_token {
    const struct tick_context_var *var;
    const struct tick_task *task;
    void *old;
    bool was_set, used;
};

// ContextVar.get; outside of a running loop the fallback. Values are borrowed.
void *tick_context_get(const struct tick_context_var *var);
// ContextVar.set, in the running task or callback: 0, -ENOMEM, or TICK_EINVALSTATE without a running loop. token may be NULL.
int tick_context_set(const struct tick_context_var *var, void *value, struct tick_context_token *token) TICK_MUST_USE;
// ContextVar.reset: to what it was before that set. TICK_EINVALSTATE for a token that was used already or is another task's;
// -ENOMEM only if other variables were set in between.
int tick_context_reset(struct tick_context_token *token);

#ifdef __cplusplus
}
#endif

#endif
