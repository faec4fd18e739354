#!/usr/bin/env python3
"""The layers of docs/ARCHITECTURE.md, section 3.

A folder includes only what stands to its right or below it, and only few speak to the kernel.
"""

import posixpath
import re

import tree

BASE = ["src/base"]
CORO = BASE + ["src/coro"]
LOOP = CORO + ["src/loop"]
IO = LOOP + ["src/io"]
KERNEL = CORO + ["sim/kernel"]
CHOICE = CORO + ["sim/choice"]
WORLD = sorted(set(BASE + ["sim/kernel", "sim/choice", "sim/world"]))  # whoever its tenants are: no stacks, no loop
HARNESS = sorted(set(IO + WORLD + ["src/os", "sim/native"]))
EXPLORE = WORLD + ["sim/explore"]
GUEST = WORLD + ["sim/guest"]
KEEPER = WORLD + ["sim/guest", "sim/keeper"]  # of sim/guest the control block alone
TRACE = BASE + ["sim/choice", "trace"]
EVERYTHING = ["src", "sim", "trace", "viewer", "cli"]

# What each folder may include of the project, beside <retick/...>.
MAY_INCLUDE = {
    "include": [],
    "examples": [],
    "scenarios": [],
    "src/base": BASE,
    "src/coro": CORO,
    "src/loop": LOOP,
    "src/io": IO,
    "src/os": BASE + ["src/os"],
    "sim/kernel": KERNEL,
    "sim/world": WORLD,
    "sim/choice": CHOICE,
    "sim/native": HARNESS,
    "sim/explore": EXPLORE,
    "sim/guest": GUEST,
    "sim/keeper": KEEPER,
    "trace": TRACE,
    "viewer": TRACE + ["viewer"],
    "cli": EVERYTHING,
    "tests": EVERYTHING + ["tests"],
    "bench": EVERYTHING + ["bench", "scenarios"],
}

# Headers whose point is to call the kernel or to be told of the host: who may include them. A header that is not named here (stdio.h,
# string.h, errno.h, and those that simulated code needs for constants and types, such as sys/epoll.h) is free.
HOST_HEADERS = set(
    """
    dirent.h dlfcn.h ftw.h grp.h ifaddrs.h link.h linux/io_uring.h netdb.h poll.h pthread.h pwd.h sched.h semaphore.h signal.h spawn.h
    sys/ioctl.h sys/mman.h sys/prctl.h sys/ptrace.h sys/random.h sys/resource.h sys/select.h sys/sendfile.h sys/signalfd.h sys/stat.h
    sys/statvfs.h sys/syscall.h sys/time.h sys/timerfd.h sys/times.h sys/uio.h sys/utsname.h sys/wait.h syslog.h termios.h threads.h
    time.h ucontext.h unistd.h wait.h
    """.split()
)
ANY = HOST_HEADERS
HOST_HEADERS_OF = {
    "src/base": {"dlfcn.h", "sys/mman.h", "unistd.h", "sys/random.h", "sys/time.h", "time.h"},  # the clocks' for banned.h, which refuses them
    "src/coro": {"sys/mman.h", "unistd.h", "ucontext.h"},
    "src/os": ANY,
    # Reserves its arena; the others for the constants and structures of the calls that it answers. symbols.py sees that it calls none.
    "include": {"sys/select.h", "sys/stat.h", "sys/uio.h"},  # types of the seam's calls
    "sim/kernel": {
        *("dirent.h", "sys/mman.h", "poll.h", "signal.h", "sys/ioctl.h", "sys/select.h", "sys/signalfd.h", "sys/stat.h", "sys/timerfd.h"),
        *("sys/uio.h", "time.h"),
    },
    "sim/world": set(),
    "sim/native": {"dlfcn.h", "link.h", "signal.h", "sys/mman.h", "unistd.h"},  # restores the program's image between runs
    "sim/keeper": ANY,  # starts programs, and watches them
    "sim/guest": ANY,  # has libc's names itself, in the program's process
    "sim/explore": ANY,  # worker processes and the host's clock
    "trace": ANY - {"pthread.h", "threads.h", "netdb.h"},
    "viewer": ANY - {"pthread.h", "threads.h", "netdb.h"},
    "cli": ANY,
    "tests": ANY,
    "bench": ANY,
    "scenarios": {"time.h"},
}

SQLITE = ("trace/", "viewer/", "cli/", "tests/", "bench/")
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')


def folder_of(path, table):
    """The longest folder of the table that holds the path."""
    folder = posixpath.dirname(path)
    while folder and folder not in table:
        folder = posixpath.dirname(folder)
    return folder


def check(root):
    for path in tree.files(root, ".c", ".h", ".S"):
        folder = folder_of(path, MAY_INCLUDE)
        if not folder:
            yield f"{path}:1: stands in no folder of the design"
            continue
        for number, line in enumerate(tree.lines(root, path) or [], 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            kind, name = match.groups()
            if name.startswith("retick/") or name == "retick.h":
                if kind == '"':
                    yield f"{path}:{number}: write <{name}>: an installed header"
            elif kind == '"':
                target = folder_of(name, {f: 0 for f in MAY_INCLUDE} | {f: 0 for f in EVERYTHING})
                if not any(name.startswith(f + "/") for f in MAY_INCLUDE[folder]):
                    yield f"{path}:{number}: {folder} may not include {target or name}"
            elif name == "sqlite3.h" and not path.startswith(SQLITE):
                yield f"{path}:{number}: only trace/ and viewer/ know SQLite"
            elif name in HOST_HEADERS and name not in HOST_HEADERS_OF.get(folder, set()):
                yield f"{path}:{number}: {folder} may not speak to the host: <{name}>"


if __name__ == "__main__":
    tree.run(check)
