"""A handler of SIGTERM sets an event that main waits for; main then stops its worker, which does its clean-up.
Nothing is wrong. Ends by itself."""
import asyncio
import os
import signal


async def work():
    try:
        while True:
            await asyncio.sleep(0.01)
    except asyncio.CancelledError:
        print("work: clean")
        raise


async def main():
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    working = asyncio.create_task(work())
    loop.call_later(0.2, os.kill, os.getpid(), signal.SIGTERM)
    await stop.wait()
    working.cancel()
    try:
        await working
    except asyncio.CancelledError:
        pass
    print("stopped")


asyncio.run(main())
