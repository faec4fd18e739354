# asyncio's streams over TLS: lines to and fro. Arguments: a certificate, and its key.
import asyncio
import ssl
import sys

served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
served.load_cert_chain(sys.argv[1], sys.argv[2])
asked = ssl.create_default_context()
asked.check_hostname = False
asked.verify_mode = ssl.CERT_NONE


async def serve(reader, writer):
    while line := await reader.readline():
        writer.write(line.upper())
        await writer.drain()
    writer.close()


async def client(number):
    reader, writer = await asyncio.open_connection("127.0.0.1", 7000, ssl=asked)
    for k in range(3):
        writer.write(b"line %d of %d\n" % (k, number))
        print(await reader.readline())
    writer.close()


async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", 7000, ssl=served):
        await asyncio.gather(*(client(number) for number in range(3)))


asyncio.run(main())
