"""HANGS ON PURPOSE (main waits). The only thread that works the queue off has died of an exception, which
stderr told of; whoever waits for the queue to be worked off waits for ever."""
import queue
import threading

jobs = queue.Queue()


def work():
    while True:
        job = jobs.get()
        print(10 // job)
        jobs.task_done()


threading.Thread(target=work, name="worker", daemon=True).start()
for job in (5, 0, 2, 1):
    jobs.put(job)
jobs.join()
print("never printed")
