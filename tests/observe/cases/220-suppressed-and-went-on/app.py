# A task suppresses what its cancellation raises, and goes on: the line that cancelled it has not ended it, the loop's
# close has. Another one cleans up for a while when it is cancelled, and is cut off in that by the close: it was the line
# that ended it.
import asyncio
import contextlib


async def once():
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.sleep(5)
    await asyncio.sleep(6)


async def cleans():
    try:
        await asyncio.sleep(5)
    finally:
        await asyncio.sleep(6)


async def main():
    tasks = [asyncio.create_task(once()), asyncio.create_task(cleans())]
    await asyncio.sleep(0.05)
    for task in tasks:
        task.cancel()
    await asyncio.sleep(0.05)
    print("main is done")


asyncio.run(main())
