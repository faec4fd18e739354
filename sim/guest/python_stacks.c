// A Python program's stacks in its own lines, which is what its author reads: by the function of CPython that faulthandler calls when the
// process is about to die. It reads what stands in memory, asks for no lock and allocates nothing, so that it may be called from a handler,
// or where all threads wait. It is no part of Python's interface: where the interpreter does not export it (from 3.13 on), its table of
// symbols is asked, which what distributions strip does not have.
#include "sim/guest/inside_int.h"
#include "sim/guest/stray_int.h"
#include "sim/guest/symbols_int.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

typedef const char *dump_fn(int fd, void *interpreter, void *current); // NULL, NULL: this one's

static dump_fn *find_dump(void) {
    static const char name[] = "_Py_DumpTracebackThreads";
    void *found = tick__guest_global(name), *python = tick__guest_global("Py_FinalizeEx");
    Dl_info info;
    dump_fn *dump;
    if (!python)
        return NULL;
    if (!found && dladdr(python, &info) && info.dli_fname)
        found = tick__symbol_named(&info, name);
    if (!found)
        return NULL;
    tick__guest_control->python_code = (uintptr_t)found;
    memcpy(&dump, &found, sizeof dump);
    return dump;
}

// What it writes to a file of ours, as a text.
static size_t take(long fd, char *to, size_t size) {
    const long got = tick__raw(SYS_pread64, fd, to, size, 0);
    tick__raw(SYS_close, fd);
    return got > 0 ? (size_t)got : 0;
}

void tick__guest_python_stacks(void) {
    struct tick_guest_control *control = tick__guest_control;
    control->python_code = 0;
    dump_fn *const dump = find_dump();
    const long fd = dump ? tick__raw(SYS_memfd_create, "", MFD_CLOEXEC) : -1;
    if (fd < 0)
        return;
    (void)dump((int)fd, NULL, NULL);
    control->python_used = (uint32_t)take(fd, control->python, sizeof control->python);
}

typedef void dump_one_fn(int fd, void *thread);
typedef void *thread_fn(void);

void tick__guest_python_here(char *text, size_t size) {
    static const char name[] = "_Py_DumpTraceback";
    void *found = tick__guest_global(name), *of = tick__guest_global("PyGILState_GetThisThreadState");
    Dl_info info;
    dump_one_fn *dump;
    thread_fn *thread;
    text[0] = 0;
    if (!of)
        return;
    if (!found && dladdr(of, &info) && info.dli_fname)
        found = tick__symbol_named(&info, name);
    if (!found)
        return;
    memcpy(&dump, &found, sizeof dump);
    memcpy(&thread, &of, sizeof thread);
    void *const self = thread();
    const long fd = self ? tick__raw(SYS_memfd_create, "", MFD_CLOEXEC) : -1;
    if (fd < 0)
        return;
    dump((int)fd, self);
    size_t length = take(fd, text, size - 1);
    if (length == size - 1) // cut: up to the last whole line
        while (length > 0 && text[length - 1] != '\n')
            length--;
    text[length] = 0;
}
