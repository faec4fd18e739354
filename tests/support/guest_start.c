#include "tests/support/guest_start.h"
#include "sim/choice/choosers.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int fd_of(const struct tick_guest_control *control) {
    return (int)control->settings.fd_limit; // borrowed while no guest runs
}

struct tick_guest_control *guest_control_new(void) {
    const int fd = memfd_create("retick guest", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, sizeof(struct tick_guest_control)) < 0)
        return NULL;
    struct tick_guest_control *control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (control == MAP_FAILED)
        return NULL;
    control->magic = TICK_GUEST_MAGIC;
    control->version = TICK_GUEST_VERSION;
    control->size = sizeof *control;
    control->settings.fd_limit = (uint32_t)fd;
    control->request = (struct tick_guest_request){.digest = true, .keeps_output = true};
    return control;
}

void guest_control_free(struct tick_guest_control *control) {
    const int fd = fd_of(control);
    munmap(control, sizeof *control);
    close(fd);
}

void guest_ask_seed(struct tick_guest_control *control, uint64_t seed) {
    struct tick_rates rates;
    tick_rates_default(&rates);
    control->request.chooser = TICK_GUEST_RANDOM;
    control->request.seed = seed;
    memcpy(control->request.rates, rates.of, sizeof rates.of);
}

// The library of this build: beside the folder of the test's program.
static void library(char *path, size_t size) {
    char self[3000];
    const char *given = getenv("RETICK_GUEST_LIBRARY");
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length < 0 ? 0 : length] = 0;
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(self, '/');
        if (slash)
            *slash = 0;
    }
    if (given)
        snprintf(path, size, "%s", given);
    else
        snprintf(path, size, "%s/libretick_guest.so", self);
}

static _Noreturn void become(int fd, char *const argv[]) {
    char path[4096];
    library(path, sizeof path);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    personality(ADDR_NO_RANDOMIZE);
    setenv("LD_PRELOAD", path, 1);
    setenv(TICK_GUEST_VARIABLE, "1", 1);
    setenv("PYTHONHASHSEED", "0", 0);
    const int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    close(null);
    dup2(fd, TICK_GUEST_FD);
    close_range(3, TICK_GUEST_FD - 1, 0); // whatever the test was started with
    close_range(TICK_GUEST_FD + 1, ~0u, 0);
    execvp(argv[0], argv);
    fprintf(stderr, "cannot start it: %s\n", strerror(errno));
    _exit(127);
}

static int64_t host_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int guest_start(struct tick_guest_control *control, char *const argv[], unsigned seconds) {
    const int fd = fd_of(control);
    control->state = TICK_GUEST_STARTING;
    control->tenant = control->root = 0;
    control->run = 0;
    control->backstop = 0;
    control->outcome = (struct tick_guest_outcome){0};
    control->deviation_count = control->deviations_lost = control->output_used = control->output_lost = 0;
    control->settings.fd_limit = 0;
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0)
        become(fd, argv);
    int status = -1;
    pid_t ended = -1;
    for (const int64_t began = host_ms(); child > 0 && (ended = waitpid(child, &status, WNOHANG)) == 0;) {
        if (host_ms() < began + (int64_t)seconds * 1000) {
            nanosleep(&(struct timespec){0, 1000000}, NULL);
            continue;
        }
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        break;
    }
    if (child > 0)
        kill(-child, SIGKILL); // and what it has left behind
    control->settings.fd_limit = (uint32_t)fd;
    return ended == child && child > 0 ? status : -1;
}

const struct tick_guest_line *guest_line(const struct tick_guest_control *control, uint32_t *at) {
    if (*at >= control->output_used)
        return NULL;
    const struct tick_guest_line *line = (const struct tick_guest_line *)(const void *)(control->output + *at);
    *at += (uint32_t)(sizeof *line + line->size + 7) & ~7u;
    return line;
}

void guest_output_text(const struct tick_guest_control *control, int fd, char *text, size_t size) {
    size_t used = 0;
    uint32_t at = 0;
    for (const struct tick_guest_line *line; (line = guest_line(control, &at)) != NULL;) {
        if (line->fd != fd || used + line->size + 2 > size)
            continue;
        memcpy(text + used, line->text, line->size);
        used += line->size;
        if (line->ended)
            text[used++] = '\n';
    }
    text[used] = 0;
}
