// Operations: what a program asks of the kernel, submitted, completed, or cancelled.
//
// A poller that is told of readiness (epoll) tries the operation, arms the file and retries; one that is told of completions (io_uring)
// passes it on. Above this line nobody knows which. An operation's storage and buffer belong to the poller from submit until it is done.
#ifndef RETICK_OP_H
#define RETICK_OP_H

#include "src/io/trouble.h"
#include <retick/poller.h>
#include <retick/sys.h>
#include <stdbool.h>

enum tick_op_kind { TICK_OP_ACCEPT, TICK_OP_CONNECT, TICK_OP_RECV, TICK_OP_SEND };

struct tick_op;
typedef void tick_op_done_fn(struct tick_op *op);

struct tick_op {
    struct tick_file *file;
    tick_op_done_fn *done; // called from the poller's wait, never from submit
    void *bytes;           // RECV writes here, SEND reads from here
    size_t count;
    ssize_t result;   // RECV, SEND: bytes (RECV: 0 at end); ACCEPT: the new fd; CONNECT: 0; or a negated errno
    uint32_t arrived; // probe: the msg_recv that it consumed, 0 = unknown; once that is told, what told it (stream.c)
    uint8_t kind;     // enum tick_op_kind
    bool pending;
};

// An fd that operations run on: embedded in streams and listeners. At most one reading (ACCEPT, RECV) and one writing (CONNECT, SEND)
// operation at a time.
struct tick_file {
    int fd; // -1: closed
    uint32_t index, generation;
    uint32_t object; // probe's object, for io_submit and io_complete
    struct tick_op *reader, *writer;
    struct tick_io *io;
    struct tick_file *next, *previous;    // of the poller's open files, newest first
    void (*drop)(struct tick_file *file); // the poller closes before the file's owner did: let go of it
};

// A poller that takes operations.
struct tick_io {
    struct tick_poller poller; // the loop's view
    const struct tick_io_ops *ops;
    struct tick_sys *sys;
    struct tick_file *files;
    struct tick_trouble *trouble; // the latest; never NULL
};

struct tick_io_ops {
    // Makes the file known; takes over the fd (also on error: then it is closed). file->fd .. object are the caller's to have set. 0 or
    // an error.
    int (*open)(struct tick_io *self, struct tick_file *file);
    // Forgets the file and closes its fd; pending operations are cancelled without a call of done.
    void (*close)(struct tick_io *self, struct tick_file *file);
    // Starts op (file, kind, bytes, count, done set). Returns 1 if it completed at once (result set, done is not called), 0 if it is
    // pending.
    int (*submit)(struct tick_io *self, struct tick_op *op);
    // Carries op out if that can be done at once, and 1; else 0, and nothing has happened. NULL: this poller cannot tell.
    int (*attempt)(struct tick_io *self, struct tick_op *op);
    // Withdraws a pending op: true if it is withdrawn, without a call of done; false if the kernel still owns it and done will come.
    bool (*cancel)(struct tick_io *self, struct tick_op *op);
};

#endif
