// Asks the machine past libc's names: by system calls of its own, and by what libc asks within itself. One case an argument; natively the
// same is printed, but for `refused` and what `--` says.
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/futex.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <pwd.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static long call(long nr, long a, long b, long c, long d, long e, long f) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall" : "=a"(result) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
    return result;
}
#define RAW_(nr, a, b, c, d, e, f, ...) call((nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define RAW(...) RAW_(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

// The world begins, and with it the trap.
static int begin(void) {
    int fds[2];
    return socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0 ? 1 : close(fds[0]) | close(fds[1]);
}

// --- what is simulated ---

static int sockets(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    char text[40] = "";
    const long server = RAW(SYS_socket, AF_INET, SOCK_STREAM, 0);
    printf("bind %ld, ", RAW(SYS_bind, server, &address, size));
    printf("listen %ld, ", RAW(SYS_listen, server, 5));
    printf("name %ld, ", RAW(SYS_getsockname, server, &address, &size));
    const long client = RAW(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    printf("connect %ld, ", RAW(SYS_connect, client, &address, size));
    const long served = RAW(SYS_accept4, server, 0, 0, 0);
    printf("send %ld, ", RAW(SYS_sendto, client, "past libc", 9, 0, 0, 0));
    printf("receive %ld: ", RAW(SYS_recvfrom, served, text, sizeof text, 0, 0, 0));
    printf("%s, close %ld\n", text, RAW(SYS_close, served));
    return 0;
}

static int64_t ns(void) {
    struct timespec t;
    RAW(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

// An hour, which only a world has.
static int times(void) {
    struct timespec name, hour = {3600, 0};
    clock_gettime(CLOCK_MONOTONIC, &name);
    const int64_t before = ns();
    printf("sleep %ld, ", RAW(SYS_nanosleep, &hour, 0));
    printf("%ld s, ", (long)((ns() - before) / 1000000000));
    printf("%s, ", before - ((int64_t)name.tv_sec * 1000000000 + name.tv_nsec) < 1000000000 ? "one clock" : "two clocks");
    printf("%s\n", getauxval(AT_SYSINFO_EHDR) ? "and a way past system calls" : "and no way past system calls");
    return 0;
}

// -- what a machine is
static int machine(void) {
    struct utsname name;
    struct sysinfo info;
    unsigned long random[2] = {0};
    unsigned cpu = 77;
    RAW(SYS_uname, &name);
    RAW(SYS_sysinfo, &info);
    RAW(SYS_getcpu, &cpu, 0, 0);
    RAW(SYS_getrandom, random, sizeof random, 0);
    printf("pid %ld, thread %ld, user %ld, ", RAW(SYS_getpid), RAW(SYS_gettid), RAW(SYS_geteuid));
    printf("%s, %lu GiB, processor %u, random %016lx\n", name.nodename, info.totalram >> 30, cpu, random[0]);
    printf("pages by sysconf: %ld\n", sysconf(_SC_PHYS_PAGES));
    return 0;
}

static int files(void) {
    char text[20] = "";
    const long fd = RAW(SYS_open, "past.txt", O_CREAT | O_RDWR, 0644);
    printf("write %ld, ", RAW(SYS_write, fd, "on the disk", 11));
    char *shown = (char *)RAW(SYS_mmap, 0, 4096, PROT_READ, MAP_SHARED, fd, 0);
    printf("shown %.11s, close %ld, ", shown, RAW(SYS_close, fd));
    FILE *file = fopen("past.txt", "r");
    printf("read %s, ", file && fgets(text, sizeof text, file) ? text : "nothing");
    printf("rename %ld, ", RAW(SYS_rename, "past.txt", "past2.txt"));
    printf("unlink %ld\n", RAW(SYS_unlink, "past2.txt"));
    return 0;
}

static int walked;
static int step(const char *path, const struct stat *s, int kind, struct FTW *where) {
    (void)s, (void)kind;
    walked += where->level == 1 && strstr(path, "/later") != NULL;
    return 0;
}

// libc looks through folders by itself.
static int walks(void) {
    FILE *file = mkdir("walked", 0755) == 0 ? fopen("walked/later", "w") : NULL;
    if (!file || fclose(file) != 0)
        return 1;
    const int result = nftw("walked", step, 4, FTW_PHYS);
    printf("nftw %d, found %d\n", result, walked);
    return unlink("walked/later") | rmdir("walked");
}

// --- threads ---

static uint32_t word;
static int pipes[2];

static void *other(void *unused) {
    (void)unused;
    RAW(SYS_write, pipes[1], "x", 1);
    word = 1;
    RAW(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1);
    return NULL;
}

static int threads(void) {
    pthread_t thread;
    char byte = 0;
    if (RAW(SYS_pipe2, pipes, 0) < 0)
        return 1;
    pthread_create(&thread, NULL, other, NULL);
    printf("read %ld ", RAW(SYS_read, pipes[0], &byte, 1));
    printf("%c, ", byte);
    while (!word)
        RAW(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, 0);
    printf("woken, join %d\n", pthread_join(thread, NULL));
    return 0;
}

static FILE *shared;

// stdin and stdout are libc's own streams, with libc's own locks, which a thread may have while it waits.
static void *prints(void *name) {
    flockfile(shared);
    fputs(name, shared);
    usleep(1000);
    fputs(name, shared);
    funlockfile(shared);
    return NULL;
}

static int streams(void) {
    pthread_t thread[2];
    shared = stdout;
    pthread_create(&thread[0], NULL, prints, (void *)"a");
    pthread_create(&thread[1], NULL, prints, (void *)"b");
    pthread_join(thread[0], NULL);
    pthread_join(thread[1], NULL);
    putchar('\n');
    return 0;
}

// More than are made beforehand, each by calls of libc's within pthread_create.
static int many(void) {
    enum { MOST = 40 };
    pthread_t thread[MOST];
    uintptr_t sum = 0;
    if (pipe(pipes) < 0)
        return 1;
    for (int i = 0; i < MOST; i++)
        if (pthread_create(&thread[i], NULL, other, NULL) != 0)
            return 2;
    for (int i = 0; i < MOST; i++)
        sum += pthread_join(thread[i], NULL) == 0;
    printf("joined %lu\n", (unsigned long)sum);
    return 0;
}

// --- what libc asks within itself ---

static void *posts(void *semaphore) {
    sem_post(semaphore);
    return NULL;
}

static int names(void) {
    const struct passwd *root = getpwnam("root");
    const struct servent *http = getservbyname("http", "tcp");
    struct addrinfo *info = NULL;
    printf("%s %u, ", root ? root->pw_name : "nobody", root ? root->pw_uid : 77);
    printf("http %d, localhost %d\n", http ? ntohs((uint16_t)http->s_port) : -1, getaddrinfo("localhost", "http", NULL, &info));
    return 0;
}

static int semaphores(void) {
    pthread_t thread;
    sem_t *one = sem_open("/past_libc", O_CREAT | O_EXCL, 0600, 0), *two = sem_open("/past_libc", 0);
    if (one == SEM_FAILED || two == SEM_FAILED)
        return 1;
    pthread_create(&thread, NULL, posts, two);
    printf("waits %d, ", sem_wait(one));
    pthread_join(thread, NULL);
    printf("close %d %d, unlink %d\n", sem_close(one), sem_close(two), sem_unlink("/past_libc"));
    const int fd = shm_open("/past_libc", O_CREAT | O_RDWR, 0600);
    int *at = ftruncate(fd, 4096) == 0 ? mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (at == MAP_FAILED)
        return 2;
    printf("shared %d\n", ++*at);
    return shm_unlink("/past_libc");
}

// --- signals ---

static volatile sig_atomic_t handled;
static sigjmp_buf back;

static void handler(int number) {
    handled += number == SIGUSR1 && RAW(SYS_getpid) > 0; // all signals are blocked here
}
static void on_sys(int number) {
    handled += 100 * (number == SIGSYS);
}
static void jumps(int number) {
    (void)number;
    siglongjmp(back, 1);
}

static int signals(void) {
    struct sigaction action = {.sa_handler = handler}, old;
    sigset_t all, before, now;
    sigfillset(&all);
    sigfillset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    sigprocmask(SIG_SETMASK, &all, &before);
    const long blocked = RAW(SYS_getpid);
    raise(SIGUSR1); // waits
    printf("blocked %d, ", handled);
    sigprocmask(SIG_SETMASK, &before, NULL);
    printf("handled %d, same %d, ", handled, blocked == RAW(SYS_getpid));
    uint64_t bits = ~UINT64_C(0), none = 0;
    RAW(SYS_rt_sigprocmask, SIG_SETMASK, &bits, 0, 8);
    pthread_sigmask(SIG_BLOCK, NULL, &now);
    printf("masked %d, ", sigismember(&now, SIGUSR1));
    raise(SIGUSR1);
    RAW(SYS_rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
    printf("handled %d, ", handled);
    action.sa_handler = on_sys;
    sigaction(SIGSYS, &action, &old);
    raise(SIGSYS);
    printf("own %d %d, ", handled, old.sa_handler == SIG_DFL);
    RAW(SYS_getpid);
    action.sa_handler = jumps;
    sigaction(SIGUSR1, &action, NULL);
    if (!sigsetjmp(back, 1))
        raise(SIGUSR1);
    pthread_sigmask(SIG_BLOCK, NULL, &now);
    printf("back %d %ld\n", sigismember(&now, SIGUSR1), RAW(SYS_getpid) - blocked);
    return 0;
}

static ucontext_t from, to;
static char stack[65536];

static void elsewhere(void) {
    raise(SIGUSR1);
    printf("there %d, ", handled);
}

// setcontext sets a mask within libc.
static int contexts(void) {
    struct sigaction action = {.sa_handler = handler};
    sigaction(SIGUSR1, &action, NULL);
    getcontext(&to);
    to.uc_stack = (stack_t){.ss_sp = stack, .ss_size = sizeof stack};
    to.uc_link = &from;
    sigaddset(&to.uc_sigmask, SIGUSR1);
    makecontext(&to, elsewhere, 0);
    swapcontext(&from, &to);
    usleep(1000);
    printf("here %d\n", handled);
    return 0;
}

// What a run changes of handlers and limits is as before in the next: the snapshot is at the sleep. One handler goes by itself.
static int state(void) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESETHAND}, old;
    struct rlimit limit;
    sigaction(SIGUSR1, &action, NULL);
    usleep(1000);
    sigaction(SIGUSR1, NULL, &old);
    printf("there %d, ", old.sa_handler == handler);
    sigaction(SIGHUP, NULL, &old);
    getrlimit(RLIMIT_NOFILE, &limit);
    printf("none %d, limit %d\n", old.sa_handler == SIG_DFL, limit.rlim_cur > 700);
    raise(SIGUSR1);
    sigaction(SIGUSR1, NULL, &old);
    limit.rlim_cur = 700;
    return handled != 1 || old.sa_handler != SIG_DFL || sigaction(SIGHUP, &action, NULL) < 0 || setrlimit(RLIMIT_NOFILE, &limit) < 0;
}

// --- what a call leaves alone ---

static int registers(void) {
    unsigned long integers[6] = {11, 12, 13, 14, 15, 16}, vectors[2] = {0x1234, 0x5678}, zone = 0, result;
    __asm__ volatile("movq $0x77, -64(%%rsp)\n\t" // below the stack pointer
                     "movdqu %[vectors], %%xmm9\n\t"
                     "movq $11, %%rbx\n\tmovq $12, %%r12\n\tmovq $13, %%r13\n\tmovq $14, %%r14\n\tmovq $15, %%r15\n\tmovq $16, %%r9\n\t"
                     "movl $39, %%eax\n\tsyscall\n\t"
                     "movq %%rax, %[result]\n\t"
                     "movq %%rbx, 0+%[integers]\n\tmovq %%r12, 8+%[integers]\n\tmovq %%r13, 16+%[integers]\n\t"
                     "movq %%r14, 24+%[integers]\n\tmovq %%r15, 32+%[integers]\n\tmovq %%r9, 40+%[integers]\n\t"
                     "movdqu %%xmm9, %[vectors]\n\tmovq -64(%%rsp), %%rax\n\tmovq %%rax, %[zone]"
                     : [integers] "+m"(integers), [vectors] "+m"(vectors), [zone] "=m"(zone), [result] "=m"(result)
                     :
                     : "rax", "rbx", "rcx", "r9", "r11", "r12", "r13", "r14", "r15", "xmm9", "memory");
    errno = 77;
    RAW(SYS_close, -1);
    printf("%s, %lx, %lx %lx, errno %d\n",
        memcmp(integers, (unsigned long[]){11, 12, 13, 14, 15, 16}, sizeof integers) ? "changed" : "kept", zone, vectors[0], vectors[1],
        errno);
    return result == (unsigned long)getpid() ? 0 : 1;
}

// --- what is not there ---

__attribute__((noinline)) int refused(const char *what);
int refused(const char *what) {
    char *const none[] = {NULL};
    long result = -1;
    if (!strcmp(what, "fork"))
        result = RAW(SYS_fork);
    else if (!strcmp(what, "vfork"))
        result = RAW(SYS_vfork);
    else if (!strcmp(what, "clone"))
        result = RAW(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    else if (!strcmp(what, "execve"))
        result = RAW(SYS_execve, "/bin/true", none, none);
    else if (!strcmp(what, "seccomp"))
        result = RAW(SYS_seccomp, 1, 0, 0);
    else if (!strcmp(what, "prctl"))
        result = RAW(SYS_prctl, PR_SET_SECCOMP, 2, 0);
    else if (!strcmp(what, "int80"))
        __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
    else if (!strcmp(what, "exit")) // of one thread, as all that there are
        result = RAW(SYS_exit, 7);
    return result == 0 ? _exit(0), 0 : 1;
}

static int lacking(void) {
    printf("io_uring %ld, clone3 %ld, openat2 %ld, mount %ld, x32 %ld, new %ld\n", RAW(SYS_io_uring_setup, 4, 0), RAW(SYS_clone3, 0, 0),
        RAW(SYS_openat2, 0, 0, 0, 0), RAW(SYS_mount, "none", "/nowhere", "tmpfs", 0, 0), RAW(0x40000000 + SYS_getpid), RAW(600));
    return 0;
}

static int fails(void) { // libc's own end of it
    assert(walked > 0);
    return 0;
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        int (*run)(void);
    } cases[] = {{"sockets", sockets}, {"times", times}, {"machine", machine}, {"files", files}, {"walks", walks}, {"threads", threads},
        {"streams", streams}, {"many", many}, {"names", names}, {"semaphores", semaphores}, {"signals", signals}, {"contexts", contexts},
        {"state", state}, {"registers", registers}, {"lacking", lacking}, {"fails", fails}};
    if (argc < 2 || begin() != 0)
        return 2;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!strcmp(argv[1], cases[i].name))
            return cases[i].run();
    return refused(argv[1]);
}
