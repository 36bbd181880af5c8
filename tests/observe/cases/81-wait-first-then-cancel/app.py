"""Whichever answers first is taken, the other is cancelled and waited for, as the manual has it. Nothing is
wrong. Ends by itself."""
import asyncio


async def ask(name, delay):
    await asyncio.sleep(delay)
    return name


async def main():
    asked = {asyncio.create_task(ask("near", 0.05)), asyncio.create_task(ask("far", 5))}
    done, pending = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.wait(pending)
    print([task.result() for task in done])


asyncio.run(main())
