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
// An event of the present context, with a place in the program (0: none), by number as tick__guest_place_of gives them. Its seq.
uint32_t tick__guest_tell_at(enum tick_event_kind kind, uint32_t subject, uint32_t cause, int64_t arg, uint16_t place);
uint32_t tick__guest_tell_object_at(const struct tick_object *object, uint16_t place);
uint32_t tick__guest_tell_text(const void *bytes, size_t count); // of a text, without a NUL; its object
// A record of `size` bytes, whose head is filled in by the call, and then it is there.
void *tick__guest_tell_room(size_t size, enum tick_told_what what);
void tick__guest_tell_publish(void);

// --- tell_places.c: where in the program ---
// The number of an address, at which `name` is called (of static storage; NULL: not known); 0: there are too many, or address is NULL.
uint16_t tick__guest_place_of(const void *address, const char *name);
void tick__guest_places_begin(void); // nothing is known any more

#endif
