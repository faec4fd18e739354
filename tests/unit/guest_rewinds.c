// Rewinding undoes what a run does to its process: a case each, in a process of its own whose memory is compared after every run.
//
// links: tick_rewind
// wraps: tick__none
#include "sim/guest/cross_int.h"
#include "sim/guest/map_int.h"
#include "sim/guest/process_state_int.h"
#include "sim/guest/rewind_int.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define RUNS 12
#define PAGE 4096

// What outlives a run: shared with the test.
struct seen {
    int runs, most;
    char trouble[200];
    char said[200]; // what a run found that was not as it should be
    struct tick__rewind_figures figures;
};
static struct seen *seen;

static void next(void *ctx, const char *trouble) {
    (void)ctx;
    if (trouble)
        snprintf(seen->trouble, sizeof seen->trouble, "%s", trouble);
    tick__rewind_figures(&seen->figures);
    if (trouble || seen->runs == seen->most)
        _exit(0);
    seen->runs++;
}

#define SAY(condition) \
    do { \
        if (!(condition) && !seen->said[0]) \
            snprintf(seen->said, sizeof seen->said, "run %d: %s", seen->runs, #condition); \
    } while (0)

struct rewound {
    void (*prepare)(void);
    void (*run)(void); // looks whether all is as it was, and changes it
    int runs;          // 0: RUNS
    bool unchecked;
};

static void child(const struct rewound *c) {
    close_range(3, ~0u, 0); // what the test itself was started with
    if (c->prepare)
        c->prepare();
    const struct tick__rewind rewind = {.next = next, .check = !c->unchecked};
    const int rc = tick__rewind_take(&rewind);
    if (rc < 0) {
        snprintf(seen->trouble, sizeof seen->trouble, "no snapshot: %s", strerror(-rc));
        _exit(0);
    }
    c->run();
    tick__rewind_back();
}

static void go(const struct rewound *c) {
    const char *what;
    if (tick__rewind_probe(&what) < 0)
        skip();
    memset(seen, 0, sizeof *seen);
    seen->most = c->runs ? c->runs : RUNS;
    fflush(NULL);
    const pid_t pid = fork();
    assert_int_not_equal(pid, -1);
    if (!pid)
        child(c);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        fail_msg("run %d: wait status %x", seen->runs, (unsigned)status);
}

static void undone(const struct rewound *c) {
    go(c);
    assert_string_equal(seen->trouble, "");
    assert_string_equal(seen->said, "");
    assert_int_equal(seen->runs, seen->most);
}

// --- memory ---

static int statics[5000] = {1, 2, 3};
static _Thread_local int of_thread = 7;
static char *heap[100];

static void fill_heap(void) {
    for (int i = 0; i < 100; i++)
        memset(heap[i] = malloc(3000), i, 3000);
}

static void write_everywhere(void) {
    char local[20000];
    SAY(statics[0] == 1 && statics[4999] == 0 && of_thread == 7);
    for (int i = 0; i < 100; i++)
        SAY(heap[i] && heap[i][0] == i && heap[i][2999] == i);
    memset(statics, 255, sizeof statics);
    memset(local, seen->runs, sizeof local);
    of_thread = local[19999];
    for (int i = seen->runs; i < 100; i += 3) {
        memset(heap[i], 255, 3000);
        free(heap[i]);
        heap[i] = malloc(i * 100 + 1);
    }
}

static void written_memory(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = fill_heap, .run = write_everywhere});
}

#define WIDE 4000 // pages
static char *wide;

static void map_wide(void) {
    wide = mmap(NULL, WIDE * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < WIDE; i++)
        wide[i * PAGE] = 'w';
}

static void write_here_and_there(void) {
    for (int i = 0; i < 20; i++) {
        char *const page = wide + (seen->runs * 20 + i) % WIDE * PAGE;
        SAY(*page == 'w');
        *page = 'x';
    }
}

// Where each run writes other pages, those of earlier runs are not put back for ever.
static void pages_are_watched_again(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = map_wide, .run = write_here_and_there, .runs = 200, .unchecked = true});
    assert_true(seen->figures.watches > 5);
    assert_true(seen->figures.pages < 200u * 300);
    undone(&(struct rewound){.prepare = map_wide, .run = write_here_and_there, .runs = 40});
}

static void write_the_same(void) {
    SAY(statics[0] == 1 && heap[50][0] == 50);
    memset(statics, 255, sizeof statics);
    for (int i = 0; i < 100; i++)
        heap[i][0] = 'x';
}

// Where all runs write the same ones, they are.
static void the_same_pages_are_not(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = fill_heap, .run = write_the_same, .runs = 100, .unchecked = true});
    assert_true(seen->figures.watches <= 1);
}

static char *area;

static void map_area(void) {
    area = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(area, 'a', 32 * PAGE);
}

static bool area_is_whole(void) {
    for (int i = 0; i < 64 * PAGE; i++)
        if (area[i] != (i < 32 * PAGE ? 'a' : 0))
            return false;
    return true;
}

static void write_where_nothing_was(void) {
    SAY(area_is_whole());
    memset(area + 40 * PAGE, seen->runs, 20 * PAGE);
}

static void empty_memory(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = map_area, .run = write_where_nothing_was});
}

static void read_where_nothing_was(void) {
    SAY(area_is_whole());
}

static void memory_that_is_read(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = map_area, .run = read_where_nothing_was});
    assert_true(seen->figures.pages < (uint64_t)RUNS * 32);
}

static void discard(void) {
    SAY(area_is_whole());
    madvise(area, 16 * PAGE, MADV_DONTNEED);
    SAY(area[5] == 0);
    tick__map_call(SYS_madvise, (long)(area + 16 * PAGE), 8 * PAGE, MADV_DONTNEED, 0, 0, 0);
    SAY(tick__map_call(SYS_madvise, (long)(area + 24 * PAGE), 8 * PAGE, MADV_FREE, 0, 0, 0) == 0);
}

static void discarded_memory(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = map_area, .run = discard});
}

// Few pages that hold something, at the edges of what is asked in one go and between, and a run that writes and discards around them.
#define SCATTERED 20000
static const int held[] = {0, 1, 63, 64, 255, 256, 257, 460, 461, 700, 5000, 5120, 5121, 12345, SCATTERED - 1};
static char *scattered;

static void map_scattered(void) {
    scattered = mmap(NULL, SCATTERED * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; i < sizeof held / sizeof *held; i++)
        scattered[held[i] * PAGE + 7] = (char)(i + 1);
}

static void write_around(void) {
    for (size_t i = 0; i < sizeof held / sizeof *held; i++) {
        char *const page = scattered + held[i] * PAGE;
        SAY(page[7] == (char)(i + 1));
        const int way = (seen->runs + (int)i) % 4;
        if (way == 0)
            page[7] = 'x';
        if (way == 1)
            madvise(page, PAGE, MADV_DONTNEED);
        for (int by = -65; by < 66 && way > 1; by += 13)
            if (held[i] + by >= 0 && held[i] + by < SCATTERED)
                page[by * PAGE] = 'y';
    }
    for (int i = seen->runs; i < SCATTERED; i += 997) {
        SAY(scattered[i * PAGE + 9] == 0);
        scattered[i * PAGE + 9] = 'z';
    }
}

static void scattered_memory(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = map_scattered, .run = write_around, .runs = 40});
    undone(&(struct rewound){.prepare = map_scattered, .run = write_around, .runs = 40, .unchecked = true});
}

#define MUCH (100ul << 20)
static char *large;

static void reserve_large(void) {
    large = mmap(NULL, 64ul << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    large[5] = 5;
}

static void use_much(void) {
    SAY(large[5] == 5 && large[MUCH / 2] == 0);
    memset(large, 1, MUCH);
}

// What nobody had at the snapshot is given back: a run that used much does not make all later ones dear.
static void much_memory(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = reserve_large, .run = use_much, .runs = 3, .unchecked = true});
    assert_true(seen->figures.copies < 5000);
}

// --- mappings ---

static char *readable, *closed, *doomed;

static void map_more(void) {
    map_area();
    readable = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(readable, 'r', 4 * PAGE);
    mprotect(readable, 4 * PAGE, PROT_READ);
    closed = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(closed, 'c', 4 * PAGE);
    mprotect(closed, 4 * PAGE, PROT_NONE);
    doomed = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(doomed, 'd', 8 * PAGE);
}

static void *call_mmap(void *at, size_t size, int prot, int flags) {
    return (void *)tick__map_call(SYS_mmap, (long)at, (long)size, prot, flags | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void make_mappings(void) {
    char *a = call_mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, 0), *b = call_mmap(NULL, 9 * PAGE, PROT_READ | PROT_WRITE, 0);
    memset(a, 1, 3 * PAGE);
    memset(b, 2, 9 * PAGE);
    tick__map_call(SYS_munmap, (long)a, 3 * PAGE, 0, 0, 0, 0);
    tick__map_call(SYS_munmap, (long)b, PAGE, 0, 0, 0, 0);
    tick__map_call(SYS_mprotect, (long)(b + 2 * PAGE), PAGE, PROT_READ, 0, 0, 0);
}

static void made_mappings(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = map_more, .run = make_mappings});
    assert_true(seen->figures.looks <= 2); // what was noted need not be looked for
}

static void make_mappings_unseen(void) {
    SAY(area_is_whole());
    mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); // past our own name, as libc does inside
    memset(malloc(5000000), 1, 5000000);
}

static void made_mappings_unseen(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = map_more, .run = make_mappings_unseen});
}

static void unmap(void) {
    SAY(area_is_whole());
    for (int i = 0; i < 8 * PAGE; i++)
        SAY(doomed[i] == 'd');
    munmap(area + 8 * PAGE, 8 * PAGE); // unseen
    tick__map_call(SYS_munmap, (long)doomed, 8 * PAGE, 0, 0, 0, 0);
    call_mmap(doomed, 4 * PAGE, PROT_READ, MAP_FIXED);
}

static void unmapped_memory(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = map_more, .run = unmap});
}

static void move(void) {
    SAY(doomed[0] == 'd' && doomed[8 * PAGE - 1] == 'd');
    char *to = (char *)tick__map_call(SYS_mremap, (long)doomed, 8 * PAGE, 400 * PAGE, MREMAP_MAYMOVE, 0, 0);
    SAY(to[8 * PAGE - 1] == 'd');
    memset(to, 'x', 400 * PAGE);
    char *made = call_mmap(NULL, PAGE, PROT_READ | PROT_WRITE, 0);
    made = (char *)tick__map_call(SYS_mremap, (long)made, PAGE, 100 * PAGE, MREMAP_MAYMOVE, 0, 0);
    made[100 * PAGE - 1] = 1;
}

static void moved_memory(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = map_more, .run = move});
}

static void protect(void) {
    SAY(area_is_whole() && readable[3] == 'r');
    tick__map_call(SYS_mprotect, (long)area, 4 * PAGE, PROT_NONE, 0, 0, 0);
    tick__map_call(SYS_mprotect, (long)readable, PAGE, PROT_READ | PROT_WRITE, 0, 0, 0);
    readable[3] = 'x';
    tick__map_call(SYS_mprotect, (long)closed, 4 * PAGE, PROT_READ | PROT_WRITE, 0, 0, 0);
    SAY(closed[5] == 'c');
    memset(closed, 'x', 4 * PAGE);
}

static void protected_memory(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = map_more, .run = protect});
}

static void protect_in_turn(void) {
    SAY(area_is_whole() && readable[3] == 'r');
    tick__map_call(SYS_mprotect, (long)area, 4 * PAGE, PROT_READ, 0, 0, 0);
    tick__map_call(SYS_mprotect, (long)readable, 4 * PAGE, PROT_READ | PROT_WRITE, 0, 0, 0);
}

// The sizes of the address space stay what they were.
static void protection_changed_places(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = map_more, .run = protect_in_turn});
}

static void *brk_before;

static void note_brk(void) {
    free(malloc(1)); // the heap is there
    brk_before = sbrk(0);
}

static void grow_heap(void) {
    SAY(sbrk(0) == brk_before);
    memset(sbrk(50 * PAGE), 1, 50 * PAGE);
}

static void grown_heap(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = note_brk, .run = grow_heap});
}

static void shrink_heap(void) {
    SAY(sbrk(0) == brk_before);
    SAY(sbrk(-4 * PAGE) != (void *)-1);
}

static void pad_heap(void) {
    note_brk();
    memset(sbrk(8 * PAGE), 'h', 8 * PAGE);
    brk_before = sbrk(0);
}

static void shrunk_heap(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = pad_heap, .run = shrink_heap});
}

static int deep(int depth) {
    volatile char frame[PAGE];
    frame[0] = (char)depth;
    return depth ? deep(depth - 1) + frame[0] : 0;
}

static void go_deep(void) {
    deep(500);
}

// A stack that has grown stays so: that is no change that a program sees, and is not looked for again each time.
static void grown_stack(void **state) {
    (void)state;
    undone(&(struct rewound){.run = go_deep});
    assert_true(seen->figures.looks <= 3);
}

static void patch_code(void) {
    char *const page = (char *)((uintptr_t)patch_code & ~(uintptr_t)(PAGE - 1));
    SAY(tick__map_call(SYS_mprotect, (long)page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, 0, 0, 0) == 0);
}

static void code_made_writable_is_told(void **state) {
    (void)state;
    go(&(struct rewound){.run = patch_code});
    assert_string_equal(seen->trouble, "memory of a file that was made writable");
    assert_int_equal(seen->runs, 1);
}

// --- what the kernel holds ---

static int fd_before, offset_fd;
static char folder_before[500];

static void open_files(void) {
    fd_before = open("/dev/null", O_RDONLY | O_CLOEXEC);
    offset_fd = open("/proc/self/exe", O_RDONLY);
    lseek(offset_fd, 100, SEEK_SET);
}

static void open_more(void) {
    SAY(open("/dev/null", O_RDONLY) == offset_fd + 1);
    SAY(fcntl(700, F_GETFD) < 0);
    SAY(dup2(1, 700) == 700);
    SAY(fcntl(2, F_DUPFD, 50) == 50);
}

static void opened_fds(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = open_files, .run = open_more});
}

static void close_some(void) {
    struct stat s;
    SAY(fstat(fd_before, &s) == 0 && S_ISCHR(s.st_mode) && fcntl(fd_before, F_GETFD) == FD_CLOEXEC);
    SAY(fstat(offset_fd, &s) == 0 && S_ISREG(s.st_mode) && fcntl(offset_fd, F_GETFD) == 0);
    close(fd_before);
    dup2(0, offset_fd); // another file under its number
    close(0);
}

static void closed_fds(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = open_files, .run = close_some});
}

static void read_on(void) {
    char bytes[10];
    SAY(lseek(offset_fd, 0, SEEK_CUR) == 100);
    SAY(read(offset_fd, bytes, sizeof bytes) == sizeof bytes);
    SAY(!(fcntl(offset_fd, F_GETFL) & O_NONBLOCK));
    fcntl(offset_fd, F_SETFL, O_NONBLOCK);
}

static void file_offsets(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = open_files, .run = read_on});
}

static void many_fds(void) {
    for (int i = 0; i < 300; i++)
        SAY(dup(1) >= 0);
}

static void a_thousand_runs_leak_nothing(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = fill_heap, .run = many_fds, .runs = 1000, .unchecked = true});
}

static void handler(int signal) {
    (void)signal;
}

static char other_stack[1 << 16];

static void set_signals(void) {
    struct sigaction before;
    sigset_t mask, pending;
    stack_t alternate;
    SAY(sigaction(SIGUSR1, NULL, &before) == 0 && before.sa_handler == SIG_DFL);
    SAY(sigprocmask(SIG_SETMASK, NULL, &mask) == 0 && !sigismember(&mask, SIGUSR2));
    SAY(sigpending(&pending) == 0 && !sigismember(&pending, SIGUSR2));
    SAY(sigaltstack(NULL, &alternate) == 0 && alternate.ss_flags & SS_DISABLE);
    signal(SIGUSR1, handler);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    raise(SIGUSR2); // stays pending
    alternate = (stack_t){.ss_sp = other_stack, .ss_size = sizeof other_stack};
    sigaltstack(&alternate, NULL);
}

static void signals(void **state) {
    (void)state;
    undone(&(struct rewound){.run = set_signals});
}

static void set_timers(void) {
    struct itimerval timer;
    SAY(getitimer(ITIMER_REAL, &timer) == 0 && !timer.it_value.tv_sec);
    timer = (struct itimerval){.it_value.tv_sec = 1000};
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void timers(void **state) {
    (void)state;
    undone(&(struct rewound){.run = set_timers});
}

static void note_folder(void) {
    assert_non_null(getcwd(folder_before, sizeof folder_before));
    umask(022);
}

static void change_folder(void) {
    char folder[500];
    SAY(getcwd(folder, sizeof folder) && !strcmp(folder, folder_before));
    SAY(umask(077) == 022);
    SAY(chdir("/") == 0);
}

static void folder_and_umask(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = note_folder, .run = change_folder});
}

static void set_limits(void) {
    struct rlimit limit;
    SAY(getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == limit.rlim_max);
    limit.rlim_cur = 0;
    setrlimit(RLIMIT_CORE, &limit);
}

static void raise_core(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_CORE, &limit);
    limit.rlim_cur = limit.rlim_max = limit.rlim_max ? limit.rlim_max : 0;
    setrlimit(RLIMIT_CORE, &limit);
}

static void limits(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = raise_core, .run = set_limits});
}

static void set_name(void) {
    char name[16];
    SAY(prctl(PR_GET_NAME, name) == 0 && strncmp(name, "renamed", 7) != 0);
    prctl(PR_SET_NAME, "renamed");
}

static void name_of_the_thread(void **state) {
    (void)state;
    undone(&(struct rewound){.run = set_name});
}

// --- where a run ends ---

static void *stack_of_another;

static void on_another_stack(void) {
    SAY(statics[3] == 0);
    statics[3] = 1;
    tick__rewind_back();
}

static void leave_by_another_stack(void) {
    void *own;
    tick__cross(&own, tick__cross_begin((char *)stack_of_another + (64 << 10), on_another_stack));
}

static void make_stack(void) {
    stack_of_another = malloc(64 << 10);
}

static void a_run_ends_on_any_stack(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = make_stack, .run = leave_by_another_stack});
}

static void end_in_handler(int signal) {
    (void)signal;
    tick__rewind_back();
}

static void catch (void) {
    signal(SIGSEGV, end_in_handler);
}

static void crash(void) {
    *(volatile int *)8 = 1;
}

static void a_run_ends_in_a_handler(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = catch, .run = crash});
}

// --- the comparison itself ---

static void patch_unseen(void) {
    char *const page = (char *)((uintptr_t)patch_code & ~(uintptr_t)(PAGE - 1));
    SAY(mprotect(page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) == 0);
    *(char *)(uintptr_t)patch_code ^= 1; // nobody calls it
}

static void what_is_not_undone_is_noticed(void **state) {
    (void)state;
    go(&(struct rewound){.run = patch_unseen});
    assert_string_equal(strstr(seen->trouble, "memory is not") ? "noticed" : seen->trouble, "noticed");
    assert_int_equal(seen->runs, 1);
}

static void nothing(void) {}

static void a_run_that_does_nothing_costs_little(void **state) {
    (void)state;
    undone(&(struct rewound){.prepare = fill_heap, .run = nothing, .unchecked = true, .runs = 100});
    assert_true(seen->figures.pages < 20u * 100);
}

int main(void) {
    seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (seen == MAP_FAILED)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_memory),
        cmocka_unit_test(pages_are_watched_again),
        cmocka_unit_test(the_same_pages_are_not),
        cmocka_unit_test(empty_memory),
        cmocka_unit_test(memory_that_is_read),
        cmocka_unit_test(discarded_memory),
        cmocka_unit_test(scattered_memory),
        cmocka_unit_test(much_memory),
        cmocka_unit_test(made_mappings),
        cmocka_unit_test(made_mappings_unseen),
        cmocka_unit_test(unmapped_memory),
        cmocka_unit_test(moved_memory),
        cmocka_unit_test(protected_memory),
        cmocka_unit_test(protection_changed_places),
        cmocka_unit_test(grown_heap),
        cmocka_unit_test(shrunk_heap),
        cmocka_unit_test(grown_stack),
        cmocka_unit_test(code_made_writable_is_told),
        cmocka_unit_test(opened_fds),
        cmocka_unit_test(closed_fds),
        cmocka_unit_test(file_offsets),
        cmocka_unit_test(a_thousand_runs_leak_nothing),
        cmocka_unit_test(signals),
        cmocka_unit_test(timers),
        cmocka_unit_test(folder_and_umask),
        cmocka_unit_test(limits),
        cmocka_unit_test(name_of_the_thread),
        cmocka_unit_test(a_run_ends_on_any_stack),
        cmocka_unit_test(a_run_ends_in_a_handler),
        cmocka_unit_test(what_is_not_undone_is_noticed),
        cmocka_unit_test(a_run_that_does_nothing_costs_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
