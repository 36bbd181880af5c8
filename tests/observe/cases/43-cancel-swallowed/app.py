"""A poller catches whatever goes wrong in a turn, its own cancellation too, and polls on. Whoever cancels it
waits with a limit, and gives up. Ends by itself."""
import asyncio


async def poll():
    for turn in range(6):
        try:
            await asyncio.sleep(0.1)
        except BaseException:
            print("poll: never mind")


async def main():
    polling = asyncio.create_task(poll())
    await asyncio.sleep(0.15)
    polling.cancel()
    done, pending = await asyncio.wait([polling], timeout=0.1)
    print("still there:", len(pending))
    await polling


asyncio.run(main())
