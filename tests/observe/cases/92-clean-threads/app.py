"""Nothing is wrong here: threads that are joined, a queue with an end, a worker told to stop, an idle daemon."""
import atexit
import queue
import threading
import time

jobs = queue.Queue()
results = []
idle = queue.Queue()


def work():
    while (job := jobs.get()) is not None:
        results.append(job * 2)
        jobs.task_done()


def listen():
    while True:
        idle.get()


threading.Thread(target=listen, daemon=True).start()
workers = [threading.Thread(target=work) for _ in range(3)]
for worker in workers:
    worker.start()
for job in range(9):
    jobs.put(job)
jobs.join()
for worker in workers:
    jobs.put(None)
for worker in workers:
    worker.join()
atexit.register(print, "bye")
time.sleep(0.05)
print(sum(results))
