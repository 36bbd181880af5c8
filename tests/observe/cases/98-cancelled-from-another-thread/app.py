# A thread gives up waiting for a coroutine of the loop and cancels its future: that line is who cancelled it, and not the
# line that runs the loop. Ends by itself with status 0.
import asyncio
import concurrent.futures


async def fetch():
    await asyncio.sleep(5)


async def main():
    loop = asyncio.get_running_loop()

    def ask():
        future = asyncio.run_coroutine_threadsafe(fetch(), loop)
        try:
            future.result(0.05)
        except concurrent.futures.TimeoutError:
            future.cancel()
            print("gave up")

    await loop.run_in_executor(None, ask)
    await asyncio.sleep(0.05)


asyncio.run(main())
