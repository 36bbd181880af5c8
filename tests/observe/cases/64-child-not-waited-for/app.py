"""A child process is started and not waited for; it ends by itself while main does something else. Ends by
itself."""
import subprocess
import sys
import time

child = subprocess.Popen([sys.executable, "-c", "print('child')"])
time.sleep(0.6)
print("main")
child.wait()
