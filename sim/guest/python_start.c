// The start of a Python program looks at clocks: the interpreter tries whether it can, and the module logging remembers when it was
// imported. Neither is the program's doing. A process that is held (hold.c) does this before its time has come: so what is remembered is
// put right then.
#include "sim/guest/guest_int.h"
#include "sim/guest/snapshot_int.h"
#include "sim/guest/stray_int.h"
#include <string.h>

typedef struct python_object object; // PyObject

// As in python_end.c.
#define PYTHON(X) \
    X(int, Py_IsInitialized, (void)) \
    X(int, PyGILState_Check, (void)) \
    X(int, PyGILState_Ensure, (void)) \
    X(void, PyGILState_Release, (int state)) \
    X(object *, PyEval_GetGlobals, (void)) \
    X(object *, PySys_GetObject, (const char *name)) \
    X(object *, PyDict_GetItemString, (object * dict, const char *key)) \
    X(const char *, PyUnicode_AsUTF8, (object * text)) \
    X(object *, PyObject_GetAttrString, (object * of, const char *name))                       /* new */ \
    X(object *, PyObject_CallMethod, (object * of, const char *name, const char *format, ...)) /* new */ \
    X(int, PyObject_SetAttrString, (object * of, const char *name, object *value)) \
    X(int, PyObject_IsInstance, (object * of, object * type)) \
    X(void, PyErr_Clear, (void)) \
    X(void, Py_DecRef, (object * of))

struct looked_up {
#define MEMBER(result, name, arguments) result(*name) arguments;
    PYTHON(MEMBER)
#undef MEMBER
    object *real; // float
};

static struct looked_up python;
static bool logging_looked;

static bool find_python(void) {
    static const struct {
        const char *name;
        size_t offset;
    } names[] = {
#define PLACE(result, name, arguments) {#name, offsetof(struct looked_up, name)},
        PYTHON(PLACE)
#undef PLACE
            {"PyFloat_Type", offsetof(struct looked_up, real)}};
    if (python.real)
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        void *const found = tick__guest_global(names[i].name);
        if (!found)
            return false;
        memcpy((char *)&python + names[i].offset, &found, sizeof found);
    }
    return true;
}

// As its first statements run: later ones have made LogRecord.
static bool imports_logging(void) {
    object *const globals = python.PyEval_GetGlobals(), *const name = globals ? python.PyDict_GetItemString(globals, "__name__") : NULL;
    const char *const text = name ? python.PyUnicode_AsUTF8(name) : NULL;
    const bool yes = text && strcmp(text, "logging") == 0 && !python.PyDict_GetItemString(globals, "LogRecord");
    if (name && !text)
        python.PyErr_Clear();
    return yes;
}

bool tick__guest_python_looks(void) {
    if (!find_python())
        return false;
    if (!python.Py_IsInitialized())
        return true;
    if (!python.PyGILState_Check() || !imports_logging())
        return false;
    logging_looked = true;
    return true;
}

// logging._startTime = time.time(), or time_ns() where it was that.
static void renew(object *logging) {
    object *const was = python.PyObject_GetAttrString(logging, "_startTime"), *const time = python.PyObject_GetAttrString(logging, "time");
    const bool real = was && python.PyObject_IsInstance(was, python.real) > 0;
    object *const now = was && time ? python.PyObject_CallMethod(time, real ? "time" : "time_ns", NULL) : NULL;
    if (now)
        (void)python.PyObject_SetAttrString(logging, "_startTime", now);
    python.PyErr_Clear();
    object *const all[] = {was, time, now};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i])
            python.Py_DecRef(all[i]);
}

void tick__guest_python_starts(void) {
    if (!logging_looked)
        return;
    const int state = python.PyGILState_Ensure();
    object *const modules = python.PySys_GetObject("modules");
    object *const logging = modules ? python.PyDict_GetItemString(modules, "logging") : NULL;
    if (logging)
        renew(logging);
    python.PyGILState_Release(state);
}
