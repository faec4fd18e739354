"""Begins in the midst of a run: what it knows of the time is so, whenever its process was started."""
import asyncio
import logging
import sys
import time


async def main():
    if logging._startTime != time.time():
        sys.exit(f"logging began at {logging._startTime!r}, and it is {time.time()!r}")
    reader, writer = await asyncio.open_connection("bank", 7000)
    print(time.time(), time.monotonic())
    writer.write(b"pay 17 " + sys.argv[1].encode() + b"\n")
    await reader.readline()
    writer.close()


asyncio.run(main())
