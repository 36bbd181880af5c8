"""HANGS ON PURPOSE (the loop is idle). The notification comes before anybody waits for it, and is not kept."""
import asyncio


async def wait_for_data(changed):
    await asyncio.sleep(0.1)
    async with changed:
        await changed.wait()
        print("never printed")


async def main():
    changed = asyncio.Condition()
    waiting = asyncio.create_task(wait_for_data(changed))
    async with changed:
        changed.notify_all()
    await waiting


asyncio.run(main())
