"""Five workers take from one queue; two of them fail at a value they do not understand, and nobody looks. The
others do the rest, so the queue is worked off, but for the two values that were never told to be done: main
waits with a limit. Ends by itself."""
import asyncio


async def work(name, jobs):
    while True:
        job = await jobs.get()
        await asyncio.sleep(0.02)
        print(name, 10 // job)
        jobs.task_done()


async def main():
    jobs = asyncio.Queue()
    for job in (1, 2, 0, 5, 0, 1, 2, 5):
        jobs.put_nowait(job)
    workers = [asyncio.create_task(work(f"w{n}", jobs)) for n in range(5)]
    try:
        await asyncio.wait_for(jobs.join(), 0.5)
    except asyncio.TimeoutError:
        print("not all done")
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)


asyncio.run(main())
