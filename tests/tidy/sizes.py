#!/usr/bin/env python3
"""A file holds one idea: at most 700 lines of 140 columns, under a name that no other file has.

A line that is over only because of text in quotes may have 160: messages and SQL are better searched in one piece.
"""

import posixpath
import re

import tree

MOST_LINES, MOST_COLUMNS, MOST_WITH_TEXT = 700, 140, 160
QUOTED = re.compile(r'"(\\.|[^"\\])*"')
SAME_EVERYWHERE = {"CMakeLists.txt", "README.md", ".gitignore"}  # names that tools look for in each folder


def check(root):
    for path in tree.files(root, ".c", ".h", ".S", ".py", ".sh", ".js"):
        lines = tree.lines(root, path) or []
        if len(lines) - 1 > MOST_LINES:
            yield f"{path}:{MOST_LINES}: {len(lines) - 1} lines, the most is {MOST_LINES}"
        for number, line in enumerate(lines, 1):
            bare = QUOTED.sub('""', line)
            if "://" not in line and (len(bare) > MOST_COLUMNS or len(line) > MOST_WITH_TEXT):
                yield f"{path}:{number}: {len(line)} columns, the most is {MOST_COLUMNS}"
    first = {}
    for path in tree.files(root):
        name = posixpath.basename(path)
        if name not in SAME_EVERYWHERE and first.setdefault(name, path) != path:
            yield f"{path}:1: {first[name]} has this name already"


if __name__ == "__main__":
    tree.run(check)
