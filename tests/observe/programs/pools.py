from concurrent.futures import ThreadPoolExecutor, as_completed, wait, Future
import traceback, time
def f(x): return 10 // x
with ThreadPoolExecutor(2) as p:
    fs = [p.submit(f, i) for i in (0, 1, 2)]
    for x in as_completed(fs):
        try: x.result()
        except ZeroDivisionError: traceback.print_exc()
    results = p.map(f, [1, 0])
    time.sleep(0.2)  # what result() raises has another line while it waits
    try: list(results)
    except ZeroDivisionError: traceback.print_exc()
    a = p.submit(time.sleep, .1); b = p.submit(time.sleep, .1); c = p.submit(time.sleep, .1)
    print(c.cancel(), c.cancelled())
    try: c.result()
    except BaseException as e: traceback.print_exc()
    d = p.submit(f, 0); d.add_done_callback(lambda z: print("cb", z.exception()))
try: p.submit(f, 1)
except RuntimeError: traceback.print_exc()
try: a.set_result(1)
except Exception as e: print(type(e))
try: Future().result(timeout=0.01)
except Exception: traceback.print_exc()
try: p.submit()
except TypeError: traceback.print_exc()
