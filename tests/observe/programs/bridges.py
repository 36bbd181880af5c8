import warnings
warnings.simplefilter("error")
import threading, queue, asyncio, concurrent.futures, atexit
from concurrent.futures import process, thread
async def m():
    r = await asyncio.to_thread(lambda: 5); print(r)
    try: await asyncio.to_thread(lambda: 1/0)
    except ZeroDivisionError: import traceback; traceback.print_exc()
    async def bad(): raise ValueError("b")
    f = asyncio.run_coroutine_threadsafe(bad(), asyncio.get_running_loop())
    await asyncio.sleep(.01)
    print(f.exception())
    loop = asyncio.get_running_loop()
    x = loop.run_in_executor(None, lambda: 1/0)
    await asyncio.sleep(.05); del x; import gc; gc.collect()
asyncio.run(m())
