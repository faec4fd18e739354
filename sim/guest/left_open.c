// What a program leaves open when it exits, and what had come for it by then that it has not read: on demand (settings.leaks, unread). Each
// is a line of outcome.waits; where it was opened is noted as it is, by the call's place, and in a run that is read (request.stands) by the
// Python line, too.
//
// fds 0 to 2 are everybody's. All others are the program's, whoever of its libraries has them.
#include "sim/guest/inside_int.h"
#include "sim/guest/tell_int.h"
#include "src/base/line.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/un.h>

#define FIRST 3
#define PYTHON 600u // bytes of what Python says of a place

struct opened {
    const void *caller;
    char python[PYTHON]; // "  File "x.py", line 12 in worker", and the lines that called it
};

bool tick__guest_leaks_wanted;
static struct opened *opened; // by fd

void tick__guest_leaks_begin(void) {
    const struct tick_guest_settings *settings = &tick__guest_control->settings;
    tick__guest_leaks_wanted = settings->leaks || settings->unread;
    if (!tick__guest_leaks_wanted || opened)
        return;
    const long at =
        tick__raw(SYS_mmap, 0, TICK_GUEST_FDS * sizeof *opened, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    opened = at < 0 && at > -4096 ? NULL : (struct opened *)at;
}

// --- as it is opened ---

static void note(long fd) {
    if (fd < FIRST || fd >= (long)TICK_GUEST_FDS)
        return;
    struct opened *it = &opened[fd];
    it->caller = tick__guest_caller;
    it->python[0] = 0;
    if (tick__guest_control->request.stands)
        tick__guest_python_here(it->python, sizeof it->python);
}

void tick__guest_leaks_look(long nr, const long *args, long result) {
    if (!opened || result < 0)
        return;
    switch (nr) {
    case SYS_fcntl:
        if (args[1] != F_DUPFD && args[1] != F_DUPFD_CLOEXEC)
            return;
        break;
    case SYS_pipe:
    case SYS_pipe2:
        note(((const int *)args[0])[0]);
        note(((const int *)args[0])[1]);
        return;
    case SYS_socketpair:
        note(((const int *)args[3])[0]);
        note(((const int *)args[3])[1]);
        return;
    case SYS_open:
    case SYS_openat:
    case SYS_creat:
    case SYS_socket:
    case SYS_accept:
    case SYS_accept4:
    case SYS_epoll_create:
    case SYS_epoll_create1:
    case SYS_eventfd:
    case SYS_eventfd2:
    case SYS_timerfd_create:
    case SYS_signalfd:
    case SYS_signalfd4:
    case SYS_memfd_create:
    case SYS_dup:
    case SYS_dup2:
    case SYS_dup3:
        break;
    default:
        return;
    }
    note(result);
}

// --- in words ---

// ":7000", "10.0.0.2:7000", "[fd00::a00:2]:7000", a unix socket's path; "": it has none.
static void put_address(struct tick__line *line, const struct sockaddr_storage *address, socklen_t size) {
    const struct sockaddr_in *in = (const void *)address;
    const struct sockaddr_in6 *in6 = (const void *)address;
    const struct sockaddr_un *un = (const void *)address;
    char text[INET6_ADDRSTRLEN];
    if (address->ss_family == AF_UNIX) {
        if (size > offsetof(struct sockaddr_un, sun_path) && un->sun_path[0])
            tick__line_put(line, un->sun_path);
        return;
    }
    const bool six = address->ss_family == AF_INET6;
    const bool near = six ? IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr) || IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr)
                          : in->sin_addr.s_addr == htonl(INADDR_LOOPBACK) || !in->sin_addr.s_addr;
    if (!near && inet_ntop(six ? AF_INET6 : AF_INET, six ? (const void *)&in6->sin6_addr : &in->sin_addr, text, sizeof text)) {
        tick__line_put(line, six ? "[" : "");
        tick__line_put(line, text);
        tick__line_put(line, six ? "]" : "");
    }
    tick__line_put(line, ":");
    tick__line_number(line, ntohs(six ? in6->sin6_port : in->sin_port));
}

static void put_socket(struct tick__line *line, int fd) {
    struct sockaddr_storage own = {0}, peer = {0};
    socklen_t own_size = sizeof own - 1, peer_size = sizeof peer - 1, size = sizeof(int);
    int listens = 0;
    (void)tick_k_getsockopt(TICK__K, fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size);
    const bool named = tick_k_getsockname(TICK__K, fd, (struct sockaddr *)&own, &own_size) == 0;
    const bool connected = tick_k_getpeername(TICK__K, fd, (struct sockaddr *)&peer, &peer_size) == 0;
    const size_t before = line->length;
    if (named && (listens || connected)) {
        tick__line_put(line, listens ? " that listens on " : " on ");
        const size_t lead = line->length;
        put_address(line, &own, own_size);
        if (line->length == lead)
            tick__line_back(line, before);
    }
    const size_t behind = line->length;
    if (connected) {
        tick__line_put(line, ", connected with ");
        const size_t lead = line->length;
        put_address(line, &peer, peer_size);
        if (line->length == lead)
            tick__line_back(line, behind);
    }
}

static void put_fd(struct tick__line *line, int fd) {
    char path[512] = "", link[40];
    tick__line_put(line, "fd ");
    tick__line_number(line, (uint64_t)fd);
    tick__line_put(line, ", ");
    if (tick__guest_fd_is(fd)) {
        const struct tick__file *file = tick__file(TICK__K, fd);
        tick__line_put(line, tick__guest_fd_words(fd));
        if (file && (file->type == TICK__SOCK || file->type == TICK__UNIX || file->type == TICK__UDP))
            put_socket(line, fd);
        return;
    }
    struct tick__line at = {link, sizeof link, 0};
    tick__line_put(&at, "/proc/self/fd/");
    tick__line_number(&at, (uint64_t)fd);
    const long length = tick__raw(SYS_readlink, link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = 0;
    tick__line_put(line, length > 0 ? path : "a file");
}

// --- at the exit ---

struct found {
    struct tick__line line;
    int fds[TICK_GUEST_STANDING];       // of which lines are told
    size_t places[TICK_GUEST_STANDING]; // in these, where they end but for the place
    uint32_t told;
};

static void tell(struct found *found, int fd, const char *lead, uint64_t bytes, const char *tail) {
    tick__line_put(&found->line, lead);
    if (bytes) {
        tick__line_number(&found->line, bytes);
        tick__line_put(&found->line, bytes == 1 ? " byte that nobody has read in " : " bytes that nobody has read in ");
    }
    put_fd(&found->line, fd);
    tick__line_put(&found->line, tail);
    const size_t place = found->line.length;
    if (opened && opened[fd].caller)
        tick__guest_put_place(&found->line, opened[fd].caller);
    tick__line_put(&found->line, "\n");
    if (found->told < TICK_GUEST_STANDING) {
        found->places[found->told] = place;
        found->fds[found->told++] = fd;
    }
}

static void look_at(struct found *found, int fd) {
    struct tick_guest_control *control = tick__guest_control;
    const bool simulated = tick__guest_fd_is(fd);
    int bytes = 0;
    if (control->settings.unread && simulated && tick_k_ioctl(TICK__K, fd, FIONREAD, &bytes) == 0 && bytes > 0) {
        const struct tick__file *file = tick__file(TICK__K, fd);
        if (file && file->type != TICK__DISK) {
            control->outcome.unread++;
            tell(found, fd, "", (uint64_t)bytes, "");
        }
    }
    if (control->settings.leaks) {
        control->outcome.leaks++;
        tell(found, fd, "", 0, " was left open");
    }
}

struct linux_dirent64 { // as the kernel writes it
    uint64_t number;
    int64_t offset;
    uint16_t size;
    uint8_t type;
    char name[];
};

static int number_of(const char *name) {
    int fd = 0;
    for (; *name >= '0' && *name <= '9' && fd < (int)TICK_GUEST_FDS; name++)
        fd = 10 * fd + (*name - '0');
    return *name ? -1 : fd;
}

// In order: the kernel lists them so.
static void each(struct found *found) {
    _Alignas(8) char bytes[2048];
    const long folder = tick__raw(SYS_openat, AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    for (long got; folder >= 0 && (got = tick__raw(SYS_getdents64, folder, bytes, sizeof bytes)) > 0;)
        for (long at = 0; at < got;) {
            const struct linux_dirent64 *entry = (const void *)(bytes + at);
            const int fd = entry->name[0] == '.' ? -1 : number_of(entry->name);
            if (fd >= FIRST && fd != folder && fd < (int)TICK_GUEST_FDS && !tick__guest_ours(fd))
                look_at(found, fd);
            at += entry->size;
        }
    if (folder >= 0)
        tick__raw(SYS_close, folder);
}

// Each as a thread that stands where it was opened, so that the keeper finds that place as it finds others.
static void stand(const struct found *found) {
    struct tick_guest_control *control = tick__guest_control;
    struct tick__line python = {control->python, sizeof control->python, 0};
    const char *line = control->outcome.waits;
    control->standing_count = control->standing_lost = 0;
    control->python[0] = 0;
    for (uint32_t i = 0; i < found->told && *line; i++) {
        const int fd = found->fds[i];
        struct tick_guest_standing *standing = &control->standing[control->standing_count++];
        const char *end = control->outcome.waits + found->places[i], *next = strchr(line, '\n');
        memset(standing, 0, sizeof *standing);
        standing->pthread = i + 1;
        standing->registers[TICK_GUEST_REGISTERS - 1] = (uintptr_t)(opened ? opened[fd].caller : NULL);
        struct tick__line text = {standing->waits, sizeof standing->waits, 0};
        for (char piece[2] = ""; *line && line < end; line++) {
            piece[0] = *line;
            tick__line_put(&text, piece);
        }
        line = next ? next + 1 : line + strlen(line);
        if (!opened || !opened[fd].python[0])
            continue;
        tick__line_put(&python, "Thread ");
        tick__line_hex(&python, i + 1);
        tick__line_put(&python, "\n");
        const char *lines = strstr(opened[fd].python, "  File "); // behind a head
        tick__line_put(&python, lines ? lines : "");
    }
    control->python_used = (uint32_t)(python.length < sizeof control->python ? python.length : sizeof control->python - 1);
    tick__guest_stands();
}

void tick__guest_leaks_tell(void) {
    struct tick_guest_outcome *outcome = &tick__guest_control->outcome;
    static struct found found; // too large for a thread's stack
    found = (struct found){.line = {outcome->waits, sizeof outcome->waits, 0}};
    each(&found);
    if (found.told && tick__guest_control->request.stands)
        stand(&found);
}
