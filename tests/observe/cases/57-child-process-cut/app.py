"""A daemon process of multiprocessing is terminated when its parent ends, in the middle of its work. Ends by
itself."""
import multiprocessing
import time


def convert():
    time.sleep(30)


if __name__ == "__main__":
    child = multiprocessing.Process(target=convert, daemon=True, name="converter")
    child.start()
    time.sleep(0.5)
    print("done")
