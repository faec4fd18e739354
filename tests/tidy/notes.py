#!/usr/bin/env python3
"""What the compiled code asks of the processor: notes.py BUILD_FOLDER

No object makes stacks executable: each says so in a .note.GNU-stack. And nothing is marked for shadow stacks or landing pads (CET, BTI),
which the switch of stacks does not serve: its object has no .note.gnu.property, and so the linker takes the mark off every program.
"""

import glob
import os
import re
import subprocess
import sys

SWITCH = re.compile(r"^switch_\w+\.S\.o$")
SECTION = re.compile(r"^ *\[ *\d+\] (\S*) +\S+ +[0-9a-f]+ [0-9a-f]+ [0-9a-f]+ [0-9a-f]+ +(\w*) +\d+ +\d+ +\d+$")
MARKS = ("IBT", "SHSTK", "BTI", "GCS")


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def sections(archive):
    """{object: {section: flags}} of an archive."""
    found, part = {}, os.path.basename(archive)
    for line in output("readelf", "-SW", archive).splitlines():
        if line.startswith("File: "):
            part = line[line.rindex("(") + 1 : -1]
            found[part] = {}
        match = SECTION.match(line)
        if match:
            found.setdefault(part, {})[match.group(1)] = match.group(2)
    return found


def check(build):
    seen = 0
    for archive in sorted(glob.glob(os.path.join(build, "libtick_*.a"))):
        for part, has in sections(archive).items():
            seen += 1
            flags = has.get(".note.GNU-stack")
            if flags is None or "X" in flags:
                yield f"{archive}({part}): makes the stack executable: its .note.GNU-stack is {'missing' if flags is None else flags}"
            if SWITCH.match(part) and ".note.gnu.property" in has:
                yield f"{archive}({part}): has a .note.gnu.property, so that programs may be marked for what it does not serve"
    if not seen:
        yield f"{build}: no libtick_*.a to look at"
    program = os.path.join(build, "retick")
    with open(program, "rb") if os.path.exists(program) else open(os.devnull, "rb") as file:
        elf = file.read(4) == b"\x7fELF"  # of another processor it is a script that calls the emulator
    if elf:
        for line in output("readelf", "-nW", program).splitlines():
            if "feature" in line and any(re.search(rf"\b{mark}\b", line.split(":", 1)[1]) for mark in MARKS):
                yield f"{program}: is marked: {line.strip()}"
        for line in output("readelf", "-lW", program).splitlines():
            if "GNU_STACK" in line and "E" in line.split()[6]:
                yield f"{program}: has an executable stack"


def main():
    findings = list(check(sys.argv[1]))
    for finding in findings:
        print(finding)
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
