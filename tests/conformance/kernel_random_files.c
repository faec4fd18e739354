// Random programs over files, run on Linux and on the simulated kernel: their bytes, offsets and sizes, names and directories, descriptions
// that outlive their names or are dup'ed.
// links: tick_kernel tick_os
// timeout: 300
#include "tests/conformance/random_programs.h"
#include <dirent.h>

#define PATH 160

struct program {
    int fds[SLOTS];
    char root[64];
    unsigned char next;
};

static const char *const names[] = {"a", "b", "d", "e", "d/a", "d/b", "d/e", "e/a"};
static const char *const odd_names[] = {"d/", "a/", "d/.", "d/..", ".", "..", "none/a", "d//a", "./b", "e/../a", "d/a/x", ""};

static const char *some_path(const struct program *p, char *text) {
    uint32_t i = draw(40), odd = sizeof odd_names / sizeof *odd_names;
    const char *name = i < odd ? odd_names[i] : names[draw(8)];
    if (*name)
        snprintf(text, PATH, "%s/%s", p->root, name);
    else
        *text = 0;
    return text;
}

static int some_flags(void) {
    static const int more[] = {O_CREAT, O_CREAT, O_CREAT | O_EXCL, O_TRUNC, O_CREAT | O_TRUNC, O_APPEND, O_CREAT | O_APPEND, O_DIRECTORY,
        O_CREAT | O_DIRECTORY, 0};
    return (int[]){O_RDONLY, O_WRONLY, O_RDWR, O_RDWR}[draw(4)] | more[draw(10)];
}

static void opens(struct program *p, char *text) {
    char path[PATH];
    int flags = some_flags(), slot = free_slot(p->fds), fd = sys->ops->open(sys, some_path(p, path), flags, 0600);
    snprintf(text, LINE, "open %s %o = %d", path + strlen(p->root) * (*path != 0), (unsigned)flags, fd < 0 ? fd : slot);
    if (fd >= 0 && slot >= 0)
        p->fds[slot] = fd;
    else if (fd >= 0)
        close_fd(fd);
}

static uint32_t sum_of(const unsigned char *bytes, ssize_t n) {
    uint32_t sum = 0;
    for (ssize_t at = 0; at < n; at++)
        sum = sum * 31 + bytes[at];
    return sum;
}

static int64_t some_offset(void) {
    if (draw(12) == 0)
        return (int64_t[]){INT64_MAX, INT64_MAX - 1, INT64_MAX - 4096, INT64_MIN, (int64_t)1 << 62}[draw(5)];
    return (int64_t[]){0, 1, 100, 4095, 4096, 4097, 9000, -1, 20000}[draw(9)];
}

static void moves(struct program *p, int i, char *text) {
    static unsigned char bytes[10000];
    size_t count = (size_t[]){0, 1, 10, 100, 4096, 5000, 10000}[draw(7)];
    int64_t at = some_offset();
    const struct iovec parts[] = {{bytes, count / 3}, {bytes + count / 3, count - count / 3}};
    ssize_t n;
    uint32_t what = draw(6);
    memset(bytes, 0, sizeof bytes);
    for (size_t b = 0; what % 2 && b < count; b++)
        bytes[b] = (unsigned char)(p->next + b * 7);
    p->next++;
    switch (what) {
    case 0:
        n = sys->ops->read(sys, p->fds[i], bytes, count);
        break;
    case 1:
        n = sys->ops->write(sys, p->fds[i], bytes, count);
        break;
    case 2:
        n = sys->ops->pread(sys, p->fds[i], bytes, count, at);
        break;
    case 3:
        n = sys->ops->pwrite(sys, p->fds[i], bytes, count, at);
        break;
    case 4:
        n = sys->ops->readv(sys, p->fds[i], parts, 2);
        break;
    default:
        n = sys->ops->writev(sys, p->fds[i], parts, 2);
        break;
    }
    snprintf(text, LINE, "move %u %d %zu %lld = %zd %x", what, i, count, (long long)at, n, sum_of(bytes, n));
}

// Links of directories are counted otherwise by each file system.
static void tell(const char *call, int n, const struct stat *s, char *text) {
    bool file = n == 0 && S_ISREG(s->st_mode);
    snprintf(text, LINE, "%s = %d %o %d %d", call, n, n ? 0 : s->st_mode & (S_IFMT | 0700), file ? (int)s->st_nlink : 0,
        file ? (int)s->st_size : 0);
}

static void lists(const struct program *p, int i, char *text) {
    struct tick_sys_entry entries[4];
    bool seen[26] = {false};
    int n, count = 0;
    (void)!sys->ops->lseek(sys, p->fds[i], 0, SEEK_SET);
    while ((n = sys->ops->readdir(sys, p->fds[i], entries, 4)) > 0)
        for (int at = 0; at < n; at++, count++)
            if (entries[at].name[0] != '.')
                seen[entries[at].name[0] - 'a'] = true;
    (void)!sys->ops->lseek(sys, p->fds[i], 0, SEEK_SET);
    size_t used = (size_t)snprintf(text, LINE, "list %d = %d %d", i, n, count);
    for (int c = 0; c < 26; c++)
        if (seen[c])
            used += (size_t)snprintf(text + used, LINE - used, " %c", 'a' + c);
}

static void named(const struct program *p, char *text) {
    char path[PATH], other[PATH];
    const char *a = some_path(p, path), *b = some_path(p, other);
    const size_t root = strlen(p->root);
    struct stat s;
    switch (draw(6)) {
    case 0:
        snprintf(text, LINE, "mkdir %s = %d", a + root * (*a != 0), sys->ops->mkdir(sys, a, 0700));
        break;
    case 1:
        snprintf(text, LINE, "rmdir %s = %d", a + root * (*a != 0), sys->ops->rmdir(sys, a));
        break;
    case 2:
        snprintf(text, LINE, "unlink %s = %d", a + root * (*a != 0), sys->ops->unlink(sys, a));
        break;
    case 3:
    case 4:
        snprintf(text, LINE, "rename %s %s = %d", a + root * (*a != 0), b + root * (*b != 0), sys->ops->rename(sys, a, b));
        break;
    default: {
        int n = sys->ops->stat(sys, a, &s);
        char call[PATH + 8];
        snprintf(call, sizeof call, "stat %s", a + root * (*a != 0));
        tell(call, n, &s, text);
        break;
    }
    }
}

static void step(struct program *p, char *text) {
    int i = some_slot(p->fds);
    uint32_t what = draw(100);
    struct stat s;
    if (i < 0 || what < 18) {
        opens(p, text);
    } else if (what < 45) {
        moves(p, i, text);
    } else if (what < 53) {
        int whence = (int)draw(4);
        if (sys->ops->read(sys, p->fds[i], NULL, 0) == -EISDIR) { // whither else is its file system's affair
            snprintf(text, LINE, "directory %d", i);
            return;
        }
        int64_t at = some_offset();
        at -= at > INT64_MIN + 3 ? (int64_t)draw(3) : 0;
        if (draw(3) == 0)
            whence = draw(2) ? SEEK_DATA : SEEK_HOLE;
        snprintf(text, LINE, "seek %d %lld %d = %lld", i, (long long)at, whence, (long long)sys->ops->lseek(sys, p->fds[i], at, whence));
    } else if (what < 59) {
        int64_t size = some_offset();
        snprintf(text, LINE, "truncate %d %lld = %d", i, (long long)size, sys->ops->ftruncate(sys, p->fds[i], size));
    } else if (what < 63) {
        int n = sys->ops->fstat(sys, p->fds[i], &s);
        char call[16];
        snprintf(call, sizeof call, "fstat %d", i);
        tell(call, n, &s, text);
    } else if (what < 67) {
        int fd = sys->ops->dup(sys, p->fds[i]), slot = free_slot(p->fds);
        if (slot >= 0)
            p->fds[slot] = fd;
        else
            close_fd(fd);
        snprintf(text, LINE, "dup %d = %d", i, slot);
    } else if (what < 71) {
        snprintf(text, LINE, "close %d = %d", i, sys->ops->close(sys, p->fds[i]));
        p->fds[i] = -1;
    } else if (what < 73) {
        snprintf(text, LINE, "fsync %d = %d", i, sys->ops->fsync(sys, p->fds[i]));
    } else if (what < 75) {
        int flags = sys->ops->fcntl(sys, p->fds[i], F_GETFL, 0), n = sys->ops->fcntl(sys, p->fds[i], F_SETFL, draw(2) ? O_APPEND : 0);
        snprintf(text, LINE, "append %d = %x %d", i, (unsigned)flags & (O_ACCMODE | O_APPEND), n);
    } else if (what < 79) {
        lists(p, i, text);
    } else {
        named(p, text);
    }
}

static void clean_up(const struct program *p) {
    static const char *const all[] = {"d/e/a", "d/e/b", "d/e/d", "d/e/e", "e/d/a", "e/d/b", "e/d/e", "d/d", "e/d", "e/e", "d/a", "d/b",
        "d/d/e", "d/e", "e/a", "e/b", "e/e", "e/d", "a/a", "b/a", "a", "b", "d", "e"};
    char path[PATH];
    for (int pass = 0; pass < 3; pass++)
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
            snprintf(path, sizeof path, "%s/%s", p->root, all[i]);
            if (sys->ops->unlink(sys, path))
                (void)!sys->ops->rmdir(sys, path);
        }
    (void)!sys->ops->rmdir(sys, p->root);
}

static void run_program(uint64_t seed, uint32_t number, int slow, struct record *record) {
    struct program p = {0};
    char above[48];
    (void)slow;
    begin_program(seed, p.fds);
    snprintf(above, sizeof above, "/tmp/retick-%d-%u", (int)getpid(), number);
    assert_int_equal(sys->ops->mkdir(sys, above, 0700), 0);
    snprintf(p.root, sizeof p.root, "%s/root", above); // .. is the program's own, too
    assert_int_equal(sys->ops->mkdir(sys, p.root, 0700), 0);
    record->count = 10 + (int)draw(STEPS_MOST - 10);
    for (int i = 0; i < record->count; i++)
        step(&p, record->lines[i]);
    end_program(p.fds, -1);
    clean_up(&p);
    (void)!sys->ops->rmdir(sys, above);
}

static void random_programs_agree(void **state) {
    (void)state;
    programs_agree(run_program);
}

// kernel_random_files [PROGRAMS [FIRST_SEED]], or RETICK_PROGRAMS in the environment.
int main(int argc, char **argv) {
    return programs_main(argc, argv, random_programs_agree);
}
