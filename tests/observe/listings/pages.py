"""A loop that is held, a task that is lost, and a failure that only a line on stderr tells: the README's picture."""
import asyncio
import time


async def fetch(n):
    await asyncio.sleep(0.05 * n)
    if n == 3:
        raise ValueError(f"no page {n}")
    return n


async def upload(n):
    await asyncio.sleep(0.02)
    time.sleep(0.15)
    await asyncio.sleep(0.1)


async def heartbeat():
    while True:
        await asyncio.sleep(0.01)


async def main():
    beat = asyncio.create_task(heartbeat())
    pages = [asyncio.create_task(fetch(n)) for n in range(8)]
    await asyncio.gather(*[upload(n) for n in range(3)])
    await pages[1]
    print("done")


asyncio.run(main())
