# An echo server and its clients with asyncio, which know nothing of a simulator. No address is printed: Python lists the script's
# folder, and where its objects lie depends on what is there, which a build may change meanwhile.
import asyncio
import os
import sys


async def serve(reader, writer):
    while line := await reader.readline():
        await asyncio.sleep(0.005)
        writer.write(b"echo " + line)
        await writer.drain()
    writer.close()


async def client(number, port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    replies = []
    for k in range(5):
        writer.write(b"%d %d\n" % (number, k))
        replies.append(await asyncio.wait_for(reader.readline(), 1))
        await asyncio.sleep(0.1 * number)
    writer.close()
    await writer.wait_closed()
    return replies


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    replies = await asyncio.gather(*(client(i, port) for i in range(4)))
    try:
        await asyncio.wait_for(asyncio.sleep(3600), 600)
    except asyncio.TimeoutError:
        pass
    print(port, replies[3][4], asyncio.get_running_loop().time(), os.urandom(4).hex(), hash("x"))
    server.close()
    await server.wait_closed()


asyncio.run(main())
sys.stdout.flush()
os._exit(0)  # the interpreter's end costs more than the run
