// Who waits in vain: told where the run ends because nobody, or nobody who matters, goes on. A circle is one sentence, and so are those who
// are like each other in all but their numbers.
#include "trace/explain/story_int.h"
#include "trace/explain/waits.h"
#include <errno.h>
#include <string.h>

#define TOLD_MOST 6

// Whether it stands for itself and those like it: others are in its sentence.
static bool stands_first(const struct tick__waits *waits, uint32_t i) {
    const struct tick__waiter *waiter = &waits->waiters[i];
    for (uint32_t at = waiter->next; waiter->circle && at != i; at = waits->waiters[at].next)
        if (at < i)
            return false;
    return waiter->like == i;
}

// A sleep, or a turn to come, keeps nobody from going on for good.
static bool in_vain(const struct tick__waiter *waiter) {
    return waiter->kind != TICK__WAIT_SLEEP && waiter->kind != TICK__WAIT_TURN;
}

// The latest wait of a circle, which closed it.
static uint32_t closed_by(const struct tick__waits *waits, uint32_t first) {
    uint32_t seq = waits->waiters[first].seq;
    for (uint32_t at = waits->waiters[first].next; at != first; at = waits->waiters[at].next)
        seq = waits->waiters[at].seq > seq ? waits->waiters[at].seq : seq;
    return seq;
}

static void say_circle(const struct tick__waits *waits, uint32_t first, struct tick__sentence *sentence) {
    const struct tick__waiter *waiter = &waits->waiters[first];
    struct tick__said say = TICK__SAID(sentence->say);
    sentence->who[0] = '\0';
    sentence->loc = 0;
    tick__waits_say_circle(waits, waiter, &say);
    struct tick__said over = TICK__SAID(sentence->over);
    if (waiter->likes) {
        tick__said_more(&over, waiter->likes, "circle");
        tick__say_to(&over, " like it");
    }
}

static void say_waiter(const struct tick__telling *telling, const struct tick__waits *waits, const struct tick__waiter *waiter,
    struct tick__sentence *sentence) {
    struct tick__said who = TICK__SAID(sentence->who), good = TICK__SAID(sentence->good);
    char beside[200] = "";
    sentence->who[0] = '\0';
    sentence->loc = waiter->loc;
    tick__said_task(telling->tale, waiter->task, &who);
    if (waiter->likes) {
        tick__said_more(&who, waiter->likes, NULL);
        tick__say_to(&who, " like it");
    }
    tick__waits_say(waits, waiter, waiter->likes > 0, &TICK__SAID(sentence->say));
    tick__waits_say_woken(waits, waiter, &TICK__SAID(sentence->over));
    if (telling->beside)
        tick__waits_say_beside(waiter, telling->beside, &TICK__SAID(beside));
    if (*beside)
        tick__say_to(&good, "%s %s", telling->there, beside);
}

// Whether a wait began before the run parted from the one beside, so that what made it last came later.
static bool is_before(const struct tick__telling *telling, uint32_t seq) {
    return telling->good && seq < telling->part && telling->beside->parting_a <= telling->tale->last;
}

static void say_since(const struct tick__tale *tale, uint32_t seq, bool many, struct tick__sentence *sentence) {
    struct tick__said over = TICK__SAID(sentence->over);
    over.used = strlen(sentence->over);
    tick__say_to(&over, "%s%s done so since ", over.used ? "; " : "", many ? "they have" : "it has");
    tick__said_time(tick__tale_event(tale, seq)->ts, &over);
}

void tick__story_waits(struct tick__telling *telling) {
    struct tick__waits waits;
    struct tick__sentence *last = NULL;
    uint32_t told = 0, more = 0;
    if (!tick__ends_in_waiting(telling->tale->trace))
        return;
    if (tick__waits_find(telling->tale, telling->good, &waits) < 0) {
        telling->code = -ENOMEM;
        return;
    }
    for (uint32_t i = 0; i < waits.matter; i++) {
        const struct tick__waiter *waiter = &waits.waiters[i];
        if (!stands_first(&waits, i) || !in_vain(waiter))
            continue;
        if (told == TOLD_MOST) {
            more++;
            continue;
        }
        const uint32_t seq = waiter->circle ? closed_by(&waits, i) : waiter->seq;
        const bool before = is_before(telling, seq); // nobody could know yet that it is in vain
        last = tick__story_add(telling, before ? telling->end : seq, TICK__SAID_WAIT, 10 + (int)told++);
        if (waiter->circle)
            say_circle(&waits, i, last);
        else
            say_waiter(telling, &waits, waiter, last);
        if (before)
            say_since(telling->tale, seq, waiter->likes > 0, last);
    }
    if (more) {
        struct tick__said over = TICK__SAID(last->over);
        over.used = strlen(last->over);
        tick__say_to(&over, over.used ? ";" : "");
        tick__said_more(&over, more, NULL);
        tick__say_to(&over, " that wait: explain --waits tells them all");
    }
    tick__waits_fini(&waits);
}
