// shield: an outer future that follows an inner one, and whose cancellation stops at itself.
//
// The error of an inner one that outlives its cancelled outer stays unread there, and is reported at the inner one's last unref
// (CPython marks it read and so loses it: gh-86802).
#include "src/loop/loop_int.h"

static void inner_done(struct tick_future *inner, void *arg) {
    struct tick_future *outer = arg;
    if (outer->state == TICK__PENDING) {
        if (inner->state == TICK__CANCELLED)
            tick__future_cancelled(outer, inner->is.message, 0);
        else if (inner->state == TICK__FAILED)
            tick__future_fail_as(outer, inner);
        else
            tick__future_succeeded(outer, inner->is.value, 0);
    }
    tick_future_unref(outer);
}

static void outer_done(struct tick_future *outer, void *arg) {
    struct tick_future *inner = arg;
    if (inner->state == TICK__PENDING)
        for (int left = tick_future_off_done(inner, inner_done, outer); left > 0; left--)
            tick_future_unref(outer);
    tick_future_unref(inner);
}

struct tick_future *tick_shield_at(struct tick_future *inner, const struct tick_loc *loc) {
    if (inner->state != TICK__PENDING)
        return tick_future_ref(inner);
    struct tick_loop *loop = inner->loop;
    struct tick_handle *below = tick__listener_new(loop, inner_done, NULL, true);
    struct tick_handle *above = tick__listener_new(loop, outer_done, NULL, true);
    struct tick_future *outer = below && above ? tick_future_new_at(loop, loc) : NULL;
    if (!outer) {
        tick_handle_unref(below);
        tick_handle_unref(above);
        return NULL;
    }
    below->arg = tick_future_ref(outer);
    above->arg = tick_future_ref(inner);
    tick__future_attach(inner, below);
    tick__future_attach(outer, above);
    return outer;
}
