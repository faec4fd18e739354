// A run's causes hop by hop: what somebody did, and how he came to have his turn. What lies between (a segment arrives, an operation is
// complete, a future is done, a timer fires, a task is ready, its step begins) is folded into one hop.
#ifndef RETICK_HOPS_H
#define RETICK_HOPS_H

#include "trace/explain/said.h"

#define TICK__HOP_DEVIATIONS 4
#define TICK__HOP_BESIDES 3
struct tick__hop {
    uint32_t seq;  // the event that it is called by: of a deed itself, of a turn the step's begin, or what comes nearest to it
    uint32_t came; // what it came of, 0 = nothing that is known
    uint32_t task; // whose turn it is, 0 = nobody's
    uint32_t step, ready, done, fire, arm, cancel, create, io, recv; // events of a turn, 0 = it has none. No turn: all 0
    uint32_t links, yields; // events that it takes up; turns before it in which its task did nothing but yield
    bool turn;
    uint32_t deviations[TICK__HOP_DEVIATIONS]; // choices that bear on it
    size_t deviation_count;
    struct tick__tale_cause besides[TICK__HOP_BESIDES]; // what else it came of
    size_t beside_count, besides_more;
};
// The hop that ends with an event. By data: a deed came of what its step took in last, and of the step beside that; else the other way.
void tick__hop_back(const struct tick__tale *tale, uint32_t seq, struct tick__hop *hop);

// In words: who, what, and where ("" where that is not known).
void tick__hop_say(
    const struct tick__tale *tale, const struct tick__hop *hop, struct tick__said *who, struct tick__said *say, struct tick__said *place);
// One of the further causes, in words that stand alone.
void tick__hop_say_beside(const struct tick__tale *tale, const struct tick__tale_cause *cause, struct tick__said *say);

// An event in words that follow who did it: "sends \"get\" to server".
void tick__deed_say(const struct tick__tale *tale, uint32_t seq, struct tick__said *said);
void tick__deed_say_what(const struct tick__tale *tale, uint32_t object, struct tick__said *said); // "a future of pool.c:40"
void tick__deed_who(const struct tick__tale *tale, uint32_t seq, struct tick__said *said);

#endif
