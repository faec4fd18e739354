// The end of a Python program. CPython tears itself down before it exits: modules are emptied and everything is collected, which takes five
// times as long as a small run, and nothing of it is the program's. In a guest Py_FinalizeEx does what the program sees of it: it waits for
// threads, calls what atexit has, and flushes what is buffered; then the process exits, with the status that it would have.
//
// Left out with the rest are destructors (__del__, weakref callbacks) of what is still alive at the end: Python does not promise them.
//
// It is a function of the interpreter or of its library, which calls it by its address: so its first bytes become a jump, once, before the
// snapshot. Where there is none of that name, nothing is done. Python is asked by its stable interface, and not by a text for it to run:
// compiling ten lines took a tenth of a small run.
#include "sim/guest/guest_int.h"
#include "sim/guest/snapshot_int.h"
#include "sim/guest/stray_int.h"
#include <string.h>
#include <sys/mman.h>

typedef struct python_object object; // PyObject

// NAME(ARGUMENTS) of Python's; none takes away a reference, and those that return a new one say so.
#define PYTHON(X) \
    X(object *, PySys_GetObject, (const char *name)) \
    X(object *, PyDict_GetItemString, (object * dict, const char *key)) \
    X(object *, PyImport_ImportModule, (const char *name))                                     /* new */ \
    X(object *, PyObject_CallMethod, (object * of, const char *name, const char *format, ...)) /* new */ \
    X(object *, PyObject_GetAttrString, (object * of, const char *name))                       /* new */ \
    X(int, PyObject_IsTrue, (object * of)) \
    X(void, PyErr_WriteUnraisable, (object * where)) \
    X(void, PyErr_Clear, (void)) \
    X(void, Py_DecRef, (object * of))

struct python {
#define MEMBER(result, name, arguments) result(*name) arguments;
    PYTHON(MEMBER)
#undef MEMBER
    object *none; // None
};

static struct python python;

static bool find_python(void) {
    static const struct {
        const char *name;
        size_t offset;
    } names[] = {
#define PLACE(result, name, arguments) {#name, offsetof(struct python, name)},
        PYTHON(PLACE)
#undef PLACE
            {"_Py_NoneStruct", offsetof(struct python, none)}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        void *const found = tick__guest_global(names[i].name);
        if (!found)
            return false;
        memcpy((char *)&python + names[i].offset, &found, sizeof found);
    }
    return true;
}

// Calls the method; what it raises is shown, as Python's own end does.
static bool call(object *of, const char *method) {
    object *const result = python.PyObject_CallMethod(of, method, NULL);
    if (!result) {
        python.PyErr_WriteUnraisable(of);
        return false;
    }
    python.Py_DecRef(result);
    return true;
}

static bool is_closed(object *file) {
    object *const closed = python.PyObject_GetAttrString(file, "closed");
    const int yes = closed ? python.PyObject_IsTrue(closed) : -1;
    if (closed)
        python.Py_DecRef(closed);
    python.PyErr_Clear();
    return yes > 0;
}

static bool flush(const char *name) {
    object *const file = python.PySys_GetObject(name);
    return !file || file == python.none || is_closed(file) || call(file, "flush");
}

// What Python's own does first, in this order.
static int finalize(void) {
    object *const modules = python.PySys_GetObject("modules");
    object *const threading = modules ? python.PyDict_GetItemString(modules, "threading") : NULL;
    if (threading && threading != python.none)
        call(threading, "_shutdown");
    object *const exits = python.PyImport_ImportModule("atexit");
    if (exits) {
        call(exits, "_run_exitfuncs");
        python.Py_DecRef(exits);
    }
    python.PyErr_Clear();
    const bool shown = flush("stdout");
    return flush("stderr") && shown ? 0 : -1;
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
    void *const end = tick__guest_global("Py_FinalizeEx");
    int (*const to)(void) = finalize;
    struct jump jump = {0xb848, 0, 0xe0ff};
    if (!end || !find_python())
        return;
    memcpy(&jump.to, &to, sizeof jump.to);
    (void)write_over(end, &jump);
}
