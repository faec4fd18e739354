"""asyncio's rows, or with the argument "uvloop" uvloop's."""
import asyncio
import sys
import time

BATCH = 1000
loop = None


def row(name, began, count):
    print(f"{name} {(time.process_time_ns() - began) / count:.2f}", flush=True)


def nothing():
    pass


def soon_batch(n):
    rounds = n // BATCH

    def post():
        nonlocal rounds
        for _ in range(BATCH):
            loop.call_soon(nothing)
        rounds -= 1
        loop.call_soon(post if rounds else loop.stop)

    loop.call_soon(post)
    began = time.process_time_ns()
    loop.run_forever()
    row("call_soon", began, n)


def soon_chain(n):
    left = n

    def link():
        nonlocal left
        left -= 1
        loop.call_soon(link if left else loop.stop)

    loop.call_soon(link)
    began = time.process_time_ns()
    loop.run_forever()
    row("chain", began, n)


async def yields(n):
    for _ in range(n):
        await asyncio.sleep(0)


async def nop():
    pass


async def tasks(n):
    began = time.process_time_ns()
    await asyncio.gather(*[yields(n // BATCH) for _ in range(BATCH)])
    row("yield", began, n)

    ping, pong = loop.create_future(), loop.create_future()

    async def ponger():
        nonlocal ping
        for _ in range(n // 2):
            await ping
            ping = loop.create_future()
            pong.set_result(None)

    async def pinger():
        nonlocal pong
        for _ in range(n // 2):
            ping.set_result(None)
            await pong
            pong = loop.create_future()

    began = time.process_time_ns()
    await asyncio.gather(ponger(), pinger())
    row("future", began, n)

    there, back = asyncio.Queue(1), asyncio.Queue(1)

    async def echoes():
        for _ in range(n // 2):
            await back.put(await there.get())

    async def talks():
        for _ in range(n // 2):
            await there.put(1)
            await back.get()

    began = time.process_time_ns()
    await asyncio.gather(echoes(), talks())
    row("channel", began, n)

    began = time.process_time_ns()
    for _ in range(n // 4):
        await loop.create_task(nop())
    row("spawn", began, n // 4)


def wake_asleep(n):
    began = time.process_time_ns()
    for _ in range(n):
        loop.call_soon_threadsafe(loop.stop)
        loop.run_forever()
    row("wake_asleep", began, n)


if len(sys.argv) > 1 and sys.argv[1] == "uvloop":
    import uvloop

    loop = uvloop.new_event_loop()
else:
    loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
soon_batch(300000)
soon_chain(100000)
loop.run_until_complete(tasks(100000))
wake_asleep(20000)
