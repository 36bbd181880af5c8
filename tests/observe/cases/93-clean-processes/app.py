"""Nothing is wrong here: a pool of processes, a subprocess, a process that is joined."""
import multiprocessing
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor


def square(number):
    return number * number


if __name__ == "__main__":
    with ProcessPoolExecutor(max_workers=2) as pool:
        print(sum(pool.map(square, range(5))))
    child = multiprocessing.Process(target=square, args=(3,))
    child.start()
    child.join()
    subprocess.run([sys.executable, "-c", "print('child')"], check=True)
