import sys, atexit, traceback
@atexit.register
def one(): print("one")
def two(a, b=1): print("two", a, b); raise KeyError("in handler")
atexit.register(two, 5, b=7)
def three(): print("never")
atexit.register(three); atexit.unregister(three)
try: sys.exit("caught")
except SystemExit: traceback.print_exc()
try: sys.exit(1, 2)
except TypeError: traceback.print_exc()
print(repr(sys.exit), sys.exit.__name__, sys.exit.__doc__[:10])
class A:
    die = sys.exit
try: A().die(4)
except SystemExit as e: print(e.code)
def deep(): sys.exit(5)
deep()
