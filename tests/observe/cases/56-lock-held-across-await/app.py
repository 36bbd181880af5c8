"""HANGS ON PURPOSE (the loop stands still). A task takes a lock of threads and awaits while it holds it; a
second task wants the same lock, and blocks the only thread that could let the first go on."""
import asyncio
import threading

lock = threading.Lock()


async def update(name):
    with lock:
        await asyncio.sleep(0.05)
        print("updated", name)


async def main():
    await asyncio.gather(update("a"), update("b"))


asyncio.run(main())
