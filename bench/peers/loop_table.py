"""Reads lines of "<program> <row> <figure>" and prints each row: medians with least and most, the best peer's beside retick's, and how they compare."""
import collections
import statistics
import sys


def spread(values):
    return f"{statistics.median(values):8.1f} {f'{min(values):.1f}..{max(values):.1f}':>18}"


def short(figure):
    return f"{figure:.0f}" if figure >= 100 else f"{figure:.1f}"


figures = collections.defaultdict(lambda: collections.defaultdict(list))
for line in open(sys.argv[1]):
    program, row, figure = line.split()
    figures[row][program].append(float(figure))
print("CPU time a piece in ns (idle_*: bytes): median, least..most; 0.5 of the best peer is twice as good")
print(f"{'':18} {'retick':>8} {'':>18} {'of best':>8}  {'best peer':12} {'':>8} {'':>18}  others")
untraced = []
for row, programs in figures.items():
    bare = programs.pop("bare", None)
    ours = programs.pop("retick", None)
    if not ours:
        continue
    if bare:
        untraced.append((row, ours, bare))
    peers = sorted((statistics.median(values), name) for name, values in programs.items())
    line = f"{row:18} {spread(ours)} "
    if peers:
        best = peers[0][1]
        line += f"{statistics.median(ours) / peers[0][0]:8.2f}  {best:12} {spread(programs[best])}  "
        line += "  ".join(f"{name} {short(median)}" for median, name in peers[1:])
    print(line.rstrip())
if untraced:
    print("\nof that for the checks of a probe that is not there: the medians' difference, and the leasts'")
for row, ours, bare in untraced:
    print(f"{row:18} {statistics.median(ours) - statistics.median(bare):8.2f} {min(ours) - min(bare):8.2f}")
