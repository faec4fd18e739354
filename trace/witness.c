#include "trace/witness.h"
#include "src/base/outside.h"
#include "trace/recorder_int.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

const char *const tick_content_words[] = {
    [TICK_CONTENT_NAME] = "name", [TICK_CONTENT_TEXT] = "text", [TICK_CONTENT_MESSAGE] = "message", [TICK_CONTENT_WRITTEN] = "written"};

struct testimony { // what precedes each piece's bytes in the file
    uint32_t what, object, seq, task, host, unused;
    uint64_t place, count;
};

struct tick__witness {
    int fd;
    bool failed; // the disk is full: the rest is missing
    size_t used;
    uint8_t bytes[1 << 16]; // not written yet
};

// --- in the program's process ---

int tick_recorder_testify(struct tick_recorder *recorder, const char *path) {
    struct tick__witness *witness = tick__outside_alloc(sizeof *witness);
    if (!witness)
        return -ENOMEM;
    witness->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (witness->fd < 0) {
        tick__outside_free(witness);
        return -errno;
    }
    witness->failed = false;
    witness->used = 0;
    recorder->witness = witness;
    return 0;
}

static void put(struct tick__witness *witness, const uint8_t *bytes, size_t count) {
    while (count && !witness->failed) {
        ssize_t done = write(witness->fd, bytes, count);
        if (done < 0 && errno == EINTR)
            continue;
        witness->failed = done <= 0;
        bytes += done > 0 ? done : 0;
        count -= done > 0 ? (size_t)done : 0;
    }
}

static void add(struct tick__witness *witness, const void *bytes, size_t count) {
    if (count > sizeof witness->bytes - witness->used) {
        put(witness, witness->bytes, witness->used);
        witness->used = 0;
    }
    if (count > sizeof witness->bytes) {
        put(witness, bytes, count);
    } else if (count) {
        memcpy(witness->bytes + witness->used, bytes, count);
        witness->used += count;
    }
}

void tick__witness_take(
    const struct tick_recorder *recorder, enum tick_content what, uint32_t object, uint64_t place, const void *bytes, size_t count) {
    const struct testimony head = {
        .what = what,
        .object = object,
        .seq = recorder->seq,
        .task = recorder->probe.task,
        .host = recorder->probe.host,
        .place = place,
        .count = count,
    };
    add(recorder->witness, &head, sizeof head);
    add(recorder->witness, bytes, count);
}

void tick__witness_close(struct tick__witness *witness) {
    if (!witness)
        return;
    put(witness, witness->bytes, witness->used);
    close(witness->fd);
    tick__outside_free(witness);
}

// --- afterwards ---

// The piece's bytes around the difference, of the file that stands where the piece begins.
static int look_around(FILE *file, struct tick_difference *out, int side) {
    out->from = out->offset > 16 ? out->offset - 16 : 0;
    uint64_t left = out->count[side] > out->from ? out->count[side] - out->from : 0;
    out->shown[side] = left < TICK_CONTENT_NEAR ? (size_t)left : TICK_CONTENT_NEAR;
    if (fseeko(file, (off_t)out->from, SEEK_CUR) != 0 || fread(out->near[side], 1, out->shown[side], file) != out->shown[side])
        return -EIO;
    return 0;
}

// How many bytes of two pieces, of which the shorter has `count`, are the same. Negative: a file ends before.
static int64_t same_bytes(FILE *a, FILE *b, uint64_t count) {
    uint8_t x[4096], y[4096];
    for (uint64_t done = 0; done < count;) {
        const size_t part = count - done < sizeof x ? (size_t)(count - done) : sizeof x;
        if (fread(x, 1, part, a) != part || fread(y, 1, part, b) != part)
            return -1;
        size_t i = 0;
        while (i < part && x[i] == y[i])
            i++;
        if (i < part)
            return (int64_t)(done + i);
        done += part;
    }
    return (int64_t)count;
}

// 1: the pieces at which both files stand differ; 0: they do not; negative: a file is cut off.
static int compare_pieces(FILE *a, FILE *b, const struct testimony *x, const struct testimony *y, struct tick_difference *out) {
    const off_t begin[2] = {ftello(a), ftello(b)};
    const uint64_t shorter = x->count < y->count ? x->count : y->count;
    const bool other = x->what != y->what || x->object != y->object || x->place != y->place;
    const int64_t same = other ? 0 : same_bytes(a, b, shorter);
    if (same < 0)
        return -EIO;
    if (!other && x->count == y->count && (uint64_t)same == shorter)
        return 0;
    *out = (struct tick_difference){
        .what = (enum tick_content)x->what,
        .object = x->object,
        .seq = x->seq,
        .task = x->task,
        .host = x->host,
        .place = {x->place, y->place},
        .count = {x->count, y->count},
        .offset = (uint64_t)same,
    };
    FILE *const files[2] = {a, b};
    for (int i = 0; i < 2; i++)
        if (fseeko(files[i], begin[i], SEEK_SET) != 0 || look_around(files[i], out, i) < 0)
            return -EIO;
    return 1;
}

int tick_witness_compare(const char *a, const char *b, struct tick_difference *out, struct tick_error *error) {
    struct testimony x, y;
    FILE *first = fopen(a, "re"), *second = fopen(b, "re");
    int result = first && second ? 0 : -errno;
    while (result == 0) {
        const size_t got = fread(&x, sizeof x, 1, first);
        if (got != fread(&y, sizeof y, 1, second))
            result = -EIO;
        else if (!got)
            break;
        else
            result = compare_pieces(first, second, &x, &y, out);
    }
    if (first)
        fclose(first);
    if (second)
        fclose(second);
    if (result < 0)
        tick_error_set(error, result, "%s and %s cannot be compared: %s", a, b, tick_error_text(result));
    return result;
}
