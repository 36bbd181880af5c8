# A loop on a daemon thread, with a consumer that waits for something to do when the process ends, and one that is in the
# middle of something.
import asyncio
import threading
import time


async def consume(values):
    while True:
        seconds = await values.get()
        await asyncio.sleep(seconds)


async def start():
    quick, slow = asyncio.Queue(), asyncio.Queue()
    quick.put_nowait(0)
    slow.put_nowait(9)
    return quick, slow, [asyncio.create_task(consume(quick)), asyncio.create_task(consume(slow))]


loop = asyncio.new_event_loop()
threading.Thread(target=loop.run_forever, daemon=True).start()
kept = asyncio.run_coroutine_threadsafe(start(), loop).result()
time.sleep(0.5)
print("end")
