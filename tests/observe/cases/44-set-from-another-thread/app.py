"""A driver's thread sets a future of the loop's by itself instead of by call_soon_threadsafe. The loop sleeps
on, since nothing has woken it, and finds the value by luck, with its next timer. Ends by itself."""
import asyncio
import threading
import time


def driver(future):
    time.sleep(0.1)
    future.set_result(42)


async def reading(future):
    print("value", await future)


async def main():
    future = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(reading(future))
    threading.Thread(target=driver, args=(future,)).start()
    await asyncio.sleep(0.6)
    await task


asyncio.run(main())
