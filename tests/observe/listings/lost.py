"""The first listing: the task is started, nobody awaits it, and the event loop closes."""
import asyncio
import time


async def background_task():
    for i in range(5):
        print(f"Background task iteration {i}")
        await asyncio.sleep(1)
    print("finished")


async def background_task_wrapper():
    print("a")
    asyncio.create_task(background_task())
    print("b")


def main():
    print("Main program started")
    asyncio.run(background_task_wrapper())
    for i in range(3):
        time.sleep(3)
        print(f"Main program iteration {i}")


main()
