# Whether a text has lines one below the other that hold these phrases: lines_below.py FILE PHRASE...
import sys

rows = open(sys.argv[1], encoding="utf-8", errors="replace").read().split("\n")
phrases = sys.argv[2:]
ends = range(len(rows) - len(phrases) + 1)
sys.exit(not any(all(phrase in rows[at + i] for i, phrase in enumerate(phrases)) for at in ends))
