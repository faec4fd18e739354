// What programs do to files, a family a case: file_calls CASE. Prints what it meets; tests/guests/guest_files.c runs each on Linux and as
// a guest, in a folder with old.txt ("old\n", 0644), full/one, full/two and link -> old.txt, and compares.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int failed(const char *what, long result) {
    if (result < 0)
        printf("%s: %s\n", what, strerrorname_np(errno));
    else
        printf("%s: %ld\n", what, result);
    return (int)result;
}
#define TRY(call) failed(#call, (long)(call))

static void show(const char *path) {
    char bytes[200];
    struct stat s;
    const int fd = open(path, O_RDONLY);
    const ssize_t got = fd < 0 ? -1 : read(fd, bytes, sizeof bytes);
    if (fd < 0 || fstat(fd, &s) < 0) {
        printf("%s: %s\n", path, strerrorname_np(errno));
        return;
    }
    printf("%s: %zd bytes, size %ld, mode %o, %ld links: %.*s\n", path, got, (long)s.st_size, s.st_mode, (long)s.st_nlink,
        got > 0 ? (int)got : 0, bytes);
    close(fd);
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *path) {
    char *names[50];
    int count = 0;
    DIR *dir = opendir(path);
    if (!dir) {
        printf("%s: %s\n", path, strerrorname_np(errno));
        return;
    }
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL && count < 50;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            asprintf(&names[count++], "%s%s", entry->d_name, entry->d_type == DT_DIR ? "/" : entry->d_type == DT_LNK ? "@" : "");
    closedir(dir);
    qsort(names, (size_t)count, sizeof *names, by_name);
    printf("%s:", path);
    for (int i = 0; i < count; i++)
        printf(" %s", names[i]);
    printf("\n");
}

static void put(const char *path, const char *text, int flags) {
    const int fd = open(path, O_WRONLY | flags, 0644);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        printf("%s: %s\n", path, strerrorname_np(errno));
    close(fd);
}

static void do_opens(void) {
    put("old.txt", "new", 0);
    show("old.txt");
    put("old.txt", " end", O_APPEND);
    show("link");
    put("link", "short", O_TRUNC);
    show("old.txt");
    put("made", "made", O_CREAT | O_EXCL);
    put("made", "again", O_CREAT | O_EXCL);
    show("made");
    put("no/folder", "x", O_CREAT);
    put("old.txt/x", "x", O_CREAT);
    put("full", "x", O_CREAT);
    put("made/", "x", O_CREAT);
    TRY(open("link", O_RDWR | O_NOFOLLOW));
    TRY(open("", O_RDONLY));
    TRY(open("nothing", O_RDONLY));
    TRY(open("old.txt", O_RDONLY | O_DIRECTORY));
    TRY(creat("made", 0600) > 2);
    show("made");
    const int folder = open("full", O_RDONLY | O_DIRECTORY), in = openat(folder, "three", O_RDWR | O_CREAT, 0600);
    TRY(write(in, "three", 5));
    show("full/three");
    list("full");
    list(".");
    TRY(open("full/../made", O_RDWR) > 0);
    TRY(open("full/./one/..", O_RDWR));
    const int none = open(".", O_RDWR | O_TMPFILE, 0600);
    TRY(write(none, "none", 4));
    TRY(lseek(none, 0, SEEK_END));
    list(".");
}

static void do_readers(void) {
    char bytes[40] = "";
    const int early = open("old.txt", O_RDONLY);
    TRY(read(early, bytes, 1));
    put("old.txt", "OLDER\n", O_APPEND);
    const ssize_t got = read(early, bytes, sizeof bytes - 1);
    printf("%zd %s", got, bytes);
    const int kept = open("full/one", O_RDONLY);
    TRY(unlink("full/one"));
    memset(bytes, 0, sizeof bytes);
    TRY(read(kept, bytes, 30));
    printf("%s", bytes);
    TRY(access("full/one", F_OK));
    list("full");
}

static void do_names(void) {
    TRY(mkdir("full", 0755));
    TRY(mkdir("deep", 0750));
    TRY(mkdir("deep/er", 0755));
    put("deep/er/file", "deep", O_CREAT);
    TRY(rename("deep", "moved"));
    show("moved/er/file");
    TRY(rename("moved", "moved/er/in"));
    TRY(rename("full", "moved/er/full"));
    list("moved/er/full");
    show("moved/er/full/two");
    TRY(access("full", F_OK));
    TRY(mkdir("full", 0755));
    list("full");
    TRY(rmdir("moved"));
    TRY(rename("old.txt", "full/old"));
    show("full/old");
    show("link");
    TRY(rename("nothing", "x"));
    TRY(rename("full/old", "moved/er/file"));
    show("moved/er/file");
    TRY(rename("moved/er/file", "full"));
    TRY(rename("full", "moved/er/file"));
    TRY(unlink("moved/er/file"));
    TRY(unlink("moved/er"));
    TRY(unlink("moved/er/file"));
    TRY(rmdir("full"));
    TRY(rmdir("full"));
    TRY(unlink("link"));
    TRY(remove("moved/er/full/one"));
    TRY(remove("moved/er/full/two"));
    TRY(remove("moved/er/full"));
    TRY(rmdir("moved/er/."));
    TRY(renameat2(AT_FDCWD, "moved", AT_FDCWD, "moved", 0));
    put("a", "a", O_CREAT);
    put("b", "b", O_CREAT);
    TRY(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", 1));
    TRY(rename("a", "b"));
    show("b");
    list(".");
}

static void do_links(void) {
    char text[PATH_MAX], here[PATH_MAX];
    TRY(symlink("old.txt", "second"));
    TRY(symlink("full", "folder"));
    TRY(symlink("round", "round"));
    TRY(symlink("x", "second"));
    ssize_t size = readlink("second", text, sizeof text);
    printf("%.*s\n", (int)size, text);
    size = readlink("link", text, sizeof text);
    printf("%.*s\n", (int)size, text);
    show("second");
    show("folder/one");
    put("folder/two", "through a link", O_TRUNC);
    show("full/two");
    TRY(open("round", O_RDONLY));
    TRY(link("old.txt", "third"));
    TRY(link("full", "fourth"));
    put("third", "both", O_TRUNC);
    show("old.txt");
    TRY(unlink("old.txt"));
    show("third");
    show("second");
    struct stat s;
    TRY(lstat("second", &s));
    printf("%o %ld\n", s.st_mode, (long)s.st_size);
    TRY(stat("second", &s));
    getcwd(here, sizeof here);
    printf("%s\n", realpath("folder/../third", text) ? text + strlen(here) : strerrorname_np(errno));
    printf("%s\n", realpath("folder/nothing", text) ? text : strerrorname_np(errno));
    list(".");
}

static void do_folders(void) {
    char here[PATH_MAX], now[PATH_MAX];
    getcwd(here, sizeof here);
    TRY(mkdir("inner", 0755));
    TRY(chdir("inner"));
    printf("%s\n", getcwd(now, sizeof now) + strlen(here));
    put("a", "in a folder of the world's", O_CREAT);
    show("../inner/a");
    TRY(mkdir("b", 0700));
    list(".");
    TRY(chdir(".."));
    const int fd = open("inner", O_RDONLY | O_DIRECTORY);
    TRY(fchdir(fd));
    show("a");
    TRY(unlinkat(fd, "a", 0));
    TRY(unlinkat(fd, "b", AT_REMOVEDIR));
    list(".");
    TRY(chdir("../full"));
    put("three", "3", O_CREAT);
    DIR *dir = opendir(".");
    int count = 0;
    while (readdir(dir))
        count++;
    const long at = telldir(dir);
    rewinddir(dir);
    while (readdir(dir))
        count++;
    printf("%d %d\n", count, at > 0);
    closedir(dir);
    struct dirent **names;
    const int all = scandir(".", &names, NULL, alphasort);
    printf("%d %s %s\n", all, names[2]->d_name, names[all - 1]->d_name);
    glob_t found;
    TRY(glob("../*/t*", 0, NULL, &found));
    for (size_t i = 0; i < found.gl_pathc; i++)
        printf("%s\n", found.gl_pathv[i]);
    TRY(rmdir("../inner"));
    TRY(rmdir("../full"));
    TRY(chdir("nothing"));
    TRY(chdir("three"));
}

static void do_rights(void) {
    struct stat s;
    TRY(chmod("old.txt", 0600));
    TRY(chmod("full/one", 0444));
    show("old.txt");
    TRY(fchmodat(AT_FDCWD, "full", 0700, 0));
    TRY(stat("full", &s));
    printf("%o\n", s.st_mode);
    const int fd = open("full/two", O_RDONLY);
    TRY(fchmod(fd, 0640));
    TRY(fstat(fd, &s));
    printf("%o\n", s.st_mode);
    const struct timespec times[2] = {{1000, 5}, {2000, 7}};
    TRY(utimensat(AT_FDCWD, "old.txt", times, 0));
    TRY(stat("old.txt", &s));
    printf("%ld.%09ld\n", (long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
    TRY(futimens(fd, times));
    TRY(fstat(fd, &s));
    printf("%ld\n", (long)s.st_mtim.tv_sec);
    const struct timeval parts[2] = {{1, 0}, {3000, 5}};
    TRY(utimes("full/two", parts));
    TRY(stat("full/two", &s));
    printf("%ld.%09ld\n", (long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
    TRY(chown("old.txt", (uid_t)-1, (gid_t)-1));
    TRY(access("full/one", R_OK));
    TRY(access("nothing", R_OK));
    TRY(faccessat(AT_FDCWD, "old.txt", R_OK | W_OK, 0));
    umask(077);
    put("private", "x", O_CREAT);
    show("private");
    struct statx x;
    TRY(statx(AT_FDCWD, "private", 0, STATX_BASIC_STATS, &x));
    printf("%o %ld\n", x.stx_mode, (long)x.stx_size);
}

static void do_bytes(void) {
    char bytes[40] = "";
    const int fd = open("bytes", O_RDWR | O_CREAT, 0644);
    TRY(pwrite(fd, "0123456789", 10, 5));
    TRY(pread(fd, bytes, 5, 8));
    printf("%s\n", bytes);
    struct iovec parts[2] = {{"ab", 2}, {"cd", 2}};
    TRY(writev(fd, parts, 2));
    TRY(pwritev(fd, parts, 2, 20));
    TRY(lseek(fd, -2, SEEK_END));
    TRY(read(fd, bytes, 10));
    TRY(ftruncate(fd, 7));
    TRY(lseek(fd, 0, SEEK_END));
    TRY(truncate("bytes", 9));
    TRY(truncate("old.txt", 2));
    show("old.txt");
    TRY(posix_fallocate(fd, 0, 100));
    TRY(lseek(fd, 0, SEEK_END));
    TRY(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 5000));
    TRY(lseek(fd, 0, SEEK_END));
    TRY(fsync(fd));
    TRY(fdatasync(fd));
    const int other = dup(fd);
    TRY(lseek(other, 3, SEEK_SET));
    TRY(lseek(fd, 0, SEEK_CUR));
    const int in = open("full/one", O_RDONLY), out = open("sent", O_RDWR | O_CREAT, 0644);
    TRY(sendfile(out, in, NULL, 100));
    show("sent");
    TRY(read(open("sent", O_WRONLY), bytes, 1));
    TRY(write(in, "x", 1));
    TRY(ftruncate(in, 0));
    TRY(read(open("full", O_RDONLY), bytes, 1));
    TRY(fcntl(out, F_GETFL) & O_ACCMODE);
    int waiting = -1;
    (void)waiting;
    TRY(posix_fadvise(out, 0, 0, POSIX_FADV_SEQUENTIAL));
}

static void do_streams(void) {
    char line[100];
    FILE *file = fopen("old.txt", "r+");
    printf("%s", fgets(line, sizeof line, file));
    fseek(file, 0, SEEK_SET);
    fprintf(file, "NEW %d", 5);
    fflush(file);
    show("old.txt");
    printf("%ld %d\n", ftell(file), fileno(file) > 2);
    fclose(file);
    file = fopen("lines", "w+");
    for (int i = 0; i < 3000; i++)
        fprintf(file, "line %d\n", i);
    rewind(file);
    int count = 0;
    while (fgets(line, sizeof line, file))
        count++;
    printf("%d %s", count, line);
    fseek(file, -10, SEEK_END);
    printf("%s", fgets(line, sizeof line, file));
    fclose(file);
    file = fopen("lines", "a");
    fputs("the end\n", file);
    fclose(file);
    file = fopen("lines", "r");
    size_t all = 0;
    for (size_t got; (got = fread(line, 1, sizeof line, file)) > 0;)
        all += got;
    printf("%zu %d\n", all, feof(file) != 0);
    fclose(file);
    printf("%d %d\n", fopen("nothing", "r") == NULL, fopen("lines", "wx") == NULL);
    file = tmpfile();
    fputs("for now", file);
    rewind(file);
    printf("%s\n", fgets(line, sizeof line, file));
    fclose(file);
    char name[] = "tempXXXXXX", folder[] = "foldXXXXXX";
    const int fd = mkstemp(name);
    TRY(write(fd, "temp", 4));
    show(name + sizeof name); // nothing of that name
    unlink(name);
    printf("%d\n", mkdtemp(folder) != NULL);
    TRY(rmdir(folder));
    file = freopen("lines", "r", stdin);
    printf("%d %s", file == stdin, fgets(line, sizeof line, stdin));
    file = fdopen(open("by fd", O_RDWR | O_CREAT, 0644), "r+");
    fputs("by fd", file);
    fclose(file);
    show("by fd");
    list(".");
}

static void do_maps(void) {
    const int fd = open("map", O_RDWR | O_CREAT, 0644);
    char bytes[20] = "";
    TRY(ftruncate(fd, 10000));
    char *shared = mmap(NULL, 10000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    strcpy(shared, "stored");
    TRY(pread(fd, bytes, 10, 0));
    printf("%s\n", bytes);
    TRY(pwrite(fd, "written", 7, 4096));
    printf("%s\n", shared + 4096);
    TRY(msync(shared, 10000, MS_SYNC));
    close(fd);
    shared[1] = 'T';
    TRY(munmap(shared, 10000));
    show("map");
    const int old = open("old.txt", O_RDONLY);
    char *copy = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, old, 0);
    copy[0] = 'M';
    printf("%s", copy);
    show("old.txt");
    put("old.txt", "ours", 0);
    const int ours = open("old.txt", O_RDONLY);
    copy = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, ours, 0);
    printf("%.4s\n", copy);
    TRY(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ours, 0) == MAP_FAILED ? -1 : 0);
    const int memory = memfd_create("memory", 0);
    TRY(write(memory, "memory", 6));
    TRY(lseek(memory, 0, SEEK_END));
    const int named = shm_open("/retick-guest-files", O_RDWR | O_CREAT | O_EXCL, 0600);
    TRY(ftruncate(named, 100));
    TRY(shm_unlink("/retick-guest-files"));
    TRY(shm_unlink("/retick-guest-files"));
}

static void *unlocks(void *fd) {
    usleep(1000);
    printf("unlocks\n");
    flock(*(int *)fd, LOCK_UN);
    return NULL;
}

static void do_locks(void) {
    int one = open("old.txt", O_RDONLY), other = open("old.txt", O_RDONLY);
    pthread_t thread;
    TRY(flock(one, LOCK_EX));
    TRY(flock(other, LOCK_SH | LOCK_NB));
    pthread_create(&thread, NULL, unlocks, &one);
    TRY(flock(other, LOCK_SH));
    pthread_join(thread, NULL);
    TRY(flock(one, LOCK_SH | LOCK_NB));
    TRY(flock(one, LOCK_EX | LOCK_NB));
    close(other);
    TRY(flock(one, LOCK_EX | LOCK_NB));
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 5};
    const int fd = open("full/one", O_RDWR), second = open("full/one", O_RDWR);
    TRY(fcntl(fd, F_SETLK, &lock));
    TRY(fcntl(second, F_GETLK, &lock));
    printf("%d\n", lock.l_type);
    lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 5};
    TRY(fcntl(fd, F_OFD_SETLK, &lock));
    lock.l_start = 12;
    TRY(fcntl(second, F_OFD_SETLK, &lock));
    lock.l_start = 15;
    TRY(fcntl(second, F_OFD_SETLK, &lock));
    TRY(fcntl(open("full/one", O_RDONLY), F_SETLK, &lock));
    TRY(lockf(fd, F_TLOCK, 10));
}

static void do_sockets(void) {
    const int server = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "full/socket"};
    struct stat s;
    TRY(bind(server, (struct sockaddr *)&name, sizeof name));
    TRY(listen(server, 1));
    TRY(stat("full/socket", &s));
    printf("%o\n", s.st_mode & S_IFMT);
    list("full");
    TRY(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, sizeof name));
    TRY(bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, sizeof name));
    TRY(unlink("full/socket"));
    TRY(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, sizeof name));
    list("full");
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {{"opens", do_opens}, {"readers", do_readers}, {"names", do_names}, {"links", do_links}, {"folders", do_folders},
    {"rights", do_rights}, {"bytes", do_bytes}, {"streams", do_streams}, {"maps", do_maps}, {"locks", do_locks}, {"sockets", do_sockets}};

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    usleep(1); // the world begins
    for (size_t i = 0; argc > 1 && i < sizeof cases / sizeof *cases; i++)
        if (!strcmp(cases[i].name, argv[1])) {
            cases[i].run();
            return 0;
        }
    return 2;
}
