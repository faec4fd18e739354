// Streams and servers: asyncio's open_connection and start_server, owned by the task that opened them.
//
// Every call waits in the calling task and honours its innermost deadline: a count or 0, else TICK_ECANCELED, TICK_ETIMEDOUT,
// TICK_ECLOSED, or a negated errno. A stream is closed when the task that opened it ends, unless it was moved or closed before.
#ifndef RETICK_STREAM_H
#define RETICK_STREAM_H

#include <retick/error.h>
#include <retick/task.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tick_stream;
typedef struct tick_stream tick_stream;

// asyncio.open_connection: "host:port". *stream is the calling task's. -ENOENT: no such host; -ECONNREFUSED, ...
#define tick_connect(address, stream) tick_connect_at((address), (stream), TICK_HERE("connect"))
int tick_connect_at(const char *address, tick_stream **stream, const struct tick_loc *loc) TICK_MUST_USE; // no stream after an error

// asyncio.start_server and serve_forever: listens on "[host]:port" and runs serve(connection, arg) in a task of its own for each
// connection, which is closed when serve returns. Returns only with an error: TICK_ECANCELED when its task is cancelled (the connections'
// tasks are cancelled too, and awaited). A negative result of serve is reported to the loop's exception handler, but for a lost connection.
typedef int tick_serve_fn(tick_stream *stream, void *arg);
#define tick_serve(address, serve, arg) tick_serve_at((address), (serve), (arg), TICK_HERE(#serve))
int tick_serve_at(const char *address, tick_serve_fn *serve, void *arg, const struct tick_loc *loc);

// StreamReader. All give 0 at end of file.
ssize_t tick_stream_read(tick_stream *stream, void *bytes, size_t most); // read: some bytes, at least one
// readexactly: count; TICK_ECLOSED if the stream ended before (what came stays).
ssize_t tick_stream_read_exactly(tick_stream *stream, void *bytes, size_t count);
// readline: without its newline (or "\r\n"), terminated with NUL; its length + 1, so that 0 is the end of file. TICK_ELIMIT if it does not
// fit (the buffer keeps it). A last line without newline counts as a line.
ssize_t tick_stream_read_line(tick_stream *stream, char *line, size_t size);

// StreamWriter.write and drain in one: returns when the bytes are with the kernel or below the high watermark (64 KiB). count or an error.
ssize_t tick_stream_write(tick_stream *stream, const void *bytes, size_t count);
ssize_t tick_stream_printf(tick_stream *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));
int tick_stream_write_eof(tick_stream *stream); // after what was written
int tick_stream_drain(tick_stream *stream);     // waits until every byte is with the kernel

// Closes now: what was written and is not yet with the kernel is flushed in the background. NULL is allowed.
void tick_stream_close(tick_stream *stream);
void tick_stream_abort(tick_stream *stream); // drops it: the peer sees a reset
// The stream belongs to `task` from now on (NULL: to the loop, which closes it at its own end): e.g. to a pool.
void tick_stream_move(tick_stream *stream, struct tick_task *task);
bool tick_stream_at_eof(const tick_stream *stream);

#ifdef __cplusplus
}
#endif

#endif
