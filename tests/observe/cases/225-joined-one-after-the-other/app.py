# Main joins its threads one after the other, without a limit and then with one that none of them needs, and takes the
# results of a pool that it has waited for in part before: it has given up none of them.
import concurrent.futures
import threading
import time


def rest(seconds):
    time.sleep(seconds)


def join_all(**limit):
    threads = [threading.Thread(target=rest, args=(0.2 * k,)) for k in range(1, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(**limit)


join_all()
join_all(timeout=5)
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    jobs = [pool.submit(rest, 0.2 * k) for k in range(4)]
    done, pending = concurrent.futures.wait(jobs, timeout=0.3)
    print(len(pending) > 0)
print("joined")
