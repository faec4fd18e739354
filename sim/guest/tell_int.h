// What a guest tells of a run, and how: a probe of its own, whose records a keeper plays (told.h).
//
// Whoever tells something tests tick__guest_probe first: a run that nobody observes pays for no more than that.
#ifndef RETICK_TELL_INT_H
#define RETICK_TELL_INT_H

#include "sim/guest/told.h"
#include <stdbool.h>
#include <stddef.h>

extern struct tick_probe *tick__guest_probe; // NULL: nobody listens

// --- guest_tell.c: the probe --- From here on what is told goes to the ring, with numbers from 1 on. room: lets the keeper know that
// there is something to take, when half of the ring is used (full: false), or that there is no room, again and again until there is
// (full: true): then it waits for a little.
void tick__guest_tell_to(struct tick_guest_told *told, void (*room)(struct tick_guest_told *told, bool full));
void tick__guest_tell_stop(void); // nothing more is told
// What numbers objects and events have so far, where others tell, too.
void tick__guest_tell_counts(uint32_t objects, uint32_t events);
void tick__guest_told_counts(uint32_t *objects, uint32_t *events);
// An event of the present context, with a place in the program (0: none), by number as tick__guest_place_of gives them. Its seq.
uint32_t tick__guest_tell_at(enum tick_event_kind kind, uint32_t subject, uint32_t cause, int64_t arg, uint16_t place);
uint32_t tick__guest_tell_object_at(const struct tick_object *object, uint16_t place);
uint32_t tick__guest_tell_text(const void *bytes, size_t count); // of a text, without a NUL; its object
// A record of `size` bytes, whose head is filled in by the call, and then it is there.
void *tick__guest_tell_room(size_t size, enum tick_told_what what);
void tick__guest_tell_publish(void);

// --- tell_begin.c ---
void tick__guest_tell_world(void); // the world begins: from here on everything is told, if the keeper wants that
void tick__guest_tell_run(void);   // a run begins, which may be one that nobody observes

// --- tell_places.c: where in the program ---
// The number of an address, at which `name` is called (of static storage; NULL: not known); 0: there are too many, or address is NULL.
uint16_t tick__guest_place_of(const void *address, const char *name);
void tick__guest_places_begin(void); // nothing is known any more

// --- tell_threads.c: threads as tasks, their steps, and what they wait for ---
struct tick__guest_thread;
struct tick__guest_wait;

// What is told of a thread (a part of struct tick__guest_thread). All 0 where nobody listens.
struct tick__guest_track {
    uint32_t created; // seqs: of its creation, of what ends its wait, of its being ready, of its step's beginning
    uint32_t cause, ready, step;
    uint32_t timer, armed; // of its wait's deadline: the object; its arming, 0 when it is over
    uint32_t waits[8];     // objects that it waits for
    uint8_t wait_count;
};
// The host and its first thread, which runs. Returns the host's object, as the kernel is to know it.
uint32_t tick__guest_tell_host(const char *name, tick_id id);
void tick__guest_tell_on_host(uint32_t object); // the host has been told
// start: the seq of the host's beginning; 0: it is told now.
void tick__guest_tell_main(struct tick__guest_thread *thread, uint32_t start);
void tick__guest_tell_thread(struct tick__guest_thread *thread, const char *key, uint32_t kth); // the running one makes another
// What ends a thread's wait: the seq of an event, or, with 0, what was told of the object that it waits for, else what the running thread
// does.
void tick__guest_tell_woken(struct tick__guest_thread *thread, uint32_t cause);
void tick__guest_tell_ready(struct tick__guest_thread *thread, bool expired); // expired: by its deadline
void tick__guest_tell_goes_on(struct tick__guest_thread *thread);             // it runs
void tick__guest_tell_stops(enum tick_step_outcome outcome);                  // the running thread does not any more
// The running thread waits; timer: the kth of its sleeps or deadlines, by id, 0: it has none.
void tick__guest_tell_waits(const struct tick__guest_wait *wait, int64_t deadline, tick_id timer, uint32_t kth);
// A timer of the program's own: its object. That it is armed, has fired or is disarmed: the event's seq. Both 0 where nobody listens.
uint32_t tick__guest_tell_timer(tick_id id, uint32_t kth);
uint32_t tick__guest_tell_timer_is(enum tick_event_kind kind, uint32_t timer, uint32_t cause, int64_t deadline);
void tick__guest_tell_waited(void);             // and goes on
void tick__guest_tell_over(const void *object); // the running thread ends, and who waits for `object` waits for that
// Around what the kernel does by itself: nobody acts then.
void tick__guest_tell_happens(void);
void tick__guest_tell_happened(void);
// What a wake-up comes of: what the running thread does; if none runs, what has happened since one did, if it was told; else what that
// thread did. 0: nothing that is known.
uint32_t tick__guest_tell_cause(void);
void tick__guest_tell_by(uint32_t seq); // until it is called with 0: who is woken is woken by that event
// Until it is called with NULL, what is told (a choice) is about that thread, whoever runs.
void tick__guest_tell_about(const struct tick__guest_thread *thread);
// What the running thread does is done by the program at `place` (NULL: not known), as `name`.
extern const void *tick__guest_caller; // set by libc's names, whether somebody listens or not: a return address
void tick__guest_tell_calls(const char *name);
// After a call on a simulated fd: it may have taken in what a message brought.
void tick__guest_tell_took(int fd, long result);
// A line that the program has written.
void tick__guest_tell_line(const void *text, size_t size);

// --- tell_output.c ---
void tick__guest_tell_piece(int fd, const char *text, size_t size, bool ended); // of a line; ended: it is the last one
void tick__guest_tell_pieces(void);                                             // a run begins, with those of before

// --- tell_locks.c: what threads hold, and wake each other with ---
// The object at an address of the program's, told when it is first met. what: enum tick__guest_waits_for.
uint32_t tick__guest_tell_resource(const void *address, uint8_t what, const void *place);
void tick__guest_tell_rest(void); // the step ends, or waits: what is held beyond it is told
void tick__guest_tell_hold(const void *address, uint8_t what, const void *place);
void tick__guest_tell_release(const void *address, uint8_t what); // before anybody is woken
void tick__guest_tell_notify(const void *address, uint8_t what);  // likewise; of what is not held
uint32_t tick__guest_tell_deed(const void *address);              // the latest of these there, if it was the latest of all; else 0
void tick__guest_tell_did(const void *address, uint32_t seq);     // that was one
void tick__guest_tell_gone(const void *address);                  // what was there is none any more
void tick__guest_resources_begin(void);
const char *tick__guest_waits_called(uint8_t what); // "a mutex"

#endif
