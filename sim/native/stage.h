// The stage: what the calls of a program (tick_check, tick_log, ...) stand on, in the simulated and in the real world alike.
#ifndef RETICK_STAGE_H
#define RETICK_STAGE_H

#include "sim/native/run.h"
#include <retick/sys.h>

struct host_local;

struct tick_stage {
    struct tick_probe *probe; // NULL: nobody listens
    const char *host;         // name of the running host; NULL between hosts
    tick_id host_id;
    uint32_t host_object;
    struct tick_sys *sys; // the running host's, NULL between hosts
    struct host_local **locals;
    struct tick_object *asked; // what the latest tick__ask was about, for the world, which tells it; NULL where nobody is asked
    uint32_t lives;            // of the running host, before this one
    uint64_t checks;
    bool real; // logs also go to stderr
    // Records the first finding and, in a simulated host, does not return.
    void (*fail)(struct tick_stage *stage, enum tick_verdict verdict, int code, const struct tick_loc *loc, const char *text);
    // The running step takes so long. NULL: it takes what it takes.
    void (*busy)(struct tick_stage *stage, int64_t ns);
    // A "sometimes" point. NULL: not counted.
    void (*mark)(struct tick_stage *stage, const char *name);
};

void tick__stage_set(struct tick_stage *stage); // NULL: none
struct tick_stage *tick__stage(void);

// A question that its maker asks under a name: what it is about, and that it is the kth of that maker, type and name.
struct tick__question {
    tick_id subject;
    uint64_t ordinal;
};
// false: nobody acts (maker NULL), or out of memory: it is not asked, and the answer is calm.
bool tick__ask(struct tick_maker *maker, enum tick_object_type type, const char *key, struct tick__question *out);

// Fills an outcome with a finding. host, loc may be NULL.
void tick__outcome_fail(
    struct tick_outcome *outcome, enum tick_verdict verdict, int code, const char *host, const struct tick_loc *loc, const char *text);
void tick__locals_free(struct host_local **locals); // to the heap that they came from

#endif
