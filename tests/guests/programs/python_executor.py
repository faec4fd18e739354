# asyncio with a pool of threads: jobs that sleep, a look-up by a thread, a connection by name.
import asyncio
import threading
import time


def work(number):
    time.sleep(0.01 * (number % 3))
    return threading.current_thread().name, number


async def main():
    loop = asyncio.get_running_loop()
    for job in asyncio.as_completed([loop.run_in_executor(None, work, number) for number in range(8)]):
        print(*(await job))
    print((await loop.getaddrinfo("localhost", 80))[0][4])
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "localhost", 7000)
    reader, writer = await asyncio.open_connection("localhost", 7000)
    print(await reader.read(), loop.time())
    writer.close()
    server.close()


asyncio.run(main())
