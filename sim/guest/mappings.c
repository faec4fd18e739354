// The list is the kernel's text, /proc/self/maps: a ioctl that spares its making and reading came with Linux 6.11 only.
#include "sim/guest/mappings_int.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>

// --- the list ---

static const char *hexadecimal(const char *at, uint64_t *out) {
    uint64_t value = 0;
    for (;; at++) {
        const char c = *at;
        if (c >= '0' && c <= '9')
            value = value << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value << 4 | (uint64_t)(c - 'a' + 10);
        else
            break;
    }
    *out = value;
    return at;
}

static uint8_t kind_of(const char *path) {
    if (!strncmp(path, "[stack]", 7))
        return TICK__MAP_STACK;
    if (!strncmp(path, "[heap]", 6))
        return TICK__MAP_HEAP;
    if (!strncmp(path, "[anon", 5)) // [anon:name], [anon_shmem:name]
        return TICK__MAP_ANONYMOUS;
    return *path == '[' ? TICK__MAP_KERNEL : TICK__MAP_FILE;
}

// "55d0c0a00000-55d0c0a21000 rw-p 00000000 00:00 0     [heap]", ended by NUL
static void read_line(struct tick__mapping *m, const char *line, const char *text) {
    uint64_t at, end, major, minor;
    line = hexadecimal(line, &at) + 1;
    line = hexadecimal(line, &end) + 1;
    m->start = at, m->end = end;
    m->prot = (uint8_t)((line[0] == 'r' ? PROT_READ : 0) | (line[1] == 'w' ? PROT_WRITE : 0) | (line[2] == 'x' ? PROT_EXEC : 0));
    m->shared = line[3] == 's';
    line = hexadecimal(line + 5, &m->offset) + 1;
    line = hexadecimal(line, &major) + 1;
    line = hexadecimal(line, &minor) + 1;
    m->device = (uint32_t)(major << 16 | minor);
    for (m->inode = 0; *line >= '0' && *line <= '9'; line++)
        m->inode = m->inode * 10 + (uint64_t)(*line - '0');
    while (*line == ' ')
        line++;
    m->path = *line ? (uint32_t)(line - text) : 0;
    m->kind = *line ? kind_of(line) : TICK__MAP_ANONYMOUS;
}

static long read_text(char *text, size_t room) {
    const long fd = tick__raw(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fd;
    size_t length = 0;
    long got;
    while ((got = tick__raw(SYS_read, fd, text + length, room - length)) > 0)
        length += (size_t)got;
    tick__raw(SYS_close, fd);
    return got < 0 ? got : length == room ? -E2BIG : (long)length;
}

int tick__mappings_read(struct tick__mappings *out) {
    out->count = 0;
    const long length = read_text(out->text, sizeof out->text);
    if (length < 0)
        return (int)length;
    char *const end = out->text + length;
    for (char *line = out->text, *next; line < end; line = next + 1) {
        next = memchr(line, '\n', (size_t)(end - line));
        if (!next)
            break;
        *next = 0;
        if (out->count == TICK__MAPPINGS_MOST)
            return -E2BIG;
        read_line(&out->of[out->count++], line, out->text);
    }
    return 0;
}

// --- the way back ---

// What a stretch of addresses without a boundary in it was, and is.
struct stretch {
    uintptr_t start, end;
    const struct tick__mapping *was, *is; // NULL: nothing
};

static bool same_backing(const struct tick__mapping *a, const struct tick__mapping *b) {
    if (a->shared != b->shared || a->inode != b->inode || a->device != b->device)
        return false;
    return !a->inode || a->offset - a->start == b->offset - b->start; // the kernel numbers anonymous memory as it likes
}

static long map_file(const struct stretch *s, const char *text) {
    const long fd =
        tick__raw(SYS_openat, AT_FDCWD, text + s->was->path, (s->was->shared && s->was->prot & PROT_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (fd < 0)
        return fd;
    const long rc = tick__raw(SYS_mmap, s->start, s->end - s->start, s->was->prot, (s->was->shared ? MAP_SHARED : MAP_PRIVATE) | MAP_FIXED,
        fd, s->was->offset + (s->start - s->was->start));
    tick__raw(SYS_close, fd);
    return rc;
}

static long map_again(const struct stretch *s, const char *text) {
    if (s->was->kind == TICK__MAP_KERNEL || (s->was->shared && !s->was->path))
        return -ENOTSUP;
    if (s->was->inode && s->was->path)
        return map_file(s, text);
    return tick__raw(SYS_mmap, s->start, s->end - s->start, s->was->prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
}

static long undo_stretch(const struct stretch *s, const char *text) {
    if (!s->was)
        return s->is->kind == TICK__MAP_KERNEL ? 0 : tick__raw(SYS_munmap, s->start, s->end - s->start);
    if (!s->is || !same_backing(s->was, s->is))
        return map_again(s, text);
    if (s->was->prot != s->is->prot)
        return tick__raw(SYS_mprotect, s->start, s->end - s->start, s->was->prot);
    return 0;
}

// The first thread's stack only ever grows; taking that back would have each run do it again.
static void keep_grown_stack(struct tick__mappings *were, const struct tick__mappings *are) {
    for (uint32_t i = 0, k = 0; i < were->count && k < are->count;) {
        if (are->of[k].kind != TICK__MAP_STACK)
            k++;
        else if (were->of[i].kind != TICK__MAP_STACK)
            i++;
        else {
            if (are->of[k].start >= were->of[i].start)
                return;
            if (!were->grown_end)
                were->grown_end = were->of[i].start;
            were->of[i].start = were->grown_at = are->of[k].start;
            return;
        }
    }
}

// Walks both lists at once.
struct walk {
    const struct tick__mappings *were, *are;
    uint32_t i, k;
    uintptr_t here;
};

static const struct tick__mapping *from_here(const struct tick__mappings *list, uint32_t *index, uintptr_t here) {
    while (*index < list->count && list->of[*index].end <= here)
        ++*index;
    return *index < list->count ? &list->of[*index] : NULL;
}

static bool next_stretch(struct walk *walk, struct stretch *out) {
    const struct tick__mapping *const was = from_here(walk->were, &walk->i, walk->here), *const is =
                                                                                             from_here(walk->are, &walk->k, walk->here);
    if (!was && !is)
        return false;
    uintptr_t from = was ? was->start : UINTPTR_MAX;
    if (is && is->start < from)
        from = is->start;
    if (from < walk->here)
        from = walk->here;
    *out = (struct stretch){from, UINTPTR_MAX, was && was->start <= from ? was : NULL, is && is->start <= from ? is : NULL};
    if (was)
        out->end = out->was ? was->end : was->start;
    if (is && (out->is ? is->end : is->start) < out->end)
        out->end = out->is ? is->end : is->start;
    walk->here = out->end;
    return true;
}

int tick__mappings_undo(struct tick__mappings *were, const struct tick__mappings *are, uintptr_t *at) {
    keep_grown_stack(were, are);
    struct walk walk = {.were = were, .are = are};
    for (struct stretch s; next_stretch(&walk, &s);) {
        const long rc = undo_stretch(&s, were->text);
        *at = s.start;
        if (rc < 0 && rc > -4096)
            return (int)rc;
    }
    return 0;
}

bool tick__mappings_differ(const struct tick__mappings *were, const struct tick__mappings *are, uintptr_t *at) {
    struct walk walk = {.were = were, .are = are};
    for (struct stretch s; next_stretch(&walk, &s);) {
        *at = s.start;
        if (!s.was || !s.is || !same_backing(s.was, s.is) || s.was->prot != s.is->prot)
            return true;
    }
    return false;
}
