#!/usr/bin/env python3
"""No string from outside reaches a terminal or a file of lines but through src/base/visible.h (docs/TESTING.md).

Names, messages and payloads may hold anything: escape sequences, newlines, bytes that are no text. So a call of stdio's that fills in a
string, or puts one that is no literal, is allowed only in the files below, each for its reason; all others print with tick__print, or with
what cli/print.h has, which make visible what they fill in.
"""

import re

import tree

FOLDERS = ("src/", "sim/", "trace/", "viewer/", "cli/")
OWN_WORDS = ("cli/pages/",)  # made when retick is built, of tables of its own
ALLOWED = {
    "sim/guest/wrap_bytes.c": "the program's own printing, which is passed on",
    "src/base/visible.c": "makes visible",
    "src/base/check.c": "an assertion's own words",
    "cli/print.c": "prints what visible.h has made visible, and colours",
    "cli/progress.c": "ASCII of its own",
    "cli/task_program.c": "a log that is compared with asyncio's, letter by letter",
    "cli/program_virtual.c": "a log that is compared with asyncio's, letter by letter",
    "cli/report_json.c": "JSON, for programs, with its own escapes",
    "cli/compile_known.c": "a file of the cache, of paths without newlines, that only retick reads",
    "trace/query.c": "rows of cells that tick__printable has written",
    ("trace/named.c", "fputc(*at, to)"): "builds a question in memory",
    ("trace/named.c", "fputc(*from, to)"): "builds a question in memory",
    "viewer/page.c": "a page of its own, with JSON in it of texts that are visible already",
    "viewer/export/csv_rows.c": "CSV, for programs, with its own quoting",
    "viewer/export/export.c": "JSON of texts that are visible already, with its own escapes",
    "viewer/export/perfetto.c": "a binary format; its texts are visible already",
    "viewer/export/chrome.c": "JSON of its own; texts go through tick__export_json",
    "viewer/export/otlp.c": "JSON of its own; texts go through tick__export_json",
    "viewer/export/folded.c": "texts are visible already, and a frame's semicolons are replaced",
    "viewer/export/shiviz.c": "texts are visible already, and lines of its own",
    "viewer/pictures.c": "markup of its own; texts go through tick__dot_html",
    "viewer/picture_causes.c": "markup of its own; texts go through tick__dot_html",
    "viewer/dot.c": "markup of its own; texts go through html(), which makes visible",
    ("sim/choice/schedule.c", "fputs(line, file)"): "a line whose names are encoded (sim/choice/path.c)",
    ("sim/native/harness.c", 'fprintf(stderr, "%s\\n", how)'): "words of its own, told from inside malloc's family",
    ("cli/abroad.c", "fputs(clock_text, file)"): "a source of its own",
    ("cli/scenario_load.c", "fputs(example, stderr)"): "words of its own",
    ("cli/scenario_load.c", 'fprintf(file, " --%s \'", name)'): "builds a text in memory",
    ("cli/scenario_load.c", "fputs(*value == '\\'' ? \"'\\\\''\" : (char[]){*value, 0}, file)"): "builds a text in memory",
}
CALL = re.compile(r"(?<![\w.>])(v?f?printf|v?dprintf|f?puts|fputs_unlocked|fwrite|perror|f?putc|putchar)\s*\(")
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|//[^\n]*|/\*.*?\*/', re.S)
STRINGS = re.compile(r'"(?:\\.|[^"\\])*"')
FILLS_IN = re.compile(r"%[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+)?)?(?:hh|h|ll|l|z|j|t|L)?s")


def arguments(text, at):
    """What stands between the bracket that is open at `at` and the one that closes it, split at its commas."""
    depth, start, parts = 0, at, []
    while at < len(text):
        token = TOKEN.match(text, at)
        if token:
            at = token.end()
            continue
        if text[at] in "([{":
            depth += 1
        elif text[at] in ")]}":
            if depth == 0:
                return parts + [text[start:at].strip()], at
            depth -= 1
        elif text[at] == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
        at += 1
    return parts + [text[start:].strip()], at


def is_literal(text):
    """Only literals, or a choice between some."""
    rest = STRINGS.sub("", text)
    return rest.strip() == "" or bool(re.fullmatch(r'[^"]*\?\s*:\s*', rest)) or bool(re.fullmatch(r"[A-Z_]+", text.strip()))


def complaint(name, parts):
    """What is wrong with a call; "" if nothing is."""
    if name in ("printf", "fprintf", "dprintf", "vprintf", "vfprintf", "vdprintf"):
        at = 0 if name in ("printf", "vprintf") else 1
        form = parts[at] if len(parts) > at else ""
        if not STRINGS.search(form):
            return "its format is no literal"
        return "it fills in a string" if FILLS_IN.search("".join(STRINGS.findall(form)).replace("%%", "")) else ""
    if name in ("puts", "fputs", "perror"):
        return "" if is_literal(parts[0]) else "its text is no literal"
    if name in ("fputc", "putc", "putchar"):
        return "" if parts[0].startswith("'") or re.fullmatch(r"[A-Z_]+", parts[0]) else "its character is no literal"
    return "it puts bytes"


def check(root):
    for path in tree.files(root, ".c", ".h"):
        if not path.startswith(FOLDERS) or path.startswith(OWN_WORDS) or path in ALLOWED:
            continue
        text = "\n".join(tree.lines(root, path) or [])
        code = TOKEN.sub(lambda token: " " * len(token[0]) if token[0].startswith("/") else token[0], text)
        for call in CALL.finditer(code):
            before = code[code.rfind("\n", 0, call.start()) + 1 : call.start()]
            if before.count('"') % 2:  # in a literal
                continue
            parts, end = arguments(code, call.end())
            words = " ".join(code[call.start() : end + 1].split())
            what = complaint(call[1], parts)
            if what and (path, words) not in ALLOWED:
                line = code.count("\n", 0, call.start()) + 1
                yield f"{path}:{line}: {call[1]}: {what}: print with tick__print or cli/print.h, which make visible what comes from outside"


if __name__ == "__main__":
    tree.run(check)
