"""100,000 tasks of ten steps each, a thousand at a time. Prints what it took, in ms."""
import asyncio
import time


async def work():
    for _ in range(10):
        await asyncio.sleep(0)


async def main():
    for _ in range(100):
        await asyncio.gather(*(work() for _ in range(1000)))


started = time.perf_counter()
asyncio.run(main())
print((time.perf_counter() - started) * 1000)
