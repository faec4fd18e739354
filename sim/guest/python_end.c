// The end of a Python program. CPython tears itself down before it exits: modules are emptied and everything is collected, which takes five
// times as long as a small run, and nothing of it is the program's. In a guest Py_FinalizeEx does what the program sees of it: it waits for
// threads, calls what atexit has, and flushes what is buffered; then the process exits, with the status that it would have.
//
// Left out with the rest are destructors (__del__, weakref callbacks) of what is still alive at the end: Python does not promise them.
//
// It is a function of the interpreter or of its library, which calls it by its address: so its first bytes become a jump, once, before the
// snapshot. Where there is none of that name, nothing is done.
#include "sim/guest/guest_int.h"
#include "sim/guest/snapshot_int.h"
#include "sim/guest/stray_int.h"
#include <string.h>
#include <sys/mman.h>

static int (*run_python)(const char *text, void *flags);

// What Python's own does first, in this order. No name is left in the program's module.
static const char last[] =
    "(lambda sys: ("
    "'threading' in sys.modules and sys.modules['threading']._shutdown(),"
    "__import__('atexit')._run_exitfuncs(),"
    "[each.flush() for each in (sys.stdout, sys.stderr) if each and not each.closed]"
    "))(__import__('sys'))\n";

static int finalize(void) {
    (void)run_python(last, NULL);
    return 0;
}

struct __attribute__((packed)) jump {
    uint16_t load; // movabs $to, %rax
    uint64_t to;
    uint16_t go; // jmp *%rax
};

static bool write_over(void *function, const struct jump *jump) {
    const uintptr_t page = (uintptr_t)function & ~(uintptr_t)4095;
    const size_t size = (((uintptr_t)function + sizeof *jump + 4095) & ~(uintptr_t)4095) - page;
    if (tick__raw(SYS_mprotect, page, size, PROT_READ | PROT_WRITE | PROT_EXEC) < 0)
        return false;
    memcpy(function, jump, sizeof *jump);
    return tick__raw(SYS_mprotect, page, size, PROT_READ | PROT_EXEC) == 0;
}

void tick__guest_python_end(void) {
    void *const end = tick__guest_global("Py_FinalizeEx"), *const run = tick__guest_global("PyRun_SimpleStringFlags");
    int (*const to)(void) = finalize;
    struct jump jump = {0xb848, 0, 0xe0ff};
    if (!end || !run)
        return;
    memcpy(&run_python, &run, sizeof run_python);
    memcpy(&jump.to, &to, sizeof jump.to);
    (void)write_over(end, &jump);
}
