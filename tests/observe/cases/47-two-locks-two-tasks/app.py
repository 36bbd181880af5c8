"""HANGS ON PURPOSE (the loop is idle). Two tasks hold one asyncio lock each and wait for the other's."""
import asyncio


async def transfer(source, target):
    async with source:
        await asyncio.sleep(0.05)
        async with target:
            print("never printed")


async def main():
    a, b = asyncio.Lock(), asyncio.Lock()
    await asyncio.gather(
        transfer(a, b),
        transfer(b, a),
    )


asyncio.run(main())
