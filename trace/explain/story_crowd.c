#include "trace/explain/story_crowd.h"
#include <errno.h>
#include <stdlib.h>

static int room_for(void *array, size_t count, size_t *room, size_t size) {
    void **items = array;
    if (count < *room)
        return 0;
    const size_t wanted = *room ? 2 * *room : 16;
    void *more = realloc(*items, wanted * size);
    if (!more)
        return -ENOMEM;
    *items = more;
    *room = wanted;
    return 0;
}

int tick__crowd_join(struct tick__crowds *crowds, size_t at, uint32_t who, uint32_t seq) {
    TICK_TRY(room_for(&crowds->all, at, &crowds->room, sizeof *crowds->all));
    TICK_TRY(room_for(&crowds->members, crowds->members_count, &crowds->members_room, sizeof *crowds->members));
    if (at == crowds->count)
        crowds->all[crowds->count++] = (struct tick__crowd){.first = seq};
    struct tick__crowd *crowd = &crowds->all[at];
    bool known = false;
    for (size_t i = 0; i < crowd->named; i++)
        known |= crowd->who[i] == who;
    if (!known && crowd->named < TICK__CROWD_NAMED)
        crowd->who[crowd->named++] = who;
    crowd->last = seq;
    crowd->times++;
    crowds->members[crowds->members_count++] = (struct tick__crowd_member){(uint32_t)at, who};
    return 0;
}

static int by_crowd(const void *left, const void *right) {
    const struct tick__crowd_member *a = left, *b = right;
    return a->crowd != b->crowd ? (a->crowd < b->crowd ? -1 : 1) : a->who < b->who ? -1 : a->who > b->who;
}

void tick__crowds_count(struct tick__crowds *crowds) {
    if (crowds->members_count) // else there is no array, and qsort takes no NULL
        qsort(crowds->members, crowds->members_count, sizeof *crowds->members, by_crowd);
    for (size_t i = 0; i < crowds->members_count; i++)
        crowds->all[crowds->members[i].crowd].distinct += i == 0 || by_crowd(&crowds->members[i - 1], &crowds->members[i]) != 0;
}

void tick__crowds_fini(struct tick__crowds *crowds) {
    free(crowds->all);
    free(crowds->members);
    *crowds = (struct tick__crowds){0};
}

void tick__crowd_say(const struct tick__tale *tale, const struct tick__crowd *crowd, struct tick__said *said) {
    const size_t others = crowd->distinct - 1, more = crowd->distinct - crowd->named;
    if (others)
        tick__say_to(said, others == 1 ? "so does " : "so do ");
    for (size_t i = 1; i < crowd->named; i++) {
        tick__story_list(said, i - 1, others);
        tick__said_task(tale, crowd->who[i], said);
    }
    if (more)
        tick__said_more(said, more, NULL);
    if (crowd->times > crowd->distinct)
        tick__say_to(said, "%s%zu times in all", others ? "; " : "", crowd->times);
}
