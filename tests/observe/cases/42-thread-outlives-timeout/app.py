"""A report is made in a thread, with a limit. The limit passes and the caller goes on without; the thread
does not know, works on, and writes its file all the same. Ends by itself."""
import asyncio
import time


def make_report():
    time.sleep(0.6)
    print("report written")


async def main():
    try:
        await asyncio.wait_for(asyncio.to_thread(make_report), 0.2)
    except asyncio.TimeoutError:
        print("gave up")


asyncio.run(main())
