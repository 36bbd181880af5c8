# asyncio: tasks and their steps, who cancels whom, loops, coroutines that nobody awaits.
#
# Uses of ring, places and start. A task is our subclass of the C Task, which has a few slots more and no
# __init__ (that would be a frame in the traceback of whoever creates one): its birth is seen where C adds it
# to asyncio's set of all tasks, its steps in Handle._run, which gets statements of ours (inject).
from itertools import islice

_task_class = None
_task_base = None
_task_current = None
_task_running_loop = None
# asyncio's own, whatever the program puts in its place, which is the program's code and not ours to run.
_task_all = None
# Actors that are the coroutine given to asyncio.run or run_until_complete, while they run.
_task_launches = set()
# Code of asyncio's that starts a launch, once asyncio is there.
_task_run_until = _task_runner_run = _task_wait_for = None
_task_base_loop = None
# The loop's own work, which is not the program's.
_task_own = frozenset(
    (
        "BaseEventLoop.shutdown_asyncgens",
        # The loop closes with it a generator that nobody goes on with.
        "async_generator_athrow",
        "staggered_race.<locals>.run_one_coro",
        "BaseSubprocessTransport._connect_pipes",
        "BaseEventLoop.shutdown_default_executor",
        # Up to 3.10 it runs the tests of a class.
        "IsolatedAsyncioTestCase._asyncioLoopRunner",
    )
)


def _task_is_own(function):
    """Whether a coroutine of that name is the loop's own: a private one of an event loop's, or of its end."""
    owner, _, name = function.rpartition(".")
    is_loop = owner.endswith("EventLoop") and owner.startswith(("Base", "_Unix"))
    return function in _task_own or (is_loop and name.startswith("_"))


# When the step that runs on a thread, by its ident, began. It stays when a short step has ended; a long one is
# over (step_held).
step_began = {}
# From how long on a step is told by itself, in ns: not later than tandem wants to tell of it.
long_step = 20_000_000


def asyncio_open():
    global long_step
    long_step = min(long_step, int(os.environ.get("TANDEM_BLOCKS") or long_step))
    when_imported("asyncio", _task_watch)
    when_imported("warnings", _loop_watch_warnings)
    at_exit_first(_heard_at_exit)


def _task_watch(asyncio):
    global _task_class, _task_base, _task_current, _task_running_loop, _task_all, _current_task_actor, _cancel_error
    global _task_run_until, _task_runner_run, _task_wait_for, _task_base_loop
    import _asyncio

    _task_base = _asyncio.Task
    _task_current = asyncio.current_task
    if hasattr(asyncio.tasks, "_current_tasks"):
        _task_current = asyncio.tasks._current_tasks.get
    _task_running_loop = asyncio._get_running_loop
    _task_all = asyncio.tasks.all_tasks
    _task_class = _task_make_class(_task_base)
    for module in (_asyncio, asyncio.tasks, asyncio):
        module.Task = _task_class
    asyncio.tasks._CTask = _task_class
    base_events, runners = asyncio.base_events, asyncio.runners
    _task_base_loop = base_events.BaseEventLoop
    _task_run_until = base_events.BaseEventLoop.run_until_complete.__code__
    if sys.version_info < (3, 12):
        _task_wait_for = asyncio.tasks.wait_for.__code__
    if hasattr(runners, "Runner"):
        _task_runner_run = runners.Runner.run.__code__
    _task_watch_steps(asyncio)
    _task_watch_births(asyncio)
    _task_watch_eager(asyncio)
    _loop_watch(asyncio)
    _cancel_watch(asyncio)
    _cancel_error = asyncio.CancelledError()
    _current_task_actor = _task_current_actor


def _task_short(function):
    """A function's qualified name without the functions that it stands in."""
    return function.rpartition("<locals>.")[2]


def _task_make_class(base):
    base_cancel = base.cancel
    base_finalize = base.__del__
    frame_at = sys._getframe

    class Eager(base):
        __slots__ = ()

    class Task(Eager):
        __slots__ = ("_tandem_actor", "_tandem_place", "_tandem_steps", "_tandem_busy", "_tandem_longest")
        # C makes tasks itself, whatever Eager gets (_task_watch_eager).
        __new__ = base.__new__

        def cancel(self, *arguments, **named):
            ident = get_ident()
            outer = _cancel_running.get(ident)
            why = _task_cancels(self, frame_at(1))
            try:
                # What it awaits is asked in its turn, for the same reason.
                if why is not None:
                    _cancel_running[ident] = why
                is_asked = base_cancel(self, *arguments, **named)
                if is_asked and _cancel_caught:
                    _cancel_came(self)
                return is_asked
            finally:
                if outer is None:
                    _cancel_running.pop(ident, None)
                self = why = None

        def __del__(self):
            try:
                if self._tandem_steps == -1:
                    # It has ended, and nothing is left to be said of it: by asyncio neither.
                    return
                _task_collected(self)
            except AttributeError:
                pass
            base_finalize(self)

    Task.exception = _HeardAsking(base.exception)
    Task.cancel.__doc__ = base.cancel.__doc__
    Task.cancel.__qualname__ = "Task.cancel"
    Task.__module__ = base.__module__
    Task.__qualname__ = base.__qualname__
    Task.__doc__ = base.__doc__
    del Task.__slots__
    return Task


def _task_watch_births(asyncio):
    tasks = asyncio.tasks
    everybody = getattr(tasks, "_scheduled_tasks", None)
    if everybody is None:
        everybody = tasks._all_tasks
    remove, frame_at, born = everybody._remove, sys._getframe, _task_born

    # It does what WeakSet.add does, and C calls it in place of that.
    def add(task):
        if everybody._pending_removals:
            everybody._commit_removals()
        everybody.data.add(ref(task, remove))
        try:
            # An id among the eager ones may be that of a task whose first step never returned.
            if not _task_eager_births or not hasattr(task, "_tandem_actor"):
                born(task, frame_at(1), task.get_coro(), task._loop)
        except Exception:
            if isinstance(task, _task_class):
                trouble("at the birth of a task")
        finally:
            task = None

    everybody.add = add


# The ids of functions' names, by their qualified names.
_task_functions = {}


def _task_function(function):
    known = _task_functions[function] = 0 if _task_is_own(function) else text(_task_short(function))
    return known


def _task_born(task, frame, coroutine, loop):
    function = getattr(coroutine, "__qualname__", None) or type(coroutine).__qualname__
    words = _task_functions.get(function)
    if words is None:
        words = _task_function(function)
    actor = at = 0
    if words:
        kind = KIND_TASK << 32
        user = _place_user_files
        while frame is not None:
            code = frame.f_code
            mine = user.get(code.co_filename)
            if mine or (mine is None and is_user_file(code.co_filename)):
                break
            if code is _task_run_until or code is _task_runner_run:
                if _task_running_loop() is not None:
                    # A step or callback of a library's made it: further out stands who runs the loop, not who made it.
                    frame = None
                    break
                kind = KIND_LAUNCH << 32
            elif code is _task_wait_for:
                kind = 0
            frame = frame.f_back
        if _loop_on_their_way:
            actor = _loop_arrived(coroutine)
        if not actor:
            if frame is not None:
                line = frame.f_lineno
                at = _place_ids.get((code.co_filename, line)) or place(code.co_filename, line, code.co_name)
            ident = get_ident()
            thread = _thread_ids.get(ident) or thread_id()
            runs = getattr(loop, "_thread_id", None)
            parent, is_stepped = 0, True
            if runs == ident:
                parent = getattr(_task_current(loop), "_tandem_actor", 0)
            elif runs is None:
                # It does not run, or it is none of asyncio's own.
                parent = _task_current_actor()
                is_stepped = isinstance(loop, _task_base_loop)
            elif isinstance(task, _task_class):
                # call_soon does not look at steps, of which a loop has many.
                _loop_used_elsewhere(loop)
            if kind == 0 and parent:
                # wait_for has a task of its own up to 3.11: it is whoever waits.
                task._tandem_actor, task._tandem_place = -abs(parent), at
                task._tandem_steps = task._tandem_busy = task._tandem_longest = 0
                return
            parent = abs(parent)
            kind = kind or KIND_TASK << 32
            actor = next(_actor_number)
            emit(ACTOR, actor, (parent or _thread_actors.get(thread, 0)) + kind, at, words, thread)
            if kind == KIND_LAUNCH << 32:
                _task_launches.add(actor)
            if not isinstance(task, _task_class):
                _task_foreign.append(None)
            elif not is_stepped:
                _task_unstepped(task, actor)
    task._tandem_actor, task._tandem_place = actor, at
    task._tandem_steps = task._tandem_busy = task._tandem_longest = 0


# Not empty once there are tasks that are none of C's.
_task_foreign = []


def _task_method(callback):
    """The callback, if it is a step of a task of another class (its __self__); None if it is something else."""
    task = getattr(callback, "__self__", None)
    try:
        is_step = callback.__name__ in ("__step", "__wakeup") and task._tandem_steps >= 0
        if is_step and not task._tandem_steps:
            _task_first_step(task)
        return callback if is_step else None
    except AttributeError:
        return None
    finally:
        task = callback = None


def _task_unstepped(task, actor):
    """A task whose steps are not seen, as its loop is none of asyncio's (uvloop)."""
    task._tandem_steps = 0
    emit(TASK_STARTED, actor)
    task.add_done_callback(_task_ended)


# Tasks that are being created and run at once, by id (3.12 and later): they were born before asyncio has them.
_task_eager_births = set()


def _task_watch_eager(asyncio):
    """Has asyncio's factory of eager tasks tell of a birth before C runs the task, and of its first step after that.

    The task is made by a class that it is an instance of: its __new__ is ours and has returned when C's __init__
    runs the task. So there is no frame and no reference more meanwhile.
    """
    tasks = asyncio.tasks
    factory = getattr(tasks, "eager_task_factory", None)
    if factory is None:
        return
    frame_at, make = sys._getframe, _task_base.__new__

    def __new__(cls, coroutine, *, loop, **named):
        task = make(_task_class)
        try:
            _task_eager_births.add(id(task))
            _task_born(task, frame_at(1), coroutine, loop)
            task._tandem_busy = now()
            _task_first_step(task)
        except Exception:
            trouble("at the birth of a task")
        finally:
            coroutine = None
        return task

    if _task_wrap_return(tasks.create_eager_task_factory, factory, _task_eager_step):
        eager = _task_class.__base__
        eager.__new__ = __new__
        factory.__closure__[0].cell_contents = eager


def _task_wrap_return(outer, inner, hook):
    """Has a function within another one of the standard library hand what it returns to a hook; False: it cannot be."""
    try:
        made = compiled_again(outer, inner.__name__, lambda lines: _task_returning(outer.__code__, inner, lines))
    except (OSError, UnicodeDecodeError):
        return False
    if made is None or made.co_freevars != inner.__code__.co_freevars:
        return False
    inner.__globals__["_tandem_returns"] = hook
    inner.__code__ = made
    return True


def _task_returning(code, inner, lines):
    """The code of the inner function, with a call around what it returns; None where its source is not to be had."""
    lines = start_block(lines, code)
    if lines is None:
        return None
    tree = compile("\n" * (code.co_firstlineno - 1) + "\n".join(lines), code.co_filename, "exec", 0x400, True, 0)
    for part in tree.body[0].body:
        if getattr(part, "name", "") == inner.__name__:
            statement = part.body[-1]
            call = compile("_tandem_returns(0)", "<tandem>", "eval", 0x400, True, 0).body
            for one in (call, call.func):
                for field in ("lineno", "end_lineno", "col_offset", "end_col_offset"):
                    setattr(one, field, getattr(statement.value, field))
            call.args[0], statement.value = statement.value, call
    module = compile(tree, code.co_filename, "exec", 0, True, sys.flags.optimize)
    for name in (code.co_name, inner.__name__):
        module = next(part for part in module.co_consts if getattr(part, "co_name", "") == name)
    return module


def _task_eager_step(task):
    """The first step of a task is over, within its own creation."""
    try:
        if id(task) not in _task_eager_births:
            return task
        duration = now() - task._tandem_busy
        task._tandem_steps = 1
        task._tandem_busy = duration
        task._tandem_longest = min(duration, long_step - 1)
        if task.done():
            _task_ended(task)
    except Exception:
        trouble("at the first step of a task")
    finally:
        _task_eager_births.discard(id(task))
    return task


def _task_current_actor():
    """The actor of the task whose step runs on this thread; 0: none."""
    loop = _task_running_loop()
    if loop is None:
        return 0
    task = _task_current(loop)
    return whose_task(task) if task is not None else 0


def task_actor(task):
    """The actor that a task is; 0 where it is none of ours, or not the program's."""
    actor = getattr(task, "_tandem_actor", 0)
    return actor if actor > 0 else 0


def whose_task(task):
    """The actor on whose behalf a task runs: itself, or whoever waits for it with a limit (`wait_for` up to 3.11)."""
    return abs(getattr(task, "_tandem_actor", 0))


# The type of the callback by which C has a task make its next step, and those of C's own for both ways.
_task_step_type = None
_task_steps = frozenset()


def _task_watch_steps(asyncio):
    handle = asyncio.events.Handle
    global _task_steps, _task_step_type
    step_type, wakeup_type = _task_step_types(asyncio)
    _task_step_type = step_type
    _task_steps = {step_type, wakeup_type} - {type(len)}
    inject(
        handle._run,
        before="""
tandem = self._callback
tandem_at = type(tandem)
if tandem_at is STEP or tandem_at is WAKEUP and (WAKEUP is not BUILTIN or tandem.__name__ == "task_wakeup"):
    try:
        if not tandem.__self__._tandem_steps:
            first(tandem.__self__)
    except AttributeError:
        tandem = None
else:
    tandem = foreign(tandem) if FOREIGN else None
try:
    tandem_at = BEGAN[self._loop._thread_id] = now()
except AttributeError:
    tandem_at = BEGAN[get_ident()] = now()
""",
        after=_task_step_over,
        on_exit=_task_step_over,
        STEP=step_type,
        WAKEUP=wakeup_type,
        BUILTIN=type(len),
        BEGAN=step_began,
        LONG=long_step,
        get_ident=get_ident,
        now=now,
        first=_task_first_step,
        ended=_task_ended,
        was_long=_task_was_long,
        WATCHED=watched,
        FOREIGN=_task_foreign,
        foreign=_task_method,
        watches=guard(_task_watches),
    )


# At the end of a step. Of the task nothing may be kept: the frame lives on in tracebacks. During the step there is
# the callback in its place, so that the task has no reference more than it would have.
_task_step_over = """
tandem_took = now() - tandem_at
if tandem is not None:
    tandem = tandem.__self__
    tandem._tandem_steps += 1
    tandem._tandem_busy += tandem_took
    if tandem_took >= tandem._tandem_longest:
        tandem._tandem_longest = tandem_took if tandem_took < LONG else was_long(tandem, tandem_at, tandem_took)
    if tandem.done():
        ended(tandem, tandem_at + tandem_took)
elif tandem_took >= LONG:
    was_long(None, tandem_at, tandem_took)
if WATCHED:
    watches(tandem, self._callback)
tandem = None
"""


def _task_step_types(asyncio):
    """The types of the callbacks by which C has a task make its next step: at once, and when a future is done."""

    class Loop:
        callback = None

        def call_soon(self, callback, **context):
            self.callback = callback

        def get_debug(self):
            return False

        def is_running(self):
            return False

        def call_exception_handler(self, context):
            pass

    async def wait():
        await future

    loop = Loop()
    future = asyncio.Future(loop=loop)
    coroutine = wait()
    # With a name it counts in none of the names that the program's tasks get.
    task = _task_base(coroutine, loop=loop, name="none")
    step = loop.callback
    step()
    wakeup = future._callbacks[0][0]
    coroutine.close()
    return type(step), type(wakeup)


# The longest steps of tasks that have had one told by itself, by actor; there the task's own has stopped growing.
_task_longest = {}


def _task_was_long(task, began, duration):
    """Has a long step told by itself; what the task has for its longest from here on, so that all of them come here."""
    try:
        step_held(task, began, duration)
        if task is not None:
            actor = task._tandem_actor
            _task_longest[actor] = max(duration, _task_longest.get(actor, 0))
    except Exception:
        trouble("at the end of a long step")
    finally:
        task = None
    return long_step


def _task_first_step(task):
    actor = task._tandem_actor
    if actor > 0 and not task._must_cancel:
        try:
            emit(LAUNCH_STARTED if actor in _task_launches else TASK_STARTED, actor)
        except Exception:
            trouble("at the start of a task")


def _task_ended(task, ended_at=0):
    actor = task._tandem_actor
    if actor <= 0:
        task._tandem_steps = -1
        return
    try:
        error, at, status = None, 0, TASK_ENDED_FINISHED
        if task._exception is not None:
            status = TASK_ENDED_FAILED
            error = task._exception
        elif task.cancelled():
            status = TASK_ENDED_CANCELLED
            if actor in _task_stood:
                at = _task_stood[actor]
            asked = _cancel_asked.get(actor)
            if asked is None or asked.is_own:
                error = _task_cancellation(task)
        if _task_stood:
            _task_stood.pop(actor, None)
        if _cancel_asked:
            if not status and actor in _cancel_caught:
                _cancel_ended(actor)
            _cancel_asked.pop(actor, None)
            _cancel_caught.pop(actor, None)
        if status or task._tandem_longest >= long_step or actor in _task_launches or actor in _task_folded:
            _task_tell_end(task, actor, status, at, error)
        else:
            # Most tasks: one slot says all.
            steps, task._tandem_steps = task._tandem_steps, -1
            emit(DONE, actor, task._tandem_busy, steps, task._tandem_longest, 0, ended_at)
    except Exception:
        trouble("at the end of a task")
    finally:
        task = error = None


def _task_tell_end(task, actor, status, at, error):
    words = 0
    if error is not None:
        at = error_place(error)
        words = error_text(error)
    if status != TASK_ENDED_FINISHED:
        name_actor(actor, task.get_name())
        if task._tandem_steps == 1 and not at and status == TASK_ENDED_CANCELLED:
            _task_tell_code(task, actor)
    _task_folds(task, actor)
    # From here on whoever finds it collected has nothing to say, but of its failure.
    task._tandem_steps = -1 if error is None else -2
    kind = TASK_ENDED
    if actor in _task_launches:
        _task_launches.discard(actor)
        kind = LAUNCH_ENDED
    if error is not None:
        stack(error_stack(error))
    emit(kind, actor, status, at, words)
    if error is not None:
        if status == TASK_ENDED_FAILED and type(error) is RuntimeError and "different" in str(error):
            if "loop" in str(error):
                emit(MISUSED, actor, MISUSED_WRONG_LOOP, at, words)
        _heard_failed(task, actor, error)


def _task_tell_code(task, actor):
    """Tells where the function of a task that never had a turn is defined."""
    # 3.12.1 crashes where one that was done at its creation is asked for its coroutine.
    if id(task) not in _task_eager_births:
        code = getattr(task.get_coro(), "cr_code", None)
        if code is not None:
            emit(CODE, actor, 0, def_place(code))


# By actor: how many of its steps have been told already, and for how long those kept the thread.
_task_folded = {}


def _task_folds(task, actor):
    """Tells the steps of a task in one sum, but for those that have been told."""
    steps, busy = _task_folded.pop(actor, (0, 0)) if _task_folded else (0, 0)
    _task_tell_sum(task, actor, task._tandem_steps - steps, task._tandem_busy - busy)
    _task_longest.pop(actor, None)


def _task_folds_so_far(task, actor):
    """Tells the steps that a task has had by now in one sum."""
    steps, busy = _task_folded[actor] = task._tandem_steps, task._tandem_busy
    _task_tell_sum(task, actor, steps, busy)


def _task_tell_sum(task, actor, steps, busy):
    longest = task._tandem_longest
    if longest >= long_step:
        longest = _task_longest.get(actor, longest)
    emit(MORE, 0, busy, 0, min(longest, 0xFFFFFFFF))
    emit(FOLDED, actor, steps, 0, _text_ids.get("step") or text("step"))


def _task_cancellation(task):
    """The CancelledError with which a task has ended that nobody had asked to stop; None where it is not kept.

    It is found among what the task refers to, as asking the task for it would take it away from others.
    """
    for one in _waits_gc.get_referents(task):
        if isinstance(one, type(_cancel_error)):
            return one
    return None


def error_text(error):
    """The text of an exception as the last line of its traceback has it: `KeyError: 'pause'`."""
    kind = type(error)
    module = kind.__module__
    name = kind.__qualname__ if module in ("builtins", "__main__") else module + "." + kind.__qualname__
    if name == "asyncio.exceptions.CancelledError":
        name = "CancelledError"
    try:
        words = str(error)
    except Exception:
        words = "<exception str() failed>"
    return text(name + ": " + words if words else name, False)


def error_place(error):
    """The last place of the program in an exception's traceback; 0 if there is none."""
    at = 0
    entry = error.__traceback__
    while entry is not None:
        code = entry.tb_frame.f_code
        if is_user_file(code.co_filename):
            at = place(code.co_filename, entry.tb_lineno, code.co_name)
        entry = entry.tb_next
    return at


def error_stack(error):
    """The places of the program in an exception's traceback, innermost first, at most 16; the last is the one at
    which whoever ended by it stood in its own function."""
    found = []
    entry = error.__traceback__
    while entry is not None:
        code = entry.tb_frame.f_code
        if is_user_file(code.co_filename):
            found.append(place(code.co_filename, entry.tb_lineno, code.co_name))
        entry = entry.tb_next
    error = entry = None
    found.reverse()
    return found if len(found) <= 16 else found[:15] + found[-1:]


# Where a task stood when it was asked to stop, or was last seen, by its actor.
_task_stood = {}


def name_task(task):
    """Tells a task's name, which is not told of tasks that just finish."""
    actor = task_actor(task)
    if actor:
        name_actor(actor, task.get_name())


def _task_collected(task):
    """A task goes: destroyed while it is pending, or with a failure."""
    try:
        steps = task._tandem_steps
        if steps == -1:
            return
        actor = task._tandem_actor
        if steps == -2:
            _heard_at_collection(task, actor)
        elif actor > 0 and not task.done():
            name_task(task)
            if steps == 0:
                _task_tell_code(task, actor)
            _task_folds(task, actor)
            emit(TASK_DESTROYED, actor, 0, _task_stood.pop(actor, 0))
    except AttributeError:
        pass
    except Exception:
        trouble("at the end of a task")
    finally:
        task = None


# What is looked at after each step, by actor, or another key: a function of (key, the step's task, its callback),
# which says whether that is over.
watched = {}
_task_most_watched = 64


def _task_watches(task, callback):
    for actor, look in list(islice(watched.items(), _task_most_watched)):
        if look(actor, task, callback):
            watched.pop(actor, None)


def await_frames(coroutine):
    """The frames of a coroutine and of all that it awaits, outermost first, at most 400."""
    frames = []
    for _ in range(_waits_deepest):
        kind = type(coroutine).__name__
        if kind == "coroutine":
            frame, coroutine = coroutine.cr_frame, coroutine.cr_await
        elif kind == "async_generator":
            frame, coroutine = coroutine.ag_frame, coroutine.ag_await
        elif kind == "generator":
            frame, coroutine = coroutine.gi_frame, coroutine.gi_yieldfrom
        elif kind in _task_wrappers:
            frame, coroutine = None, _task_unwrapped(coroutine)
        else:
            break
        if frame is not None:
            frames.append(frame)
    return frames


# What stands between a coroutine and the one it awaits, and does not name it.
_task_wrappers = frozenset(
    ("async_generator_asend", "async_generator_athrow", "anext_awaitable", "coroutine_wrapper")
)


def _task_unwrapped(wrapper):
    for one in _waits_gc.get_referents(wrapper):
        if type(one).__name__ in ("async_generator", "coroutine", "async_generator_asend"):
            return one
    return None
