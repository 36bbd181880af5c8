# What is waited for in all the usual ways: daemon workers by their queue, an executor by its context, a generator that is
# closed, a subprocess, threads of the loop. Ends by itself with status 0.
import asyncio
import queue
import sys
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed

todo = queue.Queue()


def worker():
    while True:
        todo.get()
        todo.task_done()


def square(number):
    return number * number


async def rows():
    try:
        for number in range(10):
            await asyncio.sleep(0)
            yield number
    finally:
        print("closed")


async def main():
    found = rows()
    async for number in found:
        if number == 3:
            break
    await found.aclose()
    loop = asyncio.get_running_loop()
    print(await asyncio.gather(*(loop.run_in_executor(None, square, n) for n in range(3))))
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", "pass")
    print(await child.wait())


for _ in range(3):
    threading.Thread(target=worker, daemon=True).start()
for item in range(20):
    todo.put(item)
todo.join()
with ThreadPoolExecutor(2) as pool:
    print(sorted(one.result() for one in as_completed([pool.submit(square, n) for n in range(4)])))
asyncio.run(main())
print("done")
