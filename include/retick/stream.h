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

typedef struct tick_stream tick_stream;

// asyncio.open_connection: "host:port". *stream is the calling task's. The addresses of the name, the first four of them, are tried in turn;
// the error is the first one's. -ENOENT: no such host; -ECONNREFUSED, ...
#define tick_connect(address, stream) tick_connect_at((address), (stream), TICK_HERE("connect"))
int tick_connect_at(const char *address, tick_stream **stream, const struct tick_loc *loc) TICK_MUST_USE; // no stream after an error

// asyncio.start_server: listens on "[host]:port" and runs serve(connection, arg) in a task of its own for each connection, which is closed
// when serve returns. A negative result of serve is reported to the loop's exception handler, but for a lost connection. *server is the
// caller's, to be given back with tick_server_free; at the loop's end it is closed.
typedef struct tick_server tick_server;
typedef int tick_serve_fn(tick_stream *stream, void *arg);
#define tick_server_open(address, serve, arg, server) tick_server_open_at((address), (serve), (arg), (server), TICK_HERE(#serve))
int tick_server_open_at(
    const char *address, tick_serve_fn *serve, void *arg, tick_server **server, const struct tick_loc *loc) TICK_MUST_USE;
// Server.close: it takes no more connections. The tasks of those that it has go on.
void tick_server_close(tick_server *server);
// Closes it, and cancels the tasks of its connections.
void tick_server_cancel(tick_server *server);
// Server.wait_closed, in the calling task: until it is closed and the last of its connections' tasks is over. 0 or TICK_ECANCELED.
#define tick_server_wait(server) tick_server_wait_at((server), TICK_HERE(#server))
int tick_server_wait_at(tick_server *server, const struct tick_loc *loc);
void tick_server_free(tick_server *server); // closes it, as tick_server_close does. NULL is allowed

// Serves in the calling task, as Server.serve_forever does. Returns only with an error, and has closed the server then: TICK_ECANCELED when
// its task is cancelled. The connections' tasks go on; that end of main which cancels all tasks cancels them, too.
#define tick_serve(address, serve, arg) tick_serve_at((address), (serve), (arg), TICK_HERE(#serve))
int tick_serve_at(const char *address, tick_serve_fn *serve, void *arg, const struct tick_loc *loc);

// StreamReader. All give 0 at end of file. loc: where it waits, if it does.
// read: some bytes, at least one.
#define tick_stream_read(stream, bytes, most) tick_stream_read_at((stream), (bytes), (most), TICK_HERE("read"))
ssize_t tick_stream_read_at(tick_stream *stream, void *bytes, size_t most, const struct tick_loc *loc);
// readexactly: count; TICK_ECLOSED if the stream ended before (what came stays).
#define tick_stream_read_exactly(stream, bytes, count) tick_stream_read_exactly_at((stream), (bytes), (count), TICK_HERE("read_exactly"))
ssize_t tick_stream_read_exactly_at(tick_stream *stream, void *bytes, size_t count, const struct tick_loc *loc);
// readline: without its newline (or "\r\n"), terminated with NUL; its length + 1, so that 0 is the end of file. TICK_ELIMIT if it does not
// fit (the buffer keeps it). A last line without newline counts as a line.
#define tick_stream_read_line(stream, line, size) tick_stream_read_line_at((stream), (line), (size), TICK_HERE("read_line"))
ssize_t tick_stream_read_line_at(tick_stream *stream, char *line, size_t size, const struct tick_loc *loc);

// StreamWriter.write and drain in one: returns when the bytes are with the kernel or below the high watermark (64 KiB). count or an error.
#define tick_stream_write(stream, bytes, count) tick_stream_write_at((stream), (bytes), (count), TICK_HERE("write"))
ssize_t tick_stream_write_at(tick_stream *stream, const void *bytes, size_t count, const struct tick_loc *loc);
// The same of a text: tick_stream_printf(stream, format, ...).
#define tick_stream_printf(stream, ...) tick_stream_printf_at((stream), TICK_HERE("write"), __VA_ARGS__)
ssize_t tick_stream_printf_at(tick_stream *stream, const struct tick_loc *loc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// StreamWriter.write_eof: after what was written; reading goes on. Does not wait. 0, TICK_ECLOSED, or what writing failed with before.
int tick_stream_write_eof(tick_stream *stream);
// Waits until every byte is with the kernel (StreamWriter.drain stops below the low watermark).
#define tick_stream_drain(stream) tick_stream_drain_at((stream), TICK_HERE("drain"))
int tick_stream_drain_at(tick_stream *stream, const struct tick_loc *loc);

// StreamWriter.close, now: no call waits on it any more; what was written and is not yet with the kernel is flushed in the
// background. NULL is allowed.
void tick_stream_close(tick_stream *stream);
void tick_stream_abort(tick_stream *stream); // WriteTransport.abort: drops what is not yet sent, the peer sees a reset. NULL is allowed
// The stream belongs to `task` from now on (NULL: to the loop, which closes it at its own end): e.g. to a pool.
void tick_stream_move(tick_stream *stream, struct tick_task *task);
bool tick_stream_at_eof(const tick_stream *stream); // StreamReader.at_eof: the end has come, and all before it was read

#ifdef __cplusplus
}
#endif

#endif
