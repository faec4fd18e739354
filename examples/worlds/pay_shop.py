"""A shop: it pays one order, and tries again when no receipt comes within 50 ms."""
import asyncio
import sys

REPAIRED = sys.argv[1:] == ["repaired"]


async def pay(key):
    reader, writer = await asyncio.open_connection("bank", 7000)
    try:
        writer.write(b"pay 17 " + key + b"\n")
        return await asyncio.wait_for(reader.readline(), 0.05)
    finally:
        writer.close()


async def main():
    for attempt in range(10):
        key = b"a" if REPAIRED else b"a%d" % attempt
        try:
            if await pay(key) == b"paid\n":
                return
        except (OSError, asyncio.TimeoutError) as error:
            print("again, after", repr(error))
        await asyncio.sleep(0.1)
    sys.exit("the bank does not answer")


asyncio.run(main())
