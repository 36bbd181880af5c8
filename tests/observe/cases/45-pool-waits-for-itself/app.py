"""HANGS ON PURPOSE (main waits for a result). A job of a pool with one worker submits another job to the same
pool, and waits for it: the only worker that could do it is the one that waits."""
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="worker")


def part():
    return 1


def whole():
    return pool.submit(part).result() + 1


print("start")
print("never printed", pool.submit(whole).result())
