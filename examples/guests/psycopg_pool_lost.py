"""Two jobs share psycopg's pool of one connection, each under a deadline; a third comes when they are through, and never gets it.

https://github.com/psycopg/psycopg/issues/509: a client that is cancelled while it waits for a connection stays in the pool's queue. The
pool gives the connection to it, and there is nobody to give it back. Repaired in psycopg_pool 3.1.7. It takes a deadline that meets a
connection's return, for which one late timer is enough.

    retick fuzz -- /usr/bin/python3 examples/guests/psycopg_pool_lost.py

needs: psycopg_pool 3.1.5 or 3.1.6: Debian 12's python3-psycopg and python3-psycopg-pool. No PostgreSQL: what it takes of one stands below
finds: AssertionError: the pool has lost its connection
repaired: the argument "repaired": a client that is cancelled leaves the queue, and hands on what it was given; or psycopg_pool 3.1.7
"""
import asyncio
import struct
import sys

import psycopg_pool.pool_async

ADDRESS = "host=127.0.0.1 port=7071 user=somebody dbname=some sslmode=disable gssencmode=disable"


def message(kind, body=b""):
    return kind + struct.pack("!i", len(body) + 4) + body


READY = message(b"Z", b"I")
PARAMETERS = {b"server_version": b"15.0", b"client_encoding": b"UTF8", b"standard_conforming_strings": b"on", b"integer_datetimes": b"on"}
SELECT, QUIT = b"Q", b"X"


async def serve(reader, writer):
    """What libpq takes for a PostgreSQL: anybody may come in, and each query has an empty answer."""
    try:
        size, = struct.unpack("!i", await reader.readexactly(4))
        await reader.readexactly(size - 4)
        writer.write(message(b"R", struct.pack("!i", 0)))
        for name, value in PARAMETERS.items():
            writer.write(message(b"S", name + b"\0" + value + b"\0"))
        writer.write(message(b"K", struct.pack("!ii", 1, 2)) + READY)
        while (kind := await reader.readexactly(1)) != QUIT:
            size, = struct.unpack("!i", await reader.readexactly(4))
            await reader.readexactly(size - 4)
            if kind == SELECT:
                writer.write(message(b"C", b"SELECT 0\0") + READY)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


class RepairedClient(psycopg_pool.pool_async.AsyncClient):
    async def wait(self, timeout):
        try:
            return await super().wait(timeout)
        except asyncio.CancelledError as cancelled:
            if self.conn:
                await pool._add_to_pool(self.conn)
            else:
                self.error = cancelled  # from now on the pool passes it over
            raise


if sys.argv[1:] == ["repaired"]:
    psycopg_pool.pool_async.AsyncClient = RepairedClient


async def job(seconds):
    try:
        async with asyncio.timeout(seconds), pool.connection():
            await asyncio.sleep(0.02)
    except TimeoutError:
        pass


async def main():
    global pool
    await asyncio.start_server(serve, "127.0.0.1", 7071)
    async with psycopg_pool.AsyncConnectionPool(ADDRESS, min_size=1, max_size=1, open=False) as pool:
        await asyncio.gather(job(0.04), job(0.06))
        try:
            async with pool.connection(timeout=10):
                pass
        except psycopg_pool.PoolTimeout:
            raise AssertionError("the pool has lost its connection") from None


asyncio.run(main())
