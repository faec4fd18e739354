#!/usr/bin/env python3
"""Each kind of choice (include/retick/choice.h) has a row in docs/IDENTITY.md, and in the table of docs/TESTING.md a test that stands for
its soundness and exists."""

import os
import re

import tree

KIND = re.compile(r"^    X\((TICK_CHOICE_\w+), (\d+), \"(\w+)\"")
WORD = re.compile(r"`(\w+)`")
TEST = re.compile(r"`(tests/[\w/]+\.c)`: ((?:`\w+`(?:, )?)+)")


def rows(root, path, heading):
    """The cells of each row of the first table behind a heading, with the row's number."""
    found, behind = [], False
    for number, line in enumerate(tree.lines(root, path) or [], 1):
        if line.startswith("#"):
            if found:
                break
            behind = line.lstrip("# ") == heading
        elif behind and line.startswith("|") and not line.startswith("|--"):
            found.append((number, [cell.strip() for cell in line.strip("|").split("|")]))
    return found[1:]


def check(root):
    if not os.path.exists(os.path.join(root, "include/retick/choice.h")):
        return
    kinds = [match.group(3) for match in map(KIND.match, tree.lines(root, "include/retick/choice.h")) if match]
    told = {word for _, cells in rows(root, "docs/IDENTITY.md", "Kinds") for word in WORD.findall(cells[0])}
    tested = set()
    for number, cells in rows(root, "docs/TESTING.md", "Soundness"):
        where = f"docs/TESTING.md:{number}"
        words = WORD.findall(cells[0])
        for word in words:
            if word not in kinds:
                yield f"{where}: {word} is no kind of choice"
        tests = TEST.findall(cells[-1])
        if not tests:
            yield f"{where}: names no test"
        for path, names in tests:
            text = "\n".join(tree.lines(root, path) or []) if os.path.exists(os.path.join(root, path)) else ""
            for name in WORD.findall(names):
                if f"static void {name}(" not in text:
                    yield f"{where}: {path} has no test {name}"
        tested.update(words)
    for word in kinds:
        if word not in told:
            yield f"docs/IDENTITY.md: {word} has no row among the kinds"
        if word not in tested:
            yield f"docs/TESTING.md: {word} has no test of its soundness"


if __name__ == "__main__":
    tree.run(check)
