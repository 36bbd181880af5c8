# Two batches of a task fail one after the other: the group of each asks the task itself to stop, which catches the
# failures and goes on. What cuts it off is the loop's close.
import asyncio


async def fails():
    await asyncio.sleep(0.02)
    raise ValueError("no")


async def waits():
    await asyncio.sleep(5)


async def batches():
    for _ in range(2):
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(fails())
                group.create_task(waits())
        except* ValueError:
            pass
    await asyncio.sleep(5)


async def main():
    task = asyncio.create_task(batches())
    await asyncio.sleep(0.2)
    print("main is done")


asyncio.run(main())
