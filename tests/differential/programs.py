#!/usr/bin/env python3
"""Random task programs (docs/TASK_PROGRAMS.md), one a line: programs.py FIRST LAST [VERSION] prints those of the seeds FIRST up to LAST.

VERSION: without what a CPython of that version lacks, or does by other rules than 3.13.
"""

import json
import random
import sys

DEEPEST = 3  # operations within operations

# How often each comes up.
PLAIN = {
    "sleep": 5,
    "spawn": 3,
    "cancel": 3,
    "await": 2,
    "lock": 2,
    "unlock": 2,
    **dict.fromkeys(
        "sem rel evset evclear evwait put get putnw getnw fset fexc fcancel fawait cwait cnotify"
        " gather shield soon later hcancel raise ret uncancel cbadd info done join shut meet breset wait each"
        " eager into resched var varsoon cuntil at stop fshield fgather fwait feach".split(),
        1,
    ),
    **dict.fromkeys(("adopt", "cbdo"), 2),
    "job": 4,
    "jcancel": 2,
    **dict.fromkeys("jawait jshield jgather jwait jeach".split(), 1),
    "jshut": 0.5,
}
HOLDING = {"try": 4, "wf": 3, "timeout": 3, "tg": 2}
# What a done callback can do.
AT_ONCE = {"cancel": 3, "stop": 2, "spawn": 2, "eager": 2, "raise": 2}
AT_ONCE |= dict.fromkeys("cbadd unlock rel evset evclear putnw getnw fset fexc fcancel job jcancel done shut soon later at hcancel".split(), 1)
# What came or changed with a version, and is not written for those before it. A condition's waiter hands a notification on since 3.13
# (gh-112202), and so does a barrier's (meet), which is one.
SINCE = {
    (3, 12): {"eager", "adopt", "wf", "timeout", "gather", "fgather", "jgather"},
    (3, 13): {"shut", "each", "feach", "jeach", "cwait", "cuntil", "meet", "uncancel", "tg"},
}


def left_out(version):
    return set().union(*(names for since, names in SINCE.items() if version < since))


class Writer:
    """Writes one program."""

    def __init__(self, seed, version=(3, 13)):
        self.random = random.Random(f"task program {seed}")
        self.count = self.random.randint(2, 6)
        self.without = left_out(version)

    def pick(self, weights):
        weights = {name: weight for name, weight in weights.items() if name not in self.without}
        return self.random.choices(list(weights), list(weights.values()))[0]

    def later(self, me):
        """A body behind this one, or None. Waiting only for those keeps circles out, on which CPython recurses (gh-80637)."""
        return self.random.randrange(me + 1, self.count) if me + 1 < self.count else None

    def several(self, me):
        return [self.later(me) for _ in range(self.random.randint(1, 3))]

    def futures(self):
        return [self.random.randrange(3) for _ in range(self.random.randint(1, 3))]

    def other(self, me):
        return self.random.choice([k for k in range(self.count) if k != me])

    def block(self, me, depth, most):
        return [self.operation(me, depth) for _ in range(self.random.randint(1, most))]

    def operation(self, me, depth):
        name = self.pick({**PLAIN, **HOLDING} if depth < DEEPEST else PLAIN)
        if name in ("await", "shield", "gather", "wait", "each") and self.later(me) is None:
            name = "sleep"  # the last body has nobody to wait for
        write = getattr(self, "hold_" + name, None)
        return [name, *(write(me, depth + 1) if write else self.words(name, me))]

    def words(self, name, me):
        r = self.random
        kinds = {
            "sleep": lambda: [r.choice((0, 0, 1, 1, 2, 3, 5))],
            "spawn": lambda: [self.other(me) if self.later(me) is None else self.later(me)],
            **dict.fromkeys(("eager", "into", "adopt"), lambda: [self.other(me) if self.later(me) is None else self.later(me)]),
            "resched": lambda: [r.choice((-1, 0, 1, 2, 4)), r.choice((0, 0, 1))],
            "at": lambda: [r.choice((-3, -1, 0, 1, 2)), r.randrange(100)],
            "fgather": lambda: [self.futures(), r.random() < 0.5],
            "fwait": lambda: [self.futures(), r.choice((-1, 0, 1, 3)), r.choice(("FIRST", "ERROR", "ALL"))],
            "feach": lambda: [self.futures(), r.choice((-1, 0, 1, 3))],
            "job": lambda: [r.randrange(3), r.choice((1, 1, 2, 3, 4)), r.randrange(10), r.random() < 0.3],
            "jgather": lambda: [self.futures(), r.random() < 0.5],
            "jwait": lambda: [self.futures(), r.choice((-1, 0, 1, 3)), r.choice(("FIRST", "ERROR", "ALL"))],
            "jeach": lambda: [self.futures(), r.choice((-1, 0, 1, 3))],
            "jshut": lambda: [r.random() < 0.5, r.random() < 0.5],
            "var": lambda: [r.randrange(100)],
            "varsoon": lambda: [r.randrange(100)],
            "gather": lambda: [self.several(me), r.random() < 0.5],
            "wait": lambda: [self.several(me), r.choice((-1, 0, 1, 3)), r.choice(("FIRST", "ERROR", "ALL"))],
            "each": lambda: [self.several(me), r.choice((-1, 0, 1, 3))],
            "shut": lambda: [r.randrange(4), r.random() < 0.5],
            "later": lambda: [r.choice((0, 1, 2, 4)), r.randrange(100)],
            "soon": lambda: [r.randrange(100)],
            "cwait": lambda: [0, 0],
            "cnotify": lambda: [0, r.choice((1, 1, 2))],
        }
        if name in kinds:
            return kinds[name]()
        if name in ("await", "shield"):
            return [self.later(me)]
        if name == "cancel" and me > 0 and r.random() < 0.3:  # who may wait for it
            return [r.randrange(me)]
        if name in ("cancel", "cbadd"):  # itself, too
            return [r.randrange(self.count) if r.random() < 0.3 else self.other(me)]
        if name == "cbdo":
            does = self.pick(AT_ONCE)
            return [r.randrange(self.count), [does, *self.words(does, me)]]
        if name in ("lock", "unlock", "evset", "evclear", "evwait", "cuntil", "sem", "rel"):
            return [r.randrange(2)]
        if name in ("done", "join"):
            return [r.choice((0, 0, 1, 1, 2, 3))]
        if name in ("put", "get", "putnw", "getnw"):
            return [r.choice((0, 0, 1, 1, 2, 3)), r.randrange(10)]
        if name in ("fset", "fexc", "fcancel", "fawait", "fshield", "jawait", "jcancel", "jshield"):
            return [r.randrange(3)]
        if name in ("raise", "ret"):
            return [r.randrange(5)]
        return []

    def hold_try(self, me, depth):
        r = self.random
        final = self.block(me, depth, 2) if r.random() < 0.5 else []
        return [self.block(me, depth, 3), r.choice(("CE", "EX", "ALL")), final, r.random() < 0.4]

    def hold_wf(self, me, _depth):
        r = self.random
        waits = [["evwait", 0], ["get", 0, 0], ["lock", 0], ["fawait", 0], ["sleep", 2], ["cwait", 0, 0], ["sem", 0], ["cuntil", 0], ["get", 3, 0]]
        waits += [["join", 0], ["put", 0, 1], ["meet"]]
        waits += [[name, *self.words(name, me)] for name in ("fshield", "fgather", "fwait", "feach", "jawait", "jshield", "jgather", "jwait", "jeach", "jshut")]
        if self.later(me) is not None:
            waits.append(["await", self.later(me)])
            waits += [[name, *self.words(name, me)] for name in ("shield", "gather", "wait", "each", "eager")]
        return [r.choice((-1, 0, 1, 2, 4)), r.choice([op for op in waits if op[0] not in self.without])]

    def hold_timeout(self, me, depth):
        return [self.random.choice((0, 1, 2, 4)), self.block(me, depth, 3)]

    def hold_tg(self, me, depth):
        children = [] if self.later(me) is None else [self.later(me) for _ in range(self.random.randint(1, 2))]
        return [children, self.block(me, depth, 2)]

    def program(self):
        bodies = [self.block(me, 0, 7) for me in range(self.count)]
        bodies[0][:0] = [["spawn", k] for k in range(1, self.count) if self.random.random() < 0.8]
        return bodies


def program(seed, version=(3, 13)):
    return Writer(seed, version).program()


def version_of(text):
    """(3, 11) of "3.11", or of "3.11.2"."""
    return tuple(int(part) for part in text.split(".")[:2])


if __name__ == "__main__":
    for each in range(int(sys.argv[1]), int(sys.argv[2])):
        print(json.dumps(program(each, *map(version_of, sys.argv[3:4]))))
