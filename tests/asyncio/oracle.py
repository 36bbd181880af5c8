#!/usr/bin/env python3
"""Runs scenario documents on CPython's own asyncio (3.12 or later) and reports what happened.

Reads a JSON list of cases from standard input and writes a JSON list of results, one for each case:

    case    {"document": {...}, "strategy": {"loop": "inline", "settle": ..., "timeout": ms | null}, "ordered": bool}
    result  {"main": ..., "launch": ..., "tasks": [...], "prints": [...], "wall": ms}
            or {"crash": "..."}

The invariant: every decision about order, cancellation and errors is taken by asyncio itself. Only three things are
replaced: the clock (virtual unless --real), the order of timers due at the same microsecond (by creation, which is
what distinct real deadlines amount to), and, for an "ordered" case, the two sets whose iteration order is arbitrary.
"""

import asyncio
import collections.abc
import decimal
import gc
import itertools
import json
import re
import selectors
import sys
import time
import traceback
from typing import NamedTuple

MICROSECONDS = {"us": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000}


def to_microseconds(duration):
    """A duration of a document (a number of ms, or text such as "250ms") as an integer of microseconds."""
    if isinstance(duration, str):
        number, unit = re.fullmatch(r"\s*([0-9.]+)\s*(us|ms|s|m)\s*", duration).groups()
    else:
        number, unit = repr(duration), "ms"
    return int((decimal.Decimal(number) * MICROSECONDS[unit]).to_integral_value())


# --- Clocks -----------------------------------------------------------------------------------------------------------


class VirtualClock:
    """Time that moves only when somebody waits, in integer microseconds."""

    def __init__(self):
        self.now = 0

    def block(self, microseconds):
        self.now += microseconds

    def milliseconds(self):
        return self.now / 1_000

    def new_event_loop(self):
        return VirtualEventLoop(self)


class RealClock:
    """The machine's monotonic clock, read in whole milliseconds."""

    def __init__(self):
        self.start = time.monotonic()

    def block(self, microseconds):
        time.sleep(microseconds / 1e6)

    def milliseconds(self):
        return round((time.monotonic() - self.start) * 1_000)

    def new_event_loop(self):
        return asyncio.new_event_loop()


class JumpingSelector(selectors.SelectSelector):
    """A selector that moves the virtual clock on to the loop's next deadline instead of waiting for it."""

    def __init__(self, clock):
        super().__init__()
        self.clock = clock

    def select(self, timeout=None):
        if timeout is None:
            raise Unexpected("the loop waits, and no timer can wake it")
        # Every deadline lies on a whole microsecond, so rounding undoes the float subtraction exactly.
        self.clock.now += round(timeout * 1e6)
        return []


class VirtualEventLoop(asyncio.SelectorEventLoop):
    """CPython's selector event loop on a virtual clock.

    Deadlines are snapped to whole microseconds: n / 1e6 is one and the same float however it came about, so a sum of
    durations can make a timer neither early nor late.
    """

    def __init__(self, clock):
        self._clock = clock
        super().__init__(JumpingSelector(clock))
        # A timer is due when `when < time() + resolution`. Half a tick makes that `when <= time()`, exactly.
        self._clock_resolution = 0.5e-6

    def time(self):
        return self._clock.now / 1e6

    def call_at(self, when, callback, *args, context=None):
        return super().call_at(round(when * 1e6) / 1e6, callback, *args, context=context)


class SequencedTimerHandle(asyncio.TimerHandle):
    """A timer that comes before those of the same deadline created later; heapq alone promises no order for them."""

    __slots__ = ("_sequence",)
    _sequences = itertools.count()

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self._sequence = next(self._sequences)

    def __lt__(self, other):
        return (self._when, self._sequence) < (other._when, other._sequence)

    __hash__ = asyncio.TimerHandle.__hash__


# --- What a run consists of -------------------------------------------------------------------------------------------


class Failure(RuntimeError):
    """What a `fail` step raises; `task` is the name of the task that performed it, None for main and launch."""

    def __init__(self, message, task):
        super().__init__(message)
        self.task = task


class Unexpected(Exception):
    """Something no scenario can bring about: a defect of the oracle, or of CPython."""


class Scope(NamedTuple):
    """Who performs a step: the names its text may use. `index` is that of the innermost repeat."""

    task: str | None = None
    copy: int | None = None
    index: int | None = None


class Record:
    """What is known from outside of one coroutine: its first turn, its end and its outcome."""

    def __init__(self):
        self.status = "unstarted"
        self.started_at = None
        self.ended_at = None
        self.error = None


class WatchedCoroutine(collections.abc.Coroutine):
    """A coroutine that notes in its record when its task gives it the first turn and how it ends.

    It stands outside the coroutine because a task cancelled before its first turn never enters it. It is neither a
    done callback nor a reference to the Task, since both would be seen by asyncio (one more ready callback; a later
    "never retrieved").
    """

    def __init__(self, coroutine, record, run):
        self._coroutine = coroutine
        self._record = record
        self._run = run

    def send(self, value):
        if self._record.started_at is None:
            self._record.started_at = self._run.now()
        return self._turn(self._coroutine.send, value)

    def throw(self, *error):
        return self._turn(self._coroutine.throw, *error)

    def close(self):
        self._coroutine.close()

    def __await__(self):
        return self

    def _turn(self, resume, *values):
        try:
            return resume(*values)
        except StopIteration:
            self._end("finished", None)
            raise
        except asyncio.CancelledError:
            self._end("cancelled", None)
            raise
        except BaseException as error:
            self._end("failed", self._run.describe(error))
            raise

    def _end(self, status, error):
        self._record.status = status
        self._record.ended_at = self._run.now()
        self._record.error = error


class InsertionOrderedSet(dict):
    """The part of a set that TaskGroup uses, iterated in the order of insertion."""

    def add(self, item):
        self[item] = None

    def discard(self, item):
        self.pop(item, None)


class Run:
    """One document performed under one strategy."""

    def __init__(self, document, strategy, ordered, clock):
        if strategy["loop"] != "inline":
            raise Unexpected(f"the oracle knows inline strategies only, not {strategy['loop']!r}")
        self.document = document
        self.ordered = ordered
        self.clock = clock
        self.settle = strategy["settle"]
        timeout = strategy.get("timeout")
        self.timeout = None if timeout is None else to_microseconds(timeout) / 1e6
        self.main = Record()
        self.launch = Record()
        self.prints = []
        self.raised = set()
        self.logged = set()
        self.unexpected = []
        self.created = []
        self.plans = {name: to_plan(plan) for name, plan in document.get("tasks", {}).items()}
        self.tasks = {instance: Record() for name in self.plans for instance, _ in self.instances(name)}

    # - Observation

    def now(self):
        milliseconds = self.clock.milliseconds()
        return int(milliseconds) if milliseconds == int(milliseconds) else milliseconds

    def describe(self, error):
        """The text of an error; one that no scenario can bring about is noted as unexpected."""
        known = (Failure, TimeoutError, BaseExceptionGroup)
        if not isinstance(error, known):
            self.unexpected.append("".join(traceback.format_exception(error)))
        return str(error) or type(error).__name__

    def hear(self, error):
        """Notes whose failures have reached launch in this error."""
        if isinstance(error, BaseExceptionGroup):
            for member in error.exceptions:
                self.hear(member)
        elif isinstance(error, Failure) and error.task is not None:
            self.raised.add(error.task)

    def on_loop_exception(self, _loop, context):
        """The loop's exception handler: what asyncio would otherwise write to standard error."""
        error = context.get("exception")
        if isinstance(error, Failure) and error.task is not None:
            self.logged.add(error.task)
        else:
            self.unexpected.append(f"the loop's exception handler was told: {context['message']}")

    # - Steps

    def perform_synchronous(self, step, scope):
        """Performs a step that every thread knows; False when it is not one of them."""
        if "print" in step:
            text = step["print"]
            values = {"i": scope.index, "task": scope.task, "copy": scope.copy, "runtime": "python"}
            for name, value in values.items():
                if value is not None:
                    text = text.replace("{" + name + "}", str(value))
            self.prints.append({"at": self.now(), "task": scope.task, "text": text})
        elif "block" in step or "compute" in step:
            self.clock.block(to_microseconds(step["block"] if "block" in step else step["compute"]))
        elif "fail" in step:
            raise Failure(step["fail"], scope.task)
        else:
            return False
        return True

    def perform_main(self, steps, scope):
        for step in steps:
            if step == "launch":
                self.run_launch()
            elif "repeat" in step:
                for index in range(step["repeat"]):
                    self.perform_main(step["steps"], scope._replace(index=index))
            elif not self.perform_synchronous(step, scope):
                raise Unexpected(f"main has no step {step!r}")

    async def perform(self, steps, scope, start=None):
        """Performs the steps of a task, or those of launch with `start`, which is called with each name to start."""
        for step in steps:
            if "sleep" in step:
                await asyncio.sleep(to_microseconds(step["sleep"]) / 1e6)
            elif "repeat" in step:
                for index in range(step["repeat"]):
                    await self.perform(step["steps"], scope._replace(index=index), start)
            elif "start" in step and start is not None:
                names = step["start"]
                for name in [names] if isinstance(names, str) else names:
                    start(name)
            elif not self.perform_synchronous(step, scope):
                raise Unexpected(f"there is no step {step!r} here")

    # - Tasks

    def instances(self, name):
        """The tasks a name stands for: (task name, copy number) pairs."""
        copies = self.plans[name]["copies"]
        return [(name, 0)] if copies is None else [(f"{name}#{copy}", copy) for copy in range(copies)]

    def start(self, name, create_task):
        """Creates the tasks of a name with `create_task`, and returns them."""
        created = []
        for instance, copy in self.instances(name):
            coroutine = self.perform_task(self.plans[name], Scope(instance, copy))
            self.created.append(instance)
            created.append(create_task(WatchedCoroutine(coroutine, self.tasks[instance], self), name=instance))
        return created

    async def perform_task(self, plan, scope):
        try:
            await self.perform(plan["steps"], scope)
        finally:
            await self.perform(plan["finally"], scope)

    # - Launch and its completion point

    def run_launch(self):
        """What `asyncio.run(launch())` does: the Runner is how 3.11 lets it have a loop of our own."""
        with ordered_all_tasks(self.created if self.ordered else None):
            with asyncio.Runner(loop_factory=self.new_event_loop) as runner:
                runner.run(WatchedCoroutine(self.perform_launch(), self.launch, self))

    def new_event_loop(self):
        loop = self.clock.new_event_loop()
        loop.set_exception_handler(self.on_loop_exception)
        return loop

    async def perform_launch(self):
        steps = self.document.get("launch")
        if steps is None:
            steps = [{"start": list(self.plans)}]
        point = steps.index("settle") if "settle" in steps else len(steps)
        completion = {
            "none": self.settle_none,
            "gather": self.settle_gather,
            "group": self.settle_group,
            "settled": self.settle_gather,
        }[self.settle]
        try:
            await completion(steps[:point])
        except BaseException as error:
            self.hear(error)
            raise
        await self.settle_none(steps[point + 1 :])

    async def settle_none(self, steps):
        """Performs steps whose tasks nobody waits for or refers to; a reference would delay the log of a failure."""
        await self.perform(steps, Scope(), lambda name: self.start(name, asyncio.create_task))

    async def settle_gather(self, steps):
        """Performs steps, then awaits what they started: the first error, or all with the strategy `settled`."""
        tasks = []
        await self.perform(steps, Scope(), lambda name: tasks.extend(self.start(name, asyncio.create_task)))
        async with asyncio.timeout(self.timeout):
            results = await asyncio.gather(*tasks, return_exceptions=self.settle == "settled")
        for result in results:
            self.hear(result)

    async def settle_group(self, steps):
        """Performs steps inside a TaskGroup and leaves it; the timeout counts from the moment of leaving."""
        async with asyncio.timeout(None) as deadline:
            async with asyncio.TaskGroup() as group:
                if self.ordered:
                    group._tasks = InsertionOrderedSet()
                await self.perform(steps, Scope(), lambda name: self.start(name, group.create_task))
                if self.timeout is not None:
                    deadline.reschedule(asyncio.get_running_loop().time() + self.timeout)

    # - The whole

    def perform_document(self):
        """Runs main to its end and returns the result object."""
        self.main.status = "finished"
        try:
            self.perform_main(self.document["main"], Scope())
        except (Exception, asyncio.CancelledError) as error:
            self.main.status = "failed"
            self.main.error = self.describe(error)
        wall = self.now()
        # A failed launch leaves its frames, and with them its tasks, in the cycle of a traceback.
        gc.collect()
        if self.unexpected:
            raise Unexpected("\n".join(self.unexpected))
        return {
            "main": {"status": self.main.status, "endedAt": wall, "error": self.main.error},
            "launch": {
                "status": self.launch.status,
                "startedAt": self.launch.started_at,
                "endedAt": self.launch.ended_at,
                "error": self.launch.error,
            },
            "tasks": [
                {
                    "name": name,
                    "status": record.status,
                    "startedAt": record.started_at,
                    "endedAt": record.ended_at,
                    "error": record.error,
                    "heard": self.heard(name) if record.status == "failed" else None,
                }
                for name, record in self.tasks.items()
            ],
            "prints": self.prints,
            "wall": wall,
        }

    def heard(self, name):
        return "raised" if name in self.raised else "logged" if name in self.logged else "nobody"


class ordered_all_tasks:
    """While entered, asyncio.all_tasks (what asyncio.run cancels at its end) is a list in the order of creation.

    With None it leaves CPython as it is.
    """

    def __init__(self, created):
        self.created = created
        self.original = asyncio.tasks.all_tasks

    def __enter__(self):
        if self.created is not None:
            asyncio.tasks.all_tasks = self.all_tasks

    def __exit__(self, *_error):
        asyncio.tasks.all_tasks = self.original

    def all_tasks(self, loop=None):
        positions = {name: position for position, name in enumerate(self.created)}
        return sorted(self.original(loop), key=lambda task: positions.get(task.get_name(), -1))


def to_plan(task):
    """The long form of a task: {"steps", "finally", "copies"}, where no copies is None."""
    if isinstance(task, list):
        task = {"steps": task}
    return {"steps": task["steps"], "finally": task.get("finally", []), "copies": task.get("copies")}


def run_case(case, clock):
    """The result object of one case, or {"crash": text}."""
    try:
        return Run(case["document"], case["strategy"], case.get("ordered", False), clock).perform_document()
    except Exception:
        return {"crash": traceback.format_exc()}


def main(arguments):
    if sys.version_info < (3, 12):
        sys.exit(f"oracle.py: this is Python {sys.version.split()[0]}; the reference is 3.12 and later")
    if arguments not in ([], ["--real"]):
        sys.exit(f"oracle.py: unknown arguments {arguments}; the only one is --real")
    real = arguments == ["--real"]
    if not real:
        asyncio.events.TimerHandle = SequencedTimerHandle
    cases = json.load(sys.stdin)
    gc.freeze()  # The collection after every case then looks at that case only.
    json.dump([run_case(case, RealClock() if real else VirtualClock()) for case in cases], sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
