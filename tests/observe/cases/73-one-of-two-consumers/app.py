"""Two consumers of one queue: one dies of a value that is none, and is never asked; the other one does all the
rest. main waits until the queue is empty, and returns. Ends by itself."""
import asyncio


async def consume(name, values):
    while True:
        value = await values.get()
        await asyncio.sleep(0.01)
        print(name, value.upper())


async def main():
    values = asyncio.Queue()
    consumers = [asyncio.create_task(consume(name, values)) for name in "ab"]
    for value in ("x", None, "y", "z", "v"):
        await values.put(value)
    while not values.empty():
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.1)
    consumers[0].cancel()
    consumers[1].cancel()


asyncio.run(main())
