# Who hears of a task's failure: whoever awaits it, a line on stderr, or nobody.
#
# Uses of asyncio.py, handlers, cancels. When a task has failed its callbacks are the last in the loop's queue and have
# not run: they say who awaits it, while that one still stands at its await.

# Failed tasks of which nobody has asked yet, by actor: a weak reference.
_heard_unasked = {}
# Futures of gather (by id, a weak reference) that have been told of a first failure: of further ones nobody hears.
_heard_told = {}


class _Hearer:
    """Who hears of a failure: a task, this thread, nobody, whoever asks a concurrent future for it.

    grouped: through a group; value: as a value, which nothing raises.
    """

    __slots__ = ("task", "thread", "grouped", "value", "nobody", "bridge")

    def __init__(self, task=None, thread=False, grouped=False, value=False, nobody=False, bridge=False):
        self.task = task
        self.thread = thread
        self.grouped = grouped
        self.value = value
        self.nobody = nobody
        self.bridge = bridge


def _heard_failed(task, actor, error):
    """Tells who hears of the failure of a task that has just ended."""
    hearer = None
    try:
        for callback in _heard_callbacks(task):
            hearer = _heard_by(callback, task)
            if hearer is not None:
                break
        if hearer is None:
            _heard_by_none(task, actor, error)
        elif hearer.bridge:
            # Whoever asks the concurrent future hears of it; where nobody can be told any more, nobody does.
            if isinstance(error, (SystemExit, KeyboardInterrupt)):
                emit(HEARD, actor, HEARD_NOBODY)
        elif hearer.nobody:
            emit(HEARD, actor, HEARD_NOBODY)
        elif hearer.thread:
            _heard_raised(actor, frames_outward(sys._getframe(1)), thread_actor(), error, hearer)
        else:
            frames = await_frames(hearer.task.get_coro())[::-1]
            _heard_raised(actor, frames, whose_task(hearer.task), error, hearer)
    finally:
        task = error = hearer = callback = frames = None


def _heard_by_none(task, actor, error):
    if isinstance(error, (SystemExit, KeyboardInterrupt)) and thread_id() == 1:
        # They end the loop and come out of it, into main, whose status they become if it lets them.
        _heard_raised(actor, frames_outward(sys._getframe(1)), thread_actor(), error, _Hearer(thread=True))
    elif isinstance(error, (SystemExit, KeyboardInterrupt)) or task.cancelled():
        # In another thread they end its loop alone; nobody is told of a cancellation that nobody asked for.
        emit(HEARD, actor, HEARD_NOBODY)
    else:
        _heard_unasked[actor] = ref(task)
        watched[actor] = _heard_asked


def _heard_raised(actor, frames, by, error, hearer):
    """Tells that a failure came to code, at the clause that would catch it, else where that awaited."""
    try:
        at = 0
        found = None if hearer.value else catching(frames, error, hearer.grouped)
        own = places_of(frames)
        if found is not None:
            code = found[0].f_code
            at = place(code.co_filename, found[2], code.co_name)
        elif own:
            at = own[0]
        stack(own)
        if by:
            more(by)
        emit(HEARD, actor, HEARD_RAISED, at)
    finally:
        frames = found = frame = error = hearer = None


def _heard_callbacks(task):
    """The callbacks of a task that has just ended: they stand at the end of its loop's queue."""
    ready = getattr(task.get_loop(), "_ready", None) or ()
    found = []
    for handle in list(ready)[-1000:]:
        arguments = getattr(handle, "_args", None)
        if arguments and arguments[0] is task:
            found.append(handle._callback)
    return found


def _heard_by(callback, task):
    """Who hears of a task's failure by one of its callbacks; None where that is not known yet."""
    owner = getattr(callback, "__self__", None)
    if owner is not None and whose_task(owner) and (type(callback) in _task_steps or callback.__name__ == "task_wakeup"):
        return _Hearer(owner)
    name = getattr(callback, "__qualname__", "")
    if name == "TaskGroup._on_task_done":
        return _Hearer(owner._parent_task, grouped=True)
    if name == "_run_until_complete_cb":
        return _Hearer(thread=True)
    if name == "_chain_future.<locals>._call_set_state":
        return _Hearer(bridge=True)
    # In 3.9 gather has a function within for it.
    if name in ("gather.<locals>._done_callback", "_gather.<locals>._done_callback"):
        return _heard_by_gather(callback)
    if name == "shield.<locals>._inner_done_callback":
        return _heard_by_future(_heard_cell(callback, "outer"))
    if getattr(getattr(callback, "func", None), "__name__", "") == "_release_waiter":
        return _heard_by_future(callback.args[0])
    return None


def _heard_by_gather(callback):
    outer = _heard_cell(callback, "outer")
    if _heard_cell(callback, "return_exceptions"):
        found = _heard_by_future(outer)
        if found is not None:
            found.value = True
        return found
    key = id(outer)
    told = _heard_told.get(key)
    if outer.done() or told is not None and told() is outer:
        return _Hearer(nobody=True)
    _heard_told[key] = ref(outer, lambda _: _heard_told.pop(key, None))
    return _heard_by_future(outer)


def _heard_by_future(future):
    """Who awaits a future; nobody where it is done, as when whoever awaited it has given up."""
    if future is None:
        return None
    if future.done():
        return _Hearer(nobody=True)
    for callback in getattr(future, "_callbacks", None) or ():
        if type(callback) is tuple:
            callback = callback[0]
        found = _heard_by(callback, future)
        if found is not None:
            return found
    return None


def _heard_cell(function, name):
    """What a closure knows by a name; None where it knows nothing of it."""
    free = function.__code__.co_freevars
    return function.__closure__[free.index(name)].cell_contents if name in free else None


def _heard_asked(actor, task, callback):
    """After a step: whether somebody has asked for the failure of the actor meanwhile. True when that is settled."""
    weak = _heard_unasked.get(actor)
    failed = weak() if weak is not None else None
    try:
        if failed is None:
            return True
        if failed._log_traceback:
            return False
        del _heard_unasked[actor]
        frames, by = (), 0
        if task is not None:
            by = whose_task(task)
            frames = await_frames(task.get_coro())[::-1]
        own = places_of(frames)
        code = getattr(callback, "__code__", None)
        at = own[0] if own else def_place(code) if code is not None and is_user_file(code.co_filename) else 0
        if by:
            more(by)
        emit(HEARD, actor, HEARD_RAISED, at)
        return True
    finally:
        failed = task = callback = frames = None


# Failed tasks whose cancel() was called when they had ended: asyncio will not log their failure, though nobody has
# asked for it. By actor: a weak reference, and the traceback that the failure had, by identity.
_heard_hushed = {}


def _heard_hushes(task, actor):
    """cancel() of a task that has failed: who awaits it from here on leaves its trace in the traceback only."""
    if _heard_unasked.pop(actor, None) is not None and task._log_traceback:
        _heard_hushed[actor] = (ref(task), id(task._exception.__traceback__))


class _HeardAsking:
    """`Task.exception`: it notes who asks a hushed task for its failure, which leaves no trace at all.

    What is called is asyncio's own: a function in its place would be one more frame where it raises.
    """

    __slots__ = ("method",)

    def __init__(self, method):
        self.method = method

    def __get__(self, task, owner=None):
        if task is None:
            return self.method
        if _heard_hushed:
            _heard_asks(task, sys._getframe(1))
        return self.method.__get__(task, owner)


def _heard_asks(task, frame):
    try:
        actor = task_actor(task)
        if actor in _heard_hushed and not _heard_only_marks(frame):
            del _heard_hushed[actor]
            own = places_of(frames_outward(frame))
            stack(own)
            by = current_actor()
            if by:
                more(by)
            emit(HEARD, actor, HEARD_RAISED, own[0] if own else 0)
    except Exception:
        trouble("at a question for a failure")
    finally:
        task = frame = None


def _heard_only_marks(frame):
    """Whether it is asyncio that asks, and to hand the failure to nobody: a wait that looks whether there is one, or
    whoever has given up already."""
    if _waits_path(frame.f_code.co_filename) != "asyncio/tasks.py":
        return False
    outer = frame.f_locals.get("outer")
    return frame.f_code.co_name == "_on_completion" or outer is not None and outer.done()


def _heard_hush_over(task, actor):
    """At the end of a failed task, or of all: whether somebody has caught what it raised."""
    _, traceback = _heard_hushed.pop(actor)
    is_caught = id(task._exception.__traceback__) != traceback
    emit(HEARD, actor, HEARD_RAISED if is_caught else HEARD_NOBODY)


def _heard_at_collection(task, actor):
    """A failed task goes: somebody asked for its failure, or asyncio is about to log it."""
    if actor in _heard_hushed:
        _heard_hush_over(task, actor)
        return
    if _heard_unasked.pop(actor, None) is not None and not task._log_traceback:
        emit(HEARD, actor, HEARD_RAISED)


def _heard_logged(loop, context):
    """asyncio's exception handler is called: it writes to stderr, or the program's own does something."""
    task = context.get("task") or context.get("future")
    error = context.get("exception")
    try:
        message = str(context.get("message") or "")
        if "was destroyed but it is pending" in message:
            return
        reason = ERROR_LOGGED_CALLBACK_FAILED
        if "never retrieved" in message:
            reason = ERROR_LOGGED_NEVER_RETRIEVED
        elif "shutdown" in message:
            reason = ERROR_LOGGED_FAILED_IN_SHUTDOWN
        actor = task_actor(task) if task is not None else 0
        handler = getattr(loop, "_exception_handler", None)
        if handler is not None:
            # Code of the program's hears of it, and what that does with it is its own.
            if actor:
                _heard_unasked.pop(actor, None)
                code = code_of(handler)
                where = def_place(code) if code is not None and is_user_file(code.co_filename) else 0
                emit(HEARD, actor, HEARD_RAISED, where)
            return
        words = error_text(error) if error is not None else text(message, False)
        at = error_place(error) if error is not None else 0
        if actor:
            _heard_unasked.pop(actor, None)
            emit(HEARD, actor, HEARD_LOGGED)
        emit(ERROR_LOGGED, actor, reason, at, words)
    finally:
        task = error = context = loop = handler = None


def _heard_at_exit():
    """At the end: what somebody asked for meanwhile was heard; the rest may be logged yet, when it is collected."""
    for actor, weak in list(_heard_unasked.items()):
        task = weak()
        if task is not None and not task._log_traceback:
            emit(HEARD, actor, HEARD_RAISED)
            _heard_unasked.pop(actor, None)
        task = None
    for actor, (weak, _) in list(_heard_hushed.items()):
        task = weak()
        if task is not None:
            _heard_hush_over(task, actor)
        task = None
