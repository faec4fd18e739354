// Where telling begins and ends: with the world, if the keeper wants to be told at all; and a run that nobody observes is not told.
#include "sim/guest/inside_int.h"
#include "sim/guest/tell_int.h"
#include "sim/kernel/kernel_int.h"
#include <stdatomic.h>

#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define ASK_AGAIN 1000000 // ns: the keeper may have looked just before it was woken

// Wakes the keeper, which waits for the state to change; and, where there is no room, waits for it to have taken something.
static void ask_for_room(struct tick_guest_told *told, bool full) {
    const uint32_t took = atomic_load(&told->took);
    const struct timespec a_while = {.tv_nsec = ASK_AGAIN};
    tick__raw(SYS_futex, &tick__guest_control->state, FUTEX_WAKE, INT32_MAX);
    if (full)
        tick__raw(SYS_futex, &told->took, FUTEX_WAIT, took, &a_while);
}

// What the program wrote before there was a world.
static void tell_early_output(const struct tick_guest_control *control) {
    for (uint32_t at = 0; at + sizeof(struct tick_guest_line) <= control->output_used;) {
        const struct tick_guest_line *line = (const struct tick_guest_line *)(const void *)(control->output + at);
        tick__guest_tell_piece(line->fd, line->text, line->size, line->ended);
        at += (uint32_t)((sizeof *line + line->size + 7) & ~(size_t)7);
    }
}

void tick__guest_tell_world(void) {
    struct tick_guest_control *control = tick__guest_control;
    if (!control->settings.tells || tick__guest_probe)
        return;
    struct tick__host *host = tick__host(tick__guest_kernel, (uint32_t)tick__guest_machine);
    tick__guest_tell_to(&control->told, ask_for_room);
    if (tick__guest_shared) {
        tick__guest_tell_counts(control->turn.objects, control->turn.events);
        tick__guest_tell_on_host(host->object);
    } else {
        host->object = tick__guest_tell_host(host->name, tick__guest_host);
    }
    tick__guest_kernel->env.probe = tick__guest_probe;
    tick__guest_probe->now = tick_kernel_now(tick__guest_kernel); // it is told of the clock as that moves
    tick__guest_tell_main(tick__guest_self(), tick__guest_shared ? control->turn.cause : 0);
    tell_early_output(control);
}

void tick__guest_tell_run(void) {
    if (!tick__guest_control->request.observed)
        tick__guest_tell_stop();
    else
        tick__guest_tell_pieces();
}
