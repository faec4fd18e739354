// Who is who: the library's constructor, the control block, and whose the world is.
//
// A tree of processes inherits the block (`npm test` starts node). Each is a candidate until one begins the world, by the first call that
// only the world can answer: that one is the tenant, and from then on the others are outside, where all calls are real. A candidate's
// clocks stand still and its random bytes are the world's, so that a program starts alike each time; all else of it is real.
#include "sim/guest/files_int.h"
#include "sim/guest/guest_int.h"
#include "sim/guest/inside_int.h"
#include "sim/guest/snapshot_int.h"
#include "sim/guest/tell_int.h"
#include "sim/guest/trap_int.h"
#include "src/base/line.h"
#include <link.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

_Thread_local bool tick__guest_on __attribute__((tls_model("initial-exec")));
bool tick__guest_begun;
struct tick_guest_control *tick__guest_control;
bool tick__guest_passes_on;

static const char *variable(char **env, const char *name) {
    const size_t length = strlen(name);
    for (; env && *env; env++)
        if (!strncmp(*env, name, length) && (*env)[length] == '=')
            return *env + length + 1;
    return NULL;
}

static struct tick_guest_control *attach(void) {
    struct stat s;
    if (tick__raw(SYS_fstat, TICK_GUEST_FD, &s) < 0 || (size_t)s.st_size != sizeof(struct tick_guest_control))
        return NULL;
    const long at = tick__raw(SYS_mmap, 0, sizeof(struct tick_guest_control), PROT_READ | PROT_WRITE, MAP_SHARED, TICK_GUEST_FD, 0);
    if (at < 0 && at > -4096)
        return NULL;
    struct tick_guest_control *control = (struct tick_guest_control *)at;
    if (control->magic == TICK_GUEST_MAGIC && control->version == TICK_GUEST_VERSION && control->size == sizeof *control)
        return control;
    tick__raw(SYS_munmap, at, sizeof *control);
    return NULL;
}

// The world is another's: from here on this process is as if it had never been asked.
static void leave(void) {
    tick__guest_on = false;
}

bool tick__guest_outside(void) {
    if (tick__guest_begun || tick__guest_held() || !tick__guest_control->tenant)
        return false;
    leave();
    return true;
}

static bool sleeps;                                                 // it is sleep(1)
static char called[sizeof((struct tick_guest_control *)0)->called]; // its command line, cut

static void remember_words(int argc, char **argv) {
    struct tick__line line = {called, sizeof called, 0};
    for (int i = 0; i < argc; i++) {
        tick__line_put(&line, i ? " " : "");
        tick__line_put(&line, argv[i]);
    }
}

bool tick__guest_is_first(void) {
    return tick__guest_held() || tick__guest_control->root == tick__raw(SYS_getpid);
}

// Timers are no sign of a program that is to be run where it has children: timeout(1) sets one over its child. Nor are shells' sleeps,
// which are programs of their own.
bool tick__guest_inside_alone(void) {
    if (!tick__guest_on || tick__guest_begun)
        return tick__guest_on;
    const bool childless = tick__raw(SYS_waitid, P_ALL, 0, NULL, WEXITED | WNOHANG | WNOWAIT | __WALL, NULL) == -ECHILD;
    return childless && !tick__guest_only_sleeps() && tick__guest_begin();
}

bool tick__guest_only_sleeps(void) {
    const struct tick_guest_control *control = tick__guest_control;
    return sleeps && !tick__guest_begun && !control->tenant && !control->settings.tenant[0] && !tick__guest_is_first();
}

bool tick__guest_begin(void) {
    if (tick__guest_begun)
        return true;
    if (!tick__guest_on)
        return false;
    int32_t nobody = 0;
    const int32_t self = (int32_t)tick__raw(SYS_getpid);
    if (!tick__guest_held() && !atomic_compare_exchange_strong(&tick__guest_control->tenant, &nobody, self) && nobody != self) {
        leave();
        return false;
    }
    tick__guest_hold(true);
    if (self != tick__guest_control->root)
        memcpy(tick__guest_control->called, called, sizeof called);
    tick__guest_begun = true;
    tick__guest_crashes_begin();
    tick__guest_tell_world();
    if (!tick__files_early)
        tick__files_begin();
    tick__guest_pipes_enter();
    tick__guest_epolls_enter();
    tick__files_adopt_writers();
    if (!tick__guest_control->settings.no_backstop && !tick__guest_held())
        tick__guest_control->backstop = tick__trap_begin();
    return true;
}

#define WORDS_MOST 16 // of a command line, that are looked at

// "server.js" of node /srv/server.js: what it runs, whatever runs it.
static bool is_called(int argc, char **argv, const char *name) {
    for (int i = 0; i < argc && i < WORDS_MOST; i++) {
        const char *slash = strrchr(argv[i], '/');
        if (!strcmp(slash ? slash + 1 : argv[i], name))
            return true;
    }
    return false;
}

// Where the kernel's own clock code lies (vDSO), which makes no system call. libc knows it already, and its names are ours; who looks for
// it by himself finds none, and makes system calls.
static void hide_clocks(char **env) {
    while (*env)
        env++;
    for (ElfW(auxv_t) *entry = (void *)(env + 1); entry->a_type != AT_NULL; entry++)
        if (entry->a_type == AT_SYSINFO_EHDR)
            entry->a_type = AT_IGNORE;
}

__attribute__((constructor)) static void enter(int argc, char **argv, char **env) {
    const char *wanted = variable(env, TICK_GUEST_VARIABLE);
    if (!wanted || strcmp(wanted, "1") != 0)
        return;
    struct tick_guest_control *control = attach();
    const int32_t self = (int32_t)tick__raw(SYS_getpid);
    if (!control || (control->tenant && control->tenant != self))
        return;
    int32_t nobody = 0;
    (void)atomic_compare_exchange_strong(&control->root, &nobody, self);
    if (control->settings.tenant[0] && !is_called(argc, argv, control->settings.tenant)) {
        tick__guest_passes_on = true;
        return; // it stays outside
    }
    tick__guest_control = control;
    remember_words(argc, argv);
    sleeps = argc > 0 && is_called(1, argv, "sleep");
    tick__guest_numbers_begin();
    tick__guest_world_new();
    tick__guest_output_begin();
    tick__guest_ends_watch();
    tick__guest_leaks_begin();
    tick__guest_on = true;
    hide_clocks(env);
    tick__files_early = control->settings.tenant[0] || control->settings.files_early;
    if (tick__files_early)
        tick__files_begin();
}
