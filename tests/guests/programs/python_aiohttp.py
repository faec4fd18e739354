# An HTTP server and its clients with aiohttp: each adds to a counter that the server looks at, and writes after a wait.
import asyncio

import aiohttp
from aiohttp import web

hits = {}


async def add(request):
    name = request.match_info["name"]
    before = hits.get(name, 0)
    await asyncio.sleep(0.001)
    hits[name] = before + 1
    return web.json_response({"hits": hits[name], "length": len(await request.text())})


async def client(session, number):
    answers = []
    for _ in range(3):
        async with session.post("http://127.0.0.1:8080/some", data=b"x" * 1000) as response:
            answers.append((await response.json())["hits"])
        await asyncio.sleep(0.02 * number)
    return answers


async def main():
    app = web.Application()
    app.router.add_post("/{name}", add)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 8080).start()
    async with aiohttp.ClientSession() as session:
        print(await asyncio.gather(*(client(session, number) for number in range(3))))
    await runner.cleanup()
    print(hits)


asyncio.run(main())
