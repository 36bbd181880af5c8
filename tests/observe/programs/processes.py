import multiprocessing as mp, sys, time
from concurrent.futures import ProcessPoolExecutor
def f(x): return 10 // x
def bad(): raise KeyError("in child")
def ex(): sys.exit(6)
if __name__ == "__main__":
    for how in ("fork", "spawn", "forkserver"):
        c = mp.get_context(how)
        for t in (bad, ex):
            p = c.Process(target=t, name="P-" + t.__name__); p.start(); p.join(); print(how, p.exitcode, flush=True)
        with c.Pool(2) as pool: print(pool.map(f, [1, 2]), flush=True)
        with ProcessPoolExecutor(2, mp_context=c) as pool:
            x = pool.submit(f, 0)
            try: x.result()
            except ZeroDivisionError as e: print(e, type(e.__cause__).__name__, flush=True)
            print(list(pool.map(f, [1, 2])), flush=True)
        q = c.Queue(); q.put(1); print(q.get(), flush=True)
