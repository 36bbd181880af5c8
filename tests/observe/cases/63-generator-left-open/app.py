"""An async generator is left by break, and nobody closes it: its finally runs only when asyncio.run shuts the
generators down. Nothing is lost. Ends by itself."""
import asyncio

kept = []


async def rows():
    try:
        for number in range(100):
            await asyncio.sleep(0.01)
            yield number
    finally:
        print("closed")


async def main():
    every = rows()
    kept.append(every)
    async for row in every:
        if row == 2:
            break
    print("left at", row)


asyncio.run(main())
