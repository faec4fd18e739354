// How much a probe has been told: who shares its numbers with others has to know (sim/guest/control.h, struct tick_guest_turn).
#ifndef RETICK_COUNTED_H
#define RETICK_COUNTED_H

#include <retick/probe.h>

// From here on what the probe is told is counted, on top of so many; it is the same probe, with other slots. One at a time.
void tick__counted_begin(struct tick_probe *probe, uint32_t objects, uint32_t events);
void tick__counted(uint32_t *objects, uint32_t *events);
void tick__counted_end(void); // its slots are its own again; a no-op without one

#endif
