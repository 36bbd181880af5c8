# Every way out of the process, and handlers at exit.
