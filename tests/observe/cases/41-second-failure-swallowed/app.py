"""Two uploads fail under one gather. The first failure is raised; the second is heard by nobody: gather
has its answer already, and takes the exception out of the task without a word. Ends by itself."""
import asyncio


async def upload(name, delay):
    await asyncio.sleep(delay)
    raise OSError(f"{name}: disk full")


async def main():
    try:
        await asyncio.gather(
            upload("a", 0.05),
            upload("b", 0.1),
        )
    except OSError as error:
        print("failed:", error)
    await asyncio.sleep(0.2)


asyncio.run(main())
