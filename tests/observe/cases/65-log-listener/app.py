"""A program logs through a queue and a listener in a thread, which is stopped at the end. Nothing is wrong. Ends
by itself."""
import logging
import logging.handlers
import queue
import sys
import threading

records = queue.Queue()
listener = logging.handlers.QueueListener(records, logging.StreamHandler(sys.stdout))
listener.start()
log = logging.getLogger("app")
log.setLevel(logging.INFO)
log.addHandler(logging.handlers.QueueHandler(records))


def work(number):
    log.info("work %d", number)


threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
listener.stop()
print("done")
