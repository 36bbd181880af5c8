"""Nothing is lost here: a task is started, kept and awaited."""
import asyncio


async def greet():
    await asyncio.sleep(0.01)
    print("hello")


async def main():
    greeting = asyncio.create_task(greet())
    await greeting


asyncio.run(main())
