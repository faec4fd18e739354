#!/usr/bin/env python3
"""Compares retick with CPython's asyncio over task programs.

    compare.py TASK_PROGRAM PYTHON FIRST LAST
    compare.py TASK_PROGRAM PYTHON FILE

Runs the programs of the seeds FIRST up to LAST (programs.py), or those of a file, on both. A program that differs only because CPython
has something wrong (asyncio_log.py --fixed agrees) is counted; any other is shrunk to a small one and shown. Exit code 1 if there is any.
For a PYTHON older than 3.13 the programs leave out what it lacks or does by other rules.
"""

import itertools
import json
import os
import subprocess
import sys

import programs

HERE = os.path.dirname(os.path.abspath(__file__))
BATCH = 1000  # programs a process: the reference keeps all it made


def lines_of(command, text):
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout.split("\n\n")[:-1]


class Both:
    """retick and CPython, side by side."""

    def __init__(self, task_program, python):
        self.ours = [task_program]
        self.theirs = [python, "-B", os.path.join(HERE, "asyncio_log.py")]

    def logs(self, command, what):
        return lines_of(command, "".join(json.dumps(one) + "\n" for one in what))

    def differing(self, what, fixed=False):
        """The indices of those whose logs differ."""
        theirs = self.logs(self.theirs + ["--fixed"] * fixed, what)
        ours = self.logs(self.ours, what)
        if not len(what) == len(theirs) == len(ours):
            raise SystemExit(f"{len(what)} programs, but {len(theirs)} and {len(ours)} logs")
        return [i for i, (a, b) in enumerate(zip(theirs, ours)) if a != b]

    def show(self, bodies):
        theirs, ours = (self.logs(command, [bodies])[0].split("\n") for command in (self.theirs, self.ours))
        same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(theirs, ours)))
        print("\n".join("    " + line for line in theirs[max(0, same - 12) : same]))
        for name, log in (("CPython", theirs), ("retick ", ours)):
            print("\n".join(f"{name} {line}" for line in log[same : same + 4]))


def smaller_blocks(block):
    """Every block that is one step smaller."""
    for i, op in enumerate(block):
        yield block[:i] + block[i + 1 :]
        for at, word in enumerate(op):
            if isinstance(word, list) and word and isinstance(word[0], list):  # operations within: in its place, or smaller
                yield block[:i] + word + block[i + 1 :]
                for less in smaller_blocks(word):
                    yield block[:i] + [op[:at] + [less] + op[at + 1 :]] + block[i + 1 :]
            elif isinstance(word, int) and not isinstance(word, bool) and word > 0:
                yield block[:i] + [op[:at] + [word - 1] + op[at + 1 :]] + block[i + 1 :]


def smaller(bodies):
    """Every program that is one step smaller and stays one."""
    if len(bodies) > 1:
        yield bodies[:-1]
    for k, body in enumerate(bodies):
        for less in smaller_blocks(body):
            yield bodies[:k] + [less] + bodies[k + 1 :]


def stands_alone(bodies):
    """Whether it names only bodies that are there."""

    def named(block):
        for op in block:
            if op[0] in ("spawn", "eager", "into", "adopt", "await", "shield", "cancel", "cbadd", "cbdo"):
                yield op[1]
            elif op[0] in ("gather", "tg", "wait", "each"):
                yield from op[1]
            for word in op[1:]:
                if isinstance(word, list) and word and isinstance(word[0], list):
                    yield from named(word)
            if op[0] in ("wf", "cbdo"):
                yield from named([op[2]])

    return all(k < len(bodies) for body in bodies for k in named(body))


def shrunk(both, bodies, fixed):
    while True:
        candidates = [one for one in smaller(bodies) if stands_alone(one)]
        for at in range(0, len(candidates), BATCH):
            found = both.differing(candidates[at : at + BATCH], fixed)
            if found:
                bodies = candidates[at + found[0]]
                break
        else:
            return bodies


def main():
    both = Both(sys.argv[1], sys.argv[2])
    if len(sys.argv) > 4:
        version = subprocess.run([sys.argv[2], "-c", "import platform; print(platform.python_version())"], capture_output=True, text=True, check=True)
        version = programs.version_of(version.stdout)
        every = (programs.program(seed, version) for seed in range(int(sys.argv[3]), int(sys.argv[4])))
    else:
        with open(sys.argv[3], encoding="utf-8") as file:
            every = [json.loads(line) for line in file if line.strip()]
    ran = wrong_there = bad = 0
    every = iter(every)
    while batch := list(itertools.islice(every, BATCH)):
        ran += len(batch)
        odd = [batch[i] for i in both.differing(batch)]
        unexplained = [odd[i] for i in both.differing(odd, fixed=True)] if odd else []
        wrong_there += len(odd) - len(unexplained)
        for bodies in unexplained:
            bad += 1
            if bad <= 5:
                small = shrunk(both, bodies, fixed=True)
                print("differs:", json.dumps(small))
                both.show(small)
    equal = ran - wrong_there - bad
    print(f"{ran} programs: {equal} equal, {wrong_there} where CPython is wrong (asyncio_log.py says how), {bad} differ")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
