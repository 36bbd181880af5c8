# asyncio.wait raises nothing: two of three have failed, and how many are done is all that is looked at. Only what asyncio
# logs when the tasks are collected tells of it. Ends by itself with status 0.
import asyncio


async def load(number):
    await asyncio.sleep(0.01 * number)
    if number > 1:
        raise OSError(f"no disk {number}")


async def main():
    tasks = [asyncio.create_task(load(number)) for number in (1, 2, 3)]
    done, _ = await asyncio.wait(tasks)
    print(f"{len(done)} done")


asyncio.run(main())
