"""Inside asyncio a pool is shut down without waiting while a job runs and another one is queued: both are done
all the same before the interpreter ends. Ends by itself."""
import asyncio
import concurrent.futures
import time


def crunch(number):
    time.sleep(0.2)
    print("crunched", number)


async def main():
    pool = concurrent.futures.ThreadPoolExecutor(max_workers=1)
    loop = asyncio.get_running_loop()
    first = loop.run_in_executor(pool, crunch, 1)
    second = loop.run_in_executor(pool, crunch, 2)
    pool.shutdown(wait=False)
    await asyncio.sleep(0.05)
    print("main is done", first.done(), second.done())


asyncio.run(main())
