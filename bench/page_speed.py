#!/usr/bin/env python3
"""How fast pages of retick view are: bench/page_speed.py PAGE.html ...

Of each: its size; what its thread computes from nothing to being ready, and for a redraw when it is zoomed (all of picture and
strip): the middle of 5 loads, the mean of 200 redraws, in headless Chromium, which paints in software, 1600 by 1000. It is CPU time
of the page's thread, so that others on the machine do not count; beside it the 95th of 100 redraws by the clock, which is right on an
idle machine alone."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tests/support"))
import browser  # noqa: E402

REDRAWS = 200
REDRAW = f"""(() => {{ const spent = []; for (let i = 0; i < {REDRAWS}; i++) {{ const at = performance.now();
    document.getElementById(i % 40 < 20 ? 'in' : 'out').click(); spent.push(performance.now() - at); }}
    return spent.sort((a, b) => a - b)[{REDRAWS * 95 // 100 - 1}]; }})()"""
EVENTS = "JSON.parse(document.getElementById('data').textContent).runs.map(run => run.last - run.first + 1).join(' + ')"


def thread(look):
    """What the page's thread has computed, in ms."""
    found = {it["name"]: it["value"] for it in look.call("Performance.getMetrics")["metrics"]}
    return found["ThreadTime"] * 1000 if found.get("ThreadTime") else found["TaskDuration"] * 1000


def main():
    look = browser.Browser()
    look.size(1600, 1000)
    look.call("Performance.enable", timeDomain="threadTicks")
    for page in sys.argv[1:]:
        ready = []
        for _ in range(5):
            look.open(page)  # in a process, and a thread, of its own
            ready.append(thread(look))
        events, size, before = look.run(EVENTS), os.path.getsize(page) / 1e6, thread(look)
        clock = look.run(REDRAW)
        print(f"{page}: {events} events, {size:.2f} MB, ready after {sorted(ready)[2]:.0f} ms, "
              f"a redraw {(thread(look) - before) / REDRAWS:.1f} ms (95th by the clock {clock:.1f} ms)")
    look.close()


if __name__ == "__main__":
    main()
