"""A task calls sys.exit: the loop ends with it, and asyncio.run cancels the other one in the middle of its work.
Ends by itself."""
import asyncio
import sys


async def guard():
    await asyncio.sleep(0.1)
    sys.exit(5)


async def upload():
    try:
        await asyncio.sleep(3)
    finally:
        print("upload: clean")


async def main():
    uploading = asyncio.create_task(upload())
    guarding = asyncio.create_task(guard())
    await asyncio.gather(uploading, guarding)


asyncio.run(main())
