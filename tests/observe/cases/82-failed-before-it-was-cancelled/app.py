"""Whatever workers are left are cancelled, whether or not they have failed by then; of that asyncio logs nothing any
more. Then one is asked for its failure, one is awaited, some are gathered, and of the last nobody hears. Ends by
itself."""
import asyncio


async def work(name):
    await asyncio.sleep(0)
    raise ValueError(name)


async def main():
    asked = asyncio.create_task(work("asked"))
    awaited = asyncio.create_task(work("awaited"))
    gathered = [asyncio.create_task(work("gathered")) for _ in range(2)]
    waited = asyncio.create_task(work("waited"))
    await asyncio.sleep(0.01)
    for task in (asked, awaited, *gathered, waited):
        task.cancel()
    print(repr(asked.exception()))
    try:
        await awaited
    except ValueError as error:
        print(repr(error))
    print(await asyncio.gather(*gathered, return_exceptions=True))
    done, _ = await asyncio.wait([waited], return_when=asyncio.FIRST_EXCEPTION)
    print(len(done))


asyncio.run(main())
