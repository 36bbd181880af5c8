"""Jobs are submitted to a pool and their futures dropped. One fails: nobody hears of it, neither a log nor
the exit status. Ends by itself."""
from concurrent.futures import ThreadPoolExecutor


def resize(size):
    return 100 // size


with ThreadPoolExecutor(max_workers=2) as pool:
    for size in (2, 0, 4):
        pool.submit(resize, size)
print("all resized")
