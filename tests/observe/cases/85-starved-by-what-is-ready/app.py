"""Very many tasks look again and again whether something has come, and give way each time with sleep(0). No step of
theirs is long, but all of them come before the heartbeat's timer. Ends by itself."""
import asyncio
import time

come = False


async def beat():
    await asyncio.sleep(0.05)
    print("beat")


async def look():
    while not come:
        until = time.thread_time() + 0.00025
        while time.thread_time() < until:
            pass
        await asyncio.sleep(0)


async def main():
    global come
    beating = asyncio.create_task(beat())
    looking = [asyncio.create_task(look()) for _ in range(800)]
    await beating
    come = True
    await asyncio.gather(*looking)


asyncio.run(main())
