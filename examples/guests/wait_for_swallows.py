"""A follower reads prices, each under a deadline, until a word over another connection has it cancelled; and it follows on.

gh-86296 (bpo-42130), https://github.com/python/cpython/issues/86296: where a task is cancelled in the iteration of the loop in which what it
awaits by asyncio.wait_for has just come, wait_for of CPython 3.11 returns that, and the cancellation is lost. On a quiet machine the two
never meet; one late poll is enough. In 3.12 wait_for was written anew, over asyncio.timeout.

    retick fuzz -- /usr/bin/python3 examples/guests/wait_for_swallows.py

needs: CPython 3.11, which is Debian 12's python3
finds: AssertionError: cancelled, and still following
repaired: the argument "repaired", which awaits as 3.12 does; or the same program under CPython 3.12
"""
import asyncio
import sys


async def wait_for_repaired(awaitable, seconds):
    async with asyncio.timeout(seconds):
        return await awaitable


wait_for = wait_for_repaired if sys.argv[1:] == ["repaired"] else asyncio.wait_for


async def tell_prices(reader, writer):
    for number in range(40):
        writer.write(b"price %d\n" % number)
        await asyncio.sleep(0.01)


async def tell_when_to_stop(reader, writer):
    await asyncio.sleep(0.15)
    writer.write(b"stop\n")


async def follow():
    reader, writer = await asyncio.open_connection("127.0.0.1", 7011)
    while True:
        await wait_for(reader.readline(), 10)


async def main():
    await asyncio.start_server(tell_prices, "127.0.0.1", 7011)
    await asyncio.start_server(tell_when_to_stop, "127.0.0.1", 7012)
    reader, writer = await asyncio.open_connection("127.0.0.1", 7012)
    follower = asyncio.create_task(follow())
    await reader.readline()
    follower.cancel()
    done, _ = await asyncio.wait({follower}, timeout=0.2)
    assert done, "cancelled, and still following"


asyncio.run(main())
