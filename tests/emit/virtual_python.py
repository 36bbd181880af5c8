"""Performs programs of Python in virtual time, one after the other, and tells what came of them.

Reads lines of JSON, {"program": text, "seed": number | null}, from stdin and answers each with a line:

    {"prints": [{"at": microseconds, "main": bool, "text": text}], "status": number, "end": "exit" | "deadlock" | "stuck",
     "at": microseconds, "stderr": text}

Python's own interpreter, threading, queue, concurrent.futures and asyncio run the program. Replaced is what they stand on:
the clock, locks, the start and the join of a thread, and the selector of a loop. Of all threads only one goes on at a time,
until it waits or ends; when all wait, the clock jumps to the first deadline; where there is none, the program can never
end, and is ended. With a seed the threads take turns wherever one takes a lock, reads the clock or wakes a loop as well,
so that what happens in one instant on several threads happens in any order.

Two orders that CPython leaves to a set are those of creation, and timers of one instant fire in that of creation. A pool
of processes is one of threads that takes jobs ahead as concurrent.futures.process does.

All programs share a process: to fork one for each takes twenty times as long. What a program abandons stands still for
ever where it is, and after some of that the process begins anew.
"""

import ast
import builtins
import collections
import gc
import io
import json
import os
import random
import selectors
import signal
import sys
import threading
import time
import types

import _thread

real_lock = _thread.allocate_lock
real_print = print
real_exit = os._exit


class Ended(SystemExit):
    """Takes the main thread out of a program that is over: nothing but the host catches it."""


class Turns:
    """Who goes on: the ready threads, those that wait, and the clock, in whole microseconds."""

    def __init__(self, seed=None):
        self.now = 0
        self.nudge = 0
        self.ready = collections.deque()
        self.waiting = {}
        self.main = self.current = Strand()
        self.started = []
        self.random = None if seed is None else random.Random(seed)
        self.records = []
        self.main_ended = False
        self.over = False

    def wait(self, deadline):
        """Lets others go on until this thread is woken or the clock has come to the deadline. Returns whether it was woken."""
        if self.over:
            raise Ended
        me = self.current
        me.woken = False
        self.waiting[me] = deadline
        self.pass_on(me)
        return me.woken

    def wake(self, strand):
        if strand in self.waiting:
            del self.waiting[strand]
            strand.woken = True
            self.ready.append(strand)

    def waver(self):
        """Perhaps lets another thread that is ready go first."""
        if self.random is not None and self.ready and not self.over and self.random.random() < 0.3:
            me = self.current
            self.ready.append(me)
            self.pass_on(me)

    def let_pools_begin(self):
        """A worker that is free takes a job before the loop has gone on a turn, whatever else is luck."""
        while any(strand.is_worker for strand in self.ready) and not self.over:
            me = self.current
            self.ready.append(me)
            self.pass_on(me)

    def pass_on(self, me):
        """Gives the turn to the next thread; returns when it is me's again, or at once where me is None: a thread that ends."""
        following = self.next()
        if following is not me:
            self.current = following
            following.baton.release()
            if me is not None:
                me.baton.acquire()
        if self.over and me is not None:
            raise Ended

    def next(self):
        if not self.ready:
            due = min((at for at in self.waiting.values() if at is not None), default=None)
            if due is None:
                self.end("deadlock")
                return self.main
            if due > self.now:
                self.now, self.nudge = due, 0
            for strand in [strand for strand, at in self.waiting.items() if at == due]:
                del self.waiting[strand]
                self.ready.append(strand)
        if self.random is not None and len(self.ready) > 1:
            self.ready.rotate(-self.random.randrange(len(self.ready)))
        return self.ready.popleft()

    def record(self, record):
        if not self.over:
            self.records.append({"at": self.now, **record})

    def end(self, how, status=0):
        self.record({"end": how, "status": status})
        self.over = True


class Strand:
    """A thread among those that take turns."""

    def __init__(self, thread=None):
        self.is_worker = thread is not None and thread._target is concurrent.futures.thread._worker
        self.baton = real_lock()
        self.baton.acquire()
        self.woken = False
        self.over = False
        self.joining = []
        self.cpu = 0


def micro(seconds):
    return round(seconds * 1e6)


def after(seconds):
    if seconds is None or seconds < 0:
        return None
    ticks = micro(seconds)
    if ticks == 0:
        # What is left of a sum of durations, and no time: the clock must pass it all the same.
        turns.nudge += seconds
    return turns.now + ticks


# --- What stands in for the primitives ------------------------------------------------------------------------------


class Lock:
    def __init__(self):
        self.held = False
        self.waiting = collections.deque()

    def acquire(self, blocking=True, timeout=-1):
        turns.waver()
        deadline = after(timeout)
        while self.held:
            if not blocking or (deadline is not None and deadline <= turns.now):
                return False
            me = turns.current
            self.waiting.append(me)
            if not turns.wait(deadline):
                self.waiting.remove(me)
        self.held = True
        return True

    def release(self):
        if not self.held:
            raise RuntimeError("release unlocked lock")
        self.held = False
        if self.waiting:
            turns.wake(self.waiting.popleft())

    def locked(self):
        return self.held

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *_):
        self.release()

    def _at_fork_reinit(self):
        self.__init__()


class CpuTime(float):
    """What time.thread_time returns: to compare it with a later one is to compute until then."""

    def __add__(self, seconds):
        return CpuTime(float(self) + seconds)

    def __lt__(self, end):
        if float(end) - float(self) > 1e-9:
            ticks = micro(float(end) - float(self))
            turns.current.cpu += ticks
            turns.wait(turns.now + ticks)
        return False


def clock():
    turns.waver()
    return turns.now / 1e6 + turns.nudge


def sleep(seconds):
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    if seconds > 0:
        turns.wait(after(seconds))


def starting(start_thread):
    """What starts a thread of the system, as a thread that waits for its turn."""

    def start(bootstrap, *arguments, **options):
        thread = bootstrap.__self__
        thread.strand = Strand(thread)
        started = start_thread(bootstrap, *arguments, **options)
        turns.started.append(thread)
        turns.ready.append(thread.strand)
        return started

    return start


def bootstrap_inner(self):
    self.strand.baton.acquire()
    try:
        real_bootstrap_inner(self)
    finally:
        self.strand.over = True
        for strand in self.strand.joining:
            turns.wake(strand)
        turns.pass_on(None)


def join(self, timeout=None):
    if not self._started.is_set():
        raise RuntimeError("cannot join thread before it is started")
    if self is threading.current_thread():
        raise RuntimeError("cannot join current thread")
    deadline = after(timeout)
    while not self.strand.over and (deadline is None or turns.now < deadline):
        me = turns.current
        self.strand.joining.append(me)
        if not turns.wait(deadline):
            self.strand.joining.remove(me)


def is_alive(self):
    return self._started.is_set() and not (hasattr(self, "strand") and self.strand.over)


def shutdown():
    """threading._shutdown: what the interpreter waits for at its end."""
    for call in reversed(threading._threading_atexits):
        call()
    for thread in turns.started:
        if not thread.daemon:
            thread.join()


class Selector(selectors.SelectSelector):
    """A loop's selector: looks without waiting, and waits with the turns."""

    strand = None

    def select(self, timeout=None):
        turns.let_pools_begin()
        turns.waver()
        events = super().select(0)
        if events or (timeout is not None and timeout <= 0):
            return events
        self.strand = turns.current
        turns.wait(after(timeout))
        self.strand = None
        return super().select(0)


def write_to_self(self):
    real_write_to_self(self)
    strand = getattr(self._selector, "strand", None)
    if strand is not None:
        turns.wake(strand)
    turns.waver()


def told(*values, sep=" ", end="\n", file=None, flush=False):
    if file is not None:
        return real_print(*values, sep=sep, end=end, file=file, flush=flush)
    # What prints when main is over is collected: that was the loop's.
    is_main = threading.current_thread() is threading.main_thread() and not turns.main_ended
    turns.record({"main": is_main, "text": sep.join(map(str, values))})


def leave(status):
    """os._exit."""
    turns.end("exit", status)
    raise Ended


# --- Everything that follows is imported with these in place ----------------------------------------------------------

turns = Turns()

threading._allocate_lock = threading.Lock = Lock
threading._CRLock = None
threading._time = time.monotonic = time.time = time.perf_counter = clock
time.sleep = sleep
time.thread_time = lambda: CpuTime(turns.current.cpu / 1e6)
for name in ("_start_new_thread", "_start_joinable_thread"):  # before 3.13, and since
    if hasattr(threading, name):
        setattr(threading, name, starting(getattr(threading, name)))
real_bootstrap_inner = threading.Thread._bootstrap_inner
threading.Thread._bootstrap_inner = bootstrap_inner
threading.Thread.join = join
threading.Thread.is_alive = is_alive
threading._shutdown = shutdown
selectors.DefaultSelector = Selector
builtins.print = told
os._exit = leave

import queue  # noqa: E402

queue.SimpleQueue = queue._PySimpleQueue
queue.time = clock

import asyncio  # noqa: E402
import asyncio.selector_events  # noqa: E402
import concurrent.futures.thread  # noqa: E402
import contextlib  # noqa: E402, F401
import multiprocessing  # noqa: E402
import traceback  # noqa: E402, F401

real_write_to_self = asyncio.selector_events.BaseSelectorEventLoop._write_to_self
asyncio.selector_events.BaseSelectorEventLoop._write_to_self = write_to_self


class InOrder(dict):
    """The part of a set that asyncio and the programs use, in the order of insertion."""

    def add(self, item):
        self[item] = None

    def discard(self, item):
        self.pop(item, None)

    def __sub__(self, others):
        return InOrder.fromkeys(item for item in self if item not in others)


class TimerHandle(asyncio.TimerHandle):
    """A timer that comes before those of the same microsecond made later."""

    __slots__ = ("_number",)
    made = 0

    def __init__(self, when, *arguments, **options):
        super().__init__(round(when * 1e6) / 1e6, *arguments, **options)
        TimerHandle.made += 1
        self._number = TimerHandle.made

    def __lt__(self, other):
        return (self._when, self._number) < (other._when, other._number)

    __hash__ = asyncio.TimerHandle.__hash__


asyncio.events.TimerHandle = TimerHandle

real_all_tasks = asyncio.all_tasks


def all_tasks(loop=None):
    number = lambda task: int(task.get_name().removeprefix("Task-"))  # noqa: E731
    return InOrder.fromkeys(sorted(real_all_tasks(loop), key=number))


asyncio.all_tasks = asyncio.tasks.all_tasks = all_tasks

if hasattr(asyncio, "TaskGroup"):
    real_group = asyncio.TaskGroup.__init__

    def group(self):
        real_group(self)
        self._tasks = InOrder()

    asyncio.TaskGroup.__init__ = group

real_loop = asyncio.base_events.BaseEventLoop.__init__


def loop(self):
    real_loop(self)
    # A timer is due when `when < time() + resolution`: half a tick makes that `when <= time()`, exactly.
    self._clock_resolution = 0.5e-6


asyncio.base_events.BaseEventLoop.__init__ = loop


class ProcessPoolExecutor(concurrent.futures.ThreadPoolExecutor):
    """A pool whose jobs run beside each other and take no lock; as many as it has workers and one more are taken ahead."""

    def __init__(self, max_workers):
        super().__init__(max_workers)
        self.pending = collections.deque()
        self.taken = 0

    def submit(self, call, /, *arguments):
        if self._shutdown:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future = concurrent.futures.Future()
        self.pending.append((future, call, arguments))
        self.take()
        return future

    def take(self):
        while self.pending and self.taken < 2 * self._max_workers + 1:
            future, call, arguments = self.pending.popleft()
            if future.set_running_or_notify_cancel():
                self.taken += 1
                super().submit(self.perform, future, call, arguments)

    def perform(self, future, call, arguments):
        try:
            future.set_result(call(*arguments))
        except BaseException as error:
            future.set_exception(error)
        self.taken -= 1
        self.take()


concurrent.futures.ProcessPoolExecutor = ProcessPoolExecutor
multiprocessing.active_children = list


# --- One program after the other --------------------------------------------------------------------------------------

# How many threads that programs have abandoned may stand still before the process begins anew.
MOST_ABANDONED = 40


def perform(program, seed):
    global turns
    turns = Turns(seed)
    # The interpreter's end has left this so.
    concurrent.futures.thread._shutdown = False
    concurrent.futures.thread._global_shutdown_lock.__init__()
    concurrent.futures.thread._threads_queues.clear()
    host_stderr, sys.stderr = sys.stderr, io.StringIO()
    # Only what hangs without waiting, or waits for something real, takes as long; the process dies of it.
    signal.alarm(60)
    try:
        status = run(program)
        threading._shutdown()
        turns.main_ended = True
        # What a module that goes leaves behind is collected, and coroutines among it run their clean-up.
        gc.collect()
        turns.end("exit", status)
    except Ended:
        pass
    # Nothing of it is to be collected, and clean up, while the next one runs.
    gc.collect()
    signal.alarm(0)
    host_stderr, sys.stderr = sys.stderr, host_stderr
    return {
        **turns.records.pop(),
        "prints": turns.records,
        "stderr": host_stderr.getvalue(),
    }


def run(program):
    host = sys.modules["__main__"]
    module = sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        # Before 3.11 a program must say that it is too old, so all of it must be read there.
        ast.parse(program, feature_version=(3, 7))
        exec(compile(program, "program.py", "exec"), module.__dict__)
    except Ended:
        raise
    except SystemExit as exit:
        return exit.code if isinstance(exit.code, int) else int(exit.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.modules["__main__"] = host
    return 0


def serve():
    gc.collect()
    gc.freeze()  # the collection at a program's end looks at what is the program's
    abandoned = 0
    while line := sys.stdin.readline():
        case = json.loads(line)
        real_print(json.dumps(perform(case["program"], case["seed"])), flush=True)
        abandoned += sum(not thread.strand.over for thread in turns.started)
        if abandoned > MOST_ABANDONED:
            os.execv(sys.executable, [sys.executable, __file__])
    real_exit(0)


if __name__ == "__main__":
    serve()
