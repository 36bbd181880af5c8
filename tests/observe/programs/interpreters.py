import sys, threading, time
try:
    import _interpreters as I
except ImportError:
    import _xxsubinterpreters as I
print("main")
n = I.create()
r = I.run_string(n, "import threading, time\nfor _ in range(30): time.sleep(.01)\nprint('sub')")
t = threading.Thread(target=lambda: sum(range(10**6))); t.start(); t.join()
I.destroy(n)
print("done")
