"""Two kinds of mail are sent in the background, five of each. The quick ones come to their end before
the script's own work is done; the slow ones are lost. Ends by itself."""
import asyncio


async def quick(number):
    await asyncio.sleep(0.02 * number)


async def slow(number):
    await asyncio.sleep(5 + number)


async def main():
    kept = []
    for number in range(5):
        kept.append(asyncio.create_task(quick(number)))
        kept.append(asyncio.create_task(slow(number)))
    await asyncio.sleep(0.3)


asyncio.run(main())
