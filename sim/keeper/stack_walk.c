// Walking a stack in another process's memory, by the call frame information of its files, and naming what stands there by their symbols
// and lines: elfutils' libdw does both. It is loaded when there is something to walk, as a retick that never meets a guest's crash should
// not pay for five libraries, and says so where it is not installed.
//
// Nobody else is asked: files of debug information are looked for on this machine alone, by their build id (/usr/lib/debug/.build-id).
#include "sim/keeper/stacks_int.h"
#include "src/base/keep.h"
#include "src/base/outside.h"
#include <dlfcn.h>
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define LIBRARY "libdw.so.1"
#define THREAD 1 // there is one at a time, whatever the kernel calls it

#define LIBDW(X) \
    X(dwfl_begin) \
    X(dwfl_end) \
    X(dwfl_linux_proc_report) X(dwfl_report_end) X(dwfl_linux_proc_find_elf) X(dwfl_build_id_find_debuginfo) X(dwfl_attach_state) \
        X(dwfl_getthread_frames) X(dwfl_thread_state_registers) X(dwfl_frame_pc) X(dwfl_addrmodule) X(dwfl_module_info) \
            X(dwfl_module_addrinfo) X(dwfl_module_getsrc) X(dwfl_lineinfo) X(dwfl_module_addrdie) X(dwarf_getscopes) \
                X(dwarf_getscopes_die) X(dwarf_tag) X(dwarf_diename) X(dwarf_attr) X(dwarf_formudata) X(dwarf_getsrcfiles) \
                    X(dwarf_filesrc)

struct libdw {
    void *library;
#define MEMBER(name) __typeof__(&name) name;
    LIBDW(MEMBER)
#undef MEMBER
};

TICK_KEEP static struct libdw dw;

struct tick__walk {
    Dwfl *dwfl;
    Dwfl_Callbacks callbacks;
    pid_t pid;
    Dwfl_Module *python;
    const struct tick_guest_standing *from; // who is walked now
    bool (*fn)(void *ctx, const struct tick__frame *frame);
    void *ctx;
    bool first;
};

static bool load(void) {
    static const struct {
        const char *name;
        size_t offset;
    } names[] = {
#define PLACE(name) {#name, offsetof(struct libdw, name)},
        LIBDW(PLACE)
#undef PLACE
    };
    if (dw.library)
        return true;
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; library && i < sizeof names / sizeof *names; i++) {
        void *found = dlsym(library, names[i].name);
        if (!found)
            return false;
        memcpy((char *)&dw + names[i].offset, &found, sizeof found);
    }
    dw.library = library;
    return library != NULL;
}

// --- what libdw asks ---

static pid_t next_thread(Dwfl *dwfl, void *walk, void **thread) {
    (void)dwfl;
    if (*thread)
        return 0;
    *thread = walk;
    return THREAD;
}

static bool get_thread(Dwfl *dwfl, pid_t tid, void *walk, void **thread) {
    (void)dwfl;
    *thread = walk;
    return tid == THREAD;
}

static bool read_memory(Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *word, void *of) {
    const struct tick__walk *walk = of;
    const struct iovec here = {word, sizeof *word}, there = {(void *)(uintptr_t)address, sizeof *word}; // NOLINT: an address of the guest's
    (void)dwfl;
    return process_vm_readv(walk->pid, &here, 1, &there, 1, 0) == (ssize_t)sizeof *word;
}

static bool set_registers(Dwfl_Thread *thread, void *of) {
    const struct tick__walk *walk = of;
    Dwarf_Word registers[TICK_GUEST_REGISTERS];
    for (unsigned i = 0; i < TICK_GUEST_REGISTERS; i++)
        registers[i] = walk->from->registers[i];
    return dw.dwfl_thread_state_registers(thread, 0, TICK_GUEST_REGISTERS, registers);
}

static const Dwfl_Thread_Callbacks threads = {
    .next_thread = next_thread, .get_thread = get_thread, .memory_read = read_memory, .set_initial_registers = set_registers};

// --- frames ---

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void name_it(const struct tick__walk *walk, Dwarf_Addr at, struct tick__frame *frame) {
    Dwfl_Module *module = dw.dwfl_addrmodule(walk->dwfl, at);
    GElf_Sym symbol;
    GElf_Off offset = 0;
    Dwarf_Addr start = 0;
    if (!module)
        return;
    const char *path = dw.dwfl_module_info(module, NULL, &start, NULL, NULL, NULL, NULL, NULL);
    const char *name = dw.dwfl_module_addrinfo(module, at, &offset, &symbol, NULL, NULL, NULL);
    frame->python = walk->python && module == walk->python;
    snprintf(frame->module, sizeof frame->module, "%s", path ? base_name(path) : "");
    frame->offset = at - start;
    // Of a file without its own table the nearest name that it exports is somebody else's: that one's size says so.
    if (name && (offset < symbol.st_size || symbol.st_size == 0)) {
        snprintf(frame->function, sizeof frame->function, "%s", name);
        frame->offset = offset;
    }
    Dwfl_Line *line = dw.dwfl_module_getsrc(module, at);
    const char *file = line ? dw.dwfl_lineinfo(line, NULL, &frame->line, NULL, NULL, NULL) : NULL;
    if (file && frame->line > 0)
        snprintf(frame->file, sizeof frame->file, "%s", file);
}

static Dwarf_Word number_of(Dwarf_Die *die, unsigned name) {
    Dwarf_Attribute attribute;
    Dwarf_Word number = 0;
    return dw.dwarf_attr(die, name, &attribute) && dw.dwarf_formudata(&attribute, &number) == 0 ? number : 0;
}

// A function that the compiler has put into another one: the frame becomes that one's, at the place of the call.
static bool leave_inlined(Dwarf_Die *unit, Dwarf_Die *inlined, struct tick__frame *frame) {
    Dwarf_Files *files;
    size_t count;
    const Dwarf_Word number = number_of(inlined, DW_AT_call_file);
    if (dw.dwarf_getsrcfiles(unit, &files, &count) != 0 || number >= count)
        return false;
    const char *file = dw.dwarf_filesrc(files, number, NULL, NULL);
    snprintf(frame->file, sizeof frame->file, "%s", file ? file : "");
    frame->line = (int)number_of(inlined, DW_AT_call_line);
    return file != NULL;
}

// The functions that stand at one address, innermost first: false: fn wants no more.
static bool take_inlined(struct tick__walk *walk, Dwarf_Addr at, struct tick__frame *frame) {
    Dwarf_Addr bias;
    Dwarf_Die *at_address = NULL, *scopes = NULL;
    Dwfl_Module *module = dw.dwfl_addrmodule(walk->dwfl, at);
    Dwarf_Die *unit = module && frame->file[0] ? dw.dwfl_module_addrdie(module, at, &bias) : NULL;
    char function[sizeof frame->function];
    bool more = true;
    memcpy(function, frame->function, sizeof function);
    const int count = unit && dw.dwarf_getscopes(unit, at - bias, &at_address) > 0 ? dw.dwarf_getscopes_die(&at_address[0], &scopes) : 0;
    for (int i = 0; i < count && more; i++) {
        if (dw.dwarf_tag(&scopes[i]) != DW_TAG_inlined_subroutine)
            continue;
        const char *name = dw.dwarf_diename(&scopes[i]);
        snprintf(frame->function, sizeof frame->function, "%s", name ? name : "?");
        more = walk->fn(walk->ctx, frame) && leave_inlined(unit, &scopes[i], frame);
    }
    memcpy(frame->function, function, sizeof function);
    free(scopes);
    free(at_address);
    return more;
}

static int take_frame(Dwfl_Frame *state, void *of) {
    struct tick__walk *walk = of;
    struct tick__frame frame = {0};
    Dwarf_Addr at;
    bool exact;
    if (!dw.dwfl_frame_pc(state, &at, &exact))
        return DWARF_CB_ABORT;
    if (!exact && !(walk->first && walk->from->at_fault)) // in the call, which may be its function's last instruction
        at--;
    walk->first = false;
    name_it(walk, at, &frame);
    return take_inlined(walk, at, &frame) && walk->fn(walk->ctx, &frame) ? DWARF_CB_OK : DWARF_CB_ABORT;
}

void tick__walk(
    struct tick__walk *walk, const struct tick_guest_standing *from, bool (*fn)(void *ctx, const struct tick__frame *frame), void *ctx) {
    walk->from = from;
    walk->fn = fn;
    walk->ctx = ctx;
    walk->first = true;
    (void)dw.dwfl_getthread_frames(walk->dwfl, THREAD, take_frame, walk); // ends where it cannot go on
}

// --- a process ---

int tick__walk_open(pid_t pid, uint64_t python_code, struct tick__walk **out, const char **why) {
    *why = "out of memory";
    struct tick__walk *walk = tick__outside_alloc(sizeof *walk);
    if (!walk)
        return -ENOMEM;
    *walk = (struct tick__walk){.pid = pid};
    *why = LIBRARY " is not installed here (Debian: apt install libdw1)";
    int rc = load() ? 0 : -ENOENT;
    if (rc == 0) {
        *why = "its memory may not be read here";
        walk->callbacks = (Dwfl_Callbacks){.find_elf = dw.dwfl_linux_proc_find_elf, .find_debuginfo = dw.dwfl_build_id_find_debuginfo};
        walk->dwfl = dw.dwfl_begin(&walk->callbacks);
        if (!walk->dwfl || dw.dwfl_linux_proc_report(walk->dwfl, pid) != 0 || dw.dwfl_report_end(walk->dwfl, NULL, NULL) != 0 ||
            !dw.dwfl_attach_state(walk->dwfl, NULL, pid, &threads, walk))
            rc = -EPERM;
    }
    if (rc < 0) {
        tick__walk_close(walk);
        return rc;
    }
    walk->python = python_code ? dw.dwfl_addrmodule(walk->dwfl, python_code) : NULL;
    *out = walk;
    return 0;
}

void tick__walk_close(struct tick__walk *walk) {
    if (walk->dwfl)
        dw.dwfl_end(walk->dwfl);
    tick__outside_free(walk);
}
