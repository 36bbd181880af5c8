# A task is through with a limit of its own when one around it runs out, in whoever awaits it: that one has ended it.
# Ends by itself with status 0.
import asyncio


async def job():
    try:
        await asyncio.wait_for(asyncio.sleep(5), 0.05)
    except asyncio.TimeoutError:
        print("slow")
    await asyncio.sleep(6)


async def main():
    task = asyncio.create_task(job())
    try:
        await asyncio.wait_for(task, 0.2)
    except asyncio.TimeoutError:
        print("too slow")


asyncio.run(main())
