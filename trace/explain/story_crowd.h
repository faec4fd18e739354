// Those who do the same, which is told once: who, and how often in all.
#ifndef RETICK_STORY_CROWD_H
#define RETICK_STORY_CROWD_H

#include "trace/explain/story_int.h"

#define TICK__CROWD_NAMED 4

struct tick__crowd {
    uint32_t first, last;            // seq
    uint32_t who[TICK__CROWD_NAMED]; // the first that are not the same
    size_t named, distinct, times;   // distinct: once tick__crowds_count has counted
};
struct tick__crowd_member {
    uint32_t crowd, who;
};
struct tick__crowds {
    struct tick__crowd *all;
    struct tick__crowd_member *members;
    size_t count, room, members_count, members_room;
};
// Adds what somebody does at an event to a crowd: to a new one where crowd is crowds->count. 0 or -ENOMEM.
int tick__crowd_join(struct tick__crowds *crowds, size_t crowd, uint32_t who, uint32_t seq);
// Counts who is who, once all have joined.
void tick__crowds_count(struct tick__crowds *crowds);
void tick__crowds_fini(struct tick__crowds *crowds);
// "so do app/b, app/c and 3 more; 17 times in all": what to add to a sentence about the first of them. Nothing if there was no other time.
void tick__crowd_say(const struct tick__tale *tale, const struct tick__crowd *crowd, struct tick__said *said);

#endif
