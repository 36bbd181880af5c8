# Two consumers go round for ever and have done all that there was when the loop closes: nothing of theirs is lost. A
# heartbeat that goes round for ever is, and one that would end at a sentinel that nobody sends.
import asyncio


async def consume(values):
    while True:
        await values.get()
        await asyncio.sleep(0.01)
        values.task_done()


async def until_none(values):
    while True:
        if await values.get() is None:
            break


async def beat():
    while True:
        await asyncio.sleep(5)


async def main():
    values, others = asyncio.Queue(), asyncio.Queue()
    tasks = [asyncio.create_task(consume(values)) for _ in range(2)]
    tasks += [asyncio.create_task(until_none(others)), asyncio.create_task(beat())]
    for value in range(4):
        values.put_nowait(value)
    await values.join()
    print("all done")


asyncio.run(main())
