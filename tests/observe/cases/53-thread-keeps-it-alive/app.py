"""The script is done, and its process stays: a thread that is no daemon goes on. Ends by itself, later."""
import threading
import time


def refresh():
    for turn in range(8):
        time.sleep(0.1)


threading.Thread(target=refresh, name="refresher").start()
print("done")
