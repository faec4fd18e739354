// Threads as a trace has them: tasks of the host, whose steps lie between two waits. A step comes of what ended the wait before it: a
// message, a timer, what another thread did.
//
// While a thread runs, the probe's context is its step; else nobody acts, and what happens is the network's or the clock's doing.
#include "sim/guest/guest_int.h"
#include "sim/guest/tell_int.h"
#include "sim/guest/turn_int.h"
#include "sim/kernel/kernel_int.h"
#include <string.h>

const void *tick__guest_caller;

static uint32_t host_object;
static const char *calls;                            // what the running thread calls
static uint32_t did;                                 // its step, until something else has happened
static uint32_t by;                                  // what is done right now comes of that event, whoever runs; 0: of who runs
static struct { uint32_t host, task, here; } before; // who acted before nobody did

static uint32_t told(enum tick_event_kind kind, uint32_t subject, uint32_t cause, int64_t arg, uint16_t place) {
    struct tick_probe *probe = tick__guest_probe;
    const uint32_t host = probe->host;
    probe->host = host_object; // also of what nobody does
    const uint32_t seq = tick__guest_tell_at(kind, subject, cause, arg, place);
    probe->host = host;
    return seq;
}

// --- who there is ---

void tick__guest_tell_on_host(uint32_t object) {
    tick__guest_resources_begin();
    did = by = 0;
    calls = NULL;
    host_object = object;
}

uint32_t tick__guest_tell_host(const char *name, tick_id id) {
    const struct tick_object object = {.type = TICK_OBJECT_HOST, .id = id, .key = name};
    if (!tick__guest_probe)
        return 0;
    tick__guest_tell_on_host(tick__guest_tell_object_at(&object, 0));
    return host_object;
}

static void tell_task(struct tick__guest_thread *thread, uint32_t parent, const char *key, uint32_t kth, uint32_t cause, uint16_t place) {
    const struct tick_object object = {
        .type = TICK_OBJECT_TASK, .id = thread->id, .parent = parent, .host = host_object, .key = key, .kth = kth};
    thread->maker.object = tick__guest_tell_object_at(&object, place);
    thread->track.created = thread->track.cause = told(TICK_EV_TASK_CREATE, thread->maker.object, cause, 0, place);
}

void tick__guest_tell_main(struct tick__guest_thread *thread, uint32_t start) {
    if (!tick__guest_probe)
        return;
    if (!start)
        start = told(TICK_EV_HOST_START, host_object, 0, 0, 0);
    tell_task(thread, host_object, "main", 1, start, 0);
    tick__guest_tell_ready(thread, false);
    tick__guest_tell_goes_on(thread);
}

void tick__guest_tell_thread(struct tick__guest_thread *thread, const char *key, uint32_t kth) {
    const struct tick_probe *probe = tick__guest_probe;
    if (probe)
        tell_task(thread, probe->task, key, kth, probe->here, tick__guest_place_of(tick__guest_caller, key));
}

// --- turns ---

void tick__guest_tell_woken(struct tick__guest_thread *thread, uint32_t cause) {
    if (!tick__guest_probe)
        return;
    const uint32_t deed = thread->wait.object ? tick__guest_tell_deed(thread->wait.object) : 0;
    const bool fresh = !thread->track.ready && !thread->track.step; // it has never run
    const uint32_t found = cause ? cause : deed ? deed : fresh ? thread->track.created : tick__guest_tell_cause();
    if (found) // else it comes of its own step before: room for what it sent
        thread->track.cause = found;
}

void tick__guest_tell_ready(struct tick__guest_thread *thread, bool expired) {
    struct tick__guest_track *track = &thread->track;
    if (!tick__guest_probe)
        return;
    if (expired && track->armed) {
        track->cause = told(TICK_EV_TIMER_FIRE, track->timer, track->armed, thread->deadline, 0);
        track->armed = 0;
    }
    track->ready = told(TICK_EV_TASK_READY, thread->maker.object, track->cause, 0, 0);
}

void tick__guest_tell_goes_on(struct tick__guest_thread *thread) {
    struct tick_probe *probe = tick__guest_probe;
    if (!probe)
        return;
    tick__guest_kernel->cause = did = 0; // whatever it was, this comes of it
    probe->host = host_object;
    probe->task = thread->maker.object;
    thread->track.step = probe->here = probe->acted = told(TICK_EV_STEP_BEGIN, thread->maker.object, thread->track.ready, 0, 0);
}

void tick__guest_tell_stops(enum tick_step_outcome outcome) {
    struct tick_probe *probe = tick__guest_probe;
    if (!probe)
        return;
    tick__guest_tell_rest();
    told(TICK_EV_STEP_END, probe->task, probe->here, outcome, 0);
    did = probe->here;
    tick__guest_kernel->cause = 0; // what was carried out in its midst
    probe->host = probe->task = probe->here = 0;
    calls = NULL;
}

void tick__guest_tell_over(const void *object) {
    const struct tick_probe *probe = tick__guest_probe;
    if (!probe)
        return;
    tick__guest_tell_rest();
    tick__guest_tell_did(object, told(TICK_EV_FUTURE_DONE, probe->task, probe->here, TICK_DONE_RESULT, 0));
}

// --- waits ---

void tick__guest_tell_calls(const char *name) {
    calls = name;
    tick__guest_probe->arrived = 0;
}

static uint16_t place_of(const struct tick__guest_wait *wait) {
    const bool called = wait->what == TICK__WAITS_FDS && calls;
    return tick__guest_place_of(wait->place ? wait->place : tick__guest_caller, called ? calls : tick__guest_waits_called(wait->what));
}

static void arm(struct tick__guest_thread *self, const struct tick__guest_wait *wait, int64_t deadline, tick_id timer, uint32_t kth) {
    const bool sleeps = wait->what == TICK__WAITS_SLEEP;
    const struct tick_object object = {.type = TICK_OBJECT_TIMER,
        .id = timer,
        .parent = self->maker.object,
        .host = host_object,
        .key = sleeps ? "sleep" : "deadline",
        .kth = kth};
    const uint16_t place = sleeps ? place_of(wait) : 0; // one that has a place is what the thread waits for
    self->track.timer = tick__guest_tell_object_at(&object, place);
    self->track.armed = told(TICK_EV_TIMER_ARM, self->track.timer, tick__guest_probe->here, deadline, place);
}

uint32_t tick__guest_tell_timer(tick_id id, uint32_t kth) {
    const struct tick_object object = {.type = TICK_OBJECT_TIMER,
        .id = id,
        .parent = tick__guest_self()->maker.object,
        .host = host_object,
        .key = "deadline",
        .kth = kth};
    return tick__guest_probe ? tick__guest_tell_object_at(&object, tick__guest_place_of(tick__guest_caller, calls)) : 0;
}

uint32_t tick__guest_tell_timer_is(enum tick_event_kind kind, uint32_t timer, uint32_t cause, int64_t deadline) {
    const struct tick_probe *probe = tick__guest_probe;
    return probe && timer ? told(kind, timer, cause ? cause : probe->here, deadline, 0) : 0;
}

static void add_wait(struct tick__guest_thread *self, uint32_t object, uint16_t place) {
    struct tick__guest_track *track = &self->track;
    if (track->wait_count == sizeof track->waits / sizeof *track->waits)
        return;
    track->waits[track->wait_count++] = object;
    told(TICK_EV_WAIT_BEGIN, object, tick__guest_probe->here, 0, place);
}

static void add_fd(struct tick__guest_thread *self, int fd, uint16_t place) {
    const uint32_t object = fd >= 0 ? tick_k_object(tick__guest_kernel, TICK_GUEST_PROCESS, fd) : 0;
    if (object)
        add_wait(self, object, place);
}

void tick__guest_tell_waits(const struct tick__guest_wait *wait, int64_t deadline, tick_id timer, uint32_t kth) {
    struct tick__guest_thread *self = tick__guest_self();
    struct tick__guest_track *track = &self->track;
    if (!tick__guest_probe)
        return;
    tick__guest_tell_rest();
    track->wait_count = 0;
    track->armed = 0;
    track->cause = tick__guest_probe->here; // until somebody ends it
    if (timer)
        arm(self, wait, deadline, timer, kth);
    const uint16_t place = place_of(wait);
    if (wait->what == TICK__WAITS_FDS) {
        add_fd(self, wait->fd, place);
        for (uint32_t i = 0; i < wait->fd_count; i++)
            add_fd(self, wait->fds[i].fd, place);
    } else if (wait->what == TICK__WAITS_JOIN) {
        const struct tick__guest_thread *of = (const void *)((const char *)wait->object - offsetof(struct tick__guest_thread, life));
        told(TICK_EV_FUTURE_AWAIT, of->maker.object, tick__guest_probe->here, 0, place);
    } else if (wait->object) {
        add_wait(self, tick__guest_tell_resource(wait->object, wait->what, wait->place), place);
    }
}

void tick__guest_tell_waited(void) {
    struct tick__guest_track *track = &tick__guest_self()->track;
    const struct tick_probe *probe = tick__guest_probe;
    if (!probe)
        return;
    if (track->armed)
        told(TICK_EV_TIMER_CANCEL, track->timer, probe->here, tick__guest_self()->deadline, 0);
    track->armed = 0;
    for (uint8_t i = 0; i < track->wait_count; i++)
        told(TICK_EV_WAIT_END, track->waits[i], probe->here, 0, 0);
    track->wait_count = 0;
}

// --- the kernel ---

void tick__guest_tell_happens(void) {
    struct tick_probe *probe = tick__guest_probe;
    if (!probe)
        return;
    tick__guest_kernel->cause = did = 0;
    before.host = probe->host;
    before.task = probe->task;
    before.here = probe->here;
    probe->host = probe->task = probe->here = 0;
}

void tick__guest_tell_happened(void) {
    struct tick_probe *probe = tick__guest_probe;
    if (!probe)
        return;
    probe->host = before.host;
    probe->task = before.task;
    probe->here = before.here;
}

uint32_t tick__guest_tell_cause(void) {
    const struct tick_probe *probe = tick__guest_probe;
    if (!probe)
        return 0;
    const uint32_t cause = tick__guest_kernel->cause;
    return by ? by : probe->here ? probe->here : cause ? cause : did;
}

void tick__guest_tell_by(uint32_t seq) {
    by = seq;
}

void tick__guest_tell_about(const struct tick__guest_thread *thread) {
    static uint32_t host, task;
    struct tick_probe *probe = tick__guest_probe;
    if (!probe)
        return;
    if (thread) {
        host = probe->host;
        task = probe->task;
        probe->host = host_object;
        probe->task = thread->maker.object;
    } else {
        probe->host = host;
        probe->task = task;
    }
}

void tick__guest_tell_took(int fd, long result) {
    struct tick_probe *probe = tick__guest_probe;
    if (!probe || !probe->arrived)
        return;
    told(TICK_EV_IO_COMPLETE, tick_k_object(tick__guest_kernel, TICK_GUEST_PROCESS, fd), probe->arrived, result, 0);
    probe->arrived = 0;
}

void tick__guest_tell_line(const void *text, size_t size) {
    struct tick_probe *probe = tick__guest_probe;
    if (probe)
        told(TICK_EV_LOG, tick__guest_tell_text(text, size), probe->here, 0, 0);
}
