"""A daemon thread sends from a queue, one request after the other at one line, and main joins the queue
before it ends: everything was sent, and the thread only waits for more. No fault at all."""
import queue
import threading
import time

outbox = queue.Queue()


def send_all():
    while True:
        event = outbox.get()
        time.sleep(0.05)  # the request
        print("sent", event)
        outbox.task_done()


threading.Thread(target=send_all, name="sender", daemon=True).start()
for number in range(6):
    outbox.put(number)
outbox.join()
print("all sent")
