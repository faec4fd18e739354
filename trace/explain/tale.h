// A recorded run in memory, as explanations ask about it: events, objects, messages, choices, who waits for what, and causes both ways.
// It is read from a trace once; what is asked for after that costs no query. Numbers are the trace's: an event's seq, an object's id.
#ifndef RETICK_TALE_H
#define RETICK_TALE_H

#include "trace/reader.h"
#include <retick/probe.h>

// A run of more is told from its last so many events.
#define TICK__TALE_EVENTS_MOST 2000000

struct tick__tale_event {
    int64_t ts, arg;
    uint32_t host, task, subject, cause; // 0 = absent
    uint32_t step; // the step_begin or callback_run in which it was told; 0 = none. Of a step's ready, begin and end: its own begin
    uint16_t loc;
    uint8_t kind;
};
struct tick__tale_object {
    tick_id id;
    uint64_t ordinal;
    uint32_t parent, host, kth;
    uint32_t message; // index + 1
    uint16_t loc;
    uint8_t type;            // enum tick_object_type, 0: there is none
    const char *path, *name; // never NULL; of a text, `name` is the text
};
struct tick__tale_message {
    uint32_t object, direction, src, dst;
    uint32_t send, recv, drop; // seq, 0 = none
    int64_t bytes;
    const char *payload; // what was kept of it
    uint32_t kept;
};
struct tick__tale_choice {
    uint32_t seq, subject, host, bears; // bears: the first event that it delayed or made; 0: not known
    uint32_t message;                   // that it delayed or lost; 0: none
    int64_t from, until;                // ns, where it bears; until -1: for good
    uint64_t ordinal;
    int64_t ns; // what the value means; 0: it is no time
    bool sound;
    const char *kind, *line, *words;
};
struct tick__tale_place {
    const char *function, *file, *name;
    int line;
};
// One more cause of an event, beside event.cause.
struct tick__tale_cause {
    uint32_t seq, cause;
    const char *how;
};
struct tick__tale {
    const struct tick_trace *trace;
    uint32_t first, last;              // seq of the events that are there
    struct tick__tale_event *events;   // by seq - first
    uint32_t objects_count;            // ids are 1 ... count
    struct tick__tale_object *objects; // by id
    struct tick__tale_message *messages;
    struct tick__tale_choice *choices;
    struct tick__tale_cause *causes; // in order of seq
    struct tick__tale_place *places; // by loc_id
    size_t message_count, choice_count, cause_count, place_count;
    uint32_t *effects, *effect_from; // events that came of seq: effects[effect_from[seq - first]] up to the next one's
    struct tick__tale_named *named;  // messages, in order of stable id
    uint32_t verdict;                // seq, 0: none
    const char *place;               // where it was found, "" = not known
    int64_t end;                     // ns
    struct tick__tale_memory *memory;
    struct tick__tale_asked *asked; // NULL: all of it is in memory
};
// 0, or an error in words.
int tick__tale_read(const struct tick_trace *trace, struct tick__tale *tale, struct tick_error *error);
// A tale of which each thing is read when it is first asked for, and kept: of a run of any size, for who looks at a little of it. Choices
// are not listed, effects, twins and an event's step not known. A lookup that fails finds nothing; tick__tale_trouble tells, at the end.
int tick__tale_open(const struct tick_trace *trace, struct tick__tale *tale, struct tick_error *error);
// 0, or why a lookup failed.
int tick__tale_trouble(const struct tick__tale *tale, struct tick_error *error);
void tick__tale_fini(struct tick__tale *tale);

// An event; of a seq that is not there, one of kind 0.
const struct tick__tale_event *tick__tale_event(const struct tick__tale *tale, uint32_t seq);
const struct tick__tale_object *tick__tale_object(const struct tick__tale *tale, uint32_t id);
const struct tick__tale_message *tick__tale_message(const struct tick__tale *tale, uint32_t object); // NULL: the object is none
// The other direction of the same connection (the two are told one after the other); 0: it is none of a connection.
uint32_t tick__tale_way_back(const struct tick__tale *tale, uint32_t direction);
// The message of that stable id, in this run; NULL: there is none.
const struct tick__tale_message *tick__tale_same_message(const struct tick__tale *tale, tick_id id);
const struct tick__tale_place *tick__tale_place(const struct tick__tale *tale, uint32_t loc); // NULL: none that is known
// The further causes of an event: how many, from *causes on.
size_t tick__tale_causes_of(const struct tick__tale *tale, uint32_t seq, const struct tick__tale_cause **causes);
// The further cause that an event has by that word: "from", "over"; 0: none.
uint32_t tick__tale_cause_how(const struct tick__tale *tale, uint32_t seq, const char *how);
// What came of an event, by either kind of cause.
size_t tick__tale_effects_of(const struct tick__tale *tale, uint32_t seq, const uint32_t **effects);
// What the event came of: its cause, else the step that it was told in; 0: nothing that is known.
uint32_t tick__tale_before(const struct tick__tale *tale, uint32_t seq);

// A set of events.
struct tick__tale_set {
    uint64_t *bits;
    uint32_t first, last;
};
bool tick__tale_has(const struct tick__tale_set *set, uint32_t seq);
// All that `roots` came of, they included: causes, further causes, the steps that they were told in. 0 or -ENOMEM; free(set->bits).
int tick__tale_past(const struct tick__tale *tale, const uint32_t *roots, size_t count, struct tick__tale_set *set);

#endif
