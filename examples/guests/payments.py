"""A shop that pays an order at a bank, and tries again when the connection breaks. payments.c plays the bank."""
import asyncio
import sys

ORDER = b" order-17" if sys.argv[1:] == ["repaired"] else b""


async def pay():
    reader, writer = await asyncio.open_connection("bank", 7000)
    try:
        writer.write(b"pay 10" + ORDER + b"\n")
        return await asyncio.wait_for(reader.readline(), 5)
    finally:
        writer.close()


async def main():
    while True:
        try:
            if await pay() == b"paid 10\n":
                print("paid")
                return
        except OSError as error:
            print("again, after", error)
        await asyncio.sleep(0.1)


asyncio.run(main())
