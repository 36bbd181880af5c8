# Waits: what a frame or a suspended coroutine waits for, in words of the trace, and who or what that is.
#
# Uses of places: is_user_file; of asyncio: await_frames. Reads the locals of the standard library's own frames only: those of the
# program's would outlive a `del`. Nothing here opens a file, so that nothing gives the interpreter's lock away
# while frames of the program are held.
import gc as _waits_gc

# Functions of the standard library that a thread waits in: by file and name, the word, what it is called, and
# the local that holds what is waited for (its own `self` in most).
_waits_rows = {
    ("threading.py", "join"): (WAIT_BEGAN_JOIN, "Thread.join", "self"),
    ("threading.py", "acquire"): (WAIT_BEGAN_LOCK, "Semaphore.acquire", "self"),
    ("threading.py", "__enter__"): (WAIT_BEGAN_LOCK, "Condition", "self"),
    ("threading.py", "_shutdown"): (WAIT_BEGAN_JOIN, "threading._shutdown", None),
    ("asyncio/base_events.py", "run_until_complete"): (WAIT_BEGAN_LAUNCH, "run_until_complete", "future"),
    ("asyncio/base_events.py", "run_forever"): (WAIT_BEGAN_SELECT, "run_forever", None),
    ("queue.py", "get"): (WAIT_BEGAN_GET, "Queue.get", "self"),
    ("queue.py", "put"): (WAIT_BEGAN_PUT, "Queue.put", "self"),
    ("queue.py", "join"): (WAIT_BEGAN_QUEUE_JOIN, "Queue.join", "self"),
    ("concurrent/futures/_base.py", "result"): (WAIT_BEGAN_RESULT, "Future.result", "self"),
    ("concurrent/futures/_base.py", "exception"): (WAIT_BEGAN_RESULT, "Future.exception", "self"),
    ("concurrent/futures/_base.py", "wait"): (WAIT_BEGAN_RESULT, "concurrent.futures.wait", "fs"),
    ("concurrent/futures/_base.py", "as_completed"): (WAIT_BEGAN_RESULT, "as_completed", "fs"),
    ("concurrent/futures/_base.py", "__exit__"): (WAIT_BEGAN_JOIN, "Executor.__exit__", None),
    ("concurrent/futures/thread.py", "shutdown"): (WAIT_BEGAN_JOIN, "Executor.shutdown", None),
    ("concurrent/futures/process.py", "shutdown"): (WAIT_BEGAN_JOIN, "Executor.shutdown", None),
    ("concurrent/futures/thread.py", "_python_exit"): (
        WAIT_BEGAN_JOIN, "concurrent.futures.thread._python_exit", None,
    ),
    ("concurrent/futures/process.py", "_python_exit"): (
        WAIT_BEGAN_JOIN, "concurrent.futures.process._python_exit", None,
    ),
    ("subprocess.py", "wait"): (WAIT_BEGAN_PROCESS, "Popen.wait", "self"),
    ("subprocess.py", "_try_wait"): (WAIT_BEGAN_PROCESS, "Popen.wait", "self"),
    ("subprocess.py", "communicate"): (WAIT_BEGAN_PROCESS, "Popen.communicate", "self"),
    ("subprocess.py", "__exit__"): (WAIT_BEGAN_PROCESS, "Popen.__exit__", "self"),
    ("subprocess.py", "run"): (WAIT_BEGAN_PROCESS, "subprocess.run", None),
    ("subprocess.py", "call"): (WAIT_BEGAN_PROCESS, "subprocess.call", None),
    ("subprocess.py", "check_output"): (WAIT_BEGAN_PROCESS, "subprocess.check_output", None),
    ("multiprocessing/process.py", "join"): (WAIT_BEGAN_PROCESS, "Process.join", "self"),
    ("multiprocessing/util.py", "_exit_function"): (
        WAIT_BEGAN_PROCESS, "multiprocessing.util._exit_function", None,
    ),
    ("multiprocessing/pool.py", "get"): (WAIT_BEGAN_RESULT, "AsyncResult.get", None),
    ("multiprocessing/pool.py", "wait"): (WAIT_BEGAN_RESULT, "AsyncResult.wait", None),
    ("multiprocessing/pool.py", "join"): (WAIT_BEGAN_JOIN, "Pool.join", None),
    ("multiprocessing/queues.py", "get"): (WAIT_BEGAN_GET, "Queue.get", "self"),
    ("multiprocessing/queues.py", "put"): (WAIT_BEGAN_PUT, "Queue.put", "self"),
    ("multiprocessing/queues.py", "join"): (WAIT_BEGAN_QUEUE_JOIN, "JoinableQueue.join", "self"),
    ("multiprocessing/connection.py", "recv"): (WAIT_BEGAN_GET, "Connection.recv", None),
    ("multiprocessing/connection.py", "recv_bytes"): (WAIT_BEGAN_GET, "Connection.recv_bytes", None),
    ("multiprocessing/connection.py", "poll"): (WAIT_BEGAN_SELECT, "Connection.poll", None),
    ("multiprocessing/connection.py", "wait"): (WAIT_BEGAN_SELECT, "connection.wait", None),
    ("multiprocessing/connection.py", "accept"): (WAIT_BEGAN_SELECT, "Listener.accept", None),
    ("selectors.py", "select"): (WAIT_BEGAN_SELECT, "select", None),
    ("socket.py", "accept"): (WAIT_BEGAN_SELECT, "socket.accept", None),
    ("socket.py", "readinto"): (WAIT_BEGAN_SELECT, "socket.recv", None),
    ("socket.py", "create_connection"): (WAIT_BEGAN_SELECT, "socket.connect", None),
    ("ssl.py", "read"): (WAIT_BEGAN_SELECT, "socket.recv", None),
    ("ssl.py", "recv"): (WAIT_BEGAN_SELECT, "socket.recv", None),
}

# Threading's `wait` is a method of several classes.
_waits_threading = {
    "Event": (WAIT_BEGAN_EVENT, "Event.wait", "self"),
    "Condition": (WAIT_BEGAN_CONDITION, "Condition.wait", "self"),
    "Barrier": (WAIT_BEGAN_CONDITION, "Barrier.wait", "self"),
}

# Functions of C that a thread waits in, by their last name; the rest of what does not compute blocks.
_waits_names = {
    "acquire": WAIT_BEGAN_LOCK,
    "acquire_lock": WAIT_BEGAN_LOCK,
    "get": WAIT_BEGAN_GET,
    "input": WAIT_BEGAN_INPUT,
    "select": WAIT_BEGAN_SELECT,
    "poll": WAIT_BEGAN_SELECT,
    "accept": WAIT_BEGAN_SELECT,
    "recv": WAIT_BEGAN_SELECT,
    "recvfrom": WAIT_BEGAN_SELECT,
    "recv_into": WAIT_BEGAN_SELECT,
    "connect": WAIT_BEGAN_SELECT,
    "waitpid": WAIT_BEGAN_PROCESS,
    "wait4": WAIT_BEGAN_PROCESS,
    "waitid": WAIT_BEGAN_PROCESS,
    "system": WAIT_BEGAN_PROCESS,
    "sigwait": WAIT_BEGAN_EVENT,
    "pause": WAIT_BEGAN_EVENT,
}

# Coroutines of asyncio that a task waits in: as above.
_waits_async_rows = {
    ("asyncio/tasks.py", "sleep"): (WAIT_BEGAN_SLEEP, "asyncio.sleep", "delay"),
    ("asyncio/tasks.py", "wait_for"): (WAIT_BEGAN_RESULT, "asyncio.wait_for", "fut"),
    ("asyncio/tasks.py", "wait"): (WAIT_BEGAN_RESULT, "asyncio.wait", "fs"),
    ("asyncio/tasks.py", "_wait"): (WAIT_BEGAN_RESULT, "asyncio.wait", "fs"),
    ("asyncio/tasks.py", "_wait_for_one"): (WAIT_BEGAN_RESULT, "asyncio.as_completed", None),
    ("asyncio/threads.py", "to_thread"): (WAIT_BEGAN_RESULT, "asyncio.to_thread", None),
    ("asyncio/taskgroups.py", "__aexit__"): (WAIT_BEGAN_JOIN, "TaskGroup", "self"),
    ("asyncio/queues.py", "get"): (WAIT_BEGAN_GET, "Queue.get", "self"),
    ("asyncio/queues.py", "put"): (WAIT_BEGAN_PUT, "Queue.put", "self"),
    ("asyncio/queues.py", "join"): (WAIT_BEGAN_QUEUE_JOIN, "Queue.join", "self"),
    ("asyncio/locks.py", "acquire"): (WAIT_BEGAN_LOCK, "Lock.acquire", "self"),
    ("asyncio/locks.py", "wait"): (WAIT_BEGAN_EVENT, "Event.wait", "self"),
    ("asyncio/locks.py", "wait_for"): (WAIT_BEGAN_CONDITION, "Condition.wait_for", "self"),
    ("asyncio/subprocess.py", "wait"): (WAIT_BEGAN_PROCESS, "Process.wait", "self"),
    ("asyncio/subprocess.py", "communicate"): (WAIT_BEGAN_PROCESS, "Process.communicate", "self"),
    ("asyncio/base_events.py", "create_connection"): (WAIT_BEGAN_SELECT, "create_connection", None),
    ("asyncio/base_events.py", "getaddrinfo"): (WAIT_BEGAN_RESULT, "getaddrinfo", None),
    ("asyncio/base_events.py", "serve_forever"): (WAIT_BEGAN_SELECT, "Server.serve_forever", None),
    ("asyncio/base_events.py", "shutdown_default_executor"): (
        WAIT_BEGAN_JOIN, "shutdown_default_executor", None,
    ),
    ("asyncio/base_events.py", "wait_closed"): (WAIT_BEGAN_JOIN, "Server.wait_closed", None),
    ("asyncio/streams.py", "read"): (WAIT_BEGAN_SELECT, "StreamReader.read", None),
    ("asyncio/streams.py", "readline"): (WAIT_BEGAN_SELECT, "StreamReader.readline", None),
    ("asyncio/streams.py", "readexactly"): (WAIT_BEGAN_SELECT, "StreamReader.readexactly", None),
    ("asyncio/streams.py", "readuntil"): (WAIT_BEGAN_SELECT, "StreamReader.readuntil", None),
    ("asyncio/streams.py", "drain"): (WAIT_BEGAN_SELECT, "StreamWriter.drain", None),
    ("asyncio/streams.py", "wait_closed"): (WAIT_BEGAN_SELECT, "StreamWriter.wait_closed", None),
    ("asyncio/streams.py", "open_connection"): (WAIT_BEGAN_SELECT, "open_connection", None),
}

# asyncio's `acquire` and `wait` are methods of several classes.
_waits_asyncio = {
    "Lock": (WAIT_BEGAN_LOCK, "Lock.acquire", "self"),
    "Semaphore": (WAIT_BEGAN_LOCK, "Semaphore.acquire", "self"),
    "BoundedSemaphore": (WAIT_BEGAN_LOCK, "Semaphore.acquire", "self"),
    "Event": (WAIT_BEGAN_EVENT, "Event.wait", "self"),
    "Condition": (WAIT_BEGAN_CONDITION, "Condition.wait", "self"),
    "Barrier": (WAIT_BEGAN_CONDITION, "Barrier.wait", "self"),
}

_waits_folder = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_waits_paths = {}
# The most frames of a stack, and of a chain of coroutines, that are looked at.
_waits_deepest = 400


def current_frames():
    """The innermost frame of each thread by its ident; none while other interpreters have threads of their own.
    From 3.12 on these do not stand still meanwhile: looking at their frames would crash the process."""
    if sys.version_info >= (3, 12):
        interpreters = sys.modules.get("_interpreters")
        if "_xxsubinterpreters" in sys.modules or interpreters is not None and len(interpreters.list_all()) > 1:
            return {}
    return sys._current_frames()


def _waits_path(file):
    """The file's path below the standard library's folder; None of a file elsewhere."""
    known = _waits_paths.get(file, 0)
    if known == 0:
        if len(_waits_paths) > 5000:
            _waits_paths.clear()
        known = None
        if file.startswith(_waits_folder):
            known = file[len(_waits_folder) :]
            if known.startswith(("site-packages", "dist-packages")):
                known = None
        _waits_paths[file] = known
    return known


def _waits_class(frame, name, rows):
    """The row for the class of a frame's `self`, or for one that it is derived from."""
    for kind in type.mro(type(frame.f_locals.get("self"))):
        row = rows.get(kind.__name__)
        if row is not None and kind.__module__ in ("threading", "asyncio.locks"):
            return row
    return None


class _waits_Stood:
    """Where a thread or a task stands: its innermost frame of the program (None: it has none), the word of
    its wait (None: not known), how that is called, what is waited for, and whether the innermost frame of all
    is the program's own, which so stands in a function of C or computes."""

    __slots__ = ("frame", "word", "called", "object", "bare", "frames")

    def __init__(self):
        self.frame = self.word = self.called = self.object = None
        self.bare = False
        self.frames = ()


def _waits_of_thread(leaf):
    """Where a thread stands, by its innermost frame."""
    stood = _waits_Stood()
    frame = leaf
    inner = True
    for _ in range(_waits_deepest):
        if frame is None:
            return stood
        code = frame.f_code
        if is_user_file(code.co_filename):
            stood.frame = _waits_calling(frame)
            stood.bare = frame is leaf
            return stood
        if inner:
            path = _waits_path(code.co_filename)
            if path is None:
                inner = False
            else:
                _waits_take(stood, frame, path, code.co_name)
        frame = frame.f_back
    return stood


def _waits_calling(frame):
    """The frame whose call is told: of a lambda or a comprehension in a line, that of the function with the line."""
    code = frame.f_code
    if code.co_name[0] == "<" and code.co_name != "<module>":
        outer = frame.f_back
        if outer is not None and outer.f_code.co_filename == code.co_filename and outer.f_lineno == frame.f_lineno:
            return _waits_calling(outer)
    return frame


def _waits_take(stood, frame, path, name):
    """Takes a standard library's frame for what its thread waits in: the outermost known one counts."""
    row = _waits_rows.get((path, name))
    if path == "threading.py" and name == "wait":
        row = _waits_class(frame, name, _waits_threading)
    if row is None or name == "_shutdown" and stood.called is not None:
        return
    stood.word, stood.called, local = row
    if local is not None:
        stood.object = frame.f_locals.get(local)


def _waits_of_task(task):
    """Where a suspended task stands. Its word is None where it is ready to go on."""
    stood = _waits_Stood()
    frames = await_frames(task.get_coro())
    stood.frames = frames
    last = -1
    for index in range(len(frames) - 1, -1, -1):
        if is_user_file(frames[index].f_code.co_filename):
            last = index
            stood.frame = frames[index]
            break
    for frame in frames[last + 1 :]:
        if _waits_in_asyncio(stood, frame):
            break
    if stood.word is None:
        _waits_for_future(stood, getattr(task, "_fut_waiter", None))
    return stood


def _waits_in_asyncio(stood, frame):
    """Takes a frame of asyncio for what its task waits in, and says whether it is known."""
    path = _waits_path(frame.f_code.co_filename)
    name = frame.f_code.co_name
    if path is None:
        return False
    row = _waits_async_rows.get((path, name))
    if row is None:
        return False
    if path == "asyncio/locks.py":
        row = _waits_class(frame, name, _waits_asyncio) or row
    stood.word, stood.called, local = row
    if name == "sleep":
        stood.called = "asyncio.sleep(%s)" % _waits_number(frame.f_locals.get("delay"))
    elif name == "wait_for":
        stood.called = "asyncio.wait_for(timeout=%s)" % _waits_number(frame.f_locals.get("timeout"))
        stood.object = frame.f_locals.get("fut")
    elif local is not None:
        stood.object = frame.f_locals.get(local)
    return True


def _waits_number(value):
    return "%g" % value if type(value) in (int, float) else "\u2026"


def _waits_for_future(stood, future):
    """Takes the future that a task awaits itself."""
    if future is None:
        return
    stood.object = future
    stood.word = WAIT_BEGAN_RESULT
    kind = type(future)
    if kind.__name__ == "_GatheringFuture":
        stood.called = "asyncio.gather"
    elif hasattr(kind, "get_coro"):
        stood.called = "task"
    elif "executor" in _waits_others(future):
        stood.called = "executor"
    else:
        stood.called = "future"


def _waits_callbacks(future):
    callbacks = getattr(future, "_callbacks", None)
    if not callbacks:
        return []
    return [one[0] if type(one) is tuple else one for one in list(callbacks)[:16]]


def _waits_cell(function, name):
    """What a closure knows by a name."""
    code = getattr(function, "__code__", None)
    if code is None or name not in code.co_freevars:
        return None
    try:
        return function.__closure__[code.co_freevars.index(name)].cell_contents
    except ValueError:
        return None


def _waits_others(future):
    """Which other futures settle this one, by what kind: those of an executor or another loop (`executor`),
    or the one that it shields (`shield`)."""
    found = {}
    for callback in _waits_callbacks(future):
        name = getattr(callback, "__name__", "")
        if name == "_call_check_cancel":
            found["executor"] = _waits_cell(callback, "source")
        elif name == "_outer_done_callback":
            found["shield"] = _waits_cell(callback, "inner")
    return found


def _waits_futures(waited):
    """The futures and tasks that have to settle, of what is waited for: of a gather, a group, a set, a shield.
    At most 16 that are not done."""
    found = []
    seen = set()
    queue = [waited]
    while queue and len(found) < 16:
        one = queue.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        if type(one) in (set, list, tuple, frozenset):
            queue.extend(list(one)[:64])
        elif type(one).__name__ == "_GatheringFuture":
            queue.extend(list(one._children)[:64])
        elif type(one).__name__ == "TaskGroup":
            queue.extend(list(one._tasks)[:64])
        elif hasattr(type(one), "add_done_callback"):
            others = [other for other in _waits_others(one).values() if other is not None]
            if others:
                queue.extend(others)
            elif not one.done():
                found.append(one)
    return found
