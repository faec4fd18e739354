// When tasks, futures and messages began and ended, and how: columns of rows that are there already, each written once where it can be.
#include "trace/derive_int.h"
#include <retick/probe.h>

struct life { // of a task or future that has not ended
    uint64_t object;
    int64_t created; // 0: its creation was not told
    bool task, retrieved;
};

static int64_t or_null(int64_t id) {
    return id ? id : TICK__NULL;
}

static int write_task(struct tick__deriving *deriving, const struct life *life, int64_t done_seq, const char *outcome) {
    const int64_t row[] = {(int64_t)life->object, or_null(life->created), or_null(done_seq)};
    return tick__derive_row(deriving, TICK__TASK_LIVED, row, 3, outcome);
}

// done NULL: it never was.
static int write_future(struct tick__deriving *deriving, const struct life *life, const struct tick__derived_event *done) {
    const int64_t row[] = {(int64_t)life->object, or_null(life->created), life->retrieved, done ? done->seq : TICK__NULL,
        done ? or_null(done->task) : TICK__NULL, done ? done->arg == TICK_DONE_FAILURE : TICK__NULL};
    return tick__derive_row(deriving, TICK__FUTURE_LIVED, row, 6,
        !done                              ? "PENDING"
        : done->arg == TICK_DONE_CANCELLED ? "CANCELLED"
                                           : "FINISHED");
}

static int begin(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    deriving->lives.row = sizeof(struct life);
    struct life *life = tick__open_add(&deriving->lives, (uint64_t)event->subject);
    if (!life)
        return tick__derive_no_memory(deriving);
    life->created = life->created ? life->created : event->seq;
    life->task = event->kind == TICK_EV_TASK_CREATE;
    return 0;
}

static int end(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    static const char *const words[] = {"suspended", "returned", "failed", "cancelled"};
    bool of_task = event->kind == TICK_EV_STEP_END;
    const struct life *found = tick__open_find(&deriving->lives, (uint64_t)event->subject);
    if (found && found->task != of_task)
        return 0; // a task is a future, too: its last step tells how it ended
    const struct life life = found ? *found : (struct life){.object = (uint64_t)event->subject};
    if (found)
        tick__open_drop(&deriving->lives, life.object);
    if (of_task)
        return write_task(deriving, &life, event->seq, words[event->arg < 4 ? event->arg : TICK_STEP_CANCELLED]);
    return write_future(deriving, &life, event);
}

static int retrieve(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    struct life *life = tick__open_find(&deriving->lives, (uint64_t)event->subject);
    if (life) {
        life->retrieved = true;
        return 0;
    }
    const int64_t row[] = {event->subject}; // awaited when it was done already, or never created
    return tick__derive_row(deriving, TICK__FUTURE_RETRIEVED, row, 1, NULL);
}

int tick__derive_lives(struct tick__deriving *deriving, const struct tick__derived_event *event) {
    const int64_t message[] = {event->subject, event->seq, or_null(event->host), event->arg};
    if (!event->subject)
        return 0;
    switch (event->kind) {
    case TICK_EV_TASK_CREATE:
    case TICK_EV_FUTURE_CREATE:
        return begin(deriving, event);
    case TICK_EV_FUTURE_AWAIT:
        return retrieve(deriving, event);
    case TICK_EV_FUTURE_DONE:
        return end(deriving, event);
    case TICK_EV_STEP_END:
        return event->arg > TICK_STEP_SUSPENDED ? end(deriving, event) : 0;
    case TICK_EV_MSG_SEND:
        return tick__derive_row(deriving, TICK__MESSAGE_SENT, message, 4, NULL);
    case TICK_EV_MSG_RECV:
        return tick__derive_row(deriving, TICK__MESSAGE_RECEIVED, message, 3, NULL);
    case TICK_EV_MSG_DROP:
        return tick__derive_row(deriving, TICK__MESSAGE_DROPPED, message, 1, NULL);
    default:
        return 0;
    }
}

int tick__derive_lives_end(struct tick__deriving *deriving) {
    for (const struct life *life = NULL; (life = tick__open_next(&deriving->lives, life));)
        TICK_TRY(life->task ? write_task(deriving, life, 0, NULL) : write_future(deriving, life, NULL));
    return 0;
}
