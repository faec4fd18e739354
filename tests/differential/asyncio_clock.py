"""asyncio's own loop, on a clock that stands still while anything is ready and jumps to the next timer when nothing is.

Waiting without a timer, or a job that an executor's worker has, can never end here: it raises Stuck. Timers of equal time run in the order
in which they were armed, which CPython leaves open.
"""

import asyncio
import asyncio.base_events
import collections
import concurrent.futures
import functools
import itertools
import selectors
import sys


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


class Pool(concurrent.futures.Executor):
    """An executor whose workers live on the clock: job.ticks after one has taken a job, that is over.

    Their threads are the poll: that is when jobs end, in the order of their ends, then of their beginnings.
    """

    def __init__(self, clock, workers):
        self.clock = clock
        self.free = workers
        self.queued = collections.deque()
        self.running = []  # (when it is over, how manieth it is, future, job)
        self.begun = itertools.count()
        self.shut = False
        self.when_idle = []  # called once, with nothing left

    def submit(self, job):
        if self.shut:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future = concurrent.futures.Future()
        self.queued.append((future, job))
        self.begin()
        return future

    def begin(self):
        while self.free and self.queued:
            future, job = self.queued.popleft()
            if future.set_running_or_notify_cancel():
                self.free -= 1
                self.running.append((self.clock.ticks + job.ticks, next(self.begun), future, job))
                self.running.sort(key=lambda one: one[:2])

    def next(self):
        """When the next job is over; None: none runs."""
        return self.running[0][0] if self.running else None

    def end(self):
        """Those whose time has come are over."""
        while self.running and self.running[0][0] <= self.clock.ticks:
            _, _, future, job = self.running.pop(0)
            try:
                result = job()
            except Exception as error:
                future.set_exception(error)
            else:
                future.set_result(result)
            self.free += 1
            self.begin()
        if not self.running:
            called, self.when_idle = self.when_idle, []
            for call in called:
                call()

    def shutdown(self, wait=True, *, cancel_futures=False):  # who waits comes when it is idle: Waiter
        self.shut = True
        while cancel_futures and self.queued:
            self.queued.popleft()[0].cancel()


class Waiter:
    """The thread on which a loop has its executor shut down, and waits for the end of its jobs."""

    def __init__(self, target, args):
        self.loop = target.__self__
        self.run = functools.partial(target, *args)

    def start(self):
        pool = self.loop._default_executor
        pool.shutdown()
        pool.when_idle.append(self.run)
        if not pool.running:
            pool.end()

    def join(self):
        """It is over when it has told the loop so."""


class Threads:
    """In the place of the module, where asyncio looks for it."""

    Thread = Waiter
    get_ident = staticmethod(asyncio.base_events.threading.get_ident)
    main_thread = staticmethod(asyncio.base_events.threading.main_thread)
    current_thread = staticmethod(asyncio.base_events.threading.current_thread)


asyncio.base_events.threading = Threads


class Jumping(selectors.SelectSelector):
    """Looks for I/O without waiting; what it was to wait, the clock moves on, up to the end of a job."""

    def __init__(self):
        super().__init__()
        self.polls = 0
        self.ticks = 0
        self.pool = None

    def select(self, timeout=None):
        self.polls += 1
        ready = super().select(0)
        if ready:
            return ready
        over = self.pool.next() if self.pool else None
        if timeout is None and over is None:
            raise Stuck
        times = ([] if timeout is None else [self.ticks + max(0, timeout)]) + ([] if over is None else [over])
        self.ticks = max(self.ticks, min(times))
        if self.pool:
            self.pool.end()
        return ready


class ClockLoop(asyncio.SelectorEventLoop):
    """A loop whose time() is in whole ticks."""

    def __init__(self):
        self.clock = Jumping()
        self._arming = itertools.count()
        super().__init__(self.clock)
        self._clock_resolution = 1  # a timer is due when its tick has come

    def _write_to_self(self):
        """Nobody sleeps who could be woken."""

    def has_pool(self, workers):
        """Makes its executor where run_in_executor would make one of threads."""
        if self._default_executor is None and not self._executor_shutdown_called:
            self._default_executor = self.clock.pool = Pool(self.clock, workers)

    if sys.version_info < (3, 12):

        async def shutdown_default_executor(self):
            """As since 3.12, where a cancellation does not wait for the thread, and the thread looks whether there was one."""
            self._executor_shutdown_called = True
            if self._default_executor is None:
                return
            future = self.create_future()
            Waiter(self._do_shutdown, (future,)).start()
            await future

        def _do_shutdown(self, future):
            self.call_soon_threadsafe(asyncio.futures._set_result_unless_cancelled, future, None)

    def time(self):
        return self.clock.ticks

    def call_at(self, when, callback, *args, context=None):
        return super().call_at(When(when, next(self._arming)), callback, *args, context=context)
