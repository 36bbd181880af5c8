"""The first of three mirrors is taken, as as_completed has it; the others are left alone, and go down with the
loop when main returns. Ends by itself."""
import asyncio


async def fetch(mirror, delay):
    await asyncio.sleep(delay)
    return mirror


async def main():
    asked = [asyncio.create_task(fetch(name, delay)) for name, delay in (("a", 3), ("b", 0.1), ("c", 4))]
    for first in asyncio.as_completed(asked):
        print("from", await first)
        break


asyncio.run(main())
