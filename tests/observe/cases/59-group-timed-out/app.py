"""A timeout takes the request of a client in the middle of it: told, and no loss. Ends by itself."""
import asyncio


async def request():
    await asyncio.sleep(3)


async def main():
    asking = asyncio.ensure_future(request())
    try:
        await asyncio.wait_for(asking, 0.1)
    except asyncio.TimeoutError:
        print("no answer")


asyncio.run(main())
