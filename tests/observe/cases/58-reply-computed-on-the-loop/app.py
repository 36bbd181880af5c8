"""A handler computes on the loop's thread; the ticker of another task comes late by all of it. Ends by
itself."""
import asyncio
import time


def digest():
    total = 0
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        total += 1
    return total


async def tick():
    for turn in range(8):
        await asyncio.sleep(0.1)


async def main():
    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0.15)
    digest()
    await ticking


asyncio.run(main())
