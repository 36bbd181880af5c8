# Threads of the threading module: where each was started, by whom, what it runs, and how it ended.
#
# Uses of ring: emit, more, stack, guard, threads and actors; of places: user_place, place, def_line, is_user_file;
# of asyncio: error_text, error_place, error_stack; of weave: woven; of start: when_imported, after_fork. What a pool's worker
# runs is told by pools.py.

_thread_marks = None
# The module, which a program may take out of sys.modules.
_thread_module = None
_thread_original_hook = None
# Parts of the standard library whose threads do no work of the program's.
_thread_hidden_callers = ("/multiprocessing/", "/concurrent/futures/", "/asyncio/")


class Marks:
    """What the recorder knows of objects of the program, by identity, until they are gone."""

    __slots__ = ("known", "lost")

    def __init__(self, lost=None):
        """lost: called with the value of an object that is gone, by whatever thread let it go."""
        self.known = {}
        self.lost = lost

    def put(self, thing, value):
        try:
            mark = _Mark(thing, self.drop)
        except TypeError:  # an object without weak references
            return
        mark.key = id(thing)
        mark.value = value
        self.known[mark.key] = mark

    def get(self, thing):
        mark = self.known.get(id(thing))
        return mark.value if mark is not None and mark() is thing else None

    def drop(self, mark):
        if self.known.get(mark.key) is mark:
            del self.known[mark.key]
        if self.lost is not None:
            try:
                self.lost(mark.value)
            except Exception:
                trouble("an object is gone")

    def values(self):
        return [mark.value for mark in list(self.known.values())]

    def things(self):
        """Each object that is still there, with what is known of it."""
        for mark in list(self.known.values()):
            thing = mark()
            if thing is not None:
                yield thing, mark.value


class _Mark(ref):
    __slots__ = ("key", "value")


class _ThreadMark:
    """A thread that was started: its id, its actor (0: a worker's), and how it failed."""

    __slots__ = (
        "number", "actor", "flags", "place", "name", "error", "failed_at", "stack", "is_heard", "is_over",
        "is_joined",
    )

    def __init__(self, number, actor, flags, place_id, name):
        self.number = number
        self.actor = actor
        self.flags = flags
        self.place = place_id
        self.name = name
        self.error = 0
        self.failed_at = 0
        self.stack = ()
        self.is_heard = True
        self.is_over = False
        self.is_joined = False


def thread_of(thread):
    """The actor that a threading.Thread runs as; 0 where it is not known or a pool's worker."""
    mark = _thread_marks.get(thread)
    return mark.actor if mark is not None else 0


def function_words(function):
    """The name of a callable, as the program would say it: of a partial, the function within."""
    for _ in range(8):
        inner = getattr(function, "func", None)
        if inner is None or not callable(inner):
            break
        arguments = getattr(function, "args", ())
        function = arguments[0] if arguments and _thread_calls_its_argument(inner) else inner
    name = getattr(function, "__qualname__", None) or getattr(function, "__name__", None)
    if not isinstance(name, str):
        name = type(function).__qualname__
    return name.replace("<locals>.", ""), function


def _thread_calls_its_argument(function):
    """Whether a function of the standard library only calls what it is given: of asyncio.to_thread, of map."""
    if getattr(function, "__name__", "") == "run":
        return type(getattr(function, "__self__", None)).__name__ == "Context"
    return getattr(function, "__name__", "") == "_process_chunk"


def code_of(function):
    """The code of a callable, if it is written in Python."""
    for _ in range(4):
        code = getattr(function, "__code__", None)
        if code is not None:
            return code
        inner = getattr(function, "__wrapped__", None) or getattr(function, "__func__", None)
        if inner is None:
            inner = getattr(type(function), "__call__", None) if not isinstance(function, type) else None
            if not hasattr(inner, "__code__"):
                return None
        function = inner
    return None


def tell_code(actor, function):
    """Says where the function of an actor is defined, if that is in the program."""
    code = code_of(function)
    if code is not None and is_user_file(code.co_filename):
        emit(CODE, actor, 0, place(code.co_filename, def_line(code), code.co_name))


class _ThreadHooks:
    """What Thread's own functions call (weave.py)."""

    @staticmethod
    @guard
    def starting(thread):
        if not thread._initialized or thread._started.is_set() or _thread_marks.get(thread) is not None:
            return  # start() raises
        caller = sys._getframe(2).f_back
        file = caller.f_code.co_filename if caller is not None else ""
        where = step_line(caller)
        target = getattr(thread, "_target", None)
        if type(thread).run is not _thread_run or target is None:
            words, function = type(thread).__qualname__, getattr(type(thread), "run", None)
            if hasattr(thread, "function"):  # threading.Timer
                words, function = function_words(thread.function)
        else:
            words, function = function_words(target)
        flags = THREAD_DAEMON if thread.daemon else 0
        number = new_thread_id()
        if getattr(target, "__module__", "") == "concurrent.futures.thread" and words == "_worker":
            flags |= THREAD_WORKER
        elif any(part in file for part in _thread_hidden_callers) and not is_user_file(file):
            flags |= THREAD_HIDDEN
        actor = 0
        if not flags & (THREAD_WORKER | THREAD_HIDDEN):
            actor = new_actor(KIND_THREAD, words, where, current_actor())
            tell_code(actor, function)
            _thread_actors[number] = actor
        define_thread(number, thread.name, flags, actor, where)
        _thread_marks.put(thread, _ThreadMark(number, actor, flags, where, thread.name))

    @staticmethod
    @guard
    def begun(thread):
        mark = _thread_marks.get(thread)
        if mark is None:
            return
        bind_thread(mark.number)
        if mark.actor:
            emit(TASK_STARTED, mark.actor)

    @staticmethod
    @guard
    def joined(thread):
        """Whoever joins it first. How long that takes, if it is noticeable, the sampler tells."""
        mark = _thread_marks.get(thread)
        if mark is None or mark.is_joined or not mark.actor or thread.ident == get_ident():
            return
        mark.is_joined = True
        actor, at = current_actor(), user_place(sys._getframe(2))
        more(mark.actor)
        emit(WAIT_BEGAN, actor, WAIT_BEGAN_JOIN, at)
        emit(WAIT_ENDED, actor, WAIT_BEGAN_JOIN, at)

    @staticmethod
    @guard
    def failed(thread):
        mark = _thread_marks.get(thread)
        error = sys.exc_info()[1]
        if mark is None or error is None:
            return
        try:
            if isinstance(error, SystemExit):
                if error.code is None or error.code == 0:
                    return  # a thread's own way to end
                mark.is_heard = False
            mark.error = error_text(error)
            mark.failed_at = error_place(error)
            mark.stack = error_stack(error)
        finally:
            error = None

    @staticmethod
    @guard
    def over(thread):
        mark = _thread_marks.get(thread)
        if mark is None or mark.is_over:
            return
        mark.is_over = True
        if thread.name != mark.name:
            define_thread(mark.number, thread.name, mark.flags, mark.actor, mark.place)
        if mark.actor:
            if not mark.error:
                emit(TASK_ENDED, mark.actor, TASK_ENDED_FINISHED)
            else:
                _thread_tell_failure(mark)
        count_end()
        if not mark.flags & THREAD_HIDDEN:
            emit(THREAD_ENDED, mark.actor)
        forget_thread()


_thread_ends = 0


def count_end():
    """A thread or a job has ended."""
    global _thread_ends
    _thread_ends += 1


def ends_counted():
    """How many threads and jobs have ended, or so; it is another number after each."""
    return _thread_ends


def _thread_tell_failure(mark):
    stack(mark.stack)
    emit(TASK_ENDED, mark.actor, TASK_ENDED_FAILED, mark.failed_at, mark.error)
    if not mark.is_heard:
        emit(HEARD, mark.actor, HEARD_NOBODY)
        return
    hook = _thread_module.excepthook
    if hook is _thread_original_hook:
        emit(ERROR_LOGGED, mark.actor, ERROR_LOGGED_THREAD_FAILED, mark.failed_at, mark.error)
        emit(HEARD, mark.actor, HEARD_LOGGED)
    else:
        code = code_of(hook)
        at = place(code.co_filename, def_line(code), code.co_name) if code is not None else 0
        emit(HEARD, mark.actor, HEARD_RAISED, at)


def _threads_watch(threading):
    global _thread_module, _thread_run, _thread_original_hook
    _thread_module = threading
    _thread_run = threading.Thread.run
    _thread_original_hook = threading.excepthook
    of_thread = threading.Thread
    woven(of_thread, "start", _ThreadHooks, ("first", "hook.starting(self)"))
    woven(of_thread, "join", _ThreadHooks, ("first", "hook.joined(self)"))
    woven(
        of_thread,
        "_bootstrap_inner",
        _ThreadHooks,
        ("first", "hook.begun(self)"),
        ("before self._invoke_excepthook(", "hook.failed(self)"),
        ("finally", "hook.over(self)"),
    )


def _threads_forked():
    """In the child of a fork none of the threads are."""
    _thread_marks.known.clear()


def threads_open():
    global _thread_marks
    _thread_marks = Marks()
    after_fork(_threads_forked)
    when_imported("threading", _threads_watch)
