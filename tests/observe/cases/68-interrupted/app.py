"""Somebody presses Ctrl-C while main waits: asyncio.run cancels what there is, and the program says so and ends
by itself."""
import asyncio
import os
import signal
import threading
import time


async def poll():
    while True:
        await asyncio.sleep(0.05)


async def main():
    polling = asyncio.create_task(poll())
    await polling


def press():
    time.sleep(0.4)
    os.kill(os.getpid(), signal.SIGINT)


threading.Thread(target=press).start()
try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("interrupted")
