"""asyncio's own loop, on a clock that stands still while anything is ready and jumps to the next timer when nothing is.

Waiting without a timer can never end here: it raises Stuck. Timers of equal time run in the order in which they were armed, which CPython
leaves open.
"""

import asyncio
import functools
import itertools
import selectors


class Stuck(Exception):
    """Nothing is ready, and no timer will make anything ready."""


@functools.total_ordering
class When(int):
    """A time on the clock, with the number of its arming to settle ties between timers."""

    def __new__(cls, ticks, armed):
        when = super().__new__(cls, ticks)
        when.order = (ticks, armed)
        return when

    def __lt__(self, other):
        if isinstance(other, When):
            return self.order < other.order
        return self.order[0] < other

    def __eq__(self, other):
        if isinstance(other, When):
            return self.order == other.order
        return self.order[0] == other

    __hash__ = int.__hash__


class Jumping(selectors.SelectSelector):
    """Looks for I/O without waiting; what it was to wait, the clock moves on."""

    def __init__(self):
        super().__init__()
        self.polls = 0
        self.ticks = 0

    def select(self, timeout=None):
        self.polls += 1
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            raise Stuck
        self.ticks += max(0, timeout)
        return ready


class ClockLoop(asyncio.SelectorEventLoop):
    """A loop whose time() is in whole ticks."""

    def __init__(self):
        self.clock = Jumping()
        self._arming = itertools.count()
        super().__init__(self.clock)
        self._clock_resolution = 1  # a timer is due when its tick has come

    def time(self):
        return self.clock.ticks

    def call_at(self, when, callback, *args, context=None):
        return super().call_at(When(when, next(self._arming)), callback, *args, context=context)
