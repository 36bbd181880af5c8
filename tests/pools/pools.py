"""Performs scenarios with a pool on CPython's own executors, in real time, and prints what came of each.

Reads lines of JSON, {"document", "strategy", "scale"} each (loop inline or thread; offload threads or processes), from stdin, and
answers each with a line: the result as threads.py has it, with the tasks whose jobs were begun, in that order. A pool of
processes is the program's: it is left when the loop has closed, as in the programs that tandem writes.
"""

import asyncio
import concurrent.futures
import contextlib
import gc
import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "threads"))

import threads  # noqa: E402


def job(begun, name, seconds):
    # So short a write to a pipe is one piece, whoever else writes to it.
    os.write(begun, f"{name}\n".encode())
    time.sleep(seconds)


class PoolRun(threads.Run):
    def __init__(self, document, strategy, scale):
        super().__init__(document, strategy, scale)
        self.is_inline = strategy["loop"] == "inline"
        self.reader, self.begun = os.pipe()
        workers = strategy["workers"]
        self.pool = contextlib.nullcontext()
        if strategy["offload"] == "processes":
            self.pool = concurrent.futures.ProcessPoolExecutor(workers)
        # Threads and processes are there before main begins, and rest.
        executor = self.executor or self.pool
        concurrent.futures.wait([executor.submit(time.sleep, 0.02) for _ in range(2 * workers)])
        time.sleep(0.05)

    def main_steps(self, steps, values):
        for step in steps:
            if step == "launch" and self.is_inline:
                with self.pool:
                    asyncio.run(self.serve())
            else:
                super().main_steps([step], values)

    def thread(self):
        with self.pool:
            super().thread()

    async def async_steps(self, steps, values, place, name, started=None, group=None):
        for step in steps:
            if "block" in step and place == "task":
                executor = None if self.executor is not None else self.pool
                seconds = self.seconds(step["block"])
                await self.loop.run_in_executor(executor, job, self.begun, name, seconds)
            else:
                await super().async_steps([step], values, place, name, started, group)

    def outcome(self):
        over = self.now()
        os.close(self.begun)
        # Nobody writes any more: the pool has been left, and its processes are over.
        if self.executor is not None:
            self.executor.shutdown()
        with os.fdopen(self.reader) as pipe:
            return super().outcome() | {"begun": pipe.read().split(), "over": over}


if __name__ == "__main__":
    threads.Run = PoolRun
    gc.freeze()
    for line in sys.stdin:
        print(json.dumps(threads.perform_apart(json.loads(line))), flush=True)
