"""Tasks as threads, for gdb: `retick replay RUN.db --debug` has this read.

    info tasks               each task of the stopped run: its number, state and path, what it waits for and where
    task N [COMMAND]         the command (default: bt) on that task's stack
    task apply all COMMAND   the same on each, or on those named: task apply 1 3 bt

A task that waits has left its stack at a switch (src/coro/switch_int.h), where three registers are all that it goes on with: the others are
on the stack, and gdb finds them by the unwind tables. They are set for the command, and set back after it.
"""

import struct

import gdb

STATES = ("runs", "waits", "ready", "new", "kept")  # sim/native/inspect.h
REGISTERS = {"i386:x86-64": ("rsp", "rbp", "rip"), "aarch64": ("sp", "x29", "pc")}
WORDS, PATH, WAIT = 5, 160, 400


class Task:
    def __init__(self, number, data):
        sp, fp, ip, state, self.stackless = struct.unpack_from("=5Q", data)
        self.number, self.stack, self.state = number, (sp, fp, ip), STATES[state]
        at = WORDS * 8
        self.path = data[at : at + PATH].split(b"\0")[0].decode("utf-8", "backslashreplace")
        self.wait = data[at + PATH : at + PATH + WAIT].split(b"\0")[0].decode("utf-8", "backslashreplace")


def shown(text):
    """Names come from the program: nothing of them is obeyed by a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def tasks():
    inferior, found = gdb.selected_inferior(), []
    if not inferior.pid:
        raise gdb.GdbError("the program does not run: there are no tasks")
    while True:
        at = int(gdb.parse_and_eval(f"(unsigned long)((void *(*)(unsigned long))&tick__inspect_task)({len(found)})"))
        if not at:
            return found
        found.append(Task(len(found) + 1, bytes(inferior.read_memory(at, WORDS * 8 + PATH + WAIT))))


def on_stack(task, command):
    """The command, with the registers of the task's stack."""
    print(f"\nTask {task.number} ({shown(task.path)}), {task.state}" + (f": for {shown(task.wait)}" if task.wait else ""))
    if task.state == "runs":
        gdb.execute(command)
        return
    if not task.stack[0]:
        print("it has no stack: it is stackless" if task.stackless else "it has no stack yet: it has not begun")
        return
    level, names = gdb.selected_frame().level(), REGISTERS.get(gdb.newest_frame().architecture().name())
    if not names:
        raise gdb.GdbError("stacks of tasks are known on x86-64 and aarch64")
    gdb.newest_frame().select()
    before = [int(gdb.parse_and_eval(f"(unsigned long)${name}")) for name in names]
    try:
        for name, value in zip(names, task.stack):
            gdb.execute(f"set ${name} = {value:#x}")
        gdb.execute(command)
    finally:
        gdb.newest_frame().select()
        for name, value in zip(names, before):
            gdb.execute(f"set ${name} = {value:#x}")
        frame = gdb.newest_frame()
        for _ in range(level):
            frame = frame.older()
        frame.select()


class InfoTasks(gdb.Command):
    """Lists the tasks of the run: number, state, path, what each waits for and where."""

    def __init__(self):
        super().__init__("info tasks", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        found = tasks()
        width = max([len(shown(task.path)) for task in found] + [4])
        print(f"  {'Id':4}{'State':7}{'Task':{width}}  Waits for")
        for task in found:
            mark = "*" if task.state == "runs" else " "
            print(f"{mark} {task.number:<4}{task.state:7}{shown(task.path):{width}}  {shown(task.wait)}".rstrip())


class OneTask(gdb.Command):
    """task N [COMMAND]: carries the command out on the stack of task N (default: bt). task apply all|N... COMMAND: on each of these."""

    def __init__(self):
        super().__init__("task", gdb.COMMAND_STACK, prefix=False)

    def invoke(self, argument, from_tty):
        words, found = argument.split(), tasks()
        if words[:1] == ["apply"]:
            words = words[1:]
            numbers = [str(task.number) for task in found] if words[:1] == ["all"] else []
            words = words[1:] if numbers else words
            while words and words[0].isdigit():
                numbers.append(words.pop(0))
        else:
            numbers, words = words[:1], words[1:] or ["bt"]
        if not numbers or not words:
            raise gdb.GdbError("write task N [COMMAND], or task apply all COMMAND; info tasks lists them")
        for number in numbers:
            if not number.isdigit() or not 0 < int(number) <= len(found):
                raise gdb.GdbError(f"there is no task {shown(number)}: info tasks lists them")
            on_stack(found[int(number) - 1], " ".join(words))


class Begin(gdb.Command):
    """retick-begin SEQ: runs up to that event, or, if it is 0, to where the run fails."""

    def __init__(self):
        super().__init__("retick-begin", gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        at = int(argument)
        for setting in ("debuginfod enabled off", "breakpoint pending off", "print inferior-events off"):
            try:
                gdb.execute(f"set {setting}", to_string=True)
            except gdb.error:
                pass  # of a gdb that does not know it
        gdb.Breakpoint("tick__debug_here" if at else "tick__outcome_fill", internal=True)
        gdb.execute("run")
        if not gdb.selected_inferior().pid:
            return
        frame = gdb.newest_frame()
        while frame and not (gdb.solib_name(frame.pc()) and frame.find_sal().symtab):
            frame = frame.older()
        if frame:
            frame.select()
        print(f"\nstopped {f'at event {at}' if at else 'where the run fails'}. Next: info tasks    task N [COMMAND]    task apply all bt")
        if frame:
            gdb.execute("frame")


InfoTasks()
OneTask()
Begin()
