"""A group in a group: one in the inner fails, so the inner's other goes, and then the outer's. main hears of it.
Ends by itself."""
import asyncio


async def ping(name):
    await asyncio.sleep(2)
    print(name)


async def fail():
    await asyncio.sleep(0.1)
    raise ValueError("bad answer")


async def inner():
    async with asyncio.TaskGroup() as group:
        group.create_task(ping("inner"))
        group.create_task(fail())


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(ping("outer"))
            group.create_task(inner())
    except ExceptionGroup as errors:
        print("heard", errors.exceptions[0].exceptions[0])


asyncio.run(main())
