#!/usr/bin/env python3
"""docs/STORIES.md: stories.py RETICK SCENARIOS FOLDER prints it; the traces of the findings are left in FOLDER.

For each scenario what its head says of the bug, and what retick says of it: the decisions, and how it came to it.
"""

import os
import re
import subprocess
import sys

HEAD = (
    "# Stories\n\n"
    "What retick tells of each finding of [scenarios/](../scenarios), word by word, made by `./dev stories`: the decisions of the outside\n"
    "world that it takes, and how it came to it. Each sentence is an event of the trace; what is set in below it says more of the same, or\n"
    "what the nearest run that passes does there; until the moment that the head of a story gives, that run is the same. Who *sends*\n"
    "something sends a message; who *says* something leaves a line in the log or a mark, which no other host hears of. The rules that make\n"
    "the sentences know nothing of the scenarios ([trace/explain/](../trace/explain)).\n"
)


def about(path):
    """The head of a scenario's file, without what it says of retick: a paragraph."""
    words = []
    for line in open(path, encoding="utf-8"):
        if not line.startswith("//") or line.startswith("// Expected"):
            break
        words += [re.sub(r"^(https?://.*?)([).,;:]*)$", r"<\1>\2", word) for word in line[2:].split()]
    return " ".join(words)


def told(retick, scenarios, folder, name):
    """What fuzz says of a scenario, or replay of the schedule that stands beside it, from its decisions on."""
    trace = os.path.join(folder, name + ".db")
    schedule = os.path.join(scenarios, name + ".schedule")
    source = os.path.join(scenarios, name + ".c")
    if os.path.exists(schedule):
        command = [retick, "replay", source, schedule, "--no-page", "-o", trace]
    else:
        command = [retick, "fuzz", source, "-n", "20000", "--no-page", "-o", trace]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 1:
        sys.exit(f"{' '.join(command)}: exit code {run.returncode}\n{run.stdout}{run.stderr}")
    lines = run.stdout.splitlines()
    decisions = None
    if os.path.exists(schedule):
        decisions = [line.split("  # ")[-1] for line in open(schedule, encoding="utf-8") if "  # " in line]
    start = next(i for i, line in enumerate(lines) if line.startswith("how it came to it"))
    if decisions is None:
        first = next((i for i, line in enumerate(lines) if re.match(r"shrunk from|no deviation", line)), start)
        last = next(i for i, line in enumerate(lines) if line.startswith("replayed "))
        shown = lines[first:last]
    else:
        shown = ["under these decisions:"] + ["    " + line.rstrip("\n") for line in decisions]
    story = [line for line in lines[start:] if " written" not in line]
    return [line.replace(folder + os.sep, "").replace(scenarios + os.sep, "") for line in shown + [""] + story]


def main():
    """Prints the page."""
    retick, scenarios, folder = sys.argv[1:]
    scenarios = os.path.abspath(scenarios)
    print(HEAD)
    for file in sorted(os.listdir(scenarios)):
        name, kind = os.path.splitext(file)
        if kind != ".c":
            continue
        print(f"## [{name}](../scenarios/{file})\n\n{about(os.path.join(scenarios, file))}\n\n```")
        print("\n".join(told(retick, scenarios, folder, name)))
        print("```\n")


main()
