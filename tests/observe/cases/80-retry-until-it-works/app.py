"""A request fails twice and works the third time; what failed was caught each time. A task for each. Nothing is
wrong. Ends by itself."""
import asyncio

tries = []


async def request():
    await asyncio.sleep(0.02)
    tries.append(1)
    if len(tries) < 3:
        raise ConnectionError("try again")
    return "answer"


async def main():
    for _ in range(5):
        try:
            print(await asyncio.create_task(request()))
            break
        except ConnectionError as error:
            print(error)


asyncio.run(main())
