import asyncio
# Python warns of this escape when it compiles the file, once.
pattern = "\d+"
async def job():
    pass
async def main():
    job()
    await asyncio.sleep(0)
asyncio.run(main())
