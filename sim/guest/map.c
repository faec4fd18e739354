// Calls that change the process's mappings are noted, so that few runs need all mappings to be listed, which takes as long as the rest
// of the way back does. libc calls some inside, where nobody sees them: the sizes of the address space tell, in most cases.
#include "sim/guest/map_int.h"
#include "sim/guest/memory_pages_int.h"
#include "sim/guest/places_int.h"
#include "src/base/keep.h"
#include <errno.h>
#include <fcntl.h>

TICK_KEEP struct tick__map_log *tick__map_log;

// --- what is called ---

static struct tick__made *made_around(struct tick__map_log *log, uintptr_t at, uintptr_t end) {
    for (uint32_t i = log->count; i-- > 0;)
        if (log->made[i].start <= at && end <= log->made[i].end)
            return &log->made[i];
    return NULL;
}

static uintptr_t up(uintptr_t size) {
    return (size + TICK__PAGE - 1) & ~(TICK__PAGE - 1);
}

static void note_made(struct tick__map_log *log, uintptr_t at, uintptr_t end) {
    if (log->count == TICK__MADE_MOST)
        log->other = true;
    else
        log->made[log->count++] = (struct tick__made){at, end};
}

static void note_unmapped(struct tick__map_log *log, uintptr_t at, uintptr_t end) {
    struct tick__made *const made = made_around(log, at, end);
    if (!made || (made->start != at && made->end != end)) {
        log->other = true;
        return;
    }
    if (made->start == at)
        made->start = end;
    else
        made->end = at;
    if (made->start == made->end)
        *made = log->made[--log->count];
}

static void note(struct tick__map_log *log, long nr, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t result) {
    switch (nr) {
    case SYS_mmap:
        if (!(d & MAP_FIXED))
            note_made(log, result, result + up(b));
        else if (!made_around(log, a, a + up(b)))
            log->other = true;
        break;
    case SYS_munmap:
        note_unmapped(log, a, a + up(b));
        break;
    case SYS_mremap:
        if (!made_around(log, a, a + up(b))) {
            log->other = true;
            break;
        }
        note_unmapped(log, a, a + up(b));
        note_made(log, result, result + up(c));
        break;
    case SYS_mprotect:
    case SYS_pkey_mprotect:
        if (made_around(log, a, a + up(b)))
            break;
        log->other = true;
        if (c & PROT_WRITE && !tick__pages_hold(log->pages, a, a + up(b)))
            log->beyond = true;
        break;
    }
}

long tick__map_call(long nr, long a, long b, long c, long d, long e, long f) {
    struct tick__map_log *const log = tick__map_log;
    if (nr == SYS_madvise && c == MADV_FREE)
        return 0; // whether the old contents come back would be the real kernel's choice
    if (nr == SYS_madvise && c == MADV_DONTFORK)
        return 0; // V8 asks for that of its heap: a run that begins by a fork would be without it
    const long result = tick__raw(nr, a, b, c, d, e, f);
    if (log && !(result < 0 && result > -4096))
        note(log, nr, (uintptr_t)a, (uintptr_t)b, (uintptr_t)c, (uintptr_t)d, (uintptr_t)result);
    return result;
}

// --- what is undone ---

// Size, text and data; the others move with what is resident.
static void read_sizes(int fd, uint64_t sizes[3]) {
    char text[200];
    const long length = tick__raw(SYS_pread64, fd, text, sizeof text - 1, 0);
    uint64_t field[7] = {0};
    int at = 0;
    for (long i = 0; i < length && at < 7; i++) {
        if (text[i] >= '0' && text[i] <= '9')
            field[at] = field[at] * 10 + (uint64_t)(text[i] - '0');
        else
            at++;
    }
    sizes[0] = field[0], sizes[1] = field[3], sizes[2] = field[5];
}

int tick__map_log_begin(struct tick__map_log *log) {
    const long fd = tick__raw(SYS_openat, AT_FDCWD, "/proc/self/statm", O_RDONLY | O_CLOEXEC);
    log->fd = tick__place_fd((int)fd, TICK__AT_SIZES);
    if (log->fd < 0)
        return log->fd;
    log->brk = (uintptr_t)tick__raw(SYS_brk, 0);
    tick__map_log_settle(log);
    return 0;
}

int tick__map_log_undo(struct tick__map_log *log) {
    if ((uintptr_t)tick__raw(SYS_brk, 0) != log->brk)
        tick__raw(SYS_brk, log->brk);
    for (uint32_t i = 0; i < log->count; i++)
        tick__raw(SYS_munmap, log->made[i].start, log->made[i].end - log->made[i].start);
    log->count = 0;
    uint64_t now[3];
    read_sizes(log->fd, now);
    return log->other || now[0] != log->sizes[0] || now[1] != log->sizes[1] || now[2] != log->sizes[2];
}

void tick__map_log_settle(struct tick__map_log *log) {
    log->count = 0;
    log->other = false;
    read_sizes(log->fd, log->sizes);
}
