#include "cli/deny.h"
#include "cli/elf_view.h"
#include "cli/place.h"
#include "cli/print.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define USE_TIME "tick_time(), the loop's clock"
#define USE_RANDOM "tick_random(\"name\", n), which the schedule answers"
#define USE_SPAWN "tick_spawn(fn, arg): tasks instead of threads"
#define USE_SLEEP "tick_sleep(ns)"
#define USE_TIMER "tick_sleep(ns), or tick_within(ns, call) for a deadline"
#define USE_HOST "tick_host_add(world, ...): another host instead of another process"
#define USE_CLIENT "tick_connect(\"host:port\", &stream)"
#define USE_SERVER "tick_serve(\":port\", serve, arg)"
#define USE_STREAM "tick_stream_read and tick_stream_write"
#define USE_POLL "tasks: each call that waits is a plain call in a task"
#define USE_NAME "tick_host_name()"
#define USE_ENVIRONMENT "variables of the program's own: libc keeps the environment from run to run"
#define USE_LOCALE "the locale C, which every run has: libc keeps another from run to run"
#define USE_AT_END "tick_at_end(world, fn, arg)"
#define USE_LINKED "code that is linked to the scenario (--cflags -l...): libc keeps what it loads from run to run"
#define USE_RESOLVE "the host's name in tick_connect(\"host:port\", &stream)"

static const struct banned {
    const char *instead;
    const char *names; // separated by blanks
} banned[] = {
    {USE_TIME, "time gettimeofday clock_gettime clock timespec_get ftime times"},
    {USE_RANDOM, "rand random srand srandom initstate setstate drand48 lrand48 mrand48 srand48 arc4random arc4random_uniform "
                 "arc4random_buf getrandom "
                 "getentropy uuid_generate"},
    {USE_SPAWN, "pthread_create thrd_create"},
    {USE_SLEEP, "sleep usleep nanosleep clock_nanosleep thrd_sleep pause sigsuspend sigwait sigwaitinfo sigtimedwait"},
    {USE_TIMER, "alarm ualarm setitimer timer_create timer_settime timerfd_create timerfd_settime"},
    {USE_HOST, "fork vfork _Fork clone system popen posix_spawn posix_spawnp execl execlp execle execv execvp execvpe execve fexecve"},
    {USE_CLIENT, "socket connect socketpair"},
    {USE_SERVER, "bind listen accept accept4"},
    {USE_STREAM, "send sendto sendmsg sendmmsg recv __recv_chk recvfrom __recvfrom_chk recvmsg recvmmsg"},
    {USE_POLL,
        "epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 poll __poll_chk ppoll __ppoll_chk select pselect eventfd "
        "io_uring_setup"},
    {USE_RESOLVE, "getaddrinfo gethostbyname gethostbyname2 gethostbyname_r"},
    {USE_NAME, "gethostname getpid gettid"},
    {USE_ENVIRONMENT, "setenv putenv unsetenv clearenv"},
    {USE_LOCALE, "setlocale newlocale uselocale"},
    {USE_AT_END, "atexit __cxa_atexit on_exit at_quick_exit __cxa_at_quick_exit"},
    {USE_LINKED, "dlopen dlmopen dlclose"},
    {"the calls of <retick.h>: a raw system call passes the simulated kernel by", "syscall"},
};

// What C++ has of its own, of libstdc++ and of libc++, beside what its headers call of the above. name: as people write it.
static const struct banned_cxx {
    const char *name, *instead;
    const char *symbols; // separated by blanks
} banned_cxx[] = {
    {"std::chrono::system_clock::now", USE_TIME, "_ZNSt6chrono3_V212system_clock3nowEv _ZNSt3__16chrono12system_clock3nowEv"},
    {"std::chrono::steady_clock::now", USE_TIME, "_ZNSt6chrono3_V212steady_clock3nowEv _ZNSt3__16chrono12steady_clock3nowEv"},
    {"std::random_device", USE_RANDOM, "_ZNSt13random_device9_M_getvalEv _ZNSt3__113random_deviceclEv"},
    {"std::thread", USE_SPAWN,
        "_ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE _ZNSt6thread15_M_start_threadESt10shared_"
        "ptrINS_10_Impl_baseEE"},
    {"std::this_thread::sleep_for", USE_SLEEP,
        "_ZNSt11this_thread11__sleep_forENSt6chrono8durationIlSt5ratioILl1ELl1EEEENS1_IlS2_ILl1ELl1000000000EEEE "
        "_ZNSt3__111this_thread9sleep_forERKNS_6chrono8durationIxNS_5ratioILl1ELl1000000000EEEEE"},
    {"a thread_local with a destructor", "tick_host_local(key, size)", "__cxa_thread_atexit"},
};

static bool has_word(const char *words, const char *word) {
    size_t length = strlen(word);
    while (*words) {
        size_t span = strcspn(words, " ");
        if (span == length && memcmp(words, word, length) == 0)
            return true;
        words += span + (words[span] == ' ');
    }
    return false;
}

const char *tick__deny_instead(const char *name) {
    for (size_t i = 0; i < sizeof banned / sizeof *banned; i++)
        if (has_word(banned[i].names, name))
            return banned[i].instead;
    return NULL;
}

static const struct banned_cxx *banned_of_cxx(const char *symbol) {
    for (size_t i = 0; i < sizeof banned_cxx / sizeof *banned_cxx; i++)
        if (has_word(banned_cxx[i].symbols, symbol))
            return &banned_cxx[i];
    return NULL;
}

// Where call sites are printed, and how their lines are looked up.
struct sites {
    const char *object, *name;
    size_t count;
};

static void print_site(void *ctx, const char *function, const char *section, uint64_t offset) {
    struct sites *sites = ctx;
    char place[4096], plain[256];
    tick__place_of(sites->object, section, offset, plain, sizeof plain, place, sizeof place);
    if (sites->count++ < 10)
        fprintf(stderr, "    in %s%s%s%s\n", plain[0] && strncmp(function, "_Z", 2) == 0 ? plain : function, place[0] ? " (" : "", place,
            place[0] ? ")" : "");
}

static bool allowed(const struct tick__deny *deny, const char *name) {
    for (size_t i = 0; i < deny->allow_count; i++)
        if (strcmp(deny->allow[i], name) == 0)
            return true;
    return false;
}

// A relocatable object of the same source, built when the first call site is wanted: *path, "" where it cannot be had.
static void build_relocatable(const struct tick__deny *deny, char path[static 32], bool *tried) {
    if (*tried)
        return;
    *tried = true;
    snprintf(path, 32, "/tmp/retick-sites-XXXXXX");
    int fd = mkstemp(path);
    if (fd >= 0)
        close(fd);
    if (fd >= 0 && tick__compile_object(deny->build, path) < 0)
        unlink(path);
    if (fd < 0)
        path[0] = '\0';
}

static void print_sites(const char *relocatable, const char *symbol) {
    struct sites sites = {relocatable, symbol, 0};
    if (*relocatable)
        (void)tick__callsites(relocatable, symbol, print_site, &sites);
    if (sites.count > 10)
        fprintf(stderr, "    and %zu more\n", sites.count - 10);
}

struct symbols {
    const struct tick__elf *elf;
    const Elf64_Sym *symbol;
    size_t count;
    unsigned strings;
};

static bool is_cxx(const struct symbols *symbols) {
    for (size_t i = 0; i < symbols->count; i++)
        if (strncmp(tick__elf_string(symbols->elf, symbols->strings, symbols->symbol[i].st_name), "_Z", 2) == 0)
            return true;
    return false;
}

static int check_symbols(const struct tick__deny *deny, const struct symbols *symbols, char relocatable[static 32], bool *built) {
    int count = 0;
    bool cxx = is_cxx(symbols);
    for (size_t i = 0; i < symbols->count; i++) {
        if (symbols->symbol[i].st_shndx != SHN_UNDEF)
            continue;
        const char *symbol = tick__elf_string(symbols->elf, symbols->strings, symbols->symbol[i].st_name), *name = symbol;
        const char *instead = tick__deny_instead(symbol);
        const struct banned_cxx *other = instead ? NULL : banned_of_cxx(symbol);
        if (other) {
            name = other->name;
            instead = other->instead;
        }
        if (!instead || allowed(deny, symbol) || allowed(deny, name) || (cxx && strcmp(symbol, "__cxa_atexit") == 0)) // exit.c has that
            continue;
        tick__complain("%s calls %s, which the simulated world cannot answer; use %s", deny->build ? deny->build->source : deny->object,
            name, instead);
        count++;
        if (deny->build) {
            build_relocatable(deny, relocatable, built);
            print_sites(relocatable, symbol);
        }
    }
    return count;
}

int tick__deny_check(const struct tick__deny *deny) {
    struct tick__elf elf;
    char relocatable[32] = "";
    bool built = false;
    int count = 0, result = tick__elf_open(deny->object, &elf);
    if (result < 0)
        return result;
    for (size_t s = 0; s < elf.count; s++) {
        struct symbols symbols = {.elf = &elf, .strings = elf.sections[s].sh_link};
        if (elf.sections[s].sh_type != SHT_DYNSYM)
            continue;
        symbols.symbol = tick__elf_entries(&elf, &elf.sections[s], sizeof *symbols.symbol, &symbols.count);
        if (symbols.symbol)
            count += check_symbols(deny, &symbols, relocatable, &built);
    }
    if (*relocatable)
        unlink(relocatable);
    tick__elf_close(&elf);
    return count;
}
