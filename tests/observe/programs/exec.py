import os, sys, traceback
try: os._exit("x")
except TypeError: traceback.print_exc()
try: os.execv("/nonexistent", ["x"])
except OSError: traceback.print_exc()
try: os.execvp("nonexistent-abc", ["x"])
except OSError: traceback.print_exc()
sys.stdout.flush(); sys.stderr.flush()
os.execv(sys.executable, [sys.executable, "-c", "print('second'); raise SystemExit(9)"])
