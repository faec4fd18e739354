// The chooser that notes what it is asked: it answers as a replay does, and keeps each question that may be answered in more than one way,
// as a deviation of value 0. Of a kind that nobody wants to know about it is asked only where the replay has an answer.
#include "sim/choice/choosers.h"

static uint32_t choose(struct tick_chooser *self, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    struct tick_asked_chooser *asked = (struct tick_asked_chooser *)self;
    const uint32_t value = asked->replay->ops->choose(asked->replay, kind, subject, ordinal, n, most);
    if (!value && n > 1 && asked->kinds >> kind & 1 && *asked->count < asked->room)
        asked->questions[(*asked->count)++] =
            (struct tick_deviation){.subject = subject, .ordinal = ordinal, .n = n, .most = most, .kind = (uint8_t)kind};
    return value;
}

static const struct tick_chooser_ops ops = {"asked", choose};

void tick_asked_init(struct tick_asked_chooser *asked, struct tick_replay_chooser *replay, uint64_t kinds,
    struct tick_deviation *questions, uint32_t room, uint32_t *count) {
    struct tick_chooser *answers = tick_replay_chooser(replay);
    *count = 0;
    *asked = (struct tick_asked_chooser){
        .chooser = {.ops = &ops, .calm = answers->calm & ~kinds},
        .replay = answers,
        .kinds = kinds,
        .questions = questions,
        .room = room,
        .count = count,
    };
}
