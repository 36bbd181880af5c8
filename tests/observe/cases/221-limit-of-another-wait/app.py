# A job is under way while its task's wait for something else runs into its limit: nobody has given the job up, and its
# result is taken. Two of them.
import asyncio
import time


def measure():
    time.sleep(0.4)
    return 1


async def main():
    loop = asyncio.get_running_loop()
    jobs = [loop.run_in_executor(None, measure) for _ in range(2)]
    try:
        await asyncio.wait_for(asyncio.sleep(5), 0.05)
    except asyncio.TimeoutError:
        print("slow")
    print(await asyncio.gather(*jobs))


asyncio.run(main())
