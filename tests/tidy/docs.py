#!/usr/bin/env python3
"""Every link of a Markdown page to a file of the tree leads somewhere, and every public function and macro says what it does."""

import os
import posixpath
import re

import tree

LINK = re.compile(r"\]\(([^)\s]+)\)")
FUNCTION = re.compile(r"^(?!typedef|#)(?:[\w*]+ )+\**(tick_\w+)\(")


def dead_links(root):
    for path in tree.files(root, ".md"):
        fenced = False
        for number, line in enumerate(tree.lines(root, path) or [], 1):
            if line.lstrip().startswith("```"):
                fenced = not fenced
            if fenced:
                continue
            for target in LINK.findall(line):
                file = target.split("#")[0]
                if not file or re.match(r"[a-z]+:", file):
                    continue
                if not os.path.exists(os.path.join(root, posixpath.dirname(path), file)):
                    yield f"{path}:{number}: leads nowhere: {target}"


def silent_functions(root):
    """A declaration counts as told if a comment stands on its line, or above it with only other declarations or macros between."""
    for path in tree.files(root, ".h"):
        if not path.startswith("include/"):
            continue
        told = False
        for number, line in enumerate(tree.lines(root, path) or [], 1):
            if "//" in line and not line.startswith("#include"):
                told = True
            if not line.strip():
                told = False
            match = FUNCTION.match(line)
            if match and not told:
                yield f"{path}:{number}: {match.group(1)} has no comment"


def check(root):
    yield from dead_links(root)
    yield from silent_functions(root)


if __name__ == "__main__":
    tree.run(check)
