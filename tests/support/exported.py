#!/usr/bin/env python3
"""Reads what `retick export` has written, each format by its documented rules and not by what wrote it.

usage: exported.py FORMAT FILE TRACE.db
"""

import csv
import json
import re
import sqlite3
import struct
import sys

HOSTILE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffd]")


def fail(words):
    sys.exit(f"exported.py: {words}")


def check(holds, words):
    if not holds:
        fail(words)


class Trace:
    def __init__(self, path):
        self.db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.db.text_factory = bytes  # a text may hold any bytes
        self.one = lambda sql: self.db.execute(sql).fetchone()[0]
        self.tasks = self.one("SELECT count(*) FROM tasks")
        self.hosts = self.one("SELECT count(*) FROM hosts")
        self.events = self.one("SELECT count(*) FROM events")
        self.steps = self.one("SELECT count(*) FROM steps")
        self.sent = self.one("SELECT count(*) FROM events WHERE kind = 20")
        self.end = self.one("SELECT max(ts) FROM events")
        # The life of each task: from its creation to its last step's end, its host's crash, or the end of the run.
        self.lives = sum(
            (min([end] + [at for (at,) in self.db.execute("SELECT ts FROM events WHERE kind = 24 AND subject_id = ? AND ts >= ?", (host, begin))]))
            - begin
            for begin, end, host in self.db.execute(
                "SELECT c.ts, coalesce(d.ts, ?), t.host_id FROM tasks t JOIN events c ON c.seq = t.created_seq"
                " LEFT JOIN events d ON d.seq = t.done_seq",
                (self.end,),
            )
        )


def nested(spans, what):
    """Slices of one track lie beside or within each other."""
    for begin, end in spans:
        check(begin <= end, f"{what}: a slice ends before it begins")
    spans = sorted(spans, key=lambda span: (span[0], -span[1]))
    open_ends = []
    for begin, end in spans:
        while open_ends and open_ends[-1] <= begin:
            open_ends.pop()
        check(not open_ends or end <= open_ends[-1], f"{what}: slices overlap")
        open_ends.append(end)


def chrome(path, trace):
    """https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU: Trace Event Format."""
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    names, tracks, flows, life = {}, {}, {}, 0
    for event in document["traceEvents"]:
        check(event["ph"] in "MXstf" and isinstance(event["pid"], int) and isinstance(event["tid"], int), f"no phase that is known: {event}")
        if event["ph"] == "M":
            if event["name"].endswith("_name"):
                names[(event["name"], event["pid"], event["tid"])] = event["args"]["name"]
            continue
        check(isinstance(event["ts"], (int, float)) and event["ts"] >= 0, "no time")
        if event["ph"] == "X":
            nanoseconds = round(event["dur"] * 1000)
            if nanoseconds:
                begin = round(event["ts"] * 1000)
                tracks.setdefault((event["pid"], event["tid"]), []).append((begin, begin + nanoseconds))
            if event["cat"] in ("runs", "ready", "waits"):
                life += nanoseconds
            check(1 <= event["args"]["event"] <= trace.events, "a slice of no event")
        else:
            flows.setdefault(event["id"], []).append(event["ph"])
    check(len([name for name in names if name[0] == "thread_name" and name[2]]) == trace.tasks, "not each task is a thread")
    check(len([name for name in names if name[0] == "process_name" and name[1]]) == trace.hosts, "not each host is a process")
    for track, spans in tracks.items():
        nested(spans, f"track {track}")
    check(life == trace.lives, f"tasks live for {trace.lives} ns, their slices for {life}")
    check(sum(phases[0] == "s" for key, phases in flows.items() if key.startswith("message")) == trace.sent, "not each message is an arrow")
    check(all(phases.count("s") == 1 for phases in flows.values()), "an arrow without a beginning")
    return names.values()


def fields(data):
    """Protocol Buffers' wire format: (field, value) of a message."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        elif key & 7 == 1:
            yield key >> 3, struct.unpack_from("<Q", data, at)[0]
            at += 8
        elif key & 7 == 2:
            size = varint()
            check(at + size <= len(data), "a field goes beyond its message")
            yield key >> 3, data[at : at + size]
            at += size
        else:
            fail(f"wire type {key & 7}")


def perfetto(path, trace):
    """protos/perfetto/trace/perfetto_trace.proto: Trace, TracePacket, TrackDescriptor, TrackEvent."""
    with open(path, "rb") as file:
        data = file.read()
    tracks, stacks, spans, begun, ended = {}, {}, {}, {}, set()
    slices = []
    for field, packet in fields(data):
        check(field == 1, "no packet")
        packet = dict(fields(packet))
        if 60 in packet:
            descriptor = dict(fields(packet[60]))
            check(descriptor.get(5) is None or descriptor[5] in tracks, "a track's parent comes after it")
            tracks[descriptor[1]] = descriptor[2].decode()
            continue
        event = list(fields(packet[11]))
        single = dict(event)
        check(single[11] in tracks, "an event on no track")
        slices.append((packet.get(8, 0), len(slices), single[9], single[11], event))
    for at, _, kind, track, event in sorted(slices):  # as Perfetto does: by time, else as written
        names = [value.decode() for field, value in event if field == 23]
        stack = stacks.setdefault(track, [])
        if kind == 1:
            stack.append((names[0], at))
        elif kind == 2:
            check(stack, f"{tracks[track]}: a slice ends that did not begin")
            name, begin = stack.pop()
            spans[name] = spans.get(name, 0) + at - begin
        else:
            check(kind == 3 and names, "an event of no type")
        begun.update({value: at for field, value in event if field == 47 and value not in begun})
        for value in (value for field, value in event if field == 48):
            check(value in begun, "an arrow ends that did not begin")
            ended.add(value)
    check(not any(stacks.values()), "a slice has no end")
    check(sum(spans.values()) == trace.lives, f"tasks live for {trace.lives} ns, their slices for {sum(spans.values())}")
    check(len([uuid for uuid in tracks if uuid >> 32 == 2]) == trace.tasks, "not each task is a track")
    check(len([flow for flow in begun if flow < 1 << 32]) == trace.sent, "not each message is an arrow")
    check(ended, "no arrow comes to its end")
    return tracks.values()


def attributes(of):
    return {item["key"]: next(iter(item["value"].values())) for item in of.get("attributes", [])}


def otlp(path, trace):
    """https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: TracesData, a line each."""
    spans, kinds, services = {}, [], set()
    with open(path, encoding="utf-8") as file:
        for line in file:
            for resource in json.loads(line)["resourceSpans"]:
                service = attributes(resource["resource"])["service.name"]
                services.add(service)
                for span in (span for scope in resource["scopeSpans"] for span in scope["spans"]):
                    check(re.fullmatch("[0-9a-f]{32}", span["traceId"]) and int(span["traceId"], 16), "no trace id")
                    check(re.fullmatch("[0-9a-f]{16}", span["spanId"]) and int(span["spanId"], 16), "no span id")
                    check(span["spanId"] not in spans, "two spans of one id")
                    begin, end = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
                    check(isinstance(span["startTimeUnixNano"], str) and begin <= end, "a span's times")
                    check(all(begin <= int(event["timeUnixNano"]) <= end for event in span.get("events", [])), "an event outside its span")
                    check(span["kind"] in (1, 4, 5) and span.get("status", {}).get("code", 0) in (0, 1, 2), "kind or status")
                    spans[span["spanId"]] = span
                    kinds.append(span["kind"])
    roots = [span for span in spans.values() if "parentSpanId" not in span]
    check(len(roots) == 1, "a trace has one root")
    check(all(span.get("parentSpanId", roots[0]["spanId"]) in spans for span in spans.values()), "a parent that is not there")
    check(len({span["traceId"] for span in spans.values()}) == 1, "more than one trace")
    check(len(services) == trace.hosts + 1, "not each host is a service")
    check(kinds.count(4) == trace.sent, "not each message is a producer's span")
    check(sum(span["spanId"].startswith("1") for span in spans.values()) == trace.tasks, "not each task is a span")
    return services | {span["name"] for span in spans.values()}


def folded(path, trace):
    """flamegraph.pl: frames parted by semicolons, a blank, a count."""
    total = 0
    with open(path, encoding="utf-8") as file:
        for line in file:
            match = re.fullmatch(r"(.*)\s+?(\d+(?:\.\d*)?)\n", line)
            check(match and all(match[1].split(";")), f"no stack: {line}")
            total += int(match[2])
    check(total == trace.lives, f"tasks live for {trace.lives} ns, stacks say {total}")
    return []


def shiviz(path, trace):
    """https://bitbucket.org/bestchai/shiviz/wiki: a regular expression, a delimiter, then the log. Clocks must be vector clocks."""
    with open(path, encoding="utf-8") as file:
        first, second, log = file.read().split("\n", 2)
    check(second == "", "a delimiter")
    pattern = re.compile("^" + re.sub(r"\(\?<", "(?P<", first) + "$", re.M)
    clocks, names, entries = {}, [], 0
    for match in pattern.finditer(log):
        entries += 1
        clock, host = json.loads(match["clock"]), match["host"]
        before = clocks.get(host, {})
        check(clock[host] == before.get(host, 0) + 1, f"{host}: {clock[host]} comes after {before.get(host, 0)}")
        for other, count in clock.items():
            check(count >= before.get(other, 0), f"{host} forgets what it knew of {other}")
            check(other == host or count <= clocks[other][other], f"{host} knows of what {other} has not done yet")
        check(set(before) <= set(clock), f"{host} forgets a host")
        clocks[host] = clock
        names.append(match["event"])
    check(entries * 2 == log.count("\n"), f"{entries} entries in {log.count(chr(10))} lines")
    check(len(clocks) >= trace.hosts, "not each host is there")
    check(trace.hosts < 2 or any(len(clock) > 1 for clock in clocks.values()), "no host knows of another")
    return names


def tables(path, trace):
    """RFC 4180, a file a table and view, with the same rows."""
    names = [row[0].decode() for row in trace.db.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")]
    check(len(names) > 20, "which tables are there?")
    cells = []
    for name in names:
        with open(f"{path}/{name}.csv", encoding="utf-8", newline="") as file:
            check(file.read().count("\r\n") > 0, "lines end with CR LF")
            file.seek(0)
            rows = list(csv.reader(file, strict=True))
        cursor = trace.db.execute(f"SELECT * FROM {name}")
        check(rows[0] == [column[0] for column in cursor.description], f"{name}: the head")
        check(len(rows) - 1 == len(cursor.fetchall()), f"{name}: the number of rows")
        check(all(len(row) == len(rows[0]) for row in rows), f"{name}: rows of different length")
        cells += [cell for row in rows for cell in row]
    return cells


if __name__ == "__main__":
    texts = {"chrome": chrome, "perfetto": perfetto, "otlp": otlp, "folded": folded, "shiviz": shiviz, "csv": tables}[sys.argv[1]](
        sys.argv[2], Trace(sys.argv[3])
    )
    for text in texts:
        check(not HOSTILE.search(text), f"a text that a terminal obeys: {text!r}")
