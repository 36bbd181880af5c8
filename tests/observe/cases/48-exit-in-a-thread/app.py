"""A watchdog thread ends the process by os._exit while a task is in the middle of its work: no finally runs, no
handler at exit, and what lay in the buffer of a file is gone. Ends by itself."""
import asyncio
import atexit
import os
import threading
import time


def watchdog():
    time.sleep(0.2)
    os._exit(4)


@atexit.register
def flush():
    print("never printed")


async def save():
    try:
        await asyncio.sleep(5)
    finally:
        print("never printed")


async def main():
    saving = asyncio.create_task(save())
    threading.Thread(target=watchdog, daemon=True).start()
    await saving


asyncio.run(main())
