import queue, asyncio, traceback, gc
q = queue.Queue(1); q.put(1)
try: q.put(2, block=False)
except queue.Full: traceback.print_exc()
print(q.get(), q.qsize())
try: q.get(timeout=0.01)
except queue.Empty: traceback.print_exc()
s = queue.SimpleQueue(); s.put(1); print(s.get(), s.empty(), type(s), queue.SimpleQueue)
try: s.get_nowait()
except queue.Empty: traceback.print_exc()
p = queue.PriorityQueue(); p.put(3); p.put(1); print(p.get())
class Q(queue.Queue):
    def __init__(self): super().__init__(); print("made")
    def __del__(self): print("del", self.qsize())
x = Q(); x.put(1); del x
class C: pass
def cyc():
    c = C(); c.q = queue.Queue(); c.q.put(c)
    class D:
        def __del__(self): print("D gone")
    c.d = D()
cyc(); gc.collect()
async def main():
    a = asyncio.Queue(2); await a.put(1); a.put_nowait(2)
    try: a.put_nowait(3)
    except asyncio.QueueFull: traceback.print_exc()
    print(await a.get(), a)
    l = asyncio.Lock()
    async with l: print(l)
    try: l.release()
    except RuntimeError: traceback.print_exc()
    try: await asyncio.wait_for(asyncio.Event().wait(), .01)
    except asyncio.TimeoutError: print("timeout")
asyncio.run(main())
