// Context variables: a context is a list of bindings that never change and are shared, so that a copy of it is a reference.
//
// Handles have no room for one. A callback that is registered in a context that is not empty is wrapped, and a loop in which no variable
// was ever set does not ask (`careful`).
#include <retick/context.h>

#include "src/base/check.h"
#include "src/loop/loop_int.h"
#include <errno.h>

struct tick__binding {
    struct tick__binding *next;
    const struct tick_context_var *var;
    void *value;
    uint32_t refs;
};

struct tick__captured {
    struct tick_loop *loop;
    struct tick__binding *context;
    union {
        tick_callback_fn *call;
        tick_done_fn *done;
    } fn;
    void *arg;
};

static struct tick__binding **present(struct tick_loop *loop) {
    return loop->current ? &loop->current->context : &loop->context;
}

struct tick__binding *tick__context_copy(struct tick_loop *loop) {
    struct tick__binding *context = *present(loop);
    if (context)
        context->refs++;
    return context;
}

void tick__context_unref(struct tick__binding *context) {
    while (context && --context->refs == 0) {
        struct tick__binding *next = context->next;
        tick__block_free(context);
        context = next;
    }
}

// Takes the reference to next, also when out of memory.
static struct tick__binding *binding_new(
    struct tick_loop *loop, const struct tick_context_var *var, void *value, struct tick__binding *next) {
    struct tick__binding *binding = tick__block_alloc(loop, sizeof *binding);
    if (!binding) {
        tick__context_unref(next);
        return NULL;
    }
    *binding = (struct tick__binding){.next = next, .var = var, .value = value, .refs = 1};
    return binding;
}

static struct tick__binding *find(struct tick__binding *context, const struct tick_context_var *var) {
    while (context && context->var != var)
        context = context->next;
    return context;
}

// The bindings before the variable's own are made anew; their order does not matter.
static int rebind(struct tick_loop *loop, const struct tick_context_var *var, void *value, bool set) {
    struct tick__binding **context = present(loop), *own = find(*context, var);
    struct tick__binding *made = own ? own->next : *context;
    if (made)
        made->refs++;
    for (struct tick__binding *at = own ? *context : NULL; at != own; at = at->next) {
        made = binding_new(loop, at->var, at->value, made);
        if (!made)
            return -ENOMEM;
    }
    if (set) {
        made = binding_new(loop, var, value, made);
        if (!made)
            return -ENOMEM;
    }
    tick__context_unref(*context);
    *context = made;
    return 0;
}

void *tick_context_get(const struct tick_context_var *var) {
    struct tick_loop *loop = tick__loop_running;
    const struct tick__binding *own = loop ? find(*present(loop), var) : NULL;
    return own ? own->value : var->fallback;
}

int tick_context_set(const struct tick_context_var *var, void *value, struct tick_context_token *token) {
    struct tick_loop *loop = tick__loop_running;
    if (!loop)
        return TICK_EINVALSTATE;
    const struct tick__binding *own = find(*present(loop), var);
    const struct tick_context_token was = {.var = var, .task = loop->current, .old = own ? own->value : NULL, .was_set = own != NULL};
    TICK_TRY(rebind(loop, var, value, true));
    loop->contexts = true;
    tick__loop_specialize(loop);
    if (token)
        *token = was;
    return 0;
}

int tick_context_reset(struct tick_context_token *token) {
    struct tick_loop *loop = tick__loop_running;
    if (!loop || token->used || token->task != loop->current)
        return TICK_EINVALSTATE;
    TICK_TRY(rebind(loop, token->var, token->old, token->was_set));
    token->used = true;
    return 0;
}

// --- callbacks ---

static struct tick__captured *capture(struct tick_loop *loop, void *arg) {
    struct tick__captured *captured = tick__block_alloc(loop, sizeof *captured);
    if (captured)
        *captured = (struct tick__captured){.loop = loop, .context = tick__context_copy(loop), .arg = arg};
    return captured;
}

static bool captures(struct tick_loop *loop) {
    return loop->contexts && tick__loop_running == loop && *present(loop);
}

// Stand in a handle for the function that it calls within a context: tick__context_enter has put that back before anything is called.
static void call_in(void *arg) {
    (void)arg;
    TICK_ASSERT(false);
}

static void done_in(struct tick_future *future, void *arg) {
    (void)future;
    (void)arg;
    TICK_ASSERT(false);
}

static bool is_wrapped(const struct tick_handle *handle) {
    return handle->kind == TICK__DONE ? handle->fn.done == done_in : handle->fn.call == call_in;
}

int tick__context_wrap(struct tick_loop *loop, tick_callback_fn **fn, void **arg) {
    if (!captures(loop))
        return 0;
    struct tick__captured *captured = capture(loop, *arg);
    if (!captured)
        return -ENOMEM;
    captured->fn.call = *fn;
    *fn = call_in;
    *arg = captured;
    return 0;
}

int tick__context_wrap_done(struct tick_loop *loop, tick_done_fn **fn, void **arg) {
    if (!captures(loop))
        return 0;
    struct tick__captured *captured = capture(loop, *arg);
    if (!captured)
        return -ENOMEM;
    captured->fn.done = *fn;
    *fn = done_in;
    *arg = captured;
    return 0;
}

// The handle keeps nothing of it: somebody may cancel it after its call. What is there before is what the callback left that was the first
// to set a variable at all.
void tick__context_enter(struct tick_loop *loop, struct tick_handle *handle) {
    tick__context_unref(loop->context);
    loop->context = NULL;
    if (!is_wrapped(handle))
        return; // registered in an empty one
    const struct tick__captured captured = *(struct tick__captured *)handle->arg;
    tick__block_free(handle->arg);
    if (handle->kind == TICK__DONE)
        handle->fn.done = captured.fn.done;
    else
        handle->fn.call = captured.fn.call;
    handle->arg = captured.arg;
    loop->context = captured.context;
}

void tick__context_leave(struct tick_loop *loop) {
    tick__context_unref(loop->context);
    loop->context = NULL;
}

void tick__context_drop(const struct tick_handle *handle) {
    if (!is_wrapped(handle))
        return;
    tick__context_unref(((struct tick__captured *)handle->arg)->context);
    tick__block_free(handle->arg);
}

bool tick__context_is_done(const struct tick_handle *handle, tick_done_fn *fn, const void *arg) {
    if (handle->fn.done != done_in)
        return handle->fn.done == fn && handle->arg == arg;
    const struct tick__captured *captured = handle->arg;
    return captured->fn.done == fn && captured->arg == arg;
}
