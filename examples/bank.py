"""A bank that looks at the balance, asks its ledger, and then takes the money: two withdrawals at once may both see it.

An ordinary asyncio program, which knows nothing of retick:   retick fuzz -- python3 examples/bank.py
With the argument "repaired" one withdrawal waits for the other.
"""
import asyncio
import contextlib
import sys

balance = 100
taking = asyncio.Lock() if sys.argv[1:] == ["repaired"] else contextlib.nullcontext()


async def ask_ledger(amount):
    reader, writer = await asyncio.open_connection("127.0.0.1", 7001)
    writer.write(b"%d\n" % amount)
    await reader.readline()
    writer.close()


async def bank(reader, writer):
    global balance
    amount = int(await reader.readline())
    async with taking:
        if balance >= amount:
            await ask_ledger(amount)
            balance -= amount
            writer.write(b"here it is\n")
        else:
            writer.write(b"not enough\n")
    writer.close()


async def ledger(reader, writer):
    await reader.readline()
    writer.write(b"noted\n")
    writer.close()


async def customer(number):
    reader, writer = await asyncio.open_connection("127.0.0.1", 7000)
    await asyncio.sleep(0.02 * number)
    writer.write(b"80\n")
    answer = await reader.readline()
    writer.close()
    return answer


async def main():
    async with await asyncio.start_server(bank, "127.0.0.1", 7000), await asyncio.start_server(ledger, "127.0.0.1", 7001):
        answers = await asyncio.gather(customer(1), customer(2))
    assert balance >= 0, f"the balance is {balance}"
    print(answers)


asyncio.run(main())
