#!/usr/bin/env python3
"""CPython's own tests of asyncio, each natively and as a guest: which of those that pass natively fail on the simulated kernel.

    asyncio_suite.py RETICK DIFFERENCES [MODULE...]

Takes /usr/bin/python3's, of Debian's package libpython3.11-testsuite. A file of tests runs in one process; where the run ends in the midst
of a test (a deadlock, a call that is refused), that one has failed, and the rest is run anew. DIFFERENCES lists, by cause, those that may
fail as guests: one that is not listed and does, or is listed and passes, is an error. Exits with 77 if there is nothing to run.
"""
import os
import re
import signal
import subprocess
import sys
import tempfile

PYTHON = "/usr/bin/python3"
FOLDER = "/usr/lib/python3.11/test/test_asyncio"
CHILDREN = "starts children"  # as all of test_subprocess do
LEFT_OUT = "test_subprocess", "test_windows_events", "test_windows_utils"
MARK = "asyncio-suite:"
MOST = 3000  # s, of one file of tests
RUNNER = r'''
import sys, unittest
mark, module, done = sys.argv[1], sys.argv[2], set(open(sys.argv[3]).read().split())
class Result(unittest.TestResult):
    def startTest(self, test):
        super().startTest(test)
        self.bad = None
        print(mark, "begins", test.id(), file=sys.__stdout__, flush=True)
    def stopTest(self, test):
        super().stopTest(test)
        print(mark, self.bad or "passes", test.id(), file=sys.__stdout__, flush=True)
    def note(self, error):
        self.bad = "fails"
        text = "".join(__import__("traceback").format_exception(*error))
        print(text, file=sys.__stdout__, flush=True)
    def addError(self, test, error):
        self.note(error)
    addFailure = addError
    def addSubTest(self, test, subtest, error):
        if error:
            self.note(error)
    def addSkip(self, test, reason):
        self.bad = self.bad or "skips"
def each(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from each(test)
        else:
            yield test
tests = unittest.TestLoader().loadTestsFromName("test.test_asyncio." + module)
rest = {}
for test in each(tests):
    if test.id() not in done:
        rest.setdefault(type(test), unittest.TestSuite()).addTest(test)
result = Result()
unittest.TestSuite(rest.values()).run(result)
print(mark, "complete", flush=True)
'''


def interruptible():
    """In the child: a shell's background jobs ignore SIGINT, which some of the tests send themselves, and would wait for for ever."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def results(command, module, room):
    """What became of each test, and the text around those that failed."""
    became, words = {}, {}
    while True:
        with open(os.path.join(room, "done"), "w") as file:
            file.write("\n".join(became))
        argv = [*command, PYTHON, os.path.join(room, "runner.py"), MARK, module, os.path.join(room, "done")]
        try:
            run = subprocess.run(argv, cwd=room, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                 errors="replace", timeout=MOST, preexec_fn=interruptible)
        except subprocess.TimeoutExpired:
            sys.exit(f"{module}: not done after {MOST} s: {' '.join(command) or 'natively'}")
        begun, text, before = None, [], len(became)
        for line in run.stdout.splitlines():
            at = line.find(MARK)
            if at < 0:
                text.append(line)
                continue
            what, _, test = line[at + len(MARK) + 1:].partition(" ")
            if what == "complete":
                return became, words
            if what == "begins":
                begun, text = test, []
            else:
                became[test], begun = what, None
                if what == "fails":
                    words[test] = text
        if begun:
            became[begun], words[begun] = "ends the run", text
        if len(became) == before:
            sys.exit(f"{module}: no test was run by {' '.join(command)}:\n{run.stdout[-3000:]}")


def listed(path):
    """test: cause. Lines are indented below the cause that they share."""
    tests, cause = {}, None
    for line in open(path):
        line = line.split("#")[0].rstrip()
        if line and not line[0].isspace():
            cause = line
        elif line:
            tests[line.strip()] = cause
    return tests


def main():
    retick, differences, modules = os.path.realpath(sys.argv[1]), listed(sys.argv[2]), sys.argv[3:]
    if not os.path.isdir(FOLDER):
        print("left out: asyncio's own tests: they are in Debian 12's package libpython3.11-testsuite")
        sys.exit(77)
    modules = modules or sorted(name[:-3] for name in os.listdir(FOLDER) if re.match(r"test_\w+\.py$", name))
    passed = failed = children = unlisted = 0
    seen = set()
    with tempfile.TemporaryDirectory() as room:
        with open(os.path.join(room, "runner.py"), "w") as file:
            file.write(RUNNER)
        for module in modules:
            if module in LEFT_OUT:
                continue
            native, _ = results([], module, room)
            guest, words = results([retick, "run", "--quiet", "--hang=300s", "-o", os.path.join(room, "run.db"), "--force", "--"], module, room)
            for test in sorted(native):
                if native[test] != "passes":
                    continue
                short, became = test.removeprefix("test.test_asyncio."), guest.get(test, "is not run")
                seen.add(short)
                if became == "passes":
                    passed += 1
                    if short in differences:
                        unlisted += 1
                        print(f"{short} passes, and is listed as one that does not")
                    continue
                failed += 1
                children += differences.get(short) == CHILDREN
                if short not in differences:
                    unlisted += 1
                    print(f"{short} {became} as a guest", *words.get(test, [])[-12:], sep="\n    ")
    for short in sorted(differences.keys() - seen):
        if short.split(".")[0] in modules:
            unlisted += 1
            print(f"{short} is listed, and there is none that passes natively")
    alone = passed + failed - children
    print(f"{passed} of {passed + failed} that pass natively pass as guests, {passed / max(alone, 1):.1%} of those that start no children; "
          f"{unlisted} otherwise than listed")
    sys.exit(unlisted != 0)


main()
