import os, sys, warnings, threading, atexit
warnings.simplefilter("always")
atexit.register(lambda: print("exit", flush=True))
print("start", flush=True)
for how in range(3):
    pid = os.fork()
    if pid == 0:
        t = threading.Thread(target=lambda: print("child thread", flush=True)); t.start(); t.join()
        if how == 0: os._exit(3)
        if how == 1: sys.exit(4)
        raise ValueError("child")
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
