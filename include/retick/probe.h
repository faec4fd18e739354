// The probe: what happens in loop, I/O, kernel and world is told to it, one event at a time. NULL means nobody listens.
#ifndef RETICK_PROBE_H
#define RETICK_PROBE_H

#include <retick/choice.h>
#include <retick/id.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// X(constant, number, word). docs/TRACE.md gives subject, cause and argument of each. Numbers never change.
#define TICK_EVENTS(X) \
    X(TICK_EV_TASK_CREATE, 1, "task_create") \
    X(TICK_EV_TASK_READY, 2, "task_ready") \
    X(TICK_EV_STEP_BEGIN, 3, "step_begin") \
    X(TICK_EV_STEP_END, 4, "step_end") \
    X(TICK_EV_TASK_CANCEL, 5, "task_cancel") \
    X(TICK_EV_FUTURE_CREATE, 6, "future_create") \
    X(TICK_EV_FUTURE_AWAIT, 7, "future_await") \
    X(TICK_EV_FUTURE_DONE, 8, "future_done") \
    X(TICK_EV_CALLBACK_READY, 9, "callback_ready") \
    X(TICK_EV_CALLBACK_RUN, 10, "callback_run") \
    X(TICK_EV_TIMER_ARM, 11, "timer_arm") \
    X(TICK_EV_TIMER_FIRE, 12, "timer_fire") \
    X(TICK_EV_TIMER_CANCEL, 13, "timer_cancel") \
    X(TICK_EV_IO_SUBMIT, 14, "io_submit") \
    X(TICK_EV_IO_COMPLETE, 15, "io_complete") \
    X(TICK_EV_HOLD, 16, "hold") \
    X(TICK_EV_RELEASE, 17, "release") \
    X(TICK_EV_WAIT_BEGIN, 18, "wait_begin") \
    X(TICK_EV_WAIT_END, 19, "wait_end") \
    X(TICK_EV_MSG_SEND, 20, "msg_send") \
    X(TICK_EV_MSG_RECV, 21, "msg_recv") \
    X(TICK_EV_MSG_DROP, 22, "msg_drop") \
    X(TICK_EV_HOST_START, 23, "host_start") \
    X(TICK_EV_HOST_CRASH, 24, "host_crash") \
    X(TICK_EV_HOST_RESTART, 25, "host_restart") \
    X(TICK_EV_FAULT_BEGIN, 26, "fault_begin") \
    X(TICK_EV_FAULT_END, 27, "fault_end") \
    X(TICK_EV_CHOICE, 28, "choice") \
    X(TICK_EV_SPAN_BEGIN, 29, "span_begin") \
    X(TICK_EV_SPAN_END, 30, "span_end") \
    X(TICK_EV_LOG, 31, "log") \
    X(TICK_EV_MARK, 32, "mark") \
    X(TICK_EV_EXCEPTION, 33, "exception") \
    X(TICK_EV_VERDICT, 34, "verdict") \
    X(TICK_EV_PUT, 35, "put") \
    X(TICK_EV_TAKE, 36, "take") \
    X(TICK_EV_SET, 37, "set") \
    X(TICK_EV_CLEAR, 38, "clear") \
    X(TICK_EV_NOTIFY, 39, "notify") \
    X(TICK_EV_MSG_SLOW, 40, "msg_slow") \
    X(TICK_EV_HOST_STOP, 41, "host_stop") \
    X(TICK_EV_HOST_PAUSE, 42, "host_pause") \
    X(TICK_EV_CLOCK_JUMP, 43, "clock_jump") \
    X(TICK_EV_CLOCK_READ, 44, "clock_read") \
    X(TICK_EV_SHARED_READ, 45, "shared_read") \
    X(TICK_EV_SHARED_WRITE, 46, "shared_write") \
    X(TICK_EV_FILE_SYNC, 47, "file_sync")

enum tick_event_kind {
#define TICK_EVENT_ENUM(name, number, word) name = (number),
    TICK_EVENTS(TICK_EVENT_ENUM)
#undef TICK_EVENT_ENUM
        TICK_EVENT_KINDS
};

// step_end's argument
enum tick_step_outcome { TICK_STEP_SUSPENDED, TICK_STEP_RETURNED, TICK_STEP_FAILED, TICK_STEP_CANCELLED };
// future_done's argument
enum tick_future_outcome { TICK_DONE_RESULT, TICK_DONE_FAILURE, TICK_DONE_CANCELLED };
// msg_drop's argument: why it is lost. X(constant, number, words). Numbers never change.
#define TICK_DROPS(X) \
    X(TICK_DROP_CUT, 1, "nothing passes between the hosts") \
    X(TICK_DROP_DOWN, 2, "the host is down") \
    X(TICK_DROP_LOSS, 3, "the network lost it") \
    X(TICK_DROP_RESET, 4, "the connection is reset under way") \
    X(TICK_DROP_FULL, 5, "a queue is full") \
    X(TICK_DROP_CLOSED, 6, "nobody takes it there any more") \
    X(TICK_DROP_UNSENT, 7, "it was never on its way") \
    X(TICK_DROP_GIVEN_UP, 8, "its sender has given up") \
    X(TICK_DROP_DAMAGED, 9, "its checksum is wrong")
enum tick_drop {
#define TICK_DROP_ENUM(name, number, words) name = (number),
    TICK_DROPS(TICK_DROP_ENUM)
#undef TICK_DROP_ENUM
};

struct tick_event {
    int64_t ts;                          // virtual ns (real runs: ns since the run's start)
    int64_t arg;                         // by kind
    uint32_t host, task, subject, cause; // object ids; cause is an event's seq. 0 = absent
    const struct tick_loc *loc;          // NULL = absent; static storage
    uint8_t kind;
};

// What an object is, told once, before its first event.
struct tick_object {
    enum tick_object_type type;
    tick_id id;       // stable
    uint32_t parent;  // object id of the maker: host of a main task, task of a child, ...; a direction's or end's connection. 0 = none
    uint32_t host;    // object id
    const char *key;  // borrowed for the call: host's name, task's spawn key, a resource's type, a peer's name for a connection; NULL: none
    uint32_t kth;     // count under its parent (for a task: among the same key), from 1; a connection's part: enum tick_connection_part; a
                      // message: 0
    uint64_t ordinal; // a message: its byte offset in the stream; a host: 1, if the run does not wait for its end; else 0
    const struct tick_loc *loc; // where it was made, NULL = unknown
};

struct tick_probe {
    const struct tick_probe_ops *ops;
    // The context of what is told next. The world and the loops keep it; everybody else only reads.
    int64_t now;      // ns
    uint32_t host;    // object id of the running host
    uint32_t task;    // object id of the running task, 0 in plain callbacks
    uint32_t here;    // seq of the step_begin, callback_run, ... in which the code runs: the cause of what it does
    uint32_t acted;   // seq of the last step_begin or callback_run: what a condition that was found broken between two of them came of
    uint32_t arrived; // seq of the msg_recv whose bytes (or connection) the latest recv, accept or connect consumed; 0 = none known
    uint32_t trying;  // an operation of the I/O layer makes the call, and tells what comes of it; else the program itself
};

// Implementations never call back, never fail and never touch the memory of the running host.
struct tick_probe_ops {
    // Returns the object's small id in this run (1, 2, ... in the order told); 0: there are no numbers left.
    uint32_t (*object)(struct tick_probe *self, const struct tick_object *object);
    // Returns the event's seq (1, 2, ...), 0 likewise.
    uint32_t (*event)(struct tick_probe *self, const struct tick_event *event);
    // The bytes of a message, told after its object; the probe may keep a prefix. NULL = not interested.
    void (*payload)(struct tick_probe *self, uint32_t message, const void *bytes, size_t count);
    // Bytes that are written elsewhere than into a message (a file, a pipe): to `object`, `offset` bytes into what it takes. NULL = not
    // interested.
    void (*written)(struct tick_probe *self, uint32_t object, uint64_t offset, const void *bytes, size_t count);
    // A deviation that was drawn: the probe makes the `choice` event of it (its cause is probe->here), and returns its seq. NULL = not
    // interested.
    uint32_t (*choice)(struct tick_probe *self, const struct tick_deviation *deviation);
    // A text (log line, verdict, exception); returns its object id, for the event that follows. Borrowed for the call.
    uint32_t (*text)(struct tick_probe *self, const char *text);
};

// Tells an event of the present context; returns its seq. probe may be NULL: returns 0.
static inline uint32_t tick_emit(
    struct tick_probe *probe, enum tick_event_kind kind, uint32_t subject, uint32_t cause, int64_t arg, const struct tick_loc *loc) {
    if (!probe)
        return 0;
    const struct tick_event event = {probe->now, arg, probe->host, probe->task, subject, cause, loc, (uint8_t)kind};
    return probe->ops->event(probe, &event);
}

#ifdef __cplusplus
}
#endif

#endif
