# Callbacks of a pool's futures ask for results: what result() raises in one of them concurrent.futures only logs, and
# another catches it. Ends by itself with status 0.
import time
from concurrent.futures import ThreadPoolExecutor


def fetch(number):
    time.sleep(0.05)
    raise ValueError(f"no {number}")


def load(name):
    raise KeyError(name)


def store(future):
    print("stored", future.result())


def look(future):
    try:
        future.result()
    except KeyError:
        print("not loaded")


with ThreadPoolExecutor(1) as pool:
    pool.submit(fetch, 1).add_done_callback(store)
    pool.submit(load, "a").add_done_callback(look)
print("done")
