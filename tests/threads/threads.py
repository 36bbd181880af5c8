"""Performs scenarios on real threads of CPython, in real time, and prints what came of each.

Reads lines of JSON, {"document", "strategy", "scale"} each (loop thread or portal; offload none or threads), from stdin, and answers
each with a line: the result in the shape of tandem's own, times in milliseconds since main's start, or null if the process
that performed it came to harm. Invariant: wherever Python has a mechanism (Thread, asyncio.run, run_coroutine_threadsafe, run_in_executor, Queue's algorithm), it is Python's own that runs.
"""

import asyncio
import collections
import concurrent.futures
import contextlib
import gc
import json
import os
import signal
import sys
import threading
import time
from asyncio import futures as asyncio_futures


class StepFailure(Exception):
    pass


class Channel:
    """A thread-safe queue: main waits for it on a condition, tasks by asyncio.Queue's algorithm."""

    def __init__(self, run, capacity):
        self.run = run
        self.capacity = capacity
        self.items = collections.deque()
        self.changed = threading.Condition()
        self.getters = collections.deque()
        self.putters = collections.deque()

    def full(self):
        return self.capacity is not None and len(self.items) >= self.capacity

    def put_now(self, value):
        with self.changed:
            if self.full():
                return False
            self.items.append(value)
            self.changed.notify_all()
        self.run.in_loop(self.wake, self.getters)
        return True

    def get_now(self):
        with self.changed:
            if not self.items:
                return None
            value = (self.items.popleft(),)
            self.changed.notify_all()
        self.run.in_loop(self.wake, self.putters)
        return value

    @staticmethod
    def wake(waiters):
        while waiters:
            waiter = waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                break

    def send(self, value):
        while not self.put_now(value):
            with self.changed:
                self.changed.wait_for(lambda: not self.full())

    def receive(self, timeout):
        until = None if timeout is None else time.monotonic() + timeout
        while (value := self.get_now()) is None:
            left = None if until is None else until - time.monotonic()
            with self.changed:
                if not self.changed.wait_for(lambda: self.items, left):
                    self.run.late.append(time.monotonic() - until)
                    raise TimeoutError
        return value[0]

    async def wait(self, waiters, blocked):
        while blocked():
            waiter = asyncio.get_running_loop().create_future()
            waiters.append(waiter)
            try:
                await waiter
            except BaseException:
                waiter.cancel()
                if waiter in waiters:
                    waiters.remove(waiter)
                if not blocked() and not waiter.cancelled():
                    self.wake(waiters)
                raise

    async def asend(self, value):
        while True:
            await self.wait(self.putters, self.full)
            if self.put_now(value):
                return

    async def areceive(self):
        while True:
            await self.wait(self.getters, lambda: not self.items)
            if (value := self.get_now()) is not None:
                return value[0]


class Run:
    def __init__(self, document, strategy, scale):
        self.document = document
        self.strategy = strategy
        # All durations are longer by this, and all times are told as if they were not.
        self.scale = scale
        self.loop = None
        self.loop_thread = None
        self.opened = threading.Event()
        self.lock = threading.Lock()
        self.prints = []
        # By how many seconds the machine was late, each time that this can be told.
        self.late = []
        self.instances = []
        for name, spec in document.get("tasks", {}).items():
            spec = {"steps": spec} if isinstance(spec, list) else spec
            copies = spec.get("copies")
            for copy in range(copies or 1):
                label = name if copies is None else f"{name}#{copy}"
                self.instances.append({"name": label, "of": name, "spec": spec, "task": None, "future": None,
                                       "startedAt": None, "endedAt": None, "error": None, "heard": None})
        self.channels = {name: Channel(self, (spec or {}).get("capacity"))
                         for name, spec in document.get("channels", {}).items()}
        self.launch = {"status": "unstarted", "startedAt": None, "endedAt": None, "error": None}
        self.main = {"status": "finished", "endedAt": None, "error": None}
        self.executor = None
        if strategy.get("offload") == "threads":
            self.executor = concurrent.futures.ThreadPoolExecutor(strategy.get("workers") or 2)
        self.finish = None
        self.launch_done = False

    def hold(self, seconds):
        """time.sleep, which notes by how much the machine made it longer."""
        due = time.monotonic() + seconds
        time.sleep(seconds)
        self.late.append(time.monotonic() - due)

    def now(self):
        return (time.monotonic() - self.began) * 1000 / self.scale

    def seconds(self, milliseconds):
        return None if milliseconds is None else milliseconds * self.scale / 1000

    def in_loop(self, callback, *args):
        if threading.current_thread() is self.loop_thread:
            callback(*args)
        elif self.loop is not None and not self.loop.is_closed():
            try:
                self.loop.call_soon_threadsafe(callback, *args)
            except RuntimeError:
                pass

    def print(self, thread, task, text, values):
        text = text.replace("{value}", values.get("value", ""))
        with self.lock:
            self.prints.append({"at": self.now(), "thread": thread, "task": task, "text": text})

    @staticmethod
    def take(values, value):
        values["value"] = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))

    # -- main ---------------------------------------------------------------------------------------------------

    def perform(self):
        self.began = time.monotonic()
        try:
            self.main_steps(self.document["main"], {})
        except Exception as error:  # noqa: BLE001
            self.main.update(status="failed", error=describe(error))
        self.main["endedAt"] = self.now()
        if self.loop_thread is not None:
            self.leave()
        with self.lock:
            outcome = self.outcome()
        self.collect()
        most, all_together = (of([0, *self.late]) * 1000 / self.scale for of in (max, sum))
        late = {"most": most, "all": all_together}
        return outcome | {"prints": self.prints, "wall": self.now(), "late": late}

    def collect(self):
        """What the interpreter's end does to tasks that a closed loop has left: nobody refers to them any more."""
        may_abandon = self.strategy.get("atExit") == "abandon" or self.strategy.get("grace") is not None
        if self.loop is None or not self.loop.is_closed() or (self.executor is not None and may_abandon):
            return
        for instance in self.instances:
            instance["task"] = instance["future"] = None
        for channel in self.channels.values():
            channel.getters.clear()
            channel.putters.clear()
        gc.collect()

    def main_steps(self, steps, values):
        for step in steps:
            if isinstance(step, str):
                step = {step: None}
            kind, value = next(iter(step.items()))
            timeout = self.seconds(step.get("timeout"))
            if kind == "print":
                self.print("main", None, value, values)
            elif kind == "block":
                self.hold(self.seconds(value))
            elif kind == "compute":
                burn(value)
            elif kind == "fail":
                raise StepFailure(value)
            elif kind == "repeat":
                for _ in range(value):
                    self.main_steps(step["steps"], values)
            elif kind == "launch":
                began = time.monotonic()
                self.loop_thread = threading.Thread(target=self.thread)
                self.loop_thread.start()
                self.opened.wait()
                self.late.append(time.monotonic() - began)
            elif kind == "submit":
                if self.loop_thread is None:
                    raise RuntimeError("no loop")
                for instance in self.of(value):
                    self.submit(instance)
            elif kind == "result":
                for instance in self.of(value):
                    due = time.monotonic() + (timeout or 0)
                    try:
                        instance["future"].result(timeout)
                    except TimeoutError:
                        self.late.append(time.monotonic() - due)
                        raise
                    except StepFailure:
                        instance["heard"] = "raised"
                        raise
            elif kind == "join":
                if self.loop_thread is None:
                    raise RuntimeError("cannot join thread before it is started")
                self.loop_thread.join(timeout)
            elif kind == "send":
                self.channels[value["channel"]].send(value["value"])
            elif kind == "receive":
                self.take(values, self.channels[value].receive(timeout))

    def of(self, name):
        return [instance for instance in self.instances if instance["of"] == name]

    def submit(self, instance):
        """asyncio.run_coroutine_threadsafe, which does not give its task away."""
        future = instance["future"] = concurrent.futures.Future()

        def callback():
            try:
                instance["task"] = asyncio.ensure_future(self.task(instance), loop=self.loop)
                asyncio_futures._chain_future(instance["task"], future)
            except BaseException as error:
                if future.set_running_or_notify_cancel():
                    future.set_exception(error)
                raise

        self.loop.call_soon_threadsafe(callback)

    def leave(self):
        at_exit = self.strategy.get("atExit", "wait")
        grace = self.seconds(self.strategy.get("grace"))
        if at_exit == "abandon":
            return
        try:
            if at_exit == "cancel":
                self.loop.call_soon_threadsafe(lambda: None if self.launch_done else self.loop.stop())
            elif self.strategy["loop"] == "portal":
                self.loop.call_soon_threadsafe(self.finish.set)
        except RuntimeError:
            pass
        self.loop_thread.join(grace)

    def outcome(self):
        tasks = []
        for instance in self.instances:
            task = instance["task"]
            if task is None:
                status = "unstarted"
            elif not task.done():
                status = "abandoned"
            elif task.cancelled():
                status = "cancelled"
            else:
                status = "failed" if instance["error"] is not None else "finished"
            tasks.append({key: instance[key] for key in ("name", "startedAt", "endedAt", "error", "heard")}
                         | {"status": status})
        if self.launch["status"] == "running":
            self.launch["status"] = "abandoned"
        return {"main": self.main, "launch": self.launch, "tasks": tasks, "prints": self.prints, "wall": self.now()}

    # -- the loop's thread ----------------------------------------------------------------------------------------

    def thread(self):
        try:
            asyncio.run(self.serve())
        except (StepFailure, TimeoutError, ExceptionGroup, RuntimeError):
            pass

    async def serve(self):
        self.loop = asyncio.get_running_loop()
        self.loop.set_exception_handler(lambda loop, context: None)
        self.finish = asyncio.Event()
        if self.executor is not None:
            self.loop.set_default_executor(self.executor)
        self.opened.set()
        is_portal = self.strategy["loop"] == "portal"
        try:
            await self.run_launch()
        except BaseException:
            self.launch_done = True  # A portal closes then as well.
            raise
        self.launch_done = not is_portal
        if is_portal:
            await self.finish.wait()
            while others := asyncio.all_tasks() - {asyncio.current_task()}:
                await asyncio.gather(*others, return_exceptions=True)
            self.launch_done = True

    async def run_launch(self):
        self.launch.update(status="running", startedAt=self.now())
        try:
            await self.launch_steps()
            self.launch["status"] = "finished"
        except asyncio.CancelledError:
            self.launch["status"] = "cancelled"
            raise
        except BaseException as error:
            self.launch.update(status="failed", error=describe(error))
            raise
        finally:
            self.launch["endedAt"] = self.now()

    async def launch_steps(self):
        steps = self.document["launch"]
        at = steps.index("settle")
        settle = self.strategy.get("settle", "none")
        timeout = self.seconds(self.strategy.get("timeout"))
        values = {}
        started = []
        if settle == "group":
            try:
                async with asyncio.timeout(None) as limit:
                    async with asyncio.TaskGroup() as group:
                        await self.async_steps(steps[:at], values, "launch", None, started, group)
                        if timeout is not None:
                            limit.reschedule(self.loop.time() + timeout)
            except ExceptionGroup:
                for instance in started:
                    if instance["task"].done() and not instance["task"].cancelled() and instance["error"]:
                        instance["heard"] = "raised"
                raise
        else:
            await self.async_steps(steps[:at], values, "launch", None, started, None)
            if settle != "none":
                await self.settle([instance["task"] for instance in started], settle, timeout)
        await self.async_steps(steps[at + 1:], values, "launch", None, started, None)

    async def settle(self, tasks, settle, timeout):
        try:
            async with asyncio.timeout(timeout):
                await asyncio.gather(*tasks, return_exceptions=settle == "settled")
        except StepFailure as error:
            for instance in self.instances:
                task = instance["task"]
                if task is not None and task.done() and not task.cancelled() and task.exception() is error:
                    instance["heard"] = "raised"
            raise
        for instance in self.instances:
            if instance["task"] in tasks and instance["error"] is not None:
                instance["heard"] = "raised"

    async def task(self, instance):
        instance["startedAt"] = self.now()
        values = {}
        spec = instance["spec"]
        try:
            try:
                await self.async_steps(spec["steps"], values, "task", instance["name"])
            finally:
                await self.async_steps(spec.get("finally", []), values, "task", instance["name"])
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            instance["error"] = describe(error)
            raise
        finally:
            instance["endedAt"] = self.now()

    async def async_steps(self, steps, values, place, name, started=None, group=None):
        for step in steps:
            kind, value = next(iter(step.items()))
            if kind == "print":
                self.print("loop", name, value, values)
            elif kind == "sleep":
                await asyncio.sleep(self.seconds(value))
            elif kind in ("block", "compute"):
                work = (lambda: self.hold(self.seconds(value))) if kind == "block" else (lambda: burn(value))
                if self.executor is not None and place == "task":
                    await self.loop.run_in_executor(None, work)
                else:
                    work()
            elif kind == "fail":
                raise StepFailure(value)
            elif kind == "repeat":
                for _ in range(value):
                    await self.async_steps(step["steps"], values, place, name, started, group)
            elif kind == "start":
                for one in [value] if isinstance(value, str) else value:
                    for instance in self.of(one):
                        make = self.loop.create_task if group is None else group.create_task
                        instance["task"] = make(self.task(instance))
                        started.append(instance)
            elif kind == "send":
                await self.channels[value["channel"]].asend(value["value"])
            elif kind == "receive":
                timeout = self.seconds(step.get("timeout"))
                limit = contextlib.nullcontext() if timeout is None else asyncio.timeout(timeout)
                async with limit:
                    received = await self.channels[value].areceive()
                self.take(values, received)


def describe(error):
    if isinstance(error, TimeoutError):
        return "TimeoutError"
    if isinstance(error, concurrent.futures.CancelledError):
        return "CancelledError"
    return str(error) or type(error).__name__


def burn(milliseconds):
    end = time.thread_time() + milliseconds / 1000
    while time.thread_time() < end:
        pass


def perform_apart(case):
    """Performs a case in a process of its own, which ends as abruptly as the strategy says."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        sys.stderr = open(os.devnull, "w")
        signal.alarm(10 + 3 * case["scale"])  # What waits for ever is ended here.
        result = Run(case["document"], case["strategy"], case["scale"]).perform()
        with os.fdopen(writer, "w") as pipe:
            json.dump(result, pipe)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else None


if __name__ == "__main__":
    gc.freeze()  # What is collected at the end of a case is the case's own then, and soon.
    for line in sys.stdin:
        print(json.dumps(perform_apart(json.loads(line))), flush=True)
