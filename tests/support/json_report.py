#!/usr/bin/env python3
"""Checks a report on standard input: one JSON document that the schema knows, with the members that are asked for.

    json_report.py SCHEMA MEMBER[=VALUE]...      a member is a path: run.deviations, messages.0.text; VALUE is JSON; !MEMBER is not there
"""

import json
import re
import sys

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "number": (int, float), "integer": int}


def is_a(value, name):
    return isinstance(value, TYPES[name]) and (name in ("boolean",) or not isinstance(value, bool))


def check(value, schema, root, where):
    """What is wrong with a value, by the part of JSON Schema that ours uses; an unknown keyword is an error of the schema."""
    for word, rule in schema.items():
        if word in ("$schema", "title", "$defs", "required", "additionalProperties"):
            continue
        if word == "$ref":
            yield from check(value, root["$defs"][rule.rpartition("/")[2]], root, where)
        elif word == "type":
            if not any(is_a(value, name) for name in ([rule] if isinstance(rule, str) else rule)):
                yield f"{where}: {value!r} is no {rule}"
        elif word == "const":
            if value != rule:
                yield f"{where}: {value!r}, not {rule!r}"
        elif word == "enum":
            if value not in rule:
                yield f"{where}: {value!r} is none of {rule}"
        elif word == "pattern":
            if isinstance(value, str) and not re.search(rule, value):
                yield f"{where}: {value!r} does not match {rule}"
        elif word == "minimum":
            if isinstance(value, (int, float)) and value < rule:
                yield f"{where}: {value} is below {rule}"
        elif word == "items":
            for i, item in enumerate(value if isinstance(value, list) else []):
                yield from check(item, rule, root, f"{where}.{i}")
        elif word == "anyOf":
            if all(list(check(value, one, root, where)) for one in rule):
                yield f"{where}: {value!r} is none of what it may be"
        elif word == "properties":
            members = value if isinstance(value, dict) else {}
            yield from (f"{where}: no {name}" for name in schema.get("required", []) if name not in members)
            for name, member in members.items():
                if name in rule:
                    yield from check(member, rule[name], root, f"{where}.{name}")
                elif schema.get("additionalProperties") is False:
                    yield f"{where}: {name} is not in the schema"
        else:
            yield f"the schema: {word} is not known here"


def once(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError(f"a member twice among {names}")
    return dict(pairs)


def find(document, path):
    for name in path.split("."):
        document = document[int(name)] if isinstance(document, list) else document[name]
    return document


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    text = sys.stdin.buffer.read()
    try:
        document = json.loads(text.decode("utf-8"), object_pairs_hook=once)
    except ValueError as error:
        sys.exit(f"no JSON document: {error}\n{text[:2000]!r}")
    bad = list(check(document, schema, schema, "document"))
    for member in sys.argv[2:]:
        path, _, wanted = member.lstrip("!").partition("=")
        try:
            value = find(document, path)
            if member.startswith("!"):
                bad.append(f"{path} is there: {value!r}")
            elif wanted and value != json.loads(wanted):
                bad.append(f"{path} is {value!r}, not {wanted}")
        except (KeyError, IndexError):
            if not member.startswith("!"):
                bad.append(f"there is no {path}")
    if bad:
        sys.exit("\n".join(bad) + f"\nin {text.decode('utf-8')[:4000]}")


main()
