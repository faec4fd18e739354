// Between finding the waits (waits.c), their graph (waits_graph.c) and the words (waits_say.c).
#ifndef RETICK_WAITS_INT_H
#define RETICK_WAITS_INT_H

#include "trace/explain/waits.h"

enum { OP_ACCEPT, OP_CONNECT, OP_RECV, OP_SEND, OP_KINDS }; // io_submit's argument

enum tick__life_state { LIFE_NONE, LIFE_READY, LIFE_RUNNING, LIFE_WAITING, LIFE_OVER };
// A task, as far as the run has come.
struct tick__life {
    uint32_t task, host, began, ended; // of its latest step
    uint32_t wait, waits;              // the last event that says what it waits for, in this step; how many in a row, of tick_wait
    uint32_t submitted;                // the last io_submit of this step
    uint32_t files[OP_KINDS];          // index + 1 of the file that it used last in each way
    uint32_t sibling;                  // index + 1 of another one of the same maker that is not over, once all is read
    uint32_t flag; // event flag that it waited for last
    uint8_t state;
};
// An fd with operations: a stream or a listener.
struct tick__used {
    uint32_t object, host, connection; // connection: 0 = not known
    int64_t read;                      // bytes
    uint32_t users[OP_KINDS];          // who used it last in each way
    uint32_t pending[OP_KINDS];        // io_submit that is not completed
    uint32_t next;                     // index + 1 of another file of the same connection, once all is read
};
struct tick__hold {
    uint32_t subject, task, seq;
};
// What a task did with a queue.
struct tick__queue_user {
    tick_id queue;
    uint32_t task, took, put; // the latest take and put, 0 = none
    uint32_t has;             // of what it took, so many it has not put back
    bool pool;                // what is taken from it is put back
};
struct tick__waits_work {
    uint32_t *index; // by object: of a task its life + 1, of an op its file + 1, of a connection the first of its files + 1
    uint32_t *made;  // by object: future_create, or, of a resource, the latest wake-up; of a host, its latest crash
    uint32_t *children; // by object: index + 1 of a life that it began, and that is not over
    struct tick__life *lives;
    struct tick__used *files;
    struct tick__hold *holds; // open ones, by subject
    struct tick__queue_user *users; // by queue
    uint32_t user_count;
    uint32_t *deeds; // by object: of a queue the latest put or take, of an event flag or condition the latest set or notify
    uint32_t *cleared; // by object: of an event flag, the clear since its latest set, by one who does not wait for it
    int64_t *sent_bytes; // by object: of a direction
    uint32_t *closed; // by object: of a direction, the send of its end
    uint32_t *in_line, *in_line_gone; // by object: of a lock, how many wait for it; of these, for clients that have hung up
    uint32_t *end_users; // by object: of an fd, who used it last
    uint32_t life_count, file_count, hold_count;
    uint32_t *by_life; // index + 1 of the waiter
    uint32_t sent, sent_by; // the latest msg_send, as long as nothing else has happened: its connection, its host
};

// waits_queues.c: who uses which queue, and those without whom somebody who waits for one cannot go on. 0 or -ENOMEM.
int tick__waits_queues(struct tick__waits *waits, const struct tick__tale *good);
int tick__waits_need_queue(struct tick__waits *waits, struct tick__waiter *waiter);
int tick__waits_need(struct tick__waits *waits, struct tick__waiter *waiter, uint32_t task); // adds one
// waits_ends.c: waits for fds themselves. The first is told of events that may be about one; the second of a waiter for one, whose kind and
// connection it sets; the third whom it needs.
void tick__waits_note_end(struct tick__waits *waits, const struct tick__tale_event *event);
void tick__waits_set_end(const struct tick__waits *waits, struct tick__waiter *waiter);
int tick__waits_need_end(struct tick__waits *waits, struct tick__waiter *waiter);
// waits_graph.c: needs, circles, likes, order. 0 or -ENOMEM.
int tick__waits_link(struct tick__waits *waits);
// When the client hung up whose connection a task serves: seq; 0: it serves none, or that one is there.
uint32_t tick__waits_hung_up(const struct tick__waits *waits, uint32_t task);
struct tick__life *tick__waits_life(const struct tick__waits *waits, uint32_t task); // NULL: it is no task

#endif
