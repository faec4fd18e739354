// Inside streams: the structure that connect, serve and stream share.
#ifndef RETICK_STREAM_INT_H
#define RETICK_STREAM_INT_H

#include "src/io/op.h"
#include "src/loop/loop_int.h"
#include <retick/stream.h>

#define STREAM_HIGH ((size_t)64 << 10)  // write buffer above which a writer waits
#define STREAM_LOW (STREAM_HIGH / 4)    // and at or below which it goes on
#define STREAM_LIMIT ((size_t)64 << 10) // the longest line, and the most that is read ahead
#define STREAM_FIRST_ROOM ((size_t)512)

struct tick_buffer {
    char *bytes;
    size_t from, to, room;
};

// A task that waits for the stream; on that task's stack.
struct stream_waiter {
    struct tick_future future;
    struct stream_waiter *next;
};

struct tick_stream {
    struct tick_file file; // first
    struct tick_loop *loop;
    struct tick__task_owned owned; // in its owner's list: a task's or the loop's
    struct tick_op recv, send;
    struct tick_buffer in;
    struct tick_buffer out, next; // out is being sent and must not move; what is written meanwhile goes to next
    struct stream_waiter *reader;
    struct stream_waiter *writers;
    int read_error, write_error;
    uint32_t users; // tasks inside a call: the stream outlives them
    bool at_end, closing, eof_wanted, eof_sent;
};

// Wraps a connected fd, which it takes over; the stream is owner's (NULL: the loop's). name tells the probe what it is.
int tick__stream_open(
    struct tick_loop *loop, struct tick_io *io, int fd, struct tick_task *owner, const char *name, struct tick_stream **out);
// Waits until the connection under way is made: 0, what it failed with, or the wait's own error (then the caller closes the stream).
int tick__stream_wait_connected(struct tick_stream *stream, const struct tick_loc *loc);

#endif
