"""A bank: what is asked for with a key that it has seen is paid already. It ends with an error once it has paid an order twice."""
import asyncio
import os
import sys

paid = {}  # by order, the keys with which it was paid


async def serve(reader, writer):
    try:
        while line := await reader.readline():
            order, key = line.split()[1:]
            keys = paid.setdefault(order, set())
            keys.add(key)
            if len(keys) > 1:
                print(f"order {order.decode()} was paid {len(keys)} times", file=sys.stderr, flush=True)
                os._exit(1)
            writer.write(b"paid\n")
            await writer.drain()
    except OSError:
        pass  # the shop is gone
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "0.0.0.0", 7000)
    await server.serve_forever()


asyncio.run(main())
