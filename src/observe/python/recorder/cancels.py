# Cancellations: who asked a task to stop, for what reason, where it stood, and whether it went on regardless.
#
# Uses of asyncio.py: task_actor, await_frames, current_actor, _task_folds_so_far; of snapshot: _snapshot_source; of
# hearers: _heard_hushes. The innermost frame of asyncio's that called cancel() names the reason; where there is none,
# a line of the program did it.

# Code of asyncio's that cancels, once asyncio is there: a function of (frame, task) that says why.
_cancel_reasons = {}
# By the actor of a task that was asked to stop and has not ended: why (_Why).
_cancel_asked = {}
# By the actor of a task: why the future was cancelled that another thread has of it.
_cancel_bridged = {}
# By thread: the _Why of the cancel() that runs on it, which cancels also what that task awaits.
_cancel_running = {}


class _Why:
    """Why a task was asked to stop: the reason's word, the actor and the place that asked."""

    __slots__ = ("reason", "by", "place", "is_own", "stood")

    def __init__(self, reason, by, place, is_own=False):
        self.reason = reason
        self.by = by
        self.place = place
        # Whoever is asked catches it as a matter of course, and goes on: a timeout's or a group's own task.
        self.is_own = is_own
        # Where the one that was asked stood: the code and line of each of its frames, outermost first.
        self.stood = ()


def _cancel_passed_on(why):
    """The same reason for another one, which whoever was asked takes along."""
    return why and _Why(why.reason, why.by, why.place)


def cancel_reason_of(actor):
    """Why an actor has been asked to stop, as the reason of what it takes along; None where it has not."""
    return _cancel_passed_on(_cancel_asked.get(actor))


def cancel_bridged(actor, where):
    """Says that this thread has cancelled the future that it has of a task of a loop, which is told so by that loop."""
    _cancel_bridged[actor] = _Why(CANCEL_REQUESTED_PROGRAM, current_actor(), where)


def _cancel_watch(asyncio):
    """Learns asyncio's code that cancels. Comes last, as code is replaced by what is injected."""
    known = (
        ("runners", "_cancel_all_tasks", _cancel_by_close),
        ("taskgroups", "TaskGroup._abort", _cancel_by_group),
        ("taskgroups", "TaskGroup._on_task_done", _cancel_of_parent),
        ("timeouts", "Timeout._on_timeout", _cancel_by_timeout),
        ("runners", "Runner._on_sigint", _cancel_by_signal),
        ("tasks", "_cancel_and_wait", _cancel_by_wait_for),
        ("tasks", "wait_for", _cancel_by_wait_for),
    )
    for module, path, why in known:
        found = getattr(asyncio, module, None)
        for part in path.split("."):
            found = getattr(found, part, None)
        if found is not None:
            _cancel_reasons[found.__code__] = why


def _cancel_by_close(frame, task):
    # Ctrl-C that nobody has caught before closes the loop.
    is_interrupted = isinstance(sys.exc_info()[1], KeyboardInterrupt)
    if is_interrupted:
        return _cancel_by_signal(frame, task)
    return _Why(CANCEL_REQUESTED_LOOP_CLOSED, 0, user_place(frame))


def _cancel_by_signal(frame, task):
    return _Why(CANCEL_REQUESTED_INTERRUPTED, 0, 0)


def _cancel_by_group(frame, task):
    """A group stops its tasks: one has failed, the body has, or its own task is to stop."""
    outer = frame.f_back
    if outer is not None and outer.f_code in _cancel_reasons:
        failed = task_actor(outer.f_locals.get("task"))
        return _Why(CANCEL_REQUESTED_GROUP_FAILED, failed, 0)
    return cancel_reason_of(current_actor()) or _Why(
        CANCEL_REQUESTED_GROUP_FAILED, current_actor(), user_place(outer)
    )


def _cancel_of_parent(frame, task):
    return _Why(CANCEL_REQUESTED_GROUP_FAILED, task_actor(frame.f_locals.get("task")), 0, True)


def _cancel_by_timeout(frame, task):
    frames = await_frames(task.get_coro())
    own = [one for one in frames if is_user_file(one.f_code.co_filename)]
    # The line that waits with a limit: whoever called wait_for, else where the task stands.
    for inner, outer in zip(frames[1:], frames):
        if inner.f_code in _cancel_reasons:
            own = [outer]
            break
    return _Why(CANCEL_REQUESTED_TIMED_OUT, 0, user_place(own[-1]) if own else 0, True)


def _cancel_by_wait_for(frame, task):
    """wait_for up to 3.11: its limit has passed, or whoever waits is to stop itself."""
    mine = current_actor()
    return cancel_reason_of(mine) or _Why(CANCEL_REQUESTED_TIMED_OUT, mine, user_place(frame))


def _cancel_why(frame, task):
    """Why a task is asked to stop, by the frames of whoever called its cancel()."""
    outer = _cancel_running.get(get_ident())
    if outer is not None:
        return _cancel_passed_on(outer)
    at = frame
    while at is not None:
        code = at.f_code
        if is_user_file(code.co_filename):
            break
        if code in _cancel_reasons:
            return _cancel_reasons[code](at, task)
        if code.co_name == "_run" and code.co_filename.endswith("/asyncio/events.py"):
            # A callback of the loop is cancel() itself: who registered that is not known, but by a future of another thread.
            return _cancel_bridged.pop(task_actor(task), None) or _Why(CANCEL_REQUESTED_PROGRAM, 0, 0)
        at = at.f_back
    return _Why(CANCEL_REQUESTED_PROGRAM, current_actor(), user_place(at))


def _task_cancels(task, frame):
    """Tells that a task is asked to stop; what this thread's next cancel() inherits, None if nothing."""
    try:
        actor = task._tandem_actor
        if not actor or task.done():
            if actor in _heard_unasked:
                _heard_hushes(task, actor)
            return None
        why = _cancel_why(frame, task)
        if actor < 0:
            # As from 3.12 on, where it is whoever waits that a limit cancels.
            if why.reason == CANCEL_REQUESTED_TIMED_OUT:
                emit(WAIT_GIVEN_UP, -actor, why.reason, why.place)
            return None
        frames = await_frames(task.get_coro())
        if why.is_own:
            emit(WAIT_GIVEN_UP, actor, why.reason, why.place)
            if actor not in _cancel_asked:
                _cancel_asked[actor] = why
                watched[actor, "own"] = _cancel_own_is_over
            return why
        cancel_forget_spent(task, actor, frames)
        stood = _cancel_stood(task, actor, frames)
        if actor not in _cancel_asked and task._tandem_steps > 0:
            # How many steps it has had of its own, before the one in which it hears of this.
            _task_folds_so_far(task, actor)
        if why.by:
            more(why.by)
        emit(CANCEL_REQUESTED, actor, why.reason, why.place)
        if actor not in _cancel_asked:
            why.stood = [(one.f_code, one.f_lineno) for one in frames]
            _cancel_asked[actor] = why
        _task_stood.setdefault(actor, stood)
        if why.reason == CANCEL_REQUESTED_LOOP_CLOSED and task._tandem_steps > 0:
            _cancel_at_rest(task, actor, frames)
        if task._tandem_steps > 0 and actor not in _cancel_caught:
            _cancel_look(actor, frames)
        return why
    except AttributeError:
        return None
    except Exception:
        trouble("at a cancellation")
        return None
    finally:
        task = frame = frames = why = None


def _cancel_own_is_over(key, task, callback):
    """After a step of a task whose own timeout or group has asked it to stop: whether it is through with that."""
    actor = key[0]
    asked = _cancel_asked.get(actor)
    if asked is None or not asked.is_own:
        return True
    if task is None or task._tandem_actor != actor or task.cancelling():
        return False
    del _cancel_asked[actor]
    return True


def cancel_forget_spent(task, actor, frames):
    """Where a task has gone on after it was asked to stop, that counts no more; tells so."""
    asked = _cancel_asked.get(actor)
    if asked is None:
        return
    if not asked.is_own:
        # From 3.11 on: whoever catches a cancellation may take it back, as a library's own timeouts do.
        cancelling = getattr(task, "cancelling", None)
        if (cancelling is None or cancelling() > 0) and not _cancel_went_on(asked.stood, frames):
            return
        emit(CANCEL_OVER, actor)
        _task_stood.pop(actor, None)
        _cancel_caught.pop(actor, None)
    del _cancel_asked[actor]


def _cancel_went_on(stood, frames):
    """Whether a task that was asked to stop where it stood then, and is now elsewhere, has done so without unwinding.

    What unwinds runs the clauses of a try around the line where it was, or leaves a `with` around that. Where
    either may be so, and in a library's code, it is not said to have gone on.
    """
    for (code, line), frame in zip(stood, frames):
        file = code.co_filename
        if frame.f_code is not code or not is_user_file(file):
            return False
        now_at = frame.f_lineno
        if now_at == line:
            continue
        if any(one.clauses <= now_at <= one.end for one in tries_around(file, line)):
            return False
        lines = source_lines(file)
        return 0 < now_at <= len(lines) and not lines[now_at - 1].lstrip().startswith(("with ", "async with "))
    return False


def _cancel_stood(task, actor, frames):
    """Tells where a task stands; its place."""
    own = [frame for frame in frames if is_user_file(frame.f_code.co_filename)]
    if task._tandem_steps == 0 or not own:
        return 0
    inner = own[-1]
    at = place(inner.f_code.co_filename, inner.f_lineno, inner.f_code.co_name)
    stack([place(one.f_code.co_filename, one.f_lineno, one.f_code.co_name) for one in reversed(own)])
    emit(STOOD_AT, actor, 0, at)
    _snapshot_source(at, inner, _snapshot_owed)
    return at


def _cancel_at_rest(task, actor, frames):
    """Tells of a task that its loop's close ends what it waits for, where it goes round for ever."""
    tell_round(actor, 0, standing_of(frames))
    stood = _waits_of_task(task)
    if stood.word is not None:
        _snapshot_waits(stood, actor, 0, user_place(stood.frame), False)


# By actor: the function that would catch the task's cancellation, its try statement, and the place in it; and
# whose task was asked to stop first, where this one is what that awaits.
_cancel_caught = {}


class _Catch:
    __slots__ = ("file", "first", "statement", "clause", "place", "is_sure")

    def __init__(self, frame, statement, clause):
        self.file = frame.f_code.co_filename
        self.first = frame.f_code.co_firstlineno
        self.statement = statement
        self.clause = clause
        self.place = place(self.file, frame.f_lineno, frame.f_code.co_name)
        # Whether the cancellation has come to the task, and nothing but this clause can have caught it.
        self.is_sure = False


def _cancel_look(actor, frames):
    """Notes a function of a task that would catch its cancellation."""
    found = catching(frames[::-1], _cancel_error)
    if found is not None:
        caught = _cancel_caught[actor] = _Catch(*found)
        caught.is_sure = _cancel_is_alone(frames, *found[:2])
        watched[actor] = _cancel_swallowed


_cancel_error = None


def _cancel_is_alone(frames, outer, statement):
    """Whether nothing within a try statement can catch a cancellation, but for that statement."""
    for frame in reversed(frames):
        file = frame.f_code.co_filename
        is_last = frame is outer
        if is_user_file(file):
            if with_catches(file, frame.f_lineno, statement.begin if is_last else 0):
                return False
        elif _waits_path(file) is None or frame.f_code.co_name == "wait_for":
            # The code of a library may; wait_for hands out a result that has come in the same turn.
            return False
        if is_last:
            return True
    return False


def _cancel_came(task):
    """After cancel(): whether the task gets a CancelledError in its next step. What it awaits may go on regardless."""
    try:
        caught = _cancel_caught.get(task._tandem_actor)
        if caught is not None and caught.is_sure:
            waiter = task._fut_waiter
            is_running = getattr(task.get_coro(), "cr_running", False)
            caught.is_sure = waiter.cancelled() if waiter is not None else task._must_cancel and not is_running
    except Exception:
        trouble("at a cancellation")
    finally:
        task = waiter = None


def _cancel_ended(actor):
    """A task that was asked to stop has ended as if it had finished: tells it where the clause dropped what it caught."""
    caught = _cancel_caught.get(actor)
    if caught is not None and caught.is_sure:
        dropped = drops(caught.file, caught.statement, caught.clause, ("CancelledError",))
        if dropped:
            how = CANCEL_SWALLOWED_DROPPED if dropped == "named" else CANCEL_SWALLOWED_ENDED
            emit(CANCEL_SWALLOWED, actor, how, caught.place)


def _cancel_swallowed(actor, task, callback):
    """After a step of a task that was asked to stop: whether it went on, out of the try that caught it.

    True when there is nothing more to be seen.
    """
    if task is None or task._tandem_actor != actor:
        return actor not in _cancel_caught
    caught = _cancel_caught.get(actor)
    if caught is None or task.done():
        return True
    for frame in await_frames(task.get_coro()):
        code = frame.f_code
        if code.co_firstlineno == caught.first and code.co_filename == caught.file:
            line = frame.f_lineno
            if caught.statement.clauses <= line <= caught.statement.end:
                return False
            break
    del _cancel_caught[actor]
    emit(CANCEL_SWALLOWED, actor, CANCEL_SWALLOWED_WENT_ON, caught.place)
    if _cancel_asked.pop(actor, None) is not None:
        emit(CANCEL_OVER, actor)
        _task_stood.pop(actor, None)
    return True
