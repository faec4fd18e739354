# Signals and alarms of Python: asyncio's handlers, signal's own, waits that they end, a wake-up by a timer's signal.
import asyncio
import os
import signal
import time


async def handled():
    loop = asyncio.get_running_loop()
    got = asyncio.Queue()
    loop.add_signal_handler(signal.SIGALRM, got.put_nowait, "an alarm")
    loop.add_signal_handler(signal.SIGUSR1, got.put_nowait, "a signal")
    signal.alarm(1)
    loop.call_later(0.5, os.kill, os.getpid(), signal.SIGUSR1)
    began = loop.time()
    print(await got.get(), await got.get(), round(loop.time() - began, 1))
    signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
    for _ in range(3):
        await got.get()
    signal.setitimer(signal.ITIMER_REAL, 0)
    print("thrice", round(loop.time() - began, 1))


class TooLate(Exception):
    pass


def too_late(number, frame):
    raise TooLate


asyncio.run(handled())
signal.signal(signal.SIGALRM, too_late)
signal.setitimer(signal.ITIMER_REAL, 0.2)
try:
    time.sleep(3600)
except TooLate:
    print("too late")
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
signal.alarm(2)
print(signal.sigwait([signal.SIGALRM]) == signal.SIGALRM, signal.sigtimedwait([signal.SIGALRM], 0.1))
