// Things of a run as people would name them: tasks by their paths, messages by what they say, waits by what for. All of it is shown fit
// to stand on one line (src/base/visible.h).
#ifndef RETICK_SAID_H
#define RETICK_SAID_H

#include "trace/explain/tale.h"

// Text that is put together piece by piece; what does not fit ends in an ellipsis, never in half a character.
struct tick__said {
    char *text;
    size_t size, used;
    bool full;
};
#define TICK__SAID(array) \
    (struct tick__said) { \
        .text = (array), .size = sizeof(array) \
    }
void tick__say_to(struct tick__said *said, const char *format, ...) __attribute__((format(printf, 2, 3)));

// "app/client-1"; a main task is its host, "redis"; one that serves a connection "redis/serve for app/client-2",
// and what such a one has begun "redis/serve/reader for app/client-2".
void tick__said_task(const struct tick__tale *tale, uint32_t task, struct tick__said *said);
bool tick__said_as_host(const struct tick__tale *tale, uint32_t task); // a main task, that is
void tick__said_host(const struct tick__tale *tale, uint32_t host, struct tick__said *said);
// Who did it: the task, else the host.
void tick__said_who(const struct tick__tale *tale, uint32_t seq, struct tick__said *said);
// Who sent a message, and who is to get it: the task, else the host; of a connection within one machine its ends, by their ports:
// "the client on :40001", "the server on :7001".
void tick__said_sender(const struct tick__tale *tale, const struct tick__tale_message *message, struct tick__said *said);
void tick__said_receiver(const struct tick__tale *tale, const struct tick__tale_message *message, struct tick__said *said);
// The object of that end, and what it is called; 0: it is of no such connection.
uint32_t tick__said_end(const struct tick__tale *tale, const struct tick__tale_message *message, bool sender);
void tick__said_end_name(const struct tick__tale *tale, uint32_t end, struct tick__said *said);
bool tick__said_has_ends(const struct tick__tale *tale, const struct tick__tale_message *message); // it is of such a connection
// A resource, future, file ...: "the queue jobs", "app/client-1".
void tick__said_object(const struct tick__tale *tale, uint32_t object, struct tick__said *said);
// What it says, in quotes, without the lengths that some protocols put between: "GET user:1"; else how long it is, or which part of a
// connection's opening or end it is.
void tick__said_message(const struct tick__tale *tale, const struct tick__tale_message *message, size_t most, struct tick__said *said);
// " and 3 more", " and 1 more message": what is not named one by one; `what` is of one, NULL: nothing that has a name of its own.
void tick__said_more(struct tick__said *said, size_t more, const char *what);
// "26 ms"
void tick__said_time(int64_t ns, struct tick__said *said);
// "pool.c:40", ""
void tick__said_place(const struct tick__tale *tale, uint32_t loc, struct tick__said *said);
// The same of a sentence's end: nothing of a stripped program's, of which an offset is known that nobody could look up.
void tick__said_readable_place(const struct tick__tale *tale, uint32_t loc, struct tick__said *said);
// The place that says best where a step stood at an event: the event's own, else where the step waits next, else where it went on from.
uint32_t tick__tale_loc_near(const struct tick__tale *tale, uint32_t seq);

// Whether an event tells what its task waits for, if the step goes no further.
bool tick__tale_is_wait(const struct tick__tale_event *event);
// What a task waits for since its latest step: the event that told it (0: not known), and in words that follow "waits ".
uint32_t tick__tale_wait_of(const struct tick__tale *tale, uint32_t step_begin);
void tick__said_wait(const struct tick__tale *tale, uint32_t wait, struct tick__said *said);

#endif
