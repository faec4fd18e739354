"""What the static checks share: walking a source tree, and telling what they found.

A check is a program `check.py TREE`: it prints a line a finding, `path:line: what`, and exits with 1 if there is any.
"""

import os
import sys

LEFT_OUT = {".git", "build", "node_modules", "__pycache__"}


def files(root, *endings):
    """Every file below root with one of the endings (all without any), as paths relative to root, sorted."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in LEFT_OUT)
        for name in names:
            if not endings or name.endswith(endings):
                found.append(os.path.relpath(os.path.join(folder, name), root))
    return sorted(found)


def lines(root, path):
    """The lines of a text file, without their newlines; None for one that is not text."""
    try:
        with open(os.path.join(root, path), encoding="utf-8") as file:
            return file.read().split("\n")
    except UnicodeDecodeError:
        return None


def run(check):
    """main of a check: check(root) yields findings."""
    findings = list(check(sys.argv[1] if len(sys.argv) > 1 else "."))
    for finding in findings:
        print(finding)
    sys.exit(1 if findings else 0)
