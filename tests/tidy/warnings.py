#!/usr/bin/env python3
"""No warning from clang either: warnings.py BUILD_FOLDER looks at every C file that the build compiles (with gcc) by clang's eyes.

Only the syntax and the meaning are looked at, nothing is compiled, and a file that is built several times is looked at once, as its first
entry has it. With RETICK_CLANG_BUILDS in the environment those of retick itself are left out: ./dev test has clang build them, with
the same warnings (matrix.sh).
"""

import concurrent.futures
import json
import os
import shlex
import subprocess
import sys

DROPPED = ("-o", "-MF", "-MT")  # with their argument


def by_clang(entry):
    """(file, what clang says) of an entry of compile_commands.json."""
    words = shlex.split(entry["command"])[1:]
    flags = []
    skip = False
    for word in words:
        if skip or word in DROPPED:
            skip = not skip
        elif word not in ("-c", "-MD", "-fno-plt", "-Wno-format-truncation") and not word.startswith("-O"):
            flags.append(word)
    command = ["clang", "-fsyntax-only", "-Werror", *flags]
    result = subprocess.run(command, cwd=entry["directory"], capture_output=True, text=True, check=False)
    return entry["file"], result.stderr if result.returncode else ""


def main():
    with open(os.path.join(sys.argv[1], "compile_commands.json"), encoding="utf-8") as file:
        entries = {entry["file"]: entry for entry in reversed(json.load(file)) if entry["file"].endswith(".c")}
    if os.environ.get("RETICK_CLANG_BUILDS"):
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        retick = ("src", "sim", "trace", "viewer", "cli")
        entries = {file: entry for file, entry in entries.items() if os.path.relpath(file, root).split(os.sep)[0] not in retick}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        said = [text for _, text in pool.map(by_clang, entries.values()) if text]
    for text in said:
        print(text)
    if not entries:
        print("no C file in compile_commands.json")
    sys.exit(1 if said or not entries else 0)


if __name__ == "__main__":
    main()
