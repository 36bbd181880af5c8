"""Nothing is wrong here: a group, a pool in a with block, a queue that is worked off."""
import asyncio
from concurrent.futures import ThreadPoolExecutor


async def part(number):
    await asyncio.sleep(0.01 * number)
    return number


async def consume(jobs):
    while True:
        await jobs.get()
        jobs.task_done()


async def main():
    parts = await asyncio.gather(*(part(number) for number in range(5)))
    jobs = asyncio.Queue()
    consumer = asyncio.create_task(consume(jobs))
    for job in range(10):
        jobs.put_nowait(job)
    await jobs.join()
    consumer.cancel()
    try:
        await consumer
    except asyncio.CancelledError:
        pass
    with ThreadPoolExecutor() as pool:
        loop = asyncio.get_running_loop()
        parts += await asyncio.gather(*(loop.run_in_executor(pool, abs, -n) for n in range(5)))
    print(sum(parts))


asyncio.run(main())
