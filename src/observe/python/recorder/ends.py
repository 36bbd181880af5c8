# Ways out of a process: main's end, handlers at exit, sys.exit and os._exit and who called them, exec, fork,
# and the children that multiprocessing makes.
#
# Uses of ring: emit, more, guard, stack, new_actor, text, the thread's actors; of places: user_place,
# place, def_line, is_user_file; of asyncio: error_text, error_place; of threads: code_of, function_words; of pools:
# tell_unheard; of queues: queues_left; of snapshot: snapshot; of weave: woven, before_end; of start: after_main,
# at_exit_first, after_fork, when_imported.
import atexit as _end_atexit

# Handlers that the program has registered, by their number: (its marker, the function).
_end_handlers = {}
_end_handler_count = count(1)
# The handler that runs, until the next one begins.
_end_running = 0
_end_is_told = False


class _EndMarker:
    """Registered behind a handler, so that it is called before it: says that the handler begins.

    A wrapper around the handler would be one more frame in what atexit prints of its errors, and
    atexit.unregister would not find it.
    """

    __slots__ = ("number",)

    def __init__(self, number):
        self.number = number

    def __call__(self):
        try:
            _end_handler_begins(self.number)
        except Exception:
            trouble("a handler begins")


def _end_handler_begins(number):
    global _end_running
    _end_main_is_over()
    if _end_running:
        emit(HANDLER_ENDED, 0, _end_running)
    _end_running = number
    if number:
        emit(HANDLER_BEGAN, 0, number)


def _end_watch_handlers():
    register, unregister = _end_atexit.register, _end_atexit.unregister

    @guard
    def registered(function, frame):
        where = user_place(frame)
        code = frame.f_code
        if not where or _end_is_of_library(code.co_filename):
            return
        number = next(_end_handler_count)
        words, within = function_words(function)
        its_code = code_of(within)
        if its_code is not None:
            stack([place(its_code.co_filename, def_line(its_code), its_code.co_name)])
        emit(HANDLER_REGISTERED, current_actor(), number, where, text(words))
        marker = _EndMarker(number)
        _end_handlers[number] = (marker, function)
        register(marker)

    @guard
    def unregistered(function):
        for number, (marker, its_function) in list(_end_handlers.items()):
            if its_function == function:
                del _end_handlers[number]
                unregister(marker)
                emit(HANDLER_ENDED, current_actor(), number)

    # It runs nothing of the program's; a frame of it is in the traceback of a wrong argument alone.
    def register_and_tell(func, *args, **kwargs):
        done = register(func, *args, **kwargs)
        registered(func, sys._getframe(1))
        return done

    register_and_tell.__name__ = register_and_tell.__qualname__ = "register"
    register_and_tell.__module__, register_and_tell.__doc__ = "atexit", register.__doc__
    _end_atexit.register = register_and_tell
    _end_atexit.unregister = before_call(unregister, unregistered)


def _end_is_of_library(file):
    """Whether a file is the standard library's, whose handlers are no matter of the program's."""
    return not is_user_file(file) and "/site-packages/" not in file and "/dist-packages/" not in file


# -- main's end --------------------------------------------------------------------------------------------

# The outermost frame of main, and the last call of sys.exit in it: its status and its place.
_end_main_frame = None
_end_exit = None

# What a code ends with that does not end by an exception.
_end_returns = {compile(words, "", "exec").co_code[-2] for words in ("pass", "x = 1")}
_end_returns.add(compile("x", "", "eval").co_code[-2])


def look_for_main(frame):
    """Keeps the frame of the program's main module until that is over: how it has ended stands in it."""
    global _end_main_frame
    if _end_main_frame is None and thread_id() == 1:
        while frame.f_back is not None:
            frame = frame.f_back
        if frame.f_globals.get("__name__") in ("__main__", "runpy"):
            _end_main_frame = frame


def _end_main_is_over():
    """Tells main's end once, when its code is over: with the exception that the interpreter has printed."""
    global _end_is_told, _end_main_frame
    frame, _end_main_frame = _end_main_frame, None
    if _end_is_told:
        return
    _end_is_told = True
    main = thread_actor()
    error = getattr(sys, "last_value", None)
    try:
        if not main:
            return
        if error is not None and not (sys.flags.interactive or hasattr(sys, "ps1")):
            _end_main_failed(main, error_place(error), error_text(error))
            emit(ERROR_LOGGED, main, ERROR_LOGGED_MAIN_FAILED, error_place(error), error_text(error), urgent=True)
            emit(HEARD, main, HEARD_LOGGED, urgent=True)
        elif _end_failure is not None:
            _end_main_failed(main, *_end_failure)
        else:
            emit(MAIN_ENDED, main, MAIN_ENDED_FINISHED, _end_left_at(frame, main), urgent=True)
    finally:
        error = frame = None


def _end_main_failed(main, where, words):
    emit(MAIN_ENDED, main, MAIN_ENDED_FAILED, where, words, urgent=True)


def _end_left_at(frame, main):
    """The line that a SystemExit ended main from; 0 where none did. The interpreter has let go of it by now."""
    if frame is None or frame.f_code.co_code[frame.f_lasti] in _end_returns:
        return 0
    if _end_exit is None:
        # Raised by a statement of its own: the line of the main module that it passed last.
        return user_place(frame)
    code, where = _end_exit
    emit(EXIT_CALLED, main, code, where, urgent=True)
    return where


@guard
def _end_at_exit():
    """The interpreter's last handler: what is left at the very end."""
    _end_main_is_over()
    _end_handler_begins(0)
    _end_tell_left()
    # A function of main's keeps all that main has from being finalized in its order.
    _end_handlers.clear()


def _end_tell_left():
    for tell in (queues_left, tell_unheard):
        try:
            tell()
        except Exception:
            trouble(tell.__name__)


# -- exits -------------------------------------------------------------------------------------------------

def _end_code(arguments, named):
    """The status that a call of sys.exit asks for."""
    code = arguments[0] if arguments else named.get("status")
    if code is None:
        return 0
    return code & 0xFF if isinstance(code, int) else 1


def _end_sys_exit(frame, *arguments):
    """sys.exit in the main thread, which may catch it yet; in another it ends that thread alone."""
    global _end_exit
    if thread_id() == 1:
        look_for_main(frame)
        _end_exit = (_end_code(arguments, {}), user_place(frame))


def _end_os_exit(frame, *arguments, **named):
    """os._exit: nothing of the program runs after it, so all that is left is told now."""
    file = frame.f_code.co_filename
    is_child = "/multiprocessing/" in file and not is_user_file(file)
    if is_child:
        # A child that multiprocessing has forked ends like this.
        _end_main_is_over()
    snapshot(True)
    _end_tell_left()
    _end_tell_cut(frame)
    if not is_child:
        emit(EXIT_CALLED, current_actor(), _end_code(arguments, named), user_place(frame), urgent=True)
    ring_beat()
    ring_state(STATE_ENDED)


def _end_exec(frame, *arguments, **named):
    """os.exec*: another program in this process, which has a file of its own if it is Python.

    For this one it is an exit that somebody called for; where exec fails, the process goes on and no exit follows.
    """
    snapshot(True)
    emit(EXIT_CALLED, current_actor(), 0, user_place(frame), urgent=True)
    ring_beat()


# -- output that is cut off ----------------------------------------------------------------------------------

# By the name of a stream: what lay in it when this process was forked, which is its parent's to hand over.
_end_inherited = {}


def _end_streams():
    """The streams of text that the interpreter flushes at its end, by name."""
    found = {}
    for name in ("stdout", "stderr"):
        for stream in (getattr(sys, name, None), getattr(sys, "__%s__" % name, None)):
            if type(stream).__name__ == "TextIOWrapper" and type(stream).__module__ == "_io":
                found[id(stream)] = (name, stream)
    return list(found.values())


def _end_unflushed(stream):
    """How many bytes a stream of text has taken and not handed to the system. Nothing is flushed by that."""
    if stream.closed:
        return 0
    found = 0
    # Of its own buffer it tells nobody, but the collector.
    for one in _waits_gc.get_referents(stream):
        kind = type(one)
        if kind is list:
            found += sum(map(len, one))
        elif kind is bytes or kind is str and one.strip("\r\n") and one not in (stream.encoding, stream.errors):
            found += len(one)
    buffer = stream.buffer
    raw = getattr(buffer, "raw", None)
    if type(buffer).__name__ == "BufferedWriter" and type(raw).__name__ == "FileIO":
        # Where it stands is where its file stands, and what it holds behind that.
        if raw.seekable():
            return found + buffer.tell() - raw.tell()
        # A pipe stands nowhere, and would say so by an error.
        raw.tell = int
        try:
            found += buffer.tell()
        finally:
            del raw.tell
    return found


def _end_tell_cut(frame):
    """Tells what has been printed and not been flushed by a process that ends at once."""
    for name, stream in _end_streams():
        try:
            cut = _end_unflushed(stream) - _end_inherited.get(name, 0)
            if cut > 0:
                emit(OUTPUT_CUT, 0, cut, user_place(frame), text(name), urgent=True)
        except Exception:
            trouble("unflushed output")


def _end_note_inherited():
    _end_inherited.clear()
    for name, stream in _end_streams():
        _end_inherited[name] = _end_inherited.get(name, 0) + _end_unflushed(stream)


def ends_open():
    after_main(_end_main_is_over)
    at_exit_first(_end_at_exit)
    after_fork(_end_forked)
    _end_watch_handlers()
    when_imported("multiprocessing.process", _end_watch_children)
    when_imported("multiprocessing.popen_fork", _end_watch_waits)
    when_imported("subprocess", _end_watch_subprocess)
    before_end(sys, "exit", _end_sys_exit)
    before_end(os, "_exit", _end_os_exit)
    for name in ("execv", "execve"):
        if hasattr(os, name):
            before_end(os, name, _end_exec)


# -- children of multiprocessing -----------------------------------------------------------------------------

# Where the program of such a child failed, and in what: multiprocessing prints it, and main goes on.
_end_failure = None


class _EndChildHooks:
    """What BaseProcess's own functions call (weave.py)."""

    @staticmethod
    @guard
    def begins(process):
        words, function = function_words(getattr(process, "_target", None) or type(process).run)
        main = thread_actor()
        # A child that was forked has the stack of whoever started it.
        emit(ACTOR, main, KIND_MAIN << 32, user_place(sys._getframe(2)), text(words))
        name_actor(main, process.name)
        tell_code(main, function)

    @staticmethod
    @guard
    def failed():
        global _end_failure
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, SystemExit):
            _end_failure = (error_place(error), error_text(error))
        error = None


class _EndWaitHooks:
    """What the classes call that wait for a child process: how it ended, which nobody else is told."""

    @staticmethod
    @guard
    def waited(process):
        if process.returncode is not None:
            emit(CHILD, process.pid, process.returncode)


def _end_watch_waits(module):
    woven(module.Popen, "poll", _EndWaitHooks, ("after self.returncode = os.waitstatus", "hook.waited(self)"))


def _end_watch_subprocess(module):
    woven(module.Popen, "_handle_exitstatus", _EndWaitHooks, ("last", "hook.waited(self)"))


def _end_watch_children(module):
    woven(
        module.BaseProcess,
        "_bootstrap",
        _EndChildHooks,
        ("first", "hook.begins(self)"),
        ("before exitcode = 1", "hook.failed()"),
    )


# -- forks -------------------------------------------------------------------------------------------------


def _end_forked():
    """In the child of a fork: its handlers are the parent's, which os._exit leaves out."""
    global _end_is_told, _end_running, _end_exit, _end_failure
    _end_is_told, _end_running, _end_exit, _end_failure = False, 0, None, None
    _end_handlers.clear()
    _end_note_inherited()
    # A child may be ended before it comes to its own program.
    frame = sys._getframe(1)
    while frame is not None and not frame.f_code.co_filename.endswith("/multiprocessing/popen_fork.py"):
        frame = frame.f_back
    if frame is not None and "process_obj" in frame.f_locals:
        _EndChildHooks.begins(frame.f_locals["process_obj"])
    frame = None
