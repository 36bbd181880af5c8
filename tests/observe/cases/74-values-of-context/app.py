"""Each request has its own value of a context variable, in its task and in the thread that it asks. Nothing is
wrong. Ends by itself."""
import asyncio
import contextvars

request = contextvars.ContextVar("request")


def look_up():
    return request.get()


async def handle(number):
    request.set(number)
    await asyncio.sleep(0.01)
    return await asyncio.to_thread(look_up)


async def main():
    print(sorted(await asyncio.gather(*(handle(number) for number in range(5)))))


asyncio.run(main())
