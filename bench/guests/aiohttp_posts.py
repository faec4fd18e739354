# A server and three clients with aiohttp, which know nothing of a simulator.
import asyncio

import aiohttp
from aiohttp import web

hits = {}


async def handle(request):
    name = request.match_info["name"]
    n = hits.get(name, 0)
    await asyncio.sleep(0.001)
    hits[name] = n + 1
    return web.json_response({"n": n + 1, "body": (await request.text())[:20]})


async def client(session, number, port):
    for _ in range(3):
        async with session.post(f"http://127.0.0.1:{port}/c", data=b"x" * 1000) as response:
            assert response.status == 200
            await response.json()
        await asyncio.sleep(0.02 * (number + 1))


async def main():
    app = web.Application()
    app.router.add_post("/{name}", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 8080).start()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
        await asyncio.gather(*(client(session, i, 8080) for i in range(3)))
    await runner.cleanup()
    print(hits)


asyncio.run(main())
