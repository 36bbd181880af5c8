"""A task fails, and whoever started it keeps it without ever asking. asyncio tells of it when the task is
collected, at the very end. Ends by itself."""
import asyncio

kept = []


async def sync_up():
    await asyncio.sleep(0.01)
    raise ValueError("no such account")


async def main():
    kept.append(asyncio.create_task(sync_up()))
    await asyncio.sleep(0.1)
    kept.clear()
    print("done")


asyncio.run(main())
