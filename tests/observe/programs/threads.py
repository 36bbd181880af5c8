import threading, traceback, sys
def f(): raise ValueError("x")
t = threading.Thread(target=f); t.start(); t.join()
def g(): sys.exit(3)
t = threading.Thread(target=g, name="exiter"); t.start(); t.join()
try: t.start()
except RuntimeError: traceback.print_exc()
def h(): traceback.print_stack()
t = threading.Thread(target=h, daemon=True); t.start(); t.join()
class T(threading.Thread):
    def run(self): print("run", self.name); self.name = "other"
t = T(); t.start(); t.join()
threading.excepthook = lambda a: print("hook", a.exc_type.__name__, a.thread.name)
t = threading.Thread(target=f); t.start(); t.join()
t = threading.Timer(0.01, print, ("timer",)); t.start(); t.join()
print(threading.enumerate()[0].name, len(threading.enumerate()))
