"""The third listing: the event loop runs in a thread of its own, beside a main that blocks."""
import asyncio
import threading
import time


async def background_task():
    for i in range(5):
        print(f"Background task iteration {i}")
        await asyncio.sleep(1)
    print("finished")


async def background_task_wrapper():
    print("a")
    task = asyncio.create_task(background_task())
    await task
    print("b")


def run_loop():
    asyncio.run(background_task_wrapper())


def main():
    print("Main program started")
    threading.Thread(target=run_loop).start()
    for i in range(3):
        time.sleep(3)
        print(f"Main program iteration {i}")


main()
