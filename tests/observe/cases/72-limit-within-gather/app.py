"""Two requests under one gather, each with a limit of its own; one runs out, which its own function hears of and
answers. Nothing is lost; one wait is given up. Ends by itself."""
import asyncio


async def answer(delay):
    await asyncio.sleep(delay)
    return delay


async def request(delay):
    try:
        async with asyncio.timeout(0.15):
            return await answer(delay)
    except TimeoutError:
        return "late"


async def main():
    print(await asyncio.gather(request(0.05), request(3)))


asyncio.run(main())
