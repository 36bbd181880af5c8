"""A save is shielded from the limit of whoever waits for it: the wait is given up, the save goes on and is
awaited later. Nothing is wrong. Ends by itself."""
import asyncio


async def save():
    await asyncio.sleep(0.3)
    print("saved")
    return 1


async def main():
    saving = asyncio.create_task(save())
    try:
        await asyncio.wait_for(asyncio.shield(saving), 0.1)
    except asyncio.TimeoutError:
        print("slow")
    print(await saving)


asyncio.run(main())
