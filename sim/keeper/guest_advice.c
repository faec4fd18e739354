// What the author of a program can do about a call that is not simulated, by the reason that is given (tick__guest_unsupported).
#include "sim/keeper/keeper_int.h"
#include <string.h>

static const struct {
    const char *why, *advice;
} advices[] = {
    {"started a child process",
        "start it before the program's first wait (--snapshot says where that is), as start-up is real; or give it a host of its own in a "
        "world's file"},
    {"no name server is asked", "have names looked up by getaddrinfo, which the simulated machine answers"},
    {"files are not read in the background", "read and write the file as others do: it never waits here"},
    {"messages between processes", "between threads, use a pipe or a socket; other processes are hosts of a world's file"},
    {"files that were written", "list the folder by opendir or glob; or let it be the machine's own: --pass PATH"},
    {"libc itself looks for files", "list the folder by opendir or glob"},
    {"records of logins", "leave it out: the simulated machine has no users that log in"},
    {"O_ASYNC", "wait for the fds by poll or epoll"},
    {"pipes with names", "use a pipe or a unix socket; or let it be the machine's own: --pass PATH"},
    {"has more than 256 MiB", "let the file be written where it is: --pass PATH"},
    {"mapped twice", "map that part once; or let the file be the machine's own: --pass PATH"},
    {"a shared mapping of a file", "map it anew in place of mremap; or let the file be the machine's own: --pass PATH"},
    {"priority inheritance", "use a mutex without PTHREAD_PRIO_INHERIT: one thread runs at a time, and no priority decides"},
    {"stops itself", "end it by another signal than SIGSTOP or SIGTSTP"},
    {"in a destructor of a thread", "return from the destructor"},
    {"look-ups in the background", "call getaddrinfo in a thread"},
};

const char *tick__guest_advice(const char *text) {
    for (size_t i = 0; i < sizeof advices / sizeof *advices; i++)
        if (strstr(text, advices[i].why))
            return advices[i].advice;
    return "leave the call out if the program can do without it; docs/GUESTS.md says what is simulated, and what may pass";
}
