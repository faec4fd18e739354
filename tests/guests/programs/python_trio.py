# An echo server and its clients with trio, each line under a deadline.
import contextlib

import trio


async def serve(stream):
    with contextlib.suppress(trio.BrokenResourceError):  # a client that has given up leaves an answer unread
        async for chunk in stream:
            await trio.sleep(0.005)
            await stream.send_all(chunk)


async def client(number, came):
    stream = await trio.open_tcp_stream("127.0.0.1", 7000)
    for k in range(5):
        await stream.send_all(b"%d %d\n" % (number, k))
        with trio.move_on_after(0.02):
            came.append(await stream.receive_some(100))
        await trio.sleep(0.01 * number)
    await stream.aclose()


async def main():
    came = []
    async with trio.open_nursery() as servers:
        await servers.start(trio.serve_tcp, serve, 7000)
        async with trio.open_nursery() as clients:
            for number in range(4):
                clients.start_soon(client, number, came)
        servers.cancel_scope.cancel()
    print(len(came), sum(map(len, came)), round(trio.current_time() % 1, 3))


trio.run(main)
