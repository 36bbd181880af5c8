# A task waits with a limit twice, which runs out each time. That asks it to stop as well, and it goes on: what
# cuts it off in the end is the loop's close. Two like it; the third is cancelled by a line, after such limits.
import asyncio


async def poll(ready):
    for _ in range(2):
        try:
            await asyncio.wait_for(ready.wait(), 0.05)
        except asyncio.TimeoutError:
            pass
    await asyncio.sleep(5)


async def main():
    ready = asyncio.Event()
    tasks = [asyncio.create_task(poll(ready)) for _ in range(3)]
    await asyncio.sleep(0.3)
    tasks[2].cancel()
    await asyncio.wait([tasks[2]])
    print("main is done")


asyncio.run(main())
