// The ring file: created whole and touched page by page, so that the loop thread never meets a fresh page or a full disk.
#include "src/base/outside.h"
#include "trace/ring_int.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char magic[8] = "tickring";
#define RING_VERSION 2
#define LOCK_AGAIN 5000000             // ns
#define LOCK_WAIT INT64_C(10000000000) // ns
#define LOCK_DYING 200000000           // ns for a writer that is being killed to be seen dead

static struct tick_ring *ring_of(const char *trace_path) {
    struct tick_ring *ring = tick__outside_alloc(sizeof *ring);
    char *path = tick__outside_alloc(strlen(trace_path) + sizeof "-ring");
    if (!ring || !path) {
        tick__outside_free(ring);
        tick__outside_free(path);
        return NULL;
    }
    *ring = (struct tick_ring){.path = path, .fd = -1};
    snprintf(path, strlen(trace_path) + sizeof "-ring", "%s-ring", trace_path);
    return ring;
}

bool tick__drainer_gone(struct tick__ring_head *head) {
    pid_t pid = atomic_load(&head->drainer);
    if (pid <= 0 || getppid() == pid)
        return false;
    if (kill(pid, 0) < 0 && errno == ESRCH)
        return true;
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT;
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    const char *state = got > 0 ? strrchr(text, ')') : NULL;
    return state && state[1] && state[2] == 'Z';
}

// Whether the ring, which somebody has locked, is one whose writer is gone: then those who hold it are only about to end.
static bool abandoned(int fd) {
    struct tick__ring_head head;
    return pread(fd, &head, sizeof head, 0) == (ssize_t)sizeof head && memcmp(head.magic, magic, sizeof magic) == 0 &&
           tick__drainer_gone(&head);
}

// Locks the ring. A writer that was killed takes its children with it, but not in the same moment: they are waited for.
static int lock(int fd) {
    for (int64_t waited = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; waited += LOCK_AGAIN) {
        if (errno != EWOULDBLOCK)
            return 0; // what cannot be locked (a file system without locks) is used all the same
        if (waited >= LOCK_WAIT || (waited >= LOCK_DYING && !abandoned(fd)))
            return -EBUSY;
        nanosleep(&(struct timespec){.tv_nsec = LOCK_AGAIN}, NULL);
    }
    return 0;
}

// Opens the file and locks it: an error if another process records to this trace.
static int take(struct tick_ring *ring, int flags, struct tick_error *error) {
    for (;;) {
        struct stat about;
        int fd = ring->fd = open(ring->path, O_RDWR | O_CLOEXEC | flags, 0644);
        if (fd < 0 && (flags & O_CREAT))
            return tick_error_set(error, -errno, "cannot create %s: %s; give a folder that you may write to", ring->path, strerror(errno));
        if (fd < 0)
            return tick_error_set(error, -errno, "cannot open %s: %s; copy it and its trace to a folder of your own", ring->path, strerror(errno));
        if (lock(fd) < 0)
            return tick_error_set(
                error, -EBUSY, "another retick records to this trace at the moment (%s); name another with -o", ring->path);
        if (fstat(fd, &about) < 0)
            return tick_error_set(error, -errno, "cannot look at %s: %s", ring->path, strerror(errno));
        if (about.st_nlink > 0)
            return 0;
        close(fd); // its recording ended between the two calls, and took it away
    }
}

static int map(struct tick_ring *ring, int fd, size_t bytes) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (memory == MAP_FAILED)
        return -errno;
    ring->file = memory;
    ring->bytes = bytes;
    size_t chunks = (bytes - TICK__RING_HEAD_BYTES) / TICK__CHUNK_BYTES;
    ring->chunks = tick__outside_alloc(chunks * sizeof *ring->chunks);
    if (!ring->chunks)
        return -ENOMEM;
    for (size_t i = 0; i < chunks; i++)
        ring->chunks[i] = (struct tick__slot *)((char *)memory + TICK__RING_HEAD_BYTES + i * TICK__CHUNK_BYTES);
    ring->records = (struct tick__records){.chunks = ring->chunks, .mask = chunks - 1};
    return 0;
}

int tick_ring_create(const char *trace_path, size_t bytes, struct tick_ring **out, struct tick_error *error) {
    if (bytes < TICK__CHUNK_BYTES || (bytes & (bytes - 1)))
        return tick_error_set(error, -EINVAL, "a ring takes a power of two of bytes, at least %zu", TICK__CHUNK_BYTES);
    if (!*trace_path)
        return tick_error_set(error, -EINVAL, "a trace needs a name: \"\" is none");
    struct tick_ring *ring = ring_of(trace_path);
    if (!ring)
        return tick_error_set(error, -ENOMEM, "out of memory for the ring of %s", trace_path);
    size_t total = TICK__RING_HEAD_BYTES + bytes;
    int code = take(ring, O_CREAT, error);
    if (code < 0)
        goto out;
    code = ftruncate(ring->fd, 0) < 0 ? -errno : -posix_fallocate(ring->fd, 0, (off_t)total);
    if (code == 0)
        code = map(ring, ring->fd, total);
    if (code < 0) {
        tick_error_set(error, code, "cannot make the ring %s of %zu bytes: %s%s", ring->path, total, tick_error_text(code),
            code == -ENOMEM ? "" : "; make room, or name another place with -o");
        unlink(ring->path);
        goto out;
    }
    struct tick__ring_head *head = ring->file;
    *head = (struct tick__ring_head){.version = RING_VERSION, .slots = bytes / TICK__SLOT};
    // Which recording a ring belongs to is no part of any run.
    if (getrandom(&head->id, sizeof head->id, 0) != (ssize_t)sizeof head->id)
        head->id = (uint64_t)getpid();
    atomic_init(&head->drainer, (int32_t)getpid());
    head->id >>= 1; // fits SQLite's integers
    atomic_thread_fence(memory_order_release);
    memcpy(head->magic, magic, sizeof magic); // last: with it the ring is whole, whenever we are killed
    *out = ring;
    ring = NULL;
out:
    tick_ring_close(ring);
    return code;
}

int tick_ring_open(const char *trace_path, struct tick_ring **out, struct tick_error *error) {
    struct tick_ring *ring = ring_of(trace_path);
    if (!ring)
        return tick_error_set(error, -ENOMEM, "out of memory for the ring of %s", trace_path);
    struct stat about;
    int code = take(ring, 0, error);
    if (code == 0 && fstat(ring->fd, &about) < 0)
        code = tick_error_set(error, -errno, "cannot look at %s: %s", ring->path, strerror(errno));
    if (code < 0)
        goto out;
    int fd = ring->fd;
    struct tick__ring_head head;
    static const char nothing[sizeof magic];
    ssize_t got = pread(fd, &head, sizeof head, 0);
    if (got == 0 || (got == (ssize_t)sizeof head && memcmp(head.magic, nothing, sizeof magic) == 0)) {
        code = tick_error_set(error, -EALREADY, "%s is empty: there is nothing to recover (retick was killed before the run)", ring->path);
        goto out;
    }
    bool whole = got == (ssize_t)sizeof head && memcmp(head.magic, magic, sizeof magic) == 0;
    if (!whole || head.version != RING_VERSION || head.slots < TICK__CHUNK_SLOTS || (head.slots & (head.slots - 1)) ||
        (uint64_t)about.st_size != TICK__RING_HEAD_BYTES + head.slots * TICK__SLOT) {
        code = tick_error_set(error, whole ? TICK_EFORMAT : TICK_EFOREIGN,
            "%s is not a whole ring of this version: recover with the retick that recorded, or move it away", ring->path);
        goto out;
    }
    code = map(ring, fd, (size_t)about.st_size);
    if (code < 0) {
        tick_error_set(error, code, "cannot map %s: %s", ring->path, tick_error_text(code));
        goto out;
    }
    *out = ring;
    ring = NULL;
out:
    tick_ring_close(ring);
    return code;
}

bool tick_ring_is_own(int fd) {
    char head[sizeof magic];
    return pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head && memcmp(head, magic, sizeof magic) == 0;
}

void tick_ring_close(struct tick_ring *ring) {
    if (!ring)
        return;
    if (ring->file)
        munmap(ring->file, ring->bytes);
    if (ring->fd >= 0)
        close(ring->fd);
    tick__outside_free(ring->chunks);
    tick__outside_free(ring->path);
    tick__outside_free(ring);
}

void tick_ring_unlink(struct tick_ring *ring) {
    unlink(ring->path);
}
