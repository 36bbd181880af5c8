"""Main and four threads that compute. Prints what it took, in ms."""
import threading
import time


def compute():
    total = 0
    for number in range(1_500_000):
        total += number * number % 7
    return total


started = time.perf_counter()
threads = [threading.Thread(target=compute) for _ in range(4)]
for thread in threads:
    thread.start()
compute()
for thread in threads:
    thread.join()
print((time.perf_counter() - started) * 1000)
