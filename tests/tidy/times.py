#!/usr/bin/env python3
"""Times are int64_t, and nothing but src/base/times.h adds, subtracts or multiplies them: its sums end at TICK_NEVER.

Whatever is declared as int64_t (a field, a parameter, a variable, what a function returns) counts as a time, unless NO_TIMES names it.

And what the public headers take of them is swept: a row of a tests/*/*_times.c, "function.parameter" or "struct.field", puts every edge into
it. NOT_SWEPT says what needs no row.
"""

import re

import tree

FOLDERS = ("include/", "src/", "sim/")
SUMS = "src/base/times.h"

# int64_t that is no time: {file or "": {name: what it is}}
NO_TIMES = {
    "sim/kernel/disk_files.c": {"offset": "of a file", "base": "of a file"},
    "sim/kernel/disk_names.c": {"offset": "of a directory"},
    "sim/kernel/sendfile.c": {"at": "a place in a file"},
    "sim/explore/stability.c": {"count": "of deviations"},
}
# Of the public headers: what is no time, or none that a program gives.
NOT_SWEPT = {
    "tick_sys_ops.fcntl.argument": "an argument",
    "tick_sys_ops.pread.offset": "of a file",
    "tick_sys_ops.pwrite.offset": "of a file",
    "tick_sys_ops.lseek.offset": "of a file",
    "tick_sys_ops.ftruncate.size": "of a file",
    "tick_sys_ops.choose.most": "of a choice",
    "tick_sys_job.takes": "set by the loop",
    "tick_chooser_ops.choose.most": "of a choice",
    "tick_deviation.most": "of a choice",
    "tick_poller_ops.wait.timeout": "what the loop works out",
    "tick_timeout.deadline": "set by tick_timeout_enter",
    "tick_event.ts": "told",
    "tick_event.arg": "told",
    "tick_probe.now": "told",
    "tick_emit.arg": "told",
}
# Fields of this owner are times, although others of their name are not.
ALWAYS = {("root", "now"), ("loop", "now")}

TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])+\'|[A-Za-z_]\w*|\.?\d[\w.]*|->|\+\+|--|[-+*/%&|^<>=!]=|<<=?|>>=?|&&|\|\||\.\.\.|\S')
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)
DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(?!define)(?:[^\n]*\\\n)*[^\n]*", re.M)
WORD = re.compile(r"[A-Za-z_]\w*$")
DECLARED = re.compile(r"\bint64_t\s+(?:const\s+)?((?:\*?\s*\w+(?:\s*\[\w*\])?(?:\s*=[^,;()]*(?:\([^;()]*\)[^,;()]*)*)?\s*,(?!\s*\w+[\s*]+\w))*\s*\*?\s*\w+)")
FUNCTION = re.compile(r"\bint64_t\s+(?:\(\*)?(\w+)\)?\s*\(")
COMPARED = ("==", "!=", "<", ">", "<=", ">=")
QUOTIENTS = ("/", "%", ">>") + COMPARED
NO_VALUES = {"return", "case", "else", "sizeof", "do"}
TYPES = {"const", "void", "char", "int", "tick_id"}


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def text_of(root, path):
    """Without comments and directives, whose lines stay."""
    text = "\n".join(tree.lines(root, path) or [])
    return DIRECTIVE.sub(blank, COMMENT.sub(blank, text))


def declared(text):
    """Names of int64_t variables, parameters and fields."""
    found = set()
    for match in DECLARED.finditer(text):
        for part in re.split(r",(?![^()]*\))", match.group(1)):
            name = re.match(r"\s*\*?\s*(\w+)", part)
            if name:
                found.add(name.group(1))
    return found


def parts(text):
    """(first line, what) of each function or other block of the file: up to a line that is }, or begins with it."""
    start, line = 0, 1
    for match in re.finditer(r"^\}[^\n]*\n", text, re.M):
        yield line, text[start : match.end()]
        line += text.count("\n", start, match.end())
        start = match.end()
    yield line, text[start:]


def tokens(text, line):
    at = 0
    for match in TOKEN.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        yield match.group(), line


class Part:
    """The tokens of a function, and what of them is a time."""

    def __init__(self, found, names, fields, functions):
        self.words = [word for word, _ in found]
        self.lines = [line for _, line in found]
        self.names, self.fields, self.functions = names, fields, functions
        self.mate = {}
        opened = []
        for i, word in enumerate(self.words):
            if word in "([{":
                opened.append(i)
            elif word in ")]}" and opened:
                self.mate[i] = opened.pop()
                self.mate[self.mate[i]] = i

    def is_time(self, i):
        """Whether the name at i is one."""
        if i > 1 and self.words[i - 1] in (".", "->"):
            return self.words[i] in self.fields or (self.words[i - 2], self.words[i]) in ALWAYS
        return self.words[i] in self.names

    def inside(self, first, last):
        """The time that stands between two parentheses, not in a call's arguments or an index; of a comparison it is none."""
        i = first
        if any(word in COMPARED for word in self.words[first : last + 1]):
            return None
        while i <= last:
            word = self.words[i]
            if word in "([" and i > first and (WORD.match(self.words[i - 1]) or self.words[i - 1] in ")]"):
                if WORD.match(self.words[i - 1]) and self.words[i - 1] in self.functions:
                    return self.words[i - 1]
                i = self.mate.get(i, i)
            elif WORD.match(word) and self.is_time(i) and not (i < last and self.words[i + 1] in ("->", ".", "(") + QUOTIENTS):
                return word
            i += 1
        return None

    def before(self, i, operator):
        """The time that the operand which ends before i is, or None."""
        i -= 1
        word = self.words[i]
        if word == "]":
            i = self.mate.get(i, i) - 1
            word = self.words[i]
        if word == ")":
            first = self.mate.get(i, i)
            if first > 0 and WORD.match(self.words[first - 1]) and self.words[first - 1] not in NO_VALUES:
                return self.words[first - 1] if self.words[first - 1] in self.functions else None
            return self.inside(first + 1, i - 1)
        first = i
        while first > 1 and self.words[first - 1] in (".", "->") and WORD.match(self.words[first - 2]):
            first -= 2
        if operator in "+-" and self.words[first - 1] in ("/", "%"):
            return None  # a part of a time
        return word if WORD.match(word) and self.is_time(i) else None

    def after(self, i, operator):
        """The time that the operand which begins behind i is, or None."""
        i += 1
        while i < len(self.words) and self.words[i] in ("(", "-", "*", "&", "!"):
            if self.words[i] == "(":
                last = self.mate.get(i, i)
                behind = self.words[last + 1] if last + 1 < len(self.words) else ";"
                if WORD.match(behind) or behind == "(":  # a cast
                    i = last
                elif behind not in (".", "->", "["):
                    return self.inside(i + 1, last - 1)
            i += 1
        while i + 1 < len(self.words):
            behind = self.words[i + 1]
            if behind in (".", "->"):
                i += 2
            elif behind == "[" or (behind == "(" and i + 1 in self.mate and self.words[self.mate[i + 1] + 1] in (".", "->")):
                if self.words[self.mate[i + 1] + 1] not in (".", "->"):
                    break
                i = self.mate[i + 1] + 2
            else:
                break
        if i >= len(self.words) or not WORD.match(self.words[i]):
            return None
        if i + 1 < len(self.words) and self.words[i + 1] == "(":
            return self.words[i] if self.words[i] in self.functions else None
        behind = self.words[i + 1] if i + 1 < len(self.words) else ";"
        if behind in ("/", "%", ">>") and operator in "+-":
            return None  # a part of a time
        if behind in COMPARED and operator.endswith("="):
            return None
        return self.words[i] if self.is_time(i) else None

    def sums(self):
        for i, word in enumerate(self.words):
            if i == 0 or word not in ("+", "-", "*", "+=", "-=", "*=", "<<"):
                continue
            previous = self.words[i - 1]
            binary = previous in ")]" or (WORD.match(previous) and previous not in NO_VALUES) or previous[0].isdigit()
            binary &= previous != ")" or self.words[self.mate.get(i - 1, 0) - 1] not in ("if", "while", "for", "switch")
            if not binary or (word == "*" and (previous in TYPES or previous.endswith("_t") or self.words[i - 2] == "struct")):
                continue
            time = self.before(i, word) or self.after(i, word)
            if time:
                yield self.lines[i], word, time


OTHER = re.compile(r"\b(?:u?int(?:8|16|32|64)?_t|size_t|int|unsigned|char|bool|tick__ref|tick_id|struct \w+)\s+([^;()]*);")


def fields_of(text):
    """(times, others): names of the fields of a file's structs."""
    times, others = set(), set()
    for match in re.finditer(r"\b(?:struct|union)\b[^;{}()]*\{", text):
        depth, end = 1, match.end()
        while depth and end < len(text):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        body = re.sub(r"\([^()]*\)", "()", text[match.end() : end])
        times |= declared(body)
        for other in OTHER.finditer(body):
            if not other.group().startswith("int64_t"):
                others |= set(re.findall(r"(?:^|,)[\s*]*(\w+)", other.group(1)))
    return times, others


def visible_fields(path, own):
    """The fields that are times where the file stands: its own structs tell, else its folder's, else all, if they agree."""
    folder = path.rpartition("/")[0] + "/"
    near = [fields for other, fields in own.items() if other.startswith(folder) and other.endswith(".h")]
    far = [fields for other, fields in own.items() if other.endswith(".h")]
    found, told = set(), set()
    for times, others in [own[path]] + [(set().union(*(t for t, _ in some)), set().union(*(o for _, o in some))) for some in (near, far)]:
        found |= times - others - told
        told |= times | others
    return found


STRUCT = re.compile(r"\bstruct (tick_\w+)\s*\{(.*?)\n\}", re.S)
TAKES = re.compile(r"(\b\w+|\(\*\w+\))\(([^;{}()]*)\)")
ROW = re.compile(r'"(tick_\w+(?:\.\w+)+)[" ]')


def parameters(text):
    """function.parameter of each time that is handed over; a pointer is for a result."""
    for match in TAKES.finditer(text):
        for part in match.group(2).split(","):
            given = re.match(r"\s*int64_t\s+(\w+)\s*$", part)
            if given:
                yield f"{match.group(1).strip('(*)')}.{given.group(1)}"


def taken(text):
    """What a header takes as a time."""
    found = set()
    for match in STRUCT.finditer(text):
        found |= {f"{match.group(1)}.{slot}" for slot in parameters(match.group(2))}
        fields = re.sub(r"\([^()]*\)", "()", match.group(2))
        found |= {f"{match.group(1)}.{name}" for name in declared(fields) if not re.search(rf"int64_t\s*\*\s*{name}\b", fields)}
    return found | set(parameters(STRUCT.sub("", text)))


def unswept(root, texts):
    rows = set()
    for path in tree.files(root, "_times.c"):
        if path.startswith("tests/"):
            rows |= set(ROW.findall("\n".join(tree.lines(root, path) or [])))
    wanted = {}
    for path, text in texts.items():
        if path.startswith("include/"):
            wanted |= {name: path for name in taken(text)}
    for name in sorted(set(wanted) - rows - set(NOT_SWEPT)):
        yield f"{wanted[name]}:1: {name} is swept by no tests/*/*_times.c"
    for name in sorted(rows - set(wanted) if wanted else ()):
        yield f"tests: {name} is swept, and no time of a public header"


def check(root):
    paths = [path for path in tree.files(root, ".c", ".h") if path.startswith(FOLDERS)]
    texts = {path: text_of(root, path) for path in paths}
    yield from unswept(root, texts)
    functions = set().union(*(FUNCTION.findall(text) for text in texts.values()))
    own = {path: fields_of(text) for path, text in texts.items()}
    for path, text in texts.items():
        if path == SUMS:
            continue
        exempt = set(NO_TIMES.get("", {})) | set(NO_TIMES.get(path, {}))
        fields = visible_fields(path, own) - exempt
        for line, part in parts(text):
            names = declared(part) - exempt
            for number, word, time in Part(list(tokens(part, line)), names, fields, functions - exempt).sums():
                yield f"{path}:{number}: {word} with the time {time}: sums of times are {SUMS}'s"


if __name__ == "__main__":
    tree.run(check)
