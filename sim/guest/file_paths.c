// Paths of the world's files: the walk, name by name, over the world's disk and the machine's own files under it.
#include "sim/guest/files_int.h"
#include <limits.h>
#include <string.h>

#define LINKS_MOST 40

bool tick__files_early;
static bool changed; // the disk has something of its own: paths are walked
static bool folder_real = true;
static char folder[TICK__PATH_SIZE]; // the working one
static int64_t began;

void tick__files_begin(void) {
    if (tick__raw(SYS_getcwd, folder, sizeof folder) < 0)
        memcpy(folder, "/", 2);
    began = tick_kernel_wall(tick__guest_kernel, TICK__HOST);
    changed = tick_kernel_disk_over(tick__guest_kernel, TICK__HOST) != 0; // an earlier life's files are there
}

int64_t tick__file_wall(void) {
    return began;
}

bool tick__files_changed(void) {
    return changed;
}

void tick__files_change(void) {
    changed = true;
}

const char *tick__file_working_folder(bool *real) {
    *real = folder_real;
    return folder;
}

int tick__file_enter(const char *path, bool real) {
    folder_real = real;
    memmove(folder, path, strlen(path) + 1);
    return real ? 0 : tick_kernel_disk_folder(tick__guest_kernel, TICK__HOST, path);
}

static bool is_below(const char *path, const char *top, size_t size) {
    while (size > 1 && top[size - 1] == '/')
        size--;
    return size == 1 || (!strncmp(path, top, size) && (!path[size] || path[size] == '/'));
}

bool tick__file_passes(const char *path) {
    static const char *const own[] = {"/dev", "/proc", "/sys"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (is_below(path, own[i], strlen(own[i])))
            return !is_below(path, "/dev/shm", 8);
    for (const char *at = tick__guest_control->settings.passes; *at; at += strlen(at) + 1)
        if (is_below(path, at, strlen(at)))
            return true;
    return false;
}

static int real_folder_of(long fd, char *path) {
    char link[32] = "/proc/self/fd/";
    size_t at = strlen(link), digits = 0;
    char number[12];
    for (unsigned rest = (unsigned)fd; rest || !digits; rest /= 10)
        number[digits++] = (char)('0' + rest % 10);
    while (digits)
        link[at++] = number[--digits];
    link[at] = 0;
    const long size = tick__raw(SYS_readlink, link, path, TICK__PATH_SIZE - 1);
    if (size < 0)
        return size == -ENOENT ? -EBADF : (int)size;
    path[size] = 0;
    return *path == '/' ? 0 : -ENOTDIR;
}

int tick__file_folder_of(long fd, char *path) {
    if ((int)fd == AT_FDCWD) {
        memcpy(path, folder, strlen(folder) + 1);
        return 0;
    }
    return tick__guest_fd_is(fd) ? tick_k_directory_path(TICK__K, (int)fd, path, TICK__PATH_SIZE) : real_folder_of(fd, path);
}

// --- the walk ---

struct walk {
    struct tick__file_place *at;
    size_t length; // of at->path; 0: the root
    char rest[TICK__PATH_SIZE];
    char link[TICK__PATH_SIZE];
};

// What stands at at->path; *link: how long the link's target is that stands there, in w->link; else 0.
static int look(struct walk *w, size_t *link) {
    struct tick__file_place *at = w->at;
    bool through;
    const enum tick_disk_look found = tick_kernel_disk_look(tick__guest_kernel, TICK__HOST, at->path, &at->stat, &through);
    *link = 0;
    at->covered = found == TICK_DISK_THERE && through;
    if (at->covered) { // a folder of the machine's, with something of ours in it
        at->what = TICK__FILE_REAL;
        return 0;
    }
    if (found == TICK_DISK_THERE) {
        at->what = TICK__FILE_SIMULATED;
        if (S_ISLNK(at->stat.st_mode)) {
            const ssize_t size = tick_k_readlink(TICK__K, at->path, w->link, sizeof w->link - 1);
            *link = size > 0 ? (size_t)size : 0;
        }
        return 0;
    }
    at->what = TICK__FILE_NOTHING;
    if (found == TICK_DISK_HIDDEN || !through)
        return 0;
    const long size = tick__raw(SYS_readlink, w->length ? at->path : "/", w->link, sizeof w->link - 1);
    if (size < 0 && size != -EINVAL)
        return size == -ENOENT ? 0 : (int)size;
    at->what = TICK__FILE_REAL;
    *link = size > 0 ? (size_t)size : 0;
    return 0;
}

static bool is_folder(const struct tick__file_place *at) {
    return at->what != TICK__FILE_SIMULATED || S_ISDIR(at->stat.st_mode); // of real ones the next step tells
}

static bool is_surely_folder(const struct tick__file_place *at) {
    struct stat s;
    return at->what != TICK__FILE_REAL || at->covered || !at->path[0] || tick__raw(SYS_stat, at->path, &s) < 0 || S_ISDIR(s.st_mode);
}

static void up(struct walk *w) {
    while (w->length && w->at->path[--w->length] != '/')
        ;
    w->at->path[w->length] = 0;
}

static int append(struct walk *w, const char *name, size_t size) {
    if (size > NAME_MAX || w->length + size + 2 > TICK__PATH_SIZE)
        return -ENAMETOOLONG;
    w->at->path[w->length++] = '/';
    memcpy(w->at->path + w->length, name, size);
    w->length += size;
    w->at->path[w->length] = 0;
    return 0;
}

// Instead of the link that was the last name, its target, and behind that what is left of the path.
static int enter_link(struct walk *w, size_t size, const char *left) {
    const size_t more = strlen(left);
    if (size + more + 2 > sizeof w->rest)
        return -ENAMETOOLONG;
    memmove(w->rest + size, left, more + 1);
    memcpy(w->rest, w->link, size);
    if (w->rest[0] == '/')
        w->length = 0;
    else
        up(w);
    w->at->path[w->length] = 0;
    return 0;
}

// The folder that w stands in, again: behind "..", or the root.
static int look_back(struct walk *w) {
    size_t link;
    return look(w, &link);
}

// /dev/shm is no device.
static bool leads_to_memory(const char *path, const char *left) {
    left += strspn(left, "/");
    return !strcmp(path, "/dev") && !strncmp(left, "shm", 3) && (!left[3] || left[3] == '/');
}

// One name of the path. 1: the rest is the machine's.
static int step(struct walk *w, const char *name, size_t size, const char *left, bool follows, int *links, const char **next) {
    size_t link;
    struct tick__file_place *at = w->at;
    const bool last = !left[strspn(left, "/")];
    if (at->what == TICK__FILE_NOTHING)
        return -ENOENT;
    if (!is_folder(at))
        return -ENOTDIR;
    *next = left;
    const bool dots = size <= 2 && name[0] == '.' && name[size - 1] == '.';
    if (dots && !is_surely_folder(at))
        return -ENOTDIR;
    if (size == 1 && *name == '.')
        return 0;
    if (dots) {
        up(w);
        return look_back(w);
    }
    int error = append(w, name, size);
    if (error < 0)
        return error;
    if (tick__file_passes(at->path) && !leads_to_memory(at->path, left)) {
        at->what = TICK__FILE_PASSED;
        const size_t more = strlen(left);
        if (w->length + more >= TICK__PATH_SIZE)
            return -ENAMETOOLONG;
        memcpy(at->path + w->length, left, more + 1);
        return 1;
    }
    error = look(w, &link);
    if (error < 0 || !link || (last && !follows && !*left))
        return error;
    if (++*links > LINKS_MOST)
        return -ELOOP;
    w->link[link] = 0;
    error = enter_link(w, link, left);
    *next = w->rest;
    return error < 0 ? error : look_back(w);
}

int tick__file_find(long from, const char *path, bool follows, struct tick__file_place *out) {
    struct walk w = {.at = out};
    const size_t size = strnlen(path, TICK__PATH_SIZE);
    int error = size == TICK__PATH_SIZE ? -ENAMETOOLONG : size ? 0 : -ENOENT, links = 0;
    out->slash = out->ended = false;
    out->path[0] = 0;
    if (!error && *path != '/')
        error = tick__file_folder_of(from, out->path);
    if (error < 0)
        return error;
    memcpy(w.rest, path, size + 1);
    w.length = strcmp(out->path, "/") != 0 ? strlen(out->path) : 0;
    out->path[w.length] = 0;
    if (w.length && tick__file_passes(out->path))
        out->what = TICK__FILE_PASSED;
    else
        error = look_back(&w);
    for (const char *at = w.rest; error == 0;) {
        const size_t slashes = strspn(at, "/"), name = strcspn(at + slashes, "/");
        if (!name) {
            out->slash = out->slash || slashes;
            break;
        }
        at += slashes;
        out->slash = *at == '.' && (name == 1 || (name == 2 && at[1] == '.'));
        error = step(&w, at, name, at + name, follows, &links, &at);
    }
    if (!out->path[0])
        memcpy(out->path, "/", 2);
    if (error < 0)
        return error;
    out->ended = true;
    return out->slash && out->what != TICK__FILE_NOTHING && !(is_folder(out) && is_surely_folder(out)) ? -ENOTDIR : 0;
}

bool tick__file_under(const char *path) {
    char above[TICK__PATH_SIZE];
    struct stat s;
    bool through;
    const char *slash = strrchr(path, '/');
    const size_t size = slash > path ? (size_t)(slash - path) : 1;
    memcpy(above, path, size);
    above[size] = 0;
    const enum tick_disk_look found = tick_kernel_disk_look(tick__guest_kernel, TICK__HOST, above, &s, &through);
    return found != TICK_DISK_HIDDEN && through && tick__raw(SYS_lstat, path, &s) == 0;
}
