#!/usr/bin/env python3
"""Runs task programs (docs/TASK_PROGRAMS.md) under CPython's asyncio: asyncio_log.py [--fixed] [FILE]

Reads one program a line, prints the log of each, closed by a blank line. Version 3.13 is what retick is compared with. --fixed puts right
what CPython has wrong (FIXES below), so that a program that then agrees is explained by that issue.
"""

import asyncio
import contextvars
import gc
import json
import logging
import os
import sys
import warnings

from asyncio_clock import ClockLoop, Stuck

MOST_LINES = 4000
MOST_TASKS = 40
WORKERS = 2

variable = contextvars.ContextVar("variable", default=None)

alive = []  # nothing is collected while logs are taken: when CPython collects is no semantics


class Ex(Exception):
    """What a program raises."""


class InOrder(dict):
    """A set that keeps the order of its members: a task group cancels in the order of spawning."""

    add = dict.setdefault

    def discard(self, member):
        self.pop(member, None)


def spelled(error):
    """An error as the log has it."""
    if isinstance(error, Ex):
        return f"Ex{error.args[0]}"
    if isinstance(error, BaseExceptionGroup):
        return f"{type(error).__name__}[{','.join(spelled(child) for child in error.exceptions)}]"
    return type(error).__name__


def fix_134471():
    """A timeout takes a cancellation that was pending when it was entered for one that its task has seen."""
    enter = asyncio.Timeout.__aenter__

    async def fixed(self):
        result = await enter(self)
        if hasattr(self, "_cancelling"):  # since 3.12
            self._cancelling -= self._task._must_cancel
        return result

    asyncio.Timeout.__aenter__ = fixed


FIXES = {"gh-134471": fix_134471}


class Run:
    """One run of one program. The methods op_NAME are the operations; each gets the name of its task and the operation's words."""

    def __init__(self, bodies):
        self.bodies = bodies
        self.lines = []
        self.said = 0
        self.spawned = 0
        self.newest = {}
        self.handles = []
        self.timeouts = {}  # by task: those that it is in
        self.groups = {}  # by task: the one that it was spawned in, then those that it is in
        self.loop = ClockLoop()
        asyncio.set_event_loop(self.loop)
        self.loop.set_exception_handler(self.reported)
        self.loop.run_until_complete(self.set_up())
        self.loop.clock.polls = self.loop.clock.ticks = 0

    async def set_up(self):
        self.locks = [asyncio.Lock(), asyncio.Lock()]
        self.semaphores = [asyncio.Semaphore(1), asyncio.BoundedSemaphore(1)]
        self.queues = [asyncio.Queue(1), asyncio.Queue(1), asyncio.LifoQueue(3), asyncio.PriorityQueue(3)]
        self.events = [asyncio.Event(), asyncio.Event()]
        self.condition = asyncio.Condition()
        self.barrier = asyncio.Barrier(2)
        self.futures = [self.loop.create_future() for _ in range(3)]
        self.jobs = [None] * 3

    def reported(self, _loop, context):
        message = context["message"]
        if "never retrieved" not in message:
            self.lines.append("EH " + message.partition(" <")[0].partition(" for")[0][:40])

    def say(self, who, *words):
        self.said += 1
        if self.said > MOST_LINES:
            raise Stuck
        text = " ".join(str(word) for word in words)
        self.lines.append(f"{self.loop.clock.ticks}.{self.loop.clock.polls} {who} {text}")

    # bodies and what holds operations

    def start(self, k, create, group=None):
        self.spawned += 1
        if self.spawned <= MOST_TASKS:
            me = f"{k}#{self.spawned}"
            self.groups[me] = [group] if group else []
            self.newest[k] = create(self.body(k, me), name=me)
            return self.newest[k]
        return None

    def eager(self, body, name):
        return asyncio.Task(body, loop=self.loop, name=name, eager_start=True)

    async def body(self, k, me):
        self.say(me, "start")
        try:
            ended = await self.block(me, self.bodies[k])
            value = ended[0] if ended else None
            self.say(me, "ret", value)
        except BaseException as error:
            self.say(me, "exit", spelled(error))
            raise
        return value

    async def block(self, me, ops):
        """None, or (value,) if `ret` ended it."""
        for op in ops:
            ended = await self.one(me, op)
            if ended is not None:
                return ended
        return None

    async def one(self, me, op):
        held = getattr(self, "hold_" + op[0], None)
        return await (held(me, *op[1:]) if held else self.plain(me, op))

    async def hold_try(self, me, body, catches, final, again):
        self.say(me, "try")
        try:
            ended = await self.block(me, body)
            if ended is not None:
                return ended
        except (Stuck, GeneratorExit):
            raise
        except BaseException as error:
            kind = {"CE": asyncio.CancelledError, "EX": Exception, "ALL": BaseException}[catches]
            caught = isinstance(error, kind)
            self.say(me, "exc", spelled(error), caught)
            if again or not caught:
                raise
        finally:
            if final:
                self.say(me, "fin")
                await self.block(me, final)
        return None

    async def hold_timeout(self, me, ticks, body):
        self.say(me, "timeout", ticks)
        async with asyncio.timeout(ticks) as scope:
            self.timeouts.setdefault(me, []).append(scope)
            try:
                ended = await self.block(me, body)
            finally:
                self.timeouts[me].pop()
        self.say(me, "timeout-exit", scope.expired())
        return ended

    async def hold_tg(self, me, children, body):
        self.say(me, "tg")
        group = asyncio.TaskGroup()
        group._tasks = InOrder()
        async with group:
            for k in children:
                self.start(k, group.create_task, group)
            self.groups.setdefault(me, []).append(group)
            try:
                ended = await self.block(me, body)
            finally:
                self.groups[me].pop()
        self.say(me, "tg-exit")
        return ended

    async def hold_wf(self, me, ticks, op):
        self.say(me, "wf", ticks)
        self.say(me, "wf=", await asyncio.wait_for(self.plain(me, op), ticks))

    async def plain(self, me, op):
        self.say(me, *op)
        if op[0] == "ret":
            return (op[1],)
        await getattr(self, "op_" + op[0])(me, *op[1:])
        return None

    # tasks

    async def op_sleep(self, _me, ticks):
        await asyncio.sleep(ticks)

    async def op_spawn(self, _me, k):
        self.start(k, self.loop.create_task)

    async def op_eager(self, _me, k):
        self.start(k, self.eager)

    async def op_into(self, me, k):
        if self.groups.get(me):
            self.start(k, self.groups[me][-1].create_task, self.groups[me][-1])

    async def op_adopt(self, me, k):
        if not self.groups.get(me):
            return
        group = self.groups[me][-1]

        def create_task(body, name):
            # TaskGroup.create_task with an eager factory, as repaired (gh-128550, gh-128588, gh-155418): 3.13.0 is older.
            if group._exiting and not group._tasks or group._aborting:
                body.close()
                raise RuntimeError
            task = self.eager(body, name)
            group._tasks.add(task)
            task.add_done_callback(group._on_task_done)
            if group._aborting and not task.done():
                task.cancel()
            return task

        self.start(k, create_task, group)

    async def op_resched(self, me, ticks, outer=0):
        scopes = self.timeouts.get(me, ())
        if len(scopes) > outer:
            scopes[-1 - outer].reschedule(None if ticks < 0 else self.loop.time() + ticks)

    async def op_await(self, me, k):
        if k in self.newest:
            self.say(me, "got", await self.newest[k])

    async def op_shield(self, me, k):
        if k in self.newest:
            self.say(me, "got", await asyncio.shield(self.newest[k]))

    async def op_gather(self, me, named, return_errors):
        await self.gather(me, [self.newest[k] for k in named if k in self.newest], return_errors)

    async def op_fgather(self, me, named, return_errors):
        await self.gather(me, [self.futures[i] for i in named], return_errors)

    async def op_jgather(self, me, named, return_errors):
        await self.gather(me, [self.jobs[i] for i in named if self.jobs[i]], return_errors)

    async def gather(self, me, children, return_errors):
        if children:
            results = await asyncio.gather(*children, return_exceptions=return_errors)
            self.say(me, "got", [spelled(one) if isinstance(one, BaseException) else one for one in results])

    async def op_cancel(self, me, k):
        if k in self.newest:
            taken = self.newest[k].cancel()
            self.say(me, "cancel->", taken, self.newest[k].cancelled())

    async def op_uncancel(self, me):
        task = asyncio.current_task()
        before = task.cancelling()
        self.say(me, "unc", before, task.uncancel())

    async def op_info(self, me):
        task = asyncio.current_task()
        self.say(
            me,
            "info",
            task.get_name(),
            task.cancelling(),
            [lock.locked() for lock in self.locks],
            [self.semaphores[0]._value],
            [queue.qsize() for queue in self.queues[:2]],
            len(asyncio.all_tasks()),
        )

    async def op_cbadd(self, me, k):
        if k in self.newest:
            self.newest[k].add_done_callback(lambda task: self.say("cb", me, task.get_name(), task.cancelled()))

    async def op_cbdo(self, _me, k, op):
        def does(_task):
            try:
                self.plain("cb", op).send(None)
            except StopIteration:
                pass

        if k in self.newest:
            self.newest[k].add_done_callback(does)

    # primitives

    async def op_lock(self, _me, i):
        await self.locks[i].acquire()

    async def op_unlock(self, me, i):
        try:
            self.locks[i].release()
        except RuntimeError:
            self.say(me, "RTE")

    async def op_sem(self, _me, i):
        await self.semaphores[i].acquire()

    async def op_rel(self, me, i):
        try:
            self.semaphores[i].release()
        except ValueError:
            self.say(me, "VE")

    async def op_evset(self, _me, i):
        self.events[i].set()

    async def op_evclear(self, _me, i):
        self.events[i].clear()

    async def op_evwait(self, _me, i):
        await self.events[i].wait()

    async def op_put(self, _me, i, value):
        await self.queues[i].put(value)

    async def op_get(self, me, i, _=None):
        self.say(me, "got", await self.queues[i].get())

    async def op_putnw(self, me, i, value):
        try:
            self.queues[i].put_nowait(value)
        except asyncio.QueueFull:
            self.say(me, "Full")

    async def op_getnw(self, me, i, _=None):
        try:
            value = self.queues[i].get_nowait()
        except asyncio.QueueEmpty:
            self.say(me, "Empty")
        else:
            self.say(me, "got", value)

    async def op_fset(self, _me, i):
        if not self.futures[i].done():
            self.futures[i].set_result(7)

    async def op_fexc(self, _me, i):
        if not self.futures[i].done():
            self.futures[i].set_exception(Ex("F"))
            self.futures[i].exception()  # asked about: its report would come with its collection

    async def op_fcancel(self, me, i):
        self.say(me, "->", self.futures[i].cancel())

    async def op_fawait(self, me, i):
        self.say(me, "got", await self.futures[i])

    async def op_fshield(self, me, i):
        self.say(me, "got", await asyncio.shield(self.futures[i]))

    # jobs

    async def op_job(self, me, i, ticks, number, fails):
        def job():
            if fails:
                raise Ex(number)
            return number

        job.ticks = max(0, ticks)
        self.loop.has_pool(WORKERS)
        try:
            self.jobs[i] = self.loop.run_in_executor(None, job)
        except RuntimeError:
            self.say(me, "RTE")

    async def op_jawait(self, me, i):
        if self.jobs[i]:
            self.say(me, "got", await self.jobs[i])

    async def op_jshield(self, me, i):
        if self.jobs[i]:
            self.say(me, "got", await asyncio.shield(self.jobs[i]))

    async def op_jcancel(self, me, i):
        if self.jobs[i]:
            self.say(me, "->", self.jobs[i].cancel())

    async def op_jshut(self, _me, wait, cancel):
        if self.loop._default_executor:
            self.loop._default_executor.shutdown(wait=False, cancel_futures=cancel)
        else:  # no job has come yet: the loop makes none from now on
            self.loop._executor_shutdown_called = True
        if wait:
            await self.loop.shutdown_default_executor()

    async def op_cwait(self, me, _condition, _=None):
        async with self.condition:
            await self.condition.wait()
        self.say(me, "notified")

    async def op_cuntil(self, me, i):
        async with self.condition:
            await self.condition.wait_for(self.events[i].is_set)
        self.say(me, "holds")

    async def op_cnotify(self, _me, _condition, count):
        async with self.condition:
            self.condition.notify(count)

    async def op_done(self, me, i):
        try:
            self.queues[i].task_done()
        except ValueError:
            self.say(me, "VE")

    async def op_join(self, _me, i):
        await self.queues[i].join()

    async def op_shut(self, _me, i, immediate):
        self.queues[i].shutdown(immediate)

    async def op_meet(self, me):
        self.say(me, "met", await self.barrier.wait())

    async def op_breset(self, _me):
        await self.barrier.reset()

    async def op_babort(self, _me):
        await self.barrier.abort()

    # several tasks at once

    async def op_wait(self, me, named, ticks, until):
        await self.wait(me, [self.newest[k] for k in named if k in self.newest], ticks, until)

    async def op_fwait(self, me, named, ticks, until):
        await self.wait(me, [self.futures[i] for i in named], ticks, until)

    async def op_jwait(self, me, named, ticks, until):
        await self.wait(me, [self.jobs[i] for i in named if self.jobs[i]], ticks, until)

    async def wait(self, me, children, ticks, until):
        until = {"FIRST": asyncio.FIRST_COMPLETED, "ERROR": asyncio.FIRST_EXCEPTION, "ALL": asyncio.ALL_COMPLETED}[until]
        if children:
            await asyncio.wait(children, timeout=None if ticks < 0 else ticks, return_when=until)
            self.say(me, "done", *(child.done() for child in children))

    async def op_each(self, me, named, ticks):
        await self.each(me, {self.newest[k]: self.newest[k].get_name() for k in named if k in self.newest}, ticks)

    async def op_feach(self, me, named, ticks):
        await self.each(me, {self.futures[i]: i for i in named}, ticks)

    async def op_jeach(self, me, named, ticks):
        await self.each(me, {self.jobs[i]: i for i in named if self.jobs[i]}, ticks)

    async def each(self, me, names, ticks):
        # Not of those done already: as_completed takes them in the order of a set of addresses.
        children = [child for child in names if not child.done()]
        each = asyncio.as_completed(children, timeout=None if ticks < 0 else ticks)
        try:
            async for child in each:
                self.say(me, "each", names[child])
        finally:  # tick_as_completed_free; asyncio leaves its timer and callbacks behind
            if each._timeout_handle:
                each._timeout_handle.cancel()
            for child in each._todo:
                child.remove_done_callback(each._handle_completion)

    # callbacks, errors

    async def op_soon(self, _me, value):
        self.handles.append(self.loop.call_soon(lambda: self.say("soon", value)))

    async def op_later(self, _me, ticks, value):
        self.handles.append(self.loop.call_later(ticks, lambda: self.say("later", value)))

    async def op_at(self, _me, ticks, value):
        self.handles.append(self.loop.call_at(self.loop.time() + ticks, lambda: self.say("later", value)))

    async def op_stop(self, _me):
        self.loop.stop()

    async def op_hcancel(self, _me):
        if self.handles:
            self.handles.pop().cancel()

    def change_variable(self, who, value):
        self.say(who, "was", variable.get())
        variable.set(value)

    async def op_var(self, me, value):
        self.change_variable(me, value)

    async def op_varsoon(self, _me, value):
        self.handles.append(self.loop.call_soon(self.change_variable, "varsoon", value))

    async def op_raise(self, _me, n):
        raise Ex(n)

    # the whole

    def log(self):
        """The lines of the run."""
        self.newest[0] = self.loop.create_task(self.body(0, "0#0"), name="0#0")
        how = "done"
        try:
            while True:
                self.loop.run_forever()
                self.lines.append(f"{self.loop.clock.ticks}.{self.loop.clock.polls} stopped")
        except Stuck:
            how = "limit" if self.said > MOST_LINES else "deadlock"
        unfinished = asyncio.all_tasks(self.loop)
        left = sorted((task.get_name(), task.cancelling()) for task in unfinished)
        self.lines.append(f"end {how} t={self.loop.clock.ticks} {left}")
        self.leave(unfinished)
        return self.lines

    def leave(self, unfinished):
        """Takes the loop out of the way, unfinished as it is, without a word."""
        alive.append((self, unfinished, list(self.loop._ready), list(self.loop._scheduled)))
        self.loop.set_exception_handler(lambda _loop, _context: None)
        for task in unfinished:
            task._log_destroy_pending = False
            asyncio.tasks._unregister_task(task)
        self.loop._thread_id = None
        self.loop._stopping = False
        asyncio._set_running_loop(None)
        asyncio.set_event_loop(None)
        self.loop.close()


def main():
    arguments = sys.argv[1:]
    if arguments[:1] == ["--fixed"]:
        for fix in FIXES.values():
            fix()
        del arguments[0]
    gc.disable()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    with open(arguments[0], encoding="utf-8") if arguments else sys.stdin as programs:
        for line in programs:
            print("\n".join(Run(json.loads(line)).log()), end="\n\n")
    sys.stdout.flush()
    os._exit(0)  # collecting what was kept would only take time


if __name__ == "__main__":
    main()
