"""Six workers are cancelled. One drops that and returns, one catches whatever may come, and nobody can tell that
they were cancelled. One says goodbye, one leaves it to contextlib, one has asked another that stops in its own time,
and one passes it on. Ends by itself."""
import asyncio
import contextlib


async def drop():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        pass
    return "dropped"


async def catch_all():
    try:
        await asyncio.sleep(10)
    except:  # noqa: E722
        print("catch_all: failed")


async def say_goodbye():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("say_goodbye: bye")


async def suppress():
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(10)
    except BaseException:
        print("suppress: never here")


async def stop_in_time():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("stop_in_time: stopping")


async def ask():
    try:
        await asyncio.create_task(stop_in_time())
    except BaseException:
        print("ask: never here")


async def pass_on():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("pass_on: cancelled")
        raise


async def main():
    workers = [asyncio.create_task(one()) for one in (drop, catch_all, say_goodbye, suppress, ask, pass_on)]
    await asyncio.sleep(0.05)
    for worker in workers:
        worker.cancel()
    await asyncio.wait(workers)
    print([worker.cancelled() for worker in workers])


asyncio.run(main())
