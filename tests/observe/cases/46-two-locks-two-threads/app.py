"""HANGS ON PURPOSE (two threads). Each holds one lock and waits for the other's."""
import threading
import time

left = threading.RLock()
right = threading.RLock()


def first():
    with left:
        time.sleep(0.1)
        with right:
            print("never printed")


def second():
    with right:
        time.sleep(0.1)
        with left:
            print("never printed")


one = threading.Thread(target=first, name="one")
two = threading.Thread(target=second, name="two")
one.start()
two.start()
one.join()
