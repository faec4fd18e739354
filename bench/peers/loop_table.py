"""Reads lines of "<program> <row> <figure>" and prints each row: retick's median, least and most, its peers, and the ratio to the best."""
import collections
import statistics
import sys

figures = collections.defaultdict(lambda: collections.defaultdict(list))
for line in open(sys.argv[1]):
    program, row, figure = line.split()
    figures[row][program].append(float(figure))
print(f"{'':18} {'retick':>8} {'least':>8} {'most':>8}  {'ratio':>6}  peers, best first (ns a piece; idle_*: bytes)")
for row, programs in figures.items():
    ours = programs.pop("retick", None)
    if not ours:
        continue
    peers = sorted((statistics.median(values), name) for name, values in programs.items())
    ours_median = statistics.median(ours)
    ratio = f"{peers[0][0] / ours_median:6.1f}" if peers else " " * 6
    words = "  ".join(f"{name} {median:.0f}" if median >= 100 else f"{name} {median:.1f}" for median, name in peers)
    print(f"{row:18} {ours_median:8.1f} {min(ours):8.1f} {max(ours):8.1f}  {ratio}  {words}")
