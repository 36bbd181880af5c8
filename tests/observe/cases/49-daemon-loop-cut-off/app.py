"""The article's third listing, with a thread that is a daemon: main ends, and the loop in the thread stops
existing in the middle of both uploads. Ends by itself."""
import asyncio
import threading
import time


async def upload(name):
    for part in range(100):
        await asyncio.sleep(0.05)


async def serve():
    await asyncio.gather(upload("a"), upload("b"))


threading.Thread(target=asyncio.run, args=(serve(),), daemon=True, name="loop").start()
time.sleep(0.3)
print("done")
