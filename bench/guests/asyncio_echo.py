# An echo server and its four clients with asyncio, which know nothing of a simulator.
import asyncio


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
    print(replies[3][4])
    server.close()
    await server.wait_closed()


asyncio.run(main())
