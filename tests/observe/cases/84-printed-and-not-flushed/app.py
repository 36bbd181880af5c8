"""When a step fails the process ends at once. What was printed last lies in the buffer of stdout, which is no terminal,
and nobody sees it. A child that was forked before leaves its copy of that to its parent, as it should. Ends by
itself."""
import os

print("working", flush=True)
print("step 1 done")
child = os.fork()
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
print("step 2: no such table: naïve")
os._exit(3)
