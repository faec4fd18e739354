#!/usr/bin/env python3
"""Each static check fails on what it is there to catch: a small bad tree for each rule, and a good one that passes.

selftest.py CHECK...: which checks (default: all).
"""

import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = [sys.executable]

KIND_A = '    X(TICK_CHOICE_A, 1, "a", 0)'
CHOICES = "#include <stdint.h>\n#define TICK_CHOICES(X) \\\n" + KIND_A + "\n"
MORE_CHOICES = CHOICES.replace(KIND_A, KIND_A + ' \\\n    X(TICK_CHOICE_B, 2, "b", 0)')
SWITCH_MARKED = '.section .note.GNU-stack, "", %progbits\n.section .note.gnu.property, "a"\n.quad 0\n'
SLOT = "struct tick_b {\n    int (*wait)(struct tick_b *self, int64_t ns);\n};\n"
SUM = "int64_t f(%s, int n) {\n    return %s;\n}\n"
TESTED = "## Soundness\n\n| kind | never | test |\n|---|---|---|\n| `a` | x | `tests/unit/a_sound.c`: `a_is_sound` |\n"

GOOD = {
    "include/retick/choice.h": CHOICES,
    "docs/IDENTITY.md": "## Kinds\n\n| kind | subject |\n|---|---|\n| `a` | x |\n",
    "docs/TESTING.md": TESTED,
    "tests/unit/a_sound.c": "static void a_is_sound(void **state) {\n}\n",
    "include/retick/thing.h": "// Things.\n#include <stdint.h>\n// Makes one.\nint tick_thing(void);\n",
    "src/base/wide.c": '"' + "x" * 150 + '"\n',
    "src/base/low.c": "#include <retick/thing.h>\n#include <string.h>\n",
    "src/loop/middle.c": '#include "src/coro/low.h"\n',
    "src/coro/low.h": '#include "src/base/other.h"\n',
    "src/os/linux.c": "#include <time.h>\n#include <unistd.h>\n",
    "trace/file.c": '#include <sqlite3.h>\n#include "sim/choice/names.h"\n',
    "include/retick/swept.h": "// Swept.\n#include <stdint.h>\n// Waits.\nvoid tick_wait(int64_t ns, int64_t *left);\n",
    "tests/unit/good_times.c": "static const char *const rows[] = {\"tick_wait.ns of all\"};\n",
    "src/base/times.h": "static inline long tick__after(int64_t now, int64_t span) {\n    return now + span;\n}\n",
    "sim/world/clock.c": "struct clock {\n    int64_t at;\n    int rings;\n};\n"
    "static int64_t ring(struct clock *c, int64_t *to, uint64_t n) {\n    c->rings += 1, *to = -1;\n"
    "    return tick__after(c->at, *to / 2 + 1) * (n + 1 > c->at);\n}\n",
    "docs/README.md": "[low](../src/base/low.c) [web](https://example.org/none) [here](#part)\n```\n[x](nowhere)\n```\n",
}

# (check, what is bad, the tree's bad files, a word of the finding)
BAD = [
    ("layers.py", "base reaches up", {"src/base/a.c": '#include "src/loop/loop_int.h"\n'}, "src/base may not include src/loop"),
    ("layers.py", "loop reaches io", {"src/loop/a.c": '#include "src/io/op.h"\n'}, "src/loop may not include src/io"),
    ("layers.py", "sim includes trace", {"sim/explore/a.c": '#include "trace/writer.h"\n'}, "sim/explore may not include trace"),
    ("layers.py", "kernel includes loop", {"sim/kernel/a.c": '#  include "src/loop/loop_int.h"\n'}, "sim/kernel may not include src/loop"),
    ("layers.py", "loop reads a clock", {"src/loop/a.c": "#include <time.h>\n"}, "may not speak to the host: <time.h>"),
    ("layers.py", "the kernel calls the kernel", {"sim/kernel/a.c": "#include <unistd.h>\n"}, "may not speak to the host: <unistd.h>"),
    ("layers.py", "io calls the kernel", {"src/io/a.c": "#include <unistd.h>\n"}, "may not speak to the host: <unistd.h>"),
    ("layers.py", "sim knows SQLite", {"sim/explore/a.c": "#include <sqlite3.h>\n"}, "know SQLite"),
    ("layers.py", "a quoted public header", {"src/io/a.c": '#include "retick/loop.h"\n'}, "write <retick/loop.h>"),
    ("layers.py", "a folder of nobody", {"misc/a.c": "int x;\n"}, "no folder of the design"),
    ("layers.py", "a scenario looks inside", {"scenarios/a.c": '#include "src/base/check.h"\n'}, "scenarios may not include"),
    ("sizes.py", "a long file", {"src/base/a.c": "\n" * 701}, "701 lines"),
    ("sizes.py", "a wide line", {"src/base/a.c": "x" * 141 + "\n"}, "141 columns"),
    ("sizes.py", "a wide text", {"src/base/a.c": '"' + "x" * 160 + '"\n'}, "162 columns"),
    ("sizes.py", "one name twice", {"src/io/low.c": "\n"}, "has this name already"),
    ("docs.py", "a dead link", {"docs/A.md": "see [this](gone.md#part)\n"}, "leads nowhere: gone.md#part"),
    ("docs.py", "a silent function", {"include/retick/b.h": "// B.\n\nint tick_silent(int x);\n"}, "tick_silent has no comment"),
    ("kinds.py", "a kind without a test", {"include/retick/choice.h": MORE_CHOICES}, "b has no test"),
    ("kinds.py", "a kind that nobody told", {"include/retick/choice.h": MORE_CHOICES}, "b has no row"),
    ("kinds.py", "a test that is gone", {"tests/unit/a_sound.c": "int x;\n"}, "tests/unit/a_sound.c has no test a_is_sound"),
    ("kinds.py", "a row of no kind", {"docs/TESTING.md": TESTED + "| `c` | x | `tests/unit/a_sound.c`: `a_is_sound` |\n"}, "c is no kind"),
    ("times.py", "now and a span", {"src/loop/a.c": SUM % ("int64_t now", "now + n")}, "a.c:2: + with the time now"),
    ("times.py", "a field", {"sim/world/a.c": "struct a {\n    int64_t b, c;\n};\n" + SUM % ("struct a *a", "2 - a->c")}, "time c"),
    ("times.py", "a field of a header", {"src/io/a.h": "struct a {\n    int64_t due;\n};\n", "src/io/a.c": "int n = a[1].due - 1;\n"}, "time due"),
    ("times.py", "what a function returns", {"src/io/a.c": "int64_t g(int);\n" + SUM % ("int x", "g(2) * 2")}, "time g"),
    ("times.py", "what a slot returns", {"sim/a.h": "struct o {\n    int64_t (*now)(int);\n};\n", "sim/a.c": "int g = 1 + o->now(2);\n"}, "time now"),
    ("times.py", "a sum in place", {"src/os/a.c": SUM % ("int64_t *when", "*when += 3")}, "+= with the time when"),
    ("times.py", "a cast", {"src/os/a.c": SUM % ("int64_t when", "1 + (int)(2 - when)")}, "time when"),
    ("times.py", "a shift", {"src/os/a.c": SUM % ("int64_t when", "(int)(when << 2)")}, "<< with the time when"),
    ("times.py", "a parameter that nobody sweeps", {"include/retick/b.h": "// B.\nvoid tick_b(int64_t for_long);\n"}, "tick_b.for_long is swept by no"),
    ("times.py", "a field that nobody sweeps", {"include/retick/b.h": "struct tick_b {\n    int64_t n, m;\n};\n"}, "tick_b.m is swept by no"),
    ("times.py", "a slot that nobody sweeps", {"include/retick/b.h": SLOT}, "tick_b.wait.ns is swept by no"),
    ("times.py", "a row for nothing", {"tests/unit/a_times.c": 'void f(void) { g("tick_gone.ns"); }\n'}, "tick_gone.ns is swept, and no time"),
    ("headers.sh", "a header that needs another", {"include/retick/b.h": "uint32_t tick_b(void);\n"}, "retick/b.h with"),
    ("warnings.py", "what only clang warns of", {"a.c": "int f(int x);\nint f(int x) { x = x; return x; }\n"}, "self-assign"),
    ("notes.py", "assembler without a note", {"coro/a.S": ".text\nnop\n"}, "a.S.o): makes the stack executable: its .note.GNU-stack is missing"),
    ("notes.py", "an executable stack", {"coro/a.S": '.section .note.GNU-stack, "x", %progbits\n'}, "makes the stack executable"),
    ("notes.py", "a switch with a mark", {"coro/switch_a.S": SWITCH_MARKED}, "has a .note.gnu.property"),
    ("symbols.py", "a clock", {"base/a.c": "#include <time.h>\nlong f(void) { return time(0); }\n"}, "calls time"),
    ("symbols.py", "entropy", {"kernel/a.c": "#include <stdlib.h>\nint f(void) { return rand(); }\n"}, "calls rand"),
    ("symbols.py", "a thread", {"loop/a.c": "int sem_wait(int);\nint f(void) { return sem_wait(0); }\n"}, "calls sem_wait"),
    ("symbols.py", "a static", {"loop/a.c": "static int n;\nint f(void) { return ++n; }\n"}, "n is a writable static in .bss"),
    ("symbols.py", "static data", {"io/a.c": "int shared = 3;\n"}, "shared is a writable static in .data"),
    ("symbols.py", "a table of pointers", {"io/a.c": "extern int x;\nint *table[] = {&x};\n"}, "table is a writable static"),
    ("symbols.py", "a thread's static", {"io/a.c": "_Thread_local int mine;\n"}, "mine is a writable static in .tbss"),
    ("symbols.py", "a scenario's clock", {"scenario.c": "#include <time.h>\nlong f(void) { return time(0); }\n"}, "scenario.o: calls time"),
]
GOOD_OBJECTS = {
    "base/a.c": '__attribute__((section("tick_keep"))) int kept = 1;\nconst int one = 1;\nint f(int i) { return (&one)[i] + kept; }\n',
    "os/b.c": "#include <time.h>\nlong f(void) { return time(0); }\n",
    "io/c.c": "extern int x;\nint *const table[] = {&x};\n",
}


def write(root, files):
    for path, text in files.items():
        os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
        with open(os.path.join(root, path), "w", encoding="utf-8") as file:
            file.write(text)


def archives(root, files):
    """Compiles <layer>/x.c into root/libtick_<layer>.a, and x.c into root/x.o."""
    write(root, files)
    for path in files:
        source = os.path.join(root, path)
        compiled = source[:-2] + (".S.o" if path.endswith(".S") else ".o")
        subprocess.run(["cc", "-fPIC", "-c", source, "-o", compiled], check=True)
        layer = os.path.dirname(path)
        if layer:
            subprocess.run(["ar", "rc", os.path.join(root, f"libtick_{layer}.a"), compiled], check=True)


def outcome(check, files):
    with tempfile.TemporaryDirectory() as root:
        command = (PYTHON if check.endswith(".py") else ["bash"]) + [os.path.join(HERE, check), root]
        if check in ("symbols.py", "notes.py"):
            archives(root, {"base/good.c": "int good(void) { return 1; }\n"} | files)
            command += [os.path.join(root, f) for f in os.listdir(root) if f.endswith(".o")]
        elif check == "warnings.py":
            files = files or {"a.c": "int f(void);\nint f(void) { return 1; }\n"}
            write(root, files)
            with open(os.path.join(root, "compile_commands.json"), "w", encoding="utf-8") as file:
                entries = [{"directory": root, "file": name, "command": f"gcc -Wall -o a.o -c {name}"} for name in files]
                json.dump(entries, file)
        else:
            write(root, GOOD | files)
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        return result.returncode, result.stdout + result.stderr


def main():
    chosen = sys.argv[1:] or sorted({check for check, *_ in BAD})
    failures = 0
    for check in chosen:
        code, text = outcome(check, GOOD_OBJECTS if check in ("symbols.py", "notes.py") else {})
        if code != 0:
            failures += 1
            print(f"{check} refuses a good tree:\n{text}")
        bad = [row for row in BAD if row[0] == check]
        assert bad, f"no bad sample for {check}"
        for _, what, files, word in bad:
            code, text = outcome(check, files)
            if code != 1 or word not in text:
                failures += 1
                print(f"{check} misses {what} (exit code {code}, expected: {word}):\n{text}")
        print(f"{check}: {len(bad)} bad samples")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
