import os, signal, threading, time
threading.Timer(.2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
def f(): threading.Event().wait(5)
f()
