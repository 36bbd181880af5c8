# Holders: who has a lock that somebody waits for.
#
# Uses of calls: _calls_tree; of places: is_user_file, place; of asyncio: await_frames; of sampler: _sampler_actor;
# of snapshot: _snapshot_tasks. A lock of the standard library does not know its holder (an RLock does), and asking
# at each `acquire` would cost. So it is read off the source: a frame that stands inside `with lock:`, or inside a
# `try` whose `finally` releases it, has the lock, if the expression there means that lock.
_holders_Module = type(sys)

_holders_locks = {"lock", "RLock", "_RLock", "Lock", "Condition", "Semaphore", "BoundedSemaphore"}


def _holders_value(frame, path):
    """What a path of names means in a frame; None where that cannot be said without running code of others."""
    code = frame.f_code
    first = path[0]
    if first in code.co_varnames or first in code.co_cellvars or first in code.co_freevars:
        value = frame.f_locals.get(first)
    else:
        value = frame.f_globals.get(first)
    for name in path[1:]:
        if value is None:
            return None
        value = _holders_attribute(value, name)
    return value


def _holders_attribute(value, name):
    kind = type(value)
    try:
        own = value.__dict__ if kind is _holders_Module else object.__getattribute__(value, "__dict__")
        if name in own:
            return own[name]
    except (AttributeError, TypeError):
        pass
    classes = type.mro(kind)
    if issubclass(kind, type):
        classes = type.__getattribute__(value, "__mro__")
    for one in classes:
        found = type.__getattribute__(one, "__dict__").get(name)
        if found is None:
            continue
        if type(found).__name__ == "member_descriptor":
            return found.__get__(value)
        return found if type(found).__name__ in _holders_locks else None
    return None


def _holders_inner(lock):
    """The lock that a Condition is about; any other lock is itself."""
    if type(lock).__name__ == "Condition":
        return _holders_attribute(lock, "_lock") or lock
    return lock


def _holders_asked(frame):
    """The lock that a frame's line asks for: of those that its source takes there, the one that is locked."""
    for path in _calls_tree(frame.f_code.co_filename).taken.get(frame.f_lineno, ()):
        lock = _holders_inner(_holders_value(frame, path))
        if type(lock).__name__ in _holders_locks and _holders_locked(lock):
            return lock
    return None


def _holders_locked(lock):
    """Whether somebody has a lock now."""
    if type(lock).__name__ in ("RLock", "_RLock"):
        return _holders_owner(lock) != 0
    asked = getattr(type(lock), "locked", None)
    try:
        return bool(asked(lock)) if asked is not None else getattr(lock, "_value", 1) == 0
    except Exception:
        return False


def _holders_owner(lock):
    """The ident of the thread that has an RLock; 0: nobody, or another kind of lock."""
    if type(lock).__name__ == "_RLock":
        return getattr(lock, "_owner", None) or 0
    if type(lock).__name__ != "RLock":
        return 0
    words = type(lock).__mro__[-2].__repr__(lock)
    if " owner=" not in words:
        return 0
    return int(words.split(" owner=", 1)[1].split(" ", 1)[0])


def _holders_place(frame, lock):
    """The line at which a frame took a lock that it still has; 0 if it has not."""
    code = frame.f_code
    line = frame.f_lineno
    for first, last, path, taken in _calls_tree(code.co_filename).regions:
        # In the line that takes it a frame may still wait for it: `with lock: pass` stands in one.
        if first <= line <= last and line != taken and _holders_inner(_holders_value(frame, path)) is lock:
            return taken
    return 0


def _holders_of(lock):
    """Who has a lock: at most one (thread's ident or None, task or None, frame, line where it was taken)."""
    frames = current_frames()
    owner = _holders_owner(lock)
    for ident, frame in frames.items():
        for _ in range(_waits_deepest):
            if frame is None:
                break
            if (not owner or owner == ident) and is_user_file(frame.f_code.co_filename):
                line = _holders_place(frame, lock)
                if line:
                    return (ident, None, frame, line)
            frame = frame.f_back
    for task in _snapshot_tasks(5000):
        # A task of a thread that has ended has it for ever, so all tasks are looked at.
        for frame in await_frames(task.get_coro()):
            if is_user_file(frame.f_code.co_filename):
                line = _holders_place(frame, lock)
                if line:
                    return (None, task, frame, line)
    return (owner, None, None, 0) if owner else None
