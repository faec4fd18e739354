// What a guest tells its keeper of a run: records in a ring of bytes that both have mapped. What is published survives the guest, and is
// played into the run's probe in the order told (sim/keeper/listen.h).
//
// One writes, the guest, and one reads. The head moves at a record's end only, so that a guest may die or be rewound at any moment: what
// is there is whole. Numbers of objects and events are not in the records but where they are mentioned: the k-th told in a run has number
// k, as with a recorder. No pointer, address, pid or fd of the machine is among what reaches a digest; places in the program are told
// apart.
#ifndef RETICK_TOLD_H
#define RETICK_TOLD_H

#include <retick/probe.h>
#include <stdatomic.h>
#include <stdint.h>

#define TICK_TOLD_BYTES (1u << 20) // of the ring in the control block: a power of two
#define TICK_TOLD_MOST 8192u       // bytes that a record takes at the most; what is longer goes before it in pieces
#define TICK_TOLD_KEY 4000u        // bytes of a name that are told
#define TICK_TOLD_PLACES 60000u    // places in the program that a run may have
#define TICK_TOLD_MODULES 2000u

enum tick_told_what {
    TICK_TOLD_PAD = 1, // up to the ring's end
    TICK_TOLD_EVENT,
    TICK_TOLD_OBJECT,
    TICK_TOLD_TEXT,
    TICK_TOLD_PIECE, // bytes of the text, payload or written bytes that come next
    TICK_TOLD_PAYLOAD,
    TICK_TOLD_WRITTEN,
    TICK_TOLD_CHOICE,
    TICK_TOLD_MODULE,
    TICK_TOLD_PLACE,
};

// Every record begins with this, on a multiple of 8 bytes.
struct tick_told {
    uint32_t size;  // of all of it, a multiple of 8
    uint8_t what;   // enum tick_told_what
    uint8_t detail; // EVENT: its kind; OBJECT: its type
    uint16_t place; // EVENT, OBJECT: where in the program; 0: nowhere. PLACE: its number. MODULE: its number
};
struct tick_told_event {
    struct tick_told head;
    int64_t ts, arg;
    uint32_t host, task, subject, cause;
};
struct tick_told_object { // the key follows
    struct tick_told head;
    uint64_t id, ordinal;
    uint32_t parent, host, kth;
    uint32_t key; // its bytes, without a NUL; UINT32_MAX: it has none
};
struct tick_told_bytes { // TEXT (subject: the host), PIECE, PAYLOAD (subject: the message), WRITTEN; the bytes follow
    struct tick_told head;
    uint64_t offset; // WRITTEN
    uint64_t all;    // with those of the pieces before
    uint32_t subject;
    uint32_t count; // of these here
};
struct tick_told_choice { // with what the probe knew then
    struct tick_told head;
    int64_t now;
    uint32_t host, task, here;
    uint32_t value, n;
    uint8_t kind;
    uint8_t unused[3];
    uint64_t subject, ordinal;
    int64_t most;
};
struct tick_told_module { // a file of code that is mapped; its path follows
    struct tick_told head;
    uint32_t path; // bytes
    uint32_t unused;
};
struct tick_told_place { // an address: of a module, or of memory that is no file's; the name follows
    struct tick_told head;
    uint64_t offset; // behind the module's first byte; without a module, the address
    uint32_t module; // 0: none
    uint32_t name;   // bytes: what is called there, "recv"
};

// What a program has written of a line that has not ended, on stdout or stderr: told, as what that thread did, if it never does. Not in the
// ring, as it is no record until then.
#define TICK_TOLD_REST 4000u
struct tick_told_rest {
    uint32_t size, host, task, here;
    char text[TICK_TOLD_REST];
};

struct tick_guest_told {
    uint32_t size;                      // of bytes[]: a power of two, at least 4 * TICK_TOLD_MOST
    _Alignas(64) _Atomic uint64_t head; // bytes published since the beginning
    _Alignas(64) _Atomic uint64_t tail; // bytes that the keeper is done with
    _Atomic uint32_t took;              // moves with the tail; a futex word, not private
    struct tick_told_rest rest[2];
    _Alignas(64) char bytes[TICK_TOLD_BYTES];
};

#endif
