// The parts of a tale that is read as it is asked for (tale_asked.c), and what both kinds share.
#ifndef RETICK_TALE_ASKED_INT_H
#define RETICK_TALE_ASKED_INT_H

#include "trace/explain/tale.h"

const struct tick__tale_event *tick__asked_event(const struct tick__tale *tale, uint32_t seq);
const struct tick__tale_object *tick__asked_object(const struct tick__tale *tale, uint32_t id);
const struct tick__tale_message *tick__asked_message(const struct tick__tale *tale, uint32_t object);
const struct tick__tale_place *tick__asked_place(const struct tick__tale *tale, uint32_t loc);
size_t tick__asked_causes(const struct tick__tale *tale, uint32_t seq, const struct tick__tale_cause **causes);
void tick__asked_fini(struct tick__tale_asked *asked);

// Bytes and a NUL behind them, which live as long as the tale; NULL: out of memory.
const char *tick__tale_keep(struct tick__tale *tale, const void *bytes, size_t count);
uint8_t tick__tale_object_type(const char *word);

#endif
