#!/usr/bin/env python3
"""Damaged and lying traces, and what is none, under every command that reads one: no crash, no hang, no growth, nothing that a terminal
obeys, and words that name the file.

damaged_traces.py RETICK SCENARIO.c: a sample; with RETICK_DAMAGED=N in the environment N traces damaged at random, and every command on
each lie. RETICK_SEED=N begins elsewhere. What fails is told with the command, and kept if there was an N.
"""

import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile

RETICK, SCENARIO = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
with open(RETICK, "rb") as program:
    SANITIZED = b"__asan_init" in program.read()
COUNT = int(os.environ.get("RETICK_DAMAGED", "0"))
SEED = int(os.environ.get("RETICK_SEED", "1"))
SECONDS = 300 if SANITIZED else 30  # of processor time: far more than any of these takes
MEMORY = 400 << 10  # KiB
OBEYED = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]")

# What can be asked of a trace; the first four are what traces that are damaged at random are asked.
COMMANDS = [
    ["query", "{}", "log"],
    ["diff", "good.db", "{}"],
    ["graph", "{}", "-o", "new.dot", "--force"],
    ["replay", "{}"],
    ["diff", "{}", "good.db"],
    ["shrink", "{}", "-o", "new.db", "--force", "--runs", "20"],
    ["run", "--schedule", "{}", SCENARIO, "-o", "new.db", "--force"],
    ["recover", "{}"],
    ["export", "{}", "--as", "perfetto", "-o", "new.perfetto", "--force"],
    ["query", "{}", "history", "app"],
] + [["query", "{}", name] for name in ("tasks", "waits", "deadlocks", "messages", "choices", "why")]

RECURSION = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT "
LAST = "(SELECT max(seq) FROM events)"
GREAT = ["PRAGMA writable_schema = ON", "UPDATE sqlite_schema SET sql = replace(sql, 'zeroblob(4)', 'zeroblob(400000000)')"] # once it is filled
LIES = {
    "causes in a circle": [f"UPDATE events SET cause_seq = seq + 1 WHERE seq < {LAST}", f"UPDATE events SET cause_seq = 1 WHERE seq = {LAST}"],
    "causes of themselves": ["UPDATE events SET cause_seq = seq"],
    "causes that come": ["UPDATE events SET cause_seq = 999999999999 WHERE cause_seq IS NOT NULL"],
    "causes before all": ["UPDATE events SET cause_seq = -1"],
    "parents in a circle": ["UPDATE objects SET parent_id = object_id + 1"],
    "own parents": ["UPDATE objects SET parent_id = object_id"],
    "events of nothing": ["UPDATE events SET ts = NULL, kind = NULL, host_id = NULL, task_id = NULL, subject_id = NULL, loc_id = NULL"],
    "nameless objects": ["UPDATE objects SET path = NULL, name = NULL, kth = NULL, ordinal = NULL, host_id = NULL"],
    "meta of nothing": ["UPDATE meta SET value = NULL"],
    "no meta": ["DELETE FROM meta"],
    "meta of blobs": ["UPDATE meta SET value = zeroblob(1000)"],
    "a text of 50 MB": ["UPDATE meta SET value = printf('%.*c', 50000000, 'x') WHERE key = 'text'"],
    "paths of 3 MB": ["UPDATE objects SET path = printf('%.*c', 3000000, 'y'), name = path WHERE object_id < 9"],
    "other types": ["UPDATE events SET ts = 'a', kind = x'00', host_id = 'z', task_id = 1.5, subject_id = x'ff', cause_seq = 'q', arg = 'z'"],
    "the greatest numbers": ["UPDATE events SET ts = 9223372036854775807, kind = 9223372036854775807, host_id = 9223372036854775807,"
                             " task_id = -9223372036854775808, subject_id = 9223372036854775807, arg = -9223372036854775808"],
    "unknown kinds": ["UPDATE events SET kind = 99"],
    "events before all": ["UPDATE events SET seq = -seq"],
    "an event after all": [f"UPDATE events SET seq = 9223372036854775807 WHERE seq = {LAST}"],
    "an event far behind": [f"UPDATE events SET seq = 4000000000 WHERE seq = {LAST}"],
    "an object far behind": ["UPDATE objects SET object_id = 4000000000 WHERE object_id = 2"],
    "an object after all": ["UPDATE objects SET object_id = 9223372036854775807 WHERE object_id = 2"],
    "an object before all": ["UPDATE objects SET object_id = -9 WHERE object_id = 2"],
    "no events": ["DROP TABLE events"],
    "no objects": ["DROP TABLE objects"],
    "no choices": ["DROP TABLE choices"],
    "fewer columns": ["ALTER TABLE events DROP COLUMN arg"],
    "endless events": ["ALTER TABLE events RENAME TO kept", "CREATE VIEW events AS " + RECURSION + "x AS seq, 0 AS ts, 1 AS kind, 1 AS host_id,"
                       " 1 AS task_id, 1 AS subject_id, x + 1 AS cause_seq, 1 AS loc_id, 0 AS arg FROM c"],
    "endless objects": ["ALTER TABLE objects RENAME TO kept", "CREATE VIEW objects AS " + RECURSION + "x AS object_id, 'task' AS type, x AS"
                        " stable_id, 'p' || x AS path, x + 1 AS parent_id, 1 AS host_id, 'n' AS name, 1 AS kth, 1 AS ordinal, 1 AS loc_id FROM c"],
    "endless meta": ["ALTER TABLE meta RENAME TO kept", "CREATE VIEW meta AS " + RECURSION + "'k' || x AS key, x AS value FROM c"],
    "an endless view": ["DROP VIEW IF EXISTS waits_for", "CREATE VIEW waits_for AS " + RECURSION + "x AS wait_id, x AS task_id, 't' AS task,"
                        " x AS subject_id, 's' AS subject, 0 AS begin_ts, x + 1 AS owner_task_id, 'o' AS owner FROM c"],
    "events that are virtual": ["DROP TABLE events", "CREATE VIRTUAL TABLE events USING fts5(seq, ts, kind, host_id, task_id, subject_id,"
                                " cause_seq, loc_id, arg)"],
    "a column that is computed": ["DROP TABLE tmark", "CREATE TABLE tmark(ts, seq AS (hex(zeroblob(4))))", "INSERT INTO tmark VALUES (1)", *GREAT],
    "meta that is computed": ["ALTER TABLE meta RENAME TO kept", "CREATE TABLE meta(key, value AS (hex(zeroblob(4))))",
                              "INSERT INTO meta SELECT key FROM kept", *GREAT],
    "a trigger": ["CREATE TRIGGER lie AFTER UPDATE ON meta BEGIN DELETE FROM events; END"],
    "version 9": ["PRAGMA user_version = 9"],
    "version 0": ["PRAGMA user_version = 0"],
    "a version below 0": ["PRAGMA user_version = -5"],
    "another application": ["PRAGMA application_id = 1"],
    "a scenario that is none": ["UPDATE meta SET value = '/etc/passwd' WHERE key = 'scenario_file'"],
    "a scenario that is an option": ["UPDATE meta SET value = '-fplugin=evil.so' WHERE key = 'scenario_file'"],
    "names that are obeyed": ["UPDATE meta SET value = char(27) || '[31m' || char(7, 10) WHERE key IN ('scenario', 'verdict', 'text')"],
    "a schedule that is none": ["UPDATE meta SET value = 'retick schedule 1' || char(10) || 'host_late x @99999999999999999999 +1s'"
                                " WHERE key = 'schedule'"],
    "choices of any size": ["UPDATE choices SET kind = 'delivery', ordinal = -1, n = -1, value = 9223372036854775807, most = -9"],
    "a digest that is none": ["UPDATE meta SET value = 'zz' WHERE key = 'digest'"],
    "checkpoints that are none": ["UPDATE checkpoints SET digest = x'', seq = -5"],
    "objects that are one": ["UPDATE objects SET stable_id = 1"],
    "a deep tree": ["INSERT INTO objects(object_id, type, stable_id, path, parent_id, host_id, name, kth) WITH RECURSIVE c(x) AS (SELECT 0"
                    " UNION ALL SELECT x + 1 FROM c WHERE x < 20000) SELECT 1000000 + x, 'task', x, 'a/' || x, 999999 + x, 1, 'n', 1 FROM c",
                    "INSERT INTO tasks(task_id) SELECT object_id FROM objects WHERE object_id >= 1000000"],
    "tasks that wait for all": ["DELETE FROM waits", "DELETE FROM holds", "INSERT INTO waits(wait_id, task_id, subject_id, begin_ts) SELECT"
                                " 1000 * a.object_id + b.object_id, a.object_id, b.object_id, 0 FROM objects a JOIN objects b LIMIT 2000",
                                "UPDATE objects SET type = 'task'", "UPDATE tasks SET done_seq = NULL"],
}


def lie(name, path):
    shutil.copy("found.db", path)
    db = sqlite3.connect(path, isolation_level=None)
    for sql in LIES[name]:
        try:
            db.execute(sql)
        except (sqlite3.OperationalError, sqlite3.IntegrityError):
            pass  # this schema does not let it be said
    db.close()


def folded(path):
    """A tree whose pages are hung up again and again: a table of a few kilobytes, and billions of rows."""
    shutil.copy("found.db", path)
    db = sqlite3.connect(path)
    root = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'events'").fetchone()[0]
    db.close()
    with open(path, "rb") as file:
        data = bytearray(file.read())
    size = int.from_bytes(data[16:18], "big")
    data += data[(root - 1) * size : root * size]  # the lowest of them
    below = len(data) // size
    for _ in range(3):
        page, cells = bytearray(size), (size - 12) // 7
        page[0] = 5  # within a table's tree
        page[3:5], page[8:12] = cells.to_bytes(2, "big"), below.to_bytes(4, "big")
        page[5:7] = (size - 5 * cells).to_bytes(2, "big")
        for i in range(cells):
            at = size - 5 * (i + 1)
            page[12 + 2 * i : 14 + 2 * i] = at.to_bytes(2, "big")
            page[at : at + 5] = below.to_bytes(4, "big") + b"\x01"
        data += page
        below = len(data) // size
    data[(root - 1) * size : root * size] = data[(below - 1) * size : below * size]
    data[28:32] = below.to_bytes(4, "big")
    with open(path, "wb") as file:
        file.write(data)


def empty(path):
    open(path, "wb").close()


def content(data):
    def make(path):
        with open(path, "wb") as file:
            file.write(data)

    return make


def foreign(path):
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE events(a)")
    db.close()


def beside(suffix, data, size=0):
    def make(path):
        shutil.copy("found.db", path)
        with open(path + suffix, "wb") as file:
            file.write(data)
            if size:
                file.truncate(size)

    return make


def wal(path):
    shutil.copy("found.db", path)
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE more(a)")
    db.commit()
    db.close()


GARBAGE = random.Random(SEED).randbytes(5000)
THINGS = {
    "a fifo": os.mkfifo,
    "a folder": os.mkdir,
    "zeros for ever": lambda path: os.symlink("/dev/zero", path),
    "a full device": lambda path: os.symlink("/dev/full", path),
    "memory": lambda path: os.symlink("/proc/self/mem", path),
    "a link to nothing": lambda path: os.symlink("nothing", path),
    "a link to itself": lambda path: os.symlink(path, path),
    "an empty file": empty,
    "100,000 zeros": content(bytes(100000)),
    "garbage": content(GARBAGE),
    "a head and nothing": content(b"SQLite format 3\0" + bytes(52) + b"tick" + bytes(28)),
    "another program's": foreign,
    "a folded tree": folded,
    "a write-ahead log": wal,
    "a journal of garbage": beside("-journal", GARBAGE),
    "a ring of garbage": beside("-ring", GARBAGE),
    "an empty ring": beside("-ring", b""),
    "a ring of a terabyte": beside("-ring", b"tickring", 1 << 40),
}


def damage(number, path):
    """Bits, cuts, blocks and the schema's page; returns what was done."""
    rand = random.Random(SEED * 1000003 + number)
    with open("found.db", "rb") as file:
        data = bytearray(file.read())
    how = number % 6
    page = int.from_bytes(data[16:18], "big")
    if how == 0:
        for _ in range(rand.choice([1, 4, 64, 1000])):
            at = rand.randrange(len(data))
            data[at] ^= 1 << rand.randrange(8)
    elif how == 1:
        del data[rand.randrange(len(data)) :]
    elif how == 2:
        at, size = rand.randrange(len(data)), rand.choice([16, 512, page, 4 * page])
        data[at : at + size] = rand.choice([bytes(size), rand.randbytes(size), b"\xff" * size])[: len(data) - at]
    elif how == 3:  # pages in each other's place
        for _ in range(rand.choice([1, 3])):
            a, b = (rand.randrange(1, len(data) // page) * page for _ in range(2))
            data[a : a + page], data[b : b + page] = data[b : b + page], data[a : a + page]
    elif how == 4:  # the schema's page, behind the file's head
        for _ in range(rand.choice([1, 8, 100])):
            data[rand.randrange(100, page)] = rand.randrange(256)
    else:  # the file's head
        for _ in range(rand.choice([1, 3])):
            data[rand.randrange(16, 100)] = rand.randrange(256)
    with open(path, "wb") as file:
        file.write(data)
    return ["bits", "a cut", "a block", "pages", "the schema", "the head"][how]


failures = 0
calls = 0
most = (0, "")
slowest = (0.0, "")


def limits():
    signal.alarm(2 * SECONDS)  # and of waiting
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))


def ask(what, path, command):
    global failures, calls, most, slowest
    calls += 1
    for suffix in ("-journal", "-ring", "-wal", "-shm"):
        for name in ("new.db", "new.dot"):
            if os.path.exists(name + suffix):
                os.unlink(name + suffix)
    words = [RETICK] + [word.replace("{}", path) for word in command]
    with open("said", "wb") as said:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=said, stderr=said, preexec_fn=limits)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = 0
    code = os.waitstatus_to_exitcode(status)
    with open("said", "rb") as said:
        text = said.read()
    used = usage.ru_utime + usage.ru_stime
    label = f"{what}: retick {' '.join(words[1:])}"
    most, slowest = max(most, (usage.ru_maxrss, label)), max(slowest, (used, label))
    wrong = ""
    if code not in (0, 1, 2):
        wrong = f"it ended with {code}"
    elif usage.ru_maxrss > MEMORY and not SANITIZED:
        wrong = f"it took {usage.ru_maxrss >> 10} MiB"
    elif OBEYED.search(text):
        wrong = "it said what a terminal obeys"
    elif code == 2 and (b"retick: " not in text or path.encode() not in text and "scenario" not in what):
        wrong = "it did not say why, or of what"
    elif b"runtime error" in text or b"AddressSanitizer" in text or b"assertion failed" in text:
        wrong = "it complained of itself"
    if wrong:
        failures += 1
        kept = os.path.join(tempfile.gettempdir() if COUNT else ".", f"damaged-{failures}.db")
        if os.path.isfile(path) and COUNT:
            shutil.copy(path, kept)
        print(f"FAILED: {label}: {wrong}\n    | " + text[:600].decode("utf-8", "backslashreplace").replace("\n", "\n    | "))


def forget(path):
    for name in (path, path + "-journal", path + "-ring", path + "-wal", path + "-shm"):
        if os.path.isdir(name) and not os.path.islink(name):
            shutil.rmtree(name)
        elif os.path.lexists(name):
            os.unlink(name)


def each(what, path, make, commands):
    for command in commands:
        forget(path)
        told = make(path)
        ask(told if isinstance(told, str) else what, path, command)
    forget(path)


def main():
    for words, code in ((["run", SCENARIO, "-o", "good.db"], 0), (["fuzz", SCENARIO, "-o", "found.db"], 1)):
        result = subprocess.run([RETICK] + words, stdout=subprocess.DEVNULL, check=False).returncode
        assert result == code, (words, result)
    turn = 0
    makers = [(name, lambda path, name=name: lie(name, path)) for name in LIES] + list(THINGS.items())
    for what, make in makers:
        # In a sample each is asked two questions, in turn: over all of them every question is asked some ten times.
        chosen = COMMANDS if COUNT else [COMMANDS[(turn + i) % len(COMMANDS)] for i in range(2)]
        turn += 2
        each(what, "bad.db", make, chosen)
    for number in range(COUNT or 24):
        each("", "bad.db", lambda path, number=number: f"{damage(number, path)} ({number})", COMMANDS[: 4 if COUNT else 2])
    print(f"{calls} commands, {failures} failed; at most {most[0] >> 10} MiB ({most[1]}), {slowest[0]:.1f} s ({slowest[1]})")


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    os.environ["XDG_CACHE_HOME"] = os.path.join(folder, "cache")
    os.environ["NO_COLOR"] = "1"
    main()
    os.chdir("/")
sys.exit(1 if failures else 0)
