"""The most common slip: a coroutine function is called like a function. Ends by itself."""
import asyncio

saved = []


async def save(item):
    saved.append(item)


async def main():
    for item in range(2):
        save(item)
    await asyncio.sleep(0)
    print(saved)


asyncio.run(main())
