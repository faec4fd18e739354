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

// Where call sites are printed, and how their lines are looked up.
struct sites {
    const char *object, *name;
    size_t count;
};

static void print_site(void *ctx, const char *function, const char *section, uint64_t offset) {
    struct sites *sites = ctx;
    char place[4096], unused[256];
    tick__place_of(sites->object, section, offset, unused, sizeof unused, place, sizeof place);
    if (sites->count++ < 10)
        tick__complain_more("    in %s%s%s%s", function, place[0] ? " (" : "", place, place[0] ? ")" : "");
}

static bool allowed(const struct tick__deny *deny, const char *name) {
    for (size_t i = 0; i < deny->allow_count; i++)
        if (strcmp(deny->allow[i], name) == 0)
            return true;
    return false;
}

int tick__deny_check(const struct tick__deny *deny) {
    struct tick__elf elf;
    char relocatable[] = "/tmp/retick-sites-XXXXXX";
    bool built = false;
    int count = 0, result = tick__elf_open(deny->object, &elf);
    if (result < 0)
        return result;
    for (size_t s = 0; s < elf.count; s++) {
        if (elf.sections[s].sh_type != SHT_DYNSYM)
            continue;
        size_t symbols;
        const Elf64_Sym *symbol = tick__elf_entries(&elf, &elf.sections[s], sizeof *symbol, &symbols);
        for (size_t i = 0; symbol && i < symbols; i++) {
            if (symbol[i].st_shndx != SHN_UNDEF)
                continue;
            const char *name = tick__elf_string(&elf, elf.sections[s].sh_link, symbol[i].st_name), *instead = tick__deny_instead(name);
            if (!instead || allowed(deny, name))
                continue;
            tick__complain("%s calls %s, which the simulated world cannot answer; use %s", deny->build ? deny->build->source : deny->object,
                name, instead);
            count++;
            if (!deny->build)
                continue;
            if (!built) {
                int fd = mkstemp(relocatable);
                if (fd >= 0) {
                    close(fd);
                    built = true;
                    if (tick__compile_object(deny->build, relocatable) < 0)
                        unlink(relocatable);
                }
            }
            struct sites sites = {relocatable, name, 0};
            if (built)
                (void)tick__callsites(relocatable, name, print_site, &sites);
            if (sites.count > 10)
                tick__complain_more("    and %zu more", sites.count - 10);
        }
    }
    if (built)
        unlink(relocatable);
    tick__elf_close(&elf);
    return count;
}
